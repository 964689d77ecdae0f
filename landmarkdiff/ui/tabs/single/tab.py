"""What the first tab asks and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from landmarkdiff.clinical import KELOID_ZONES
from landmarkdiff.landmarks.face import ScaleSource
from landmarkdiff.procedures.ends import EndWord
from landmarkdiff.procedures.procedure import procedures
from landmarkdiff.profile import profile_template
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask import PHOTO, Empty, Kind, always, another_plan
from landmarkdiff.ui.server.modes import mode_choices, paint_fields
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.tabs.single.brush import brush
from landmarkdiff.ui.tabs.single.consultations import (
    KeepQuestion,
    NameQuestion,
    PassphraseQuestion,
    keep,
    kept,
    open_consultation,
    take,
    unlock,
)
from landmarkdiff.ui.tabs.single.downloads import DownloadQuestion, download
from landmarkdiff.ui.tabs.single.gesture import draw_gesture
from landmarkdiff.ui.tabs.single.handout import (
    HandoutQuestion,
    PrintQuestion,
    hand_out,
    print_sheet,
)
from landmarkdiff.ui.tabs.single.head import HeadFileQuestion, file_of_head, head
from landmarkdiff.ui.tabs.single.outcome import (
    OutcomeFileQuestion,
    OutcomeQuestion,
    compare,
    compare_again,
    forget,
    outcome_file,
)
from landmarkdiff.ui.tabs.single.own_presets import PRESET_KINDS
from landmarkdiff.ui.tabs.single.painting import repaint
from landmarkdiff.ui.tabs.single.photo import (
    PhotoQuestion,
    open_photo,
    resume,
)
from landmarkdiff.ui.tabs.single.plans import PlansQuestion, plans
from landmarkdiff.ui.tabs.single.preview import check, geometry, model, warp
from landmarkdiff.ui.tabs.single.templates import TEMPLATES
from landmarkdiff.ui.tabs.single.words import WordsQuestion, words
from landmarkdiff.ui.tabs.tab import Tab
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["TAB"]

#: The page asks for the photo, its model, the picture and its check one after another.
PLAN = "plan"
#: What belongs to a photo alone, and is forgotten with it.
_OF_PHOTO: Mapping[str, Any] = {
    "nudges": {},
    "profile_points": {},
    "ipd_mm": None,
    "face": 0,
    "glasses": "auto",
    "manual": [],
    "flags": {},
    "gesture": None,
    "annotations": [],
}


def _config(texts: Texts, services: AppServices) -> Mapping[str, Any]:
    return {
        "effects": {
            f"{name}.{effect.name}": {
                "title": texts.effect(name, effect.name, effect.title),
                "unit": effect.unit,
                "sign": texts.sign(name, effect.name, effect.sign),
                "source": texts.source(name, effect.name, effect.evidence.source),
            }
            for name, preset in procedures().items()
            for effect in preset.effects
        },
        "ends": {word: texts.name_of("end", word) for word in get_args(EndWord)},
        "goals": {
            name: [
                {
                    "name": goal.name,
                    "title": texts.goal(name, goal.name, goal.title),
                    "effects": {f"{name}.{key}": share for key, share in goal.effects.items()},
                }
                for goal in preset.goals
            ]
            for name, preset in procedures().items()
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
        "keeps_consultations": services.settings.consultations is not None,
        "paint_fields": paint_fields(services.configuration),
        "profile_template": [
            {"name": name, "title": texts.name_of("profile_point", name), "x": x, "y": y}
            for name, (x, y) in profile_template().items()
        ],
        "of_photo": _OF_PHOTO,
    }


TAB = Tab(
    TEMPLATES,
    place=1,
    area="single",
    kinds=(
        Kind("photo", PhotoQuestion, open_photo, upload=PHOTO, slot=PLAN),
        Kind("consultation", Empty, open_consultation, upload=PHOTO, slot=PLAN),
        Kind("unlock", PassphraseQuestion, unlock, opens=True, slot=PLAN),
        Kind("keep", KeepQuestion, keep, exports=True),
        Kind("kept", Empty, kept, gated=False),
        Kind("take", NameQuestion, take, opens=True, slot=PLAN),
        Kind(
            "plans",
            PlansQuestion,
            plans,
            edits=lambda case, asked: any(another_plan(case, one) for one in (asked.a, asked.b)),
            slot="plans",
        ),
        Kind("resume", Empty, resume, slot=PLAN),
        Kind("geometry", ConsultationSettings, geometry, edits=another_plan, slot=PLAN),
        Kind("model", ConsultationSettings, model, edits=another_plan, slot=PLAN),
        Kind("warp", ConsultationSettings, warp, edits=another_plan, slot=PLAN),
        Kind("brush", ConsultationSettings, brush, edits=another_plan, slot=PLAN),
        Kind("check", Empty, check, slot=PLAN),
        Kind("words", WordsQuestion, words, edits=always, slot="words"),
        Kind("gesture", ConsultationSettings, draw_gesture, edits=another_plan, slot="gesture"),
        Kind(
            "repaint",
            ConsultationSettings,
            repaint,
            mode=lambda _, settings: settings.mode,
            edits=another_plan,
        ),
        Kind("download", DownloadQuestion, download, exports=True),
        Kind("handout", HandoutQuestion, hand_out, exports=True),
        Kind("print", PrintQuestion, print_sheet, exports=True),
        Kind("outcome", OutcomeQuestion, compare, upload=PHOTO, slot="outcome"),
        Kind("outcome_again", Empty, compare_again, slot="outcome"),
        Kind("outcome_forget", Empty, forget, gated=False),
        Kind("outcome_file", OutcomeFileQuestion, outcome_file, exports=True),
        Kind("head", ConsultationSettings, head, edits=another_plan, slot="head"),
        Kind(
            "head_file",
            HeadFileQuestion,
            file_of_head,
            exports=True,
            edits=lambda case, question: another_plan(case, question.settings),
        ),
        *PRESET_KINDS,
    ),
    script_areas=(
        "single",
        "steps",
        "goals",
        "words",
        "landmark",
        "brush",
        "drawings",
        "scale",
        "flags",
        "mode",
        "paint",
        "live",
        "head",
        "patient",
        "download",
        "handout",
        "outcome",
        "screen",
        "consultation",
    ),
    config=_config,
)
