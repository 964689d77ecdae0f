"""A small head whose every number is known: the grid of an ellipsoid with a nose, and effects.

The grid is closed at the crown and open at the neck; its seam runs down the back, where the
vertices are doubled. The tongue is a little pyramid inside.
"""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.head.simulation import HeadEffect, HeadSimulation
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.head.topology import HeadTopology

#: Meridians, and circles of latitude from the crown to the neck.
COLUMNS, ROWS = 48, 32
#: Half axes, mm, and how far the middle lies behind the eyes.
HALF_AXES = np.array([75.0, 110.0, 95.0])
MIDDLE = np.array([0.0, 0.0, -95.0])
NECK_DEG = 150.0
#: The patch that moves along its own normal: around the tip of the nose, mm.
PATCH_MM = 24.0
ROTATION_KNOTS = np.arange(-12.0, 12.1, 3.0)


def _grid() -> tuple[FloatArray, FloatArray]:
    """Vertices (V, 3), mm, and their places in the texture (V, 2)."""
    rows = np.radians(np.linspace(0.0, NECK_DEG, ROWS + 1))[1:]
    columns = 2.0 * np.pi * np.arange(COLUMNS + 1) / COLUMNS
    polar, around = np.meshgrid(rows, columns, indexing="ij")
    unit = np.stack(
        [-np.sin(polar) * np.sin(around), np.cos(polar), -np.sin(polar) * np.cos(around)], axis=-1
    )
    vertices = (unit * HALF_AXES + MIDDLE).reshape(-1, 3)
    # The two sides of the seam are at one place to the last bit.
    vertices = vertices.reshape(ROWS, COLUMNS + 1, 3)
    vertices[:, -1] = vertices[:, 0]
    vertices = vertices.reshape(-1, 3)
    nose = 20.0 * np.exp(-((vertices[:, 0] / 12.0) ** 2) - ((vertices[:, 1] + 30.0) / 16.0) ** 2)
    vertices[:, 2] += np.where(vertices[:, 2] > MIDDLE[2], nose, 0.0)
    uv = np.stack(
        [np.broadcast_to(columns / (2.0 * np.pi), polar.shape), polar / polar.max()], axis=-1
    ).reshape(-1, 2)
    crown = np.array([[0.0, HALF_AXES[1], MIDDLE[2]]])
    return np.concatenate([vertices, crown]), np.concatenate([0.02 + 0.96 * uv, [[0.5, 0.01]]])


def _triangles() -> IndexArray:
    corner = np.arange(ROWS * (COLUMNS + 1)).reshape(ROWS, COLUMNS + 1)
    a, b = corner[:-1, :-1].ravel(), corner[:-1, 1:].ravel()
    c, d = corner[1:, :-1].ravel(), corner[1:, 1:].ravel()
    crown = np.full(COLUMNS, corner.size)
    return np.concatenate(
        [
            np.stack([a, c, b], axis=1),
            np.stack([b, c, d], axis=1),
            np.stack([crown, corner[0, :-1], corner[0, 1:]], axis=1),
        ]
    )


def small_surface() -> HeadSurface:
    """The small head before: about 1,600 vertices and 3,000 triangles."""
    vertices, uv = _grid()
    skin = np.arange(len(vertices))
    tongue = np.array([[0.0, -60, -60], [8, -60, -60], [0, -60, -50], [0, -54, -56]])
    tip = len(vertices)
    faces = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]]) + tip
    column = np.arange(ROWS) * (COLUMNS + 1)
    twin = (column[:, None] + np.arange(COLUMNS + 1) % COLUMNS).ravel()
    mirrored = (column[:, None] + COLUMNS - np.arange(COLUMNS + 1)).ravel()
    topology = HeadTopology(
        triangles=np.concatenate([_triangles(), faces]),
        uv=np.concatenate([uv, np.full((4, 2), 0.005)]),
        twin=np.concatenate([twin, len(vertices) - 1 + np.arange(5)]),
        mirror=np.concatenate([mirrored, [len(vertices) - 1], tip + np.arange(4)]),
        parts={"skin": skin, "tongue": tip + np.arange(4)},
        midline=(column + COLUMNS // 2)[4:],
    )
    return HeadSurface(topology=topology, vertices=np.concatenate([vertices, tongue]))


def rest_normals(surface: HeadSurface) -> FloatArray:
    """Normals (V, 3), each by the triangles around its place, worked out in a way of our own."""
    places = np.round(surface.vertices, 6)
    _, group = np.unique(places, axis=0, return_inverse=True)
    group = group.reshape(-1)
    corners = surface.vertices[surface.topology.triangles]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    summed = np.zeros((group.max() + 1, 3))
    for corner in range(3):
        np.add.at(summed, group[surface.topology.triangles[:, corner]], across)
    found: FloatArray = summed[group]
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def nose_tip(surface: HeadSurface) -> int:
    """The vertex farthest in front."""
    return int(np.argmax(surface.vertices[:, 2]))


def small_head(texture_px: int = 256) -> HeadSimulation:
    """The small head with three effects: one along the normal, one linear, one rotation."""
    surface = small_surface()
    vertices = surface.vertices
    skin = np.zeros(len(vertices))
    skin[surface.topology.parts["skin"]] = 1.0
    tip = vertices[nose_tip(surface)]
    near = (np.linalg.norm(vertices - tip, axis=1) < PATCH_MM) * skin
    patch = rest_normals(surface) * near[:, None]
    chin = np.array([0.0, -85.0, -40.0])
    weight = skin * np.exp(-np.sum(((vertices - chin) / 18.0) ** 2, axis=1))
    weight[weight < 1e-3] = 0.0
    forward = weight[:, None] * np.array([0.0, 0.0, 1.0])
    rotated = np.stack([_rotated(vertices, tip, angle, near) for angle in ROTATION_KNOTS])
    ys, xs = np.mgrid[:texture_px, :texture_px]
    skin_tone = np.full((texture_px, texture_px, 3), (214, 170, 148), np.uint8)
    skin_tone[(xs // 16 + ys // 16) % 2 == 0] -= 12
    behind = vertices[:, 2] < MIDDLE[2]
    return HeadSimulation(
        surface=surface,
        texture=skin_tone,
        seen=np.where(behind, 0.0, 1.0).astype(np.float32),
        effects=(
            HeadEffect.linear("rhinoplasty.bridge", value=2.0, full=4.0, displacement=4.0 * patch),
            HeadEffect.linear("mentoplasty.chin", value=-3.0, full=-6.0, displacement=-6 * forward),
            HeadEffect(
                key="rhinoplasty.tip_rotation",
                unit="deg",
                value=0.0,
                knots=ROTATION_KNOTS,
                displacements=rotated.astype(np.float32),
            ),
        ),
    )


def _rotated(vertices: FloatArray, tip: FloatArray, angle: float, near: FloatArray) -> FloatArray:
    """How a turn of the tip, upwards, about an axis 20 mm behind it moves the vertices near it."""
    away = vertices - (tip - (0.0, 0.0, 20.0))
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turned = np.stack(
        [
            away[:, 0],
            cosine * away[:, 1] + sine * away[:, 2],
            cosine * away[:, 2] - sine * away[:, 1],
        ],
        axis=1,
    )
    return np.asarray((turned - away) * near[:, None])
