"""The command ``landmarkdiff``.

Commands import what they need when they run, so that help answers at once. Exit status: 0 when
all went well, 1 when something asked for is not as it should be (a photo of a batch failed, the
doctor found a problem, a weights file is damaged), 2 for bad input or a result that cannot be
made, 130 after Ctrl-C.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

import typer

from landmarkdiff.cli import (
    analyze,
    batch,
    compare,
    config,
    demo,
    doctor,
    multiview,
    preview,
    procedures,
    sweep,
    weights,
)
from landmarkdiff.cli import app as app_command
from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.version import __version__

__all__ = ["app", "main"]

#: The base of every complaint about arguments, under whichever name typer keeps it.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    name="landmarkdiff",
    help="Simulation of discussed facial procedures from one photo, in millimetres.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("preview")(preview.preview)
app.command("batch")(batch.batch)
app.command("compare")(compare.compare)
app.command("sweep")(sweep.sweep)
app.command("multiview")(multiview.multiview)
app.command("analyze")(analyze.analyze)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
app.command("app")(app_command.app)
app.add_typer(procedures.app, name="procedures", help="List procedures, or show one.")
app.add_typer(config.app, name="config", help="Show the configuration of the repainting modes.")
app.add_typer(weights.app, name="weights", help="List, fetch and verify model files.")


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    if version:
        print(f"landmarkdiff {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; by default those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except LandmarkDiffError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        print("landmarkdiff: interrupted; nothing is left half-written", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read the output has left; Python would complain once more while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except MemoryError:
        return _complain("there is not enough memory; use a smaller photo.")
    except OSError as error:
        return _complain(f"the system refused: {error.strerror or type(error).__name__}.")
    return status


def _run(arguments: list[str]) -> int:
    command = typer.main.get_command(app)
    try:
        with command.make_context("landmarkdiff", arguments) as context:
            command.invoke(context)
    except typer.Exit as leave:
        return leave.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None
    except UsageError as error:
        return _complain(_usage(error))
    return 0


def _usage(error: Exception) -> str:
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "landmarkdiff"
    return f"{message.rstrip('.')}; see '{path} --help'."


def _complain(message: str) -> int:
    line = " ".join(message.split())
    print(f"landmarkdiff: error: {line}", file=sys.stderr)
    return 2
