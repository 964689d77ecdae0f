"""What an evaluation costs: one pair, the statistics over many, and the page.

Pairs are simulations of the warp on the two portraits, scored with everything that needs no
weights. The statistics are over made-up figures of many persons.

    python benchmarks/evaluation.py [--repeat 3] [--json FILE] [--markdown FILE] [--quick]
"""

from __future__ import annotations

import functools
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tables import Table, arguments, deliver, median

from landmarkdiff import weights
from landmarkdiff.analysis.tone import FITZPATRICK_TYPES
from landmarkdiff.evaluation.manifest import Case
from landmarkdiff.evaluation.networks import load_networks
from landmarkdiff.evaluation.page import report_page
from landmarkdiff.evaluation.partial import Partial, ScoredCase, Shard
from landmarkdiff.evaluation.run import score_shard, set_scores
from landmarkdiff.evaluation.summarize import summarize
from landmarkdiff.evaluation.value import METRICS, PairScores, Score
from landmarkdiff.procedures import procedure
from landmarkdiff.workflows import SimulationRequest
from landmarkdiff.workflows.generated_cases import make_cases

PERSONS = (100, 1000)
RESAMPLES = 2000


def cpu_seconds(work: Callable[[], object]) -> float:
    """Processor time of one call, seconds: what other programs do meanwhile does not count."""
    started = time.process_time()
    work()
    return time.process_time() - started


def made_up(persons: int) -> Partial:
    """Two pairs of each person, of six tones, with every metric of a pair."""
    random = np.random.default_rng(0)
    names = [name for name, metric in METRICS.items() if metric.per == "pair"]
    scored = []
    for index in range(2 * persons):
        facts = {"tone": FITZPATRICK_TYPES[index % 6], "view": "frontal"}
        case = Case(f"case{index}", f"p{index // 2}", Path("none.png"), facts=facts)
        values = random.random(len(names)).tolist()
        scores = {name: Score(value) for name, value in zip(names, values, strict=True)}
        pair = PairScores(case.name, case.person, facts, scores, False)
        scored.append(ScoredCase(index, case, pair))
    return Partial(len(scored), "made up", tuple(scored))


def main() -> None:
    """Measure and deliver."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    repeat = 1 if options.quick else options.repeat
    table = Table("evaluation", ("work", "CPU s", "per"))
    photos = [weights.obtain(name) for name in ("astronaut", "grace_hopper")]
    request = SimulationRequest((procedure("rhinoplasty"),))
    with tempfile.TemporaryDirectory() as folder:
        cases = make_cases(photos, request, 1, Shard(), Path(folder))
        networks = load_networks()
        chosen = cases[:1] if options.quick else cases
        scored = score_shard(chosen, Shard(), networks)
        seconds = [
            cpu_seconds(lambda: score_shard(chosen, Shard(), networks)) for _ in range(repeat)
        ]
        table.add("score a pair of 0.3 MP with its plan", median(seconds) / len(chosen), "pair")
        evaluation = summarize(scored, set_scores(scored), resamples=RESAMPLES)
        report = {**evaluation.to_dict(), "gate": None}
        seconds = [cpu_seconds(lambda: report_page(evaluation, report)) for _ in range(repeat)]
        table.add("write the page", median(seconds), "report")
    for persons in PERSONS[:1] if options.quick else PERSONS:
        partial = made_up(persons)
        work = functools.partial(summarize, partial, resamples=RESAMPLES)
        seconds = [cpu_seconds(work) for _ in range(repeat)]
        table.add(f"statistics of {persons} persons, {RESAMPLES} draws", median(seconds), "report")
    table.notes.append("Processor time of one thread; LPIPS, FID and KID are not among it.")
    deliver(options, table)


if __name__ == "__main__":
    main()
