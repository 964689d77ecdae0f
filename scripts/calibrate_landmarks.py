"""Measure how far the landmark network lies from the surface in turned views of the head.

Random heads are drawn at known poses; the network's landmarks are compared with the projected
points of the surface. The mean is the bias of a view, the rest its spread. Views to the other side
are the mirror image.

    python scripts/calibrate_landmarks.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from head_portraits import SKINS, Look, portrait  # noqa: E402

from landmarkdiff.errors import LandmarkDiffError  # noqa: E402
from landmarkdiff.head.camera import HeadCamera  # noqa: E402
from landmarkdiff.head.model import head_model  # noqa: E402
from landmarkdiff.landmarks.detector import LandmarkDetector  # noqa: E402

FILE = ROOT / "landmarkdiff" / "head" / "landmark_bias.npz"
SIZE = (560, 480)
YAWS = (0, 15, 30, 45, 60)
HEADS = 14


def main() -> None:
    """Write the file."""
    model, detector = head_model(), LandmarkDetector()
    rng = np.random.default_rng(7)
    off: list[list[np.ndarray]] = [[] for _ in YAWS]
    for number in range(HEADS):
        surface = model.surface(rng.normal(0, 1.2, len(model.identity_names)))
        for place, yaw in enumerate(YAWS):
            turn, nod, tilt = yaw + rng.uniform(-4, 4), rng.uniform(-6, 6), rng.uniform(-5, 5)
            camera = HeadCamera.turned(
                turn, nod, tilt, px_per_mm=2.1, shift=(SIZE[1] / 2 + 1.6 * yaw, SIZE[0] * 0.42)
            )
            light = (rng.uniform(-0.7, 0.7), rng.uniform(0, 0.8), 1.0)
            look = Look(skin=SKINS[number % 6], light=light, seed=number)
            try:
                face = detector.extract(portrait(model, surface, camera, look, SIZE), passes=8)
            except LandmarkDiffError:
                continue
            true = camera.project(model.landmarks.points(surface.vertices))[:, :2]
            off[place].append((face.points[:, :2] - true) / camera.px_per_mm)
    bias = np.array([np.median(rows, axis=0) for rows in off])
    spread = np.array(
        [
            np.sqrt(np.mean(np.sum((np.array(rows) - middle) ** 2, axis=2) / 2, axis=0))
            for rows, middle in zip(off, bias, strict=True)
        ]
    )
    print([len(rows) for rows in off], np.abs(bias).mean(axis=(1, 2)), spread.mean(axis=1))
    np.savez(
        FILE,
        yaw=np.array(YAWS, np.float32),
        bias_mm=bias.astype(np.float16),
        spread_mm=spread.astype(np.float16),
    )


if __name__ == "__main__":
    main()
