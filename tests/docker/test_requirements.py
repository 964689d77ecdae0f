"""``requirements/*.txt``: versions of ``constraints.txt``, a hash for every file, no address."""

from __future__ import annotations

import re
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
FILES = ("app", "gpu", "build")
HASH = re.compile(r" --hash=sha256:[0-9a-f]{64}(?= |$)")


def lines(name):
    """Yield the requirements of a file, each with what follows it."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8").replace(" \\\n   ", "")
    return [line for line in text.splitlines() if not line.startswith("#")]


def pins(name):
    return {
        canonicalize_name(found.name): found
        for found in (Requirement(line.partition(" --hash")[0]) for line in lines(name))
    }


@pytest.mark.parametrize("name", FILES)
def test_every_package_is_one_version_with_hashes(name):
    found = lines(name)
    assert len(found) == len(pins(name)) > 5
    for line in found:
        assert re.fullmatch(
            r"==[\w.!+-]+", str(Requirement(line.partition(" --hash")[0]).specifier)
        )
        hashes = HASH.findall(line)
        assert hashes, line
        assert line.partition(" --hash")[0] + "".join(hashes) == line
        assert "/" not in line


@pytest.mark.parametrize("name", FILES)
def test_versions_are_those_the_tests_ran_with(name):
    constraints = (ROOT / "constraints.txt").read_text("utf-8").splitlines()[1:]
    known = {canonicalize_name(one.name): one for one in map(Requirement, constraints)}
    for package, pin in pins(name).items():
        if package in known:
            assert pin.specifier == known[package].specifier, package


@pytest.mark.parametrize("name", ["app", "gpu"])
def test_all_that_the_extras_need_here_is_there(name):
    from make_constraints import needed
    from make_hashes import EXTRAS

    found = needed(EXTRAS[name])
    known = pins(name)
    assert {"gradio", "numpy", "Authlib"} <= set(found)
    for package, version in found.items():
        assert str(known[canonicalize_name(package)].specifier) == f"=={version}", package


def test_what_builds_the_program_is_pinned():
    from make_hashes import build_requirements

    asked = [Requirement(line) for line in build_requirements()]
    assert {one.name for one in asked} == {"hatchling", "cyclonedx-bom"}
    for one in asked:
        (pin,) = pins("build")[one.name].specifier
        assert pin.version in one.specifier
    assert distribution("cyclonedx-bom").version in str(pins("build")["cyclonedx-bom"].specifier)
