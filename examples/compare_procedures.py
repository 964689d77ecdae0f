"""All procedures on one photo, side by side, each labelled.

python examples/compare_procedures.py [PHOTO] [--intensity 60] [--out DIR]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from landmarkdiff import weights
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.photo import draw_label, read_photo, write_jpeg
from landmarkdiff.procedures import photo_procedure_names, procedure

TILE = (320, 400)  # width, height in pixels
COLUMNS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", nargs="?", help="default: a public-domain portrait")
    parser.add_argument("--intensity", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=Path("output/compare_procedures"))
    options = parser.parse_args()

    photo = read_photo(options.photo or weights.obtain("astronaut"))
    pipeline = LandmarkDiffPipeline().load()
    prepared = pipeline.prepare(photo.pixels)  # the face is looked for once

    # A tile shows the face with a margin, the same cut in every tile.
    x, y, width, height = prepared.landmarks.box
    half = np.array([0.5 * TILE[0] / TILE[1], 0.5]) * 1.6 * max(height, width)
    centre = np.array([x + width / 2, y + 0.45 * height])
    (x0, y0), (x1, y1) = np.maximum(centre - half, 0).astype(int), (centre + half).astype(int)

    def tile(pixels: np.ndarray, text: str) -> np.ndarray:
        cut = cv2.resize(pixels[y0:y1, x0:x1], TILE, interpolation=cv2.INTER_CUBIC)
        return draw_label(cut, corner="bottom-left", text=text)[0]

    tiles = [tile(photo.pixels, "BEFORE")]
    print(f"{'procedure':22}{'effect':22}{'planned':>9}{'achieved':>10}  unit")
    for name in photo_procedure_names():
        result = pipeline.generate(prepared, procedure=name, intensity=options.intensity)
        tiles.append(tile(result.image, f"SIMULATION: {procedure(name).title}"))
        for effect in result.effects:
            achieved = "-" if effect.achieved is None else f"{effect.achieved:.2f}"
            print(f"{name:22}{effect.name:22}{effect.planned:9.2f}{achieved:>10}  {effect.unit}")

    rows = [np.hstack(tiles[first : first + COLUMNS]) for first in range(0, len(tiles), COLUMNS)]
    options.out.mkdir(parents=True, exist_ok=True)
    write_jpeg(options.out / "procedures.jpg", np.vstack(rows), quality=90)


if __name__ == "__main__":
    main()
