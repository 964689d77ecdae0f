"""The options of a simulation: declared once, in :class:`SimulationOptions`, for all commands."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from functools import cache, wraps
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from landmarkdiff.cli import options

if TYPE_CHECKING:
    from landmarkdiff.workflows import SimulationRequest

__all__ = ["INFERENCE_STEPS_HELP", "SimulationOptions", "simulation_command"]

_KEYWORD = inspect.Parameter.KEYWORD_ONLY

INFERENCE_STEPS_HELP = "Steps of the network, 10 to 100; 4 to 8 with a few-step LoRA."


@dataclass(frozen=True)
class SimulationOptions:
    """What a command line says about a simulation.

    A field is an option of every command under :func:`simulation_command`, unless that leaves it
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
            help="vitiligo, bells-palsy=left|right, keloid=ZONE[,ZONE], ehlers-danlos; may be "
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
            help="tps, the warp alone; or img2img, controlnet or controlnet_ip, which repaint it.",
        ),
    ] = "tps"
    config: options.Config = None
    device: options.Device = None
    policy: options.Policy = None
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
        typer.Option("--ipd", metavar="MM", help="Known interpupillary distance, 40 to 80 mm."),
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
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results.")
    ] = Path("landmarkdiff-out")
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Makes modes with randomness repeatable.")
    ] = 0
    json: options.AsJson = False

    def request(self) -> SimulationRequest:
        """Return the checked request; LandmarkDiffError says in one sentence what is wrong."""
        from landmarkdiff.inference import PaintSettings
        from landmarkdiff.workflows import read_configuration, read_request

        return read_request(
            procedures=self.procedure or (),
            intensity=self.intensity or (),
            effects=self.effect or (),
            plan_file=self.plan,
            preset_files=self.preset_file or (),
            flags=self.flag or (),
            side=self.side,
            unlock=self.unlock,
            mode=self.mode,
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
            label_corner=self.label_corner,
            seed=self.seed,
        )


def simulation_command(
    *,
    only: Collection[str] = (),
    without: Collection[str] = (),
    after: Mapping[str, str] = MappingProxyType({}),
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Spell out a command's :class:`SimulationOptions` for Typer, which reads signatures.

    The command has one parameter of that class, or of one derived from it, beside its own.

    Parameters
    ----------
    only : collection of str
        Fields that are options of the command; by default all.
    without : collection of str
        Fields that are not.
    after : mapping of str to str
        Own parameter -> field that it follows in ``--help``. The others stand before or after
        all fields, as they do in the command.
    """

    def spell_out(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command, eval_str=True).parameters
        taker = next(name for name, item in own.items() if _is_options(item.annotation))
        options_class = own[taker].annotation
        shared = {
            name: item
            for name, item in _parameters(options_class).items()
            if name not in without and (not only or name in only)
        }
        order: list[str] = []
        for name in own:
            order += shared if name == taker else () if name in after else (name,)
        for name, field_name in after.items():
            order.insert(order.index(field_name) + 1, name)

        @wraps(command)
        def run(**values: Any) -> None:
            given = {name: values.pop(name) for name in shared}
            command(**values, **{taker: options_class(**given)})

        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [shared.get(name) or own[name].replace(kind=_KEYWORD) for name in order]
        )
        return run

    return spell_out


@cache
def _parameters(options_class: type[SimulationOptions]) -> Mapping[str, inspect.Parameter]:
    types = get_type_hints(options_class, include_extras=True)
    return {
        item.name: inspect.Parameter(
            item.name, _KEYWORD, default=item.default, annotation=types[item.name]
        )
        for item in fields(options_class)
    }


def _is_options(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, SimulationOptions)
