"""Words in, millimetres out: a grammar with lexicons for six languages, offline.

Examples
--------
>>> from landmarkdiff.lato.language import understand
>>> understand("rotate the tip 4 degrees", face).echo
('Tip rotation +4.0°, typical is 4.9°',)
"""

from __future__ import annotations

from landmarkdiff.lato.language.instruction import (
    Expression,
    HeadTurn,
    Instruction,
    NotUnderstood,
)
from landmarkdiff.lato.language.understanding import understand
from landmarkdiff.lato.language.words import plan_words

__all__ = [
    "Expression",
    "HeadTurn",
    "Instruction",
    "NotUnderstood",
    "plan_words",
    "understand",
]
