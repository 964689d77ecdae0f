"""Every public function with good arguments, and what such callers send by mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from landmarkdiff import (
    analysis,
    clinical,
    conditioning,
    inference,
    landmarks,
    manipulation,
    measurements,
    photo,
    procedures,
    workflows,
)
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.workflows.request import SimulationRequest

#: A value that no number, name, image or face is.
NEITHER = object()
NAN, INFINITY = float("nan"), float("inf")
PORTRAIT = np.full((64, 48, 3), 128, np.uint8)
WRONG: Mapping[str, tuple[Any, ...]] = {
    "image": (
        None,
        "photo.jpg",
        [],
        NEITHER,
        PORTRAIT / 255.0,
        PORTRAIT.astype(np.float32),
        PORTRAIT[..., 0],
        np.zeros((0, 0, 3), np.uint8),
        np.dstack([PORTRAIT, PORTRAIT[..., :1]]),
        np.full((64, 48, 3), NAN),
    ),
    "face": (None, "face", NEITHER, np.zeros((478, 3)), {}),
    "plan": (None, "plan", NEITHER, {}, 3),
    "number": ("3", True, NAN, INFINITY, -INFINITY, [], [3.0], NEITHER, np.zeros(2), 1j, b"3"),
    "whole": ("3", True, 2.5, NAN, INFINITY, [], NEITHER, np.float64(2.5), np.zeros(2)),
    "flag": ("no", "false", 0, 1, [], NEITHER, np.ones(2)),
    "choice": ("sideways", "", 3, True, NAN, [], NEITHER, b"both"),
    "path": (None, 3, True, [], NEITHER, "a\0b"),
    "mapping": ([], ["a=3"], "a=3", 3, NEITHER, {("a",)}),
    "names": (None, 3, True, NEITHER, [], [3], [None], ["", "rhinoplasty"], {"rhinoplasty": 60}),
    "zones": ("nose", 3, True, NEITHER, ["noose"], [3], {"nose": 1}),
    "request": (None, "rhinoplasty", {}, NEITHER),
}
#: Where None means "by itself".
OPTIONAL_WRONG = {kind: tuple(v for v in values if v is not None) for kind, values in WRONG.items()}


@dataclass(frozen=True)
class Call:
    """A public function, good arguments, and the kind of each that is tried."""

    function: Callable[..., Any]
    good: Mapping[str, Any]
    kinds: Mapping[str, str]
    optional: frozenset[str] = field(default_factory=frozenset)

    def wrong(self) -> Iterator[tuple[str, Any]]:
        for name, kind in self.kinds.items():
            table = OPTIONAL_WRONG if name in self.optional else WRONG
            for value in table[kind]:
                yield name, value


FIT = Path("fit.png")
CALLS: dict[str, Call] = {
    "extract_landmarks": Call(
        landmarks.extract_landmarks,
        {"image": "portrait", "passes": 1, "face": 0},
        {
            "image": "image",
            "passes": "whole",
            "face": "whole",
            "mm_per_px": "number",
            "ipd_mm": "number",
        },
        frozenset({"mm_per_px", "ipd_mm"}),
    ),
    "detect_faces": Call(landmarks.detect_faces, {"image": "portrait"}, {"image": "image"}),
    "render_landmark_image": Call(
        landmarks.render_landmark_image,
        {"face": "face", "width": 90, "height": 80},
        {"face": "face", "width": "whole", "height": "whole"},
        frozenset({"width", "height"}),
    ),
    "draw_displacements": Call(
        landmarks.draw_displacements,
        {"image": "portrait", "source": "face", "target": "face"},
        {"image": "image", "source": "face", "target": "face"},
    ),
    "measure": Call(
        measurements.measure,
        {"face": "face", "name": "alar_width", "any_view": False},
        {"face": "face", "name": "choice", "any_view": "flag"},
    ),
    "measure_all": Call(measurements.measure_all, {"face": "face"}, {"face": "face"}),
    "mirror_residual_mm": Call(measurements.mirror_residual_mm, {"face": "face"}, {"face": "face"}),
    "measurement_chart": Call(
        measurements.measurement_chart,
        {"image": "portrait", "face": "face", "measurements": ()},
        {"image": "image", "face": "face"},
    ),
    "measured_lines": Call(
        measurements.measured_lines,
        {"face": "face", "measurements": ()},
        {"face": "face"},
    ),
    "canon_lines": Call(measurements.canon_lines, {"face": "face"}, {"face": "face"}),
    "generate_conditioning": Call(
        conditioning.generate_conditioning,
        {"face": "face", "width": 90, "height": 80},
        {"face": "face", "width": "whole", "height": "whole", "kind": "choice"},
    ),
    "draw_tessellation": Call(
        conditioning.draw_tessellation,
        {"face": "face", "width": 90, "height": 80},
        {"face": "face", "width": "whole", "height": "whole"},
    ),
    "draw_mediapipe_face": Call(
        conditioning.draw_mediapipe_face,
        {"face": "face", "width": 90, "height": 80},
        {"face": "face", "width": "whole", "height": "whole"},
    ),
    "draw_depth": Call(
        conditioning.draw_depth,
        {"face": "face", "width": 90, "height": 80},
        {"face": "face", "width": "whole", "height": "whole"},
    ),
    "adaptive_canny": Call(
        conditioning.adaptive_canny,
        {"pixels": "portrait", "face": "face"},
        {"pixels": "image", "face": "face"},
    ),
    "detect_vitiligo": Call(
        clinical.detect_vitiligo,
        {"pixels": "portrait", "face": "face"},
        {"pixels": "image", "face": "face"},
    ),
    "analyze": Call(
        analysis.analyze,
        {"photo_pixels": "portrait", "face": "face"},
        {
            "photo_pixels": "image",
            "face": "face",
            "focal_length_35mm": "number",
            "fitzpatrick": "choice",
        },
        frozenset({"focal_length_35mm", "fitzpatrick"}),
    ),
    "apparent_tone": Call(
        analysis.apparent_tone,
        {"pixels": "portrait", "face": "face"},
        {"pixels": "image", "face": "face", "fitzpatrick": "choice"},
        frozenset({"fitzpatrick"}),
    ),
    "detect_glasses": Call(
        analysis.detect_glasses,
        {"pixels": "portrait", "face": "face"},
        {"pixels": "image", "face": "face"},
    ),
    "encode_png": Call(photo.encode_png, {"pixels": PORTRAIT}, {"manifest": "mapping"}),
    "encode_jpeg": Call(
        photo.encode_jpeg,
        {"pixels": PORTRAIT},
        {"quality": "whole", "manifest": "mapping"},
        frozenset({"manifest"}),
    ),
    "write_png": Call(
        photo.write_png,
        {"path": FIT, "pixels": PORTRAIT},
        {"path": "path"},
        frozenset({"manifest"}),
    ),
    "read_photo": Call(photo.read_photo, {"source": FIT}, {"source": "path"}),
    "read_manifest": Call(photo.read_manifest, {"source": FIT}, {"source": "path"}),
    "draw_label": Call(
        photo.draw_label,
        {"pixels": "portrait", "corner": "top-left"},
        {"pixels": "image", "corner": "choice"},
        frozenset({"corner"}),
    ),
    "procedure": Call(procedures.procedure, {"name": "rhinoplasty"}, {"name": "choice"}),
    "load_procedure_file": Call(procedures.load_procedure_file, {"path": FIT}, {"path": "path"}),
    "make_plan": Call(
        make_plan,
        {"procedures": "rhinoplasty", "face": "face", "intensity": 60.0},
        {
            "procedures": "names",
            "face": "face",
            "intensity": "number",
            "effects": "mapping",
            "side": "choice",
            "unlock": "flag",
        },
        frozenset({"effects"}),
    ),
    "apply_procedure_preset": Call(
        manipulation.apply_procedure_preset,
        {"face": "face", "procedure": "rhinoplasty", "intensity": 60.0},
        {
            "face": "face",
            "procedure": "names",
            "intensity": "number",
            "clinical_flags": "mapping",
            "side": "choice",
        },
        frozenset({"clinical_flags"}),
    ),
    "deform": Call(
        manipulation.deform, {"plan": "plan", "face": "face"}, {"plan": "plan", "face": "face"}
    ),
    "interpolate_handles": Call(
        lambda **given: manipulation.interpolate_handles(
            np.zeros((4, 3)), [manipulation.DeformationHandle(**given)]
        ),
        {"landmark_index": 1, "displacement": (0.0, 1.0, 0.0), "influence_radius": 10.0},
        {"landmark_index": "whole", "displacement": "number", "influence_radius": "number"},
    ),
    "ClinicalFlags": Call(
        clinical.ClinicalFlags,
        {},
        {
            "vitiligo": "flag",
            "bells_palsy": "flag",
            "bells_palsy_side": "choice",
            "keloid_prone": "flag",
            "keloid_regions": "zones",
            "ehlers_danlos": "flag",
        },
        frozenset({"bells_palsy_side"}),
    ),
    "PaintSettings": Call(
        inference.PaintSettings,
        {},
        {
            "num_inference_steps": "whole",
            "guidance_scale": "number",
            "controlnet_conditioning_scale": "number",
            "strength": "number",
            "postprocess": "flag",
        },
        frozenset(
            {
                "num_inference_steps",
                "guidance_scale",
                "controlnet_conditioning_scale",
                "strength",
            }
        ),
    ),
    "SimulationRequest": Call(
        SimulationRequest,
        {},
        {
            "procedures": "names",
            "intensity": "number",
            "effects": "mapping",
            "plan": "request",
            "flags": "mapping",
            "side": "choice",
            "unlock": "flag",
            "mode": "choice",
            "paint": "mapping",
            "face": "whole",
            "passes": "whole",
            "ipd_mm": "number",
            "mm_per_px": "number",
            "label_corner": "choice",
            "seed": "whole",
        },
        frozenset({"plan", "ipd_mm", "mm_per_px", "label_corner"}),
    ),
    "preview": Call(
        workflows.preview,
        {"photo": FIT, "request": SimulationRequest(), "out": FIT},
        {"photo": "path", "request": "request", "out": "path"},
    ),
    "batch": Call(
        workflows.batch,
        {"folder": Path(), "request": SimulationRequest(), "out": FIT},
        {"folder": "path", "request": "request", "out": "path"},
    ),
    "pipeline": Call(
        LandmarkDiffPipeline,
        {},
        {"mode": "choice", "device": "choice", "configuration": "mapping"},
        frozenset({"device", "configuration"}),
    ),
    "pipeline.prepare": Call(
        lambda **given: LandmarkDiffPipeline().prepare(**given),
        {"image": "portrait", "passes": 1},
        {
            "image": "image",
            "passes": "whole",
            "face": "whole",
            "mm_per_px": "number",
            "ipd_mm": "number",
            "profile_points": "mapping",
        },
        frozenset({"mm_per_px", "ipd_mm"}),
    ),
    "pipeline.generate": Call(
        lambda **given: LandmarkDiffPipeline().generate(**given),
        {"image": "prepared", "procedure": "rhinoplasty", "intensity": 60.0, "verify": False},
        {
            "image": "image",
            "procedure": "names",
            "intensity": "number",
            "plan": "plan",
            "effects": "mapping",
            "side": "choice",
            "unlock": "flag",
            "clinical_flags": "mapping",
            "mode": "choice",
            "seed": "whole",
            "verify": "flag",
            "num_inference_steps": "whole",
            "guidance_scale": "number",
            "controlnet_conditioning_scale": "number",
            "strength": "number",
            "postprocess": "flag",
        },
        frozenset(
            {
                "plan",
                "effects",
                "clinical_flags",
                "mode",
                "seed",
                "num_inference_steps",
                "guidance_scale",
                "controlnet_conditioning_scale",
                "strength",
            }
        ),
    ),
}
