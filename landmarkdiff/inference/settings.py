"""How a repainting mode is asked to paint."""

from __future__ import annotations

from dataclasses import dataclass, fields
from numbers import Integral

from landmarkdiff.arguments import finite, truth
from landmarkdiff.configuration import NUMBERS, Configuration
from landmarkdiff.errors import ParameterError
from landmarkdiff.generators import PaintNumbers

__all__ = ["PaintSettings"]


@dataclass(frozen=True)
class PaintSettings:
    """How a repainting mode paints; None takes the configuration's value.

    Attributes
    ----------
    num_inference_steps : int
        10 to 100; 4 to 8 with a few-step LoRA.
    guidance_scale : float
        1 to 20.
    controlnet_conditioning_scale : float
        0 to 1.2, over all ControlNets together.
    strength : float
        0 to 1.
    postprocess : bool
        Whether the finishing steps run; composition and checks always do.

    Raises
    ------
    ParameterError
        A value is outside its range; ``tps`` checks them too, and does not use them.
    """

    num_inference_steps: int | None = None
    guidance_scale: float | None = None
    controlnet_conditioning_scale: float | None = None
    strength: float | None = None
    postprocess: bool = True

    def __post_init__(self) -> None:
        steps = self.num_inference_steps
        if steps is not None and (isinstance(steps, bool) or not isinstance(steps, Integral)):
            raise ParameterError("steps_not_whole", value=str(steps))
        for name in NUMBERS:
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, finite(name, value, *NUMBERS[name]))
        if steps is not None:
            object.__setattr__(self, "num_inference_steps", int(steps))
        object.__setattr__(self, "postprocess", truth("postprocess", self.postprocess))

    def of(self, configuration: Configuration) -> PaintNumbers:
        """Return the numbers, those of the configuration where nothing else is set."""
        return PaintNumbers(
            **{
                field.name: getattr(configuration.diffusion, field.name)
                if getattr(self, field.name) is None
                else getattr(self, field.name)
                for field in fields(PaintNumbers)
            }
        )
