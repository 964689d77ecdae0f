"""From a photo and a recipe to a reverse pair: the inverse plan, its light, its folds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.conditioning import generate_conditioning
from landmarkdiff.conditioning.generate import ConditioningKind
from landmarkdiff.covers import CoverFinding
from landmarkdiff.creases.softened import carried_out, folds_of_plan
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.light import lit
from landmarkdiff.manipulation.live_model import with_values
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.softening import Softening
from landmarkdiff.manipulation.warp import WarpedPlan, ears_of, warp_plan
from landmarkdiff.procedures.effect import moves_ear
from landmarkdiff.procedures.plan import PlannedEffect, SurgicalPlan
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.runtime.clock import StageClock
from landmarkdiff.synthetic.record import PhotoRecord
from landmarkdiff.synthetic.sample import Recipe, Sample

__all__ = ["ReversePair", "ears_of_pairs", "photo_of", "render_pair", "reverse_pair", "sample_of"]

#: An ear that cannot have stood out by more than this, mm, is not set back in any pair.
LEAST_OUT_MM = 1.5


def photo_of(record: PhotoRecord) -> PreparedFace:
    """Return a record's photo for any number of pairs.

    Only photos on whose faces nothing lies come into a shard, so nothing is looked for again.
    """
    prepared = PreparedFace(record.picture, record.face, glasses="no")
    prepared.once("covers", lambda: CoverFinding(None, ("open", "open"), record.face))
    return prepared


def ears_of_pairs(prepared: PreparedFace) -> tuple[str, ...]:
    """Return the sides of a photo's ears that may have stood out before, found once.

    They are those that it shows and that no set-back would have to bring nearer than to the head.
    """

    def found() -> tuple[str, ...]:
        plan = make_plan("otoplasty", prepared.landmarks, intensity=100.0)
        ears = ears_of(prepared, _inverse(plan), ClinicalFlags())
        return tuple(each.ear.side for each in ears.setbacks if each.reached[-1] >= LEAST_OUT_MM)

    sides: tuple[str, ...] = prepared.once("ears_of_pairs", found)
    return sides


@dataclass(frozen=True, eq=False)
class ReversePair:
    """A photo and what its face looked like before a plan led to it.

    Attributes
    ----------
    plan : SurgicalPlan
        From the source to the photo, at the values that the warp has carried out: less than the
        recipe's where its inverse would have folded the skin.
    flags : ClinicalFlags
    warp : WarpedPlan
        The inverse of that plan on the photo; its picture is the pair's source.
    """

    plan: SurgicalPlan
    flags: ClinicalFlags
    warp: WarpedPlan

    @property
    def source(self) -> FaceLandmarks:
        """The landmarks of the source."""
        return self.warp.target


def reverse_pair(prepared: PreparedFace, plan: SurgicalPlan, flags: ClinicalFlags) -> ReversePair:
    """Carry out the inverse of a plan on a photo, with its light and its folds.

    A fold that the plan softens is deeper before it.
    """
    inverse = _inverse(plan)
    warp = warp_plan(prepared, inverse, flags, clock=StageClock(), pause=_go_on)
    warp = lit(prepared, warp, in_place=True, recorded=False)
    values = _led_to_photo(warp)
    return ReversePair(with_values(plan, values), flags, _deepened(prepared, warp, values))


def _inverse(plan: SurgicalPlan) -> SurgicalPlan:
    """The plan the other way round; a band that ears have goes outward then."""
    turned = with_values(plan, {item.key: -item.value for item in plan.effects})
    return turned.model_copy(update={"effects": tuple(map(_outward, turned.effects))})


def _outward(item: PlannedEffect) -> PlannedEffect:
    """The effect, an ear's with its band the other way round."""
    if not moves_ear(item.effect):
        return item
    band = item.effect.band.scaled(-1.0)
    return item.model_copy(update={"effect": item.effect.model_copy(update={"band": band})})


def _led_to_photo(warp: WarpedPlan) -> dict[str, float]:
    """Values of the plan that leads from a warp's picture to the photo, by key."""
    values = {key: -value for key, value in carried_out(warp).items()}
    for setback in warp.ears.setbacks:
        if setback.key in values:
            values[setback.key] = -setback.value_of(setback.carried(warp.fitted.field))
    return values


def _go_on() -> None:
    """Nobody ends the work in the middle of a pair."""


def _deepened(prepared: PreparedFace, warp: WarpedPlan, values: dict[str, float]) -> WarpedPlan:
    """Return the source with the shadows in its folds that the plan will take away."""
    folds = folds_of_plan(prepared, warp.plan, warp.flags, warp.mask) if values else None
    if folds is None:
        return warp
    softening = Softening(folds.added(values), folds.to_photo, warp.fitted.field)
    if softening.silent:
        return warp
    mask = warp.mask
    covered = np.maximum(mask.coverage, softening.coverage)
    return replace(
        warp,
        face=softening.undone(warp.face),
        mask=replace(mask, coverage=covered, skin=mask.carried),
    )


def render_pair(prepared: PreparedFace, recipe: Recipe, *, depth: bool = False) -> Sample:
    """Return the pair of a recipe on a photo.

    Parameters
    ----------
    prepared : PreparedFace
        Of :func:`photo_of`.
    recipe : Recipe
    depth : bool
        Draw the depth of the target as well.
    """
    return sample_of(prepared, recipe, reverse_pair(prepared, recipe.plan, recipe.flags), depth)


def sample_of(
    prepared: PreparedFace, recipe: Recipe, pair: ReversePair, depth: bool = False
) -> Sample:
    """Return a rendered pair as arrays."""
    target = prepared.landmarks
    return Sample(
        number=recipe.number,
        person=recipe.person,
        procedure=recipe.procedure,
        source=pair.warp.warped,
        target=prepared.image.copy(),
        mask=np.asarray(pair.warp.mask.full(), np.float32) / np.float32(255.0),
        drawing=_drawing(prepared, "tessellation"),
        depth=_drawing(prepared, "depth") if depth else None,
        points_source=pair.source.points[:, :2].astype(np.float32),
        points_target=target.points[:, :2].astype(np.float32),
        prompt=prompt_of(recipe.plan),
        difficulty=recipe.difficulty,
    )


def _drawing(prepared: PreparedFace, kind: ConditioningKind) -> ImageArray:
    """The drawing of a photo's own landmarks, made once."""
    height, width = prepared.image.shape[:2]
    drawn: ImageArray = prepared.once(
        ("drawing", kind),
        lambda: generate_conditioning(prepared.landmarks, width, height, kind=kind).wireframe,
    )
    return drawn.copy()


def prompt_of(plan: SurgicalPlan) -> str:
    """Return the phrases of a plan's procedures, none of them twice."""
    phrases = [phrase.strip() for item in plan.procedures for phrase in item.prompt.split(",")]
    return ", ".join(dict.fromkeys(phrase for phrase in phrases if phrase))
