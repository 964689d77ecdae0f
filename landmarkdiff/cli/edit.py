"""``landmarkdiff edit``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landmarkdiff.cli import tables
from landmarkdiff.cli.options import Photo, with_options
from landmarkdiff.cli.preview import print_preview
from landmarkdiff.cli.progress import progress_bars
from landmarkdiff.cli.simulation import SimulationOptions

if TYPE_CHECKING:
    from landmarkdiff.workflows import EditFiles

__all__ = ["edit"]

Words = Annotated[
    list[str],
    typer.Argument(
        metavar="WORDS...",
        help="What is to change, such as 'rotate the tip 4 degrees'; left and right are the "
        "patient's. Of several, each changes what those before it gave.",
    ),
]
Language = Annotated[
    str,
    typer.Option("--lang", metavar="CODE", help="Language of the words: en, de, es, fr, pt, zh."),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Only say what was understood; nothing is drawn or written."),
]

Predictor = Annotated[
    Path | None,
    typer.Option(
        "--predictor",
        metavar="DIR",
        help="A vision-language model that reads the words too; what it reads otherwise is said.",
    ),
]


@with_options(
    without=("procedure", "intensity", "effect", "preset_file", "side"),
)
def edit(
    photo: Photo,
    words: Words,
    options: SimulationOptions,
    lang: Language = "en",
    dry_run: DryRun = False,
    predictor: Predictor = None,
) -> None:
    """Simulate what words say on one photo: surgery, expression, turn of the head.

    --plan is the plan that they change.
    """
    request = options.request(drawn=not dry_run)
    from landmarkdiff import workflows

    with progress_bars(silent=options.json) as bars:
        edited = workflows.edit(
            photo,
            words,
            request,
            options.out,
            language=lang,
            dry_run=dry_run,
            predictor=predictor,
            on_step=bars.on_step,
        )
    if options.json:
        record = edited.instruction.to_dict()
        if len(words) > 1:
            record["steps"] = [step.instruction.to_dict() for step in edited.history.steps]
        if edited.files is not None:
            record = {**edited.files.record, "words": record}
        if edited.reading is not None:
            record = {**record, "model": edited.reading.to_dict()}
        tables.print_json(record)
    else:
        _print(edited)


def _print(edited: EditFiles) -> None:
    """Print what was understood, and the summary of the preview."""
    for step in edited.history.steps:
        said = step.instruction.to_dict()
        for sentence in said["echo"]:
            print(sentence)
        for item in said["not_understood"]:
            print(f'Not understood: "{item["words"]}" - {item["reason"]}')
        for sentence in said["conflicts"]:
            print(sentence)
    for notice in () if edited.reading is None else edited.reading.notices:
        print(notice.text)
    if edited.files is not None:
        print_preview(edited.files)  # its notices are these, too
        return
    for notice in edited.notices:
        print(notice.text)
