"""What is switched off before Gradio is imported, seen in fresh processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


def run(code, tmp_path, **surroundings):
    """Run code after ``isolate(folder)`` and return what it prints as JSON."""
    start = (
        "import json, os, sys, tempfile; from pathlib import Path; "
        "from landmarkdiff.ui.server import isolation; isolation.isolate(Path(sys.argv[1])); "
    )
    done = subprocess.run(
        [sys.executable, "-c", start + code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={**os.environ, **surroundings},
    )
    return json.loads(done.stdout)


def test_gradio_and_the_hub_see_themselves_switched_off(tmp_path):
    code = (
        "gr = isolation.import_gradio(); from gradio import analytics; "
        "import huggingface_hub.constants as hub; "
        "print(json.dumps([analytics.analytics_enabled(), hub.HF_HUB_OFFLINE, "
        "hub.HF_HUB_DISABLE_TELEMETRY, gr.Blocks().analytics_enabled, "
        "gr.utils.get_upload_folder(), hub.HF_HOME]))"
    )
    analytics, offline, untold, blocks, uploads, home = run(
        code, tmp_path, GRADIO_ANALYTICS_ENABLED="True", HF_HUB_OFFLINE="0"
    )
    assert (analytics, offline, untold, blocks) == (False, True, True, False)
    assert uploads.startswith(str(tmp_path))
    assert home.startswith(str(tmp_path))


def test_temporary_files_go_to_the_private_folder(tmp_path):
    code = (
        "f = tempfile.NamedTemporaryFile(); d = tempfile.mkdtemp(); s = "
        "tempfile.SpooledTemporaryFile(); s.rollover(); "
        "print(json.dumps([f.name, d, os.environ['TMPDIR']]))"
    )
    for place in run(code, tmp_path):
        assert place.startswith(str(tmp_path))


def test_what_would_open_a_door_is_not_inherited(tmp_path):
    doors = {
        "GRADIO_ALLOWED_PATHS": "/",
        "GRADIO_VIBE_MODE": "1",
        "GRADIO_ROOT_PATH": "http://evil.example",
        "SYSTEM": "spaces",
        "HF_TOKEN": "hf_secret",
        "HTTPS_PROXY": "http://proxy.example:1",
    }
    left = run(f"print(json.dumps([os.environ.get(n) for n in {list(doors)}]))", tmp_path, **doors)
    assert left == [None] * len(doors)


def test_it_must_come_first(tmp_path):
    code = "import gradio\nfrom pathlib import Path\nfrom landmarkdiff.ui.server import isolation\n"
    code += f"isolation.isolate(Path({str(tmp_path)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert "imported before it was isolated" in done.stderr


def test_importing_gradio_writes_nothing(tmp_path):
    code = (
        "written = []; sys.addaudithook(lambda name, args: written.append(str(args[0])) "
        "if name == 'open' and isinstance(args[1], str) and set(args[1]) & set('wax+') "
        "else None); sys.dont_write_bytecode = True; gr = isolation.import_gradio(); "
        "import gradio.component_meta as meta; "
        "print(json.dumps([[w for w in written if 'null' not in w], "
        "meta.create_or_modify_pyi.__module__, hasattr(gr.Textbox, 'submit')]))"
    )
    assert run(code, tmp_path) == [[], "landmarkdiff.ui.server.isolation", True]


@pytest.mark.parametrize(
    "module",
    ["run", *(f"server.{name}" for name in ("settings", "passwords", "run_folder", "network"))],
)
def test_what_runs_before_imports_neither_gradio_nor_fastapi(module):
    code = f"import sys, landmarkdiff.ui.{module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"gradio", "fastapi", "uvicorn", "huggingface_hub"} & set(done.stdout.split())
