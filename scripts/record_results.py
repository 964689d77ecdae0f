"""Record what the command line makes of known photos, and compare two records.

For changes after which nothing a user gets may differ: record before, record after, compare.

    python scripts/record_results.py record FOLDER
    python scripts/record_results.py compare FOLDER_BEFORE FOLDER_AFTER

A record holds the decoded pixels of every picture as a sum, and ``plan.json`` and
``result.json`` as data without version, times and paths. Photos are the two portraits of the
weights store and a picture that is given (``--photo NAME=FILE``, an oblique render for example).
Records belong outside the repository.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2

from landmarkdiff import weights

PORTRAITS = ("astronaut", "grace_hopper")
PROCEDURES = (
    "rhinoplasty",
    "blepharoplasty",
    "rhytidectomy",
    "orthognathic",
    "brow_lift",
    "mentoplasty",
    "malar_augmentation",
    "lip_lift",
)
#: Keys that differ between two runs of one program.
PASSING = ("version", "timings_ms", "created", "written", "software")
#: Before the names of photos in the state of a batch: it tells one folder from another.
_FOLDER_SUM = re.compile(r"^[0-9a-f]{12}/")
#: Wrong input: each ends with status 2 and one sentence, which is recorded.
REFUSED = (
    ("preview", "PHOTO"),
    ("preview", "no-such-file.jpg", "-p", "rhinoplasty"),
    ("preview", "PHOTO", "-p", "rhinoplsty"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "-i", "130"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "-i", "x"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "-i", "lip_lift=40"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "-e", "tip_rotation=40"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "-e", "tip=4"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "-e", "tip_rotation=warm"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "-f", "bells-palsy"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "-f", "keloid=moon"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "-f", "sunburn"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "--side", "up"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "--mode", "oil"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "--face", "3"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "--passes", "0"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "--ipd", "12"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "--seed", "-1"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "--label-corner", "middle"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "--plan", "plan.json"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "--config", "nothing.yaml"),
    ("preview", "PHOTO", "-p", "rhinoplasty", "--strength", "2"),
    ("preview", "PHOTO", "--preset-file", "nothing.yaml"),
    ("compare", "PHOTO", "-p", "nose"),
    ("sweep", "PHOTO", "-p", "lip_lift", "--steps", "1"),
    ("multiview", "no-such-folder", "-p", "mentoplasty"),
    ("batch", "no-such-folder", "-p", "mentoplasty"),
    ("analyze", "no-such-file.jpg"),
    ("procedures", "show", "nose"),
    ("weights", "pull", "nothing"),
    ("app", "--port", "99999999"),
)


def cases(photos: dict[str, Path]) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each case and its arguments."""
    for name, photo in photos.items():
        levels = (60, 100) if name in PORTRAITS else (60,)
        for procedure in PROCEDURES:
            for level in levels:
                words = ["preview", str(photo), "-p", procedure, "-i", str(level)]
                yield f"{name}-{procedure}-{level}", words
    photo = str(photos["astronaut"])
    other = str(photos["grace_hopper"])
    nose = ["preview", photo, "-p", "rhinoplasty"]
    lids = ["preview", photo, "-p", "blepharoplasty"]
    yield "palsy", [*lids, "-f", "bells-palsy=left"]
    yield "keloid", [*lids, "-f", "keloid=eyelids", "-f", "ehlers-danlos"]
    yield "vitiligo", ["preview", other, "-p", "rhytidectomy", "-f", "vitiligo"]
    yield "left", ["preview", other, "-p", "brow_lift", "--side", "left", "--ipd", "63"]
    yield "unlocked", [*nose, "-i", "150", "--unlock"]
    yield "effects", [*nose, "-e", "tip_rotation=3.5", "-e", "dorsal_hump=off"]
    yield "jaw", ["preview", photo, "-p", "orthognathic", "-e", "maxilla=on", "-i", "80"]
    combined = ["-p", "rhinoplasty", "-p", "mentoplasty", "-i", "mentoplasty=40"]
    yield "combined", ["preview", photo, *combined]
    yield "three", ["preview", other, "-p", "rhytidectomy", "-p", "brow_lift", "-p", "lip_lift"]
    yield "one-pass", [*nose, "--passes", "1", "--seed", "7"]
    yield "compare", ["compare", photo]
    yield "sweep", ["sweep", photo, "-p", "lip_lift", "--steps", "4"]
    yield "analyze", ["analyze", photo]
    yield "analyze-glasses", ["analyze", other]
    yield "batch", ["batch", str(photos["astronaut"].parent), "-p", "brow_lift"]
    if len(photos) > len(PORTRAITS):
        folder = str(photos["astronaut"].parent)
        yield "multiview", ["multiview", folder, "-p", "mentoplasty", "--same-person"]


def main() -> int:
    """Record or compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    actions = parser.add_subparsers(dest="action", required=True)
    record = actions.add_parser("record")
    record.add_argument("folder", type=Path)
    record.add_argument("--photo", action="append", default=[], metavar="NAME=FILE")
    record.add_argument("--only", default="", help="cases whose name begins so")
    compare = actions.add_parser("compare")
    compare.add_argument("before", type=Path)
    compare.add_argument("after", type=Path)
    given = parser.parse_args()
    if given.action == "compare":
        return show_differences(given.before, given.after)
    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        photos = Path(place) / "photos"
        photos.mkdir()
        paths = {}
        for name, source in (
            *((name, weights.obtain(name)) for name in PORTRAITS),
            *(entry.split("=", 1) for entry in given.photo),
        ):
            paths[name] = photos / f"{name}{Path(source).suffix}"
            paths[name].write_bytes(Path(source).read_bytes())
        made = {}
        for name, words in cases(paths):
            if not name.startswith(given.only):
                continue
            out = Path(place) / name
            done = run([*words, "--out", str(out), "--json"], photos)
            made[name] = {"status": done.returncode, "error": done.stderr.strip()}
            made[name] |= {"files": contents(out), "printed": printed(done.stdout, place)}
            print(name, done.returncode, len(made[name]["files"]), flush=True)
        for number, words in enumerate(REFUSED):
            if given.only:
                break
            text = [str(paths["astronaut"]) if word == "PHOTO" else word for word in words]
            done = run(text, photos)
            made[f"refused-{number:02}"] = {
                "words": list(words),
                "status": done.returncode,
                "error": done.stderr.strip().replace(place, ""),
            }
        text = json.dumps(made, indent=1, sort_keys=True)
        (given.folder / "record.json").write_text(text, encoding="utf-8")
    return 0


def run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run one command of the program, in a folder."""
    command = [sys.executable, "-m", "landmarkdiff", *words]
    environment = {**os.environ, "COLUMNS": "200", "LANG": "C.UTF-8"}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, env=environment
    )


def contents(out: Path) -> dict[str, Any]:
    """What a case wrote: pictures by their pixels, JSON as data, the rest by its size."""
    found: dict[str, Any] = {}
    for path in sorted(out.rglob("*")):
        if path.is_dir():
            continue
        name = str(path.relative_to(out))
        if path.suffix == ".json":
            found[name] = lasting(json.loads(path.read_text(encoding="utf-8")), str(out.parent))
        elif path.suffix in (".png", ".jpg", ".webp"):
            pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            if pixels is None:
                found[name] = "unreadable"
            else:
                found[name] = [*pixels.shape, hashlib.sha256(pixels.tobytes()).hexdigest()]
        else:
            found[name] = "there"
    return found


def printed(text: str, place: str) -> Any:
    """Printed JSON as data, or the text."""
    try:
        return lasting(json.loads(text), place)
    except ValueError:
        return text.replace(place, "")


def lasting(data: Any, place: str) -> Any:
    """The data without what differs from run to run."""
    if isinstance(data, dict):
        return {
            _FOLDER_SUM.sub("", key): lasting(value, place)
            for key, value in data.items()
            if key not in PASSING
        }
    if isinstance(data, list):
        return [lasting(value, place) for value in data]
    return data.replace(place, "") if isinstance(data, str) else data


def show_differences(before: Path, after: Path) -> int:
    """Print every place where two records differ; 1 when there is one."""
    first, second = (
        json.loads((folder / "record.json").read_text(encoding="utf-8"))
        for folder in (before, after)
    )
    found = list(differences(first, second, ""))
    for line in found:
        print(line)
    print(f"{len(first)} and {len(second)} cases, {len(found)} differences")
    return 1 if found else 0


def differences(first: Any, second: Any, where: str) -> Iterator[str]:
    """Yield where two pieces of data differ."""
    if isinstance(first, dict) and isinstance(second, dict):
        for key in sorted({*first, *second}):
            if key not in first or key not in second:
                yield f"{where}/{key}: only {'after' if key in second else 'before'}"
            else:
                yield from differences(first[key], second[key], f"{where}/{key}")
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for number, (one, other) in enumerate(zip(first, second, strict=True)):
            yield from differences(one, other, f"{where}/{number}")
    elif first != second:
        yield f"{where}: {first!r} -> {second!r}"


if __name__ == "__main__":
    sys.exit(main())
