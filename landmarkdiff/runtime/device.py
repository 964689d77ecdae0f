"""Where networks run: the device, its numbers and its memory.

torch is imported only when a device is asked for. Devices are called as torch calls them:
``cpu``, ``mps``, ``cuda`` or ``cuda:N``.
"""

from __future__ import annotations

import gc
import importlib.util
import platform
from dataclasses import dataclass
from typing import Any, Literal

from landmarkdiff.errors import ModeUnavailableError, ParameterError

__all__ = [
    "OFFLOAD_BELOW_BYTES",
    "Device",
    "Precision",
    "available_devices",
    "choose_device",
    "release_memory",
]

Precision = Literal["bf16", "fp16", "fp32"]

#: Below this much device memory only the network that works is kept there. Stable Diffusion 1.5
#: with two ControlNets holds 3.7 GB of weights (counted: half precision, its autoencoder in fp32),
#: and needs room to work.
OFFLOAD_BELOW_BYTES = 6_000_000_000
#: The first macOS whose Metal knows bfloat16.
_BF16_MACOS = (14, 0)


@dataclass(frozen=True)
class Device:
    """A device and how networks run on it.

    Attributes
    ----------
    name : str
        As torch calls it: ``cpu``, ``mps``, ``cuda:0``.
    title : str
        For people: the name of the graphics card.
    precision : {"bf16", "fp16", "fp32"}
        Numbers of the networks; the autoencoder has its own.
    memory_bytes : int or None
        Memory of the device; None for the CPU.
    offload : bool
        Whether networks wait in the computer's memory and come to the device one at a time.
    """

    name: str
    title: str
    precision: Precision
    memory_bytes: int | None = None
    offload: bool = False

    @property
    def kind(self) -> str:
        """``cpu``, ``mps`` or ``cuda``."""
        return self.name.partition(":")[0]


def choose_device(
    wanted: str = "auto",
    precision: str = "auto",
    cpu_offload: bool | Literal["auto"] = "auto",
) -> Device:
    """Choose the device, its precision, and whether networks are offloaded.

    Parameters
    ----------
    wanted : str
        ``auto`` takes the first of cuda, mps and cpu; otherwise the device's name.
    precision : {"auto", "bf16", "fp16", "fp32"}
        ``auto`` takes bf16 on a graphics card that computes with it, fp16 on other cards, fp32
        on the CPU.
    cpu_offload : bool or "auto"
        ``auto`` offloads where the device has less than 6 GB. Only a cuda device has memory of
        its own, so elsewhere nothing is ever offloaded.

    Returns
    -------
    Device

    Raises
    ------
    ModeUnavailableError
        torch is not installed, or the device is not there.
    ParameterError
        The device does not compute in this precision, or its name is unknown.
    """
    torch = _torch()
    name = _named(torch, wanted)
    memory = _memory(torch, name)
    small = memory is not None and memory < OFFLOAD_BELOW_BYTES
    return Device(
        name=name,
        title=torch.cuda.get_device_name(name) if name.startswith("cuda") else _PLAIN[name],
        precision=_precision(torch, name, precision),
        memory_bytes=memory,
        offload=name.startswith("cuda") and (small if cpu_offload == "auto" else cpu_offload),
    )


def available_devices() -> tuple[Device, ...]:
    """Return every device of this machine, best first; none where torch is not installed."""
    if importlib.util.find_spec("torch") is None:
        return ()
    torch = _torch()
    names = [f"cuda:{number}" for number in range(_cuda_count(torch))]
    if _has_mps(torch):
        names.append("mps")
    return tuple(choose_device(name) for name in (*names, "cpu"))


def release_memory(device: str) -> None:
    """Give back memory that torch keeps for later on a device; nothing in use is touched."""
    torch = _torch()
    gc.collect()
    if device.startswith("cuda"):
        with torch.cuda.device(device):
            torch.cuda.empty_cache()
    elif device == "mps":
        torch.mps.empty_cache()


_PLAIN = {"cpu": "CPU", "mps": "Apple GPU (Metal)"}


def _torch() -> Any:
    if importlib.util.find_spec("torch") is None:
        raise ModeUnavailableError("package_missing", package="torch")
    import torch

    return torch


def _named(torch: Any, wanted: str) -> str:
    kind, _, number = wanted.partition(":")
    count = _cuda_count(torch)
    if wanted == "auto":
        return "cuda:0" if count else "mps" if _has_mps(torch) else "cpu"
    if wanted == "cpu" or (wanted == "mps" and _has_mps(torch)):
        return wanted
    if kind == "cuda" and (number == "" or number.isdecimal()):
        if int(number or 0) < count:
            return f"cuda:{int(number or 0)}"
    elif wanted != "mps":
        raise ParameterError(
            "unknown_device", device=wanted, devices=("auto", "cuda", "cuda:N", "mps", "cpu")
        )
    here = [f"cuda:{index}" for index in range(count)]
    here += ["mps"] if _has_mps(torch) else []
    raise ModeUnavailableError("device_not_there", device=wanted, devices=("auto", *here, "cpu"))


def _cuda_count(torch: Any) -> int:
    return int(torch.cuda.device_count()) if torch.cuda.is_available() else 0


def _has_mps(torch: Any) -> bool:
    return bool(torch.backends.mps.is_available())


def _memory(torch: Any, name: str) -> int | None:
    if name.startswith("cuda"):
        return int(torch.cuda.get_device_properties(name).total_memory)
    if name == "mps":
        return int(torch.mps.recommended_max_memory())
    return None


def _precision(torch: Any, name: str, wanted: str) -> Precision:
    bf16 = _knows_bf16(torch, name)
    known: dict[str, Precision] = {"fp32": "fp32"}
    if bf16:
        known["bf16"] = "bf16"
    # Half precision is slow on a CPU, and some of its operations are missing there.
    if name != "cpu":
        known["fp16"] = "fp16"
    if wanted == "auto":
        if name == "cpu":
            return "fp32"
        return "bf16" if bf16 and name.startswith("cuda") else "fp16"
    if wanted not in known:
        raise ParameterError(
            "precision_unsupported",
            device=name,
            precision=wanted,
            precisions=("auto", *sorted(known)),
        )
    return known[wanted]


def _knows_bf16(torch: Any, name: str) -> bool:
    if name.startswith("cuda"):
        with torch.cuda.device(name):
            return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if name == "mps":
        release = platform.mac_ver()[0].split(".")
        version = tuple(int(part) for part in release[:2] if part.isdecimal())
        return version >= _BF16_MACOS
    return True
