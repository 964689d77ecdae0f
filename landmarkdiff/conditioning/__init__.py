"""The drawings that a ControlNet reads: mesh, contours or depth of the (moved) landmarks, edges.

``tessellation`` is the whole mesh, for ControlNets trained by this project. ``mediapipe_face``
repeats, pixel for pixel, the drawing that CrucibleAI's ControlNetMediaPipeFace was trained on:
contours in fixed colours, no nose, no mesh. The two share about an eighth of their pixels, so
neither can stand in for the other. ``depth`` is the mesh as inverse depth, for depth
ControlNets; it alone carries the nose. Left and right are always the patient's.
"""

from __future__ import annotations

from landmarkdiff.conditioning.depth import draw_depth
from landmarkdiff.conditioning.edges import CANNY_HIGH, CANNY_LOW, adaptive_canny, thin
from landmarkdiff.conditioning.generate import (
    Conditioning,
    ConditioningKind,
    generate_conditioning,
)
from landmarkdiff.conditioning.lines import (
    CONTOUR_COLOURS,
    MESH_COLOURS,
    draw_mediapipe_face,
    draw_tessellation,
)

__all__ = [
    "CANNY_HIGH",
    "CANNY_LOW",
    "CONTOUR_COLOURS",
    "MESH_COLOURS",
    "Conditioning",
    "ConditioningKind",
    "adaptive_canny",
    "draw_depth",
    "draw_mediapipe_face",
    "draw_tessellation",
    "generate_conditioning",
    "thin",
]
