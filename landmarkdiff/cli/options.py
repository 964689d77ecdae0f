"""Options declared once: a class of them for a command, and those that several commands share."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from functools import cache, wraps
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, get_type_hints

import typer

__all__ = ["AsJson", "Config", "Device", "Options", "Photo", "Policy", "SamePerson", "with_options"]

_KEYWORD = inspect.Parameter.KEYWORD_ONLY

Photo = Annotated[
    Path,
    typer.Argument(metavar="PHOTO", help="JPEG, PNG, WebP, TIFF, BMP, HEIC, AVIF or DICOM photo."),
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Models, finishing steps and guard of the repainting modes (YAML).",
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        "--device", metavar="NAME", help="Where a mode repaints: auto, cuda, cuda:N, mps or cpu."
    ),
]
Policy = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="POLICY",
        help="commercial, the default, or research, which allows weights for research only.",
    ),
]
SamePerson = Annotated[
    bool,
    typer.Option(
        "--same-person", help="You have looked: the photos are of one person, unlike as they are."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON and nothing else.")]


@dataclass(frozen=True)
class Options:
    """Options of a command as one object; the fields of a derived class carry Typer's metadata."""


def with_options(
    *,
    only: Collection[str] = (),
    without: Collection[str] = (),
    after: Mapping[str, str] = MappingProxyType({}),
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Spell out a command's :class:`Options` for Typer, which reads signatures.

    The command has one parameter of such a class beside its own.

    Parameters
    ----------
    only : collection of str
        Fields that are options of the command; by default all.
    without : collection of str
        Fields that are not.
    after : mapping of str to str
        Own parameter -> field that it follows in ``--help``. The others stand before or after
        all fields, as they do in the command.
    """

    def spell_out(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command, eval_str=True).parameters
        taker = next(name for name, item in own.items() if _is_options(item.annotation))
        options_class = own[taker].annotation
        shared = {
            name: item
            for name, item in _parameters(options_class).items()
            if name not in without and (not only or name in only)
        }
        order: list[str] = []
        for name in own:
            order += shared if name == taker else () if name in after else (name,)
        for name, field_name in after.items():
            order.insert(order.index(field_name) + 1, name)

        @wraps(command)
        def run(**values: Any) -> None:
            given = {name: values.pop(name) for name in shared}
            command(**values, **{taker: options_class(**given)})

        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [shared.get(name) or own[name].replace(kind=_KEYWORD) for name in order]
        )
        return run

    return spell_out


@cache
def _parameters(options_class: type[Options]) -> Mapping[str, inspect.Parameter]:
    types = get_type_hints(options_class, include_extras=True)
    return {
        item.name: inspect.Parameter(
            item.name, _KEYWORD, default=item.default, annotation=types[item.name]
        )
        for item in fields(options_class)
    }


def _is_options(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Options)
