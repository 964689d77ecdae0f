"""Writing pictures and JSON: whole or not at all, with nothing in them but what is meant.

A file is written beside its target under another name and then moved over it, so a reader
never sees half of one and a failure leaves the old one.
"""

from __future__ import annotations

import errno
import io
import os
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arguments import checked, named_values, optional, path_like, whole_in
from landmarkdiff.errors import OutputError, ParameterError
from landmarkdiff.photo.manifest import jpeg_comments, json_text, png_text_chunk
from landmarkdiff.runtime.locks import try_lock

__all__ = [
    "PngWriter",
    "encode_jpeg",
    "encode_json",
    "encode_png",
    "write_bytes",
    "write_jpeg",
    "write_json",
    "write_png",
    "write_text",
]

_FAILURES = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EFBIG: "file_too_large_for_system",
    errno.EACCES: "write_forbidden",
    errno.EPERM: "write_forbidden",
    errno.EROFS: "disk_read_only",
    errno.ENOENT: "folder_missing",
    errno.ENOTDIR: "folder_is_file",
    errno.EISDIR: "file_is_folder",
    errno.ENAMETOOLONG: "file_name_too_long",
    errno.ELOOP: "folder_link_loop",
}

_PNG_HEADER_BYTES = 33  # signature and IHDR, after which a text chunk may stand


@checked(path=path_like, manifest=optional(named_values))
def write_png(
    path: str | Path, pixels: NDArray[np.uint8], *, manifest: Mapping[str, Any] | None = None
) -> None:
    """Write a picture without loss.

    Parameters
    ----------
    path : str or Path
        Target; replaced when it exists.
    pixels : (H, W, 3) or (H, W) uint8 array
        RGB, or gray.
    manifest : mapping, optional
        JSON-ready; embedded as the text chunk ``landmarkdiff``.

    Raises
    ------
    ParameterError
        The array is not a picture.
    OutputError
        The file cannot be written, or the manifest is not JSON.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_png(Path(folder) / "after.png", portrait, manifest={"simulation": True})
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['after.png']
    """
    _write_whole(path, _png_pieces(pixels, manifest))


@checked(manifest=optional(named_values))
def encode_png(pixels: NDArray[np.uint8], *, manifest: Mapping[str, Any] | None = None) -> bytes:
    r"""Return what :func:`write_png` would write, for (H, W, 3) or (H, W) uint8 pixels.

    Examples
    --------
    >>> png = encode_png(np.zeros((2, 3, 3), np.uint8), manifest={"simulation": True})
    >>> png[:8]
    b'\x89PNG\r\n\x1a\n'
    """
    return b"".join(_png_pieces(pixels, manifest))


def _png_pieces(
    pixels: NDArray[np.uint8], manifest: Mapping[str, Any] | None
) -> tuple[bytes | memoryview, ...]:
    file = _png_bytes(pixels)
    text = b"" if manifest is None else png_text_chunk(manifest)
    return file[:_PNG_HEADER_BYTES], text, file[_PNG_HEADER_BYTES:]


def _png_bytes(pixels: NDArray[np.uint8]) -> memoryview:
    import cv2

    _check_picture(pixels)
    swapped = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if pixels.ndim == 3 else pixels
    # Measured at 12 MP: 0.26 s for these settings, 2.1 s for Pillow's default, and both files
    # within 2 % of each other; a filter by averages takes a tenth more on large pictures.
    done, encoded = cv2.imencode(
        ".png",
        swapped,
        [
            *(cv2.IMWRITE_PNG_COMPRESSION, 1),
            *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
            *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP),
        ],
    )
    if not done:
        raise OutputError("png_encoding", shape=str(pixels.shape))
    return encoded.reshape(-1).data


class PngWriter:
    """Writes several pictures without loss while the caller goes on.

    A context: at its end all files are there, or the first failure is raised. The pictures must
    not be changed meanwhile.

    Parameters
    ----------
    manifest : callable, optional
        Gives what every picture that asks for it carries (JSON-ready, see :func:`write_png`); it
        is called once, after they were compressed, so it may wait for what is still being
        computed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with PngWriter(lambda: {"simulation": True}) as writer:
    ...         writer.write(Path(folder) / "before.png", portrait)
    ...         writer.write(Path(folder) / "after.png", portrait, carries=True)
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['after.png', 'before.png']
    """

    #: Pictures that are compressed at once, and that are held at most.
    THREADS, HELD = 2, 4

    def __init__(self, manifest: Callable[[], Mapping[str, Any]] | None = None) -> None:
        self._manifest = manifest or dict
        self._pool = ThreadPoolExecutor(self.THREADS)
        self._room = threading.Semaphore(self.HELD)
        self._files: list[tuple[Path, Future[memoryview], Mapping[str, Any] | None]] = []

    def write(
        self,
        path: Path,
        pixels: NDArray[np.uint8],
        *,
        carries: bool = False,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Have a picture written; waits while too many others are held.

        Parameters
        ----------
        path : Path
        pixels : (H, W, 3) or (H, W) uint8 array
            RGB, or gray.
        carries : bool
            Whether it carries the manifest.
        facts : mapping, optional
            What it carries beside that.
        """
        self._room.acquire()
        compressed = self._pool.submit(self._compressed, pixels)
        self._files.append((path, compressed, (facts or {}) if carries else None))

    def _compressed(self, pixels: NDArray[np.uint8]) -> memoryview:
        try:
            return _png_bytes(pixels)
        finally:
            self._room.release()

    def _put_down(self) -> None:
        common: Mapping[str, Any] | None = None
        chunk = b""
        for path, compressed, facts in self._files:
            file, text = compressed.result(), b""
            if facts is not None:
                if common is None:
                    common = self._manifest()
                    chunk = png_text_chunk(common)
                text = png_text_chunk({**common, **facts}) if facts else chunk
            _write_whole(path, (file[:_PNG_HEADER_BYTES], text, file[_PNG_HEADER_BYTES:]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if failure is None:
                self._put_down()
        finally:
            self._pool.shutdown(cancel_futures=True)


@checked(
    path=path_like,
    quality=whole_in(1, 100),
    manifest=optional(named_values),
)
def write_jpeg(
    path: str | Path,
    pixels: NDArray[np.uint8],
    *,
    quality: int = 95,
    manifest: Mapping[str, Any] | None = None,
) -> None:
    """Write a picture as JPEG with full colour resolution and no metadata but the manifest.

    Parameters
    ----------
    path : str or Path
        Target; replaced when it exists.
    pixels : (H, W, 3) or (H, W) uint8 array
        RGB, or gray.
    quality : int
        1 to 100.
    manifest : mapping, optional
        JSON-ready; embedded in comment segments.

    Raises
    ------
    ParameterError
        The array is not a picture, or the quality is out of range.
    OutputError
        The file cannot be written, or the manifest is not JSON.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_jpeg(Path(folder) / "after.jpg", portrait, quality=90)
    ...     (Path(folder) / "after.jpg").stat().st_size > 10_000
    True
    """
    _write_whole(path, _jpeg_pieces(pixels, quality, manifest))


@checked(quality=whole_in(1, 100), manifest=optional(named_values))
def encode_jpeg(
    pixels: NDArray[np.uint8], *, quality: int = 95, manifest: Mapping[str, Any] | None = None
) -> bytes:
    r"""Return what :func:`write_jpeg` would write, for (H, W, 3) or (H, W) uint8 pixels.

    Examples
    --------
    >>> jpeg = encode_jpeg(portrait, quality=90)
    >>> jpeg[:2]
    b'\xff\xd8'
    """
    return b"".join(_jpeg_pieces(pixels, quality, manifest))


def _jpeg_pieces(
    pixels: NDArray[np.uint8], quality: int, manifest: Mapping[str, Any] | None
) -> tuple[bytes | memoryview, ...]:
    from PIL import Image

    _check_picture(pixels)
    if not 1 <= quality <= 100:
        raise ParameterError(
            "out_of_range", quantity="jpeg_quality", value=quality, low=1, high=100
        )
    if max(pixels.shape[:2]) > 65_500:
        raise OutputError("jpeg_size", shape=str(pixels.shape))
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=0)
    file = buffer.getbuffer()
    comments = b"" if manifest is None else jpeg_comments(manifest)
    # Behind the JFIF segment, which has to come first.
    head = 4 + int.from_bytes(file[4:6], "big") if file[2] == 0xFF and file[3] == 0xE0 else 2
    return file[:head], comments, file[head:]


def encode_json(data: Any) -> bytes:
    """Return what :func:`write_json` writes.

    Parameters
    ----------
    data : object
        JSON-ready; NumPy scalars and arrays are taken too.

    Raises
    ------
    OutputError
        A value is NaN, infinite or not JSON.
    """
    return json_text(data, indent=2).encode("utf-8") + b"\n"


@checked(path=path_like)
def write_bytes(path: str | Path, data: bytes) -> None:
    """Write a file that was put together in memory; OutputError where it cannot be written."""
    _write_whole(path, (data,))


@checked(path=path_like)
def write_text(path: str | Path, text: str) -> None:
    """Write text: UTF-8, line ends as they are; an existing file is replaced.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    _write_whole(path, (text.encode("utf-8"),))


@checked(path=path_like)
def write_json(path: str | Path, data: Any) -> None:
    """Write JSON: UTF-8, indented, keys in their own order, a newline at the end.

    Parameters
    ----------
    path : str or Path
        Target; replaced when it exists.
    data : object
        JSON-ready; NumPy scalars and arrays are taken too.

    Raises
    ------
    OutputError
        The file cannot be written, or a value is NaN, infinite or not JSON.
    """
    _write_whole(path, (encode_json(data),))


def _check_picture(pixels: NDArray[np.uint8]) -> None:
    shape = pixels.shape
    fits = len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)
    if not fits or pixels.dtype != np.uint8 or 0 in shape:
        raise ParameterError("picture_array_kind", dtype=str(pixels.dtype), shape=str(shape))


def _write_whole(path: str | Path, pieces: Iterable[bytes | memoryview]) -> None:
    target = Path(path)
    try:
        part = target.with_name(f".{secrets.token_hex(8)}.part")
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        # A patient's pictures are their owner's alone, however open the user's other files are;
        # and never made through an existing link.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        descriptor = os.open(part, flags, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                try_lock(descriptor)  # so that nobody takes it for what a killed program left
                for piece in pieces:
                    file.write(piece)
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as failure:
        number = failure.errno if isinstance(failure, OSError) else None
        code = _FAILURES.get(number or 0, "file_not_written")
        raise OutputError(code, name=target.name or str(target)) from failure
