"""What is looked at before a long run: everything that would end it, in a few seconds."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.training.checkpoints import list_checkpoints
from landmarkdiff.training.data import open_sets
from landmarkdiff.training.settings import PhasedSettings, RunSettings, TrainingSettings

__all__ = [
    "Finding",
    "checked",
    "look_at_device",
    "look_at_folder",
    "look_at_numbers",
    "look_at_packages",
    "look_at_terms",
    "passes_over",
    "preflight",
]

#: What training imports beyond repainting.
PACKAGES = (
    "torch",
    "diffusers",
    "transformers",
    "accelerate",
    "peft",
    "safetensors",
)
#: Checkpoints are weights, average and two moments of each weight, fp32.
BYTES_PER_WEIGHT = 4 * 4


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is well, and what was found."""

    subject: str
    well: bool
    text: str


def preflight(settings: TrainingSettings) -> list[Finding]:
    """Look at packages, device, models, terms, data, disk; nothing is loaded or written."""
    found = [look_at_packages()]
    if not found[0].well:
        return found
    return [
        *found,
        look_at_numbers(settings, f"phase {settings.phase}, {settings.model.method}"),
        checked("device", lambda: look_at_device(settings)),
        checked("models", lambda: _models(settings)),
        look_at_terms(settings),
        checked("data", lambda: _data(settings)),
        look_at_folder(settings, _trained_weights(settings)),
    ]


def checked(subject: str, look: Callable[[], str]) -> Finding:
    """Return what a look found, or the one sentence of what is wrong."""
    try:
        return Finding(subject, True, look())
    except LandmarkDiffError as error:
        return Finding(subject, False, str(error))


def look_at_packages() -> Finding:
    """Look whether all that training imports is installed."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        text = f"missing: {', '.join(missing)}; pip install 'landmarkdiff[train]'"
        return Finding("packages", False, text)
    board = importlib.util.find_spec("tensorboard") is not None
    return Finding("packages", True, "all there" if board else "all there, but no tensorboard")


def look_at_numbers(settings: RunSettings, method: str) -> Finding:
    """Look at updates, pairs and the warm-up; ``method`` says in words what is trained."""
    fit = settings.training
    text = (
        f"{fit.num_train_steps} updates of {_of_update(settings)} pairs on {_ranks()} device(s), "
        f"{method}"
    )
    well = fit.warmup_steps < fit.num_train_steps
    return Finding("numbers", well, text if well else f"{text}; the warm-up is longer than that")


def _ranks() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))


def _of_update(settings: RunSettings) -> int:
    fit = settings.training
    return fit.batch_size * fit.gradient_accumulation_steps * _ranks()


def passes_over(settings: RunSettings, pairs: int) -> float:
    """Return how many times a run goes over so many pairs."""
    return settings.training.num_train_steps * _of_update(settings) / pairs


def look_at_device(settings: RunSettings) -> str:
    """Return the device of a run in words."""
    from landmarkdiff.training.placement import chosen_device

    device = chosen_device(settings.training)
    memory = "" if device.memory_bytes is None else f", {device.memory_bytes / 1e9:.0f} GB"
    return f"{device.title}{memory}, passes in {device.precision}"


def _models(settings: TrainingSettings) -> str:
    from landmarkdiff.training.networks import select_networks

    selection = select_networks(settings)
    for chosen in selection.models():
        chosen.require(settings.licence_policy)
    return ", ".join(chosen.name for chosen in selection.models())


def look_at_terms(settings: PhasedSettings) -> Finding:
    """Look whether every term of the loss has its network."""
    from landmarkdiff.training.image_terms import unavailable_terms

    lacking = unavailable_terms(settings)
    terms = ["diffusion", *settings.image_terms]
    text = ", ".join(
        f"{term} unavailable ({lacking[term]})" if term in lacking else term for term in terms
    )
    return Finding("terms", not lacking, text)


def _data(settings: TrainingSettings) -> str:
    sets = open_sets(settings.data)
    people = len(set(sets.train.persons)), len(set(sets.validation.persons))
    return (
        f"{len(sets.train)} pairs of {people[0]} people, judged by {people[1]} others; "
        f"{passes_over(settings, len(sets.train)):.1f} times over"
    )


def look_at_folder(settings: RunSettings, weights: int) -> Finding:
    """Look whether the checkpoints of so many trained weights can be written; 0 is not known."""
    kept = settings.checkpoints
    place = kept.out
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        return Finding("folder", False, f"{kept.out} cannot be written")
    free = shutil.disk_usage(place).free
    need = (kept.best + kept.latest + 1) * BYTES_PER_WEIGHT * weights
    size = f"up to {need / 1e9:.1f} GB" if weights else "what cannot be told without the networks"
    text = f"{free / 1e9:.1f} GB free, checkpoints take {size}"
    earlier = len(list_checkpoints(kept.out)) if kept.out.is_dir() else 0
    if earlier:
        text += f"; {earlier} checkpoint(s) of a run are there, --resume latest goes on"
    return Finding("folder", free > need, text)


def _trained_weights(settings: TrainingSettings) -> int:
    """Count the weights that are trained, from configurations alone; 0 where they are unread."""
    import torch
    from diffusers import ControlNetModel, UNet2DConditionModel

    from landmarkdiff.training.networks import select_networks

    try:
        folder: Path = select_networks(settings).base.path
    except LandmarkDiffError:
        return 0
    with torch.device("meta"):
        config = UNet2DConditionModel.load_config(folder, subfolder="unet", local_files_only=True)
        unet = UNet2DConditionModel.from_config(config)
        method = settings.model.method
        counted = 0
        if method == "lora":
            rank = settings.model.lora_rank
            for name, part in unet.named_modules():
                if isinstance(part, torch.nn.Linear) and ".attn" in name:
                    counted += rank * (part.in_features + part.out_features)
            return counted
        controlnet = ControlNetModel.from_unet(unet, load_weights_from_unet=False)
        counted = sum(weight.numel() for weight in controlnet.parameters())
        if method == "full":
            counted += sum(weight.numel() for weight in unet.parameters())
    return counted
