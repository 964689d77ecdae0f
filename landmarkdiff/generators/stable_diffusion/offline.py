"""Keeps diffusers and transformers off the network and silent.

Models are read from local folders only; this makes sure that nothing in these packages asks a
hub or reports its use even so. Imports neither of them.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["go_offline", "quiet"]

#: Read by huggingface_hub when it is imported.
_SWITCHES = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}


def go_offline() -> None:
    """Switch the model hub and its telemetry off in this process and those it starts.

    Called before diffusers is imported, so that not even its import opens a socket.
    """
    os.environ.update(_SWITCHES)
    _import_without_probe()
    # The user interface imports the hub's client before any model is wanted.
    constants = sys.modules.get("huggingface_hub.constants")
    if constants is not None:
        vars(constants)["HF_HUB_OFFLINE"] = True
        vars(constants)["HF_HUB_DISABLE_TELEMETRY"] = True


def _import_without_probe() -> None:
    """Import urllib3 without the socket that it binds, when imported, to find out about IPv6.

    diffusers imports it and never uses it here. It is told that there is none while it is
    imported, and believes afterwards what Python was built with.
    """
    if "urllib3" in sys.modules or importlib.util.find_spec("urllib3") is None:
        return
    sockets = importlib.import_module("socket")
    built_with = sockets.has_ipv6
    vars(sockets)["has_ipv6"] = False
    try:
        connection = importlib.import_module("urllib3.util.connection")
    finally:
        vars(sockets)["has_ipv6"] = built_with
    vars(connection)["HAS_IPV6"] = built_with


@contextmanager
def quiet() -> Iterator[None]:
    """Let diffusers and transformers print nothing but errors, and no bars of their own."""
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    packages = (diffusers_logging, transformers_logging)
    levels = [package.get_verbosity() for package in packages]
    bars = [package.is_progress_bar_enabled() for package in packages]
    for package in packages:
        package.set_verbosity_error()
        package.disable_progress_bar()
    try:
        yield
    finally:
        for package, level, bar in zip(packages, levels, bars, strict=True):
            package.set_verbosity(level)
            if bar:
                package.enable_progress_bar()
