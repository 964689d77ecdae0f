"""What Python callers hand over: the wrong kind is a typed error, odd but right kinds are taken.

Every public function is called with good arguments, each of which is then replaced in turn by
what such callers send: text for a number, True for 1, NaN, nothing, an image of floats.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from public_calls import CALLS, Call

import landmarkdiff
from landmarkdiff import procedures
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import EffectError, LandmarkDiffError
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.procedures.planning import make_plan


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
