"""The identity check, on the embedded network and on one written by hand in ArcFace's shape."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tiny_onnx

from landmarkdiff import weights
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import (
    LicenceError,
    ParameterError,
    WeightsCorruptError,
    WeightsMissingError,
)
from landmarkdiff.identity import NETWORKS, IdentityCheck, align, check_identity, embedder
from landmarkdiff.identity.alignment import TEMPLATE_PX
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.landmarks import FaceLandmarks, extract_landmarks
from landmarkdiff.landmarks.five_points import five_points

ImageArray = np.ndarray


@pytest.fixture(scope="module")
def faces(portraits) -> dict[str, tuple[ImageArray, FaceLandmarks]]:
    return {name: (pixels, extract_landmarks(pixels)) for name, pixels in portraits.items()}


def turned(pixels: ImageArray, face: FaceLandmarks, degrees: float, factor: float):
    """The photo turned about its middle and resized, with its landmarks."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, factor)
    points = face.points.copy()
    points[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    return cv2.warpAffine(pixels, matrix, (width, height)), face.with_points(points)


def arcface(path: Path, **changes: object) -> Configuration:
    return Configuration.from_dict(
        {
            "licence_policy": "research",
            "identity": {"model": "arcface", "path": str(path), **changes},
        }
    )


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, np.ndarray]]:
    path = tmp_path_factory.mktemp("arcface") / "w600k_r50.onnx"
    content, tensors = tiny_onnx.recognition_network()
    path.write_bytes(content)
    return path, dict(tensors)


def fitted(points: ImageArray, goal: ImageArray) -> ImageArray:
    """Where the similarity that fits best puts the points, by linear least squares."""
    (x, y), zero, one = points.T, np.zeros(len(points)), np.ones(len(points))
    rows = np.concatenate([np.column_stack([x, -y, one, zero]), np.column_stack([y, x, zero, one])])
    found = np.linalg.lstsq(rows, goal.T.ravel(), rcond=None)[0]
    return (rows @ found).reshape(2, -1).T


@pytest.mark.parametrize("name", ["grace_hopper", "astronaut"])
@pytest.mark.parametrize(("degrees", "factor"), [(0, 1.0), (35, 0.8), (-160, 1.3)])
def test_alignment_brings_the_five_points_to_the_template(faces, name, degrees, factor):
    pixels, face = turned(*faces[name], degrees, factor)
    spots = five_points(face)
    expected = fitted(spots, TEMPLATE_PX)
    assert np.linalg.norm(expected - TEMPLATE_PX, axis=1).mean() < 8.0  # a face is no template
    rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    for spot, place in zip(spots, expected, strict=True):
        away = (columns - spot[0]) ** 2 + (rows - spot[1]) ** 2
        dotted = np.repeat((255 * np.exp(-away / 18.0)).astype(np.uint8)[..., None], 3, axis=2)
        aligned = align(dotted, face)[..., 0].astype(float)
        assert aligned.shape == (112, 112)
        seen = [(aligned * grid).sum() / aligned.sum() for grid in np.mgrid[:112, :112][::-1]]
        assert np.abs(seen - place).max() < 0.3


def test_alignment_does_not_depend_on_size_and_turn_of_the_photo(faces):
    pixels, face = faces["grace_hopper"]
    plain = align(pixels, face).astype(int)
    large = cv2.resize(pixels, None, fx=5, fy=5, interpolation=cv2.INTER_CUBIC)
    points = face.points * 5.0
    points[:, :2] += 2.0
    big = replace(face, points=points, image_width=large.shape[1], image_height=large.shape[0])
    assert np.abs(align(large, big) - plain).mean() < 3.0
    around, turned_face = turned(pixels, face, 90, 1.0)
    assert np.abs(align(around, turned_face) - plain).mean() < 4.0


def test_the_photo_itself_is_the_same_person_and_another_portrait_is_not(faces):
    settings = Configuration()
    (pixels, face), (other, other_face) = faces["grace_hopper"], faces["astronaut"]
    check = check_identity(pixels, face, face, settings, raw=pixels, composite=pixels)
    assert check.verdict == "passed"
    assert check.reason is None
    assert check.similarity_raw == pytest.approx(1.0, abs=1e-5)
    assert check.similarity_composite == pytest.approx(1.0, abs=1e-5)
    assert check.weights == weights.sums("sface")
    stranger = check_identity(pixels, face, other_face, settings, raw=other)
    assert stranger.verdict == "flagged"
    assert stranger.similarity_raw < 0.2
    assert str(stranger.reason) == "below the threshold: raw."
    assert stranger.threshold == stranger.published_threshold == 0.363


@pytest.mark.parametrize("name", ["grace_hopper", "astronaut"])
def test_a_simulation_and_a_poor_copy_stay_the_person(faces, name):
    pixels, face = faces[name]
    made = LandmarkDiffPipeline().generate(pixels, "rhinoplasty", 100, verify=False)
    coded = cv2.imdecode(cv2.imencode(".jpg", made.image, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], 1)
    check = check_identity(
        pixels, face, made.target, Configuration(), raw=coded, composite=made.image
    )
    assert check.verdict == "passed"
    assert check.similarity_composite > 0.93
    assert check.similarity_raw > 0.8


def test_a_turned_and_a_small_face_are_read_alike(faces):
    pixels, face = faces["grace_hopper"]
    reader = embedder("sface", Configuration())
    own = reader.embed(pixels, face)
    assert own.shape == (128,)
    assert np.linalg.norm(own) == pytest.approx(1.0, abs=1e-5)
    for degrees, factor, least in ((30, 1.0, 0.95), (180, 1.0, 0.95), (0, 0.4, 0.9)):
        assert own @ reader.embed(*turned(pixels, face, degrees, factor)) > least


def test_one_flagged_picture_flags_the_check(faces):
    pixels, face = faces["astronaut"]
    black = np.zeros_like(pixels)
    check = check_identity(pixels, face, face, Configuration(), raw=pixels, composite=black)
    assert check.verdict == "flagged"
    assert str(check.reason) == "below the threshold: composite."
    assert check.to_dict()["similarity_raw"] == 1.0
    assert check.to_dict()["similarity"] == check.to_dict()["similarity_composite"] < 0.363


def test_a_threshold_of_ones_own_decides_and_is_shown(faces):
    pixels, face = faces["astronaut"]
    settings = Configuration.from_dict({"identity": {"threshold": 0.99}})
    blurred = cv2.GaussianBlur(pixels, (0, 0), 4)
    check = check_identity(pixels, face, face, settings, raw=blurred)
    assert check.verdict == "flagged"
    assert (check.threshold, check.published_threshold) == (0.99, 0.363)


def test_the_record_is_json_and_holds_no_embedding(faces):
    pixels, face = faces["astronaut"]
    check = check_identity(pixels, face, face, Configuration(), raw=pixels)
    record = json.loads(json.dumps(check.to_dict()))
    assert list(record) == [
        "status", "model", "similarity", "similarity_raw", "similarity_composite",
        "threshold", "published_threshold", "verdict", "reason",
    ]  # fmt: skip
    assert record["status"] == record["verdict"] == "passed"
    assert record["similarity_composite"] is None
    numbers = [value for value in vars(check).values() if isinstance(value, np.ndarray)]
    assert not numbers
    assert "array" not in repr(check)


def test_the_embedding_of_the_photo_is_made_once_per_photo(faces):
    pixels, face = faces["astronaut"]
    prepared = LandmarkDiffPipeline().prepare(pixels, passes=1)
    first = check_identity(pixels, face, face, Configuration(), raw=pixels, cache=prepared.once)
    # What is kept is used: another photo under the same key would give the first one's answer.
    again = check_identity(
        np.zeros_like(pixels), face, face, Configuration(), raw=pixels, cache=prepared.once
    )
    assert again.similarity == first.similarity
    assert "embedding" not in repr(prepared)
    assert len(repr(prepared)) == len(repr(replace(prepared, _found={})))


def test_a_face_of_few_pixels_is_not_compared(faces):
    pixels, face = faces["astronaut"]
    small, small_face = turned(pixels, face, 0, 0.3)
    check = check_identity(small, small_face, small_face, Configuration(), raw=small)
    assert check.verdict is None
    assert check.to_dict()["status"] == "not_run"
    assert check.to_dict()["similarity"] is None
    assert "too small to be compared" in str(check.reason)


def test_a_missing_network_is_a_reason_and_no_verdict(faces, tmp_path, monkeypatch):
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(tmp_path / "none"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    pixels, face = faces["astronaut"]
    check = check_identity(pixels, face, face, Configuration(), raw=pixels)
    assert check.verdict is None
    assert "face_recognition_sface_2021dec_int8bq.onnx is missing" in str(check.reason)
    assert "weights pull sface" in str(check.reason)
    assert check.similarity is None
    with pytest.raises(WeightsMissingError):
        embedder("sface", Configuration())


def test_arcface_needs_the_research_policy(faces):
    pixels, face = faces["astronaut"]
    settings = Configuration.from_dict({"identity": {"model": "arcface"}})
    with pytest.raises(LicenceError, match="not for commercial use"):
        embedder("arcface", settings)
    check = check_identity(pixels, face, face, settings, raw=pixels)
    assert check.verdict is None
    assert "sface is used instead" not in str(check.to_dict()["similarity"])
    assert "licence policy is commercial" in str(check.reason)
    assert (check.model, check.threshold, check.published_threshold) == ("arcface", 0.6, 0.28)


def test_a_file_of_ones_own_needs_its_licence_said(tiny):
    with pytest.raises(LicenceError, match="arcface network of your own"):
        embedder("arcface", arcface(tiny[0]).model_copy(update={"licence_policy": "commercial"}))
    settings = arcface(tiny[0], commercial_use=True)
    allowed = settings.model_copy(update={"licence_policy": "commercial"})
    assert embedder("arcface", allowed).network is NETWORKS["arcface"]


def test_arcface_reads_rgb_in_minus_one_to_one(faces, tiny):
    """Against the network computed by hand: order of colours, range, layout, unit length."""
    path, tensors = tiny
    pixels, face = faces["grace_hopper"]
    tinted = pixels.copy()
    tinted[..., 2] //= 3
    found = embedder("arcface", arcface(path)).embed(tinted, face)
    values = (align(tinted, face).astype(np.float64) - 127.5) / 127.5
    expected = tiny_onnx.run_by_hand(tensors, values.transpose(2, 0, 1))
    expected /= np.linalg.norm(expected)
    assert found.shape == (512,)
    np.testing.assert_allclose(found, expected, atol=2e-5)
    mistaken = tiny_onnx.run_by_hand(tensors, values.transpose(2, 0, 1)[::-1])
    assert np.abs(found - mistaken / np.linalg.norm(mistaken)).max() > 0.01


def test_sface_reads_rgb_values_as_they_are(faces):
    """As OpenCV's own recogniser feeds it: swapRB of a BGR picture, no scaling."""
    pixels, face = faces["grace_hopper"]
    net = cv2.dnn.readNetFromONNX(str(weights.require("sface")))
    blob = cv2.dnn.blobFromImage(
        align(pixels, face)[..., ::-1].copy(), 1, (112, 112), (0, 0, 0), True
    )
    net.setInput(blob, "data")
    expected = net.forward()[0]
    found = embedder("sface", Configuration()).embed(pixels, face)
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected), atol=1e-5)


def test_a_check_with_arcface_runs_under_the_research_policy(faces, tiny):
    pixels, face = faces["grace_hopper"]
    check = check_identity(pixels, face, face, arcface(tiny[0]), raw=pixels)
    assert check.verdict == "passed"
    assert check.similarity_raw == pytest.approx(1.0, abs=1e-5)
    assert check.weights == {"w600k_r50.onnx": weights.sha256_of(tiny[0])}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "cannot be read as ONNX"),
        (b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94", "cannot be read as ONNX"),
        (b"<html>404</html>" * 50, "cannot be read as ONNX"),
        ("cut", "cannot be read as ONNX"),
        ("narrow", "its answer has the shape (1, 128)"),
    ],
    ids=["empty", "pickle", "page", "cut", "narrow"],
)
def test_a_broken_or_wrong_network_is_refused(faces, tiny, tmp_path, content, what):
    path = tmp_path / "own.onnx"
    if content == "cut":
        content = tiny[0].read_bytes()[:20000]
    elif content == "narrow":
        content = tiny_onnx.recognition_network(128)[0]
    path.write_bytes(content)
    with pytest.raises(WeightsCorruptError) as error:
        embedder("arcface", arcface(path))
    assert what in str(error.value)
    assert "own.onnx is not the network that arcface needs" in str(error.value)
    pixels, face = faces["grace_hopper"]
    check = check_identity(pixels, face, face, arcface(path), raw=pixels)
    assert check.verdict is None
    assert what in str(check.reason)


def test_another_file_under_the_catalogues_name_is_refused(faces, tiny, tmp_path, monkeypatch):
    """Bytes that the catalogue does not pin never run, even if they are a network."""
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(tmp_path))
    (tmp_path / "w600k_r50.onnx").write_bytes(tiny[0].read_bytes())
    settings = Configuration.from_dict(
        {"licence_policy": "research", "identity": {"model": "arcface"}}
    )
    with pytest.raises(WeightsCorruptError, match="not the file the catalogue pins"):
        embedder("arcface", settings)
    pixels, face = faces["grace_hopper"]
    assert check_identity(pixels, face, face, settings, raw=pixels).verdict is None


def test_unknown_networks_and_missing_files_are_named(tmp_path):
    with pytest.raises(ParameterError, match="allowed: sface, arcface"):
        embedder("facenet", Configuration())
    with pytest.raises(WeightsMissingError, match=r"identity\.path"):
        embedder("arcface", arcface(tmp_path / "gone.onnx"))


def test_the_similarity_of_the_result_is_that_of_the_worst_picture():
    check = IdentityCheck("sface", 0.363, 0.363, "passed", None, 0.51234567, 0.9)
    assert check.to_dict()["similarity"] == check.to_dict()["similarity_raw"] == 0.5123
