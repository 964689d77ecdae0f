"""Repaints the warped photo by a transformer that is told words and where the landmarks are.

The picture that it sees is warped by the plan; its landmark tokens are those of the photo before.
So the surgery is in the picture alone, whatever the plan, and the guard measures it there.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.configuration import STEPS, Configuration, check_number
from landmarkdiff.errors import ModeUnavailableError, ParameterError
from landmarkdiff.generators.base import (
    GenerationRequest,
    ModelRecord,
    NetworkRecord,
    OnStep,
    Painting,
    PaintNumbers,
    StepProgress,
    Unpainted,
    check_seed,
)
from landmarkdiff.generators.crop import SquareCrop
from landmarkdiff.generators.mode import Mode
from landmarkdiff.generators.stable_diffusion.loading import import_packages
from landmarkdiff.generators.stable_diffusion.offline import quiet
from landmarkdiff.lato.editing.folder import BASE_PARTS, missing_parts
from landmarkdiff.lato.language.words import plan_words
from landmarkdiff.lato.tokenizer.points import landmarks_68
from landmarkdiff.runtime.device import Device, choose_device, release_memory
from landmarkdiff.weights.checkpoints import check_own_model
from landmarkdiff.weights.checksums import sum_of
from landmarkdiff.weights.policy import permit_own

__all__ = ["LatoGenerator"]

#: Pixels that a token covers; the mask is widened to whole ones.
_TOKEN_PX = 16


class LatoGenerator:
    """Repaints the warped photo inside the mask.

    Parameters
    ----------
    mode : Mode
    configuration : Configuration
        Its ``lato`` names the base and what was trained on it.

    Raises
    ------
    ModeUnavailableError
        A package, the base or the trained weights are missing.
    LicenceError
        The licence policy forbids a model.
    """

    def __init__(self, mode: Mode, configuration: Configuration) -> None:
        self._mode = mode
        self._configuration = configuration
        self._settings = configuration.diffusion
        self._lock = threading.RLock()
        self._networks: Any = None
        for name in mode.packages:
            if importlib.util.find_spec(name) is None:
                raise ModeUnavailableError("package_missing", package=name)
        self._base, self._trained = self._chosen()

    def _chosen(self) -> tuple[Path, Path]:
        own, policy = self._configuration.lato, self._configuration.licence_policy
        if self._settings.cpu_offload is True:
            raise ModeUnavailableError("lato_offload")
        base = None if own.base is None else own.base.path
        if base is not None and own.base is not None and own.base.subfolder is not None:
            base = base / own.base.subfolder
        trained = None if own.trained is None else own.trained.path
        lacking = list(BASE_PARTS) if base is None else missing_parts(base)
        if trained is None or not trained.is_file():
            lacking.append("trained")
        if base is None or trained is None or lacking:
            raise ModeUnavailableError(
                "lato_base_missing", path=None if base is None else str(base), parts=lacking
            )
        for choice in (own.base, own.trained):
            if choice is not None and choice.path is not None:
                permit_own(choice.path.name, choice.commercial_use, policy)
        return base, trained

    @property
    def device(self) -> str:
        """Where the networks run, as torch names it."""
        return self._device.name

    @cached_property
    def _device(self) -> Device:
        return choose_device(self._settings.device, self._settings.precision)

    def load(self, on_step: OnStep | None = None) -> None:
        """Load the networks; further calls do nothing.

        Raises
        ------
        WeightsError
            A file is damaged, or does not hold what its configuration says.
        ModeUnavailableError
            The device has too little memory.
        """
        with self._lock:
            if self._networks is not None:
                return
            if on_step is not None:
                on_step(StepProgress("loading", 0, 1))
            check_own_model(self._trained)
            import_packages()
            import torch

            from landmarkdiff.lato.editing.bases import klein_networks

            own = self._configuration.lato
            bf16 = self._device.precision == "bf16"
            with quiet(), enough_memory(self._device, self._settings.resolution):
                self._networks = klein_networks(
                    self._base,
                    self.device,
                    torch.bfloat16 if bf16 else torch.float32,  # its activations pass fp16's range
                    self._trained,
                    most_tokens=own.most_tokens,
                    layers=own.text_layers,
                )
            if on_step is not None:
                on_step(StepProgress("loading", 1, 1))

    def unload(self) -> None:
        """Let the networks go and give their memory back; the next painting loads them anew."""
        with self._lock:
            if self._networks is not None:
                self._networks = None
                release_memory(self.device)

    def check(self, numbers: PaintNumbers) -> None:
        """Raise ParameterError for numbers that this network does not bear."""
        steps, (low, high) = numbers.num_inference_steps, STEPS
        if isinstance(steps, bool) or not isinstance(steps, int) or not low <= steps <= high:
            raise ParameterError("steps_out_of_range", value=steps, low=low, high=high)
        check_number("guidance_scale", numbers.guidance_scale)
        check_number("strength", numbers.strength)

    def __call__(
        self, requests: Sequence[GenerationRequest], on_step: OnStep | None = None
    ) -> list[Painting]:
        """Paint all requests, one after the other.

        Raises
        ------
        ParameterError
            A value of a request is out of range.
        ModeUnavailableError
            The device has too little memory.
        """
        for request in requests:
            self.check(request.numbers)
            check_seed(request.seed)
        self.load(on_step)
        total = sum(_steps_run(request.numbers) for request in requests)
        done, paintings = 0, []
        for request in requests:
            paintings.append(self._painted(request, done, total, on_step))
            done += _steps_run(request.numbers)
        return paintings

    def _painted(
        self, request: GenerationRequest, done: int, total: int, on_step: OnStep | None
    ) -> Painting:
        crop = SquareCrop.around(request.source, request.mask, self._settings.resolution)
        mask = crop.mask_to_network(request.mask, _TOKEN_PX)
        numbers = request.numbers
        why: Unpainted | None = "strength_too_small" if _steps_run(numbers) == 0 else None
        why = why or (None if mask.any() else "mask_empty")
        record = self._record(request, why)
        if why is not None:
            return Painting(request.warped, record, unpainted=why)

        def told(step: int, _: int) -> None:
            if on_step is not None:
                on_step(StepProgress("painting", done + step, total))

        square = self._square(request, crop, mask.astype(np.float32), told)
        return Painting(
            crop.paste(request.warped, square),
            record,
            pixel=crop.pixel,
            square=(float(crop.x), float(crop.y), float(crop.side)),
        )

    def _square(
        self, request: GenerationRequest, crop: SquareCrop, mask: Any, told: Any
    ) -> ImageArray:
        """Return the network's square (N, N, 3)."""
        from landmarkdiff.lato.editing.editor import EditRequest, edit_pictures
        from landmarkdiff.lato.transformer.guidance import Guidance

        # Of the photo, not of the plan: surgery is never in the tokens.
        points = crop.points_to_network(landmarks_68(request.source.points)[:, :2])
        seen = ((points >= 0.0) & (points < crop.resolution)).all(axis=1)
        asked = EditRequest(
            picture=crop.to_network(request.warped),
            points=points,
            seen=np.asarray(seen, np.bool_),
            instruction=plan_words(request.plan),
            seed=request.seed,
            mask=mask,
            strength=_steps_run(request.numbers) / request.numbers.num_inference_steps,
        )
        guidance = Guidance(request.numbers.guidance_scale, self._configuration.lato.guidance)
        with self._lock, quiet(), enough_memory(self._device, crop.resolution):
            return edit_pictures(
                self._networks,
                [asked],
                guidance,
                request.numbers.num_inference_steps,
                on_step=told,
            )[0]

    def weights(self) -> Mapping[str, str]:
        """Return name and SHA-256 of every model file that takes part."""
        return {name: value for item in self._models for name, value in item.sha256.items()}

    @cached_property
    def _models(self) -> tuple[ModelRecord, ...]:
        files = sorted(self._base.rglob("*.safetensors"))
        name = self._base.name
        base = {f"{name}/{p.relative_to(self._base).as_posix()}": sum_of(p, None) for p in files}
        trained = {self._trained.name: sum_of(self._trained, None)}
        return (
            ModelRecord("base", name, base),
            ModelRecord("lora", self._trained.name, trained),
        )

    def _record(self, request: GenerationRequest, why: Unpainted | None) -> NetworkRecord:
        return NetworkRecord(
            mode=self._mode.name,
            models=self._models,
            licence_policy=self._configuration.licence_policy,
            device=self._device.title,
            precision="bf16" if self._device.precision == "bf16" else "fp32",
            numbers=request.numbers,
            steps_run=0 if why is not None else _steps_run(request.numbers),
            seed=request.seed,
            batch=0 if why is not None else 1,
            unpainted=why,
        )


@contextmanager
def enough_memory(device: Device, pixels: int) -> Iterator[None]:
    """Say it in a sentence where a device has too little memory for one square.

    Parameters
    ----------
    device : Device
    pixels : int
        Side of the square.

    Raises
    ------
    ModeUnavailableError
    """
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        release_memory(device.name)
        raise ModeUnavailableError(
            "device_memory_small", device=device.title, count=1, pixels=pixels
        ) from error


def _steps_run(numbers: PaintNumbers) -> int:
    """Steps that are worked, as the other modes count them."""
    return min(int(numbers.num_inference_steps * numbers.strength), numbers.num_inference_steps)
