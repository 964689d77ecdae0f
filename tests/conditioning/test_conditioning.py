from dataclasses import replace

import cv2
import numpy as np
import pytest
from rendering import pixel_of

from landmarkdiff.conditioning import (
    CONTOUR_COLOURS,
    MESH_COLOURS,
    adaptive_canny,
    draw_depth,
    draw_mediapipe_face,
    draw_tessellation,
    generate_conditioning,
    thin,
)
from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks import FaceLandmarks
from landmarkdiff.landmarks.topology import topology


def close_up(face: FaceLandmarks) -> FaceLandmarks:
    """The same face in a square picture of which it fills three quarters."""
    x, y, width, height = face.box
    side = max(width, height) / 0.75
    points = face.points.copy()
    points[:, :2] += side / 2 - np.array([x + width / 2, y + height / 2])
    points[:, :2] = points[:, :2] * 1000 / side
    return replace(face, points=points, image_width=1000, image_height=1000)


def colours_of(picture: np.ndarray) -> set[tuple[int, ...]]:
    """Every colour of a picture; as single numbers, which sort twenty times as fast as rows."""
    numbers = np.unique(picture.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32))
    return {(int(n) >> 16, int(n) >> 8 & 255, int(n) & 255) for n in numbers}


def test_mediapipe_face_repeats_the_annotator(portrait):
    """Against a plain re-drawing from the published order, colours and sizes."""
    face = close_up(portrait[1])
    groups = [
        ("FACE_OVAL", 36, (10, 200, 10)),
        ("LEFT_EYE", 16, (10, 200, 180)),
        ("LEFT_EYEBROW", 8, (10, 220, 180)),
        ("RIGHT_EYE", 16, (180, 200, 10)),
        ("RIGHT_EYEBROW", 8, (180, 220, 10)),
        ("LIPS", 40, (10, 180, 10)),
    ]
    assert [(name, colour) for name, _, colour in groups] == list(CONTOUR_COLOURS.items())
    expected = np.zeros((512, 512, 3), np.uint8)
    for name, count, colour in groups:
        edges = topology().contours[name]
        assert len(edges) == count
        for start, end in edges[::-1]:  # the order inside a group does not matter
            ends = pixel_of(face, start, 512, 512), pixel_of(face, end, 512, 512)
            cv2.line(expected, *ends, colour, 2)
    for point, colour in ((468, (250, 200, 10)), (473, (10, 200, 250))):
        x, y = pixel_of(face, point, 512, 512)
        expected[y - 2 : y + 2, x - 2 : x + 2] = colour
    drawn = draw_mediapipe_face(face, 512, 512)
    np.testing.assert_array_equal(drawn, expected)
    # The patient's right is on the left of the picture.
    assert (drawn == (250, 200, 10)).all(axis=2).sum() == 16
    right = np.nonzero((drawn == (250, 200, 10)).all(axis=2))[1].mean()
    left = np.nonzero((drawn == (10, 200, 250)).all(axis=2))[1].mean()
    assert right < left
    assert len(colours_of(drawn)) == 9  # black, six groups, two pupils: nothing blended


def test_mediapipe_face_leaves_out_what_is_outside(portrait):
    face = close_up(portrait[1])
    points = face.points.copy()
    points[468, :2] = -5.0
    points[10, 1] = -200.0  # top of the face oval
    drawn = draw_mediapipe_face(face.with_points(points), 512, 512)
    assert not (drawn == (250, 200, 10)).all(axis=2).any()
    assert (drawn == (10, 200, 250)).all(axis=2).sum() == 16
    # Neither of the two edges at point 10 is drawn, clipped or not.
    whole = draw_mediapipe_face(face, 512, 512)
    x, y = pixel_of(face, 10, 512, 512)
    assert whole[y, x].tolist() == [10, 200, 10]
    assert not drawn[: y + 2, x - 2 : x + 2].any()


def test_tessellation_draws_every_edge_once_in_its_colour(portrait):
    face = close_up(portrait[1])
    size = 2048
    drawn = draw_tessellation(face, size, size)
    spots = np.array([pixel_of(face, point, size, size) for point in range(478)])
    edges = topology().edges
    assert len(edges) == 1322
    middles = spots[edges].mean(axis=1).round().astype(int)
    lit = [
        drawn[y - 1 : y + 2, x - 1 : x + 2].any() and drawn[tuple(spots[a][::-1])].any()
        for (x, y), (a, _) in zip(middles, edges, strict=True)
    ]
    assert all(lit)
    assert colours_of(drawn) == {(0, 0, 0), *MESH_COLOURS.values()}


def test_tessellation_tells_sides_and_nose_apart(portrait):
    face = close_up(portrait[1])
    drawn = draw_tessellation(face, 512, 512)

    def columns(part: str) -> np.ndarray:
        return np.nonzero((drawn == MESH_COLOURS[part]).all(axis=2))[1]

    middle = columns("midline_nose").mean()
    assert columns("right").mean() < columns("right_nose").mean() < middle
    assert columns("left").mean() > columns("left_nose").mean() > middle
    assert columns("right").size == pytest.approx(columns("left").size, rel=0.15)


def test_tessellation_has_no_lines_across_the_face():
    """The chain 172-173-...-177 joins eye corner and nose to the jaw; it is no mesh edge."""
    edges = {frozenset(edge) for edge in topology().edges.tolist()}
    assert not any(frozenset((k, k + 1)) in edges for k in range(172, 177))
    vertices = topology().vertices_mm
    ends = vertices[topology().edges]
    assert np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1).max() < 32  # mm
    assert (ends[..., 0].min(axis=1) * ends[..., 0].max(axis=1) >= -1e-3).all()


def test_the_two_drawings_are_not_alike(portrait):
    face = close_up(portrait[1])
    mesh = draw_tessellation(face, 512, 512).any(axis=2)
    contours = draw_mediapipe_face(face, 512, 512).any(axis=2)
    overlap = (mesh & contours).sum() / (mesh | contours).sum()
    assert 0.10 < overlap < 0.15


def test_drawing_follows_the_picture_size(portrait):
    face = close_up(portrait[1])
    wide = draw_mediapipe_face(face, 800, 400)
    assert wide.shape == (400, 800, 3)
    x, y = pixel_of(face, 468, 800, 400)
    assert wide[y, x].tolist() == [250, 200, 10]


def test_conditioning_bundles_drawing_and_edges(portrait):
    pixels, face = portrait
    full = generate_conditioning(face, 512, 512, pixels, kind="mediapipe_face")
    assert full.kind == "mediapipe_face"
    np.testing.assert_array_equal(full.wireframe, draw_mediapipe_face(face, 512, 512))
    assert full.edges is not None
    assert full.edges.shape == (512, 512)
    assert set(np.unique(full.edges)) == {0, 255}
    depth = generate_conditioning(face, 512, 512, kind="depth")
    assert depth.kind == "depth"
    np.testing.assert_array_equal(depth.wireframe, draw_depth(face, 512, 512))
    bare = generate_conditioning(face, 300, 400)
    assert bare.edges is None
    assert bare.kind == "tessellation"
    np.testing.assert_array_equal(bare.wireframe, draw_tessellation(face, 300, 400))


def test_canny_thresholds_follow_the_brightness_of_the_face(portrait):
    pixels, face = portrait
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    oval = np.zeros(gray.shape, np.uint8)
    ring = topology().contours["FACE_OVAL"][:, 0]
    cv2.fillPoly(oval, [np.rint(face.points[ring, :2]).astype(int)], 1)
    middle = np.median(gray[oval > 0])
    raw = cv2.Canny(gray, 0.66 * middle, 1.33 * middle) > 0
    edges = adaptive_canny(pixels, face) > 0
    assert not (edges & ~raw).any()
    assert edges.sum() > 0.7 * raw.sum()
    # Half the light gives nearly the same edges: fixed thresholds would lose most of them.
    dim = adaptive_canny((pixels // 2).astype(np.uint8), face) > 0
    near = cv2.dilate(dim.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert near[edges].mean() > 0.9
    fixed = cv2.Canny(gray // 2, 0.66 * middle, 1.33 * middle) > 0
    assert fixed.sum() < 0.7 * raw.sum()


def test_edges_are_one_pixel_thin(portrait):
    pixels, face = portrait
    raw_blocks, blocks = (
        int((e[1:, 1:] & e[:-1, 1:] & e[1:, :-1] & e[:-1, :-1]).sum())
        for e in (
            cv2.dilate(adaptive_canny(pixels, face), np.ones((2, 2))) > 0,
            adaptive_canny(pixels, face) > 0,
        )
    )
    assert raw_blocks > 1000
    assert blocks <= 2  # where four lines meet at one place, a block is their crossing
    edges = adaptive_canny(pixels, face) > 0
    np.testing.assert_array_equal(thin(edges), edges)


def test_thinning_keeps_pieces_holes_and_ends():
    mask = np.zeros((60, 80), np.uint8)
    cv2.circle(mask, (20, 20), 12, 1, 3)
    cv2.line(mask, (40, 5), (75, 40), 1, 2)
    cv2.rectangle(mask, (5, 45), (30, 55), 1, -1)
    mask[50, 60:75] = 1
    thinned = thin(mask > 0).astype(np.uint8)
    assert cv2.connectedComponents(thinned)[0] == cv2.connectedComponents(mask)[0] == 5
    holes = [cv2.connectedComponents(1 - m, connectivity=4)[0] for m in (mask, thinned)]
    assert holes == [3, 3]
    assert thinned[50, 60:75].all()
    assert thinned.sum() < 0.45 * mask.sum()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"kind": "depth_map"},
            "unknown (got depth_map); allowed: tessellation, mediapipe_face, depth",
        ),
        ({"width": 0}, "width is out of range (got 0)"),
        ({"pixels": np.zeros((20, 20, 3), np.uint8)}, "not the one the landmarks belong to"),
    ],
)
def test_wrong_arguments_are_refused(portrait, arguments, message):
    with pytest.raises(ParameterError) as error:
        generate_conditioning(**{"face": portrait[1], "width": 512, "height": 512} | arguments)
    assert message in str(error.value)
