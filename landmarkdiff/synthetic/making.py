"""Making shards: photos in, shards out, on one machine or many, with the same bytes.

The work is cut into parts that know nothing of each other: the photos of one part are read,
judged, cut and packed into a file of the folder ``.parts``, whole or not at all. Whoever does a
part, in whatever order, writes the same bytes; a part that is there is not done again. At the end
one process leaves duplicates out and puts the shards and their list in place.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from landmarkdiff.analysis import judged
from landmarkdiff.data_files import JsonError, parse_foreign_json, read_foreign_text
from landmarkdiff.errors import (
    FaceIndexError,
    FaceUnusableError,
    HeadFitError,
    NoFaceError,
    OutputError,
    PhotoError,
    ProfileError,
)
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.pipeline import DEFAULT_PASSES
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.photo import read_photo, write_bytes, write_json
from landmarkdiff.synthetic.filters import ALIKE_BITS, LeftOut, fault_of, likeness_of
from landmarkdiff.synthetic.record import SPLITS, PhotoRecord, Split, split_of
from landmarkdiff.synthetic.shards import (
    FORMAT,
    MOST_BYTES,
    SHARDS_FILE,
    Place,
    Shard,
    index_of,
    pack,
    write_shard,
)
from landmarkdiff.synthetic.sources import SourcePhoto

__all__ = ["MakeSettings", "Part", "Runner", "in_turn", "make_part", "make_shards", "parts_of"]

#: Unfinished work in the folder of the shards.
PARTS_FOLDER = ".parts"


@dataclass(frozen=True)
class MakeSettings:
    """How photos become records.

    Attributes
    ----------
    size : int
        Side of the square around the face, pixels.
    passes : int
        Averaged passes of the landmark network.
    per_shard : int
        Photos that are looked at for one shard.
    """

    size: int = 512
    passes: int = DEFAULT_PASSES
    per_shard: int = 256


@dataclass(frozen=True)
class Part:
    """Photos that become one shard, and its name."""

    name: str
    split: Split
    photos: tuple[SourcePhoto, ...]
    settings: MakeSettings

    @property
    def fingerprint(self) -> str:
        """Sum of all that its bytes depend on, as far as it can be told without reading photos."""
        said = []
        for photo in self.photos:
            state = photo.path.stat() if photo.path.is_file() else None
            seen = None if state is None else (state.st_size, state.st_mtime_ns)
            stated = None if photo.stated is None else photo.stated.to_dict()
            further = (photo.scene, stated) if photo.scene or stated else ()
            own = (photo.source, photo.person, photo.licence, photo.tone, seen)
            said.append((*own, *further))
        text = json.dumps([FORMAT, self.name, asdict(self.settings), said])
        return hashlib.sha256(text.encode()).hexdigest()


#: Does the parts and yields their names as they are done, in any order.
Runner = Callable[[Callable[[Part], str], Sequence[Part]], Iterator[str]]


def in_turn(work: Callable[[Part], str], parts: Sequence[Part]) -> Iterator[str]:
    """Do the parts one after the other in this process."""
    yield from map(work, parts)


def parts_of(photos: Sequence[SourcePhoto], settings: MakeSettings) -> list[Part]:
    """Cut a list of photos into parts; every person is on one side of the split."""
    parts = []
    for split in SPLITS:
        own = [photo for photo in photos if split_of(photo.person) == split]
        for number, first in enumerate(range(0, len(own), settings.per_shard)):
            chosen = tuple(own[first : first + settings.per_shard])
            parts.append(Part(f"{split}-{number:05d}.tar", split, chosen, settings))
    return parts


def make_shards(
    photos: Sequence[SourcePhoto],
    out: Path,
    settings: MakeSettings,
    *,
    runner: Runner = in_turn,
    progress: Callable[[int, int, str], None] | None = None,
) -> dict[str, Any]:
    """Make the shards of a list of photos; what an earlier run has done is not done again.

    Parameters
    ----------
    photos : sequence of SourcePhoto
    out : Path
        Folder of the shards.
    settings : MakeSettings
    runner : callable
        Who does the parts: this process, several, or a Ray cluster.
    progress : callable, optional
        Told how many parts are done, of how many, and which was the last.

    Returns
    -------
    dict
        What ``shards.json`` says.

    Raises
    ------
    OutputError
        The folder holds the shards of other photos or settings.
    PhotoError
        No photo is left.
    """
    parts = parts_of(photos, settings)
    asked = hashlib.sha256("".join(part.fingerprint for part in parts).encode()).hexdigest()
    made = _made_before(out, asked)
    if made is not None:
        return made
    unfinished = out / PARTS_FOLDER
    unfinished.mkdir(parents=True, exist_ok=True)
    waiting = [part for part in parts if not _is_done(unfinished, part)]
    done = len(parts) - len(waiting)
    for name in runner(partial(make_part, folder=unfinished), waiting):
        done += 1
        if progress is not None:
            progress(done, len(parts), name)
    record = _finish(parts, out, asked)
    shutil.rmtree(unfinished)
    return record


def _made_before(out: Path, asked: str) -> dict[str, Any] | None:
    """What the list of the shards says, if they are those that are asked for."""
    path = out / SHARDS_FILE
    if not path.exists():
        tars = (tar for split in SPLITS for tar in out.glob(f"{split}-*.tar"))
        if any(not index_of(tar).exists() for tar in tars):  # ours have theirs from the start
            raise OutputError("shards_of_others", name=out.name)
        return None
    try:
        found: dict[str, Any] = parse_foreign_json(read_foreign_text(path, MOST_BYTES))
        same = found["made_from"] == asked
        whole = all((out / each["url"]).exists() for each in found["shardlist"])
    except (OSError, KeyError, TypeError, *JsonError):
        same, whole, found = False, True, {}
    if not same:
        raise OutputError("shards_of_others", name=out.name)
    return found if whole else None


def _is_done(folder: Path, part: Part) -> bool:
    """Whether a part was done from these photos with these settings."""
    try:
        noted = parse_foreign_json(read_foreign_text(folder / f"{part.name}.json", MOST_BYTES))
        return (folder / part.name).exists() and noted["fingerprint"] == part.fingerprint
    except (OSError, KeyError, TypeError, *JsonError):
        return False


_PIPELINE: list[LandmarkDiffPipeline] = []


def _pipeline() -> LandmarkDiffPipeline:
    """The landmark networks, loaded once in each process."""
    if not _PIPELINE:
        _PIPELINE.append(LandmarkDiffPipeline())
    return _PIPELINE[0]


def make_part(part: Part, folder: Path) -> str:
    """Do one part: write its shard and what it left out; return its name.

    Raises
    ------
    OutputError
    """
    kept: list[tuple[str, dict[str, bytes]]] = []
    left_out: list[tuple[str, LeftOut]] = []
    for number, photo in enumerate(part.photos):
        made = _record_of(photo, part.settings)
        if isinstance(made, PhotoRecord):
            kept.append((f"{part.name.removesuffix('.tar')}-{number:05d}", made.members()))
        else:
            left_out.append((photo.source, made))
    data, places = pack(kept)
    write_bytes(folder / part.name, data)
    # Noted last: what is noted is whole.
    noted = {
        "fingerprint": part.fingerprint,
        "records": [asdict(place) for place in places],
        "left_out": left_out,
    }
    write_json(folder / f"{part.name}.json", noted)
    return part.name


def _record_of(photo: SourcePhoto, settings: MakeSettings) -> PhotoRecord | LeftOut:
    """Read, judge and cut one photo."""
    try:
        image = read_photo(photo.path)
    except PhotoError:
        return "unreadable"
    try:
        prepared = _pipeline().prepare(image.pixels, passes=settings.passes)
    except (NoFaceError, FaceIndexError, FaceUnusableError, HeadFitError, ProfileError):
        return "no_face"
    if isinstance(prepared, PreparedProfile):
        return "turned"
    face = judged(image.pixels, prepared.landmarks)
    fault = fault_of(image.pixels, face, settings.size)
    if fault is not None:
        return fault
    return PhotoRecord.of_photo(
        image.pixels,
        face,
        settings.size,
        tone=photo.tone,
        person=photo.person,
        licence=photo.licence,
        source=photo.source,
        likeness=likeness_of(image.pixels),
        sha256=image.sha256,
        scene=photo.scene,
        stated=photo.stated,
    )


def _finish(parts: Sequence[Part], out: Path, asked: str) -> dict[str, Any]:
    """Put the shards in place without duplicates, their list last."""
    seen = np.empty(0, np.uint64)
    shards: list[Shard] = []
    left_out: list[tuple[str, LeftOut]] = []
    for part in parts:
        data = (out / PARTS_FOLDER / part.name).read_bytes()
        noted = parse_foreign_json(
            read_foreign_text(out / PARTS_FOLDER / f"{part.name}.json", MOST_BYTES)
        )
        left_out += [(source, reason) for source, reason in noted["left_out"]]
        kept = []
        for place in (Place(**record) for record in noted["records"]):
            files = {
                end: data[first : first + size] for end, (first, size) in place.members.items()
            }
            facts = parse_foreign_json(files["json"])
            likeness = np.uint64(int(facts["likeness"], 16))
            # Photos of one scene are alike, and differ in what the face does.
            alone = "scene" not in facts
            if alone and (np.bitwise_count(seen ^ likeness) <= ALIKE_BITS).any():
                left_out.append((place.source, "duplicate"))
                continue
            seen = np.append(seen, likeness)
            kept.append((place.key, files))
        if kept:
            shards.append(write_shard(out / part.name, kept))
    if not shards:
        shutil.rmtree(out / PARTS_FOLDER)
        raise PhotoError("no_photo_left", count=len(left_out), reasons=_reasons(left_out))
    _sweep(out, shards)
    record = {
        "format": FORMAT,
        "name": "landmarkdiff reverse pairs",
        "made_from": asked,
        "settings": asdict(parts[0].settings),
        "shardlist": [asdict(shard) for shard in shards],
        "left_out": [list(pair) for pair in left_out],
    }
    write_json(out / SHARDS_FILE, record)
    return record


def _reasons(left_out: Iterable[tuple[str, LeftOut]]) -> list[str]:
    """How many photos were left out for each reason, most first."""
    return [f"{count} {reason}" for reason, count in Counter(r for _, r in left_out).most_common()]


def _sweep(out: Path, shards: Sequence[Shard]) -> None:
    """Remove shards of an earlier finish that was not ended, which nobody lists."""
    listed = {shard.url for shard in shards}
    for split in SPLITS:
        for path in out.glob(f"{split}-*.tar"):
            # The index is written first: a file without one is not ours.
            if path.name not in listed and index_of(path).exists():
                path.unlink()
                index_of(path).unlink(missing_ok=True)
