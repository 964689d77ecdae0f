"""Checkpoint files and folders: recognised without loading them, pickles refused.

A pickle can run code when it is loaded, so models of one's own must be safetensors, a format
of plain numbers: eight bytes with the length of a JSON header, the header, the numbers. (The
format: https://github.com/huggingface/safetensors, "Format".)
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

from landmarkdiff.errors import WeightsCorruptError, WeightsError, WeightsMissingError
from landmarkdiff.weights.catalogue import PICKLE_SUFFIXES

__all__ = ["check_own_model", "check_safetensors"]

#: Longest header in bytes; those of the models here have less than a million.
_LONGEST_HEADER = 25_000_000
#: How pickles and torch's zip archives of pickles begin.
_PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK")
#: Bits of one number of each kind.
_BITS = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 64),
}


def check_safetensors(path: Path) -> None:
    """Check that a file is a complete safetensors checkpoint, from its header alone.

    The header's length, its JSON, and that the numbers fill the rest of the file exactly, each
    tensor with as many bytes as its shape and kind need.

    Raises
    ------
    WeightsCorruptError
        One sentence: a renamed pickle, a truncated file, a broken header.
    """
    with path.open("rb") as stream:
        start = stream.read(8)
        size = path.stat().st_size
        length = int.from_bytes(start, "little")
        if len(start) < 8 or not 2 <= length <= min(_LONGEST_HEADER, size - 8):
            if start[:2] in _PICKLE_STARTS:
                raise _broken(path, "it is a pickle under another name")
            raise _broken(path, "its header is cut short or of another format")
        try:
            header = json.loads(stream.read(length))
        except (ValueError, RecursionError):  # of JSON or of UTF-8; nested to death
            raise _broken(path, "its header is not JSON") from None
    spans = _spans(path, header)
    end = 0
    if spans:
        if spans[0][0] != 0 or any(one[1] != other[0] for one, other in pairwise(spans)):
            raise _broken(path, "its tensors overlap or leave gaps")
        end = spans[-1][1]
    if end != size - 8 - length:
        raise _broken(path, f"its header promises {end} bytes of numbers, not {size - 8 - length}")


def _spans(path: Path, header: Any) -> list[tuple[int, int]]:
    """First and last byte of every tensor, in order, each of the size its shape needs."""
    if not isinstance(header, dict):
        raise _broken(path, "its header is not a table of tensors")
    spans = []
    for name, fact in header.items():
        if name == "__metadata__":
            continue
        try:
            begin, end = fact["data_offsets"]
            count = 1
            for side in fact["shape"]:
                if type(side) is not int or side < 0:
                    raise ValueError
                count *= side
            bits = _BITS[fact["dtype"]] * count
            if type(begin) is not int or type(end) is not int or (end - begin) * 8 != bits:
                raise ValueError
        except (KeyError, TypeError, ValueError):
            raise _broken(path, "a tensor in its header is not sound") from None
        spans.append((begin, end))
    return sorted(spans)


def _broken(path: Path, why: str) -> WeightsCorruptError:
    return WeightsCorruptError("safetensors_broken", file=path.name, problem=why)


def check_own_model(path: Path, subfolder: str | None = None) -> tuple[Path, ...]:
    """Check a model of the user's own: a folder for ``from_pretrained``, or one file.

    Every safetensors file is checked; a pickle is refused unless its safetensors twin lies
    beside it, which is the one that is loaded.

    Parameters
    ----------
    path : Path
    subfolder : str, optional
        Of a folder.

    Returns
    -------
    tuple of Path
        The safetensors files, sorted.

    Raises
    ------
    WeightsMissingError
        Nothing is there, or no safetensors file.
    WeightsCorruptError
        A safetensors file is not sound.
    WeightsError
        A pickle would be loaded.
    """
    place = path / subfolder if subfolder else path
    if not place.exists():
        raise WeightsMissingError("own_model_missing", path=str(place))
    found = [place] if place.is_file() else [item for item in place.rglob("*") if item.is_file()]
    checkpoints = sorted(item for item in found if item.suffix.lower() == ".safetensors")
    names = {item.parent: set[str]() for item in checkpoints}
    for item in checkpoints:
        names[item.parent].add(item.name)
    for item in sorted(found):
        if item.suffix.lower() in PICKLE_SUFFIXES and not (
            _twins(item.name) & names.get(item.parent, set())
        ):
            raise WeightsError("own_model_is_pickle", file=item.name, path=str(item))
    if not checkpoints:
        raise WeightsMissingError("own_model_without_safetensors", path=str(place))
    for item in checkpoints:
        check_safetensors(item)
    return tuple(checkpoints)


def _twins(name: str) -> set[str]:
    """Names under which the safetensors twin of a pickle goes."""
    stem = name.rsplit(".", 1)[0]
    twins = {f"{stem}.safetensors"}
    if stem.startswith("pytorch_model"):  # transformers names the two formats differently
        twins.add(f"{stem.removeprefix('pytorch_')}.safetensors")
    return twins
