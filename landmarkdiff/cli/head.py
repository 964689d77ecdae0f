"""``landmarkdiff head``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landmarkdiff.cli import tables
from landmarkdiff.cli.options import SamePerson, with_options
from landmarkdiff.cli.progress import progress_bars
from landmarkdiff.cli.simulation import SimulationOptions

if TYPE_CHECKING:
    from landmarkdiff.workflows.heads import PatientHead

__all__ = ["head"]

#: Options of a simulation that say something of a head.
_OF_A_HEAD = (
    *("procedure", "intensity", "effect", "plan", "preset_file", "flag", "side", "unlock"),
    *("face", "passes", "mm_per_px", "ipd", "profile_point", "out", "json"),
)
#: Options of its own.
_OWN = ("glb", "stl", "obj", "same_person")
#: Points of the table, from above.
_POINTS = (
    *("glabella", "nasion", "rhinion", "pronasale", "subnasale", "labrale_superius"),
    *("labrale_inferius", "pogonion", "menton", "cervical_point"),
)


@with_options(only=_OF_A_HEAD, after=dict.fromkeys(_OWN, "unlock"))
def head(
    photos: Annotated[
        list[Path],
        typer.Argument(metavar="DIR|PHOTOS", help="A folder, or one to five photos of one person."),
    ],
    options: SimulationOptions,
    glb: Annotated[bool, typer.Option("--glb", help="Write GLB, to look at it elsewhere.")] = False,
    stl: Annotated[bool, typer.Option("--stl", help="Write STL, to print it.")] = False,
    obj: Annotated[bool, typer.Option("--obj", help="Write OBJ with its texture.")] = False,
    same_person: SamePerson = False,
) -> None:
    """Fit one head in three dimensions to photos, and show a plan on it."""
    request = options.request()
    from landmarkdiff.workflows import find_photos, head_files

    if len(photos) == 1 and photos[0].is_dir():
        photos = find_photos(photos[0], options.out, below=False)
    exports = [name for name, wanted in (("glb", glb), ("stl", stl), ("obj", obj)) if wanted]
    with progress_bars(silent=options.json) as bars:
        files = head_files(
            photos,
            request,
            options.out,
            exports=exports,
            same_person=same_person,
            on_step=bars.on_step,
        )
    if options.json:
        tables.print_json(files.record)
        return
    print(_headline(files.head))
    columns = ("point", ">left (mm)", ">up (mm)", ">forward (mm)", ">+- (mm)", ">from photos")
    tables.print_table(columns, _rows(files.head), "Face frame, origin midway between the eyes")
    tables.print_notices([*_of_photos(photos, files.record), *files.record["warnings"]])
    print(f"Files: {', '.join(files.record['files'])}")
    print(f"Folder: {tables.shown(files.folder)}")


def _headline(patient: PatientHead) -> str:
    """Say what was fitted, and what is planned on it."""
    views = ", ".join(read.view.replace("_", " ") for read in patient.reads)
    said = f"Head fitted to {views}; size +- {100 * patient.fitted.scale_uncertainty:.0f} %"
    if patient.plan is None:
        return said
    what = ", ".join(
        f"{item.name} at intensity {item.intensity:g}" for item in patient.plan.procedures
    )
    return f"Simulation of {what}. {said}"


def _of_photos(photos: Sequence[Path], record: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """What there is to mind of each photo, with the name of its file."""
    for photo, view in zip(photos, record["views"], strict=True):
        for notice in view["warnings"]:
            yield {"text": f"{tables.shown(Path(photo.name))}: {notice['text']}"}


def _rows(patient: PatientHead) -> Iterator[tuple[str, ...]]:
    for name in _POINTS:
        point = patient.fitted.points[name]
        places = (f"{value:+.1f}" for value in point.place)
        yield name, *places, f"{point.uncertainty_mm:.1f}", f"{100 * point.from_photos:.0f} %"
