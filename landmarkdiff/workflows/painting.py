"""What a repainting mode needs to know before a photo is read: limits, sums, size of a batch."""

from __future__ import annotations

from pathlib import Path

from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import WeightsMissingError
from landmarkdiff.generators import create_generator, find_mode
from landmarkdiff.inference import PaintSettings, PreparedFace
from landmarkdiff.weights import entries, locate, sum_of, sums

__all__ = [
    "MOST_PIXELS_AT_ONCE",
    "batch_size",
    "check_painting",
    "sums_of_finishing",
    "sums_of_models",
]

#: Pixels of all photos of a batch: every picture of it is kept as photo, warp, raw and finished
#: picture until the last one is judged, about 12 bytes a pixel.
MOST_PIXELS_AT_ONCE = 48_000_000


def batch_size(mode: str, configuration: Configuration, prepared: PreparedFace) -> int:
    """Return how many plans of one photo are simulated at once.

    One where nothing is painted, so that one plan after another is made, shown and dropped.
    """
    if not find_mode(mode).paints:
        return 1
    height, width = prepared.image.shape[:2]
    fitting: int = MOST_PIXELS_AT_ONCE // (height * width)
    return max(1, min(fitting, configuration.diffusion.max_batch))


def check_painting(mode: str, configuration: Configuration, paint: PaintSettings) -> None:
    """Refuse what can be known to be wrong about a repainting mode without a photo.

    Raises
    ------
    ParameterError
        There is no such mode, or a number is out of its range.
    ModeUnavailableError, LicenceError, WeightsMissingError
        The mode cannot run here.
    """
    create_generator(mode, configuration).check(paint.of(configuration))
    if not find_mode(mode).paints:
        return
    for what, path in _own_files(configuration).items():
        if not path.is_file():
            raise WeightsMissingError("own_network_missing", role=what, path=str(path))


def sums_of_models(mode: str, configuration: Configuration) -> dict[str, str]:
    """Return name and SHA-256 of every model file that a mode paints with."""
    return {
        **sums("face_landmarker"),
        **create_generator(mode, configuration).weights(),
    }


def sums_of_finishing(configuration: Configuration) -> dict[str, str]:
    """Return name and SHA-256 of every file that finishing and the identity check may use."""
    here = {
        name: digest
        for item in entries()
        if item.kind == "weights" and locate(item.name) is not None
        for name, digest in sums(item.name).items()
    }
    return here | {what: sum_of(path, None) for what, path in _own_files(configuration).items()}


def _own_files(configuration: Configuration) -> dict[str, Path]:
    """Networks of one's own besides those that paint, as far as they are switched on."""
    steps = configuration.postprocess
    chosen = {
        "restoration": steps.restore.path if steps.restore.enabled else None,
        "background": steps.background.path if steps.background.enabled else None,
        "identity": configuration.identity.path,
    }
    return {what: path for what, path in chosen.items() if path is not None}
