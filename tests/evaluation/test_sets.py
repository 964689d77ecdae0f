"""FID and KID of synthetic features: what torch-fidelity gives, also from merged shards."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest

from landmarkdiff.errors import WeightsCorruptError
from landmarkdiff.evaluation.sets import (
    SetFeatures,
    fid,
    inception_of,
    kid,
    set_features,
)

torch = pytest.importorskip("torch")
metric_fid = pytest.importorskip("torch_fidelity.metric_fid")
from torch_fidelity.metric_kid import kid_features_to_metric  # noqa: E402


def synthetic(seed: int, n: int, shift: float = 0.0) -> np.ndarray:
    """Features of some correlation, not negative, as a network's are."""
    random = np.random.default_rng(seed)
    mixing = random.normal(size=(24, 24)) / 5.0 + np.eye(24)
    return np.maximum(random.normal(size=(n, 24)) @ mixing + shift, 0.0).astype(np.float32)


FIRST, SECOND = synthetic(1, 140), synthetic(2, 90, shift=0.4)


def test_fid_is_torch_fidelitys():
    of = metric_fid.fid_features_to_statistics
    statistics = [of(torch.from_numpy(each.astype(np.float64))) for each in (FIRST, SECOND)]
    wanted = metric_fid.fid_statistics_to_metric(*statistics, verbose=False)
    found = fid(SetFeatures.of(FIRST), SetFeatures.of(SECOND))
    assert found.value == pytest.approx(wanted["frechet_inception_distance"], abs=1e-4)
    assert found.value > 1.0
    assert found.n == 90


def test_kid_is_torch_fidelitys():
    wanted = kid_features_to_metric(
        torch.from_numpy(FIRST),
        torch.from_numpy(SECOND),
        kid_subset_size=90,
        rng_seed=7,
        verbose=False,
    )
    found = kid(SetFeatures.of(FIRST), SetFeatures.of(SECOND), seed=7)
    assert found.value == pytest.approx(wanted["kernel_inception_distance_mean"], abs=1e-4)
    assert found.value > 0.01


def test_a_set_is_not_apart_from_itself():
    own = SetFeatures.of(FIRST)
    assert fid(own, own).value == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("cuts", [[70], [1, 2, 139], [0, 50, 50, 140]])
def test_merged_shards_are_one_pass(cuts):
    whole = SetFeatures.of(FIRST)
    first, *others = np.split(FIRST, cuts)
    merged = SetFeatures.of(first)
    for part in others:
        merged = merged.merge(SetFeatures.of(part))
    other = SetFeatures.of(SECOND)
    assert merged.n == 140
    assert fid(merged, other).value == pytest.approx(fid(whole, other).value, abs=1e-6)
    same = kid(merged, other, seed=3).value
    assert same == pytest.approx(kid(whole, other, seed=3).value, abs=1e-6)


def test_one_picture_has_no_covariance_and_says_so():
    found = fid(SetFeatures.of(FIRST[:1]), SetFeatures.of(SECOND))
    assert found.value is None
    assert "1 and 90 pictures" in found.unavailable
    assert kid(SetFeatures.of(FIRST[:1]), SetFeatures.of(SECOND)).value is None


class MeanColour:
    """Features that anybody can check: the mean of each channel."""

    def features(self, picture):
        return picture.reshape(-1, 3).mean(axis=0).astype(np.float32)


def test_features_of_pictures_of_any_size():
    pictures = [np.full((size, size + 2, 3), size, np.uint8) for size in (4, 8, 12)]
    assert set_features(iter(pictures), MeanColour()).mean.tolist() == [8.0, 8.0, 8.0]


def test_the_network_of_fid_is_read_from_its_numbers(astronaut):
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    class Untrained(FeatureExtractorInceptionV3):
        """The network with the numbers that it is made with, since its own are not here."""

        def load_state_dict(self, state):
            assert state == {}

    nothing = BytesIO()
    torch.save({}, nothing)
    nothing.seek(0)
    torch.manual_seed(0)
    network = Untrained("untrained", ["2048"], nothing)
    picture = np.ascontiguousarray(astronaut[:120, 200:330])
    found = inception_of(network.state_dict()).features(picture)
    tensor = torch.from_numpy(picture.transpose(2, 0, 1)[None].copy())
    assert found.shape == (2048,)
    assert found.std() > 0.0
    np.testing.assert_allclose(found, network(tensor)[0][0].numpy(), rtol=1e-4, atol=1e-6)


def test_numbers_of_another_network_are_refused():
    with pytest.raises(WeightsCorruptError):
        inception_of({"conv.weight": torch.zeros(3, 3)})
