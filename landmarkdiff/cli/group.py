"""A group of commands, as ``landmarkdiff weights``."""

from __future__ import annotations

import typer

__all__ = ["command_group"]


def command_group(text: str) -> typer.Typer:
    """Return a group that shows its help, ``text``, when no command of it is named."""
    group = typer.Typer(help=text, no_args_is_help=False, rich_markup_mode=None)

    @group.callback(invoke_without_command=True)
    def _show_help(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            print(context.get_help())
            raise typer.Exit

    return group
