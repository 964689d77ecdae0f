"""Models of several files: where they come from, how they are recognised, what they need.

The facts live in ``models.yaml``; this module only validates them. Unknown keys fail.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from landmarkdiff.data_files import parse_yaml
from landmarkdiff.errors import WeightsError
from landmarkdiff.weights.catalogue import catalogue

__all__ = [
    "PICKLE_SUFFIXES",
    "FewStep",
    "ModelEntry",
    "ModelFile",
    "model",
    "models",
]

#: Checkpoints of these kinds are Python pickles, which can run code when they are loaded.
PICKLE_SUFFIXES = (".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth")

_FILE: Traversable = files("landmarkdiff.weights") / "models.yaml"

Kind = Literal["base", "controlnet", "ip_adapter", "image_encoder", "lora", "step_preview"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelFile(_Strict):
    """One file of a model.

    Attributes
    ----------
    path : str
        In its repository, with forward slashes; the same below the model's folder in the store.
    size : int or None
        Bytes; None where only the hub knows.
    sha256 : str or None
        Pinned sum; None where no independent source for it was found.
    """

    path: str
    size: int | None = Field(gt=0)
    sha256: str | None = Field(pattern=r"^[0-9a-f]{64}$")

    @field_validator("path")
    @classmethod
    def _stays_inside(cls, path: str) -> str:
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or "\\" in path or {"..", "."} & set(parts):
            raise ValueError("a path stays inside the model's folder")
        return path

    @model_validator(mode="after")
    def _pickles_are_pinned(self) -> ModelFile:
        if self.path.endswith(PICKLE_SUFFIXES) and self.sha256 is None:
            raise ValueError("a pickle needs its pinned sum")
        return self


class FewStep(_Strict):
    """How a few-step LoRA is used.

    Attributes
    ----------
    steps : int
        Best number of steps; 4 to 8 are allowed.
    guidance_scale : float
        Best guidance; beyond ``lowest_guidance`` and ``highest_guidance`` pictures burn out.
    scheduler : {"ddim_trailing", "lcm"}
        DDIM with trailing time steps, or the latent consistency scheduler.
    """

    steps: int = Field(ge=4, le=8)
    guidance_scale: float = Field(ge=1.0, le=8.0)
    lowest_guidance: float = Field(ge=1.0, le=8.0)
    highest_guidance: float = Field(ge=1.0, le=8.0)
    scheduler: Literal["ddim_trailing", "lcm"]


class ModelEntry(_Strict):
    """One model.

    Attributes
    ----------
    name : str
        Name on the command line and in the configuration.
    kind : {"base", "controlnet", "ip_adapter", "image_encoder", "lora", "step_preview"}
    repository, revision : str
        Repository on the model hub and its commit, 40 hexadecimal digits.
    subfolder : str
        Where in the repository the model lies; already part of the path that
        :func:`~landmarkdiff.weights.locate_model` returns.
    files : tuple of ModelFile
    variant : str or None
        What ``from_pretrained`` calls the variant of the files (``fp16``).
    precision : {"fp16", "fp32"}
        Of the numbers in the files.
    licence : str
    commercial_use : bool
        Whether the licence allows commercial use.
    about_mb : int or None
        Size in MB for people, where the exact one is known only once the model is fetched.
    instead : str or None
        What the program uses where the licence policy forbids this model.
    needs : tuple of str
        Other models or files that this one cannot do without.
    conditioning : {"mediapipe_face", "depth", "tessellation"} or None
        The drawing that a ControlNet was trained on.
    few_step : FewStep or None
        Of a few-step LoRA.
    purpose : str
    """

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    kind: Kind
    repository: str = Field(pattern=r"^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$")
    revision: str = Field(pattern=r"^[0-9a-f]{40}$")
    subfolder: str = ""
    files: tuple[ModelFile, ...] = Field(min_length=1)
    variant: str | None = None
    precision: Literal["fp16", "fp32"]
    licence: str
    commercial_use: bool
    about_mb: int | None = Field(default=None, gt=0)
    instead: str | None = None
    needs: tuple[str, ...] = ()
    conditioning: Literal["mediapipe_face", "depth", "tessellation"] | None = None
    few_step: FewStep | None = None
    purpose: str

    @model_validator(mode="after")
    def _facts_fit(self) -> ModelEntry:
        paths = [item.path for item in self.files]
        if len(set(paths)) != len(paths):
            raise ValueError("two files share one path")
        if not all(PurePosixPath(path).is_relative_to(self.subfolder) for path in paths):
            raise ValueError("every file lies in the subfolder")
        if (self.kind == "controlnet") != (self.conditioning is not None):
            raise ValueError("a ControlNet, and nothing else, names its conditioning drawing")
        if (self.kind == "lora") != (self.few_step is not None):
            raise ValueError("a LoRA, and nothing else, names its steps")
        if (self.size is None) != (self.about_mb is not None):
            raise ValueError("about_mb stands in for sizes that are not known")
        return self

    @property
    def pinned(self) -> bool:
        """Whether the catalogue knows the sum of every file."""
        return all(item.sha256 is not None for item in self.files)

    @property
    def size(self) -> int | None:
        """Bytes of all files together; None where only the hub knows."""
        total = 0
        for item in self.files:
            if item.size is None:
                return None
            total += item.size
        return total

    @property
    def checkpoint(self) -> str:
        """The file with the weights, as its name within the subfolder.

        ``weight_name`` of ``load_ip_adapter`` and ``load_lora_weights``. The first one of an
        adapter that brings a LoRA too; of a base model, the one of the UNet.
        """
        found = [item.path for item in self.files if item.path.endswith((".safetensors", ".bin"))]
        path = next((path for path in found if path.startswith("unet/")), found[0])
        return PurePosixPath(path).relative_to(self.subfolder).as_posix()


class _Models(_Strict):
    models: tuple[ModelEntry, ...]

    @model_validator(mode="after")
    def _unique(self) -> _Models:
        names = [item.name for item in self.models] + [item.name for item in catalogue()]
        if len(set(names)) != len(names):
            raise ValueError("two models, or a model and a file, share one name")
        return self


def models() -> tuple[ModelEntry, ...]:
    """Return all models in the order of the file."""
    return _read(_FILE.read_text(encoding="utf-8"))


@cache
def _read(text: str) -> tuple[ModelEntry, ...]:
    return _Models.model_validate(parse_yaml(text)).models


def model(name: str) -> ModelEntry:
    """Return the model called ``name``.

    Raises
    ------
    WeightsError
        If there is no such model.
    """
    for item in models():
        if item.name == name:
            return item
    raise WeightsError(
        "no such model in the catalogue",
        value=name,
        allowed=[item.name for item in models()],
        fix="see 'landmarkdiff weights list'",
    )
