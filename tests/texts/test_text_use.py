"""Every key that the code names exists, and every key is named somewhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import landmarkdiff
from landmarkdiff.texts.tables import read_table

PACKAGE = Path(landmarkdiff.__file__).parent
CODE = [path for path in sorted(PACKAGE.rglob("*.py")) if path.parent.name != "texts"]
SCRIPTS = sorted(p for kind in ("js", "html") for p in (PACKAGE / "ui").rglob(f"*.{kind}"))
TABLE = read_table("en")
KEYS = {f"{area}.{key}" for area, words in TABLE.ui.items() for key in words}
#: Keys that :class:`~landmarkdiff.texts.Texts` itself uses.
OWN = {
    "app.simulation_statement",
    "common.list_separator",
    "error.sentence",
    "error.got",
    "error.allowed",
    "error.separator",
}
A_KEY = re.compile(rf"(?:{'|'.join(TABLE.ui)})\.[a-z0-9_]+")


def is_texts(node: ast.expr) -> bool:
    """Whether an expression is a variable or attribute called ``texts``."""
    name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
    return name in ("texts", "_texts")


def asked_for(path: Path) -> set[str]:
    """Keys that a file hands to ``texts(...)`` as they are."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and is_texts(node.func) and node.args:
            key = node.args[0]
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                found.add(key.value)
    return found


def asked_for_in_browser(path: Path) -> set[str]:
    """Keys that a module or a template hands to ``t(...)`` as they are."""
    asked = r"""(?<![\w.])(?:this\.)?#?t\(\s*["']([^"']+)["']\s*[,)]"""
    return set(re.findall(asked, path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_keys_in_python_exist(path: Path) -> None:
    assert not asked_for(path) - KEYS


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_keys_in_the_browser_exist(path: Path) -> None:
    assert not asked_for_in_browser(path) - KEYS


def test_the_scan_finds_keys() -> None:
    assert len(set().union(*map(asked_for, CODE))) > 60
    assert len(set().union(*map(asked_for_in_browser, SCRIPTS))) > 40


def named_or_made(source: str) -> set[str]:
    """Keys that stand in a text, and those that a template such as ``tab.{key}`` can make."""
    named = set(A_KEY.findall(source))
    stems = re.findall(r"""["'`]([a-z0-9_]+\.[a-z0-9_]*)(?:\$?\{|["']\s*~)""", source)
    return named | {key for key in KEYS for stem in stems if key.startswith(stem)}


def test_no_key_is_unused() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in [*CODE, *SCRIPTS])
    unused = sorted(KEYS - OWN - named_or_made(source))
    assert not unused, "remove these keys from all language files, or use them"
