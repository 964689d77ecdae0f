"""What an examination found, as cards and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import cv2
import numpy as np

from landmarkdiff.analysis import FaceAnalysis
from landmarkdiff.analysis.tone import SkinPatch, SkinTone
from landmarkdiff.measurements import Measurement, Norm
from landmarkdiff.texts import Texts
from landmarkdiff.ui.page import markup
from landmarkdiff.workflows.examine import Examination, RegionCount

__all__ = ["cards", "measurement_tables"]

#: Decimal places by unit.
_DIGITS = {"mm": 1, "deg": 1, "ratio": 2, "percent": 1}


def cards(found: Examination, texts: Texts) -> str:
    """Return tone, view, scores, quality and landmark counts, each as a card."""
    analysis = found.analysis
    warnings = markup.warning_list(found.notices, texts)
    good = markup.hint(texts("analysis.quality_good"))
    shown = (
        _card(texts("analysis.tone"), _tone(analysis.tone, texts)),
        _card(texts("analysis.view"), _view(analysis, texts)),
        _card(texts("analysis.quality"), warnings or good),
        _card(texts("analysis.scores"), _scores(found, texts)),
        _card(texts("analysis.landmark_counts"), _regions(found.regions, texts)),
    )
    return f'<div class="ld-cards">{"".join(shown)}</div>'


def _card(title: str, content: str) -> str:
    return f'<section class="ld-card"><h2>{escape(title)}</h2>{content}</section>'


def _facts(rows: Iterable[tuple[str, str]]) -> str:
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{said}</dd></div>" for name, said in rows)
    return f'<dl class="ld-facts">{items}</dl>'


# -- skin tone -------------------------------------------------------------------------------


def swatch_colour(lab: tuple[float, float, float]) -> str:
    """Return the sRGB colour of CIELAB values (D65) as HTML writes it.

    >>> swatch_colour((100.0, 0.0, 0.0))
    '#ffffff'
    """
    linear = cv2.cvtColor(np.array([[lab]], np.float32), cv2.COLOR_Lab2RGB)[0, 0]
    red, green, blue = np.round(np.clip(linear, 0.0, 1.0) * 255).astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def _swatch(lab: tuple[float, float, float], large: bool = False) -> str:
    size = "ld-swatch ld-swatch-large" if large else "ld-swatch"
    return f'<span class="{size}" style="background:{swatch_colour(lab)}"></span>'


def _tone(tone: SkinTone, texts: Texts) -> str:
    used = [patch.lab for patch in tone.patches if patch.ita is not None and patch.lab]
    swatch = ""
    if used:
        middle = np.median(np.array(used), axis=0).tolist()
        swatch = _swatch((middle[0], middle[1], middle[2]), large=True)
    kind = texts("analysis.tone_unknown")
    if tone.fitzpatrick is not None:
        source = "by_clinician" if tone.source == "clinician" else "fitzpatrick_from_photo"
        kind = (
            f"{texts('analysis.fitzpatrick_type', type=tone.fitzpatrick)}, "
            f"{texts(f'analysis.{source}')}"
        )
    lines = [f"<strong>{escape(kind)}</strong>"]
    if tone.ita is not None:
        value = texts("analysis.ita_value", degrees=texts.number(tone.ita, 0))
        if tone.spread is not None:
            spread = texts("analysis.spread_value", degrees=texts.number(tone.spread, 0))
            value += f", {spread}"
        lines.append(escape(value))
    lines.append(
        f'<span class="ld-hint ld-small">{escape(texts("analysis.tone_uncalibrated"))}</span>'
    )
    said = "".join(f"<p>{line}</p>" for line in lines)
    patches = _facts(
        (texts.name_of("patch", patch.name), _patch(patch, texts)) for patch in tone.patches
    )
    return f'<div class="ld-tone">{swatch}<div>{said}</div></div>{patches}'


def _patch(patch: SkinPatch, texts: Texts) -> str:
    swatch = _swatch(patch.lab) if patch.lab else ""
    if patch.ita is None:
        reason = escape(texts.reason(patch.reason)) if patch.reason else ""
        return f'{swatch}<span class="ld-hint ld-small">{reason}</span>'
    return swatch + escape(texts("analysis.ita_value", degrees=texts.number(patch.ita, 0)))


# -- view, scores, regions -------------------------------------------------------------------


def _view(analysis: FaceAnalysis, texts: Texts) -> str:
    view = analysis.view
    rows = [(texts("analysis.view_class"), f"<strong>{escape(texts.view(view.name))}</strong>")]
    for name in ("yaw", "pitch", "roll", "eye_line"):
        angle = texts.quantity(getattr(view, name), "deg", 1, signed=True)
        rows.append((texts(f"analysis.{name}"), escape(angle)))
    if view.standard is not None:
        said = texts("common.yes" if view.standard else "common.no")
        rows.append((texts("analysis.standard_view"), escape(said)))
    return _facts(rows)


def _scores(found: Examination, texts: Texts) -> str:
    face, analysis = found.face, found.analysis
    exposure, scale = analysis.exposure, face.scale
    rows = [
        ("presence", texts.quantity(100 * face.presence, "percent", 0)),
        ("residual", texts.quantity(face.pose.residual, "percent", 1)),
    ]
    if face.noise_px is not None:
        noise = float(np.sqrt(np.mean(face.noise_px**2))) * scale.mm_per_px
        rows.append(("landmark_noise", texts.quantity(noise, "mm", 2)))
    rows += [
        ("blur", texts.quantity(analysis.blur_mm, "mm", 2)),
        ("highlights", texts.quantity(100 * exposure.highlights, "percent", 0)),
        ("shadows", texts.quantity(100 * exposure.shadows, "percent", 0)),
        ("side_light", f"{texts.number(abs(exposure.side_difference), 0)} L*"),
        ("glasses", texts("common.yes" if analysis.glasses.present else "common.no")),
    ]
    if analysis.distance is not None:
        metres = texts.number(analysis.distance.metres, 1)
        error = texts.number(analysis.distance.uncertainty, 1)
        rows.append(("distance", texts("analysis.distance_value", metres=metres, error=error)))
    said = [(texts(f"analysis.{key}"), escape(value)) for key, value in rows]
    current = texts(
        "scale.current",
        mm_per_px=texts.number(scale.mm_per_px, 3),
        percent=texts.number(100 * scale.relative_uncertainty, 0),
    )
    said.append(
        (texts("scale.title"), escape(f"{current} ({texts.name_of('scale', scale.source)})"))
    )
    return _facts(said)


def _regions(regions: Sequence[RegionCount], texts: Texts) -> str:
    rows = [
        (escape(texts.region(region.name)), str(region.landmarks), str(region.visible))
        for region in regions
    ]
    head = [texts(f"analysis.{name}") for name in ("region", "count", "visible")]
    return markup.table(head, rows, texts("analysis.landmark_counts"), numeric=(1, 2))


# -- measurements ----------------------------------------------------------------------------


def measurement_tables(measurements: Sequence[Measurement], texts: Texts) -> str:
    """Return the table of measurements, and below it those that this view does not allow.

    Each bears the number that it has in the chart: its place in the list, from 1.
    """
    value = f"{texts('analysis.value')} {texts('analysis.uncertainty')}"
    head = [texts("analysis.measurement"), value, texts("analysis.norm")]
    rows, others = [], []
    for number, item in enumerate(measurements, start=1):
        title = escape(texts.measurement(item.name, item.title))
        if item.value is None:
            reason = escape(texts.reason(item.reason)) if item.reason else ""
            others.append(f'<li>{title} <span class="ld-hint ld-small">{reason}</span></li>')
            continue
        note = f"<small>{escape(texts.phrase(item.note))}</small>" if item.note else ""
        rows.append(
            (
                f'<span class="ld-named"><span class="ld-count">{number}</span>'
                f"<span>{title}{note}</span></span>",
                _value(item, texts),
                _norms(item, texts),
            )
        )
    drawn = markup.table(head, rows, texts("a11y.measurement_table"), numeric=(1,))
    return (
        f'<div class="ld-measured">{drawn}</div>'
        + _folded(texts("analysis.unavailable"), others)
        + _folded(texts("common.source"), _sources(measurements, texts))
    )


def _folded(title: str, items: Sequence[str]) -> str:
    if not items:
        return ""
    return (
        f'<details class="ld-remarks"><summary>{escape(title)} ({len(items)})</summary>'
        f"<ul>{''.join(items)}</ul></details>"
    )


def _sources(measurements: Sequence[Measurement], texts: Texts) -> list[str]:
    """List every source with the measurements whose ranges it gives."""
    found: dict[str, dict[str, None]] = {}
    for item in measurements:
        for norm in item.norms:
            titles = found.setdefault(_source(norm, texts), {})
            titles[texts.measurement(item.name, item.title)] = None
    return [
        f'<li>{escape(source)} <span class="ld-hint ld-small">{escape("; ".join(titles))}</span>'
        "</li>"
        for source, titles in found.items()
    ]


def _source(norm: Norm, texts: Texts) -> str:
    return f"{texts(f'single.evidence_{norm.status}')}: {texts.phrase(norm.source)}"


def _value(item: Measurement, texts: Texts) -> str:
    digits = _DIGITS[item.unit]
    said = escape(texts.quantity(item.value or 0.0, item.unit, digits))
    if item.uncertainty is not None:
        said += f" <small>± {escape(texts.number(item.uncertainty, digits))}</small>"
    return said


def _norms(item: Measurement, texts: Texts) -> str:
    lines = "".join(f"<li>{_norm(norm, item, texts)}</li>" for norm in item.norms)
    return f'<ul class="ld-norms">{lines}</ul>' if lines else '<span class="ld-no-norm">–</span>'


def _norm(norm: Norm, item: Measurement, texts: Texts) -> str:
    digits, value = _DIGITS[item.unit], item.value or 0.0
    population = escape(texts.population(norm.population))
    source = escape(_source(norm, texts))
    if norm.band is None:
        mean = "–" if norm.mean is None else texts.quantity(norm.mean, item.unit, digits)
        return f'<span title="{source}">{population}: {escape(mean)}</span>'
    low, high = norm.band
    band = f"{texts.number(low, digits)}–{texts.quantity(high, item.unit, digits)}"
    if value < low:
        place = f"▼ {texts('analysis.below_range')}"
    elif value > high:
        place = f"▲ {texts('analysis.above_range')}"
    else:
        place = f"● {texts('analysis.in_range')}"
    return (
        f'<span title="{source}">{population}: {escape(band)}</span> '
        f'<span class="ld-standing">{escape(place)}</span>'
    )
