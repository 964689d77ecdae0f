"""How text, YAML and JSON are read: the package's own files fast, everybody else's safely."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Container
from pathlib import Path
from typing import Any

import yaml

__all__ = [
    "JsonError",
    "YamlError",
    "anchored",
    "parse_foreign_json",
    "parse_foreign_yaml",
    "parse_yaml",
    "read_foreign_text",
    "yaml_problem",
]

#: libyaml reads ten times as fast; not every build of PyYAML has it.
_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: What :func:`parse_foreign_yaml` raises for a text that is not YAML.
YamlError = (yaml.YAMLError, RecursionError, ValueError)
#: A number of more letters than these is none; in YAML's base of 60 it would be read for minutes.
_LONGEST_NUMBER = 60


def parse_yaml(text: str) -> Any:
    """Return the data of a file that belongs to the package."""
    return yaml.load(text, Loader=_FAST)  # noqa: S506  # both loaders are the safe ones


def parse_foreign_yaml(text: str) -> Any:
    """Return the data of a file that somebody else wrote.

    libyaml crashes the process on brackets nested some ten thousand deep, so such a file is read
    by the slow loader, which raises. Aliases are not read: a few lines of them stand for more
    data than any memory holds.

    Raises
    ------
    YamlError
        The text is not YAML, is nested too deep, has aliases, or a key twice.
    """
    return yaml.load(text, Loader=_PlainLoader)  # noqa: S506  # a safe loader


class _PlainLoader(yaml.SafeLoader):
    """The safe loader, without aliases and endless numbers."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Return the next node; an alias is an error."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None, None, "aliases (*name) are not read", event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Return a mapping; of two values for one key nobody could say which is meant."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(keys) > len({repr(key) for key in keys}):
            raise yaml.constructor.ConstructorError(
                None, None, "a key is there twice", node.start_mark
            )
        return super().construct_mapping(node, deep)

    def construct_yaml_int(self, node: Any) -> Any:
        """Return a whole number."""
        return super().construct_yaml_int(self._short(node))

    def construct_yaml_float(self, node: Any) -> Any:
        """Return a number."""
        return super().construct_yaml_float(self._short(node))

    def _short(self, node: Any) -> Any:
        if len(node.value) > _LONGEST_NUMBER:
            raise yaml.constructor.ConstructorError(
                None, None, "a number has too many digits", node.start_mark
            )
        return node


for _kind in ("int", "float"):
    _PlainLoader.add_constructor(
        f"tag:yaml.org,2002:{_kind}", getattr(_PlainLoader, f"construct_yaml_{_kind}")
    )


def yaml_problem(error: Exception) -> str:
    """Return what the reader says of a text that is not YAML, with the line where it says so."""
    said = getattr(error, "problem", None) or str(error).partition("\n")[0]
    mark = getattr(error, "problem_mark", None)
    return said if mark is None else f"{said} (line {mark.line + 1})"


#: What :func:`parse_foreign_json` raises.
JsonError = (ValueError, RecursionError)


def parse_foreign_json(text: str | bytes) -> Any:
    """Return the data of JSON that somebody else wrote.

    Its numbers may be NaN or infinite, as Python reads them; whoever takes one says so by its key.

    Raises
    ------
    JsonError
        The text is not JSON, is nested too deep, a number has thousands of digits, or a key is
        there twice.
    """
    return json.loads(text, object_pairs_hook=_without_doubles)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def read_foreign_text(path: Path, most_bytes: int) -> str:
    """Return the text of a file that somebody else wrote, which may be anything.

    Parameters
    ----------
    path : Path
    most_bytes : int
        More is never read.

    Raises
    ------
    OSError
        It cannot be opened, is a folder, a pipe or a device, or is larger.
    UnicodeDecodeError
    """
    # Non-blocking, so that a pipe without a writer opens at once and can be refused.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a file")
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return data.decode("utf-8-sig")  # editors put a mark before the text


def anchored(data: Any, folder: Path, keys: Container[str] = ("path",)) -> Any:
    """Return the data with what stands under these keys, which are paths, made absolute."""
    if isinstance(data, dict):
        return {
            key: str(folder / Path(value).expanduser())
            if key in keys and isinstance(value, str)
            else anchored(value, folder, keys)
            for key, value in data.items()
        }
    if isinstance(data, list):
        return [anchored(value, folder, keys) for value in data]
    return data
