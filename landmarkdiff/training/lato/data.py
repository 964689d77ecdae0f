"""The pairs of a training of edits, and where they are from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from landmarkdiff.synthetic.dataset import PairDataset
from landmarkdiff.synthetic.edits import EditDataset
from landmarkdiff.synthetic.record import Split
from landmarkdiff.training.data import lineage as surgical_lineage
from landmarkdiff.training.lato.pairs import Edits, FittedEdits, JoinedEdits, SurgicalEdits
from landmarkdiff.training.lato.settings import LatoDataSettings
from landmarkdiff.training.settings import DataSettings

__all__ = ["EditSets", "edit_lineage", "open_edits"]


@dataclass(frozen=True)
class EditSets:
    """What a run learns from, and what it is judged by: no person is in both."""

    train: Edits
    validation: Edits


def open_edits(settings: LatoDataSettings) -> EditSets:
    """Open folders of pairs; nothing is rendered yet.

    Raises
    ------
    PhotoError
        There are no pairs, or none of one side of the split.
    """
    return EditSets(_joined(settings, "train"), _joined(settings, "validation"))


def _joined(settings: LatoDataSettings, split: Split) -> Edits:
    parts: list[Edits] = []
    if settings.edits is not None:
        edits = EditDataset(settings.edits, split=split, seed=settings.seed)
        parts.append(FittedEdits(edits, settings.width, settings.height))
    if settings.shards is not None:
        pairs = PairDataset(
            settings.shards,
            split=split,
            size=settings.width,
            seed=settings.seed,
            pairs_per_photo=settings.pairs_per_photo,
            kept_photos=settings.kept_photos,
        )
        parts.append(SurgicalEdits(pairs))
    return parts[0] if len(parts) == 1 else JoinedEdits(tuple(parts))


def edit_lineage(settings: LatoDataSettings) -> dict[str, Any]:
    """Return what a checkpoint keeps about its data; no name of a person or photo is in it."""
    found: dict[str, Any] = {}
    for name, folder in (("edits", settings.edits), ("shards", settings.shards)):
        if folder is not None:
            found[name] = surgical_lineage(DataSettings(shards=folder))
    return found
