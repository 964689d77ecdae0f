"""The choice of a device, on whatever machine the tests run."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from landmarkdiff.errors import ModeUnavailableError, ParameterError
from landmarkdiff.runtime.device import Device, available_devices, choose_device, release_memory

HAS_CUDA = torch.cuda.is_available()


def test_cpu_computes_in_fp32_and_is_never_offloaded():
    for offload in ("auto", True, False):
        device = choose_device("cpu", cpu_offload=offload)
        assert device == Device("cpu", "CPU", "fp32", None, False)
    assert choose_device("cpu", "bf16").precision == "bf16"


def test_auto_takes_the_best_device_there_is():
    assert choose_device("auto") == available_devices()[0]
    assert available_devices()[-1].name == "cpu"


@pytest.mark.skipif(HAS_CUDA, reason="this machine has a cuda device")
@pytest.mark.parametrize("wanted", ["cuda", "cuda:3"])
def test_a_device_that_is_not_there_is_named(wanted):
    with pytest.raises(ModeUnavailableError, match=rf"got {wanted}\); allowed: auto, .*cpu"):
        choose_device(wanted)


@pytest.mark.skipif(not HAS_CUDA, reason="this machine has no cuda device")
def test_cuda_has_memory_and_half_precision():
    device = choose_device("cuda")
    assert device.name == "cuda:0" and device.kind == "cuda"
    assert device.memory_bytes > 0
    assert device.precision in {"bf16", "fp16"}
    assert choose_device("cuda", cpu_offload=True).offload
    release_memory(device.name)


@pytest.mark.parametrize("wanted", ["tpu", "cuda:x", "", "cpu:0"])
def test_unknown_devices_are_refused(wanted):
    with pytest.raises(ParameterError, match="unknown device"):
        choose_device(wanted)


def test_precision_that_the_cpu_lacks_is_refused():
    with pytest.raises(ParameterError, match=r"cpu does not compute.*got fp16.*bf16, fp32"):
        choose_device("cpu", "fp16")


def test_memory_can_be_released_twice():
    release_memory("cpu")
    release_memory("cpu")


def test_importing_the_module_does_not_import_torch():
    code = "import sys, landmarkdiff.runtime.device; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
