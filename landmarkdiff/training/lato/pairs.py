"""Pairs of a run: edits of one size, and surgical pairs whose source carries the surgery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray
from landmarkdiff.lato.data import EditExample, Surgery
from landmarkdiff.lato.data.instructions import LANGUAGES
from landmarkdiff.lato.language.words import plan_words
from landmarkdiff.lato.tokenizer.points import landmarks_68
from landmarkdiff.manipulation.spline import ThinPlateSpline
from landmarkdiff.synthetic.dataset import PairDataset
from landmarkdiff.synthetic.sample import Sample

__all__ = ["Edits", "FittedEdits", "JoinedEdits", "SurgicalEdits", "fitted_example"]

#: Pixels between which the field of a surgical pair is interpolated.
_EVERY = 4


class Edits(Protocol):
    """A set of pairs, by number; the same number is always the same pair."""

    def __len__(self) -> int:
        """Return how many pairs there are."""

    def __getitem__(self, number: int) -> EditExample:
        """Return a pair."""


def fitted_example(example: EditExample, width: int, height: int) -> EditExample:
    """Scale and cut a pair to a size: it covers the size, and its middle is kept.

    Points move with the pictures; what is cut off is not seen any more.
    """
    rows, columns = example.source.shape[:2]
    if (columns, rows) == (width, height):
        return example
    scale = max(width / columns, height / rows)
    wide, tall = max(width, round(columns * scale)), max(height, round(rows * scale))
    left, top = (wide - width) // 2, (tall - height) // 2

    def cut(picture: Any) -> Any:
        way = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
        resized = cv2.resize(picture, (wide, tall), interpolation=way)
        return np.ascontiguousarray(resized[top : top + height, left : left + width])

    def moved(points: FloatArray) -> FloatArray:
        scales = np.array([wide / columns, tall / rows])
        return np.asarray((points + 0.5) * scales - 0.5 - (left, top))

    def inside(points: FloatArray, seen: BoolArray) -> BoolArray:
        held = (points > -0.5) & (points < (width - 0.5, height - 0.5))
        return np.asarray(seen & held.all(axis=1))

    source, target = moved(example.source_points), moved(example.target_points)
    surgery = example.surgery
    if surgery is not None:
        points = moved(surgery.points.astype(np.float64)).astype(np.float32)
        surgery = Surgery(cut(surgery.mask).clip(0.0, 1.0), points, surgery.procedure)
    return replace(
        example,
        source=cut(example.source),
        target=cut(example.target),
        source_points=source,
        target_points=target,
        source_seen=inside(source, example.source_seen),
        target_seen=inside(target, example.target_seen),
        surgery=surgery,
    )


@dataclass(frozen=True)
class FittedEdits:
    """A set of edits, all cut to one size."""

    edits: Edits
    width: int
    height: int

    def __len__(self) -> int:
        return len(self.edits)

    def __getitem__(self, number: int) -> EditExample:
        return fitted_example(self.edits[number], self.width, self.height)


@dataclass(frozen=True)
class JoinedEdits:
    """Several sets, one after the other."""

    parts: Sequence[Edits]

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts)

    def __getitem__(self, number: int) -> EditExample:
        for part in self.parts:
            if number < len(part):
                return part[number]
            number -= len(part)
        raise IndexError(number)


@dataclass(frozen=True)
class SurgicalEdits:
    """Surgical pairs: the plan's geometry is in the source, never in the points.

    The target is the untouched photo. The source is what a plan's warp makes of the face before
    it: the face of the photo, with the marks that a warp leaves. Points are those of before, in
    source and target alike, and the words say the plan's millimetres.
    """

    pairs: PairDataset

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, number: int) -> EditExample:
        sample = self.pairs[number]
        language = LANGUAGES[number % len(LANGUAGES)]
        words = plan_words(self.pairs.recipe(number).plan, language)
        return surgical_example(sample, words, language)


def surgical_example(sample: Sample, words: str, language: str) -> EditExample:
    """Return a reverse pair as an edit whose source the plan has warped."""
    before = landmarks_68(sample.points_source)
    height, width = sample.target.shape[:2]
    seen = np.asarray(((before >= 0) & (before < (width, height))).all(axis=1), np.bool_)
    return EditExample(
        source=_warped(sample),
        target=sample.target,
        source_points=before,
        target_points=before,
        source_seen=seen,
        target_seen=seen,
        instruction=words or sample.prompt,
        language=language,
        person=sample.person,
        surgery=Surgery(sample.mask, sample.points_target, sample.procedure),
    )


def _warped(sample: Sample) -> ImageArray:
    """Warp the source to the target's landmarks inside the mask, as the app warps a photo."""
    height, width = sample.source.shape[:2]
    ends = np.asarray(sample.points_target, np.float64)
    way = np.asarray(sample.points_source, np.float64) - ends
    last = np.array([width - 1.0, height - 1.0])
    edge = np.array([[x, y] for x in (0, 0.5, 1) for y in (0, 0.5, 1) if (x, y) != (0.5, 0.5)])
    points = np.concatenate([ends, edge * last])
    points, kept = np.unique(points.round(3), axis=0, return_index=True)
    steps = np.concatenate([way, np.zeros((len(edge), 2))])[kept]
    columns, rows = (np.arange(0, side + _EVERY, _EVERY) for side in (width, height))
    grid = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    found = ThinPlateSpline(points)(grid.astype(np.float64), steps)
    field = found.reshape(len(rows), len(columns), 2).astype(np.float32)
    maps = [_at_pixels(field[..., axis], width, height) for axis in (0, 1)]
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    moved = cv2.remap(
        sample.source,
        (across + maps[0]).astype(np.float32),
        (down + maps[1]).astype(np.float32),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    share = sample.mask[..., None]
    mixed: Any = share * moved + (1.0 - share) * sample.source
    return np.asarray(np.rint(mixed), np.uint8)


def _at_pixels(field: Float32Array, width: int, height: int) -> Float32Array:
    """Interpolate what is known at every fourth pixel."""
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    places = [(each / _EVERY).astype(np.float32) for each in (across, down)]
    return np.asarray(cv2.remap(field, places[0], places[1], cv2.INTER_LINEAR), np.float32)
