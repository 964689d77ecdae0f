"""One photo, several simulations: all procedures side by side, or one from 0 to 100."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.errors import FaceUnusableError, ParameterError, ProcedureError
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.photo import Photo, read_photo, write_json, write_png
from landmarkdiff.prediction import Prediction, face_record
from landmarkdiff.procedures import procedure, procedure_names
from landmarkdiff.version import __version__
from landmarkdiff.workflows.output import check_output, staged_folder
from landmarkdiff.workflows.pictures import (
    NO_SIMULATION,
    Panel,
    compose,
    face_tile,
    simulation_tile,
)
from landmarkdiff.workflows.request import SimulationRequest
from landmarkdiff.workflows.single import photo_record

__all__ = [
    "SWEEP_STEPS",
    "GridFiles",
    "Progress",
    "compare_procedures",
    "effects_record",
    "intensity_sweep",
]

#: ``progress(done, total, what)``.
Progress = Callable[[int, int, str], None]

#: Fewest and most pictures of a sweep.
SWEEP_STEPS = (3, 10)


@dataclass(frozen=True)
class GridFiles:
    """A grid on disk.

    Attributes
    ----------
    folder : Path
    picture : Path
        The labelled grid, with its manifest inside.
    record : mapping
        What ``result.json`` says.
    """

    folder: Path
    picture: Path
    record: Mapping[str, Any]


def compare_procedures(
    photo: str | Path,
    request: SimulationRequest,
    out: str | Path,
    *,
    pipeline: LandmarkDiffPipeline | None = None,
    progress: Progress | None = None,
) -> GridFiles:
    """Simulate every procedure on a photo and write one labelled grid.

    Parameters
    ----------
    photo : str or Path
    request : SimulationRequest
        With the procedures to compare; all built-in ones when it names none. The intensity may
        be one number or one per procedure.
    out : str or Path
        The grid goes to ``out/<photo stem>-compare``.
    pipeline : LandmarkDiffPipeline, optional
    progress : callable, optional

    Raises
    ------
    LandmarkDiffError
        Then nothing was written. A procedure that this photo cannot carry is no error: its
        panel shows the photo and says so.
    """
    chosen = request.procedures or tuple(procedure(name) for name in procedure_names())
    if request.plan is not None:
        raise ProcedureError("a comparison makes its own plans", fix="leave the plan out")
    request.check_intensity(chosen)
    singles = [request.with_procedures(item) for item in chosen]
    photo, out = Path(photo), Path(out)
    check_output(out)
    source = read_photo(photo)
    pipeline = pipeline or request.pipeline()
    prepared = request.prepare(pipeline, source.pixels)
    panels = [Panel(face_tile(source.pixels, prepared.landmarks), "Photo", "before")]
    entries = []
    for index, (single, preset) in enumerate(zip(singles, chosen, strict=True)):
        if progress is not None:
            progress(index, len(singles), preset.title)
        panel, entry = _simulated(single, preset.title, pipeline, prepared)
        panels.append(panel)
        entries.append({"procedure": preset.name, **entry})
    return _write(
        out / f"{source.stem}-compare",
        "compare.png",
        compose(panels, 3, "Simulations of discussed goals"),
        {"kind": "compare", **_header(source, prepared, request), "panels": entries},
        photo,
    )


def intensity_sweep(
    photo: str | Path,
    request: SimulationRequest,
    steps: int,
    out: str | Path,
    *,
    pipeline: LandmarkDiffPipeline | None = None,
    progress: Progress | None = None,
) -> GridFiles:
    """Simulate one plan from intensity 0 to 100 in equal steps and write one labelled grid.

    Parameters
    ----------
    photo : str or Path
    request : SimulationRequest
        With the procedures; its intensity is replaced step by step.
    steps : int
        Pictures, 3 to 10, both ends included.
    out : str or Path
        The grid goes to ``out/<photo stem>-sweep-<procedure>``.
    pipeline : LandmarkDiffPipeline, optional
    progress : callable, optional

    Raises
    ------
    LandmarkDiffError
        Then nothing was written.
    """
    low, high = SWEEP_STEPS
    if isinstance(steps, bool) or not low <= steps <= high:
        raise ParameterError(
            "the number of steps is out of range", value=steps, allowed=f"{low} to {high}"
        )
    if not request.procedures:
        raise ProcedureError(
            "a sweep needs a procedure", fix="name one with --procedure", allowed=procedure_names()
        )
    photo, out = Path(photo), Path(out)
    check_output(out)
    source = read_photo(photo)
    pipeline = pipeline or request.pipeline()
    prepared = request.prepare(pipeline, source.pixels)
    panels, entries = [], []
    for index, level in enumerate(np.linspace(0.0, 100.0, steps).tolist()):
        if progress is not None:
            progress(index, steps, f"intensity {level:.0f}")
        plan = request.at_intensity(level).plan_for(prepared.landmarks)
        prediction = request.simulate(pipeline, prepared, plan)
        tile = simulation_tile(prediction, request.label_corner)
        largest = _largest_displacement_mm(prediction)
        detail = f"largest movement {largest:.1f} mm"
        panels.append(Panel(tile, f"Simulation, intensity {level:.0f}", detail))
        entries.append({"intensity": level, **effects_record(prediction)})
    name = "+".join(item.name for item in request.procedures)
    titles = ", ".join(item.title for item in request.procedures)
    return _write(
        out / f"{source.stem}-sweep-{name}",
        "sweep.png",
        compose(panels, min(5, steps), f"Simulation of {titles}, intensity 0 to 100"),
        {
            "kind": "sweep",
            "procedure": name,
            **_header(source, prepared, request),
            "panels": entries,
        },
        photo,
    )


def effects_record(prediction: Prediction) -> dict[str, Any]:
    """Return what a panel's record says about its simulation, ready for JSON."""
    return {
        "status": "simulated",
        "in_band": all(check.in_band for check in prediction.effects),
        "largest_displacement_mm": round(_largest_displacement_mm(prediction), 4),
        "effects": [check.to_dict() for check in prediction.effects],
        "plan": prediction.plan.to_dict(),
        "plan_hash": prediction.plan.hash,
        "outside_mask_changed_pixels": prediction.outside_mask_changed_pixels,
        "min_jacobian": round(prediction.min_jacobian, 4),
        "warnings": [notice.to_dict() for notice in prediction.notices],
    }


def _simulated(
    request: SimulationRequest, title: str, pipeline: LandmarkDiffPipeline, prepared: PreparedFace
) -> tuple[Panel, dict[str, Any]]:
    try:
        prediction = request.simulate(pipeline, prepared)
    except (FaceUnusableError, ProcedureError) as reason:
        tile = face_tile(prepared.image, prepared.landmarks)
        refusal = {"status": "no_simulation", "reason": str(reason)}
        return Panel(tile, f"{title}: {NO_SIMULATION}", str(reason)), refusal
    level = prediction.plan.intensity
    panel = Panel(
        simulation_tile(prediction, request.label_corner),
        title,
        f"simulation, intensity {level:g}",
    )
    return panel, {"intensity": level, **effects_record(prediction)}


def _header(source: Photo, prepared: PreparedFace, request: SimulationRequest) -> dict[str, Any]:
    scale = prepared.landmarks.scale
    notices = (*source.notices, *prepared.landmarks.notices)
    return {
        "simulation": True,
        "mode": request.mode,
        "seed": request.seed,
        "clinical_flags": request.flags.to_dict(),
        "photo": photo_record(source),
        "face": face_record(prepared.landmarks),
        "scale": {
            "mm_per_px": scale.mm_per_px,
            "relative_uncertainty": scale.relative_uncertainty,
            "source": scale.source,
        },
        "warnings": [notice.to_dict() for notice in notices],
        "weights": request.weights(),
        "version": __version__,
    }


def _largest_displacement_mm(prediction: Prediction) -> float:
    """Longest way of a landmark in the simulation, in three dimensions, millimetres."""
    moved = np.linalg.norm(prediction.target.points - prediction.source.points, axis=1)
    return float(moved.max() * prediction.source.scale.mm_per_px)


def _write(
    folder: Path, name: str, sheet: NDArray[np.uint8], record: dict[str, Any], photo: Path
) -> GridFiles:
    files = (name, "result.json")
    with staged_folder(folder, files, sources=[photo]) as staging:
        write_png(staging / name, sheet, manifest={"product": "landmarkdiff", **record})
        record = {**record, "files": list(files)}
        write_json(staging / "result.json", record)
    return GridFiles(folder, folder / name, record)
