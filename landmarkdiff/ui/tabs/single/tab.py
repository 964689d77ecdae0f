"""What the first tab asks and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from landmarkdiff.clinical import KELOID_ZONES
from landmarkdiff.landmarks.face import ScaleSource
from landmarkdiff.procedures.procedure import procedures
from landmarkdiff.profile import profile_template
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask import PHOTO, Empty, Kind
from landmarkdiff.ui.server.modes import mode_choices, paint_fields
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.tabs.single.downloads import DownloadQuestion, download
from landmarkdiff.ui.tabs.single.head import HeadFileQuestion, file_of_head, head
from landmarkdiff.ui.tabs.single.painting import repaint
from landmarkdiff.ui.tabs.single.photo import PhotoQuestion, open_consultation, open_photo
from landmarkdiff.ui.tabs.single.preview import check, model, warp
from landmarkdiff.ui.tabs.single.templates import TEMPLATES
from landmarkdiff.ui.tabs.tab import Tab
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["TAB"]


def _config(texts: Texts, services: AppServices) -> Mapping[str, Any]:
    return {
        "effects": {
            f"{name}.{effect.name}": {
                "title": texts.effect(name, effect.name, effect.title),
                "sign": texts.sign(name, effect.name, effect.sign),
                "source": texts.source(name, effect.name, effect.evidence.source),
            }
            for name, preset in procedures().items()
            for effect in preset.effects
        },
        "zones": {zone: texts.zone(zone) for zone in KELOID_ZONES},
        "sides": {side: texts.side(side) for side in ("both", "left", "right")},
        "glasses": {
            "auto": texts("single.glasses_auto"),
            "yes": texts("common.yes"),
            "no": texts("common.no"),
        },
        "scales": {name: texts.name_of("scale", name) for name in get_args(ScaleSource)},
        "modes": mode_choices(texts, services.modes),
        "paint_fields": paint_fields(services.configuration),
        "profile_template": [
            {"name": name, "title": texts.name_of("profile_point", name), "x": x, "y": y}
            for name, (x, y) in profile_template().items()
        ],
        # What belongs to a photo alone, and is forgotten with it.
        "of_photo": {
            "nudges": {},
            "profile_points": {},
            "ipd_mm": None,
            "face": 0,
            "glasses": "auto",
        },
    }


TAB = Tab(
    TEMPLATES,
    place=1,
    area="single",
    kinds=(
        Kind("photo", PhotoQuestion, open_photo, upload=PHOTO),
        Kind("consultation", Empty, open_consultation, upload=PHOTO),
        Kind("model", ConsultationSettings, model),
        Kind("warp", ConsultationSettings, warp),
        Kind("check", Empty, check),
        Kind("repaint", ConsultationSettings, repaint, mode=lambda _, settings: settings.mode),
        Kind("download", DownloadQuestion, download, exports=True),
        Kind("head", ConsultationSettings, head),
        Kind("head_file", HeadFileQuestion, file_of_head, exports=True),
    ),
    script_areas=(
        "single",
        "landmark",
        "scale",
        "flags",
        "mode",
        "paint",
        "live",
        "head",
        "patient",
        "download",
        "consultation",
    ),
    config=_config,
)
