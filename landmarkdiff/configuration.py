"""The configuration of repainting: models, licence policy, device, finishing steps, guard.

Everything has a default; a YAML file changes what it names (``--config``, or the file that
``LANDMARKDIFF_CONFIG`` names). Unknown keys fail. Paths in the file are relative to it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from landmarkdiff.data_files import YamlError, anchored, parse_foreign_yaml, read_foreign_text
from landmarkdiff.errors import ParameterError
from landmarkdiff.weights.catalogue import Drawing, Scheduler
from landmarkdiff.weights.policy import LicencePolicy

__all__ = [
    "CONFIG_VARIABLE",
    "FEW_STEPS",
    "MAX_CONDITIONING_SCALE",
    "NUMBERS",
    "STEPS",
    "BackgroundSettings",
    "BlendSettings",
    "ColourSettings",
    "Configuration",
    "ControlNetChoice",
    "DiffusionSettings",
    "FewStepChoice",
    "GuardSettings",
    "IdentitySettings",
    "LatoChoice",
    "ModelChoice",
    "PostprocessSettings",
    "RestoreSettings",
    "SharpenSettings",
    "check_number",
    "read_configuration_file",
]

#: A configuration that names everything has a few kilobytes.
_MOST_BYTES = 1 << 20
#: Names a configuration file for every command.
CONFIG_VARIABLE = "LANDMARKDIFF_CONFIG"
#: Scales of all ControlNets together; beyond, colours saturate.
MAX_CONDITIONING_SCALE = 1.2
#: Steps without and with a few-step LoRA.
STEPS = (10, 100)
FEW_STEPS = (4, 8)
#: Least and greatest value of every number that a network paints with.
NUMBERS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "num_inference_steps": (FEW_STEPS[0], STEPS[1]),
        "guidance_scale": (1.0, 20.0),
        "controlnet_conditioning_scale": (0.0, MAX_CONDITIONING_SCALE),
        "strength": (0.0, 1.0),
    }
)


def check_number(name: str, value: float, limits: tuple[float, float] | None = None) -> None:
    """Raise ParameterError for a number outside its limits, by default those of ``NUMBERS``."""
    low, high = limits or NUMBERS[name]
    wrong = isinstance(value, bool) or not isinstance(value, int | float)
    if wrong or not math.isfinite(value) or not low <= value <= high:
        raise ParameterError("out_of_range", quantity=name, value=value, low=low, high=high)


def _within(name: str) -> Any:
    low, high = NUMBERS[name]
    return Field(ge=low, le=high)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ModelChoice(_Strict):
    """A model: by its name in the catalogue, or a folder or file of one's own.

    Attributes
    ----------
    name : str or None
        Name in the catalogue.
    path : Path or None
        A local folder in the layout of ``from_pretrained``, or a single checkpoint file.
    subfolder : str or None
        Of a local folder.
    commercial_use : bool
        Whether the licence of a local model allows commercial use; its owner knows.
    """

    name: str | None = None
    path: Path | None = None
    subfolder: str | None = None
    commercial_use: bool = True

    @model_validator(mode="after")
    def _one_origin(self) -> ModelChoice:
        if (self.name is None) == (self.path is None):
            raise ValueError("a model is either a name of the catalogue or a path of one's own")
        if self.path is None and (self.subfolder is not None or not self.commercial_use):
            raise ValueError("subfolder and commercial_use belong to a path of one's own")
        return self


class ControlNetChoice(ModelChoice):
    """A ControlNet with the drawing it was trained on and its conditioning scale.

    ``conditioning`` may be left out for a catalogue name, whose entry knows it. ``scale``, 0 to
    1.2, is the share of this ControlNet; the request's conditioning scale multiplies it.
    """

    conditioning: Drawing | None = None
    scale: Annotated[float, Field(ge=0.0, le=MAX_CONDITIONING_SCALE)] = 0.5

    @model_validator(mode="after")
    def _drawing_known(self) -> ControlNetChoice:
        if self.path is not None and self.conditioning is None:
            raise ValueError("a ControlNet of one's own needs its conditioning drawing")
        return self


class FewStepChoice(ModelChoice):
    """A few-step LoRA with the scheduler it was distilled for.

    ``scheduler`` may be left out for a catalogue name, whose entry knows it: DDIM with trailing
    time steps (Hyper-SD), or that of latent consistency models.
    """

    scheduler: Scheduler | None = None

    @model_validator(mode="after")
    def _scheduler_known(self) -> FewStepChoice:
        if self.path is not None and self.scheduler is None:
            raise ValueError("a few-step LoRA of one's own needs its scheduler")
        return self


class DiffusionSettings(_Strict):
    """How the repainting modes run.

    Attributes
    ----------
    base : ModelChoice
        Stable Diffusion 1.5, or a model of its layout.
    controlnets : tuple of ControlNetChoice
        One or two.
    ip_adapter, image_encoder : ModelChoice
        Identity adapter of ``controlnet_ip`` and the CLIP vision model that it reads.
    few_step : FewStepChoice or None
        A few-step LoRA; with it 4 to 8 steps are allowed.
    step_preview : ModelChoice or None
        TAESD, for small pictures while the network works.
    resolution : {512, 768}
        Side of the square that the network sees, pixels.
    device : {"auto", "cuda", "mps", "cpu"} or "cuda:N"
    precision : {"auto", "bf16", "fp16", "fp32"}
    cpu_offload : {"auto", True, False}
        ``auto`` offloads below 6 GB of device memory.
    compile, channels_last : bool
    max_batch : int
        Pictures that go through the network at once; more are painted one batch after another.
    ip_adapter_scale : float
    num_inference_steps, guidance_scale, controlnet_conditioning_scale, strength
        Used where a request does not say.
    """

    base: ModelChoice = ModelChoice(name="stable_diffusion_15")
    controlnets: Annotated[tuple[ControlNetChoice, ...], Field(min_length=1, max_length=2)] = (
        ControlNetChoice(name="controlnet_mediapipe_face", scale=0.5),
        ControlNetChoice(name="controlnet_depth", scale=0.5),
    )
    ip_adapter: ModelChoice = ModelChoice(name="ip_adapter_plus_face")
    image_encoder: ModelChoice = ModelChoice(name="ip_adapter_image_encoder")
    few_step: FewStepChoice | None = None
    step_preview: ModelChoice | None = None
    resolution: Literal[512, 768] = 512
    device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")] = "auto"
    precision: Literal["auto", "bf16", "fp16", "fp32"] = "auto"
    cpu_offload: bool | Literal["auto"] = "auto"
    compile: bool = False
    channels_last: bool = False
    max_batch: Annotated[int, Field(ge=1, le=64)] = 8
    ip_adapter_scale: Annotated[float, Field(ge=0.0, le=1.0)] = 0.6
    num_inference_steps: Annotated[int, _within("num_inference_steps")] = 30
    guidance_scale: Annotated[float, _within("guidance_scale")] = 7.5
    controlnet_conditioning_scale: Annotated[float, _within("controlnet_conditioning_scale")] = 1.0
    strength: Annotated[float, _within("strength")] = 0.75

    @model_validator(mode="after")
    def _scales_fit(self) -> DiffusionSettings:
        total = sum(item.scale for item in self.controlnets)
        if total > MAX_CONDITIONING_SCALE + 1e-9:
            raise ValueError(
                f"the scales of the ControlNets sum to {total:g}, "
                f"more than {MAX_CONDITIONING_SCALE:g}"
            )
        return self


class LatoChoice(_Strict):
    """The networks of the mode ``lato``, and how far it follows landmarks.

    Attributes
    ----------
    base : ModelChoice or None
        Folder of FLUX.2 klein base in diffusers' layout.
    trained : ModelChoice or None
        The file that ``landmarkdiff train lato-export`` wrote.
    guidance : float
        Weight of the landmarks, 1 to 10; 4 in the paper. That of the words is the request's.
    most_tokens : int
        Of a plan in words that are read.
    text_layers : tuple of int
        Layers of the language model whose states are read; these are klein's.
    """

    base: ModelChoice | None = None
    trained: ModelChoice | None = None
    guidance: Annotated[float, Field(ge=1.0, le=10.0)] = 4.0
    most_tokens: Annotated[int, Field(ge=8, le=512)] = 128
    text_layers: Annotated[tuple[int, ...], Field(min_length=1)] = (9, 18, 27)

    @model_validator(mode="after")
    def _one_file(self) -> LatoChoice:
        if self.trained is not None and self.trained.subfolder is not None:
            raise ValueError("lato.trained is one file and has no subfolder")
        return self


class RestoreSettings(_Strict):
    """Face restoration.

    ``model`` auto takes CodeFormer where the policy allows it, else GFPGAN. ``fidelity`` is
    CodeFormer's own weight, 0 to 1: toward 1 it keeps to what it sees.
    """

    enabled: bool = True
    model: Literal["auto", "codeformer", "gfpgan"] = "auto"
    path: Path | None = None
    commercial_use: bool = False
    fidelity: Annotated[float, Field(ge=0.0, le=1.0)] = 0.7


class BackgroundSettings(_Strict):
    """Real-ESRGAN outside the face, tile by tile (pixels); off, since it leaves the mask."""

    enabled: bool = False
    path: Path | None = None
    tile: Annotated[int, Field(ge=64, le=2048)] = 512


class ColourSettings(_Strict):
    """Skin tone matching in LAB."""

    enabled: bool = True


class SharpenSettings(_Strict):
    """Sharpening of the lightness L by ``amount``, 0 to 1, of what a blur takes from it."""

    enabled: bool = True
    amount: Annotated[float, Field(ge=0.0, le=1.0)] = 0.25


class BlendSettings(_Strict):
    """Laplacian pyramid blend; switched off, the picture is pasted by the feathered mask."""

    enabled: bool = True
    levels: Annotated[int, Field(ge=1, le=10)] = 6


class IdentityStepSettings(_Strict):
    """The identity check as the last finishing step."""

    enabled: bool = True


class PostprocessSettings(_Strict):
    """The six finishing steps in their order."""

    restore: RestoreSettings = RestoreSettings()
    background: BackgroundSettings = BackgroundSettings()
    colour: ColourSettings = ColourSettings()
    sharpen: SharpenSettings = SharpenSettings()
    blend: BlendSettings = BlendSettings()
    identity: IdentityStepSettings = IdentityStepSettings()


class IdentitySettings(_Strict):
    """Which network compares the person. ArcFace needs the research policy.

    ``threshold`` is a cosine similarity, -1 to 1; None takes the network's own. ``path`` is an
    ONNX file of one's own in place of the catalogue's, and ``commercial_use`` whether its licence
    allows that.
    """

    model: Literal["sface", "arcface"] = "sface"
    path: Path | None = None
    commercial_use: bool = False
    threshold: Annotated[float, Field(ge=-1.0, le=1.0)] | None = None


class GuardSettings(_Strict):
    """When a repainted picture is refused.

    Attributes
    ----------
    limit_mm : float
        Largest deviation from the plan at its landmarks, mm; or ``noise_factor`` times the noise
        of the registration, where that is more.
    altered_levels : float
        Largest difference of a few millimetres that no displacement explains, grey levels of 0
        to 255 in any channel.
    retries : int
        How often it is painted again, each time with ``strength_factor`` of the strength.
    """

    limit_mm: Annotated[float, Field(gt=0.0, le=2.0)] = 0.5
    noise_factor: Annotated[float, Field(ge=0.0, le=10.0)] = 3.0
    altered_levels: Annotated[float, Field(gt=0.0, le=255.0)] = 34.0
    retries: Annotated[int, Field(ge=0, le=2)] = 2
    strength_factor: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.7


class Configuration(_Strict):
    """Everything that can be set about repainting."""

    licence_policy: LicencePolicy = "commercial"
    diffusion: DiffusionSettings = DiffusionSettings()
    lato: LatoChoice = LatoChoice()
    postprocess: PostprocessSettings = PostprocessSettings()
    identity: IdentitySettings = IdentitySettings()
    guard: GuardSettings = GuardSettings()

    @classmethod
    def load(cls, path: str | Path | None = None) -> Configuration:
        """Read a configuration file; without a path, the one of the environment or defaults.

        Raises
        ------
        ParameterError
            One sentence: which file, which key, what is wrong.
        """
        if path is None:
            path = os.environ.get(CONFIG_VARIABLE) or None
        if path is None:
            return cls()
        path = Path(path).expanduser()
        return cls.from_dict(read_configuration_file(path), folder=path.parent)

    @classmethod
    def from_dict(cls, data: Any, folder: Path | None = None) -> Configuration:
        """Read a configuration from data; relative paths are under ``folder``."""
        if folder is not None:
            data = anchored(data, folder.resolve())
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_context=False)[0]
            where = ".".join(str(part) for part in problem["loc"]) or "the whole file"
            raise ParameterError(
                "configuration_invalid", where=where, problem=problem["msg"]
            ) from None

    def with_device(self, device: str) -> Configuration:
        """Return the configuration for another device ("auto", "cuda", "mps", "cpu")."""
        return self.from_dict(
            {**self.model_dump(), "diffusion": {**self.diffusion.model_dump(), "device": device}}
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as JSON-ready data."""
        return self.model_dump(mode="json")


def read_configuration_file(path: Path) -> Any:
    """Return the data of a YAML file; an empty one has none.

    Raises
    ------
    ParameterError
        The file cannot be read or is not YAML.
    """
    try:
        data = parse_foreign_yaml(read_foreign_text(path, _MOST_BYTES))
    except OSError as error:
        raise ParameterError(
            "configuration_unreadable", problem=error.strerror, path=str(path)
        ) from error
    except YamlError as error:
        raise ParameterError("configuration_not_yaml", path=str(path)) from error
    return {} if data is None else data
