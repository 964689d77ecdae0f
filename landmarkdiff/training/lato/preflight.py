"""What is looked at before a long training of edits."""

from __future__ import annotations

from landmarkdiff.training.lato.data import open_edits
from landmarkdiff.training.lato.settings import LatoSettings
from landmarkdiff.training.preflight import (
    Finding,
    checked,
    look_at_device,
    look_at_folder,
    look_at_numbers,
    look_at_packages,
    look_at_terms,
    passes_over,
)

__all__ = ["preflight_edits"]


def preflight_edits(settings: LatoSettings) -> list[Finding]:
    """Look at packages, device, base, data, disk; nothing is loaded or written."""
    found = [look_at_packages()]
    if not found[0].well:
        return found
    return [
        *found,
        look_at_numbers(settings, _method(settings)),
        checked("device", lambda: look_at_device(settings)),
        checked("base", lambda: _base(settings)),
        look_at_terms(settings),
        checked("data", lambda: _data(settings)),
        look_at_folder(settings, _trained_weights(settings)),
    ]


def _method(settings: LatoSettings) -> str:
    return f"phase {settings.phase}, LoRA of rank {settings.model.lora_rank}"


def _base(settings: LatoSettings) -> str:
    from landmarkdiff.lato.editing.bases import check_folder
    from landmarkdiff.weights.checkpoints import check_own_model

    check_folder(settings.model.base)
    check_own_model(settings.model.base)
    return settings.model.base.name


def _data(settings: LatoSettings) -> str:
    sets = open_edits(settings.data)
    return (
        f"{len(sets.train)} pairs, judged by {len(sets.validation)} of others; "
        f"{passes_over(settings, len(sets.train)):.1f} times over"
    )


def _trained_weights(settings: LatoSettings) -> int:
    """Count the weights that are trained, from the base's configuration; 0 where it is unread."""
    import torch

    from landmarkdiff.lato.editing.denoiser import EditDenoiser
    from landmarkdiff.lato.editing.weights import add_lora
    from landmarkdiff.lato.tokenizer.model import CODE_WIDTH
    from landmarkdiff.lato.transformer.flux import LandmarkFlux2Transformer

    if not (settings.model.base / "transformer" / "config.json").is_file():
        return 0
    with torch.device("meta"):
        config = LandmarkFlux2Transformer.load_config(
            settings.model.base, subfolder="transformer", local_files_only=True
        )
        transformer = LandmarkFlux2Transformer.from_config(config)
        transformer.add_landmarks(CODE_WIDTH)
        denoiser = EditDenoiser(transformer)
        add_lora(denoiser, settings.model.lora_rank, 0)
    return sum(weight.numel() for weight in denoiser.parameters() if weight.requires_grad)
