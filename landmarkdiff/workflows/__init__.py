"""What a command or a tab does, without widgets: photos and a request in, files out.

Every workflow reads its photos, simulates through the pipeline, and writes one folder of
results, whole or not at all. The names load at first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from landmarkdiff.workflows.batches import BatchItem, BatchResult, batch, find_photos
    from landmarkdiff.workflows.doctor import Diagnosis, diagnose
    from landmarkdiff.workflows.examine import AnalysisFiles, analyze_photo
    from landmarkdiff.workflows.grids import GridFiles, compare_procedures, intensity_sweep
    from landmarkdiff.workflows.multiview import multi_view
    from landmarkdiff.workflows.request import SimulationRequest
    from landmarkdiff.workflows.single import PREVIEW_FILES, PreviewFiles, preview
    from landmarkdiff.workflows.words import parse_intensity, read_request

_HOMES = {
    "BatchItem": "batches",
    "BatchResult": "batches",
    "batch": "batches",
    "find_photos": "batches",
    "Diagnosis": "doctor",
    "diagnose": "doctor",
    "AnalysisFiles": "examine",
    "analyze_photo": "examine",
    "GridFiles": "grids",
    "compare_procedures": "grids",
    "intensity_sweep": "grids",
    "multi_view": "multiview",
    "PREVIEW_FILES": "single",
    "PreviewFiles": "single",
    "preview": "single",
    "SimulationRequest": "request",
    "parse_intensity": "words",
    "read_request": "words",
}

__all__ = [
    "PREVIEW_FILES",
    "AnalysisFiles",
    "BatchItem",
    "BatchResult",
    "Diagnosis",
    "GridFiles",
    "PreviewFiles",
    "SimulationRequest",
    "analyze_photo",
    "batch",
    "compare_procedures",
    "diagnose",
    "find_photos",
    "intensity_sweep",
    "multi_view",
    "parse_intensity",
    "preview",
    "read_request",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
