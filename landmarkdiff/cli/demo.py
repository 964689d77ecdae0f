"""``landmarkdiff demo``: the first run, on a public-domain portrait."""

from __future__ import annotations

from typing import Annotated

import typer

from landmarkdiff.cli import options
from landmarkdiff.cli.preview import print_preview

__all__ = ["demo"]


def demo(
    portrait: Annotated[
        str, typer.Option("--portrait", metavar="NAME", help="astronaut or grace_hopper.")
    ] = "astronaut",
    procedure: options.Procedures = None,
    intensity: options.Intensity = None,
    out: options.Out = options.DEFAULT_OUT,
) -> None:
    """Preview on a public-domain portrait. Fetches the example portraits first."""
    request = options.read(procedures=procedure or ["rhinoplasty"], intensity=intensity)
    from landmarkdiff import weights, workflows
    from landmarkdiff.errors import ParameterError

    names = [item.name for item in weights.catalogue() if item.kind == "example"]
    if portrait not in names:
        raise ParameterError("there is no such portrait", value=portrait, allowed=names)
    photos = {name: weights.obtain(name) for name in names}
    print_preview(workflows.preview(photos[portrait], request, out))
