"""What pairs are scored with, loaded once; what is not there says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from landmarkdiff.arrays import ImageArray
from landmarkdiff.configuration import Configuration
from landmarkdiff.evaluation.backbones import ALEXNET, INCEPTION, why_missing
from landmarkdiff.inference import DEFAULT_PASSES, LandmarkDiffPipeline

if TYPE_CHECKING:
    from landmarkdiff.evaluation.perceptual import PerceptualDistance
    from landmarkdiff.evaluation.sets import FeatureExtractor

__all__ = ["Networks", "load_networks"]


@dataclass(frozen=True, eq=False)
class Networks:
    """What pairs are scored with.

    Attributes
    ----------
    pipeline : LandmarkDiffPipeline
        Finds faces and carries out plans; its configuration names the recognition network.
    lpips : PerceptualDistance or None
    no_lpips : str
        Why it is not there.
    inception : FeatureExtractor or None
        For FID and KID.
    no_inception : str
    realism : callable or None
        From a picture (H, W, 3), uint8 RGB, to 0 to 1: the term D of SurgicalScore, which its
        authors take from face-quality networks that are free for research only; None leaves the
        score unavailable.
    passes : int
        Averaged passes of the landmark network.
    """

    pipeline: LandmarkDiffPipeline = field(default_factory=LandmarkDiffPipeline)
    lpips: PerceptualDistance | None = None
    no_lpips: str = ""
    inception: FeatureExtractor | None = None
    no_inception: str = ""
    realism: Callable[[ImageArray], float] | None = None
    passes: int = DEFAULT_PASSES


def load_networks(
    configuration: Configuration | None = None,
    *,
    alexnet: Path | None = None,
    inception: Path | None = None,
    device: str = "cpu",
    passes: int = DEFAULT_PASSES,
) -> Networks:
    """Load what pairs and sets are scored with; nothing is fetched.

    Parameters
    ----------
    configuration : Configuration, optional
        Its recognition network compares faces.
    alexnet, inception : Path, optional
        Files of the networks of LPIPS, and of FID and KID. By default they are looked for in the
        weights folders, and what is not there is unavailable.
    device : str
        Where they run.
    passes : int
        Averaged passes of the landmark network, for every picture.

    Raises
    ------
    ModeUnavailableError, WeightsMissingError, WeightsCorruptError
        A file was named, or found, that cannot be used.
    """
    pipeline = LandmarkDiffPipeline(configuration=configuration)
    no_lpips = None if alexnet is not None else why_missing(ALEXNET)
    no_inception = None if inception is not None else why_missing(INCEPTION)
    lpips, extractor = None, None
    if no_lpips is None:
        from landmarkdiff.evaluation.perceptual import Lpips

        lpips = Lpips.load(alexnet, device)
    if no_inception is None:
        from landmarkdiff.evaluation.sets import inception_features

        extractor = inception_features(inception, device)
    return Networks(
        pipeline=pipeline,
        lpips=lpips,
        no_lpips=no_lpips or "",
        inception=extractor,
        no_inception=no_inception or "",
        passes=passes,
    )
