from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from tiny_hub import safetensors

from landmarkdiff import weights
from landmarkdiff.errors import WeightsCorruptError, WeightsError, WeightsMissingError

GOOD = safetensors({"a": [1, 2, 3], "b": [], "c": [4]}, {"format": "pt"})


def with_header(header: Any, numbers: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + numbers


def tensor(shape: Any, begin: Any, end: Any, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def write(folder: Path, data: bytes, name: str = "model.safetensors") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        GOOD,
        with_header({}),
        with_header({"x": tensor([2, 3], 0, 24)}, bytes(24)),
        with_header({"x": tensor([], 0, 2, "BF16"), "y": tensor([5], 2, 7, "BOOL")}, bytes(7)),
        # a header of 640 bytes begins like a pickle of protocol 2
        with_header(json.dumps({"x": tensor([1], 0, 4)}).encode().ljust(640), bytes(4)),
    ],
)
def test_a_sound_file_passes(data: bytes, tmp_path: Path) -> None:
    weights.check_safetensors(write(tmp_path, data))


def test_files_of_the_formats_own_writer_pass(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    kinds = (torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.uint8, torch.bool)
    tensors = {str(kind): torch.zeros((3, 5), dtype=kind) for kind in kinds}
    save_file(tensors, tmp_path / "x.safetensors", {"format": "pt"})
    weights.check_safetensors(tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (pickle.dumps({"weight": [1.0] * 100}), "a pickle under another name"),
        (b"PK\x03\x04" + bytes(200) + b"x", "cut short|pickle"),
        (b"PK\x03\x04\x00\x00\x08\x08" + bytes(200), "a pickle under another name"),
        (b"", "cut short"),
        (GOOD[:7], "cut short"),
        (GOOD[:40], "cut short"),
        (GOOD[:-1], "promises 4 bytes of numbers, not 3"),
        (GOOD + b"\0", "promises 4 bytes of numbers, not 5"),
        (b"<html>not found</html>" * 10, "cut short or of another format"),
        (with_header(b"[1, 2"), "not JSON"),
        (with_header(b"\xff\xfe{}"), "not JSON"),
        (with_header(b"[" * 200_000), "not JSON"),
        (with_header([1, 2]), "not a table"),
        (with_header({"x": 1}), "not sound"),
        (with_header({"x": tensor([2], 0, 4)}, bytes(4)), "not sound"),
        (with_header({"x": tensor([-1], 0, -4)}), "not sound"),
        (with_header({"x": tensor([True], 0, 4)}, bytes(4)), "not sound"),
        (with_header({"x": tensor([1.0], 0, 4)}, bytes(4)), "not sound"),
        (with_header({"x": tensor("1", 0, 4)}, bytes(4)), "not sound"),
        (with_header({"x": tensor([1], 0, 4, "COMPLEX")}, bytes(4)), "not sound"),
        (with_header({"x": tensor([1], 4, 8)}, bytes(8)), "overlap or leave gaps"),
        (
            with_header({"x": tensor([1], 0, 4), "y": tensor([1], 2, 6)}, bytes(6)),
            "overlap or leave gaps",
        ),
        (with_header({"x": tensor([10**9], 0, 4 * 10**9)}, bytes(4)), "promises 4000000000 bytes"),
    ],
)
def test_anything_else_is_refused(data: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsCorruptError, match=said) as caught:
        weights.check_safetensors(write(tmp_path, data))
    assert "model.safetensors" in str(caught.value)


# --- models of one's own


def test_a_folder_of_ones_own_is_checked_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "unet").mkdir()
    (tmp_path / "config.json").write_text("{}")
    one = write(tmp_path, GOOD)
    two = write(tmp_path / "unet", GOOD, "diffusion_pytorch_model.safetensors")
    assert weights.check_own_model(tmp_path) == (one, two)
    assert weights.check_own_model(tmp_path, "unet") == (two,)
    assert weights.check_own_model(one) == (one,)
    two.write_bytes(GOOD[:-1])
    with pytest.raises(WeightsCorruptError, match="diffusion_pytorch_model"):
        weights.check_own_model(tmp_path)


@pytest.mark.parametrize(
    "name", ["model.bin", "unet.ckpt", "net.pth", "x.pt", "state.pkl", "A.BIN"]
)
def test_a_pickle_is_refused(name: str, tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, b"\x80\x04.", name)
    if name == "model.bin":
        assert len(weights.check_own_model(tmp_path)) == 1  # its twin is loaded
        (tmp_path / "model.safetensors").rename(tmp_path / "other.safetensors")
    with pytest.raises(WeightsError, match=rf"{name} is a Python pickle.*safetensors"):
        weights.check_own_model(tmp_path)
    with pytest.raises(WeightsError, match="is a Python pickle"):
        weights.check_own_model(tmp_path / name)


@pytest.mark.parametrize(
    ("pickled", "twin"),
    [
        ("pytorch_model.bin", "model.safetensors"),
        ("pytorch_model.fp16.bin", "model.fp16.safetensors"),
        ("diffusion_pytorch_model.bin", "diffusion_pytorch_model.safetensors"),
        ("pytorch_lora_weights.bin", "pytorch_lora_weights.safetensors"),
    ],
)
def test_a_pickle_beside_its_twin_is_let_be(pickled: str, twin: str, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, twin)
    write(tmp_path, b"\x80\x04.", pickled)
    assert weights.check_own_model(tmp_path) == (path,)


def test_a_twin_in_another_folder_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "unet").mkdir()
    write(tmp_path, GOOD, "diffusion_model.safetensors")
    write(tmp_path / "unet", GOOD, "pytorch_model.safetensors")
    write(tmp_path, b"\x80\x04.", "diffusion_pytorch_model.bin")
    with pytest.raises(WeightsError, match="is a Python pickle"):
        weights.check_own_model(tmp_path)


def test_nothing_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissingError, match=r"does not exist.*configuration"):
        weights.check_own_model(tmp_path / "absent")
    with pytest.raises(WeightsMissingError, match="holds no safetensors"):
        weights.check_own_model(tmp_path)
