"""One photo, one plan: the folder of a preview."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arguments import checked, instance_of, path_like
from landmarkdiff.generators import OnStep, find_mode
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.gestures import titles_of
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.landmarks.draw import draw_displacements
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.photo import Photo, PngWriter, draw_label, write_json, write_png
from landmarkdiff.photo.label import Box
from landmarkdiff.workflows.opening import OpenPhoto, open_photo
from landmarkdiff.workflows.outcome import Summary
from landmarkdiff.workflows.output.close_up import CloseUp, Region, draw_outline, pair_size
from landmarkdiff.workflows.output.difference import difference_sheet
from landmarkdiff.workflows.output.folder import place_for, staged_folder
from landmarkdiff.workflows.output.pictures import Panel, compose
from landmarkdiff.workflows.output.profile_chart import english_chart, prediction_stages
from landmarkdiff.workflows.output.records import manifest, notice_records, photo_record
from landmarkdiff.workflows.request import SimulationRequest

__all__ = [
    "DIFFERENCE_FILE",
    "EVERY_PREVIEW_FILE",
    "PREVIEW_FILES",
    "PROFILE_FILE",
    "REPAINTED_FILES",
    "PreviewFiles",
    "preview",
    "preview_files",
    "preview_opened",
    "write_preview",
]

#: What the folder of a preview consists of.
PREVIEW_FILES = (
    "before.png",
    "after.png",
    "compare.png",
    "mask.png",
    "wireframe.png",
    "mesh.png",
    "plan.json",
    "result.json",
)
#: What it consists of where a network repainted the warp.
REPAINTED_FILES = (*PREVIEW_FILES, "raw.png", "warp.png")
#: What is written of a profile besides: its angles and lines, before, planned and after.
PROFILE_FILE = "measurements.png"
#: What is written besides where the request asks for it: what is changed, in colours.
DIFFERENCE_FILE = "difference.png"
#: Whatever the folder of an earlier preview may consist of.
EVERY_PREVIEW_FILE = (*REPAINTED_FILES, PROFILE_FILE, DIFFERENCE_FILE)
#: Longest side of a close-up of ``compare.png``, pixels; the single pictures keep their size.
_PANEL_SIDE = 1600
#: The same of each of four.
_PANEL_SIDE_OF_FOUR = 1000


@dataclass(frozen=True)
class PreviewFiles:
    """A preview on disk.

    Attributes
    ----------
    folder : Path
        Holds :data:`PREVIEW_FILES`, or :data:`REPAINTED_FILES` where a network painted; of a
        profile :data:`PROFILE_FILE`, too, and :data:`DIFFERENCE_FILE` where that was asked for.
    record : mapping
        What ``result.json`` says.
    summary : Summary
        The same as data.
    """

    folder: Path
    record: Mapping[str, Any]
    summary: Summary


def preview_files(mode: str) -> tuple[str, ...]:
    """Return what the folder of a preview in this mode consists of."""
    return REPAINTED_FILES if find_mode(mode).paints else PREVIEW_FILES


@checked(photo=path_like, request=instance_of(SimulationRequest), out=path_like)
def preview(
    photo: str | Path,
    request: SimulationRequest,
    out: str | Path,
    *,
    pipeline: LandmarkDiffPipeline | None = None,
    on_step: OnStep | None = None,
) -> PreviewFiles:
    """Simulate a request on a photo and write the folder ``out/<photo stem>``.

    Parameters
    ----------
    photo : str or Path
    request : SimulationRequest
    out : str or Path
        Made as needed. An earlier result of the same photo is replaced as a whole; where
        ``out/<photo stem>`` is the result of another photo, ``<photo stem>-2`` is written.
    pipeline : LandmarkDiffPipeline, optional
        A loaded one, when several photos are simulated.
    on_step : callable, optional
        Told of every loaded model and every step of a network.

    Returns
    -------
    PreviewFiles

    Raises
    ------
    LandmarkDiffError
        Then nothing was written.
    """
    photo, out = Path(photo), Path(out)
    request.require_plan()
    opened = open_photo(photo, request, out, pipeline=pipeline, on_step=on_step)
    return preview_opened(photo, opened, request, out, on_step=on_step)


def preview_opened(
    photo: Path,
    opened: OpenPhoto,
    request: SimulationRequest,
    out: Path,
    *,
    finish: Callable[[Prediction], Prediction] | None = None,
    on_step: OnStep | None = None,
) -> PreviewFiles:
    """Simulate a request on a photo that has been opened, as :func:`preview` does.

    ``finish`` adds to the simulation before it is checked and written.
    """
    prediction = request.simulate(opened.pipeline, opened.prepared, verify=False, on_step=on_step)
    if finish is not None:
        prediction = finish(prediction)
    folder, source = place_for(out, opened.photo.stem, opened.photo)
    # An earlier result may be of another mode.
    with (
        ThreadPoolExecutor(1) as other,
        staged_folder(folder, EVERY_PREVIEW_FILE, sources=[photo]) as staging,
    ):
        checking = other.submit(opened.pipeline.verify, prediction)
        record = write_preview(staging, prediction, source, request, checked=checking.result)
    return PreviewFiles(folder, record, Summary.of(checking.result()))


def write_preview(
    folder: Path,
    prediction: Prediction,
    photo: Photo,
    request: SimulationRequest,
    *,
    checked: Callable[[], Prediction] | None = None,
) -> dict[str, Any]:
    """Write the files of a preview into an existing folder; return what ``result.json`` says.

    Parameters
    ----------
    folder : Path
    prediction : Prediction
    photo : Photo
    request : SimulationRequest
        Where the label goes.
    checked : callable, optional
        Gives the prediction with its checks, where those are still being made; it is called when
        the pictures have been drawn.
    """
    checked = checked or (lambda: prediction)
    with PngWriter(lambda: manifest(checked(), photo)) as writer:
        label_box = _write_pictures(writer, folder, prediction, request)
        drawn = _write_difference(writer, folder, prediction, request)
    prediction = checked()
    files = [*preview_files(prediction.mode)]
    stages = prediction_stages(prediction)
    if isinstance(prediction.prepared, PreparedProfile):
        chart = english_chart(prediction.prepared, stages)
        write_png(folder / PROFILE_FILE, chart, manifest=manifest(prediction, photo))
        files.append(PROFILE_FILE)
    if request.difference:
        files.append(DIFFERENCE_FILE)
    write_json(folder / "plan.json", prediction.plan.to_dict())
    record = (
        prediction.to_dict()
        | drawn
        | {
            "in_band": prediction.in_band,
            "label": prediction.label,
            "label_box": list(label_box),
            "photo": photo_record(photo),
            "files": files,
            "warnings": notice_records(prediction, photo),
        }
    )
    write_json(folder / "result.json", record)
    return record


def _write_pictures(
    writer: PngWriter, folder: Path, prediction: Prediction, request: SimulationRequest
) -> Box:
    """Draw and write the pictures of a preview; return the box of the simulation's label."""
    text, corner = prediction.label, request.label_corner
    mask = prediction.changeable
    stages = _stages(prediction)
    for stage in stages:
        labelled, box = draw_label(
            stage.pixels, corner=corner, mask=mask, text=text, within=prediction.source.surroundings
        )
        writer.write(folder / f"{stage.name}.png", labelled, carries=True, facts=stage.facts)
        del labelled
    writer.write(folder / "before.png", prediction.before)
    writer.write(folder / "mask.png", mask)
    sheet = _close_ups(prediction, stages, request)
    writer.write(folder / "compare.png", sheet, carries=True)
    del sheet
    writer.write(folder / "wireframe.png", prediction.conditioning, carries=True)
    mesh = draw_displacements(prediction.before, prediction.source, prediction.shown_target)
    mesh, _ = draw_label(mesh, corner=corner, text=text, within=prediction.source.surroundings)
    writer.write(folder / "mesh.png", mesh, carries=True)
    return box  # the simulation is the last stage


def _write_difference(
    writer: PngWriter, folder: Path, prediction: Prediction, request: SimulationRequest
) -> dict[str, Any]:
    """Draw and write what is changed, where that is asked for; return what the record adds."""
    if not request.difference:
        return {}
    sheet = difference_sheet(prediction, request.label_corner)
    writer.write(folder / DIFFERENCE_FILE, sheet.pixels, carries=True)
    return {"difference": sheet.record}


@dataclass(frozen=True)
class _Stage:
    """A picture on the way from the photo to the simulation; ``name`` is its file's."""

    name: str
    pixels: NDArray[np.uint8]
    caption: str
    detail: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def _stages(prediction: Prediction) -> tuple[_Stage, ...]:
    """The simulation; where a network painted, after the warp and the raw painting."""
    word = prediction.label.capitalize()
    titles = ", ".join(titles_of(prediction))
    final = _Stage("after", prediction.image, word, titles)
    if not prediction.paints:
        return (final,)
    # What stands in the places of the raw and of the finished painting, by the guard's verdict.
    raw, kept = {
        "passed": ("not finished", True),
        "refused": ("refused", False),
        None: ("nothing was painted", False),
    }[prediction.guard.verdict]
    return (
        _Stage("warp", prediction.warped, f"{word}: warp", "not repainted", {"picture": "warp"}),
        _Stage("raw", prediction.raw, f"{word}: raw painting", raw, {"picture": "raw"}),
        final if kept else replace(final, detail=f"{titles} (the warp)"),
    )


def _close_ups(
    prediction: Prediction, stages: Sequence[_Stage], request: SimulationRequest
) -> NDArray[np.uint8]:
    """What the plan changes in every picture, from the photo to the simulation, in a row."""
    region = Region.of(prediction, aspect=None)
    size = pair_size(region, _PANEL_SIDE if len(stages) == 1 else _PANEL_SIDE_OF_FOUR)
    close = CloseUp.of(prediction, region, size, request.label_corner)
    panels = [Panel(close.before, "Photo")]
    panels += [Panel(getattr(close, stage.name), stage.caption, stage.detail) for stage in stages]
    if request.outline:
        panels = [
            replace(panel, pixels=draw_outline(panel.pixels, close.outline)) for panel in panels
        ]
    return compose(panels, len(panels), "Simulation of a discussed goal")
