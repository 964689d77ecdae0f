"""Where a photo comes from: a path, bytes or an open file, within a budget."""

from __future__ import annotations

import errno
import io
import os
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from landmarkdiff.errors import ParameterError, PhotoError, PhotoTooLargeError

__all__ = ["MIN_SIDE", "CountedReader", "PhotoLimits", "load_source"]

#: Below this many pixels a side a picture is an icon, and no decoder behaves well.
MIN_SIDE = 16

#: A name made of these is a device on Windows, with whatever extension.
_RESERVED = {"con", "prn", "aux", "nul", *(f"{p}{i}" for p in ("com", "lpt") for i in range(1, 10))}

_OPEN_FAILURES = {
    errno.ENOENT: "photo_missing",
    errno.ENOTDIR: "photo_missing",
    errno.EACCES: "photo_forbidden",
    errno.EPERM: "photo_forbidden",
    errno.ELOOP: "photo_link_loop",
    errno.ENAMETOOLONG: "photo_name_too_long",
    errno.ENXIO: "photo_is_socket",
}


@dataclass(frozen=True)
class PhotoLimits:
    """Budget of one photo, checked before anything is decoded.

    Attributes
    ----------
    max_decoded_bytes : int
        Largest decoded picture in bytes; the default is 64 megapixels of 8-bit RGB. Pictures
        with more bytes per pixel (16 bit, CMYK, or a decoder that keeps several copies) have
        correspondingly fewer pixels.
    max_file_bytes : int
        Largest file in bytes; the default is 256 MiB.
    """

    max_decoded_bytes: int = 64_000_000 * 3
    max_file_bytes: int = 256 * 1024 * 1024

    def __post_init__(self) -> None:
        for name in ("max_decoded_bytes", "max_file_bytes"):
            if getattr(self, name) < 1:
                raise ParameterError("photo_budget", name=name, value=getattr(self, name))

    def check_size(self, width: int, height: int, *, bytes_per_pixel: float = 3.0) -> None:
        """Refuse a picture that is too small or would decode beyond the budget.

        Parameters
        ----------
        width, height : int
            Size in pixels, as the header promises it.
        bytes_per_pixel : float
            Bytes a decoded pixel takes; less than 3 counts as 3, the RGB result.

        Raises
        ------
        PhotoError
            A side is shorter than 16 px.
        PhotoTooLargeError
            The decoded picture would pass ``max_decoded_bytes``.
        """
        if width < MIN_SIDE or height < MIN_SIDE:
            raise PhotoError("photo_too_small", width=width, height=height, least=MIN_SIDE)
        needed = int(width * height * max(3.0, bytes_per_pixel))
        if needed > self.max_decoded_bytes:
            raise PhotoTooLargeError(
                "photo_too_many_pixels",
                width=width,
                height=height,
                megabytes=needed / 1e6,
                most=self.max_decoded_bytes / 1e6,
            )


class CountedReader(io.BytesIO):
    """Bytes as a file that refuses to be read in too many small pieces.

    A file of a hundred megabytes made of millions of empty chunks keeps a Python parser busy
    for minutes; photos need a few thousand reads.
    """

    MAX_READS = 400_000

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to ``size`` bytes, as :meth:`io.BytesIO.read`.

        Raises
        ------
        PhotoError
            The limit of reads is passed.
        """
        self._reads += 1
        if self._reads > self.MAX_READS:
            raise PhotoError("photo_in_pieces")
        return super().read(size)


def load_source(source: str | Path | bytes | BinaryIO, limits: PhotoLimits) -> tuple[bytes, str]:
    """Return the content of a photo and its sanitised file stem.

    Parameters
    ----------
    source : str, Path, bytes or binary file
        A path, the content itself, or an open binary file, which is read from its position.
    limits : PhotoLimits
        Budget; at most one byte more than ``max_file_bytes`` is ever read.

    Returns
    -------
    tuple of (bytes, str)
        Content and stem; the stem is ``"photo"`` when the source has no name.

    Raises
    ------
    PhotoError
        The source is missing, not a regular file, unreadable or empty.
    PhotoTooLargeError
        The file is larger than ``max_file_bytes``.
    ParameterError
        The source is of another kind.
    """
    name = ""
    if isinstance(source, str | Path):
        name = Path(source).name
        data = _read_path(source, limits)
    elif isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
        _check_file_size(len(data), limits)
    elif hasattr(source, "read"):
        name = _name_of(source)
        try:
            data = source.read(limits.max_file_bytes + 1)
        except (OSError, ValueError) as failure:
            raise PhotoError("photo_source_unreadable", problem=str(failure)) from failure
        if not isinstance(data, bytes):
            raise ParameterError("photo_source_is_text")
        _check_file_size(len(data), limits)
    else:
        raise ParameterError("photo_source_kind", kind=type(source).__name__)
    if not data:
        raise PhotoError("photo_empty", name=name or None)
    return data, _sanitised_stem(name)


def _read_path(path: str | Path, limits: PhotoLimits) -> bytes:
    # Non-blocking, so that a pipe without a writer opens at once and can be refused.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    shown = Path(path).name or str(path)
    try:
        descriptor = os.open(path, flags)
    except ValueError as failure:
        raise PhotoError("photo_name_impossible", name=shown) from failure
    except OSError as failure:
        code = _OPEN_FAILURES.get(failure.errno or 0, "photo_not_opened")
        # Windows answers so when asked to open a folder.
        if failure.errno == errno.EACCES and Path(path).is_dir():
            code = "photo_is_folder"
        raise PhotoError(code, name=shown) from failure
    # From here the descriptor, not the name, is asked, so nothing can be swapped in between.
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        os.close(descriptor)
        folder = stat.S_ISDIR(facts.st_mode)
        raise PhotoError("photo_is_folder" if folder else "photo_is_device", name=shown)
    with os.fdopen(descriptor, "rb") as file:
        _check_file_size(facts.st_size, limits)
        try:
            return file.read(facts.st_size)
        except OSError as failure:
            raise PhotoError("photo_unreadable", name=shown) from failure


def _check_file_size(size: int, limits: PhotoLimits) -> None:
    if size > limits.max_file_bytes:
        raise PhotoTooLargeError(
            "photo_file_too_large",
            bytes=limits.max_file_bytes,
            megabytes=limits.max_file_bytes / 1e6,
        )


def _name_of(file: object) -> str:
    name = getattr(file, "name", "")
    return Path(name).name if isinstance(name, str) else ""


def _sanitised_stem(name: str) -> str:
    # Both separators, whatever the system: a name may come from an upload or a DICOM export.
    stem = Path(name.replace("\\", "/").replace("\0", "")).stem
    kept = [
        ch if ch.isalnum() or ch in "-_. ()" else "_"
        for ch in unicodedata.normalize("NFC", stem)
        if ch.isprintable()
    ]
    clean = "".join(kept).strip(". ").lstrip("-")
    clean = clean.encode("utf-8", "ignore")[:100].decode("utf-8", "ignore").rstrip(". ")
    if clean.split(".")[0].lower() in _RESERVED:
        clean = f"{clean}_"
    return clean or "photo"
