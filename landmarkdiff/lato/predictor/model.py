"""A vision-language model of a folder, held to a grammar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ModeUnavailableError, WeightsError
from landmarkdiff.runtime.device import choose_device
from landmarkdiff.weights.checkpoints import check_own_model
from landmarkdiff.weights.reading import readable

__all__ = ["MODEL", "ConstrainedModel", "load_model", "vision_language"]

#: The model that this was made for: Apache-2.0, 2.1 billion parameters, 4.3 GB.
MODEL = "Qwen/Qwen3-VL-2B-Instruct"
#: Most tokens of an answer: 68 points of seven letters and three short stages, a letter each.
MOST_TOKENS = 2400


class ConstrainedModel:
    """A model with its processor, whose answers are texts of a grammar.

    Parameters
    ----------
    model : transformers model
        That generates text from a picture and text.
    processor : transformers processor
        With its tokenizer and a chat template.
    """

    def __init__(self, model: Any, processor: Any) -> None:
        import xgrammar

        self.model, self.processor = model.eval(), processor
        width = int(model.get_output_embeddings().weight.shape[0])
        told = xgrammar.TokenizerInfo.from_huggingface(processor.tokenizer, vocab_size=width)
        self._compiler = xgrammar.GrammarCompiler(told)
        self._compiled: dict[str, Any] = {}

    def answer(
        self,
        picture: ImageArray,
        question: str,
        grammar: str,
        *,
        seed: int | None = None,
        most_tokens: int = MOST_TOKENS,
    ) -> str:
        """Return an answer that is a text of a grammar.

        Parameters
        ----------
        picture : (H, W, 3) uint8 array
            RGB.
        question : str
        grammar : str
            In lark's notation, of texts of a limited length.
        seed : int, optional
            Draw the answer; the most likely token is taken each time otherwise.
        most_tokens : int

        Returns
        -------
        str
            Complete, unless it has ``most_tokens``.
        """
        import torch
        from xgrammar.contrib.hf import LogitsProcessor

        inputs = self._inputs(picture, question)
        length = inputs["input_ids"].shape[1]
        held = LogitsProcessor(self._grammar(grammar))
        options: dict[str, Any] = {"do_sample": seed is not None}
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            if seed is not None:
                torch.manual_seed(seed)
            tokens = self.model.generate(
                **inputs, max_new_tokens=most_tokens, logits_processor=[held], **options
            )
        decoded = self.processor.tokenizer.decode(
            tokens[0, length:], skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return str(decoded)

    def _grammar(self, grammar: str) -> Any:
        import xgrammar

        if grammar not in self._compiled:
            read = xgrammar.Grammar.from_lark(grammar)
            self._compiled[grammar] = self._compiler.compile_grammar(read)
        return self._compiled[grammar]

    def _inputs(self, picture: ImageArray, question: str) -> Any:
        from PIL import Image

        shown = Image.fromarray(np.ascontiguousarray(picture))
        content = [{"type": "image", "image": shown}, {"type": "text", "text": question}]
        inputs = self.processor.apply_chat_template(
            [{"role": "user", "content": content}],
            tokenize=True,
            add_generation_prompt=True,
            return_dict=True,
            return_tensors="pt",
        )
        return inputs.to(self.model.device)


def vision_language(folder: Path, **options: Any) -> tuple[Any, Any]:
    """Return processor and model of a local folder; nothing is fetched, unpickled or run of it.

    Parameters
    ----------
    folder : Path
    **options
        Further arguments of the model's ``from_pretrained``.

    Raises
    ------
    WeightsError
        The folder holds no such model, a damaged one, or a pickle.
    """
    from transformers import AutoModelForImageTextToText, AutoProcessor

    check_own_model(folder)
    local = {"local_files_only": True, "trust_remote_code": False}
    with readable(folder.name):
        processor = AutoProcessor.from_pretrained(folder, **local)
        model = AutoModelForImageTextToText.from_pretrained(
            folder, **local, use_safetensors=True, **options
        )
    return processor, model


def load_model(folder: Path, *, device: str = "auto") -> ConstrainedModel:
    """Load a model of a local folder; nothing is fetched and no code of the folder is run.

    Parameters
    ----------
    folder : Path
        As ``hf download`` writes it: configuration, tokenizer, safetensors.
    device : str
        As in the configuration; the best of this machine otherwise.

    Raises
    ------
    ModeUnavailableError
        A package is missing, or the folder holds no model of this kind.
    """
    try:
        import torch
        import transformers  # noqa: F401  # is it here?
        import xgrammar  # noqa: F401
    except ImportError as failure:
        raise ModeUnavailableError("predictor_packages", package=str(failure.name)) from failure
    if not (folder / "config.json").is_file():
        raise ModeUnavailableError("predictor_missing", name=folder.name, model=MODEL)
    chosen = choose_device(device)
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    try:
        processor, model = vision_language(folder, dtype=dtype[chosen.precision])
    except WeightsError as failure:
        raise ModeUnavailableError("predictor_damaged", name=folder.name, model=MODEL) from failure
    return ConstrainedModel(model.to(chosen.name), processor)
