"""What the pipeline returns and refuses: settings, records, repeatability."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rendering import canonical_face

from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.errors import (
    FaceIndexError,
    FaceUnusableError,
    ModeUnavailableError,
    NoFaceError,
    OutOfBandError,
    ParameterError,
    WorkCancelled,
)
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.landmarks.pose import fit_pose
from landmarkdiff.landmarks.scale import interpupillary_px
from landmarkdiff.notices import Reason

Prepared = dict[str, PreparedFace]
PORTRAITS = ("grace_hopper", "astronaut")
#: Largest difference of an effect in a combined plan from the same one alone.
COMBINED_MM = 0.1


def test_settings_reach_the_picture(pipeline: LandmarkDiffPipeline, prepared: Prepared) -> None:
    portrait = prepared["astronaut"]
    plain = pipeline.generate(portrait, "rhinoplasty", 60, verify=False)
    result = pipeline.generate(
        portrait, "rhinoplasty", 60, effects={"tip_width": "off", "dorsal_hump": -1.0}, verify=False
    )
    assert [check.name for check in result.effects] == [
        "tip_rotation",
        "alar_base_width",
        "dorsal_hump",
    ]
    assert result.effect("dorsal_hump").planned == -1.0
    assert result.effect("tip_rotation").planned == plain.effect("tip_rotation").planned
    with pytest.raises(KeyError):
        result.effect("tip_width")


def test_beyond_the_band(pipeline: LandmarkDiffPipeline, prepared: Prepared) -> None:
    portrait = prepared["astronaut"]
    with pytest.raises(OutOfBandError, match="unlock"):
        pipeline.generate(portrait, "brow_lift", effects={"lateral_brow": 9.0})
    result = pipeline.generate(
        portrait, "brow_lift", effects={"lateral_brow": 9.0}, unlock=True, verify=False
    )
    assert not result.effect("lateral_brow").in_band
    assert result.effect("medial_brow").in_band
    (notice,) = [n for n in result.notices if n.code == "out_of_band"]
    assert notice.params["effect"] == "lateral_brow"
    assert notice.params["value"] == 9.0
    assert result.min_jacobian > 0


def test_coupled_effects_are_explained(results: Any) -> None:
    result = results["astronaut", "lip_lift", 60]
    coupled = {n.params["effect"]: n for n in result.notices if n.code == "coupled_effect"}
    assert set(coupled) == {"alar_width", "nasolabial_angle"}
    assert coupled["alar_width"].params["driver"] == "lip_length"


def test_two_procedures_in_one_picture(pipeline: LandmarkDiffPipeline, prepared: Prepared) -> None:
    portrait = prepared["astronaut"]
    result = pipeline.generate(portrait, ["rhinoplasty", "lip_lift", "mentoplasty"], 60)
    assert result.plan.name == "rhinoplasty+lip_lift+mentoplasty"
    assert {n.code for n in result.notices} >= {"plan_conflict"}
    assert result.outside_mask_changed_pixels == 0
    assert result.min_jacobian > 0
    alone = pipeline.generate(portrait, "rhinoplasty", 60, verify=False)
    for check in alone.effects:
        both = result.effect(f"rhinoplasty.{check.name}")
        assert both.applied == pytest.approx(check.applied, abs=COMBINED_MM)


@pytest.mark.parametrize("portrait", PORTRAITS)
def test_a_plan_means_the_same_at_another_size(
    portrait: str, pipeline: LandmarkDiffPipeline, prepared: Prepared, results: Any
) -> None:
    first = results[portrait, "mentoplasty", 60]
    double = cv2.resize(first.before, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    second = pipeline.generate(double, plan=first.plan, verify=False)
    assert second.plan is first.plan
    assert second.plan.hash == first.plan.hash
    for one, other in zip(first.effects, second.effects, strict=True):
        assert other.planned == one.planned
        assert other.applied == pytest.approx(one.applied, abs=0.05)


def test_a_prepared_face_gives_the_same_picture(
    pipeline: LandmarkDiffPipeline, astronaut: ImageArray
) -> None:
    prepared = pipeline.prepare(astronaut)
    pipeline.generate(prepared, "rhinoplasty", 100, verify=False)
    pipeline.generate(prepared, "mentoplasty", 20, verify=False)
    for level in (60, 35):
        reused = pipeline.generate(prepared, "rhinoplasty", level, verify=False)
        fresh = pipeline.generate(pipeline.prepare(astronaut), "rhinoplasty", level, verify=False)
        # Control points are chosen once per pattern of a plan, at the first intensity.
        difference = np.abs(reused.image.astype(int) - fresh.image.astype(int))
        assert difference.max() <= 24
        assert difference.mean() <= 0.05
        for one, other in zip(reused.effects, fresh.effects, strict=True):
            assert one.applied == pytest.approx(other.applied, abs=0.05)


def test_runs_repeat_and_a_warp_has_no_randomness(
    pipeline: LandmarkDiffPipeline, astronaut: ImageArray
) -> None:
    runs = [
        pipeline.generate(pipeline.prepare(astronaut), "brow_lift", 80, seed=seed, verify=True)
        for seed in (None, None, 12345)
    ]
    assert (runs[0].image == runs[1].image).all()
    assert (runs[0].image == runs[2].image).all()
    assert [run.seed for run in runs] == [0, 0, 12345]
    assert [check.to_dict() for check in runs[0].effects] == [
        check.to_dict() for check in runs[2].effects
    ]


def test_the_photo_is_left_alone(pipeline: LandmarkDiffPipeline, astronaut: ImageArray) -> None:
    copy = astronaut.copy()
    result = pipeline.generate(copy, "rhinoplasty", 100, passes=1)
    assert (copy == astronaut).all()
    assert result.source.passes == 1
    assert not np.shares_memory(result.image, copy)


def test_a_result_reads_as_a_dictionary(results: Any) -> None:
    result = results["astronaut", "rhinoplasty", 60]
    assert result["output"] is result.image
    assert result["output_raw"] is result.raw
    assert result["output_tps"] is result.warped
    assert (result["mask"] == result.mask).all()
    assert result["landmarks_original"] is result.source
    assert result["landmarks_manipulated"] is result.target
    assert result["identity_check"]["status"] == "passed"
    assert result["identity_check"]["similarity_composite"] > 0.9
    assert set(result) >= {
        "output", "output_raw", "output_tps", "conditioning", "mask",
        "landmarks_original", "landmarks_manipulated", "identity_check",
    }  # fmt: skip
    with pytest.raises(KeyError):
        result["picture"]


def test_the_record_of_a_result(results: Any) -> None:
    result = results["grace_hopper", "brow_lift", 60]
    record = json.loads(json.dumps(result.to_dict()))
    assert (record["procedure"], record["intensity"], record["mode"]) == ("brow_lift", 60.0, "tps")
    assert set(record["face"]) >= {
        "count",
        "index",
        "box",
        "yaw",
        "pitch",
        "roll",
        "view",
        "turned",
    }
    assert set(record["scale"]) == {"mm_per_px", "relative_uncertainty", "source"}
    assert record["plan_hash"] == result.plan.hash
    assert record["identity"]["verdict"] == "passed"
    assert record["identity"]["threshold"] == record["identity"]["published_threshold"] == 0.363
    assert record["generator"] == {"mode": "tps"}
    assert record["guard"]["verdict"] is None
    assert record["guard"]["reason"] == "nothing_painted"
    assert [(step["name"], step["applied"]) for step in record["postprocess"]] == [
        ("restore", False), ("background", False), ("colour", False), ("sharpen", False),
        ("blend", False), ("identity", True),
    ]  # fmt: skip
    assert len(record["weights"]["face_landmarker"]) == 64
    assert {notice["code"] for notice in record["warnings"]} >= {"glasses_worn"}
    assert set(record["effects"][0]) >= {
        "name", "unit", "planned", "applied", "visible", "achieved", "noise", "in_band",
        "limited_by", "factor",
    }  # fmt: skip
    stages = {"plan", "mask", "field", "warp", "light", "folds", "check", "total"}
    # The face was prepared before: finding it is no part of this simulation.
    assert set(record["timings_ms"]) == stages


def test_timings_hold_what_this_simulation_did(
    pipeline: LandmarkDiffPipeline, astronaut: ImageArray
) -> None:
    prepared = pipeline.prepare(astronaut, passes=1)
    assert set(prepared.timings_ms) == {"landmarks"}
    reused = pipeline.generate(prepared, "mentoplasty", 60, verify=False).timings_ms
    whole = pipeline.generate(astronaut, "mentoplasty", 60, passes=1, verify=False).timings_ms
    assert set(whole) == {*reused, "landmarks"}
    for timings in (reused, whole):
        stages = sum(ms for name, ms in timings.items() if name != "total")
        assert timings["total"] == pytest.approx(stages)


def test_the_target_is_where_the_field_brings_the_landmarks(results: Any) -> None:
    for case in (("astronaut", "brow_lift", 60), ("astronaut", "rhytidectomy", 60)):
        result = results[case]
        carried = sorted({i for e in result.plan.effects for i in e.effect.landmarks})
        landed = result.displacement_field.forward(result.source.points[carried, :2])
        miss = np.hypot(*(landed - result.target.points[carried, :2]).T)
        assert miss.max() < 0.25  # pixels; most at the lobe, where the mask ends in a few cells


def test_without_the_check_nothing_is_measured(
    pipeline: LandmarkDiffPipeline, prepared: Prepared, results: Any
) -> None:
    result = pipeline.generate(prepared["astronaut"], "brow_lift", 60, verify=False)
    assert result.outside_mask_changed_pixels is None
    assert not result.verified
    assert {check.reason for check in result.effects} == {"not_verified"}
    assert result.identity.verdict is None
    assert result.identity.reason == Reason("not_verified")
    assert (result.image == results["astronaut", "brow_lift", 60].image).all()


def cropped(image: ImageArray, rows: slice, columns: slice) -> ImageArray:
    return np.ascontiguousarray(image[rows, columns])


def test_a_region_cut_off_by_the_border_is_refused(
    pipeline: LandmarkDiffPipeline, prepared: Prepared
) -> None:
    portrait = prepared["astronaut"]
    chin = round(portrait.landmarks.points[199, 1])
    image = cropped(portrait.image, slice(0, chin), slice(None))
    face = replace(portrait.landmarks, image_height=chin)
    cut = PreparedFace(image, face)
    with pytest.raises(FaceUnusableError, match="cut off by the border"):
        pipeline.generate(cut, "mentoplasty")
    result = pipeline.generate(cut, "brow_lift", 60)
    assert result.outside_mask_changed_pixels == 0


def test_a_mesh_that_does_not_fit_is_refused(pipeline: LandmarkDiffPipeline) -> None:
    face = canonical_face()
    random = np.random.default_rng(0)
    points = face.points + random.normal(0, 60, face.points.shape)
    bent = PreparedFace(
        np.full((640, 640, 3), 128, np.uint8), replace(face, points=points, pose=fit_pose(points))
    )
    with pytest.raises(FaceUnusableError, match="does not fit"):
        pipeline.generate(bent, "brow_lift")


def test_no_face(pipeline: LandmarkDiffPipeline) -> None:
    with pytest.raises(NoFaceError):
        pipeline.generate(np.full((256, 256, 3), 128, np.uint8), "rhinoplasty")


def test_a_face_that_is_not_there(pipeline: LandmarkDiffPipeline, astronaut: ImageArray) -> None:
    with pytest.raises(FaceIndexError):
        pipeline.prepare(astronaut, face=3)


@pytest.mark.parametrize("mode", ["img2img", "controlnet", "controlnet_ip"])
def test_a_mode_that_cannot_run_says_what_is_missing(
    mode: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ModeUnavailableError, match=rf"the mode {mode} cannot run here.*pull"):
        LandmarkDiffPipeline(mode=mode).load()


def test_an_unknown_mode() -> None:
    with pytest.raises(ParameterError, match="tps, img2img, controlnet, controlnet_ip, lato"):
        LandmarkDiffPipeline(mode="paint").load()


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((64, 64), np.uint8),
        np.zeros((64, 64, 4), np.uint8),
        np.zeros((64, 64, 3), np.float32),
        np.zeros((64, 64, 3), np.uint16),
        np.zeros((4, 64, 3), np.uint8),
        np.zeros((0, 0, 3), np.uint8),
        None,
        "photo.jpg",
    ],
    ids=["gray", "rgba", "float", "16 bit", "flat", "empty", "none", "text"],
)
def test_what_is_no_photo(image: Any, pipeline: LandmarkDiffPipeline) -> None:
    with pytest.raises(ParameterError):
        pipeline.generate(image, "rhinoplasty")


@pytest.mark.parametrize(
    "arguments",
    [
        {"seed": -1},
        {"seed": 1.5},
        {"seed": True},
        {"strength": 1.5},
        {"guidance_scale": 0.0},
        {"num_inference_steps": 0},
        {"controlnet_conditioning_scale": 2.0},
        {"intensity": 101},
        {"procedure": None},
        {"side": "up"},
    ],
    ids=str,
)
def test_arguments_outside_their_range(
    arguments: dict[str, Any], pipeline: LandmarkDiffPipeline, prepared: Prepared
) -> None:
    with pytest.raises(ParameterError):
        pipeline.generate(prepared["astronaut"], **{"procedure": "rhinoplasty", **arguments})


@pytest.mark.parametrize("passes", [0, 65, 1.5])
def test_passes_outside_their_range(
    passes: Any, pipeline: LandmarkDiffPipeline, astronaut: ImageArray
) -> None:
    with pytest.raises(ParameterError, match="passes"):
        pipeline.prepare(astronaut, passes=passes)


def test_a_pause_between_stages_can_end_the_work(
    pipeline: LandmarkDiffPipeline, astronaut: ImageArray
) -> None:
    prepared = pipeline.prepare(astronaut, passes=1)
    calls = []
    pipeline.generate(prepared, "rhytidectomy", 100, pause=lambda: calls.append(1))
    assert len(calls) >= 4
    whole = len(calls)

    def stop() -> None:
        calls.append(1)
        if len(calls) > whole + 2:
            raise WorkCancelled

    with pytest.raises(WorkCancelled):
        pipeline.generate(prepared, "rhytidectomy", 100, pause=stop)
    assert len(calls) == whole + 3


def with_eyes_apart(prepared: PreparedFace, ipd_mm: float) -> PreparedFace:
    """The same photo, as if the eyes in it lay so far apart."""
    face = prepared.landmarks
    seen = interpupillary_px(face.points, face.pose)
    scale = replace(face.scale, mm_per_px=ipd_mm / seen)
    return prepared.with_landmarks(face.with_scale(scale))


def test_a_childs_face_needs_confirmation(
    pipeline: LandmarkDiffPipeline, prepared: Prepared
) -> None:
    adult = prepared["astronaut"]
    child = with_eyes_apart(adult, 47.0)
    with pytest.raises(FaceUnusableError, match=r"47 mm.*from 52 mm.*--flag child"):
        pipeline.generate(child, "rhinoplasty", verify=False)
    confirmed = pipeline.generate(
        child, "rhinoplasty", clinical_flags=ClinicalFlags(child=True), verify=False
    )
    assert "child_adult_bands" in [notice.code for notice in confirmed.notices]
    small = pipeline.generate(with_eyes_apart(adult, 53.0), "rhinoplasty", verify=False)
    assert "child_adult_bands" not in [notice.code for notice in small.notices]


def test_stated_vitiligo_that_is_not_found_is_said_to_spare_nothing(
    pipeline: LandmarkDiffPipeline, prepared: Prepared
) -> None:
    stated = ClinicalFlags(vitiligo=True)
    result = pipeline.generate(
        prepared["astronaut"], "rhinoplasty", clinical_flags=stated, verify=False
    )
    said = {notice.code: str(notice) for notice in result.notices}
    assert "vitiligo_patches" not in said
    assert "not reduced anywhere" in said["vitiligo_none"]
