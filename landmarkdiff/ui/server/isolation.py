"""Keeps the packages below the app silent: nothing is told, fetched or looked up, ever.

:func:`isolate` sets the environment that Gradio and huggingface_hub read while they are
imported, so it must run before; it refuses to come too late. :func:`import_gradio` imports
Gradio and leaves out what slows it down and writes into the installation.
"""

from __future__ import annotations

import gc
import importlib.abc
import importlib.machinery
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from landmarkdiff.runtime.collector import collector_at_rest

__all__ = ["import_gradio", "isolate"]

#: What is set in every run, and why.
SWITCHES = {
    "GRADIO_ANALYTICS_ENABLED": "False",  # usage reports, version check
    "GRADIO_RUN_HISTORY": "False",  # inputs and outputs kept in the browser or a hub bucket
    "GRADIO_SHARE": "False",  # tunnel to gradio.live
    "GRADIO_SSR_MODE": "False",  # a Node process with a port of its own
    "GRADIO_MCP_SERVER": "False",
    "GRADIO_ANALYTICS_MAX_EVENTS": "1",  # a list of all events, for a page that is not served
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",  # and a table of it after each of them
    "GRADIO_CACHE_EXAMPLES": "False",
    "GRADIO_FLAGGING_MODE": "never",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "OTEL_SDK_DISABLED": "true",
    "NO_ALBUMENTATIONS_UPDATE": "1",
}
#: What would open a door if it were inherited from the caller's environment.
UNWANTED = (
    "GRADIO_ALLOWED_PATHS",
    "GRADIO_ROOT_PATH",
    "GRADIO_VIBE_MODE",
    "GRADIO_WATCH_DIRS",
    "GRADIO_LOCAL_DEV_MODE",
    "GRADIO_DEBUG",
    "GRADIO_PROFILING",
    "GRADIO_HISTORY_BUCKET",
    "GRADIO_SHARE_SERVER_ADDRESS",
    "GRADIO_API_SERVER",
    "GRADIO_STATIC_WORKER_PORTS",
    "GRADIO_NODE_PATH",
    "GRADIO_PYTHON_HOST",
    "SYSTEM",  # "spaces" makes Gradio believe that it runs at Hugging Face
    "SPACE_ID",
    "HF_TOKEN",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
)
#: Where packages keep files; all of it goes to the run's private folder.
FOLDERS = {
    "TMPDIR": "tmp",
    "TEMP": "tmp",
    "TMP": "tmp",
    "GRADIO_TEMP_DIR": "gradio",
    "GRADIO_EXAMPLES_CACHE": "gradio-examples",
    "HF_HOME": "huggingface",
    "MPLCONFIGDIR": "matplotlib",
}


def isolate(folder: Path) -> None:
    """Set the environment of this process for a run without any report, fetch or stray file.

    Parameters
    ----------
    folder : Path
        The run's private folder, in which temporary files go.

    Raises
    ------
    RuntimeError
        Gradio was imported before.
    """
    if "gradio" in sys.modules or "huggingface_hub" in sys.modules:
        raise RuntimeError("Gradio was imported before it was isolated")
    for name in UNWANTED:
        os.environ.pop(name, None)
    os.environ.update(SWITCHES)
    for name, part in FOLDERS.items():
        place = folder / part
        place.mkdir(mode=0o700, exist_ok=True)
        os.environ[name] = str(place)
    tempfile.tempdir = str(folder / FOLDERS["TMPDIR"])


class _WithoutStubs(importlib.abc.MetaPathFinder):
    """Lets ``gradio.component_meta`` load and takes its writing of editor stubs out.

    At every import it parses the source of each component and writes ``.pyi`` files into the
    installed package: two fifths of the import's time, and nothing a server should do.
    """

    name = "gradio.component_meta"

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the module's own spec, with a loader that patches what it loaded."""
        if fullname != self.name:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                if hasattr(module, "create_or_modify_pyi"):
                    module.__dict__["create_or_modify_pyi"] = _write_nothing

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _write_nothing(*_: Any, **__: Any) -> None:
    pass


def import_gradio() -> ModuleType:
    """Import Gradio and return it; the garbage collector rests meanwhile."""
    finder = _WithoutStubs()
    sys.meta_path.insert(0, finder)
    try:
        with collector_at_rest():
            import gradio
    finally:
        sys.meta_path.remove(finder)
    gc.freeze()  # these hundred thousand objects stay; no collection needs to visit them
    return gradio
