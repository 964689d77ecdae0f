"""What training pairs cost, in seconds of one core, and where it goes.

Drawn heads are packed and rendered: recipes, packing, pairs of photos that are ready, pairs in the
order of training with all that is worked out for a photo and a pattern, and how near the plan on
each source comes to its photo.

    python benchmarks/data.py [--json FILE] [--markdown FILE] [--quick]
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from tables import Table, arguments, deliver

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.covers import CoverFinding
from landmarkdiff.light import lit
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import warp_plan
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.runtime.clock import StageClock
from landmarkdiff.synthetic.augmentation import Augmentation
from landmarkdiff.synthetic.dataset import RUN, VISIT, PairDataset
from landmarkdiff.synthetic.making import MakeSettings, make_shards
from landmarkdiff.synthetic.order import PairOrder
from landmarkdiff.synthetic.pairs import ears_of_pairs, photo_of, reverse_pair
from landmarkdiff.synthetic.recipes import draft, draw_pattern, plan_of, recipe_of
from landmarkdiff.synthetic.renders import render_photos
from landmarkdiff.synthetic.shards import ShardSet, pack
from landmarkdiff.synthetic.sources import read_photo_list
from landmarkdiff.verification.registration import register

#: A training of 6,000 updates of 16 pairs an hour takes so many a second.
NEEDED = 6000 * 16 / 3600


def cpu_seconds(work: Callable[[], object]) -> float:
    """Seconds of the processor that some work takes in this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def speeds(photos: Path, shards: Path, *, quick: bool) -> Table:
    """How many of each a second of one core makes."""
    table = Table("data", ["what", "number", "CPU ms each", "a second of one core"])
    count = 500 if quick else 4000

    def add(what: str, number: int, work: Callable[[], object]) -> None:
        spent = cpu_seconds(work)
        table.add(what, number, 1000.0 * spent / number, number / spent)

    add(
        "recipes drawn",
        count,
        lambda: [draft(draw_pattern(1, n // RUN), 1, n) for n in range(count)],
    )
    held = ShardSet(shards)
    record = held.read(*held.of_split("train")[0])
    face = record.face
    plan = plan_of(draw_pattern(1, 0), face)
    drafts = [draft(draw_pattern(1, 0), 1, n) for n in range(RUN)]
    times = count // RUN
    add(
        "recipes made into plans in mm",
        times * RUN,
        lambda: [
            recipe_of(each, plan, seed=1, number=0, person="")
            for _ in range(times)
            for each in drafts
        ],
    )
    members = record.members()
    add("records packed", count, lambda: pack([(f"{n:08d}", members) for n in range(count)]))
    listed = read_photo_list(photos)
    settings = MakeSettings(per_shard=8)
    with tempfile.TemporaryDirectory() as out:
        make_shards(listed[:1], Path(out) / "first", settings)  # loads the networks
        number = 2 if quick else len(listed)
        add(
            "photos read, judged, cut, packed",
            number,
            lambda: make_shards(listed[:number], Path(out) / "all", settings),
        )
    _add_pairs(add, shards, quick=quick)
    table.notes.append(
        f"512 x 512; drawn heads. 6,000 updates of 16 an hour need {NEEDED:.0f} pairs a second."
    )
    table.notes.append(
        f"In the order of training a photo is visited for {VISIT} pairs of two patterns; what is "
        "worked out for photos and patterns is counted in. At random, every pair pays for its own."
    )
    return table


def _add_pairs(
    add: Callable[[str, int, Callable[[], object]], None], shards: Path, *, quick: bool
) -> None:
    pairs = PairDataset(shards, split="train", seed=1)
    own = range(VISIT if not quick else RUN)
    first = [pairs[n] for n in own]  # everything is worked out
    add("pairs rendered, photo and pattern ready", len(own), lambda: [pairs[n] for n in own])
    whole, face = Augmentation(probability=0.3), pairs.face(0)
    rng = np.random.default_rng(0)
    add(
        "pairs seen by a camera",
        len(own),
        lambda: [whole.draw(rng, 512).applied(sample, face) for sample in first],
    )
    fresh = PairDataset(shards, split="train", seed=2)
    order = PairOrder(fresh, of_update=4, seed=0)
    number = VISIT if quick else order.count
    add(
        "pairs in the order of training",
        number,
        lambda: [fresh[order.number(place)] for place in range(number)],
    )
    scattered = PairDataset(shards, split="train", seed=3, kept_photos=1)
    some = np.random.default_rng(0).permutation(len(scattered))[: 2 if quick else 24].tolist()
    add("pairs at random", len(some), lambda: [scattered[n] for n in some])


def registered(shards: Path, *, quick: bool) -> Table:
    """How near the plan on its source comes to the photo, by registration, mm."""
    table = Table(
        "data_registration",
        ["procedure", "pairs", "landmarks", "moved, median mm", "left, median mm", "left, 95 % mm"],
    )
    held = ShardSet(shards)
    photos = [photo_of(held.read(*each)) for each in held.of_split("train")][: 1 if quick else 4]
    found: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for run in range(8 if quick else 40):
        photo = photos[run % len(photos)]
        pattern = draw_pattern(4, run, ears_of_pairs(photo))
        plan = plan_of(pattern, photo.landmarks)
        recipe = recipe_of(draft(pattern, 4, run), plan, seed=4, number=run, person="")
        moved, left = _left_mm(photo, recipe.plan, recipe.flags)
        if len(moved):
            name = recipe.procedure if len(pattern.procedures) == 1 else "several"
            found.setdefault(name, []).append((moved, left))
    for name, each in sorted(found.items()):
        moved, left = (np.concatenate(values) for values in zip(*each, strict=True))
        table.add(
            name,
            len(each),
            len(left),
            float(np.median(moved)),
            float(np.median(left)),
            float(np.quantile(left, 0.95)),
        )
    table.notes.append(
        "The plan of each pair is simulated on its source and registered against the photo, at the "
        "landmarks that it moves by a pixel or more. A registration by itself is off by 0.05 mm."
    )
    return table


def _left_mm(
    photo: PreparedFace, plan: SurgicalPlan, flags: ClinicalFlags
) -> tuple[np.ndarray, np.ndarray]:
    """How far landmarks moved, and what registration finds left, mm."""
    pair = reverse_pair(photo, plan, flags)
    source = PreparedFace(pair.warp.warped, pair.source, glasses="no")
    source.once("covers", lambda: CoverFinding(None, ("open", "open"), pair.source))
    forward = warp_plan(source, pair.plan, pair.flags, clock=StageClock(), pause=lambda: None)
    forward = lit(source, forward)
    way = np.linalg.norm(pair.source.points[:, :2] - photo.landmarks.points[:, :2], axis=1)
    own = np.flatnonzero((way > 1.0) & photo.visible)
    if not len(own):
        return way[own], way[own]
    grid = pair.warp.mask.grid
    box = (grid.x, grid.y, grid.width, grid.height)
    left = register(photo.image, forward.warped, box).at(photo.landmarks.points[own, :2])
    mm = photo.landmarks.scale.mm_per_px
    return way[own] * mm, np.linalg.norm(left, axis=1) * mm


def main() -> None:
    options = arguments(__doc__ or "").parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        photos = render_photos(2 if options.quick else 8, Path(folder) / "heads", seed=17)
        shards = Path(folder) / "shards"
        make_shards(read_photo_list(photos), shards, MakeSettings(per_shard=8, passes=1))
        deliver(
            options,
            speeds(photos, shards, quick=options.quick),
            registered(shards, quick=options.quick),
        )


if __name__ == "__main__":
    main()
