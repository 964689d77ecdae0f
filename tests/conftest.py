"""Shared fixtures: the two example portraits, fetched once through the store."""

from __future__ import annotations

import signal

import cv2
import numpy as np
import pytest

from landmarkdiff import weights
from landmarkdiff.types import ImageArray

# A runner in the background, or under nohup, ignores these signals and would hand that on to the
# programs that tests start and then end by them.
for _number in (getattr(signal, "SIGHUP", None), signal.SIGINT):
    if _number is not None and signal.getsignal(_number) is signal.SIG_IGN:
        default = signal.default_int_handler if _number is signal.SIGINT else signal.SIG_DFL
        signal.signal(_number, default)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the browser's tests last: they are the slowest, and they keep an event loop running."""
    items.sort(key=lambda item: "browser" in item.path.parts)


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
