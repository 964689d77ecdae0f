"""A report as one page that asks for nothing: failures first with their pictures, then figures."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.evaluation.manifest import Case
from landmarkdiff.evaluation.markdown import model_card
from landmarkdiff.evaluation.partial import ScoredCase
from landmarkdiff.evaluation.plots import plot_effects, plot_heat_map, plot_pairs, plot_strata
from landmarkdiff.evaluation.summary import Evaluation
from landmarkdiff.evaluation.wording import headline, number, tables_of
from landmarkdiff.photo import draw_label, encode_jpeg, read_photo

__all__ = ["report_page"]

#: Height of a picture on the page, and how many pairs are shown with theirs.
_HEIGHT, _MOST_SHOWN, _WEAKEST = 300, 24, 6
#: Which pairs are the weakest where none failed: the first of these that there is.
_LIKENESS = ("identity", "ssim", "ssim_outside", "psnr")
_OF_PAIRS = ("identity", "ssim", "lpips", "nme", "direction", "magnitude", "geometry_error")


@dataclass(frozen=True)
class _PagePair:
    """A pair on the page: its pictures as addresses, what failed, and some figures."""

    name: str
    person: str
    reasons: Sequence[str]
    pictures: Sequence[tuple[str, str]]
    figures: Sequence[tuple[str, str]]
    missing: str = ""


def report_page(evaluation: Evaluation, report: Mapping[str, Any]) -> str:
    """Return a report as HTML with its pictures and plots inside.

    Parameters
    ----------
    evaluation : Evaluation
        Whose cases name the pictures.
    report : mapping
        As ``report.json`` has it.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    plots = [
        ("Pairs", plot_pairs(report)),
        *((f"{name} by stratum", plot_strata(report, name)) for name in ("identity", "magnitude")),
        ("Effects", plot_effects(report)),
        ("Landmarks", plot_heat_map(report)),
    ]
    failures = [_shown(item) for item in evaluation.failures[:_MOST_SHOWN]]
    return environment.get_template("report.html").render(
        report=report,
        headline=headline(report),
        failures=failures,
        more=len(evaluation.failures) - len(failures),
        weakest=[_shown(item) for item in _weakest(evaluation)],
        tables=list(tables_of(report)),
        # Made by ourselves of numbers and of names that the plots' own writer has escaped.
        plots=[(title, Markup(svg)) for title, svg in plots if svg],  # noqa: S704
        card=model_card(report),
    )


def _weakest(evaluation: Evaluation) -> Sequence[ScoredCase]:
    """The pairs with the least figures among those that did not fail."""
    failed = {item.index for item in evaluation.failures}
    passed = [item for item in evaluation.partial.scored if item.index not in failed]
    for name in _LIKENESS:
        found = [(value, item) for item in passed if (value := item.value(name)) is not None]
        if found:
            return [item for _, item in sorted(found, key=lambda each: each[0])][:_WEAKEST]
    return passed[:_WEAKEST]


def _shown(item: ScoredCase) -> _PagePair:
    scores = item.scores
    reasons = list(scores.failures)
    if scores.undetected and not reasons:
        reasons.append("no face was found in the prediction")
    figures = [
        (name, number(value)) for name in _OF_PAIRS if (value := item.value(name)) is not None
    ]
    try:
        pictures, missing = list(_pictures(item.case)), ""
    except LandmarkDiffError as failure:
        pictures, missing = [], str(failure)
    return _PagePair(scores.pair, scores.person, reasons, pictures, figures, missing)


def _pictures(case: Case) -> Iterator[tuple[str, str]]:
    """Yield caption and address of photo, simulation, and target."""
    for caption, path in (
        ("Photo", case.source),
        ("Simulation", case.prediction),
        ("Target", case.target),
    ):
        if path is not None and not (case.refusal and caption == "Simulation"):
            small = _reduced(read_photo(path).pixels)
            if caption == "Simulation":
                small, _ = draw_label(small, corner="bottom-left")
            data = base64.b64encode(encode_jpeg(small, quality=85)).decode("ascii")
            yield caption, f"data:image/jpeg;base64,{data}"


def _reduced(pixels: ImageArray) -> ImageArray:
    height, width = pixels.shape[:2]
    factor = min(1.0, _HEIGHT / height)
    size = (max(16, round(width * factor)), max(16, round(height * factor)))
    return np.ascontiguousarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
