"""``landmarkdiff weights``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from landmarkdiff.cli import options, tables

__all__ = ["app"]

app = typer.Typer(
    help="Model files and example portraits: where they are, and fetching them.",
    no_args_is_help=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def _group(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit


@app.command("list")
def list_all(json: options.AsJson = False) -> None:
    """List every file with its size, licence and place."""
    from landmarkdiff import weights

    found = weights.list_files()
    if json:
        tables.print_json(
            {
                "files": [
                    {
                        **item.entry.model_dump(mode="json", exclude={"sources"}),
                        "path": None if item.path is None else tables.shown(item.path),
                        "intact": item.intact,
                    }
                    for item in found
                ],
                "folders": [tables.shown(folder) for folder in weights.folders()],
            }
        )
        return
    tables.print_table(
        ("name", "kind", ">MB", "licence", "commercial use", "place"),
        [
            (
                item.entry.name,
                item.entry.kind,
                f"{item.entry.size / 1e6:.1f}",
                item.entry.licence,
                "yes" if item.entry.commercial_use else "no",
                "not here" if item.path is None else tables.shown(item.path),
            )
            for item in found
        ],
    )


@app.command("pull")
def pull(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME|all]...", help="Files; by default all.")
    ] = None,
) -> None:
    """Fetch files that are not here yet, and check their sums."""
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from landmarkdiff import weights

    wanted = _names(names)
    with Progress(
        console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True
    ) as bar:
        for name in wanted:
            task = bar.add_task(name, total=weights.entry(name).size)

            def advance(done: int, total: int, task: TaskID = task) -> None:
                bar.update(task, completed=done, total=total)

            path = weights.pull(name, advance)
            print(f"{name}: {tables.shown(path)}")


@app.command("verify")
def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME|all]...", help="Files; by default those that are here."),
    ] = None,
) -> None:
    """Compare the sums of files with the catalogue.

    Exit status: 1 when a file is damaged, or a named one is missing.
    """
    from landmarkdiff import weights

    named = bool(names) and names != ["all"]
    found = [weights.verify(name) for name in _names(names)]
    words = {True: "intact", False: "DAMAGED", None: "not here"}
    tables.print_table(
        ("name", "state", "place"),
        [
            (
                item.entry.name,
                words[item.intact],
                "-" if item.path is None else tables.shown(item.path),
            )
            for item in found
        ],
    )
    bad = [item.entry.name for item in found if item.intact is False or (named and not item.intact)]
    if bad:
        print(f"Mend with: landmarkdiff weights pull {' '.join(bad)}")
        raise typer.Exit(1)


def _names(names: list[str] | None) -> list[str]:
    from landmarkdiff import weights

    if not names or "all" in names:
        return [item.name for item in weights.catalogue()]
    return [weights.entry(name).name for name in names]
