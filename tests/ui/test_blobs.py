"""The store of a page's files."""

from __future__ import annotations

import pytest

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.ui.server.blobs import BlobStore, UnknownBlobError


def test_a_file_comes_back_as_it_was_put():
    store = BlobStore(4, 100)
    name = store.put(b"abc", "image/png", "a.png")
    blob = store.get(name)
    assert (blob.data, blob.media_type, blob.filename) == (b"abc", "image/png", "a.png")
    assert len(name) == 24


def test_names_differ_and_cannot_be_guessed():
    store = BlobStore(1000, 10_000)
    assert len({store.put(b"x", "a/b", "x") for _ in range(500)}) == 500
    with pytest.raises(UnknownBlobError):
        store.get("0")


def test_the_oldest_go_first_by_number():
    store = BlobStore(3, 100)
    names = [store.put(bytes([value]), "a/b", "x") for value in range(3)]
    store.get(names[0])  # used again, so younger than the second
    store.put(b"new", "a/b", "x")
    assert store.get(names[0]).data == b"\0"
    with pytest.raises(UnknownBlobError):
        store.get(names[1])
    assert len(store) == 3


def test_the_oldest_go_first_by_bytes():
    store = BlobStore(100, 10)
    names = [store.put(bytes(4), "a/b", "x") for _ in range(3)]
    with pytest.raises(UnknownBlobError):
        store.get(names[0])
    assert store.size == 8


def test_a_file_larger_than_the_store_is_refused():
    store = BlobStore(100, 10)
    kept = store.put(b"1234567890", "a/b", "x")
    with pytest.raises(LandmarkDiffError, match="too large"):
        store.put(bytes(11), "a/b", "x")
    assert store.get(kept).data == b"1234567890"


def test_dropped_and_cleared_files_are_gone():
    store = BlobStore(10, 100)
    first, second = (store.put(b"12345", "a/b", "x") for _ in range(2))
    store.drop(first)
    store.drop(first)
    assert store.size == 5
    store.clear()
    assert (store.size, len(store)) == (0, 0)
    with pytest.raises(UnknownBlobError):
        store.get(second)


def test_a_blob_never_shows_its_bytes():
    store = BlobStore(10, 100)
    blob = store.get(store.put(b"face", "image/png", "doe.png"))
    assert "face" not in repr(blob)
    assert "doe" not in repr(blob)


def test_a_slot_is_replaced_as_a_whole_and_nothing_else():
    store = BlobStore(10, 100)
    other = store.put(b"other", "text/plain", "o.txt")
    put = store.replace("gallery")
    first = [put(b"1", "text/plain", "1.txt"), put(b"2", "text/plain", "2.txt")]
    assert store.in_slot("gallery") == tuple(first)
    second = store.replace("gallery")(b"3", "text/plain", "3.txt")
    assert store.in_slot("gallery") == (second,)
    assert len(store) == 2
    assert store.get(other).data == b"other"
    for name in first:
        with pytest.raises(UnknownBlobError):
            store.get(name)
    store.clear()
    assert store.in_slot("gallery") == ()
