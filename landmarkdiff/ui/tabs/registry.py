"""Finds the tabs: every package beside this module whose ``TAB`` is a tab."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from landmarkdiff.ui import tabs
from landmarkdiff.ui.tabs.tab import Tab

__all__ = ["find_tabs"]


def find_tabs() -> tuple[Tab, ...]:
    """Return every tab in its place."""
    names = [module.name for module in pkgutil.iter_modules(tabs.__path__) if module.ispkg]
    every: list[Tab] = [import_module(f"{tabs.__name__}.{name}").TAB for name in names]
    return tuple(sorted(every, key=lambda tab: tab.place))
