"""What the tests of the metrics share: plans carried out once on a portrait."""

from __future__ import annotations

import pytest

from landmarkdiff.evaluation.networks import Networks
from landmarkdiff.procedures.planning import make_plan


@pytest.fixture(scope="session")
def networks(pipeline) -> Networks:
    """The pipeline, and nothing that has to be put into a weights folder."""
    return Networks(pipeline=pipeline, no_lpips="no AlexNet", no_inception="no Inception")


@pytest.fixture(scope="session")
def brow_lifts(pipeline, prepared_portraits):
    """A brow lift, the same lift twice as high, and one downward, on one portrait."""
    prepared = prepared_portraits["astronaut"]
    whole = make_plan("brow_lift", prepared.landmarks, intensity=60)
    values = {item.name: item.value for item in whole.effects}
    plans = {"right": whole}
    for name, times in (("half", 0.5), ("opposite", -1.0)):
        effects = {effect: times * value for effect, value in values.items()}
        plans[name] = make_plan("brow_lift", prepared.landmarks, effects=effects, unlock=True)
    return {
        name: pipeline.generate(prepared, plan=plan, verify=False) for name, plan in plans.items()
    }
