"""Gradio is told to keep quiet before any test of the app imports it."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from landmarkdiff.ui.quiet import SWITCHES

_folder = tempfile.mkdtemp(prefix="landmarkdiff-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ.update(SWITCHES)
os.environ["GRADIO_TEMP_DIR"] = _folder
