"""The options of a simulation: declared once, in :class:`SimulationOptions`, for all commands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landmarkdiff.cli.options import AsJson, Config, Device, Options, Policy
from landmarkdiff.errors import ParameterError
from landmarkdiff.runtime.collector import collector_at_rest

if TYPE_CHECKING:
    from landmarkdiff.generators import Mode
    from landmarkdiff.workflows import SimulationRequest

__all__ = ["INFERENCE_STEPS_HELP", "SimulationOptions"]

INFERENCE_STEPS_HELP = "Steps of the network, 10 to 100; 4 to 8 with a few-step LoRA."


@dataclass(frozen=True)
class SimulationOptions(Options):
    """What a command line says about a simulation.

    A field is an option of every command that takes this class, unless the command leaves it
    out; ``--help`` shows them in this order. A new option is a field here, read in
    :meth:`request`.
    """

    procedure: Annotated[
        list[str] | None,
        typer.Option(
            "--procedure",
            "-p",
            metavar="NAME",
            help="Procedure, see 'landmarkdiff procedures list'; several make one plan.",
        ),
    ] = None
    intensity: Annotated[
        list[str] | None,
        typer.Option(
            "--intensity",
            "-i",
            metavar="[NAME=]N",
            help="0 to 100, for all procedures or for one of them; 60, the default, is the "
            "typical published change.",
        ),
    ] = None
    effect: Annotated[
        list[str] | None,
        typer.Option(
            "--effect",
            "-e",
            metavar="NAME=VALUE",
            help="Value of one effect in mm or degrees, or 'on' or 'off'; may be repeated.",
        ),
    ] = None
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", help="A saved plan.json instead of a procedure."),
    ] = None
    preset_file: Annotated[
        list[Path] | None,
        typer.Option(
            "--preset-file",
            metavar="FILE",
            help="A procedure of your own (YAML); may be repeated.",
        ),
    ] = None
    flag: Annotated[
        list[str] | None,
        typer.Option(
            "--flag",
            "-f",
            metavar="FLAG",
            help="vitiligo, bells-palsy=left|right, keloid=ZONE[,ZONE], ehlers-danlos, "
            "child; may be "
            "repeated.",
        ),
    ] = None
    side: Annotated[
        str | None,
        typer.Option("--side", metavar="SIDE", help="The patient's side: left, right or both."),
    ] = None
    unlock: Annotated[
        bool,
        typer.Option(
            "--unlock", help="Allow values beyond the published band; the pictures say so."
        ),
    ] = False
    mode: Annotated[
        str,
        typer.Option(
            "--mode",
            metavar="MODE",
            help="tps, the warp alone; or img2img, controlnet, controlnet_ip or lato, which "
            "repaint it.",
        ),
    ] = "tps"
    config: Config = None
    device: Device = None
    policy: Policy = None
    inference_steps: Annotated[
        int | None,
        typer.Option("--steps", "--inference-steps", metavar="N", help=INFERENCE_STEPS_HELP),
    ] = None
    guidance: Annotated[
        float | None,
        typer.Option(
            "--guidance", metavar="N", help="How closely the prompt is followed, 1 to 20."
        ),
    ] = None
    conditioning_scale: Annotated[
        float | None,
        typer.Option(
            "--conditioning-scale",
            metavar="N",
            help="How much the ControlNets count, 0 to 1.2 over all of them.",
        ),
    ] = None
    strength: Annotated[
        float | None,
        typer.Option(
            "--strength", metavar="N", help="How much of the warp is painted over, 0 to 1."
        ),
    ] = None
    no_postprocess: Annotated[
        bool,
        typer.Option(
            "--no-postprocess", help="Only put the painting into the photo; no finishing steps."
        ),
    ] = False
    no_light: Annotated[
        bool,
        typer.Option(
            "--no-light", help="Only move the skin; its light does not follow the surface."
        ),
    ] = False
    face: Annotated[
        int,
        typer.Option("--face", metavar="N", help="Which face of the photo; 0 is the largest."),
    ] = 0
    passes: Annotated[
        int,
        typer.Option(
            "--passes", metavar="N", help="Averaged passes of the landmark network, 1 to 64."
        ),
    ] = 8
    ipd: Annotated[
        float | None,
        typer.Option("--ipd", metavar="MM", help="Known interpupillary distance, 35 to 80 mm."),
    ] = None
    mm_per_px: Annotated[
        float | None,
        typer.Option(
            "--mm-per-px",
            metavar="MM",
            help="Known millimetres per pixel at the face, of a ruler in the photo.",
        ),
    ] = None
    glasses: Annotated[
        str,
        typer.Option(
            "--glasses",
            metavar="WORN",
            help="Whether the patient wears glasses: yes, no, or auto, what the photo shows. "
            "Nothing moves at their frame.",
        ),
    ] = "auto"
    profile_point: Annotated[
        list[str] | None,
        typer.Option(
            "--profile-point",
            metavar="NAME=X,Y",
            help="Where a point of a profile is, in pixels of the photo: the contour follows; "
            "three to five replace one that cannot be found. left:NAME or right:NAME among "
            "several photos; may be repeated.",
        ),
    ] = None
    label_corner: Annotated[
        str | None,
        typer.Option(
            "--label-corner",
            metavar="CORNER",
            help="top-left, top-right, bottom-left or bottom-right; by default one that hides "
            "nothing of the simulation.",
        ),
    ] = None
    no_outline: Annotated[
        bool,
        typer.Option("--no-outline", help="Close-ups without the outline of what is changed."),
    ] = False
    difference: Annotated[
        bool,
        typer.Option(
            "--difference",
            help="Also draw what is changed, in colours: movement in mm, brightness in levels.",
        ),
    ] = False
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results.")
    ] = Path("landmarkdiff-out")
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Makes modes with randomness repeatable.")
    ] = 0
    json: AsJson = False

    def request(self, *, by_effects: bool = False, drawn: bool = True) -> SimulationRequest:
        """Return the checked request; LandmarkDiffError says in one sentence what is wrong.

        With ``by_effects`` the effects that are given name their procedures where nothing else
        does. What is not ``drawn`` needs no models, whatever its mode.
        """
        with collector_at_rest():
            from landmarkdiff.generators import DEFAULT_MODE, find_mode
            from landmarkdiff.inference import PaintSettings
            from landmarkdiff.workflows import read_configuration, read_request

        mode = find_mode(self.mode)
        request = read_request(
            procedures=self.procedure or (),
            intensity=self.intensity or (),
            effects=self.effect or (),
            plan_file=self.plan,
            by_effects=by_effects,
            preset_files=self.preset_file or (),
            flags=self.flag or (),
            side=self.side,
            unlock=self.unlock,
            mode=self.mode if drawn else DEFAULT_MODE,
            configuration=read_configuration(self.config, self.device, self.policy),
            paint=PaintSettings(
                num_inference_steps=self.inference_steps,
                guidance_scale=self.guidance,
                controlnet_conditioning_scale=self.conditioning_scale,
                strength=self.strength,
                postprocess=not self.no_postprocess,
            ),
            face=self.face,
            passes=self.passes,
            ipd_mm=self.ipd,
            mm_per_px=self.mm_per_px,
            glasses=self.glasses,
            profile_points=self.profile_point or (),
            label_corner=self.label_corner,
            light=not self.no_light,
            outline=not self.no_outline,
            difference=self.difference,
            seed=self.seed,
        )
        self._refuse_unused(mode)
        return request

    def _refuse_unused(self, mode: Mode) -> None:
        """Refuse a number that the mode would pass over without a word."""
        painting = {
            "steps": self.inference_steps,
            "guidance": self.guidance,
            "strength": self.strength,
        }
        unused = {} if mode.paints else painting
        if not mode.controlled:
            unused["conditioning-scale"] = self.conditioning_scale
        for option, value in unused.items():
            if value is not None:
                raise ParameterError("option_not_of_mode", option=option, mode=mode.name)
