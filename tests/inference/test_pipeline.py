"""The pipeline on the two portraits: geometry, settings, flags, repeatability."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rendering import canonical_face, mirrored_face

from landmarkdiff.arrays import FloatArray, ImageArray
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
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction, PreparedFace
from landmarkdiff.landmarks.pose import fit_pose
from landmarkdiff.landmarks.topology import sides
from landmarkdiff.manipulation import effect_displacement
from landmarkdiff.notices import Reason
from landmarkdiff.procedures.procedure import procedure_names

Prepared = dict[str, PreparedFace]
NAMES = procedure_names()
PORTRAITS = ("grace_hopper", "astronaut")
#: Largest relative difference between the field and the one of the mirrored photo, and largest
#: difference of their pictures. Grace Hopper wears glasses: what finds the frame is not exactly
#: mirror-true, so neither is what the frame limits. Measured at most 0.4 % and 7.2 %, 1 and 14.
MIRROR_PHOTO = {"astronaut": (0.03, 12), "grace_hopper": (0.10, 24)}
#: Largest difference of applied from planned times factor (mm), of achieved from applied times
#: visible (pixels), and of an effect in a combined plan from the same one alone (mm).
APPLIED_MM, ACHIEVED_PX, COMBINED_MM = 0.05, 0.3, 0.1


@pytest.fixture(scope="module")
def prepared(pipeline: LandmarkDiffPipeline, portraits: dict[str, ImageArray]) -> Prepared:
    return {name: pipeline.prepare(image) for name, image in portraits.items()}


@pytest.fixture(scope="module")
def results(
    pipeline: LandmarkDiffPipeline, prepared: Prepared
) -> dict[tuple[str, str, int], Prediction]:
    """Every procedure at 60 and 100 on both portraits, with the checks."""
    return {
        (portrait, name, level): pipeline.generate(prepared[portrait], name, level)
        for portrait in PORTRAITS
        for name in NAMES
        for level in (60, 100)
    }


CASES = [(p, n, level) for p in PORTRAITS for n in NAMES for level in (60, 100)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case)))
def test_only_pixels_in_the_mask_change(case: Any, results: Any) -> None:
    result = results[case]
    outside = result.mask == 0
    assert (result.image[outside] == result.before[outside]).all()
    assert result.outside_mask_changed_pixels == 0
    assert result.image.shape == result.before.shape
    assert result.image.dtype == np.uint8
    assert result.mask.dtype == np.float32
    assert 0.0 <= result.mask.min() <= result.mask.max() <= 1.0


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case)))
def test_nothing_folds(case: Any, results: Any) -> None:
    result = results[case]
    assert result.min_jacobian >= 0.1
    assert result.fold_factor == 1.0


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case)))
def test_applied_is_planned_times_the_factor(case: Any, results: Any) -> None:
    for check in results[case].effects:
        tolerance = 0.3 if check.unit == "deg" else APPLIED_MM
        assert check.applied == pytest.approx(check.planned * check.factor, abs=tolerance)
        assert 0.0 <= check.factor <= 1.0
        if check.factor < 0.98:
            assert check.limited_by
        assert check.in_band


def tolerance(result: Prediction, index: int) -> float:
    """How far an effect may be off in the picture: pixels at its landmarks, in its own unit.

    A width counts for both sides together, so each of them may be off; a rotation is off by the
    angle that moves its landmarks so far, or by 1.5 degrees.
    """
    planned = result.plan.effects[index]
    off = ACHIEVED_PX * result.source.scale.mm_per_px
    if planned.effect.unit == "deg":
        vectors = effect_displacement(planned, result.source).vectors
        arm = float(np.sqrt((vectors**2).sum(axis=1).mean())) / abs(planned.value)
        return max(1.5, off / arm)
    return (2 if planned.effect.measure == "total" else 1) * off


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case)))
def test_the_picture_achieves_what_was_applied(case: Any, results: Any) -> None:
    result = results[case]
    for index, check in enumerate(result.effects):
        if check.visible < 0.3:
            assert check.achieved is None
            assert check.reason == "not_visible_in_this_view"
            continue
        expected = pytest.approx(check.applied * check.visible, abs=tolerance(result, index))
        assert check.achieved == expected
        assert check.noise is not None
        assert check.noise >= 0.0


@pytest.mark.parametrize("portrait", PORTRAITS)
@pytest.mark.parametrize("name", NAMES)
def test_intensity_zero_is_the_photo(
    portrait: str, name: str, pipeline: LandmarkDiffPipeline, prepared: Prepared
) -> None:
    result = pipeline.generate(prepared[portrait], name, 0)
    assert (result.image == prepared[portrait].image).all()
    assert (result.target.points == result.source.points).all()
    assert all(check.planned == 0.0 and check.applied == 0.0 for check in result.effects)
    assert result.min_jacobian == 1.0


def field_at(result: Prediction, points: FloatArray) -> FloatArray:
    return result.displacement_field.at(points)


def pixel_grid(result: Prediction, every: int = 2) -> FloatArray:
    height, width = result.before.shape[:2]
    x, y = np.meshgrid(np.arange(0, width, every), np.arange(0, height, every))
    return np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float64)


def mirror_error(first: Prediction, second: Prediction) -> float:
    """Largest difference of a field and the mirrored field of the mirrored photo, relative."""
    last = first.before.shape[1] - 1
    places = np.concatenate([pixel_grid(first), first.source.points[:, :2]])
    own = field_at(first, places)
    other = field_at(second, places * (-1, 1) + (last, 0)) * (-1, 1)
    return float(np.hypot(*(own - other).T).max() / np.hypot(*own.T).max())


@pytest.mark.parametrize("name", NAMES)
def test_exactly_mirrored_landmarks_give_the_mirrored_field(
    name: str, pipeline: LandmarkDiffPipeline, prepared: Prepared
) -> None:
    source = prepared["astronaut"]
    # Fitting the pose twice gives both photos the same last digits.
    face = mirrored_face(mirrored_face(source.landmarks))
    first = pipeline.generate(PreparedFace(source.image, face), name, 60, verify=False)
    flipped = np.ascontiguousarray(source.image[:, ::-1])
    twin = PreparedFace(flipped, mirrored_face(face))
    second = pipeline.generate(twin, name, 60, verify=False)
    assert mirror_error(first, second) <= 0.001


@pytest.mark.parametrize("portrait", PORTRAITS)
@pytest.mark.parametrize("name", NAMES)
def test_the_mirrored_photo_gives_the_mirrored_preview(
    name: str,
    portrait: str,
    pipeline: LandmarkDiffPipeline,
    prepared: Prepared,
    twins: Prepared,
) -> None:
    first = pipeline.generate(prepared[portrait], name, 60, verify=False)
    second = pipeline.generate(twins[portrait], name, 60, verify=False)
    field_bound, picture_bound = MIRROR_PHOTO[portrait]
    assert mirror_error(first, second) <= field_bound
    difference = first.image.astype(int) - second.image[:, ::-1].astype(int)
    assert np.abs(difference).max() <= picture_bound
    assert np.abs(difference).mean() < 0.05


@pytest.fixture(scope="module")
def twins(pipeline: LandmarkDiffPipeline, portraits: dict[str, ImageArray]) -> Prepared:
    flipped = {name: np.ascontiguousarray(image[:, ::-1]) for name, image in portraits.items()}
    return {name: pipeline.prepare(image) for name, image in flipped.items()}


def turned(image: ImageArray, degrees: float) -> ImageArray:
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    matrix[:, 2] += 150
    size = (width + 300, height + 300)
    return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=1)


VARIANTS: dict[str, Any] = {
    "half": lambda image: cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "double": lambda image: cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC),
    "tilted left": lambda image: turned(image, 30),
    "tilted right": lambda image: turned(image, -30),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_size_and_tilt_hardly_change_the_applied_displacement(
    variant: str, pipeline: LandmarkDiffPipeline, prepared: Prepared
) -> None:
    changes = []
    for portrait in prepared.values():
        other = pipeline.prepare(np.ascontiguousarray(VARIANTS[variant](portrait.image)))
        for name in NAMES:
            pair = [pipeline.generate(p, name, 60, verify=False) for p in (portrait, other)]
            worn = any("glasses" in check.limited_by for check in pair[0].effects)
            if worn and variant.startswith("tilted"):
                continue  # where a frame lies is found anew in the turned photo
            shown = []
            for result in pair:
                size = result.source.interocular_px
                landed = result.displacement_field.forward(result.source.points[:, :2])
                moved = np.hypot(*(landed - result.source.points[:, :2]).T)
                shown.append(moved / size)
            carried = sorted({i for e in pair[0].plan.effects for i in e.effect.landmarks})
            strong = [i for i in carried if shown[0][i] > 0.3 * shown[0].max()]
            changes.append(abs(float(np.median(shown[1][strong] / shown[0][strong])) - 1.0))
    # Half the astronaut is a face of 45 pixels, whose irises cannot be measured.
    assert np.median(changes) <= (0.08 if variant == "half" else 0.03)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", ["blepharoplasty", "brow_lift", "malar_augmentation"])
def test_a_one_sided_plan_changes_one_side(
    name: str, side: Any, pipeline: LandmarkDiffPipeline, prepared: Prepared
) -> None:
    for portrait in prepared.values():
        result = pipeline.generate(portrait, name, 100, side=side, verify=False)
        other = sides() == (-1 if side == "left" else 1)
        points = result.source.points[:, :2]
        moved = np.hypot(*field_at(result, points).T) * result.source.scale.mm_per_px
        assert moved[other].max() < 0.05
        assert moved[~other].max() > 0.5
        for check in result.effects:
            assert check.factor > 0.9 or check.limited_by


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", NAMES)
def test_a_palsied_side_stays(
    name: str, side: Any, pipeline: LandmarkDiffPipeline, prepared: Prepared
) -> None:
    flags = ClinicalFlags(bells_palsy=True, bells_palsy_side=side)
    palsied = sides() == (1 if side == "left" else -1)
    for portrait in prepared.values():
        result = pipeline.generate(portrait, name, 100, clinical_flags=flags, verify=False)
        assert (result.target.points[palsied] == result.source.points[palsied]).all()
        points = result.source.points[palsied, :2]
        moved = np.hypot(*field_at(result, points).T) * result.source.scale.mm_per_px
        assert moved.max() < 0.05
        assert all("bells_palsy" in check.limited_by for check in result.effects)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("level", [60, 100])
def test_the_picture_of_a_palsied_face_achieves_what_was_applied(
    level: int, side: Any, pipeline: LandmarkDiffPipeline, prepared: Prepared
) -> None:
    flags = ClinicalFlags(bells_palsy=True, bells_palsy_side=side)
    for portrait in prepared.values():
        result = pipeline.generate(portrait, "lip_lift", level, clinical_flags=flags)
        for index, check in enumerate(result.effects):
            assert check.factor <= 1.0
            if check.achieved is None:
                assert check.reason == "not_visible_in_this_view"
                continue
            expected = pytest.approx(check.applied * check.visible, abs=tolerance(result, index))
            assert check.achieved == expected
        assert result.effect("lip_length").achieved is not None


def test_keloid_prone_skin_moves_half_as_far(
    pipeline: LandmarkDiffPipeline, prepared: Prepared
) -> None:
    flags = ClinicalFlags(keloid_prone=True, keloid_regions=["jawline", "cheeks", "chin"])
    portrait = prepared["astronaut"]
    plain = pipeline.generate(portrait, "rhytidectomy", 60, verify=False)
    limited = pipeline.generate(portrait, "rhytidectomy", 60, clinical_flags=flags, verify=False)
    for name in ("jowl_lift", "cheek_lift"):
        assert plain.effect(name).factor == pytest.approx(1.0, abs=0.01)
        assert limited.effect(name).factor == pytest.approx(0.5, abs=0.06)
        assert "keloid" in limited.effect(name).limited_by
    codes = [notice.code for notice in limited.notices]
    assert "effect_limited" in codes


def test_hypermobile_tissue_follows_farther(
    pipeline: LandmarkDiffPipeline, prepared: Prepared
) -> None:
    portrait = prepared["astronaut"]
    plain = pipeline.generate(portrait, "malar_augmentation", 60, verify=False)
    flags = ClinicalFlags(ehlers_danlos=True)
    wide = pipeline.generate(portrait, "malar_augmentation", 60, clinical_flags=flags, verify=False)
    assert (wide.mask > 0).sum() > 1.2 * (plain.mask > 0).sum()
    assert wide.effects[0].applied == pytest.approx(plain.effects[0].applied, abs=0.05)


@pytest.mark.parametrize("portrait", PORTRAITS)
@pytest.mark.parametrize("name", ["blepharoplasty", "brow_lift", "malar_augmentation"])
def test_the_pupils_stay(portrait: str, name: str, results: Any) -> None:
    result = results[portrait, name, 100]
    moved = field_at(result, result.source.points[[468, 473], :2])
    assert np.hypot(*moved.T).max() * result.source.scale.mm_per_px < 0.02


def test_visible_teeth_stay_under_a_lip_lift(results: Any) -> None:
    result = results["astronaut", "lip_lift", 100]
    assert "teeth" in result.surgical_mask.limits
    points = result.source.points[:, :2]
    # From the upper to the lower inner lip, the inner six tenths of the way.
    upper, lower = points[[82, 13, 312]], points[[87, 14, 317]]
    for share in (0.35, 0.5, 0.65):
        moved = field_at(result, upper + share * (lower - upper))
        assert np.hypot(*moved.T).max() < 0.12


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
    assert {w["code"] for w in record["warnings"]} >= {"glasses_worn"}
    assert set(record["effects"][0]) >= {
        "name", "unit", "planned", "applied", "visible", "achieved", "noise", "in_band",
        "limited_by", "factor",
    }  # fmt: skip
    stages = {"plan", "mask", "field", "warp", "check", "total"}
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
        assert miss.max() < 0.2


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
    with pytest.raises(ParameterError, match="tps, img2img, controlnet, controlnet_ip"):
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
