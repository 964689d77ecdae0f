"""Load and validate ``folds.yaml``: how each fold is looked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from landmarkdiff.data_files import parse_yaml
from landmarkdiff.landmarks.topology import FOLD_LINES

__all__ = ["FoldKind", "fold_kinds"]


class FoldKind(BaseModel):
    """How a fold is looked for.

    Attributes
    ----------
    search_mm : float
        How far from its line of landmarks.
    bearded : bool
        Whether hair may grow beside it.
    behind_glasses : bool
        Whether glasses that are worn lie over it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    search_mm: float = Field(gt=0.0, le=10.0)
    bearded: bool
    behind_glasses: bool


@cache
def fold_kinds() -> Mapping[str, FoldKind]:
    """Return how every fold is looked for, by its name.

    Examples
    --------
    >>> fold_kinds()["nasolabial_fold"].search_mm
    6.0
    """
    text = (files("landmarkdiff.creases") / "folds.yaml").read_text(encoding="utf-8")
    found = TypeAdapter(dict[str, FoldKind]).validate_python(parse_yaml(text))
    if found.keys() != set(FOLD_LINES):
        raise ValueError(f"folds.yaml has other folds than {', '.join(FOLD_LINES)}")
    return MappingProxyType(found)
