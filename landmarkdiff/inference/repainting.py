"""From warped photos to finished pictures: paint, guard, finish, or take the warp.

What a network paints is kept only while it shows the plan, is still the patient, and has left
every pixel outside the mask alone. What does not is painted again with less strength, and at
last the warp is returned, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from landmarkdiff.arrays import ImageArray
from landmarkdiff.configuration import Configuration
from landmarkdiff.generators import (
    GenerationRequest,
    Generator,
    OnStep,
    Painting,
    PaintNumbers,
    StepProgress,
)
from landmarkdiff.identity import IdentityCheck, check_identity
from landmarkdiff.inference.prediction import PaintedPicture, PaintingRecord
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import WarpedPlan
from landmarkdiff.notices import Reason
from landmarkdiff.postprocess import STEPS, Canvas, FinishResult, StepContext, StepReport, finish
from landmarkdiff.verification.geometry import GuardReading, read_guard
from landmarkdiff.verification.geometry_record import GuardAttempt, GuardRecord, Refusal
from landmarkdiff.verification.registration import changed_outside

__all__ = ["compare_person", "repaint", "with_identity"]

#: Why no step was applied to a warp that stands in for a refused painting.
WARP_RETURNED = "warp_returned"
#: Steps that run even without finishing: the composite, and what is measured in it.
COMPOSITE = ("blend", "identity")


def repaint(
    generator: Generator,
    prepared: PreparedFace,
    warps: Sequence[WarpedPlan],
    configuration: Configuration,
    *,
    numbers: PaintNumbers,
    seed: int,
    postprocess: bool = True,
    on_step: OnStep | None = None,
) -> list[PaintedPicture]:
    """Paint all plans of one photo as one batch, and again those that were refused.

    Parameters
    ----------
    generator : Generator
        Loaded.
    prepared : PreparedFace
        The photo that all warps come from.
    warps : sequence of WarpedPlan
    configuration : Configuration
    numbers : PaintNumbers
    seed : int
        The same for all.
    postprocess : bool
        Without it, the painting is only composed with the photo, and checked.
    on_step : callable, optional
        Called at every step of the network and of finishing; what it raises ends the work.

    Returns
    -------
    list of PaintedPicture
        In the order of the plans.
    """

    def pause() -> None:
        if on_step is not None:  # all steps are done; finishing can be ended here
            on_step(StepProgress("painting", 1, 1))

    only = None if postprocess else COMPOSITE
    judges = []
    for warp in warps:
        request = GenerationRequest(
            image=prepared.image,
            warped=warp.warped,
            mask=warp.mask,
            source=prepared.landmarks,
            target=warp.target,
            plan=warp.plan,
            seed=seed,
            numbers=numbers,
        )
        judges.append(_Judge(prepared, warp, request, configuration, generator.device, only, pause))
    pending = judges
    for _ in range(configuration.guard.retries + 1):
        paintings = generator([judge.request for judge in pending], on_step)
        judged = zip(pending, paintings, strict=True)
        pending = [judge for judge, painting in judged if not judge.accepts(painting)]
        for judge in pending:
            judge.weaken()
        if not pending:
            break
    return [judge.verdict() for judge in judges]


class _Judge:
    """Judges the paintings of one plan and keeps what was found."""

    def __init__(
        self,
        prepared: PreparedFace,
        warp: WarpedPlan,
        request: GenerationRequest,
        configuration: Configuration,
        device: str,
        only: Sequence[str] | None,
        pause: Callable[[], None],
    ) -> None:
        self.request = request
        self._prepared = prepared
        self._warp = warp
        self._configuration = configuration
        self._context = StepContext(
            configuration, device, self._keeps_plan, prepared.landmarks, pause
        )
        self._pause = pause
        self._only = only
        self._history: list[GuardAttempt] = []
        self._painting: Painting | None = None
        self._reading: GuardReading | None = None
        self._finished: FinishResult | None = None

    def accepts(self, painting: Painting) -> bool:
        """Finish a painting and tell whether it may be shown."""
        self._painting, self._finished = painting, None
        if painting.unpainted is not None:
            # A weaker attempt that has no step left mends nothing.
            return not self._history
        painting = self._painting = replace(painting, picture=self._with_front(painting.picture))
        self._pause()
        reading = self._reading = self._read(painting.picture)
        raw = self._compare(raw=painting.picture)
        finished: FinishResult | None = None
        refusal: Refusal | None = None
        if reading.verdict != "kept":
            refusal = reading.verdict
        elif raw.flagged:
            refusal = "identity"
        else:
            finished = self._finish(painting)
            refusal = self._fault(finished)
        strength = self.request.numbers.strength
        self._history.append(GuardAttempt(strength, reading, raw.similarity_raw, refusal))
        self._finished = finished if refusal is None else None
        return refusal is None

    def weaken(self) -> None:
        """Ask for less strength the next time."""
        strength = self.request.numbers.strength * self._configuration.guard.strength_factor
        self.request = self.request.at_strength(strength)

    def verdict(self) -> PaintedPicture:
        """Return what became of the plan after its last painting."""
        painting, reading = self._painting, self._reading
        if painting is None:
            raise RuntimeError("nothing was painted yet")
        if reading is None:
            return self._unpainted(painting)
        guard = GuardRecord.of(reading, tuple(self._history), self._configuration.guard)
        if self._finished is None:
            # The verdict is on what is shown, the warp; what was refused keeps its similarity.
            identity = self._compare(composite=self._warp.warped)
            similarity = self._history[-1].similarity
            identity = replace(identity, similarity_raw=similarity, raw_refused=True)
            steps = _skipped(WARP_RETURNED, identity)
            record = PaintingRecord(painting.record, steps, identity, guard)
            return PaintedPicture(self._warp.warped, painting.picture, record)
        record = PaintingRecord(
            painting.record,
            self._finished.steps,
            self._identity_of(self._finished),
            guard,
            self._finished.weights,
        )
        return PaintedPicture(self._finished.picture, painting.picture, record)

    def _unpainted(self, painting: Painting) -> PaintedPicture:
        """The warp as the finished picture, where no network had anything to do."""
        reason: Literal["nothing_painted", "too_weak"] = "nothing_painted"
        if painting.unpainted == reason:
            identity = IdentityCheck.not_run(Reason("not_verified"), self._configuration.identity)
        else:
            reason = "too_weak"
            identity = self._compare(composite=self._warp.warped)
        guard = GuardRecord.not_run(reason, self._configuration.guard)
        record = PaintingRecord(painting.record, _skipped(reason, identity), identity, guard)
        return PaintedPicture(painting.picture, painting.picture, record)

    def _finish(self, painting: Painting) -> FinishResult:
        canvas = Canvas(
            photo=self._prepared.image,
            warped=self._warp.warped,
            picture=painting.picture,
            mask=self._warp.mask,
            face=self._warp.target,
            pixel=painting.pixel,
            seed=self.request.seed,
        )
        finished = finish(canvas, self._context, only=self._only)
        return replace(finished, picture=self._with_front(finished.picture))

    def _with_front(self, picture: ImageArray) -> ImageArray:
        """A picture in which what lies in front of the face is the photo's."""
        front = self._warp.front
        return picture if front is None else front.kept_in(picture, self._warp.warped)

    def _fault(self, finished: FinishResult) -> Refusal | None:
        """Why a finished picture may not be shown; None where it may."""
        reading = self._read(finished.picture)
        if reading.verdict != "kept":
            return reading.verdict
        if self._identity_of(finished).flagged:
            return "identity"
        widened = any(step.name == "background" and step.applied for step in finished.steps)
        mask = self._warp.mask.full()
        if not widened and changed_outside(self._prepared.image, finished.picture, mask):
            return "outside"
        return None

    def _read(self, picture: ImageArray) -> GuardReading:
        return read_guard(
            self._warp.warped,
            picture,
            self._warp.mask,
            self._warp.target,
            self._warp.deformation.carrying,
            self._configuration.guard,
            readable=self._warp.readable,
        )

    def _keeps_plan(self, picture: ImageArray) -> bool:
        return self._read(picture).ok

    def _compare(
        self, *, raw: ImageArray | None = None, composite: ImageArray | None = None
    ) -> IdentityCheck:
        return compare_person(
            self._prepared, self._warp.target, self._configuration, raw=raw, composite=composite
        )

    def _identity_of(self, finished: FinishResult) -> IdentityCheck:
        """What the identity step found, or that it was switched off."""
        return finished.identity or IdentityCheck.not_run(
            Reason("switched_off"), self._configuration.identity
        )


def compare_person(
    prepared: PreparedFace,
    target: FaceLandmarks,
    configuration: Configuration,
    *,
    raw: ImageArray | None = None,
    composite: ImageArray | None = None,
) -> IdentityCheck:
    """Compare pictures with the photo they come from, whose embedding is made once.

    Parameters
    ----------
    prepared : PreparedFace
    target : FaceLandmarks
        The face in the pictures.
    configuration : Configuration
    raw, composite : (H, W, 3) uint8 array, optional
        What a network painted, and the finished picture; RGB.
    """
    if not configuration.postprocess.identity.enabled:
        return IdentityCheck.not_run(Reason("switched_off"), configuration.identity)
    return check_identity(
        prepared.image,
        prepared.landmarks,
        target,
        configuration,
        raw=raw,
        composite=composite,
        cache=prepared.once,
    )


def with_identity(picture: PaintedPicture, identity: IdentityCheck) -> PaintedPicture:
    """Return an unpainted picture with the comparison of the person that was put off."""
    steps = tuple(
        _identity_report(identity) if step.name == "identity" else step
        for step in picture.record.postprocess
    )
    return replace(picture, record=replace(picture.record, identity=identity, postprocess=steps))


def _skipped(reason: str, identity: IdentityCheck) -> tuple[StepReport, ...]:
    """Report the steps of a warp: none was applied but the comparison of the person."""
    return tuple(
        _identity_report(identity)
        if name == "identity"
        else StepReport(name, False, None, (Reason(reason),))
        for name in STEPS
    )


def _identity_report(identity: IdentityCheck) -> StepReport:
    reasons = () if identity.reason is None else (identity.reason,)
    return StepReport("identity", identity.verdict is not None, identity.model, reasons)
