"""The two ways of an effect in words: which end of its slider is which.

More is to the right on every slider: the end that a rising intensity goes to, whatever its sign in
millimetres, degrees or percent is.
"""

from __future__ import annotations

from typing import Literal

from landmarkdiff.procedures.band import Band

__all__ = ["EndWord", "Ends", "from_left_to_right", "mirrored"]

EndWord = Literal[
    "back",
    "deeper",
    "farther",
    "forward",
    "higher",
    "longer",
    "looser",
    "lower",
    "narrower",
    "nearer",
    "shorter",
    "softer",
    "tighter",
    "turned_down",
    "turned_up",
    "wider",
]
#: What a negative value does, and what a positive one does.
Ends = tuple[EndWord, EndWord]


def mirrored(band: Band) -> bool:
    """Tell whether more of an effect is a more negative value, so that its slider is turned over.

    >>> mirrored(Band(typical=-2.8, low=-1.0, high=-5.6, kind="general"))
    True
    """
    return band.high < 0.0


def from_left_to_right(ends: Ends, band: Band) -> Ends:
    """Return the words of a slider's left and right end.

    >>> band = Band(typical=-2.8, low=-1.0, high=-5.6, kind="general")
    >>> from_left_to_right(("narrower", "wider"), band)
    ('wider', 'narrower')
    """
    negative, positive = ends
    return (positive, negative) if mirrored(band) else ends
