"""An evaluation: predictions that are there or are made, scored, and one folder that reports."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from landmarkdiff.arguments import whole_number
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import (
    EvaluationError,
    ModeUnavailableError,
    ParameterError,
    PhotoError,
)
from landmarkdiff.evaluation.distributed import score_on_ray
from landmarkdiff.evaluation.gate import Gate, GateResult, compare_with
from landmarkdiff.evaluation.manifest import Case, Folders, pair_by_name, read_cases
from landmarkdiff.evaluation.markdown import model_card, report_markdown
from landmarkdiff.evaluation.networks import load_networks
from landmarkdiff.evaluation.page import report_page
from landmarkdiff.evaluation.partial import FEATURES_FILE, PARTIAL_FILE, Partial, Shard, merge
from landmarkdiff.evaluation.run import BESIDE, score_shard, set_scores, stratum_set_scores
from landmarkdiff.evaluation.statistics import RESAMPLES
from landmarkdiff.evaluation.summarize import summarize
from landmarkdiff.generators import OnStep
from landmarkdiff.photo import encode_json, write_bytes, write_json, write_text
from landmarkdiff.workflows.generated_cases import CASE_FILES, make_cases, model_facts
from landmarkdiff.workflows.output.folder import check_output, staged_folder
from landmarkdiff.workflows.photo_folder import find_photos
from landmarkdiff.workflows.progress import Progress
from landmarkdiff.workflows.request import SimulationRequest

__all__ = ["REPORT_FILES", "EvaluationFiles", "EvaluationRequest", "Predictions", "evaluate"]

REPORT_FILES = ("report.json", "report.md", "report.html", "model_card.md")
#: What the folder of an evaluation, or of a shard, may consist of.
_KNOWN = (*REPORT_FILES, PARTIAL_FILE, FEATURES_FILE, *CASE_FILES)


@dataclass(frozen=True)
class Predictions:
    """Predictions that are there: one, a folder of them, or those of a manifest.

    Attributes
    ----------
    prediction, target, source : Path or None
        Pictures, or folders of pictures that have the same names.
    manifest : Path or None
        CSV; the folders then hold the files of its columns.
    facts : mapping of str to str
        Of all of them: ``procedure``.
    """

    prediction: Path | None = None
    target: Path | None = None
    source: Path | None = None
    manifest: Path | None = None
    facts: Mapping[str, str] = field(default_factory=dict)

    def cases(self, out: Path) -> tuple[tuple[Case, ...], tuple[str, ...]]:
        """Return the cases, and what the report has to say of them.

        Raises
        ------
        EvaluationError, PhotoError
        """
        if self.manifest is not None:
            folders = Folders(self.prediction, self.target, self.source)
            return read_cases(self.manifest, folders), ()
        if self.prediction is None:
            raise EvaluationError("evaluation_nothing_given")
        found = {
            role: None if path is None else self._named(path, out)
            for role, path in (("target", self.target), ("source", self.source))
        }
        predictions = self._named(self.prediction, out)
        if not self.prediction.is_dir():  # files that were named one by one belong together
            name = self.prediction.stem
            found = {
                role: None if files is None else {name: next(iter(files.values()))}
                for role, files in found.items()
            }
        return pair_by_name(predictions, found["target"], found["source"], facts=self.facts)

    def _named(self, path: Path, out: Path) -> dict[str, Path]:
        """Return pictures by name: the path below the folder, without its ending."""
        if self.prediction is None or path.is_dir() != self.prediction.is_dir():
            raise EvaluationError("evaluation_file_and_folder", name=path.name)
        if not path.exists():
            raise PhotoError("photo_missing", name=path.name)
        if not path.is_dir():
            return {path.stem: path}
        found: dict[str, Path] = {}
        for photo in find_photos(path, out):
            name = photo.relative_to(path).with_suffix("").as_posix()
            if name in found:
                raise EvaluationError("evaluation_picture_twice", name=name)
            found[name] = photo
        return found


@dataclass(frozen=True)
class EvaluationRequest:
    """What is evaluated, and how.

    Attributes
    ----------
    predictions : Predictions
        Those that are there; not used where some are made.
    photos : tuple of Path
        Photos, or folders of them, that predictions are made of.
    simulation : SimulationRequest or None
        How they are made.
    seeds : int
        How many predictions of each photo, with seeds that follow each other.
    parts : tuple of Path
        Folders of shards that are merged, instead of scoring anything.
    shard : Shard
        Which cases are scored; the report is made where that is all of them.
    workers : int or None
        Shards on Ray; None works in this process.
    beside : tuple of str
        Baselines that predict every case too.
    baseline : Gate or None
    configuration : Configuration
        Its recognition network compares faces, and its device runs the networks of metrics.
    alexnet, inception : Path or None
        Files of the networks of LPIPS, and of FID and KID.
    name : str
        Of the model; empty where it is not told.
    seed, resamples : int
        Of the bootstrap.
    """

    predictions: Predictions = field(default_factory=Predictions)
    photos: tuple[Path, ...] = ()
    simulation: SimulationRequest | None = None
    seeds: int = 1
    parts: tuple[Path, ...] = ()
    shard: Shard = field(default_factory=Shard)
    workers: int | None = None
    beside: tuple[str, ...] = ()
    baseline: Gate | None = None
    configuration: Configuration = field(default_factory=Configuration.load)
    alexnet: Path | None = None
    inception: Path | None = None
    name: str = ""
    seed: int = 0
    resamples: int = RESAMPLES

    def __post_init__(self) -> None:
        whole_number("seeds", self.seeds, 1, 1000)
        whole_number("resamples", self.resamples, 100, 1_000_000)
        for name in self.beside:
            if name not in BESIDE:
                raise ParameterError("evaluation_baseline_unknown", name=name, names=BESIDE)
        if self.workers is not None and self.workers < 1:
            raise ParameterError("evaluation_workers", value=self.workers)
        if self.simulation is not None:
            self.simulation.require_plan()
        if self.workers is not None and importlib.util.find_spec("ray") is None:
            raise ModeUnavailableError("ray_missing")
        for package in ("matplotlib", "jinja2"):
            if importlib.util.find_spec(package) is None:
                raise EvaluationError("evaluation_not_installed", name=package)


@dataclass(frozen=True)
class EvaluationFiles:
    """An evaluation on disk.

    Attributes
    ----------
    place : Path
        The folder, or the JSON file where one was asked for.
    report : mapping or None
        What ``report.json`` says; None of a shard.
    gate : GateResult or None
        None without a baseline.
    """

    place: Path
    report: Mapping[str, Any] | None
    gate: GateResult | None = None


def evaluate(
    request: EvaluationRequest,
    out: str | Path,
    *,
    progress: Progress | None = None,
    on_step: OnStep | None = None,
) -> EvaluationFiles:
    """Evaluate predictions and write the report.

    Parameters
    ----------
    request : EvaluationRequest
    out : str or Path
        Folder of the report, which replaces an earlier one as a whole; or a ``.json`` file, which
        then is all that is written.
    progress : callable, optional
        Told the name of the next case.
    on_step : callable, optional
        Told of every loaded model and every step of a network that makes predictions.

    Raises
    ------
    LandmarkDiffError
        Then nothing was written.
    """
    out = Path(out)
    if _only_json(out) and request.shard.of > 1:
        raise EvaluationError("evaluation_only_with", option="--shard", needed="a folder as --out")
    check_output(out.parent if _only_json(out) else out)
    photos: Sequence[Path] = ()
    if request.photos and request.simulation is not None:
        photos = _photos(request.photos, out)
    with _folder(out, (*photos, *_evaluated(request, out))) as folder:
        scored = _scored(request, folder, out, photos, progress, on_step)
        if request.shard.of > 1:
            for name, data in scored.to_files(folder).items():
                write_bytes(folder / name, data)
            return EvaluationFiles(out, None)
        report, gate = _write(request, scored, folder)
        if _only_json(out):
            write_json(out, report)
    return EvaluationFiles(out, report, gate)


def _evaluated(request: EvaluationRequest, out: Path) -> list[Path]:
    """Return the files that are read, which the report must not take the place of."""
    if request.parts:
        return [part / PARTIAL_FILE for part in request.parts]
    if request.simulation is not None:
        return []
    cases, _ = request.predictions.cases(out)
    files = ((c.prediction, c.target, c.source, c.raw, c.mask, c.plan) for c in cases)
    return [path for of_case in files for path in of_case if path is not None]


def _only_json(out: Path) -> bool:
    return out.suffix.lower() == ".json"


@contextmanager
def _folder(out: Path, sources: Sequence[Path]) -> Iterator[Path]:
    """Give the folder that is written: ``out``, or one that goes when only a file is wanted."""
    if not _only_json(out):
        with staged_folder(out, _KNOWN, sources=sources) as staging:
            yield staging
        return
    with tempfile.TemporaryDirectory() as passing:
        yield Path(passing)


def _scored(
    request: EvaluationRequest,
    folder: Path,
    out: Path,
    photos: Sequence[Path],
    progress: Progress | None,
    on_step: OnStep | None,
) -> Partial:
    """Return the scores of all cases, or of the shard that was asked for."""
    if request.parts:
        merged = merge([Partial.read(part) for part in request.parts])
        name = {"name": request.name} if request.name else {}
        return replace(merged, model={**merged.model, **name})
    model: dict[str, Any] = {"name": request.name} if request.name else {}
    notes: tuple[str, ...] = ()
    if request.simulation is None:
        cases, notes = request.predictions.cases(out)
    else:
        model = {**model_facts(request.simulation), **model}
        cases = make_cases(
            photos,
            request.simulation,
            request.seeds,
            request.shard,
            folder,
            progress=progress,
            on_step=on_step,
        )
    if len({case.person for case in cases}) == len(cases) > 1:
        notes += ("Every case counts as another person's.",)
    if request.workers:
        cases = tuple(case.absolute() for case in cases)
        score = partial(_score, cases, request, model, notes)
        return score_on_ray(score, request.workers, folder.absolute())
    return _score(cases, request, model, notes, request.shard, progress)


def _score(
    cases: Sequence[Case],
    request: EvaluationRequest,
    model: Mapping[str, Any],
    notes: Sequence[str],
    shard: Shard,
    progress: Progress | None = None,
) -> Partial:
    """Load the networks and score a shard; a machine of a cluster does no more than this."""
    networks = load_networks(
        request.configuration,
        alexnet=request.alexnet,
        inception=request.inception,
        device=_device(request.configuration),
    )
    return score_shard(
        cases,
        shard,
        networks,
        baselines=request.beside,
        model=model,
        notes=notes,
        on_case=progress,
    )


def _device(configuration: Configuration) -> str:
    """Return where the networks of metrics run, as torch calls it."""
    if importlib.util.find_spec("torch") is None:
        return "cpu"
    from landmarkdiff.runtime.device import choose_device

    return choose_device(configuration.diffusion.device).name


def _photos(chosen: Sequence[Path], out: Path) -> list[Path]:
    found: list[Path] = []
    for path in chosen:
        found += find_photos(path, out) if path.is_dir() else [path]
    return found


def _write(
    request: EvaluationRequest, scored: Partial, folder: Path
) -> tuple[dict[str, Any], GateResult | None]:
    """Summarize, compare with the baseline, and write the files of a report."""
    sets = set_scores(scored, seed=request.seed)
    evaluation = summarize(
        scored,
        sets,
        stratum_set_scores(scored, sets, seed=request.seed),
        seed=request.seed,
        resamples=request.resamples,
    )
    report = evaluation.to_dict()
    gate = None if request.baseline is None else compare_with(request.baseline, report)
    report["gate"] = None if gate is None else gate.to_dict()
    page = report_page(evaluation, report)
    write_text(folder / "report.html", page)
    write_text(folder / "report.md", report_markdown(report))
    write_text(folder / "model_card.md", model_card(report))
    write_bytes(folder / "report.json", encode_json(report))
    return report, gate
