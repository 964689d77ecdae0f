"""Write ``constraints.txt``: the versions installed here of all that the extras need.

Run it in the environment that passed the tests. What is installed beside the extras' needs is
left out; packages that exist on one platform only stay in, since a constraint on a package that
is not installed has no effect.

    python scripts/make_constraints.py [--check]
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "constraints.txt"
PACKAGE = "landmarkdiff"
EXTRAS = frozenset(
    {"app", "dicom", "diffusion", "docs", "dev", "eval", "oidc", "predictor", "raw", "ray", "train"}
)
HEAD = "# Versions that this release was tested with: pip install -c constraints.txt ."


def own_requirements(extras: Iterable[str] = EXTRAS) -> list[Requirement]:
    """Return what ``pyproject.toml`` asks for, with that of extras.

    The metadata of an editable installation may be older than the file.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"]]
    for extra in sorted(extras):
        lines += project["optional-dependencies"][extra]
    return [found for found in map(Requirement, lines) if found.name != PACKAGE]


def needed(extras: Iterable[str] = EXTRAS) -> dict[str, str]:
    """Return name and installed version of all that the package and extras need."""
    found: dict[str, str] = {}
    waiting = own_requirements(extras)
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement = waiting.pop()
        item = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if item in seen:
            continue
        seen.add(item)
        try:
            installed = distribution(item[0])
        except PackageNotFoundError:
            raise SystemExit(f"{item[0]} is needed and not installed here") from None
        found[installed.metadata["Name"]] = installed.version
        for further in map(Requirement, installed.requires or []):
            asked = ({"extra": extra} for extra in ("", *item[1]))
            if further.marker is None or any(further.marker.evaluate(each) for each in asked):
                waiting.append(further)
    return found


def main() -> int:
    """Write the file, or say what in it is not as installed here."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare only; 1 when it differs")
    options = parser.parse_args()
    pins = [f"{name}=={version}" for name, version in needed().items()]
    text = "\n".join([HEAD, *sorted(pins, key=str.lower)]) + "\n"
    if not options.check:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    written = set(TARGET.read_text(encoding="utf-8").splitlines())
    differing = sorted(set(text.splitlines()) ^ written)
    print("\n".join(differing) or "constraints.txt is what is installed here")
    return int(bool(differing))


if __name__ == "__main__":
    sys.exit(main())
