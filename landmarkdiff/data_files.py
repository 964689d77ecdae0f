"""How YAML is read, in one place: the package's own files fast, everybody else's safely."""

from __future__ import annotations

from typing import Any

import yaml

__all__ = ["YamlError", "parse_foreign_yaml", "parse_yaml"]

#: libyaml reads ten times as fast; not every build of PyYAML has it.
_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: What :func:`parse_foreign_yaml` raises for a text that is not YAML.
YamlError = (yaml.YAMLError, RecursionError, ValueError)


def parse_yaml(text: str) -> Any:
    """Return the data of a file that belongs to the package."""
    return yaml.load(text, Loader=_FAST)  # noqa: S506  # both loaders are the safe ones


def parse_foreign_yaml(text: str) -> Any:
    """Return the data of a file that somebody else wrote.

    libyaml crashes the process on brackets nested some ten thousand deep, so such a file is read
    by the slow loader, which raises.

    Raises
    ------
    YamlError
        The text is not YAML, or is nested too deep.
    """
    return yaml.safe_load(text)
