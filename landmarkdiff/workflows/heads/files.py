"""A patient's head as files: pictures, record, and what other programs read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landmarkdiff.arguments import checked, instance_of, path_like
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.generators import OnStep
from landmarkdiff.head.export import encode_glb, encode_obj, encode_stl
from landmarkdiff.head.picture import draw_head
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.photo import Photo, draw_label, read_photo, write_json, write_png
from landmarkdiff.version import __version__
from landmarkdiff.workflows.heads.patient import PatientHead, patient_head
from landmarkdiff.workflows.heads.reading import read_for_head
from landmarkdiff.workflows.output.folder import (
    check_output,
    folder_name,
    own_folder,
    staged_folder,
)
from landmarkdiff.workflows.output.pictures import Panel, compose
from landmarkdiff.workflows.output.records import photo_record
from landmarkdiff.workflows.request import SimulationRequest
from landmarkdiff.workflows.views import EXPECTED_VIEWS

__all__ = ["HEAD_FILES", "HeadFiles", "head_files"]

#: What the folder of a head consists of.
HEAD_FILES = (
    "head.json",
    "plan.json",
    "head.png",
    "before-*.png",
    "after-*.png",
    "head.glb",
    "head.stl",
    "head.obj",
    "head.mtl",
    "head.jpg",
)
#: Kinds of files for other programs.
EXPORTS = ("glb", "stl", "obj")
#: The standard views, and how far the head is turned in them, degrees.
_YAWS = tuple((view.name, view.yaw) for view in EXPECTED_VIEWS)


@dataclass(frozen=True, eq=False)
class HeadFiles:
    """A head on disk.

    Attributes
    ----------
    folder : Path
    picture : Path
        All views on one sheet.
    record : mapping
        What ``head.json`` says.
    head : PatientHead
        The same as data.
    """

    folder: Path
    picture: Path
    record: Mapping[str, Any]
    head: PatientHead


@checked(request=instance_of(SimulationRequest), out=path_like)
def head_files(
    photos: Sequence[str | Path],
    request: SimulationRequest,
    out: str | Path,
    *,
    exports: Collection[str] = (),
    same_person: bool = False,
    pipeline: LandmarkDiffPipeline | None = None,
    on_step: OnStep | None = None,
) -> HeadFiles:
    """Fit a head to photos of a patient and write its folder ``out/<folder of the photos>-head``.

    Parameters
    ----------
    photos : sequence of str or Path
        One to five photos of one person, in any order; profiles too.
    request : SimulationRequest
        With procedures or a plan, the head is shown before and after.
    out : str or Path
    exports : collection of str
        Of ``glb``, ``stl``, ``obj``.
    same_person : bool
        Somebody has looked: the photos are of one person, however unlike the faces.
    pipeline : LandmarkDiffPipeline, optional
    on_step : callable, optional
        Told of every loaded model.

    Returns
    -------
    HeadFiles

    Raises
    ------
    LandmarkDiffError
        Then nothing was written.
    """
    paths, out = [Path(photo) for photo in photos], Path(out)
    if not 1 <= len(paths) <= len(EXPECTED_VIEWS):
        raise ParameterError("head_photo_count", count=len(paths), most=len(EXPECTED_VIEWS))
    for kind in exports:
        if kind not in EXPORTS:
            raise ParameterError("unknown_head_export", name=kind, names=EXPORTS)
    check_output(out)
    sources = [read_photo(path) for path in paths]
    pipeline = pipeline or request.pipeline(on_step)
    reads = read_for_head(pipeline, sources, request)
    head = patient_head(reads, request, same_person=same_person)
    name = f"{folder_name(paths[0].resolve().parent.name)}-head"
    folder = own_folder(out, name, [source.sha256 for source in sources])
    with staged_folder(folder, HEAD_FILES, sources=paths) as staging:
        record = _write(staging, head, sources, request, exports)
    return HeadFiles(folder, folder / "head.png", record, head)


def _write(
    folder: Path,
    head: PatientHead,
    sources: Sequence[Photo],
    request: SimulationRequest,
    exports: Collection[str],
) -> dict[str, Any]:
    """Write everything into a folder; return what ``head.json`` says."""
    record = {"kind": "head", **head.to_dict()}
    for view, source in zip(record["views"], sources, strict=True):
        view["photo"] = photo_record(source)
    record["clinical_flags"] = request.flags.to_dict()
    record["version"] = __version__
    manifest = {"product": "landmarkdiff", **record}
    files = ["head.json", "head.png"]
    pictures = _pictures(head)
    for name, picture in pictures.items():
        write_png(folder / f"{name}.png", picture, manifest=manifest)
        files.append(f"{name}.png")
    write_png(folder / "head.png", _sheet(head, pictures), manifest=manifest)
    for name, data in _exports(head, exports).items():
        (folder / name).write_bytes(data)
        files.append(name)
    if head.plan is not None:
        write_json(folder / "plan.json", head.plan.to_dict())
        files.append("plan.json")
    record["files"] = sorted(files)
    write_json(folder / "head.json", record)
    return record


def _exports(head: PatientHead, kinds: Collection[str]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    if "glb" in kinds:
        files["head.glb"] = encode_glb(head.simulation)
    if "stl" in kinds:
        files["head.stl"] = encode_stl(head.simulation)
    if "obj" in kinds:
        files |= encode_obj(head.simulation)
    return files


def _pictures(head: PatientHead) -> dict[str, ImageArray]:
    """The head from five sides, before and, labelled, after: by the names of their files."""
    before = head.fitted.surface
    pictures = {f"before-{name}": draw_head(head.simulation, before, yaw) for name, yaw in _YAWS}
    if head.plan is not None:
        after = head.simulation.simulated()
        for name, yaw in _YAWS:
            picture, _ = draw_label(draw_head(head.simulation, after, yaw))
            pictures[f"after-{name}"] = picture
    return pictures


def _sheet(head: PatientHead, pictures: Mapping[str, ImageArray]) -> ImageArray:
    """All views on one sheet."""
    rows = {"before": ("Head", "grey: seen in no photo"), "after": ("Simulation", "as planned")}
    panels = []
    for name, picture in pictures.items():
        kind, view = name.split("-")
        caption, detail = rows[kind]
        panels.append(Panel(picture, f"{caption}, {view.replace('_', ' ')}", detail))
    title = "Head fitted to the photos"
    if head.plan is not None:
        titles = ", ".join(item.title for item in head.plan.procedures)
        title = f"Simulation of {titles}, one plan on the head"
    return compose(panels, len(_YAWS), title)
