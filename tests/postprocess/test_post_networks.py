from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import checkpoints
import numpy as np
import pytest
import torch

from landmarkdiff.errors import WeightsCorruptError, WeightsMissingError
from landmarkdiff.postprocess import networks
from landmarkdiff.postprocess.networks import load_network

ESRGAN = ("ESRGAN",)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.rrdbnet(tmp_path_factory.mktemp("networks") / "small.pth")


def test_a_network_runs_as_spandrels_own(small: Path) -> None:
    network = load_network(small, "cpu", ESRGAN)
    assert (network.architecture, network.scale, network.precision) == ("ESRGAN", 4, "fp32")
    picture = np.random.default_rng(0).uniform(0, 255, (9, 14, 3)).astype(np.float32)
    found = network(picture)
    state = torch.load(small, weights_only=True)["params_ema"]
    direct = checkpoints.ESRGAN(num_filters=8, num_blocks=1)
    direct.load_state_dict(state)
    with torch.inference_mode():
        expected = direct.eval()(torch.from_numpy(picture.transpose(2, 0, 1)[None]) / 255)
    expected = expected.clamp(0, 1)[0].permute(1, 2, 0).numpy() * 255
    assert found.shape == (36, 56, 3)
    assert found == pytest.approx(expected, abs=1e-2)
    assert np.ptp(found) > 0.1


def test_a_file_is_loaded_once_and_again_when_it_changed(small: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.pth"
    path.write_bytes(small.read_bytes())
    first = load_network(path, "cpu", ESRGAN)
    assert load_network(path, "cpu", ESRGAN) is first
    checkpoints.rrdbnet(path, filters=16)
    again = load_network(path, "cpu", ESRGAN)
    assert again is not first
    assert again.module.model[0].weight.shape[0] == 16
    os.utime(path, (1, 1))
    assert load_network(path, "cpu", ESRGAN) is not again
    networks.release_networks()
    assert not networks._loaded


def test_safetensors_load_too(tmp_path: Path, small: Path) -> None:
    from safetensors.torch import save_file

    path = tmp_path / "model.safetensors"
    save_file(torch.load(small, weights_only=True)["params_ema"], path)
    assert load_network(path, "cpu", ESRGAN).scale == 4


class Trap:
    """A pickle that would make a file when it is loaded."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple:
        return Path.touch, (self.place,)


def files_that_are_no_checkpoint(folder: Path, small: Path) -> dict[str, Path]:
    state = torch.load(small, weights_only=True)["params_ema"]
    broken = OrderedDict(state)
    broken["model.0.weight"] = torch.full_like(state["model.0.weight"], float("nan"))
    absurd = OrderedDict(state)
    absurd["model.1.sub.99999999.RDB1.conv1.0.weight"] = torch.zeros(1)
    incomplete = OrderedDict(list(state.items())[:-2])
    made = {
        "code.pth": {"params_ema": {**state, "extra": Trap(folder / "sprung")}},
        "unknown.pth": {"layer.weight": torch.zeros(3, 3)},
        "numbers.pth": [1, 2, 3],
        "nan.pth": broken,
        "absurd.pth": absurd,
        "incomplete.pth": incomplete,
    }
    for name, content in made.items():
        torch.save(content, folder / name)
    (folder / "plain.pth").write_bytes(pickle.dumps(Trap(folder / "sprung")))
    (folder / "cut.pth").write_bytes(small.read_bytes()[:5000])
    (folder / "empty.pth").write_bytes(b"")
    (folder / "text.pth").write_text("<html>404</html>")
    (folder / "renamed.safetensors").write_bytes(small.read_bytes())
    (folder / "cut.safetensors").write_bytes((500).to_bytes(8, "little") + b"{}")
    return {path.name: path for path in folder.iterdir()}


def test_what_is_no_checkpoint_is_refused_and_no_code_runs(tmp_path: Path, small: Path) -> None:
    found = files_that_are_no_checkpoint(tmp_path, small)
    assert len(found) == 12
    for name, path in found.items():
        with pytest.raises(WeightsCorruptError, match=name) as refused:
            load_network(path, "cpu", ESRGAN)
        assert str(tmp_path) not in str(refused.value)
        assert "\n" not in str(refused.value)
    assert not (tmp_path / "sprung").exists()


def test_another_network_and_a_missing_file_are_named(small: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsCorruptError, match=r"another network: ESRGAN.*CodeFormer, GFPGAN"):
        load_network(small, "cpu", ("GFPGAN", "CodeFormer"))
    with pytest.raises(WeightsMissingError, match="does not exist"):
        load_network(tmp_path / "nothing.pth", "cpu", ESRGAN)


def test_a_network_of_other_channels_is_refused(tmp_path: Path) -> None:
    torch.manual_seed(0)
    gray = checkpoints.ESRGAN(in_nc=1, out_nc=1, num_filters=8, num_blocks=1)
    torch.save(gray.state_dict(), tmp_path / "gray.pth")
    with pytest.raises(WeightsCorruptError, match="colour picture"):
        load_network(tmp_path / "gray.pth", "cpu", ESRGAN)


def test_an_answer_that_is_no_number_is_refused(tmp_path: Path) -> None:
    path = checkpoints.rrdbnet(tmp_path / "loud.pth")
    state = torch.load(path, weights_only=True)["params_ema"]
    torch.save({name: value * 1e20 for name, value in state.items()}, path)
    network = load_network(path, "cpu", ESRGAN)
    with pytest.raises(WeightsCorruptError, match="does not answer with numbers"):
        network(np.full((8, 8, 3), 100, np.float32))


def test_importing_the_steps_loads_no_deep_learning() -> None:
    code = (
        "import sys, landmarkdiff.postprocess;"
        "heavy = {'torch', 'spandrel', 'safetensors', 'diffusers', 'transformers'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
