"""Make ``landmarkdiff/profile/data/spread.json``: what the outline model does not hold of profiles.

    python scripts/make_profile_spread.py

Silhouettes of heads of the MakeHuman family (CC0 1.0) and of heads displaced out of it, at 74 to 96
degrees, half of them with an expression, are drawn without a photo. The outline model is laid over
each as over a contour that was found; what is left of it along the normals, and how its parts go
together, is written as a mean and as principal directions.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import numpy as np

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests"))

from other_heads import other_head  # noqa: E402

from landmarkdiff.arrays import FloatArray  # noqa: E402
from landmarkdiff.head.camera import HeadCamera  # noqa: E402
from landmarkdiff.head.model import HeadModel, head_model  # noqa: E402
from landmarkdiff.head.raster import rasterize  # noqa: E402
from landmarkdiff.head.surface import HeadSurface  # noqa: E402
from landmarkdiff.profile.corrections import OUTLINE_PLACES  # noqa: E402
from landmarkdiff.profile.edge import resampled  # noqa: E402
from landmarkdiff.profile.likeness import likeness  # noqa: E402
from landmarkdiff.profile.outline import CORE, outline_model  # noqa: E402

GOAL = REPOSITORY / "landmarkdiff/profile/data/spread.json"
HEADS, MODES = 420, 24
SIZE, PX_PER_MM = (900, 420), 3.0
#: Greatest score of what a patient's face may do in a photo.
EXPRESSIONS = {
    "jawOpen": 0.25, "mouthPucker": 0.4, "mouthSmileLeft": 0.6, "mouthSmileRight": 0.6,
    "mouthRollLower": 0.4, "mouthRollUpper": 0.4, "mouthShrugLower": 0.5, "jawForward": 0.4,
}  # fmt: skip


def surface(model: HeadModel, seed: int, rng: np.random.Generator) -> HeadSurface:
    """A head of the family, or one displaced out of it, at rest or not."""
    if seed % 3:
        head = other_head(100_000 + seed, rng.uniform(0.5, 1.0))
    else:
        shares = rng.uniform(0.6, 1.0) * rng.normal(size=len(model.identity_names))
        head = model.surface(shares)
    if seed % 2:
        return head
    scores = {name: rng.uniform(0, most) for name, most in EXPRESSIONS.items()}
    scores["mouthSmileRight"] = scores["mouthSmileLeft"]
    moved = model.surface(expression=scores).vertices - model.mean
    return HeadSurface(head.topology, head.vertices + moved)


def silhouette(model: HeadModel, seed: int) -> tuple[FloatArray, FloatArray]:
    """Border of a head that looks to the left, from the forehead down, and the model laid on it."""
    rng = np.random.default_rng(50_000 + seed)
    head = surface(model, seed, rng)
    camera = HeadCamera.turned(
        -rng.uniform(74, 96), rng.uniform(-10, 10), px_per_mm=PX_PER_MM, shift=(220.0, 380.0),
        distance_mm=rng.uniform(900, 2500),
    )  # fmt: skip
    seen = camera.project(head.vertices)
    triangles = head.topology.triangles
    front = triangles[seen[triangles][:, :, 0].min(axis=1) < SIZE[1]]
    shown = rasterize(seen[:, :2], seen[:, 2], front, *SIZE).covered.astype(np.uint8)
    borders, _ = cv2.findContours(shown, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    border = max(borders, key=len)[:, 0].astype(np.float64)
    named = model.landmarks.anatomical(head.vertices)
    names = [name for name in OUTLINE_PLACES if name in named]
    goal = camera.project(np.stack([named[name] for name in names]))[:, :2]
    outline = laid(goal, [OUTLINE_PLACES[name] for name in names])
    first, last = (int(np.hypot(*(border - end).T).argmin()) for end in outline[[0, -1]])
    low, high = sorted((first, last))
    ways = border[low : high + 1], np.concatenate([border[high:], border[: low + 1]])
    way = min(ways, key=lambda points: points[:, 0].mean())
    way = way if way[0, 1] < way[-1, 1] else way[::-1]
    return resampled(way, 1.0, 0.5 * PX_PER_MM), outline


def laid(goal: FloatArray, index: list[int]) -> FloatArray:
    """The mean outline where some of its points lie nearest to their places, pixels."""
    mean = outline_model().mean
    there, own = goal[:, 0] + 1j * goal[:, 1], mean[index]
    centred = own - own.mean()
    factor = (centred.conj() @ (there - there.mean())) / (np.abs(centred) ** 2).sum()
    line = factor * (mean - own.mean()) + there.mean()
    return np.stack([line.real, line.imag], axis=1)


def main() -> None:
    """Write the spread."""
    model = head_model()
    found = [likeness(*silhouette(model, seed), 1) for seed in range(HEADS)]
    left = np.stack([like.misfit[CORE] for like in found])
    mean = left.mean(axis=0)
    _, values, directions = np.linalg.svd(left - mean, full_matrices=False)
    modes = directions[:MODES] * (values[:MODES] / np.sqrt(len(left)))[:, None]
    share = (values[:MODES] ** 2).sum() / (values**2).sum()
    data = {
        "source": "MakeHuman, CC0 1.0; scripts/make_profile_spread.py",
        "mean_mm": mean.round(2).tolist(),
        "modes_mm": modes.round(3).tolist(),
    }
    GOAL.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{GOAL.name}: {MODES} directions hold {share:.1%} of what is left of {HEADS} heads")


if __name__ == "__main__":
    main()
