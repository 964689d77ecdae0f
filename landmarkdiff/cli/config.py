"""``landmarkdiff config``."""

from __future__ import annotations

import typer

from landmarkdiff.cli import options

__all__ = ["app"]

app = typer.Typer(
    help="The configuration of the repainting modes.",
    no_args_is_help=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def _group(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit


@app.command("show")
def show(
    config: options.Config = None,
    device: options.Device = None,
    policy: options.Policy = None,
) -> None:
    """Print every setting with its value, as YAML that --config reads."""
    import yaml

    from landmarkdiff.workflows import read_configuration

    configuration = read_configuration(config, device, policy)
    print(yaml.safe_dump(configuration.to_dict(), sort_keys=False, allow_unicode=True), end="")
