"""How a picture was painted, in words: geometry, identity, finishing steps, models.

The app and the report say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from landmarkdiff.generators import NetworkRecord
from landmarkdiff.identity import IdentityCheck
from landmarkdiff.inference.prediction import PaintingRecord
from landmarkdiff.notices import Reason
from landmarkdiff.postprocess import StepReport
from landmarkdiff.texts import Texts
from landmarkdiff.verification.geometry_record import GuardRecord
from landmarkdiff.wording import Message

__all__ = ["PaintingFact", "identity_fact", "painting_facts"]


@dataclass(frozen=True)
class PaintingFact:
    """One fact of a painted picture.

    Attributes
    ----------
    name : {"settings", "guard", "identity", "finishing", "models"}
    label : str
    lines : tuple of str
    wrong : bool
        Whether it says that something was refused or flagged.
    """

    name: str
    label: str
    lines: tuple[str, ...]
    wrong: bool = False


def painting_facts(record: PaintingRecord, texts: Texts) -> tuple[PaintingFact, ...]:
    """Return what there is to say of a painted picture."""
    network, guard = record.generator.network, record.guard
    finishing = tuple(_finishing(record.postprocess, texts))
    settings = () if network is None else tuple(_settings(network, texts))
    models = () if network is None else tuple(_models(network, texts))
    return (
        PaintingFact("settings", texts("paint.settings"), settings),
        PaintingFact(
            "guard", texts("paint.guard"), tuple(_guard(guard, texts)), wrong=guard.refused
        ),
        identity_fact(record.identity, texts),
        PaintingFact("finishing", texts("paint.finishing"), finishing),
        PaintingFact("models", texts("paint.models"), models),
    )


def identity_fact(identity: IdentityCheck, texts: Texts) -> PaintingFact:
    """Return what the comparison of the person says; every mode has one."""
    lines = tuple(_identity(identity, texts))
    return PaintingFact("identity", texts("paint.identity"), lines, wrong=identity.flagged)


def _settings(network: NetworkRecord, texts: Texts) -> Iterator[str]:
    yield texts(
        "paint.settings_value",
        steps=network.numbers.num_inference_steps,
        guidance=texts.number(network.numbers.guidance_scale),
        strength=texts.number(network.numbers.strength, 2),
    )
    yield f"{network.device}, {network.precision}"


def _guard(guard: GuardRecord, texts: Texts) -> Iterator[str]:
    if guard.verdict is None:
        yield texts("paint.guard_not_run", reason=texts.reason(Reason(str(guard.reason))))
        return
    if guard.refused:
        said = texts.reason(Reason(f"refused_{guard.reason}"))
        yield texts("paint.guard_refused", reason=said)
    else:
        yield texts("paint.guard_passed")
    limit = texts.quantity(guard.limit_mm, "mm", 2)
    if guard.deviation_mm is None:
        yield texts("paint.guard_unread", limit=limit)
    else:
        deviation = _deviation(guard.deviation_mm, texts)
        yield texts("paint.guard_value", deviation=deviation, limit=limit)
    if guard.altered_levels is not None:
        yield texts(
            "paint.guard_altered",
            levels=texts.number(guard.altered_levels),
            limit=texts.number(guard.limit_levels),
            landmark=guard.altered_landmark,
        )
    if len(guard.history) < 2:
        yield texts("paint.guard_attempts", count=guard.attempts)
        return
    for number, attempt in enumerate(guard.history, start=1):
        yield texts(
            "paint.attempt",
            number=number,
            strength=texts.number(attempt.strength, 2),
            deviation=_deviation(attempt.reading.deviation_mm, texts),
            similarity=_number(attempt.similarity, texts),
        )


def _deviation(deviation_mm: float | None, texts: Texts) -> str:
    return texts("paint.unread") if deviation_mm is None else texts.quantity(deviation_mm, "mm", 2)


def _identity(identity: IdentityCheck, texts: Texts) -> Iterator[str]:
    if identity.verdict is None:
        reasons = () if identity.reason is None else (identity.reason,)
        yield texts("paint.identity_not_run", reason=_reasons(reasons, texts))
        return
    raw, final = identity.similarity_raw, identity.similarity_composite
    yield texts(f"paint.identity_{identity.verdict}")
    if raw is None or final is None:
        values = texts("paint.identity_one", final=_number(raw if final is None else final, texts))
    else:
        shown = {"final": _number(final, texts), "raw": _number(raw, texts)}
        values = texts("paint.identity_both", **shown)
    yield texts("paint.identity_value", values=values)
    published = _number(identity.published_threshold, texts)
    threshold = _number(identity.threshold, texts)
    yield texts("paint.identity_threshold", threshold=threshold, published=published)
    yield texts("paint.identity_model", model=texts.network(identity.model))


def _number(value: float | None, texts: Texts) -> str:
    return "\N{EN DASH}" if value is None else texts.number(value, 3)


def _finishing(steps: Sequence[StepReport], texts: Texts) -> Iterator[str]:
    """Say each step that was applied, and those together that were left out for one reason."""
    skipped: dict[str, list[str]] = {}
    for step in steps:
        name = texts.name_of("step", step.name)
        if step.applied:
            yield _applied(name, step.model, step.reasons, texts)
        else:
            skipped.setdefault(_reasons(step.reasons, texts), []).append(name)
    for reason, names in skipped.items():
        said = texts("common.list_separator").join(names)
        yield texts("paint.finishing_skipped", step=said, reason=reason)


def _applied(name: str, model: str | None, reasons: Sequence[Message], texts: Texts) -> str:
    if model is None:
        said = texts("paint.finishing_done", step=name)
    else:
        said = texts("paint.finishing_with", step=name, model=texts.network(model))
    return f"{said} ({_reasons(reasons, texts)})" if reasons else said


def _models(network: NetworkRecord, texts: Texts) -> Iterator[str]:
    for model in network.models:
        yield f"{texts.name_of('model', model.kind)}: {model.name}"


def _reasons(reasons: Sequence[Message], texts: Texts) -> str:
    if not reasons:
        return texts("common.not_available")
    return texts("error.separator").join(map(texts.reason, reasons))
