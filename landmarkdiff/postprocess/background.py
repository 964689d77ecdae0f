"""Step 2: Real-ESRGAN on what is not the face. The only step that acts outside the mask."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from landmarkdiff import weights
from landmarkdiff.arrays import Float32Array, ImageArray
from landmarkdiff.errors import ModeUnavailableError
from landmarkdiff.manipulation.grid import smoothstep
from landmarkdiff.notices import Reason
from landmarkdiff.postprocess.networks import DeviceMemoryError, Network, load_network
from landmarkdiff.postprocess.step import Canvas, StepContext, StepOutcome, StepReport

__all__ = ["NAME", "background_share", "enhance_background", "enhanced_tile"]


NAME = "background"
#: Name of the checkpoint in the catalogue, and spandrel's name of its architecture (RRDBNet).
MODEL = "realesrgan_x4plus"
ARCHITECTURE = "ESRGAN"
#: Each tile is seen with this many more pixels of the photo on every side, which are then cut
#: off: the network's answer there depends on what lies beyond. Beyond the photo itself there is
#: only its mirror image, of which less will do.
OVERLAP = 24
MIRRORED = 8
#: Around face and mask the effect rises over this width (mm).
FEATHER_MM = 8.0


def enhance_background(canvas: Canvas, context: StepContext) -> StepOutcome:
    """Make the photo clearer outside the face; off unless it is switched on.

    The network's fourfold picture is brought back to the photo's size tile by tile, so what it
    gives is less noise and blur, not more pixels. Nothing is touched inside the face's outline
    or where the mask is above zero.

    Returns
    -------
    StepOutcome
        With ``warped`` changed like the picture: the blend keeps it outside the mask.

    Raises
    ------
    WeightsCorruptError
        The checkpoint that is there cannot be used.
    WeightsMissingError
        The configured path leads nowhere.
    """
    settings = context.configuration.postprocess.background
    if not settings.enabled:
        return StepOutcome.skipped(canvas, NAME, Reason("switched_off"))
    path = settings.path
    if path is None:
        if weights.locate(MODEL) is None:
            return StepOutcome.skipped(canvas, NAME, Reason.of("network_absent", name=MODEL))
        path = weights.require(MODEL)
    share = background_share(canvas)
    picture, warped = canvas.picture.copy(), canvas.warped.copy()
    try:
        network = load_network(path, context.device, (ARCHITECTURE,), half=True)
        for rows, columns in _tiles(share, settings.tile):
            context.pause()
            here = share[rows, columns, None]
            under = canvas.warped[rows, columns].astype(np.float32)
            clearer = enhanced_tile(network, canvas.warped, rows, columns)
            mixed = np.rint(under + here * (clearer - under)).astype(np.uint8)
            warped[rows, columns] = mixed
            np.copyto(picture[rows, columns], mixed, where=here > 0)
    except (ModeUnavailableError, DeviceMemoryError) as error:
        return StepOutcome.skipped(canvas, NAME, error)
    changed = int(np.count_nonzero((warped != canvas.warped).any(axis=2)))
    model = MODEL if settings.path is None else f"{network.architecture} ({network.file})"
    return StepOutcome(
        picture,
        StepReport(NAME, True, model, (Reason("changed_outside_mask"),)),
        weights={model: weights.sum_of(path, None)},
        pixels_changed_outside_mask=changed,
        warped=warped,
    )


def background_share(canvas: Canvas) -> Float32Array:
    """Where the background is: (H, W) float32, 0 in the face and the mask, 1 from 8 mm on."""
    kept = canvas.mask.full()
    outline = cv2.convexHull(canvas.face.points[:, :2].astype(np.float32))
    cv2.fillConvexPoly(kept, np.rint(outline).astype(np.int32), 255)
    away = cv2.distanceTransform((kept == 0).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return smoothstep(
        np.asarray(away, np.float32), 0.5, FEATHER_MM / canvas.face.scale.mm_per_px + 0.5
    )


def enhanced_tile(network: Network, photo: ImageArray, rows: slice, columns: slice) -> Float32Array:
    """Return a rectangle of the photo as the network sees it, at the photo's size.

    Returns
    -------
    (h, w, 3) float32 array, 0 to 255
    """
    height, width = photo.shape[:2]
    to_edge = (rows.start, height - rows.stop, columns.start, width - columns.stop)
    above, below, before, behind = (min(OVERLAP, away) for away in to_edge)
    seen = photo[
        rows.start - above : rows.stop + below, columns.start - before : columns.stop + behind
    ]
    up, down, left, right = (MIRRORED if away < OVERLAP else 0 for away in to_edge)
    seen = np.asarray(cv2.copyMakeBorder(seen, up, down, left, right, cv2.BORDER_REFLECT))
    found = network(seen.astype(np.float32))
    if network.scale > 1:
        found = np.asarray(cv2.resize(found, seen.shape[1::-1], interpolation=cv2.INTER_AREA))
    y, x = above + up, before + left
    tile = found[y : y + rows.stop - rows.start, x : x + columns.stop - columns.start]
    return np.asarray(tile, np.float32)


def _tiles(share: Float32Array, side: int) -> Iterator[tuple[slice, slice]]:
    """Return the tiles that hold some background; each with its overlap is ``side`` wide."""
    height, width = share.shape
    step = max(side - 2 * OVERLAP, 1)
    for top in range(0, height, step):
        for left in range(0, width, step):
            tile = slice(top, min(top + step, height)), slice(left, min(left + step, width))
            if share[tile].any():
                yield tile
