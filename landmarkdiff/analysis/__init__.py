"""What a photo shows and how well: view, quality, apparent skin tone, glasses."""

from __future__ import annotations

from landmarkdiff.analysis.analyze import FaceAnalysis, analyze
from landmarkdiff.analysis.judged import judged
from landmarkdiff.analysis.quality import CameraDistance, Exposure
from landmarkdiff.analysis.tone import SkinPatch, SkinTone, apparent_tone, ita_degrees, tone_band
from landmarkdiff.analysis.view import View
from landmarkdiff.glasses import GlassesFinding, detect_glasses

__all__ = [
    "CameraDistance",
    "Exposure",
    "FaceAnalysis",
    "GlassesFinding",
    "SkinPatch",
    "SkinTone",
    "View",
    "analyze",
    "apparent_tone",
    "detect_glasses",
    "ita_degrees",
    "judged",
    "tone_band",
]
