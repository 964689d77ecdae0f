"""Make the pictures of the documentation, from the two public-domain portraits only.

    python scripts/make_pictures.py [--out DIR]

Every simulation in them is labelled. A procedure's own picture stays below 180 kB, the others below
400 kB.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from landmarkdiff import weights
from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.model import head_model
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.landmarks import FaceLandmarks
from landmarkdiff.landmarks.face import Scale
from landmarkdiff.landmarks.pose import fit_pose
from landmarkdiff.manipulation.on_head import HeadPlan
from landmarkdiff.photo import draw_label, read_photo
from landmarkdiff.procedures import photo_procedure_names, procedure, procedure_names
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.workflows.output.pictures import Panel, compose, face_tile, simulation_tile

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests"))

import head_portraits  # noqa: E402
from turned_heads import turned_photo  # noqa: E402

PORTRAITS = ("astronaut", "grace_hopper")
#: Yaw in degrees of the rendered head that shows what moves forward or back.
TURN = -40.0
INTENSITIES = (60, 100)
#: Portrait, procedure and intensity of the picture in the README.
SHOWN = (("astronaut", "rhinoplasty", 100), ("grace_hopper", "rhytidectomy", 100))
SHEET_TILE = (176, 220)
PROCEDURE_TILE = 272
#: Side of a tile over the longer side of the box around the landmarks that the procedure moves.
FRAME_SHARE = 1.4
#: And at least so much of the width of the face, so that the picture still shows a face.
LEAST_OF_FACE = 0.75
#: The head of a procedure that no photo shows, in standard deviations of its shape, and its views.
PROMINENT_EARS = {"ears/ear-wing-decr": -5.0}
HEAD_VIEWS = {
    "Head from the front": HeadCamera.turned(0.0, px_per_mm=1.25, shift=(136.0, 120.0)),
    "From behind": HeadCamera.turned(-140.0, px_per_mm=1.9, shift=(115.0, 100.0)),
}
BALD = head_portraits.Look(hairy=False)
MAX_BYTES = 400_000
MAX_PROCEDURE_BYTES = 180_000
IMAGES = ROOT / "docs" / "images"


def save(path: Path, pixels: ImageArray, limit: int = MAX_BYTES) -> None:
    """Write a JPEG at the best quality that keeps it below the limit."""
    for quality in (92, 88, 84, 80, 75, 70, 65, 60):
        Image.fromarray(pixels).save(path, quality=quality, optimize=True, progressive=True)
        if path.stat().st_size < limit:
            print(
                f"{path.name}: {pixels.shape[1]} x {pixels.shape[0]}, {path.stat().st_size} bytes"
            )
            return
    raise SystemExit(f"{path.name} does not fit into {limit} bytes")


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
    for name in photo_procedure_names():
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


def framed(pixels: ImageArray, points: FloatArray, least: float) -> ImageArray:
    """Return the surroundings of points (n, 2; pixels) as a square tile.

    It shows at least ``least`` pixels of the photo, and is gray where it leaves it.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    scale = PROCEDURE_TILE / max(FRAME_SHARE * float((high - low).max()), least)
    shift = PROCEDURE_TILE / 2 - (low + high) / 2 * scale
    tile = cv2.warpAffine(
        pixels,
        np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]]),
        (PROCEDURE_TILE, PROCEDURE_TILE),
        flags=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(232, 232, 232),
    )
    return np.asarray(tile, np.uint8)


def procedure_sheet(
    pipeline: LandmarkDiffPipeline, faces: dict[str, PreparedFace], name: str
) -> ImageArray:
    """One procedure: a row for each face with the photo and both intensities, close up."""
    panels = []
    preset = procedure(name)
    carrying = {
        point for effect in preset.effects if effect.by_intensity for point in effect.landmarks
    }
    for portrait, prepared in faces.items():
        points = prepared.landmarks.points[sorted(carrying), :2]
        least = LEAST_OF_FACE * prepared.landmarks.box[2]
        results = [
            pipeline.generate(prepared, procedure=name, intensity=intensity, verify=False)
            for intensity in INTENSITIES
        ]
        caption = "Photo" if portrait in PORTRAITS else "Rendered head"
        panels.append(Panel(framed(prepared.image, points, least), caption))
        for intensity, result in zip(INTENSITIES, results, strict=True):
            tile = framed(result.image, points, least)
            labelled, _ = draw_label(tile, corner="bottom-right", text=result.label)
            panels.append(Panel(labelled, f"Simulation, intensity {intensity}"))
    return compose(panels, 1 + len(INTENSITIES), preset.title)


def head_sheet(name: str) -> ImageArray:
    """A procedure that no photo shows, on the CC0 head: a row for each view."""
    model = head_model()
    head = model.surface(PROMINENT_EARS)
    face = model.landmarks.points(head.vertices) * (4.0, -4.0, -4.0) + (512.0, 512.0, 0.0)
    landmarks = FaceLandmarks(face, 1024, 1024, fit_pose(face), Scale(0.25, 0.0, "ruler"))
    panels = []
    for view, camera in HEAD_VIEWS.items():
        for intensity in (0, *INTENSITIES):
            plan = make_plan(name, landmarks, intensity=intensity)
            after = head.moved(HeadPlan(head, plan).displacement())
            tile = head_portraits.portrait(model, after, camera, BALD, (PROCEDURE_TILE,) * 2)
            caption = f"{view}, as it is"
            if intensity:
                tile = draw_label(tile, corner="bottom-right")[0]
                caption = f"Simulation, intensity {intensity}"
            panels.append(Panel(tile, caption))
    return compose(panels, 1 + len(INTENSITIES), procedure(name).title)


def main() -> None:
    """Make all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=IMAGES)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    pipeline = LandmarkDiffPipeline().load()
    faces = {name: pipeline.prepare(read_photo(weights.obtain(name)).pixels) for name in PORTRAITS}
    save(out / "before_after.jpg", before_after(pipeline, faces))
    save(out / "contact_sheet.jpg", contact_sheet(pipeline, faces))
    faces["turned"] = pipeline.prepare(turned_photo(TURN).pixels)
    (out / "procedures").mkdir(exist_ok=True)
    for name in procedure_names():
        seen = procedure(name).on_mesh
        sheet = procedure_sheet(pipeline, faces, name) if seen else head_sheet(name)
        save(out / "procedures" / f"{name}.jpg", sheet, MAX_PROCEDURE_BYTES)


if __name__ == "__main__":
    main()
