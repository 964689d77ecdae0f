"""What every generator is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, Literal, Protocol

from landmarkdiff.arrays import ImageArray
from landmarkdiff.configuration import DiffusionSettings
from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.procedures.plan import SurgicalPlan

__all__ = [
    "GenerationRequest",
    "Generator",
    "GeneratorRecord",
    "ModelRecord",
    "NetworkRecord",
    "OnStep",
    "PaintNumbers",
    "Painting",
    "StepProgress",
    "Unpainted",
    "check_seed",
]

#: Why a painting is the warped photo itself: the mode is the warp, the strength leaves the
#: network no step, or the mask no place.
Unpainted = Literal["nothing_painted", "strength_too_small", "mask_empty"]


@dataclass(frozen=True)
class PaintNumbers:
    """How a network paints; ranges are those of :data:`~landmarkdiff.configuration.NUMBERS`.

    Attributes
    ----------
    num_inference_steps : int
        10 to 100; 4 to 8 with a few-step LoRA.
    guidance_scale : float
        1 to 20.
    controlnet_conditioning_scale : float
        0 to 1.2; multiplies the scale of each ControlNet, whose sum stays within 1.2.
    strength : float
        0 to 1: how much of the start is painted over.
    """

    num_inference_steps: int
    guidance_scale: float
    controlnet_conditioning_scale: float
    strength: float

    @classmethod
    def of(cls, settings: DiffusionSettings) -> PaintNumbers:
        """Return the numbers of a configuration."""
        return cls(
            settings.num_inference_steps,
            settings.guidance_scale,
            settings.controlnet_conditioning_scale,
            settings.strength,
        )


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
    numbers : PaintNumbers
        Of no account where no network paints.
    """

    image: ImageArray
    warped: ImageArray
    mask: SurgicalMask
    source: FaceLandmarks
    target: FaceLandmarks
    plan: SurgicalPlan
    seed: int
    numbers: PaintNumbers

    def at_strength(self, strength: float) -> GenerationRequest:
        """Return the request with another strength."""
        return replace(self, numbers=replace(self.numbers, strength=strength))


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

    stage: Literal["loading", "painting"]
    done: int
    total: int
    preview: ImageArray | None = None


#: Called at every step; what it raises ends the work.
OnStep = Callable[[StepProgress], object]


@dataclass(frozen=True)
class GeneratorRecord:
    """How a picture was made: ``generator`` of ``result.json``.

    Attributes
    ----------
    mode : str
    """

    mode: str

    @property
    def network(self) -> NetworkRecord | None:
        """The same with the facts of the network, where one takes part."""
        return None

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON-ready data."""
        return {"mode": self.mode}


@dataclass(frozen=True)
class ModelRecord:
    """A model that took part; no path of this machine.

    Attributes
    ----------
    kind, name : str
        In the catalogue's words; the name of its own file or folder where it is not in there.
    sha256 : mapping of str to str
        Sum of every file that is loaded, by name.
    repository, revision : str or None
        Where a model of the catalogue comes from.
    """

    kind: str
    name: str
    sha256: Mapping[str, str]
    repository: str | None = None
    revision: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON-ready data."""
        origin = {"repository": self.repository, "revision": self.revision}
        facts: dict[str, Any] = {"kind": self.kind, "name": self.name}
        return facts | (origin if self.repository else {}) | {"sha256": dict(self.sha256)}


@dataclass(frozen=True)
class NetworkRecord(GeneratorRecord):
    """How a network painted; every network says at least this.

    Attributes
    ----------
    models : tuple of ModelRecord
    licence_policy : str
    device : str
        Its title.
    precision : str
    numbers : PaintNumbers
    steps_run : int
        Steps that the network worked; 0 where nothing was painted.
    seed : int
    batch : int
        Pictures that were painted together; 0 where nothing was painted.
    unpainted : str or None
        Why nothing was painted.
    """

    models: tuple[ModelRecord, ...]
    licence_policy: str
    device: str
    precision: str
    numbers: PaintNumbers
    steps_run: int
    seed: int
    batch: int
    unpainted: Unpainted | None

    @property
    def network(self) -> NetworkRecord:
        """The record itself."""
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON-ready data."""
        facts = {
            **super().to_dict(),
            "models": [model.to_dict() for model in self.models],
            "licence_policy": self.licence_policy,
            "device": self.device,
            "precision": self.precision,
            "steps": self.numbers.num_inference_steps,
            "steps_run": self.steps_run,
            "guidance_scale": self.numbers.guidance_scale,
            "strength": self.numbers.strength,
            "seed": self.seed,
            "batch": self.batch,
        }
        return facts if self.unpainted is None else {**facts, "reason": self.unpainted}


@dataclass(frozen=True)
class Painting:
    """What a generator made of one request.

    Attributes
    ----------
    picture : (H, W, 3) uint8 array
        The raw picture at the photo's size: the warped photo with the network's square, as it
        came, in its place. The warped photo itself where no network painted.
    record : GeneratorRecord
    pixel : float
        Side of a pixel of the network in pixels of the photo: details finer than this are not
        the network's. 0 where no network painted.
    square : (x, y, side) of float or None
        Where the network's square lies in the photo, pixels.
    unpainted : str or None
        Why no network painted.
    """

    picture: ImageArray
    record: GeneratorRecord
    pixel: float = 0.0
    square: tuple[float, float, float] | None = None
    unpainted: Unpainted | None = None


class Generator(Protocol):
    """Turns requests into raw pictures."""

    @property
    def device(self) -> str:
        """Where its networks run, as torch names it."""

    def load(self, on_step: OnStep | None = None) -> None:
        """Load what the mode needs; may be called again."""

    def check(self, numbers: PaintNumbers) -> None:
        """Raise ParameterError for numbers that it does not bear."""

    def __call__(
        self, requests: Sequence[GenerationRequest], on_step: OnStep | None = None
    ) -> list[Painting]:
        """Paint all requests as one batch; one painting for each, in their order."""

    def weights(self) -> Mapping[str, str]:
        """Return name and SHA-256 of every model file that takes part."""


def check_seed(seed: int) -> None:
    """Raise ParameterError for a seed that is out of range."""
    if isinstance(seed, bool) or not isinstance(seed, Integral) or not 0 <= seed < 2**63:
        raise ParameterError("seed_out_of_range", value=str(seed))
