"""The command ``landmarkdiff``.

Commands import what they need when they run, so that help answers at once. Exit status: 0 when
all went well, 1 when something asked for is not as it should be (a photo of a batch failed, the
doctor found a problem, a weights file is damaged), 2 for bad input or a result that cannot be
made, 130 after Ctrl-C, 143 and 129 when a signal asked it to end.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from types import MappingProxyType

import typer

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.runtime.collector import collector_at_rest
from landmarkdiff.runtime.core_dumps import forbid_core_dumps
from landmarkdiff.runtime.signals import SignalledError, signals_raise
from landmarkdiff.runtime.streams import ready_streams
from landmarkdiff.version import __version__

__all__ = ["application", "main"]

#: The base of every complaint about arguments, under whichever name typer keeps it.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]

#: Commands in the order of the help; each has a module of its name, which has it.
_COMMANDS = (
    "preview",
    "edit",
    "batch",
    "compare",
    "sweep",
    "multiview",
    "head",
    "analyze",
    "evaluate",
    "outcome",
    "doctor",
    "demo",
    "app",
)
#: Groups of commands, each in a module of its name, and what the help says of them.
_GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "procedures": "List procedures, or show one.",
        "consultation": "Put saved consultations under a passphrase, or list them.",
        "config": "Show the configuration of the repainting modes.",
        "weights": "List, fetch and verify model files.",
        "train": "Train the repainting networks; export, examine and compare what came of it.",
        "data": "Make training pairs from photos, and look at them.",
    }
)


def application(only: str | None = None) -> typer.Typer:
    """Return the program.

    Parameters
    ----------
    only : str, optional
        The command that is run: others are not loaded then. Anything that is no command
        gives the whole program.
    """
    app = typer.Typer(
        name="landmarkdiff",
        help="Simulation of discussed facial procedures from one photo, in millimetres.",
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback(invoke_without_command=True)(_root)
    known = (*_COMMANDS, *_GROUPS)
    for name in (only,) if only in known else known:
        module = import_module(f"landmarkdiff.cli.{name}")
        if name in _GROUPS:
            app.add_typer(module.app, name=name, help=_GROUPS[name])
        else:
            app.command(name)(getattr(module, name))
    return app


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
    forbid_core_dumps()
    ready_streams()
    try:
        with signals_raise():
            status = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except LandmarkDiffError as error:
        return _complain(str(error))
    except (KeyboardInterrupt, SignalledError) as ended:
        return _ended(ended)
    except BrokenPipeError:
        # Whoever read the output has left; Python would complain once more while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except MemoryError:
        return _complain("there is not enough memory; use a smaller photo.")
    except ImportError as error:
        # A library in C that a signal reaches while it loads says no more than that it failed.
        if isinstance(error.__cause__, KeyboardInterrupt | SignalledError):
            return _ended(error.__cause__)
        return _complain(f"a part of the program cannot be loaded ({error}); install it again.")
    except OSError as error:
        return _complain(f"the system refused: {error.strerror or type(error).__name__}.")
    return status


def _run(arguments: list[str]) -> int:
    asked = arguments[0] if arguments else None
    with collector_at_rest():
        command = typer.main.get_command(application(asked))
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


def _ended(by: KeyboardInterrupt | SignalledError) -> int:
    how, number = ("ended", by.number) if isinstance(by, SignalledError) else ("interrupted", 2)
    print(f"landmarkdiff: {how}; nothing is left half-written", file=sys.stderr)
    return 128 + number


def _usage(error: Exception) -> str:
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "landmarkdiff"
    return f"{message.rstrip('.')}; see '{path} --help'."


def _complain(message: str) -> int:
    line = " ".join(message.split())
    with suppress(OSError):  # nobody can be told that nobody can be told
        print(f"landmarkdiff: error: {line}", file=sys.stderr, flush=True)
    return 2
