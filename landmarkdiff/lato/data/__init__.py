"""Pairs for training the transformer: two photos of a person, and the words between them.

Examples
--------
>>> from landmarkdiff.lato.data import instruction_words
>>> from landmarkdiff.lato.language import Expression, HeadTurn
>>> instruction_words(Expression("happy", 1.0), HeadTurn(pitch=-8.0), "fr")
"Rends l'expression très joyeuse, baisse la tête de 8 degrés"
"""

from __future__ import annotations

from landmarkdiff.lato.data.example import EditExample, Surgery
from landmarkdiff.lato.data.face_state import FaceState, pose_error, read_expression
from landmarkdiff.lato.data.instructions import instruction_words
from landmarkdiff.lato.data.selection import PairRules, change_between

__all__ = [
    "EditExample",
    "FaceState",
    "PairRules",
    "Surgery",
    "change_between",
    "instruction_words",
    "pose_error",
    "read_expression",
]
