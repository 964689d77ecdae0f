"""Photos out of videos: of every half second the sharpest frame."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.data_files import JsonError, parse_foreign_json, read_foreign_text
from landmarkdiff.errors import PhotoError
from landmarkdiff.photo import write_jpeg, write_json

__all__ = ["VIDEO_ENDINGS", "extract_frames", "sharpness"]

VIDEO_ENDINGS = frozenset({".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg"})
#: Of each window the sharpest frame is taken, seconds; and so many of one video at most.
WINDOW_S, MOST_FRAMES = 0.5, 120
#: Frames are compared at this width, pixels, and this spread of the Gaussian.
_WIDTH, _SIGMA = 480, 1.5
#: A frame less sharp than this share of its video's median is blurred by motion.
_LEAST_SHARE = 0.4
#: Taken where a video does not say how many frames a second it has.
_USUAL_RATE = 25.0
_LIST = "frames.json"


def sharpness(image: ImageArray) -> float:
    """Return the variance of the Laplacian of a Gaussian, as a share of the grey values' own.

    It falls with blur and hangs little on light and contrast.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if grey.shape[1] > _WIDTH:
        height = max(1, round(grey.shape[0] * _WIDTH / grey.shape[1]))
        grey = cv2.resize(grey, (_WIDTH, height), interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), _SIGMA)
    return float(cv2.Laplacian(smooth, cv2.CV_32F).var() / max(float(grey.var()), 1.0))


def extract_frames(video: Path, out: Path) -> list[Path]:
    """Write the sharpest frame of every half second; frames of it that are there are left.

    Parameters
    ----------
    video : Path
    out : Path
        Folder of its frames.

    Returns
    -------
    list of Path
        In their order.

    Raises
    ------
    PhotoError
        The video cannot be read.
    """
    listed = out / _LIST
    try:
        with video.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as failure:
        raise PhotoError("video_unreadable", name=video.name) from failure
    try:
        found = parse_foreign_json(read_foreign_text(listed, 1 << 24))
        names = found["frames"]
        # Another video of this name has other frames.
        if found["sha256"] == content and all((out / name).is_file() for name in names):
            return [out / name for name in names]
    except (OSError, KeyError, TypeError, *JsonError):
        pass
    chosen = list(_sharpest(video))
    if not chosen:
        raise PhotoError("video_unreadable", name=video.name)
    least = _LEAST_SHARE * float(np.median([value for value, _, _ in chosen]))
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = []
    for value, number, frame in chosen:
        if value >= least:
            kept.append(out / f"{number:07d}.jpg")
            write_jpeg(kept[-1], frame)
    write_json(listed, {"sha256": content, "frames": [path.name for path in kept]})
    return kept


def _sharpest(video: Path) -> Iterator[tuple[float, int, ImageArray]]:
    """Yield sharpness, number and picture of the sharpest frame of each window."""
    # What its decoder says of a damaged video would stand beside our own sentence.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    capture = cv2.VideoCapture(str(video))
    try:
        rate = capture.get(cv2.CAP_PROP_FPS) or 0.0
        window = max(1, round(WINDOW_S * (rate if 1.0 <= rate <= 1000.0 else _USUAL_RATE)))
        best: tuple[float, int, ImageArray] | None = None
        number, yielded = 0, 0
        while yielded < MOST_FRAMES:
            there, frame = capture.read()
            if not there:
                break
            image = np.ascontiguousarray(frame[..., ::-1], np.uint8)
            value = sharpness(image)
            if best is None or value > best[0]:
                best = value, number, image
            number += 1
            if number % window == 0 and best is not None:
                yield best
                best, yielded = None, yielded + 1
        if best is not None:
            yield best
    finally:
        capture.release()
