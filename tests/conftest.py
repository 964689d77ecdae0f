"""What all rooms share: the portraits and what is made of them once, and how tests are spread."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import TYPE_CHECKING

# One thread for each library, also in the programs that tests start: the workers share the
# processors, and threads that wait for each other in loops cost several times what they do.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENCV_FOR_THREADS_NUM", "1")

import cv2
import numpy as np
import psutil
import pytest
from hypothesis import settings
from rewriting import rewrite_share

from landmarkdiff import weights
from landmarkdiff.arrays import ImageArray
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.landmarks import FaceLandmarks, extract_landmarks
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.manipulation.prepared import PreparedFace

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

# What is compiled is kept, whatever the shell says: a program that tests start needs a second and
# more of the processor to compile the package again, and there are about a hundred of them.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A runner in the background, or under nohup, ignores these signals and would hand that on to the
# programs that tests start and then end by them.
for _number in (getattr(signal, "SIGHUP", None), signal.SIGINT):
    if _number is not None and signal.getsignal(_number) is signal.SIG_IGN:
        default = signal.default_int_handler if _number is signal.SIGINT else signal.SIG_DFL
        signal.signal(_number, default)

# The same examples in every run, however long one of them takes on a busy machine.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

#: Memory that a worker may need with the app and the browser that its tests start, bytes.
WORKER_BYTES = 3 * 2**30


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker for each processor and three more, as far as the memory goes.

    Half of them begin with tests that wait as long as they compute (see ``scheduling``): with two
    more, two processors were busy for 84 % of the time.
    """
    allowed = getattr(os, "sched_getaffinity", None)  # on Linux: a container may have few of many
    processors = len(allowed(0)) if allowed else os.cpu_count() or 1
    workers = min(processors + 3, psutil.virtual_memory().available // WORKER_BYTES)
    return workers if workers > 1 else 0


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """Keep a file together, the longest first, what waits beside what computes."""
    from scheduling import FileScheduling

    return FileScheduling(config, log)


def pytest_collection(session: pytest.Session) -> None:
    """Let the garbage collector rest while the files are read, of which nothing dies."""
    gc.disable()
    rewrite_share(session.config)


def pytest_collection_finish() -> None:
    """Put it to work again, on what the tests themselves make."""
    gc.freeze()
    gc.enable()


def _portrait(name: str) -> ImageArray:
    image = cv2.imread(str(weights.obtain(name)), cv2.IMREAD_COLOR)
    assert image is not None
    image = np.ascontiguousarray(image[..., ::-1])
    image.setflags(write=False)
    return image


@pytest.fixture(scope="session")
def grace_hopper() -> ImageArray:
    """Grace Hopper with glasses and a cap: (600, 512, 3) uint8 RGB, read-only."""
    return _portrait("grace_hopper")


@pytest.fixture(scope="session")
def astronaut() -> ImageArray:
    """Eileen Collins, smiling: (512, 512, 3) uint8 RGB, read-only."""
    return _portrait("astronaut")


@pytest.fixture(scope="session")
def portraits(grace_hopper: ImageArray, astronaut: ImageArray) -> dict[str, ImageArray]:
    """Both portraits by name."""
    return {"grace_hopper": grace_hopper, "astronaut": astronaut}


@pytest.fixture(scope="session")
def detector() -> LandmarkDetector:
    """The landmark networks, loaded once."""
    return LandmarkDetector()


@pytest.fixture(scope="session")
def faces(portraits: dict[str, ImageArray], detector: LandmarkDetector) -> dict[str, FaceLandmarks]:
    """The landmarks of both portraits by name."""
    return {name: extract_landmarks(image, detector=detector) for name, image in portraits.items()}


@pytest.fixture(scope="session")
def pipeline() -> LandmarkDiffPipeline:
    """The pipeline that warps, loaded once; it keeps nothing of a photo."""
    weights.obtain("sface")  # fetches it, where a simulation itself would go without
    return LandmarkDiffPipeline().load()


@pytest.fixture(scope="session")
def prepared_portraits(
    pipeline: LandmarkDiffPipeline, portraits: dict[str, ImageArray]
) -> dict[str, PreparedFace]:
    """Both portraits with their landmarks, by name; they keep what tests find in them."""
    return {name: pipeline.prepare(image) for name, image in portraits.items()}
