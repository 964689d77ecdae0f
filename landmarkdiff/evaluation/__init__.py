"""How good predictions are: metrics of pairs and of sets, with n, or why they are not there."""

from __future__ import annotations

from landmarkdiff.evaluation.networks import Networks, load_networks
from landmarkdiff.evaluation.pairs import score_pair
from landmarkdiff.evaluation.sets import SetFeatures, fid, kid, set_features
from landmarkdiff.evaluation.value import METRICS, EffectScore, Metric, Pair, PairScores, Score

__all__ = [
    "METRICS",
    "EffectScore",
    "Metric",
    "Networks",
    "Pair",
    "PairScores",
    "Score",
    "SetFeatures",
    "fid",
    "kid",
    "load_networks",
    "score_pair",
    "set_features",
]
