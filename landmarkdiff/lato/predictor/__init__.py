"""A vision-language model beside the grammar: clauses that it writes, points that it predicts.

The grammar of :mod:`landmarkdiff.lato.language` is the default and the fallback.

Examples
--------
>>> from landmarkdiff.lato.predictor import clause_grammar
>>> clause_grammar("de").splitlines()[0]
'start: piece (separator piece)~0..7'
"""

from __future__ import annotations

from landmarkdiff.lato.predictor.answer import PointAnswer, faults_of
from landmarkdiff.lato.predictor.grammar import clause_grammar, points_grammar
from landmarkdiff.lato.predictor.model import ConstrainedModel, load_model
from landmarkdiff.lato.predictor.reading import (
    ModelReading,
    PredictedPoints,
    predict_points,
    read_with_model,
)

__all__ = [
    "ConstrainedModel",
    "ModelReading",
    "PointAnswer",
    "PredictedPoints",
    "clause_grammar",
    "faults_of",
    "load_model",
    "points_grammar",
    "predict_points",
    "read_with_model",
]
