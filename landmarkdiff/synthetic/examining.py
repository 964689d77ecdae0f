"""Looking at shards: what is in them, and whether it is whole."""

from __future__ import annotations

import hashlib
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from landmarkdiff.errors import PhotoError
from landmarkdiff.synthetic.dataset import RUN
from landmarkdiff.synthetic.recipes import draft, draw_pattern
from landmarkdiff.synthetic.record import MEMBERS, SPLITS, Split
from landmarkdiff.synthetic.shards import Place, Shard, ShardSet

__all__ = ["statistics", "verify_shards"]

#: Pairs whose procedures and difficulty are counted.
COUNTED_PAIRS = 32 * RUN


def statistics(folder: Path, *, seed: int = 0) -> dict[str, Any]:
    """Count photos, persons, tones, licences, what was left out, and what pairs will do.

    Parameters
    ----------
    folder : Path
        Of the shards.
    seed : int
        Of the pairs, of which some hundreds are drawn; nothing is rendered.

    Returns
    -------
    dict
        JSON-ready.
    """
    held = ShardSet(folder)
    sides = {}
    for split in SPLITS:
        places = [place for _, place in held.of_split(split)]
        sides[split] = {
            "photos": len(places),
            "persons": len({place.person for place in places}),
            "tones": _counted(place.tone or "unknown" for place in places),
            "licences": _counted(place.licence for place in places),
        }
    drafts = [
        draft(draw_pattern(seed, number // RUN), seed, number) for number in range(COUNTED_PAIRS)
    ]
    procedures = Counter(name for each in drafts for name in each.pattern.procedures)
    return {
        "settings": held.facts["settings"],
        "shards": len(held.shards),
        "bytes": sum(shard.size for shard in held.shards),
        "splits": sides,
        "left_out": _counted(reason for _, reason in held.facts["left_out"]),
        "pairs": {
            "drawn": len(drafts),
            "procedures": {
                name: round(count / len(drafts), 3) for name, count in sorted(procedures.items())
            },
            "sides": _counted(each.pattern.side for each in drafts),
            "flagged": sum(bool(each.pattern.flags) for each in drafts),
            "difficulty": _deciles([each.difficulty for each in drafts]),
        },
    }


def _counted(values: Iterator[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _deciles(values: Sequence[float]) -> list[float]:
    """Least, every tenth, and greatest of some values."""
    ordered = sorted(values)
    return [ordered[round(share / 10 * (len(ordered) - 1))] for share in range(11)]


def verify_shards(
    folder: Path, *, progress: Callable[[int, int, str], None] | None = None
) -> list[str]:
    """Read everything: sums, indices, pictures, landmarks, and on which side each person is.

    Parameters
    ----------
    folder : Path
    progress : callable, optional
        Told how many shards are done, of how many, and the name of the last.

    Returns
    -------
    list of str
        One sentence for each fault; empty where all is well.

    Raises
    ------
    PhotoError
        There are no shards.
    """
    held = ShardSet(folder)
    faults: list[str] = []
    persons: dict[str, Split] = {}
    for number, shard in enumerate(held.shards, start=1):
        faults += _faults_of(held, shard, persons)
        if progress is not None:
            progress(number, len(held.shards), shard.url)
    held.close()
    return faults


def _faults_of(held: ShardSet, shard: Shard, persons: dict[str, Split]) -> Iterator[str]:
    path = held.folder / shard.url
    try:
        data = path.read_bytes()
        places = held.places(shard)
    except OSError as failure:
        yield f"{shard.url}: cannot be read ({failure.strerror})"
        return
    except PhotoError as failure:
        yield f"{shard.url}: {failure}"
        return
    if hashlib.sha256(data).hexdigest() != shard.sha256:
        yield f"{shard.url}: its sum is not the one of the list"
    if len(places) != shard.nsamples:
        yield f"{shard.url}: its index has {len(places)} records and not {shard.nsamples}"
    if not _agrees(path, places):
        yield f"{shard.url}: its index does not say where its files lie"
    for place in places:
        try:
            held.read(shard, place)
        except PhotoError as failure:
            yield str(failure)
        if persons.setdefault(place.person, shard.split) != shard.split:
            yield f"{place.source}: its person is on two sides of the split"


def _agrees(path: Path, places: Sequence[Place]) -> bool:
    """Whether an index has the files of a tar, where they lie, none over another."""
    expected = {
        f"{place.key}.{ending}": tuple(place.members.get(ending, ()))
        for place in places
        for ending in MEMBERS
    }
    try:
        with tarfile.open(path) as tar:
            found = {entry.name: (entry.offset_data, entry.size) for entry in tar}
    except tarfile.TarError:
        return False
    spans = sorted(found.values())
    return found == expected and all(a + b <= c for (a, b), (c, _) in pairwise(spans))
