"""What one language says: keys, numbers, notices, errors, names, the statement."""

from __future__ import annotations

import subprocess
import sys

import pytest

from landmarkdiff.errors import (
    EffectError,
    OutOfBandError,
    OutputError,
    ParameterError,
    PhotoError,
    WorkCancelled,
)
from landmarkdiff.notices import Notice, Reason
from landmarkdiff.procedures.procedure import procedures
from landmarkdiff.texts import Texts, languages
from landmarkdiff.wording import english, english_messages

TRANSLATED = [code for code in languages() if code != "en"]

#: A value for every parameter of every notice.
PARAMS = {
    "mm2": 43.6,
    "problem": Reason("eye_closed"),
    "second": 2,
    "first": 1,
    "number": 2,
    "format": "TIFF",
    "content": "NEF",
    "curve": "pq",
    "aspect": 1.33,
    "width": 640,
    "height": 480,
    "ratio": 1.5,
    "reason": Reason("eye_closed"),
    "low": 1.5,
    "high": 2.5,
    "effect": "tip_rotation",
    "words": "chin forward",
    "effects": ["tip_rotation", "tip_width"],
    "value": 9.25,
    "unit": "deg",
    "kept": "rhinoplasty.alar_base_width",
    "dropped": "lip_lift.alar_width",
    "landmarks": [64, 294],
    "driver": "mandible",
    "percent": 40,
    "before_mm": 1.5,
    "cover": Reason("cover_hair"),
    "hidden_parts": [Reason("contour_nose"), Reason("contour_lips")],
    "causes": ["eyeball", "fold"],
    "measurement": "mrd1",
    "reasons": [Reason("shown_fold", {"effects": ["tip_rotation"]})],
    "count": 2,
    "area_mm2": 51.6,
    "degrees": 12,
    "most": 15,
    "most_unit": "mm",
    "side": "left",
    "sides": ["left", "right"],
    "mm": 2.0,
    "blur_mm": 1.25,
    "uncertainty_mm": 0.7,
    "metres": 0.45,
    "limit": 60,
    "spread": 30.4,
    "index": 1,
    "width_px": 50,
    "minimum_px": 64,
    "residual": 13.25,
    "yaw": 71.2,
    "uncertainty": 6.1,
    "attempts": 3,
    "model": "SFace",
    "zone": "upper_lip",
    "x": 30.0,
    "y": 41.0,
    "name": "IMG1",
    "folder": "IMG1-2",
}


def test_importing_reads_no_table_and_loads_no_yaml() -> None:
    code = (
        "import landmarkdiff.texts, sys; "
        "print(bool({'yaml', 'pydantic', 'numpy', 'cv2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_texts_are_read_once_and_unknown_languages_refused() -> None:
    assert Texts.load("de") is Texts.load("de")
    with pytest.raises(ParameterError, match=r"no such language \(got xx\).*en, de, fr"):
        Texts.load("xx")


def test_a_key_is_filled_with_the_language_s_decimal_sign() -> None:
    params = {"low": 1.5, "high": 3, "unit": "mm"}
    assert Texts.load("en")("single.band_range", **params) == "Usual range 1.5 to 3 mm"
    assert Texts.load("de")("single.band_range", **params) == "Spanne 1,5 bis 3 mm"
    assert Texts.load("zh")("single.band_range", **params) == "范围 1.5 至 3 mm"


def test_a_missing_key_or_field_is_an_error() -> None:
    texts = Texts.load("es")
    with pytest.raises(KeyError, match="no\\.such_key"):
        texts("no.such_key")
    with pytest.raises(KeyError, match="low"):
        texts("single.band_range", high=1, unit="mm")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["-3.2 mm", "+4.9°", "80 %", "1.04"]),
        ("de", ["-3,2 mm", "+4,9°", "80 %", "1,04"]),
        ("pt", ["-3,2 mm", "+4,9°", "80%", "1,04"]),
        ("zh", ["-3.2 毫米", "+4.9°", "80%", "1.04"]),
    ],
)
def test_quantities(language: str, said: list[str]) -> None:
    texts = Texts.load(language)
    assert [
        texts.quantity(-3.21, "mm"),
        texts.quantity(4.94, "deg", signed=True),
        texts.quantity(80.0, "percent", 0),
        texts.quantity(1.04, "ratio", 2),
    ] == said


def test_a_small_negative_number_is_not_minus_zero() -> None:
    assert Texts.load("en").number(-0.01) == "0.0"


@pytest.mark.parametrize("value", [0.0, 0.004, -0.004])
def test_what_rounds_to_nothing_has_no_sign(value: float) -> None:
    assert Texts.load("fr").quantity(value, "mm", 2, signed=True) == "0,00 mm"


def test_a_range_that_begins_at_zero_has_no_sign_there() -> None:
    band = Notice.of(
        "words_beyond_band", effect="lip_lift.tooth_show", value=9.0, unit="mm", low=0.0, high=2.0
    )
    assert "range, 0 to +2 mm" in english().sentence(band)
    assert "Bereichs, 0 bis +2 mm" in Texts.load("de").notice(band)


def test_the_browser_gets_raw_templates() -> None:
    table = Texts.load("fr").table(["tab", "names.unit", "live.scale_bar"])
    assert table["live.scale_bar"] == "{mm} mm"
    assert table["tab.single"] == "Une intervention"
    assert table["names.unit.deg"] == "°"
    assert {key.partition(".")[0] for key in table} == {"tab", "names", "live"}
    with pytest.raises(KeyError, match="tabs"):
        Texts.load("fr").table(["tabs"])


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("code", english_messages()["notices"])
def test_every_notice_is_said(language: str, code: str) -> None:
    said = Texts.load(language).notice(Notice(code, PARAMS))
    assert said
    assert not [char for char in said if char in "{}_"]
    if language in ("de", "fr", "es", "pt"):
        assert "9.25" not in said
        assert "degrees" not in said


def test_a_notice_in_words() -> None:
    beyond = Notice.of(
        "out_of_band", effect="tip_rotation", value=9.25, unit="deg", low=-5.0, high=8.5
    )
    assert Texts.load("en").notice(beyond) == (
        "Tip rotation is planned at 9.25°, beyond its usual range (-5 to 8.5); "
        "the plan was unlocked."
    )
    limited = Notice.of(
        "effect_limited", effect="tip_width", percent=40, causes=["glasses", "fold"]
    )
    assert Texts.load("zh").notice(limited) == "鼻尖宽度只执行 40%，原因：眼镜、皮肤折叠。"
    turned = Notice.of("turn_head", degrees=12, side="left")
    assert Texts.load("es").notice(turned).endswith("gírela hacia la izquierda del paciente.")
    scale = Notice.of("scale_fallback", reason=Reason.of("iris_small", width=4.5), uncertainty=6.0)
    assert "(sie ist nur 4,5 px breit)" in Texts.load("de").notice(scale)


def test_an_error_is_one_sentence_that_says_how_to_mend_it() -> None:
    error = OutOfBandError(
        "effect_beyond_band", effect="tip_rotation", value=9.25, unit="deg", low=2.0, high=8.5
    )
    assert Texts.load("en").error(error) == (
        "Tip rotation is beyond its band (here: 9.25°); allowed: 2 to 8.5°; "
        "unlock it to go beyond the published band."
    )
    assert Texts.load("de").error(error) == (
        "Nasenspitzenrotation liegt außerhalb der Spanne (hier: 9,25°); erlaubt: 2 bis 8,5°; "
        "geben Sie den Plan frei, um über die veröffentlichte Spanne hinauszugehen."
    )
    assert Texts.load("zh").error(WorkCancelled()) == "工作已停止。"


def test_lists_of_identifiers_are_named() -> None:
    error = EffectError(
        "effect_not_in_procedure",
        procedure="rhinoplasty",
        effect="upper_lip",
        effects=["tip_width", "dorsal_hump"],
    )
    said = Texts.load("en").error(error)
    assert said == (
        "Rhinoplasty has no such effect (here: Upper lip, forward and back); allowed: Tip width, "
        "Dorsal hump."
    )


def test_what_only_the_terminal_shows_stays_english() -> None:
    error = OutputError("disk_full", name="x.png")
    assert Texts.load("fr").error(error) == (
        "There is no space left for the file (got x.png); free some space."
    )


def test_a_value_is_shown_short_and_printable() -> None:
    said = Texts.load("en").error(PhotoError("photo_unreadable", name="a\n" + "b" * 300))
    assert "a?bbb" in said
    assert "bbb..." in said
    assert len(said) < 180


@pytest.mark.parametrize("language", TRANSLATED)
def test_presets_are_translated_whole(language: str) -> None:
    texts = Texts.load(language)
    for name, preset in procedures().items():
        assert texts.summary(name) not in ("", preset.summary)
        assert len(texts.limits(name)) == len(preset.limits)
        assert not set(texts.limits(name)) & {limit.text for limit in preset.limits}
        for effect in preset.effects:
            assert texts.sign(name, effect.name) not in ("", effect.sign)
            assert texts.source(name, effect.name)
            if effect.coupled_to is not None:
                reason = effect.coupled_to.reason
                assert texts.data(reason) != reason


def test_english_presets_are_the_files_own() -> None:
    texts = Texts.load("en")
    for name, preset in procedures().items():
        assert texts.procedure(name) == preset.title
        assert texts.limits(name) == tuple(limit.text for limit in preset.limits)
        for effect in preset.effects:
            assert texts.effect(name, effect.name) == effect.title
            assert texts.source(name, effect.name).startswith(effect.evidence.source)


def test_a_preset_of_one_s_own_keeps_its_words() -> None:
    texts = Texts.load("pt")
    assert texts.procedure("ear_lift", "Ear lift") == "Ear lift"
    assert texts.effect("ear_lift", "ear_angle") == "ear angle"
    assert texts.effect("ear_lift", "ear_angle", "Ear angle") == "Ear angle"
    assert texts.sign("ear_lift", "ear_angle", "up") == "up"
    assert texts.source("ear_lift", "ear_angle", "a book") == "a book"
    assert texts.limits("ear_lift", ("No ears.",)) == ("No ears.",)
    assert texts.effect_label("ear_lift.ear_angle") == "ear angle (ear lift)"


def test_effect_names_belong_to_one_procedure() -> None:
    """A report of one procedure names an effect without it, so the name has to be enough."""
    names = [effect.name for preset in procedures().values() for effect in preset.effects]
    assert len(names) == len(set(names))


def test_names() -> None:
    texts = Texts.load("fr")
    assert texts.measurement("mrd1_left").endswith("pupille, gauche")
    assert texts.measurement("ear_height", "Ear height") == "Ear height"
    assert texts.population("women") == "femmes"
    assert texts.population("Martians") == "Martians"
    assert texts.view("left_profile") == "Profil gauche"
    assert texts.zone("upper_lip") == "Lèvre supérieure"
    assert texts.region("face_oval") == "Ovale du visage"
    assert texts.limiter("mask_edge") == "bord du masque"
    assert texts.mode("tps") == "Aperçu rapide (déformation)"
    assert texts.name_of("scale", "canonical_mesh") == "visage moyen"
    assert texts.name_of("scale", "laser_beam") == "laser beam"


def test_steps_of_progress_have_words() -> None:
    texts = Texts.load("de")
    assert texts.progress("progress.simulate") == "Die Simulation wird berechnet"
    assert texts.progress("rhinoplasty") == "Rhinoplastik"
    assert texts.progress("left_profile") == "Profil links"
    assert texts.progress("holiday.jpg") == "holiday.jpg"


WORDS = {
    "en": "simulation",
    "de": "simulation",
    "fr": "simulation",
    "es": "simulación",
    "pt": "simulação",
    "zh": "模拟",
}


@pytest.mark.parametrize("language", languages())
def test_the_statement_says_simulation_and_english_stands_beside_it(language: str) -> None:
    texts = Texts.load(language)
    english = "Simulation of a discussed goal, not a prediction of your result"
    assert WORDS[language] in texts.simulation_statement.lower()
    assert WORDS[language] in texts("app.label").lower()
    if language == "en":
        assert texts.statements == (english,)
    else:
        assert texts.statements == (texts.simulation_statement, english)
    reviewed = Texts(
        language,
        texts.facts.model_copy(update={"reviewed": True}),
        words={"app.simulation_statement": texts.simulation_statement},
        english={"app.simulation_statement": english},
        templates={},
    )
    assert reviewed.statements == (texts.simulation_statement,)


def test_a_language_knows_its_own_name_and_tag() -> None:
    assert [Texts.load(code).facts for code in languages()] == list(languages().values())
    assert Texts.load("zh").html_language == "zh-Hans"
    assert Texts.load("de").html_language == "de"
