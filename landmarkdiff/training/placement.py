"""One device or several: Accelerate places the networks, and states are whole on the first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import torch

from landmarkdiff.runtime.device import Device, choose_device
from landmarkdiff.training.settings import FitSettings

__all__ = ["Placement", "TrainableNetwork", "chosen_device", "like", "whole"]


class TrainableNetwork(Protocol):
    """A network of which some weights are trained."""

    def trained(self) -> Iterator[tuple[str, Any]]:
        """Go through the weights that are trained, by name."""

    def blocks(self) -> Iterator[Any]:
        """Go through the parts that several devices share out one by one."""


def chosen_device(settings: FitSettings) -> Device:
    """Return the device of this process, of several one each.

    Raises
    ------
    ModeUnavailableError, ParameterError
        It is not there, or does not compute with these numbers.
    """
    wanted = settings.device
    several = int(os.environ.get("WORLD_SIZE", "1")) > 1
    if several and wanted in ("auto", "cuda") and torch.cuda.is_available():
        wanted = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
    found = choose_device(wanted, settings.mixed_precision, False)
    if found.precision == "fp16":  # activations of these networks pass its range
        found = choose_device(wanted, "fp32", False)
    return found


class Placement:
    """Where a run computes.

    Parameters
    ----------
    settings : FitSettings

    Raises
    ------
    ModeUnavailableError, ParameterError
        The device is not there, or does not compute with these numbers.
    """

    def __init__(self, settings: FitSettings) -> None:
        from accelerate import Accelerator

        found = chosen_device(settings)
        self.device: Device = found
        # Passes have their numbers from autocast below: Accelerate's are one for the process.
        self.accelerator: Any = Accelerator(cpu=found.kind == "cpu", mixed_precision="no")
        self.sharded = settings.parallel == "fsdp2" and self.accelerator.num_processes > 1
        self.rank: int = self.accelerator.process_index
        self.ranks: int = self.accelerator.num_processes

    @property
    def first(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0

    def placed(self, denoiser: Any) -> Any:
        """Return the network as it is called: itself, a copy on each device, or a share."""
        if not self.sharded:
            return self.accelerator.prepare(denoiser) if self.ranks > 1 else denoiser
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        mesh = init_device_mesh(self.device.kind, (self.ranks,))
        for block in denoiser.blocks():
            fully_shard(block, mesh=mesh)
        fully_shard(denoiser, mesh=mesh)
        return denoiser

    def autocast(self) -> Any:
        """Return the block in which passes have bf16, where the device has it."""
        return torch.autocast(
            self.device.kind, torch.bfloat16, enabled=self.device.precision == "bf16"
        )

    @contextmanager
    def gathering(self, network: Any, *, last: bool) -> Iterator[None]:
        """Let only the last pass of an update exchange gradients."""
        if self.ranks == 1:
            yield
        elif self.sharded:
            network.set_requires_gradient_sync(last)
            yield
        elif last:
            yield
        else:
            with network.no_sync():
                yield

    def wait(self) -> None:
        """Wait for all processes."""
        if self.ranks > 1:
            torch.distributed.barrier()

    def forget(self, network: Any) -> None:
        """Let go of weights that were gathered for a pass without gradients.

        They would be taken for the present ones in the next pass.
        """
        if self.sharded:
            network.reshard()

    def mean(self, values: dict[str, Any]) -> dict[str, float]:
        """Return the mean of numbers over all processes, each process an equal share."""
        if not values:
            return {}
        stacked = torch.stack([value.detach().double().cpu() for value in values.values()])
        stacked = self._reduced(stacked) / self.ranks
        return dict(zip(values, stacked.tolist(), strict=True))

    def total(self, value: Any) -> float:
        """Return the sum of a number over all processes."""
        return float(self._reduced(value).cpu().item())

    def any(self, number: int) -> int:
        """Return the largest of a number over all processes."""
        if self.ranks == 1:
            return number
        value = torch.tensor([number], device=self._exchanged)
        torch.distributed.all_reduce(value, torch.distributed.ReduceOp.MAX)
        return int(value.item())

    @property
    def _exchanged(self) -> str:
        return self.device.name if self.device.kind == "cuda" else "cpu"

    def _reduced(self, values: Any) -> Any:
        if self.ranks > 1:
            values = values.to(self._exchanged)
            torch.distributed.all_reduce(values)
        return values

    def optimizer_state(self, denoiser: TrainableNetwork, optimizer: Any) -> dict[str, Any]:
        """Return the optimiser's tensors by ``NAME/KEY``, whole, on the CPU."""
        return {
            f"{name}/{key}": whole(value)
            for name, weight in denoiser.trained()
            for key, value in optimizer.state[weight].items()
        }

    def restore_optimizer(
        self, denoiser: TrainableNetwork, optimizer: Any, tensors: dict[str, Any]
    ) -> None:
        """Put tensors of :meth:`optimizer_state` back."""
        weights = dict(denoiser.trained())
        for place, value in tensors.items():
            name, _, key = place.rpartition("/")
            own = weights[name]
            optimizer.state[own][key] = value.clone() if key == "step" else like(own, value)


def whole(value: Any) -> Any:
    """Return a tensor that may be shared among devices as a whole one on the CPU.

    Every process that has a share must ask at the same time.
    """
    gathered = value.full_tensor() if hasattr(value, "full_tensor") else value
    return gathered.detach().cpu().clone()


def like(own: Any, value: Any) -> Any:
    """Return a whole tensor as a copy where ``own`` is: the same share, if it is shared."""
    if not hasattr(own, "device_mesh"):
        return value.to(own.device, copy=True)
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(value.to(own.device), own.device_mesh, own.placements)
