"""The networks of one mode at work: squares in, painted squares out, a batch at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import ImageArray
from landmarkdiff.configuration import DiffusionSettings
from landmarkdiff.errors import ModeUnavailableError
from landmarkdiff.generators.base import OnStep, PaintNumbers, StepProgress
from landmarkdiff.generators.stable_diffusion.identity_adapter import with_adapter
from landmarkdiff.generators.stable_diffusion.loading import NetworkShelf, import_packages
from landmarkdiff.generators.stable_diffusion.offline import quiet
from landmarkdiff.generators.stable_diffusion.prompts import Prompt
from landmarkdiff.generators.stable_diffusion.schedulers import create_scheduler
from landmarkdiff.generators.stable_diffusion.selection import Selection
from landmarkdiff.runtime.device import choose_device, release_memory

__all__ = ["Painter", "Square"]


#: Side of a step preview, pixels.
PREVIEW_SIDE = 256


@dataclass(frozen=True)
class Square:
    """One picture of a batch, at the network's size N.

    Attributes
    ----------
    start : (N, N, 3) uint8 array
        The warped photo.
    mask : (N, N) bool array
        Where the network may paint.
    drawings : tuple of (N, N, 3) uint8 array
        What each ControlNet reads.
    prompt : Prompt
    seed : int
    """

    start: ImageArray
    mask: NDArray[np.bool_]
    drawings: tuple[ImageArray, ...]
    prompt: Prompt
    seed: int


class Painter:
    """The networks of a mode, loaded.

    Parameters
    ----------
    selection : Selection
    settings : DiffusionSettings
    on_step : callable, optional
        Told of every network that is loaded.

    Raises
    ------
    WeightsError, ModeUnavailableError
    """

    def __init__(
        self, selection: Selection, settings: DiffusionSettings, on_step: OnStep | None = None
    ) -> None:
        import_packages()
        self.device = choose_device(settings.device, settings.precision, settings.cpu_offload)
        self._selection = selection
        self._resolution = settings.resolution
        self._lock = threading.RLock()
        shelf = NetworkShelf(self.device, settings)
        with quiet():
            self._pipeline, self._tiny = self._assembled(shelf, settings, on_step)
        self._schedule = shelf.schedule(selection.base)
        if self.device.offload:
            self._pipeline.enable_model_cpu_offload(device=self.device.name)

    @property
    def latent_side(self) -> int:
        """Side of a latent in pixels of the network."""
        return int(self._pipeline.vae_scale_factor)

    @property
    def vae_precision(self) -> str:
        """Numbers of the autoencoder."""
        return {"torch.float32": "fp32", "torch.bfloat16": "bf16"}[str(self._pipeline.vae.dtype)]

    @property
    def prompt_room(self) -> int:
        """Tokens of a prompt that the network reads, without the marks of start and end."""
        return int(self._pipeline.tokenizer.model_max_length) - 2

    def count_tokens(self, text: str) -> int:
        """Count the tokens of a text, without those that mark its start and end."""
        with quiet():
            return len(self._pipeline.tokenizer(text, add_special_tokens=False).input_ids)

    def paint(
        self,
        squares: Sequence[Square],
        numbers: PaintNumbers,
        identity: Any = None,
        on_step: Callable[[int, ImageArray | None], object] | None = None,
    ) -> list[ImageArray]:
        """Paint squares as one batch.

        Parameters
        ----------
        squares : sequence of Square
        numbers : PaintNumbers
        identity : PIL image or (512,) float array, optional
            What the identity adapter reads.
        on_step : callable, optional
            Told of every step: how many are done, and a small picture of the first square
            where a step preview is configured. What it raises ends the work.

        Returns
        -------
        list of (N, N, 3) uint8 array

        Raises
        ------
        ModeUnavailableError
            The device has too little memory, or a number overflowed.
        """
        import torch

        with self._lock, quiet(), _repeatable(torch), self._on_device():
            try:
                latents = self._latents(torch, squares, numbers, identity, on_step)
                from landmarkdiff.generators.stable_diffusion.pipelines import decode

                pictures = decode(self._pipeline, latents)
            except torch.OutOfMemoryError as error:
                release_memory(self.device.name)
                raise ModeUnavailableError(
                    "device_memory_small",
                    device=self.device.title,
                    count=len(squares),
                    pixels=self._resolution,
                ) from error
        if not np.isfinite(pictures).all():
            raise ModeUnavailableError("painting_without_numbers", precision=self.device.precision)
        return list(np.rint(255.0 * pictures).astype(np.uint8))

    def _latents(
        self,
        torch: Any,
        squares: Sequence[Square],
        numbers: PaintNumbers,
        identity: Any,
        on_step: Callable[[int, ImageArray | None], object] | None,
    ) -> Any:
        """Run the pipeline and return the latents of all squares."""
        pipeline = self._pipeline
        few_step = self._selection.few_step
        pipeline.scheduler = create_scheduler(
            self._schedule, None if few_step is None else few_step.scheduler
        )
        guided = numbers.guidance_scale > 1.0
        prompt_embeds, negative_embeds = pipeline.encode_prompt(
            [square.prompt.text for square in squares],
            torch.device(self.device.name),
            1,
            guided,
            [square.prompt.negative for square in squares] if guided else None,
        )

        def told(_: Any, step: int, __: Any, state: dict[str, Any]) -> dict[str, Any]:
            if on_step is not None:
                on_step(step + 1, self._preview(torch, state["latents"][:1]))
            return {}

        # Noise is drawn on the CPU, so that a seed means the same on every device.
        seeds = [torch.Generator("cpu").manual_seed(square.seed) for square in squares]
        masks = np.stack([square.mask for square in squares])[:, None]
        return pipeline(
            prompt_embeds=prompt_embeds,
            negative_prompt_embeds=negative_embeds,
            image=_tensor(torch, [square.start for square in squares]),
            mask_image=torch.from_numpy(masks.astype(np.float32)),
            height=self._resolution,
            width=self._resolution,
            num_inference_steps=numbers.num_inference_steps,
            guidance_scale=numbers.guidance_scale,
            strength=numbers.strength,
            generator=seeds,
            output_type="latent",
            callback_on_step_end=told,
            **self._guides(torch, squares, numbers, identity, guided),
        ).images

    def _guides(
        self,
        torch: Any,
        squares: Sequence[Square],
        numbers: PaintNumbers,
        identity: Any,
        guided: bool,
    ) -> dict[str, Any]:
        """Return what ControlNets and the identity adapter read, as the pipeline takes it."""
        more: dict[str, Any] = {}
        if squares[0].drawings:
            drawings = [
                _tensor(torch, [square.drawings[k] for square in squares])
                for k in range(len(squares[0].drawings))
            ]
            several = len(drawings) > 1
            more["control_image"] = drawings if several else drawings[0]
            factor = numbers.controlnet_conditioning_scale
            scales = [item.scale * factor for item in self._selection.controlnets]
            more["controlnet_conditioning_scale"] = scales if several else scales[0]
        if self._selection.identity == "image":
            more["ip_adapter_image"] = [identity]
        elif self._selection.identity == "face":
            more["ip_adapter_image_embeds"] = [self._face(torch, identity, guided)]
        return more

    def _face(self, torch: Any, embedding: Any, guided: bool) -> Any:
        """Return a face embedding as FaceID takes it: nobody's first, where guidance compares."""
        face = torch.from_numpy(np.asarray(embedding, np.float32)).reshape(1, 1, 1, -1)
        rows = [torch.zeros_like(face), face] if guided else [face]
        unet = self._pipeline.unet
        return torch.cat(rows).to(device=self.device.name, dtype=unet.dtype)

    def _preview(self, torch: Any, latents: Any) -> ImageArray | None:
        """Return a small picture of the latents (1, 4, n, n), if a decoder for it is there."""
        if self._tiny is None:
            return None
        with torch.no_grad():
            decoded = self._tiny.decode(latents.to(self._tiny.dtype)).sample[0]
        picture = (decoded.float() / 2 + 0.5).clamp(0, 1).permute(1, 2, 0).cpu().numpy()
        size = (PREVIEW_SIDE, PREVIEW_SIDE)
        small = cv2.resize(np.nan_to_num(picture), size, interpolation=cv2.INTER_AREA)
        return np.asarray(np.rint(255.0 * small), np.uint8)

    def _assembled(
        self, shelf: NetworkShelf, settings: DiffusionSettings, on_step: OnStep | None
    ) -> tuple[Any, Any]:
        """Load every network and put them together: the pipeline, and the preview's decoder."""
        chosen = self._selection
        done = 0

        def loaded(network: Any) -> Any:
            nonlocal done
            done += 1
            if on_step is not None:
                on_step(StepProgress("loading", done, chosen.networks))
            return network

        base = chosen.base
        tokenizer, text_encoder = loaded(shelf.words(base))
        vae = loaded(shelf.vae(base))
        unet = loaded(shelf.unet(base, chosen.few_step))
        controlnets = [loaded(shelf.controlnet(item)) for item in chosen.controlnets]
        encoder = tiny = None
        if chosen.image_encoder is not None:
            encoder = loaded(shelf.image_encoder(chosen.image_encoder))
        if chosen.step_preview is not None:
            tiny = loaded(shelf.step_preview(chosen.step_preview))
        from landmarkdiff.generators.stable_diffusion.pipelines import ControlNetInpaint, Inpaint

        parts: dict[str, Any] = {
            "vae": vae,
            "text_encoder": text_encoder,
            "tokenizer": tokenizer,
            "unet": unet,
            "scheduler": create_scheduler(shelf.schedule(base), None),
            "safety_checker": None,
            "feature_extractor": None,
            "image_encoder": encoder,
            "requires_safety_checker": False,
        }
        if controlnets:
            parts["controlnet"] = controlnets if len(controlnets) > 1 else controlnets[0]
        pipeline = (ControlNetInpaint if controlnets else Inpaint)(**parts)
        pipeline.set_progress_bar_config(disable=True)
        # Pictures are decoded one by one, so that a large batch needs no more memory for it.
        vae.enable_slicing()
        if chosen.ip_adapter is not None:
            with_adapter(pipeline, chosen.ip_adapter, settings.ip_adapter_scale, shelf)
            loaded(pipeline)
        return pipeline, tiny

    @contextmanager
    def _on_device(self) -> Iterator[None]:
        """Bring networks to the device one at a time where they are offloaded, and back."""
        if not self.device.offload:
            yield
            return
        # Another mode that shares networks has put its own hooks on them.
        self._pipeline.enable_model_cpu_offload(device=self.device.name)
        try:
            yield
        finally:
            self._pipeline.maybe_free_model_hooks()


def _tensor(torch: Any, pictures: Sequence[ImageArray]) -> Any:
    """Return pictures (N, N, 3) uint8 as one tensor (B, 3, N, N) in [0, 1]."""
    stacked = np.ascontiguousarray(np.stack(pictures).transpose(0, 3, 1, 2))
    return torch.from_numpy(stacked).float() / 255.0


@contextmanager
def _repeatable(torch: Any) -> Iterator[None]:
    """Let cuDNN take only algorithms that give the same bytes every time; undone at the end."""
    cudnn = torch.backends.cudnn
    before = cudnn.deterministic, cudnn.benchmark
    cudnn.deterministic, cudnn.benchmark = True, False
    try:
        yield
    finally:
        cudnn.deterministic, cudnn.benchmark = before
