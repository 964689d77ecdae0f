"""Which room may import which, and what importing the package loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import landmarkdiff

TESTS = Path(__file__).resolve().parent
PACKAGE = Path(landmarkdiff.__file__).resolve().parent
HEAVY = ("numpy", "scipy", "cv2", "ai_edge_litert", "torch", "PIL", "pydantic", "yaml", "pydicom")


def test_rooms_import_downward_only() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [str(linter), "--config", str(TESTS / "importlinter.ini"), "--no-cache"],
        capture_output=True,
        text=True,
        cwd=PACKAGE.parent,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def loaded_after(code: str) -> set[str]:
    """Top-level packages that a fresh interpreter has loaded after ``code``."""
    listing = "import sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{listing}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not loaded_after("import landmarkdiff") & set(HEAVY)


def test_the_app_is_ready_before_the_grammar_of_words_is_loaded() -> None:
    ready = loaded_after("from landmarkdiff.ui.tabs.registry import find_tabs; find_tabs()")
    assert not ready & {"lark", "regex"}
    assert {"lark", "regex"} <= loaded_after(
        "from landmarkdiff.configuration import Configuration\n"
        "from landmarkdiff.ui.server.services import SharedPipeline\n"
        "SharedPipeline(Configuration()).get()"
    )


@pytest.mark.parametrize("module", ["errors", "notices", "version", "weights"])
def test_low_rooms_load_neither_opencv_nor_litert(module: str) -> None:
    loaded = loaded_after(f"import landmarkdiff.{module}")
    assert not loaded & {"cv2", "ai_edge_litert", "torch", "gradio"}


def test_landmarks_and_plans_load_without_networks() -> None:
    code = "import landmarkdiff.landmarks, landmarkdiff.procedures"
    assert not loaded_after(code) & {"ai_edge_litert", "torch"}


def test_the_preview_needs_no_deep_learning_package() -> None:
    code = "from landmarkdiff.inference import LandmarkDiffPipeline; LandmarkDiffPipeline()"
    assert not loaded_after(code) & {"torch", "diffusers", "transformers", "gradio", "mediapipe"}


@cache
def imports_of(path: Path) -> set[str]:
    """Top-level packages that a file imports anywhere, lazily too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


#: Package -> the only rooms that may import it.
ROOMS_OF = {
    "torch": ("generators", "postprocess", "runtime", "losses", "lato", "training", "evaluation"),
    "diffusers": ("generators", "lato", "training"),
    "transformers": ("generators", "lato", "evaluation"),
    "spandrel": ("postprocess",),
    "spandrel_extra_arches": ("postprocess",),
    "gradio": ("ui",),
    "reportlab": ("report",),
    "ai_edge_litert": ("runtime",),
    "pydicom": ("photo",),
    "pillow_heif": ("photo",),
    "ray": ("synthetic", "evaluation"),
    "typer": ("cli",),
    "rich": ("cli",),
}


@pytest.mark.parametrize("package", ROOMS_OF)
def test_a_package_stays_in_its_rooms(package: str) -> None:
    strangers = [
        str(path.relative_to(PACKAGE))
        for path in sorted(PACKAGE.rglob("*.py"))
        if package in imports_of(path)
        and path.relative_to(PACKAGE).parts[0].removesuffix(".py") not in ROOMS_OF[package]
    ]
    assert strangers == []


def test_no_socket_is_opened_but_by_the_weights() -> None:
    network = {"socket", "urllib", "http", "requests", "httpx", "aiohttp", "urllib3", "ftplib"}
    users = {
        path.relative_to(PACKAGE).parts[0]
        for path in PACKAGE.rglob("*.py")
        if network & imports_of(path)
    }
    assert users <= {"weights", "ui"}  # the app listens; test_privacy proves that it calls no one
