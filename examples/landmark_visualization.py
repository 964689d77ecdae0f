"""The 478 landmarks of a face, and where a procedure would move them.

python examples/landmark_visualization.py [PHOTO] [--procedure NAME] [--intensity 60] [--out DIR]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from landmarkdiff import weights
from landmarkdiff.landmarks import (
    LANDMARK_REGIONS,
    draw_displacements,
    extract_landmarks,
    render_landmark_image,
)
from landmarkdiff.manipulation import apply_procedure_preset
from landmarkdiff.photo import draw_label, read_photo, write_png


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", nargs="?", help="default: a public-domain portrait")
    parser.add_argument("--procedure", default="brow_lift")
    parser.add_argument("--intensity", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=Path("output/landmark_visualization"))
    options = parser.parse_args()

    photo = read_photo(options.photo or weights.obtain("astronaut"))
    face = extract_landmarks(photo.pixels)
    moved = apply_procedure_preset(face, options.procedure, options.intensity)

    options.out.mkdir(parents=True, exist_ok=True)
    write_png(options.out / "landmarks.png", render_landmark_image(face))
    arrows = draw_displacements(photo.pixels, face, moved)
    labelled, _ = draw_label(arrows)
    write_png(options.out / "displacements.png", labelled)

    pose, scale = face.pose, face.scale
    print(f"view {pose.view}: yaw {pose.yaw:.1f}, pitch {pose.pitch:.1f}, roll {pose.roll:.1f} deg")
    print(f"scale {scale.mm_per_px:.3f} mm/px, 1 SD {scale.relative_uncertainty:.1%}")
    print(f"{'region':16}{'points':>8}{'noise mm':>10}{'mean move mm':>14}")
    move = np.hypot(*(moved.points - face.points)[:, :2].T) * scale.mm_per_px
    for name, points in LANDMARK_REGIONS.items():
        noise = face.noise_px[list(points)].mean() * scale.mm_per_px
        print(f"{name:16}{len(points):8d}{noise:10.3f}{move[list(points)].mean():14.2f}")


if __name__ == "__main__":
    main()
