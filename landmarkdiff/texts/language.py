"""The facts of a language."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

__all__ = ["Language"]


class Language(BaseModel):
    """Facts of a language: the section ``language`` of its file.

    Attributes
    ----------
    name : str
        Its own name.
    tag : str
        Value of HTML's ``lang`` attribute, by which screen readers and fonts choose the variant.
    place : int
        Where it stands among the languages that are offered.
    reviewed : bool
        Whether a person who speaks it and knows the field has read the whole file.
    decimal_sign : str
    percent_touches : bool
        Whether 80% is written without a space.
    script : {"latin", "han"}
        ``han`` breaks lines between any two letters, and Pillow's own font lacks it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    tag: str
    place: int
    reviewed: bool
    decimal_sign: Literal[".", ","]
    percent_touches: bool
    script: Literal["latin", "han"]
