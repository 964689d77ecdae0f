"""Scores of pairs that no picture is needed for: what statistics and reports are tested with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from landmarkdiff.evaluation.manifest import Case, digest
from landmarkdiff.evaluation.partial import Partial, ScoredCase
from landmarkdiff.evaluation.value import METRICS, EffectScore, PairScores, Score

TONES = ("I", "V")


def scored(index: int, random: np.random.Generator, **changes: Any) -> ScoredCase:
    """A pair of one of thirty persons of two tones: similarities, one effect, some landmarks."""
    person = index % 30
    tone = TONES[person % 2]
    likeness = 0.9 - 0.05 * (tone == "V") + 0.01 * random.standard_normal()
    values = {"ssim": 0.85 + 0.02 * random.standard_normal(), "identity": likeness, "psnr": 31.0}
    scores = {
        name: Score(values[name]) if name in values else Score.missing("there is no target")
        for name, metric in METRICS.items()
        if metric.per == "pair"
    }
    error = np.full(478, np.nan)
    error[:10] = 0.1 * index
    facts = {"procedure": "rhinoplasty", "tone": tone, "view": "frontal"}
    name, seed = f"case{index:03d}", str(index // 30)
    found = {
        "pair": name,
        "person": f"p{person}",
        "facts": facts,
        "scores": scores,
        "undetected": False,
        "failures": (),
        "effects": (
            EffectScore("tip_width", "rhinoplasty", "mm", -2.0, -1.6, Score(-1.2 - likeness / 10)),
        ),
        "displacement_error_mm": error,
        **changes,
    }
    case = Case(name, found["person"], Path(f"{name}.png"), seed=seed, facts=facts)
    worse = {**scores, "identity": Score(likeness - 0.02), "psnr": Score.missing("not here")}
    baselines = {"morph": PairScores(**{**found, "scores": {**found["scores"], **worse}})}
    row = np.full(3, index, np.float32)  # what a network would make of it
    return ScoredCase(index, case, PairScores(**found), features=row, baselines=baselines)


def partial_of(pairs: Sequence[ScoredCase], total: int | None = None, **changes: Any) -> Partial:
    """All pairs as one pass leaves them."""
    cases = [item.case for item in pairs]
    model = {"name": "made up", "paints": False}
    given = {"total": total or len(cases), "digest": digest(cases), "model": model, **changes}
    return Partial(scored=tuple(pairs), **given)


def sixty() -> list[ScoredCase]:
    """Two pairs of each of thirty persons, with seeds 0 and 1."""
    random = np.random.default_rng(7)
    return [scored(index, random) for index in range(60)]
