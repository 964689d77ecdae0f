"""The guard, on warps of the two portraits: what must be kept, and what must not pass."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from guard_cases import SETTINGS, Case, blurred, clipped, warped_case

from landmarkdiff.configuration import GuardSettings
from landmarkdiff.errors import ParameterError
from landmarkdiff.verification import GuardAttempt, GuardRecord, register_structure


@pytest.fixture(scope="module")
def cases(portraits) -> dict[str, Case]:
    return {
        f"{portrait} {procedure}": warped_case(portraits[portrait], procedure)
        for portrait, procedure in (
            ("grace_hopper", "rhinoplasty"),
            ("grace_hopper", "orthognathic"),
            ("astronaut", "blepharoplasty"),
            ("astronaut", "rhinoplasty"),
        )
    }


@pytest.fixture(
    params=["grace_hopper rhinoplasty", "grace_hopper orthognathic", "astronaut blepharoplasty"]
)
def case(request, cases) -> Case:
    return cases[request.param]


@pytest.fixture
def nose(cases) -> Case:
    return cases["grace_hopper rhinoplasty"]


def moved(image: np.ndarray, shift_px: np.ndarray) -> np.ndarray:
    """The picture with its content moved by a displacement of (2,) or (H, W, 2) pixels."""
    rows, columns = np.indices(image.shape[:2], dtype=np.float32)
    shift = np.broadcast_to(np.asarray(shift_px, np.float32), (*image.shape[:2], 2))
    way = cv2.INTER_CUBIC
    border = cv2.BORDER_REPLICATE
    return cv2.remap(image, columns - shift[..., 0], rows - shift[..., 1], way, borderMode=border)


def bump(case: Case, moves: dict[int, tuple[float, float]], size_mm: float = 5.0) -> np.ndarray:
    """A displacement of some landmarks, mm, that fades within ``size_mm``: (H, W, 2) pixels."""
    rows, columns = np.indices(case.start.shape[:2], dtype=np.float32)
    field = np.zeros((*case.start.shape[:2], 2), np.float32)
    for landmark, vector in moves.items():
        x, y = case.face.points[landmark, :2]
        away = ((columns - x) ** 2 + (rows - y) ** 2) * case.face.scale.mm_per_px**2
        field += np.exp(-away / (2 * size_mm**2))[..., None] * np.array(vector) * case.px_per_mm
    return field


def through_512(image: np.ndarray) -> np.ndarray:
    small = cv2.resize(image, (512, 512), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def coded(image: np.ndarray) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 50])[1], 1)


def toned(image: np.ndarray) -> np.ndarray:
    return clipped(255 * (image / 255.0) ** 0.8 * 0.95 + 4)


def shaded(image: np.ndarray, px_per_mm: float) -> np.ndarray:
    """Light and colour that vary slowly over the face, by 10 grey levels (one SD)."""
    shape = tuple(max(2, round(side / (25 * px_per_mm))) for side in image.shape[:2])
    coarse = np.random.default_rng(4).standard_normal((*shape, 3)).astype(np.float32)
    field = cv2.resize(coarse, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return clipped(image + 10 * field)


def other_pores(image: np.ndarray, px_per_mm: float) -> np.ndarray:
    """Fine texture taken away, another one put in its place."""
    noise = np.random.default_rng(5).standard_normal(image.shape[:2]).astype(np.float32)
    grain = blurred(noise, 0.3 * px_per_mm) - blurred(noise, px_per_mm)
    return clipped(blurred(image, 0.6 * px_per_mm) + (5 * grain / grain.std())[..., None])


def sharpened(image: np.ndarray, px_per_mm: float) -> np.ndarray:
    return clipped(image + 0.6 * (image - blurred(image, px_per_mm)))


DEGRADED = {
    "nothing": lambda image, _: image,
    "resampled": lambda image, _: through_512(image),
    "blurred": lambda image, px: clipped(blurred(image, 0.4 * px)),
    "coded": lambda image, _: coded(image),
    "toned": lambda image, _: toned(image),
    "shaded": shaded,
    "sharpened": sharpened,
    "other pores": other_pores,
    "all": lambda image, px: coded(toned(shaded(other_pores(image, px), px))),
}


@pytest.mark.parametrize("way", DEGRADED)
def test_another_texture_and_tone_keep_the_plan(case, way):
    reading = case.read(DEGRADED[way](case.start, case.px_per_mm))
    assert reading.verdict == "kept", reading
    assert reading.ok
    assert reading.deviation_mm <= reading.limit_mm
    assert 0.5 <= reading.limit_mm <= 1.0
    assert reading.altered_levels < 32.0
    if way == "nothing":
        assert reading.deviation_mm == pytest.approx(0.0, abs=1e-4)
        assert reading.correlation == pytest.approx(1.0)
        assert reading.noise_mm < 0.25
        assert reading.altered_levels == 0.0


@pytest.mark.parametrize("degrees", range(0, 360, 45))
def test_a_shift_of_a_millimetre_is_seen_in_every_direction(case, degrees):
    step = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    reading = case.read(moved(case.start, step * case.px_per_mm))
    assert reading.verdict == "moved"
    assert reading.deviation_mm == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("way", ["resampled", "other pores", "all"])
def test_a_shift_is_seen_through_another_texture(case, way):
    step = np.array([0.6, -0.8]) * case.px_per_mm
    painted = DEGRADED[way](moved(case.start, step), case.px_per_mm)
    reading = case.read(painted)
    assert reading.verdict == "moved"
    assert reading.deviation_mm == pytest.approx(1.0, abs=0.35)


def test_less_than_the_limit_is_kept_and_measured(nose):
    reading = nose.read(moved(nose.start, np.array([0.3, 0.0]) * nose.px_per_mm))
    assert reading.verdict == "kept"
    assert reading.deviation_mm == pytest.approx(0.3, abs=0.06)
    assert reading.limit_mm == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    ("name", "moves"),
    [
        ("grace_hopper rhinoplasty", {48: (-1.0, 0.0), 278: (1.0, 0.0)}),  # wider alae
        ("grace_hopper rhinoplasty", {1: (0.0, -1.0)}),  # tip upward
        ("grace_hopper orthognathic", {0: (0.0, -1.0)}),  # upper lip upward
        ("astronaut blepharoplasty", {159: (0.0, 1.0)}),  # one upper lid lower
    ],
)
def test_one_part_moved_by_a_millimetre_is_seen(cases, name, moves):
    case = cases[name]
    reading = case.read(moved(case.start, bump(case, moves)))
    assert reading.verdict == "moved"
    assert reading.deviation_mm > 0.55
    place = case.face.points[reading.landmark, :2]
    nearest = min(np.hypot(*(case.face.points[k, :2] - place)) for k in moves)
    assert nearest * case.face.scale.mm_per_px < 8.0


@pytest.mark.parametrize("way", ["nothing", "all"])
def test_undoing_the_plan_is_seen(nose, way):
    reading = nose.read(DEGRADED[way](nose.photo, nose.px_per_mm))
    assert reading.verdict == "moved"
    assert reading.deviation_mm > 1.0


@pytest.mark.parametrize("kind", ["noise", "soft noise", "flat", "other person"])
def test_what_is_no_picture_of_this_face_cannot_be_registered(cases, case, kind):
    rng = np.random.default_rng(7)
    height, width = case.start.shape[:2]
    if kind == "noise":
        painted = rng.integers(0, 256, case.start.shape, dtype=np.uint8)
    elif kind == "soft noise":
        coarse = rng.standard_normal((height // 8, width // 8, 3)).astype(np.float32)
        large = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        painted = clipped(128 + 60 * large)
    elif kind == "flat":
        painted = np.full_like(case.start, np.median(case.start, axis=(0, 1)).astype(np.uint8))
    else:
        stranger = next(c for c in cases.values() if c.photo.shape != case.photo.shape)
        points = [33, 263, 1, 61, 291]
        matrix, _ = cv2.estimateAffinePartial2D(
            stranger.face.points[points, :2], case.face.points[points, :2]
        )
        painted = cv2.warpAffine(stranger.photo, matrix, (width, height))
    reading = case.read(painted)
    assert not reading.ok
    if kind != "other person":
        assert reading.verdict == "unreadable"
        assert reading.deviation_mm is None
        assert reading.correlation < 0.5
    assert reading.limit_mm <= 2 * SETTINGS.limit_mm


def test_a_noisy_picture_cannot_buy_itself_a_wide_limit(nose):
    """More and more grain: what can be seen stays the start's to say, then it is refused."""
    rng = np.random.default_rng(1)
    grain = blurred(rng.standard_normal(nose.start.shape), 0.4 * nose.px_per_mm)
    grain /= grain.std()
    readings = [nose.read(clipped(nose.start + amount * grain)) for amount in (0, 5, 30, 90)]
    assert len({reading.noise_mm for reading in readings}) == 1
    assert all(reading.limit_mm <= 1.0 for reading in readings)
    assert [reading.verdict for reading in readings] == ["kept", "kept", "altered", "unreadable"]


def test_the_settings_decide(nose):
    step = moved(nose.start, np.array([0.8, 0.0]) * nose.px_per_mm)
    assert nose.read(step).verdict == "moved"
    wide = nose.read(step, GuardSettings(limit_mm=1.2))
    assert wide.verdict == "kept"
    assert wide.limit_mm == pytest.approx(1.2, abs=0.1)
    strict = nose.read(
        DEGRADED["coded"](nose.start, 0.0), GuardSettings(limit_mm=0.02, noise_factor=0)
    )
    assert strict.verdict == "moved"
    assert strict.limit_mm == pytest.approx(0.02)


def test_only_what_the_mask_shows_is_judged(nose):
    """Elsewhere the composite keeps the photo, whatever the network painted there."""
    elsewhere = cv2.dilate(nose.mask.full(), np.ones((3, 3), np.uint8)) == 0
    painted = nose.start.copy()
    painted[elsewhere] = 255 - painted[elsewhere]
    reading = nose.read(painted)
    assert reading.verdict == "kept"
    hidden = replace(nose, readable=np.zeros(478, bool))
    assert hidden.read(nose.start).verdict == "unreadable"


def test_points_that_the_plan_leaves_alone_are_read_too(nose):
    """A single carrying landmark on the bridge, and a wing that moved: refused all the same."""
    bridge = replace(nose, landmarks=np.array([6]))
    painted = moved(nose.start, bump(nose, {48: (0.0, -1.0)}))
    assert bridge.read(painted).verdict == "moved"


def test_a_mask_beyond_the_photo_cannot_be_read(nose):
    away = replace(nose.mask, grid=replace(nose.mask.grid, x=-5000))
    assert register_structure(nose.start, nose.start, away, nose.face) is None
    reading = replace(nose, mask=away).read(nose.start)
    assert (reading.verdict, reading.deviation_mm, reading.noise_mm) == ("unreadable", None, None)


def test_pictures_of_another_size_are_refused(nose):
    with pytest.raises(ParameterError, match="not those of the mask"):
        nose.read(nose.start[:-1])


def test_the_field_of_a_known_displacement_is_found(nose):
    field = bump(nose, {4: (0.8, -0.4)}, size_mm=20.0)
    found = register_structure(nose.start, moved(nose.start, field), nose.mask, nose.face)
    places = nose.face.points[[4, 1, 195, 48, 278], :2]
    shift, covariance = found.at(places)
    x, y = np.rint(places).astype(int).T
    expected = field[y, x] * nose.face.scale.mm_per_px
    # Where little is seen, what is found keeps below the truth.
    assert np.abs(shift - expected).max() < 0.3
    assert np.abs(shift - expected).mean() < 0.12
    share = (shift * expected).sum() / (expected**2).sum()
    assert 0.65 < share < 1.05
    assert (np.linalg.eigvalsh(covariance) > 0).all()


def test_along_an_edge_nothing_is_seen_and_across_it_everything(nose):
    height, width = nose.start.shape[:2]
    columns = np.arange(width) - nose.face.points[4, 0]
    edge = 110 + 60 * np.tanh(columns / (1.5 * nose.px_per_mm))
    picture = np.repeat(np.broadcast_to(edge, (height, width))[..., None], 3, axis=2)
    start = clipped(picture + np.random.default_rng(2).normal(0, 1, (height, width, 1)))
    found = register_structure(start, start, nose.mask, nose.face)
    _, covariance = found.at(nose.face.points[[4], :2])
    across, along = covariance[0, 0, 0], covariance[0, 1, 1]
    assert along > 4 * across


def test_the_reading_does_not_depend_on_the_size_of_the_photo(cases):
    case = cases["astronaut rhinoplasty"]
    shift = np.array([0.5, 0.7]) * case.px_per_mm
    small = case.read(moved(case.start, shift))
    large_start = cv2.resize(case.start, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    face = case.face
    points = face.points * 3.0
    points[:, :2] += 1.0
    scale = replace(face.scale, mm_per_px=face.scale.mm_per_px / 3)
    grid = case.mask.grid
    grid = replace(
        grid,
        x=3 * grid.x,
        y=3 * grid.y,
        width=3 * grid.width,
        height=3 * grid.height,
        step=3 * grid.step,
    )
    height, width = large_start.shape[:2]
    enlarged = replace(
        case,
        start=large_start,
        face=replace(face, points=points, image_width=width, image_height=height, scale=scale),
        mask=replace(case.mask, grid=grid, image_width=width, image_height=height),
    )
    large = enlarged.read(moved(large_start, shift * 3))
    assert small.verdict == large.verdict == "moved"
    assert large.deviation_mm == pytest.approx(small.deviation_mm, abs=0.08)


def test_records_are_json(nose):
    reading = nose.read(nose.start)
    assert json.loads(json.dumps(reading.to_dict()))["verdict"] == "kept"
    record = GuardRecord.of(
        reading,
        (
            GuardAttempt(0.75, replace(reading, verdict="moved"), 0.9, "moved"),
            GuardAttempt(0.525, reading, 0.95, None),
        ),
        SETTINGS,
    )
    shown = json.loads(json.dumps(record.to_dict()))
    assert shown["attempts"] == 2
    assert shown["verdict"] == "passed"
    assert [attempt["strength"] for attempt in shown["history"]] == [0.75, 0.525]
    assert [attempt["verdict"] for attempt in shown["history"]] == ["moved", "kept"]
    nothing = GuardRecord.not_run("nothing_painted", SETTINGS).to_dict()
    assert (nothing["attempts"], nothing["verdict"], nothing["limit_mm"]) == (0, None, 0.5)
    assert nothing["reason"] == "nothing_painted"
