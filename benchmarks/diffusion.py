"""How long a repainting mode takes, how much memory it needs, and how near that is to the device.

Stable Diffusion 1.5, two ControlNets and the identity adapter run at full size with random
weights through the program's own generators: from requests as they come out of the warp to
pictures at the photo's size. Strength is 1, so that every step is run; by default a request of
30 steps runs 22. What the networks would take on a device that does nothing but multiply is
counted, not measured: '% of peak' is how much of the device's rate was reached.

    python benchmarks/diffusion.py [--device cuda] [--markdown docs/reference/benchmarks.md]
    python benchmarks/diffusion.py --estimate --markdown docs/reference/benchmarks.md

``--estimate`` only counts, and needs no device. ``--tiny`` takes the small networks of the tests.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import full_size
import network_cost
import torch
from network_cost import MODES, PEAK_TFLOPS, Work
from tables import Table, arguments, deliver, median, portraits

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.configuration import Configuration
from landmarkdiff.generators import GenerationRequest, PaintNumbers, create_generator
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import warp_plan
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.runtime.clock import StageClock
from landmarkdiff.runtime.device import Device, choose_device, release_memory

#: From this many steps down a few-step LoRA is in the network, fused.
FEW_STEPS = 8
#: Aims on an H200 at 512 pixels, batch 1: seconds by steps, and gigabytes.
AIMS_S = {30: 0.6, 8: 0.2}
AIM_GB = 5.0
AIM_DEVICE = "H200"
BYTES = {"bf16": 2, "fp16": 2, "fp32": 4}


class Counted(Table):
    """A table of what was counted, which depends on no machine."""

    def markdown(self) -> str:
        """The table as markdown, with its notes."""
        return super().markdown().partition("\n\n")[2]


@dataclass(frozen=True)
class Case:
    """One figure: the mode, its steps, and how many pictures go through at once."""

    mode: str
    steps: int
    batch: int


def requests(case: Case, prepared: PreparedFace) -> list[GenerationRequest]:
    """Return a batch as a sweep of intensities makes it."""
    found = []
    for number in range(case.batch):
        plan = make_plan("rhinoplasty", prepared.landmarks, intensity=60.0 + number)
        warp = warp_plan(prepared, plan, ClinicalFlags(), clock=StageClock(), pause=lambda: None)
        found.append(
            GenerationRequest(
                image=prepared.image,
                warped=warp.warped,
                mask=warp.mask,
                source=prepared.landmarks,
                target=warp.target,
                plan=plan,
                seed=number,
                numbers=PaintNumbers(case.steps, 7.5, 1.0, 1.0),
            )
        )
    return found


def configuration(
    data: dict[str, Any], models: Path, options: argparse.Namespace, *, few: bool
) -> Configuration:
    """Return the configuration of one generator."""
    chosen = data["diffusion"] | {
        "device": options.device,
        "precision": options.precision,
        "compile": options.compile,
        "channels_last": options.channels_last,
        "resolution": options.resolution,
        "max_batch": max(options.batches),
        "cpu_offload": False,
    }
    if few:
        lora = {"path": full_size.LORA_FILE, "scheduler": "ddim_trailing"}
        chosen |= {"few_step": lora, "num_inference_steps": min(options.steps)}
    return Configuration.from_dict({"diffusion": chosen}, folder=models)


def synchronise(device: Device) -> None:
    """Wait for the device."""
    if device.kind == "cuda":
        torch.cuda.synchronize(device.name)
    elif device.kind == "mps":
        torch.mps.synchronize()


def timed(work: Callable[[], object], device: Device) -> float:
    """Seconds of one call."""
    synchronise(device)
    started = time.perf_counter()
    work()
    synchronise(device)
    return time.perf_counter() - started


def peak_rate(device: Device, options: argparse.Namespace) -> float | None:
    """Dense bfloat16 rate of the device, TFLOP/s, if it is known."""
    if options.peak_tflops is not None:
        return float(options.peak_tflops)
    if device.kind != "cuda":
        return None
    return next((rate for word, rate in PEAK_TFLOPS.items() if word in device.title), None)


def profile(work: Callable[[], object], device: Device, rows: int) -> str:
    """Return torch's table of the operators that took longest in one call."""
    activities = [torch.profiler.ProfilerActivity.CPU]
    if device.kind == "cuda":
        activities.append(torch.profiler.ProfilerActivity.CUDA)
    with torch.profiler.profile(activities=activities) as seen:
        work()
        synchronise(device)
    key = "cuda_time_total" if device.kind == "cuda" else "self_cpu_time_total"
    return str(seen.key_averages().table(sort_by=key, row_limit=rows))


def verdict(value: float | None, aim: float | None) -> str:
    """Say whether a figure keeps its aim."""
    if value is None or aim is None:
        return "-"
    return "ok" if value <= aim else "over"


class Measurement:
    """Runs every case and fills the table."""

    def __init__(self, options: argparse.Namespace, models: Path, data: dict[str, Any]) -> None:
        self.options = options
        self.models, self.data = models, data
        self.device = choose_device(options.device, options.precision, False)
        self.rate = peak_rate(self.device, options)
        pixels = portraits()[options.portrait]
        landmarks = LandmarkDetector().extract(pixels, passes=1)
        self.prepared = PreparedFace(pixels, landmarks)
        self.profiles: list[str] = []
        self._works: dict[int, dict[str, Work]] = {}

    def table(self) -> Table:
        """Measure every mode, steps and batch."""
        titles = ("mode", "steps", "batch", "s/image", "aim s", "time", "GB", "aim GB", "memory")
        table = Table("diffusion", (*titles, "TFLOP/image", "TFLOP/s", "% of peak"))
        for mode in self.options.modes:
            for steps in self.options.steps:
                chosen = configuration(self.data, self.models, self.options, few=steps <= FEW_STEPS)
                generator = create_generator(mode, chosen)
                generator.load()
                for batch in self.options.batches:
                    table.add(*self._row(generator, Case(mode, steps, batch)))
                del generator
                release_memory(self.device.name)
        table.notes = self._notes()
        return table

    def _row(self, generator: Any, case: Case) -> tuple[Any, ...]:
        todo = requests(case, self.prepared)
        repeat = 1 if self.options.quick else self.options.repeat
        paintings: list[Any] = []

        def paint() -> None:
            paintings[:] = generator(todo)

        for _ in range(0 if self.options.quick else 2):
            paint()  # the first calls compile, choose and fill caches
        on_card = self.device.kind == "cuda"
        if on_card:
            torch.cuda.reset_peak_memory_stats(self.device.name)
        seconds = median(timed(paint, self.device) for _ in range(repeat))
        assert {painting.record.network.steps_run for painting in paintings} == {case.steps}
        assert {painting.record.network.batch for painting in paintings} == {case.batch}
        memory = torch.cuda.max_memory_allocated(self.device.name) / 1e9 if on_card else None
        if self.options.profile:
            shown = profile(lambda: generator(todo), self.device, self.options.profile)
            self.profiles.append(f"{case.mode}, {case.steps} steps, batch {case.batch}\n{shown}")
        each = seconds / case.batch
        aimed = on_card and AIM_DEVICE in self.device.title and self.options.resolution == 512
        aim_s = AIMS_S.get(case.steps) if aimed and case.batch == 1 else None
        aim_gb = AIM_GB if aimed and case.batch == 1 else None
        tflop = self._cost(case).tflop / case.batch
        share = None if self.rate is None else 100.0 * tflop / each / self.rate
        return (
            *(case.mode, case.steps, case.batch, each, aim_s, verdict(each, aim_s)),
            *(memory, aim_gb, verdict(memory, aim_gb), tflop, tflop / each, share),
        )

    def _cost(self, case: Case) -> network_cost.Cost:
        for batch in (1, case.batch):
            if batch not in self._works:
                self._works[batch] = network_cost.network_work(
                    self.models, self.options.resolution, batch
                )
        return network_cost.cost(
            self._works[case.batch],
            self._works[1],
            case.mode,
            case.steps,
            bytes_each=BYTES[self.device.precision],
        )

    def _notes(self) -> list[str]:
        options, device = self.options, self.device
        size = "the small networks of the tests" if options.tiny else "full size, random weights"
        card = f"CUDA {torch.version.cuda}, " if device.kind == "cuda" else ""
        switches = ", ".join(
            name for name in ("compile", "channels_last") if getattr(options, name)
        )
        return [
            f"Device: {device.title}; torch {torch.__version__}, {card}{device.precision}, "
            f"autoencoder in fp32; {switches or 'neither compiled nor channels-last'}; "
            f"{options.resolution} pixels; {size}. {time.strftime('%Y-%m-%d')}.",
            f"Medians of {1 if options.quick else options.repeat} calls after warming up, device "
            "synchronised, from requests to pictures at the photo's size "
            f"({self.prepared.image.shape[1]} x {self.prepared.image.shape[0]}).",
            "GB: most memory that torch had allocated on the device at one time (10^9 bytes).",
            "'% of peak': counted operations over time, against the dense bfloat16 rate of the "
            + (
                f"datasheet, {self.rate:g} TFLOP/s." if self.rate else "device, which is not known."
            ),
        ]


def estimate(models: Path, options: argparse.Namespace) -> Table:
    """Return what the modes take, counted on shapes alone."""
    titles = ("mode", "steps", "batch", "TFLOP/image", "weights GB", "working GB", "calls/step")
    rates = {name: PEAK_TFLOPS[name] for name in ("H200", "A100", "4090")}
    table = Counted("diffusion_cost", (*titles, *(f"{name} ms" for name in rates)))
    one = network_cost.network_work(models, options.resolution)
    for batch in options.batches:
        works = one
        if batch > 1:
            works = network_cost.network_work(models, options.resolution, batch)
        for mode in options.modes:
            for steps in options.steps:
                found = network_cost.cost(works, one, mode, steps, bytes_each=2)
                each = replace(found, tflop=found.tflop / batch)
                table.add(
                    *(mode, steps, batch, each.tflop, each.weights / 1e9, each.activations / 1e9),
                    each.operations_per_step,
                    *(1e3 * each.seconds_at(rate) for rate in rates.values()),
                )
    table.notes = [
        f"Counted on shapes at {options.resolution} pixels with guidance, not measured; networks "
        "in 16 bits, the autoencoder in 32. 'ms': an image at the datasheet's dense bfloat16 rate ("
        + ", ".join(f"{name} {rate:g} TFLOP/s" for name, rate in rates.items())
        + "), were nothing else in the way.",
        "'weights GB': of controlnet_ip without the adapter's own 0.1. "
        "'working GB': tensors alive at one time beside the weights, pictures encoded and decoded "
        "one by one. 'calls/step': operators that make a tensor; each starts at least a kernel.",
    ]
    return table


def main() -> None:
    """Measure or count, and deliver the tables."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--steps", nargs="+", type=int, default=[30, 8], metavar="N")
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 4, 8], metavar="N")
    parser.add_argument("--resolution", type=int, choices=(512, 768), default=512)
    parser.add_argument("--device", default="auto", help="auto, cuda, cuda:N, mps or cpu")
    parser.add_argument("--precision", default="auto", choices=("auto", *BYTES))
    parser.add_argument("--compile", action="store_true", help="torch.compile the networks")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--repeat", type=int, default=7, help="calls of each figure")
    parser.add_argument("--peak-tflops", type=float, metavar="N", help="dense bfloat16 rate")
    parser.add_argument("--profile", type=int, default=0, metavar="N", help="show N operators")
    parser.add_argument("--estimate", action="store_true", help="count only; needs no device")
    parser.add_argument("--tiny", action="store_true", help="the small networks of the tests")
    parser.add_argument("--models", type=Path, metavar="FOLDER", help="write the models here")
    parser.add_argument("--portrait", default="astronaut", choices=("astronaut", "grace_hopper"))
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = options.models or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="landmarkdiff-models-"))
        )
        if options.estimate:
            full_size.write_shapes(folder, tiny=options.tiny)
            deliver(options, estimate(folder, options))
            return
        device = choose_device(options.device, options.precision, False)
        data = full_size.write_models(folder, device.name, tiny=options.tiny)
        measurement = Measurement(options, folder, data)
        table = measurement.table()
        deliver(options, table, profiles=measurement.profiles)
        if measurement.profiles:
            print("\n\n".join(measurement.profiles))


if __name__ == "__main__":
    main()
