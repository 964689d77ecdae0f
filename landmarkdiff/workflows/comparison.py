"""One photo, several plans: procedures side by side, or several of them in one plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.errors import (
    FaceUnusableError,
    LandmarkDiffError,
    ParameterError,
    ProcedureError,
)
from landmarkdiff.generators import OnStep
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.photo import read_photo
from landmarkdiff.procedures import Procedure, SurgicalPlan, procedure, procedure_names
from landmarkdiff.procedures.plan import PlannedProcedure
from landmarkdiff.procedures.planning import DEFAULT_INTENSITY
from landmarkdiff.workflows.output.folder import check_output
from landmarkdiff.workflows.output.grids import (
    GridFiles,
    effects_record,
    grid_record,
    painting_note,
    write_grid,
)
from landmarkdiff.workflows.output.pictures import (
    NO_SIMULATION,
    TILE_SIZE,
    Panel,
    compose,
    face_tile,
    raw_tile,
    simulation_tile,
    warp_tile,
)
from landmarkdiff.workflows.progress import Progress
from landmarkdiff.workflows.request import SimulationRequest

__all__ = ["Compared", "compare_on", "compare_procedures"]

#: Up to so many procedures stand one below another with photo, warp and simulation in a row.
ONE_A_ROW = 3


@dataclass(frozen=True, eq=False)
class Compared:
    """One plan of a comparison, carried out or refused.

    Attributes
    ----------
    procedures : tuple of str
        Names; more than one where a plan combines them.
    title : str
        The procedures' own (English) titles.
    intensities : mapping of str to float
        Intensity of each procedure.
    tile : (H, W, 3) uint8 array
        RGB. The labelled simulation, framed like the other tiles; the photo alone where the
        plan was refused.
    record : mapping
        What the simulation did, ready for JSON, as :func:`effects_record` gives it; otherwise
        ``status`` "no_simulation" and the ``reason``.
    warp : (H, W, 3) uint8 array or None
        The labelled warp that a network repainted, framed alike; None where none painted.
    raw : (H, W, 3) uint8 array or None
        What the network painted, as it came; labelled and framed alike.
    refusal : LandmarkDiffError or None
        Why this photo cannot carry the plan.
    prediction : Prediction or None
        The whole simulation, where it was to be kept; 36 MB at 12 megapixels.
    """

    procedures: tuple[str, ...]
    title: str
    intensities: Mapping[str, float]
    tile: NDArray[np.uint8]
    record: Mapping[str, Any]
    refusal: LandmarkDiffError | None = None
    prediction: Prediction | None = None
    warp: NDArray[np.uint8] | None = None
    raw: NDArray[np.uint8] | None = None

    @property
    def intensity(self) -> float:
        """Intensity of the first procedure."""
        return self.intensities[self.procedures[0]]

    @property
    def reason(self) -> str | None:
        """The refusal as one English sentence."""
        return None if self.refusal is None else str(self.refusal)


def compare_on(
    pipeline: LandmarkDiffPipeline,
    prepared: PreparedFace,
    requests: Sequence[SimulationRequest],
    *,
    progress: Progress | None = None,
    size: tuple[int, int] = TILE_SIZE,
    keep: bool = False,
    on_step: OnStep | None = None,
) -> tuple[Compared, ...]:
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
    tuple of Compared
        A request that this photo cannot carry is no error: it says so.

    Raises
    ------
    ProcedureError
        A request names no procedure.
    ParameterError
        There is no request.
    """
    if not requests:
        raise ParameterError("there is nothing to compare", fix="name at least one procedure")
    for request in requests:
        request.require_plan()
    plans = [_plan_or_refusal(request, prepared) for request in requests]
    found: dict[int, Compared] = {
        index: _refused(prepared, requests[index], size, plan)
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
            found[index] = _compared(requests[index], prediction, size, keep=keep)
            del prediction  # before the next one is made
    return tuple(found[index] for index in range(len(requests)))


def compare_procedures(
    photo: str | Path,
    request: SimulationRequest,
    out: str | Path,
    *,
    pipeline: LandmarkDiffPipeline | None = None,
    progress: Progress | None = None,
    on_step: OnStep | None = None,
) -> GridFiles:
    """Simulate every procedure on a photo and write one labelled grid.

    Where a network paints, each row shows photo, warp and simulation of one procedure.

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
    chosen = request.procedures or tuple(procedure(name) for name in procedure_names())
    if request.plan is not None:
        raise ProcedureError("a comparison makes its own plans", fix="leave the plan out")
    request.check_intensity(chosen)
    singles = [request.with_procedures(item) for item in chosen]
    photo, out = Path(photo), Path(out)
    check_output(out)
    source = read_photo(photo)
    pipeline = pipeline or request.pipeline(on_step)
    prepared = request.prepare(pipeline, source.pixels)
    compared = compare_on(pipeline, prepared, singles, progress=progress, on_step=on_step)
    before = Panel(face_tile(source.pixels, prepared.landmarks), "Photo", "before")
    panels, columns = [before, *map(_panel, compared)], 3
    if request.mode != "tps":
        panels = [panel for item in compared for panel in (before, _warp_panel(item), _panel(item))]
        columns = 3 if len(compared) <= ONE_A_ROW else 6
    entries = [_entry(item) for item in compared]
    return write_grid(
        out / f"{source.stem}-compare",
        "compare.png",
        compose(panels, columns, "Simulations of discussed goals"),
        {"kind": "compare", **grid_record(source, prepared, request), "panels": entries},
        photo,
    )


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


def _refused(
    prepared: PreparedFace,
    request: SimulationRequest,
    size: tuple[int, int],
    refusal: LandmarkDiffError,
) -> Compared:
    levels = _intensities(request)
    tile = face_tile(prepared.image, prepared.landmarks, size)
    record = {"status": "no_simulation", "reason": str(refusal)}
    return Compared(tuple(levels), _title(request), levels, tile, record, refusal)


def _compared(
    request: SimulationRequest, prediction: Prediction, size: tuple[int, int], *, keep: bool
) -> Compared:
    levels = _intensities(request)
    return Compared(
        tuple(levels),
        _title(request),
        levels,
        simulation_tile(prediction, request.label_corner, size),
        effects_record(prediction),
        prediction=prediction if keep else None,
        warp=warp_tile(prediction, request.label_corner, size),
        raw=raw_tile(prediction, request.label_corner, size),
    )


def _title(request: SimulationRequest) -> str:
    return ", ".join(item.title for item in _chosen(request))


def _chosen(request: SimulationRequest) -> Sequence[Procedure | PlannedProcedure]:
    return request.procedures if request.plan is None else request.plan.procedures


def _intensities(request: SimulationRequest) -> dict[str, float]:
    if request.plan is not None:
        return {item.name: item.intensity for item in request.plan.procedures}
    level = request.intensity
    if not isinstance(level, Mapping):
        level = {item.name: float(level) for item in request.procedures}
    return {item.name: level.get(item.name, DEFAULT_INTENSITY) for item in request.procedures}


def _panel(compared: Compared) -> Panel:
    if compared.refusal is not None:
        return Panel(compared.tile, f"{compared.title}: {NO_SIMULATION}", compared.reason or "")
    words = [f"simulation, intensity {compared.intensity:g}", painting_note(compared.record)]
    return Panel(compared.tile, compared.title, "; ".join(filter(None, words)))


def _warp_panel(compared: Compared) -> Panel:
    if compared.warp is None:
        return _panel(compared)
    return Panel(compared.warp, f"{compared.title}: warp", "simulation, not repainted")


def _entry(compared: Compared) -> dict[str, Any]:
    entry: dict[str, Any] = {"procedure": compared.procedures[0]}
    if compared.refusal is None:
        entry["intensity"] = compared.intensity
    return {**entry, **compared.record}
