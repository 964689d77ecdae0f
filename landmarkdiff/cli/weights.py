"""``landmarkdiff weights``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landmarkdiff.cli import options, tables

if TYPE_CHECKING:
    from landmarkdiff.weights import ModelEntry, StoredModel

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
    """List every file and model with its size, licence and place."""
    from landmarkdiff import weights

    files = weights.list_files()
    models = weights.list_models()
    if json:
        tables.print_json(
            {
                "files": [
                    {
                        **item.entry.model_dump(mode="json", exclude={"sources"}),
                        "path": None if item.path is None else tables.shown(item.path),
                        "intact": item.intact,
                    }
                    for item in files
                ],
                "models": [_model_record(item) for item in models],
                "sets": {name: list(names) for name, names in weights.SETS.items()},
                "folders": [tables.shown(folder) for folder in weights.folders()],
            }
        )
        return
    columns = ("name", "kind", ">MB", "licence", "commercial use", "place")
    tables.print_table(
        columns,
        [
            (
                item.entry.name,
                item.entry.kind,
                f"{item.entry.size / 1e6:.1f}",
                item.entry.licence,
                "yes" if item.entry.commercial_use else "no",
                "not here" if item.path is None else tables.shown(item.path),
            )
            for item in files
        ],
        title="Files",
    )
    tables.print_table(
        (*columns[:-1], "drawing", "sums", "place"),
        [
            (
                item.entry.name,
                item.entry.kind,
                _megabytes(item.entry),
                item.entry.licence,
                "yes" if item.entry.commercial_use else "no",
                item.entry.conditioning or "-",
                _vouched(item),
                _place(item),
            )
            for item in models
        ],
        title="Models of the repainting modes",
    )
    print("Sets for 'landmarkdiff weights pull --set NAME':")
    for name, names in weights.SETS.items():
        print(f"  {name}: {', '.join(names)}")


@app.command("pull")
def pull(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME|all]...", help="Files and models; by default what the first run needs."
        ),
    ] = None,
    set_name: Annotated[
        str | None,
        typer.Option("--set", metavar="SET", help="Everything that a mode needs: controlnet, ..."),
    ] = None,
    policy: options.Policy = None,
) -> None:
    """Fetch files and models that are not here yet, and check their sums."""
    from landmarkdiff import weights
    from landmarkdiff.workflows import read_configuration

    chosen = read_configuration(policy=policy).licence_policy
    wanted = _wanted(names, set_name)
    for name in wanted:
        weights.permit(name, chosen)
    known = {item.name for item in weights.models()}
    for name in wanted:
        fetch = weights.pull_model if name in known else weights.pull
        path = _with_bar(name, fetch)
        print(f"{name}: {tables.shown(path)}")


@app.command("verify")
def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME|all]...", help="Files and models; by default those that are here."
        ),
    ] = None,
) -> None:
    """Compute the sums of files and models and compare them with the catalogue.

    Exit status: 1 when a file is damaged or nothing vouches for it, or a named one is missing.
    """
    from landmarkdiff import weights

    named = bool(names) and "all" not in (names or ())
    known = [item.name for item in weights.models()]
    if named:
        wanted = [weights.named(name).name for name in names or ()]
    else:
        wanted = [item.name for item in weights.catalogue()] + known
    rows, bad, open_ones = [], [], []
    for name in dict.fromkeys(wanted):
        if name in known:
            found = weights.inspect_model(name, "fresh")
            state, place = found.state, _place(found)
            wrong = found.missing + found.damaged + found.unpinned + found.unlisted
            word = _STATES[state] + (f": {', '.join(wrong)}" if found.root and wrong else "")
            if state in ("unpinned", "unlisted"):
                open_ones.append(name)
            elif state != "whole" and (named or state != "not here"):
                bad.append(name)
        else:
            file = weights.verify(name)
            word = {True: "intact", False: "DAMAGED", None: "not here"}[file.intact]
            place = "not here" if file.path is None else tables.shown(file.path)
            if file.intact is False or (named and not file.intact):
                bad.append(name)
        rows.append((name, word, "-" if place == "not here" else place))
    tables.print_table(("name", "state", "place"), rows)
    if bad:
        print(f"Mend with: landmarkdiff weights pull {' '.join(bad)}")
    if open_ones:
        print(f"Will not be used as they are: {', '.join(open_ones)}")
    if bad or open_ones:
        raise typer.Exit(1)


@app.command("adopt")
def adopt(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model placed by hand.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask; for a person who has checked the files.")
    ] = False,
) -> None:
    """Record the sums of a model's files that the catalogue does not pin.

    For files that were carried to a machine without a network. From then on they are compared
    with the record; results say that a person vouched for them.
    """
    from landmarkdiff import weights
    from landmarkdiff.errors import ParameterError

    found = weights.inspect_model(name)
    print(f"{name}, {found.entry.repository} at {found.entry.revision}")
    if found.state == "unpinned" and found.root is not None:
        for path in found.unpinned:
            print(f"  {weights.sha256_of(found.root / path)}  {path}")
        if not yes:
            if not sys.stdin.isatty():
                raise ParameterError(
                    "nobody is here to say that these files are the right ones",
                    fix="compare the sums with those of the model hub and add --yes",
                )
            if not typer.confirm("Did you compare these sums with those of the model hub?"):
                print("Nothing was recorded.")
                raise typer.Exit(1)
    recorded = weights.adopt_model(name)
    print(f"Recorded: {len(recorded)} sums." if recorded else "Nothing to record.")


_STATES = {
    "whole": "intact",
    "damaged": "DAMAGED",
    "incomplete": "incomplete",
    "unpinned": "nothing vouches for",
    "unlisted": "among files of others",
    "not here": "not here",
}


def _wanted(names: Sequence[str] | None, set_name: str | None) -> list[str]:
    """Names to fetch: those given, a whole set, or what the first run needs."""
    from landmarkdiff import weights

    wanted = list(weights.set_names(set_name)) if set_name is not None else []
    if "all" in (names or ()) or (not names and set_name is None):
        wanted += weights.first_run()
    wanted += [weights.named(name).name for name in names or () if name != "all"]
    return list(dict.fromkeys(wanted))


def _with_bar(name: str, fetch: Callable[..., Any]) -> Any:
    """Fetch with a bar over the bytes, where somebody sees it."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    ) as bar:
        task = bar.add_task(name, total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        return fetch(name, advance)


def _model_record(found: StoredModel) -> dict[str, Any]:
    folder = found.folder
    return {
        **found.entry.model_dump(mode="json"),
        "size": found.entry.size,
        "pinned": found.entry.pinned,
        "path": None if folder is None else tables.shown(folder),
        "state": found.state,
        "sums": found.sums,
        "origins": found.origins,
    }


def _megabytes(entry: ModelEntry) -> str:
    return f"{entry.size / 1e6:.1f}" if entry.size is not None else f"about {entry.about_mb}"


def _vouched(found: StoredModel) -> str:
    """Who vouches for the files: the catalogue, the hub, a person, or nobody."""
    if found.entry.pinned:
        return "pinned"
    others = sorted(set(found.origins.values()) - {"catalogue"})
    return ", ".join(others) or "unpinned"


def _place(found: StoredModel) -> str:
    if found.root is None:
        return "not here"
    return tables.shown(found.root) + ("" if found.state == "whole" else f" ({found.state})")
