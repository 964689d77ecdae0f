"""``landmarkdiff weights``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landmarkdiff.cli import options, tables
from landmarkdiff.cli.group import command_group

if TYPE_CHECKING:
    from landmarkdiff.weights import CatalogueEntry, StoredEntry

__all__ = ["app"]

app = command_group("Model files and example portraits: where they are, and fetching them.")

#: States in the words of ``verify``.
_STATES = {
    "whole": "intact",
    "damaged": "DAMAGED",
    "incomplete": "incomplete",
    "unpinned": "nothing vouches for",
    "unlisted": "among files of others",
    "not here": "not here",
}


@app.command("list")
def list_all(json: options.AsJson = False) -> None:
    """List every file and model with its size, licence and place."""
    from landmarkdiff import weights

    inventory = weights.inventory()
    files = [item for item in inventory if item.entry.single]
    models = [item for item in inventory if not item.entry.single]
    if json:
        tables.print_json(
            {
                "files": [_file_record(item) for item in files],
                "models": [_model_record(item) for item in models],
                "sets": {name: list(names) for name, names in weights.sets().items()},
                "folders": [tables.shown(folder) for folder in weights.folders()],
            }
        )
        return
    columns = ("name", "kind", ">MB", "licence", "commercial use")
    tables.print_table(
        (*columns, "place"), [(*_facts(item.entry), _place(item)) for item in files], title="Files"
    )
    tables.print_table(
        (*columns, "drawing", "sums", "place"),
        [
            (
                *_facts(item.entry),
                item.entry.conditioning or "-",
                _vouchers(item),
                _place(item),
            )
            for item in models
        ],
        title="Models of the repainting modes",
    )
    print("Sets for 'landmarkdiff weights pull --set NAME':")
    for name, names in weights.sets().items():
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
    for name in wanted:
        path = _with_bar(name, weights.pull)
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
    if named:
        wanted = [weights.entry(name).name for name in names or ()]
    else:
        wanted = [item.name for item in weights.entries()]
    rows, bad, open_ones = [], [], []
    for name in dict.fromkeys(wanted):
        found = weights.inspect(name, "fresh")
        word = _STATES[found.state]
        if not found.entry.single and found.root is not None:
            wrong = found.missing + found.damaged + found.unpinned + found.unlisted
            word += f": {', '.join(wrong)}" if wrong else ""
        if found.state in ("unpinned", "unlisted"):
            open_ones.append(name)
        elif found.state != "whole" and (named or found.state != "not here"):
            bad.append(name)
        rows.append((name, word, "-" if found.root is None else _place(found)))
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

    found = weights.inspect(name)
    if not found.entry.single:
        print(f"{name}, {found.entry.repository} at {found.entry.revision}")
    if found.state == "unpinned" and found.root is not None:
        for path in found.unpinned:
            print(f"  {weights.sha256_of(found.root / path)}  {path}")
        if not yes:
            if not sys.stdin.isatty():
                raise ParameterError("adopt_unconfirmed")
            if not typer.confirm("Did you compare these sums with those of the model hub?"):
                print("Nothing was recorded.")
                raise typer.Exit(1)
    recorded = weights.adopt(name)
    print(f"Recorded: {len(recorded)} sums." if recorded else "Nothing to record.")


def _wanted(names: Sequence[str] | None, set_name: str | None) -> list[str]:
    """Names to fetch: those given, a whole set, or what the first run needs."""
    from landmarkdiff import weights

    wanted = list(weights.set_names(set_name)) if set_name is not None else []
    if "all" in (names or ()) or (not names and set_name is None):
        wanted += weights.first_run()
    wanted += [weights.entry(name).name for name in names or () if name != "all"]
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


def _file_record(found: StoredEntry) -> dict[str, Any]:
    item, (file,) = found.entry, found.entry.files
    shared = {"name", "kind", "licence", "commercial_use", "purpose", "instead"}
    return {
        **item.model_dump(mode="json", include=shared),
        "file": file.path,
        "sha256": file.sha256,
        "size": file.size,
        "on_demand": not item.first_run,
        "path": None if found.path is None else tables.shown(found.path),
        "intact": None if found.path is None else not found.damaged,
    }


def _model_record(found: StoredEntry) -> dict[str, Any]:
    item = found.entry
    return {
        **item.model_dump(
            mode="json", exclude={"first_run": True, "files": {"__all__": {"sources"}}}
        ),
        "size": item.size,
        "pinned": item.pinned,
        "path": None if found.path is None else tables.shown(found.path),
        "state": found.state,
        "sums": found.sums,
        "origins": found.origins,
    }


def _facts(item: CatalogueEntry) -> tuple[str, ...]:
    """What files and models have in common, for the table."""
    size = f"{item.size / 1e6:.1f}" if item.size is not None else f"about {item.about_mb}"
    return (item.name, item.kind, size, item.licence, "yes" if item.commercial_use else "no")


def _vouchers(found: StoredEntry) -> str:
    """Who vouches for the files: the catalogue, the hub, a person, or nobody."""
    if found.entry.pinned:
        return "pinned"
    others = sorted(set(found.origins.values()) - {"catalogue"})
    return ", ".join(others) or "unpinned"


def _place(found: StoredEntry) -> str:
    if found.root is None:
        return "not here"
    if found.path is not None and found.entry.single:
        return tables.shown(found.path)
    return tables.shown(found.root) + ("" if found.state == "whole" else f" ({found.state})")
