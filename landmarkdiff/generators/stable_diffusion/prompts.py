"""What the network is told: the prompts of a plan's procedures, within CLIP's length.

CLIP reads 77 tokens, two of which mark start and end; the rest of a text would be dropped
without a word. So the phrases of several procedures are joined, said twice nowhere, and those
that no longer fit are left out and named in the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from landmarkdiff.errors import ParameterError
from landmarkdiff.procedures.plan import PlannedProcedure, SurgicalPlan
from landmarkdiff.procedures.procedure import procedure, procedure_names

__all__ = ["Prompt", "prompts_of"]

#: For a plan that says nothing itself.
_PLAIN = "clinical photograph of a face, realistic skin texture, sharp focus, even studio lighting"
_PLAIN_NEGATIVE = "deformed face, blurred, plastic skin, cartoon, painting"

#: Counts the tokens of a text, without those that mark its start and end.
CountTokens = Callable[[str], int]


@dataclass(frozen=True)
class Prompt:
    """What a network is told for one picture.

    Attributes
    ----------
    text, negative : str
        What the picture should and should not show.
    left_out : tuple of str
        Phrases of both that did not fit.
    """

    text: str
    negative: str
    left_out: tuple[str, ...] = ()


def prompts_of(plan: SurgicalPlan, count_tokens: CountTokens, room: int) -> Prompt:
    """Join the prompts of a plan's procedures.

    A plan without prompts, from an older file, takes those of the presets of the same name.

    Parameters
    ----------
    plan : SurgicalPlan
    count_tokens : callable
        Tokens of a text as the network's tokenizer counts them.
    room : int
        Tokens that fit: 75 for CLIP.

    Raises
    ------
    ParameterError
        A phrase of the plan alone is longer than what the network reads.
    """
    texts = [_texts(item) for item in plan.procedures]
    text, dropped = _fitted((first for first, _ in texts), _PLAIN, count_tokens, room)
    negative, more = _fitted((second for _, second in texts), _PLAIN_NEGATIVE, count_tokens, room)
    return Prompt(text, negative, (*dropped, *more))


def _texts(item: PlannedProcedure) -> tuple[str, str]:
    if item.name not in procedure_names():
        return item.prompt, item.negative_prompt
    preset = procedure(item.name)
    return item.prompt or preset.prompt, item.negative_prompt or preset.negative_prompt


def _fitted(
    texts: Iterable[str], plain: str, count_tokens: CountTokens, room: int
) -> tuple[str, list[str]]:
    """Return as many phrases as fit, in the order of the procedures, and those left out."""
    lists = [phrases for text in texts if (phrases := _phrases(text))] or [_phrases(plain)]
    # Each procedure's first phrase, which names it, counts before any second one.
    ranked = dict.fromkeys(
        phrase for rank in zip_longest(*lists) for phrase in rank if phrase is not None
    )
    kept: set[str] = set()
    dropped = []
    for phrase in ranked:
        if count_tokens(phrase) > room:
            raise ParameterError("prompt_phrase_too_long", phrase=phrase, most=room)
        if count_tokens(_joined(lists, {*kept, phrase})) <= room:
            kept.add(phrase)
        else:
            dropped.append(phrase)
    return _joined(lists, kept), dropped


def _phrases(text: str) -> list[str]:
    return [phrase for part in text.split(",") if (phrase := " ".join(part.split()))]


def _joined(lists: Sequence[Sequence[str]], kept: set[str]) -> str:
    """Join the kept phrases in the order in which the procedures say them."""
    ordered = dict.fromkeys(phrase for phrases in lists for phrase in phrases if phrase in kept)
    return ", ".join(ordered)
