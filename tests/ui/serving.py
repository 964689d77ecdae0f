"""Servers in processes of their own, and browsers that are not: plain HTTP clients."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SMALL_APP = Path(__file__).with_name("small_app.py")


@dataclass
class Served:
    """A running server."""

    process: subprocess.Popen[str]
    base: str
    lines: list[str]
    errors: list[str] = field(default_factory=list)

    def stop(self, number: int) -> int:
        """Send a signal and wait; the status."""
        self.process.send_signal(number)
        return self.process.wait(120)

    @property
    def output(self) -> str:
        """All that was printed."""
        return "\n".join([*self.lines, *self.errors])


def places(folder: Path) -> dict[str, str]:
    """A home, cache and temporary folder of one's own, all watched by the tests."""
    names = {"HOME": "home", "XDG_CACHE_HOME": "home/cache", "TMPDIR": "tmp"}
    for name in names.values():
        (folder / name).mkdir(parents=True, exist_ok=True)
    from landmarkdiff.weights import locate

    return {
        **{variable: str(folder / name) for variable, name in names.items()},
        "XDG_RUNTIME_DIR": "",
        "LANDMARKDIFF_WEIGHTS": str(locate("face_landmarker").parent),
        "LANDMARKDIFF_OFFLINE": "1",
    }


def files_in(folder: Path) -> list[str]:
    """Every file below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@contextmanager
def served(
    command: Sequence[str], environment: dict[str, str], folder: Path | None = None
) -> Iterator[Served]:
    """Run a server until the block ends, killing it if it is still there."""
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
    )
    lines: list[str] = []
    errors: list[str] = []
    ready = threading.Event()

    def read(stream, kept):
        for line in stream:
            kept.append(line.rstrip("\n"))
            if "is ready at" in line:
                ready.set()
        ready.set()

    readers = [
        threading.Thread(target=read, args=pair)
        for pair in ((process.stdout, lines), (process.stderr, errors))
    ]
    for reader in readers:
        reader.start()
    try:
        ready.wait(120)
        address = next((line for line in lines if "is ready at" in line), "")
        assert address, (lines, errors)
        yield Served(process, address.split()[4].rstrip("/"), lines, errors)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(120)
        for reader in readers:
            reader.join(120)
        for stream in (process.stdout, process.stderr):
            stream.close()


def small_app(**settings) -> list[str]:
    """Command of the small app."""
    return [sys.executable, str(SMALL_APP), json.dumps(settings)]
