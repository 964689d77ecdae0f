"""What a network painted, for people: what the guard, the comparison and the steps said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["painting_lines", "painting_remarks", "print_painting"]

Record = Mapping[str, Any]


def print_painting(record: Record) -> None:
    """Print what a result says of its painting; nothing for a warp."""
    for line in painting_lines(record):
        print(line)


def painting_lines(record: Record) -> Iterator[str]:
    """Yield one line each on the painting and its guard, the person, and the finishing steps.

    Parameters
    ----------
    record : mapping
        ``generator``, ``guard``, ``identity`` and ``postprocess`` as in ``result.json``.
    """
    if record["mode"] == "tps":
        return
    yield f"Painted with {record['mode']}: {_guard(record['guard'])}."
    yield f"Identity: {_identity(record['identity'])}."
    yield f"Finishing: {_finishing(record['postprocess'])}."


def painting_remarks(record: Record) -> Iterator[str]:
    """Yield what a table says of one painting among several, in few words."""
    guard, identity = record["guard"], record["identity"]
    if guard["verdict"] == "passed":
        yield f"painted{_nearness(guard)}"
    elif guard["verdict"] == "refused":
        yield f"the warp, because the painting {_refusal(guard)}"
    elif record["generator"]["mode"] != "tps":
        yield f"the warp ({_words(guard['reason'])})"
    if identity.get("verdict") == "flagged":
        yield f"identity flagged ({_similarity(identity):.2f})"


def _guard(guard: Record) -> str:
    if guard["verdict"] is None:
        return f"nothing, the warp is the result ({_words(guard['reason'])})"
    tried = f"attempt {guard['attempts']}"
    limit = f"limit {guard['limit_mm']:.2f} mm"
    if guard["verdict"] == "passed":
        return f"passed on {tried}{_nearness(guard)} ({limit})"
    return f"refused on {tried}, because it {_refusal(guard)} ({limit}); the warp is the result"


def _nearness(guard: Record) -> str:
    """How near a kept painting is to the plan, where a landmark could be read."""
    deviation = guard["deviation_mm"]
    return "" if deviation is None else f", within {deviation:.2f} mm of the plan"


def _refusal(guard: Record) -> str:
    deviation, reason = guard["deviation_mm"], guard["reason"]
    # A painting can keep the plan by itself and leave it in the finished picture.
    if reason == "moved" and deviation is not None and deviation > guard["limit_mm"]:
        return f"left the plan by {deviation:.2f} mm"
    return _REFUSALS.get(reason, f"was refused: {_words(reason)}")


#: What a refused painting did.
_REFUSALS = {
    "moved": "left the plan",
    "unreadable": "cannot be compared with the plan",
    "identity": "no longer looks like the patient",
    "outside": "changed the picture outside the mask",
}


def _identity(identity: Record) -> str:
    if identity["verdict"] is None:
        return f"not compared ({_words(identity['reason'])})"
    said = {"passed": "the same person", "flagged": "FLAGGED, perhaps another person"}
    raw = identity["similarity_raw"]
    beside = "" if raw is None else f", of the raw painting {raw:.2f}"
    return (
        f"{said[identity['verdict']]}, similarity {_similarity(identity):.2f}{beside} by "
        f"{identity['model']} (threshold {identity['threshold']:.2f})"
    )


def _similarity(identity: Record) -> float:
    """Of the finished picture, or of the raw one where nothing else was compared."""
    composite = identity["similarity_composite"]
    return float(identity["similarity_raw"] if composite is None else composite)


def _finishing(steps: Sequence[Record]) -> str:
    ran = [step["name"] for step in steps if step["applied"]]
    left_out: dict[str, list[str]] = {}
    for step in steps:
        if not step["applied"]:
            left_out.setdefault(_words(step["reason"]), []).append(step["name"])
    said = f"{', '.join(ran)} ran" if ran else "no step ran"
    groups = [f"{', '.join(names)} ({reason})" for reason, names in left_out.items()]
    return f"{said}; left out {', '.join(groups)}" if groups else said


def _words(reason: str | None) -> str:
    """A reason is a key word or a sentence."""
    if reason is None:
        return "no reason given"
    return reason.replace("_", " ") if reason.isidentifier() else reason.rstrip(".")
