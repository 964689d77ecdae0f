"""The settings file of this machine in which surgeons keep their own presets.

Where people sign in, each user has presets of their own in it.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from landmarkdiff.data_files import JsonError, parse_foreign_json, read_foreign_text
from landmarkdiff.errors import OutputError, ParameterError
from landmarkdiff.notices import Reason
from landmarkdiff.photo import write_text
from landmarkdiff.procedures.procedure import procedure_names
from landmarkdiff.workflows.own_presets import (
    LONGEST_NAME,
    MOST_PRESETS,
    OwnPreset,
    UserPresets,
    first_problem,
)

__all__ = ["OwnPresetFile", "own_presets_path"]

#: A file larger than this is not one.
MAX_FILE_BYTES = 4 << 20


def own_presets_path() -> Path:
    """Return where the file lies: ``landmarkdiff/presets.json`` in the user's configuration."""
    from platformdirs import user_config_path

    return user_config_path("landmarkdiff", appauthor=False) / "presets.json"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _File(_Strict):
    """The file as a whole; what each user keeps is read for that user alone."""

    format: Literal[1] = 1
    users: dict[str, Any] = Field(default_factory=dict)


class _User(_Strict):
    """What a user keeps, each preset still to be read."""

    procedure: Any = None
    presets: tuple[Any, ...] = Field((), max_length=MOST_PRESETS)


@dataclass(frozen=True)
class _Read:
    """What could be read of a user's entry, and what could not, as it stands there."""

    kept: UserPresets
    lost: tuple[tuple[str, Any], ...]
    procedure: Any

    @classmethod
    def of(cls, entry: Any) -> _Read:
        """Read an entry; ValidationError where it is none."""
        user = _User.model_validate(entry)
        presets: dict[str, OwnPreset] = {}
        lost: list[tuple[str, Any]] = []
        for place, raw in enumerate(user.presets, 1):
            name = raw.get("name") if isinstance(raw, dict) else None
            called = name if isinstance(name, str) and name.isprintable() else f"{place}"
            try:
                preset = OwnPreset.model_validate(raw)
            except ValidationError:
                lost.append((called, raw))
                continue
            if preset.name in presets:
                lost.append((called, raw))
            else:
                presets[preset.name] = preset
        known = user.procedure is None or user.procedure in procedure_names()
        names = [name[:LONGEST_NAME] for name, _ in lost]
        kept = UserPresets(
            procedure=user.procedure if known else None,
            presets=tuple(presets.values()),
            lost=tuple(names if known else [*names, str(user.procedure)[:LONGEST_NAME]]),
        )
        return cls(kept, tuple(lost), user.procedure)

    def entry(self, changed: UserPresets) -> dict[str, Any]:
        """Return the entry for what is kept now.

        What could not be read stays as it stood, but for one under whose name a preset was saved.
        """
        before = {preset.name: preset for preset in self.kept.presets}
        saved = {one.name for one in changed.presets if before.get(one.name) != one}
        stays = [raw for _, raw in self.lost if _own_name(raw) not in saved]
        data = changed.model_dump(mode="json")
        same = changed.procedure == self.kept.procedure
        procedure = self.procedure if same else changed.procedure
        return {"procedure": procedure, "presets": [*data["presets"], *stays]}


def _own_name(raw: Any) -> str | None:
    name = raw.get("name") if isinstance(raw, dict) else None
    return name if isinstance(name, str) else None


class OwnPresetFile:
    """The settings file. It is read whenever it is needed, and replaced as a whole.

    What an older or newer program has left in it and this one cannot read is named in
    :attr:`UserPresets.lost`, stays in the file, and keeps nobody from the rest.

    Parameters
    ----------
    path : Path, optional
        By default :func:`own_presets_path`.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or own_presets_path()
        self._lock = threading.Lock()

    def of(self, user: str = "") -> UserPresets:
        """Return what a user keeps; ``user`` is empty where nobody signs in.

        Raises
        ------
        ParameterError
            The file is there and cannot be read, or this user's entry in it.
        """
        return self._of(self._read(), user).kept

    def change(self, user: str, how: Callable[[UserPresets], UserPresets]) -> UserPresets:
        """Change what a user keeps, and return it.

        Raises
        ------
        ParameterError
            The file cannot be read or written, or the change cannot be made.
        """
        with self._lock:
            file = self._read()
            read = self._of(file, user)
            entry = read.entry(how(read.kept))
            # What cannot be read takes room, too: a file with more would be read by nobody.
            if len(entry["presets"]) > max(MOST_PRESETS, len(read.kept.presets) + len(read.lost)):
                raise ParameterError("own_presets_full", most=MOST_PRESETS)
            self._write({"format": file.format, "users": {**file.users, user: entry}})
        return _Read.of(entry).kept

    def _of(self, file: _File, user: str) -> _Read:
        try:
            return _Read.of(file.users.get(user, {}))
        except ValidationError as error:
            raise self._unreadable(first_problem(error)) from None

    def _read(self) -> _File:
        try:
            return _File.model_validate(
                parse_foreign_json(read_foreign_text(self.path, MAX_FILE_BYTES))
            )
        except FileNotFoundError:
            return _File()
        except ValidationError as error:
            problem: str | Reason = first_problem(error)
        except UnicodeDecodeError:
            problem = Reason("not_utf8")
        except JsonError as error:
            problem = str(error)
        except OSError as error:
            problem = os.strerror(errno.EFBIG if error.errno is None else error.errno)
        raise self._unreadable(problem)

    def _unreadable(self, problem: str | Reason) -> ParameterError:
        return ParameterError("own_presets_unreadable", file=str(self.path), problem=problem)

    def _write(self, data: Mapping[str, Any]) -> None:
        # A value that could not be read may be NaN, which JSON of our own never has.
        text = json.dumps(data, indent=1, ensure_ascii=False)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_text(self.path, text + "\n")
        except (OSError, OutputError) as error:
            cause = error if isinstance(error, OSError) else error.__cause__
            problem = getattr(cause, "strerror", None) or type(cause).__name__
            raise ParameterError(
                "own_presets_unwritable", file=str(self.path), problem=problem
            ) from error
