"""What the result says of a picture that Stable Diffusion painted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from landmarkdiff.generators.base import NetworkRecord

__all__ = ["AdapterRecord", "ConditioningRecord", "DiffusionRecord", "SquareRecord"]


@dataclass(frozen=True)
class ConditioningRecord:
    """A ControlNet with the drawing that it read and its conditioning scale."""

    model: str
    drawing: str
    scale: float


@dataclass(frozen=True)
class AdapterRecord:
    """The identity adapter: what it read (``image``, ``face``), and its scale."""

    model: str
    reads: str | None
    scale: float


@dataclass(frozen=True)
class SquareRecord:
    """The network's square in the photo, pixels, and how often it was turned upright."""

    x: int
    y: int
    side: int
    turns: int


@dataclass(frozen=True)
class DiffusionRecord(NetworkRecord):
    """A painting of Stable Diffusion.

    Attributes
    ----------
    versions : mapping of str to str
        Of the packages that decide the last digits of a picture.
    vae_precision : str
    resolution : int
        Side of the network's square, pixels of the network.
    conditioning : tuple of ConditioningRecord
    identity_adapter : AdapterRecord or None
    scheduler : str
    prompt, negative_prompt : str
    prompt_left_out : tuple of str
        Parts of the prompt for which there was no room.
    square : SquareRecord
    """

    versions: Mapping[str, str]
    vae_precision: str
    resolution: int
    conditioning: tuple[ConditioningRecord, ...]
    identity_adapter: AdapterRecord | None
    scheduler: str
    prompt: str
    negative_prompt: str
    prompt_left_out: tuple[str, ...]
    square: SquareRecord

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON-ready data."""
        return {
            **super().to_dict(),
            "versions": dict(self.versions),
            "vae_precision": self.vae_precision,
            "resolution": self.resolution,
            "conditioning": [asdict(item) for item in self.conditioning],
            "identity_adapter": None
            if self.identity_adapter is None
            else asdict(self.identity_adapter),
            "scheduler": self.scheduler,
            "prompt": self.prompt,
            "negative_prompt": self.negative_prompt,
            "prompt_left_out": list(self.prompt_left_out),
            "square": asdict(self.square),
        }
