"""The configuration of the page's own scripts: texts, procedures, limits, what the tabs add."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from landmarkdiff.procedures.planning import DEFAULT_INTENSITY
from landmarkdiff.procedures.procedure import procedures
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.tabs.tab import Tab
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["client_config"]

#: Areas of the text table that the scripts of the whole page read.
AREAS = ("app", "common", "photo", "progress", "session", "a11y")


def client_config(texts: Texts, services: AppServices, tabs: Sequence[Tab]) -> dict[str, Any]:
    """Return the configuration of a page, ready for JSON."""
    areas = {*AREAS, *(area for tab in tabs for area in tab.script_areas)}
    config: dict[str, Any] = {
        "language": texts.language,
        "locale": texts.html_language,
        "texts": texts.table(sorted(areas)),
        "statements": list(texts.statements),
        # What stands behind a number, with the space before it where the language has one.
        "units": {
            unit: texts.quantity(0.0, unit, 0).removeprefix("0")
            for unit in ("mm", "deg", "percent")
        },
        "procedures": {
            name: {
                "title": texts.procedure(name, preset.title),
                "summary": texts.summary(name, preset.summary),
            }
            for name, preset in procedures().items()
        },
        "settings": ConsultationSettings.untouched().to_dict(),
        "intensity": DEFAULT_INTENSITY,
        "tabs": [tab.name for tab in tabs],
        "megabytes": services.settings.max_upload_mb,
        "minutes": round(services.settings.session_minutes, 1),
    }
    for tab in tabs:
        config |= tab.config(texts, services)
    return config
