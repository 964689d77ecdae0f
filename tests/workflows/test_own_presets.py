"""The surgeon's own presets: what they keep of a plan, the file they lie in, and its faults."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from landmarkdiff.errors import ParameterError
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.procedures.procedure import procedure, procedures
from landmarkdiff.workflows.own_presets import MOST_PRESETS, OwnPreset, UserPresets
from landmarkdiff.workflows.own_presets_file import OwnPresetFile, own_presets_path
from landmarkdiff.workflows.settings import ConsultationSettings

PLAN = ConsultationSettings(
    procedures=("rhinoplasty", "mentoplasty"),
    intensity={"rhinoplasty": 0.0, "mentoplasty": 45.0},
    effects={
        "rhinoplasty.tip_width": -1.2,
        "rhinoplasty.alar_base_width": -0.9,
        "rhinoplasty.dorsal_hump": "off",
        "mentoplasty.chin_width": "on",
    },
    side="left",
    sides={"rhinoplasty.alar_base_width": "both"},
    flags={"child": True},
    nudges={4: (1.0, 2.0)},
    ipd_mm=63.0,
)
PRESET = OwnPreset(name="Soft nose", procedures=("rhinoplasty",), intensity={"rhinoplasty": 30})


@pytest.fixture
def file(tmp_path: Path) -> OwnPresetFile:
    return OwnPresetFile(tmp_path / "config" / "presets.json")


def test_a_preset_keeps_the_plan_and_nothing_of_the_patient(
    prepared_portraits: dict[str, PreparedFace],
) -> None:
    first, second = (prepared_portraits[name].landmarks for name in ("astronaut", "grace_hopper"))
    preset = OwnPreset.of("  Soft nose ", PLAN, first)
    assert preset.name == "Soft nose"
    assert preset.effects["rhinoplasty.tip_width"] == pytest.approx(0.8)
    kept = json.dumps(preset.model_dump(mode="json"))
    assert not any(word in kept for word in ("nudges", "ipd", "flags", "child", "63"))
    plan = preset.plan(first)
    fields = ("procedures", "intensity", "effects", "side", "sides", "unlock")
    given = PLAN.to_dict()
    assert {name: plan[name] for name in fields} == {name: given[name] for name in fields}
    # On another face: the same millimetres, unless the band is a share of the patient's nose.
    other = preset.plan(second)["effects"]
    assert other["rhinoplasty.tip_width"] == -1.2
    assert other["rhinoplasty.alar_base_width"] != plan["effects"]["rhinoplasty.alar_base_width"]
    assert ConsultationSettings.from_dict(preset.plan(second)).request().procedures


@pytest.mark.parametrize("name", sorted(procedures()))
def test_both_ends_of_every_slider_can_be_kept(
    name: str, prepared_portraits: dict[str, PreparedFace]
) -> None:
    face = prepared_portraits["astronaut"].landmarks
    on = {effect.name: 0.0 for effect in procedure(name).effects}
    for item in make_plan(name, face, effects=on).effects:
        for end in (item.effect.band.reverse, item.effect.band.high):
            settings = ConsultationSettings(procedures=(name,), effects={item.key: end})
            plan = OwnPreset.of("End", settings, face).plan(face)
            kept = plan["effects"][item.key]
            assert item.effect.band.contains(kept)
            assert kept == pytest.approx(end, abs=1e-8)


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "two\nlines", "tab\there"])
def test_a_name_is_one_short_line(name: str, prepared_portraits: dict[str, PreparedFace]) -> None:
    with pytest.raises(ParameterError, match="name of a preset"):
        OwnPreset.of(name, PLAN, prepared_portraits["astronaut"].landmarks)


def test_the_file_is_kept_whole_private_and_by_user(file: OwnPresetFile) -> None:
    assert file.of() == UserPresets()
    assert not file.path.exists()
    file.change("", lambda kept: kept.saving(PRESET).beginning_with("mentoplasty"))
    file.change("anna", lambda kept: kept.saving(PRESET).renaming("Soft nose", "Mine <b>"))
    again = OwnPresetFile(file.path)
    assert again.of("").presets == (PRESET,)
    assert again.of("").procedure == "mentoplasty"
    assert [one.name for one in again.of("anna").presets] == ["Mine <b>"]
    assert again.of("bea") == UserPresets()
    assert [one.name for one in file.path.parent.iterdir()] == ["presets.json"]
    if os.name == "posix":
        assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    removed = file.change("anna", lambda kept: kept.removing("Mine <b>"))
    assert removed.presets == ()
    assert file.of("").presets == (PRESET,)


def test_names_are_unique_and_their_number_bounded() -> None:
    other = PRESET.model_copy(update={"name": "Other", "side": "right"})
    kept = UserPresets().saving(PRESET).saving(other)
    changed = PRESET.model_copy(update={"side": "left"})
    assert kept.saving(changed).presets == (changed, other)
    with pytest.raises(ParameterError, match="Other"):
        kept.renaming("Soft nose", "Other")
    assert kept.renaming("Other", " Other ").presets == (PRESET, other)
    with pytest.raises(ParameterError, match="Gone"):
        kept.removing("Gone")
    full = UserPresets(
        presets=tuple(PRESET.model_copy(update={"name": f"{n}"}) for n in range(MOST_PRESETS))
    )
    assert full.saving(full.presets[0]) == full
    with pytest.raises(ParameterError, match=f"at most {MOST_PRESETS}"):
        full.saving(PRESET)


def _with(**changes: Any) -> str:
    preset = {**PRESET.model_dump(mode="json"), **changes}
    return json.dumps({"format": 1, "users": {"": {"presets": [preset]}}})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Expecting"),
        ("[]", "Input should be"),
        ('{"format": 2}', "format"),
        ('{"format": 1, "user": {}}', "user"),
        ('{"format": 1, "users": {"": []}}', "valid dictionary"),
        ('{"format": 1, "users": {"": {"preset": []}}}', "preset"),
    ],
)
def test_a_file_with_a_fault_is_refused_by_one_sentence(
    file: OwnPresetFile, text: str, said: str
) -> None:
    file.path.parent.mkdir()
    file.path.write_text(text, "utf-8")
    with pytest.raises(ParameterError) as raised:
        file.of()
    assert said in str(raised.value)
    assert str(file.path) in str(raised.value)
    # Nor is it overwritten by the next thing that is kept.
    with pytest.raises(ParameterError):
        file.change("", lambda kept: kept.saving(PRESET))
    assert file.path.read_text("utf-8") == text


@pytest.mark.parametrize(
    "text",
    [
        _with(note="x"),
        _with(procedures=["nose"]),
        _with(intensity={}),
        _with(intensity={"rhinoplasty": 120}),
        _with(intensity={"rhinoplasty": float("nan")}),
        _with(effects={"rhinoplasty.nose": 1.0}),
        _with(effects={"mentoplasty.pogonion": 1.0}),
        _with(effects={"rhinoplasty.dorsal_hump": 2.5}),
    ],
)
def test_one_preset_that_cannot_be_read_locks_none_of_the_others(
    file: OwnPresetFile, text: str
) -> None:
    bad = json.loads(text)["users"][""]["presets"][0]
    other = PRESET.model_copy(update={"name": "Other"})
    good = other.model_dump(mode="json")
    data = {"format": 1, "users": {"": {"presets": [bad, good]}, "anna": {"presets": [good]}}}
    file.path.parent.mkdir()
    file.path.write_text(json.dumps(data), "utf-8")
    kept = file.of()
    assert kept.presets == (other,)
    assert kept.lost == ("Soft nose",)
    assert file.of("anna").lost == ()
    # It stays in the file until a plan is saved under its name.
    changed = file.change("", lambda kept: kept.beginning_with("mentoplasty"))
    assert (changed.procedure, changed.lost) == ("mentoplasty", ("Soft nose",))
    written = json.loads(file.path.read_text("utf-8"))["users"][""]["presets"]
    assert json.dumps(written) == json.dumps([good, bad])
    assert file.change("", lambda kept: kept.saving(PRESET)).lost == ()
    assert [one.name for one in file.of().presets] == ["Other", "Soft nose"]


def test_lost_presets_stay_and_count(file: OwnPresetFile) -> None:
    good = PRESET.model_dump(mode="json")
    nameless = {**good, "name": 7}
    twice = {**good, "side": "left"}
    data = {"format": 1, "users": {"": {"presets": [good, twice, nameless]}}}
    file.path.parent.mkdir()
    file.path.write_text(json.dumps(data), "utf-8")
    assert file.of().lost == ("Soft nose", "3")
    file.change("", lambda kept: kept.beginning_with("mentoplasty"))
    file.change("", lambda kept: kept.saving(PRESET.model_copy(update={"name": "3"})))
    written = json.loads(file.path.read_text("utf-8"))["users"][""]["presets"]
    assert twice in written
    assert nameless in written
    # A file with more than may be kept would be read by nobody.
    many = [{**good, "name": f"Nose {number}"} for number in range(MOST_PRESETS - 1)]
    data = {"format": 1, "users": {"": {"presets": [*many, nameless]}}}
    file.path.write_text(json.dumps(data), "utf-8")
    with pytest.raises(ParameterError) as raised:
        file.change("", lambda kept: kept.saving(PRESET))
    assert raised.value.code == "own_presets_full"
    assert len(file.of().presets) == MOST_PRESETS - 1


@pytest.mark.parametrize("name", ["a\nb", "x" * 61, 7])
def test_a_preset_without_a_fit_name_is_named_by_its_place(
    file: OwnPresetFile, name: object
) -> None:
    file.path.parent.mkdir()
    file.path.write_text(_with(name=name), "utf-8")
    [lost] = file.of().lost
    assert lost == (name[:60] if name == "x" * 61 else "1")


def test_the_fault_of_one_user_is_not_anothers(file: OwnPresetFile) -> None:
    file.change("anna", lambda kept: kept.saving(PRESET))
    data = json.loads(file.path.read_text("utf-8"))
    data["users"]["bea"] = {"procedure": "gone", "presets": []}
    data["users"]["carl"] = 5
    file.path.write_text(json.dumps(data), "utf-8")
    assert file.of("anna").presets == (PRESET,)
    assert (file.of("bea").procedure, file.of("bea").lost) == (None, ("gone",))
    with pytest.raises(ParameterError, match="valid dictionary"):
        file.of("carl")
    file.change("bea", lambda kept: kept.saving(PRESET))
    written = json.loads(file.path.read_text("utf-8"))["users"]
    assert written["carl"] == 5
    assert written["bea"]["procedure"] == "gone"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("no folder")
    file = OwnPresetFile(tmp_path / "config" / "presets.json")
    with pytest.raises(ParameterError, match="own presets cannot be"):
        file.change("", lambda kept: kept.saving(PRESET))


def test_the_file_lies_in_the_configuration_of_this_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    if os.name == "posix":
        assert own_presets_path() == tmp_path / "landmarkdiff" / "presets.json"
