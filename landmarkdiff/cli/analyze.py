"""``landmarkdiff analyze``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landmarkdiff.cli import tables
from landmarkdiff.cli.options import AsJson, Photo, with_options
from landmarkdiff.cli.simulation import SimulationOptions

if TYPE_CHECKING:
    from landmarkdiff.analysis import SkinTone
    from landmarkdiff.measurements import Measurement, Norm
    from landmarkdiff.workflows import AnalysisFiles

__all__ = ["analyze"]


@with_options(only=("face", "passes", "ipd", "mm_per_px", "profile_point"))
def analyze(
    photo: Photo,
    options: SimulationOptions,
    fitzpatrick: Annotated[
        str | None,
        typer.Option("--fitzpatrick", metavar="TYPE", help="Skin type set by the clinician, I-VI."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Write OUT/<photo's name>-analysis/."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Measure and judge a photo. View, quality, apparent skin tone, distances and angles."""
    request = options.request()
    from landmarkdiff.workflows import analyze_photo

    files = analyze_photo(photo, request, out, fitzpatrick=fitzpatrick)
    if json:
        tables.print_json(files.record)
        return
    _print(files)
    if files.folder is not None:
        print(f"Written: {tables.shown(files.folder)}")


_WORN = {"yes": "worn", "possibly": "possibly worn", "no": "none found"}


def _print(files: AnalysisFiles) -> None:
    found = files.examination
    view, scale = found.analysis.view, found.face.scale
    tables.print_table(
        ("photo", "finding"),
        [
            ("view", view.name.replace("_", " ")),
            ("head", f"yaw {view.yaw:.1f}, pitch {view.pitch:.1f}, roll {view.roll:.1f} deg"),
            (
                "scale",
                f"1 px = {scale.mm_per_px:.3f} mm "
                f"(+- {100 * scale.relative_uncertainty:.0f} %, {scale.source})",
            ),
            ("apparent skin tone, uncalibrated", _tone(found.analysis.tone)),
            ("blur", f"{found.analysis.blur_mm:.2f} mm"),
            ("glasses", _WORN[found.analysis.glasses.worn]),
        ],
    )
    tables.print_table(
        ("measurement", ">value", ">+-", "unit", "populations"), map(_row, found.measurements)
    )
    tables.print_notices(files.record["warnings"])


def _row(item: Measurement) -> tuple[str, ...]:
    if item.value is None or item.uncertainty is None:
        return item.title, "-", "-", item.unit, str(item.reason or "")
    digits = 2 if item.unit == "ratio" else 1
    norms = "; ".join(map(_norm, item.norms))
    value, uncertainty = f"{item.value:.{digits}f}", f"{item.uncertainty:.{digits}f}"
    return item.title, value, uncertainty, item.unit, norms


def _norm(norm: Norm) -> str:
    if norm.mean is None:
        return f"{norm.population} {norm.low:g} to {norm.high:g}"
    spread = "" if norm.sd is None else f" +- {norm.sd:g}"
    return f"{norm.population} {norm.mean:g}{spread}"


def _tone(tone: SkinTone) -> str:
    if tone.ita is None:
        band = tone.fitzpatrick
        return f"type {band} (set by the clinician)" if band else "cannot be read"
    text = f"ITA {tone.ita:.0f} deg, band {tone.band}"
    if tone.source == "clinician":
        text += f"; type {tone.fitzpatrick} set by the clinician"
    return text
