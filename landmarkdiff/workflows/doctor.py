"""Whether this machine can simulate, and what is missing where it cannot."""

from __future__ import annotations

import os
import platform
import re
import stat
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Literal

from landmarkdiff import weights
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import LandmarkDiffError, WeightsError
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


def diagnose(configuration: Configuration | None = None) -> Diagnosis:
    """Look at Python, packages, weights, folders, the processor and the modes.

    Nothing is fetched and nothing is written. The sums of models are computed unless the store
    has a note of them, which takes seconds for each gigabyte.

    Parameters
    ----------
    configuration : Configuration, optional
        Models, device and finishing steps that are asked for; by default those of
        ``Configuration.load()``.

    Raises
    ------
    ParameterError
        The configuration cannot be read.
    """
    configuration = configuration or Configuration.load()
    return Diagnosis(
        (
            _python(),
            Finding("system", "ok", f"{platform.platform()}, {os.cpu_count()} logical cores"),
            *_packages(),
            *_modules(),
            *_weights(),
            *_folders(),
            *_extra_packages(),
            *_device(configuration),
            *_models(configuration),
            *_modes(configuration),
            *_steps(configuration),
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
    for name in weights.first_run():
        found = weights.inspect(name, "fresh")
        subject = f"file {name}"
        pull = f"run 'landmarkdiff weights pull {name}'"
        needed: Status = "problem" if name == _REQUIRED_WEIGHTS else "note"
        if found.path is None:
            findings.append(Finding(subject, needed, f"is not here; {pull}"))
        elif found.damaged:
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
        status: Status = "ok" if writable else "note"
        if folder.exists() and _others_may_write(folder):
            status, text = "problem", f"{folder} can be written by everybody; run chmod o-w on it"
        findings.append(Finding("weights folder", status, text))
    if sys.platform == "linux" and Path("/proc/meminfo").exists():
        total = re.search(r"MemAvailable:\s+(\d+)", Path("/proc/meminfo").read_text("ascii"))
        if total:
            findings.append(Finding("memory", "ok", f"{int(total[1]) / 2**20:.1f} GB available"))
    return findings


def _others_may_write(folder: Path) -> bool:
    """Tell whether any user of the machine may exchange a model, in the folder or one of its."""
    if sys.platform == "win32":
        return False
    places = [folder, *(place for place in folder.rglob("*") if not place.is_symlink())]
    return any(place.stat().st_mode & stat.S_IWOTH for place in places)


def _extra_packages() -> list[Finding]:
    """What the repainting modes and the finishing steps import."""
    try:
        wanted = [line for line in requires("landmarkdiff") or [] if "'diffusion'" in line]
    except PackageNotFoundError:
        return []
    findings = []
    for name in sorted(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in wanted):
        subject = f"{name} (repainting)"
        try:
            findings.append(Finding(subject, "ok", version(name)))
        except PackageNotFoundError:
            lack = "is not installed; run 'pip install landmarkdiff[diffusion]'"
            findings.append(Finding(subject, "note", lack))
    return findings


def _device(configuration: Configuration) -> list[Finding]:
    """Where networks would run; torch is loaded only where it is installed."""
    from landmarkdiff.runtime.device import choose_device

    settings = configuration.diffusion
    try:
        device = choose_device(settings.device, settings.precision, settings.cpu_offload)
    except LandmarkDiffError as lack:
        return [Finding("device", "note", str(lack))]
    except (ImportError, OSError) as failure:  # torch is there and does not load
        return [Finding("device", "note", f"torch does not load: {' '.join(str(failure).split())}")]
    facts = [device.title, f"{device.name} in {device.precision}"]
    if device.memory_bytes is not None:
        facts.append(f"{device.memory_bytes / 2**30:.1f} GB")
    if device.offload:
        facts.append("networks come to it one at a time")
    return [Finding("device", "ok", ", ".join(facts))]


def _models(configuration: Configuration) -> list[Finding]:
    """Files and models that the configuration asks for, and others that are here."""
    asked = {name for mode in MODES.values() for name in mode.models(mode, configuration)}
    asked |= {name for names in _step_names(configuration).values() for name in names}
    findings = []
    for found in weights.inventory():
        name = found.entry.name
        if found.entry.first_run or (name not in asked and found.root is None):
            continue
        subject = f"{'file' if found.entry.single else 'model'} {name}"
        lacks = _problems([name], configuration)
        if lacks:
            unused = "" if name in asked else "not used; "
            findings.append(Finding(subject, "note", f"{unused}{lacks[0]}"))
        else:
            findings.append(Finding(subject, "ok", _place(found)))
    return findings


def _problems(names: Iterable[str], configuration: Configuration) -> list[WeightsError]:
    """What keeps files and models from being used; nothing is written."""
    policy = configuration.licence_policy
    return weights.problems(names, policy, sums="noted", remember=False)


def _place(found: weights.StoredEntry) -> str:
    """Where a file or model lies, and who vouches for sums that the catalogue does not know."""
    others = set(found.origins.values()) - {"catalogue"}
    words = {"hub": "sums as the hub stated them", "adopted": "sums recorded by a person"}
    return f"{found.path}" + "".join(f"; {words[origin]}" for origin in sorted(others))


def _modes(configuration: Configuration) -> list[Finding]:
    findings = []
    for mode, descriptor in MODES.items():
        # Sums and records, which the generator looks at only when it loads.
        problems = _problems(descriptor.models(descriptor, configuration), configuration)
        lacks = [str(problem) for problem in problems]
        try:
            create_generator(mode, configuration)
        except LandmarkDiffError as lack:
            first = str(lack)
            lacks = [first, *(str(other) for other in problems if other.what not in first)]
        if any("weights pull" in text for text in lacks) and mode in weights.sets():
            lacks.append(f"Its whole set: 'landmarkdiff weights pull --set {mode}'.")
        text = " ".join(lacks) or "available"
        findings.append(Finding(f"mode {mode}", "note" if lacks else "ok", text))
    return findings


def _step_names(configuration: Configuration) -> dict[str, list[str]]:
    """Names of the catalogue that the finishing steps ask for, by step."""
    restore = configuration.postprocess.restore
    background = configuration.postprocess.background
    names: dict[str, list[str]] = {"restore": [], "background": [], "identity": []}
    if restore.enabled and restore.path is None:
        research = configuration.licence_policy == "research"
        auto = "codeformer" if research and weights.locate("codeformer") else "gfpgan"
        names["restore"] = [auto if restore.model == "auto" else restore.model]
    if background.enabled and background.path is None:
        names["background"] = ["realesrgan_x4plus"]
    if configuration.postprocess.identity.enabled and configuration.identity.path is None:
        arcface = configuration.identity.model == "arcface"
        names["identity"] = ["arcface_buffalo_l" if arcface else "sface"]
    return names


def _steps(configuration: Configuration) -> list[Finding]:
    """The finishing steps that need a network; one that lacks it is skipped."""
    settings = configuration.postprocess
    enabled = {
        "restore": (settings.restore.enabled, settings.restore.path),
        "background": (settings.background.enabled, settings.background.path),
        "identity": (settings.identity.enabled, configuration.identity.path),
    }
    findings = []
    for step, names in _step_names(configuration).items():
        on, own = enabled[step]
        subject = f"step {step}"
        if not on:
            findings.append(Finding(subject, "ok", "is switched off"))
        elif own is not None and not own.is_file():
            findings.append(Finding(subject, "note", f"{own} does not exist; it is skipped"))
        elif own is not None:
            findings.append(Finding(subject, "ok", str(own)))
        else:
            lacks = _problems(names, configuration)
            text = (
                f"is skipped: {' '.join(map(str, lacks))}" if lacks else f"with {', '.join(names)}"
            )
            findings.append(Finding(subject, "note" if lacks else "ok", text))
    return findings
