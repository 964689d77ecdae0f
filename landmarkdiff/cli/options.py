"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from landmarkdiff.workflows import SimulationRequest

__all__ = [
    "DEFAULT_OUT",
    "AsJson",
    "Effects",
    "Face",
    "Flags",
    "Intensity",
    "Ipd",
    "LabelCorner",
    "Mode",
    "Out",
    "Passes",
    "Photo",
    "PlanFile",
    "PresetFiles",
    "Procedures",
    "Seed",
    "Side",
    "Unlock",
    "read",
]

DEFAULT_OUT = Path("landmarkdiff-out")

Photo = Annotated[
    Path,
    typer.Argument(metavar="PHOTO", help="JPEG, PNG, WebP, TIFF, BMP, HEIC or DICOM photo."),
]
Procedures = Annotated[
    list[str] | None,
    typer.Option(
        "--procedure",
        "-p",
        metavar="NAME",
        help="Procedure, see 'landmarkdiff procedures list'; several make one plan.",
    ),
]
Intensity = Annotated[
    list[str] | None,
    typer.Option(
        "--intensity",
        "-i",
        metavar="[NAME=]N",
        help="0 to 100, for all procedures or for one of them; 60, the default, is the typical "
        "published change.",
    ),
]
Effects = Annotated[
    list[str] | None,
    typer.Option(
        "--effect",
        "-e",
        metavar="NAME=VALUE",
        help="Value of one effect in mm or degrees, or 'on' or 'off'; may be repeated.",
    ),
]
PlanFile = Annotated[
    Path | None,
    typer.Option("--plan", metavar="FILE", help="A saved plan.json instead of a procedure."),
]
PresetFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--preset-file", metavar="FILE", help="A procedure of your own (YAML); may be repeated."
    ),
]
Flags = Annotated[
    list[str] | None,
    typer.Option(
        "--flag",
        "-f",
        metavar="FLAG",
        help="vitiligo, bells-palsy=left|right, keloid=ZONE[,ZONE], ehlers-danlos; may be "
        "repeated.",
    ),
]
Side = Annotated[
    str | None,
    typer.Option("--side", metavar="SIDE", help="The patient's side: left, right or both."),
]
Unlock = Annotated[
    bool,
    typer.Option("--unlock", help="Allow values beyond the published band; the pictures say so."),
]
Mode = Annotated[str, typer.Option("--mode", metavar="MODE", help="How the picture is made.")]
Face = Annotated[
    int, typer.Option("--face", metavar="N", help="Which face of the photo; 0 is the largest.")
]
Passes = Annotated[
    int,
    typer.Option("--passes", metavar="N", help="Averaged passes of the landmark network, 1 to 64."),
]
Ipd = Annotated[
    float | None,
    typer.Option("--ipd", metavar="MM", help="Known interpupillary distance, 40 to 80 mm."),
]
LabelCorner = Annotated[
    str | None,
    typer.Option(
        "--label-corner",
        metavar="CORNER",
        help="top-left, top-right, bottom-left or bottom-right; by default one that hides "
        "nothing of the simulation.",
    ),
]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results.")]
Seed = Annotated[
    int, typer.Option("--seed", metavar="N", help="Makes modes with randomness repeatable.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON and nothing else.")]


def read(
    *,
    procedures: list[str] | None = None,
    intensity: list[str] | None = None,
    effects: list[str] | None = None,
    flags: list[str] | None = None,
    presets: list[Path] | None = None,
    corner: str | None = None,
    ipd: float | None = None,
    **others: Any,
) -> SimulationRequest:
    """Return the checked request of a command's options."""
    from landmarkdiff.workflows import read_request

    return read_request(
        procedures=procedures or (),
        intensity=intensity or (),
        effects=effects or (),
        flags=flags or (),
        preset_files=presets or (),
        label_corner=corner,
        ipd_mm=ipd,
        **others,
    )
