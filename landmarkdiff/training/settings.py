"""What a training run is told: models, data, training, losses, validation, checkpoints.

A YAML file changes what it names, everything else has a default; an unknown key fails and the
nearest known one is suggested. Paths in the file are relative to it.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from landmarkdiff.configuration import (
    MAX_CONDITIONING_SCALE,
    Configuration,
    ModelChoice,
    read_configuration_file,
)
from landmarkdiff.data_files import anchored
from landmarkdiff.errors import ParameterError
from landmarkdiff.weights.catalogue import Drawing
from landmarkdiff.weights.policy import LicencePolicy

__all__ = [
    "CheckpointSettings",
    "DataSettings",
    "FitSettings",
    "LossSettings",
    "LossWeights",
    "ModelSettings",
    "PhasedSettings",
    "RunSettings",
    "Share",
    "Strict",
    "TrainingSettings",
    "ValidationSettings",
]

#: Keys of files and folders, which are relative to the file that names them.
_PATHS = (
    *("path", "shards", "latent_cache", "out", "identity_network", "perceptual_network"),
    *("edits", "base", "trained"),
)

Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Weight = Annotated[float, Field(ge=0.0)]


class Strict(BaseModel):
    """Refuses keys that it does not know, and cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ModelSettings(Strict):
    """Which networks are trained, and from what they start.

    Attributes
    ----------
    base : ModelChoice
        Stable Diffusion 1.5, or a model of its layout. A UNet of four channels sees the source
        photo outside the mask, as the app's inpainting shows it; one of nine channels has
        the photo without what the mask hides, and the mask, beside the noise as well; the app
        itself paints with four.
    controlnet : ModelChoice or None
        The ControlNet to start from; None begins as a copy of the UNet's encoder whose
        connections are zero.
    drawing : str
        The drawing that it reads.
    conditioning_scale : float
        Its share while it is trained, 0 to 1.2.
    method : {"controlnet", "lora", "full"}
        Train the ControlNet; a LoRA of the UNet's attention beside the ControlNet as it is; or
        ControlNet and UNet.
    lora_rank : int
    """

    base: ModelChoice = ModelChoice(name="stable_diffusion_15")
    controlnet: ModelChoice | None = None
    drawing: Drawing = "tessellation"
    conditioning_scale: Annotated[float, Field(gt=0.0, le=MAX_CONDITIONING_SCALE)] = 1.0
    method: Literal["controlnet", "lora", "full"] = "controlnet"
    lora_rank: Annotated[int, Field(ge=1, le=256)] = 16


class DataSettings(Strict):
    """Where the pairs come from.

    Attributes
    ----------
    shards : Path
        Folder of the data set that ``landmarkdiff data make`` wrote.
    size : int
        Side of a pair, pixels; a multiple of 64.
    seed : int
        Of the pairs.
    dropout : float
        Share of the pairs without their drawing, and of those without their prompt, so that
        guidance has something to compare.
    noise : float
        Spread of the drawn landmarks, percent of the distance of the outer corners of the eyes.
    augment : bool
        Imitate clinical cameras.
    pairs_per_photo : int
    kept_photos, loaders : int
        Photos that are kept ready at a time by a process that renders (15 MB each), and groups
        of so many that are gone through at once, best as many as workers. They are part of the
        order of the pairs: leave them when a run goes on.
    balanced : bool
        Visit the photos of every apparent tone alike often.
    learning : int
        Updates until the hardest pairs come; 0 has all from the start.
    workers : int
        Processes that render pairs; 0 renders in the training process.
    latent_cache : Path or None
        Folder in which the latents of untouched photos are kept; None keeps them in memory.
    """

    shards: Path = Path("data/shards")
    size: Annotated[int, Field(ge=64, le=1024, multiple_of=64)] = 512
    seed: Annotated[int, Field(ge=0, lt=1 << 63)] = 0
    dropout: Share = 0.1
    noise: Annotated[float, Field(ge=0.0, le=10.0)] = 0.0
    augment: bool = True
    pairs_per_photo: Positive = 64
    kept_photos: Positive = 64
    loaders: Positive = 4
    balanced: bool = False
    learning: Annotated[int, Field(ge=0)] = 0
    workers: Annotated[int, Field(ge=0, le=256)] = 4
    latent_cache: Path | None = None


class FitSettings(Strict):
    """How the networks are fitted.

    Attributes
    ----------
    learning_rate : float
        As it is at any batch size and number of devices.
    lr_scheduler : {"cosine", "constant"}
    warmup_steps, num_train_steps : int
        Updates of the weights, not passes of a batch.
    batch_size : int
        Pairs of a pass on one device.
    gradient_accumulation_steps : int
        Passes of an update. Pairs of an update: this times ``batch_size`` times the devices.
    mixed_precision : {"auto", "bf16", "fp32"}
        Numbers of the passes; the weights that are trained, their optimiser and their average
        are fp32 in any case. ``auto`` is bf16 on a graphics card that computes with it.
    device : str
    parallel : {"ddp", "fsdp2"}
        Several devices: a copy of the networks on each, or a share.
    ema_decay, ema_power : float
        The average's decay after n updates is ``min(ema_decay, 1 - n ** -ema_power)``.
    max_grad_norm, weight_decay : float
    gradient_checkpointing : bool
        Less memory, about a third more time.
    seed : int
    """

    learning_rate: Annotated[float, Field(gt=0.0, le=1.0)] = 1e-5
    lr_scheduler: Literal["cosine", "constant"] = "cosine"
    warmup_steps: Annotated[int, Field(ge=0)] = 500
    num_train_steps: Positive = 10_000
    batch_size: Positive = 4
    gradient_accumulation_steps: Positive = 4
    mixed_precision: Literal["auto", "bf16", "fp32"] = "auto"
    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$")] = "auto"
    parallel: Literal["ddp", "fsdp2"] = "ddp"
    ema_decay: Share = 0.9999
    ema_power: Annotated[float, Field(gt=0.0, le=1.0)] = 0.75
    max_grad_norm: Annotated[float, Field(gt=0.0)] = 1.0
    weight_decay: Weight = 0.01
    gradient_checkpointing: bool = False
    seed: Annotated[int, Field(ge=0, lt=1 << 63)] = 0


class LossWeights(Strict):
    """Weight of each term; 0 leaves it out."""

    diffusion: Annotated[float, Field(gt=0.0)] = 1.0
    landmark: Weight = 0.0
    identity: Weight = 0.0
    perceptual: Weight = 0.0


class LossSettings(Strict):
    """The terms of the loss.

    Attributes
    ----------
    weights : LossWeights
    image_terms_below : int
        Time step, 0 to 1000, below which the picture is decoded and compared: at more noise
        what the network expects is no picture. Of flow matching a thousandth of it is the share
        of noise.
    identity_network : Path or None
        IResNet of ArcFace's layout as safetensors, for the identity term.
    perceptual_network : Path or None
        AlexNet as torchvision publishes it, for LPIPS; None looks in the weights folders.
    """

    weights: LossWeights = LossWeights()
    image_terms_below: Annotated[int, Field(ge=1, le=1000)] = 200
    identity_network: Path | None = None
    perceptual_network: Path | None = None


class ValidationSettings(Strict):
    """How a run is judged while it goes on: always the same samples, noise and time steps.

    ``pictures`` of the ``samples`` are painted in ``inference_steps``, with the averaged weights.
    """

    every: Positive = 1000
    samples: Positive = 32
    pictures: Annotated[int, Field(ge=0, le=16)] = 4
    inference_steps: Annotated[int, Field(ge=1, le=100)] = 20


class CheckpointSettings(Strict):
    """Where a run is kept: a checkpoint ``every`` so many updates, ``best`` and ``latest`` kept."""

    out: Path = Path("checkpoints")
    every: Positive = 500
    best: Annotated[int, Field(ge=0)] = 3
    latest: Positive = 5


class RunSettings(Strict):
    """What every kind of run is told: how it is fitted, judged and kept."""

    training: FitSettings = FitSettings()
    validation: ValidationSettings = ValidationSettings()
    checkpoints: CheckpointSettings = CheckpointSettings()

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a configuration file.

        Raises
        ------
        ParameterError
            One sentence: which file, which key, what is wrong.
        """
        path = Path(path).expanduser()
        return cls.from_dict(read_configuration_file(path), folder=path.parent)

    @classmethod
    def from_dict(cls, data: Any, folder: Path | None = None) -> Self:
        """Read a configuration from data; relative paths are under ``folder``."""
        if folder is not None:
            data = anchored(data, folder.resolve(), _PATHS)
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise _refusal(error, cls) from None

    def changed(self, changes: dict[str, Any]) -> Self:
        """Return the configuration with other values for dotted keys, as in a grid.

        Raises
        ------
        ParameterError
        """
        data = self.to_dict()
        for key, value in changes.items():
            place = data
            *parts, last = key.split(".")
            for part in parts:
                place = place.setdefault(part, {})
                if not isinstance(place, dict):
                    raise ParameterError("training_key_unknown", key=key, near=None)
            place[last] = value
        return self.from_dict(data)

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as JSON-ready data."""
        return self.model_dump(mode="json")


class PhasedSettings(RunSettings):
    """A run of phase a, the diffusion term alone, or b, with terms that compare pictures."""

    phase: Literal["a", "b"] = "a"
    licence_policy: LicencePolicy = "commercial"
    losses: LossSettings = LossSettings()

    @model_validator(mode="after")
    def _phase_fits(self) -> Self:
        terms = self.image_terms
        if self.phase == "a" and terms:
            raise ValueError(f"phase a has the diffusion term alone, not {', '.join(terms)}")
        if self.phase == "b" and not terms:
            raise ValueError("phase b needs a term of pictures: landmark, identity or perceptual")
        return self

    @property
    def image_terms(self) -> tuple[str, ...]:
        """Terms that compare pictures and have a weight."""
        weights = self.losses.weights
        return tuple(
            name for name in ("landmark", "identity", "perceptual") if getattr(weights, name)
        )


class TrainingSettings(PhasedSettings):
    """Everything that can be set about a training of the repainting networks."""

    model: ModelSettings = ModelSettings()
    data: DataSettings = DataSettings()

    def repainting(self) -> Configuration:
        """Return the configuration with which the app's own code finds and loads the networks."""
        diffusion: dict[str, Any] = {"base": self.model.base.model_dump()}
        if self.model.controlnet is not None:
            drawing = {"conditioning": self.model.drawing, "scale": self.model.conditioning_scale}
            diffusion["controlnets"] = [self.model.controlnet.model_dump() | drawing]
        return Configuration.from_dict(
            {"licence_policy": self.licence_policy, "diffusion": diffusion}
        )


def _refusal(error: ValidationError, kind: type[BaseModel]) -> ParameterError:
    """Return the first problem of a configuration as one sentence."""
    problem = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(where, known_keys(kind), 1, 0.5)
        return ParameterError("training_key_unknown", key=where, near=near[0] if near else None)
    return ParameterError(
        "configuration_invalid", where=where or "the whole file", problem=problem["msg"]
    )


def known_keys(model: type[BaseModel] = TrainingSettings, place: str = "") -> list[str]:
    """Return every key that a configuration file may have, dotted."""
    found = []
    for name, field in model.model_fields.items():
        found.append(place + name)
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found += known_keys(kind, f"{place}{name}.")
    return found
