"""An animated loop of labelled frames, as WebP or GIF, in memory."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args
from xml.sax.saxutils import escape

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.photo.manifest import json_text
from landmarkdiff.version import __version__

__all__ = ["ANIMATION_STATEMENT", "MAX_FRAMES", "MAX_SIDE", "AnimationFormat", "animate"]

AnimationFormat = Literal["webp", "gif"]

#: What the file says of itself, where a viewer shows a comment or a description.
ANIMATION_STATEMENT = "SIMULATION of a discussed goal, not a prediction of a result"
#: Longest side of an animation, pixels; larger frames are shrunk.
MAX_SIDE = 960
MAX_FRAMES = 60
#: Seconds; faster ones are slowed down by browsers, slower ones are no animation.
SECONDS_RANGE = (0.05, 5.0)
#: The two ends of the loop stand so many times as long, so that the eye can compare them.
END_HOLD = 2
#: The encoder takes differences below 1.6 levels (of 255) at this quality for none; at 88 it lost
#: steps of small movements. 18 frames of 576 x 720 take 80 to 120 kB.
_WEBP_QUALITY = 96
_GIF_COLOURS = 255
#: Pixels that the colours of a GIF are chosen from.
_SAMPLE = 1_000_000


def animate(
    frames: Sequence[ImageArray],
    *,
    format: AnimationFormat = "webp",
    seconds_per_frame: float = 0.25,
    there_and_back: bool = True,
    manifest: Mapping[str, Any] | None = None,
) -> bytes:
    """Make an animated loop.

    What is equal in all frames does not flicker: in a GIF its dither stands still, and in a
    WebP it is coded once (but for a few pixels at the border of what moves).

    Parameters
    ----------
    frames : sequence of (H, W, 3) uint8 array
        RGB, 2 to 60 of one size, labelled as simulation already.
    format : {"webp", "gif"}
        WebP is five times smaller and in full colour; GIF is shown everywhere.
    seconds_per_frame : float
        0.05 to 5; the first and the last frame stand twice as long.
    there_and_back : bool
        Run back to the first frame instead of jumping there.
    manifest : mapping, optional
        JSON-ready facts that travel in the file beside the statement that it is a simulation:
        in the comment of a GIF, in the XMP description of a WebP.

    Returns
    -------
    bytes
        The file; it loops for ever.

    Raises
    ------
    ParameterError
        The frames are too few, too many, not of one size or not RGB, the format is unknown, or
        the seconds are out of range.

    Examples
    --------
    >>> darker = portrait // 2
    >>> animate([portrait, darker], format="gif")[:6]
    b'GIF89a'
    """
    low, high = SECONDS_RANGE
    if format not in get_args(AnimationFormat):
        raise ParameterError(
            "unknown_animation_format", name=format, names=get_args(AnimationFormat)
        )
    if isinstance(seconds_per_frame, bool) or not low <= seconds_per_frame <= high:
        raise ParameterError(
            "frame_seconds_out_of_range", value=seconds_per_frame, low=low, high=high
        )
    shown = [_bounded(frame) for frame in _checked(frames)]
    order = list(range(len(shown)))
    if there_and_back:
        order += order[-2:0:-1]
    step = round(1000 * seconds_per_frame)
    ends = (0, len(shown) - 1)
    durations = [step * (END_HOLD if index in ends else 1) for index in order]
    facts = {"product": "landmarkdiff", "version": __version__, "simulation": True}
    text = f"{ANIMATION_STATEMENT}\n{json_text({**facts, **(manifest or {})})}"
    if format == "gif":
        return _gif(shown, order, durations, text)
    return _webp(shown, order, durations, text)


def _checked(frames: Sequence[ImageArray]) -> Sequence[ImageArray]:
    if not 2 <= len(frames) <= MAX_FRAMES:
        raise ParameterError(
            "out_of_range", quantity="frames", value=len(frames), low=2, high=MAX_FRAMES
        )
    shape = frames[0].shape
    for frame in frames:
        if frame.shape != shape or frame.dtype != np.uint8 or len(shape) != 3 or shape[2] != 3:
            raise ParameterError(
                "frame_size",
                dtype=str(frame.dtype),
                shape=str(frame.shape),
                height=shape[0],
                width=shape[1],
            )
    return frames


def _bounded(frame: ImageArray) -> ImageArray:
    height, width = frame.shape[:2]
    share = MAX_SIDE / max(height, width)
    if share >= 1.0:
        return np.ascontiguousarray(frame)
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)


def _webp(
    frames: Sequence[ImageArray], order: Sequence[int], durations: Sequence[int], text: str
) -> bytes:
    pictures = [Image.fromarray(frames[index]) for index in order]
    file = io.BytesIO()
    # A key frame amid the loop would code the unchanged parts anew, with other errors.
    pictures[0].save(
        file,
        "WEBP",
        save_all=True,
        append_images=pictures[1:],
        duration=list(durations),
        loop=0,
        quality=_WEBP_QUALITY,
        method=4,
        kmin=0,
        kmax=0,
        xmp=_xmp(text),
    )
    return file.getvalue()


def _xmp(text: str) -> bytes:
    """An XMP packet whose description is ``text``."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">'
        f"{escape(text)}"
        "</rdf:li></rdf:Alt></dc:description>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="r"?>'
    ).encode()


def _gif(
    frames: Sequence[ImageArray], order: Sequence[int], durations: Sequence[int], text: str
) -> bytes:
    """One table of colours for all frames; the dither stands still where all are equal."""
    colours = _shared_colours(frames)
    table = bytes(colours.getpalette() or ())[: 3 * _GIF_COLOURS]
    size = (frames[0].shape[1], frames[0].shape[0])
    dithered: list[Image.Image] = []
    first: NDArray[np.uint8] | None = None
    for frame in frames:
        picture = Image.fromarray(frame).quantize(
            palette=colours, dither=Image.Dither.FLOYDSTEINBERG
        )
        indices = np.array(picture)
        if first is None:
            first = indices
        # Error diffusion carries every change down and to the right, as a flicker.
        same = (frame == frames[0]).all(axis=2)
        indices[same] = first[same]
        picture = Image.frombytes("P", size, indices.tobytes())
        picture.putpalette(table)
        dithered.append(picture)
    pictures = [dithered[index] for index in order]
    file = io.BytesIO()
    pictures[0].save(
        file,
        "GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=list(durations),
        loop=0,
        optimize=False,
        palette=table,
        disposal=1,
        comment=text.encode("utf-8"),
    )
    return file.getvalue()


def _shared_colours(frames: Sequence[ImageArray]) -> Image.Image:
    """Choose the colours of all frames together: an image that holds the palette.

    Colours count by the root of how often they occur: a plain count spends the palette on the
    backdrop, and the lips turn blotchy.
    """
    total = sum(frame.shape[0] * frame.shape[1] for frame in frames)
    stride = max(1, round((total / _SAMPLE) ** 0.5))
    sample = np.concatenate([frame[::stride, ::stride].reshape(-1, 3) for frame in frames])
    fine = sample.astype(np.int32) >> 2
    cell = (fine[:, 0] << 12) | (fine[:, 1] << 6) | fine[:, 2]
    _, home, count = np.unique(cell, return_inverse=True, return_counts=True)
    means = [np.bincount(home, sample[:, channel]) / count for channel in range(3)]
    colours = np.round(np.stack(means, axis=1)).astype(np.uint8)
    weighted = np.repeat(colours, np.round(np.sqrt(count)).astype(np.intp), axis=0)
    return Image.fromarray(weighted[None]).quantize(
        _GIF_COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE
    )
