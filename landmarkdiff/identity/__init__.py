"""Whether a picture is still like its photo, and photos are of one person: embeddings compared.

The face is aligned by five points of the mesh and read by a recognition network: SFace from the
embedded weights, or ArcFace under the research policy. An embedding lives in memory only, while
pictures of one photo are compared; a result holds similarities, never an embedding.
"""

from __future__ import annotations

from landmarkdiff.identity.alignment import align
from landmarkdiff.identity.check import SMALLEST_FACE_PX, IdentityCheck, check_identity
from landmarkdiff.identity.networks import NETWORKS, Embedder, RecognitionNetwork, embedder

__all__ = [
    "NETWORKS",
    "SMALLEST_FACE_PX",
    "Embedder",
    "IdentityCheck",
    "RecognitionNetwork",
    "align",
    "check_identity",
    "embedder",
]
