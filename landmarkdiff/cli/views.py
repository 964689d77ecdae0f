"""``landmarkdiff compare``, ``sweep`` and ``multiview``: several simulations in one picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landmarkdiff.cli import options, painted, tables
from landmarkdiff.cli.progress import progress_bars

if TYPE_CHECKING:
    from landmarkdiff.workflows import GridFiles

__all__ = ["compare", "multiview", "sweep"]

Photos = Annotated[
    list[Path],
    typer.Argument(metavar="DIR|PHOTOS", help="A folder, or two to five photos of one patient."),
]


def compare(
    photo: options.Photo,
    procedure: options.Procedures = None,
    intensity: options.Intensity = None,
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
    """Show all procedures in one grid. With --procedure, only those named."""
    request = options.read(
        procedures=procedure,
        intensity=intensity,
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
    from landmarkdiff.workflows import compare_procedures

    with progress_bars(silent=json, items="procedures") as bars:
        files = compare_procedures(photo, request, out, progress=bars.on_item, on_step=bars.on_step)
    if json:
        tables.print_json(files.record)
        return
    tables.print_table(
        ("procedure", ">intensity", ">largest movement", "remarks"),
        [
            (panel["procedure"], *_level(panel), panel.get("reason") or _remarks(panel))
            for panel in files.record["panels"]
        ],
    )
    _where(files)


def sweep(
    photo: options.Photo,
    procedure: options.Procedures = None,
    steps: Annotated[int, typer.Option("--steps", metavar="N", help="Pictures, 3 to 10.")] = 5,
    effect: options.Effects = None,
    preset_file: options.PresetFiles = None,
    flag: options.Flags = None,
    side: options.Side = None,
    unlock: options.Unlock = False,
    mode: options.Mode = "tps",
    config: options.Config = None,
    device: options.Device = None,
    policy: options.Policy = None,
    inference_steps: options.InferenceSteps = None,
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
    """Show intensities 0 to 100 in one grid. The steps are equal."""
    request = options.read(
        procedures=procedure,
        effects=effect,
        presets=preset_file,
        flags=flag,
        side=side,
        unlock=unlock,
        mode=mode,
        config=config,
        device=device,
        policy=policy,
        steps=inference_steps,
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
    from landmarkdiff.workflows import intensity_sweep

    with progress_bars(silent=json, items="intensities") as bars:
        files = intensity_sweep(
            photo, request, steps, out, progress=bars.on_item, on_step=bars.on_step
        )
    if json:
        tables.print_json(files.record)
        return
    tables.print_table(
        (">intensity", ">largest movement", "remarks"),
        [(*_level(panel), _remarks(panel)) for panel in files.record["panels"]],
    )
    _where(files)


def multiview(
    photos: Photos,
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
    """Apply one plan to the five views. They are sorted by measured yaw."""
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
    from landmarkdiff.workflows import find_photos, multi_view

    if len(photos) == 1:
        photos = find_photos(photos[0], out, below=False)
    with progress_bars(silent=json, items="views") as bars:
        files = multi_view(photos, request, out, progress=bars.on_item, on_step=bars.on_step)
    if json:
        tables.print_json(files.record)
        return
    rows = []
    for view in files.record["views"]:
        face_found = view["face"]
        verdict = {True: "yes", False: "no", None: "-"}[view["in_expected_range"]]
        remark = _remarks(view)
        if view["status"] == "no_simulation":
            remark = f"no simulation in this view: {view['reason']}"
        yaw = f"{face_found['yaw']:.0f}" if face_found else "-"
        rows.append((view["view"] or "unknown", yaw, verdict, remark))
    tables.print_table(("view", ">yaw (deg)", "in range", "remarks"), rows)
    _where(files)


def _level(panel: dict[str, Any]) -> tuple[str, str]:
    if panel.get("status") == "no_simulation":
        return "-", "no simulation"
    return f"{panel['intensity']:.0f}", f"{panel['largest_displacement_mm']:.1f} mm"


def _remarks(panel: dict[str, Any]) -> str:
    remarks = [] if panel.get("in_band", True) else ["beyond the published band"]
    limited = [
        effect["name"]
        for effect in panel.get("effects", ())
        if effect["limited_by"] and effect["planned"]
    ]
    if limited:
        remarks.append(f"limited: {', '.join(limited)}")
    if panel.get("guard"):
        remarks += painted.painting_remarks(panel)
    return "; ".join(remarks)


def _where(files: GridFiles) -> None:
    tables.print_warnings(files.record.get("warnings", ()))
    print(f"Picture: {tables.shown(files.picture)}")
