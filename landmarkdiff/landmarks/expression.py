"""Whether a face smiles, which carries the lips away from what is measured of them at rest."""

from __future__ import annotations

from landmarkdiff.landmarks.face import FaceLandmarks

__all__ = ["SMILE_ABOVE", "smiles"]

#: Mean of the network's two scores of a smile. In 26 photos it was at most 0.31 in the 21 that were
#: meant to be neutral or smile next to nothing, and 0.52 to 0.89 in the 5 of a broad smile, where
#: the full upper lip was 0 to 6 mm shorter and the mouth 3 to 21 mm wider than in the same person's
#: neutral photo.
SMILE_ABOVE = 0.4


def smiles(face: FaceLandmarks) -> bool:
    """Return whether the face smiles, as far as its expression was read.

    Examples
    --------
    >>> from dataclasses import replace
    >>> smile = {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.8}
    >>> smiles(replace(face, blendshapes=smile)), smiles(replace(face, blendshapes={}))
    (True, False)
    """
    scores = [face.blendshapes.get(f"mouthSmile{side}", 0.0) for side in ("Left", "Right")]
    return sum(scores) / 2 > SMILE_ABOVE
