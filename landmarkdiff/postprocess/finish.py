"""All finishing steps in their order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.identity import IdentityCheck
from landmarkdiff.notices import Reason
from landmarkdiff.postprocess import background, blend, colour, identify, restore, sharpen
from landmarkdiff.postprocess.step import Canvas, Step, StepContext, StepReport

__all__ = ["STEPS", "FinishResult", "finish"]


#: Every step by its name, in the order in which they run.
STEPS: Mapping[str, Step] = MappingProxyType(
    {
        restore.NAME: restore.restore,
        background.NAME: background.enhance_background,
        colour.NAME: colour.match_colour,
        sharpen.NAME: sharpen.sharpen,
        blend.NAME: blend.blend,
        identify.NAME: identify.identify,
    }
)


@dataclass(frozen=True)
class FinishResult:
    """What the steps made of a raw picture.

    Attributes
    ----------
    picture : (H, W, 3) uint8 array
        RGB, without a label: label it before anybody sees it.
    steps : tuple of StepReport
        Of every step, in order.
    identity : IdentityCheck or None
        None where the comparison of the person is switched off or left out.
    weights : mapping of str to str
        Name and SHA-256 of every model file that took part.
    pixels_changed_outside_mask : int
        Only the background step changes any.
    """

    picture: ImageArray
    steps: tuple[StepReport, ...]
    identity: IdentityCheck | None
    weights: Mapping[str, str]
    pixels_changed_outside_mask: int = 0


def finish(
    canvas: Canvas,
    context: StepContext,
    *,
    only: Collection[str] | None = None,
    on_step: Callable[[str, int, int], object] | None = None,
) -> FinishResult:
    """Finish a raw picture.

    The composite is always made: outside the mask the result is the photo, bit for bit (but
    for the background step, where that is switched on).

    Parameters
    ----------
    canvas : Canvas
        ``picture`` is the raw one.
    context : StepContext
    only : collection of str, optional
        Names of the steps that run; the others are reported as left out. By default all that
        the configuration has switched on.
    on_step : callable, optional
        Called before each step with its name, how many are done, and how many there are; what
        it raises ends the work.

    Raises
    ------
    ParameterError
        ``only`` names no step.
    WeightsCorruptError, WeightsMissingError
        A model file that the configuration names cannot be used.
    """
    for name in only or ():
        if name not in STEPS:
            raise ParameterError("unknown_finishing_step", name=name, names=STEPS)
    canvas = replace(canvas, raw=canvas.picture if canvas.raw is None else canvas.raw)
    reports: list[StepReport] = []
    identity: IdentityCheck | None = None
    sums: dict[str, str] = {}
    changed = 0
    for done, (name, step) in enumerate(STEPS.items()):
        left_out = only is not None and name not in only
        if left_out and name != blend.NAME:
            reports.append(StepReport(name, False, None, (Reason("left_out"),)))
            continue
        if on_step is not None:
            on_step(name, done, len(STEPS))
        outcome = step(canvas, context)
        reports.append(outcome.report)
        sums |= outcome.weights
        identity = outcome.identity or identity
        changed += outcome.pixels_changed_outside_mask
        canvas = replace(
            canvas,
            picture=outcome.picture,
            warped=canvas.warped if outcome.warped is None else outcome.warped,
            pixel=canvas.pixel if outcome.pixel is None else outcome.pixel,
        )
    return FinishResult(canvas.picture, tuple(reports), identity, sums, changed)
