"""The beginning of every workflow on one photo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from landmarkdiff.generators import OnStep
from landmarkdiff.glasses.band import make_colour_tables
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.light import read_head_meanwhile
from landmarkdiff.photo import Photo, read_photo
from landmarkdiff.workflows.output.folder import check_output
from landmarkdiff.workflows.request import SimulationRequest

__all__ = ["OpenPhoto", "open_photo"]


@dataclass(frozen=True, eq=False)
class OpenPhoto:
    """A photo that was read, with its face found by a loaded pipeline."""

    photo: Photo
    pipeline: LandmarkDiffPipeline
    prepared: PreparedFace


def open_photo(
    path: str | Path,
    request: SimulationRequest,
    out: str | Path | None = None,
    *,
    pipeline: LandmarkDiffPipeline | None = None,
    on_step: OnStep | None = None,
    simulated: bool = True,
) -> OpenPhoto:
    """Check the folder for results, read a photo, load the models and find the face.

    In this order, so that what is cheap to refuse is refused first.

    Parameters
    ----------
    path : str or Path
    request : SimulationRequest
        Which face, and how it is measured.
    out : str or Path, optional
        Folder for results, where some are to be written.
    pipeline : LandmarkDiffPipeline, optional
        A loaded one.
    on_step : callable, optional
        Told of every loaded model.
    simulated : bool
        Whether the photo is to be simulated, and not only measured.

    Raises
    ------
    LandmarkDiffError
    """
    if out is not None:
        check_output(Path(out))
    # The search for spectacles needs them; they are made on another core meanwhile.
    Thread(target=make_colour_tables).start()
    if simulated and request.light:
        read_head_meanwhile()
    photo = read_photo(path)
    pipeline = pipeline or request.pipeline(on_step)
    return OpenPhoto(photo, pipeline, request.prepare(pipeline, photo.pixels))
