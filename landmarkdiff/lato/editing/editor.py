"""Paints edits: the photo, its landmarks' new places and words in, pictures out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray
from landmarkdiff.errors import ModeUnavailableError, ParameterError
from landmarkdiff.lato.editing.codecs import Codec
from landmarkdiff.lato.editing.condition import (
    Coder,
    check_points,
    drawn_landmarks,
    landmark_tokens,
)
from landmarkdiff.lato.editing.denoiser import EditDenoiser, Words
from landmarkdiff.lato.editing.flow import add_noise, schedule
from landmarkdiff.lato.transformer.flux import LandmarkTokens
from landmarkdiff.lato.transformer.guidance import Guidance, guided

__all__ = ["EditNetworks", "EditRequest", "edit_pictures"]

#: Steps of the published pipeline.
STEPS = 28


@dataclass(frozen=True)
class EditNetworks:
    """What an edit is painted with.

    Attributes
    ----------
    denoiser : EditDenoiser
    codec : Codec
    read : callable
        Gives the words of instructions; of "" what stands for none.
    coder : callable
        Gives what the points' codes stand for.
    """

    denoiser: EditDenoiser
    codec: Codec
    read: Callable[[list[str]], Words]
    coder: Coder

    @property
    def device(self) -> torch.device:
        """Where they compute."""
        return next(self.denoiser.parameters()).device


@dataclass(frozen=True)
class EditRequest:
    """One edit.

    Attributes
    ----------
    picture : (H, W, 3) uint8 array
        RGB, the source; of a surgical edit the photo as the plan has warped it.
    points : (68, 2) array
        Where the landmarks shall be, pixels: expression and pose, never surgery.
    seen : (68,) bool array
        Which of them are given, at least half.
    instruction : str
    seed : int
    mask : (H, W) float32 array in [0, 1] or None
        Where the picture may change; None is everywhere.
    strength : float
        0 to 1: share of the steps that are worked; below 1 the picture starts at the source.
    """

    picture: ImageArray
    points: FloatArray
    seen: BoolArray
    instruction: str
    seed: int
    mask: Float32Array | None = None
    strength: float = 1.0


def edit_pictures(
    networks: EditNetworks,
    requests: Sequence[EditRequest],
    guidance: Guidance | None = None,
    steps: int = STEPS,
    *,
    drawn: bool = False,
    on_step: Callable[[int, int], object] | None = None,
) -> list[ImageArray]:
    """Paint edits as one batch.

    Parameters
    ----------
    networks : EditNetworks
    requests : sequence of EditRequest
        Of one size and strength.
    guidance : Guidance, optional
        4 of words and of landmarks unless told otherwise.
    steps : int
    drawn : bool
        Show the landmarks as a drawing beside the source instead of as tokens; for comparison.
    on_step : callable, optional
        Told how many steps of how many are done; what it raises ends the work.

    Returns
    -------
    list of (H, W, 3) uint8 array
        Where the mask is 0, the bytes of the source.

    Raises
    ------
    ParameterError
        Sizes or strengths differ, or points are not as they must be.
    ModeUnavailableError
        A number overflowed.
    """
    _check(requests, steps)
    height, width = requests[0].picture.shape[:2]
    with torch.no_grad():
        work = _Work(networks, requests, drawn=drawn)
        latents = work.painted(guidance or Guidance(), steps, on_step)
        found = networks.codec.decode(latents)[..., :height, :width]
    if not bool(torch.isfinite(found).all()):
        precision = str(next(networks.denoiser.parameters()).dtype).removeprefix("torch.")
        raise ModeUnavailableError("painting_without_numbers", precision=precision)
    pictures = found.clamp(0.0, 1.0).permute(0, 2, 3, 1).cpu().numpy()
    return [
        _composed(request, picture) for request, picture in zip(requests, pictures, strict=True)
    ]


def _check(requests: Sequence[EditRequest], steps: int) -> None:
    if not requests or steps < 1:
        raise ParameterError("edit_nothing", count=len(requests), steps=steps)
    first = requests[0]
    for each in requests:
        check_points(each.points, each.seen)
        if each.picture.shape != first.picture.shape or each.picture.ndim != 3:
            raise ParameterError(
                "edit_sizes", shape=str(each.picture.shape), shape2=str(first.picture.shape)
            )
        if each.mask is not None and each.mask.shape != each.picture.shape[:2]:
            raise ParameterError(
                "edit_sizes", shape=str(each.mask.shape), shape2=str(each.picture.shape[:2])
            )
        if not 0.0 <= each.strength <= 1.0 or each.strength != first.strength:
            raise ParameterError("edit_strength", value=each.strength)


class _Work:
    """A batch on its way."""

    def __init__(
        self, networks: EditNetworks, requests: Sequence[EditRequest], *, drawn: bool
    ) -> None:
        self.networks, self.requests = networks, requests
        device = networks.device
        source = _padded(np.stack([each.picture for each in requests]), networks.codec.patch)
        self.size = source.shape[2], source.shape[1]
        self.source = networks.codec.encode(_tensor(source, device))
        self.shown: tuple[Tensor, ...] = (self.source,)
        points = torch.from_numpy(np.stack([each.points for each in requests])).to(device)
        given = torch.from_numpy(np.stack([each.seen for each in requests])).to(device)
        tokens = landmark_tokens(
            points,
            given,
            self.size,
            networks.codec.patch,
            networks.denoiser.axes,
            networks.coder,
        )
        self.landmarks = tokens
        self.drawing: Tensor | None = None
        if drawn:
            pictures = [drawn_landmarks(each.points, each.seen, *self.size) for each in requests]
            self.drawing = networks.codec.encode(_tensor(np.stack(pictures), device))
        self.words = networks.read([each.instruction for each in requests])
        self.no_words = networks.read(["" for _ in requests])
        self.free = self._free_latents()

    def _free_latents(self) -> Tensor | None:
        """Where latents may change, (B, 1, h, w); any part of a token counts."""
        if all(each.mask is None for each in self.requests):
            return None
        width, height = self.size
        masks = np.ones((len(self.requests), 1, height, width), np.float32)
        for number, each in enumerate(self.requests):
            if each.mask is not None:
                rows, columns = each.mask.shape
                masks[number] = 0.0
                masks[number, 0, :rows, :columns] = each.mask > 0
        found = torch.from_numpy(masks).to(self.source.device)
        return torch.nn.functional.max_pool2d(found, self.networks.codec.patch)

    def painted(
        self, guidance: Guidance, steps: int, on_step: Callable[[int, int], object] | None
    ) -> Tensor:
        """Return the latents after all steps."""
        noise = self._noise()
        denoiser = self.networks.denoiser
        scheduler = schedule(denoiser.family, steps, self.source[0, 0].numel())
        first = steps - round(steps * self.requests[0].strength)
        scheduler.set_begin_index(first)
        sigmas = scheduler.sigmas.tolist()
        latents = self._at(noise, sigmas[first])
        for number, step in enumerate(scheduler.timesteps[first:], first):
            if self.free is not None:  # outside the mask every step begins with the source again
                latents = torch.where(self.free > 0, latents, self._at(noise, sigmas[number]))
            velocity = self._velocity(latents, sigmas[number], guidance)
            latents = scheduler.step(velocity, step, latents, return_dict=False)[0]
            if on_step is not None:
                on_step(number - first + 1, steps - first)
        if self.free is not None:
            latents = torch.where(self.free > 0, latents, self.source)
        return latents

    def _noise(self) -> Tensor:
        """Noise of each request's own seed, drawn on the CPU on every machine."""
        rows = [
            torch.randn(
                self.source.shape[1:], generator=torch.Generator("cpu").manual_seed(each.seed)
            )
            for each in self.requests
        ]
        return torch.stack(rows).to(self.source.device)

    def _at(self, noise: Tensor, share: float) -> Tensor:
        shares = torch.full((len(noise),), share, device=noise.device)
        return add_noise(self.source, noise, shares)

    def _velocity(self, latents: Tensor, share: float, guidance: Guidance) -> Tensor:
        times = torch.full((len(latents),), share, device=latents.device)

        def branch(with_words: bool, landmarks: LandmarkTokens) -> Tensor:
            words = self.words if with_words else self.no_words
            shown, tokens = self.shown, landmarks
            if self.drawing is not None:  # in place of the tokens
                shown = (*shown, self.drawing) if bool(landmarks.given.any()) else shown
                tokens = landmarks.without()
            found: Tensor = self.networks.denoiser(latents, times, words, shown, tokens)
            return found

        return guided(branch, self.landmarks, guidance)


def _padded(pictures: ImageArray, patch: int) -> ImageArray:
    """Continue pictures (B, H, W, 3) to the right and below by reflection to whole tokens."""
    height, width = pictures.shape[1:3]
    below, right_of = -height % patch, -width % patch
    return np.pad(pictures, ((0, 0), (0, below), (0, right_of), (0, 0)), mode="symmetric")


def _tensor(pictures: ImageArray, device: torch.device) -> Tensor:
    placed = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))
    return torch.from_numpy(placed).to(device).float() / 255.0


def _composed(request: EditRequest, painted: Float32Array) -> ImageArray:
    levels = 255.0 * painted
    if request.mask is not None:
        share = request.mask[..., None]
        levels = share * levels + (1.0 - share) * request.picture
    return np.asarray(np.rint(levels), np.uint8)
