"""The folds of a plan as the browser reads them: the same numbers as the server's own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.creases.find import AMOUNTS
from landmarkdiff.creases.plan import DEPTH_STEP, FLATTENED_AT, MOST_BY_TENSION, PlanFolds
from landmarkdiff.manipulation.live_model import LivePart

__all__ = ["live_folds"]


def live_folds(folds: PlanFolds) -> LivePart:
    """Return what ``ui/static/live/creases.js`` needs to soften the folds at any values."""
    arrays: dict[str, NDArray[Any]] = {}
    listed = []
    for number, each in enumerate(folds.folds):
        arrays[f"crease_depth{number}"] = each.depth
        arrays[f"crease_skin{number}"] = np.ascontiguousarray(each.skin)
        listed.append(
            {
                "effects": list(each.effects),
                "stretches": [
                    {
                        "key": own.key,
                        "knots": own.knots.tolist(),
                        "strains": own.strains.tolist(),
                    }
                    for own in each.stretches
                ],
                "row": int(each.place[0]),
                "column": int(each.place[1]),
                "colour": each.fold.colour.tolist(),
                "response": each.fold.response.tolist(),
            }
        )
    facts = {
        "rows": folds.shape[0],
        "columns": folds.shape[1],
        "to_photo": folds.to_photo.tolist(),
        "amounts": AMOUNTS.tolist(),
        "depth_step": DEPTH_STEP,
        "flattened_at": FLATTENED_AT,
        "most_by_tension": MOST_BY_TENSION,
        "folds": listed,
    }
    return LivePart(facts, arrays)
