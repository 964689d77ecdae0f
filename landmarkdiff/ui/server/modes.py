"""Which modes can run here, looked up once, and what the page has to know to offer them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from landmarkdiff.configuration import FEW_STEPS, NUMBERS, STEPS, Configuration
from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.generators import MODES, create_generator, find_mode
from landmarkdiff.runtime.device import choose_device

if TYPE_CHECKING:
    from landmarkdiff.texts import Texts
    from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["ModeState", "find_modes", "mode_choices", "mode_note", "paint_fields"]


@dataclass(frozen=True)
class ModeState:
    """A mode, and why it cannot run here.

    Attributes
    ----------
    name : str
    refusal : LandmarkDiffError or None
    """

    name: str
    refusal: LandmarkDiffError | None


def find_modes(configuration: Configuration) -> tuple[ModeState, ...]:
    """Return every mode and whether it can run with this configuration; no model is loaded.

    Whether a device that was named is there, only torch knows, which then is imported.
    """
    device = _device_refusal(configuration)
    states = []
    for name, mode in MODES.items():
        refusal = device if mode.paints else None
        try:
            create_generator(name, configuration)
        except LandmarkDiffError as error:  # a package, a model, a licence, a wrong setting
            refusal = error.with_traceback(None)
        states.append(ModeState(name, refusal))
    return tuple(states)


def _device_refusal(configuration: Configuration) -> LandmarkDiffError | None:
    """Why the named device or precision cannot be used; None where none is named."""
    settings = configuration.diffusion
    if settings.device in ("auto", "cpu") and settings.precision in ("auto", "fp32"):
        return None
    try:
        choose_device(settings.device, settings.precision)
    except LandmarkDiffError as error:
        return error.with_traceback(None)
    return None


def mode_choices(texts: Texts, modes: Sequence[ModeState]) -> list[dict[str, Any]]:
    """Return every mode with its title and whom to ask where it cannot run here; for JSON.

    What is missing, and the command that brings it, ``landmarkdiff doctor`` says.
    """
    return [
        {
            "name": mode.name,
            "title": texts.mode(mode.name),
            "reason": None if mode.refusal is None else texts("mode.not_here"),
            "paints": MODES[mode.name].paints,
            "controlled": MODES[mode.name].controlled,
        }
        for mode in modes
    ]


def mode_note(settings: ConsultationSettings | None, texts: Texts) -> str:
    """Return in words which network repaints; nothing where none does."""
    if settings is None or not find_mode(settings.mode).paints:
        return ""
    return texts("mode.used", mode=texts.mode(settings.mode))


def paint_fields(configuration: Configuration) -> list[dict[str, Any]]:
    """Return the numbers of the advanced settings: name, range, step, what they are if unset.

    ``name`` is the field of the consultation's settings and a key of the texts.
    """
    diffusion = configuration.diffusion
    low, high = STEPS if diffusion.few_step is None else FEW_STEPS
    numbers = (
        ("steps", low, high, 1, diffusion.num_inference_steps),
        ("guidance", *NUMBERS["guidance_scale"], 0.5, diffusion.guidance_scale),
        (
            "conditioning_scale",
            *NUMBERS["controlnet_conditioning_scale"],
            0.05,
            diffusion.controlnet_conditioning_scale,
        ),
        ("strength", *NUMBERS["strength"], 0.05, diffusion.strength),
    )
    return [
        {"name": name, "low": low, "high": high, "step": step, "default": default}
        for name, low, high, step, default in numbers
    ]
