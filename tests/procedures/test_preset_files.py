"""A preset file is read, or named with the key that is wrong in it."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest
import yaml

from landmarkdiff.errors import PresetError
from landmarkdiff.procedures.procedure import load_procedure_file

EFFECT = ("effects", 0)


def preset_data() -> dict[str, Any]:
    """A small valid preset."""
    return {
        "name": "chin_test",
        "title": "Chin",
        "summary": "A chin.",
        "prompt": "a chin",
        "negative_prompt": "no chin",
        "mask": [{"groups": ["chin_pad"], "span": "whole"}],
        "effects": [
            {
                "name": "forward",
                "title": "Forward",
                "sign": "positive is forward",
                "unit": "mm",
                "band": {"typical": 2.0, "low": 1.0, "high": 4.0, "kind": "general"},
                "evidence": {"status": "general", "source": "textbook"},
                "direction": [0, 0, 2],
                "landmarks": {199: 1.0, 208: 0.5},
                "anatomy": ["chin_pad"],
                "falloff_mm": 20,
            }
        ],
    }


def edited(*path: Any, value: Any) -> dict[str, Any]:
    data = copy.deepcopy(preset_data())
    place: Any = data
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return data


def turned(**axis: Any) -> dict[str, Any]:
    """The preset with a rotation instead of a shift."""
    data = edited(*EFFECT, "unit", value="deg")
    del data["effects"][0]["direction"]
    data["effects"][0]["axis"] = axis
    return data


def chained(*couplings: tuple[str, str]) -> dict[str, Any]:
    """The preset with more effects, each coupled to the one that is named beside it."""
    data = preset_data()
    data["effects"] += [
        {
            **copy.deepcopy(data["effects"][0]),
            "name": name,
            "coupled_to": {"driver": driver, "reason": "so"},
        }
        for name, driver in couplings
    ]
    return data


def load(tmp_path: Any, data: Any) -> Any:
    path = tmp_path / "mine.yaml"
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data), encoding="utf-8")
    return load_procedure_file(path)


def test_a_users_own_preset_loads(tmp_path: Any) -> None:
    preset = load(tmp_path, preset_data())
    effect = preset.effect("forward")
    assert effect.direction == (0.0, 0.0, 1.0)
    assert effect.landmarks == {199: 1.0, 208: 0.5, 428: 0.5}
    assert not effect.midline or 199 in effect.landmarks
    assert preset.landmarks == (199, 208, 428)


BROKEN = {
    "unknown key": (edited("colour", value="red"), ["colour", "unknown"]),
    "unknown key of an effect": (
        edited(*EFFECT, "strength", value=3),
        ["forward", "strength", "3", "unknown"],
    ),
    "missing effects": (edited("effects", value=None), ["effects", "required"]),
    "no effects": (edited("effects", value=[]), ["effects"]),
    "bad band order": (
        edited(*EFFECT, "band", "low", value=3.0),
        ["forward", "band", "grow away from zero"],
    ),
    "band without a high end": (edited(*EFFECT, "band", "high", value=0.0), ["band"]),
    "reverse on the same side": (edited(*EFFECT, "band", "reverse", value=1.0), ["reverse"]),
    "band kind": (
        edited(*EFFECT, "band", "kind", value="ci"),
        ["band.kind", "'ci'", "'sd', 'range' or 'general'"],
    ),
    "band not finite": (edited(*EFFECT, "band", "high", value=math.inf), ["band.high", "finite"]),
    "band not a number": (edited(*EFFECT, "band", "high", value="much"), ["band.high", "'much'"]),
    "landmark out of range": (
        edited(*EFFECT, "landmarks", value={999: 1.0}),
        ["forward", "landmarks", "999", "0 and 477"],
    ),
    "landmark not a number": (
        edited(*EFFECT, "landmarks", value={"chin": 1.0}),
        ["landmarks", "chin"],
    ),
    "share of zero": (edited(*EFFECT, "landmarks", value={199: 0.0}), ["landmarks", "199"]),
    "share above one": (edited(*EFFECT, "landmarks", value={199: 1.5}), ["landmarks", "1.5"]),
    "shares that do not mirror": (
        edited(*EFFECT, "landmarks", value={208: 1.0, 428: 0.5}),
        ["landmarks", "208", "428", "mirror"],
    ),
    "wrong group": (edited(*EFFECT, "landmarks", value={4: 1.0}), ["forward", "4", "chin_pad"]),
    "unknown group": (
        edited(*EFFECT, "anatomy", value=["chin_dimple"]),
        ["anatomy", "chin_dimple", "chin_pad"],
    ),
    "unknown mask group": (
        edited("mask", 0, "groups", value=["ear"]),
        ["mask.0.groups", "ear", "chin_pad"],
    ),
    "unknown span": (
        edited("mask", 0, "span", value="half"),
        ["mask.0.span", "'half'", "'whole', 'per_side' or 'joined'"],
    ),
    "missing direction": (
        edited(*EFFECT, "direction", value=None),
        ["forward", "needs a direction"],
    ),
    "direction without length": (
        edited(*EFFECT, "direction", value=[0, 0, 0]),
        ["forward", "direction", "no length"],
    ),
    "direction of two numbers": (edited(*EFFECT, "direction", value=[0, 1]), ["direction"]),
    "degrees without an axis": (edited(*EFFECT, "unit", value="deg"), ["forward", "axis"]),
    "unknown unit": (
        edited(*EFFECT, "unit", value="px"),
        ["unit", "'px'", "'mm', 'deg' or 'percent'"],
    ),
    "percent without a fold": (edited(*EFFECT, "unit", value="percent"), ["forward", "a fold"]),
    "unknown fold": (
        edited(*EFFECT, "fold", value="dimple"),
        ["forward", "dimple", "nasolabial_fold"],
    ),
    "unknown stretched fold": (
        edited("stretches", value=["dimple"]),
        ["stretches", "dimple", "nasolabial_fold"],
    ),
    "no typical change": (
        edited(*EFFECT, "band", value={"typical": 0, "low": 0, "high": 4, "kind": "general"}),
        ["forward", "typical change is none"],
    ),
    "a band without end": (
        edited(*EFFECT, "band", "high", value=1e308),
        ["forward.band.high", "1e+308", "1000"],
    ),
    "a number that is a switch": (
        edited(*EFFECT, "band", "low", value=False),
        ["forward.band", "true and false", "low"],
    ),
    "switches in a direction": (
        edited(*EFFECT, "direction", value=[0, True, False]),
        ["forward", "true and false", "direction"],
    ),
    "direction too long": (
        edited(*EFFECT, "direction", value=[1e200, 0, 0]),
        ["forward.direction", "longer"],
    ),
    "an axis through nothing": (
        turned(through=[], direction=[1, 0, 0]),
        ["forward.axis.through", "at least 1"],
    ),
    "an axis through no landmark": (
        turned(through=[999], direction=[1, 0, 0]),
        ["forward.axis.through", "999", "0 and 477"],
    ),
    "an axis through a landmark from behind": (
        turned(through=[-1], direction=[1, 0, 0]),
        ["forward.axis.through", "-1", "0 and 477"],
    ),
    "an axis without length": (
        turned(through=[2], direction=[0, 0, 0]),
        ["forward.axis.direction", "no length"],
    ),
    "an axis too long": (
        turned(through=[2], direction=[1e300, 0, 0]),
        ["forward.axis.direction", "longer"],
    ),
    "a landmark in two spellings": (
        edited(*EFFECT, "landmarks", value={199: 1.0, "199": 0.5}),
        ["forward.landmarks", "twice"],
    ),
    "percent of nothing": (
        edited(*EFFECT, "percent_of", value="nonsense"),
        ["forward.percent_of", "'nonsense'", "alar_width"],
    ),
    "percent of an angle": (
        edited(*EFFECT, "percent_of", value="nasolabial_angle"),
        ["forward.percent_of", "'nasolabial_angle'", "alar_width"],
    ),
    "growth to nothing": (
        edited(*EFFECT, "ceiling", value={"measurement": "vermilion_growth", "most": 0}),
        ["forward.ceiling", "more than 0 percent"],
    ),
    "no title": (edited("title", value=""), ["title", "at least 1"]),
    "a title that steers a terminal": (
        edited("title", value="Chin\x1b[2J"),
        ["title", "control characters"],
    ),
    "a limit that steers a terminal": (
        edited("limits", value=["no bone\x1b[2J"]),
        ["limits.0", "control characters"],
    ),
    "coupled to what is coupled": (chained(("first", "second"), ("second", "forward")), ["itself"]),
    "coupled in a circle": (chained(("first", "second"), ("second", "first")), ["itself"]),
    "more effects than a page has sliders for": (
        chained(*((f"effect_{n}", "forward") for n in range(100))),
        ["effects", "at most 100"],
    ),
    "a value of a million letters": (edited("name", value="x" * 900_000), ["name", "'xxx"]),
    "a number of a million digits": (
        "fixed: [" + "9" * 900_000 + "]",
        ["not valid YAML", "line 1"],
    ),
    "a number in base 60": ("fixed: [" + "1:" * 400_000 + "1]", ["not valid YAML", "line 1"]),
    "keys that are lists": ("a: 1\n? [b]\n: 2\n", ["not valid YAML", "unhashable", "line 2"]),
    "falloff": (edited(*EFFECT, "falloff_mm", value=100), ["falloff_mm", "100", "60"]),
    "name of a path": (edited("name", value="../x"), ["name", "'../x'"]),
    "fixed and moving": (edited("fixed", value=[199]), ["199", "forward", "fixed"]),
    "fixed out of range": (edited("fixed", value=[-1]), ["fixed", "-1"]),
    "coupled to nothing": (
        edited(*EFFECT, "coupled_to", value={"driver": "other", "reason": "so"}),
        ["forward", "other"],
    ),
    "coupled to itself": (
        edited(*EFFECT, "coupled_to", value={"driver": "forward", "reason": "so"}),
        ["forward"],
    ),
    "not YAML": ("effects: [", ["not valid YAML"]),
    "tabs": ("a:\n\t- b", ["not valid YAML"]),
    "control characters": ("a: \x07", ["not valid YAML"]),
    "python object": ("!!python/object/apply:os.system ['true']", ["not valid YAML"]),
    "a list": ("[1, 2]", ["must hold keys and values", "effects"]),
    "a number": ("3", ["must hold keys and values"]),
    "empty": ("", ["must hold keys and values"]),
    "deeply nested": ("[" * 5000 + "]" * 5000, ["not valid YAML"]),
    "effect that is a text": (edited("effects", value=["tip"]), ["effects.0"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_preset_is_named_with_its_key(case: str, tmp_path: Any) -> None:
    data, words = BROKEN[case]
    with pytest.raises(PresetError) as caught:
        load(tmp_path, data)
    sentence = str(caught.value)
    assert "mine.yaml" in sentence
    assert "\n" not in sentence
    assert len(sentence) < 2000
    for word in words:
        assert word in sentence


def test_texts_of_several_lines_are_read_as_one(tmp_path: Any) -> None:
    data = edited("summary", value="A chin\n  of two lines.\n")
    assert load(tmp_path, data).summary == "A chin of two lines."


def test_a_mark_before_the_text_is_passed_over(tmp_path: Any) -> None:
    assert load(tmp_path, "\ufeff" + yaml.safe_dump(preset_data())).name == "chin_test"


def test_twice_the_same_effect(tmp_path: Any) -> None:
    data = preset_data()
    data["effects"].append(copy.deepcopy(data["effects"][0]))
    with pytest.raises(PresetError, match=r"mine.yaml.*listed twice: forward"):
        load(tmp_path, data)


def test_a_preset_file_that_cannot_be_read(tmp_path: Any) -> None:
    with pytest.raises(PresetError, match=r"absent.yaml.*No such file"):
        load_procedure_file(tmp_path / "absent.yaml")
    with pytest.raises(PresetError, match="cannot be read"):
        load_procedure_file(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9")
    with pytest.raises(PresetError, match=r"latin.yaml.*not UTF-8"):
        load_procedure_file(tmp_path / "latin.yaml")
    (tmp_path / "huge.yaml").write_bytes(b"#" * (1 << 21))
    with pytest.raises(PresetError, match=r"huge.yaml is too large.*1 MB"):
        load_procedure_file(tmp_path / "huge.yaml")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("key", ["title", "effects", "fixed", "limits", "unknown"])
def test_a_billion_laughs_do_not_hang(key: str, tmp_path: Any) -> None:
    lines = ['a0: &a0 ["x","x","x","x","x","x","x","x","x"]']
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    bomb = yaml.safe_dump(preset_data()) + "\n".join(lines) + f"\n{key}: *a11\n"
    with pytest.raises(PresetError) as caught:
        load(tmp_path, bomb)
    assert len(str(caught.value)) < 2000
