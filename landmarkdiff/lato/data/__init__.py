"""Pairs for training the transformer: two photos of a person, and the words between them.

Examples
--------
>>> from landmarkdiff.lato.data import EditExample
>>> example = EditExample(
...     source, target, source_points, target_points, source_seen, target_seen,
...     instruction="turn the head 10 degrees to the left", language="en", person="anna",
... )
"""

from __future__ import annotations

from landmarkdiff.lato.data.example import EditExample
from landmarkdiff.lato.data.gesture import Gesture, pose_error, read_expression
from landmarkdiff.lato.data.instructions import instruction_words
from landmarkdiff.lato.data.selection import PairRules, change_between

__all__ = [
    "EditExample",
    "Gesture",
    "PairRules",
    "change_between",
    "instruction_words",
    "pose_error",
    "read_expression",
]
