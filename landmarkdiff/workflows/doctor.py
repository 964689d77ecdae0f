"""Whether this machine can simulate, and what is missing where it cannot."""

from __future__ import annotations

import os
import platform
import re
import sys
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Literal

from landmarkdiff import weights
from landmarkdiff.errors import ModeUnavailableError
from landmarkdiff.generators import MODES, create_generator
from landmarkdiff.version import __version__

__all__ = ["Diagnosis", "Finding", "diagnose"]

Status = Literal["ok", "note", "problem"]

#: Modules with compiled parts, which may be installed and yet not load.
_COMPILED = ("cv2", "ai_edge_litert.interpreter", "PIL._imaging", "pillow_heif")
#: The program cannot do without this file.
_REQUIRED_WEIGHTS = "face_landmarker"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    ``status`` is ``problem`` where the mode ``tps`` cannot run because of it, ``note`` where
    something optional is missing.
    """

    subject: str
    status: Status
    text: str


@dataclass(frozen=True)
class Diagnosis:
    """Everything that was looked at."""

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether simulations can run."""
        return all(finding.status != "problem" for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return the findings, ready for JSON."""
        return {
            "healthy": self.healthy,
            "version": __version__,
            "findings": [asdict(finding) for finding in self.findings],
        }


def diagnose() -> Diagnosis:
    """Look at Python, packages, weights, folders, the processor and the modes.

    Nothing is fetched and nothing is written.
    """
    return Diagnosis(
        (
            _python(),
            Finding("system", "ok", f"{platform.platform()}, {os.cpu_count()} logical cores"),
            *_packages(),
            *_modules(),
            *_weights(),
            *_folders(),
            *_modes(),
        )
    )


def _python() -> Finding:
    enough = sys.version_info >= (3, 11)  # a copy may be run by any Python
    return Finding(
        "python",
        "ok" if enough else "problem",
        platform.python_version() + ("" if enough else "; 3.11 or later is needed"),
    )


def _packages() -> list[Finding]:
    try:
        wanted = [line for line in requires("landmarkdiff") or [] if "extra ==" not in line]
    except PackageNotFoundError:
        return [Finding("landmarkdiff", "note", "runs from a folder and is not installed")]
    findings = [Finding("landmarkdiff", "ok", __version__)]
    for requirement in wanted:
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        try:
            findings.append(Finding(name, "ok", version(name)))
        except PackageNotFoundError:
            findings.append(Finding(name, "problem", f"is not installed; run 'pip install {name}'"))
    return findings


def _modules() -> list[Finding]:
    findings = []
    for name in _COMPILED:
        try:
            import_module(name)
        except (ImportError, OSError) as failure:
            reason = " ".join(str(failure).split())
            findings.append(Finding(name, "problem", f"does not load: {reason}"))
    return findings


def _weights() -> list[Finding]:
    findings = []
    for item in weights.catalogue():
        found = weights.verify(item.name)
        subject = f"file {item.name}"
        pull = f"run 'landmarkdiff weights pull {item.name}'"
        needed: Status = "problem" if item.name == _REQUIRED_WEIGHTS else "note"
        if found.path is None:
            findings.append(Finding(subject, needed, f"is not here; {pull}"))
        elif not found.intact:
            findings.append(Finding(subject, needed, f"is damaged; {pull}"))
        else:
            findings.append(Finding(subject, "ok", str(found.path)))
    return findings


def _folders() -> list[Finding]:
    findings = []
    for folder in weights.folders():
        place = folder
        while not place.exists() and place != place.parent:
            place = place.parent
        writable = place.is_dir() and os.access(place, os.W_OK)
        text = str(folder) if writable else f"{folder} cannot be written"
        findings.append(Finding("weights folder", "ok" if writable else "note", text))
    if sys.platform == "linux" and Path("/proc/meminfo").exists():
        total = re.search(r"MemAvailable:\s+(\d+)", Path("/proc/meminfo").read_text("ascii"))
        if total:
            findings.append(Finding("memory", "ok", f"{int(total[1]) / 2**20:.1f} GB available"))
    return findings


def _modes() -> list[Finding]:
    findings = []
    for mode in MODES:
        try:
            create_generator(mode)
            findings.append(Finding(f"mode {mode}", "ok", "available"))
        except ModeUnavailableError as lack:
            findings.append(Finding(f"mode {mode}", "note", lack.what))
    return findings
