"""The terms of the loss that compare pictures: landmarks, identity, what lies outside the mask.

They belong to any backbone whose prediction amounts to a picture; at much noise it amounts to none,
so each backbone says which of its samples are near enough and how rare such samples are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from landmarkdiff.errors import ModeUnavailableError
from landmarkdiff.evaluation.backbones import ALEXNET, backbone_state, why_missing
from landmarkdiff.losses.identity import IdentityTerm
from landmarkdiff.losses.landmark import landmark_loss
from landmarkdiff.losses.perceptual import PerceptualTerm
from landmarkdiff.training.settings import PhasedSettings

__all__ = ["Compared", "ImageTerms", "unavailable_terms"]


@dataclass(frozen=True)
class Compared:
    """What pictures of a batch are compared with.

    Attributes
    ----------
    target : (B, 3, S, S) tensor in [0, 1]
        The untouched photos.
    mask : (B, 1, S, S) tensor in [0, 1]
    points : (B, 478, 2) tensor
        Landmarks of the targets, pixels.
    procedures : list of str
    """

    target: Any
    mask: Any
    points: Any
    procedures: list[str]

    def only(self, chosen: Any) -> Compared:
        """Return the samples that are chosen by a (B,) bool tensor."""
        names = [name for name, one in zip(self.procedures, chosen.tolist(), strict=True) if one]
        return Compared(self.target[chosen], self.mask[chosen], self.points[chosen], names)


def unavailable_terms(settings: PhasedSettings) -> dict[str, str]:
    """Return terms that have a weight and lack their network, each with what it lacks."""
    losses = settings.losses
    lacking = {}
    if "identity" in settings.image_terms:
        path = losses.identity_network
        if path is None or not path.is_file():
            lacking["identity"] = "losses.identity_network names no file"
    if "perceptual" in settings.image_terms:
        path = losses.perceptual_network
        if path is None:
            why = why_missing(ALEXNET)
            if why is not None:
                lacking["perceptual"] = why
        elif not path.is_file():
            lacking["perceptual"] = "losses.perceptual_network names no file"
    return lacking


class ImageTerms:
    """Computes the terms of pictures that have a weight.

    Parameters
    ----------
    settings : PhasedSettings
    device : str

    Raises
    ------
    ModeUnavailableError
        A term has a weight and its network is not there.
    WeightsCorruptError
    """

    def __init__(self, settings: PhasedSettings, device: str) -> None:
        lacking = unavailable_terms(settings)
        if lacking:
            raise ModeUnavailableError(
                "training_term_unavailable", terms=list(lacking), lacking=list(lacking.values())
            )
        losses, terms = settings.losses, settings.image_terms
        self.landmark = "landmark" in terms
        self.identity: IdentityTerm | None = None
        self.perceptual: PerceptualTerm | None = None
        if "identity" in terms and losses.identity_network is not None:
            self.identity = IdentityTerm(losses.identity_network, device)
        if "perceptual" in terms:
            state = backbone_state(ALEXNET, losses.perceptual_network)
            self.perceptual = PerceptualTerm(state, device)

    @property
    def names(self) -> list[str]:
        """Terms that are computed."""
        terms = {
            "landmark": self.landmark,
            "identity": self.identity is not None,
            "perceptual": self.perceptual is not None,
        }
        return [name for name, there in terms.items() if there]

    def spread(self, near: Any, values: dict[str, Any], share: float) -> dict[str, Any]:
        """Return the terms of all samples, (B,) each, from those of the samples that are near.

        Parameters
        ----------
        near : (B,) bool tensor
            Samples at little noise.
        values : dict of str to (n,) tensor
            Their terms; without any where none is near.
        share : float
            How many samples are near on the average. The terms of the others are 0, and these
            are multiplied so that the mean over all is the mean over those that are near.
        """
        nothing = torch.zeros(len(near), device=near.device)
        place = near.nonzero()[:, 0]
        return {
            name: nothing.index_add(0, place, values[name].float() / share)
            if name in values
            else nothing
            for name in self.names
        }

    def __call__(self, picture: Any, compared: Compared) -> dict[str, Any]:
        """Return every term of each picture, (B,), without its weight.

        Parameters
        ----------
        picture : (B, 3, S, S) tensor, about [0, 1]
            What the network's prediction amounts to, differentiable.
        compared : Compared
        """
        target, mask, points = compared.target, compared.mask, compared.points
        values = {}
        with torch.autocast(picture.device.type, enabled=False):
            if self.landmark:
                values["landmark"] = landmark_loss(picture, target, mask, points)
            if self.identity is not None:
                values["identity"] = self.identity(picture, target, points, compared.procedures)
            if self.perceptual is not None:
                values["perceptual"] = self.perceptual(picture, target, mask)
        return values
