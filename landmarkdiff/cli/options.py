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
    "ConditioningScale",
    "Config",
    "Device",
    "Effects",
    "Face",
    "Flags",
    "Guidance",
    "InferenceSteps",
    "Intensity",
    "Ipd",
    "LabelCorner",
    "Mode",
    "NoPostprocess",
    "Out",
    "Passes",
    "Photo",
    "PlanFile",
    "Policy",
    "PresetFiles",
    "Procedures",
    "Seed",
    "Side",
    "Steps",
    "Strength",
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
Mode = Annotated[
    str,
    typer.Option(
        "--mode",
        metavar="MODE",
        help="tps, the warp alone; or img2img, controlnet or controlnet_ip, which repaint it.",
    ),
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
_STEPS_HELP = "Steps of the network, 10 to 100; 4 to 8 with a few-step LoRA."
Steps = Annotated[
    int | None, typer.Option("--steps", "--inference-steps", metavar="N", help=_STEPS_HELP)
]
#: Of commands whose own ``--steps`` are something else.
InferenceSteps = Annotated[
    int | None, typer.Option("--inference-steps", metavar="N", help=_STEPS_HELP)
]
Guidance = Annotated[
    float | None,
    typer.Option("--guidance", metavar="N", help="How closely the prompt is followed, 1 to 20."),
]
ConditioningScale = Annotated[
    float | None,
    typer.Option(
        "--conditioning-scale",
        metavar="N",
        help="How much the ControlNets count, 0 to 1.2 over all of them.",
    ),
]
Strength = Annotated[
    float | None,
    typer.Option("--strength", metavar="N", help="How much of the warp is painted over, 0 to 1."),
]
NoPostprocess = Annotated[
    bool,
    typer.Option(
        "--no-postprocess", help="Only put the painting into the photo; no finishing steps."
    ),
]
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
    config: Path | None = None,
    device: str | None = None,
    policy: str | None = None,
    steps: int | None = None,
    guidance: float | None = None,
    conditioning_scale: float | None = None,
    strength: float | None = None,
    no_postprocess: bool = False,
    **others: Any,
) -> SimulationRequest:
    """Return the checked request of a command's options."""
    from landmarkdiff.inference import PaintSettings
    from landmarkdiff.workflows import read_configuration, read_request

    return read_request(
        procedures=procedures or (),
        intensity=intensity or (),
        effects=effects or (),
        flags=flags or (),
        preset_files=presets or (),
        label_corner=corner,
        ipd_mm=ipd,
        configuration=read_configuration(config, device, policy),
        paint=PaintSettings(
            num_inference_steps=steps,
            guidance_scale=guidance,
            controlnet_conditioning_scale=conditioning_scale,
            strength=strength,
            postprocess=not no_postprocess,
        ),
        **others,
    )
