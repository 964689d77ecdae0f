"""The one signature of all generators, and the choice among them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.errors import ModeUnavailableError, ParameterError
from landmarkdiff.warping import DisplacementField

__all__ = ["MODES", "GenerationRequest", "Generator", "create_generator"]

#: Every mode that the product knows, by name.
MODES = ("tps", "img2img", "controlnet", "controlnet_ip")
#: What the repainting modes need beside the base installation.
DIFFUSION_PACKAGES = ("torch", "diffusers", "transformers")


@dataclass(frozen=True)
class GenerationRequest:
    """What a generator is given.

    Attributes
    ----------
    image : (H, W, 3) uint8 array
        The upright photo, RGB.
    warped : (H, W, 3) uint8 array
        The photo after the warp of the plan: where every mode starts.
    field : DisplacementField
    coverage : (rows, columns) uint8 array
        The surgical mask on the field's grid.
    seed : int
    """

    image: NDArray[np.uint8]
    warped: NDArray[np.uint8]
    field: DisplacementField
    coverage: NDArray[np.uint8]
    seed: int


class Generator(Protocol):
    """Turns a request into the raw picture: (H, W, 3) uint8 RGB, the photo's size."""

    name: str

    def load(self) -> None:
        """Load what the mode needs; may be called again."""

    def __call__(self, request: GenerationRequest) -> NDArray[np.uint8]:
        """Generate the raw picture."""


def create_generator(mode: str) -> Generator:
    """Return the generator of a mode.

    Raises
    ------
    ParameterError
        No mode has this name.
    ModeUnavailableError
        The mode cannot run here; the sentence says what is missing.
    """
    if mode not in MODES:
        raise ParameterError("unknown mode", value=mode, allowed=MODES)
    if mode == "tps":
        from landmarkdiff.generators.tps import TpsGenerator

        return TpsGenerator()
    missing = [name for name in DIFFUSION_PACKAGES if find_spec(name) is None]
    lacks = f"the packages {', '.join(missing)} and " if missing else ""
    raise ModeUnavailableError(
        f"the mode {mode} lacks {lacks}its generator, which this version does not contain",
        allowed="tps",
        fix="use the mode tps",
    )
