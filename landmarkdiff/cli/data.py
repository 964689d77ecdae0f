"""``landmarkdiff data``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landmarkdiff.cli import options, tables
from landmarkdiff.cli import shard_options as packing
from landmarkdiff.cli.data_edits import edits as make_pairs
from landmarkdiff.cli.data_rating import rate, ratings
from landmarkdiff.cli.group import command_group
from landmarkdiff.cli.progress import progress_bars

if TYPE_CHECKING:
    from landmarkdiff.synthetic.sources import SourcePhoto

__all__ = ["app"]

app = command_group("Training pairs: shards of photos, from which pairs are rendered.")

app.command("edits")(make_pairs)
app.command("rate")(rate)
app.command("ratings")(ratings)

Shards = Annotated[Path, typer.Argument(metavar="SHARDS", help="A folder of shards.")]


@app.command("make")
def make(
    photos: Annotated[
        list[Path],
        typer.Argument(metavar="CSV|DIR|PHOTOS", help="A list of photos, a folder, or photos."),
    ],
    out: packing.Out,
    licence: packing.Licence = None,
    size: packing.Size = 512,
    per_shard: packing.PerShard = 256,
    passes: packing.Passes = 8,
    workers: packing.Workers = 1,
    ray: Annotated[
        bool, typer.Option("--ray", help="Work on the Ray cluster that RAY_ADDRESS names.")
    ] = False,
    json: options.AsJson = False,
) -> None:
    """Pack photos with their landmarks into shards: the same bytes, however many work on it.

    A run that was ended goes on where it stopped. Persons are split into train, validation and
    test by their names.
    """
    from landmarkdiff.synthetic.making import make_shards
    from landmarkdiff.synthetic.workers import on_ray
    from landmarkdiff.workflows.output.folder import check_output, only_writer

    settings = packing.make_settings(size, passes, per_shard)
    runner = packing.runner_of(workers)
    chosen = _sources(photos, out, licence)
    check_output(out)
    with only_writer(out), progress_bars(silent=json, items="shards") as bars:
        record = make_shards(
            chosen, out, settings, runner=on_ray if ray else runner, progress=bars.on_item
        )
    if json:
        tables.print_json(record)
        return
    rows = [(each["url"], str(each["nsamples"])) for each in record["shardlist"]]
    tables.print_table(("shard", ">photos"), rows)
    print(f"Left out: {len(record['left_out'])} of {len(chosen)} photos")
    print(f"Folder: {tables.shown(out)}")


def _sources(photos: list[Path], out: Path, licence: str | None) -> list[SourcePhoto]:
    """Photos of a list, of a folder, or named one by one."""
    from landmarkdiff.errors import PhotoError
    from landmarkdiff.synthetic.sources import read_photo_list, unlisted_photos
    from landmarkdiff.workflows import find_photos

    if len(photos) == 1 and photos[0].suffix.lower() == ".csv":
        return read_photo_list(photos[0])
    if len(photos) == 1 and photos[0].is_dir():
        return unlisted_photos(find_photos(photos[0], out), photos[0], licence)
    folders = {path.parent for path in photos}
    if len(folders) > 1 or any(path.is_dir() or path.suffix.lower() == ".csv" for path in photos):
        raise PhotoError("photo_outside_folder", count=len(photos))
    return unlisted_photos(sorted(photos), folders.pop(), licence)


@app.command("render")
def render(
    count: Annotated[int, typer.Argument(metavar="N", help="Photos; two show one person.")],
    out: packing.Out,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Another seed, others.")] = 0,
    edits: Annotated[
        bool,
        typer.Option("--edits", help="Eight of a person, in stated expressions and poses."),
    ] = False,
) -> None:
    """Draw photos of heads that nobody has, with their list: a source without a download."""
    from landmarkdiff.synthetic.edit_renders import render_edit_photos
    from landmarkdiff.synthetic.renders import render_photos
    from landmarkdiff.workflows.output.folder import check_output, only_writer

    check_output(out)
    drawing = render_edit_photos if edits else render_photos
    with only_writer(out), progress_bars(silent=False) as bars:
        path = drawing(count, out, seed=seed, progress=bars.on_item)
    print(f"List: {tables.shown(path)}")


@app.command("stats")
def stats(shards: Shards, json: options.AsJson = False) -> None:
    """Count photos, persons, tones and licences, and what pairs of them will do."""
    from landmarkdiff.synthetic.examining import statistics

    found = statistics(shards)
    if json:
        tables.print_json(found)
        return
    tables.print_table(
        ("split", ">photos", ">persons", "tones", "licences"),
        [
            (name, str(side["photos"]), str(side["persons"]), *map(_listed, _kinds(side)))
            for name, side in found["splits"].items()
        ],
    )
    tables.print_table(
        ("procedure", ">share of the pairs"),
        [(name, f"{100 * share:.0f} %") for name, share in found["pairs"]["procedures"].items()],
    )
    print(f"Shards: {found['shards']}, {found['bytes'] / 1e6:.1f} MB")
    print(f"Left out: {_listed(found['left_out']) or 'nothing'}")


def _kinds(side: Mapping[str, Mapping[str, int]]) -> tuple[Mapping[str, int], Mapping[str, int]]:
    return side["tones"], side["licences"]


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


@app.command("verify")
def verify(shards: Shards) -> None:
    """Read everything once: sums, indices, pictures, landmarks, the split.

    Exit status: 1 when something is wrong.
    """
    from landmarkdiff.synthetic.examining import verify_shards

    with progress_bars(silent=False, items="shards") as bars:
        faults = verify_shards(shards, progress=bars.on_item)
    for fault in faults:
        print(fault)
    if faults:
        raise typer.Exit(1)
    print("All shards are whole.")


@app.command("show")
def show(
    shards: Shards,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="PNG or JPEG to write.")
    ] = Path("pairs.jpg"),
    count: Annotated[int, typer.Option("--count", metavar="N", help="Pairs, 1 to 64.")] = 8,
    split: Annotated[
        str, typer.Option("--split", metavar="NAME", help="train, validation or test.")
    ] = "train",
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Another seed, others.")] = 0,
    augment: Annotated[
        bool, typer.Option("--augment", help="As clinical cameras would see them.")
    ] = False,
) -> None:
    """Put pairs on one sheet: source, target, their difference, mask and drawing."""
    from landmarkdiff.arguments import whole_number
    from landmarkdiff.errors import ParameterError
    from landmarkdiff.photo import write_jpeg, write_png
    from landmarkdiff.synthetic.augmentation import Augmentation
    from landmarkdiff.synthetic.dataset import PairDataset
    from landmarkdiff.synthetic.showing import contact_sheet, spread_numbers

    ending = out.suffix.lower()
    if ending not in (".png", ".jpg", ".jpeg"):
        raise ParameterError("sheet_ending", name=out.name)
    cameras = Augmentation() if augment else None
    pairs = PairDataset(shards, split=split, seed=seed, augment=cameras)  # type: ignore[arg-type]
    numbers = spread_numbers(pairs, whole_number("count", count, 1, 64))
    samples = [pairs[number] for number in numbers]
    write = write_png if ending == ".png" else write_jpeg
    write(out, contact_sheet(samples))
    tables.print_table(
        (">pair", "procedure", "person", ">difficulty"),
        [(str(s.number), s.procedure, s.person, f"{s.difficulty:.2f}") for s in samples],
    )
    print(f"Sheet: {tables.shown(out)}")


@app.command("download")
def download(
    name: Annotated[str, typer.Argument(metavar="NAME", help="ffhq.")],
    out: packing.Out,
    first: Annotated[
        int | None, typer.Option("--first", metavar="N", help="Only the first N photos.")
    ] = None,
    mirror: Annotated[
        str | None, typer.Option("--from", metavar="URL", help="A mirror of the set.")
    ] = None,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Its licence was read and is accepted.")
    ] = False,
) -> None:
    """Fetch a public set of photos; its licence is shown and asked for first."""
    from landmarkdiff.arguments import whole_number
    from landmarkdiff.errors import ParameterError
    from landmarkdiff.synthetic.downloading import data_set, download_set
    from landmarkdiff.workflows.output.folder import check_output, only_writer

    wanted = data_set(name)
    if first is not None:
        whole_number("first", first, 1, 10_000_000)
    check_output(out)
    print(f"{wanted.title}\n\n{wanted.licence}")
    if not accept_licence and not (sys.stdin.isatty() and typer.confirm("Do you accept this?")):
        raise ParameterError("data_licence_unaccepted", name=name)
    with only_writer(out), progress_bars(silent=False) as bars:
        path = download_set(wanted, out, first=first, mirror=mirror, progress=bars.on_item)
    print(f"List: {tables.shown(path)}")
