"""Make the pictures of the documentation, from the two public-domain portraits only.

    python scripts/make_pictures.py [--out DIR]

Every simulation in them is labelled. Files stay below 400 kB.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from landmarkdiff import weights
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.landmarks import FaceLandmarks
from landmarkdiff.photo import draw_label, read_photo
from landmarkdiff.procedures import procedure, procedure_names
from landmarkdiff.types import ImageArray
from landmarkdiff.workflows.output.pictures import Panel, compose, face_tile, simulation_tile

PORTRAITS = ("astronaut", "grace_hopper")
INTENSITIES = (60, 100)
#: Portrait, procedure and intensity of the picture in the README.
SHOWN = (("astronaut", "rhinoplasty", 100), ("grace_hopper", "rhytidectomy", 100))
SHEET_TILE = (176, 220)
MAX_BYTES = 400_000
IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"


def save(path: Path, pixels: ImageArray) -> None:
    """Write a JPEG at the best quality that keeps it below the limit."""
    for quality in (92, 88, 84, 80, 75, 70, 65, 60):
        Image.fromarray(pixels).save(path, quality=quality, optimize=True, progressive=True)
        if path.stat().st_size < MAX_BYTES:
            print(
                f"{path.name}: {pixels.shape[1]} x {pixels.shape[0]}, {path.stat().st_size} bytes"
            )
            return
    raise SystemExit(f"{path.name} does not fit into {MAX_BYTES} bytes")


def before_after(pipeline: LandmarkDiffPipeline, faces: dict[str, PreparedFace]) -> ImageArray:
    """Photo and simulation of a few procedures, with what was planned and achieved."""
    panels = []
    for portrait, name, intensity in SHOWN:
        prepared = faces[portrait]
        result = pipeline.generate(prepared, procedure=name, intensity=intensity)
        told = [
            f"{check.name.replace('_', ' ')} {check.applied:+.1f} {check.unit}"
            for check in result.effects
            if check.achieved is not None
        ]
        photo = face_tile(prepared.image, prepared.landmarks)
        panels.append(Panel(photo, "Photo", ""))
        panels.append(
            Panel(
                simulation_tile(result, "bottom-right"),
                f"{procedure(name).title}, intensity {intensity}",
                ", ".join(told),
            )
        )
    return compose(panels, len(panels), "Before, and the simulation of a discussed goal")


def small_tile(pixels: ImageArray, face: FaceLandmarks, *, simulation: bool) -> ImageArray:
    """Return the face for the contact sheet, labelled when it is a simulation."""
    tile = np.asarray(
        cv2.resize(face_tile(pixels, face), SHEET_TILE, interpolation=cv2.INTER_AREA), np.uint8
    )
    return draw_label(tile, corner="bottom-right")[0] if simulation else tile


def contact_sheet(pipeline: LandmarkDiffPipeline, faces: dict[str, PreparedFace]) -> ImageArray:
    """Every procedure at 60 and 100 on both portraits, one procedure in a row."""
    panels = []
    for name in procedure_names():
        title = name.replace("_", " ")
        for prepared in faces.values():
            face = prepared.landmarks
            panels.append(Panel(small_tile(prepared.image, face, simulation=False), "Photo"))
            for intensity in INTENSITIES:
                result = pipeline.generate(
                    prepared, procedure=name, intensity=intensity, verify=False
                )
                tile = small_tile(result.image, face, simulation=True)
                panels.append(Panel(tile, f"{title}, {intensity}"))
    columns = len(faces) * (1 + len(INTENSITIES))
    return compose(panels, columns, "Every procedure at intensity 60 and 100 (simulations)")


def main() -> None:
    """Make both pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=IMAGES)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    pipeline = LandmarkDiffPipeline().load()
    faces = {name: pipeline.prepare(read_photo(weights.obtain(name)).pixels) for name in PORTRAITS}
    save(out / "before_after.jpg", before_after(pipeline, faces))
    save(out / "contact_sheet.jpg", contact_sheet(pipeline, faces))


if __name__ == "__main__":
    main()
