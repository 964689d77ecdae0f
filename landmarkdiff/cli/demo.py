"""``landmarkdiff demo``: the first run, on a public-domain portrait."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from landmarkdiff.cli.options import with_options
from landmarkdiff.cli.preview import print_preview
from landmarkdiff.cli.simulation import SimulationOptions

__all__ = ["demo"]


@with_options(only=("procedure", "intensity", "out"))
def demo(
    portrait: Annotated[
        str, typer.Option("--portrait", metavar="NAME", help="astronaut or grace_hopper.")
    ] = "astronaut",
    *,
    options: SimulationOptions,
) -> None:
    """Preview on a public-domain portrait. Fetches the example portraits first."""
    if not options.procedure:
        options = replace(options, procedure=["rhinoplasty"])
    request = options.request()
    from landmarkdiff import weights, workflows
    from landmarkdiff.errors import ParameterError

    names = [item.name for item in weights.entries() if item.kind == "example"]
    if portrait not in names:
        raise ParameterError("unknown_portrait", name=portrait, names=names)
    photos = {name: weights.obtain(name) for name in names}
    print_preview(workflows.preview(photos[portrait], request, options.out))
