"""A validation picture of the repainting networks, painted as the app paints."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from landmarkdiff.arrays import ImageArray
from landmarkdiff.training.batches import batch_of, chance
from landmarkdiff.training.latents import encoded
from landmarkdiff.training.objective import shrunk
from landmarkdiff.training.order import seed_of

__all__ = ["painted_row"]


def painted_row(run: Any, number: int) -> list[ImageArray]:
    """Return source, drawing, what the network makes of them, and target of a sample.

    Outside the mask every step begins with the source again, as in the app.
    """
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
    shown = run.objective.shown(batch, source)
    latents = noise * scheduler.init_noise_sigma
    for step in scheduler.timesteps:
        known = scheduler.add_noise(source, noise, step.reshape(1))
        latents = mask * latents + (1.0 - mask) * known
        steps = step.reshape(1).to(device)
        with run.place.autocast():
            prediction = run.network(latents, steps, words, batch.drawing, mask, shown)
        latents = scheduler.step(prediction.float(), step, latents).prev_sample
    latents = mask * latents + (1.0 - mask) * source
    painted = run.objective.decoded(latents)[0].clamp(0.0, 1.0).permute(1, 2, 0).cpu().numpy()
    made = np.rint(255.0 * np.nan_to_num(painted)).astype(np.uint8)
    return [sample.source, sample.drawing, made, sample.target]
