"""What Python callers hand over: the wrong kind is a typed error, odd but right kinds are taken.

Every public function is called with good arguments, each of which is then replaced in turn by
what such callers send: text for a number, True for 1, NaN, nothing, an image of floats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import landmarkdiff
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
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import EffectError, LandmarkDiffError
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.manipulation.prepared import PreparedFace
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


@pytest.fixture(scope="module")
def things(astronaut: ImageArray, prepared_portraits: dict[str, PreparedFace]) -> dict[str, Any]:
    """What stands in the tables by its name."""
    prepared = prepared_portraits["astronaut"]
    return {
        "portrait": astronaut,
        "prepared": prepared,
        "face": prepared.landmarks,
        "plan": make_plan("rhinoplasty", prepared.landmarks),
    }


def given(call: Call, things: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: things[value] if isinstance(value, str) and value in things else value
        for name, value in call.good.items()
    }


@pytest.mark.parametrize("name", CALLS)
def test_what_is_of_the_wrong_kind_is_a_typed_error(
    name: str, things: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    call = CALLS[name]
    accepted, foreign = [], []
    for argument, value in call.wrong():
        try:
            call.function(**{**given(call, things), argument: value})
        except LandmarkDiffError as error:
            assert "\n" not in str(error)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is not of the package
            foreign.append(
                (argument, value if not hasattr(value, "shape") else value.shape, repr(error)[:80])
            )
        else:
            accepted.append((argument, value if not hasattr(value, "shape") else value.shape))
    assert (accepted, foreign) == ([], [])
    assert list(tmp_path.iterdir()) == []


def test_every_public_function_of_the_package_is_tried() -> None:
    public = {
        name
        for name in landmarkdiff.__all__
        if callable(getattr(landmarkdiff, name))
        and not isinstance(getattr(landmarkdiff, name), type)
    }
    without_arguments = {"procedure_names"}
    also = {"write_jpeg"}  # its arguments are those of encode_jpeg and write_png
    assert public - without_arguments - also <= set(CALLS)


@pytest.mark.parametrize(
    ("setting", "meant"),
    [
        (3, 3.0),
        (np.int64(3), 3.0),
        (np.float32(3.5), 3.5),
        (Fraction(7, 2), 3.5),
        ("3", 3.0),
        (" 3.5 ", 3.5),
        ("ON", "on"),
        ("Off", "off"),
    ],
)
def test_an_effect_is_set_as_the_command_line_sets_it(
    setting: object, meant: object, things: dict[str, Any]
) -> None:
    def plan(value: Any) -> procedures.SurgicalPlan:
        return make_plan("rhinoplasty", things["face"], effects={"tip_rotation": value})

    assert plan(setting) == plan(meant)
    assert plan("off") != plan("on") != plan(3.0)


@pytest.mark.parametrize("setting", ["false", "true", "", "3 mm", True, False, None, [3], b"off"])
def test_what_sets_no_effect_is_refused(setting: Any, things: dict[str, Any]) -> None:
    with pytest.raises(EffectError) as refused:
        make_plan("rhinoplasty", things["face"], effects={"tip_rotation": setting})
    assert "tip_rotation" in str(refused.value)
    assert "on" in str(refused.value)
    assert "off" in str(refused.value)


def test_an_intensity_for_another_procedure_is_refused(things: dict[str, Any]) -> None:
    with pytest.raises(LandmarkDiffError, match="rhinoplsty"):
        make_plan("rhinoplasty", things["face"], intensity={"rhinoplsty": 40})


@pytest.mark.parametrize("level", [60, np.int64(60), np.float32(60), np.uint8(60), Fraction(60)])
def test_numpys_numbers_count(level: Any, things: dict[str, Any]) -> None:
    assert make_plan("rhinoplasty", things["face"], intensity=level) == things["plan"]


def test_views_of_a_photo_are_taken(things: dict[str, Any], pipeline: LandmarkDiffPipeline) -> None:
    photo = things["portrait"]
    wide = np.zeros((*photo.shape[:2], 6), np.uint8)
    wide[..., ::2] = photo
    view = wide[..., ::2]
    view.setflags(write=False)
    assert not view.flags.c_contiguous
    plan, passes, seed = things["plan"], np.int64(2), np.int64(0)
    from_view = pipeline.generate(view, plan=plan, passes=passes, verify=False)
    from_copy = pipeline.generate(photo, plan=plan, passes=2, seed=seed, verify=False)
    assert np.array_equal(from_view.painting.image, from_copy.painting.image)


@pytest.mark.parametrize(
    "name", ["analyze", "apparent_tone", "detect_glasses", "detect_vitiligo", "adaptive_canny"]
)
def test_landmarks_of_another_photo_are_refused(name: str, things: dict[str, Any]) -> None:
    smaller = np.ascontiguousarray(things["portrait"][:-1])
    with pytest.raises(LandmarkDiffError, match="511, 512, 3"):
        CALLS[name].function(smaller, things["face"])


WITH_IMAGE = [
    (name, argument)
    for name, call in CALLS.items()
    for argument, kind in call.kinds.items()
    if kind == "image" and name != "pipeline.generate"  # above, with equal pixels
]


@pytest.mark.parametrize(("name", "argument"), WITH_IMAGE)
def test_every_function_takes_a_read_only_view(
    name: str, argument: str, things: dict[str, Any]
) -> None:
    photo = things["portrait"]
    wide = np.zeros((*photo.shape[:2], 6), np.uint8)
    wide[..., ::2] = photo
    view = wide[..., ::2]
    view.setflags(write=False)
    call = CALLS[name]
    call.function(**{**given(call, things), argument: view})
    assert np.array_equal(view, photo)
