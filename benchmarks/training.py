"""How many updates of training an hour makes, how long it waits for data, memory, checkpoints.

A ControlNet for Stable Diffusion 1.5 is trained at full size with random weights, which are as fast
as others, on pairs that are rendered from drawn heads while it trains: updates of 16 pairs of 512
pixels. The first updates, in which memory is set up, do not count.

    python benchmarks/training.py [--device cuda] [--batch 16] [--markdown FILE]

``--tiny`` takes the small networks of the tests.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import full_size
import torch
from tables import Table, arguments, deliver

from landmarkdiff.runtime.device import Device
from landmarkdiff.synthetic.dataset import PairDataset
from landmarkdiff.synthetic.making import MakeSettings, make_shards
from landmarkdiff.synthetic.renders import render_photos
from landmarkdiff.synthetic.sources import read_photo_list
from landmarkdiff.training.batches import Batch
from landmarkdiff.training.run import Run
from landmarkdiff.training.settings import TrainingSettings

#: Pairs of an update, and updates that do not count.
PAIRS, UNCOUNTED = 16, 3
#: Aims on a card: updates an hour, share of waiting, gigabytes, seconds of a checkpoint.
AIMS = {"updates an hour": 6000, "waiting %": 5, "GB": 24, "checkpoint s": 10}


class Waiting:
    """Goes through passes and notes how long each was waited for."""

    def __init__(self, passes: Iterator[Batch]) -> None:
        self._passes = passes
        self.seconds = 0.0

    def __iter__(self) -> Waiting:
        return self

    def __next__(self) -> Batch:
        started = time.perf_counter()
        found = next(self._passes)
        self.seconds += time.perf_counter() - started
        return found


def synchronise(device: Device) -> None:
    """Wait for the device."""
    if device.kind == "cuda":
        torch.cuda.synchronize(device.name)


def shards(folder: Path, heads: int) -> Path:
    """Draw heads and pack them."""
    photos = read_photo_list(render_photos(heads, folder / "heads", seed=17))
    make_shards(photos, folder / "shards", MakeSettings(size=512, passes=1))
    return folder / "shards"


def settings(folder: Path, options: Any, batch: int, size: int) -> TrainingSettings:
    """Return the configuration of a run of one batch size."""
    return TrainingSettings.from_dict(
        {
            "model": {"base": {"path": str(folder / "models" / "base")}},
            "data": {
                "shards": str(folder / "shards"),
                "size": size,
                "workers": options.workers,
                "augment": False,
            },
            "training": {
                "device": options.device,
                "mixed_precision": options.precision,
                "batch_size": batch,
                "gradient_accumulation_steps": max(options.pairs // batch, 1),
                "gradient_checkpointing": options.gradient_checkpointing,
            },
            "checkpoints": {"out": str(folder / f"run-{batch}")},
        }
    )


def measure(chosen: TrainingSettings, updates: int) -> tuple[Any, ...]:
    """Return device, precision, updates an hour, % of waiting, GB and seconds of a checkpoint."""
    pairs = PairDataset(chosen.data.shards, split="train", size=chosen.data.size)
    run = Run(chosen, pairs, pairs)
    device = run.place.device
    passes = Waiting(run.passes())
    for _ in range(UNCOUNTED):
        run.step(passes)
    passes.seconds = 0.0
    synchronise(device)
    started = time.perf_counter()
    for _ in range(updates):
        run.step(passes)
    synchronise(device)
    taken = time.perf_counter() - started
    memory = None
    if device.kind == "cuda":
        memory = torch.cuda.max_memory_allocated(device.name) / 1e9
    started = time.perf_counter()
    run.save()
    saved = time.perf_counter() - started
    return (
        device.title,
        device.precision,
        3600.0 * updates / taken,
        100.0 * passes.seconds / taken,
        memory,
        saved,
    )


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto", choices=["auto", "bf16", "fp32"])
    parser.add_argument("--batch", type=int, nargs="+", default=[PAIRS], metavar="N")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="pairs of an update")
    parser.add_argument("--updates", type=int, default=50)
    parser.add_argument("--workers", type=int, default=max((os.cpu_count() or 2) - 2, 0))
    parser.add_argument("--gradient-checkpointing", action="store_true")
    parser.add_argument("--tiny", action="store_true", help="the small networks of the tests")
    options = parser.parse_args()
    if options.quick:
        options.updates, options.pairs, options.batch, options.workers = 2, 2, [1], 0
    size = 64 if options.tiny else 512
    columns = ("device", "passes in", "batch", *AIMS)
    table = Table("training", columns)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        drawn = "cuda" if torch.cuda.is_available() else "cpu"
        full_size.write_models(folder / "models", drawn, tiny=options.tiny)
        shards(folder, 4 if options.quick else 32)
        for batch in options.batch:
            found = measure(settings(folder, options, batch, size), options.updates)
            title, precision, *figures = found
            table.add(title, precision, batch, *figures)
    table.notes.append(
        f"{options.pairs} pairs of {size} pixels an update, {options.workers} processes render. "
        "Aims on one card: " + ", ".join(f"{name} {value}" for name, value in AIMS.items()) + "."
    )
    deliver(options, table)


if __name__ == "__main__":
    main()
