"""How long each finishing step takes and how much memory it needs.

A portrait is cut to a clinical framing and enlarged to each size, warped by a real plan, and
painted as a network of 512 pixels might (softer, noisy, of another tone). Seconds are medians
over repetitions; memory is what a fresh process needs for the one step beyond what it held
before. With ``--networks`` restoration and background run on full-size networks with random
weights, whose time does not depend on the weights.

    python benchmarks/postprocess.py [--device cuda] [--networks] [--json FILE] [--markdown FILE]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import cv2
import numpy as np
from preview import SIZES as PREVIEW_SIZES
from preview import clinical
from tables import Table, arguments, deliver, median, portraits

from landmarkdiff import weights
from landmarkdiff.arrays import ImageArray
from landmarkdiff.configuration import Configuration
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.postprocess import STEPS, Canvas, StepContext, finish

#: Width, height in pixels.
SIZES = {
    "512x512": PREVIEW_SIZES["512x512"],
    "1000x1333": (1000, 1333),
    "3000x4000": PREVIEW_SIZES["3000x4000"],
}
PROCEDURES = ("rhinoplasty", "rhytidectomy")
#: The network paints a square of this side over so many times the longer side of the face.
NETWORK_PX = 512
MARGIN = 1.4
#: Everything but the networks, which are timed apart.
CLASSICAL = ("colour", "sharpen", "blend", "identity")
ALL = "all of these"
#: Beyond so many pixels the background step is not timed on a processor: it takes minutes.
CPU_BACKGROUND_PIXELS = 512 * 512
NETWORKS = {"gfpgan": "restore", "codeformer": "restore", "realesrgan_x4plus": "background"}


def case(portrait: ImageArray, size: tuple[int, int], procedure: str) -> tuple[Canvas, object]:
    """Return a canvas as a network would leave it, and the photo's landmarks."""
    pipeline = LandmarkDiffPipeline().load()
    photo = clinical(portrait, size, pipeline)
    result = pipeline.generate(photo, procedure=procedure, passes=1, verify=False)
    x, y, width, height = result.target.box
    side = int(min(MARGIN * max(width, height), *size))
    left = int(np.clip(x + width / 2 - side / 2, 0, size[0] - side))
    top = int(np.clip(y + height / 2 - side / 2, 0, size[1] - side))
    square = result.warped[top : top + side, left : left + side]
    random = np.random.default_rng(0)
    small = cv2.resize(square, (NETWORK_PX, NETWORK_PX), interpolation=cv2.INTER_AREA)
    small = small * 0.93 + random.normal(6.0, 3.0, small.shape)
    picture = result.warped.copy()
    picture[top : top + side, left : left + side] = cv2.resize(
        np.clip(small, 0, 255).astype(np.uint8), (side, side), interpolation=cv2.INTER_CUBIC
    )
    canvas = Canvas(
        photo,
        result.warped,
        picture,
        result.surgical_mask,
        result.target,
        side / NETWORK_PX,
        0,
        picture,
    )
    return canvas, result.source


def context(device: str, face: object, checkpoint: Path | None = None) -> StepContext:
    """Return a context whose guard always agrees; a checkpoint belongs to its own step."""
    settings: dict[str, object] = {"restore": {"enabled": False}}
    if checkpoint is not None and NETWORKS[checkpoint.stem] == "restore":
        settings = {"restore": {"path": str(checkpoint), "commercial_use": True}}
    elif checkpoint is not None:
        settings |= {"background": {"enabled": True, "path": str(checkpoint)}}
    configuration = Configuration.from_dict({"postprocess": settings})
    return StepContext(configuration, device, lambda _: True, face)  # type: ignore[arg-type]


def random_checkpoint(name: str, folder: Path) -> Path:
    """Write a full-size network with random weights."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from spandrel.architectures.ESRGAN import ESRGAN
        from spandrel.architectures.GFPGAN import GFPGAN
        from spandrel_extra_arches.architectures.CodeFormer import CodeFormer

    torch.manual_seed(0)
    made = {"gfpgan": GFPGAN, "codeformer": CodeFormer, "realesrgan_x4plus": ESRGAN}[name]()
    path = folder / f"{name}.pth"
    torch.save({"params_ema": made.state_dict()}, path)
    return path


def run(step: str, canvas: Canvas, given: StepContext) -> None:
    """Run one step, or all classical ones, and wait for the device."""
    if step == ALL:
        finish(canvas, given)
    else:
        outcome = STEPS[step](canvas, given)
        assert outcome.report.applied, outcome.report
    if given.device.startswith("cuda"):
        import torch

        torch.cuda.synchronize(given.device)


def status_mb(key: str) -> float:
    """A figure of this process in /proc, megabytes (10^6 bytes)."""
    text = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(text.split(f"{key}:")[1].split()[0]) * 1024 / 1e6


def print_peak(options: argparse.Namespace) -> None:
    """Run a step once and print what it needed; what :func:`measure_peak` starts."""
    size, procedure, step = options.peak_of
    canvas, face = case(portraits()[options.portrait], SIZES[size], procedure)
    given = context(options.device, face, options.checkpoint)
    if options.checkpoint is not None:
        # Once before: neither the network itself counts nor what torch needs to start.
        run(step, canvas, given)
    before = status_mb("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    if options.device.startswith("cuda"):
        import torch

        torch.cuda.reset_peak_memory_stats(options.device)
    run(step, canvas, given)
    on_device = None
    if options.device.startswith("cuda") and options.checkpoint is not None:
        on_device = torch.cuda.max_memory_allocated(options.device) / 1e6
    print(max(status_mb("VmHWM") - before, 0.0), on_device)


def measure_peak(
    options: argparse.Namespace, size: str, procedure: str, step: str, checkpoint: Path | None
) -> tuple[float | None, float | None]:
    """Memory that a step needs in a fresh process and on the device; None where unknown."""
    if not Path("/proc/self/clear_refs").exists():
        return None, None
    command = [sys.executable, __file__, "--portrait", options.portrait, "--device", options.device]
    command += ["--peak-of", size, procedure, step]
    command += [] if checkpoint is None else ["--checkpoint", str(checkpoint)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    here, device = done.stdout.split()
    return float(here), None if device == "None" else float(device)


def timed(step: str, canvas: Canvas, given: StepContext, repeat: int) -> float:
    """Median seconds of a step; the first run only warms up."""
    taken = []
    for _ in range(repeat + 1):
        started = time.perf_counter()
        run(step, canvas, given)
        taken.append(time.perf_counter() - started)
    return median(taken[1:])


def main() -> None:
    """Measure everything and deliver the table."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--repeat", type=int, default=5, help="repetitions of each figure")
    parser.add_argument("--portrait", default="astronaut", choices=["astronaut", "grace_hopper"])
    parser.add_argument("--device", default="cpu", help="where networks run: cpu, cuda, mps")
    parser.add_argument(
        "--networks", action="store_true", help="time full-size networks with random weights too"
    )
    parser.add_argument("--peak-of", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--checkpoint", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    weights.obtain("sface")
    if options.peak_of:
        print_peak(options)
        return
    sizes = ["512x512"] if options.quick else list(SIZES)
    procedures = PROCEDURES[:1] if options.quick else PROCEDURES
    repeat = 1 if options.quick else options.repeat

    table = Table(
        "postprocess", ("size", "procedure", "step", "network", "s", "MB", "MB on the device")
    )
    with tempfile.TemporaryDirectory(prefix="landmarkdiff-") as folder:
        checkpoints = [
            random_checkpoint(name, Path(folder)) for name in NETWORKS if options.networks
        ]
        for size in sizes:
            for procedure in procedures:
                canvas, face = case(portraits()[options.portrait], SIZES[size], procedure)
                works: list[tuple[str, Path | None]] = [(step, None) for step in CLASSICAL]
                works.append((ALL, None))
                works += [(NETWORKS[path.stem], path) for path in checkpoints]
                for step, checkpoint in works:
                    slow = options.device == "cpu" and step == "background"
                    if slow and np.prod(SIZES[size]) > CPU_BACKGROUND_PIXELS:
                        continue
                    given = context(options.device, face, checkpoint)
                    rounds = 1 if slow else repeat
                    taken = timed(step, canvas, given, rounds)
                    peak: tuple[float | None, float | None] = (None, None)
                    if step == ALL or not options.quick:
                        peak = measure_peak(options, size, procedure, step, checkpoint)
                    network = None if checkpoint is None else checkpoint.stem
                    table.add(size, procedure, step, network, taken, *peak)
    table.notes += [
        f"s: medians of {repeat} repetitions; the {options.portrait} portrait, painted over "
        f"the face at {NETWORK_PX} pixels. Device of the networks: {options.device}.",
        f"'{ALL}': {', '.join(CLASSICAL)}, as one call.",
        "MB: the most that a fresh process needs for the step beyond photo, warp and picture "
        "(10^6 bytes); of a network without its weights.",
    ]
    if options.networks:
        table.notes.append(
            "Networks of full size with random weights. On a processor the background is timed at "
            "the smallest size only."
        )
    deliver(options, table, repeat=repeat, device=options.device)


if __name__ == "__main__":
    main()
