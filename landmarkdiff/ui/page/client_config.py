"""What the page's own modules are told once: words, procedures, modes, limits."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from landmarkdiff.clinical import KELOID_ZONES
from landmarkdiff.procedures.procedure import procedures
from landmarkdiff.ui.server.modes import mode_choices, paint_fields
from landmarkdiff.workflows.settings import ConsultationSettings

if TYPE_CHECKING:
    from landmarkdiff.texts import Texts
    from landmarkdiff.ui.server.services import AppServices

__all__ = ["encoded_facts", "page_facts"]

#: Areas of the text table that the browser needs.
AREAS = (
    "app",
    "common",
    "photo",
    "single",
    "landmark",
    "scale",
    "flags",
    "mode",
    "paint",
    "live",
    "patient",
    "download",
    "consultation",
    "views",
    "progress",
    "session",
    "a11y",
)


def page_facts(texts: Texts, services: AppServices) -> dict[str, Any]:
    """Return the facts of a page, ready for JSON."""
    settings, fresh = services.settings, ConsultationSettings()
    known = procedures()
    return {
        "language": texts.language,
        "locale": texts.html_language,
        "texts": texts.table(AREAS),
        "statements": list(texts.statements),
        "procedures": {
            name: {
                "title": texts.procedure(name, preset.title),
                "summary": texts.summary(name, preset.summary),
            }
            for name, preset in known.items()
        },
        "effects": {
            f"{name}.{effect.name}": {
                "title": texts.effect(name, effect.name, effect.title),
                "sign": texts.sign(name, effect.name, effect.sign),
                "source": texts.source(name, effect.name, effect.evidence.source),
            }
            for name, preset in known.items()
            for effect in preset.effects
        },
        "zones": {zone: texts.zone(zone) for zone in KELOID_ZONES},
        "sides": {side: texts.side(side) for side in ("both", "left", "right")},
        "scales": {
            name: texts.name_of("scale", name)
            for name in ("iris", "canonical_mesh", "interpupillary_distance", "ruler")
        },
        "modes": mode_choices(texts, services.modes),
        "paint_fields": paint_fields(services.configuration),
        "settings": fresh.to_dict(),
        "fresh": {"nudges": {}, "ipd_mm": None, "face": 0},
        "megabytes": settings.max_upload_mb,
        "minutes": round(settings.session_minutes, 1),
    }


def encoded_facts(facts: dict[str, Any]) -> str:
    """Return facts as base64, which no template language and no HTML reads otherwise."""
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()
