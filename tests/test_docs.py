"""The documentation is current: tables, links, commands, code, keys, pictures.

The site that is built from it has a file of its own.
"""

from __future__ import annotations

import configparser
import json
import pkgutil
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from doc_pages import DOCS, IDS, PAGES, ROOT, WRITTEN, blocks, headings, pages_with, text_of
from PIL import Image

from landmarkdiff import weights
from landmarkdiff.configuration import Configuration
from landmarkdiff.procedures import load_procedure_file
from landmarkdiff.procedures.procedure import procedures
from landmarkdiff.ui.server.oidc_settings import load_oidc
from landmarkdiff.version import __version__
from landmarkdiff.wording import english_messages

SCRIPTS = ROOT / "scripts"
PARTS = ("start", "concepts", "how-to", "reference", "reference/procedures")


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


def test_every_procedure_and_effect_has_its_evidence_and_its_page() -> None:
    readme, evidence = text_of(ROOT / "README.md"), text_of(DOCS / "reference" / "evidence.md")
    folder = DOCS / "reference" / "procedures"
    for name, preset in procedures().items():
        page = text_of(folder / f"{name}.md")
        assert f"(docs/reference/procedures/{name}.md)" in readme
        assert f"`{name}`" in evidence
        assert f"](../../images/procedures/{name}.jpg)" in page
        for effect in preset.effects:
            assert f"`{effect.name}`" in evidence
            assert f"`{effect.name}`" in page
            assert effect.evidence.source in page
        for limit in preset.limits:
            assert limit.text in page
    pages = {path.stem for path in folder.glob("*.md")}
    assert pages == {*procedures(), "index"}


def test_the_readme_stays_short() -> None:
    assert len(text_of(ROOT / "README.md").splitlines()) <= 150


@pytest.mark.parametrize("part", PARTS)
def test_an_index_leads_to_every_page_of_its_part(part: str) -> None:
    index = text_of(DOCS / part / "index.md")
    for page in (DOCS / part).glob("*.md"):
        if page.name != "index.md" and page not in WRITTEN:
            assert f"]({page.name})" in index


@pytest.mark.parametrize("name", ["rhinoplasty", "blepharoplasty", "rhytidectomy", "orthognathic"])
def test_kept_dropped_and_added_points_add_up(name: str) -> None:
    original = yaml.safe_load(text_of(SCRIPTS / "original_points.yaml"))[name]["points"]
    section = re.split(r"^## ", text_of(DOCS / "reference" / "presets.md"), flags=re.MULTILINE)
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


def lines(language: str) -> list[str]:
    return [
        line for page in PAGES for block in blocks(page, language) for line in block.split("\n")
    ]


def commands() -> list[str]:
    units = [line.partition("bin/")[2] for line in lines("ini")]
    return [line for line in (*lines("sh"), *units) if line.startswith("landmarkdiff ")]


def test_commands_in_the_text_exist() -> None:
    import typer

    from landmarkdiff.cli import application

    root: Any = typer.main.get_command(application())
    assert len(commands()) > 10
    for line in commands():
        words = shlex.split(line, comments=True)[1:]
        command = root
        while words and hasattr(command, "commands") and not words[0].startswith("-"):
            assert words[0] in command.commands, line
            command = command.commands[words.pop(0)]
        known = {
            option
            for parameter in command.params
            for option in (*parameter.opts, *parameter.secondary_opts)
        }
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
    names = set(re.findall(r'limits\["(\w+)"\]', code)) | {
        "fold",
        "mask_edge",
        "bells_palsy",
        "ear_contact",
    }
    assert len(names) >= 7
    for name in names:
        assert f"`{name}`" in page, name


@pytest.mark.parametrize("page", pages_with("yaml"), ids=lambda page: page.stem)
def test_yaml_in_the_text_is_valid(page: Path, tmp_path: Path) -> None:
    for block in blocks(page, "yaml"):
        data = yaml.safe_load(block)
        if "services" in data:  # an override of the compose file
            known = yaml.safe_load(text_of(ROOT / "compose.yaml"))["services"]
            assert set(data["services"]) <= set(known)
        elif "effects" in data:
            (tmp_path / "preset.yaml").write_text(block, encoding="utf-8")
            assert load_procedure_file(tmp_path / "preset.yaml").name == data["name"]
        elif "issuer" in data:  # a provider of logins
            (tmp_path / "oidc-secret").touch(0o600)
            (tmp_path / "oidc-secret").write_text("hush")
            (tmp_path / "oidc.yaml").write_text(block, encoding="utf-8")
            found = load_oidc(tmp_path / "oidc.yaml", "", {})
            assert found is not None
            assert found[0].model_dump().keys() >= data.keys()
        else:
            assert Configuration.from_dict(data, tmp_path).to_dict().keys() >= data.keys()


def test_the_unit_of_systemd_is_readable() -> None:
    (page,) = pages_with("ini")
    (block,) = blocks(page, "ini")
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(block)
    assert set(unit.sections()) == {"Unit", "Service", "Install"}
    assert unit["Service"]["LimitCORE"] == "0"


def test_paths_in_the_text_exist() -> None:
    places = r"`((?:landmarkdiff|scripts|tests|examples|configs|docker|benchmarks|docs)/[\w./-]+)`"
    named = {
        (page.name, path)
        for page in PAGES
        if page.name != "CHANGELOG.md"
        for path in re.findall(places, text_of(page))
    }
    assert len(named) > 10
    for page_name, path in named:
        if not re.search(r"\b[A-Z]{4}\b", path):  # CODE or NAME stands for any
            assert (ROOT / path).exists(), f"{page_name}: {path}"


def test_names_of_modules_in_the_text_exist() -> None:
    named = {
        name for page in PAGES for name in re.findall(r"`(landmarkdiff(?:\.\w+)+)`", text_of(page))
    }
    assert len(named) > 2
    for name in named:
        pkgutil.resolve_name(name)


def test_programs_and_files_in_the_commands_exist() -> None:
    programs = [line.split()[1] for line in lines("sh") if re.match(r"(python|sh) [^-]", line)]
    assert len(programs) > 5
    for program in programs:
        assert (ROOT / program).is_file(), program


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


def test_pictures_of_procedures_are_small_and_carry_no_tags() -> None:
    paths = sorted((DOCS / "images" / "procedures").iterdir())
    assert [path.stem for path in paths] == sorted(procedures())
    assert sum(path.stat().st_size for path in paths) < 1_500_000
    for path in paths:
        with Image.open(path) as picture:
            assert picture.width > 800
            assert not picture.getexif()


def test_every_picture_is_shown_and_exists() -> None:
    shown = {
        (page.parent / target).resolve()
        for page in PAGES
        for target in re.findall(r"!\[[^]]+\]\(([^)\s]+)\)", text_of(page))
    }
    assert shown == {path for path in (DOCS / "images").rglob("*") if path.is_file()}


def test_the_version_is_the_same_everywhere() -> None:
    citation = yaml.safe_load(text_of(ROOT / "CITATION.cff"))
    assert str(citation["version"]) == __version__
    assert f"## {__version__}" in text_of(ROOT / "CHANGELOG.md")
    assert citation["license"] == "MIT"
