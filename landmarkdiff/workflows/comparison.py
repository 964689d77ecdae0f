"""One photo, several plans: procedures side by side, or several of them in one plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from landmarkdiff.arguments import checked, instance_of, path_like
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import (
    FaceUnusableError,
    LandmarkDiffError,
    ParameterError,
    ProcedureError,
)
from landmarkdiff.generators import OnStep, find_mode
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.procedures import SurgicalPlan, photo_procedure_names, procedure
from landmarkdiff.workflows.grids import FACES_FILE, GridFiles, grid_record, write_grid
from landmarkdiff.workflows.opening import open_photo
from landmarkdiff.workflows.outcome import Outcome
from landmarkdiff.workflows.output.close_up import Region, close_size
from landmarkdiff.workflows.output.folder import place_for
from landmarkdiff.workflows.output.pictures import (
    NO_SIMULATION,
    TILE_SIZE,
    Panel,
    beside,
    compose,
    face_tile,
    fitted,
)
from landmarkdiff.workflows.progress import Progress
from landmarkdiff.workflows.request import SimulationRequest

__all__ = ["COMPARISON_FILE", "close_ups", "compare_on", "compare_procedures"]

#: The grid in the folder of its result.
COMPARISON_FILE = "compare.png"
TITLE = "Simulations of discussed goals"
#: Up to so many close-ups stand one below another.
MOST_IN_ONE_COLUMN = 3
#: Up to so many procedures stand one below another with photo, warp and simulation in a row.
ONE_A_ROW = 3


def compare_on(
    pipeline: LandmarkDiffPipeline,
    prepared: PreparedFace,
    requests: Sequence[SimulationRequest],
    *,
    progress: Progress | None = None,
    size: tuple[int, int] = TILE_SIZE,
    keep: bool = False,
    on_step: OnStep | None = None,
) -> tuple[Outcome, ...]:
    """Simulate several requests on one prepared face, in their order.

    A network paints them in batches, as far as they differ in nothing but their plans.

    Parameters
    ----------
    pipeline : LandmarkDiffPipeline
    prepared : PreparedFace
    requests : sequence of SimulationRequest
        Each with one procedure, with several that make one plan, or with a finished plan.
    progress : callable, optional
        Is told the names of a request's procedures, joined by ``+``; those of the first of a
        batch.
    size : tuple of int
        Width and height of the tiles, pixels.
    keep : bool
        Keep the predictions, not only tiles and records.
    on_step : callable, optional
        Told of every loaded model and every step of a network.

    Returns
    -------
    tuple of Outcome
        A request that this photo cannot carry is no error: it says so.

    Raises
    ------
    ProcedureError
        A request names no procedure.
    ParameterError
        There is no request.
    """
    if not requests:
        raise ParameterError("nothing_to_compare")
    for request in requests:
        request.require_plan()
    plans = [_plan_or_refusal(request, prepared) for request in requests]
    before = face_tile(prepared.image, prepared.landmarks, size)
    found: dict[int, Outcome] = {
        index: Outcome(
            requests[index].title, requests[index].intensities, before, before, refusal=plan
        )
        for index, plan in enumerate(plans)
        if isinstance(plan, LandmarkDiffError)
    }
    for group in _alike(requests, [index for index in range(len(plans)) if index not in found]):
        wanted = [plan for index in group if isinstance(plan := plans[index], SurgicalPlan)]
        made = requests[group[0]].simulate_many(
            pipeline,
            prepared,
            wanted,
            names=["+".join(item.name for item in plan.procedures) for plan in wanted],
            progress=_placed(progress, group, len(requests)),
            on_step=on_step,
        )
        for index, prediction in zip(group, made, strict=True):
            corner = requests[index].label_corner
            region = Region.of(prediction)
            found[index] = Outcome.of(prediction, before, corner, region=region, keep=keep)
            del prediction  # before the next one is made
    return tuple(found[index] for index in range(len(requests)))


@checked(photo=path_like, request=instance_of(SimulationRequest), out=path_like)
def compare_procedures(
    photo: str | Path,
    request: SimulationRequest,
    out: str | Path,
    *,
    pipeline: LandmarkDiffPipeline | None = None,
    progress: Progress | None = None,
    on_step: OnStep | None = None,
) -> GridFiles[Outcome]:
    """Simulate every procedure on a photo and write a labelled grid of close-ups.

    Each shows what its procedure changes, before beside after, outlined unless the request says
    otherwise; where a network paints, the warp stands between them. A second grid has the faces.

    Parameters
    ----------
    photo : str or Path
    request : SimulationRequest
        With the procedures to compare; all built-in ones when it names none. The intensity may
        be one number or one per procedure.
    out : str or Path
        The grid goes to ``out/<photo stem>-compare``.
    pipeline : LandmarkDiffPipeline, optional
    progress, on_step : callable, optional
        As in :func:`compare_on`.

    Raises
    ------
    LandmarkDiffError
        Then nothing was written. A procedure that this photo cannot carry is no error: its
        panel shows the photo and says so.
    """
    chosen = request.procedures or tuple(procedure(name) for name in photo_procedure_names())
    if request.plan is not None:
        raise ProcedureError("comparison_with_plan")
    request.check_intensity(chosen)
    singles = [request.with_procedures(item) for item in chosen]
    opened = open_photo(photo, request, out, pipeline=pipeline, on_step=on_step)
    compared = compare_on(
        opened.pipeline, opened.prepared, singles, progress=progress, on_step=on_step
    )
    entries = [_entry(item) for item in compared]
    folder, source = place_for(Path(out), f"{opened.photo.stem}-compare", opened.photo)
    return write_grid(
        folder,
        {
            COMPARISON_FILE: close_ups(compared, opened.prepared.landmarks, request),
            FACES_FILE: _faces(compared, request),
        },
        {
            "kind": "compare",
            **grid_record(source, opened.prepared, request),
            "panels": entries,
        },
        Path(photo),
        compared,
    )


def close_ups(
    outcomes: Sequence[Outcome], face: FaceLandmarks, request: SimulationRequest
) -> ImageArray:
    """Return the grid of close-ups (H, W, 3): before beside after for each outcome.

    Where this photo cannot carry a plan, its face stands there and why.
    """
    size = close_size(face)
    abreast = 3 if find_mode(request.mode).paints else 2
    panels = []
    for one in outcomes:
        if one.close is None:
            pictures: tuple[ImageArray, ...] = (fitted(one.before, size),) * abreast
        else:
            pictures = one.close.pictures(outline=request.outline)
        panels.append(replace(_panel(one), pixels=beside(*pictures)))
    columns = 1 if len(panels) <= MOST_IN_ONE_COLUMN else 2
    title = f"{TITLE}: before {'and after' if abreast == 2 else ', warp and simulation'}"
    return compose(panels, columns, title.replace(" ,", ","), abreast=abreast)


def _faces(compared: Sequence[Outcome], request: SimulationRequest) -> ImageArray:
    """The grid of whole faces."""
    before = Panel(compared[0].before, "Photo", "before")
    panels, columns = [before, *map(_panel, compared)], 3
    if find_mode(request.mode).paints:
        panels = [panel for item in compared for panel in (before, _warp_panel(item), _panel(item))]
        columns = 3 if len(compared) <= ONE_A_ROW else 6
    return compose(panels, columns, TITLE)


def _plan_or_refusal(
    request: SimulationRequest, prepared: PreparedFace
) -> SurgicalPlan | LandmarkDiffError:
    """The plan of a request, or why this photo cannot carry it."""
    try:
        plan = request.plan_for(prepared.landmarks)
        request.require_carried(prepared, plan)
    except (FaceUnusableError, ProcedureError) as refusal:
        # The traceback would keep every picture that was under way.
        return refusal.with_traceback(None)
    return plan


def _alike(requests: Sequence[SimulationRequest], indices: Sequence[int]) -> list[list[int]]:
    """Group the requests at these places by everything but their plans."""
    groups: list[list[int]] = []
    for index in indices:
        for group in groups:
            if requests[group[0]].paints_like(requests[index]):
                group.append(index)
                break
        else:
            groups.append([index])
    return groups


def _placed(progress: Progress | None, group: Sequence[int], total: int) -> Progress | None:
    """Let ``progress`` hear the place among all requests instead of that in the group."""
    if progress is None:
        return None
    return lambda done, _, what: progress(group[done], total, what)


def _panel(outcome: Outcome) -> Panel:
    if outcome.refusal is not None:
        return Panel(outcome.after, f"{outcome.title}: {NO_SIMULATION}", str(outcome.refusal))
    words = [f"simulation, intensity {outcome.intensity:g}", outcome.painting_note]
    return Panel(outcome.after, outcome.title, "; ".join(filter(None, words)))


def _warp_panel(outcome: Outcome) -> Panel:
    if outcome.warp is None:
        return _panel(outcome)
    return Panel(outcome.warp, f"{outcome.title}: warp", "simulation, not repainted")


def _entry(outcome: Outcome) -> dict[str, Any]:
    entry: dict[str, Any] = {"procedure": outcome.procedures[0]}
    if outcome.refusal is None:
        entry["intensity"] = outcome.intensity
    return {**entry, **outcome.to_dict()}
