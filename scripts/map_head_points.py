"""Find where the 478 landmarks and the anatomical points lie on the embedded head.

The head is drawn with several shapes and skins, straight ahead and turned, the landmark network
looks at the pictures, and what it finds is carried back to the surface; left and right are made
exact mirrors. The anatomical points follow from the shape of the midline and from landmarks.

    python scripts/map_head_points.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from head_portraits import SKINS, Look, portrait  # noqa: E402

from landmarkdiff.head.camera import HeadCamera  # noqa: E402
from landmarkdiff.head.landmark_map import LandmarkMap, landmark_map  # noqa: E402
from landmarkdiff.head.model import HEAD_WEIGHTS, HeadModel, read_head_model  # noqa: E402
from landmarkdiff.head.raster import rasterize  # noqa: E402
from landmarkdiff.landmarks.detector import LandmarkDetector  # noqa: E402
from landmarkdiff.landmarks.topology import topology  # noqa: E402
from landmarkdiff.weights import require  # noqa: E402

FILE = ROOT / "landmarkdiff" / "head" / "points.csv"
SIZE = (560, 480)
#: Yaw, pitch: nearly straight ahead for most points, turned for those at the sides.
VIEWS = ((0, 0), (-8, 4), (8, -4), (-30, 0), (30, 0))
HEADS = 5
ROUNDS = 2
#: The iris: its centre, then the right, upper, left and lower point of its edge in the picture.
IRISES = {"right_eye": range(468, 473), "left_eye": range(473, 478)}
Row = tuple[str, NDArray[np.intp], NDArray[np.float64]]
Closest = tuple[NDArray[np.intp], NDArray[np.float64]]


def closest(model: HeadModel, points: NDArray[np.float64], parts: tuple[str, ...]) -> Closest:
    """Return for each point the triangle (vertices) of the average head nearest to it, weights."""
    triangles = model.topology.triangles[model.topology.triangles_of(*parts)]
    a, b, c = (model.mean[triangles[:, corner]] for corner in range(3))
    chosen, weights = [], []
    for point in points:
        found = _in_triangles(point, a, b, c)
        places = found[:, :1] * a + found[:, 1:2] * b + found[:, 2:] * c
        best = int(np.linalg.norm(places - point, axis=1).argmin())
        chosen.append(triangles[best])
        weights.append(found[best])
    return np.array(chosen), np.array(weights)


def _in_triangles(
    point: NDArray[np.float64],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    c: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Barycentric coordinates of the point of each triangle nearest to ``point``."""
    ab, ac, ap = b - a, c - a, point - a
    d1, d2 = (ab * ap).sum(1), (ac * ap).sum(1)
    aa, bb, cc = (ab * ab).sum(1), (ac * ac).sum(1), (ab * ac).sum(1)
    den = np.maximum(aa * bb - cc * cc, 1e-12)
    v, w = (bb * d1 - cc * d2) / den, (aa * d2 - cc * d1) / den
    inner = np.stack([1 - v - w, v, w], axis=1)
    edges = []
    for first, second, place in ((a, b, (0, 1)), (a, c, (0, 2)), (b, c, (1, 2))):
        along = second - first
        t = np.clip(((point - first) * along).sum(1) / np.maximum((along**2).sum(1), 1e-12), 0, 1)
        weights = np.zeros((len(a), 3))
        weights[:, place[0]], weights[:, place[1]] = 1 - t, t
        edges.append(weights)
    options = np.stack([inner, *edges])
    places = np.einsum("oti,itk->otk", options, np.stack([a, b, c]))
    distance = np.linalg.norm(places - point, axis=2)
    distance[0, (inner < 0).any(axis=1)] = np.inf
    best = distance.argmin(axis=0)
    return options[best, np.arange(len(a))]


def first_guess(path: Path) -> LandmarkMap:
    """Return a coarse map: the vertices nearest to the canonical face, put at the eyes."""
    with np.load(path) as file:
        places = file["vertices.npy" if "vertices.npy" in file.files else "vertices"] / 100.0
        parts = file["parts.npy" if "parts.npy" in file.files else "parts"]
    canonical = np.concatenate([topology().vertices_mm, np.zeros((10, 3))])
    eyes = [places[parts == number].mean(axis=0) for number in (2, 3)]
    offset = (
        np.mean(eyes, axis=0) + np.array([0, 0, 8]) - canonical[[33, 133, 362, 263]].mean(axis=0)
    )
    skin = np.flatnonzero(parts == 0)
    near = [
        int(skin[np.linalg.norm(places[skin] - p - offset, axis=1).argmin()]) for p in canonical
    ]
    rows = np.array(near)[:, None].repeat(3, axis=1)
    return LandmarkMap(rows, np.tile([1.0, 0, 0], (478, 1)), (), rows[:0], np.zeros((0, 3)))


def heads(model: HeadModel) -> list[dict[str, float]]:
    """Shares of the shapes of the drawn heads: the average, and peoples of both sexes."""
    people = [n for n in model.identity_names if n.endswith("-young")]
    return [{}, *({name: 2.0} for name in people)][:HEADS]


def seen_on_surface(model: HeadModel) -> NDArray[np.float64]:
    """Return the landmarks as the network sees them, carried to the average head: (478, 3) mm."""
    detector = LandmarkDetector()
    total, weight = np.zeros((478, 3)), np.zeros((478, 1))
    side = topology().vertices_mm[:, 0]
    for number, shares in enumerate(heads(model)):
        surface = model.surface(shares)
        for yaw, pitch in VIEWS:
            camera = HeadCamera.turned(
                yaw, pitch, px_per_mm=2.1, shift=(SIZE[1] / 2 + 1.6 * yaw, SIZE[0] * 0.42)
            )
            look = Look(skin=SKINS[number % len(SKINS)], seed=number)
            face = detector.extract(portrait(model, surface, camera, look, SIZE), passes=8)
            seen = camera.project(surface.vertices)
            drawn = rasterize(seen[:, :2], seen[:, 2], model.topology.triangles, *SIZE)
            place = np.rint(face.points[:, :2]).astype(int)
            place = np.clip(place, 0, [SIZE[1] - 1, SIZE[0] - 1])
            shown = drawn.triangle[place[:, 1], place[:, 0]]
            share = drawn.weights[place[:, 1], place[:, 0]]
            corners = model.topology.triangles[np.maximum(shown, 0)]
            home = (model.mean[corners] * share[..., None]).sum(axis=1)
            facing = (surface.normals[corners] * share[..., None]).sum(axis=1) @ camera.sight
            trust = np.where(shown >= 0, np.clip(facing, 0, 1) ** 4 + 1e-4, 0.0)[:, None]
            if abs(yaw) > 15:  # on the far side the network only guesses
                trust[np.append(side, np.zeros(10)) * yaw > 5.0] = 0.0
            total += trust * home
            weight += trust
    return total / np.maximum(weight, 1e-9)


def mirrored(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Make left and right exact mirrors."""
    return (points + points[topology().mirror] * (-1, 1, 1)) / 2


def midline_points(model: HeadModel) -> dict[str, NDArray[np.float64]]:
    """Return the points of the midsagittal profile by its shape, on a fine polyline, mm."""
    line = model.mean[model.topology.midline]
    step = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    fine = np.arange(0, step[-1], 0.1)
    y, z = (np.interp(fine, step, line[:, axis]) for axis in (1, 2))

    def most(value: NDArray[np.float64], start: int, end: int) -> int:
        return start + int(value[start:end].argmax())

    marks = model.landmarks.points(model.mean)
    at = lambda number: int(np.abs(y - marks[number, 1]).argmin())  # noqa: E731
    tip = most(z, at(168), at(0))
    nasion = most(-z, at(9), tip - 150)
    glabella = most(z, at(10), nasion)

    # Extremes across the line between two neighbours, as the clinic defines the points.
    def across(start: int, end: int, sign: float) -> int:
        chord = np.array([z[end] - z[start], y[end] - y[start]])
        away = sign * (chord[0] * (y - y[start]) - chord[1] * (z - z[start])) / np.hypot(*chord)
        return most(away, start, end)

    upper, stomion = at(0), at(13)
    subnasale = across(tip, upper, -1.0)
    labrale_superius = most(z, subnasale + 20, stomion)
    labrale_inferius = most(z, stomion + 5, at(18))
    chin = at(152)
    pogonion = most(z, at(200), chin)
    sublabiale = across(labrale_inferius, pogonion, -1.0)
    neck_end = len(y) - 1
    cervical = across(chin, neck_end, -1.0)
    menton = across(pogonion, cervical, 1.0)
    gnathion = most(z - y, pogonion, menton)
    found = {
        "glabella": glabella, "nasion": nasion, "rhinion": nasion + int(0.45 * (tip - nasion)),
        "supratip": tip - 60, "pronasale": tip, "subnasale": subnasale,
        "labrale_superius": labrale_superius, "stomion": stomion,
        "labrale_inferius": labrale_inferius, "sublabiale": sublabiale, "pogonion": pogonion,
        "gnathion": gnathion, "menton": menton, "cervical_point": cervical,
        "trichion": at(10), "columella": (tip + subnasale) // 2,
    }  # fmt: skip
    return {name: np.array([0.0, y[i], z[i]]) for name, i in found.items()}


#: Anatomical points of both sides that are landmarks of the mesh (the patient's right).
SIDES = {
    "exocanthion": 33, "endocanthion": 133, "palpebrale_superius": 159,
    "palpebrale_inferius": 145, "alare": 129, "subalare": 98, "cheilion": 61,
    "crista_philtri": 37, "zygion": 234, "gonion": 58, "frontotemporale": 54,
    "superciliare": 105, "malar_eminence": 50,
}  # fmt: skip


def ear_points(model: HeadModel) -> dict[str, NDArray[np.float64]]:
    """Return points of the right ear by its shape, mm."""
    ear = model.topology.parts["right_ear"]
    places = model.mean[ear]
    front = places[np.abs(places[:, 1] - np.median(places[:, 1])) < 6]
    return {
        "superaurale": places[places[:, 1].argmax()],
        "subaurale": places[places[:, 1].argmin()],
        "postaurale": places[places[:, 2].argmin()],
        "helix": places[places[:, 0].argmin()],
        "tragus": front[front[:, 2].argmax()],
        "otobasion_superius": places[(places @ [0.0, 0.5, 1.0]).argmax()],
        "otobasion_inferius": places[(places @ [0.6, -1.0, 0.25]).argmax()],
    }


def iris_points(model: HeadModel) -> dict[int, NDArray[np.float64]]:
    """Return centre and edge of both irises on the eyeballs, mm."""
    found = {}
    for part, numbers in IRISES.items():
        eye = model.mean[model.topology.parts[part]]
        front = eye[eye[:, 2].argmax()]
        centre = np.array([eye[:, 0].mean(), eye[:, 1].mean(), front[2]])
        sides = ((0, 0), (-5.85, 0), (0, 5.85), (5.85, 0), (0, -5.85))
        for number, (x, y) in zip(numbers, sides, strict=True):
            found[number] = centre + np.array([x, y, -1.3 if (x, y) != (0, 0) else 0.0])
    return found


def find_landmarks(path: Path) -> LandmarkMap:
    """Look at drawn heads, in a few rounds from a coarse map on."""
    points = first_guess(path)
    for turn in range(ROUNDS):
        model = read_head_model(path, points)
        places = mirrored(seen_on_surface(model))
        vertices, weights = closest(model, places, ("skin",))
        for number, place in iris_points(model).items():
            part = "right_eye" if number < 473 else "left_eye"
            (vertices[number],), (weights[number],) = closest(model, place[None], (part,))
        vertices, weights = exact_mirrors(model, vertices, weights)
        points = LandmarkMap(vertices, weights, (), vertices[:0], weights[:0])
        off = np.linalg.norm(points.points(model.mean) - places, axis=1).mean()
        print(f"round {turn + 1}: carried {off:.2f} mm to the surface")
    return points


def write(model: HeadModel, rows: list[Row]) -> None:
    """Write points as triangles with weights."""
    lines = ["point,first,second,third,weight_of_first,weight_of_second"]
    for name, vertex, share in rows:
        first, second, third = model.topology.twin[vertex]
        lines.append(f"{name},{first},{second},{third},{share[0]:.5f},{share[1]:.5f}")
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _on_midline(
    model: HeadModel, vertices: NDArray[np.intp], weights: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Put a point of no side exactly on the midline, between two vertices of it."""
    point = (model.mean[vertices] * weights[:, None]).sum(axis=0)
    line = model.topology.midline
    start, along = model.mean[line[:-1]], np.diff(model.mean[line], axis=0)
    share = np.clip(((point - start) * along).sum(axis=1) / (along**2).sum(axis=1), 0, 1)
    best = int(np.linalg.norm(start + share[:, None] * along - point, axis=1).argmin())
    first, second = line[best], line[best + 1]
    return np.array([first, second, second]), np.array([1 - share[best], share[best], 0.0])


def main() -> None:
    """Write the file; with ``--names`` the anatomical points alone are found again."""
    path = require(HEAD_WEIGHTS)
    points = landmark_map() if "--names" in sys.argv else find_landmarks(path)
    model = read_head_model(path, points)
    vertices, weights = exact_mirrors(model, points.vertices.copy(), points.weights.copy())
    points = LandmarkMap(vertices, weights, (), vertices[:0], weights[:0])
    rows: list[Row] = [
        (str(n), v, w) for n, (v, w) in enumerate(zip(points.vertices, points.weights, strict=True))
    ]
    write(model, rows)
    named = midline_points(model)
    for name, place in named.items():
        (found,), (share,) = closest(model, place[None], ("skin",))
        rows.append((name, *_on_midline(model, found, share)))
    for name, number in SIDES.items():
        for side, own in (("right", number), ("left", int(topology().mirror[number]))):
            rows.append((f"{side}_{name}", points.vertices[own], points.weights[own]))
    ear = ear_points(model)
    found, shares = closest(model, np.array(list(ear.values())), ("right_ear",))
    for name, vertex, share in zip(ear, found, shares, strict=True):
        rows.append((f"right_{name}", vertex, share))
        rows.append((f"left_{name}", model.topology.mirror[vertex], share))
    write(model, rows)


def exact_mirrors(
    model: HeadModel, vertices: NDArray[np.intp], weights: NDArray[np.float64]
) -> Closest:
    """Give every landmark of the patient's left the mirror triangle of its partner."""
    partner = topology().mirror
    for number in range(478):
        other = int(partner[number])
        if number < other:
            vertices[other] = model.topology.mirror[vertices[number]]
            weights[other] = weights[number]
        elif number == other:
            vertices[number], weights[number] = _on_midline(
                model, vertices[number], weights[number]
            )
    return model.topology.twin[vertices], weights


if __name__ == "__main__":
    main()
