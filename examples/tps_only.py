"""The warp by its parts: plan, moved landmarks, mask, spline field, picture. CPU only.

Useful to see what :class:`LandmarkDiffPipeline` does, or to put another stage in between. The
pipeline adds what is left out here: spectacle frames, clinical flags, and the check.

python examples/tps_only.py [PHOTO] [--procedure NAME] [--intensity 60] [--out DIR]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from landmarkdiff import weights
from landmarkdiff.landmarks import extract_landmarks
from landmarkdiff.landmarks.visibility import facing
from landmarkdiff.manipulation.controls import choose_controls
from landmarkdiff.manipulation.deformation import deform
from landmarkdiff.manipulation.field_fit import fit_field
from landmarkdiff.manipulation.mask import surgical_mask
from landmarkdiff.manipulation.pieces import SplinePiece
from landmarkdiff.photo import draw_label, read_photo, write_png
from landmarkdiff.procedures.planning import make_plan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", nargs="?", help="default: a public-domain portrait")
    parser.add_argument("--procedure", default="brow_lift")
    parser.add_argument("--intensity", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=Path("output/tps_only"))
    options = parser.parse_args()

    photo = read_photo(options.photo or weights.obtain("astronaut")).pixels
    face = extract_landmarks(photo)
    plan = make_plan(options.procedure, face, intensity=options.intensity)
    deformation = deform(plan, face)  # millimetres in the face frame
    mask = surgical_mask(plan, face, deformation)
    points = face.points[:, :2]
    steps = face.project(deformation.parts)[..., :2]  # of each effect, pixels in the photo
    moved = steps.sum(axis=0)
    controls = choose_controls(
        points,
        moved,
        mask.anchors,
        moving=deformation.moving,
        pinned=deformation.pinned,
        eligible=facing(face) & (mask.at(points + moved) > 0.02),
    )
    spline = SplinePiece(controls, mask.anchors)
    fitted = fit_field(points, steps, mask.grid, mask.share, pieces=[spline])
    warped = fitted.field.warp(photo, mask.coverage)

    labelled, _ = draw_label(warped, mask=mask.full())
    options.out.mkdir(parents=True, exist_ok=True)
    write_png(options.out / "warped.png", labelled)
    write_png(options.out / "mask.png", mask.full())
    landed = fitted.field.forward(points) - points
    print(f"{'largest planned move':32}{np.hypot(*moved.T).max():8.2f} px")
    print(f"{'largest applied move':32}{np.hypot(*landed.T).max():8.2f} px")
    print(f"{'millimetres per pixel':32}{face.scale.mm_per_px:8.3f}")
    print(f"{'control points':32}{len(controls) + len(mask.anchors):8d}")
    print(f"{'pixels in the mask':32}{np.count_nonzero(mask.full()):8d}")
    print(f"{'least Jacobian (0 is a fold)':32}{fitted.field.min_jacobian:8.2f}")


if __name__ == "__main__":
    main()
