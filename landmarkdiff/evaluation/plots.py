"""Plots as SVG that stands in a page: its letters, and its ink in the colour of the text."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from landmarkdiff.landmarks.topology import topology

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

__all__ = ["plot_effects", "plot_heat_map", "plot_pairs", "plot_strata"]

#: Drawn in these, which the page's own colours then replace, so that it is read in the dark too.
_INK, _ACCENT, _FAINT = "#010203", "#040506", "#070809"
_PAGE_COLOURS = {_INK: "currentColor", _ACCENT: "var(--accent)", _FAINT: "var(--faint)"}
#: Metrics that are shown pair by pair, those that there are.
_SHOWN = (
    "ssim",
    "ssim_inside",
    "psnr",
    "flip",
    "lpips",
    "nme",
    "identity",
    "direction",
    "magnitude",
    "surgical_score",
)
#: Most bars of effects; the others stand in the table.
_MOST_EFFECTS = 24


def plot_pairs(report: Mapping[str, Any]) -> str:
    """Draw the figures of single pairs with mean, interval and target; empty without any.

    Parameters
    ----------
    report : mapping
        As :meth:`~landmarkdiff.evaluation.summary.Evaluation.to_dict` gives it.
    """
    figures = [m for m in report["metrics"] if m["name"] in _SHOWN and m["mean"] is not None]
    if not figures:
        return ""
    canvas, axes = _axes(len(figures), 1, width=5.6, height=0.62 * len(figures))
    random = np.random.default_rng(0)
    for axis, metric in zip(axes, figures, strict=True):
        values = _of_pairs(report, metric["name"])
        heights = random.uniform(-0.3, 0.3, len(values))
        axis.plot(values, heights, "o", color=_FAINT, markersize=3.5, alpha=0.75)
        _mean(axis, metric, 0.0)
        if metric["target"] is not None:
            axis.axvline(metric["target"], color=_INK, linewidth=0.8, linestyle=(0, (3, 2)))
        axis.set_ylim(-0.6, 0.6)
        axis.set_yticks([0.0], [metric["name"]])
    return _svg(canvas, "Figures of every pair: mean, interval and target")


def plot_strata(report: Mapping[str, Any], name: str) -> str:
    """Draw the mean of a metric in every stratum; empty where there are no two.

    Parameters
    ----------
    report : mapping
    name : str
        Of the metric.
    """
    rows = []
    for factor in report["strata"]:
        if len(factor["strata"]) > 1:
            for stratum in factor["strata"]:
                found = [m for m in stratum["metrics"] if m["name"] == name and m["n"]]
                rows += [(f"{factor['factor']} {stratum['name']}", m) for m in found]
    if not rows:
        return ""
    canvas, (axis,) = _axes(1, 1, width=5.6, height=0.4 + 0.24 * len(rows))
    for height, (_, figure) in enumerate(reversed(rows)):
        _mean(axis, figure, float(height))
    labels = [f"{label} (n = {figure['n']})" for label, figure in reversed(rows)]
    axis.set_yticks(range(len(rows)), labels)
    axis.set_ylim(-0.6, len(rows) - 0.4)
    axis.set_xlabel(name)
    return _svg(canvas, f"{name} in every stratum")


def plot_effects(report: Mapping[str, Any]) -> str:
    """Draw what pictures can show of each effect beside what they show; empty without any."""
    effects = [e for e in report["effects"] if e["achieved"]["mean"] is not None][:_MOST_EFFECTS]
    if not effects:
        return ""
    canvas, (axis,) = _axes(1, 1, width=5.6, height=0.6 + 0.26 * len(effects))
    heights = np.arange(len(effects))[::-1]
    axis.barh(heights, [e["shown"] for e in effects], 0.7, color=_FAINT, alpha=0.45)
    for height, effect in zip(heights, effects, strict=True):
        _mean(axis, effect["achieved"], float(height))
    axis.axvline(0.0, color=_INK, linewidth=0.6)
    axis.set_yticks(heights, [f"{e['name']} ({e['unit']})" for e in effects])
    axis.set_ylim(-0.6, len(effects) - 0.4)
    axis.set_xlabel("bar: what the picture can show; point: what it shows")
    return _svg(canvas, "Planned and achieved change of each effect")


def plot_heat_map(report: Mapping[str, Any]) -> str:
    """Draw the mean error of every landmark on the average face; empty where none was read."""
    errors = report["heat_map_mm"]
    if not any(error is not None for error in errors):
        return ""
    places = topology().vertices_mm[:, :2]
    shown = [k for k in range(len(places)) if errors[k] is not None]
    canvas, (axis,) = _axes(1, 1, width=4.4, height=4.4)
    # The patient's left is to the right of a picture, as x points in the face frame.
    points = axis.scatter(
        places[shown, 0],
        places[shown, 1],
        edgecolors=_FAINT,
        linewidths=0.4,
        c=[errors[k] for k in shown],
        s=16,
        cmap="viridis",
    )
    axis.set_aspect("equal")
    axis.axis("off")
    bar = canvas.colorbar(points, ax=axis, shrink=0.7)
    bar.set_label("mm", color=_INK)
    bar.ax.tick_params(colors=_INK, labelsize=8)
    bar.outline.set_edgecolor(_INK)
    return _svg(canvas, "Mean error of every landmark, millimetres")


def _of_pairs(report: Mapping[str, Any], name: str) -> list[float]:
    found = (pair["scores"].get(name) for pair in report["pairs"])
    return [score["value"] for score in found if score and score["value"] is not None]


def _mean(axis: Axes, figure: Mapping[str, Any], height: float) -> None:
    interval = figure["interval"]
    if interval is not None:
        ends = [interval["low"], interval["high"]]
        axis.plot(ends, [height, height], color=_ACCENT, linewidth=2.2, solid_capstyle="butt")
    axis.plot([figure["mean"]], [height], "D", color=_ACCENT, markersize=5)


def _axes(rows: int, columns: int, *, width: float, height: float) -> tuple[Canvas, Sequence[Axes]]:
    """Return a figure in inches with bare axes, one below the other."""
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(width, height), layout="constrained")
    found = canvas.subplots(rows, columns, squeeze=False).ravel()
    for axis in found:
        axis.patch.set_alpha(0.0)
        axis.tick_params(colors=_INK, labelsize=8, length=2.5)
        axis.xaxis.label.set_color(_INK)
        axis.xaxis.label.set_fontsize(8)
        for side, spine in axis.spines.items():
            spine.set_visible(side == "bottom")
            spine.set_edgecolor(_INK)
    return canvas, list(found)


def _svg(canvas: Canvas, title: str) -> str:
    """Return a figure as an element of a page, the same for the same figures."""
    import matplotlib

    file = io.StringIO()
    # Letters stay letters, and ids do not change from one run to the next.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": title}):
        canvas.savefig(
            file, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
        )
    text = file.getvalue()
    text = text[text.index("<svg") :]
    for drawn, colour in _PAGE_COLOURS.items():
        text = text.replace(drawn, colour)
    return text.replace("<svg", f'<svg role="img" aria-label="{title}"', 1)
