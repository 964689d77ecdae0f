"""Write ``landmarkdiff/landmarks/data/topology.json`` from the canonical face mesh.

Vertices, texture coordinates, triangles and the weights of the pose fit come from the
landmarker bundle; contour groups and expression names from the ``mediapipe`` wheel (both
Apache-2.0, Google). The mirror map is derived: each vertex goes to the one at its mirrored
place. The irises have no canonical vertices, so their pairs come from the landmarks of the
portraits in ``tests/data/landmark_reference.json``.

    python scripts/make_topology.py
"""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from mediapipe_venv import run
from numpy.typing import NDArray

from landmarkdiff import weights

ROOT = Path(__file__).parents[1]
GOAL = ROOT / "landmarkdiff" / "landmarks" / "data" / "topology.json"
REFERENCE = ROOT / "tests" / "data" / "landmark_reference.json"

CONTOURS = """
import json, sys
from mediapipe.tasks.python.vision.face_landmarker import FaceLandmarksConnections as groups
found = {
    name.removeprefix("FACE_LANDMARKS_"): [[edge.start, edge.end] for edge in getattr(groups, name)]
    for name in dir(groups) if name.startswith("FACE_LANDMARKS_")
}
json.dump(found, open(sys.argv[1], "w"))
"""

#: The 146 landmarks that the expression network reads (face_blendshapes_graph.cc, MediaPipe).
# fmt: off
BLENDSHAPE_POINTS = [
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65,
    66, 67, 70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136,
    144, 145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172,
    173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283,
    284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318, 321, 323, 324,
    332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385,
    386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472,
    473, 474, 475, 476, 477,
]
# fmt: on


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Read one protocol-buffer integer; return it and the next position."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data: bytes) -> list[tuple[int, Any]]:
    """Split a protocol-buffer message into (field number, value)."""
    found: list[tuple[int, Any]] = []
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        value: Any
        if tag & 7 == 0:
            value, at = varint(data, at)
        elif tag & 7 == 5:
            value, at = struct.unpack_from("<f", data, at)[0], at + 4
        else:
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        found.append((tag >> 3, value))
    return found


def canonical_mesh() -> tuple[NDArray[np.float64], NDArray[np.int64], dict[int, float]]:
    """Return vertices with texture coordinates (468, 5), triangles (898, 3), fit weights."""
    with zipfile.ZipFile(weights.obtain("face_landmarker")) as bundle:
        message = fields(bundle.read("geometry_pipeline_metadata_landmarks.binarypb"))
    mesh = fields(next(value for number, value in message if number == 1))
    vertices = np.array([value for number, value in mesh if number == 3]).reshape(468, 5)
    triangles = np.array([value for number, value in mesh if number == 4]).reshape(-1, 3)
    basis = [dict(fields(value)) for number, value in message if number == 2]
    return vertices, triangles, {int(item[1]): float(item[2]) for item in basis}


def mirror_of_vertices(vertices: NDArray[np.float64]) -> list[int]:
    """Return for each vertex the one at its mirrored place (x negated)."""
    mirrored = vertices * (-1.0, 1.0, 1.0)
    distance = np.linalg.norm(mirrored[:, None] - vertices[None], axis=2)
    partner = distance.argmin(axis=1)
    if not np.array_equal(partner[partner], np.arange(len(vertices))):
        raise SystemExit("the mirror map of the mesh is not an involution")
    return [int(index) for index in partner]


def iris_pairs() -> list[int]:
    """Return the mirror partners of points 468 to 477, from upright frontal portraits."""
    votes = []
    for photo in json.loads(REFERENCE.read_text(encoding="utf-8"))["photos"]:
        points = np.array(photo["points"])[:, :2]
        right, left = points[468:473] - points[468], points[473:478] - points[473]
        distance = np.linalg.norm((right * (-1, 1))[:, None] - left[None], axis=2)
        votes.append(distance.argmin(axis=1))
    if not all(np.array_equal(vote, votes[0]) for vote in votes):
        raise SystemExit("the portraits disagree about the iris points")
    partner = [473 + int(index) for index in votes[0]]
    back = [0] * 5
    for index, other in enumerate(partner):
        back[other - 473] = 468 + index
    return partner + back


def main() -> None:
    """Derive everything and write the file."""
    vertices, triangles, fit = canonical_mesh()
    contours = run(CONTOURS)
    tessellation = contours.pop("TESSELATION")
    contours.pop("CONTOURS")
    listed = {tuple(sorted(edge)) for edge in tessellation}
    # MediaPipe lists its tessellation as three directed edges for each triangle.
    tiles = [
        [edge[0] for edge in tessellation[at : at + 3]] for at in range(0, len(tessellation), 3)
    ]
    for at, (a, b, c) in enumerate(tiles):
        if tessellation[3 * at : 3 * at + 3] != [[a, b], [b, c], [c, a]]:
            raise SystemExit(f"tessellation entry {3 * at} does not begin a triangle")
    names = json.loads(REFERENCE.read_text(encoding="utf-8"))["photos"][0]["blendshapes"]
    mirror = mirror_of_vertices(vertices[:, :3]) + iris_pairs()
    print(f"{len(triangles)} canonical triangles, {len(tiles)} tiles, {len(listed)} edges")
    record = {
        "source": "MediaPipe face_landmarker.task and mediapipe wheel, Apache-2.0, Google LLC",
        "vertices_cm": np.round(vertices[:, :3], 6).tolist(),
        "uv": np.round(vertices[:, 3:], 6).tolist(),
        "triangles": triangles.tolist(),
        "tiles": tiles,
        "edges": sorted(sorted(edge) for edge in listed),
        "contours": contours,
        "mirror": mirror,
        "fit_weights": {str(index): round(weight, 6) for index, weight in fit.items()},
        "blendshape_points": BLENDSHAPE_POINTS,
        "blendshape_names": list(names),
    }
    GOAL.parent.mkdir(exist_ok=True)
    GOAL.write_text(json.dumps(record, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
