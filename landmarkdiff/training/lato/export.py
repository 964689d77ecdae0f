"""What a training of edits gives away: a file of weights beside its base, and a card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from landmarkdiff.lato.editing.weights import write_trained
from landmarkdiff.photo import write_text
from landmarkdiff.training.checkpoints import RunState, read_checkpoint
from landmarkdiff.training.export import check_free, may_be_sold, new_folder
from landmarkdiff.training.lato.settings import LatoSettings
from landmarkdiff.version import __version__

__all__ = ["WEIGHTS", "edit_card", "export_edits"]

#: The file that ``lato.trained`` of the app's configuration names.
WEIGHTS = "lato.safetensors"


def export_edits(checkpoint: Path, out: Path, *, averaged: bool = True) -> Path:
    """Write the weights of a checkpoint with a card; return the file of weights.

    Parameters
    ----------
    checkpoint, out : Path
    averaged : bool
        The moving average, or the weights of the last update.

    Raises
    ------
    OutputError
        The folder is there already, or cannot be written.
    LandmarkDiffError
        The checkpoint cannot be used, or is not of a training of edits.
    """
    check_free(out)
    found = read_checkpoint(checkpoint)
    settings = LatoSettings.from_dict(found.state.settings)
    with new_folder(out) as staging:
        tensors = found.average if averaged else found.trained
        write_trained(staging / WEIGHTS, tensors, settings.model.lora_rank)
        write_text(staging / "README.md", edit_card(found.state, averaged=averaged))
    return out / WEIGHTS


def edit_card(state: RunState, *, averaged: bool = True) -> str:
    """Return the card of a checkpoint as Markdown."""
    settings = LatoSettings.from_dict(state.settings)
    fit, data = settings.training, settings.data
    terms = {name: value for name, value in settings.losses.weights if value}
    error = "not judged" if state.error is None else f"{state.error:.5f}"
    lines: list[Any] = [
        f"# LandmarkDiff edits with landmark tokens, phase {settings.phase}, "
        f"{state.update} updates",
        "",
        "Simulation. A picture made with these weights is a simulation of a discussed goal, not a",
        "prediction of a result.",
        "",
        f"- Base: `{settings.model.base.name}`; a LoRA of rank {settings.model.lora_rank}, the",
        "  landmark adapter and the tokens that stand for no landmarks.",
        f"- Weights: {'moving average' if averaged else 'of the last update'}, fp32.",
        f"- {state.update} updates of {state.of_update} pairs of {data.width} x {data.height}",
        f"  pixels, learning rate {fit.learning_rate:g}.",
        f"- {100 * data.dropout:g} % of the samples without landmarks, as many without words.",
        "- Terms: " + ", ".join(f"{name} {value:g}" for name, value in terms.items()) + ".",
        f"- Error of the velocity on other people: {error}.",
        f"- LandmarkDiff {__version__}, seed {fit.seed}.",
        "",
        "## Data",
        "",
        f"- {state.data['pairs']} pairs.",
    ]
    licences: dict[str, int] = {}
    for kind in ("edits", "shards"):
        facts = state.data.get(kind)
        if facts:
            licences |= facts["licences"]
            lines.append(f"- {kind}: {facts['photos']} photos of {facts['people']} people.")
            counted = ", ".join(f"{name}: {n}" for name, n in facts["licences"].items())
            lines.append(f"  Licences: {counted}.")
    sold = may_be_sold(settings.licence_policy, licences)
    lines += [
        "- Commercial use: " + ("as the base's licence says." if sold else "no, research alone."),
    ]
    limits = (
        "## Limits",
        "",
        "- Surgery is not in the landmark tokens: it comes with the warped source, and the program",
        "  checks the picture against the plan.",
        "- People whom the data shows rarely are painted worse; see the counts above.",
        "",
    )
    return "\n".join([*lines, "", *limits])
