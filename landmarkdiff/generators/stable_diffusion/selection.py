"""Which models a mode uses, found and checked without loading any: no torch in here.

A model is named in the catalogue or is a folder or file of the user's own. Everything that is
lacking is told at once; a licence that the policy forbids is told first.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from landmarkdiff.configuration import (
    Configuration,
    ControlNetChoice,
    FewStepChoice,
    ModelChoice,
)
from landmarkdiff.errors import ModeUnavailableError, ParameterError, WeightsError
from landmarkdiff.generators.base import ModelRecord
from landmarkdiff.generators.mode import Mode
from landmarkdiff.notices import Reason
from landmarkdiff.weights import (
    CatalogueEntry,
    check_own_model,
    inspect,
    permit,
    permit_own,
    problems,
    require,
    sum_of,
    sums,
)
from landmarkdiff.weights.catalogue import Drawing
from landmarkdiff.wording import Message

__all__ = ["ChosenModel", "Selection", "select_models"]

#: What the repainting modes import.
PACKAGES = (
    "torch",
    "torchvision",
    "diffusers",
    "transformers",
    "accelerate",
    "safetensors",
    "peft",
)
#: What must lie in the folder of a base model.
_BASE_FILES = (
    "unet/config.json",
    "vae/config.json",
    "text_encoder/config.json",
    "tokenizer/tokenizer_config.json",
    "scheduler/scheduler_config.json",
)
#: Parts of a base model that are networks; its safety checker, which blurs skin, is not loaded.
BASE_NETWORKS = ("text_encoder", "unet", "vae")
#: Channels of the latents: a base model of another kind has more.
_LATENT_CHANNELS = 4


Trait = TypeVar("Trait", bound=str)


@dataclass(frozen=True)
class ChosenModel:
    """A model that a mode uses.

    Attributes
    ----------
    kind : str
        Its kind in the catalogue's words.
    name : str
        Its name in the catalogue, or that of its own folder or file.
    path : Path
        What ``from_pretrained`` reads: a folder; of an adapter or LoRA, the file.
    entry : CatalogueEntry or None
        None for a model of one's own.
    conditioning : str or None
        The drawing that a ControlNet reads.
    scale : float
        The share of a ControlNet.
    scheduler : str or None
        That of a few-step LoRA.
    """

    kind: str
    name: str
    path: Path
    entry: CatalogueEntry | None = None
    conditioning: Drawing | None = None
    scale: float = 0.0
    scheduler: str | None = None

    @property
    def title(self) -> Reason:
        """What the model is, for people."""
        return Reason.of(f"title_{self.kind}", name=self.name)

    def checkpoints(self) -> tuple[Path, ...]:
        """Return the files with weights that are loaded."""
        if self.path.is_file():
            return (self.path,)
        folders = [self.path]
        if self.kind == "base":
            folders = [self.path / part for part in BASE_NETWORKS]
        return tuple(path for folder in folders for path in _weight_files(folder))

    def require(self, policy: str) -> None:
        """Check every sum, header and licence.

        Raises
        ------
        WeightsError, LicenceError
        """
        if self.entry is not None:
            require(self.name, policy)
        else:
            check_own_model(self.path)

    def sums(self) -> dict[str, str]:
        """Return name and SHA-256 of every file of the model that is loaded."""
        if self.entry is not None:
            return sums(self.name)
        if self.path.is_file():
            return {self.name: sum_of(self.path, None)}
        files = self.checkpoints()
        return {
            f"{self.name}/{p.relative_to(self.path).as_posix()}": sum_of(p, None) for p in files
        }

    def record(self) -> ModelRecord:
        """Return what the result says of the model."""
        if self.entry is None:
            return ModelRecord(self.kind, self.name, self.sums())
        return ModelRecord(
            self.kind, self.name, self.sums(), self.entry.repository, self.entry.revision
        )


@dataclass(frozen=True)
class Selection:
    """Every model of a mode.

    ``identity`` says what the adapter reads: ``image`` (CLIP), ``face`` (ArcFace), or None.
    """

    base: ChosenModel
    controlnets: tuple[ChosenModel, ...] = ()
    ip_adapter: ChosenModel | None = None
    image_encoder: ChosenModel | None = None
    few_step: ChosenModel | None = None
    step_preview: ChosenModel | None = None
    identity: str | None = None

    @property
    def networks(self) -> int:
        """How many networks are loaded, for the progress of it.

        The base model is three (text encoder, autoencoder, UNet), and a few-step LoRA becomes
        part of its UNet.
        """
        return 2 + sum(chosen.kind != "lora" for chosen in self.models())

    def models(self) -> Iterator[ChosenModel]:
        """Go through all models in the order in which they are loaded."""
        yield self.base
        if self.few_step is not None:
            yield self.few_step
        yield from self.controlnets
        for chosen in (self.image_encoder, self.ip_adapter, self.step_preview):
            if chosen is not None:
                yield chosen


def select_models(
    mode: Mode,
    configuration: Configuration,
    channels: Sequence[int] = (_LATENT_CHANNELS,),
) -> Selection:
    """Find every model of a mode and check what can be checked without loading it.

    Parameters
    ----------
    mode : Mode
    configuration : Configuration
    channels : sequence of int
        Channels that the input of the base model may have; the app paints with four.

    Raises
    ------
    LicenceError
        The policy forbids a model.
    ModeUnavailableError
        One sentence with everything that is missing or unusable.
    ParameterError
        A model is named where one of another kind belongs.
    """
    finder = _Finder(configuration)
    settings = configuration.diffusion
    base = finder.find("base", settings.base)
    controlnets = []
    if mode.controlled:
        controlnets = [finder.find_controlnet(choice) for choice in settings.controlnets]
    ip_adapter = image_encoder = identity = None
    if "ip_adapter" in mode.reads:
        ip_adapter = finder.find("ip_adapter", settings.ip_adapter)
        identity = _identity_of(ip_adapter)
        if identity == "face":
            finder.require_arcface()
        elif identity == "image":
            image_encoder = finder.find("image_encoder", settings.image_encoder)
    few_step = step_preview = None
    if settings.few_step is not None:
        few_step = finder.find_few_step(settings.few_step)
    if settings.step_preview is not None:
        step_preview = finder.find("step_preview", settings.step_preview)
    if not finder.lacks:
        _check_shapes(base, controlnets, channels, finder.lacks)
    missing = [name for name in PACKAGES if not _installed(name)]
    if missing:
        finder.lacks.insert(0, Reason.of("packages_missing", packages=missing))
    if finder.lacks:
        raise ModeUnavailableError(
            "mode_unavailable",
            mode=mode.name,
            reasons=finder.lacks,
            pull=" ".join(finder.absent) or None,
        )
    return Selection(
        base, tuple(controlnets), ip_adapter, image_encoder, few_step, step_preview, identity
    )


class _Finder:
    """Finds models one by one and collects what they lack."""

    def __init__(self, configuration: Configuration) -> None:
        self.policy = configuration.licence_policy
        self._identity = configuration.identity
        self.lacks: list[Message] = []
        self.absent: list[str] = []

    def find(self, kind: str, choice: ModelChoice) -> ChosenModel:
        """Return a model, wherever it is; what is wrong with it goes to ``lacks``."""
        if choice.name is not None:
            return self._catalogued(kind, choice.name)
        assert choice.path is not None  # noqa: S101  # a choice has a name or a path
        place = choice.path / choice.subfolder if choice.subfolder else choice.path
        chosen = ChosenModel(kind, choice.path.name, place)
        permit_own(chosen.title, choice.commercial_use, self.policy)
        try:
            check_own_model(choice.path, choice.subfolder)
        except WeightsError as error:
            self.lacks.append(error)
            return chosen
        wants_file = kind in {"ip_adapter", "lora"}
        if chosen.path.is_file() != wants_file:
            code = "model_must_be_file" if wants_file else "model_must_be_folder"
            self.lacks.append(Reason.of(code, title=chosen.title))
            return chosen
        files = _BASE_FILES if kind == "base" else () if wants_file else ("config.json",)
        absent = [name for name in files if not (chosen.path / name).is_file()]
        if absent:
            self.lacks.append(Reason.of("model_lacks_files", title=chosen.title, files=absent))
        elif not all(path.is_file() for path in chosen.checkpoints()):
            self.lacks.append(Reason.of("model_lacks_weights", title=chosen.title))
        return chosen

    def find_controlnet(self, choice: ControlNetChoice) -> ChosenModel:
        """Return a ControlNet with the drawing that it reads."""
        found = self.find("controlnet", choice)
        own = None if found.entry is None else found.entry.conditioning
        drawing: Drawing | None = _agreed(found, "conditioning", choice.conditioning, own)
        return replace(found, conditioning=drawing, scale=choice.scale)

    def find_few_step(self, choice: FewStepChoice) -> ChosenModel:
        """Return a few-step LoRA with the scheduler that it was distilled for."""
        found = self.find("lora", choice)
        few_step = None if found.entry is None else found.entry.few_step
        own = None if few_step is None else few_step.scheduler
        return replace(found, scheduler=_agreed(found, "scheduler", choice.scheduler, own))

    def _catalogued(self, kind: str, name: str) -> ChosenModel:
        permit(name, self.policy)
        found = inspect(name)
        entry = found.entry
        if entry.kind != kind:
            raise ParameterError(
                "model_of_other_kind", name=name, title=Reason(f"kind_{kind}"), kind=entry.kind
            )
        folder = found.path
        if folder is None or found.damaged:
            self.require_file(name)
        path = (folder or Path()) / (entry.checkpoint if kind in {"ip_adapter", "lora"} else "")
        return ChosenModel(kind, name, path, entry)

    def require_file(self, name: str) -> None:
        """Note what keeps a model or file of the catalogue from being used."""
        permit(name, self.policy)
        for problem in problems([name], self.policy):
            if problem.params.get("pull") is None:
                self.lacks.append(problem)
            else:  # what is to be pulled is said once, for all together
                self.lacks.append(WeightsError(problem.code, **{**problem.params, "pull": None}))
                self.absent.append(name)

    def require_arcface(self) -> None:
        """Note what keeps ArcFace from being used: the catalogue's, or a file of one's own."""
        path = self._identity.path
        if path is None or self._identity.model != "arcface":
            self.require_file("arcface_buffalo_l")
            return
        permit_own(Reason("face_embedding"), self._identity.commercial_use, self.policy)
        if not path.is_file():
            self.lacks.append(Reason.of("own_embedding_missing", file=path.name))


def _agreed(
    chosen: ChosenModel, what: str, wanted: Trait | None, own: Trait | None
) -> Trait | None:
    """Return what a model was made for, where the configuration does not say something else."""
    if own is not None and wanted not in (None, own):
        raise ParameterError(
            "model_made_for_other", name=chosen.name, key=what, wanted=wanted, own=own
        )
    return wanted if own is None else own


def _weight_files(folder: Path) -> tuple[Path, ...]:
    """Return the checkpoint of a network: the plain files, or where there are none the fp16 ones.

    Large checkpoints come in numbered parts.
    """
    found = sorted(folder.glob("*.safetensors"))
    half = [path for path in found if ".fp16" in path.name]
    plain = [path for path in found if path not in half and ".non_ema" not in path.name]
    return tuple(plain or half) or (folder / "diffusion_pytorch_model.safetensors",)


def _identity_of(adapter: ChosenModel) -> str | None:
    """Return what an identity adapter reads; None if its file cannot tell (it is lacking)."""
    if adapter.entry is not None:
        return "face" if any("arcface" in name for name in adapter.entry.needs) else "image"
    if not adapter.path.is_file() or adapter.path.suffix != ".safetensors":
        return None
    with adapter.path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        keys = set(json.loads(stream.read(length)))
    if "image_proj.perceiver_resampler.proj_in.weight" in keys:
        raise ModeUnavailableError("adapter_reads_both", title=adapter.title)
    # The adapter that reads the whole grid of CLIP's patches ends in a norm of its own, proj.3.
    reads_face = "image_proj.norm.weight" in keys and "image_proj.proj.3.weight" not in keys
    return "face" if reads_face else "image"


def _check_shapes(
    base: ChosenModel,
    controlnets: list[ChosenModel],
    channels: Sequence[int],
    lacks: list[Message],
) -> None:
    """Refuse networks that are not made for each other, by their configurations."""
    unet = _json(base.path / "unet" / "config.json", base, lacks)
    if unet.get("in_channels", _LATENT_CHANNELS) not in channels:
        lacks.append(Reason.of("model_of_other_channels", title=base.title))
    for chosen in controlnets:
        net = _json(chosen.path / "config.json", chosen, lacks)
        for key in ("cross_attention_dim", "block_out_channels"):
            if key in net and key in unet and net[key] != unet[key]:
                lacks.append(
                    Reason.of(
                        "model_made_for_another", title=chosen.title, other=base.title, key=key
                    )
                )
                break


def _installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def _json(path: Path, chosen: ChosenModel, lacks: list[Message]) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        data = None
    if not isinstance(data, dict):
        lacks.append(
            Reason.of("model_configuration_unreadable", title=chosen.title, file=path.name)
        )
        return {}
    return data
