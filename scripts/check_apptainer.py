"""Carries out an Apptainer file without Apptainer, in a copy of a Debian root, as root.

The files are copied, %post is carried out, then %test; at last %runscript answers as a cluster
would have it: somebody without rights, a read-only root, and a network without any interface but
the loopback. The base image is stood in for by a Debian root:

    debootstrap --variant=minbase trixie ROOT/debian
    python scripts/check_apptainer.py containers/landmarkdiff.def --base ROOT/debian --work ROOT

Needs util-linux, iproute2 and the rights of root. It is no proof of what Apptainer does
differently: the registry's image, the folders it mounts by itself, the graphics card.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

from check_dockerfile import TREE, Room, build_step, expect, step
from dockerfile import BASE_PATH

__all__ = ["copied_files", "exported", "sections"]

#: Somebody without rights, and a home that can be written, as Apptainer mounts the user's own.
NOBODY, HOME = "65534:65534", "/home/somebody"


def sections(path: Path) -> dict[str, str]:
    """Return the sections of an Apptainer file by their names."""
    text = path.read_text(encoding="utf-8")
    parts = re.split(r"^%(\w+)[^\n]*\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def copied_files(section: str) -> dict[str, str]:
    """Return place here and place there of the files that %files names.

    Raises
    ------
    ValueError
        A line is not a pair of places.
    """
    found = {}
    for line in section.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2:
            raise ValueError(f"not a pair of places: {line.strip()}")
        found[words[0]] = words[1]
    return found


def exported(section: str, start: dict[str, str]) -> dict[str, str]:
    """Return the variables that %environment exports, added to those of the start."""
    found = dict(start)
    for name, value in re.findall(r"^\s*export (\w+)=(\S*)\s*$", section, flags=re.MULTILINE):
        found[name] = re.sub(r"\$(\w+)", lambda one: found.get(one[1], ""), value)
    return found


def copy_files(files: dict[str, str], root: Path) -> None:
    """Copy the files of %files, without what Python has compiled beside them."""
    for source, goal in files.items():
        place, within = TREE / source, root / goal.strip("/")
        within.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(place, within, ignore=ignored, dirs_exist_ok=True)
        else:
            shutil.copy(place, within)


def answer(room: Room, script: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run %runscript with words in a room and return what it said."""
    command = room.command(["sh", "-c", script, "sh", *words])
    return subprocess.run(command, check=False, capture_output=True, text=True)


def main() -> None:
    """Build, test, run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("definition", type=Path)
    parser.add_argument("--base", type=Path, required=True, help="root in place of the base image")
    parser.add_argument("--work", type=Path, required=True, help="where the copy is made")
    parser.add_argument("--keep", action="store_true", help="keep a root that is there already")
    parser.add_argument(
        "--certificates", type=Path, help="file (PEM) of those that pip trusts; by default its own"
    )
    options = parser.parse_args()
    found = sections(options.definition)
    root = options.work.resolve() / "apptainer"
    if not (options.keep and root.exists()):
        step("From: here", options.base)
        options.work.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["cp", "-a", str(options.base.resolve()), str(root)], check=True)
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        step("%files")
        copy_files(copied_files(found["files"]), root)
        step("%post", found["post"])
        build_step(root, found["post"], {"PATH": BASE_PATH}, certificates=options.certificates)
    (root / HOME.strip("/")).mkdir(parents=True, exist_ok=True)
    inside = exported(found["environment"], {"PATH": BASE_PATH, "HOME": HOME})
    step("%test", found["test"])
    build_step(root, "set -e\n" + found["test"], inside)
    memory = ("/tmp:mode=1777", f"{HOME}:mode=1777")  # noqa: S108  # inside
    room = Room(root, inside, HOME, NOBODY, read_only=True, network=False, memory=memory)
    for words, status, said in (
        (["--version"], 0, "landmarkdiff"),
        (["train", "--config", "/opt/source/configs/phase_a.yaml", "--preflight"], 1, "packages"),
        (["doctor"], 0, "face_landmarker"),
    ):
        step("run", *words)
        done = answer(room, found["runscript"], *words)
        print(done.stdout + done.stderr)
        expect("status", done.returncode, status)
        expect(f"it says {said}", said in done.stdout + done.stderr, True)


if __name__ == "__main__":
    sys.exit(main())
