"""The present plan, and the plan that it becomes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from landmarkdiff.errors import OutOfBandError, ProcedureError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.lato.language.concepts import effect_of
from landmarkdiff.lato.language.present import Edit, Present
from landmarkdiff.lato.language.words import title_of
from landmarkdiff.notices import Notice
from landmarkdiff.procedures.manual import Push
from landmarkdiff.procedures.patient_band import for_patient
from landmarkdiff.procedures.plan import PlannedEffect, Side, SurgicalPlan
from landmarkdiff.procedures.planning import Setting, check_unlocked, make_plan
from landmarkdiff.procedures.procedure import procedure
from landmarkdiff.texts import Texts

__all__ = ["PlanSettings", "plan_of", "settings_of"]


#: Each of its effects is of one side, whatever the plan's is.
EARS_OF = "otoplasty"


@dataclass(frozen=True)
class PlanSettings:
    """A plan as what makes it.

    Attributes
    ----------
    intensity : mapping of str to float
        Of every procedure, in their order.
    settings : mapping of str to float, "on" or "off"
        Of the effects that do not follow their intensity.
    side : {"both", "left", "right"}
    sides : mapping of str to side
        Of the effects that alone act on another one.
    unlocked : bool
    manual : tuple of Push
    plan : SurgicalPlan or None
    """

    intensity: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    side: Side = "both"
    sides: Mapping[str, Side] = field(default_factory=dict)
    unlocked: bool = False
    manual: tuple[Push, ...] = ()
    plan: SurgicalPlan | None = None

    @classmethod
    def of(cls, plan: SurgicalPlan | None) -> PlanSettings:
        """Return what makes a plan; nothing for none."""
        if plan is None:
            return cls()
        return cls(
            {item.name: item.intensity for item in plan.procedures},
            settings_of(plan),
            plan.side,
            {item.key: item.side for item in plan.effects if item.side is not None},
            plan.unlocked,
            plan.manual,
            plan,
        )

    def present(self, face: FaceLandmarks) -> Present:
        """Return what of it words can refer to."""
        effects: Sequence[PlannedEffect] = () if self.plan is None else self.plan.effects
        return Present(
            face,
            {item.key: item for item in effects},
            {item.key: item.value for item in effects if item.value},
            {item.key: None if item.effect.midline else item.side or self.side for item in effects},
        )


def settings_of(plan: SurgicalPlan) -> dict[str, Setting]:
    """Return the settings of a plan's effects beside the intensities of its procedures."""
    settings: dict[str, Setting] = dict.fromkeys(plan.switched_off, "off")
    for item in plan.effects:
        if item.origin == "explicit":
            settings[item.key] = item.value
        elif not item.effect.by_intensity:
            settings[item.key] = "on"
    return settings


def plan_of(
    before: PlanSettings,
    edits: Mapping[str, Edit],
    face: FaceLandmarks,
    texts: Texts,
    *,
    still: Collection[str],
    clashing: Mapping[str, Notice],
    unlock: bool,
) -> tuple[SurgicalPlan | None, list[str], list[Notice]]:
    """Return the plan with what was said, the echo of it, and what could not be planned.

    What is in ``still`` does not follow the effects that are planned.
    """
    conflicts = list(clashing.values())
    unlocked = before.unlocked or unlock
    kept: dict[str, Edit] = {}
    for key, edit in edits.items():
        if key in clashing:
            continue
        notice = _beyond_band(edit, face, unlocked=unlocked)
        if notice is None:
            kept[key] = edit
        else:
            conflicts.append(notice)
    if not (kept or still):
        return before.plan, [], conflicts
    if kept and before.plan is None and all(edit.value is None for edit in kept.values()):
        # All that was said was taken back in the same words.
        undone = [texts("words.undone", effect=title_of(key, texts)) for key in kept]
        return None, undone, conflicts
    held = {key: Edit(key, None, None) for key in still}
    plan = _made(before, kept | held, face, unlocked=unlocked)
    return plan, _echo(plan, kept, texts), conflicts


def _beyond_band(edit: Edit, face: FaceLandmarks, *, unlocked: bool) -> Notice | None:
    if not edit.value:
        return None
    try:
        effect = for_patient(effect_of(edit.key), face)
        if unlocked:
            check_unlocked(effect, edit.value)
    except (OutOfBandError, ProcedureError) as error:
        return Notice.of("words_not_measurable", problem=error)
    if unlocked or effect.band.contains(edit.value):
        return None
    low, high = effect.band.ends
    return Notice.of(
        "words_beyond_band",
        effect=edit.key,
        value=edit.value,
        unit=effect.unit,
        low=low,
        high=high,
    )


def _sides(before: PlanSettings, edits: Mapping[str, Edit]) -> tuple[Side, dict[str, Side]]:
    """Return the side of the plan, and the effects that alone act on another one.

    Where all that has sides is of one side, that is the plan's; ears are of their own.
    """
    acting: dict[str, Side] = {}
    ears = False
    for item in () if before.plan is None else before.plan.effects:
        ears |= bool(item.value) and item.procedure == EARS_OF
        if item.value and not item.effect.midline and item.procedure != EARS_OF:
            acting[item.key] = item.side or before.side
    for key, edit in edits.items():
        ears |= key.startswith(f"{EARS_OF}.")
        if edit.side is not None and edit.value:
            acting[key] = edit.side
        else:
            acting.pop(key, None)
    if not acting:
        return before.side, {}
    side = next(iter(acting.values()))
    if not ears and set(acting.values()) == {side}:
        return side, {}
    return "both", _of_procedures(
        {key: own for key, own in acting.items() if own != "both"}, acting
    )


def _of_procedures(apart: dict[str, Side], acting: Mapping[str, Side]) -> dict[str, Side]:
    """Let what is not changed of a procedure be of the side that all of the rest is."""
    found = dict(apart)
    for name in {key.partition(".")[0] for key in apart}:
        own = {side for key, side in acting.items() if key.partition(".")[0] == name}
        if len(own) == 1:
            side = own.pop()
            found |= {f"{name}.{effect.name}": side for effect in procedure(name).effects}
    return found


def _made(
    before: PlanSettings,
    edits: Mapping[str, Edit],
    face: FaceLandmarks,
    *,
    unlocked: bool,
) -> SurgicalPlan:
    side, sides = _sides(before, edits)
    settings = dict(before.settings)
    intensity = dict(before.intensity)
    for key, edit in edits.items():
        name = key.partition(".")[0]
        if edit.value is not None:
            intensity.setdefault(name, 0.0)
            settings[key] = "on" if edit.follows else edit.value
        elif intensity.get(name) or effect_of(key).coupled_to is not None:
            settings[key] = "off" if effect_of(key).by_intensity else 0.0
        else:
            settings.pop(key, None)
    idle = _idle(before, settings, intensity)
    names = [name for name in intensity if name not in idle] or list(intensity)
    plan = make_plan(
        names,
        face,
        intensity={name: intensity[name] for name in names},
        effects={key: value for key, value in settings.items() if key.partition(".")[0] in names},
        side=side,
        sides={key: own for key, own in sides.items() if key.partition(".")[0] in names},
        unlock=unlocked,
    )
    return plan.with_manual(before.manual)


def _idle(
    before: PlanSettings, settings: Mapping[str, Setting], intensity: Mapping[str, float]
) -> set[str]:
    """Return the procedures of which nothing is left: they are not simulated."""
    busy = {key.partition(".")[0] for key, value in settings.items() if value not in (0.0, "off")}
    idle = {name for name, level in intensity.items() if not level and name not in busy}
    return idle if busy or any(intensity.values()) else idle - set(before.intensity)


def _echo(plan: SurgicalPlan, edits: Mapping[str, Edit], texts: Texts) -> list[str]:
    """Return what is planned of every effect that was said, and of those that follow it."""
    said = []
    planned = {item.key: item for item in plan.effects}
    for key in edits:
        item = planned.get(key)
        if item is None or not item.value:
            said.append(texts("words.undone", effect=title_of(key, texts)))
        else:
            said.append(_sentence(item, plan.side_of(item), texts))
    followers = (
        item
        for item in plan.effects
        if item.origin == "coupled" and item.value and item.key not in edits
        and f"{item.procedure}.{item.effect.coupled_to.driver}" in edits  # type: ignore[union-attr]
    )  # fmt: skip
    for item in followers:
        value = texts.quantity(item.value, item.effect.unit, signed=True)
        said.append(texts("words.follows", effect=title_of(item.key, texts), value=value))
    dropped = dict.fromkeys(conflict.dropped for conflict in plan.conflicts)
    said += [
        texts("words.dropped", effect=title_of(key, texts)) for key in dropped if key not in planned
    ]
    return said


def _sentence(item: PlannedEffect, side: Side, texts: Texts) -> str:
    unit, key = item.effect.unit, "words.planned"
    if not item.effect.midline and item.procedure != "otoplasty" and side != "both":
        key = f"words.planned_{side}"
    return texts(
        key,
        effect=title_of(item.key, texts),
        value=texts.quantity(item.value, unit, signed=True),
        typical=texts.quantity(item.effect.band.typical, unit),
    )
