"""How near a fitted head comes to the head that was drawn, how honest its bands are, how fast.

Random heads of the embedded family are drawn from the front, at 35 degrees to both sides and from
the side; each is fitted from some of the pictures. Distances are along the true surface's normals
after a rigid alignment of the face (point to plane). Heads of the family that is fitted flatter
the figures: people differ in ways that it does not hold.

    python benchmarks/head.py [--json FILE] [--markdown FILE] [--quick]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import numpy as np
from tables import REPOSITORY, Table, arguments, deliver, median

sys.path.insert(0, str(REPOSITORY / "tests"))

from head_portraits import SKINS, Look, portrait

from landmarkdiff.arrays import FloatArray
from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.head import (
    HeadCamera,
    HeadModel,
    HeadPhoto,
    HeadSurface,
    fit_head,
    head_model,
)
from landmarkdiff.head.fit.evidence import turned
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.landmarks.face import Scale
from landmarkdiff.profile import find_profile

SIZE, PX = (720, 640), 2.9
#: Spread of the drawn heads, standard deviations of the prior, and of their size.
SPREAD, SIZE_SPREAD = 1.0, 0.04
#: The people whose shape a head has more of than the average has, standard deviations.
PEOPLE_SPREAD = 2.5
#: Which of the four pictures each fit is given.
SETS = {
    "average head": (),
    "frontal": (0,),
    "frontal + two obliques": (0, 1, 2),
    "frontal + profile": (0, 3),
    "frontal + two obliques + profile": (0, 1, 2, 3),
}
POINTS = ("rhinion", "pronasale", "pogonion")
#: Standard deviations on each side that hold 90 percent of a normal distribution.
NINETY = 1.645


def heads(model: HeadModel, count: int) -> Iterator[tuple[HeadSurface, list[HeadPhoto]]]:
    """Draw heads and look at them; a head whose pictures cannot be read is left out."""
    detector, rng = LandmarkDetector(), np.random.default_rng(11)
    ruler = Scale(1.0 / PX, 0.02, "ruler")
    people = [name for name in model.identity_names if name.count("-") == 2]
    people = [name for name in people if name.startswith("macrodetails/")]
    for number in range(count):
        shares = rng.normal(0.0, SPREAD, len(model.identity_names))
        shares[model.identity_names.index(people[number % len(people)])] += PEOPLE_SPREAD
        drawn = model.surface(shares)
        truth = HeadSurface(drawn.topology, drawn.vertices * np.exp(rng.normal(0, SIZE_SPREAD)))
        look = Look(skin=SKINS[number % len(SKINS)], seed=number)
        photos: list[HeadPhoto] = []
        try:
            for yaw in (0, 35, -35):
                shift = (SIZE[1] / 2 + 0.75 * PX * yaw, SIZE[0] * 0.42)
                camera = HeadCamera.turned(
                    yaw, rng.normal(0, 3), rng.normal(0, 3), px_per_mm=PX, shift=shift
                )
                face = detector.extract(portrait(model, truth, camera, look, SIZE), passes=8)
                photos.append(face.with_scale(ruler))
            camera = HeadCamera.turned(
                -90 + rng.normal(0, 4), px_per_mm=PX, shift=(SIZE[1] * 0.4, SIZE[0] * 0.42)
            )
            step = np.array([0.0, 0.0, np.radians(rng.normal(0, 4)), 0.0, 0.0, 0.0])
            picture = portrait(model, truth, turned(camera, step), look, SIZE)
            photos.append(find_profile(picture))
        except LandmarkDiffError:
            continue
        yield truth, photos


def aligned(model: HeadModel, head: HeadSurface, truth: HeadSurface) -> FloatArray:
    """Distance of every vertex along the true normals, mm, after a rigid alignment of the face."""
    there, here = (model.landmarks.points(surface.vertices) for surface in (truth, head))
    left, _, right = np.linalg.svd((here - here.mean(0)).T @ (there - there.mean(0)))
    turn = left @ np.diag([1, 1, np.linalg.det(left @ right)]) @ right
    places = (head.vertices - here.mean(0)) @ turn + there.mean(0)
    face = np.unique(model.landmarks.vertices)
    for _ in range(12):
        normals = truth.normals[face]
        off = ((truth.vertices[face] - places[face]) * normals).sum(axis=1)
        rows = np.hstack([np.cross(places[face], normals), normals])
        weight = 1.0 / (1.0 + (off / 2.0) ** 2)
        step = np.linalg.solve(rows.T @ (rows * weight[:, None]), rows.T @ (off * weight))
        places = places + np.cross(step[:3], places) + step[3:]
    return np.asarray(((places - truth.vertices) * truth.normals).sum(axis=1))


def main() -> None:
    """Measure everything and deliver the table."""
    options = arguments(__doc__ or "").parse_args()
    model = head_model()
    face = np.unique(model.landmarks.vertices)
    known = list(heads(model, 2 if options.quick else 24))
    fit_head(known[0][1][:1])  # the prior is made once
    table = Table(
        "head",
        ("photos", "n", *POINTS, "face", "better than average %", "90 % band holds %", "ms"),
    )
    average: list[float] = []
    for name, chosen in SETS.items():
        errors: dict[str, list[float]] = {point: [] for point in (*POINTS, "face")}
        held, times = [], []
        for truth, photos in known:
            head = model.surface()
            if chosen:
                started = time.perf_counter()
                fitted = fit_head([photos[place] for place in chosen])
                times.append(1e3 * (time.perf_counter() - started))
                head = fitted.surface
            off = aligned(model, head, truth)
            named = model.landmarks.anatomical(np.abs(off)[:, None])
            for point in POINTS:
                errors[point].append(float(named[point][0]))
            errors["face"].append(float(np.abs(off[face]).mean()))
            if chosen:
                held.append(np.mean(np.abs(off[face]) < NINETY * fitted.uncertainty_mm[face]))
        if not chosen:
            average = errors["face"]
        better = [mine < other for mine, other in zip(errors["face"], average, strict=True)]
        table.add(
            name,
            len(known),
            *(float(np.mean(errors[point])) for point in (*POINTS, "face")),
            100.0 * float(np.mean(better)) if chosen else None,
            100.0 * float(np.mean(held)) if chosen else None,
            median(times) if chosen else None,
        )
    table.notes += [
        "Mean distances in mm along the normals: of three points, and of the face's landmarks. The "
        "heads are drawn from the family that is fitted, with known scale of the photos that show "
        "the mesh; with people expect more.",
        "'90 % band holds': share of the face's landmarks within 1.645 of the stated standard "
        "deviations.",
    ]
    deliver(options, table)


if __name__ == "__main__":
    main()
