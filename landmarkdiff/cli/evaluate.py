"""``landmarkdiff evaluate``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landmarkdiff.cli import tables
from landmarkdiff.cli.options import AsJson, with_options
from landmarkdiff.cli.progress import progress_bars
from landmarkdiff.cli.simulation import SimulationOptions
from landmarkdiff.errors import EvaluationError

if TYPE_CHECKING:
    from landmarkdiff.workflows.evaluating import EvaluationFiles, EvaluationRequest

__all__ = ["evaluate"]

#: Shards on Ray where their number is not said: enough for a few machines to share.
_RAY_SHARDS = 8


@dataclass(frozen=True)
class EvaluationOptions(SimulationOptions):
    """What a command line says about an evaluation, beside the simulations that it makes."""

    pred: Annotated[
        Path | None,
        typer.Option(
            "--pred", "--pred_dir", metavar="DIR|PICTURE", help="Predictions, or a single one."
        ),
    ] = None
    target: Annotated[
        Path | None,
        typer.Option(
            "--target",
            "--target_dir",
            metavar="DIR|PICTURE",
            help="Pictures that would have been right, of the same names.",
        ),
    ] = None
    source: Annotated[
        Path | None,
        typer.Option(
            "--source",
            "--source_dir",
            metavar="DIR|PICTURE",
            help="Photos that the predictions were made from, of the same names.",
        ),
    ] = None
    manifest: Annotated[
        Path | None,
        typer.Option(
            "--manifest",
            metavar="CSV",
            help="Cases, one a line: pred, and target, source, raw, mask, plan, name, person, "
            "seed, procedure, view, tone, monk, sex, age as far as they are known.",
        ),
    ] = None
    edits: Annotated[
        Path | None,
        typer.Option(
            "--edits",
            metavar="CSV",
            help="Edits of expression and pose, one a line: pred, source, and target, instruction "
            "as far as they are known; scored beside the numbers of LaTo.",
        ),
    ] = None
    judge: Annotated[
        Path | None,
        typer.Option(
            "--judge",
            metavar="DIR",
            help="With --edits: folder of a vision-language model that gives marks.",
        ),
    ] = None
    generate: Annotated[
        bool,
        typer.Option(
            "--generate", help="Make the predictions from PHOTOS, in --mode, and evaluate."
        ),
    ] = False
    seeds: Annotated[
        int,
        typer.Option(
            "--seeds", metavar="N", help="With --generate: predictions of each photo, 1 by default."
        ),
    ] = 1
    merge: Annotated[
        bool,
        typer.Option("--merge", help="Put the results of shards together, whose folders follow."),
    ] = False
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard", metavar="I/N", help="Score the I-th of N parts alone; --merge reports."
        ),
    ] = None
    ray: Annotated[
        bool,
        typer.Option("--ray", help="Score on the machines of a Ray cluster, or on this one's."),
    ] = False
    ray_shards: Annotated[
        int | None,
        typer.Option("--ray-shards", metavar="N", help="Parts for --ray, 8 by default."),
    ] = None
    beside: Annotated[
        list[str] | None,
        typer.Option(
            "--beside",
            metavar="NAME",
            help="Compare with what a baseline predicts: tps, img2img or morph; may be repeated.",
        ),
    ] = None
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="An earlier report.json to compare with."),
    ] = None
    max_drop: Annotated[
        list[str] | None,
        typer.Option(
            "--max-drop",
            metavar="[NAME=]X",
            help="How much worse than the baseline is allowed: a share of each figure, as 0.02, "
            "or of one metric in its own unit; may be repeated. 0 by default.",
        ),
    ] = None
    model: Annotated[
        str, typer.Option("--model", metavar="TEXT", help="The model's name for report and card.")
    ] = ""
    alexnet: Annotated[
        Path | None,
        typer.Option("--alexnet", metavar="FILE", help="Weights of AlexNet, for LPIPS."),
    ] = None
    inception: Annotated[
        Path | None,
        typer.Option("--inception", metavar="FILE", help="Weights of Inception, for FID and KID."),
    ] = None
    bootstrap: Annotated[
        int, typer.Option("--bootstrap", metavar="N", help="Draws of persons for the intervals.")
    ] = 2000
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "--output",
            "-o",
            metavar="DIR|FILE.json",
            help="Folder of the report, or a file for its JSON alone.",
        ),
    ] = Path("landmarkdiff-evaluation")
    json: AsJson = False

    def evaluation(self, paths: list[Path]) -> EvaluationRequest:
        """Return the checked request; LandmarkDiffError says in one sentence what is wrong."""
        self._check_ways(paths)
        from landmarkdiff.evaluation.gate import Gate, MaxDrop
        from landmarkdiff.evaluation.partial import Shard
        from landmarkdiff.workflows import read_configuration
        from landmarkdiff.workflows.evaluating import EvaluationRequest, Predictions

        drop = MaxDrop.parse(self.max_drop or ())
        facts = {"procedure": "+".join(self.procedure)} if self.procedure else {}
        return EvaluationRequest(
            predictions=Predictions(self.pred, self.target, self.source, self.manifest, facts),
            photos=tuple(paths) if self.generate else (),
            simulation=self.request() if self.generate else None,
            seeds=self.seeds,
            parts=tuple(paths) if self.merge else (),
            shard=Shard.parse(self.shard) if self.shard else Shard(),
            beside=tuple(dict.fromkeys(self.beside or ())),
            workers=(self.ray_shards or _RAY_SHARDS) if self.ray else None,
            baseline=None if self.baseline is None else Gate.read(self.baseline, drop),
            configuration=read_configuration(self.config, self.device, self.policy),
            alexnet=self.alexnet,
            inception=self.inception,
            name=self.model,
            seed=self.seed,
            resamples=self.bootstrap,
        )

    def check_edits(self, paths: list[Path]) -> None:
        """Refuse what a list of edits does not go with."""
        for option in ("generate", "merge", "pred", "manifest", "ray", "shard", "baseline"):
            if getattr(self, option):
                raise EvaluationError(
                    "evaluation_ways_mixed", first="--edits", second=f"--{option}"
                )
        if paths:
            raise EvaluationError(
                "evaluation_only_with", option=paths[0].name, needed="--generate or --merge"
            )

    def _check_ways(self, paths: list[Path]) -> None:
        """Refuse options that contradict each other, or that would do nothing."""
        given = [
            *(f"--{name}" for name in ("generate", "merge") if getattr(self, name)),
            *(f"--{name}" for name in ("pred", "manifest") if getattr(self, name) is not None),
        ]
        if not given:
            raise EvaluationError("evaluation_nothing_given")
        if len(given) > 1 and given != ["--pred", "--manifest"]:
            raise EvaluationError("evaluation_ways_mixed", first=given[0], second=given[1])
        if (self.generate or self.merge) and not paths:
            what = "PHOTOS" if self.generate else "DIR"
            raise EvaluationError("evaluation_only_with", option=given[0], needed=what)
        if paths and not (self.generate or self.merge):
            name = paths[0].name
            raise EvaluationError(
                "evaluation_only_with", option=name, needed="--generate or --merge"
            )
        for option, there, needed in (
            ("--max-drop", bool(self.max_drop), "--baseline" if self.baseline is None else ""),
            ("--judge", self.judge is not None, "--edits"),
            ("--seeds", self.seeds != 1, "" if self.generate else "--generate"),
            (
                "--target",
                self.target is not None,
                "--pred" if self.generate or self.merge else "",
            ),
            ("--ray-shards", self.ray_shards is not None, "" if self.ray else "--ray"),
            ("--baseline", self.baseline is not None, "--merge" if self.shard else ""),
        ):
            if there and needed:
                raise EvaluationError("evaluation_only_with", option=option, needed=needed)
        for first, second, both in (
            ("--shard", "--merge", self.shard and self.merge),
            ("--shard", "--ray", self.shard and self.ray),
            ("--merge", "--ray", self.merge and self.ray),
        ):
            if both:
                raise EvaluationError("evaluation_ways_mixed", first=first, second=second)


# Places, face and scale of one photo, which the scoring would not know of, and what is drawn for
# people to look at.
@with_options(
    without=(
        "profile_point",
        "label_corner",
        "no_outline",
        "difference",
        "face",
        "ipd",
        "mm_per_px",
        "glasses",
    )
)
def evaluate(
    options: EvaluationOptions,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PHOTOS|DIRS",
            help="With --generate photos or folders of them, with --merge folders of shards.",
        ),
    ] = None,
) -> None:
    """Score predictions against photos, targets and plans, and report on them.

    Exit status: 0, 1 when a metric is worse than the baseline allows or nothing could be scored, 2
    for bad input.
    """
    if options.edits is not None:
        options.check_edits(paths or [])
        _score_edits(options, options.edits)
        return
    request = options.evaluation(paths or [])
    from landmarkdiff.workflows.evaluating import evaluate as run

    with progress_bars(silent=options.json, items="cases") as bars:
        files = run(request, options.out, progress=bars.on_item, on_step=bars.on_step)
    if options.json and files.report is not None:
        tables.print_json(files.report)
    else:
        _print(files)
    fell = files.gate is not None and bool(files.gate.fell)
    scored = files.report is None or any(metric["n"] for metric in files.report["metrics"])
    if fell or not scored:
        raise typer.Exit(1)


def _score_edits(options: EvaluationOptions, listed: Path) -> None:
    """Score a list of edits, write its page, and print the means."""
    from landmarkdiff.evaluation.edits import LocalJudge, report_edits, report_page, score_edit
    from landmarkdiff.evaluation.edits.listing import read_edits
    from landmarkdiff.photo import write_json, write_text
    from landmarkdiff.workflows import read_configuration
    from landmarkdiff.workflows.output.folder import check_output, only_writer

    only_json = options.out.suffix.lower() == ".json"
    check_output(options.out.parent if only_json else options.out)
    configuration = read_configuration(options.config, options.device, options.policy)
    judge = None if options.judge is None else LocalJudge(options.judge)
    report = report_edits([score_edit(edit, configuration, judge) for edit in read_edits(listed)])
    page = options.out / "edits.md"
    if only_json:
        write_json(options.out, report.to_dict())
    else:
        with only_writer(options.out):
            write_json(options.out / "edits.json", report.to_dict())
            write_text(page, report_page(report))
    if options.json:
        tables.print_json(report.to_dict())
        return
    rows = [
        (name, "-" if mean is None else f"{mean:.3f}", str(report.counts[name]))
        for name, mean in report.means.items()
    ]
    tables.print_table(("score", ">mean", ">edits"), rows)
    print(f"Report: {tables.shown(options.out if only_json else page)}")


def _print(files: EvaluationFiles) -> None:
    if files.report is None:
        print(f"This shard is scored: {tables.shown(files.place)}")
        return
    from landmarkdiff.evaluation.wording import console_rows, headline, missing_metrics

    columns = ("metric", ">mean", ">95 % interval", ">pairs", ">persons", "target")
    tables.print_table(columns, console_rows(files.report))
    for why, names in missing_metrics(files.report):
        print(f"Not there: {names}: {why}.")
    print(headline(files.report))
    no_claim = {m["no_claim"] for m in files.report["metrics"] if m["n"] and m["no_claim"]}
    for reason in sorted(no_claim):
        print(f"No interval: {reason}.")
    for note in files.report["cases"]["notes"]:
        print(note)
    if files.gate is not None:
        for line in (*files.gate.fell, *files.gate.notes):
            print(line)
        if not files.gate.fell:
            print("No metric is worse than the baseline allows.")
    print(f"Report: {tables.shown(files.place)}")
