"""``landmarkdiff procedures``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landmarkdiff.cli import options, tables
from landmarkdiff.cli.group import command_group

if TYPE_CHECKING:
    from landmarkdiff.procedures import Effect

__all__ = ["app"]

app = command_group("The procedures, their effects, bands and sources.")


@app.command("list")
def list_all(json: options.AsJson = False) -> None:
    """List the built-in procedures."""
    from landmarkdiff.procedures import procedure, procedure_names

    presets = [procedure(name) for name in procedure_names()]
    if json:
        tables.print_json(
            {
                "procedures": [
                    {
                        "name": preset.name,
                        "title": preset.title,
                        "summary": preset.summary,
                        "effects": [effect.name for effect in preset.effects],
                        "in_photos": preset.in_photos,
                    }
                    for preset in presets
                ],
            }
        )
        return
    tables.print_table(
        ("name", "procedure", "effects"),
        [
            (preset.name, preset.title, ", ".join(effect.name for effect in preset.effects))
            for preset in presets
        ],
    )
    heads = [preset.name for preset in presets if not preset.on_mesh]
    print(f"Shown in a photo where it shows the ears, and on the head: {', '.join(heads)}.")


@app.command("show")
def show(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A built-in procedure.")
    ] = None,
    preset_file: Annotated[
        Path | None,
        typer.Option("--preset-file", metavar="FILE", help="A procedure of your own, checked."),
    ] = None,
    json: options.AsJson = False,
) -> None:
    """Show a procedure's effects with unit, typical change, band, evidence and source."""
    from landmarkdiff.errors import ProcedureError
    from landmarkdiff.procedures import load_procedure_file, procedure, procedure_names

    if (name is None) == (preset_file is None):
        raise ProcedureError("procedures_show_without_name", procedures=procedure_names())
    preset = procedure(str(name)) if preset_file is None else load_procedure_file(preset_file)
    if json:
        tables.print_json(preset.model_dump(mode="json"))
        return
    print(f"{preset.title} ({preset.name}): {preset.summary}")
    tables.print_table(
        ("effect", "unit", ">typical", ">band", "kind of band", "evidence", "source", "meaning"),
        [_row(effect) for effect in preset.effects],
    )
    print("Intensity 60 gives the typical change, 100 the far end of the band.")
    for limit in preset.limits:
        views = ", ".join(limit.views or ()).replace("_", " ")
        print(f"  - {limit.text}" + (f" (views: {views})" if views else ""))


def _row(effect: Effect) -> tuple[str, ...]:
    unit = effect.unit if effect.percent_of is None else f"% of {effect.percent_of}"
    unit = unit if effect.fold is None else "% of its depth"
    meaning: list[Any] = [effect.sign]
    if effect.measure == "total":
        meaning.append("both sides together")
    if effect.coupled_to is not None:
        meaning.append(f"follows {effect.coupled_to.driver}: {effect.coupled_to.reason}")
    if not effect.by_intensity:
        meaning.append("only when asked for by name")
    ends = sorted((effect.band.reverse or effect.band.low, effect.band.high))
    return (
        effect.name,
        unit,
        f"{effect.band.typical:+g}",
        f"{ends[0]:+g} to {ends[1]:+g}",
        effect.band.kind,
        effect.evidence.status,
        effect.evidence.source,
        "; ".join(meaning),
    )
