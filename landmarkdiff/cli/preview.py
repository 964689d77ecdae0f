"""``landmarkdiff preview``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from landmarkdiff.cli import options, painted, tables
from landmarkdiff.cli.progress import progress_bars

if TYPE_CHECKING:
    from landmarkdiff.workflows import PreviewFiles

__all__ = ["preview", "print_preview"]


def preview(
    photo: options.Photo,
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
    """Simulate a plan on one photo. Writes OUT/<photo's name>/: pictures, plan, result."""
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
        files = workflows.preview(photo, request, out, on_step=bars.on_step)
    if json:
        tables.print_json(files.record)
    else:
        print_preview(files)


def print_preview(files: PreviewFiles) -> None:
    """Print the summary of a preview for people."""
    print(headline(files.record))
    tables.print_effects(files.record["effects"])
    painted.print_painting(files.record)
    tables.print_warnings(files.record["warnings"])
    for procedure in files.record["plan"]["procedures"]:
        for limit in procedure["limits"]:
            print(f"  - {limit}")
    print(f"Pictures: {tables.shown(files.folder)}")


def headline(record: Mapping[str, Any]) -> str:
    """Say what was simulated, in which view, and how sure the millimetres are."""
    scale, view = record["scale"], record["face"]["view"].replace("_", " ")
    what = ", ".join(
        f"{item['name']} at intensity {item['intensity']:g}"
        for item in record["plan"]["procedures"]
    )
    return (
        f"Simulation of {what}, {view} view, "
        f"1 px = {scale['mm_per_px']:.3f} mm (+- {100 * scale['relative_uncertainty']:.0f} %)"
    )
