"""The one signature of all generators, and the choice among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.types import ImageArray

__all__ = [
    "MODES",
    "GenerationRequest",
    "Generator",
    "OnStep",
    "Painting",
    "StepProgress",
    "create_generator",
]


#: Every mode that the product knows, by name.
MODES = ("tps", "img2img", "controlnet", "controlnet_ip")


@dataclass(frozen=True)
class GenerationRequest:
    """What a generator is given.

    Attributes
    ----------
    image : (H, W, 3) uint8 array
        The upright photo, RGB.
    warped : (H, W, 3) uint8 array
        The photo after the warp of the plan: where every mode starts.
    mask : SurgicalMask
        Where the picture may change.
    source, target : FaceLandmarks
        Landmarks of the photo, and where the plan moves them.
    plan : SurgicalPlan
        Its procedures bring their prompts.
    seed : int
    num_inference_steps : int
        10 to 100; 4 to 8 with a few-step LoRA.
    guidance_scale : float
        1 to 20.
    controlnet_conditioning_scale : float
        0 to 1.2; multiplies the scale of each ControlNet, whose sum stays within 1.2.
    strength : float
        0 to 1: how much of the start is painted over.
    """

    image: ImageArray
    warped: ImageArray
    mask: SurgicalMask
    source: FaceLandmarks
    target: FaceLandmarks
    plan: SurgicalPlan
    seed: int
    num_inference_steps: int = 30
    guidance_scale: float = 7.5
    controlnet_conditioning_scale: float = 1.0
    strength: float = 0.75


@dataclass(frozen=True)
class StepProgress:
    """Where a generator is.

    Attributes
    ----------
    stage : {"loading", "painting"}
    done, total : int
        Models loaded, or steps of the network.
    preview : (h, w, 3) uint8 array or None
        A small picture of the state, where a step preview is configured.
    """

    stage: str
    done: int
    total: int
    preview: ImageArray | None = None


#: Called at every step; what it raises ends the work.
OnStep = Callable[[StepProgress], object]


@dataclass(frozen=True)
class Painting:
    """What a generator made of one request.

    Attributes
    ----------
    picture : (H, W, 3) uint8 array
        The raw picture at the photo's size: the warped photo with the network's square, as it
        came, in its place. The warped photo itself where no network painted.
    pixel : float
        Side of a pixel of the network in pixels of the photo: details finer than this are not
        the network's. 0 where no network painted.
    square : (x, y, side) of float or None
        Where the network's square lies in the photo, pixels.
    record : mapping
        Facts of this painting for ``result.json``.
    """

    picture: ImageArray
    pixel: float = 0.0
    square: tuple[float, float, float] | None = None
    record: Mapping[str, Any] = field(default_factory=dict)


class Generator(Protocol):
    """Turns requests into raw pictures."""

    name: str

    def load(self, on_step: OnStep | None = None) -> None:
        """Load what the mode needs; may be called again."""

    def __call__(
        self, requests: Sequence[GenerationRequest], on_step: OnStep | None = None
    ) -> list[Painting]:
        """Paint all requests as one batch; one painting for each, in their order."""

    def weights(self) -> dict[str, str]:
        """Return name and SHA-256 of every model file that takes part."""


def create_generator(mode: str, configuration: Configuration | None = None) -> Generator:
    """Return the generator of a mode, not loaded yet.

    Raises
    ------
    ParameterError
        No mode has this name.
    ModeUnavailableError, LicenceError
        The mode cannot run here; the sentence says what is missing.
    """
    if mode not in MODES:
        raise ParameterError("unknown mode", value=mode, allowed=MODES)
    if mode == "tps":
        from landmarkdiff.generators.tps import TpsGenerator

        return TpsGenerator()
    from landmarkdiff.generators.diffusion import DiffusionGenerator

    return DiffusionGenerator(mode, configuration or Configuration.load())
