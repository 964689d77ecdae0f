"""How a picture was painted, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from painting_records import network_record

from landmarkdiff.configuration import GuardSettings
from landmarkdiff.errors import LicenceError, WeightsError, WeightsMissingError
from landmarkdiff.generators.base import ModelRecord
from landmarkdiff.identity import IdentityCheck
from landmarkdiff.inference.painting_facts import PaintingFact, identity_fact, painting_facts
from landmarkdiff.inference.prediction import PaintingRecord
from landmarkdiff.notices import Reason
from landmarkdiff.postprocess import STEPS, StepReport
from landmarkdiff.texts import Texts, languages
from landmarkdiff.texts.tables import english_table
from landmarkdiff.verification import GuardAttempt, GuardReading, GuardRecord
from landmarkdiff.verification.geometry_record import Refusal
from landmarkdiff.wording import Message

GENERATOR = network_record(
    models=(ModelRecord("base", "stable_diffusion_15", {}),),
    device="NVIDIA H200",
    precision="bf16",
)
IDENTITY = IdentityCheck("sface", 0.363, 0.363, "passed", None, 0.9123, 0.95)


def attempt(
    strength: float,
    deviation_mm: float | None,
    similarity: float | None,
    refused_for: Refusal | None = None,
) -> GuardAttempt:
    reading = GuardReading(deviation_mm, 0.1, 0.5, "moved" if refused_for else "kept")
    return GuardAttempt(strength, reading, similarity, refused_for)


def guarded(*history: GuardAttempt) -> GuardRecord:
    return GuardRecord.of(history[-1].reading, history, GuardSettings())


def skipped(code: str, *names: str) -> list[StepReport]:
    return [StepReport(name, False, None, (Reason(code),)) for name in names]


def step(name: str, model: str | None = None, *reasons: Message) -> StepReport:
    return StepReport(name, True, model, reasons)


def facts(
    language: str = "en",
    *,
    guard: GuardRecord | None = None,
    steps: Sequence[StepReport] = (StepReport("blend", True),),
) -> dict[str, PaintingFact]:
    guard = guard or guarded(attempt(0.75, 0.1234, 0.9123))
    record = PaintingRecord(GENERATOR, tuple(steps), IDENTITY, guard)
    return {fact.name: fact for fact in painting_facts(record, Texts.load(language))}


def test_a_painting_that_was_kept() -> None:
    found = facts()
    assert list(found) == ["settings", "guard", "identity", "finishing", "models"]
    assert found["settings"].lines == (
        "30 steps, guidance 7.5, strength 0.75",
        "NVIDIA H200, bf16",
    )
    assert found["guard"].lines == (
        "accepted",
        "deviation from the plan 0.12 mm of at most 0.50 mm",
        "attempts: 1",
    )
    assert found["identity"].lines == (
        "kept",
        "similarity: final picture 0.950, raw painting 0.912",
        "threshold 0.363, published 0.363",
        "compared by SFace",
    )
    assert found["models"].lines == ("Base model: stable_diffusion_15",)
    assert not any(fact.wrong for fact in found.values())


def test_a_refusal_names_its_reason_and_every_attempt() -> None:
    guard = guarded(attempt(0.75, 1.204, 0.9, "moved"), attempt(0.525, None, None, "moved"))
    found = facts("de", guard=guard)["guard"]
    assert found.wrong
    assert found.lines == (
        "abgelehnt: es hat den Plan verlassen",
        "Abweichung vom Plan nicht lesbar; Grenze 0,50 mm",
        "Versuch 1: Stärke 0,75, Abweichung 1,20 mm, Ähnlichkeit 0,900",
        "Versuch 2: Stärke 0,53, Abweichung nicht lesbar, Ähnlichkeit –",
    )


def test_what_appeared_is_said_with_its_place() -> None:
    reading = replace(
        attempt(0.75, 0.2, 0.9).reading, verdict="altered", altered_levels=61.3, altered_landmark=4
    )
    found = facts("en", guard=guarded(GuardAttempt(0.75, reading, 0.9, "altered")))["guard"]
    assert found.wrong
    assert found.lines[0] == "refused: it shows something that the warp does not"
    assert found.lines[2] == (
        "largest local difference 61.3 grey levels of at most 34.0, near landmark 4"
    )


def test_steps_left_out_for_one_reason_stand_together() -> None:
    steps = [
        step("restore", "gfpgan", Reason.of("reduced", effect=0.25, percent=25.0)),
        *skipped("switched_off", "background", "sharpen"),
        step("colour", None, Reason("tones_agree")),
        step("blend"),
        *skipped("nothing_painted", "identity"),
    ]
    assert facts(steps=steps)["finishing"].lines == (
        "Face restoration: done with GFPGAN (at 25 % of its effect)",
        "Skin tone: done (the skin tones agree)",
        "Blending: done",
        "Background, Sharpening: left out, switched off",
        "Identity: left out, nothing was painted",
    )


@pytest.mark.parametrize("language", [code for code in languages() if code != "en"])
def test_a_reason_that_is_an_error_s_sentence_is_translated(language: str) -> None:
    forbidden = LicenceError(
        "licence_forbids", name="codeformer", licence="S-Lab 1.0; see it", instead="gfpgan"
    )
    reduced = Reason.of("reduced", effect=0.5, percent=50.0)
    report = step("restore", "gfpgan", forbidden, reduced)
    assert report.to_dict()["reason"] == (
        "codeformer is not for commercial use (its licence: S-Lab 1.0; see it) and the licence "
        "policy is commercial; allowed: gfpgan, which is used instead; choose the licence policy "
        "research for non-commercial research only.; reduced_to_0.5"
    )
    (said,) = facts(language, steps=[report])["finishing"].lines
    for english in ("commercial use", "allowed", "instead", "choose", "reduced"):
        assert english not in said
    small = Reason.of("face_too_small", pixels=18.2, least=24.0)
    unseen = replace(IDENTITY, verdict=None, reason=small)
    (line,) = identity_fact(unseen, Texts.load(language)).lines
    assert "18" in line
    assert "24" in line
    assert "pixels between" not in line


def test_what_an_error_got_and_allows_is_told() -> None:
    texts = Texts.load("de")
    said = texts.reason(WeightsMissingError("model_file_missing", path="/models/x.pth"))
    assert said == (
        "die Modelldatei ist nicht vorhanden (hier: /models/x.pth); "
        "berichtigen Sie den Pfad in der Konfiguration"
    )
    pickle = WeightsError("own_model_is_pickle", file="x.bin", path="/x.bin")
    assert "; erlaubt: safetensors-Dateien; " in texts.reason(pickle)


def test_every_finishing_step_has_a_name() -> None:
    assert set(english_table().names["step"]) == set(STEPS)
