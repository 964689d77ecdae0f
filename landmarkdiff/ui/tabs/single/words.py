"""What the box above the sliders asks: which plan some words mean, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field

from landmarkdiff.inference.gestures import drawable_on
from landmarkdiff.lato.kinematics.gesture import Gesture
from landmarkdiff.lato.language.spelling import MOST_LETTERS
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask import Answer, Job, Question
from landmarkdiff.workflows.gesture_settings import GestureSettings
from landmarkdiff.workflows.settings import ConsultationSettings

if TYPE_CHECKING:
    from landmarkdiff.lato.language import Instruction
    from landmarkdiff.lato.language.planned import PlanSettings

__all__ = ["WordsAnswer", "WordsQuestion", "words"]


class WordsQuestion(Question):
    """Words in the language of the page, and the plan that they change."""

    words: str = Field(max_length=MOST_LETTERS)
    settings: ConsultationSettings


@dataclass(frozen=True)
class WordsAnswer(Answer):
    """What the words mean.

    Attributes
    ----------
    plan : mapping or None
        The settings that they change; None where they change none. An expression or a turn of
        the head, which is drawn apart, is ``gesture`` among them.
    echo : tuple of str
        What was understood.
    told : tuple of str
        What was not, and what cannot be planned.
    """

    plan: dict[str, Any] | None
    echo: tuple[str, ...]
    told: tuple[str, ...]


def words(job: Job, question: WordsQuestion) -> WordsAnswer:
    """Understand words on the photo at hand; the plan and its picture stay what they are.

    Raises
    ------
    NoPhotoError, LandmarkDiffError
    """
    from landmarkdiff.lato.language.planned import PlanSettings
    from landmarkdiff.lato.language.understanding import understand

    settings = question.settings
    prepared = job.consultation.prepared(settings, job.pause)
    present = settings.request(job.services.configuration).plan_for(prepared.landmarks)
    instruction = understand(
        question.words,
        prepared.landmarks,
        language=job.texts.language,
        present=present,
        unlock=settings.unlock,
    )
    changed: dict[str, Any] = {}
    if instruction.plan is not None and instruction.plan != present:
        changed |= _settings(PlanSettings.of(instruction.plan))
    told = _told(instruction, job.texts)
    said = Gesture(instruction.expression, instruction.pose)
    if said != Gesture():
        shown = Gesture() if settings.gesture is None else settings.gesture.asked()
        possible = drawable_on(prepared, shown.then(said))
        gesture = GestureSettings.of(possible.asked)
        if gesture is None or not possible.drawn.still:
            changed["gesture"] = None if gesture is None else gesture.model_dump(mode="json")
        else:
            told += tuple(job.texts.notice(notice) for notice in possible.notices)
    return WordsAnswer(changed or None, instruction.echo, told)


def _settings(planned: PlanSettings) -> dict[str, Any]:
    """Return what a plan is on the page."""
    return {
        "procedures": list(planned.intensity),
        "intensity": dict(planned.intensity),
        "effects": dict(planned.settings),
        "side": planned.side,
        "sides": dict(planned.sides),
    }


def _told(instruction: Instruction, texts: Texts) -> tuple[str, ...]:
    not_understood = (
        texts("words.not_understood", words=item.words, reason=texts.reason(item.reason))
        for item in instruction.not_understood
    )
    return (*not_understood, *(texts.notice(notice) for notice in instruction.conflicts))
