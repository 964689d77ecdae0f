"""What threads have freed goes back to the system."""

from __future__ import annotations

import re
import sys
import threading
from pathlib import Path

import pytest

from landmarkdiff.ui.server.memory import give_memory_back


def resident_mb() -> float:
    found = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))
    assert found is not None
    return int(found[1]) / 1024


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_freed_memory_of_threads_goes_back() -> None:
    def work() -> None:
        # Below the size that is mapped by itself, so that it comes from the thread's arena.
        blocks = [bytearray(64 * 1024) for _ in range(600)]
        keep.append(blocks[::50])

    keep: list[list[bytearray]] = []
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    before = resident_mb()
    keep.clear()
    give_memory_back()
    assert resident_mb() < before - 20
