"""Several views of one patient as files: each simulation, the gallery, plan and record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from landmarkdiff.arguments import checked, instance_of, path_like
from landmarkdiff.errors import ParameterError
from landmarkdiff.generators import OnStep
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.photo import draw_label, read_photo, write_json, write_png
from landmarkdiff.workflows.grids import GridFiles
from landmarkdiff.workflows.multiview import ShownView, gallery, simulate_views
from landmarkdiff.workflows.output.folder import (
    check_output,
    folder_name,
    own_folder,
    staged_folder,
)
from landmarkdiff.workflows.output.pictures import TILE_SIZE
from landmarkdiff.workflows.output.records import manifest
from landmarkdiff.workflows.progress import Progress
from landmarkdiff.workflows.request import SimulationRequest
from landmarkdiff.workflows.view_persons import compare_views, person_record
from landmarkdiff.workflows.view_reading import read_views
from landmarkdiff.workflows.views import (
    EXPECTED_VIEWS,
    ViewPhoto,
    ViewSet,
    sort_views,
)

__all__ = ["VIEW_FILES", "multi_view"]

#: What the folder of a gallery consists of.
VIEW_FILES = ("multiview.png", "plan.json", "result.json", "view-[1-5].png")


@checked(request=instance_of(SimulationRequest), out=path_like)
def multi_view(
    photos: Sequence[str | Path],
    request: SimulationRequest,
    out: str | Path,
    *,
    same_person: bool = False,
    pipeline: LandmarkDiffPipeline | None = None,
    progress: Progress | None = None,
    on_step: OnStep | None = None,
) -> GridFiles[ShownView]:
    """Apply one plan to all views of a patient and write a combined before/after gallery.

    Parameters
    ----------
    photos : sequence of str or Path
        Two to five photos, in any order; they are sorted by measured yaw.
    request : SimulationRequest
    out : str or Path
        The gallery goes to ``out/<folder of the photos>-multiview``.
    same_person : bool
        Somebody has looked: the photos are of one person, however unlike the faces.
    pipeline : LandmarkDiffPipeline, optional
    progress, on_step : callable, optional
        As in :func:`simulate_views`.

    Returns
    -------
    GridFiles

    Raises
    ------
    LandmarkDiffError
        Then nothing was written. A view that the face mesh does not fit is no error: the
        gallery shows the photo and says "no simulation in this view".
    """
    request.require_plan()
    paths, out = [Path(photo) for photo in photos], Path(out)
    if not 2 <= len(paths) <= len(EXPECTED_VIEWS):
        raise ParameterError("gallery_size", count=len(paths), most=len(EXPECTED_VIEWS))
    check_output(out)
    sources = [read_photo(path) for path in paths]
    pipeline = pipeline or request.pipeline(on_step)
    read = read_views(pipeline, sources, request, look=False)
    person = compare_views(read, request.configuration)
    if not same_person:
        person.require_one_person()
    views = sort_views(read)
    name = f"{folder_name(paths[0].resolve().parent.name)}-multiview"
    folder = own_folder(out, name, [source.sha256 for source in sources])
    with staged_folder(folder, VIEW_FILES, sources=paths) as staging:
        told = {
            "one_person": person_record(person, read, views, confirmed=same_person),
            "warnings": [notice.to_dict() for notice in person.notices],
        }
        record, shown = _write(staging, pipeline, views, request, told, progress, on_step)
    return GridFiles(folder, folder / "multiview.png", record, shown)


def _write(
    folder: Path,
    pipeline: LandmarkDiffPipeline,
    photos: ViewSet,
    request: SimulationRequest,
    told: Mapping[str, Any],
    progress: Progress | None,
    on_step: OnStep | None,
) -> tuple[dict[str, Any], tuple[ShownView, ...]]:
    """Simulate, write the files of a gallery, and return what ``result.json`` says of the views.

    ``told`` is what it says of the photos together.
    """
    files = ["multiview.png", "plan.json", "result.json"]

    def write_view(number: int, photo: ViewPhoto, prediction: Prediction) -> None:
        name = f"view-{number}.png"
        picture, _ = draw_label(
            prediction.image,
            corner=request.label_corner,
            mask=prediction.changeable,
            text=prediction.label,
            within=prediction.source.surroundings,
        )
        write_png(folder / name, picture, manifest=manifest(prediction, photo.photo))
        files.append(name)

    simulated = simulate_views(
        pipeline,
        photos,
        request,
        progress=progress,
        size=TILE_SIZE,
        each=write_view,
        on_step=on_step,
    )
    record = {**simulated.to_dict(), **told, "files": sorted(files)}
    for number, view in enumerate(record["views"], start=1):
        if (name := f"view-{number}.png") in files:
            view["file"] = name
    sheet = gallery(simulated)
    write_png(folder / "multiview.png", sheet, manifest={"product": "landmarkdiff", **record})
    write_json(folder / "plan.json", simulated.plan.to_dict())
    write_json(folder / "result.json", record)
    return record, simulated.views
