"""What is derived from a model file is kept whole, and made anew where it is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from landmarkdiff.numerics import pack_arrays, unpack_arrays
from landmarkdiff.weights import DerivedFacts, derived, folders
from landmarkdiff.weights.derived import DERIVED_FOLDER

SUMS = [digit * 64 for digit in "01234"]
ARRAYS = {
    "places": np.arange(6.0).reshape(2, 3),
    "parts": np.array([3, 1, 2], np.intp),
    "none": np.empty((0, 2), np.float32),
}


@pytest.fixture
def calls() -> list[int]:
    return []


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def made(calls: list[int]) -> DerivedFacts:
    calls.append(1)
    return DerivedFacts({"names": ["a", "b"]}, ARRAYS)


def test_made_once_and_read_alike(tmp_path: Path, calls: list[int]) -> None:
    first = derived("test", SUMS[0], lambda: made(calls), tmp_path)
    second = derived("test", SUMS[0], lambda: made(calls), tmp_path)
    assert len(calls) == 1
    assert first.facts == second.facts == {"names": ["a", "b"]}
    assert second.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(second.arrays[name], array)
        assert second.arrays[name].dtype == array.dtype
        assert not second.arrays[name].flags.writeable


@pytest.mark.parametrize("place", [0, 40, -1])
def test_a_damaged_file_is_made_anew(tmp_path: Path, calls: list[int], place: int) -> None:
    derived("test", SUMS[0], lambda: made(calls), tmp_path)
    (file,) = (tmp_path / DERIVED_FOLDER).iterdir()
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    derived("test", SUMS[0], lambda: made(calls), tmp_path)
    derived("test", SUMS[0], lambda: made(calls), tmp_path)
    assert len(calls) == 2
    file.write_bytes(b"")
    derived("test", SUMS[0], lambda: made(calls), tmp_path)
    assert len(calls) == 3


def test_another_source_is_another_file_and_few_are_kept(tmp_path: Path, calls: list[int]) -> None:
    for source in SUMS:
        derived("test", source, lambda: made(calls), tmp_path)
    assert len(calls) == len(SUMS)
    assert len(list((tmp_path / DERIVED_FOLDER).iterdir())) == 3


def test_where_the_store_cannot_be_written_the_users_cache_is_taken(
    tmp_path: Path, calls: list[int]
) -> None:
    store = tmp_path / "store"
    store.write_bytes(b"no folder can be made below a file")
    for _ in range(2):
        derived("test", SUMS[0], lambda: made(calls), store)
    assert len(calls) == 1
    assert len(list((folders()[-1] / DERIVED_FOLDER).iterdir())) == 1


def test_where_nothing_can_be_written_it_is_made_each_time(
    tmp_path: Path, own_cache: Path, calls: list[int]
) -> None:
    own_cache.write_bytes(b"nor here")
    for count in (1, 2):
        found = derived("test", SUMS[0], lambda: made(calls), own_cache)
        assert len(calls) == count
        np.testing.assert_array_equal(found.arrays["places"], ARRAYS["places"])


@pytest.mark.parametrize(
    ("kind", "version", "left"), [(b"ELSE", 1, None), (b"TEST", 2, None), (b"TEST", 1, -8)]
)
def test_packed_arrays_of_another_kind_version_or_length_are_refused(
    kind: bytes, version: int, left: int | None
) -> None:
    packed = np.frombuffer(pack_arrays(b"TEST", 1, {}, ARRAYS), np.uint8)
    with pytest.raises(ValueError, match="packed array"):
        unpack_arrays(kind, version, packed[:left])
