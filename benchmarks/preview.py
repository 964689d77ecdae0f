"""How long a preview takes and how much memory it needs, beside the floor and the limits.

A portrait is cut to a clinical framing and enlarged to each size. Every figure is the least of
repetitions that are interleaved, and counts the processor's time on one thread: what else the
machine does only adds to it. The floor is what cannot be saved: one cubic ``cv2.remap`` of the same
region with finished maps, and the copy of the photo. Peak memory is that of a fresh process that
makes one preview.

    python benchmarks/preview.py [--repeat 15] [--json FILE] [--markdown FILE] [--quick]
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from tables import Table, arguments, deliver, median, portraits

from landmarkdiff.arrays import ImageArray
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction, PreparedFace

PROCEDURES = ("rhinoplasty", "rhytidectomy", "blepharoplasty")
#: Width, height in pixels.
SIZES = {"512x512": (512, 512), "1024x1024": (1024, 1024), "3000x4000": (3000, 4000)}
#: The face, cheek to cheek, takes this share of the width of the picture.
FACE_SHARE = 0.5
FAST = "passes=1, verify=False"
DEFAULTS = "defaults"
AGAIN = "new intensity"
FLOOR = "floor"

#: A photo that nothing is known of is prepared again so many times less often: it takes far longer,
#: and varies less.
FRESH_EVERY = 5
#: Milliseconds; the checks may add a second to the fast path.
LIMITS_MS = {
    **{("512x512", name, FAST): 20.0 for name in PROCEDURES},
    **{("512x512", name, AGAIN): 8.0 for name in PROCEDURES},
    ("3000x4000", "rhinoplasty", FAST): 120.0,
    ("3000x4000", "rhytidectomy", FAST): 250.0,
    ("3000x4000", "rhinoplasty", DEFAULTS): 1120.0,
    ("3000x4000", "rhytidectomy", DEFAULTS): 1250.0,
}
#: How often the floor, for a nose.
LIMITS_FLOOR = {
    ("512x512", "rhinoplasty", FAST): 50.0,
    ("512x512", "rhinoplasty", AGAIN): 12.0,
}
LIMITS_MB = {FAST: 500.0, DEFAULTS: 600.0}
COLUMNS = (
    "size",
    "procedure",
    "setting",
    "CPU ms",
    "limit ms",
    "x floor",
    "limit x",
    "time",
    "MB",
    "limit MB",
    "memory",
)
IMPORT_LIMIT_MS = 200.0
HELP_LIMIT_MS = 500.0


def clinical(
    portrait: ImageArray, size: tuple[int, int], pipeline: LandmarkDiffPipeline
) -> ImageArray:
    """Return the portrait cut to a clinical framing and enlarged: (height, width, 3) uint8."""
    width, height = size
    x, y, face_width, face_height = pipeline.prepare(portrait, passes=1).landmarks.box
    zoom = FACE_SHARE * width / face_width
    shift = np.array([width / 2, height / 2]) - zoom * np.array(
        [x + face_width / 2, y + face_height / 2]
    )
    matrix = np.array([[zoom, 0, shift[0]], [0, zoom, shift[1]]])
    framed = cv2.warpAffine(
        portrait, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(framed, np.uint8)


def floor(
    photo: ImageArray, pipeline: LandmarkDiffPipeline, procedure: str
) -> Callable[[], object]:
    """Return the bare work: copy of the photo, and one remap of the region with its own maps."""
    result = pipeline.generate(photo, procedure=procedure, passes=1, verify=False)
    field = result.displacement_field
    grid = field.grid
    source = np.array(grid.enlarge(field.displacement), np.float32)
    source[..., 0] += np.arange(grid.x, grid.x + grid.width, dtype=np.float32)
    source[..., 1] += np.arange(grid.y, grid.y + grid.height, dtype=np.float32)[:, None]
    nothing = np.empty(0, np.float32)

    def work() -> object:
        after = photo.copy()
        after[grid.y : grid.y + grid.height, grid.x : grid.x + grid.width] = cv2.remap(
            photo, source, nothing, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        return after

    return work


def runs(
    photo: ImageArray, pipeline: LandmarkDiffPipeline, procedure: str
) -> dict[str, Callable[[], object]]:
    """Return what is timed for one photo and procedure, by setting."""
    prepared: PreparedFace = pipeline.prepare(photo, passes=1)
    levels = itertools.cycle([60.0, 75.0, 45.0, 90.0])

    def again() -> object:
        return pipeline.generate(
            prepared, procedure=procedure, intensity=next(levels), verify=False
        )

    again()
    return {
        FAST: lambda: pipeline.generate(photo, procedure=procedure, passes=1, verify=False),
        DEFAULTS: lambda: pipeline.generate(photo, procedure=procedure),
        AGAIN: again,
        FLOOR: floor(photo, pipeline, procedure),
    }


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Milliseconds of the processor for one call, and what it returned."""
    started = time.process_time()
    result = work()
    return 1e3 * (time.process_time() - started), result


def peak_mb() -> float:
    """Peak resident memory of this process, megabytes (10^6 bytes)."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6
    except (OSError, IndexError):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def measure_peak(portrait: str, size: str, procedure: str, setting: str) -> float:
    """Peak memory of a fresh process that makes one preview, megabytes."""
    case = ["--peak-of", size, procedure, setting, "--portrait", portrait]
    done = subprocess.run(
        [sys.executable, __file__, *case], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def one_preview(portrait: str, size: str, procedure: str, setting: str) -> None:
    """Make one preview and print the peak memory; what :func:`measure_peak` starts."""
    pipeline = LandmarkDiffPipeline().load()
    photo = clinical(portraits()[portrait], SIZES[size], pipeline)
    options = {"passes": 1, "verify": False} if setting == FAST else {}
    pipeline.generate(photo, procedure=procedure, **options)  # type: ignore[arg-type]
    print(peak_mb())


def start_ms(code: str | None, repeat: int) -> float | None:
    """Least time of the processor for an import, beside a bare start, or the program's help."""
    times = []
    for _ in range(repeat):
        if code is None:
            program = Path(sys.executable).with_name("landmarkdiff")
            run_help = ["-c", "from landmarkdiff.cli import main; main()", "--help"]
            command = [str(program), "--help"] if program.exists() else [sys.executable, *run_help]
        else:
            timer = f"import time; t = time.process_time(); {code}; print(time.process_time() - t)"
            command = [sys.executable, "-c", timer]
        before = os.times()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return None
        after = os.times()
        used = after.children_user + after.children_system
        used -= before.children_user + before.children_system
        times.append(1e3 * (float(done.stdout) if code else used))
    return min(times)


def over(value: float | None, *limits: float | None) -> str:
    """Say whether a figure keeps its limits, those that there are."""
    if value is None:
        return "failed"
    known = [limit for limit in limits if limit is not None]
    return "-" if not known else "ok" if value <= min(known) else "over"


Cases = dict[tuple[str, str], dict[str, Callable[[], object]]]
Times = dict[tuple[str, str, str], list[float]]
Stages = dict[str, dict[str, list[float]]]


def measure(cases: Cases, repeat: int) -> tuple[Times, Stages]:
    """Time all settings of all cases in turn; the first round only warms up."""
    times: Times = {}
    stages: Stages = {}
    for round_ in range(repeat + 1):
        for (size, procedure), works in cases.items():
            for setting, work in works.items():
                if setting in (FAST, DEFAULTS) and round_ % FRESH_EVERY:
                    continue
                taken, result = timed(work)
                # Once is enough to warm up, and few repetitions leave none but that one.
                if not round_ and repeat >= FRESH_EVERY:
                    continue
                times.setdefault((size, procedure, setting), []).append(taken)
                if isinstance(result, Prediction):
                    of_case = stages.setdefault(f"{size} {procedure} {setting}", {})
                    for stage, ms in result.timings_ms.items():
                        of_case.setdefault(stage, []).append(ms)
    return times, stages


def add_previews(
    table: Table, times: Times, portrait: str, sizes: Sequence[str], procedures: Sequence[str]
) -> None:
    """Add a row for every setting of every size and procedure."""
    for size, procedure in itertools.product(sizes, procedures):
        bare = min(times[size, procedure, FLOOR])
        for setting in (FAST, DEFAULTS, AGAIN, FLOOR):
            case = size, procedure, setting
            taken = min(times[case])
            limit, most = LIMITS_MS.get(case), LIMITS_FLOOR.get(case)
            peak = limit_mb = None
            if setting in LIMITS_MB:
                peak = measure_peak(portrait, size, procedure, setting)
                limit_mb = LIMITS_MB[setting]
            table.add(
                *case,
                taken,
                limit,
                taken / bare,
                most,
                over(taken, limit, None if most is None else most * bare),
                peak,
                limit_mb,
                "-" if peak is None else over(peak, limit_mb),
            )


def main() -> None:
    """Measure everything and deliver the table."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--repeat", type=int, default=15, help="repetitions of each figure")
    parser.add_argument("--portrait", default="astronaut", choices=["astronaut", "grace_hopper"])
    parser.add_argument("--peak-of", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak_of:
        one_preview(options.portrait, *options.peak_of)
        return
    repeat = 2 if options.quick else options.repeat
    sizes = ["512x512"] if options.quick else list(SIZES)
    procedures = PROCEDURES[:1] if options.quick else PROCEDURES

    pipeline = LandmarkDiffPipeline().load()
    portrait = portraits()[options.portrait]
    photos = {size: clinical(portrait, SIZES[size], pipeline) for size in sizes}
    cases = {
        (size, procedure): runs(photos[size], pipeline, procedure)
        for size in sizes
        for procedure in procedures
    }
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    times, stages = measure(cases, repeat)
    cv2.setNumThreads(threads)
    cases.clear()
    table = Table("preview", COLUMNS)
    add_previews(table, times, options.portrait, sizes, procedures)
    for name, code, limit in (
        ("import landmarkdiff", "import landmarkdiff", IMPORT_LIMIT_MS),
        ("landmarkdiff --help", None, HELP_LIMIT_MS),
    ):
        taken_ms = start_ms(code, repeat)
        verdict = over(taken_ms, limit)
        table.add("-", "-", name, taken_ms, limit, None, None, verdict, None, None, "-")
    table.notes += notes(repeat, options.portrait)
    medians = {
        case: {stage: round(median(values), 3) for stage, values in of_case.items()}
        for case, of_case in stages.items()
    }
    deliver(options, table, repeat=repeat, stages_ms=medians)


def notes(repeat: int, portrait: str) -> list[str]:
    """What the reader has to know about the figures."""
    return [
        f"'CPU ms': the processor's time on one thread, the least of {repeat} interleaved "
        f"repetitions, and of {repeat // FRESH_EVERY} where a photo is prepared anew; warm "
        "weights; from the photo as an array to the finished picture as an array.",
        f"The {portrait} portrait, cut so that the face takes {FACE_SHARE:.0%} of the width, and "
        "enlarged.",
        f"'{AGAIN}': another intensity on a prepared face, without the check. '{FLOOR}': a copy "
        "of the photo and one cubic cv2.remap of the same region with finished maps; 'time' says "
        "whether both limits are kept.",
        "MB: peak resident memory (10^6 bytes) of a fresh process that makes one preview, with "
        "the interpreter, all libraries and the photo itself.",
    ]


if __name__ == "__main__":
    main()
