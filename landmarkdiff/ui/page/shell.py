"""The shell: what Gradio renders around the tabs, with slots for what is ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Shell", "slot"]

#: What may not stand in a script inside of HTML.
_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&'"}


def slot(kind: str, name: str = "") -> str:
    """Return the mark that stands in the shell for something of ours: ``"{html:single}"``."""
    return f"{{{kind}:{name}}}"


@dataclass(frozen=True)
class Shell:
    """A page as Gradio renders it, taken apart at its configuration.

    Attributes
    ----------
    gradio : str
        Version that rendered it.
    tabs : tuple of str
        Names of the tabs that it has room for.
    before : str
        HTML up to the configuration.
    config : dict
        The configuration, with a slot wherever a text is ours.
    after : str
        HTML from there on.
    theme : str
        The theme's style sheet.
    """

    gradio: str
    tabs: tuple[str, ...]
    before: str
    config: dict[str, Any]
    after: str
    theme: str

    def to_dict(self) -> dict[str, Any]:
        """Return what ``shell.json`` holds."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Shell:
        """Read what ``shell.json`` holds."""
        return cls(**{**content, "tabs": tuple(content["tabs"])})

    def fill(self, slots: Mapping[str, str]) -> str:
        """Return the page with every slot filled.

        Raises
        ------
        KeyError
            A slot has no content.
        """
        config = json.dumps(_filled(self.config, slots), ensure_ascii=False).translate(_ESCAPES)
        ahead = slots[slot("ahead")]
        return f"{self.before}{config}{self.after.replace('</head>', f'{ahead}</head>', 1)}"


def _filled(value: Any, slots: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(one, slots) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, slots) for one in value]
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        return slots[value]
    return value
