"""Embedded colour profiles: to sRGB, which every later stage takes for granted."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms

from landmarkdiff.notices import Reason

__all__ = ["ProfileConversion", "lab_to_srgb", "profile_conversion"]

#: A press profile has two or three megabytes; more is not a photo's.
_MAX_PROFILE_BYTES = 16 * 1024 * 1024

#: ICC colour space -> mode the transform takes.
_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}

_PROFILE_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError)


class ProfileConversion:
    """A transform from one profile to sRGB for pictures of one mode.

    Parameters
    ----------
    transform : ImageCms.ImageCmsTransform or None
        None when the profile is sRGB already.
    mode : str
        Pillow mode of the pictures it takes: ``"RGB"``, ``"L"`` or ``"CMYK"``.
    """

    def __init__(self, transform: ImageCms.ImageCmsTransform | None, mode: str) -> None:
        self._transform = transform
        self.mode = mode

    def apply(self, image: Image.Image) -> Image.Image:
        """Return ``image`` (of :attr:`mode`) as sRGB."""
        return image if self._transform is None else self._transform.apply(image)


def profile_conversion(
    profile: bytes | None, mode: str
) -> tuple[ProfileConversion | None, Reason | None]:
    """Prepare the conversion that an embedded profile asks for.

    Parameters
    ----------
    profile : bytes or None
        ICC profile.
    mode : str
        Pillow mode of the decoded colours without alpha: ``"RGB"``, ``"L"`` or ``"CMYK"``.

    Returns
    -------
    tuple of (ProfileConversion or None, Reason or None)
        The conversion, or why the profile cannot be used; neither when there is no profile.
    """
    if not profile:
        return None, None
    if len(profile) > _MAX_PROFILE_BYTES:
        return None, Reason.of("profile_size", megabytes=len(profile) / 1e6)
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        wanted = _MODES.get(space)
        # A gray picture may carry its camera's RGB profile; the other way round makes no sense.
        if wanted is None or (wanted != mode and not (wanted == "RGB" and mode == "L")):
            return None, Reason.of("profile_space", space=space or "unknown")
        target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        transform = ImageCms.ImageCmsTransform(source, target, wanted, "RGB")
        if wanted == "RGB" and _changes_nothing(transform):
            return ProfileConversion(None, "RGB"), None
    except _PROFILE_ERRORS:
        return None, Reason.of("profile_damaged")
    return ProfileConversion(transform, wanted), None


def lab_to_srgb(image: Image.Image) -> Image.Image:
    """Return a picture in CIELAB (D50) as sRGB."""
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    transform = ImageCms.ImageCmsTransform(
        ImageCms.ImageCmsProfile(lab), ImageCms.ImageCmsProfile(srgb), "LAB", "RGB"
    )
    return transform.apply(image)


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    # By what it does, not by its name: sRGB profiles have dozens of names.
    levels = np.linspace(0, 255, 9).round().astype(np.uint8)
    colours = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(27, 27, 3)
    after = np.asarray(transform.apply(Image.fromarray(colours)))
    return bool(np.abs(after.astype(np.int16) - colours).max() <= 1)
