"""Model weights and example portraits: a catalogue as data, and a store on this machine.

Files (``catalogue.yaml``) lie in the weights folder itself; models of several files
(``models.yaml``) lie in ``models/<name>/`` below it, in the layout of ``from_pretrained``.
Nothing is fetched but by :func:`pull`, :func:`pull_model` and, for a file, :func:`obtain`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from landmarkdiff.weights.catalogue import (
    Archive,
    Carrier,
    CatalogueEntry,
    Source,
    catalogue,
    entry,
)
from landmarkdiff.weights.checkpoints import check_own_model, check_safetensors
from landmarkdiff.weights.model_catalogue import FewStep, ModelEntry, ModelFile, model, models
from landmarkdiff.weights.model_store import (
    StoredModel,
    adopt_model,
    inspect_model,
    list_models,
    locate_model,
    model_origins,
    model_sums,
    models_folder,
    require_model,
)
from landmarkdiff.weights.policy import LICENCE_POLICIES, LicencePolicy, named, permit, permit_own
from landmarkdiff.weights.readiness import lacking
from landmarkdiff.weights.sets import SETS, set_names
from landmarkdiff.weights.store import (
    StoredFile,
    first_run,
    folders,
    list_files,
    locate,
    obtain,
    pull,
    require,
    verify,
)
from landmarkdiff.weights.sums import sha256_of

__all__ = [
    "LICENCE_POLICIES",
    "SETS",
    "Archive",
    "Carrier",
    "CatalogueEntry",
    "FewStep",
    "LicencePolicy",
    "ModelEntry",
    "ModelFile",
    "Source",
    "StoredFile",
    "StoredModel",
    "adopt_model",
    "catalogue",
    "check_own_model",
    "check_safetensors",
    "entry",
    "first_run",
    "folders",
    "inspect_model",
    "lacking",
    "list_files",
    "list_models",
    "locate",
    "locate_model",
    "model",
    "model_origins",
    "model_sums",
    "models",
    "models_folder",
    "named",
    "obtain",
    "own_sums",
    "permit",
    "permit_own",
    "pull",
    "pull_model",
    "require",
    "require_model",
    "set_names",
    "sha256_of",
    "verify",
]


def pull_model(name: str, progress: Callable[[int, int], None] | None = None) -> Path:
    """Fetch a model from the hub, or from the mirror that ``HF_ENDPOINT`` names.

    What is here and intact is left alone. Each file is received apart, checked against the sum
    that the catalogue pins, or against the one that the hub states for it at the pinned commit
    and that is then recorded, and moved to its place. An interrupted pull goes on where it
    stopped.

    Parameters
    ----------
    name : str
    progress : callable, optional
        Called with the bytes done and the bytes of the whole model.

    Returns
    -------
    Path
        As of :func:`locate_model`.

    Raises
    ------
    WeightsMissingError
        The hub does not answer, or sends less than the whole; the disk is full.
    WeightsCorruptError
        A file came with another sum than its own.
    """
    from landmarkdiff.weights.fetching import fetch_model

    return fetch_model(name, progress)


def own_sums(path: Path, subfolder: str | None = None) -> dict[str, str]:
    """Return file name -> SHA-256 of the safetensors of a model of one's own, for the result.

    Raises
    ------
    WeightsMissingError, WeightsCorruptError, WeightsError
        As of :func:`check_own_model`.
    """
    from landmarkdiff.weights.sums import sum_of

    base = path if path.is_dir() else path.parent
    return {
        item.relative_to(base).as_posix(): sum_of(item, None)
        for item in check_own_model(path, subfolder)
    }
