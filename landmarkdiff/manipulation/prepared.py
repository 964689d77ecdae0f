"""A photo with what is found in it once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.face_crop import FaceMap
from landmarkdiff.landmarks.visibility import facing

__all__ = ["PreparedFace"]


@dataclass(frozen=True)
class PreparedFace:
    """A photo with what is found in it once: landmarks, pose, scale.

    Attributes
    ----------
    image : (H, W, 3) uint8 array
        The upright photo, RGB.
    landmarks : FaceLandmarks
    timings_ms : mapping of str to float
    """

    image: ImageArray
    landmarks: FaceLandmarks
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    _found: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def frames(self) -> FaceMap | None:
        """Spectacle frames on this face, found at first use; None when none are worn."""
        found: FaceMap | None = self.once("frames", self._find_frames)
        return found

    def _find_frames(self) -> FaceMap | None:
        from landmarkdiff.glasses import detect_glasses

        finding = detect_glasses(self.image, self.landmarks)
        if finding.band_mask is None:
            return None
        return FaceMap(finding.band_mask, finding.band_to_image)

    def with_landmarks(self, landmarks: FaceLandmarks) -> PreparedFace:
        """Return the same photo with corrected landmarks, nothing else being found yet."""
        return PreparedFace(self.image, landmarks, self.timings_ms)

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return what ``make`` makes, made once per ``key`` for this photo."""
        if key not in self._found:
            self._found[key] = make()
        return self._found[key]

    @property
    def visible(self) -> NDArray[np.bool_]:
        """Landmarks that face the camera: (478,) bool."""
        seen: NDArray[np.bool_] = self.once("visible", lambda: facing(self.landmarks))
        return seen

    def vitiligo(self) -> Any:
        """Depigmented patches on this face (VitiligoFinding), found at first use."""
        from landmarkdiff.clinical.vitiligo import detect_vitiligo

        return self.once("vitiligo", lambda: detect_vitiligo(self.image, self.landmarks))
