"""Which modes can run here, and what the page is told of them."""

from __future__ import annotations

import subprocess
import sys

from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import ModeUnavailableError
from landmarkdiff.generators import MODES
from landmarkdiff.texts import Texts, languages
from landmarkdiff.ui.server.modes import find_modes, mode_choices, mode_note, paint_fields
from landmarkdiff.ui.server.settings import AppSettings
from landmarkdiff.workflows.settings import ConsultationSettings


def test_the_page_says_whom_to_ask_where_a_mode_lacks_its_models() -> None:
    modes = find_modes(Configuration())
    assert [mode.name for mode in modes] == list(MODES)
    assert modes[0].refusal is None
    assert isinstance(modes[2].refusal, ModeUnavailableError)
    choices = {choice["name"]: choice for choice in mode_choices(Texts.load("de"), modes)}
    assert choices["controlnet"]["reason"] == (
        "Auf diesem Gerät nicht verfügbar. Fragen Sie, wer das Programm hier betreut."
    )
    assert choices["tps"]["reason"] is None
    assert [choices[name]["paints"] for name in MODES] == [False, True, True, True, True]
    assert [choices[name]["controlled"] for name in MODES] == [False, False, True, True, False]


def test_what_keeps_a_mode_from_running_is_told_by_doctor_alone() -> None:
    adapter = {"diffusion": {"ip_adapter": {"name": "ip_adapter_faceid"}}}
    mode = find_modes(Configuration.from_dict(adapter))[3]
    assert "is not for commercial use" in str(mode.refusal)
    for language in languages():
        (choice,) = mode_choices(Texts.load(language), [mode])
        assert choice["reason"]
        assert not set("`'_") & set(choice["reason"].replace("s'occupe", "")), choice["reason"]


def test_looking_for_modes_loads_no_network_package() -> None:
    code = (
        "import sys; from landmarkdiff.configuration import Configuration; "
        "from landmarkdiff.ui.server.modes import find_modes; find_modes(Configuration()); "
        "print(sorted({'torch', 'diffusers', 'transformers', 'spandrel'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_ranges_of_the_advanced_settings_follow_the_configuration() -> None:
    fields = {field["name"]: field for field in paint_fields(Configuration())}
    assert list(fields) == ["steps", "guidance", "conditioning_scale", "strength"]
    assert (fields["steps"]["low"], fields["steps"]["high"]) == (10, 100)
    assert fields["steps"]["default"] == 30
    assert (fields["conditioning_scale"]["low"], fields["conditioning_scale"]["high"]) == (0.0, 1.2)
    few = {"few_step": {"name": "hyper_sd_8_step_cfg"}, "num_inference_steps": 8}
    fields = {f["name"]: f for f in paint_fields(Configuration.from_dict({"diffusion": few}))}
    assert (fields["steps"]["low"], fields["steps"]["high"], fields["steps"]["default"]) == (
        4,
        8,
        8,
    )
    # Every field is one of the consultation's settings.
    assert set(fields) <= set(ConsultationSettings.model_fields)


def test_the_other_tabs_name_the_mode_that_repaints() -> None:
    texts = Texts.load("en")
    assert mode_note(None, texts) == ""
    assert mode_note(ConsultationSettings(), texts) == ""
    said = mode_note(ConsultationSettings(mode="img2img"), texts)
    assert said == "Mode of the first tab: Refined texture"


def test_the_app_is_configured_by_file_device_and_policy(tmp_path) -> None:
    path = tmp_path / "app.yaml"
    path.write_text("diffusion: {strength: 0.4}\n", "utf-8")
    made = AppSettings(config=path, device="cpu", policy="research").configuration()
    assert made.diffusion.strength == 0.4
    assert made.diffusion.device == "cpu"
    assert made.licence_policy == "research"
