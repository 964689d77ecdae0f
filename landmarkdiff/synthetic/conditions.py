"""What of a pair's conditions is dropped or made unsure, so that a network can do without."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from landmarkdiff.conditioning import generate_conditioning
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.synthetic.sample import Sample

__all__ = ["conditioned", "drawn_again"]


def conditioned(
    sample: Sample,
    face: FaceLandmarks,
    *,
    dropout: float,
    noise: float,
    rng: np.random.Generator,
) -> Sample:
    """Return a pair with its conditions as one step of training sees them.

    Parameters
    ----------
    sample : Sample
    face : FaceLandmarks
        Of its target.
    dropout : float
        Share of the pairs without a drawing (black, and so is the depth), and of those without a
        prompt (empty), each by itself.
    noise : float
        Spread of the drawn landmarks, percent of the distance of the lateral canthi. The points of
        the pair stay the true ones.
    rng : numpy.random.Generator
    """
    without_drawing, without_prompt = rng.random(2) < dropout
    if noise and not without_drawing:
        spread = noise / 100.0 * face.interocular_px
        shift = rng.normal(0.0, spread, sample.points_target.shape)
        unsure = replace(sample, points_target=sample.points_target + shift.astype(np.float32))
        again = drawn_again(unsure, face)
        sample = replace(sample, drawing=again.drawing, depth=again.depth)
    if without_drawing:
        depth = None if sample.depth is None else np.zeros_like(sample.depth)
        sample = replace(sample, drawing=np.zeros_like(sample.drawing), depth=depth)
    return replace(sample, prompt="") if without_prompt else sample


def drawn_again(sample: Sample, face: FaceLandmarks) -> Sample:
    """Return a pair with its drawings at its own points of the target; ``face`` gives the depth."""
    height, width = sample.target.shape[:2]
    moved = face.with_points(np.column_stack([sample.points_target, face.points[:, 2]]))
    drawing = generate_conditioning(moved, width, height).wireframe
    depth = sample.depth
    if depth is not None:
        depth = generate_conditioning(moved, width, height, kind="depth").wireframe
    return replace(sample, drawing=drawing, depth=depth)
