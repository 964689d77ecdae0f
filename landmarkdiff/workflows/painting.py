"""What a repainting mode needs to know before a photo is read: limits, sums, size of a batch."""

from __future__ import annotations

from landmarkdiff.configuration import Configuration
from landmarkdiff.generators import create_generator
from landmarkdiff.inference import PreparedFace
from landmarkdiff.weights import entry

__all__ = ["MOST_PIXELS_AT_ONCE", "batch_size", "sums_of_models"]

#: Pixels of all photos of a batch: every picture of it is kept as photo, warp, raw and finished
#: picture until the last one is judged, about 12 bytes a pixel.
MOST_PIXELS_AT_ONCE = 48_000_000


def batch_size(mode: str, configuration: Configuration, prepared: PreparedFace) -> int:
    """Return how many plans of one photo are simulated at once.

    One where nothing is painted, so that one plan after another is made, shown and dropped.
    """
    if mode == "tps":
        return 1
    height, width = prepared.image.shape[:2]
    fitting: int = MOST_PIXELS_AT_ONCE // (height * width)
    return max(1, min(fitting, configuration.diffusion.max_batch))


def sums_of_models(mode: str, configuration: Configuration) -> dict[str, str]:
    """Return name and SHA-256 of every model file that takes part in a mode."""
    return {
        "face_landmarker": entry("face_landmarker").sha256,
        **create_generator(mode, configuration).weights(),
    }
