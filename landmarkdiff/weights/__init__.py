"""Model weights and example portraits: a catalogue as data, and a store on this machine."""

from __future__ import annotations

from landmarkdiff.weights.catalogue import Carrier, CatalogueEntry, Source, catalogue, entry
from landmarkdiff.weights.store import (
    StoredFile,
    folders,
    list_files,
    locate,
    obtain,
    pull,
    require,
    verify,
)

__all__ = [
    "Carrier",
    "CatalogueEntry",
    "Source",
    "StoredFile",
    "catalogue",
    "entry",
    "folders",
    "list_files",
    "locate",
    "obtain",
    "pull",
    "require",
    "verify",
]
