"""What the documentation says of procedures: pages, evidence, and the points of the presets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from markdown_table import listed, table

from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, mirror_points, sides
from landmarkdiff.procedures.effect import Effect
from landmarkdiff.procedures.limit import Limit
from landmarkdiff.procedures.procedure import Procedure, procedures

__all__ = ["evidence_table", "preset_pages", "procedure_index", "procedure_page"]

ORIGINAL = Path(__file__).with_name("original_points.yaml")
KINDS = {"sd": "standard deviation", "range": "published range", "general": "general"}


def number(value: float) -> str:
    """Return a signed number, short."""
    return f"{value:+g}".replace("-", "\N{MINUS SIGN}") if value else "0"


def unit(effect: Effect) -> str:
    """Return the unit in words."""
    if effect.percent_of is not None:
        words = f"% of {effect.percent_of.replace('_', ' ')}"
    else:
        words = {"deg": "degrees", "percent": "% of its depth"}.get(effect.unit, "mm")
    return f"{words}, both sides in all" if effect.measure == "total" else words


def drive(effect: Effect) -> str:
    """Say what sets an effect besides its name."""
    words = []
    if effect.coupled_to is not None:
        words.append(f"follows {effect.coupled_to.driver}")
    if not effect.by_intensity:
        words.append("by name")
    return f" *({', '.join(words)})*" if words else ""


def size(effect: Effect) -> tuple[str, str, str, str]:
    """Return unit, value at 60, band and other way of an effect, as cells."""
    band = effect.band
    return (
        unit(effect),
        number(band.typical),
        f"{number(band.low)} to {number(band.high)}",
        number(band.reverse) if band.reverse else "no",
    )


def views(limit: Limit) -> str:
    """Name the views of a limit that does not hold in all."""
    names = ", ".join(limit.views or ()).replace("_", " ")
    return f" *(views: {names})*" if names else ""


def source(effect: Effect) -> str:
    """Return where the size of an effect comes from, with what the reader has to know."""
    return f"{effect.evidence.source}. {effect.evidence.note}".strip(". ") + "."


SIZE_HEAD = ("unit", "at 60", "band (100 is its end)", "other way")


def evidence_table() -> str:
    """Every effect with its size, and what of it is found and what is general."""
    effects = [effect for preset in procedures().values() for effect in preset.effects]
    found = sum(effect.evidence.status == "found" for effect in effects)
    bands = sum(effect.band.kind != "general" for effect in effects)
    told = (
        f"Of {len(effects)} effects {found} have a typical value from a publication, "
        f"and {bands} a band.\n\n"
    )
    rows = []
    for preset in procedures().values():
        for effect in preset.effects:
            own = f"{effect.title}<br>`{effect.name}`{drive(effect)}"
            if effect is preset.effects[0]:
                page = f"procedures/{preset.name}.md"
                own = f"[**{preset.title}**]({page}) `{preset.name}`<br>{own}"
            known = f"{effect.evidence.status} / {KINDS[effect.band.kind]}"
            rows.append((own, *size(effect)[:3], known, source(effect)))
    head = ("effect", *SIZE_HEAD[:3], "value / band is", "source and note")
    return told + table(head, rows)


def procedure_page(name: str) -> str:
    """One procedure: pictures, what it moves, evidence, limits."""
    preset = procedures()[name]
    moves = [
        (f"{effect.title}<br>`{effect.name}`{drive(effect)}", *size(effect), effect.sign)
        for effect in preset.effects
    ]
    known = [
        (f"`{effect.name}`", effect.evidence.status, KINDS[effect.band.kind], source(effect))
        for effect in preset.effects
    ]
    coupled = [
        f"- `{effect.name}` follows `{effect.coupled_to.driver}`: {effect.coupled_to.reason}"
        for effect in preset.effects
        if effect.coupled_to is not None
    ]
    seen = "photo" if preset.on_mesh else "head"
    parts = [
        preset.summary,
        f"![{preset.title}: {seen} and labelled simulations at 60 and 100]"
        f"(../../images/procedures/{name}.jpg)",
        PICTURE_NOTE if preset.on_mesh else HEAD_NOTE,
        "## What it moves",
        table(("effect", *SIZE_HEAD, "sign"), moves),
        *(["\n".join(coupled)] if coupled else []),
        f"[Which landmarks carry each effect, and which are held](../presets.md#{anchor(preset)}).",
        "## Evidence",
        table(("effect", "typical value", "band is", "source and note"), known),
        "[Evidence](../evidence.md) explains *found* and *general*.",
        "## Limits",
        "\n".join(f"- {limit.text}{views(limit)}" for limit in preset.limits),
        "[Limits](../limits.md) lists what holds for every procedure.",
        "## Try it",
        TRY if preset.on_mesh else TRY_HEAD,
    ]
    return "\n\n".join(parts).replace("{name}", name)


TRY = """```sh
landmarkdiff preview portrait.jpg --procedure {name} --intensity 60
landmarkdiff procedures show {name}
```"""
TRY_HEAD = """```sh
landmarkdiff procedures show {name}
```

[The plan on a head](../../concepts/head_plan.md) shows how it moves one."""
HEAD_NOTE = (
    "*The CC0 head with prominent ears, from the front and from behind: as it is, and simulations "
    "at intensity 60 (the typical change) and 100 (the far end of the band).*"
)
PICTURE_NOTE = (
    "*Two public-domain portraits (NASA; US Navy) and the first of them rendered on a turned mesh: "
    "the photo, and simulations at intensity 60 (the typical change) and 100 (the far end of the "
    "band).*"
)


def anchor(preset: Procedure) -> str:
    """Return the anchor of a preset's section among the presets."""
    return re.sub(r"[^\w\- ]", "", f"{preset.title} {preset.name}".lower()).replace(" ", "-")


def procedure_index() -> str:
    """List the procedures."""
    rows = [
        (f"[{preset.title}]({name}.md)<br>`{name}`", preset.summary)
        for name, preset in procedures().items()
    ]
    return table(("procedure", "in short"), rows)


def _groups_of(point: int) -> list[str]:
    return [name for name, group in ANATOMICAL_GROUPS.items() if point in group.points]


def _reason(point: int, reasons: dict[Any, str], where: str) -> str:
    for key in (point, *_groups_of(point)):
        if key in reasons:
            return reasons[key]
    groups = ", ".join(_groups_of(point))
    raise SystemExit(f"{ORIGINAL.name}: no reason for point {point} ({groups}) under {where}")


def _by_reason(points: Iterable[int], reasons: dict[Any, str], where: str) -> list[tuple[str, str]]:
    grouped: dict[str, list[int]] = {}
    for point in sorted(points):
        grouped.setdefault(_reason(point, reasons, where), []).append(point)
    return [(listed(members), why) for why, members in grouped.items()]


def compare_with_original(name: str, record: dict[str, Any]) -> str:
    """One procedure: points kept, dropped and added against the original list."""
    original, preset = set(record["points"]), procedures()[name]
    now = set(preset.landmarks)
    partners = {p for p in now - original if mirror_points([p])[0] in original}
    rows = [("kept", listed(now & original), "")]
    rows += [
        ("dropped", points, why)
        for points, why in _by_reason(original - now, record["dropped"], f"{name}.dropped")
    ]
    if partners:
        rows.append(("added", listed(partners), "mirror partners of listed points"))
    rows += [
        ("added", points, why)
        for points, why in _by_reason(now - original - partners, record["added"], f"{name}.added")
    ]
    return f"{record['note']}\n\n" + table(("", "points", "why"), rows)


def carrying(effect: Effect) -> str:
    """List the points that carry an effect, and those that follow."""
    own, following = (
        listed(point for point in points if sides()[point] <= 0)
        for points in (effect.landmarks, effect.follow)
    )
    return f"{own}; following: {following}" if effect.follow else own


def preset_pages() -> str:
    """Every preset: its points by effect, and the comparison with the original list."""
    original = yaml.safe_load(ORIGINAL.read_text(encoding="utf-8"))
    parts = []
    for name, preset in procedures().items():
        rows = [
            (
                f"`{effect.name}`",
                carrying(effect),
                ", ".join(effect.anatomy),
                f"{effect.falloff_mm:g}",
            )
            for effect in preset.effects
        ]
        held = [point for point in preset.fixed if sides()[point] <= 0]
        parts.append(f"## {preset.title} (`{name}`)\n\n{preset.summary}\n")
        parts.append(
            table(
                ("effect", "points (midline and the patient's right)", "anatomy", "falloff mm"),
                rows,
            )
        )
        parts.append(f"\nHeld still inside the falloff: {listed(held)}.\n")
        if name in original:
            parts.append(
                "Against the original list. " + compare_with_original(name, original[name])
            )
        else:
            parts.append("The original description has no list for this procedure.")
        parts.append("")
    return "\n".join(parts).rstrip()
