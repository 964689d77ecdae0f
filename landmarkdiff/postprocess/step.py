"""The one signature of all finishing steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from landmarkdiff.arrays import ImageArray
from landmarkdiff.configuration import Configuration
from landmarkdiff.identity import IdentityCheck
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.wording import Message

__all__ = ["Canvas", "Step", "StepContext", "StepOutcome", "StepReport"]


@dataclass(frozen=True)
class Canvas:
    """A picture in the course of being finished, with what it came from.

    Attributes
    ----------
    photo : (H, W, 3) uint8 array
        The upright photo, RGB.
    warped : (H, W, 3) uint8 array
        The warp of the plan.
    picture : (H, W, 3) uint8 array
        The picture so far; the first step gets the raw one.
    mask : SurgicalMask
    face : FaceLandmarks
        Where the plan moves the landmarks: the face in ``warped`` and ``picture``.
    pixel : float
        Side of a pixel of the network in pixels of the photo; 0 where none painted.
    seed : int
    raw : (H, W, 3) uint8 array or None
        The raw picture, kept by ``finish`` for the identity check, which compares both.
    """

    photo: ImageArray
    warped: ImageArray
    picture: ImageArray
    mask: SurgicalMask
    face: FaceLandmarks
    pixel: float
    seed: int
    raw: ImageArray | None = None

    def with_picture(self, picture: ImageArray) -> Canvas:
        """Return the canvas with the next picture, (H, W, 3) uint8 RGB."""
        return replace(self, picture=picture)


def _nothing() -> None:
    """Let the work go on."""


@dataclass(frozen=True)
class StepContext:
    """What a step may use besides the canvas.

    Attributes
    ----------
    configuration : Configuration
    device : str
        Where networks run, as torch names it.
    keeps_plan : callable
        Whether a picture (H, W, 3) still shows the plan: the guard's reading.
    photo_landmarks : FaceLandmarks
        The face in the photo itself, for the identity check.
    pause : callable
        Called between the parts of a long step; what it raises ends the work.
    """

    configuration: Configuration
    device: str
    keeps_plan: Callable[[ImageArray], bool]
    photo_landmarks: FaceLandmarks
    pause: Callable[[], object] = _nothing


@dataclass(frozen=True)
class StepReport:
    """What became of one step.

    ``model`` is None for steps without a network; ``reasons`` say why it was skipped or what to
    know of it.
    """

    name: str
    applied: bool
    model: str | None = None
    reasons: tuple[Message, ...] = ()

    @property
    def reason(self) -> str | None:
        """The reasons as the result says them."""
        return "; ".join(map(str, self.reasons)) or None

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        return {
            "name": self.name,
            "applied": self.applied,
            "model": self.model,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class StepOutcome:
    """The picture after a step, its report, and what else came of it.

    Attributes
    ----------
    picture : (H, W, 3) uint8 array
    report : StepReport
    identity : IdentityCheck or None
        What the comparison of the person says.
    weights : mapping of str to str
        Name and SHA-256 of the model files that took part.
    effect : float
        Share of the step's full effect that was applied.
    pixels_changed_outside_mask : int
    warped : (H, W, 3) uint8 array or None
        What the picture is to be pasted into from now on, where the step changed that too.
    pixel : float or None
        What ``Canvas.pixel`` is from now on, where the step added finer details.
    """

    picture: ImageArray
    report: StepReport
    identity: IdentityCheck | None = None
    weights: Mapping[str, str] = field(default_factory=dict)
    effect: float = 1.0
    pixels_changed_outside_mask: int = 0
    warped: ImageArray | None = None
    pixel: float | None = None

    @classmethod
    def skipped(
        cls,
        canvas: Canvas,
        name: str,
        *reasons: Message,
        model: str | None = None,
    ) -> StepOutcome:
        """Return the picture as it was, of a step that was left out."""
        return cls(canvas.picture, StepReport(name, False, model, reasons))


Step = Callable[[Canvas, StepContext], StepOutcome]
