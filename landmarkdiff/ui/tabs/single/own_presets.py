"""The surgeon's own presets on the page: listed, used, saved, renamed, removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from landmarkdiff.ui.server.ask import Answer, Empty, Job, Kind, Question, always
from landmarkdiff.workflows.own_presets import OwnPreset, UserPresets
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["PRESET_KINDS"]


@dataclass(frozen=True)
class PresetsAnswer(Answer):
    """What this user keeps.

    Attributes
    ----------
    presets : tuple of str
        Their names.
    procedure : str or None
        The one that the page opens with, where it is not the program's own.
    lost : tuple of str
        Names of what the file holds and this program cannot read.
    """

    presets: tuple[str, ...]
    procedure: str | None
    lost: tuple[str, ...]


@dataclass(frozen=True)
class PlanAnswer(Answer):
    """The fields of the settings that a preset sets, for the face of this photo."""

    plan: dict[str, Any]


class NamedQuestion(Question):
    """A preset by its name."""

    name: str


class SaveQuestion(NamedQuestion):
    """A plan to keep under a name."""

    settings: ConsultationSettings


class RenameQuestion(NamedQuestion):
    """Another name for a preset."""

    other: str


class BeginQuestion(Question):
    """The procedure that the page is to open with; None takes the program's own."""

    procedure: str | None = None


def _told(kept: UserPresets) -> PresetsAnswer:
    names = tuple(preset.name for preset in kept.presets)
    return PresetsAnswer(names, kept.procedure, kept.lost)


def _user(job: Job) -> str:
    return job.session.owner.user


def _list(job: Job, _question: Empty) -> PresetsAnswer:
    return _told(job.services.own_presets.of(_user(job)))


def _use(job: Job, question: NamedQuestion) -> PlanAnswer:
    consultation = job.consultation
    preset = job.services.own_presets.of(_user(job)).preset(question.name)
    return PlanAnswer(preset.plan(consultation.prepared(consultation.settings).landmarks))


def _save(job: Job, question: SaveQuestion) -> PresetsAnswer:
    settings = question.settings
    face = job.consultation.prepared(settings, job.pause).landmarks
    preset = OwnPreset.of(question.name, settings, face)
    return _told(job.services.own_presets.change(_user(job), lambda kept: kept.saving(preset)))


def _rename(job: Job, question: RenameQuestion) -> PresetsAnswer:
    return _told(
        job.services.own_presets.change(
            _user(job), lambda kept: kept.renaming(question.name, question.other)
        )
    )


def _remove(job: Job, question: NamedQuestion) -> PresetsAnswer:
    return _told(
        job.services.own_presets.change(_user(job), lambda kept: kept.removing(question.name))
    )


def _begin(job: Job, question: BeginQuestion) -> PresetsAnswer:
    return _told(
        job.services.own_presets.change(
            _user(job), lambda kept: kept.beginning_with(question.procedure)
        )
    )


#: All but the list change the plan, or what other plans begin with.
PRESET_KINDS: tuple[Kind[Any], ...] = (
    Kind("presets", Empty, _list, gated=False),
    Kind("preset_use", NamedQuestion, _use, gated=False, edits=always),
    Kind("preset_save", SaveQuestion, _save, gated=False, edits=always),
    Kind("preset_rename", RenameQuestion, _rename, gated=False, edits=always),
    Kind("preset_remove", NamedQuestion, _remove, gated=False, edits=always),
    Kind("preset_begin", BeginQuestion, _begin, gated=False, edits=always),
)
