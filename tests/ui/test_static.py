"""Files that browsers fetch: their tags, and the modules' ways to each other."""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

import landmarkdiff.ui
from landmarkdiff.ui.server.static import ScriptsAndStyles, TaggedFiles

UI = Path(landmarkdiff.ui.__file__).parent
STATIC = UI / "static"
MODULES = sorted([*STATIC.rglob("*.js"), *(UI / "tabs").rglob("*.js")])
IMPORT = re.compile(r"""^(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"|^import\s*"([^"]+)""", re.M)


def test_a_file_keeps_its_tag_until_its_content_changes(tmp_path: Path) -> None:
    file = tmp_path / "live" / "grid.js"
    file.parent.mkdir()
    file.write_text("export const STEP = 5;")
    os.utime(file, (0, 0))
    client = TestClient(TaggedFiles(directory=tmp_path))
    first = client.get("/live/grid.js")
    assert first.text == "export const STEP = 5;"
    assert "javascript" in first.headers["content-type"]
    assert "last-modified" not in first.headers
    held = {"If-None-Match": first.headers["etag"]}
    again = client.get("/live/grid.js", headers=held)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    # As large and as old as before, as a reproducible build makes its files.
    file.write_text("export const STEP = 7;")
    os.utime(file, (0, 0))
    changed = client.get("/live/grid.js", headers=held)
    assert (changed.status_code, changed.text) == (200, "export const STEP = 7;")
    assert changed.headers["etag"] != first.headers["etag"]


def test_of_a_tab_only_scripts_and_styles_are_served() -> None:
    client = TestClient(Starlette(routes=[Mount("/", ScriptsAndStyles(directory=UI / "tabs"))]))
    assert client.get("/single/single.js").headers["etag"]
    assert client.get("/single/tab.py").status_code == 404
    assert client.get("/single").status_code == 404


def address(path: Path) -> str:
    """Where the app serves a module, see ``landmarkdiff.ui.app``."""
    relative = path.relative_to(UI).as_posix()
    return "/" + relative.removeprefix("static/")


def imports(path: Path) -> list[str]:
    """Addresses of the modules that a module imports."""
    named = [first or second for first, second in IMPORT.findall(path.read_text("utf-8"))]
    assert all(each.startswith(".") for each in named), f"{path.name} imports by no relative path"
    folder = posixpath.dirname(address(path))
    return [posixpath.normpath(posixpath.join(folder, each)) for each in named]


GRAPH = {address(path): imports(path) for path in MODULES}


@pytest.mark.parametrize("module", GRAPH)
def test_what_a_module_imports_is_served(module: str) -> None:
    assert not set(GRAPH[module]) - GRAPH.keys()


def test_the_scan_finds_imports() -> None:
    assert "/live/spline.js" in GRAPH["/live/piece.js"]
    assert "/live/piece.js" in GRAPH["/live/model.js"]
    assert "/live/preview.js" in GRAPH["/tabs/single/single.js"]
    assert sum(map(len, GRAPH.values())) > 60


def test_modules_import_each_other_in_no_circle() -> None:
    def free() -> list[str]:
        return [name for name, needed in left.items() if not left.keys() & set(needed)]

    left = dict(GRAPH)
    while leaves := free():
        for name in leaves:
            del left[name]
    assert not left


def test_the_live_preview_stands_by_itself() -> None:
    for module, needed in GRAPH.items():
        if module.startswith("/live/"):
            assert all(each.startswith("/live/") for each in needed), module
