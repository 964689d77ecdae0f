"""One photo, several plans: procedures side by side, or several of them in one plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.photo import read_photo
from landmarkdiff.planning import DEFAULT_INTENSITY
from landmarkdiff.prediction import Prediction
from landmarkdiff.procedures import Procedure, procedure, procedure_names
from landmarkdiff.procedures.plan import PlannedProcedure
from landmarkdiff.workflows.grids import GridFiles, effects_record, grid_record, write_grid
from landmarkdiff.workflows.output import check_output
from landmarkdiff.workflows.pictures import (
    NO_SIMULATION,
    TILE_SIZE,
    Panel,
    compose,
    face_tile,
    simulation_tile,
)
from landmarkdiff.workflows.progress import Progress, pause_of, tell
from landmarkdiff.workflows.request import SimulationRequest

__all__ = ["Compared", "compare_on", "compare_procedures"]


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
) -> tuple[Compared, ...]:
    """Simulate several requests on one prepared face, in their order.

    Parameters
    ----------
    pipeline : LandmarkDiffPipeline
    prepared : PreparedFace
    requests : sequence of SimulationRequest
        Each with one procedure, with several that make one plan, or with a finished plan.
    progress : callable, optional
        Is told the names of a request's procedures, joined by ``+``.
    size : tuple of int
        Width and height of the tiles, pixels.
    keep : bool
        Keep the predictions, not only tiles and records.

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
    found = []
    for done, request in enumerate(requests):
        name = "+".join(item.name for item in _chosen(request))
        tell(progress, done, len(requests), name)
        pause = pause_of(progress, done, len(requests), name)
        found.append(_compared(pipeline, prepared, request, size, keep=keep, pause=pause))
    return tuple(found)


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
    compared = compare_on(pipeline, prepared, singles, progress=progress)
    panels = [Panel(face_tile(source.pixels, prepared.landmarks), "Photo", "before")]
    panels += [_panel(item) for item in compared]
    entries = [_entry(item) for item in compared]
    return write_grid(
        out / f"{source.stem}-compare",
        "compare.png",
        compose(panels, 3, "Simulations of discussed goals"),
        {"kind": "compare", **grid_record(source, prepared, request), "panels": entries},
        photo,
    )


def _compared(
    pipeline: LandmarkDiffPipeline,
    prepared: PreparedFace,
    request: SimulationRequest,
    size: tuple[int, int],
    *,
    keep: bool,
    pause: Callable[[], object] | None,
) -> Compared:
    title = ", ".join(item.title for item in _chosen(request))
    levels = _intensities(request)
    try:
        prediction = request.simulate(pipeline, prepared, pause=pause)
    except (FaceUnusableError, ProcedureError) as refusal:
        tile = face_tile(prepared.image, prepared.landmarks, size)
        record = {"status": "no_simulation", "reason": str(refusal)}
        # The traceback would keep every picture that was under way.
        return Compared(tuple(levels), title, levels, tile, record, refusal.with_traceback(None))
    tile = simulation_tile(prediction, request.label_corner, size)
    return Compared(
        tuple(levels),
        title,
        levels,
        tile,
        effects_record(prediction),
        prediction=prediction if keep else None,
    )


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
    detail = f"simulation, intensity {compared.intensity:g}"
    return Panel(compared.tile, compared.title, detail)


def _entry(compared: Compared) -> dict[str, Any]:
    entry: dict[str, Any] = {"procedure": compared.procedures[0]}
    if compared.refusal is None:
        entry["intensity"] = compared.intensity
    return {**entry, **compared.record}
