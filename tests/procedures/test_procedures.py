"""Presets, their loader and bands."""

from __future__ import annotations

import importlib.resources
import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landmarkdiff.errors import EffectError, PresetError, UnknownProcedureError
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, FOLD_LINES, sides, topology
from landmarkdiff.manipulation import PROCEDURE_LANDMARKS
from landmarkdiff.procedures.band import Band
from landmarkdiff.procedures.procedure import (
    load_procedure_file,
    procedure,
    procedure_names,
    procedures,
)

NAMES = (
    "blepharoplasty",
    "brow_lift",
    "lip_lift",
    "malar_augmentation",
    "mentoplasty",
    "orthognathic",
    "otoplasty",
    "rhinoplasty",
    "rhytidectomy",
)
EFFECTS = [(name, effect.name) for name in NAMES for effect in procedure(name).effects]


def test_the_nine_procedures_load() -> None:
    assert procedure_names() == NAMES
    assert tuple(procedures()) == NAMES
    for name, preset in procedures().items():
        assert preset.name == name
        assert preset.prompt and preset.negative_prompt and preset.title and preset.summary


def test_only_the_preset_that_is_asked_for_is_read() -> None:
    program = """
import sys
read = []
def watch(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".yaml"):
        read.append(str(arguments[0]))
sys.addaudithook(watch)
from landmarkdiff.procedures import procedure, procedure_names
assert len(procedure_names()) == 9 and not read, read
procedure("rhinoplasty")
procedure("rhinoplasty")
print(*read, sep="\\n")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert [Path(file).name for file in done.stdout.split("\n")[:-1]] == ["rhinoplasty.yaml"]


#: Effects that move nothing of a photo's mesh: the ears', and those on the depth of folds.
STILL = {
    ("otoplasty", "right_ear_setback"),
    ("otoplasty", "left_ear_setback"),
    *((name, e.name) for name, preset in procedures().items() for e in preset.effects if e.fold),
}


@pytest.mark.parametrize(("name", "effect_name"), [each for each in EFFECTS if each not in STILL])
def test_an_effect_lies_in_its_anatomy_on_both_sides(name: str, effect_name: str) -> None:
    effect = procedure(name).effect(effect_name)
    members = {p for group in effect.anatomy for p in ANATOMICAL_GROUPS[group].points}
    assert set(effect.landmarks) <= members
    mirror = topology().mirror
    for index, share in effect.landmarks.items():
        assert effect.landmarks[int(mirror[index])] == share
    side_of = sides()
    assert {-1, 1} <= {int(side_of[index]) for index in effect.landmarks}
    assert max(effect.landmarks.values()) == 1.0


@pytest.mark.parametrize(("name", "effect_name"), EFFECTS)
def test_an_effect_tells_its_sign_its_evidence_and_its_way(name: str, effect_name: str) -> None:
    effect = procedure(name).effect(effect_name)
    assert effect.sign.startswith(("positive", "negative"))
    assert effect.evidence.source
    if effect.unit == "deg":
        assert effect.axis is not None
        assert effect.direction is None
    elif effect.unit == "percent":
        assert (effect.axis, effect.direction, effect.landmarks) == (None, None, {})
        assert effect.fold in FOLD_LINES
    else:
        assert effect.axis is None
        assert effect.direction is not None
        assert math.hypot(*effect.direction) == pytest.approx(1.0, abs=1e-12)
    if effect.evidence.status == "general":
        assert effect.band.kind == "general"


def test_published_numbers() -> None:
    typical = {
        ("rhinoplasty", "tip_rotation"): 4.94,
        ("blepharoplasty", "mrd1"): 0.7,
        ("brow_lift", "medial_brow"): 3.25,
        ("brow_lift", "central_brow"): 3.86,
        ("brow_lift", "lateral_brow"): 4.35,
        ("orthognathic", "mandible"): -6.7,
        ("lip_lift", "lip_length"): -21.5,
        ("lip_lift", "alar_width"): 2.2,
        ("blepharoplasty", "lower_lid_height"): 5.4 - 4.9,  # MRD2, 168 eyes
    }
    for (name, effect), value in typical.items():
        assert procedure(name).effect(effect).band.typical == pytest.approx(value)


def test_bands_with_a_source_follow_from_it() -> None:
    sourced = {
        (name, effect.name): effect.band
        for name, preset in procedures().items()
        for effect in preset.effects
        if effect.band.kind != "general"
    }
    # Bone times the middle of the published ratios of soft to hard tissue.
    ratio_of_chin, ratio_at_lip = (0.77 + 0.91) / 2, (0.60 + 1.00) / 2
    expected = {
        ("mentoplasty", "pogonion"): ("range", 4.5, 2.0, 7.0, ratio_of_chin),
        ("orthognathic", "maxilla"): ("sd", 5.5, 5.5 - 1.9, 5.5 + 1.9, ratio_at_lip),
        ("orthognathic", "alar_widening"): ("sd", 2.59, 2.59 - 1.26, 2.59 + 1.26, 1.0),
    }
    assert sourced.keys() == expected.keys()
    for key, (kind, typical, low, high, ratio) in expected.items():
        band = sourced[key]
        assert band.kind == kind
        for value, bone in ((band.typical, typical), (band.low, low), (band.high, high)):
            assert value == pytest.approx(bone * ratio, abs=0.05)


def test_the_jowl_rises_by_the_late_value() -> None:
    """Published is the vertical rise: 6 mm early, 21 % of it lost by 5.5 years."""
    jowl = procedure("rhytidectomy").effect("jowl_lift")
    assert jowl.direction is not None
    assert jowl.band.typical * jowl.direction[1] == pytest.approx(6.0 * 0.79, abs=0.05)
    assert 6.0 / jowl.direction[1] < jowl.band.high


def test_the_lower_lid_effect_moves_its_margin() -> None:
    preset = procedure("blepharoplasty")
    margin = set(ANATOMICAL_GROUPS["lower_lid_margin"].points)
    assert margin <= set(preset.effect("lower_lid_height").landmarks)
    assert margin <= set(preset.fixed)  # until it is asked for by name


def test_procedure_landmarks_come_from_the_presets() -> None:
    assert tuple(PROCEDURE_LANDMARKS) == NAMES
    assert len(PROCEDURE_LANDMARKS) == 9
    for name in NAMES:
        carried = set().union(*(effect.landmarks for effect in procedure(name).effects))
        assert PROCEDURE_LANDMARKS[name] == tuple(sorted(carried))
    with pytest.raises(KeyError):
        PROCEDURE_LANDMARKS["nose_job"]


def test_the_orthognathic_preset_moves_the_jaw_line() -> None:
    mandible = procedure("orthognathic").effect("mandible")
    jaw = {p for group in ("jaw_border", "chin_border") for p in ANATOMICAL_GROUPS[group].points}
    assert len(jaw & set(mandible.landmarks)) >= 10


def test_otoplasty_moves_ears_that_no_mesh_has() -> None:
    preset = procedure("otoplasty")
    assert [effect.parts for effect in preset.effects] == [("right_ear",), ("left_ear",)]
    assert not preset.on_mesh and preset.landmarks == () and preset.mask == ()
    assert procedure("orthognathic").on_mesh
    for effect in preset.effects:
        assert effect.band.typical == pytest.approx(16.26 - 26.77, abs=0.05)  # 91 ears
        assert not effect.midline


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(UnknownProcedureError, match=r"got nose_job.*rhinoplasty"):
        procedure("nose_job")
    with pytest.raises(EffectError, match=r"got tip.*tip_rotation"):
        procedure("rhinoplasty").effect("tip")


@given(
    st.floats(0.01, 100),
    st.lists(st.floats(0, 1), min_size=2, max_size=2).map(sorted),
    st.sampled_from([-1.0, 1.0]),
    st.floats(0, 100),
)
def test_a_band_is_linear_to_60_and_from_60_to_100(
    high: float, shares: list[float], sign: float, intensity: float
) -> None:
    low, typical = (sign * high * share for share in shares)
    band = Band(low=low, typical=typical, high=sign * high, kind="range")
    assert band.at(0) == 0.0
    assert band.at(60) == pytest.approx(typical, abs=1e-12)
    assert band.at(100) == pytest.approx(sign * high)
    assert band.at(30) == pytest.approx(typical / 2, abs=1e-12)
    assert band.at(80) == pytest.approx((typical + sign * high) / 2)
    assert band.contains(band.at(intensity))
    assert not band.contains(sign * high * 1.01 + sign * 1e-6)
    scaled = band.scaled(0.25)
    assert scaled.at(intensity) == pytest.approx(0.25 * band.at(intensity), abs=1e-12)


def test_a_band_with_a_reverse_end_goes_both_ways() -> None:
    band = Band(low=1.0, typical=2.0, high=4.0, reverse=-3.0, kind="general")
    assert band.contains(-3.0) and band.contains(0.0) and band.contains(4.0)
    assert not band.contains(-3.01)
    assert not Band(low=1.0, typical=2.0, high=4.0, kind="general").contains(-0.01)


def test_every_preset_file_is_loaded_by_its_name() -> None:
    folder = importlib.resources.files("landmarkdiff.procedures") / "presets"
    stems = sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if "yaml" in f.name)
    assert tuple(stems) == NAMES


def test_every_goal_sets_effects_of_its_procedure_within_their_bands() -> None:
    for name, preset in procedures().items():
        assert len(preset.goals) >= 2, name
        for goal in preset.goals:
            for effect, share in goal.effects.items():
                band = preset.effect(effect).band
                assert band.contains(share * band.typical)


@pytest.mark.parametrize(
    ("goals", "said"),
    [
        ([{"name": "up", "title": "Up", "effects": {"nose": 1}}], "'nose', which is not an effect"),
        ([{"name": "up", "title": "Up", "effects": {"dorsal_hump": 2.5}}], "beyond its band"),
        ([{"name": "up", "title": "Up", "effects": {"alar_base_width": -1}}], "beyond its band"),
        ([{"name": "up", "title": "Up", "effects": {"dorsal_hump": 0}}], "other than 0"),
        ([{"name": "up", "title": "Up", "effects": {}}], "goals.0.effects"),
        ([{"name": "up", "title": "Up", "effects": {"dorsal_hump": 1}}] * 2, "listed twice: up"),
        ([{"name": "up", "effects": {"dorsal_hump": 1}}], "goals.0.title"),
    ],
)
def test_a_goal_that_means_nothing_is_refused(
    tmp_path: Path, goals: list[dict[str, Any]], said: str
) -> None:
    preset = procedure("rhinoplasty").model_dump(mode="json", exclude_none=True) | {"goals": goals}
    file = tmp_path / "own.yaml"
    file.write_text(json.dumps(preset))  # which is YAML, without aliases
    with pytest.raises(PresetError, match=re.escape(said)):
        load_procedure_file(file)
