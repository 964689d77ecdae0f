"""Landmarks as tokens: 68 points of a face become 68 codes, and points again.

Modules that need torch are imported by whoever uses them:
:mod:`~landmarkdiff.lato.tokenizer.model` is our own tokenizer,
:mod:`~landmarkdiff.lato.tokenizer.released` the published one's architecture.
"""

from __future__ import annotations

from landmarkdiff.lato.tokenizer.points import (
    POINT_COUNT,
    from_frame,
    landmarks_68,
    mirrored_68,
    to_frame,
)
from landmarkdiff.lato.tokenizer.samples import PointSampler

__all__ = [
    "POINT_COUNT",
    "PointSampler",
    "from_frame",
    "landmarks_68",
    "mirrored_68",
    "to_frame",
]
