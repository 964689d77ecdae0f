"""How often the contour of a profile is wrong without a word: things before and behind the face.

Heads of the embedded family and heads displaced out of it, six skins and five backdrops at 75 to
94 degrees, bare and with a box, a hand, an arm, hair, a beard or a scarf in the way; and as people
come to be photographed, with glasses, hats, collars and more on all skins, before nine walls, some
blurred or compressed. A contour is silently wrong where 95 percent of what it does not mark as
covered is not within a millimetre of the head's own border.

    python benchmarks/contours.py [--json FILE] [--markdown FILE] [--quick]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

import numpy as np
from tables import REPOSITORY, Table, arguments, deliver

sys.path.insert(0, str(REPOSITORY / "tests"))

from everyday_profiles import EVERYDAY, everyday_profile
from hard_profiles import THINGS, HardProfile, hard_profile

from landmarkdiff.arrays import FloatArray
from landmarkdiff.profile import ProfileContour, ProfileFinder
from landmarkdiff.profile.outline import CORE

#: Heads that nothing was set by, and the error that matters, mm.
HEADS, SILENT_MM = range(20, 32), 1.0
#: As people come: nothing was set by these either.
EVERYDAY_HEADS = range(300, 302)


Maker = Callable[[int, str | None], HardProfile]


def errors(photo: HardProfile, contour: ProfileContour) -> FloatArray:
    """Distance from the head's border of what is not covered, glabella to neck, mm."""
    ends = contour.outline[[CORE.start, CORE.stop - 1]]
    first, last = (int(np.hypot(*(contour.points - end).T).argmin()) for end in ends)
    kept = ~contour.covered[first : last + 1]
    points = contour.points[first : last + 1][kept]
    return photo.distance_mm(points) if len(points) else np.zeros(1)


def found_in(
    finder: ProfileFinder, photos: Iterable[HardProfile]
) -> tuple[int, int, int, int, float | None, float | None]:
    """What comes of pictures: a row of the table but for its name."""
    worst, count, marked = [], 0, 0
    for photo in photos:
        count += 1
        contour = finder.view_of(photo.image).contour
        if contour is not None:
            marked += any(cover.kind == "unclear" for cover in contour.covers)
            worst.append(float(np.percentile(errors(photo, contour), 95)))
    silent = sum(error > SILENT_MM for error in worst)
    median = float(np.median(worst)) if worst else None
    return count, count - len(worst), silent, marked, median, max(worst, default=None)


def main() -> None:
    """Measure everything and deliver the table."""
    options = arguments(__doc__ or "").parse_args()
    finder = ProfileFinder()
    table = Table(
        "contours",
        ("in the way", "n", "refused", "silently wrong", "partly marked", "p95 mm", "worst"),
    )
    sets: dict[str, tuple[Maker, tuple[str | None, ...], range]] = {
        thing or "nothing": (hard_profile, (thing,), HEADS) for thing in (None, *THINGS)
    }
    sets["nothing, as people come"] = everyday_profile, (None,), EVERYDAY_HEADS
    sets[f"{len(EVERYDAY)} things, as people come"] = (
        everyday_profile, tuple(EVERYDAY), EVERYDAY_HEADS
    )  # fmt: skip
    for name, (make, things, heads) in sets.items():
        chosen = heads[:1] if options.quick else heads
        photos = (make(seed, thing) for thing in things for seed in chosen)
        table.add(name, *found_in(finder, photos))
    table.notes += [
        "'silently wrong': a contour was found, and 95 % of what it does not mark as covered is "
        f"not within {SILENT_MM:.0f} mm. 'partly marked': a stretch was told from the head by its "
        "shape, or since its edge is not seen. 'p95 mm' is the median of the pictures.",
    ]
    deliver(options, table)


if __name__ == "__main__":
    main()
