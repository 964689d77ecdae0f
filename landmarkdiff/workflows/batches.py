"""A folder of photos, one plan: each photo's preview, a state to resume from, a summary."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from landmarkdiff.arguments import checked, instance_of, path_like
from landmarkdiff.errors import (
    LandmarkDiffError,
    WorkCancelled,
)
from landmarkdiff.generators import OnStep
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.photo import Photo, PhotoLimits, read_photo, write_json
from landmarkdiff.photo.source import load_source
from landmarkdiff.version import __version__
from landmarkdiff.workflows.batch_state import BatchState, Counts, Done, shown_path
from landmarkdiff.workflows.output.folder import (
    check_output,
    only_writer,
    own_folder,
    staged_folder,
    sweep,
)
from landmarkdiff.workflows.photo_folder import find_photos
from landmarkdiff.workflows.progress import Progress
from landmarkdiff.workflows.request import SimulationRequest
from landmarkdiff.workflows.single import EVERY_PREVIEW_FILE, write_preview

__all__ = ["SUMMARY_FILE", "BatchItem", "BatchResult", "batch"]

SUMMARY_FILE = "summary.json"


@dataclass(frozen=True)
class BatchItem:
    """What became of one photo.

    Attributes
    ----------
    photo : str
        Path below the batch's folder, ``/`` between its parts.
    status : {"done", "unchanged", "failed"}
        ``unchanged``: an earlier run's result is complete and still holds.
    folder : str or None
        Name of the result's folder.
    error : str or None
    effects, limited, warnings : int
        How many effects were planned, how many were limited, how many notices there are.
    guard : {"passed", "refused"} or None
        Whether a painting was kept, or the warp is the result; None where nothing was painted.
    """

    photo: str
    status: Literal["done", "unchanged", "failed"]
    folder: str | None = None
    error: str | None = None
    effects: int = 0
    limited: int = 0
    warnings: int = 0
    guard: str | None = None


@dataclass(frozen=True)
class BatchResult:
    """Summary of a batch; ``items`` are in the order of the photos' paths."""

    out: Path
    items: tuple[BatchItem, ...]

    @property
    def failed(self) -> int:
        """How many photos failed."""
        return sum(item.status == "failed" for item in self.items)

    @property
    def refused(self) -> int:
        """How many paintings were refused, so that the warp is the result."""
        return sum(item.guard == "refused" for item in self.items)

    def to_dict(self) -> dict[str, Any]:
        """Return the summary, ready for JSON."""
        return {
            "photos": len(self.items),
            "done": sum(item.status == "done" for item in self.items),
            "unchanged": sum(item.status == "unchanged" for item in self.items),
            "failed": self.failed,
            "refused": self.refused,
            "version": __version__,
            "items": [asdict(item) for item in self.items],
        }


@checked(folder=path_like, request=instance_of(SimulationRequest), out=path_like)
def batch(
    folder: str | Path,
    request: SimulationRequest,
    out: str | Path,
    *,
    pipeline: LandmarkDiffPipeline | None = None,
    progress: Progress | None = None,
    on_step: OnStep | None = None,
) -> BatchResult:
    """Simulate a request on every photo of a folder and those below it.

    A photo that fails is listed in the summary and the others go on. A photo whose result is
    complete is skipped while its content, the request and the version are the same.

    Parameters
    ----------
    folder : str or Path
    request : SimulationRequest
    out : str or Path
        Gets a folder per photo, named by its stem (``a``, then ``a-2`` for the next photo of
        that stem), and ``summary.json``. A result of another photo is not replaced.
    pipeline : LandmarkDiffPipeline, optional
    progress : callable, optional
        Is told the path of the next photo.
    on_step : callable, optional
        Told of every loaded model and every step of a network.

    Raises
    ------
    LandmarkDiffError
        The request, the folder or the output folder is unusable; no photo was looked at.
    """
    folder, out = Path(folder), Path(out)
    request.require_plan()
    check_output(out)
    photos = find_photos(folder, out)
    BatchState.read(out)  # a foreign file of that name is refused before any work
    pipeline = pipeline or request.pipeline(on_step)
    request = replace(request, configuration=pipeline.configuration)
    with only_writer(out):
        sweep(out)
        items = _all(folder, photos, request, pipeline, out, progress, on_step)
        result = BatchResult(out, tuple(items))
        write_json(out / SUMMARY_FILE, result.to_dict())
    return result


def _all(
    folder: Path,
    photos: Sequence[Path],
    request: SimulationRequest,
    pipeline: LandmarkDiffPipeline,
    out: Path,
    progress: Progress | None,
    on_step: OnStep | None,
) -> list[BatchItem]:
    state = BatchState.read(out)
    asked = request.fingerprint()
    # Two folders of photos may share an output folder without sharing results.
    origin = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:12]
    items: list[BatchItem] = []
    for index, path in enumerate(photos):
        name = shown_path(path.relative_to(folder))
        if progress is not None:
            progress(index, len(photos), name)
        place = f"{origin}/{name}"
        items.append(_one(path, name, place, request, asked, pipeline, out, state, on_step))
    if progress is not None:
        progress(len(photos), len(photos), "")
    return items


def _one(
    path: Path,
    name: str,
    place: str,
    request: SimulationRequest,
    asked: str,
    pipeline: LandmarkDiffPipeline,
    out: Path,
    state: BatchState,
    on_step: OnStep | None,
) -> BatchItem:
    try:
        data, stem = load_source(path, PhotoLimits())
        key = hashlib.sha256(data + asked.encode()).hexdigest()
        earlier = state.photos.get(place)
        if earlier is not None and earlier.key == key and earlier.complete(out):
            return _item(name, "unchanged", earlier)
        photo = read_photo(_NamedBytes(data, path.name))
        del data
        prepared = request.prepare(pipeline, photo.pixels)
        prediction = request.simulate(pipeline, prepared, on_step=on_step)
        result = own_folder(out, stem, [photo.sha256], state.taken_by_others(place))
        with staged_folder(result, EVERY_PREVIEW_FILE, sources=[path]) as staging:
            write_preview(staging, prediction, photo, request)
            sizes = {file.name: file.stat().st_size for file in staging.iterdir()}
    except WorkCancelled:
        raise
    except (LandmarkDiffError, MemoryError) as failure:
        return BatchItem(name, "failed", error=str(failure) or "there is not enough memory")
    counts = _counts(prediction, photo)
    state.photos[place] = Done(result.name, key, sizes, counts, prediction.guard.verdict)
    state.write(out)
    return _item(name, "done", state.photos[place])


def _item(name: str, status: Literal["done", "unchanged"], done: Done) -> BatchItem:
    return BatchItem(
        name,
        status,
        done.folder,
        effects=done.counts.effects,
        limited=done.counts.limited,
        warnings=done.counts.warnings,
        guard=done.guard,
    )


def _counts(prediction: Prediction, photo: Photo) -> Counts:
    limited = sum(bool(check.limited_by) for check in prediction.effects)
    notices = len(photo.notices) + len(prediction.notices)
    return Counts(len(prediction.effects), limited, notices)


class _NamedBytes(io.BytesIO):
    """Content that was read already, with the name it had."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name
