"""Step 1: face restoration, inside the mask and only as far as the plan stays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff import weights
from landmarkdiff.arrays import Float32Array, ImageArray
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import LicenceError, ModeUnavailableError
from landmarkdiff.notices import Reason
from landmarkdiff.postprocess.alignment import AlignedSquare
from landmarkdiff.postprocess.networks import DeviceMemoryError, Network, load_network
from landmarkdiff.postprocess.region import MaskRegion
from landmarkdiff.postprocess.step import Canvas, StepContext, StepOutcome, StepReport
from landmarkdiff.wording import Message

__all__ = ["EFFECTS", "NAME", "Choice", "as_far_as_the_plan", "choose", "restore"]


NAME = "restore"
#: How much of the network's change is tried, one after the other.
EFFECTS = (1.0, 0.5, 0.25)
#: spandrel's name of each network's architecture; the better network first.
ARCHITECTURES = {"codeformer": "CodeFormer", "gfpgan": "GFPGAN"}
#: What is used where the licence policy forbids another one.
PERMISSIVE = "gfpgan"
#: Less of a change is tried only where all of it shows the same thing, seen at this many pixels:
#: a quarter of noise keeps the plan too.
LEAST_LIKENESS = 0.7
LIKENESS_SIDE = 96
#: Both networks take and give -1 to 1.
BLACK = -1.0


@dataclass(frozen=True)
class Choice:
    """A checkpoint, or none.

    Attributes
    ----------
    path : Path or None
    name : str or None
        Its name in the catalogue.
    architectures : tuple of str
        What it may hold.
    notes : tuple of Reason or error
        Why it is not the one that was asked for, or what is missing.
    """

    path: Path | None
    name: str | None = None
    architectures: tuple[str, ...] = ()
    notes: tuple[Message, ...] = ()


def restore(canvas: Canvas, context: StepContext) -> StepOutcome:
    """Restore the face with CodeFormer or GFPGAN.

    The network sees the aligned face at 512 pixels. What it changed is brought back to the
    photo inside the mask: in full, or by a half or a quarter, the most that keeps the plan.

    Raises
    ------
    WeightsCorruptError
        A checkpoint that is there cannot be used.
    WeightsMissingError
        The configured path leads nowhere.
    """
    settings = context.configuration.postprocess.restore
    if not settings.enabled:
        return StepOutcome.skipped(canvas, NAME, Reason("switched_off"))
    region = MaskRegion.of(canvas)
    if region is None:
        return StepOutcome.skipped(canvas, NAME, Reason("nothing_painted"))
    choice = choose(context.configuration)
    if choice.path is None:
        return StepOutcome.skipped(canvas, NAME, *choice.notes)
    square = AlignedSquare.of(canvas.face)
    seen = square.cut(canvas.picture)
    try:
        network = load_network(choice.path, context.device, choice.architectures)
        change = _restored(network, seen, settings.fidelity) - seen
    except (ModeUnavailableError, DeviceMemoryError) as error:
        return StepOutcome.skipped(canvas, NAME, error)
    model = choice.name or f"{network.architecture} ({network.file})"
    placed = square.carry_back(change, region.rows, region.columns)
    picture, effect = as_far_as_the_plan(canvas.picture, region, placed, context)
    if effect == 0.0:
        notes = (Reason("leaves_plan"), *choice.notes)
        return StepOutcome.skipped(canvas, NAME, *notes, model=model)
    notes = choice.notes
    if effect < 1.0:
        notes = (*notes, Reason.of("reduced", effect=effect, percent=100.0 * effect))
    report = StepReport(NAME, True, model, notes)
    # Less than the full change does not replace details finer than the first network's.
    finer = effect == 1.0 and square.pixel < canvas.pixel
    return StepOutcome(
        picture,
        report,
        weights={model: weights.sum_of(choice.path, None)},
        effect=effect,
        pixel=square.pixel if finer else None,
    )


def as_far_as_the_plan(
    picture: ImageArray, region: MaskRegion, change: Float32Array, context: StepContext
) -> tuple[ImageArray, float]:
    """Return the picture with the most of a change that keeps the plan, and how much that is.

    Parameters
    ----------
    picture : (H, W, 3) uint8 array, RGB
    region : MaskRegion
        Nothing is changed where its mask is zero.
    change : (h, w, 3) float32 array
        Over the region, -255 to 255.
    context : StepContext
        Its guard is asked for the full change, half and a quarter of it.

    Returns
    -------
    picture, effect
        The picture itself and 0 where even a quarter leaves the plan, or where the full change
        makes something else of the face: a share of that would keep the plan and be no better.
    """
    inside = region.inside
    for effect in EFFECTS:
        context.pause()
        changed = picture.copy()
        goal = region.of_picture(changed)
        for rows in region.strips():
            part = np.where(inside[rows, :, None], np.float32(effect) * change[rows], 0.0)
            goal[rows] = np.rint(np.clip(goal[rows] + part, 0.0, 255.0))
        if context.keeps_plan(changed):
            return changed, effect
        if effect == 1.0 and not _alike(region.of_picture(picture), goal, inside):
            break
    return picture, 0.0


def _alike(one: ImageArray, other: ImageArray, inside: NDArray[np.bool_]) -> bool:
    """Whether two pictures (h, w, 3) show the same thing, whatever their tone and texture."""
    factor = min(1.0, LIKENESS_SIDE / max(inside.shape))
    size = [max(1, round(side * factor)) for side in inside.shape[::-1]]
    small = [
        np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
        for values in (one.mean(axis=2, dtype=np.float32), other.mean(axis=2, dtype=np.float32))
    ]
    where = cv2.resize(inside.view(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    first, second = (values[where] - values[where].mean() for values in small)
    scale = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return scale == 0.0 or float((first * second).sum()) / scale > LEAST_LIKENESS


def choose(configuration: Configuration) -> Choice:
    """Return the checkpoint that settings and policy ask for, and that is here."""
    settings, policy = configuration.postprocess.restore, configuration.licence_policy
    wanted = tuple(ARCHITECTURES) if settings.model == "auto" else (settings.model,)
    notes: tuple[Message, ...] = ()
    try:
        if settings.path is not None:
            own = Reason.of("own_network", role="restoration")
            weights.permit_own(own, settings.commercial_use, policy)
            return Choice(settings.path, None, tuple(ARCHITECTURES[name] for name in wanted))
        if settings.model != "auto":
            weights.permit(settings.model, policy)
    except LicenceError as error:
        notes, wanted = (error,), (PERMISSIVE,)
    missing = list(notes)
    for name in wanted:
        if not _permitted(name, policy):
            continue
        if weights.locate(name) is not None:
            return Choice(weights.require(name), name, (ARCHITECTURES[name],), notes)
        missing.append(Reason.of("network_absent", name=name))
    return Choice(None, notes=tuple(missing))


def _permitted(name: str, policy: str) -> bool:
    return policy == "research" or weights.entry(name).commercial_use


def _restored(network: Network, seen: Float32Array, fidelity: float) -> Float32Array:
    """The aligned face as the network restores it: (512, 512, 3) float32, 0 to 255."""
    if network.architecture == ARCHITECTURES["codeformer"]:
        return network(seen, low=BLACK, weight=fidelity)
    # With the noise that the checkpoint keeps, so that equal pictures come out equal.
    return network(seen, low=BLACK, return_rgb=False, randomize_noise=False)
