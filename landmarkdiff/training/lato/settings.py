"""What a training of edits is told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from landmarkdiff.configuration import LatoChoice
from landmarkdiff.training.settings import (
    CheckpointSettings,
    FitSettings,
    LossSettings,
    PhasedSettings,
    Share,
    Strict,
    ValidationSettings,
)

__all__ = [
    "LatoDataSettings",
    "LatoFitSettings",
    "LatoLossSettings",
    "LatoModelSettings",
    "LatoSettings",
]

#: Side of a picture; whole tokens of 16 pixels.
Side = Annotated[int, Field(ge=32, le=2048, multiple_of=16)]
Positive = Annotated[int, Field(ge=1)]
#: How klein is read where nothing else is said.
_KLEIN = LatoChoice()


class LatoModelSettings(Strict):
    """What is trained, and from what it starts.

    Attributes
    ----------
    base : Path
        Folder of FLUX.2 klein base in diffusers' layout.
    trained : Path or None
        What an earlier training exported, to go on from; None begins anew.
    lora_rank : int
        64 in the paper.
    most_tokens : int
        Of an instruction that are read.
    text_layers : tuple of int
        Layers of the language model whose states are read; these are klein's.
    """

    base: Path = Path("models/flux2_klein_base_4b")
    trained: Path | None = None
    lora_rank: Annotated[int, Field(ge=1, le=256)] = 64
    most_tokens: Annotated[int, Field(ge=8, le=512)] = _KLEIN.most_tokens
    text_layers: Annotated[tuple[int, ...], Field(min_length=1)] = _KLEIN.text_layers


class LatoDataSettings(Strict):
    """Where the pairs come from, and what is left out of them.

    Attributes
    ----------
    edits : Path or None
        Folder of pairs of photos with the words between them.
    shards : Path or None
        Folder that ``landmarkdiff data make`` wrote, for surgical pairs: the source is warped by
        the plan, the words are its millimetres, the target is the untouched photo.
    width, height : int
        Of the pictures, pixels.
    seed : int
        Of the surgical pairs.
    dropout : float
        Share of the samples without landmarks, and of those without words.
    missing : float
        Share of the samples that lack single points, up to half of them.
    other_shape : float
        Share of the samples whose points have another person's proportions, so that a face
        follows the movement of landmarks that are not its own.
    pairs_per_photo, kept_photos, loaders : int
        Of the surgical pairs; the last two are part of their order.
    balanced : bool
        Visit the photos of every apparent tone alike often, for surgical pairs.
    learning : int
        Updates until the hardest surgical pairs come; 0 has all from the start.
    workers : int
        Processes that make pairs; 0 makes them in the training process.
    """

    edits: Path | None = None
    shards: Path | None = Path("data/shards")
    width: Side = 512
    height: Side = 512
    seed: Annotated[int, Field(ge=0, lt=1 << 63)] = 0
    dropout: Share = 0.1
    missing: Share = 0.1
    other_shape: Share = 0.1
    pairs_per_photo: Positive = 64
    kept_photos: Positive = 64
    loaders: Positive = 4
    balanced: bool = False
    learning: Annotated[int, Field(ge=0)] = 0
    workers: Annotated[int, Field(ge=0, le=256)] = 4

    @model_validator(mode="after")
    def _some_pairs(self) -> LatoDataSettings:
        if self.edits is None and self.shards is None:
            raise ValueError("pairs come from edits, shards, or both")
        if self.shards is not None and self.width != self.height:
            raise ValueError("surgical pairs are square: width and height must be equal")
        return self


class LatoFitSettings(FitSettings):
    """How edits are fitted: the numbers of the paper, 32 pairs of an update.

    Attributes are those of :class:`~landmarkdiff.training.settings.FitSettings`.
    """

    learning_rate: Annotated[float, Field(gt=0.0, le=1.0)] = 1e-4
    warmup_steps: Annotated[int, Field(ge=0)] = 500
    num_train_steps: Positive = 40_000
    batch_size: Positive = 8
    gradient_checkpointing: bool = True


class LatoLossSettings(LossSettings):
    """The terms of the loss; those of pictures are of surgical pairs alone.

    Attributes are those of :class:`~landmarkdiff.training.settings.LossSettings`. A share of noise
    of 0.364 has the ratio of noise to picture of Stable Diffusion 1.5 at time step 200; below it
    lie 12 % of the shares that training draws at 512 pixels.
    """

    image_terms_below: Annotated[int, Field(ge=1, le=1000)] = 364


class LatoSettings(PhasedSettings):
    """Everything that can be set about a training of edits."""

    model: LatoModelSettings = LatoModelSettings()
    data: LatoDataSettings = LatoDataSettings()
    training: LatoFitSettings = LatoFitSettings()
    losses: LatoLossSettings = LatoLossSettings()
    validation: ValidationSettings = ValidationSettings()
    checkpoints: CheckpointSettings = CheckpointSettings(out=Path("checkpoints/lato"))

    @model_validator(mode="after")
    def _pictures_have_a_plan(self) -> LatoSettings:
        if self.phase == "b" and self.data.shards is None:
            raise ValueError("phase b needs surgical pairs: data.shards")
        return self
