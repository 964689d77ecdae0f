"""Pictures in one framing, as the comparison and the sweep show them side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape

from landmarkdiff.arrays import ImageArray
from landmarkdiff.inference.painting_facts import painting_facts
from landmarkdiff.photo import encode_jpeg
from landmarkdiff.texts import Texts
from landmarkdiff.ui.page.markup import blob_address
from landmarkdiff.workflows.outcome import Summary

__all__ = [
    "JPEG_QUALITY",
    "LAYERS",
    "ImageArray",
    "download_link",
    "hold_button",
    "in_band_mark",
    "keep",
    "keep_layers",
    "largest_movement",
    "layer_buttons",
    "layers_of",
    "marks",
    "painting_marks",
    "part_head",
    "refused",
    "remarks",
    "tile",
]

#: ``put(data, media_type, filename)`` keeps a file and returns its blob.
Put = Callable[[bytes, str, str], str]

#: What a painting came from, in the order in which it came about.
LAYERS = ("warp", "raw")
#: What a tile is marked with, by the code of the notice that says it in full.
_PAINTING_MARKS = {
    "painting_refused": "paint.refused_mark",
    "painting_too_weak": "paint.nothing",
    "identity_flagged": "paint.flagged_mark",
}
#: Of the pictures on the page; the grids that can be downloaded are PNG.
JPEG_QUALITY = 92


def tile(
    pictures: Mapping[str, str],
    before: str,
    title: str,
    detail: str,
    summary: Summary,
    texts: Texts,
) -> str:
    """Return a simulation with its caption, how far it goes, and what there is to mind.

    Parameters
    ----------
    pictures : mapping of {"final", "warp", "raw"} to str
        Addresses of the simulation and, where a network painted, of what it came from, framed
        alike; :func:`layer_buttons` chooses among them.
    before : str
        Address of the photo that is framed like them.
    title, detail : str
        The caption and the first line below it, which may be empty.
    summary : Summary
    texts : Texts
    """
    address = pictures["final"]
    moved = largest_movement(summary.largest_displacement_mm, texts)
    alternative = f"{texts('app.simulation')}: {title}, {detail or moved}"
    below = "".join(
        f'<span class="ld-hint ld-small">{escape(line)}</span>' for line in (detail, moved) if line
    )
    return (
        f'<figure class="ld-figure"><a href="{escape(address)}" target="_blank" rel="noopener"'
        f' class="ld-swap"><img src="{escape(address)}" alt="{escape(alternative)}"'
        ' data-layer="final">'
        f"{_layers(pictures, title, texts)}"
        f'<span class="ld-label">{escape(texts("app.label"))}</span>'
        f'<img src="{escape(before)}" alt="" class="ld-swap-before"></a>'
        f"<figcaption><strong>{escape(title)}</strong>{below}"
        f"{in_band_mark(summary, texts)}"
        f"{marks((notice.code for notice in summary.notices), texts)}"
        f"{remarks(summary, texts)}</figcaption></figure>"
    )


def _layers(pictures: Mapping[str, str], title: str, texts: Texts) -> str:
    return "".join(
        f'<img src="{escape(pictures[name])}" class="ld-swap-layer" data-layer="{name}"'
        f' alt="{escape(texts("paint.layer_alt", picture=texts(f"paint.{name}"), title=title))}">'
        for name in LAYERS
        if name in pictures
    )


def keep(put: Put, pixels: ImageArray, filename: str) -> str:
    """Put a tile on the shelf as JPEG; return its blob."""
    return put(encode_jpeg(pixels, quality=JPEG_QUALITY), "image/jpeg", filename)


def keep_layers(
    put: Put, final: ImageArray, warp: ImageArray | None, raw: ImageArray | None, stem: str
) -> dict[str, str]:
    """Put a simulation on the shelf and, where a network painted, what it came from.

    Returns
    -------
    dict of {"final", "warp", "raw"} to str
        Blobs.
    """
    kept = {"final": keep(put, final, f"{stem}.jpg")}
    for name, pixels in zip(LAYERS, (warp, raw), strict=True):
        if pixels is not None:
            kept[name] = keep(put, pixels, f"{stem}-{name}.jpg")
    return kept


def layers_of(blobs: Mapping[str, str], token: str) -> dict[str, str]:
    """Return the addresses of pictures from the names of their blobs."""
    return {name: blob_address(token, blob) for name, blob in blobs.items()}


def layer_buttons(shown: Iterable[Mapping[str, str]], texts: Texts) -> str:
    """Return the buttons that show the finished pictures or what they came from.

    Nothing where no network painted any of the pictures ``shown``.
    """
    if not any(name in pictures for pictures in shown for name in LAYERS):
        return ""
    buttons = "".join(
        f'<button type="button" class="ld-button" data-show="{name}"'
        f' aria-pressed="{str(name == "final").lower()}">{escape(texts(f"paint.{name}"))}</button>'
        for name in (*LAYERS, "final")
    )
    label = escape(texts("paint.shown_as"))
    return f'<span class="ld-row ld-layers" role="group" aria-label="{label}">{buttons}</span>'


def painting_marks(codes: Iterable[str], texts: Texts) -> list[str]:
    """Return what marks a painting that was refused or flagged, by the codes of its notices."""
    told = set(codes)
    return [texts(key) for code, key in _PAINTING_MARKS.items() if code in told]


def marks(codes: Iterable[str], texts: Texts) -> str:
    """Return :func:`painting_marks` as HTML."""
    return "".join(
        f'<span class="ld-small ld-wrong">▲ {escape(mark)}</span>'
        for mark in painting_marks(codes, texts)
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


def in_band_mark(summary: Summary, texts: Texts) -> str:
    """Return the mark of a simulation beyond its published band; nothing for the others."""
    if summary.in_band:
        return ""
    return f'<span class="ld-small ld-wrong">▲ {escape(texts("single.beyond_band"))}</span>'


def remarks(summary: Summary, texts: Texts) -> str:
    """Return a fold-out list of a simulation's effects and warnings."""
    effects = "".join(
        f"<li>{escape(texts.effect(effect.procedure, effect.name.rpartition('.')[2]))}: "
        f"{escape(texts.quantity(effect.applied, effect.unit, 1, signed=True))}</li>"
        for effect in summary.effects
    )
    warnings = "".join(
        f'<li class="ld-warned">{escape(texts.notice(notice))}</li>' for notice in summary.notices
    )
    return (
        f'<details class="ld-remarks"><summary>{escape(texts("common.details"))}</summary>'
        f"<ul>{effects}{_painted(summary, texts)}{warnings}</ul></details>"
    )


def _painted(summary: Summary, texts: Texts) -> str:
    """How a picture was judged and compared; nothing where no network painted."""
    if not summary.painting.paints:
        return ""
    return "".join(
        f"<li>{escape(fact.label)}: {escape('; '.join(fact.lines))}</li>"
        for fact in painting_facts(summary.painting, texts)
        if fact.name in ("guard", "identity")
    )


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
