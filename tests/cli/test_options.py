from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any

import pytest
import typer

from landmarkdiff.cli import application
from landmarkdiff.cli.app import AppOptions
from landmarkdiff.cli.options import with_options
from landmarkdiff.cli.simulation import SimulationOptions
from landmarkdiff.ui.server.settings import AppSettings
from landmarkdiff.workflows import SimulationRequest

COMMANDS: Any = typer.main.get_command(application()).commands  # type: ignore[attr-defined]
FIELDS = [field.name for field in fields(SimulationOptions)]
LEFT_OUT = {
    "preview": set(),
    "batch": {"profile_point"},  # a place is in one photo
    "multiview": {"mm_per_px", "no_outline", "difference"},  # a ruler is in one photo; whole faces
    "compare": {"effect", "plan", "difference"},
    "sweep": {"intensity", "plan", "difference"},
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_every_field_is_an_option_of_every_simulating_command(name: str) -> None:
    shown = [item.name for item in COMMANDS[name].params if item.name in FIELDS]
    assert shown == [field for field in FIELDS if field not in LEFT_OUT[name]]


def test_the_steps_of_a_sweep_are_its_pictures() -> None:
    options = {item.name: item for item in COMMANDS["sweep"].params}
    assert list(options)[:4] == ["photo", "procedure", "steps", "effect"]
    assert options["steps"].opts == ["--steps"]
    assert options["inference_steps"].opts == ["--inference-steps"]
    (steps,) = (item for item in COMMANDS["preview"].params if item.name == "inference_steps")
    assert steps.opts == ["--steps", "--inference-steps"]


def test_a_command_gets_its_options_as_one_object() -> None:
    calls: list[tuple[SimulationOptions, str, int]] = []
    program = typer.Typer(add_completion=False)

    @program.command()
    @with_options(only=("face", "seed"), after={"zoom": "face"})
    def look(
        options: SimulationOptions,
        zoom: Annotated[int, typer.Option("--zoom")] = 1,
        name: Annotated[str, typer.Option("--name")] = "",
    ) -> None:
        """Look."""
        calls.append((options, name, zoom))

    command: Any = typer.main.get_command(program)
    assert [item.name for item in command.params] == ["face", "zoom", "seed", "name"]
    assert command.help == "Look."
    with command.make_context("look", ["--seed", "4", "--name", "a", "--zoom", "3"]) as context:
        command.invoke(context)
    assert calls == [(SimulationOptions(seed=4), "a", 3)]


def test_a_request_without_options_is_the_default_one() -> None:
    assert SimulationOptions().request() == SimulationRequest()


def test_options_of_the_app_become_its_settings() -> None:
    assert AppOptions().settings() == AppSettings()
    chosen = AppOptions(port=7000, allowed_host=["clinic.example"], workers=2, device="cpu")
    settings = chosen.settings()
    assert (settings.port, settings.allowed_hosts) == (7000, ("clinic.example",))
    assert (settings.workers, settings.device) == (2, "cpu")
