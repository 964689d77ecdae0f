"""A plan on the head: the mesh's own displacement, carried along the skin."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.arrays import BoolArray, FloatArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.clinical.flags import KELOID_FACTOR
from landmarkdiff.errors import EffectError
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.model import HeadModel, head_model
from landmarkdiff.head.raster import rasterize
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.landmarks.face import FaceLandmarks, Scale
from landmarkdiff.landmarks.pose import fit_pose
from landmarkdiff.manipulation.deformation import deform
from landmarkdiff.manipulation.handles import handle_shares
from landmarkdiff.manipulation.lip_stretch import share_of_red
from landmarkdiff.manipulation.on_head import HeadPlan
from landmarkdiff.manipulation.on_head.ears import EarMotion
from landmarkdiff.manipulation.on_head.plan import SLACK
from landmarkdiff.procedures import SurgicalPlan, procedure_names
from landmarkdiff.procedures.planning import make_plan

#: Landmarks of the irises lie on the eyeballs, which nothing moves.
IRISES = slice(468, 478)
#: An unlike head: a broad, crooked one with a hump.
UNLIKE = {"nose/nose-hump-decr": -2.0, "macrodetails/age": 1.0}

#: A head whose ears stand out.
PROMINENT = {"ears/ear-wing-decr": -5.0}
#: One whose upper lip has half of its red.
THIN_LIPPED = {"mouth/mouth-upperlip-height-decr": 8.0}


@pytest.fixture(scope="module")
def model() -> HeadModel:
    return head_model()


@pytest.fixture(scope="module")
def surface(model: HeadModel) -> HeadSurface:
    return model.surface()


@pytest.fixture(scope="module")
def face(model: HeadModel) -> FaceLandmarks:
    """The head's own landmarks as a photo from in front has them, at 4 pixels to a millimetre."""
    points = model.landmarks.points(model.mean) * (4.0, -4.0, -4.0) + (512.0, 512.0, 0.0)
    return FaceLandmarks(points, 1024, 1024, fit_pose(points), Scale(0.25, 0.03, "ruler"))


@pytest.fixture(scope="module")
def strongest(face: FaceLandmarks) -> dict[str, SurgicalPlan]:
    return {name: make_plan(name, face, intensity=100) for name in procedure_names()}


def _length(moved: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.norm(moved, axis=1))


def _turned_over(model: HeadModel, before: FloatArray, after: FloatArray) -> BoolArray:
    def normals(places: FloatArray) -> FloatArray:
        a, b, c = (places[model.topology.triangles[:, corner]] for corner in range(3))
        return np.cross(b - a, c - a)

    return np.asarray((normals(before) * normals(after)).sum(axis=1) < 0)


@pytest.mark.parametrize("name", procedure_names())
def test_head_and_photo_obey_one_plan(
    name: str,
    model: HeadModel,
    surface: HeadSurface,
    face: FaceLandmarks,
    strongest: dict[str, SurgicalPlan],
) -> None:
    plan = strongest[name]
    on_head = HeadPlan(surface, plan)
    moved = model.landmarks.points(on_head.displacement())
    photo = deform(plan, face)
    np.testing.assert_allclose(on_head.mesh_displacement(), photo.displacement, atol=1e-9)
    apart = _length(moved - photo.displacement)
    apart[IRISES] = 0.0
    assert apart.max() < 0.2
    assert apart[photo.moving].max(initial=0.0) < 0.05  # a plan's own points are met


@pytest.mark.parametrize("name", procedure_names())
def test_left_and_right_move_alike_and_nothing_turns_over(
    name: str, model: HeadModel, surface: HeadSurface, strongest: dict[str, SurgicalPlan]
) -> None:
    moved = HeadPlan(surface, strongest[name]).displacement()
    topology = model.topology
    unlike = _length(moved[topology.mirror] * (-1.0, 1.0, 1.0) - moved)
    assert unlike.max() < 0.001 * _length(moved).max()
    assert (moved == moved[topology.twin]).all()
    assert not _turned_over(model, surface.vertices, surface.vertices + moved).any()
    still = ["left_eye", "right_eye", "upper_teeth"]
    still += ["lower_teeth", "tongue"] if name != "orthognathic" else []
    for part in still:
        assert (moved[topology.parts[part]] == 0).all()


def test_a_mirrored_plan_on_a_mirrored_head(model: HeadModel, face: FaceLandmarks) -> None:
    head = model.surface(UNLIKE)
    mirrored = HeadSurface(head.topology, head.vertices[head.topology.mirror] * (-1.0, 1.0, 1.0))
    left = HeadPlan(head, make_plan("rhytidectomy", face, intensity=100, side="left"))
    right = HeadPlan(mirrored, make_plan("rhytidectomy", face, intensity=100, side="right"))
    seen = right.displacement()[head.topology.mirror] * (-1.0, 1.0, 1.0)
    moved = left.displacement()
    assert _length(seen - moved).max() < 0.001 * _length(moved).max()
    assert _length(moved)[head.vertices[:, 0] < -10.0].max() < 0.01
    assert _length(moved)[head.vertices[:, 0] > 10.0].max() > 5.0


def test_nothing_planned_moves_nothing(surface: HeadSurface, face: FaceLandmarks) -> None:
    on_head = HeadPlan(surface, make_plan("rhinoplasty", face, intensity=0))
    assert (on_head.displacement() == 0).all()
    assert (on_head.mesh_displacement() == 0).all()
    off = make_plan("mentoplasty", face, effects={"pogonion": "off"})
    assert (HeadPlan(surface, off).displacement() == 0).all()


def test_three_millimetres_of_hump(
    model: HeadModel, surface: HeadSurface, face: FaceLandmarks
) -> None:
    plan = make_plan("rhinoplasty", face, intensity=0, effects={"dorsal_hump": -3.0})
    moved = model.landmarks.anatomical(HeadPlan(surface, plan).displacement())
    np.testing.assert_allclose(moved["rhinion"], (0.0, 0.0, -3.0), atol=0.15)
    assert abs(moved["pronasale"]).max() < 0.1
    assert abs(moved["subnasale"]).max() < 0.05
    assert -0.6 < moved["nasion"][2] < -0.2


def test_the_chin_goes_forward_and_the_lip_stays(
    model: HeadModel, surface: HeadSurface, strongest: dict[str, SurgicalPlan]
) -> None:
    moved = model.landmarks.anatomical(HeadPlan(surface, strongest["mentoplasty"]).displacement())
    np.testing.assert_allclose(moved["pogonion"], (0.0, 0.0, 5.9), atol=0.4)
    assert 4.5 < moved["menton"][2] < 5.9
    assert abs(moved["labrale_superius"]).max() < 0.1


def test_what_lies_far_along_the_skin_is_not_dragged(
    model: HeadModel,
    face: FaceLandmarks,
    surface: HeadSurface,
    strongest: dict[str, SurgicalPlan],
) -> None:
    parts = model.topology.parts
    facelift = _length(HeadPlan(surface, strongest["rhytidectomy"]).displacement())
    assert facelift.max() > 6.9
    assert facelift[parts["left_ear"]].max() < 0.1
    lip = strongest["lip_lift"]
    end = {each.name: each.effect.band.high for each in lip.effects if each.name == "lip_length"}
    lift = _length(HeadPlan(surface, make_plan("lip_lift", face, effects=end)).displacement())
    assert lift[parts["upper_lip"]].max() > 3.5
    assert lift[parts["lower_lip"]].max() < 0.7  # at the corner, which both lips share


def test_handles_whose_ways_along_the_skin_contradict_each_other_move_nothing_far() -> None:
    # Three handles on a fold: 1, 5.5 and 7 mm are the ways of no three points of a plane.
    between = np.array([[0.0, 1.0, 5.5], [1.0, 0.0, 7.0], [5.5, 7.0, 0.0]])
    places = np.linspace(0.0, 12.0, 25)
    apart = np.abs(places[:, None] - (0.0, 1.0, 5.5))
    radii = np.full(3, 28.0)

    def farthest(slack: float) -> float:
        return float(np.abs(handle_shares(apart, between, radii, slack)).sum(axis=1).max())

    assert farthest(1e-12) > 1000.0
    assert farthest(SLACK) < 1.5


def test_values_act_in_proportion_and_add_up(surface: HeadSurface, face: FaceLandmarks) -> None:
    plan = make_plan("rhinoplasty", face, intensity=100)
    on_head = HeadPlan(surface, plan)
    high = {item.key: item.effect.band.high for item in plan.effects}
    np.testing.assert_allclose(
        sum(on_head.by_effect.values()), on_head.displacement(high), atol=1e-9
    )
    for item in plan.effects:
        half = on_head.displacement({item.key: high[item.key] / 2.0})
        error = _length(half - on_head.by_effect[item.key] / 2.0).max()
        assert error < (1e-9 if item.effect.unit == "mm" else 0.1)


def test_the_lining_of_the_mouth_stays_behind_the_lips(
    model: HeadModel, surface: HeadSurface, strongest: dict[str, SurgicalPlan]
) -> None:
    topology = model.topology
    within = np.zeros(len(topology.triangles), np.bool_)
    within[topology.triangles_of("inside", "tongue", "upper_teeth", "lower_teeth")] = True

    def shown(head: HeadSurface) -> int:
        seen = HeadCamera.turned(-90.0, px_per_mm=3.0, shift=(150.0, 100.0)).project(head.vertices)
        drawn = rasterize(seen[:, :2], seen[:, 2], topology.triangles, 480, 320)
        return int(within[drawn.triangle[drawn.covered]].sum())

    moved = HeadPlan(surface, strongest["orthognathic"]).displacement()
    assert shown(surface.moved(moved)) <= shown(surface) + 20


def test_teeth_go_with_their_jaw(
    model: HeadModel, surface: HeadSurface, face: FaceLandmarks
) -> None:
    parts = model.topology.parts
    plan = make_plan("orthognathic", face, intensity=0, effects={"mandible": -6.0, "maxilla": 2.0})
    moved = HeadPlan(surface, plan).displacement()
    np.testing.assert_allclose(moved[parts["lower_teeth"]], [(0.0, 0.0, -6.0)] * 68, atol=1e-9)
    np.testing.assert_allclose(moved[parts["upper_teeth"]], [(0.0, 0.0, 2.0)] * 68, atol=1e-9)
    turn = make_plan("orthognathic", face, intensity=0, effects={"jaw_rotation": 3.0})
    teeth = parts["lower_teeth"]
    closed = surface.vertices[teeth] + HeadPlan(surface, turn).displacement()[teeth]
    sides = (0, 30, 60)  # as one piece: the distances within it stay
    for one in sides:
        before = _length(surface.vertices[teeth] - surface.vertices[teeth[one]])
        np.testing.assert_allclose(_length(closed - closed[one]), before, atol=1e-9)
    assert closed[:, 1].mean() > surface.vertices[teeth][:, 1].mean() + 2.0


@pytest.mark.parametrize("value", [-3.0, -6.5, -10.0])
def test_an_ear_is_set_back_by_what_is_planned(
    value: float, model: HeadModel, face: FaceLandmarks
) -> None:
    head = model.surface(PROMINENT)
    plan = make_plan("otoplasty", face, intensity=0, effects={"left_ear_setback": value})
    moved = HeadPlan(head, plan).displacement()
    ear = EarMotion(head, model.landmarks, "left_ear", 14.0)
    assert ear.distance_mm == pytest.approx(20.6, abs=0.5)
    root = model.landmarks.anatomical(moved)
    assert root["left_helix"] @ ear.outward == pytest.approx(value, abs=0.02)
    assert abs(root["left_helix"][1]) < 1.2 < -root["left_helix"][2]  # not up: back and inward
    topology = model.topology
    outside = np.setdiff1d(np.arange(len(moved)), topology.parts["left_ear"])
    assert (moved[outside] == 0).all()  # nor the other ear
    assert not _turned_over(model, head.vertices, head.vertices + moved).any()
    for name in ("left_otobasion_inferius", "left_otobasion_superius", "left_tragus"):
        assert np.linalg.norm(root[name]) < 0.3 * abs(value)


def test_an_ear_comes_no_nearer_than_its_own_thickness(
    model: HeadModel, surface: HeadSurface, face: FaceLandmarks
) -> None:
    ear = EarMotion(surface, model.landmarks, "right_ear", 14.0)
    assert ear.distance_mm < 15.0  # an average ear, where little is to be set back
    far = ear.displacement(-14.0)
    assert (far == ear.displacement(-30.0)).all()
    nearer = model.landmarks.anatomical(far)["right_helix"] @ ear.outward
    assert ear.distance_mm + nearer == pytest.approx(8.0, abs=0.5)


def test_distances_of_the_ears(model: HeadModel, surface: HeadSurface, face: FaceLandmarks) -> None:
    wanted = {"left_ear_setback": -8.0, "right_ear_setback": -5.0}
    plan = make_plan("otoplasty", face, intensity=0, effects=wanted)
    found = HeadPlan(model.surface(PROMINENT), plan).ear_distances()
    before, after = found["left_ear"]
    assert (before, after) == (pytest.approx(20.6, abs=0.5), pytest.approx(before - 8.0))
    assert found["right_ear"] == (pytest.approx(before), pytest.approx(before - 5.0))
    near = HeadPlan(surface, plan)  # the average ear touches first
    assert near.ear_distances()["left_ear"][1] == pytest.approx(8.0, abs=0.5)
    assert near.ear_distances({})["left_ear"] == (pytest.approx(13.7, abs=0.3),) * 2


def test_one_side_has_one_ear(model: HeadModel, face: FaceLandmarks) -> None:
    plan = make_plan("otoplasty", face, intensity=60, side="left")
    moved = _length(HeadPlan(model.surface(PROMINENT), plan).displacement())
    assert moved[model.topology.parts["left_ear"]].max() > 8.0
    assert moved[model.topology.parts["right_ear"]].max() == 0.0


def test_effects_as_functions_of_their_value(surface: HeadSurface, face: FaceLandmarks) -> None:
    plan = make_plan("rhinoplasty", face, intensity=60)
    on_head = HeadPlan(surface, plan)
    for effect, item in zip(on_head.effects(), plan.effects, strict=True):
        assert (effect.key, effect.unit, effect.value) == (item.key, item.effect.unit, item.value)
        band = item.effect.band
        assert (effect.knots[0], effect.knots[-1]) == tuple(sorted((band.reverse, band.high)))
        for value in (0.3 * band.high, band.typical, 0.5 * band.reverse):
            error = _length(effect.at(value) - on_head.displacement({item.key: value})).max()
            assert error < 0.01


def test_a_thin_upper_lip_gives_way_as_in_a_photo(
    model: HeadModel, surface: HeadSurface, strongest: dict[str, SurgicalPlan]
) -> None:
    """The red's own share, at the red and no longer at the nose; a full lip loses nothing."""
    plan = strongest["lip_lift"]
    thin = model.surface(THIN_LIPPED)
    landmarks = model.landmarks.points(thin.vertices)
    share = share_of_red(landmarks, plan.effects)
    assert 0.5 < share < 0.9
    left, whole = (
        model.landmarks.points(HeadPlan(thin, plan, red_gives_way=gives).displacement())
        for gives in (True, False)
    )
    assert _length(left[[0, 37, 267]]) == pytest.approx(share * _length(whole[[0, 37, 267]]))
    assert _length(left[[2]]) == pytest.approx(_length(whole[[2]]), rel=0.15)
    assert share_of_red(model.landmarks.points(surface.vertices), plan.effects) == 1.0


def test_an_effect_of_another_plan_is_refused(surface: HeadSurface, face: FaceLandmarks) -> None:
    on_head = HeadPlan(surface, make_plan("mentoplasty", face))
    with pytest.raises(EffectError, match="dorsal_hump"):
        on_head.displacement({"rhinoplasty.dorsal_hump": -1.0})


def test_a_palsied_side_stays(surface: HeadSurface, strongest: dict[str, SurgicalPlan]) -> None:
    flags = ClinicalFlags(bells_palsy=True, bells_palsy_side="left")
    moved = _length(HeadPlan(surface, strongest["rhytidectomy"], flags).displacement())
    assert moved[surface.vertices[:, 0] > 5.5].max() == 0.0
    assert moved[surface.vertices[:, 0] < -20.0].max() > 6.5


def test_keloid_prone_skin_goes_half_the_way(
    model: HeadModel, surface: HeadSurface, strongest: dict[str, SurgicalPlan]
) -> None:
    free = model.landmarks.anatomical(HeadPlan(surface, strongest["mentoplasty"]).displacement())
    flags = ClinicalFlags(keloid_prone=True, keloid_regions=["chin"])
    on_head = HeadPlan(surface, strongest["mentoplasty"], flags)
    held = model.landmarks.anatomical(on_head.displacement())
    share = held["pogonion"][2] / free["pogonion"][2]
    assert share == pytest.approx(KELOID_FACTOR, abs=0.08)  # soft at its border


def test_hypermobile_skin_follows_farther(
    surface: HeadSurface, strongest: dict[str, SurgicalPlan]
) -> None:
    plan = strongest["mentoplasty"]
    usual = _length(HeadPlan(surface, plan).displacement())
    loose = _length(HeadPlan(surface, plan, ClinicalFlags(ehlers_danlos=True)).displacement())
    assert (loose > 0.1).sum() > 1.2 * (usual > 0.1).sum()
