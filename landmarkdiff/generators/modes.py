"""Every mode of the product. A new network is a folder with its modes, named here once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import ParameterError
from landmarkdiff.generators import lato, stable_diffusion, warp
from landmarkdiff.generators.base import Generator
from landmarkdiff.generators.mode import Mode

__all__ = ["DEFAULT_MODE", "MODES", "create_generator", "find_mode"]

#: Every mode by name, in the order in which they are offered.
MODES: Mapping[str, Mode] = MappingProxyType(
    {mode.name: mode for mode in (*warp.MODES, *stable_diffusion.MODES, *lato.MODES)}
)
#: The one that needs nothing but the base installation.
DEFAULT_MODE = warp.MODES[0].name


def find_mode(name: str) -> Mode:
    """Return the mode of a name.

    Raises
    ------
    ParameterError
        No mode has this name.
    """
    if not isinstance(name, str) or name not in MODES:
        raise ParameterError("unknown_mode", name=str(name), modes=list(MODES))
    return MODES[name]


def create_generator(mode: str, configuration: Configuration | None = None) -> Generator:
    """Return the generator of a mode, not loaded yet.

    Raises
    ------
    ParameterError
        No mode has this name.
    ModeUnavailableError, LicenceError
        The mode cannot run here; the sentence says what is missing.
    """
    found = find_mode(mode)
    return found.make(found, configuration or Configuration.load())
