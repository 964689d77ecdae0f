"""What a command or a tab does, without widgets: photos and a request in, files out.

Every workflow reads its photos, simulates through the pipeline, and writes one folder of
results, whole or not at all. The names load at first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from landmarkdiff.workflows.batches import BatchItem, BatchResult, batch, find_photos
    from landmarkdiff.workflows.comparison import Compared, compare_on, compare_procedures
    from landmarkdiff.workflows.doctor import Diagnosis, diagnose
    from landmarkdiff.workflows.examine import (
        AnalysisFiles,
        Examination,
        RegionCount,
        analyze_photo,
        examine_on,
    )
    from landmarkdiff.workflows.guidance import Guidance, guide, hint_for
    from landmarkdiff.workflows.multiview import (
        SimulatedView,
        SimulatedViews,
        gallery,
        simulate_views,
    )
    from landmarkdiff.workflows.output.animation import animate
    from landmarkdiff.workflows.output.grids import GridFiles
    from landmarkdiff.workflows.request import SimulationRequest
    from landmarkdiff.workflows.single import PREVIEW_FILES, PreviewFiles, preview
    from landmarkdiff.workflows.sweep import SWEEP_STEPS, SweepStep, intensity_sweep, sweep_on
    from landmarkdiff.workflows.view_files import multi_view
    from landmarkdiff.workflows.views import (
        EXPECTED_VIEWS,
        ExpectedView,
        Verdict,
        ViewPhoto,
        ViewSet,
        expected_view,
        judge_view,
        read_views,
        sort_views,
    )
    from landmarkdiff.workflows.words import parse_intensity, read_configuration, read_request

_HOMES = {
    "animate": "output.animation",
    "BatchItem": "batches",
    "BatchResult": "batches",
    "batch": "batches",
    "find_photos": "batches",
    "Compared": "comparison",
    "compare_on": "comparison",
    "compare_procedures": "comparison",
    "Diagnosis": "doctor",
    "diagnose": "doctor",
    "AnalysisFiles": "examine",
    "Examination": "examine",
    "RegionCount": "examine",
    "examine_on": "examine",
    "analyze_photo": "examine",
    "GridFiles": "output.grids",
    "Guidance": "guidance",
    "guide": "guidance",
    "hint_for": "guidance",
    "SimulatedView": "multiview",
    "SimulatedViews": "multiview",
    "gallery": "multiview",
    "multi_view": "view_files",
    "simulate_views": "multiview",
    "PREVIEW_FILES": "single",
    "PreviewFiles": "single",
    "preview": "single",
    "SWEEP_STEPS": "sweep",
    "SweepStep": "sweep",
    "intensity_sweep": "sweep",
    "sweep_on": "sweep",
    "SimulationRequest": "request",
    "EXPECTED_VIEWS": "views",
    "ExpectedView": "views",
    "Verdict": "views",
    "ViewPhoto": "views",
    "ViewSet": "views",
    "expected_view": "views",
    "judge_view": "views",
    "read_views": "views",
    "sort_views": "views",
    "parse_intensity": "words",
    "read_configuration": "words",
    "read_request": "words",
}

__all__ = [
    "EXPECTED_VIEWS",
    "PREVIEW_FILES",
    "SWEEP_STEPS",
    "AnalysisFiles",
    "BatchItem",
    "BatchResult",
    "Compared",
    "Diagnosis",
    "Examination",
    "ExpectedView",
    "GridFiles",
    "Guidance",
    "PreviewFiles",
    "RegionCount",
    "SimulatedView",
    "SimulatedViews",
    "SimulationRequest",
    "SweepStep",
    "Verdict",
    "ViewPhoto",
    "ViewSet",
    "analyze_photo",
    "animate",
    "batch",
    "compare_on",
    "compare_procedures",
    "diagnose",
    "examine_on",
    "expected_view",
    "find_photos",
    "gallery",
    "guide",
    "hint_for",
    "intensity_sweep",
    "judge_view",
    "multi_view",
    "parse_intensity",
    "preview",
    "read_configuration",
    "read_request",
    "read_views",
    "simulate_views",
    "sort_views",
    "sweep_on",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
