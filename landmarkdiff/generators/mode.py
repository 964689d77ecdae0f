"""The descriptor of a mode: all that the rest of the program has to know about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from landmarkdiff.configuration import Configuration
from landmarkdiff.generators.base import Generator

__all__ = ["Mode"]


def _no_models(mode: Mode, configuration: Configuration) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class Mode:
    """A way to turn a plan into a picture.

    Attributes
    ----------
    name : str
        As users write it; its texts are ``names.mode.NAME``.
    make : callable
        Makes its generator from the mode and a configuration, not loaded yet. Raises
        ModeUnavailableError or LicenceError where the mode cannot run here.
    reads : tuple of str
        Kinds of models that it needs, in the catalogue's words (``base``, ``controlnet`` ...).
    models : callable
        Returns the names of the catalogue that it needs with a configuration.
    packages : tuple of str
        Distributions whose versions may change its pictures, beside those of the base.
    """

    name: str
    make: Callable[[Mode, Configuration], Generator]
    reads: tuple[str, ...] = ()
    models: Callable[[Mode, Configuration], tuple[str, ...]] = _no_models
    packages: tuple[str, ...] = ()

    @property
    def paints(self) -> bool:
        """Whether a network repaints the warp."""
        return bool(self.reads)

    @property
    def controlled(self) -> bool:
        """Whether ControlNets take part, and a conditioning scale has a meaning."""
        return "controlnet" in self.reads
