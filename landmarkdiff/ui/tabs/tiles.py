"""Pictures in one framing, as the comparison and the sweep show them side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import ImageArray
from landmarkdiff.inference.merged_notices import merged_notices
from landmarkdiff.inference.painting_facts import painting_facts
from landmarkdiff.notices import Notice
from landmarkdiff.photo import encode_jpeg
from landmarkdiff.photo.label import label_box
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.blobs import Put
from landmarkdiff.workflows.outcome import Outcome, Summary

__all__ = [
    "LAYERS",
    "Tile",
    "encode_tile",
    "label_place",
    "largest_movement",
    "layers_of",
    "notice_marks",
    "over_label",
    "store",
    "svg_path",
]

#: What a painting came from, in the order in which it came about.
LAYERS = ("warp", "raw")
#: What a picture is marked with, by the code of the notice that says it in full.
_MARKS = {
    "painting_refused": "paint.refused_mark",
    "painting_too_weak": "paint.nothing",
    "identity_flagged": "paint.flagged_mark",
}
#: Of the pictures on the page; the grids that can be downloaded are PNG.
_JPEG_QUALITY = 92


@dataclass(frozen=True)
class Tile:
    """One simulation in words and pictures, or why there is none.

    Attributes
    ----------
    title : str
        The caption.
    refusal : str
        Why this photo cannot carry it; empty where there is a simulation.
    pictures : mapping of {"before", "final", "warp", "raw", "whole"} to str
        Blobs of close-ups framed alike: the photo, the simulation and, where a network painted,
        what it came from; and the simulation of the whole face.
    size : tuple of int
        Width and height of the close-ups, pixels.
    outline : str
        Border of what is changed in them, as an SVG path.
    label, label_place, whole_place : str
        The word that is drawn into them, and the style of the page's own word that covers it in a
        close-up and in the whole face, since the drawn one shrinks with the picture.
    alternative : str
        For who does not see the picture.
    lines, marks, details : tuple of str
        Below the caption, what it is marked with, and what is folded away.
    notices : tuple of str
    """

    title: str
    refusal: str = ""
    pictures: Mapping[str, str] | None = None
    size: tuple[int, int] = (0, 0)
    outline: str = ""
    label: str = ""
    label_place: str = ""
    whole_place: str = ""
    alternative: str = ""
    lines: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, outcome: Outcome, pictures: Mapping[str, str], title: str, detail: str, texts: Texts
    ) -> Tile:
        """Return the tile of an outcome; ``detail`` is its first line, which may be empty."""
        close = outcome.close
        if outcome.summary is None or close is None:
            return cls(title, "" if outcome.refusal is None else texts.error(outcome.refusal))
        summary = outcome.summary
        moved = largest_movement(summary.largest_displacement_mm, texts)
        beyond = () if summary.in_band else (texts("single.beyond_band"),)
        return cls(
            title,
            pictures=pictures,
            size=_size_of(close.after),
            outline=svg_path(close.outline),
            label=close.label,
            label_place=label_place(close.label_box, _size_of(close.after)),
            whole_place=over_label(close.label, _size_of(outcome.after)),
            alternative=f"{texts('app.simulation')}: {title}, {detail or moved}",
            lines=(detail, moved) if detail else (moved,),
            marks=(*beyond, *notice_marks(summary.notices, texts)),
            details=(*_effects(summary, texts), *_painting(summary, texts)),
            notices=tuple(texts.notice(notice) for notice in merged_notices(summary.notices)),
        )


def over_label(label: str, size: tuple[int, int]) -> str:
    """Return the style of what covers the label of a tile of (width, height) pixels."""
    return label_place(label_box(size, "bottom-right", text=label), size)


def _size_of(pixels: ImageArray) -> tuple[int, int]:
    """Width and height."""
    return pixels.shape[1], pixels.shape[0]


def label_place(box: tuple[int, int, int, int], size: tuple[int, int]) -> str:
    """Return the style of what covers a box (x, y, width, height) of a picture of a size.

    However small the picture is shown; ``size`` is width and height, pixels.

    >>> label_place((80, 90, 15, 5), (100, 100))
    'right:5.0%;bottom:5.0%;min-width:15.0%;min-height:5.0%'
    """
    x, y, width, height = (100 * value / size[place % 2] for place, value in enumerate(box))
    # It grows from the corner that it lies in.
    across = f"left:{x:.1f}%" if x + width / 2 < 50 else f"right:{100 - x - width:.1f}%"
    along = f"top:{y:.1f}%" if y + height / 2 < 50 else f"bottom:{100 - y - height:.1f}%"
    return f"{across};{along};min-width:{width:.1f}%;min-height:{height:.1f}%"


def _effects(summary: Summary, texts: Texts) -> Iterable[str]:
    for check in summary.effects:
        name = texts.effect(check.procedure, check.name.rpartition(".")[2])
        yield f"{name}: {texts.quantity(check.applied, check.unit, 1, signed=True)}"


def _painting(summary: Summary, texts: Texts) -> Iterable[str]:
    """How a picture was judged and compared; nothing where no network painted."""
    if summary.painting.paints:
        for fact in painting_facts(summary.painting, texts):
            if fact.name in ("guard", "identity"):
                yield f"{fact.label}: {'; '.join(fact.lines)}"


def notice_marks(notices: Iterable[Notice], texts: Texts) -> tuple[str, ...]:
    """Return what marks a painting that was refused or flagged."""
    codes = {notice.code for notice in notices}
    return tuple(texts(key) for code, key in _MARKS.items() if code in codes)


def largest_movement(millimetres: float, texts: Texts) -> str:
    """Return in words how far a simulation moves a landmark; number and unit stay together."""
    value = texts.quantity(millimetres, "mm").replace(" ", "\N{NO-BREAK SPACE}")
    return texts("sweep.largest", value=value)


def svg_path(outline: Sequence[NDArray[np.int32]]) -> str:
    """Return closed lines (n, 2; pixels) as the path of an SVG.

    >>> svg_path([np.array([[0, 0], [4, 0], [4, 3]])])
    'M0 0L4 0L4 3Z'
    """
    return "".join(
        "M" + "L".join(f"{x} {y}" for x, y in border.tolist()) + "Z" for border in outline
    )


def encode_tile(pixels: ImageArray) -> bytes:
    """Return a picture of the page as JPEG."""
    return encode_jpeg(pixels, quality=_JPEG_QUALITY)


def store(put: Put, outcome: Outcome, stem: str) -> dict[str, str]:
    """Store a simulation and, where a network painted, what it came from.

    Returns
    -------
    dict of {"before", "final", "warp", "raw", "whole"} to str
        Blobs of the close-ups with the whole face, or of the faces alone where there is no
        close-up (``final``, ``warp``, ``raw``); empty where the plan was refused.
    """
    if outcome.summary is None:
        return {}
    shown, stored = outcome.close or outcome, {}
    if outcome.close is not None:
        stored["before"] = put(encode_tile(shown.before), "image/jpeg", f"{stem}-before.jpg")
        stored["whole"] = put(encode_tile(outcome.after), "image/jpeg", f"{stem}-face.jpg")
    stored["final"] = put(encode_tile(shown.after), "image/jpeg", f"{stem}.jpg")
    for name, pixels in zip(LAYERS, (shown.warp, shown.raw), strict=True):
        if pixels is not None:
            stored[name] = put(encode_tile(pixels), "image/jpeg", f"{stem}-{name}.jpg")
    return stored


def layers_of(stored: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Return the layers that any of the stored pictures has."""
    return tuple(name for name in LAYERS if any(name in pictures for pictures in stored))
