"""The light of one photo: its skin, its fit, and where the fit does not hold."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray
from landmarkdiff.clinical.skin import searchable_skin
from landmarkdiff.head.raster import Raster
from landmarkdiff.landmarks.face_crop import FaceCrop, FaceMap, crop_face
from landmarkdiff.light.fit import LUMINANCE, LightFit, fit_light
from landmarkdiff.light.lamps import GLOSSY
from landmarkdiff.light.normal_refinement import normal_refinement
from landmarkdiff.light.occlusion import lamp_comes, occluded
from landmarkdiff.light.on_profile import profile_crop, profile_skin, profile_surface
from landmarkdiff.light.shape_from_shading import ShapeFromShading
from landmarkdiff.light.surface import FittedInPhoto, SurfaceInPhoto, surface_in_photo
from landmarkdiff.manipulation.grid import smoothstep
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.shading import linear_light
from landmarkdiff.runtime.threads import one_blas_thread

__all__ = ["PhotoLight", "SeenLight", "photo_light"]

#: Resolution of the fit, mm, and its reach from the eyes: left, right, up, down.
CELL_MM = 1.5
REACH_MM = (85.0, 85.0, 75.0, 140.0)
#: Codes from here on are clipped, or so near that the sensor no longer counted.
CLIPPED = 250
#: Skin that looks away from the camera by more than this cosine is not fitted.
LEAST_FACING = 0.25
#: Skin at the first of these shares of the fitted light lies in a shadow, or has a beard: its own
#: light is left alone. At the second it has the light that was fitted.
SHADOW = (0.45, 0.7)
#: The share is smoothed over this before it is judged: freckles and hairs throw no shadow, mm.
SHADOW_SMOOTHED_MM = 1.5
#: The gloss is compared with the skin's over this, mm.
SHINE_SMOOTHED_MM = 5.0
#: Where the fitted gloss is weaker than about this share of its strength there is nothing to
#: compare, and the skin counts as dull: a highlight that a plan moved below an eye, where skin is
#: dry, looked wet.
UNKNOWN_SHINE = 0.1
#: A beard is dark, and its logarithm of red over blue so many robust standard deviations below the
#: skin's; these are at least so large.
GREYER, LEAST_WARMTH = 2.0, 0.05
#: With fewer cells of skin there is nothing to fit.
LEAST_CELLS = 300
#: Share of what matt light leaves that a gloss has to explain in a profile: where light from behind
#: ends on the cheek, what harmonics leave looks like a weak one.
GLOSSY_PROFILE = 0.3
#: Rounds in which the head follows its shading; a third changes nothing that is seen.
SHADING_ROUNDS = 2
#: Nor say fewer whether the fit holds in a region.
LEAST_SEEN = 40
#: Standard deviation of the logarithm of light that is expected of any region.
LEAST_VARIED = 0.1


@dataclass(frozen=True, eq=False)
class SeenLight:
    """The light on the skin of a photo, beside the fitted one.

    Attributes
    ----------
    places : (n, 2) float64 array
        Photo pixels, 1.5 mm apart.
    found, fitted : (n,) float64 arrays
        Logarithms of linear light.
    """

    places: FloatArray
    found: FloatArray
    fitted: FloatArray

    def agreement(self, inside: BoolArray) -> float:
        """Return which share of the variance of the light at some places the fit explains.

        ``inside`` (n,) names them; 0 where they are too few to say, or the fit explains nothing.
        Even light counts as varied a little: there the fit need only not vary either.
        """
        if np.count_nonzero(inside) < LEAST_SEEN:
            return 0.0
        found = self.found[inside]
        rest = found - self.fitted[inside]
        return max(0.0, 1.0 - float(rest.var() / max(found.var(), LEAST_VARIED**2)))


@dataclass(frozen=True, eq=False)
class PhotoLight:
    """The light of one photo.

    Attributes
    ----------
    surface : SurfaceInPhoto
    fit : LightFit
    trusted : FaceMap
        1 where the skin has the light that was fitted, 0 in cast shadows, in beards, where the
        photo is clipped, and where the head itself keeps a lamp from skin that may turn to it.
    shine : FaceMap
        Share of the fitted gloss that the skin has, 0 to 1: make-up and dry skin shine less.
    turned : (FaceMap, FaceMap) or None
        What the light of the photo adds to x and y of the surface's normals.
    seen : SeenLight or None
        What the skin of a profile says of the fit, place by place.
    """

    surface: SurfaceInPhoto
    fit: LightFit
    trusted: FaceMap
    shine: FaceMap
    turned: tuple[FaceMap, FaceMap] | None = None
    seen: SeenLight | None = None


def photo_light(prepared: PreparedFace) -> PhotoLight | None:
    """Return the light of a photo, fitted at first use; None where too little skin is seen."""
    found: PhotoLight | None = prepared.once("light", lambda: _fitted(prepared))
    return found


def _fitted(prepared: PreparedFace) -> PhotoLight | None:
    face = prepared.landmarks
    if isinstance(prepared, PreparedProfile):
        surface = profile_surface(prepared)
        crop = profile_crop(prepared, CELL_MM, REACH_MM)
    else:
        with one_blas_thread():
            surface = surface_in_photo(face)
        crop = crop_face(prepared.image, face, CELL_MM, REACH_MM)
    skin = _skin(prepared, crop, surface)
    in_profile = isinstance(prepared, PreparedProfile)
    found = _lit_skin(crop, surface, skin, in_profile=in_profile)
    if found is None:
        return None
    if surface.fitted is not None:
        found = _nearer(crop, skin, found, surface.fitted)
    surface, normals, fit = found.surface, found.normals, found.fit
    whole, clipped = found.whole, found.clipped
    trusted = _trusted(crop, normals, whole, clipped, fit)
    trusted *= _lamp_comes(prepared, crop, found)
    shine = _shine(crop, normals, whole & ~clipped, fit)
    turned, seen = None, None
    if isinstance(prepared, PreparedProfile):
        seen = _seen(crop, normals, whole & ~clipped, fit)
    else:
        turn = np.asarray(normal_refinement(crop, normals, found.lit, fit), np.float32)
        turned = crop.map_of(turn[..., 0]), crop.map_of(turn[..., 1])
    return PhotoLight(surface, fit, crop.map_of(trusted), crop.map_of(shine), turned, seen)


@dataclass(frozen=True, eq=False)
class _LitSkin:
    """The light on the skin of a surface in a photo.

    Attributes
    ----------
    surface : SurfaceInPhoto
    normals : (h, w, 3) float64 array
        Of the cells of the crop, unit, camera frame.
    whole, clipped, lit : (h, w) bool arrays
        Cells of skin, clipped cells, and skin that has the light that was fitted.
    fit : LightFit
    drawn : Raster
        What of the surface each cell shows.
    """

    surface: SurfaceInPhoto
    normals: FloatArray
    whole: BoolArray
    clipped: BoolArray
    lit: BoolArray
    fit: LightFit
    drawn: Raster


def _lit_skin(
    crop: FaceCrop,
    surface: SurfaceInPhoto,
    free: BoolArray,
    *,
    in_profile: bool,
    before: LightFit | None = None,
) -> _LitSkin | None:
    """Fit the light on a surface to free skin; None where too little is seen.

    A gloss that the light before, of much the same surface, has not is not looked for while shadows
    are still among the skin.
    """
    drawn = surface.drawn(crop.to_photo, crop.inside.shape)
    values = np.column_stack([surface.normals, surface.matt])
    shown = drawn.interpolate(surface.triangles, values)
    normals = shown[..., :3]
    length = np.sqrt(np.einsum("hwc,hwc->hw", normals, normals))
    normals = normals / np.maximum(length, 1e-9)[..., None]
    whole = np.asarray(free & (shown[..., 3] > 0.99), np.bool_)
    clipped = np.asarray(np.logical_or.reduce(np.moveaxis(crop.pixels >= CLIPPED, 2, 0)), np.bool_)
    skin = whole & ~clipped & (normals[..., 2] > LEAST_FACING)
    if np.count_nonzero(skin) < LEAST_CELLS:
        return None
    skin[skin] = ~_hairy(crop.pixels[skin])
    glossy = GLOSSY_PROFILE if in_profile else GLOSSY
    shiny = None if before is not None and before.gloss is None else glossy
    with one_blas_thread():
        fit = fit_light(crop.pixels, normals, skin, glossy=shiny, lamps=not in_profile)
        # Shadows and beards that are large draw the light to them: once more without them.
        lit = skin.copy()
        lit[skin] = _relative(crop.pixels[skin], normals[skin], fit) > SHADOW[1]
        if np.count_nonzero(lit) >= LEAST_CELLS:
            fit = fit_light(crop.pixels, normals, lit, glossy=glossy, lamps=not in_profile)
    return _LitSkin(surface, normals, whole, clipped, lit, fit, drawn)


def _nearer(crop: FaceCrop, free: BoolArray, found: _LitSkin, fitted: FittedInPhoto) -> _LitSkin:
    """Let the head follow its shading; the head of the landmarks stays where that explains less."""
    with one_blas_thread():
        shape = ShapeFromShading(found.surface, fitted, crop)
        best = found
        for _ in range(SHADING_ROUNDS):
            surface = shape.nearer(found.surface, found.fit, found.lit)
            following = _lit_skin(crop, surface, free, in_profile=False, before=found.fit)
            if following is None:
                break
            found = following
            if found.fit.residual < best.fit.residual:
                best = found
    return best


def _seen(crop: FaceCrop, normals: FloatArray, skin: BoolArray, fit: LightFit) -> SeenLight:
    """The light on the cells of skin beside the fitted one."""
    fitted = fit.luminance(normals)
    found = np.asarray(linear_light()[crop.pixels] @ LUMINANCE, np.float64)
    smooth = cv2.GaussianBlur(found, (0, 0), SHADOW_SMOOTHED_MM / CELL_MM)
    rows, columns = np.nonzero(skin)
    places = crop.photo_points(np.stack([columns, rows], axis=1))
    log = [np.log(np.maximum(light[skin], 1e-4)) for light in (smooth, fitted)]
    return SeenLight(places, *log)


def _skin(prepared: PreparedFace, crop: FaceCrop, surface: SurfaceInPhoto) -> BoolArray:
    """Skin of the face proper that nothing lies on."""
    if isinstance(prepared, PreparedProfile):
        return profile_skin(prepared, crop, surface.drawn(crop.to_photo, crop.inside.shape))
    skin = searchable_skin(crop, crop.cells(prepared.landmarks.points))
    rows, columns = np.indices(skin.shape)
    places = crop.photo_points(np.stack([columns, rows], axis=-1).reshape(-1, 2))
    for map_ in (prepared.frames(), prepared.covers().still):
        if map_ is not None:
            skin &= map_.at(places).reshape(skin.shape) < 0.1
    return np.asarray(skin)


def _hairy(skin: ImageArray) -> BoolArray:
    """Which pixels (n, 3) of skin have the colour of a beard: darker and greyer than most."""
    light = linear_light()[skin]
    whole = np.maximum(light @ LUMINANCE, 1e-4)
    warmth = np.log(np.maximum(light[..., 0], 1e-4) / np.maximum(light[..., 2], 1e-4))
    middle = float(np.median(warmth))
    spread = max(1.4826 * float(np.median(np.abs(warmth - middle))), LEAST_WARMTH)
    dark = whole < np.median(whole)
    return np.asarray(dark & (warmth < middle - GREYER * spread), np.bool_)


def _lamp_comes(prepared: PreparedFace, crop: FaceCrop, found: _LitSkin) -> Float32Array:
    """How far the lamp is known to light each cell, 0 to 1."""
    fit, surface, drawn = found.fit, found.surface, found.drawn
    if fit.lamp is None:
        return np.ones(found.whole.shape, np.float32)
    depth = surface.depth[:, None] * prepared.landmarks.scale.mm_per_px
    height = np.where(drawn.covered, drawn.interpolate(surface.triangles, depth)[..., 0], -np.inf)
    # The crop is upright, and the light's frame is the photo's.
    upright = crop.to_photo[:, :2] / np.linalg.norm(crop.to_photo[:, 0])
    across = upright.T @ (fit.lamp.direction[:2] * (1.0, -1.0))
    toward = np.array([across[0], -across[1], fit.lamp.direction[2]])
    hidden = occluded(height, toward, crop.mm_per_cell)
    light = np.asarray(linear_light()[crop.pixels] @ LUMINANCE, np.float64)
    return lamp_comes(fit, found.normals, light, found.whole & ~found.clipped, hidden)


def _relative(pixels: ImageArray, normals: FloatArray, fit: LightFit) -> Float32Array:
    """Light of pixels (..., 3) over the light that is fitted to their normals: (...)."""
    expected = fit.luminance(normals)
    found = linear_light()[pixels] @ LUMINANCE
    return np.asarray(found / np.maximum(expected, 1e-4), np.float32)


def _shine(crop: FaceCrop, normals: FloatArray, skin: BoolArray, fit: LightFit) -> Float32Array:
    """Share of the fitted gloss that each cell has, by what lies around."""
    if fit.gloss is None:
        return np.zeros(skin.shape, np.float32)
    fitted = np.asarray(fit.gloss.at(normals) * skin, np.float32)
    found = linear_light()[crop.pixels] @ LUMINANCE - fit.matt(normals) @ LUMINANCE
    held = np.clip(np.asarray(found, np.float32), 0.0, fitted)
    spread = SHINE_SMOOTHED_MM / CELL_MM
    held *= fitted
    fitted *= fitted
    known = (UNKNOWN_SHINE * fit.gloss.strength) ** 2
    whole = cv2.GaussianBlur(fitted, (0, 0), spread) + np.float32(known)
    share = cv2.GaussianBlur(held, (0, 0), spread) / whole
    return np.asarray(np.clip(share, 0.0, 1.0), np.float32)


def _trusted(
    crop: FaceCrop, normals: FloatArray, whole: BoolArray, clipped: BoolArray, fit: LightFit
) -> Float32Array:
    """How far the light of each cell is the fitted one, 0 to 1; beside the skin as next to it."""
    relative = _relative(crop.pixels, normals, fit)
    spread = SHADOW_SMOOTHED_MM / CELL_MM
    of_skin = whole.astype(np.float32)
    known = cv2.GaussianBlur(of_skin, (0, 0), spread)
    share = cv2.GaussianBlur(relative * of_skin, (0, 0), spread) / np.maximum(known, 1e-3)
    trusted = smoothstep(np.asarray(share, np.float32), *SHADOW)
    trusted *= 1.0 - cv2.GaussianBlur(clipped.astype(np.float32), (0, 0), spread)
    # Lips, brows and lids have another colour; their light is that of the skin around.
    far = cv2.GaussianBlur(of_skin, (0, 0), 4.0 * spread)
    beside = cv2.GaussianBlur(trusted * of_skin, (0, 0), 4.0 * spread) / np.maximum(far, 1e-3)
    return np.asarray(np.where(whole, trusted, np.where(far > 1e-3, beside, 1.0)), np.float32)
