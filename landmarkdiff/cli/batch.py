"""``landmarkdiff batch``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from landmarkdiff.cli import options, tables
from landmarkdiff.cli.progress import progress_bars

__all__ = ["batch"]

Folder = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder of photos; folders inside it count too.")
]


def batch(
    folder: Folder,
    procedure: options.Procedures = None,
    intensity: options.Intensity = None,
    effect: options.Effects = None,
    plan: options.PlanFile = None,
    preset_file: options.PresetFiles = None,
    flag: options.Flags = None,
    side: options.Side = None,
    unlock: options.Unlock = False,
    mode: options.Mode = "tps",
    config: options.Config = None,
    device: options.Device = None,
    policy: options.Policy = None,
    steps: options.Steps = None,
    guidance: options.Guidance = None,
    conditioning_scale: options.ConditioningScale = None,
    strength: options.Strength = None,
    no_postprocess: options.NoPostprocess = False,
    face: options.Face = 0,
    passes: options.Passes = 8,
    ipd: options.Ipd = None,
    label_corner: options.LabelCorner = None,
    out: options.Out = options.DEFAULT_OUT,
    seed: options.Seed = 0,
    json: options.AsJson = False,
) -> None:
    """Simulate on all photos of a folder. Skips what an earlier run has finished.

    Exit status: 0 when every photo has a result, 1 when some failed, 2 for bad input.
    """
    request = options.read(
        procedures=procedure,
        intensity=intensity,
        effects=effect,
        plan_file=plan,
        presets=preset_file,
        flags=flag,
        side=side,
        unlock=unlock,
        mode=mode,
        config=config,
        device=device,
        policy=policy,
        steps=steps,
        guidance=guidance,
        conditioning_scale=conditioning_scale,
        strength=strength,
        no_postprocess=no_postprocess,
        face=face,
        passes=passes,
        ipd=ipd,
        corner=label_corner,
        seed=seed,
    )
    from landmarkdiff import workflows

    with progress_bars(silent=json) as bars:
        result = workflows.batch(folder, request, out, progress=bars.on_item, on_step=bars.on_step)
    if json:
        tables.print_json(result.to_dict())
    else:
        tables.print_table(
            ("photo", "result", "folder", ">limited", ">warnings", "remarks"),
            [
                (
                    item.photo,
                    item.status,
                    item.folder or "-",
                    f"{item.limited} of {item.effects}" if item.folder else "-",
                    str(item.warnings) if item.folder else "-",
                    item.error or ("warp: painting refused" if item.guard == "refused" else ""),
                )
                for item in result.items
            ],
        )
        refused = f", {result.refused} paintings refused" if result.refused else ""
        counts = f"{len(result.items)} photos, {result.failed} failed{refused}"
        print(f"{counts}. Results: {tables.shown(out)}")
    if result.failed:
        raise typer.Exit(1)
