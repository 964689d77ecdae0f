"""The shelf of a page's files."""

from __future__ import annotations

import pytest

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.ui.server.blobs import BlobShelf, UnknownBlobError


def test_a_file_comes_back_as_it_was_put():
    shelf = BlobShelf(4, 100)
    name = shelf.put(b"abc", "image/png", "a.png")
    blob = shelf.get(name)
    assert (blob.data, blob.media_type, blob.filename) == (b"abc", "image/png", "a.png")
    assert len(name) == 24


def test_names_differ_and_cannot_be_guessed():
    shelf = BlobShelf(1000, 10_000)
    assert len({shelf.put(b"x", "a/b", "x") for _ in range(500)}) == 500
    with pytest.raises(UnknownBlobError):
        shelf.get("0")


def test_the_oldest_go_first_by_number():
    shelf = BlobShelf(3, 100)
    names = [shelf.put(bytes([value]), "a/b", "x") for value in range(3)]
    shelf.get(names[0])  # used again, so younger than the second
    shelf.put(b"new", "a/b", "x")
    assert shelf.get(names[0]).data == b"\0"
    with pytest.raises(UnknownBlobError):
        shelf.get(names[1])
    assert len(shelf) == 3


def test_the_oldest_go_first_by_bytes():
    shelf = BlobShelf(100, 10)
    names = [shelf.put(bytes(4), "a/b", "x") for _ in range(3)]
    with pytest.raises(UnknownBlobError):
        shelf.get(names[0])
    assert shelf.size == 8


def test_a_file_larger_than_the_shelf_is_refused():
    shelf = BlobShelf(100, 10)
    kept = shelf.put(b"1234567890", "a/b", "x")
    with pytest.raises(LandmarkDiffError, match="too large"):
        shelf.put(bytes(11), "a/b", "x")
    assert shelf.get(kept).data == b"1234567890"


def test_dropped_and_cleared_files_are_gone():
    shelf = BlobShelf(10, 100)
    first, second = (shelf.put(b"12345", "a/b", "x") for _ in range(2))
    shelf.drop(first)
    shelf.drop(first)
    assert shelf.size == 5
    shelf.clear()
    assert (shelf.size, len(shelf)) == (0, 0)
    with pytest.raises(UnknownBlobError):
        shelf.get(second)


def test_a_blob_never_shows_its_bytes():
    shelf = BlobShelf(10, 100)
    blob = shelf.get(shelf.put(b"face", "image/png", "doe.png"))
    assert "face" not in repr(blob)
    assert "doe" not in repr(blob)
