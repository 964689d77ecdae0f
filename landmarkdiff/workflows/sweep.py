"""One photo, one plan, from intensity 0 to 100."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from landmarkdiff.arguments import checked, instance_of, path_like
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError, ProcedureError
from landmarkdiff.generators import OnStep
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.procedures import procedure_names
from landmarkdiff.workflows.grids import FACES_FILE, GridFiles, grid_record, write_grid
from landmarkdiff.workflows.opening import open_photo
from landmarkdiff.workflows.outcome import Outcome
from landmarkdiff.workflows.output.close_up import Region
from landmarkdiff.workflows.output.folder import place_for
from landmarkdiff.workflows.output.pictures import TILE_SIZE, Panel, compose, face_tile
from landmarkdiff.workflows.progress import Progress
from landmarkdiff.workflows.request import SimulationRequest

__all__ = ["SWEEP_FILE", "SWEEP_STEPS", "intensity_sweep", "sweep_on", "sweep_sheet"]

#: The grid in the folder of its result.
SWEEP_FILE = "sweep.png"
#: Fewest and most pictures of a sweep.
SWEEP_STEPS = (3, 10)
#: Pictures in one row of its grid.
MOST_COLUMNS = 5


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
) -> tuple[Outcome, ...]:
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
    before = face_tile(prepared.image, prepared.landmarks, size)
    swept: list[Outcome] = []
    region: Region | None = None
    for prediction in made:
        region = region or Region.of(prediction)  # one framing for all steps
        corner = request.label_corner
        swept.append(Outcome.of(prediction, before, corner, region=region, keep=keep))
        del prediction  # before the next one is made
    return tuple(swept)


@checked(photo=path_like, request=instance_of(SimulationRequest), out=path_like)
def intensity_sweep(
    photo: str | Path,
    request: SimulationRequest,
    steps: int,
    out: str | Path,
    *,
    pipeline: LandmarkDiffPipeline | None = None,
    progress: Progress | None = None,
    on_step: OnStep | None = None,
) -> GridFiles[Outcome]:
    """Simulate one plan from intensity 0 to 100 in equal steps and write a grid of close-ups.

    They show what the plan changes, outlined unless the request says otherwise; a second grid has
    the faces. Where a network paints, the warps stand above the simulations.

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
    opened = open_photo(photo, request, out, pipeline=pipeline, on_step=on_step)
    swept = sweep_on(
        opened.pipeline, opened.prepared, request, steps, progress=progress, on_step=on_step
    )
    name = "+".join(item.name for item in request.procedures)
    folder, source = place_for(Path(out), f"{opened.photo.stem}-sweep-{name}", opened.photo)
    return write_grid(
        folder,
        {
            SWEEP_FILE: sweep_sheet(swept, request),
            FACES_FILE: sweep_sheet(swept, request, faces=True),
        },
        {
            "kind": "sweep",
            "procedure": name,
            **grid_record(source, opened.prepared, request),
            "panels": [{"intensity": step.intensity, **step.to_dict()} for step in swept],
        },
        Path(photo),
        swept,
    )


def sweep_sheet(
    swept: Sequence[Outcome], request: SimulationRequest, *, faces: bool = False
) -> ImageArray:
    """Return the grid of close-ups, or of whole faces: (H, W, 3) uint8 RGB."""
    columns = min(MOST_COLUMNS, len(swept))
    shown = swept if faces else [_closer(step, outline=request.outline) for step in swept]
    title = f"Simulation of {request.title}, intensity 0 to 100"
    return compose(_panels(shown, columns), columns, title)


def _closer(step: Outcome, *, outline: bool) -> Outcome:
    """A step with its close-ups in the places of its faces."""
    close = step.close
    if close is None:
        return step
    _, *warps, after = close.pictures(outline=outline)
    return replace(step, after=after, warp=warps[0] if warps else None)


def _panels(swept: Sequence[Outcome], columns: int) -> list[Panel | None]:
    """Rows of simulations, each below the row of its warps where there are any."""
    panels: list[Panel | None] = []
    for first in range(0, len(swept), columns):
        row = swept[first : first + columns]
        warps = [
            Panel(step.warp, f"Warp, intensity {step.intensity:.0f}", "simulation, not repainted")
            for step in row
            if step.warp is not None
        ]
        if warps:  # where the steps do not fill their row, the same places stay free in both
            panels += [*warps, *[None] * (columns - len(warps))]
        panels += [
            Panel(
                step.after,
                f"Simulation, intensity {step.intensity:.0f}",
                step.painting_note or f"largest movement {step.largest_displacement_mm:.1f} mm",
            )
            for step in row
        ]
    return panels


def _check_sweep(request: SimulationRequest, steps: int) -> None:
    low, high = SWEEP_STEPS
    if isinstance(steps, bool) or not low <= steps <= high:
        raise ParameterError(
            "out_of_range", quantity="sweep_steps", value=steps, low=low, high=high
        )
    if not request.procedures:
        raise ProcedureError("sweep_without_procedure", procedures=procedure_names())
