"""The mode ``tps``: the warped photo itself. No network, no randomness."""

from __future__ import annotations

from collections.abc import Sequence

from landmarkdiff.generators.base import GenerationRequest, OnStep, Painting

__all__ = ["TpsGenerator"]


class TpsGenerator:
    """Takes the warped photo as it is and paints nothing."""

    name = "tps"

    def load(self, on_step: OnStep | None = None) -> None:
        """There is nothing to load."""

    def __call__(
        self, requests: Sequence[GenerationRequest], on_step: OnStep | None = None
    ) -> list[Painting]:
        """Return the warped photos; pixels outside the mask are the input's."""
        return [Painting(request.warped, record={"mode": self.name}) for request in requests]

    def weights(self) -> dict[str, str]:
        """No network takes part."""
        return {}
