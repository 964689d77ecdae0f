"""What is handed out: cropped, labelled, mirrored where asked, and 1:1 on paper."""

from __future__ import annotations

import datetime
import io
from pathlib import Path

import cv2
import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from numpy.typing import NDArray
from PIL import Image

from landmarkdiff.errors import ParameterError
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction, PreparedFace
from landmarkdiff.landmarks.face import IRIS_CENTRES
from landmarkdiff.photo import Photo, draw_label, read_photo
from landmarkdiff.texts import Texts, languages
from landmarkdiff.workflows.output.handout import Handout, handout_region

POINTS_PER_MM = 72 / 25.4
DAY = datetime.date(2026, 11, 29)
ENGLISH = Texts.load("en")


@pytest.fixture(scope="module")
def photo(portrait_files: Path) -> Photo:
    return read_photo(portrait_files / "grace_hopper.png")


@pytest.fixture(scope="module")
def nose(pipeline: LandmarkDiffPipeline, prepared_portraits: dict[str, PreparedFace]) -> Prediction:
    return pipeline.generate(prepared_portraits["grace_hopper"], "rhinoplasty", 60, verify=False)


@pytest.fixture(scope="module")
def handout(nose: Prediction, photo: Photo) -> Handout:
    return Handout(nose, photo, ENGLISH)


def pictures_of(data: bytes) -> list[tuple[NDArray[np.uint8], tuple[float, float], int]]:
    """Each picture of a PDF: pixels, width and height on paper in mm, and its page."""
    found = []
    with pypdfium2.PdfDocument(data) as document:
        for number, page in enumerate(document):
            for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE]):
                left, bottom, right, top = item.get_bounds()
                size = (right - left) / POINTS_PER_MM, (top - bottom) / POINTS_PER_MM
                buffer = io.BytesIO()
                item.extract(buffer)
                with Image.open(buffer) as picture:
                    found.append((np.asarray(picture.convert("RGB")), size, number))
            page.close()
    return found


def place_in(picture: NDArray[np.uint8], photo: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The similarity (2, 3) that takes photo pixels to those of a picture, by their features."""
    sift = cv2.SIFT.create(800)
    (first, here), (second, there) = (sift.detectAndCompute(one, None) for one in (photo, picture))
    pairs = cv2.BFMatcher().knnMatch(here, there, k=2)
    good = [one for one, other in pairs if one.distance < 0.7 * other.distance]
    source = np.array([first[one.queryIdx].pt for one in good], np.float64)
    target = np.array([second[one.trainIdx].pt for one in good], np.float64)
    found, inliers = cv2.estimateAffine2D(source, target, ransacReprojThreshold=2.0)
    assert int(inliers.sum()) > 30
    return np.asarray(found, np.float64)


@pytest.mark.parametrize(("crop", "paper"), [("region", "a4"), ("face", "letter")])
def test_a_known_distance_is_as_long_on_paper_as_on_the_face(
    nose: Prediction, photo: Photo, crop: str, paper: str
) -> None:
    data = Handout(nose, photo, ENGLISH, crop).encode("pdf", paper=paper, date=DAY)
    found = pictures_of(data)
    assert len(found) == 2
    pixels, (width, height), _ = found[0]
    # At the photo's own fineness, which is where its features are found quickest.
    pixels = cv2.resize(pixels, (500, round(500 * height / width)), interpolation=cv2.INTER_AREA)
    turned = place_in(pixels, photo.pixels)
    right, left = nose.source.points[list(IRIS_CENTRES), :2]
    known = float(np.hypot(*(left - right)) * nose.source.scale.mm_per_px)
    assert 50 < known < 75
    # On paper: pixels of the picture, each as large as the box of the PDF makes it.
    along = turned[:, :2] @ (left - right)
    printed = np.hypot(along[0] * width / pixels.shape[1], along[1] * height / pixels.shape[0])
    assert printed == pytest.approx(known, rel=0.005)
    # And down as across.
    down = turned[:, :2] @ np.array([0.0, 1.0])
    across = turned[:, :2] @ np.array([1.0, 0.0])
    tall = np.hypot(down[0] * width / pixels.shape[1], down[1] * height / pixels.shape[0])
    wide = np.hypot(across[0] * width / pixels.shape[1], across[1] * height / pixels.shape[0])
    for length in (tall, wide):
        assert length == pytest.approx(nose.source.scale.mm_per_px, rel=0.005)


def test_the_sheet_says_what_it_is(handout: Handout, nose: Prediction) -> None:
    with pypdfium2.PdfDocument(handout.encode("pdf", date=DAY)) as document:
        assert len(document) == 1
        page = document[0]
        assert page.get_size() == pytest.approx((841.89, 595.28), abs=0.1)
        words = " ".join(page.get_textpage().get_text_range().split())
        paths = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH])
        bounds = [item.get_bounds() for item in paths]
        page.close()
    percent = 100 * nose.source.scale.relative_uncertainty
    assert f"± {percent:.1f} %" in words
    low, high = 50 * (1 - percent / 100), 50 * (1 + percent / 100)
    assert f"50 mm long on paper; on the face that is {low:.1f} to {high:.1f} mm" in words
    for said in ("Before", "After (simulation)", ENGLISH.simulation_statement, "Rhinoplasty"):
        assert said in words
    # The bar, as long as it says, lies below the pictures.
    lengths = [(right - left) / POINTS_PER_MM for left, _, right, _ in bounds]
    first, second = bounds[:2]
    bar, *ticks = lengths[2:]
    # Bounds are wider than their line by its strokes, as those of a tick are.
    assert len(ticks) == 6
    assert bar - ticks[0] == pytest.approx(50.0, abs=0.05)
    assert bounds[2][3] < min(first[1], second[1])
    assert b"/PrintScaling /None" in handout.encode("pdf", date=DAY)


def test_a_face_that_no_lying_sheet_holds_has_two_standing_ones(
    nose: Prediction, photo: Photo
) -> None:
    found = pictures_of(Handout(nose, photo, ENGLISH, "face").encode("pdf", date=DAY))
    assert [page for *_, page in found] == [0, 1]
    assert all(width <= 186.01 and height <= 227.01 for _, (width, height), _ in found)


@pytest.mark.parametrize("crop", ["region", "face"])
def test_only_the_word_and_the_plan_tell_both_pictures_apart(
    nose: Prediction, photo: Photo, crop: str
) -> None:
    region = handout_region(nose, crop)
    size = (400, round(400 * region.height / region.width))
    shown = Handout(nose, photo, ENGLISH, crop).pictures(size)
    differs = np.abs(shown.before.astype(int) - shown.after).max(axis=2) > 3
    mask = region.tile(nose.surgical_mask.full(), size, beyond=0) > 0
    near = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    rows, columns = np.nonzero(differs & ~near)
    # What is left is the label: a box in a corner, dark.
    assert np.ptp(rows) < 0.1 * size[1]
    assert np.ptp(columns) < 0.5 * size[0]
    assert (shown.after[rows, columns].mean(axis=1) < 60).mean() > 0.5
    assert (differs & near).sum() > 100


def test_mirrored_pictures_are_turned_and_say_so(
    handout: Handout, nose: Prediction, photo: Photo
) -> None:
    turned = Handout(nose, photo, ENGLISH, "region", mirrored=True)
    size = (300, 300)
    np.testing.assert_array_equal(
        turned.pictures(size).before, handout.pictures(size).before[:, ::-1]
    )
    # The word is laid over the turned picture, so that it can be read.
    tile = handout.region.tile(nose.image, size)[:, ::-1].copy()
    mask = handout.region.tile(nose.surgical_mask.full(), size, beyond=0)[:, ::-1] > 8
    lettered, _ = draw_label(tile, mask=mask, text=nose.label)
    np.testing.assert_array_equal(turned.pictures(size).after, lettered)
    # A line more below: the file says that it is mirrored.
    assert turned.pair().shape[0] > handout.pair().shape[0]
    with pypdfium2.PdfDocument(turned.encode("pdf", date=DAY)) as document:
        assert ENGLISH("handout.mirrored") in document[0].get_textpage().get_text_range()


@pytest.mark.parametrize("format", ["png", "jpeg", "gif", "webp"])
def test_files_are_what_they_say(handout: Handout, format: str) -> None:
    data = handout.encode(format)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == format.upper()
        frames = getattr(picture, "n_frames", 1)
    assert frames == (2 if format in ("gif", "webp") else 1)
    assert b"landmarkdiff" in data


@pytest.mark.parametrize("language", languages())
def test_every_language_has_its_captions(nose: Prediction, photo: Photo, language: str) -> None:
    texts = Texts.load(language)
    pair = Handout(nose, photo, texts).pair()
    head = pair[: round(0.02 * pair.shape[0])]
    # Letters stand above both pictures.
    half = pair.shape[1] // 2
    for part in (head[:, :half], head[:, half:]):
        assert (part < 128).any()
    with pypdfium2.PdfDocument(Handout(nose, photo, texts).encode("pdf", date=DAY)) as document:
        words = "".join(document[0].get_textpage().get_text_range().split())
    for key in ("common.before", "handout.after"):
        assert "".join(texts(key).split()) in words


def test_unknown_choices_are_refused(nose: Prediction, photo: Photo, handout: Handout) -> None:
    with pytest.raises(ParameterError, match="png"):
        handout.encode("bmp")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="letter"):
        handout.encode("pdf", paper="a5")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="face"):
        handout_region(nose, "neck")  # type: ignore[arg-type]
