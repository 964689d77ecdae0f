"""The catalogue: everything the program may fetch, with its sums, licence and origin.

The facts lie in ``catalogue.yaml``; this module only validates them. Unknown keys fail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from landmarkdiff.data_files import parse_yaml
from landmarkdiff.errors import WeightsError

__all__ = [
    "PICKLE_SUFFIXES",
    "Archive",
    "Carrier",
    "CatalogueEntry",
    "CatalogueFile",
    "Drawing",
    "FewStep",
    "Scheduler",
    "Source",
    "entries",
    "entry",
    "first_run",
    "set_names",
    "sets",
]

#: Checkpoints of these kinds are Python pickles, which can run code when they are loaded.
PICKLE_SUFFIXES = (".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth")

_FILE = Path(__file__).with_name("catalogue.yaml")

Kind = Literal[
    "weights",
    "example",
    "base",
    "controlnet",
    "ip_adapter",
    "image_encoder",
    "lora",
    "step_preview",
]
#: What a ControlNet reads.
Drawing = Literal["mediapipe_face", "depth", "tessellation"]
#: What makes a file of a whole wheel.
Recipe = Literal["head"]
#: What a few-step LoRA was distilled for.
Scheduler = Literal["ddim_trailing", "lcm"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Carrier(_Strict):
    """A Python package whose wheel holds the file.

    ``platform`` and ``python`` fix the wheel of a package that has one per platform, so that
    the same one is fetched everywhere; a pure Python wheel needs neither. The file is ``member``
    of the wheel, or is made of the whole wheel by ``recipe``; then the wheel has a sum too.
    """

    package: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    version: str = Field(pattern=r"^[A-Za-z0-9.+!-]+$")
    member: str | None = None
    recipe: Recipe | None = None
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    platform: str | None = None
    python: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Carrier:
        if (self.member is None) == (self.recipe is None):
            raise ValueError("a file is a member of its carrier or made by a recipe")
        if self.recipe is not None and self.sha256 is None:
            raise ValueError("what a recipe reads is pinned")
        return self

    @property
    def wheel(self) -> tuple[str, str, str | None, str | None]:
        """What two carriers share whose files lie in one wheel."""
        return self.package, self.version, self.platform, self.python


class Archive(_Strict):
    """A zip archive at an address that holds the file.

    Attributes
    ----------
    member : str
        Name of the file inside.
    size : int
        Bytes of the archive.
    sha256 : str
        Pinned sum of the archive, checked before it is opened.
    """

    member: str
    size: int = Field(gt=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Source(_Strict):
    """One place to get a file from: an address or a carrier, never both.

    ``archive`` says that the address is the one of a zip archive.
    """

    url: str | None = Field(default=None, pattern=r"^https://")
    archive: Archive | None = None
    carrier: Carrier | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Source:
        if (self.url is None) == (self.carrier is None):
            raise ValueError("a source is either a url or a carrier")
        if self.archive is not None and self.url is None:
            raise ValueError("an archive lies at a url")
        return self


class CatalogueFile(_Strict):
    """One file of an entry.

    Attributes
    ----------
    path : str
        In its repository, with forward slashes; the same below the entry's folder in the store.
    size : int or None
        Bytes; None where only the hub knows.
    sha256 : str or None
        Pinned sum; None where no independent source for it was found.
    sources : tuple of Source
        Tried in order; none for a file of a repository.
    """

    path: str
    size: int | None = Field(gt=0)
    sha256: str | None = Field(pattern=r"^[0-9a-f]{64}$")
    sources: tuple[Source, ...] = ()

    @field_validator("path")
    @classmethod
    def _stays_inside(cls, path: str) -> str:
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or "\\" in path or {"..", "."} & set(parts):
            raise ValueError("a path stays inside the model's folder")
        return path

    @model_validator(mode="after")
    def _pickles_are_pinned(self) -> CatalogueFile:
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
        Best guidance, 1 to 8.
    lowest_guidance, highest_guidance : float
        Beyond these, pictures burn out.
    scheduler : {"ddim_trailing", "lcm"}
        DDIM with trailing time steps, or the latent consistency scheduler.
    """

    steps: int = Field(ge=4, le=8)
    guidance_scale: float = Field(ge=1.0, le=8.0)
    lowest_guidance: float = Field(ge=1.0, le=8.0)
    highest_guidance: float = Field(ge=1.0, le=8.0)
    scheduler: Scheduler


class CatalogueEntry(_Strict):
    """A file or a model: what it is for, where it comes from and how it is recognised.

    Attributes
    ----------
    name : str
        Name on the command line and in the configuration.
    kind : str
        ``weights`` or ``example`` (a portrait) of one file; ``base``, ``controlnet``,
        ``ip_adapter``, ``image_encoder``, ``lora`` or ``step_preview`` of a repository.
    purpose, licence : str
    commercial_use : bool
        Whether the licence allows commercial use.
    files : tuple of CatalogueFile
    repository, revision : str or None
        Repository on the model hub and its commit, 40 hexadecimal digits; None for one file
        that has sources of its own.
    subfolder : str
        Where in the repository the model lies; already part of the path that
        :func:`~landmarkdiff.weights.locate` returns.
    variant : str or None
        What ``from_pretrained`` calls the variant of the files (``fp16``).
    precision : {"fp16", "fp32"} or None
        Of the numbers in the files.
    first_run : bool
        Whether it is fetched where nothing is named; all else is fetched on demand.
    about_mb : int or None
        Size in MB for people, where the exact one is known only once the model is fetched.
    instead : str or None
        What the program uses where the licence policy forbids this entry.
    needs : tuple of str
        Other entries that this one cannot do without.
    conditioning : {"mediapipe_face", "depth", "tessellation"} or None
        The drawing that a ControlNet was trained on.
    few_step : FewStep or None
        Of a few-step LoRA.
    """

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    kind: Kind
    purpose: str
    licence: str
    commercial_use: bool
    files: tuple[CatalogueFile, ...] = Field(min_length=1)
    repository: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$")
    revision: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}$")
    subfolder: str = ""
    variant: str | None = None
    precision: Literal["fp16", "fp32"] | None = None
    first_run: bool = False
    about_mb: int | None = Field(default=None, gt=0)
    instead: str | None = None
    needs: tuple[str, ...] = ()
    conditioning: Drawing | None = None
    few_step: FewStep | None = None

    @model_validator(mode="after")
    def _origin_fits(self) -> CatalogueEntry:
        of_hub = (self.repository, self.revision, self.precision)
        if self.kind not in ("weights", "example"):
            if None in of_hub or any(item.sources for item in self.files):
                raise ValueError("a model has a repository, a revision and a precision")
            return self
        (file, *others) = self.files
        if any(of_hub) or others or "/" in file.path or not (file.sources and file.size):
            raise ValueError("weights and examples are one file with sources and a size")
        if not self.pinned:
            raise ValueError("weights and examples are pinned")
        return self

    @model_validator(mode="after")
    def _facts_fit(self) -> CatalogueEntry:
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
    def single(self) -> bool:
        """Whether it is one file in the weights folder itself, not a folder of a repository."""
        return self.repository is None

    @property
    def folder(self) -> str:
        """Where its files lie in a weights folder."""
        return "" if self.single else f"models/{self.name}"

    @property
    def loaded(self) -> str:
        """What a loader reads, within ``folder``: the file, or what ``from_pretrained`` takes."""
        return self.files[0].path if self.single else self.subfolder

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


class _Catalogue(_Strict):
    entries: tuple[CatalogueEntry, ...]
    sets: dict[str, tuple[str, ...]]

    @model_validator(mode="after")
    def _names_fit(self) -> _Catalogue:
        names = Counter(item.name for item in self.entries)
        places = Counter(f"{item.folder}/{item.loaded}" for item in self.entries)
        if max((names | places).values()) > 1:
            raise ValueError("two entries share one name or one place")
        used = [name for item in self.entries for name in (*item.needs, item.instead) if name]
        used += [name for held in self.sets.values() for name in held]
        if unknown := set(used) - set(names):
            raise ValueError(f"names that no entry has: {', '.join(sorted(unknown))}")
        return self


def entries() -> tuple[CatalogueEntry, ...]:
    """Return all entries in the order of the file."""
    return _read(_FILE).entries


def entry(name: str) -> CatalogueEntry:
    """Return the entry called ``name``.

    Raises
    ------
    WeightsError
        There is none; the sentence lists all names.
    """
    for item in entries():
        if item.name == name:
            return item
    raise WeightsError("unknown_weights", name=name, names=[item.name for item in entries()])


def first_run() -> tuple[str, ...]:
    """Return the names of the files that are fetched where none is named."""
    return tuple(item.name for item in entries() if item.first_run)


def sets() -> Mapping[str, tuple[str, ...]]:
    """Return name of a set -> names of all that is fetched with it: a mode, or optional parts."""
    return _read(_FILE).sets


def set_names(name: str) -> tuple[str, ...]:
    """Return the names of the entries of a set.

    Raises
    ------
    WeightsError
        If there is no such set.
    """
    if name not in sets():
        raise WeightsError("unknown_model_set", name=name, names=list(sets()))
    return sets()[name]


@cache
def _read(file: Path) -> _Catalogue:
    return _Catalogue.model_validate(parse_yaml(file.read_text(encoding="utf-8")))
