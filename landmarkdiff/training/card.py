"""The model card: what was trained on what, how it was judged, what it is not for."""

from __future__ import annotations

from typing import Any

from landmarkdiff.training.checkpoints import RunState
from landmarkdiff.training.settings import TrainingSettings
from landmarkdiff.version import __version__

__all__ = ["model_card"]


def model_card(state: RunState, *, averaged: bool = True) -> str:
    """Return the card of a checkpoint as Markdown."""
    settings = TrainingSettings.from_dict(state.settings)
    model, fit = settings.model, settings.training
    start = "a copy of the encoder of the UNet" if model.controlnet is None else "a ControlNet"
    weights = settings.losses.weights.model_dump()
    error = "not judged" if state.error is None else f"{state.error:.5f}"
    return "\n".join(
        [
            f"# LandmarkDiff {model.method}, phase {settings.phase}, {state.update} updates",
            "",
            "Simulation of discussed facial procedures. A picture made with these weights is a",
            "simulation of a discussed goal, not a prediction of a result.",
            "",
            "## Model",
            "",
            f"- Base: `{model.base.name or 'a model of its owner'}`; trained: {model.method}, from "
            f"{start if model.method != 'lora' else f'a LoRA of rank {model.lora_rank}'}.",
            f"- Drawing: `{model.drawing}`, scale {model.conditioning_scale:g}.",
            f"- Weights: {'moving average' if averaged else 'of the last update'}, fp32.",
            "",
            "## Training",
            "",
            f"- {state.update} updates of {state.of_update} pairs of {settings.data.size} pixels, "
            f"learning rate {fit.learning_rate:g} ({fit.lr_scheduler}, {fit.warmup_steps} updates "
            "of warm-up).",
            "- Terms: " + ", ".join(f"{name} {value:g}" for name, value in weights.items()) + ".",
            f"- Error inside the mask on other people: {error}.",
            f"- LandmarkDiff {__version__}, seed {fit.seed}.",
            "",
            "## Data",
            "",
            *_lineage(state.data),
            "",
            "## Limits",
            "",
            "- Trained on reverse pairs: the target is an untouched photo, the source the photo",
            "  warped by the inverse of a plan. Healing, swelling and scars are in none of them.",
            "- Geometry is the plan's: pictures that move it are refused by the program's guard.",
            "- People whom the data shows rarely are repainted worse; see the counts above.",
            "",
        ]
    )


def _lineage(data: dict[str, Any]) -> list[str]:
    """Return the lines about the data, without a name of anyone."""
    lines = [f"- {data['pairs']} pairs."]
    lines += [
        f"- {key.replace('_', ' ').capitalize()}: {data[key]}."
        for key in ("photos", "people", "made_from")
        if data.get(key) is not None
    ]
    for key in ("licences", "tones"):
        if data.get(key):
            counted = ", ".join(f"{name}: {count}" for name, count in data[key].items())
            lines.append(f"- {key.capitalize()}: {counted}.")
    for name, digest in data.get("shards", {}).items():
        lines.append(f"- Shard `{name}`: SHA-256 `{digest}`.")
    return lines
