"""Canvases to finish: masks of any shape, and portraits as a network might have repainted them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.configuration import Configuration
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.landmarks.face import FaceLandmarks, Pose, Scale
from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.postprocess import Canvas, StepContext


def mask_of(values: ImageArray) -> SurgicalMask:
    """A surgical mask with one node for each pixel: (H, W) uint8."""
    height, width = values.shape
    return SurgicalMask(
        grid=RegionGrid(0, 0, width, height, 1),
        coverage=values,
        limits={},
        anchors=np.zeros((0, 2)),
        image_width=width,
        image_height=height,
    )


def disc(
    height: int, width: int, radius: float, feather: float = 6.0, top: int = 255
) -> ImageArray:
    """A feathered disc in the middle: (height, width) uint8, ``top`` inside."""
    y, x = np.mgrid[:height, :width]
    away = np.hypot(y - (height - 1) / 2, x - (width - 1) / 2)
    return np.round(top * np.clip((radius - away) / feather + 0.5, 0, 1)).astype(np.uint8)


def somebody(height: int, width: int, points: FloatArray | None = None) -> FaceLandmarks:
    """A face for steps that do not look at it."""
    pose = Pose(np.eye(3), 0.0, 0.0, 0.0, 0.0, 1.0)
    placed = np.zeros((478, 3)) if points is None else points
    return FaceLandmarks(placed, width, height, pose, Scale(0.5, 0.05, "ruler"))


def canvas_of(
    warped: ImageArray,
    picture: ImageArray,
    mask: ImageArray,
    *,
    pixel: float = 1.0,
    seed: int = 0,
    face: FaceLandmarks | None = None,
) -> Canvas:
    """A canvas whose photo is its warp."""
    face = face or somebody(*warped.shape[:2])
    return Canvas(warped, warped, picture, mask_of(mask), face, pixel, seed)


def context_of(
    face: FaceLandmarks | None = None,
    *,
    keeps_plan: Callable[[ImageArray], bool] = lambda picture: True,
    policy: str = "commercial",
    **postprocess: object,
) -> StepContext:
    """A context with settings of the finishing steps, by the step's name."""
    configuration = Configuration.from_dict(
        {"licence_policy": policy, "postprocess": postprocess, "diffusion": {"device": "cpu"}}
    )
    return StepContext(configuration, "cpu", keeps_plan, face or somebody(8, 8))


def repainted(
    picture: ImageArray,
    *,
    blur: float = 1.0,
    noise: float = 2.0,
    gain: float = 1.0,
    cast: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> ImageArray:
    """What a network may make of a picture: softer, noisy, of another tone."""
    random = np.random.default_rng(0)
    values = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), blur)
    grain = random.normal(0.0, noise, picture.shape).astype(np.float32)
    values = (values + cv2.GaussianBlur(grain, (0, 0), 0.7)) * gain + np.float32(cast)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def warped_portrait(portrait: ImageArray, procedure: str) -> tuple[Canvas, FaceLandmarks]:
    """A real plan's warp on a portrait, nothing painted yet, and the photo's landmarks."""
    result = (
        LandmarkDiffPipeline()
        .load()
        .generate(portrait, procedure=procedure, intensity=70, passes=1, verify=False)
    )
    canvas = Canvas(
        portrait, result.warped, result.warped, result.surgical_mask, result.target, 1.0, 0
    )
    return canvas, result.source


def with_painting(canvas: Canvas, picture: ImageArray, pixel: float = 1.0) -> Canvas:
    """The canvas with a raw picture."""
    return replace(canvas, picture=picture, pixel=pixel)


def resampled(canvas: Canvas, height: int, width: int) -> Canvas:
    """The canvas at another size; outside the mask the warp stays the photo."""
    factors = np.array([width, height, width]) / [*canvas.photo.shape[1::-1], canvas.photo.shape[1]]
    photo, warped, picture = (
        np.array(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))
        for image in (canvas.photo, canvas.warped, canvas.picture)
    )
    covered = cv2.resize(canvas.mask.full(), (width, height), interpolation=cv2.INTER_AREA)
    covered = np.asarray(covered, np.uint8)
    warped[covered == 0] = photo[covered == 0]
    scale = replace(canvas.face.scale, mm_per_px=canvas.face.scale.mm_per_px / float(factors[0]))
    face = replace(
        canvas.face,
        points=canvas.face.points * factors,
        image_width=width,
        image_height=height,
        scale=scale,
    )
    return Canvas(photo, warped, picture, mask_of(covered), face, canvas.pixel, canvas.seed)
