"""Where the pipeline moves the two portraits: masks, folds, sides, flags, sizes."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from rendering import mirrored_face

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction, PreparedFace
from landmarkdiff.landmarks.topology import sides
from landmarkdiff.manipulation import effect_displacement
from landmarkdiff.procedures.procedure import photo_procedure_names

Prepared = dict[str, PreparedFace]
NAMES = photo_procedure_names()
PORTRAITS = ("grace_hopper", "astronaut")
#: Largest relative difference between the field and the one of the mirrored photo, and largest
#: difference of their pictures. Grace Hopper wears glasses: what finds the frame is not exactly
#: mirror-true, so neither is what the frame limits, most of all the cheek right below it. Measured
#: at most 0.4 % and 12.9 %, 1 and below 24.
MIRROR_PHOTO = {"astronaut": (0.03, 12), "grace_hopper": (0.15, 24)}
#: Largest difference of applied from planned times factor (mm), and of achieved from applied times
#: visible (pixels).
APPLIED_MM, ACHIEVED_PX = 0.06, 0.3

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
        if check.reason == "covered":  # close beside spectacles a small movement is not read
            assert case[0] == "grace_hopper"
            assert (check.name, check.achieved) == ("lateral_hood", None)
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
    result = pipeline.generate(prepared[portrait], name, 0, verify=name == "rhinoplasty")
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
    first = pipeline.generate(PreparedFace(source.image, face), name, 60, verify=False, light=False)
    flipped = np.ascontiguousarray(source.image[:, ::-1])
    twin = PreparedFace(flipped, mirrored_face(face))
    second = pipeline.generate(twin, name, 60, verify=False, light=False)
    assert mirror_error(first, second) <= 0.001


@pytest.mark.parametrize("portrait", PORTRAITS)
@pytest.mark.parametrize("name", NAMES)
def test_the_mirrored_photo_gives_the_mirrored_preview(
    name: str,
    portrait: str,
    pipeline: LandmarkDiffPipeline,
    results: Any,
    twins: Prepared,
) -> None:
    first = results[portrait, name, 60]
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
    variant: str, pipeline: LandmarkDiffPipeline, portraits: dict[str, ImageArray], results: Any
) -> None:
    changes = []
    for portrait, image in portraits.items():
        other = pipeline.prepare(np.ascontiguousarray(VARIANTS[variant](image)))
        for name in NAMES:
            pair = [
                results[portrait, name, 60],
                pipeline.generate(other, name, 60, verify=False, light=False),
            ]
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
        result = pipeline.generate(portrait, name, 100, side=side, verify=False, light=False)
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
        result = pipeline.generate(
            portrait, name, 100, clinical_flags=flags, verify=False, light=False
        )
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
    plain = pipeline.generate(portrait, "rhytidectomy", 60, verify=False, light=False)
    limited = pipeline.generate(
        portrait, "rhytidectomy", 60, clinical_flags=flags, verify=False, light=False
    )
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
    plain = pipeline.generate(portrait, "malar_augmentation", 60, verify=False, light=False)
    flags = ClinicalFlags(ehlers_danlos=True)
    wide = pipeline.generate(
        portrait, "malar_augmentation", 60, clinical_flags=flags, verify=False, light=False
    )
    assert (wide.mask > 0).sum() > 1.2 * (plain.mask > 0).sum()
    assert wide.effects[0].applied == pytest.approx(plain.effects[0].applied, abs=0.05)


@pytest.mark.parametrize("portrait", PORTRAITS)
@pytest.mark.parametrize("name", ["blepharoplasty", "brow_lift", "malar_augmentation"])
def test_the_pupils_stay(portrait: str, name: str, results: Any) -> None:
    result = results[portrait, name, 100]
    irises = slice(468, 478)
    assert (result.target.points[irises] == result.source.points[irises]).all()
    for x, y in np.rint(result.source.points[[468, 473], :2]).astype(int):
        pupil = np.s_[y - 1 : y + 2, x - 1 : x + 2]
        assert (result.image[pupil] == result.before[pupil]).all()


def test_visible_teeth_stay_under_a_lip_lift(results: Any) -> None:
    result = results["astronaut", "lip_lift", 100]
    points = result.source.points[:, :2]
    # The lip moves before them, by as much as an intensity lets its red grow, in pixels.
    assert np.hypot(*field_at(result, points[[0]]).T)[0] > 0.9
    # From the upper to the lower inner lip, the inner third of the way.
    upper, lower = points[[82, 13, 312]], points[[87, 14, 317]]
    for share in (0.35, 0.5, 0.65):
        for x, y in np.rint(upper + share * (lower - upper)).astype(int):
            tooth = np.s_[y - 1 : y + 2, x - 1 : x + 2]
            assert (result.image[tooth] == result.before[tooth]).all()
