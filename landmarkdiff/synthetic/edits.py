"""Pairs of photos for edits: which photos of the shards make one, and the pairs by number.

The photos lie in ordinary shards; ``edits.json`` beside them lists the pairs, so that a photo is
kept once however many pairs it is in. Words are drawn when a pair is read: they are a function of
the seed and its number.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from landmarkdiff.arguments import whole_number
from landmarkdiff.arrays import FloatArray
from landmarkdiff.configuration import Configuration
from landmarkdiff.data_files import JsonError, parse_foreign_json, read_foreign_text
from landmarkdiff.errors import OutputError, ParameterError, PhotoError
from landmarkdiff.identity.check import SMALLEST_FACE_PX
from landmarkdiff.identity.networks import embedder
from landmarkdiff.lato.data.example import EditExample
from landmarkdiff.lato.data.face_state import read_expression, rest_of
from landmarkdiff.lato.data.instructions import LANGUAGES, instruction_words
from landmarkdiff.lato.data.selection import Change, PairPhoto, PairRules, change_between
from landmarkdiff.lato.language.instruction import Expression, HeadTurn
from landmarkdiff.lato.tokenizer.points import landmarks_68
from landmarkdiff.photo import write_json
from landmarkdiff.synthetic.framing import framed_pair
from landmarkdiff.synthetic.record import SPLITS, PhotoRecord, Split
from landmarkdiff.synthetic.shards import MOST_BYTES, Place, Shard, ShardSet

__all__ = ["EDITS_FILE", "EditDataset", "EditPair", "make_edits"]

#: The list of the pairs of a folder of shards.
EDITS_FILE = "edits.json"
FORMAT = 1
#: Which photos a photo is paired with is drawn by this.
_PAIRING = 16


@dataclass(frozen=True)
class EditPair:
    """Two photos and what leads from the first to the second.

    Attributes
    ----------
    split : {"train", "validation", "test"}
    source, target : (str, str)
        Name of the shard and of the record in it.
    change : Change
    """

    split: Split
    source: tuple[str, str]
    target: tuple[str, str]
    change: Change

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        change = self.change
        shown = change.expression
        return {
            "split": self.split,
            "source": list(self.source),
            "target": list(self.target),
            "expression": None if shown is None else [shown.name, round(shown.strength, 4)],
            "turn": [change.turn.yaw, change.turn.pitch, change.turn.roll],
            "similarity": round(change.similarity, 4),
            "pose_error_deg": round(change.pose_error_deg, 2),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> EditPair:
        """Return what ``to_dict`` has written."""
        shown = data["expression"]
        change = Change(
            None if shown is None else Expression(shown[0], float(shown[1])),
            HeadTurn(*map(float, data["turn"])),
            float(data["similarity"]),
            float(data["pose_error_deg"]),
        )
        first, second = (tuple(map(str, data[name])) for name in ("source", "target"))
        return cls(data["split"], first, second, change)  # type: ignore[arg-type]


def make_edits(
    folder: Path,
    *,
    rules: PairRules | None = None,
    per_photo: int = 6,
    progress: Callable[[int, int, str], None] | None = None,
) -> dict[str, Any]:
    """Find the pairs of a folder of shards and list them; a list that is there is not made again.

    Every photo is the source of up to ``per_photo`` pairs with other photos of its person. Faces
    are compared by the recognition network.

    Parameters
    ----------
    folder : Path
        Of the shards.
    rules : PairRules, optional
    per_photo : int
    progress : callable, optional
        Told how many photos are read, of how many, and the name of the last.

    Returns
    -------
    dict
        What ``edits.json`` says.

    Raises
    ------
    PhotoError
        No shards, or no pair is left.
    WeightsError
        The recognition network is missing.
    """
    whole_number("per_photo", per_photo, 1, 1000)
    rules = rules or PairRules()
    held = ShardSet(folder)
    asked = {**asdict(rules), "per_photo": per_photo}
    made = _made_before(folder, held.facts["made_from"], asked)
    if made is not None:
        return made
    places = [item for split in SPLITS for item in held.of_split(split)]
    read = []
    for number, (shard, place) in enumerate(places, start=1):
        read.append(_looked_at(held.read(shard, place)))
        if progress is not None:
            progress(number, len(places), place.source)
    held.close()
    pairs: list[EditPair] = []
    left_out: Counter[str] = Counter()
    for members in _persons(places).values():
        rest = rest_of(
            [read[member].blendshapes for member in members],
            [read[member].blendshapes for member in members if read[member].at_rest],
        )
        photos = {member: read[member].against(rest) for member in members}
        for first in members:
            for second in _partners(first, members, per_photo):
                change = change_between(photos[first], photos[second], rules)
                if isinstance(change, str):
                    left_out[change] += 1
                else:
                    ends = (places[first], places[second])
                    names = [(shard.url, place.key) for shard, place in ends]
                    pairs.append(EditPair(places[first][0].split, names[0], names[1], change))
    if not pairs:
        reasons = [f"{count} {reason}" for reason, count in left_out.most_common()]
        raise PhotoError("no_pair_left", count=len(places), reasons=reasons or ["alone"])
    record = {
        "format": FORMAT,
        "made_from": held.facts["made_from"],
        "rules": asked,
        "pairs": [pair.to_dict() for pair in pairs],
        "left_out": dict(sorted(left_out.items())),
    }
    write_json(folder / EDITS_FILE, record)
    return record


@dataclass(frozen=True, eq=False)
class _Read:
    """What of a record is kept until all are read."""

    photo: PairPhoto
    blendshapes: Mapping[str, float]

    @property
    def at_rest(self) -> bool:
        """Whether somebody says that the face is at rest."""
        stated = self.photo.stated
        return stated is not None and stated.expression.name == "neutral"

    def against(self, rest: FloatArray | None) -> PairPhoto:
        photo = self.photo
        shown = read_expression(self.blendshapes, rest)
        return replace(photo, read=shown, blendshapes=self.blendshapes)


def _made_before(folder: Path, made_from: str, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the list that is there, if it is of these shards and by these rules."""
    try:
        found = dict(_listed(folder))
    except PhotoError:
        return None
    same = (found["made_from"], found.get("rules"), found.get("format"))
    return found if same == (made_from, asked, FORMAT) else None


def _looked_at(record: PhotoRecord) -> _Read:
    face = record.face
    points = landmarks_68(face.points)[:, :2] / face.interocular_px
    embedding = None
    if face.interocular_px >= SMALLEST_FACE_PX:
        configuration = Configuration()
        reader = embedder(configuration.identity.model, configuration)
        embedding = np.asarray(reader.embed(record.picture, face), np.float64)
    photo = PairPhoto(points, face.pose, None, embedding, record.stated)
    return _Read(photo, face.blendshapes)


def _persons(places: Sequence[tuple[Shard, Place]]) -> Mapping[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for number, (_, place) in enumerate(places):
        found[place.person].append(number)
    return found


def _partners(first: int, members: Sequence[int], most: int) -> Iterator[int]:
    """Return with which photos of its person a photo is paired."""
    others = [member for member in members if member != first]
    if len(others) > most:
        rng = np.random.default_rng([_PAIRING, first])
        others = sorted(rng.choice(others, most, replace=False).tolist())
    yield from others


class EditDataset:
    """Pairs for edits by number, of one side of a split.

    Random access, no deep-learning package, may be handed to other processes.

    Parameters
    ----------
    folder : Path
        Folder that ``landmarkdiff data edits`` has written.
    split : {"train", "validation", "test"}
    size : int, optional
        Side of the pictures, pixels; as in the shards otherwise.
    languages : sequence of str
        One of them is drawn for each pair.
    seed : int
        Another seed says it in other words.

    Raises
    ------
    PhotoError
        The folder holds no pairs, or none of this split.
    ParameterError
    """

    def __init__(
        self,
        folder: Path,
        *,
        split: Split,
        size: int | None = None,
        languages: Sequence[str] = LANGUAGES,
        seed: int = 0,
    ) -> None:
        if split not in SPLITS:
            raise ParameterError("unknown_split", value=str(split), splits=SPLITS)
        for language in languages:
            if language not in LANGUAGES:
                raise ParameterError(
                    "unknown_language", language=language, languages=list(LANGUAGES)
                )
        self.languages = tuple(languages)
        self.size = None if size is None else whole_number("size", size, 64, 4096)
        self.seed = whole_number("seed", seed, 0, 2**63 - 1)
        self._set = ShardSet(Path(folder))
        listed = _listed(Path(folder))
        if listed["made_from"] != self._set.facts["made_from"]:
            raise OutputError("shards_of_others", name=Path(folder).name)
        self._pairs = [pair for pair in map(EditPair.from_dict, listed["pairs"])
                       if pair.split == split]  # fmt: skip
        if not self._pairs:
            raise PhotoError("split_empty", split=split, name=Path(folder).name)
        places = self._set.of_split(split)
        self._places = {(shard.url, place.key): (shard, place) for shard, place in places}

    def __len__(self) -> int:
        return len(self._pairs)

    @property
    def persons(self) -> tuple[str, ...]:
        """Who is on every pair."""
        return tuple(self._places[pair.source][1].person for pair in self._pairs)

    def pair(self, number: int) -> EditPair:
        """Return which photos a pair is made of, and what changes."""
        return self._pairs[number]

    def __getitem__(self, number: int) -> EditExample:
        if not 0 <= number < len(self):
            raise IndexError(f"pair {number} of {len(self)}")
        pair = self._pairs[number]
        records = [self._set.read(*self._places[end]) for end in (pair.source, pair.target)]
        first, second = framed_pair(*records, size=self.size)
        rng = np.random.default_rng([self.seed, number])
        language = self.languages[rng.integers(len(self.languages))]
        return EditExample(
            first.picture,
            second.picture,
            first.points,
            second.points,
            first.seen,
            second.seen,
            instruction_words(pair.change.expression, pair.change.turn, language, rng),
            language,
            records[0].person,
        )


def _listed(folder: Path) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = parse_foreign_json(
            read_foreign_text(folder / EDITS_FILE, MOST_BYTES)
        )
        found["made_from"], found["pairs"][0]["turn"]
    except (OSError, KeyError, TypeError, IndexError, *JsonError) as failure:
        raise PhotoError("edits_missing", name=folder.name, file=EDITS_FILE) from failure
    return found
