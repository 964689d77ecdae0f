"""A consultation in memory: settings, plan, live model, steps, and the file it is saved in."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import (
    ClinicalFlagError,
    FaceUnusableError,
    ModeUnavailableError,
    OutOfBandError,
    ParameterError,
    PhotoError,
    UnknownProcedureError,
)
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.photo import Photo
from landmarkdiff.photo.manifest import read_manifest
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.procedures.procedure import procedures
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.output.archive import (
    ArchiveError,
    load_consultation,
    read_consultation,
    save_consultation,
)
from landmarkdiff.workflows.plan_history import LONGEST_NAME, PlanHistory
from landmarkdiff.workflows.settings import ConsultationSettings
from landmarkdiff.workflows.steps import STEP_SIDE, closeup, simulation_steps


@pytest.fixture(scope="module")
def consultation(pipeline: LandmarkDiffPipeline, astronaut: ImageArray) -> Consultation:
    return Consultation(pipeline, Photo(astronaut, "astronaut", "PNG", focal_length_35mm=85.0))


def settings(**changes: object) -> ConsultationSettings:
    return ConsultationSettings.from_dict(changes)


def test_settings_survive_json() -> None:
    given = settings(
        procedures=["rhinoplasty", "lip_lift"],
        intensity={"rhinoplasty": 40},
        effects={"rhinoplasty.tip_rotation": 3.5, "rhinoplasty.dorsal_hump": "off"},
        flags={"keloid_prone": True, "keloid_regions": ["nose"]},
        nudges={"4": [1.5, -2.0]},
    )
    assert ConsultationSettings.from_dict(json.loads(json.dumps(given.to_dict()))) == given
    assert given.nudges == {4: (1.5, -2.0)}


def test_untouched_settings_leave_every_pixel(consultation: Consultation) -> None:
    untouched = ConsultationSettings.untouched()
    assert untouched.intensity == {"rhinoplasty": 0.0}
    assert untouched.changes_nothing
    prediction = consultation.simulate(untouched, verify=False)
    assert np.array_equal(prediction.image, consultation.photo.pixels)
    changed = consultation.simulate(settings(), verify=False)
    assert not np.array_equal(changed.image, consultation.photo.pixels)


@pytest.mark.parametrize(
    ("changes", "nothing"),
    [
        ({"intensity": {}}, False),
        ({"intensity": {"rhinoplasty": 0, "mentoplasty": 60}}, True),
        ({"intensity": {"rhinoplasty": 0}, "effects": {"rhinoplasty.tip_width": -1.5}}, False),
        ({"intensity": {"rhinoplasty": 0}, "effects": {"rhinoplasty.tip_width": 0}}, True),
        ({"intensity": {"rhinoplasty": 0}, "effects": {"mentoplasty.pogonion": 3}}, True),
        ({"intensity": {"rhinoplasty": 0}, "effects": {"rhinoplasty.tip_projection": "on"}}, True),
    ],
)
def test_settings_know_whether_they_change_anything(
    changes: dict[str, object], nothing: bool
) -> None:
    assert settings(**changes).changes_nothing is nothing


@pytest.mark.parametrize(
    ("data", "error", "word"),
    [
        ({"intensty": {}}, ParameterError, "intensty"),
        ({"procedures": []}, ParameterError, "procedures"),
        ({"effects": {"rhinoplasty.tip_rotation": "much"}}, ParameterError, "effects"),
        ({"intensity": {"rhinoplasty": float("nan")}}, ParameterError, "intensity"),
        ([], ParameterError, "settings"),
        ({"procedures": ["ear_lift"]}, UnknownProcedureError, "ear_lift"),
        ({"flags": {"bells_palsy": True}}, ClinicalFlagError, "side"),
        ({"effects": {"rhinoplasty.tip_rotation": 30.0}}, OutOfBandError, "tip_rotation"),
        ({"mode": "nonsense"}, ParameterError, "mode"),
        ({"steps": 300}, ParameterError, "num_inference_steps"),
        ({"guidance": 0.5}, ParameterError, "guidance_scale"),
        ({"conditioning_scale": 1.5}, ParameterError, "conditioning_scale"),
        ({"strength": -0.1}, ParameterError, "strength"),
        ({"postprocess": None}, ParameterError, "postprocess"),
    ],
)
def test_wrong_settings_are_one_sentence(data: object, error: type[Exception], word: str) -> None:
    with pytest.raises(error, match=word):
        ConsultationSettings.from_dict(data).request()


def test_a_plan_needs_no_network(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(tmp_path))
    wanted = settings(mode="controlnet", strength=0.4)
    assert consultation.plan(wanted).hash == consultation.plan(settings()).hash
    with pytest.raises(ModeUnavailableError, match="controlnet"):
        consultation.simulate(wanted)


def test_what_is_locked_again_is_kept_within_the_ranges(consultation: Consultation) -> None:
    beyond = settings(
        intensity={"rhinoplasty": 150}, effects={"rhinoplasty.tip_rotation": 30.0}, unlock=True
    )
    assert consultation.within_bounds(beyond) == beyond
    locked = beyond.model_copy(update={"unlock": False})
    with pytest.raises(ParameterError, match="intensity"):
        consultation.plan(locked)
    held = consultation.within_bounds(locked)
    assert held.intensity == {"rhinoplasty": 100.0}
    turned = next(
        item for item in consultation.plan(held).effects if item.effect.name == "tip_rotation"
    )
    assert turned.value == turned.effect.band.high


def test_effects_of_procedures_that_are_not_chosen_are_left_out() -> None:
    given = settings(procedures=["lip_lift"], effects={"rhinoplasty.tip_rotation": 3.0})
    assert given.request().effects == {}


def test_the_outline_lists_every_effect_with_its_band(consultation: Consultation) -> None:
    given = settings(effects={"rhinoplasty.dorsal_hump": "off", "rhinoplasty.tip_rotation": 3.0})
    model, outline = consultation.live_model(given)
    entries = {entry.planned.name: entry for entry in outline}
    preset = procedures()["rhinoplasty"]
    assert list(entries) == [effect.name for effect in preset.effects]
    assert not entries["dorsal_hump"].on
    assert not entries["tip_projection"].on
    assert entries["tip_rotation"].to_dict()["value"] == 3.0
    # A band in percent is in the patient's own millimetres.
    face = consultation.prepared(given).landmarks
    plan = make_plan("rhinoplasty", face)
    own = next(item for item in plan.effects if item.name == "alar_base_width").effect.band
    assert entries["alar_base_width"].to_dict()["band"]["typical"] == own.typical
    assert dict(entries["alar_base_width"].to_dict()["levels"])[100.0] == own.high
    assert [effect.key for effect in model.effects] == [entry.key for entry in outline if entry.on]
    # In part, it moves the skin by the same numbers.
    part, same = consultation.live_model(given, whole=False)
    assert same == outline
    assert model.light is not None and model.eyes
    assert part.light is None and part.creases is None and part.eyes == ()
    assert (part.coverage == model.coverage).all() and (part.controls == model.controls).all()
    for own, other in zip(part.effects, model.effects, strict=True):
        assert own.key == other.key and (own.vectors == other.vectors).all()


def test_an_effect_whose_landmarks_another_keeps_is_named(consultation: Consultation) -> None:
    given = settings(procedures=["rhytidectomy", "brow_lift", "malar_augmentation"])
    _, outline = consultation.live_model(given)
    planned = {item.key for item in consultation.plan(given).effects}
    for entry in outline:
        assert entry.on == (entry.key in planned)
        if entry.dropped:
            assert entry.dropped in planned


def test_a_failure_keeps_the_last_good_result(consultation: Consultation) -> None:
    good = consultation.simulate(settings(intensity={"rhinoplasty": 50}))
    with pytest.raises(OutOfBandError):
        consultation.simulate(settings(effects={"rhinoplasty.tip_rotation": 30.0}))
    assert consultation.prediction is good
    assert consultation.settings.intensity == {"rhinoplasty": 50.0}


def test_calibration_and_nudges_reach_the_plan(consultation: Consultation) -> None:
    plain = consultation.prepared(settings()).landmarks
    wide = consultation.prepared(settings(ipd_mm=70.0)).landmarks
    assert wide.scale.source == "interpupillary_distance"
    assert wide.scale.mm_per_px > plain.scale.mm_per_px
    moved = consultation.prepared(settings(nudges={4: [3.0, 0.0]})).landmarks
    np.testing.assert_allclose(moved.points[4, :2] - plain.points[4, :2], [3.0, 0.0], atol=1e-9)


def test_the_word_on_the_glasses_reaches_the_face(consultation: Consultation) -> None:
    seen = consultation.prepared(settings())
    said = consultation.prepared(settings(glasses="yes"))
    nudged = consultation.prepared(settings(glasses="yes", nudges={4: (1.0, 0.0)}))
    assert (seen.glasses, said.glasses, nudged.glasses) == ("auto", "yes", "yes")
    assert seen.frames() is None
    assert said.frames() is not None
    assert said.landmarks is seen.landmarks
    assert nudged.landmarks.points[4, 0] == seen.landmarks.points[4, 0] + 1.0
    assert consultation.prepared(settings()) is seen
    with pytest.raises(ParameterError, match="glasses"):
        settings(glasses="perhaps")


def test_the_steps_are_framed_alike_and_labelled(consultation: Consultation) -> None:
    prediction = consultation.simulate(settings(intensity={"rhinoplasty": 100}))
    steps = {step.key: step.pixels for step in simulation_steps(prediction)}
    assert list(steps) == ["landmarks", "movement", "wireframe", "mask", "warp", "final"]
    assert len({pixels.shape for pixels in steps.values()}) == 1
    assert max(steps["final"].shape) <= STEP_SIDE
    frame = closeup(prediction.source)
    plain = frame.of(prediction.image)
    corner = np.s_[-40:, -140:]
    assert np.any(steps["final"][corner] != plain[corner])  # the label
    middle = np.s_[: -plain.shape[0] // 4]
    np.testing.assert_array_equal(steps["final"][middle], plain[middle])
    assert np.any(steps["mask"] != frame.of(prediction.before))


def test_the_closeup_keeps_landmarks_on_their_pixels(consultation: Consultation) -> None:
    face = consultation.prepared(settings()).landmarks
    frame = closeup(face, side=200)
    inside = frame.face(face)
    width, height = frame.size
    assert (inside.image_width, inside.image_height) == (width, height)
    back = (inside.points[:, :2] + 0.5) * (frame.width / width, frame.height / height) - 0.5
    np.testing.assert_allclose(np.add(back, (frame.x, frame.y)), face.points[:, :2], atol=1e-9)


def test_the_picture_carries_its_label_and_manifest(
    consultation: Consultation, tmp_path: object
) -> None:
    prediction = consultation.simulate(settings())
    data = consultation.labelled_png(prediction)
    path = tmp_path / "after.png"  # type: ignore[operator]
    path.write_bytes(data)
    manifest = read_manifest(path)
    assert manifest is not None
    assert manifest["simulation"] is True
    assert manifest["plan_hash"] == prediction.plan.hash


def test_a_saved_consultation_comes_back_whole(consultation: Consultation) -> None:
    given = settings(
        procedures=["mentoplasty"], intensity={"mentoplasty": 30}, nudges={152: [1.0, 2.0]}
    )
    data = save_consultation(consultation.photo, given)
    photo, back = load_consultation(data)
    assert back == given
    np.testing.assert_array_equal(photo.pixels, consultation.photo.pixels)
    assert photo.stem == "astronaut"
    assert photo.focal_length_35mm == 85.0
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert sorted(names) == ["consultation.json", "photo.png"]


def broken(change: str, data: bytes) -> bytes:
    if change == "cut":
        return data[: len(data) // 2]
    if change == "empty":
        return b""
    source = zipfile.ZipFile(io.BytesIO(data))
    facts = json.loads(source.read("consultation.json"))
    picture = source.read("photo.png")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        if change == "format":
            facts["format"] = 2
        if change == "stem":
            facts["stem"] = 7
        if change == "no photo":
            archive.writestr("consultation.json", json.dumps(facts))
        elif change == "bomb":
            archive.writestr("consultation.json", json.dumps(facts))
            archive.writestr("photo.png", b"\0" * (1 << 22), zipfile.ZIP_DEFLATED)
        else:
            archive.writestr("consultation.json", json.dumps(facts))
            archive.writestr("photo.png", picture)
    return buffer.getvalue()


def test_the_later_photo_is_kept_with_the_consultation(consultation: Consultation) -> None:
    later = Photo(consultation.photo.pixels[::-1, :, :].copy(), "six months", "PNG")
    data = save_consultation(consultation.photo, settings(), later=later)
    saved = read_consultation(data)
    assert saved.later is not None
    assert np.array_equal(saved.later.pixels, later.pixels)
    assert (saved.later.stem, saved.later.focal_length_35mm) == ("six months", None)
    assert np.array_equal(saved.photo.pixels, consultation.photo.pixels)
    assert read_consultation(save_consultation(consultation.photo, settings())).later is None
    # A file that names one has one.
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as whole, zipfile.ZipFile(buffer, "w") as less:
        for name in ("consultation.json", "photo.png"):
            less.writestr(name, whole.read(name))
    with pytest.raises(ArchiveError):
        read_consultation(buffer.getvalue())


@pytest.mark.parametrize("change", ["cut", "empty", "format", "stem", "no photo", "bomb"])
def test_another_file_is_no_consultation(consultation: Consultation, change: str) -> None:
    data = broken(change, save_consultation(consultation.photo, settings()))
    with pytest.raises((ArchiveError, PhotoError)):
        load_consultation(data)


def test_a_name_in_the_file_cannot_leave_its_folder(consultation: Consultation) -> None:
    data = save_consultation(
        Photo(consultation.photo.pixels, "../../etc/passwd", "PNG"), settings()
    )
    photo, _ = load_consultation(data)
    assert "/" not in photo.stem
    assert not photo.stem.startswith(".")


def test_the_live_preview_of_a_child_needs_confirmation(consultation: Consultation) -> None:
    near = {"procedures": ["rhinoplasty"], "ipd_mm": 47.0}
    with pytest.raises(FaceUnusableError, match="47 mm"):
        consultation.live_model(settings(**near))
    with pytest.raises(FaceUnusableError, match="47 mm"):
        consultation.simulate(settings(**near))
    model, _ = consultation.live_model(settings(**near, flags={"child": True}))
    assert model is not None


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (["lower the bridge"], "1 names of 2 steps"),
        ([None, "x" * (LONGEST_NAME + 1)], "at most 2000 characters"),
        ([None, 3], "valid string"),
    ],
)
def test_names_that_fit_no_steps_are_refused(names: list[object], problem: str) -> None:
    past = [ConsultationSettings().to_dict()]
    with pytest.raises(ParameterError) as refused:
        PlanHistory.from_dict({"past": past, "names": names})
    assert problem in str(refused.value)
    read = PlanHistory.from_dict({"past": past, "names": [None, "lower the bridge"]})
    assert read.names == (None, "lower the bridge")
    assert PlanHistory.from_dict(read.to_dict()) == read
