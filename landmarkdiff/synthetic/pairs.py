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
from landmarkdiff.manipulation.warp import WarpedPlan, warp_plan
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.runtime.clock import StageClock
from landmarkdiff.synthetic.record import PhotoRecord
from landmarkdiff.synthetic.sample import Recipe, Sample

__all__ = ["ReversePair", "photo_of", "render_pair", "reverse_pair", "sample_of"]


def photo_of(record: PhotoRecord) -> PreparedFace:
    """Return a record's photo for any number of pairs.

    Only photos on whose faces nothing lies come into a shard, so nothing is looked for again.
    """
    prepared = PreparedFace(record.picture, record.face, glasses="no")
    prepared.once("covers", lambda: CoverFinding(None, ("open", "open"), record.face))
    return prepared


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
    inverse = with_values(plan, {item.key: -item.value for item in plan.effects})
    warp = warp_plan(prepared, inverse, flags, clock=StageClock(), pause=_go_on)
    warp = lit(prepared, warp, in_place=True, recorded=False)
    values = {key: -value for key, value in carried_out(warp).items()}
    return ReversePair(with_values(plan, values), flags, _deepened(prepared, warp, values))


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
        warped=softening.undone(warp.warped),
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
