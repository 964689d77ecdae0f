"""Pairs by number, rendered when they are asked for."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

from landmarkdiff.arguments import finite, whole_number
from landmarkdiff.errors import ParameterError, PhotoError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.synthetic.augmentation import Augmentation
from landmarkdiff.synthetic.conditions import conditioned
from landmarkdiff.synthetic.pairs import ears_of_pairs, photo_of, render_pair
from landmarkdiff.synthetic.recipes import (
    Draft,
    Pattern,
    draft,
    draw_pattern,
    generator_of,
    moves_ears,
    plan_of,
    recipe_of,
)
from landmarkdiff.synthetic.record import SPLITS, Split
from landmarkdiff.synthetic.sample import Recipe, Sample
from landmarkdiff.synthetic.shards import ShardSet

__all__ = ["KEPT_PHOTOS", "PAIRS_PER_PHOTO", "RUN", "VISIT", "PairDataset"]

#: Pairs of one photo unless told otherwise, and how many of them in a row share a pattern.
PAIRS_PER_PHOTO, RUN = 64, 32
#: Pairs of a photo that training takes one after the other: two patterns.
VISIT = 2 * RUN
#: Photos whose masks, splines and light are kept ready unless told otherwise; 15 MB each.
KEPT_PHOTOS = 64
KEPT_PATTERNS = 4096


class PairDataset:
    """Reverse pairs of the photos of one side of a split.

    Random access, no deep-learning package, may be handed to other processes. A pair is a
    function of the seed and its number. Numbers that follow each other share a photo and, in runs
    of :data:`RUN`, a pattern of procedures, which makes them cheap: twenty times as fast as numbers
    at random. :class:`~landmarkdiff.synthetic.order.PairOrder` is an order that is both cheap and
    mixed.

    Parameters
    ----------
    shards : Path
        Folder that ``landmarkdiff data make`` has written.
    split : {"train", "validation", "test"}
    size : int
        Side of the pictures, pixels.
    seed : int
        Another seed makes other pairs of the same photos.
    augment : Augmentation, optional
        How clinical cameras are imitated; source and target are seen by the same camera.
    dropout : float
        Share of the pairs whose drawing is dropped, and of those whose prompt is.
    noise : float
        Spread of the drawn landmarks, percent of the distance of the lateral canthi.
    depth : bool
        Draw the depth as well.
    pairs_per_photo : int
        Length of the set is this times the number of photos; there is no end to them, so a long
        training takes many.
    kept_photos : int
        Photos that each process keeps ready, 15 MB each at 512 pixels.

    Raises
    ------
    PhotoError
        No shards, or none of this split.
    ParameterError
    """

    def __init__(
        self,
        shards: Path,
        *,
        split: Split,
        size: int = 512,
        seed: int = 0,
        augment: Augmentation | None = None,
        dropout: float = 0.0,
        noise: float = 0.0,
        depth: bool = False,
        pairs_per_photo: int = PAIRS_PER_PHOTO,
        kept_photos: int = KEPT_PHOTOS,
    ) -> None:
        if split not in SPLITS:
            raise ParameterError("unknown_split", value=str(split), splits=SPLITS)
        self.split = split
        self.size = whole_number("size", size, 64, 4096)
        self.seed = whole_number("seed", seed, 0, 2**63 - 1)
        self.augment = augment
        self.dropout = finite("dropout", dropout, 0.0, 1.0)
        self.noise = finite("noise", noise, 0.0, 10.0)
        self.depth = depth
        self.pairs_per_photo = whole_number("pairs_per_photo", pairs_per_photo, 1, 2**20)
        self.kept_photos = whole_number("kept_photos", kept_photos, 1, 2**20)
        self._set = ShardSet(Path(shards))
        self._places = self._set.of_split(split)
        if not self._places:
            raise PhotoError("split_empty", split=split, name=Path(shards).name)
        self._kept: OrderedDict[int, _PhotoPlans] = OrderedDict()
        self._patterns: dict[int, Pattern] = {}

    def __len__(self) -> int:
        return len(self._places) * self.pairs_per_photo

    @property
    def tones(self) -> tuple[str | None, ...]:
        """Apparent tone of every photo, I to VI."""
        return tuple(place.tone for _, place in self._places)

    @property
    def persons(self) -> tuple[str, ...]:
        """Who is on every photo."""
        return tuple(place.person for _, place in self._places)

    def draft(self, number: int) -> Draft:
        """Return what a pair does before it meets its photo; nothing is read.

        Where the photo does not show the ears, another procedure takes the place of theirs.
        """
        return draft(self._pattern(number // RUN), self.seed, number)

    def _pattern(self, run: int) -> Pattern:
        if run not in self._patterns:
            if len(self._patterns) >= KEPT_PATTERNS:
                self._patterns.clear()
            self._patterns[run] = draw_pattern(self.seed, run)
        return self._patterns[run]

    def recipe(self, number: int) -> Recipe:
        """Return the recipe of a pair."""
        return self._recipe(self._photo(number // self.pairs_per_photo), number)

    def face(self, number: int) -> FaceLandmarks:
        """Return the landmarks of a pair's target, in its picture."""
        return self._photo(number // self.pairs_per_photo).prepared.landmarks

    def __getitem__(self, number: int) -> Sample:
        if not 0 <= number < len(self):
            raise IndexError(f"pair {number} of {len(self)}")
        photo = self._photo(number // self.pairs_per_photo)
        sample = render_pair(photo.prepared, self._recipe(photo, number), depth=self.depth)
        if self.augment is not None:
            drawn = self.augment.draw(generator_of(self.seed, "augmentation", number), self.size)
            sample = drawn.applied(sample, photo.prepared.landmarks)
        return conditioned(
            sample,
            photo.prepared.landmarks,
            dropout=self.dropout,
            noise=self.noise,
            rng=generator_of(self.seed, "dropout", number),
        )

    def _recipe(self, photo: _PhotoPlans, number: int) -> Recipe:
        run = number // RUN
        if run not in photo.plans:
            pattern = self._pattern(run)
            if moves_ears(pattern):
                pattern = draw_pattern(self.seed, run, ears_of_pairs(photo.prepared))
            photo.plans[run] = pattern, plan_of(pattern, photo.prepared.landmarks)
        pattern, plan = photo.plans[run]
        return recipe_of(
            draft(pattern, self.seed, number),
            plan,
            seed=self.seed,
            number=number,
            person=photo.person,
        )

    def _photo(self, place: int) -> _PhotoPlans:
        kept = self._kept.get(place)
        if kept is None:
            record = self._set.read(*self._places[place]).at(self.size)
            kept = self._kept[place] = _PhotoPlans(photo_of(record), record.person)
            while len(self._kept) > self.kept_photos:
                self._kept.popitem(last=False)
        self._kept.move_to_end(place)
        return kept

    def __getstate__(self) -> dict[str, Any]:
        """What another process gets: it finds its photos for itself."""
        return {**self.__dict__, "_kept": OrderedDict(), "_patterns": {}}


class _PhotoPlans:
    """A photo with what was worked out for it, and the patterns and plans of its runs."""

    def __init__(self, prepared: PreparedFace, person: str) -> None:
        self.prepared, self.person = prepared, person
        self.plans: dict[int, tuple[Pattern, SurgicalPlan]] = {}
