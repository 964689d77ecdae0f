"""The documentation is current: tables, links, commands, code, keys, pictures."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from landmarkdiff import weights
from landmarkdiff.procedures.procedure import procedures
from landmarkdiff.version import __version__
from landmarkdiff.wording import english_messages

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SCRIPTS = ROOT / "scripts"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
IDS = [str(page.relative_to(ROOT)) for page in PAGES]


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL)


def headings(page: Path) -> set[str]:
    found = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in found}


def test_tables_are_current() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / "make_tables.py"), "--check"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    told = done.stdout or done.stderr
    assert done.returncode == 0, f"run 'python scripts/make_tables.py': {told}"


def test_every_procedure_and_effect_is_in_the_readme() -> None:
    readme = text_of(ROOT / "README.md")
    for name, preset in procedures().items():
        assert f"`{name}`" in readme
        for effect in preset.effects:
            assert f"`{effect.name}`" in readme


@pytest.mark.parametrize("name", ["rhinoplasty", "blepharoplasty", "rhytidectomy", "orthognathic"])
def test_kept_dropped_and_added_points_add_up(name: str) -> None:
    original = yaml.safe_load(text_of(SCRIPTS / "original_points.yaml"))[name]["points"]
    section = re.split(r"^### ", text_of(DOCS / "reference" / "presets.md"), flags=re.MULTILINE)
    (own,) = [part for part in section if f"(`{name}`)" in part.splitlines()[0]]
    found: dict[str, set[int]] = {"kept": set(), "dropped": set(), "added": set()}
    for what, points, why in re.findall(
        r"^\| (kept|dropped|added) \| ([\d, ]+) \| (.*?) \|$", own, re.M
    ):
        numbers = {int(point) for point in points.split(",")}
        assert not numbers & found[what]
        assert why or what == "kept"
        found[what] |= numbers
    assert found["kept"] | found["dropped"] == set(original)
    assert not found["kept"] & found["dropped"]
    assert found["kept"] | found["added"] == set(procedures()[name].landmarks)


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path) if path else page
        assert place.exists(), target
        assert not anchor or anchor in headings(place), target


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_nothing_of_this_machine_is_in_the_text(page: Path) -> None:
    assert not re.search(r"(?<![\w.:/])/(home|root|work|tmp|usr)/\w", text_of(page))


def commands() -> list[str]:
    found = [line for page in PAGES for block in blocks(page, "sh") for line in block.splitlines()]
    return [line for line in found if line.startswith("landmarkdiff ")]


def test_commands_in_the_text_exist() -> None:
    import typer

    from landmarkdiff.cli import app

    root: Any = typer.main.get_command(app)
    assert len(commands()) > 10
    for line in commands():
        words = shlex.split(line, comments=True)[1:]
        command = root
        while words and hasattr(command, "commands"):
            assert words[0] in command.commands, line
            command = command.commands[words.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts}
        for word in words:
            assert not word.startswith("--") or word in known, line


def test_make_targets_in_the_text_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"[`\n]make ([a-z]+)", text_of(page))}
    assert {"preview", "test", "lint", "bench", "help"} <= named
    assert named <= targets


def test_limiters_are_explained() -> None:
    page = text_of(DOCS / "concepts" / "verification.md")
    code = "".join(text_of(path) for path in sorted((ROOT / "landmarkdiff").rglob("*.py")))
    names = set(re.findall(r'limits\["(\w+)"\]', code)) | {"fold", "mask_edge", "bells_palsy"}
    assert len(names) >= 7
    for name in names:
        assert f"`{name}`" in page, name


def test_python_in_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "portrait.jpg").write_bytes(weights.obtain("astronaut").read_bytes())
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in blocks(ROOT / "README.md", "python"):
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102  # our own text
    assert (tmp_path / "after.png").stat().st_size > 100_000
    assert names["softer"].plan.intensity == 30
    assert set(names["result"]) == {
        key for key in re.findall(r"`(\w+)`", text_of(ROOT / "README.md")) if key in names["result"]
    }


def test_keys_of_the_result_are_explained(tmp_path: Path) -> None:
    from landmarkdiff.workflows import preview, read_request

    request = read_request(procedures=["brow_lift"])
    files = preview(weights.obtain("astronaut"), request, tmp_path)
    record = json.loads((files.folder / "result.json").read_text(encoding="utf-8"))
    page = text_of(DOCS / "reference" / "plan.md")
    for key in (*record, *record["face"], *record["scale"], *record["plan"]):
        assert f"`{key}`" in page, key
    for key in record["plan"]["effects"][0]:
        assert f"`{key}`" in page, key
    checked = text_of(DOCS / "concepts" / "verification.md")
    told = {"name", "procedure", "unit", "in_band"}  # as in the plan
    for key in set(record["effects"][0]) - told:
        assert f"`{key}`" in checked, key


def test_every_notice_is_listed() -> None:
    page = text_of(DOCS / "reference" / "plan.md")
    for code, sentence in english_messages()["notices"].items():
        assert f"`{code}`" in page
        assert sentence in page


@pytest.mark.parametrize("name", ["before_after.jpg", "contact_sheet.jpg"])
def test_pictures_are_small_and_carry_no_tags(name: str) -> None:
    path = DOCS / "images" / name
    assert path.stat().st_size < 400_000
    with Image.open(path) as picture:
        assert picture.width > 1000
        assert not picture.getexif()


def test_the_version_is_the_same_everywhere() -> None:
    citation = yaml.safe_load(text_of(ROOT / "CITATION.cff"))
    assert str(citation["version"]) == __version__
    assert f"## {__version__}" in text_of(ROOT / "CHANGELOG.md")
    assert citation["license"] == "MIT"
