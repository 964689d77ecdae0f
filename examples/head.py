"""One head from photos of one person: points in millimetres, its texture, a plan on it, a GLB.

python examples/head.py [PHOTOS...] [--procedure NAME] [--intensity 60] [--out DIR]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from landmarkdiff import weights
from landmarkdiff.head import fit_head
from landmarkdiff.head.export import encode_glb
from landmarkdiff.head.picture import draw_head
from landmarkdiff.head.simulation import HeadSimulation
from landmarkdiff.head.texture import TexturePhoto, head_texture
from landmarkdiff.landmarks import extract_landmarks
from landmarkdiff.manipulation.on_head import HeadPlan
from landmarkdiff.photo import draw_label, read_photo, write_png
from landmarkdiff.procedures.planning import make_plan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="*", help="frontal and oblique; default: a portrait")
    parser.add_argument("--procedure", default="rhinoplasty")
    parser.add_argument("--intensity", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=Path("output/head"))
    options = parser.parse_args()

    photos = [read_photo(path).pixels for path in options.photos or [weights.obtain("astronaut")]]
    faces = [extract_landmarks(photo) for photo in photos]
    head = fit_head(faces)
    texture = head_texture(head, [TexturePhoto(*each) for each in zip(photos, faces, strict=True)])
    plan = make_plan(options.procedure, faces[0], intensity=options.intensity)
    effects = HeadPlan(head.surface, plan).effects()
    simulation = HeadSimulation(head.surface, texture.pixels, texture.seen, effects)

    options.out.mkdir(parents=True, exist_ok=True)
    side, _ = draw_label(draw_head(simulation, simulation.simulated(), yaw=-60.0))
    write_png(options.out / "side.png", side)
    (options.out / "head.glb").write_bytes(encode_glb(simulation))
    for name in ("nasion", "rhinion", "pronasale", "pogonion"):
        point = head.points[name]
        told = f"{100 * point.from_photos:3.0f} % from the photos"
        print(f"{name:12}{point.place[2]:8.1f} mm forward +- {point.uncertainty_mm:.1f}, {told}")
    moved = np.linalg.norm(simulation.displacement(), axis=1).max()
    print(f"{'largest planned move':26}{moved:8.2f} mm")


if __name__ == "__main__":
    main()
