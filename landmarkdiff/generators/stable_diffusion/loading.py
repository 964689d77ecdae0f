"""Loads networks from local folders, through ``from_pretrained``, and shares them.

Nothing here reads a pickle, except a catalogued one whose sum was checked and which torch reads
with ``weights_only``; nothing opens a socket. What does not fit its own configuration (a tensor
missing, another shape) is refused instead of being filled with random numbers. Networks that
two modes use are in memory once.
"""

from __future__ import annotations

import threading
from typing import Any
from weakref import WeakValueDictionary

from landmarkdiff.configuration import DiffusionSettings
from landmarkdiff.errors import ModeUnavailableError, WeightsCorruptError
from landmarkdiff.generators.stable_diffusion.offline import go_offline, quiet
from landmarkdiff.generators.stable_diffusion.selection import ChosenModel
from landmarkdiff.notices import Reason
from landmarkdiff.runtime.device import Device
from landmarkdiff.weights.reading import first_line, readable

__all__ = ["NetworkShelf", "import_packages"]

_FEW_STEP = "few_step"
#: Networks of this process by what they were made from; gone when nobody uses them.
_shared: WeakValueDictionary[tuple[object, ...], Any] = WeakValueDictionary()
_lock = threading.RLock()


def import_packages() -> None:
    """Import what the networks need, off the network.

    Raises
    ------
    ModeUnavailableError
        A package is installed but cannot be imported.
    """
    go_offline()
    try:
        import diffusers  # noqa: F401
        import peft  # noqa: F401
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except (ImportError, OSError, RuntimeError) as error:
        raise ModeUnavailableError(
            "repainting_package_broken", problem=first_line(error)
        ) from error


class NetworkShelf:
    """Loads networks for one device and precision.

    Parameters
    ----------
    device : Device
    settings : DiffusionSettings
        Its ``compile`` and ``channels_last``.
    """

    def __init__(self, device: Device, settings: DiffusionSettings) -> None:
        import torch

        self.device = device
        self.dtype = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[
            device.precision
        ]
        self._channels_last = settings.channels_last
        self._compile = settings.compile

    @property
    def place(self) -> str:
        """Where networks wait: on the device, or in the computer's memory."""
        return "cpu" if self.device.offload else self.device.name

    def finish(self, network: Any) -> None:
        """Compile a network that was made from a loaded one, if networks are compiled."""
        if self._compile:
            network.compile()

    def words(self, base: ChosenModel) -> tuple[Any, Any]:
        """Return tokenizer and text encoder of a base model, which must fit each other."""
        from transformers import CLIPTextModel, CLIPTokenizer

        with quiet(), readable(base.title):
            tokenizer = CLIPTokenizer.from_pretrained(
                base.path, subfolder="tokenizer", local_files_only=True
            )
        encoder = self._network(CLIPTextModel, base, "text_encoder", images=False)
        if len(tokenizer) != encoder.config.vocab_size:
            raise WeightsCorruptError(
                "tokenizer_of_other_model",
                title=base.title,
                count=len(tokenizer),
                most=encoder.config.vocab_size,
            )
        longest = encoder.config.max_position_embeddings
        tokenizer.model_max_length = min(tokenizer.model_max_length, longest)
        return tokenizer, encoder

    def schedule(self, base: ChosenModel) -> dict[str, Any]:
        """Return the noise schedule that a base model was trained with."""
        from diffusers import DDIMScheduler

        with quiet(), readable(base.title):
            return dict(
                DDIMScheduler.load_config(base.path, subfolder="scheduler", local_files_only=True)
            )

    def unet(self, base: ChosenModel, few_step: ChosenModel | None) -> Any:
        """Return the UNet of a base model, with a few-step LoRA fused into it."""
        from diffusers import UNet2DConditionModel

        return self._network(UNet2DConditionModel, base, "unet", few_step=few_step, compiled=True)

    def vae(self, base: ChosenModel) -> Any:
        """Return the autoencoder of a base model, in fp32 whatever the precision.

        In fp16 its activations can pass 65504, and bf16's eight bits show in skin. On graphics
        cards its convolutions run in TF32, so that this costs little.
        """
        import torch
        from diffusers import AutoencoderKL

        return self._network(AutoencoderKL, base, "vae", dtype=torch.float32)

    def controlnet(self, chosen: ChosenModel) -> Any:
        """Return a ControlNet."""
        from diffusers import ControlNetModel

        return self._network(ControlNetModel, chosen, compiled=True)

    def image_encoder(self, chosen: ChosenModel) -> Any:
        """Return the CLIP vision model of an identity adapter."""
        from transformers import CLIPVisionModelWithProjection

        return self._network(CLIPVisionModelWithProjection, chosen, images=False)

    def step_preview(self, chosen: ChosenModel) -> Any:
        """Return the small decoder of step previews."""
        from diffusers import AutoencoderTiny

        return self._network(AutoencoderTiny, chosen, resident=True)

    def _network(
        self,
        kind: Any,
        chosen: ChosenModel,
        subfolder: str | None = None,
        *,
        dtype: Any = None,
        few_step: ChosenModel | None = None,
        images: bool = True,
        compiled: bool = False,
        resident: bool = False,
    ) -> Any:
        """Return a network that is in memory already, or load it.

        ``images`` are networks of pictures, for which ``channels_last`` counts; ``resident``
        ones stay on the device even when others are offloaded.
        """
        dtype = dtype or self.dtype
        place = self.device.name if resident else self.place
        channels_last = images and self._channels_last
        compiled = compiled and self._compile
        files = [*chosen.checkpoints(), *(few_step.checkpoints() if few_step else ())]
        stats = tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files)
        key = (kind, subfolder, dtype, place, self.device.name, channels_last, compiled, stats)
        with _lock:
            network = _shared.get(key)
            if network is None:
                network = self._loaded(kind, chosen, subfolder, dtype)
                if few_step is not None:
                    _fuse(network, few_step)
                network.requires_grad_(False)
                network.eval()
                if channels_last:
                    import torch

                    network.to(memory_format=torch.channels_last)
                network.to(place)
                if compiled:
                    network.compile()
                _shared[key] = network
            return network

    @staticmethod
    def _loaded(kind: Any, chosen: ChosenModel, subfolder: str | None, dtype: Any) -> Any:
        folder = chosen.path / subfolder if subfolder else chosen.path
        weights = [path for path in chosen.checkpoints() if path.parent == folder]
        half = any(".fp16" in path.name for path in weights)
        transformers_kind = kind.__module__.startswith("transformers")
        with quiet(), readable(chosen.title):
            network, info = kind.from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                variant="fp16" if half else None,
                output_loading_info=True,
                **{"dtype" if transformers_kind else "torch_dtype": dtype},
            )
        wrong = [*info["missing_keys"], *info["mismatched_keys"], *info["error_msgs"]]
        if wrong:
            title = chosen.title
            if subfolder:
                title = Reason.of("model_part", title=title, part=subfolder)
            raise WeightsCorruptError(
                "model_contents_differ",
                title=title,
                count=len(wrong),
                tensor=str(wrong[0]),
            )
        return network


def _fuse(unet: Any, few_step: ChosenModel) -> None:
    """Add a few-step LoRA to the weights of a UNet, so that it costs no time.

    Raises
    ------
    WeightsCorruptError
        The file cannot be read, or parts of it belong to no layer of this UNet.
    """
    from diffusers import StableDiffusionPipeline

    with quiet(), readable(few_step.title):
        weights, alphas = StableDiffusionPipeline.lora_state_dict(
            few_step.path.parent,
            weight_name=few_step.path.name,
            local_files_only=True,
            use_safetensors=True,
        )
        StableDiffusionPipeline.load_lora_into_unet(
            weights, network_alphas=alphas, unet=unet, adapter_name=_FEW_STEP
        )
    layers = sum(name.endswith(f"lora_A.{_FEW_STEP}") for name, _ in unet.named_modules())
    if layers == 0 or layers != sum(_is_down(name) for name in weights):
        raise WeightsCorruptError(
            "lora_of_other_base",
            title=few_step.title,
            layers=layers,
            parts=sum(_is_down(name) for name in weights),
        )
    unet.fuse_lora(adapter_names=[_FEW_STEP])
    unet.unload_lora()


def _is_down(name: str) -> bool:
    """Whether a tensor is the first of the two of a LoRA layer, in any of the spellings."""
    return any(mark in name for mark in ("lora_A.", "lora_down.", "lora.down.", "_lora.down"))
