"""Sets of pictures against each other: FID and KID, from sums that shards are merged by.

A shard keeps how many pictures it has, the mean of their features, and the sum of the outer
products of their deviations from it: merged shards give what one pass over all pictures gives. KID
draws subsets of the features themselves, so those are kept too.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray, ImageArray
from landmarkdiff.errors import WeightsCorruptError
from landmarkdiff.evaluation.backbones import INCEPTION, backbone_state
from landmarkdiff.evaluation.pictures import NO_EVAL_EXTRA
from landmarkdiff.evaluation.value import Score
from landmarkdiff.notices import Reason

__all__ = [
    "FeatureExtractor",
    "SetFeatures",
    "fid",
    "inception_features",
    "kid",
    "set_features",
]

#: KID is the mean over this many subsets of this many pictures, or of all where there are fewer
#: (torch-fidelity's own defaults).
KID_SUBSETS, KID_SUBSET_SIZE = 100, 1000
#: A covariance, and an unbiased KID, need this many pictures.
LEAST_PICTURES = 2


class FeatureExtractor(Protocol):
    """What turns a picture into features."""

    def features(self, picture: ImageArray) -> Float32Array:
        """Return the features (d,) of a picture (H, W, 3), uint8 RGB."""


@dataclass(frozen=True, eq=False)
class SetFeatures:
    """What FID and KID need to know of a set of pictures.

    Attributes
    ----------
    n : int
        How many pictures it has.
    mean : (d,) float64 array
        Of their features.
    scatter : (d, d) float64 array
        Sum of the outer products of their deviations from the mean.
    features : (n, d) float32 array
    """

    n: int
    mean: FloatArray
    scatter: FloatArray
    features: Float32Array

    @classmethod
    def of(cls, features: Float32Array) -> SetFeatures:
        """Return the sums over features (n, d), one row for each picture.

        Examples
        --------
        >>> rows = np.array([[0.0, 2.0], [4.0, 2.0]], np.float32)
        >>> SetFeatures.of(rows).mean.tolist()
        [2.0, 2.0]
        """
        values = np.asarray(features, np.float64)
        mean = values.mean(axis=0) if len(values) else np.zeros(values.shape[1])
        apart = values - mean
        return cls(len(values), mean, apart.T @ apart, np.asarray(features, np.float32))

    def merge(self, other: SetFeatures) -> SetFeatures:
        """Return the sums over both sets [1]_.

        References
        ----------
        .. [1] T. F. Chan, G. H. Golub and R. J. LeVeque, Algorithms for computing the sample
           variance, Am. Stat. 37 (1983).

        Examples
        --------
        >>> rows = np.arange(12, dtype=np.float32).reshape(6, 2) ** 2
        >>> whole = SetFeatures.of(rows)
        >>> merged = SetFeatures.of(rows[:4]).merge(SetFeatures.of(rows[4:]))
        >>> bool(np.allclose(merged.scatter, whole.scatter)), merged.n
        (True, 6)
        """
        n = self.n + other.n
        if n == 0:
            return self
        apart = other.mean - self.mean
        return SetFeatures(
            n,
            self.mean + apart * (other.n / n),
            self.scatter + other.scatter + np.outer(apart, apart) * (self.n * other.n / n),
            np.concatenate([self.features, other.features]),
        )

    @property
    def covariance(self) -> FloatArray:
        """Unbiased, (d, d)."""
        return np.asarray(self.scatter / (self.n - 1))


def set_features(pictures: Iterable[ImageArray], extractor: FeatureExtractor) -> SetFeatures:
    """Return what FID and KID need of a set of pictures.

    Parameters
    ----------
    pictures : iterable of (H, W, 3) uint8 arrays, RGB
        Of any sizes; each is read once and not kept.
    extractor : FeatureExtractor

    Examples
    --------
    >>> class MeanColour:
    ...     def features(self, picture):
    ...         return picture.reshape(-1, 3).mean(axis=0)
    >>> set_features([portrait, portrait], MeanColour()).n
    2
    """
    rows = [extractor.features(picture) for picture in pictures]
    return SetFeatures.of(np.array(rows, np.float32).reshape(len(rows), -1))


def _why_not(first: SetFeatures, second: SetFeatures) -> str | None:
    """Say what keeps two sets from being compared."""
    for package in ("torch", "torch_fidelity"):
        if importlib.util.find_spec(package) is None:
            return NO_EVAL_EXTRA.format(package=package.replace("_", "-"))
    if min(first.n, second.n) < LEAST_PICTURES:
        return f"sets of {first.n} and {second.n} pictures; it takes {LEAST_PICTURES} in each"
    return None


def fid(first: SetFeatures, second: SetFeatures) -> Score:
    """Return the Fréchet inception distance of two sets, as torch-fidelity computes it [2]_.

    It is biased upward in small sets: compare figures of equal ``n`` only.

    Parameters
    ----------
    first, second : SetFeatures

    Returns
    -------
    Score
        Its ``n`` is that of the smaller set.

    References
    ----------
    .. [2] M. Heusel et al., GANs trained by a two time-scale update rule, NeurIPS 2017.
    """
    why = _why_not(first, second)
    if why is not None:
        return Score.missing(why)
    from torch_fidelity.metric_fid import KEY_METRIC_FID, fid_statistics_to_metric

    statistics = [{"mu": each.mean, "sigma": each.covariance} for each in (first, second)]
    found = fid_statistics_to_metric(*statistics, verbose=False)
    return Score(float(found[KEY_METRIC_FID]), min(first.n, second.n))


def kid(first: SetFeatures, second: SetFeatures, *, seed: int = 0) -> Score:
    """Return the kernel inception distance of two sets, as torch-fidelity computes it [3]_.

    Parameters
    ----------
    first, second : SetFeatures
    seed : int
        Of the subsets that are drawn.

    Returns
    -------
    Score
        Its ``n`` is that of the smaller set.

    References
    ----------
    .. [3] M. Bińkowski et al., Demystifying MMD GANs, ICLR 2018.
    """
    why = _why_not(first, second)
    if why is not None:
        return Score.missing(why)
    import torch
    from torch_fidelity.metric_kid import KEY_METRIC_KID_MEAN, kid_features_to_metric

    n = min(first.n, second.n)
    found = kid_features_to_metric(
        *(torch.from_numpy(each.features) for each in (first, second)),
        kid_subsets=KID_SUBSETS,
        kid_subset_size=min(KID_SUBSET_SIZE, n),
        rng_seed=seed,
        verbose=False,
    )
    return Score(float(found[KEY_METRIC_KID_MEAN]), n)


def inception_features(path: Path | None = None, device: str = "cpu") -> FeatureExtractor:
    """Return the network that FID and KID are defined with, read from its file.

    Parameters
    ----------
    path : Path, optional
        Its file; by default it is looked for in the weights folders. Nothing is fetched.
    device : str

    Raises
    ------
    ModeUnavailableError, WeightsMissingError, WeightsCorruptError
    """
    return inception_of(backbone_state(INCEPTION, path), device)


def inception_of(state: dict[str, Any], device: str = "cpu") -> FeatureExtractor:
    """Return the network with these numbers; WeightsCorruptError where they are another's."""
    from io import BytesIO

    import torch
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    # Its constructor takes nothing but a file, which it reads with whatever code is in it. These
    # numbers were read without any, and are written again for it.
    numbers = BytesIO()
    torch.save(state, numbers)
    numbers.seek(0)
    try:
        network = FeatureExtractorInceptionV3("inception", ["2048"], numbers)
    except RuntimeError as error:
        reason = Reason("checkpoint_incomplete")
        raise WeightsCorruptError("checkpoint_unfit", file=INCEPTION.file, reason=reason) from error
    return _Inception(network.to(device), device)


class _Inception:
    """The network of 2015 behind FID and KID."""

    def __init__(self, network: Any, device: str) -> None:
        self._network = network
        self._device = device

    def features(self, picture: ImageArray) -> Float32Array:
        import torch

        tensor = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None]
        with torch.inference_mode():
            (found,) = self._network(tensor.to(self._device))
        return np.asarray(found[0].cpu().numpy(), np.float32)
