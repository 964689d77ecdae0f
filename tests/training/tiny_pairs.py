"""Pairs of small drawn faces, for tests of training: no photo, no landmarks to find."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.synthetic.sample import Sample

SIDE = 64


@dataclass(frozen=True)
class TinyPairs:
    """Faces of a few ellipses; the source has its nose wider than the target.

    ``shift`` moves the seeds, so that two sets show other people.
    """

    count: int
    shift: int = 0
    side: int = SIDE

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> Sample:
        rng = np.random.default_rng(number + self.shift)
        side = self.side
        colours = rng.uniform(60, 220, (4, 3))
        middle = side / 2 + rng.uniform(-2, 2, 2)
        wide, narrow = rng.uniform(0.16, 0.2), rng.uniform(0.08, 0.12)
        source = _face(side, middle, wide, colours)
        target = _face(side, middle, narrow, colours)
        mask = np.zeros((side, side), np.float32)
        _ellipse(mask, middle, (0.26 * side, 0.28 * side), 1.0)
        source[mask == 0] = target[mask == 0]
        return Sample(
            number=number,
            person=f"person-{number + self.shift}",
            procedure=("rhinoplasty", "orthognathic")[number % 2],
            source=source,
            target=target,
            mask=mask,
            drawing=_drawing(side, middle, narrow),
            depth=None,
            points_source=_points(side, middle, wide),
            points_target=_points(side, middle, narrow),
            prompt=("after rhinoplasty", "")[number % 3 == 0],
            difficulty=float(number % 5) / 4,
        )

    def lineage(self) -> dict[str, object]:
        return {"source": "drawn", "shift": self.shift}


def _ellipse(image, middle, axes, colour) -> None:
    centre = tuple(np.rint(middle * 16).astype(int).tolist())
    lengths = tuple(np.rint(np.array(axes) * 16).astype(int).tolist())
    cv2.ellipse(image, centre, lengths, 0, 0, 360, colour, -1, cv2.LINE_AA, 4)


def _face(side, middle, nose, colours):
    image = np.full((side, side, 3), colours[0], np.uint8)
    _ellipse(image, middle, (0.4 * side, 0.45 * side), colours[1].tolist())
    for across in (-0.18, 0.18):
        eye = middle + np.array([across, -0.12]) * side
        _ellipse(image, eye, (0.07 * side, 0.04 * side), colours[2].tolist())
    _ellipse(
        image, middle + np.array([0, 0.06 * side]), (nose * side, 0.14 * side), colours[3].tolist()
    )
    return image


def _drawing(side, middle, nose):
    image = np.zeros((side, side, 3), np.uint8)
    _ellipse(
        image, middle + np.array([0, 0.06 * side]), (nose * side, 0.14 * side), (255, 255, 255)
    )
    return image


def _points(side, middle, nose):
    rng = np.random.default_rng(0)
    points = middle + rng.uniform(-0.3, 0.3, (478, 2)) * side
    around = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    edge = np.stack([nose * np.cos(around), 0.06 + 0.14 * np.sin(around)], axis=1)
    points[100:124] = middle + edge * side
    points[33], points[263] = (middle + np.array([x, -0.12]) * side for x in (-0.25, 0.25))
    return points.astype(np.float32)
