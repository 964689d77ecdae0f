"""Write ``requirements/*.txt``: every package with the hashes of all its files, for pip.

    pip install --require-hashes --only-binary :all: -r requirements/app.txt

The versions are those of ``constraints.txt``; what only another platform or Python needs is in the
file too, behind a marker. Needs uv, which asks the package index for the hashes and fetches no
package.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "requirements"
#: What each file is for, by the extras it holds.
EXTRAS = {"app": ("app", "oidc"), "gpu": ("app", "diffusion", "oidc")}
HEAD = "# {what}, with hashes; written by scripts/make_hashes.py ('make constraints').\n"
#: What builds the program, and lists what is in an image.
BUILD = ("cyclonedx-bom",)


def build_requirements() -> list[str]:
    """Return what builds the package and lists it, as ``pyproject.toml`` asks for it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    development = project["project"]["optional-dependencies"]["dev"]
    return [
        *project["build-system"]["requires"],
        *(line for line in development if line.startswith(BUILD)),
    ]


def compiled(program: str, target: Path, *what: str, given: str = "") -> None:
    """Write one file, keeping the versions that it has where they still fit."""
    command = [
        program, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11",
        "--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url",
        "--constraints", "constraints.txt", "--output-file", str(target), *what,
    ]  # fmt: skip
    subprocess.run(command, cwd=ROOT, input=given, text=True, check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    """Write the files."""
    beside = str(Path(sys.executable).parent)
    program = shutil.which("uv", path=beside) or shutil.which("uv")
    if program is None:
        raise SystemExit("uv is not installed: it is part of the extra 'dev'")
    FOLDER.mkdir(exist_ok=True)
    for name, extras in EXTRAS.items():
        asked = [word for extra in extras for word in ("--extra", extra)]
        target = FOLDER / f"{name}.txt"
        compiled(program, target, "pyproject.toml", *asked)
        _begin(target, f"The extras {', '.join(extras)}")
    target = FOLDER / "build.txt"
    compiled(program, target, "-", given="\n".join(build_requirements()))
    _begin(target, "What builds the program and lists its packages")
    return 0


def _begin(target: Path, what: str) -> None:
    target.write_text(HEAD.format(what=what) + target.read_text("utf-8"), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
