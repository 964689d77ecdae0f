"""Examples in docstrings run; public docstrings name the shapes and units of what they take."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import landmarkdiff
from landmarkdiff.manipulation.prepared import PreparedFace

PACKAGE = Path(landmarkdiff.__file__).parent
#: Rooms that are programs, and whose names nobody imports.
PROGRAMS = ("cli", "ui", "__main__")
ARRAY = re.compile(r"\b(NDArray|ndarray|\w*(Image|Mask|Float|Float32|Bool|Index)Array)\b")
#: Stages whose whole is shown: checking a picture, and the five views.
STAGES = {"verification.read_achieved", "workflows.gallery"}
SHAPE = re.compile(r"\((\d+|[a-zA-Z]\w*|height|rows),? ?[^)]*\)|\d+ ?[x×] ?\d+")


def modules_with_examples() -> list[str]:
    return sorted(
        ".".join(("landmarkdiff", *path.relative_to(PACKAGE).with_suffix("").parts))
        for path in PACKAGE.rglob("*.py")
        if ">>>" in path.read_text(encoding="utf-8")
    )


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_run(name: str, prepared_portraits: dict[str, PreparedFace]) -> None:
    """An example may use ``portrait``, the pixels of a photo, and ``face``, its landmarks."""
    for package in ("torch", "reportlab", "gradio"):
        if f"import {package}" in inspect.getsource(importlib.import_module(name)):
            pytest.importorskip(package)
    prepared = prepared_portraits["grace_hopper"]
    shared = {"np": np, "portrait": prepared.image, "face": prepared.landmarks}
    module = importlib.import_module(name.removesuffix(".__init__"))
    failed, tried = doctest.testmod(module, extraglobs=shared)
    assert tried > 0
    assert failed == 0


def public() -> Iterator[tuple[str, Any]]:
    """Name and object of every function and class that a room offers."""
    for module in pkgutil.iter_modules(landmarkdiff.__path__):
        if module.name in PROGRAMS:
            continue
        room = importlib.import_module(f"landmarkdiff.{module.name}")
        for name in getattr(room, "__all__", ()):
            found = getattr(room, name)
            if inspect.isfunction(found) or inspect.isclass(found):
                yield f"{module.name}.{name}", found


def annotations_of(found: Any) -> str:
    return " ".join(map(str, inspect.get_annotations(found).values()))


def public_with_arrays() -> dict[str, Any]:
    return {name: found for name, found in public() if ARRAY.search(annotations_of(found))}


@pytest.mark.parametrize("name", sorted(public_with_arrays()))
def test_a_docstring_names_the_shapes_of_its_arrays(name: str) -> None:
    assert SHAPE.search(inspect.getdoc(public_with_arrays()[name]) or "")


@pytest.mark.parametrize("name", sorted(set(public_with_arrays()) - STAGES))
def test_a_function_of_arrays_has_an_example(name: str) -> None:
    found = public_with_arrays()[name]
    if inspect.isfunction(found):
        assert ">>>" in (inspect.getdoc(found) or "")
