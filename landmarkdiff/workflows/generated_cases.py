"""Predictions that are made to be evaluated, with what they are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from landmarkdiff.errors import LandmarkDiffError, WorkCancelled
from landmarkdiff.evaluation.manifest import Case
from landmarkdiff.evaluation.partial import Shard
from landmarkdiff.generators import OnStep, find_mode
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction
from landmarkdiff.photo import read_photo, write_json, write_png
from landmarkdiff.workflows.progress import Progress, tell
from landmarkdiff.workflows.request import SimulationRequest

__all__ = ["CASE_FILES", "make_cases", "model_facts"]

#: Patterns of the files that are made of cases.
CASE_FILES = ("*.prediction.png", "*.raw.png", "*.mask.png", "*.plan.json")


def make_cases(
    photos: Sequence[Path],
    request: SimulationRequest,
    seeds: int,
    shard: Shard,
    folder: Path,
    *,
    progress: Progress | None = None,
    on_step: OnStep | None = None,
) -> tuple[Case, ...]:
    """Simulate on photos and write what is evaluated.

    The pictures carry no label, which would be scored too; their files say that they are
    simulations.

    Parameters
    ----------
    photos : sequence of Path
        Each counts as another person.
    request : SimulationRequest
    seeds : int
        How many predictions of each, from the request's seed on.
    shard : Shard
        Whose cases are made.
    folder : Path
        Gets prediction, mask and plan of each case, and the raw painting where one was painted.
    progress : callable, optional
        Told the name of the next case.
    on_step : callable, optional
        Told of every loaded model and every step of the network.

    Returns
    -------
    tuple of Case
        All of them, so that shards agree on what is evaluated; a photo that cannot be simulated
        is a case that says why.
    """
    names = _unique([path.stem for path in photos])
    procedure = "+".join(request.intensities)
    several = seeds > 1
    planned = [
        (
            path,
            Case(
                name=f"{name}.seed{seed}" if several else name,
                person=name,
                prediction=folder / name,
                source=path,
                seed=str(seed),
                facts={"procedure": procedure},
                flags=request.flags.to_dict() if request.flags else {},
            ),
        )
        for name, path in zip(names, photos, strict=True)
        for seed in range(request.seed, request.seed + seeds)
    ]
    cases = [case for _, case in planned]
    pipeline = request.pipeline(on_step)
    indices = shard.indices(len(planned))
    for done, index in enumerate(indices):
        path, case = planned[index]
        tell(progress, done, len(indices), case.name)
        cases[index] = _made(case, path, request, pipeline, folder, on_step)
    return tuple(cases)


def model_facts(request: SimulationRequest) -> dict[str, Any]:
    """Return what a report says of the model, JSON-ready."""
    mode = find_mode(request.mode)
    return {
        "name": mode.name,
        "paints": mode.paints,
        "procedures": list(request.intensities),
        "intensity": request.intensities,
        "weights": request.weights(),
    }


def _made(
    case: Case,
    path: Path,
    request: SimulationRequest,
    pipeline: LandmarkDiffPipeline,
    folder: Path,
    on_step: OnStep | None,
) -> Case:
    request = replace(request, seed=int(case.seed))
    try:
        photo = read_photo(path)
        prepared = request.prepare(pipeline, photo.pixels)
        prediction = request.simulate(pipeline, prepared, verify=False, on_step=on_step)
    except WorkCancelled:
        raise
    except LandmarkDiffError as failure:
        return replace(case, refusal=str(failure))
    return replace(case, **_written(case.name, prediction, folder))


def _written(name: str, prediction: Prediction, folder: Path) -> dict[str, Any]:
    """Write the files of a prediction; return them by the fields of the case."""
    facts = {"simulation": True, "mode": prediction.mode, "plan_hash": prediction.plan.hash}
    files: dict[str, Any] = {
        "prediction": folder / f"{name}.prediction.png",
        "mask": folder / f"{name}.mask.png",
        "plan": folder / f"{name}.plan.json",
    }
    write_png(files["prediction"], prediction.image, manifest=facts)
    write_png(files["mask"], prediction.changeable)
    write_json(files["plan"], prediction.plan.to_dict())
    if prediction.paints:
        files["raw"] = folder / f"{name}.raw.png"
        write_png(files["raw"], prediction.raw, manifest=facts)
    return files


def _unique(stems: Sequence[str]) -> list[str]:
    """Return names that differ from each other: the second ``a`` is ``a-2``."""
    found: list[str] = []
    for stem in stems:
        name, number = stem, 1
        while name in found:
            number += 1
            name = f"{stem}-{number}"
        found.append(name)
    return found
