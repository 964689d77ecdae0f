"""The word that says what the picture is: a simulation, not a photograph."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from landmarkdiff.arguments import checked, optional, plain_text, rgb_image
from landmarkdiff.errors import ParameterError

__all__ = ["LabelCorner", "choose_label_corner", "draw_label", "label_box"]

LabelCorner = Literal["top-left", "top-right", "bottom-left", "bottom-right"]

#: In the order of preference; faces are seldom low in the frame.
_PREFERENCE: tuple[LabelCorner, ...] = ("bottom-right", "bottom-left", "top-right", "top-left")

_TEXT_SHARE = 0.022  # height of the capitals as a share of the image's short side
_MIN_TEXT_PX = 9
_CAPITAL_SHARE = 0.7  # height of a capital as a share of the built-in font's size
_BOX_OPACITY = 0.8
_BOX_GRAY = 16.0
_TEXT_GRAY = 245.0

Box = tuple[int, int, int, int]


def choose_label_corner(
    mask_or_box: NDArray[np.generic] | Box | None,
    image_size: tuple[int, int],
    *,
    text: str = "SIMULATION",
    within: Box | None = None,
) -> LabelCorner:
    """Choose the corner where the label covers nothing that was changed.

    Parameters
    ----------
    mask_or_box : (H, W) array, tuple or None
        Mask (non-zero where the picture is changed), or a box ``(x, y, width, height)``, pixels.
    image_size : tuple of int
        Width and height, pixels.
    text : str
        The label.
    within : tuple of int, optional
        Part of the image in whose corners the label may lie, as for :func:`draw_label`.

    Returns
    -------
    str
        The first of bottom-right, bottom-left, top-right, top-left that the mask does not
        touch; the one it touches least when it touches all.

    Raises
    ------
    ParameterError
        The mask has another size than the image.

    Examples
    --------
    >>> choose_label_corner((600, 400, 424, 624), (1024, 1024))
    'bottom-left'
    """
    if mask_or_box is None:
        return _PREFERENCE[0]
    if isinstance(mask_or_box, np.ndarray) and mask_or_box.shape != image_size[::-1]:
        raise ParameterError(
            "label_mask_size",
            shape=str(mask_or_box.shape),
            width=image_size[1],
            height=image_size[0],
        )
    covered = {
        corner: _covered(mask_or_box, label_box(image_size, corner, text=text, within=within))
        for corner in _PREFERENCE
    }
    return min(_PREFERENCE, key=lambda corner: covered[corner])


def label_box(
    image_size: tuple[int, int],
    corner: LabelCorner,
    *,
    text: str = "SIMULATION",
    within: Box | None = None,
) -> Box:
    """Return where the label goes.

    Parameters
    ----------
    image_size : tuple of int
        Width and height in pixels.
    corner : str
        Corner of the image, or of its part.
    text : str
        The label.
    within : tuple of int, optional
        ``(x, y, width, height)`` of a part of the image, pixels.

    Returns
    -------
    tuple of int
        ``(x, y, w, h)`` in pixels, inside the image.

    Raises
    ------
    ParameterError
        The corner does not exist.
    """
    if corner not in get_args(LabelCorner):
        raise ParameterError("unknown_label_corner", name=corner, names=get_args(LabelCorner))
    part_x, part_y, width, height = within or (0, 0, *image_size)
    font = _font((width, height), text)
    left, top, right, bottom = font.getbbox(text)
    padding = _padding(font)
    w = min(width, round(right - left) + 2 * padding)
    h = min(height, round(bottom - top) + 2 * padding)
    margin_x, margin_y = min(padding, width - w), min(padding, height - h)
    x = margin_x if corner.endswith("left") else width - w - margin_x
    y = margin_y if corner.startswith("top") else height - h - margin_y
    return part_x + x, part_y + y, w, h


@checked(pixels=rgb_image, corner=optional(plain_text), text=plain_text)
def draw_label(
    pixels: NDArray[np.uint8],
    *,
    corner: LabelCorner | None = None,
    mask: NDArray[np.generic] | None = None,
    text: str = "SIMULATION",
    within: Box | None = None,
) -> tuple[NDArray[np.uint8], Box]:
    """Draw the label on a copy of the picture.

    Light letters on a dark box that lets a fifth of the picture through, so the word is legible
    on any background. Only pixels inside the returned box change.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        RGB.
    corner : {"top-left", "top-right", "bottom-left", "bottom-right"}, optional
        Where; by default where it does not touch ``mask``.
    mask : (H, W) array, optional
        Non-zero where the picture is changed.
    text : str
        The label.
    within : tuple of int, optional
        ``(x, y, width, height)`` of the part of the picture in whose corners the label may lie:
        where several people are in it, that of the one who was changed.

    Returns
    -------
    labelled : (H, W, 3) uint8 array
        A copy with the label.
    box : tuple of int
        The label's box ``(x, y, width, height)``, pixels.

    Raises
    ------
    ParameterError
        The array is not an RGB picture, the corner does not exist, or the text is blank.

    Examples
    --------
    >>> labelled, (x, y, width, height) = draw_label(portrait, corner="bottom-right")
    >>> x + width <= 512, y + height <= 600
    (True, True)
    >>> bool((labelled[: y - 1] == portrait[: y - 1]).all())
    True
    """
    if not text.strip():
        raise ParameterError("label_without_text")
    size = (pixels.shape[1], pixels.shape[0])
    if corner is None:
        corner = choose_label_corner(mask, size, text=text, within=within)
    x, y, w, h = label_box(size, corner, text=text, within=within)
    font = _font(size if within is None else within[2:], text)
    left, top, _, _ = font.getbbox(text)
    padding = _padding(font)
    letters = Image.new("L", (w, h))
    ImageDraw.Draw(letters).text((padding - left, padding - top), text, fill=255, font=font)
    ink = np.asarray(letters, np.float32)[..., None] / 255.0

    labelled = pixels.copy()
    region = labelled[y : y + h, x : x + w].astype(np.float32)
    region = region * (1 - _BOX_OPACITY) + _BOX_GRAY * _BOX_OPACITY
    region = region * (1 - ink) + _TEXT_GRAY * ink
    labelled[y : y + h, x : x + w] = np.rint(region).astype(np.uint8)
    return labelled, (x, y, w, h)


def _covered(mask_or_box: NDArray[np.generic] | Box, label: Box) -> int:
    x, y, w, h = label
    if isinstance(mask_or_box, np.ndarray):
        return int(np.count_nonzero(mask_or_box[y : y + h, x : x + w]))
    left, top, width, height = mask_or_box
    across = min(x + w, left + width) - max(x, left)
    down = min(y + h, top + height) - max(y, top)
    return max(0, across) * max(0, down)


def _padding(font: ImageFont.FreeTypeFont) -> int:
    return max(2, round(font.size * 0.35))


def _font(image_size: tuple[int, int], text: str) -> ImageFont.FreeTypeFont:
    capitals = max(_MIN_TEXT_PX, round(_TEXT_SHARE * min(image_size)))
    size = capitals / _CAPITAL_SHARE
    font = _scalable(size)
    left, _, right, _ = font.getbbox(text)
    wanted, available = right - left + 2 * _padding(font), image_size[0]
    # A narrow picture still has to say the whole word.
    return font if wanted <= available else _scalable(max(4.0, size * 0.95 * available / wanted))


def _scalable(size: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise ParameterError("pillow_without_freetype")
    return font
