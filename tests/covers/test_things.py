"""Things on a face are found where they lie; what belongs to a face is none."""

from __future__ import annotations

import cv2
import drawn_covers as drawn
import numpy as np
import pytest

from landmarkdiff.covers import detect_covers


@pytest.fixture(scope="module")
def frames(prepared_portraits):
    return {name: face.frames() for name, face in prepared_portraits.items()}


#: Each thing with landmarks under it.
THINGS = {
    drawn.strip: (5, 195),
    drawn.ruler: (164, 0),
    drawn.metal_splint: (5, 195),
    drawn.eye_pad: (386, 374, 263),
    drawn.cannula: (164,),
    drawn.chin_patch: (),
    drawn.finger: (),
    drawn.black_bar: (159, 386, 168),
    drawn.breathing_tube: (),
}


@pytest.mark.parametrize("lay", THINGS, ids=lambda lay: lay.__name__)
def test_a_thing_on_the_face_is_found(astronaut, faces, lay):
    face = faces["astronaut"]
    photo = lay(astronaut, face)
    found = detect_covers(photo, face)
    assert found.things is not None
    assert found.covered[list(THINGS[lay])].all()
    # Nearly all of what was drawn inside the face is found, and little beside it.
    changed = np.abs(photo.astype(int) - astronaut).max(axis=2) > 60
    oval = np.zeros(changed.shape, np.uint8)
    ring = cv2.convexHull(face.points[:468, :2].astype(np.float32)).astype(np.int32)
    cv2.fillPoly(oval, [ring], 1)
    inside = cv2.erode(oval, np.ones((5, 5), np.uint8)) > 0
    mask = found.things.over(photo.shape[1], photo.shape[0]) > 0.5
    assert mask[changed & inside].mean() > 0.7
    near = cv2.dilate(changed.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert mask[near].sum() > 0.75 * mask.sum()


#: What belongs to a face, or is made up on it.
NATURE = (
    drawn.freckles,
    drawn.mole,
    drawn.scar,
    drawn.blusher,
    drawn.dark_lips,
    drawn.eye_shadow,
    drawn.side_shadow,
    drawn.beard,
    drawn.white_beard,
)


@pytest.mark.parametrize("lightness", [1.0, 0.6, 0.35])
@pytest.mark.parametrize("add", NATURE, ids=lambda add: add.__name__)
def test_what_belongs_to_a_face_is_no_cover(astronaut, faces, add, lightness):
    face = faces["astronaut"]
    photo = add((astronaut * lightness).astype(np.uint8), face)
    found = detect_covers(photo, face)
    assert found.things is None
    assert found.eyes == ("open", "open")
    assert found.still is None
    assert not found.covered.any()


@pytest.mark.parametrize("seed", [0, 1, 2, 5, 7, 8])
def test_skin_between_strands_of_hair_is_no_cover(grace_hopper, faces, frames, seed):
    """They end it sharply on all sides, and it goes on beyond them in the same colour."""
    face = faces["grace_hopper"]
    photo = drawn.strands(grace_hopper, face, seed)
    assert (photo != grace_hopper).any(axis=2).sum() > 100
    assert detect_covers(photo, face, frames["grace_hopper"]).things is None


@pytest.mark.parametrize("name", ["astronaut", "grace_hopper"])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda image: image,
        lambda image: (image * 0.4).astype(np.uint8),
        lambda image: np.clip(image * 1.4, 0, 255).astype(np.uint8),
        lambda image: cv2.GaussianBlur(image, (0, 0), 1.5),
        lambda image: cv2.imdecode(cv2.imencode(".jpg", image, [1, 25])[1], 1),
        lambda image: np.ascontiguousarray(image[..., ::-1]),
    ],
    ids=["as it is", "dark", "light", "blurred", "compressed", "false colours"],
)
def test_a_bare_portrait_is_bare(portraits, faces, frames, name, spoil):
    photo = np.ascontiguousarray(spoil(portraits[name]))
    found = detect_covers(photo, faces[name], frames[name])
    assert found.things is None
    assert found.eyes == ("open", "open")


def test_a_spectacle_frame_is_dealt_with_elsewhere(grace_hopper, faces, frames):
    """The frame that is given is not reported a second time."""
    found = detect_covers(grace_hopper, faces["grace_hopper"], frames["grace_hopper"])
    assert found.things is None


def test_a_thing_is_found_on_glasses_too(grace_hopper, faces, frames):
    face = faces["grace_hopper"]
    found = detect_covers(drawn.chin_patch(grace_hopper, face), face, frames["grace_hopper"])
    assert found.things is not None


def test_the_map_lies_where_the_thing_lies_in_the_photo(astronaut, faces):
    face = faces["astronaut"]
    found = detect_covers(drawn.chin_patch(astronaut, face), face)
    middle = drawn.to_photo(face, drawn.place(face, 152) - (10, 14))
    corners = drawn.to_photo(face, drawn.place(face, 152) - (10, 14) + [[0, -24], [40, 0]])
    assert found.things.at(middle) > 0.9
    assert found.things.at(corners).max() == 0.0
