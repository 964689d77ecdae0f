"""Pictures and files of one page, in memory, until they are fetched or pushed out."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from landmarkdiff.errors import LandmarkDiffError

__all__ = ["Blob", "BlobStore", "Put", "UnknownBlobError"]

#: ``put(data, media_type, filename)`` stores a file and returns its id.
Put = Callable[[bytes, str, str], str]


class UnknownBlobError(LandmarkDiffError):
    """No such picture, or no longer."""

    def __init__(self) -> None:
        super().__init__("picture_gone")


@dataclass(frozen=True, repr=False)
class Blob:
    """One file in memory.

    Attributes
    ----------
    data : bytes
    media_type : str
        For example ``"image/png"``.
    filename : str
        Under which name the browser saves it.
    """

    data: bytes
    media_type: str
    filename: str


class BlobStore:
    """A bounded store of blobs; what was neither put nor fetched for longest goes first.

    A slot is a part of the page that shows some of them; what it shows next replaces them.

    Parameters
    ----------
    max_count : int
    max_bytes : int
        A blob larger than this is refused.
    """

    def __init__(self, max_count: int, max_bytes: int) -> None:
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._blobs: OrderedDict[str, Blob] = OrderedDict()
        self._slots: dict[str, list[str]] = {}
        self._bytes = 0

    def put(self, data: bytes, media_type: str, filename: str) -> str:
        """Keep a file and return its id, which cannot be guessed.

        Raises
        ------
        LandmarkDiffError
            The file alone is larger than the store.
        """
        if len(data) > self._max_bytes:
            raise LandmarkDiffError(
                "result_too_large", megabytes=len(data) / 1e6, most=self._max_bytes / 1e6
            )
        name = secrets.token_urlsafe(18)
        with self._lock:
            self._blobs[name] = Blob(data, media_type, filename)
            self._bytes += len(data)
            while self._bytes > self._max_bytes or len(self._blobs) > self._max_count:
                _, oldest = self._blobs.popitem(last=False)
                self._bytes -= len(oldest.data)
        return name

    def replace(self, slot: str) -> Put:
        """Forget the files of a slot and return a ``put`` that fills it anew."""
        for name in self._slots.pop(slot, ()):
            self.drop(name)
        names = self._slots[slot] = []

        def put(data: bytes, media_type: str, filename: str) -> str:
            names.append(self.put(data, media_type, filename))
            return names[-1]

        return put

    def in_slot(self, slot: str) -> tuple[str, ...]:
        """Return the ids of a slot's files, in the order in which they were put."""
        return tuple(self._slots.get(slot, ()))

    def get(self, name: str) -> Blob:
        """Return a file that is kept.

        Raises
        ------
        UnknownBlobError
        """
        with self._lock:
            blob = self._blobs.get(name)
            if blob is None:
                raise UnknownBlobError
            self._blobs.move_to_end(name)
            return blob

    def drop(self, name: str) -> None:
        """Forget a file; one that is not there is no error."""
        with self._lock:
            blob = self._blobs.pop(name, None)
            if blob is not None:
                self._bytes -= len(blob.data)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._blobs.clear()
            self._slots.clear()
            self._bytes = 0

    def __len__(self) -> int:
        return len(self._blobs)

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return self._bytes
