"""What a network painted, for people: what the guard, the comparison and the steps said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from landmarkdiff.cli.tables import as_written
from landmarkdiff.wording import Message

if TYPE_CHECKING:
    from landmarkdiff.identity import IdentityCheck
    from landmarkdiff.inference.prediction import PaintingRecord
    from landmarkdiff.postprocess import StepReport
    from landmarkdiff.verification.geometry_record import GuardRecord

__all__ = ["painting_lines", "painting_notices"]


def painting_lines(painting: PaintingRecord) -> Iterator[str]:
    """Yield one line each on the painting and its guard, the person, and the finishing steps.

    There are none where no network was to paint.
    """
    if painting.paints:
        yield f"Painted with {painting.generator.mode}: {_guard(painting.guard)}."
        yield f"Likeness to its photo: {_identity(painting.identity)}."
        yield f"Finishing: {_finishing(painting.postprocess)}."


def painting_notices(painting: PaintingRecord) -> Iterator[str]:
    """Yield what a table says of one painting among several, in few words."""
    guard = painting.guard
    if guard.verdict == "passed":
        yield f"painted{_nearness(guard)}"
    elif guard.refused:
        yield f"the warp, because the painting {_refusal(guard)}"
    elif painting.paints:
        yield f"the warp ({_words(guard.reason)})"
    if painting.identity.flagged:
        yield f"identity flagged ({_similarity(painting.identity)})"


def _guard(guard: GuardRecord) -> str:
    if guard.verdict is None:
        return f"nothing, the warp is the result ({_words(guard.reason)})"
    tried = f"attempt {guard.attempts}"
    limit = f"limit {_two_digits(guard.limit_mm)} mm"
    if guard.reason == "altered":
        limit = f"limit {guard.limit_levels:.0f} grey levels"
    if guard.verdict == "passed":
        return f"passed on {tried}{_nearness(guard)} ({limit})"
    return f"refused on {tried}, because it {_refusal(guard)} ({limit}); the warp is the result"


def _nearness(guard: GuardRecord) -> str:
    """How near a kept painting is to the plan, where a landmark could be read."""
    deviation = guard.deviation_mm
    return "" if deviation is None else f", within {_two_digits(deviation)} mm of the plan"


def _refusal(guard: GuardRecord) -> str:
    deviation, reason = guard.deviation_mm, guard.reason
    # A painting can keep the plan by itself and leave it in the finished picture.
    if reason == "moved" and deviation is not None and deviation > guard.limit_mm:
        return f"left the plan by {_two_digits(deviation)} mm"
    altered = guard.altered_levels
    if reason == "altered" and altered is not None and altered > guard.limit_levels:
        place = f"near landmark {guard.altered_landmark}"
        return f"shows something that the warp does not, by {altered:.0f} grey levels {place}"
    return _REFUSALS.get(reason or "", f"was refused: {_words(reason)}")


#: What a refused painting did.
_REFUSALS = {
    "moved": "left the plan",
    "altered": "shows something that the warp does not",
    "unreadable": "cannot be compared with the plan",
    "identity": "no longer looks like the patient",
    "outside": "changed the picture outside the mask",
}


def _identity(identity: IdentityCheck) -> str:
    if identity.verdict is None:
        reason = identity.reason
        return f"not compared ({_words(None if reason is None else str(reason))})"
    kept = "FLAGGED, perhaps lost" if identity.flagged else "kept"
    raw = identity.similarity_raw
    beside = "" if raw is None else f", of the raw painting {_two_digits(raw)}"
    return (
        f"{kept}, similarity {_similarity(identity)}{beside} by "
        f"{identity.model} (threshold {identity.threshold:.2f})"
    )


def _similarity(identity: IdentityCheck) -> str:
    """Of the finished picture, or of the raw one where nothing else was compared."""
    both = (identity.similarity_composite, identity.similarity_raw)
    return next(_two_digits(value) for value in both if value is not None)


def _finishing(steps: Sequence[StepReport]) -> str:
    ran = [step.name for step in steps if step.applied]
    left_out: dict[str, list[str]] = {}
    for step in steps:
        if not step.applied:
            left_out.setdefault(_words(step.reason), []).append(step.name)
    text = f"{', '.join(ran)} ran" if ran else "no step ran"
    groups = [f"{', '.join(names)} ({reason})" for reason, names in left_out.items()]
    return f"{text}; left out {', '.join(groups)}" if groups else text


def _words(reason: Message | str | None) -> str:
    """A reason is a key word or a sentence."""
    if reason is None:
        return "no reason given"
    text = str(reason)
    return text.replace("_", " ") if text.isidentifier() else text.rstrip(".")


def _two_digits(value: float) -> str:
    return f"{as_written(value):.2f}"
