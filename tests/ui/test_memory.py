"""What threads have freed goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

# A process of its own: an app that other tests serve in this one gives memory back by itself, and
# at any moment.
PROGRAM = """
import re
import threading
from pathlib import Path

from landmarkdiff.ui.server.memory import give_memory_back


def resident_mb():
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.search(r"VmRSS:\\s+(\\d+)", status)[1]) / 1024


def work():
    # Below the size that is mapped by itself, so that it comes from the thread's arena.
    # A few are kept: what is free between them goes back only when it is asked for.
    blocks = [bytearray(64 * 1024) for _ in range(600)]
    keep.append(blocks[::50])


keep = []
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
before = resident_mb()
give_memory_back()
print(before - resident_mb())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_freed_memory_of_threads_goes_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=240
    )
    assert float(done.stdout) > 20
