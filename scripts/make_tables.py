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
from collections.abc import Callable
from functools import partial
from pathlib import Path

from markdown_table import listed, table
from procedure_tables import evidence_table, preset_pages, procedure_index, procedure_page
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from landmarkdiff.clinical.zones import KELOID_ZONES
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS
from landmarkdiff.procedures.band import Band, Ceiling, FullLips
from landmarkdiff.procedures.effect import Axis, Coupling, Effect, Evidence
from landmarkdiff.procedures.goal import Goal
from landmarkdiff.procedures.limit import Limit
from landmarkdiff.procedures.procedure import MaskPart, Procedure, procedures
from landmarkdiff.wording import english_messages

ROOT = Path(__file__).resolve().parents[1]


def field_reference() -> str:
    """The keys of a preset file, from the models that read it."""
    parts = []
    for title, model in (
        ("Procedure", Procedure),
        ("Limit (`limits`)", Limit),
        ("Part of the mask (`mask`)", MaskPart),
        ("Effect (`effects`)", Effect),
        ("Band (`band`)", Band),
        ("Ceiling (`ceiling`)", Ceiling),
        ("Full lips (`full_lips`)", FullLips),
        ("Evidence (`evidence`)", Evidence),
        ("Axis of a rotation (`axis`)", Axis),
        ("Coupling (`coupled_to`)", Coupling),
        ("Goal (`goals`)", Goal),
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
    "Procedure.effects": "1 to 100 effects",
    "Effect.name": "as for the procedure; unique in it",
    "Effect.title": "name for people",
    "Effect.sign": "which way a positive or negative value goes",
    "Effect.band": "size of the effect",
    "Effect.evidence": "where the size comes from",
    "Effect.coupled_to": "the effect that this one follows, in proportion to the typical changes",
    "MaskPart.groups": "anatomical groups, see below",
    "MaskPart.span": "one hull over the midline, or one for each side; joined is whole unless one "
    "side alone is treated",
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
    "Coupling.driver": "name of the leading effect in the same preset, which follows none itself",
    "Goal.name": "as for an effect; unique in the procedure",
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
    text = re.sub(r"(typing|landmarkdiff\.procedures\.\w+)\.", "", text)
    text = re.sub(r"<class '([\w.]+)'>", lambda match: match[1].rsplit(".", 1)[-1], text)
    text = re.sub(r"Annotated\[(\w+), FieldInfo\([^)]*\)\]", r"\1", text)
    text = re.sub(r"tuple\[float, float, float\]", "3 numbers", text)
    text = re.sub(r"tuple\[float, float\]", "2 numbers", text)
    text = re.sub(r"tuple\[(\w+), \.\.\.\]", r"list of \1", text)
    text = re.sub(r"dict\[(\w+), float\]", r"mapping of \1 to number", text)
    text = re.sub(r"dict\[(\w+), .*\]", r"mapping of \1 to share (above 0, at most 1)", text)
    text = re.sub(
        r"Literal\[([^]]*)\]", lambda match: match[1].replace("'", "").replace(", ", " or "), text
    )
    text = re.sub(r"tuple\[([\w ]+), \.\.\.\]", r"list of \1", text)
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
    value = field.get_default(call_default_factory=True)
    if value in (None, "", (), {}):
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def group_table() -> str:
    """Anatomical groups with their points."""
    rows = [
        (f"`{name}`", listed(group.midline), listed(group.right))
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
    "CONTRIBUTING.md": {"rooms": rooms},
    "docs/reference/presets.md": {"presets": preset_pages},
    "docs/reference/preset_keys.md": {"keys": field_reference, "groups": group_table},
    "docs/reference/clinical_flags.md": {"zones": zone_table},
    "docs/reference/plan.md": {"notices": notice_table},
    "docs/reference/evidence.md": {"evidence": evidence_table},
    "docs/reference/procedures/index.md": {"procedures": procedure_index},
}


def pages() -> dict[str, dict[str, Callable[[], str]]]:
    """Return :data:`TABLES` with a page for each procedure, which is begun where it is missing."""
    own: dict[str, dict[str, Callable[[], str]]] = {}
    for name, preset in procedures().items():
        page = f"docs/reference/procedures/{name}.md"
        own[page] = {"procedure": partial(procedure_page, name)}
        if not (ROOT / page).exists():
            marks = "<!-- procedure: begin -->\n<!-- procedure: end -->"
            (ROOT / page).write_text(f"# {preset.title}\n\n{marks}\n", encoding="utf-8")
    return {**TABLES, **own}


def main() -> int:
    """Write the tables, or check that they are current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when not current")
    check = parser.parse_args().check
    stale = []
    for page, parts in pages().items():
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
