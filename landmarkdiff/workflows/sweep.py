"""One photo, one plan, from intensity 0 to 100."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.errors import ParameterError, ProcedureError
from landmarkdiff.generators import OnStep
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.photo import read_photo
from landmarkdiff.procedures import procedure_names
from landmarkdiff.workflows.output.folder import check_output
from landmarkdiff.workflows.output.grids import (
    GridFiles,
    effects_record,
    grid_record,
    painting_note,
    write_grid,
)
from landmarkdiff.workflows.output.pictures import (
    TILE_SIZE,
    Panel,
    compose,
    raw_tile,
    simulation_tile,
    warp_tile,
)
from landmarkdiff.workflows.progress import Progress
from landmarkdiff.workflows.request import SimulationRequest

__all__ = ["SWEEP_STEPS", "SweepStep", "intensity_sweep", "sweep_on"]

#: Fewest and most pictures of a sweep.
SWEEP_STEPS = (3, 10)
#: Pictures in one row of its grid.
MOST_COLUMNS = 5


@dataclass(frozen=True, eq=False)
class SweepStep:
    """One intensity of a sweep.

    Attributes
    ----------
    level : float
        Intensity, 0 to 100.
    tile : (H, W, 3) uint8 array
        RGB, the labelled simulation; all steps are framed alike.
    record : mapping
        What the simulation did, ready for JSON, as :func:`effects_record` gives it.
    prediction : Prediction or None
        The whole simulation, where it was to be kept; 36 MB at 12 megapixels.
    warp : (H, W, 3) uint8 array or None
        The labelled warp that a network repainted, framed alike; None where none painted.
    raw : (H, W, 3) uint8 array or None
        What the network painted, as it came; labelled and framed alike.
    """

    level: float
    tile: NDArray[np.uint8]
    record: Mapping[str, Any]
    prediction: Prediction | None = None
    warp: NDArray[np.uint8] | None = None
    raw: NDArray[np.uint8] | None = None

    @property
    def largest_displacement_mm(self) -> float:
        """Longest way of a landmark, in three dimensions, millimetres."""
        return float(self.record["largest_displacement_mm"])


def sweep_on(
    pipeline: LandmarkDiffPipeline,
    prepared: PreparedFace,
    request: SimulationRequest,
    steps: int,
    *,
    progress: Progress | None = None,
    size: tuple[int, int] = TILE_SIZE,
    keep: bool = False,
    on_step: OnStep | None = None,
) -> tuple[SweepStep, ...]:
    """Simulate a request from intensity 0 to 100 in equal steps, on a prepared face.

    A network paints the steps in batches.

    Parameters
    ----------
    pipeline : LandmarkDiffPipeline
    prepared : PreparedFace
    request : SimulationRequest
        With the procedures; its intensity is replaced step by step, while effects that it sets
        by name stay.
    steps : int
        Pictures, 3 to 10, both ends included.
    progress : callable, optional
        Is told ``progress.simulate``.
    size : tuple of int
        Width and height of the tiles, pixels; :data:`FRAME_SIZE` suits an animation.
    keep : bool
        Keep the predictions, not only tiles and records.
    on_step : callable, optional
        Told of every loaded model and every step of a network.

    Raises
    ------
    ParameterError, ProcedureError
        The steps are too few or too many, or the request names no procedure.
    FaceUnusableError
        This photo cannot carry the plan.
    """
    _check_sweep(request, steps)
    levels = np.linspace(0.0, 100.0, steps).tolist()
    plans = [request.at_intensity(level).plan_for(prepared.landmarks) for level in levels]
    made = request.simulate_many(pipeline, prepared, plans, progress=progress, on_step=on_step)
    found = []
    for level, prediction in zip(levels, made, strict=True):
        found.append(
            SweepStep(
                level,
                simulation_tile(prediction, request.label_corner, size),
                effects_record(prediction),
                prediction if keep else None,
                warp_tile(prediction, request.label_corner, size),
                raw_tile(prediction, request.label_corner, size),
            )
        )
        del prediction  # before the next one is made
    return tuple(found)


def intensity_sweep(
    photo: str | Path,
    request: SimulationRequest,
    steps: int,
    out: str | Path,
    *,
    pipeline: LandmarkDiffPipeline | None = None,
    progress: Progress | None = None,
    on_step: OnStep | None = None,
) -> GridFiles:
    """Simulate one plan from intensity 0 to 100 in equal steps and write one labelled grid.

    Where a network paints, the warps stand above the simulations.

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
    progress, on_step : callable, optional
        As in :func:`sweep_on`.

    Raises
    ------
    LandmarkDiffError
        Then nothing was written.
    """
    _check_sweep(request, steps)
    photo, out = Path(photo), Path(out)
    check_output(out)
    source = read_photo(photo)
    pipeline = pipeline or request.pipeline(on_step)
    prepared = request.prepare(pipeline, source.pixels)
    swept = sweep_on(pipeline, prepared, request, steps, progress=progress, on_step=on_step)
    columns = min(MOST_COLUMNS, steps)
    panels = _panels(swept, columns)
    name = "+".join(item.name for item in request.procedures)
    titles = ", ".join(item.title for item in request.procedures)
    return write_grid(
        out / f"{source.stem}-sweep-{name}",
        "sweep.png",
        compose(panels, columns, f"Simulation of {titles}, intensity 0 to 100"),
        {
            "kind": "sweep",
            "procedure": name,
            **grid_record(source, prepared, request),
            "panels": [{"intensity": step.level, **step.record} for step in swept],
        },
        photo,
    )


def _panels(swept: Sequence[SweepStep], columns: int) -> list[Panel | None]:
    """Rows of simulations, each below the row of its warps where there are any."""
    panels: list[Panel | None] = []
    for first in range(0, len(swept), columns):
        row = swept[first : first + columns]
        warps = [
            Panel(step.warp, f"Warp, intensity {step.level:.0f}", "simulation, not repainted")
            for step in row
            if step.warp is not None
        ]
        if warps:  # where the steps do not fill their row, the same places stay free in both
            panels += [*warps, *[None] * (columns - len(warps))]
        panels += [
            Panel(
                step.tile,
                f"Simulation, intensity {step.level:.0f}",
                painting_note(step.record)
                or f"largest movement {step.largest_displacement_mm:.1f} mm",
            )
            for step in row
        ]
    return panels


def _check_sweep(request: SimulationRequest, steps: int) -> None:
    low, high = SWEEP_STEPS
    if isinstance(steps, bool) or not low <= steps <= high:
        raise ParameterError(
            "the number of steps is out of range", value=steps, allowed=f"{low} to {high}"
        )
    if not request.procedures:
        raise ProcedureError(
            "a sweep needs a procedure", fix="name one with --procedure", allowed=procedure_names()
        )
