"""Pictures in one framing, as the comparison and the sweep show them side by side."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.notices import Notice
from landmarkdiff.texts import Texts
from landmarkdiff.ui.markup import blob_address

__all__ = [
    "JPEG_QUALITY",
    "ImageArray",
    "download_link",
    "hold_button",
    "in_band_mark",
    "largest_movement",
    "notices_of",
    "part_head",
    "refused",
    "remarks",
    "tile",
]

ImageArray = NDArray[np.uint8]

#: Of the pictures on the page; the grids that can be downloaded are PNG.
JPEG_QUALITY = 92


def tile(
    address: str,
    before: str,
    title: str,
    detail: str,
    record: Mapping[str, Any],
    texts: Texts,
) -> str:
    """Return a simulation with its caption, how far it goes, and what there is to mind.

    Parameters
    ----------
    address, before : str
        Of the picture, and of the photo that is framed like it.
    title, detail : str
        The caption and the first line below it, which may be empty.
    record : mapping
        As :func:`landmarkdiff.workflows.grids.effects_record` gives it.
    texts : Texts
    """
    moved = largest_movement(float(record["largest_displacement_mm"]), texts)
    alternative = f"{texts('app.simulation')}: {title}, {detail or moved}"
    below = "".join(
        f'<span class="ld-hint ld-small">{escape(line)}</span>' for line in (detail, moved) if line
    )
    return (
        f'<figure class="ld-figure"><a href="{escape(address)}" target="_blank" rel="noopener"'
        f' class="ld-swap"><img src="{escape(address)}" alt="{escape(alternative)}">'
        f'<span class="ld-label">{escape(texts("app.label"))}</span>'
        f'<img src="{escape(before)}" alt="" class="ld-swap-before"></a>'
        f"<figcaption><strong>{escape(title)}</strong>{below}"
        f"{in_band_mark(record, texts)}{remarks(record, texts)}</figcaption></figure>"
    )


def largest_movement(millimetres: float, texts: Texts) -> str:
    """Return in words how far a simulation moves a landmark; number and unit stay together."""
    value = texts.quantity(millimetres, "mm").replace(" ", "\N{NO-BREAK SPACE}")
    return texts("sweep.largest", value=value)


def refused(title: str, reason: str, texts: Texts) -> str:
    """Return what stands in the place of a simulation that this photo cannot carry."""
    return (
        '<div class="ld-figure ld-refused"><div class="ld-refusal">'
        f"<p><strong>{escape(texts('views.not_simulated'))}</strong></p>"
        f"<p>{escape(reason)}</p></div>"
        f'<p class="ld-refused-title"><strong>{escape(title)}</strong></p></div>'
    )


def in_band_mark(record: Mapping[str, Any], texts: Texts) -> str:
    """Return the mark of a simulation beyond its published band; nothing for the others."""
    if record["in_band"]:
        return ""
    return f'<span class="ld-small ld-wrong">▲ {escape(texts("single.beyond_band"))}</span>'


def remarks(record: Mapping[str, Any], texts: Texts) -> str:
    """Return a fold-out list of a simulation's effects and warnings."""
    effects = "".join(
        f"<li>{escape(texts.effect(effect['procedure'], effect['name'].rpartition('.')[2]))}: "
        f"{escape(texts.quantity(effect['applied'], effect['unit'], 1, signed=True))}</li>"
        for effect in record["effects"]
    )
    warnings = "".join(
        f'<li class="ld-warned">{escape(texts.notice(notice))}</li>'
        for notice in notices_of(record)
    )
    return (
        f'<details class="ld-remarks"><summary>{escape(texts("common.details"))}</summary>'
        f"<ul>{effects}{warnings}</ul></details>"
    )


def notices_of(record: Mapping[str, Any]) -> list[Notice]:
    """Return the notices that a simulation's record holds as data."""
    return [
        Notice(entry["code"], {k: v for k, v in entry.items() if k not in ("code", "text")})
        for entry in record["warnings"]
    ]


def part_head(title: str, *tools: str) -> str:
    """Return the title of an answer with its buttons."""
    return (
        f'<div class="ld-part-head"><h2>{escape(title)}</h2>'
        f'<div class="ld-row">{"".join(tools)}</div></div>'
    )


def hold_button(texts: Texts) -> str:
    """Return the button that shows the photo in place of every simulation while it is held."""
    return (
        '<button type="button" class="ld-button" data-hold aria-pressed="false">'
        f"{escape(texts('live.hold_before'))}</button>"
    )


def download_link(token: str, blob: str, label: str) -> str:
    """Return a link that saves a blob under its own name."""
    address = escape(blob_address(token, blob, download=True))
    return f'<a class="ld-button" href="{address}" download>↓ {escape(label)}</a>'
