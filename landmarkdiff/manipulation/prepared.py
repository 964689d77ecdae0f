"""A photo with what is found in it once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.face_crop import FaceMap
from landmarkdiff.landmarks.visibility import facing

if TYPE_CHECKING:
    from landmarkdiff.covers import CoverFinding
    from landmarkdiff.glasses import GlassesChoice, GlassesFinding

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
    glasses : {"auto", "yes", "no"}
        Whether the patient wears glasses: what the photo shows, or the surgeon's word.
    """

    image: ImageArray
    landmarks: FaceLandmarks
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    glasses: GlassesChoice = "auto"
    _found: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    _making: dict[Any, threading.RLock] = field(default_factory=dict, repr=False, compare=False)

    def frames(self) -> FaceMap | None:
        """Spectacle frames on this face, found at first use; None when none are worn."""
        if self.glasses == "no":
            return None
        finding = self._spectacles()
        return None if self.glasses == "auto" and not finding.present else finding.map

    def possible_frames(self) -> FaceMap | None:
        """What may be a spectacle frame, while nobody has said whether one is worn."""
        if self.glasses != "auto":
            return None
        finding = self._spectacles()
        return finding.map if finding.worn == "possibly" else None

    def _spectacles(self) -> GlassesFinding:
        from landmarkdiff.glasses import detect_glasses

        asked = self.glasses == "yes"
        finding: GlassesFinding = self.once(
            "glasses", lambda: detect_glasses(self.image, self.landmarks, asked=asked)
        )
        return finding

    def covers(self) -> CoverFinding:
        """What hides this face's skin and eyes, found at first use."""
        from landmarkdiff.covers import detect_covers

        found: CoverFinding = self.once(
            "covers", lambda: detect_covers(self.image, self.landmarks, self.frames())
        )
        return found

    def with_landmarks(self, landmarks: FaceLandmarks) -> PreparedFace:
        """Return the same photo with corrected landmarks, nothing else being found yet."""
        return PreparedFace(self.image, landmarks, self.timings_ms, self.glasses)

    def with_glasses(self, glasses: GlassesChoice) -> PreparedFace:
        """Return the same face with the surgeon's word on its glasses."""
        if glasses == self.glasses:
            return self
        return PreparedFace(self.image, self.landmarks, self.timings_ms, glasses)

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return what ``make`` makes, made once per ``key`` for this photo.

        Whoever asks while another thread makes it waits for it.
        """
        if key not in self._found:
            with self._making.setdefault(key, threading.RLock()):
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
