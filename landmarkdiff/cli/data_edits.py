"""``landmarkdiff data edits``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landmarkdiff.cli import options, tables
from landmarkdiff.cli import shard_options as packing
from landmarkdiff.cli.progress import progress_bars

if TYPE_CHECKING:
    from landmarkdiff.synthetic.sources import SourcePhoto

__all__ = ["edits"]


def edits(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="CSV|DIRS", help="A list of photos, or folders of photos and videos."
        ),
    ],
    out: packing.Out,
    licence: packing.Licence = None,
    size: packing.Size = 512,
    per_shard: packing.PerShard = 256,
    per_photo: Annotated[
        int, typer.Option("--per-photo", metavar="N", help="Pairs that a photo begins.")
    ] = 6,
    passes: packing.Passes = 8,
    workers: packing.Workers = 1,
    json: options.AsJson = False,
) -> None:
    """Pair photos of a person with the words between them: expressions and poses in six languages.

    Photos and frames of videos are judged, cut and packed as by 'data make'; pairs of different
    people, copies, and heads that are not turned as they are said to be are left out.
    """
    from landmarkdiff.arguments import whole_number
    from landmarkdiff.synthetic.edits import make_edits
    from landmarkdiff.synthetic.making import make_shards
    from landmarkdiff.workflows.output.folder import check_output, only_writer

    settings = packing.make_settings(size, passes, per_shard)
    whole_number("per_photo", per_photo, 1, 1000)
    runner = packing.runner_of(workers)
    check_output(out)
    with only_writer(out):
        damaged: list[str] = []
        chosen = _photos(sources, out, licence, damaged)
        with progress_bars(silent=json, items="shards") as bars:
            photos = make_shards(chosen, out, settings, runner=runner, progress=bars.on_item)
        with progress_bars(silent=json) as bars:
            record = make_edits(out, per_photo=per_photo, progress=bars.on_item)
    if json:
        left_out = {"photos_left_out": photos["left_out"], "videos_left_out": damaged}
        tables.print_json({**record, **left_out})
        return
    counts = dict.fromkeys(("train", "validation", "test"), 0)
    for pair in record["pairs"]:
        counts[pair["split"]] += 1
    tables.print_table(("split", ">pairs"), [(name, str(n)) for name, n in counts.items()])
    print(f"Photos left out: {len(photos['left_out'])} of {len(chosen)}")
    if damaged:
        print(f"Videos left out: {len(damaged)}")
    reasons = ", ".join(f"{name} {count}" for name, count in record["left_out"].items())
    print(f"Pairs left out: {reasons or 'none'}")
    print(f"Folder: {tables.shown(out)}")


def _photos(
    sources: list[Path], out: Path, licence: str | None, damaged: list[str]
) -> list[SourcePhoto]:
    """Photos of a list, or of folders with the frames of their videos.

    A video that cannot be read is told on standard error and added to ``damaged``; where nothing
    else is there, it is the error.
    """
    from landmarkdiff.errors import PhotoError
    from landmarkdiff.synthetic.sources import persons_of_folder, read_photo_list, videos_of
    from landmarkdiff.workflows import find_photos

    if len(sources) == 1 and sources[0].suffix.lower() == ".csv":
        return read_photo_list(sources[0])
    found: list[SourcePhoto] = []
    failures: list[PhotoError] = []
    names = [folder.resolve().name for folder in sources]
    for folder in sources:
        if names.count(folder.resolve().name) > 1:
            raise PhotoError("edit_sources_alike", name=folder.resolve().name)
        if not folder.is_dir():
            raise PhotoError("edit_source_unknown", name=folder.name)
        videos = videos_of(folder)
        try:
            photos = list(find_photos(folder, out))
        except PhotoError:  # a folder of videos alone
            if not videos:
                raise
            photos = []
        both = sorted((*photos, *videos))
        found += persons_of_folder(
            both, folder, licence, frames=out / "frames", skipped=failures.append
        )
    if failures and not found:
        raise failures[0]
    for failure in failures:
        damaged.append(str(failure.params["name"]))
        print(f"landmarkdiff: {failure} It is left out.", file=sys.stderr)
    return found
