"""Options and arguments that several commands share, one by one.

Those of a simulation are fields of :class:`landmarkdiff.cli.simulation.SimulationOptions`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["AsJson", "Config", "Device", "Photo", "Policy"]

Photo = Annotated[
    Path,
    typer.Argument(metavar="PHOTO", help="JPEG, PNG, WebP, TIFF, BMP, HEIC or DICOM photo."),
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Models, finishing steps and guard of the repainting modes (YAML).",
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        "--device", metavar="NAME", help="Where a mode repaints: auto, cuda, cuda:N, mps or cpu."
    ),
]
Policy = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="POLICY",
        help="commercial, the default, or research, which allows weights for research only.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON and nothing else.")]
