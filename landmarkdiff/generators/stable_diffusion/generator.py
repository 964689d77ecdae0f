"""The repainting modes: ``img2img``, ``controlnet`` and ``controlnet_ip``.

Each starts from the warped photo, paints only inside the mask, and puts the network's square
back at the photo's own size. Requests that can share a batch are painted as one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import ImageArray
from landmarkdiff.conditioning import draw_depth, draw_mediapipe_face, draw_tessellation
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import ParameterError
from landmarkdiff.generators.base import (
    GenerationRequest,
    ModelRecord,
    OnStep,
    Painting,
    PaintNumbers,
    StepProgress,
    Unpainted,
    check_seed,
)
from landmarkdiff.generators.crop import SquareCrop
from landmarkdiff.generators.mode import Mode
from landmarkdiff.generators.stable_diffusion.numbers import check_numbers, steps_run
from landmarkdiff.generators.stable_diffusion.prompts import Prompt, prompts_of
from landmarkdiff.generators.stable_diffusion.record import (
    AdapterRecord,
    ConditioningRecord,
    DiffusionRecord,
    SquareRecord,
)
from landmarkdiff.generators.stable_diffusion.schedulers import scheduler_record
from landmarkdiff.generators.stable_diffusion.selection import select_models
from landmarkdiff.runtime.device import choose_device, release_memory

__all__ = ["DiffusionGenerator"]


#: Packages whose version may change the last digits of a picture.
_VERSIONED = ("torch", "diffusers", "transformers")
_DRAWINGS = {
    "mediapipe_face": draw_mediapipe_face,
    "tessellation": draw_tessellation,
    "depth": draw_depth,
}


@dataclass(frozen=True)
class _Job:
    """A request with its square, what it tells the network, and how many steps are worked."""

    number: int
    request: GenerationRequest
    crop: SquareCrop
    mask: NDArray[np.bool_]
    prompt: Prompt
    steps_run: int

    @property
    def unpainted(self) -> Unpainted | None:
        """Why there is nothing to paint; None where there is."""
        if self.steps_run == 0:
            return "strength_too_small"
        return None if self.mask.any() else "mask_empty"


class DiffusionGenerator:
    """Repaints the warped photo inside the mask.

    Parameters
    ----------
    mode : Mode
    configuration : Configuration

    Raises
    ------
    ModeUnavailableError
        A package or a model is missing or unusable; the sentence names all of them.
    LicenceError
        The licence policy forbids a model.
    """

    def __init__(self, mode: Mode, configuration: Configuration) -> None:
        self._mode = mode
        self._configuration = configuration
        self._settings = configuration.diffusion
        self._selection = select_models(mode, configuration)
        self._painter: Any = None

    def load(self, on_step: OnStep | None = None) -> None:
        """Load the networks; further calls do nothing.

        Raises
        ------
        WeightsError
            A file is damaged, or does not hold what its configuration says.
        ModeUnavailableError
            The device is not there.
        """
        if self._painter is not None:
            return
        if on_step is not None:
            on_step(StepProgress("loading", 0, self._selection.networks))
        for chosen in self._selection.models():
            chosen.require(self._configuration.licence_policy)
        from landmarkdiff.generators.stable_diffusion.painter import Painter

        self._painter = Painter(self._selection, self._settings, on_step)

    def __call__(
        self, requests: Sequence[GenerationRequest], on_step: OnStep | None = None
    ) -> list[Painting]:
        """Paint all requests; those with equal numbers and photo go through as one batch.

        Raises
        ------
        ParameterError
            A value of a request is out of range.
        ModeUnavailableError
            The device has too little memory.
        """
        for request in requests:
            self._check(request)
        self.load(on_step)
        jobs = [self._job(number, request) for number, request in enumerate(requests)]
        paintings: dict[int, Painting] = {}
        for job in jobs:
            if job.unpainted is not None:
                record = self._record(job, batch=0)
                paintings[job.number] = Painting(
                    job.request.warped, record, unpainted=job.unpainted
                )
        batches = self._batches([job for job in jobs if job.unpainted is None])
        total = sum(batch[0].steps_run for batch in batches)
        done = 0
        for batch in batches:
            pictures = self._painted(batch, done, total, on_step)
            done += batch[0].steps_run
            for job, picture in zip(batch, pictures, strict=True):
                square = float(job.crop.x), float(job.crop.y), float(job.crop.side)
                paintings[job.number] = Painting(
                    job.crop.paste(job.request.warped, picture),
                    self._record(job, batch=len(batch)),
                    pixel=job.crop.pixel,
                    square=square,
                )
        return [paintings[job.number] for job in jobs]

    @property
    def device(self) -> str:
        """Where the networks run, as torch names it."""
        return choose_device(self._settings.device, self._settings.precision).name

    def check(self, numbers: PaintNumbers) -> None:
        """Raise ParameterError for numbers that these networks do not bear."""
        check_numbers(
            numbers,
            self._settings,
            controlled=self._mode.controlled,
            few_step_guidance=self._few_step_guidance(),
        )

    def unload(self) -> None:
        """Let the networks go and give their memory back; the next painting loads them anew."""
        if self._painter is not None:
            device = self._painter.device.name
            self._painter = None
            release_memory(device)

    def weights(self) -> Mapping[str, str]:
        """Return name and SHA-256 of every model file that takes part."""
        return {name: value for item in self._models for name, value in item.sha256.items()}

    @cached_property
    def _models(self) -> tuple[ModelRecord, ...]:
        return tuple(chosen.record() for chosen in self._selection.models())

    def _few_step_guidance(self) -> tuple[float, float] | None:
        """Guidance that the few-step LoRA bears, where there is one and the catalogue knows it."""
        few_step = self._selection.few_step
        if few_step is None or few_step.entry is None or few_step.entry.few_step is None:
            return None
        facts = few_step.entry.few_step
        return facts.lowest_guidance, facts.highest_guidance

    def _check(self, request: GenerationRequest) -> None:
        self.check(request.numbers)
        check_seed(request.seed)
        shape = (request.source.image_height, request.source.image_width, 3)
        if request.image.shape != shape or request.warped.shape != shape:
            raise ParameterError(
                "request_picture_size",
                shape=str(request.image.shape),
                shape2=str(request.warped.shape),
                shape3=str(shape),
            )

    def _job(self, number: int, request: GenerationRequest) -> _Job:
        crop = SquareCrop.around(request.source, request.mask, self._settings.resolution)
        mask = crop.mask_to_network(request.mask, self._painter.latent_side)
        prompt = prompts_of(request.plan, self._painter.count_tokens, self._painter.prompt_room)
        numbers = request.numbers
        steps = steps_run(numbers.num_inference_steps, numbers.strength)
        return _Job(number, request, crop, mask, prompt, steps)

    def _batches(self, jobs: list[_Job]) -> list[list[_Job]]:
        """Put requests that can share a batch together, none larger than configured."""
        groups: dict[tuple[object, ...], list[_Job]] = {}
        for job in jobs:
            # The identity adapter reads one photo for the whole batch.
            photo = id(job.request.image) if self._selection.identity is not None else None
            groups.setdefault((job.request.numbers, photo), []).append(job)
        size = self._settings.max_batch
        return [
            group[first : first + size]
            for group in groups.values()
            for first in range(0, len(group), size)
        ]

    def _painted(
        self, batch: list[_Job], done: int, total: int, on_step: OnStep | None
    ) -> list[ImageArray]:
        from landmarkdiff.generators.stable_diffusion.painter import Square

        request = batch[0].request
        squares = []
        for job in batch:
            side = job.crop.resolution
            target = job.crop.landmarks_to_network(job.request.target)
            squares.append(
                Square(
                    start=job.crop.to_network(job.request.warped),
                    mask=job.mask,
                    drawings=tuple(
                        _DRAWINGS[item.conditioning](target, side, side)
                        for item in self._selection.controlnets
                        if item.conditioning is not None
                    ),
                    prompt=job.prompt,
                    seed=job.request.seed,
                )
            )

        def told(step: int, preview: ImageArray | None) -> None:
            if on_step is not None:
                on_step(StepProgress("painting", done + step, total, preview))

        painted: list[ImageArray] = self._painter.paint(
            squares, request.numbers, self._identity(request), told
        )
        return painted

    def _identity(self, request: GenerationRequest) -> Any:
        """Return what the identity adapter reads of the photo itself."""
        if self._selection.identity == "image":
            from PIL import Image

            return Image.fromarray(SquareCrop.of_face(request.source).to_network(request.image))
        if self._selection.identity == "face":
            from landmarkdiff import identity

            arcface = identity.embedder("arcface", self._configuration)
            return arcface.embed(request.image, request.source)
        return None

    def _record(self, job: _Job, batch: int) -> DiffusionRecord:
        """Return the facts of a painting for the result; no path of this machine."""
        request, device, chosen = job.request, self._painter.device, self._selection
        factor = request.numbers.controlnet_conditioning_scale
        sampler = None if chosen.few_step is None else chosen.few_step.scheduler
        adapter = None
        if chosen.ip_adapter is not None:
            scale = self._settings.ip_adapter_scale
            adapter = AdapterRecord(chosen.ip_adapter.name, chosen.identity, scale)
        return DiffusionRecord(
            mode=self._mode.name,
            models=self._models,
            licence_policy=self._configuration.licence_policy,
            versions={name: version(name) for name in _VERSIONED},
            device=device.title,
            precision=device.precision,
            vae_precision=self._painter.vae_precision,
            resolution=job.crop.resolution,
            numbers=request.numbers,
            steps_run=job.steps_run if batch else 0,
            unpainted=job.unpainted,
            conditioning=tuple(
                ConditioningRecord(item.name, str(item.conditioning), item.scale * factor)
                for item in chosen.controlnets
            ),
            identity_adapter=adapter,
            seed=request.seed,
            scheduler=scheduler_record(sampler),
            prompt=job.prompt.text,
            negative_prompt=job.prompt.negative,
            prompt_left_out=tuple(job.prompt.left_out),
            batch=batch,
            square=SquareRecord(job.crop.x, job.crop.y, job.crop.side, job.crop.turns),
        )
