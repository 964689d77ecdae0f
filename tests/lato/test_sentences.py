"""What surgeons say is understood exactly, in every language, with the right sign and side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from landmarkdiff.landmarks import FaceLandmarks
from landmarkdiff.lato.language import Instruction, understand
from landmarkdiff.lato.language.concepts import concepts
from landmarkdiff.procedures import SurgicalPlan
from landmarkdiff.procedures.patient_band import for_patient
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.procedures.procedure import procedures
from landmarkdiff.texts import languages

FILES = [Path(__file__).parent / name for name in ("sentences.yaml", "more_sentences.yaml")]
ROWS: list[Mapping[str, Any]] = [
    row for file in FILES for row in yaml.safe_load(file.read_text(encoding="utf-8"))
]
#: Files in which languages have sentences of their own: lines of "means | sentence".
OWN = [
    Path(__file__).parent / name
    for name in (
        "dictated_sentences.yaml",
        "further_sentences.yaml",
        "spoken_sentences.yaml",
        "amended_sentences.yaml",
        "romance_sentences.yaml",
        "asked_sentences.yaml",
        "unseen_sentences.yaml",
        "clinic_sentences.yaml",
        "effect_sentences.yaml",
        "consulted_sentences.yaml",
    )
]
OWNERS: dict[str, list[str]] = {}
for _name, _preset in procedures().items():
    for _effect in _preset.effects:
        OWNERS.setdefault(_effect.name, []).append(_name)


@dataclass
class Meaning:
    """What a sentence means."""

    values: dict[str, float] = field(default_factory=dict)
    side: str = "both"
    expression: tuple[str, float] | None = None
    pose: dict[str, float] = field(default_factory=dict)


def meaning_of(text: str, face: FaceLandmarks) -> Meaning:
    """Read what a row of the table says."""
    meaning = Meaning()
    for word in text.split():
        name, _, value = word.partition("=")
        if name in ("left", "right"):
            meaning.side = name
        elif name in ("yaw", "pitch", "roll"):
            meaning.pose[name] = float(value)
        elif name in OWNERS:
            (owner,) = OWNERS[name]
            effect = procedures()[owner].effect(name)
            band = for_patient(effect, face).band
            levels = {"low": band.low, "typical": band.typical, "high": band.high}
            if value.endswith("%"):  # of the measurement that the band is a share of
                levels[value] = float(value[:-1]) * band.typical / effect.band.typical
            meaning.values[f"{owner}.{name}"] = levels[value] if value in levels else float(value)
        elif name not in ("refused", "none"):
            meaning.expression = name, concepts().expression[value]
    return meaning


def plan_of(text: str, face: FaceLandmarks) -> SurgicalPlan:
    """Return the plan that a row begins with."""
    meant = meaning_of(text, face)
    names = list(dict.fromkeys(key.partition(".")[0] for key in meant.values))
    side: Any = meant.side
    return make_plan(names, face, intensity=0.0, effects=meant.values, side=side)


def understood(read: Instruction) -> Meaning:
    """Return what was understood; what follows other effects apart."""
    meaning = Meaning()
    if read.plan is not None:
        meaning.values = {
            item.key: item.value
            for item in read.plan.effects
            if item.value and item.origin == "explicit"
        }
        meaning.side = read.plan.side
    if read.expression is not None:
        meaning.expression = read.expression.name, read.expression.strength
    if read.pose is not None:
        angles = {name: getattr(read.pose, name) for name in ("yaw", "pitch", "roll")}
        meaning.pose = {name: value for name, value in angles.items() if value}
    return meaning


def exact(read: Meaning, meant: Meaning) -> bool:
    """Tell whether two meanings are the same; values as far as a number is written."""
    return (
        read.values == pytest.approx(meant.values, abs=1e-9)
        and read.side == meant.side
        and read.expression == meant.expression
        and read.pose == meant.pose
    )


@dataclass(frozen=True)
class Said:
    """A sentence with what it means, and what is planned before."""

    words: str
    means: str
    present: str = ""


def sentences(language: str) -> list[Said]:
    """Return all sentences of a language."""
    said = [Said(row[language], row["means"], row.get("present", "")) for row in ROWS]
    for file in OWN:
        own = yaml.safe_load(file.read_text(encoding="utf-8"))
        for line in own.get(language, "").splitlines():
            means, _, words = line.partition(" | ")
            present, _, rest = (
                means[1:].partition("} ") if means.startswith("{") else ("", "", means)
            )
            said.append(Said(words, rest, present))
    return said


@pytest.mark.parametrize("language", languages())
def test_there_are_many_sentences_and_none_twice(language: str) -> None:
    said = [(each.words, each.present) for each in sentences(language)]
    assert len(set(said)) == len(said) >= 430


@pytest.mark.parametrize("language", languages())
def test_sentences_are_understood(language: str, face: FaceLandmarks) -> None:
    wrong = []
    for said in sentences(language):
        present = plan_of(said.present, face) if said.present else None
        read = understand(said.words, face, language=language, present=present)
        refused = said.means == "refused"
        meant = meaning_of(said.present if refused else said.means, face)
        told = bool(read.not_understood or read.conflicts) or (refused and bool(read.echo))
        if not exact(understood(read), meant) or told != refused:
            wrong.append((said.words, understood(read), read.to_dict()["not_understood"]))
    assert not wrong
