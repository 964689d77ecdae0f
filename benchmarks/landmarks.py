"""How fast, how steady and how right the landmarks are.

Parity with MediaPipe's own program comes from the reference file of the tests. Where a folder of
further photos is there (``LANDMARKDIFF_PHOTOS``), they take part, and the mesh is compared with
the points that were placed by hand on some of them (``*.tem``: the count, then x and y).

    python benchmarks/landmarks.py [--json FILE] [--markdown FILE] [--quick]
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from tables import REPOSITORY, ImageArray, Table, arguments, deliver, median, photo_files, portraits

from landmarkdiff.arrays import FloatArray
from landmarkdiff.landmarks import FaceLandmarks, LandmarkDetector
from landmarkdiff.landmarks.topology import topology
from landmarkdiff.photo import read_photo

#: Mean distance to MediaPipe's own points, percent of the inter-ocular distance.
PARITY_LIMIT = 0.1
#: The turn (degrees) and the shrinking that landmarks should follow.
TURN_DEG, SHRINK = 3.0, 0.93
#: Structure -> (mesh point, hand-placed point) pairs, found by looking at both on a photo.
HAND_PLACED = {
    "pupils": ((468, 0), (473, 1)),
    "medial canthi": ((133, 22), (362, 23)),
    "lateral canthi": ((33, 18), (263, 27)),
    "alae": ((49, 62), (279, 67)),
    "subnasale": ((2, 55),),
    "mouth corners": ((61, 87), (291, 93)),
    "upper vermilion border": ((0, 90),),
    "lower vermilion border": ((17, 106),),
    "chin (menton)": ((152, 129),),
}


def distances(face: FaceLandmarks, points: FloatArray, expected: FloatArray) -> FloatArray:
    """Distance of each point from where it should be, percent of the inter-ocular distance."""
    return np.hypot(*(points[:, :2] - expected[:, :2]).T) / face.interocular_px * 100.0


def parity(detector: LandmarkDetector, photos: dict[str, ImageArray]) -> list[float]:
    """Mean distance to MediaPipe's own points on each reference photo, percent."""
    reference = REPOSITORY / "tests" / "data" / "landmark_reference.json"
    found = []
    for record in json.loads(reference.read_text(encoding="utf-8"))["photos"]:
        image = photos[record["portrait"]]
        size = record["width"], record["height"]
        if size != image.shape[1::-1]:
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        face = detector.extract(image, passes=1)
        found.append(float(distances(face, face.points, np.array(record["points"])).mean()))
    return found


def turned(image: ImageArray, face: FaceLandmarks) -> tuple[ImageArray, FloatArray]:
    """Return the photo turned and shrunk about the face, and the 2 x 3 matrix that did it."""
    centre = face.origin_px[:2]
    matrix = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), TURN_DEG, SHRINK)
    size = image.shape[1::-1]
    moved = cv2.warpAffine(
        image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.uint8), matrix


def repeatability(detector: LandmarkDetector, image: ImageArray, passes: int) -> float:
    """Mean distance from where the landmarks should be after turn and shrinking, percent."""
    face = detector.extract(image, passes=passes)
    moved, matrix = turned(image, face)
    expected = face.points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    return float(distances(face, detector.extract(moved, passes=passes).points, expected).mean())


def mirror_error(detector: LandmarkDetector, image: ImageArray, passes: int) -> float:
    """Mean distance from the mirrored landmarks in the mirrored photo, percent."""
    face = detector.extract(image, passes=passes)
    twin = detector.extract(np.ascontiguousarray(image[:, ::-1]), passes=passes)
    points = twin.points.copy()
    points[:, 0] = face.image_width - 1 - points[:, 0]
    return float(distances(face, points[topology().mirror], face.points).mean())


def hand_placed(path: Path) -> FloatArray:
    """Read a file of hand-placed points: (n, 2) pixels."""
    words = path.read_text(encoding="utf-8").split()
    count = int(words[0])
    return np.array(words[1 : 1 + 2 * count], np.float64).reshape(count, 2)


def add_times(
    table: Table, detector: LandmarkDetector, photos: dict[str, ImageArray], repeat: int
) -> None:
    """Time the search at each number of passes, interleaved."""
    image = photos["grace_hopper"]
    large = np.asarray(cv2.resize(image, (3000, 3516), interpolation=cv2.INTER_CUBIC), np.uint8)
    times: dict[tuple[str, int], list[float]] = {}
    for round_ in range(repeat + 1):
        for size, picture in (("512 x 600", image), ("3000 x 3516", large)):
            for passes in (1, 2, 8, 16):
                started = time.perf_counter()
                detector.extract(picture, passes=passes)
                taken = 1e3 * (time.perf_counter() - started)
                if round_:
                    times.setdefault((size, passes), []).append(taken)
    for (size, passes), values in times.items():
        table.add(f"time, {size}", passes, repeat, median(values), max(values), "ms", None)


def add_hand_placed(
    table: Table, detector: LandmarkDetector, files: Sequence[Path], passes: int
) -> None:
    """Compare the mesh with hand-placed points, structure by structure."""
    errors: dict[str, list[float]] = {}
    count = 0
    for path in files:
        placed = path.with_suffix(".tem")
        if not placed.exists():
            continue
        count += 1
        points = hand_placed(placed)
        face = detector.extract(read_photo(path).pixels, passes=passes)
        for name, pairs in HAND_PLACED.items():
            mesh, hand = (list(side) for side in zip(*pairs, strict=True))
            errors.setdefault(name, []).append(
                float(distances(face, face.points[mesh], points[hand]).mean())
            )
    for name, values in errors.items():
        table.add(
            f"against hand: {name}", passes, count, median(values), max(values), "% of eyes", None
        )


def main() -> None:
    """Measure everything and deliver the table."""
    options = arguments(__doc__ or "").parse_args()
    detector = LandmarkDetector()
    photos = portraits()
    table = Table("landmarks", ("what", "passes", "n", "median", "worst", "unit", "limit"))
    add_times(table, detector, photos, 2 if options.quick else 15)
    apart = parity(detector, photos)
    table.add(
        "parity with MediaPipe", 1, len(apart), median(apart), max(apart), "% of eyes", PARITY_LIMIT
    )
    files = sorted(photo_files(), key=lambda path: not path.with_suffix(".tem").exists())
    files = files[: 2 if options.quick else None]
    images = [*photos.values(), *(read_photo(path).pixels for path in files)]
    for name, figure in (
        (f"after a turn of {TURN_DEG:.0f} deg and shrinking by 7 %", repeatability),
        ("in the mirrored photo", mirror_error),
    ):
        for passes in (1, 8):
            values = [figure(detector, image, passes) for image in images]
            table.add(name, passes, len(values), median(values), max(values), "% of eyes", None)
    for passes in (1, 8):
        add_hand_placed(table, detector, files, passes)
    table.notes += [
        "'% of eyes': mean distance over the landmarks, in percent of the distance between the "
        "lateral canthi; the median and the worst are over n photos (over n repetitions for "
        "times).",
        f"Photos: the two portraits{f' and {len(files)} more' if files else ''}."
        + (
            " 'against hand' compares mesh points with points placed by hand; both have their own "
            "idea of where an anatomical point lies, so not all of it is noise."
            if any(path.with_suffix(".tem").exists() for path in files)
            else ""
        ),
    ]
    deliver(options, table, parity_percent=apart)


if __name__ == "__main__":
    main()
