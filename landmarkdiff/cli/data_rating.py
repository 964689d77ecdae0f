"""``landmarkdiff data rate`` and ``landmarkdiff data ratings``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landmarkdiff.cli import options, tables
from landmarkdiff.cli import shard_options as packing
from landmarkdiff.cli.progress import progress_bars

if TYPE_CHECKING:
    from landmarkdiff.evaluation.rating import RatedFace

__all__ = ["rate", "ratings"]


def rate(
    photos: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of photos.")],
    out: packing.Out,
    faces: Annotated[
        int, typer.Option("--faces", metavar="N", help="Photos; the published protocol has 50.")
    ] = 50,
    per_face: Annotated[
        int, typer.Option("--per-face", metavar="N", help="Instructions of a photo.")
    ] = 6,
    lang: Annotated[
        str, typer.Option("--lang", metavar="CODE", help="Language of the instructions.")
    ] = "en",
    predictor: Annotated[
        Path | None,
        typer.Option("--predictor", metavar="DIR", help="A vision-language model to rate, too."),
    ] = None,
    passes: Annotated[
        int, typer.Option("--passes", metavar="N", help="Of the landmark network, 1 to 64.")
    ] = 8,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Other instructions.")] = 0,
) -> None:
    """Write a page on which people score predicted landmarks; it needs no server.

    The page saves their scores as CSV, which 'data ratings' reads. It holds the photos.
    """
    from landmarkdiff.arguments import whole_number
    from landmarkdiff.evaluation.rating import write_rating_page
    from landmarkdiff.lato.language.lexicon import lexicon
    from landmarkdiff.lato.predictor import load_model
    from landmarkdiff.workflows.output.folder import check_output, only_writer

    whole_number("faces", faces, 1, 1000)
    whole_number("per_face", per_face, 1, 60)
    whole_number("seed", seed, 0, 2**63 - 1)
    whole_number("passes", passes, 1, 64)
    lexicon(lang)
    check_output(out)
    model = None if predictor is None else load_model(predictor)
    found, left_out = _rated_faces(photos, out, faces, passes)
    with only_writer(out), progress_bars(silent=False) as bars:
        page, key = write_rating_page(
            found,
            out,
            model=model,
            language=lang,
            per_face=per_face,
            seed=seed,
            progress=bars.on_item,
        )
    if left_out:
        print(f"Without a face: {', '.join(left_out)}")
    print(f"Page: {tables.shown(page)}")
    print(f"Key, not for those who score: {tables.shown(key)}")


def _rated_faces(
    photos: Path, out: Path, most: int, passes: int
) -> tuple[list[RatedFace], list[str]]:
    """Return the faces of a folder's photos, and the names of photos that have none."""
    from landmarkdiff.errors import EvaluationError, LandmarkDiffError
    from landmarkdiff.evaluation.rating import RatedFace
    from landmarkdiff.inference import LandmarkDiffPipeline
    from landmarkdiff.photo import read_photo
    from landmarkdiff.workflows import find_photos

    pipeline = LandmarkDiffPipeline()
    found: list[RatedFace] = []
    without = []
    for path in find_photos(photos, out):
        if len(found) == most:
            break
        try:
            prepared = pipeline.prepare(read_photo(path).pixels, passes=passes)
        except LandmarkDiffError:
            without.append(path.name)
            continue
        found.append(RatedFace(path.relative_to(photos).as_posix(), prepared))
    if not found:
        raise EvaluationError("rating_no_face", name=photos.name)
    return found, without


def ratings(
    files: Annotated[list[Path], typer.Argument(metavar="CSV", help="What the page saved.")],
    key: Annotated[Path, typer.Option("--key", metavar="JSON", help="The key of the page.")],
    json: options.AsJson = False,
) -> None:
    """Put the scores of people together: the share of predictions that they call right."""
    from landmarkdiff.evaluation.rating_scores import PUBLISHED_ACCURACY, read_scores

    found = read_scores(files, key)
    if json:
        tables.print_json(
            {
                "methods": [each.to_dict() for each in found],
                "published": dict(PUBLISHED_ACCURACY),
            }
        )
        return
    rows = [
        (
            each.method,
            f"{each.accuracy:.3f}",
            f"{each.low:.3f} to {each.high:.3f}",
            str(each.scores),
            str(each.raters),
            str(each.photos),
            str(each.unpredicted),
        )
        for each in found
    ]
    rows += [(f"published: {name}", f"{value:.3f}", "", "3000", "10", "50", "")
             for name, value in PUBLISHED_ACCURACY.items()]  # fmt: skip
    tables.print_table(
        ("method", ">right", "95 %", ">scores", ">raters", ">photos", ">unpredicted"), rows
    )
