"""SurgicalScore of a pair: whole where everything it asks for is there, and else the reason."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tiny_onnx

from landmarkdiff.configuration import Configuration
from landmarkdiff.evaluation import Pair
from landmarkdiff.evaluation.networks import Networks
from landmarkdiff.evaluation.published import surgical_scores
from landmarkdiff.identity.networks import embedder
from landmarkdiff.inference import LandmarkDiffPipeline


class MeanDifference:
    """A distance that anybody can check: the mean difference of the levels, as a share."""

    def distance(self, first, second):
        return float(np.abs(first.astype(float) - second).mean() / 255.0)

    def distance_map(self, first, second):
        return np.abs(first.astype(np.float32) - second).mean(axis=2) / 255.0


@pytest.fixture(scope="module")
def everything(tmp_path_factory) -> Networks:
    """A distance, a recognition network of one's own, and a realism."""
    path = tmp_path_factory.mktemp("arcface") / "own.onnx"
    path.write_bytes(tiny_onnx.recognition_network()[0])
    own = {"model": "arcface", "path": str(path)}
    settings = Configuration.from_dict({"licence_policy": "research", "identity": own})
    pipeline = LandmarkDiffPipeline(configuration=settings)
    return Networks(pipeline=pipeline, lpips=MeanDifference(), realism=lambda picture: 0.9)


@pytest.fixture(scope="module")
def pair(astronaut):
    """A prediction half a level of everything away from its target, inside a square mask."""
    mask = np.zeros(astronaut.shape[:2], np.float32)
    mask[120:220, 180:280] = 1.0
    inside = mask[..., None] > 0
    target = np.where(inside, np.clip(astronaut + 40.0, 0, 255), astronaut).astype(np.uint8)
    prediction = np.where(inside, np.clip(astronaut + 20.0, 0, 255), astronaut).astype(np.uint8)
    facts = {"procedure": "rhinoplasty"}
    return Pair("a", "b", prediction, target=target, source=astronaut, mask=mask, facts=facts)


@pytest.fixture(scope="module")
def faces(prepared_portraits):
    """Photo, a nose that is half done, and one that is done."""
    photo = prepared_portraits["astronaut"].landmarks
    made = []
    for share in (0.5, 1.0):
        points = photo.points.copy()
        points[[64, 294], 0] += share * np.array([6.0, -6.0])
        made.append(photo.with_points(points))
    return photo, *made


def test_a_whole_score_is_that_of_its_terms(pair, everything, faces):
    found = surgical_scores(pair, everything, *faces)
    terms = [found[f"surgical_score_{term}"].value for term in "abcde"]
    assert terms[:2] == pytest.approx([1.0, 0.5], abs=0.01)
    assert terms[3:] == [0.9, 1.0]
    assert 0.9 < terms[2] < 0.95
    photo, prediction, _ = faces
    reader = embedder("arcface", everything.pipeline.configuration)
    alike = reader.embed(pair.source, photo) @ reader.embed(pair.prediction, prediction)
    assert alike > 0.65
    raw = np.dot([0.40, 0.30, 0.15, 0.10, 0.05], terms)
    still = surgical_scores(
        dataclasses.replace(pair, prediction=pair.source), everything, photo, photo, faces[2]
    )
    of_photo = 0.15 * still["surgical_score_c"].value + 0.10 * 0.9 + 0.05
    wanted = 0.30 + 0.70 * (raw - of_photo) / (1.0 - of_photo)
    assert found["surgical_score"].value == pytest.approx(wanted, abs=1e-6)
    assert still["surgical_score"].value == pytest.approx(0.30, abs=1e-6)


@pytest.mark.parametrize(
    ("lacking", "word"),
    [
        ({"lpips": None, "no_lpips": "no AlexNet"}, "no AlexNet"),
        ({"realism": None}, "face-quality networks"),
        ({"pipeline": LandmarkDiffPipeline()}, "arcface"),
    ],
    ids=["lpips", "realism", "arcface"],
)
def test_what_is_not_there_leaves_no_score(pair, everything, faces, lacking, word):
    networks = dataclasses.replace(everything, **lacking)
    found = surgical_scores(pair, networks, *faces)
    assert found["surgical_score"].value is None
    assert word in found["surgical_score"].unavailable
    assert found["surgical_score_b"].value == pytest.approx(0.5, abs=0.01)


def test_other_procedures_have_no_score(pair, everything, faces):
    other = dataclasses.replace(pair, facts={"procedure": "otoplasty"})
    found = surgical_scores(other, everything, *faces)
    assert found["surgical_score"].unavailable == (
        "it is defined for rhinoplasty, blepharoplasty, rhytidectomy only"
    )
