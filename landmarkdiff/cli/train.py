"""``landmarkdiff train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landmarkdiff.cli import options, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from landmarkdiff.training.kinds import Kind
    from landmarkdiff.training.preflight import Finding
    from landmarkdiff.training.recipe import Outcome

__all__ = ["app"]

app = typer.Typer(no_args_is_help=False, rich_markup_mode=None)

#: Lines are printed for the first updates and then for every so many.
FIRST, EVERY = 5, 50

TrainConfig = Annotated[
    Path, typer.Option("--config", metavar="FILE", help="What to train, on what, how (YAML).")
]
Resumed = Annotated[
    str | None,
    typer.Option(
        "--resume",
        metavar="latest|PATH",
        help="Go on from the latest checkpoint, or this; latest-or-new begins where none is.",
    ),
]
Preflight = Annotated[
    bool,
    typer.Option("--preflight", help="Look at everything that would end the run, and stop."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Load everything, make one update, write nothing.")
]
FindRate = Annotated[
    bool, typer.Option("--find-lr", help="Try learning rates from low to high, write nothing.")
]
CheckpointPath = Annotated[
    Path, typer.Argument(metavar="CHECKPOINT", help="A checkpoint, or a run, whose latest it is.")
]


@app.callback(invoke_without_command=True)
def train(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="What to train, on what, how (YAML)."),
    ] = None,
    resume: Resumed = None,
    preflight: Preflight = False,
    dry_run: DryRun = False,
    find_lr: FindRate = False,
) -> None:
    """Train the repainting networks.

    Exit status: 75 when SIGUSR1 asked the run to make room; it saved a checkpoint and goes on
    with --resume latest.
    """
    _check_place(context)
    if context.invoked_subcommand is not None:
        return
    if config is None:
        print(context.get_help())
        raise typer.Exit
    from landmarkdiff.training.kinds import REPAINTING_RUNS

    _carry_out(REPAINTING_RUNS, config, resume, (preflight, dry_run, find_lr))


def _check_place(context: typer.Context) -> None:
    """Refuse options of training that a command would leave out, or that name no run."""
    given = [f"--{name.replace('_', '-')}" for name, value in context.params.items() if value]
    if context.invoked_subcommand is not None and given:
        command = f"{given[0]} stands before '{context.invoked_subcommand}'"
        raise typer.BadParameter(f"{command}, which does not read it there", context)
    if given and context.params["config"] is None:
        raise typer.BadParameter(f"{given[0]} is of no use without --config", context)


@app.command("export")
def export(
    checkpoint: CheckpointPath,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write.")],
    raw: Annotated[
        bool, typer.Option("--raw", help="The last weights instead of their moving average.")
    ] = False,
    onnx: Annotated[bool, typer.Option("--onnx", help="The ControlNet as ONNX as well.")] = False,
) -> None:
    """Write a checkpoint as networks and a configuration that the app's --config takes."""
    from landmarkdiff.training.checkpoints import find_checkpoint
    from landmarkdiff.training.export import export_checkpoint

    found = find_checkpoint(checkpoint, str(checkpoint))
    path = export_checkpoint(found, out, averaged=not raw, onnx=onnx)
    print(f"Configuration: {tables.shown(path)}")


@app.command("doctor")
def doctor(checkpoint: CheckpointPath) -> None:
    """Look at a checkpoint: whole, finite, moved, minding its drawing.

    Exit status: 1 when something is wrong with it.
    """
    from landmarkdiff.training.checkpoints import find_checkpoint
    from landmarkdiff.training.examination import examine

    _print_findings(examine(find_checkpoint(checkpoint, str(checkpoint))))


@app.command("compare")
def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs.")],
    json: options.AsJson = False,
) -> None:
    """Show runs beside each other: loss, best error of validation, settings that differ."""
    from landmarkdiff.training.grid import summary_of

    _print_runs(runs, summary_of, json=json)


@app.command("sweep")
def sweep(
    config: TrainConfig,
    axes: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="KEY=VALUE,...",
            help="Values of a key, such as training.learning_rate=1e-5,3e-5; may be repeated.",
        ),
    ],
    only: Annotated[
        int | None,
        typer.Option("--only", metavar="N", help="This combination alone, from 0, for job arrays."),
    ] = None,
    lato: Annotated[
        bool, typer.Option("--lato", help="The configuration is one of 'train lato'.")
    ] = False,
) -> None:
    """Train every combination of some values, each in its own folder; what is there goes on."""
    from landmarkdiff.arguments import whole_number
    from landmarkdiff.training.checkpoints import list_checkpoints
    from landmarkdiff.training.grid import grid_of, read_axes, summary_of
    from landmarkdiff.training.kinds import EDITS, REPAINTING_RUNS

    kind = EDITS if lato else REPAINTING_RUNS
    grid = grid_of(kind.load(config), read_axes(axes))
    if only is not None:
        grid = [grid[whole_number("only", only, 0, len(grid) - 1)]]
    for name, settings in grid:
        print(f"Run {name}")
        there = bool(list_checkpoints(settings.checkpoints.out))
        _leave(_trained(kind, settings, "latest" if there else None))
    if only is None:
        _print_runs([settings.checkpoints.out for _, settings in grid], summary_of, json=False)


@app.command("lato-tokenizer")
def lato_tokenizer(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the run.")],
    steps: Annotated[int, typer.Option("--steps", help="Updates.", min=1)] = 4000,
    batch: Annotated[int, typer.Option("--batch", help="Faces of an update.", min=1)] = 64,
    seed: Annotated[int, typer.Option("--seed", help="Of the weights and the faces.", min=0)] = 0,
) -> None:
    """Train the landmark tokenizer on points of the embedded head; a stopped run goes on."""
    from dataclasses import asdict

    from landmarkdiff.lato.tokenizer.recipe import TokenizerRecipe, train_tokenizer

    def told(step: int, loss: float) -> None:
        if (step + 1) % EVERY == 0 or step + 1 == steps:
            print(f"{step + 1}/{steps}: loss {loss:.5f}", flush=True)

    recipe = TokenizerRecipe(seed=seed, steps=steps, batch=batch)
    figures = asdict(train_tokenizer(out, recipe, on_step=told))
    tables.print_table(
        ("figure", "value"), [(name.replace("_", " "), str(one)) for name, one in figures.items()]
    )


@app.command("lato")
def lato(
    config: TrainConfig,
    resume: Resumed = None,
    preflight: Preflight = False,
    dry_run: DryRun = False,
    find_lr: FindRate = False,
) -> None:
    """Train a transformer to edit a face by landmark tokens and words; see configs/lato.yaml.

    Exit status: 75 when SIGUSR1 asked the run to make room; it saved a checkpoint and goes on
    with --resume latest.
    """
    from landmarkdiff.training.kinds import EDITS

    _carry_out(EDITS, config, resume, (preflight, dry_run, find_lr))


@app.command("lato-export")
def lato_export(
    checkpoint: CheckpointPath,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write.")],
    raw: Annotated[
        bool, typer.Option("--raw", help="The last weights instead of their moving average.")
    ] = False,
) -> None:
    """Write what a training of edits added to its base, with a model card."""
    from landmarkdiff.training.checkpoints import find_checkpoint
    from landmarkdiff.training.lato.export import export_edits

    found = find_checkpoint(checkpoint, str(checkpoint))
    print(f"Weights: {tables.shown(export_edits(found, out, averaged=not raw))}")


def _carry_out(
    kind: Kind, config: Path, resume: str | None, asked: tuple[bool, bool, bool]
) -> None:
    """Train, or what was asked for instead: look, make one update, look for a learning rate."""
    settings = kind.load(config)
    preflight, dry_run, find_lr = asked
    if preflight:
        _print_findings(kind.look(settings))
    elif dry_run:
        _one_update(kind.in_memory(settings))
    elif find_lr:
        _find_rate(kind.in_memory(settings))
    else:
        _leave(_trained(kind, settings, resume))


def _trained(kind: Kind, settings: Any, resume: str | None) -> Outcome:
    return kind.train(settings, resume, _printed(settings.training.num_train_steps))


def _printed(last: int) -> Callable[[int, dict[str, float]], None]:
    def told(update: int, figures: dict[str, float]) -> None:
        judged = "validation_error" in figures
        if update <= FIRST or update % EVERY == 0 or judged or update == last:
            error = f", validation {figures['validation_error']:.5f}" if judged else ""
            print(f"{update}/{last}: loss {figures['loss']:.5f}{error}", flush=True)

    return told


def _leave(outcome: Outcome) -> None:
    if outcome.status:
        print(f"Stopped after update {outcome.update}; --resume latest goes on.")
        raise typer.Exit(outcome.status)


def _one_update(run: Any) -> None:
    count = sum(weight.numel() for _, weight in run.denoiser.trained())
    figures = run.step(run.passes())
    tables.print_table(
        ("what", "value"),
        [
            ("device", run.place.device.title),
            ("passes in", run.place.device.precision),
            ("weights that are trained", f"{count:,}"),
            ("pairs of an update", str(run.order.of_update)),
            *((name.replace("_", " "), f"{value:.6g}") for name, value in figures.items()),
        ],
    )
    print("One update was made; nothing was written.")


def _find_rate(run: Any) -> None:
    from landmarkdiff.training.rates import find_rate, suggested_rate

    tried = find_rate(run, tries=50)
    tables.print_table(
        (">learning rate", ">loss"), [(f"{rate:.2e}", f"{loss:.5f}") for rate, loss in tried]
    )
    best = suggested_rate(tried)
    print("The loss never fell." if best is None else f"Suggested learning rate: {best:.1e}")


def _print_findings(findings: Sequence[Finding]) -> None:
    rows = [(item.subject, "ok" if item.well else "WRONG", item.text) for item in findings]
    tables.print_table(("what", "state", "finding"), rows)
    if not all(item.well for item in findings):
        raise typer.Exit(1)


def _print_runs(runs: list[Path], read: Callable[[Path], Any], *, json: bool) -> None:
    found = [read(path) for path in runs]
    keys = sorted(
        key
        for key in {name for item in found for name in item.settings}
        if len({str(item.settings.get(key)) for item in found}) > 1 and key != "checkpoints.out"
    )
    rows = [
        {
            "run": tables.shown(item.path),
            "updates": item.updates,
            "loss": item.loss,
            "best_error": item.best_error,
            "best_update": item.best_update,
            **{key: item.settings.get(key) for key in keys},
        }
        for item in found
    ]
    if json:
        tables.print_json({"runs": rows})
        return
    tables.print_table(list(rows[0]), [[_cell(value) for value in row.values()] for row in rows])


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.5g}" if isinstance(value, float) else str(value)
