"""Validation pictures: the source, the drawing, what the network makes of them, the target."""

from __future__ import annotations

import numpy as np
import torch

from landmarkdiff.arrays import ImageArray
from landmarkdiff.training.batches import batch_of, chance
from landmarkdiff.training.latents import encoded
from landmarkdiff.training.objective import shrunk
from landmarkdiff.training.order import seed_of
from landmarkdiff.training.run import Run

__all__ = ["validation_pictures"]


def validation_pictures(run: Run) -> ImageArray | None:
    """Paint samples of validation with the averaged weights.

    Every process takes part where the weights are shared.

    Returns
    -------
    (rows * S, 4 * S, 3) uint8 array or None
        A row for each sample: source, drawing, painted, target; None where none are wanted.
    """
    count = min(run.settings.validation.pictures, len(run.judged))
    if not count:
        return None
    with run.judging():
        rows = [np.hstack(_row(run, number)) for number in range(count)]
    return np.vstack(rows)


def _row(run: Run, number: int) -> list[ImageArray]:
    """Paint as the app does: outside the mask every step begins with the source again."""
    from diffusers import DDIMScheduler

    sample = run.judged[number]
    device = run.place.device.name
    batch = batch_of([number], [sample]).to(device)
    scheduler = DDIMScheduler.from_config(run.networks.schedule)
    scheduler.set_timesteps(run.settings.validation.inference_steps, device=device)
    source = encoded(run.networks.vae, batch.source)[:, 0]
    mask = shrunk(batch.mask, source.shape[-1])
    drawn = chance(seed_of(run.settings.training.seed, "pictures"), "noise", number)
    noise = torch.randn(source.shape, generator=drawn).to(device)
    words = run.objective.words(batch.prompts)
    latents = noise * scheduler.init_noise_sigma
    for step in scheduler.timesteps:
        known = scheduler.add_noise(source, noise, step.reshape(1))
        latents = mask * latents + (1.0 - mask) * known
        steps = step.reshape(1).to(device)
        with run.place.autocast():
            prediction = run.network(
                latents, steps, words, batch.drawing, mask, source * (1.0 - mask)
            )
        latents = scheduler.step(prediction.float(), step, latents).prev_sample
    latents = mask * latents + (1.0 - mask) * source
    painted = run.objective.decoded(latents)[0].clamp(0.0, 1.0).permute(1, 2, 0).cpu().numpy()
    made = np.rint(255.0 * np.nan_to_num(painted)).astype(np.uint8)
    return [sample.source, sample.drawing, made, sample.target]
