"""From warped photos to finished pictures: paint, guard, finish, or take the warp.

What a network paints is kept only while it shows the plan, is still the patient, and has left
every pixel outside the mask alone. What does not is painted again with less strength, and at
last the warp is returned, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.configuration import Configuration
from landmarkdiff.generators import GenerationRequest, Generator, OnStep, Painting, StepProgress
from landmarkdiff.identity import NETWORKS, IdentityCheck, check_identity
from landmarkdiff.inference.prediction import Painted
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.postprocess import STEPS, Canvas, Finished, StepContext, StepReport, finish
from landmarkdiff.types import ImageArray
from landmarkdiff.verification.geometry import GuardReading, read_guard
from landmarkdiff.verification.geometry_record import GuardRecord
from landmarkdiff.verification.registration import changed_outside

__all__ = ["Subject", "compare_person", "not_compared", "repaint", "unpainted"]


#: Why nothing was guarded or finished: the mode is the warp itself ...
NOTHING_PAINTED = "nothing_painted"
#: ... or the strength leaves the network no step, or the mask no place.
TOO_WEAK = "too_weak"
#: Why no step was applied to a warp that stands in for a refused painting.
WARP_RETURNED = "warp_returned"
#: Steps that run even without finishing: the composite, and what is measured in it.
COMPOSITE = ("blend", "identity")


@dataclass(frozen=True)
class Subject:
    """One picture to be painted, with what is needed to judge it.

    Attributes
    ----------
    request : GenerationRequest
    landmarks : (n,) int array
        The landmarks that carry the plan.
    readable : (478,) bool array
        Landmarks that can be read in the picture.
    """

    request: GenerationRequest
    landmarks: NDArray[np.intp]
    readable: NDArray[np.bool_]


def unpainted(
    warped: ImageArray,
    identity: Mapping[str, Any],
    generator: Mapping[str, Any],
    configuration: Configuration,
    reason: str = NOTHING_PAINTED,
) -> Painted:
    """Return a warp as the finished picture, where nothing was painted.

    Parameters
    ----------
    warped : (H, W, 3) uint8 array
    identity, generator : mapping
        Records for the result.
    configuration : Configuration
    reason : {"nothing_painted", "too_weak"}
    """
    return Painted(
        image=warped,
        raw=warped,
        generator=generator,
        postprocess=_skipped(reason, identity),
        identity=identity,
        guard=GuardRecord.not_run(reason, configuration.guard).to_dict(),
    )


def repaint(
    generator: Generator,
    prepared: PreparedFace,
    subjects: Sequence[Subject],
    configuration: Configuration,
    *,
    device: str = "cpu",
    postprocess: bool = True,
    on_step: OnStep | None = None,
) -> list[Painted]:
    """Paint all subjects of one photo as one batch, and again those that were refused.

    Parameters
    ----------
    generator : Generator
        Loaded.
    prepared : PreparedFace
        The photo that all subjects come from.
    subjects : sequence of Subject
    configuration : Configuration
    device : str
        Where the networks of the finishing steps run, as torch names it.
    postprocess : bool
        Without it, the painting is only composed with the photo, and checked.
    on_step : callable, optional
        Called at every step of the network and of finishing; what it raises ends the work.

    Returns
    -------
    list of Painted
        In the order of the subjects.
    """

    def pause() -> None:
        if on_step is not None:  # all steps are done; finishing can be ended here
            on_step(StepProgress("painting", 1, 1))

    judges = [_Judge(prepared, s, configuration, device, postprocess, pause) for s in subjects]
    strengths = [subject.request.strength for subject in subjects]
    pending = list(range(len(subjects)))
    for _ in range(configuration.guard.retries + 1):
        requests = [replace(subjects[i].request, strength=strengths[i]) for i in pending]
        paintings = generator(requests, on_step)
        refused = []
        for i, painting in zip(pending, paintings, strict=True):
            if not judges[i].accepts(painting, strengths[i]):
                refused.append(i)
                strengths[i] *= configuration.guard.strength_factor
        pending = refused
        if not pending:
            break
    return [judge.verdict() for judge in judges]


class _Judge:
    """Judges the paintings of one subject and keeps what was found."""

    def __init__(
        self,
        prepared: PreparedFace,
        subject: Subject,
        configuration: Configuration,
        device: str,
        postprocess: bool,
        pause: Callable[[], None],
    ) -> None:
        self._prepared = prepared
        self._subject = subject
        self._configuration = configuration
        self._context = StepContext(
            configuration, device, self._keeps_plan, prepared.landmarks, pause
        )
        self._pause = pause
        self._only = None if postprocess else COMPOSITE
        self._history: list[dict[str, Any]] = []
        self._painting: Painting | None = None
        self._reading: GuardReading | None = None
        self._finished: Finished | None = None
        self._reason: str | None = None

    def accepts(self, painting: Painting, strength: float) -> bool:
        """Finish a painting and tell whether it may be shown."""
        self._painting, self._reason, self._finished = painting, None, None
        if painting.pixel == 0.0:
            if self._history:  # a weaker attempt that has no step left mends nothing
                self._reason = self._history[-1]["refused_for"]
                return False
            self._reason = TOO_WEAK
            return True
        self._pause()
        reading = self._reading = self._read(painting.picture)
        raw = self._compare({"raw": painting.picture})
        finished: Finished | None = None
        if not reading.ok:
            self._reason = reading.verdict
        elif raw["verdict"] == "flagged":
            self._reason = "identity"
        else:
            finished = self._finish(painting)
            self._reason = self._fault(finished)
        self._history.append(
            {
                "strength": round(strength, 4),
                **reading.to_dict(),
                "similarity": raw["similarity_raw"],
                "refused_for": self._reason,
            }
        )
        self._finished = None if self._reason else finished
        return self._reason is None

    def verdict(self) -> Painted:
        """Return what became of the subject after its last painting."""
        painting, request = self._painting, self._subject.request
        if painting is None:
            raise RuntimeError("nothing was painted yet")
        reading = self._reading
        if reading is None:  # at this strength the network had nothing to do
            identity = self._compare({"composite": request.warped})
            return unpainted(
                request.warped, identity, painting.record, self._configuration, TOO_WEAK
            )
        guard = GuardRecord.of(
            reading,
            attempts=len(self._history),
            verdict="passed" if self._finished is not None else "refused",
            reason=self._reason,
            history=tuple(self._history),
        ).to_dict()
        if self._finished is None:
            # The verdict is on what is shown, the warp; what was refused keeps its similarity.
            identity = self._compare({"composite": request.warped})
            identity["similarity_raw"] = self._history[-1]["similarity"]
            return Painted(
                image=request.warped,
                raw=painting.picture,
                generator=painting.record,
                postprocess=_skipped(WARP_RETURNED, identity),
                identity=identity,
                guard=guard,
            )
        return Painted(
            image=self._finished.picture,
            raw=painting.picture,
            generator={**painting.record, "finishing_weights": dict(self._finished.weights)},
            postprocess=tuple(step.to_dict() for step in self._finished.steps),
            identity=self._identity_of(self._finished),
            guard=guard,
        )

    def _finish(self, painting: Painting) -> Finished:
        request = self._subject.request
        canvas = Canvas(
            photo=request.image,
            warped=request.warped,
            picture=painting.picture,
            mask=request.mask,
            face=request.target,
            pixel=painting.pixel,
            seed=request.seed,
        )
        return finish(canvas, self._context, only=self._only)

    def _fault(self, finished: Finished) -> str | None:
        """Why a finished picture may not be shown; None where it may."""
        request = self._subject.request
        reading = self._read(finished.picture)
        if not reading.ok:
            return reading.verdict
        if self._identity_of(finished)["verdict"] == "flagged":
            return "identity"
        widened = any(step.name == "background" and step.applied for step in finished.steps)
        if not widened and changed_outside(request.image, finished.picture, request.mask.full()):
            return "outside"
        return None

    def _read(self, picture: ImageArray) -> GuardReading:
        subject, request = self._subject, self._subject.request
        return read_guard(
            request.warped,
            picture,
            request.mask,
            request.target,
            subject.landmarks,
            self._configuration.guard,
            readable=subject.readable,
        )

    def _keeps_plan(self, picture: ImageArray) -> bool:
        return self._read(picture).ok

    def _compare(self, pictures: dict[str, ImageArray]) -> dict[str, Any]:
        return compare_person(
            self._prepared, pictures, self._subject.request.target, self._configuration
        )

    def _identity_of(self, finished: Finished) -> Mapping[str, Any]:
        """What the identity step found, or that it was switched off."""
        return finished.facts.get("identity") or not_compared("switched_off", self._configuration)


def compare_person(
    prepared: PreparedFace,
    pictures: Mapping[str, ImageArray],
    target: Any,
    configuration: Configuration,
) -> dict[str, Any]:
    """Return the identity record of pictures of a photo; its embedding is made once."""
    if not configuration.postprocess.identity.enabled:
        return not_compared("switched_off", configuration)
    return check_identity(
        prepared.image,
        prepared.landmarks,
        pictures,
        target,
        configuration,
        cache=prepared.once,
    ).to_dict()


def not_compared(reason: str, configuration: Configuration) -> dict[str, Any]:
    """Return the identity record of a picture that was not compared with the photo."""
    network = NETWORKS[configuration.identity.model]
    own = configuration.identity.threshold
    threshold = network.threshold if own is None else own
    check = IdentityCheck(network.name, {}, threshold, network.published_threshold, None, reason)
    return check.to_dict()


def _skipped(reason: str, identity: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Report the steps of a warp: none was applied but the comparison of the person."""
    return tuple(
        StepReport(
            name, identity["verdict"] is not None, identity["model"], identity["reason"]
        ).to_dict()
        if name == "identity"
        else StepReport(name, False, None, reason).to_dict()
        for name in STEPS
    )
