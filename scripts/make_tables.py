"""Write the tables of the documentation from the program's own data.

A table stands between ``<!-- NAME: begin -->`` and ``<!-- NAME: end -->`` in its page. With
``--check`` nothing is written, and the exit status is 1 when a page is not current.

    python scripts/make_tables.py [--check]
"""

from __future__ import annotations

import argparse
import configparser
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from landmarkdiff.clinical.zones import KELOID_ZONES
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, mirror_points, sides
from landmarkdiff.procedures.procedure import (
    Axis,
    Band,
    Coupling,
    Effect,
    Evidence,
    MaskPart,
    Procedure,
    procedures,
)
from landmarkdiff.wording import english_messages

ROOT = Path(__file__).resolve().parents[1]
ORIGINAL = Path(__file__).with_name("original_points.yaml")
KINDS = {"sd": "standard deviation", "range": "published range", "general": "general"}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines
    )


def number(value: float) -> str:
    """Return a signed number, short."""
    return f"{value:+g}".replace("-", "\N{MINUS SIGN}") if value else "0"


def unit(effect: Effect) -> str:
    """Return the unit in words."""
    if effect.percent_of is not None:
        words = f"% of {effect.percent_of.replace('_', ' ')}"
    else:
        words = "degrees" if effect.unit == "deg" else "mm"
    return f"{words}, both sides in all" if effect.measure == "total" else words


def drive(effect: Effect) -> str:
    """Say what sets an effect besides its name."""
    words = []
    if effect.coupled_to is not None:
        words.append(f"follows {effect.coupled_to.driver}")
    if not effect.by_intensity:
        words.append("by name")
    return f" *({', '.join(words)})*" if words else ""


def procedure_table() -> str:
    """Procedures with their effects, bands, kinds of band and sources."""
    rows = []
    for preset in procedures().values():
        for effect in preset.effects:
            band = effect.band
            first = f"**{preset.title}**<br>`{preset.name}`" if effect is preset.effects[0] else ""
            rows.append(
                (
                    first,
                    f"{effect.title}<br>`{effect.name}`{drive(effect)}",
                    unit(effect),
                    number(band.typical),
                    f"{number(band.low)} to {number(band.high)}",
                    number(band.reverse) if band.reverse else "no",
                    KINDS[band.kind],
                    f"{effect.evidence.source} ({effect.evidence.status})",
                )
            )
    head = (
        "procedure",
        "effect",
        "unit",
        "at 60",
        "band (100 is its end)",
        "other way",
        "kind",
        "source",
    )
    return table(head, rows)


def evidence_table() -> str:
    """What is found and what is general, effect by effect."""
    rows = [
        (
            preset.name,
            effect.name,
            effect.evidence.status,
            KINDS[effect.band.kind],
            f"{effect.evidence.source}. {effect.evidence.note}".strip(". ") + ".",
        )
        for preset in procedures().values()
        for effect in preset.effects
    ]
    return table(("procedure", "effect", "typical value", "band", "source and remark"), rows)


def _listed(points: Iterable[int]) -> str:
    return ", ".join(str(point) for point in sorted(points)) or "none"


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
    return [(_listed(members), why) for why, members in grouped.items()]


def compare_with_original(name: str, record: dict[str, Any]) -> str:
    """One procedure: points kept, dropped and added against the original list."""
    original, preset = set(record["points"]), procedures()[name]
    now = set(preset.landmarks)
    partners = {p for p in now - original if mirror_points([p])[0] in original}
    rows = [("kept", _listed(now & original), "")]
    rows += [
        ("dropped", points, why)
        for points, why in _by_reason(original - now, record["dropped"], f"{name}.dropped")
    ]
    if partners:
        rows.append(("added", _listed(partners), "mirror partners of listed points"))
    rows += [
        ("added", points, why)
        for points, why in _by_reason(now - original - partners, record["added"], f"{name}.added")
    ]
    return f"{record['note']}\n\n" + table(("", "points", "why"), rows)


def preset_pages() -> str:
    """Every preset: its points by effect, and the comparison with the original list."""
    original = yaml.safe_load(ORIGINAL.read_text(encoding="utf-8"))
    parts = []
    for name, preset in procedures().items():
        rows = [
            (
                f"`{effect.name}`",
                _listed(point for point in effect.landmarks if sides()[point] <= 0),
                ", ".join(effect.anatomy),
                f"{effect.falloff_mm:g}",
            )
            for effect in preset.effects
        ]
        held = [point for point in preset.fixed if sides()[point] <= 0]
        parts.append(f"### {preset.title} (`{name}`)\n\n{preset.summary}\n")
        parts.append(
            table(
                ("effect", "points (midline and the patient's right)", "anatomy", "falloff mm"),
                rows,
            )
        )
        parts.append(f"\nHeld still inside the falloff: {_listed(held)}.\n")
        if name in original:
            parts.append(
                "Against the original list. " + compare_with_original(name, original[name])
            )
        else:
            parts.append("The original description has no list for this procedure.")
        parts.append("")
    return "\n".join(parts).rstrip()


def field_reference() -> str:
    """The keys of a preset file, from the models that read it."""
    parts = []
    for title, model in (
        ("Procedure", Procedure),
        ("Part of the mask (`mask`)", MaskPart),
        ("Effect (`effects`)", Effect),
        ("Band (`band`)", Band),
        ("Evidence (`evidence`)", Evidence),
        ("Axis of a rotation (`axis`)", Axis),
        ("Coupling (`coupled_to`)", Coupling),
    ):
        told = _told(model)
        rows = [
            (f"`{key}`", _kind(field), _default(field), told.get(key, ""))
            for key, field in model.model_fields.items()
        ]
        parts.append(f"### {title}\n\n" + table(("key", "kind", "default", "meaning"), rows) + "\n")
    return "\n".join(parts).rstrip()


#: What a key means where the model's docstring does not say it.
MEANINGS = {
    "Procedure.name": "lower-case letters, digits, underscores; used in commands and paths",
    "Procedure.title": "name for people",
    "Procedure.summary": "one sentence",
    "Procedure.mask": "what the simulation may touch, as hulls of anatomical groups",
    "Procedure.effects": "one or more effects",
    "Effect.name": "as for the procedure; unique in it",
    "Effect.title": "name for people",
    "Effect.sign": "which way a positive or negative value goes",
    "Effect.band": "size of the effect",
    "Effect.evidence": "where the size comes from",
    "Effect.coupled_to": "the effect that this one follows, in proportion to the typical changes",
    "MaskPart.groups": "anatomical groups, see below",
    "MaskPart.span": "one hull over the midline, or one for each side",
    "Band.typical": "change at intensity 60",
    "Band.low": "weak end of the band",
    "Band.high": "change at intensity 100; the sign is that of typical",
    "Band.reverse": "how far the effect may go the other way; 0 if it may not",
    "Band.kind": "a standard deviation around the mean, a published range, or textbook knowledge",
    "Evidence.status": "read in an abstract or page, or textbook knowledge without a source",
    "Evidence.source": "author, year, journal, number of patients",
    "Evidence.note": "what the reader has to know about it",
    "Axis.through": "landmarks whose mean the axis goes through; closed under the mirror map",
    "Axis.direction": "left, up, forward; a positive angle turns right-handed about it",
    "Coupling.driver": "name of the leading effect in the same preset",
    "Coupling.reason": "why, in the words of the product",
}


def _told(model: type[BaseModel]) -> dict[str, str]:
    """Read the attributes section of a docstring, and add what it leaves out."""
    told = {
        key.split(".")[1]: text
        for key, text in MEANINGS.items()
        if key.startswith(f"{model.__name__}.")
    }
    section = (model.__doc__ or "").partition("----------\n")[2]
    for names, text in re.findall(
        r"^    (\w[\w, ]*) : [^\n]*\n((?:        [^\n]*\n)+)", section, re.M
    ):
        for name in names.split(", "):
            told.setdefault(name, " ".join(text.split()).rstrip("."))
    return told


def _kind(field: FieldInfo) -> str:
    text = str(field.annotation)
    text = re.sub(r"(typing|landmarkdiff\.procedures\.procedure)\.", "", text)
    text = re.sub(r"<class '([\w.]+)'>", lambda match: match[1].rsplit(".", 1)[-1], text)
    text = re.sub(r"Annotated\[(\w+), FieldInfo\([^)]*\)\]", r"\1", text)
    text = re.sub(r"tuple\[float, float, float\]", "3 numbers", text)
    text = re.sub(r"tuple\[(\w+), \.\.\.\]", r"list of \1", text)
    text = re.sub(r"dict\[(\w+), .*\]", r"mapping of \1 to share (above 0, at most 1)", text)
    text = re.sub(
        r"Literal\[([^]]*)\]", lambda match: match[1].replace("'", "").replace(", ", " or "), text
    )
    text = text.replace(" | None", "").replace("str", "text").replace("int", "whole number")
    text = re.sub(r"\bfloat\b", "number", text).replace("bool", "true or false")
    limits = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    bounds = [
        f"{words} {getattr(rule, name):g}"
        for rule in field.metadata
        for name, words in limits.items()
        if isinstance(getattr(rule, name, None), float)
    ]
    return f"{text}, {', '.join(bounds)}" if bounds else text


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if value in (None, "", ()):
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def group_table() -> str:
    """Anatomical groups with their points."""
    rows = [
        (f"`{name}`", _listed(group.midline), _listed(group.right))
        for name, group in ANATOMICAL_GROUPS.items()
    ]
    return table(("group", "midline", "the patient's right"), rows)


def zone_table() -> str:
    """Keloid zones with the groups they cover."""
    return table(
        ("zone", "anatomical groups"),
        [(f"`{name}`", ", ".join(groups)) for name, groups in KELOID_ZONES.items()],
    )


def notice_table() -> str:
    """Codes of warnings with their sentences."""
    notices = english_messages()["notices"]
    return table(("code", "sentence"), [(f"`{code}`", text) for code, text in notices.items()])


def rooms() -> str:
    """The layers of the package, as the import rule has them."""
    rule = configparser.ConfigParser()
    rule.read(ROOT / "tests" / "importlinter.ini", encoding="utf-8")
    layers = rule["importlinter:contract:rooms"]["layers"].split("\n")
    built = [
        " | ".join(room for room in map(str.strip, layer.split("|")) if not room.startswith("("))
        for layer in layers
    ]
    return "\n".join(["```", *filter(None, built), "```"])


#: Page -> marks in it and what makes the part between them.
TABLES: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {"procedures": procedure_table},
    "CONTRIBUTING.md": {"rooms": rooms},
    "docs/reference/presets.md": {"presets": preset_pages},
    "docs/how-to/custom_procedures.md": {"keys": field_reference, "groups": group_table},
    "docs/reference/clinical_flags.md": {"zones": zone_table},
    "docs/reference/plan.md": {"notices": notice_table},
    "docs/reference/evidence.md": {"evidence": evidence_table},
}


def main() -> int:
    """Write the tables, or check that they are current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when not current")
    check = parser.parse_args().check
    stale = []
    for page, parts in TABLES.items():
        path = ROOT / page
        text = path.read_text(encoding="utf-8")
        new = text
        for name, make in parts.items():
            start, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
            before, found, rest = new.partition(start)
            _, closed, after = rest.partition(end)
            if not found or not closed:
                raise SystemExit(f"{path.name} lacks the marks of '{name}'")
            new = f"{before}{start}{make()}\n{end}{after}"
        if new != text:
            stale.append(path.name)
            if not check:
                path.write_text(new, encoding="utf-8")
    if stale:
        print(f"{'not current' if check else 'written'}: {', '.join(stale)}")
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main())
