"""The mode ``tps``: the warped photo itself. No network, no randomness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from landmarkdiff.configuration import Configuration
from landmarkdiff.generators.base import (
    GenerationRequest,
    GeneratorRecord,
    OnStep,
    Painting,
    PaintNumbers,
)
from landmarkdiff.generators.mode import Mode

__all__ = ["MODES", "WarpGenerator"]


class WarpGenerator:
    """Takes the warped photo as it is and paints nothing."""

    device = "cpu"

    def __init__(self, mode: Mode, configuration: Configuration) -> None:
        self._record = GeneratorRecord(mode.name)

    def load(self, on_step: OnStep | None = None) -> None:
        """There is nothing to load."""

    def check(self, numbers: PaintNumbers) -> None:
        """Every number is of no account."""

    def __call__(
        self, requests: Sequence[GenerationRequest], on_step: OnStep | None = None
    ) -> list[Painting]:
        """Return the warped photos; pixels outside the mask are the input's."""
        return [
            Painting(request.warped, self._record, unpainted="nothing_painted")
            for request in requests
        ]

    def weights(self) -> Mapping[str, str]:
        """No network takes part."""
        return {}


MODES = (Mode("tps", WarpGenerator),)
