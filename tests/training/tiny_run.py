"""Training on tiny networks and drawn pairs, in a process of its own.

``python tests/training/tiny_run.py train --config FILE... [--resume latest] [--die-after N]
[--processes N]`` runs one configuration after the other, prints a line for each update, and ends as
the command ``landmarkdiff train`` does. ``--die-after`` kills the process with SIGKILL after update
N. ``--processes`` runs them in so many processes together, as torchrun does.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import signal
import sys
from importlib import import_module
from pathlib import Path

import torch
from tiny_pairs import TinyPairs

from landmarkdiff.generators.stable_diffusion.loading import import_packages
from landmarkdiff.training.recipe import train
from landmarkdiff.training.settings import TrainingSettings

#: What training imports by and by, and what takes longest of it.
MODULES = (
    "diffusers.models.controlnets.controlnet",
    "diffusers.training_utils",
    "torch._dynamo",
    "torch.distributed.fsdp",
    "torch.utils.tensorboard",
    "transformers.models.clip.modeling_clip",
)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["train"])
    parser.add_argument("--config", type=Path, nargs="+")
    parser.add_argument("--resume")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--die-after", type=int, default=int(os.environ.get("DIE_AFTER", "0")))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    return run(chosen) if chosen.processes == 1 else run_together(chosen)


def run_together(chosen: argparse.Namespace) -> int:
    """Run in several processes; what they import is imported once, before they part."""
    import_packages()
    for module in MODULES:
        import_module(module)
    context = multiprocessing.get_context("fork")
    os.environ["WORLD_SIZE"] = str(chosen.processes)
    processes = []
    for rank in range(chosen.processes):
        os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank)}
        processes.append(context.Process(target=lambda: sys.exit(run(chosen))))
        processes[-1].start()
    for process in processes:
        process.join()
    return int(any(process.exitcode for process in processes))


def run(chosen: argparse.Namespace) -> int:
    """Run one configuration after the other."""

    def told(update: int, figures: dict[str, float]) -> None:
        print(update, figures["loss"], flush=True)
        if update == chosen.die_after:
            os.kill(os.getpid(), signal.SIGKILL)

    status = 0
    for path in chosen.config:
        settings = TrainingSettings.from_dict(json.loads(path.read_text()))
        judged = TinyPairs(4, shift=1000)
        status = train(settings, TinyPairs(24), judged, chosen.resume, told).status
    return status


if __name__ == "__main__":
    sys.exit(main())
