"""Loading and saving a model: its own folder, and the files of other programs.

A folder of `save` holds `model.safetensors`, which is complete, and `config.json` for people. What
other programs write is translated by `gptcore.formats`.
"""

import json
from collections.abc import Collection
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol, Self

import torch
from torch import Tensor, nn

from gptcore.checks import as_int, as_path
from gptcore.formats.gguf import read_gguf
from gptcore.formats.huggingface import from_hf_names, read_hf, write_hf
from gptcore.formats.nanogpt import read_nanogpt
from gptcore.formats.weights import WEIGHTS_NAME, check_state_dict, load_tensors, write_model
from gptcore.json_text import parse_json
from gptcore.model.adapters.lora_linear import adapt_as_in, adapted_layers
from gptcore.model.config import GPTConfig
from gptcore.model.state_dict import (
    EMBEDDING,
    HEAD,
    are_equal,
    drop_masks,
    strip_wrappers,
    tie_or_untie,
)


class SavesPretrained(Protocol):
    """A tokenizer that transformers can load when it is saved."""

    @property
    def end_of_text(self) -> int | None:
        """The token between two documents."""

    @property
    def stop_ids(self) -> list[int]:
        """The ids after which nothing more is generated."""

    def save_pretrained(self, folder: Path) -> None:
        """Write the files of the tokenizer into a folder."""


class PreTrainedModel(nn.Module):
    """A model made from a config alone, whose head may be tied to its token embedding."""

    config: GPTConfig
    wte: nn.Embedding
    lm_head: nn.Linear

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.config = config

    @classmethod
    def from_hf(
        cls,
        folder_or_name: str | Path,
        *,
        block_size: int | None = None,
        ignore_fields: Collection[str] = (),
    ) -> Self:
        """Load a GPT-2 or a model of the Llama family from Hugging Face, in eval mode.

        Read are GPT-2, Llama, SmolLM2, TinyLlama, Mistral, Qwen2, Qwen3 and Mixtral, from
        safetensors only.

        Args:
            folder_or_name: A folder with `config.json` and weights, or a hub name such as "gpt2".
            block_size: A shorter context than the model's; None takes the model's.
            ignore_fields: Fields of `config.json` that gptcore does not know, and that do not
                change what the model computes.

        Returns:
            The model, with dropout 0.

        Raises:
            ValueError: If it is another architecture, or has a setting that is not computed here.

        Example:
            >>> GPT(sizes).to_hf("out")
            >>> GPT.from_hf("out").config.n_embd
            32
        """
        fields, tensors = read_hf(folder_or_name, ignore_fields)
        fields = shorten(fields, block_size)
        return cls.from_state_dict(GPTConfig(**fields), tensors, str(folder_or_name))

    @classmethod
    def from_gguf(cls, file: str | Path, *, block_size: int | None = None) -> Self:
        """Load a model of the Llama family from a GGUF file, as 32-bit numbers, in eval mode.

        Args:
            file: Such as SmolLM2-135M-Instruct.Q4_1.gguf; quantized weights are expanded.
            block_size: A shorter context than the model's; None takes the model's.

        Returns:
            The model, with dropout 0.

        Raises:
            ValueError: If it is another architecture or an unknown quantization.
            OSError: If the file is incomplete.
        """
        fields, tensors = from_hf_names(*read_gguf(as_path(file, "The GGUF file")))
        return cls.from_state_dict(GPTConfig(**shorten(fields, block_size)), tensors, str(file))

    def to_hf(self, folder: str | Path, tokenizer: SavesPretrained | None = None) -> None:
        """Write a folder that transformers' AutoModelForCausalLM and AutoTokenizer load.

        A model with RoPE, RMSNorm and a gated MLP is written as one of the Llama family, any other
        as GPT-2.

        Args:
            folder: Where `model.safetensors` and `config.json` are written.
            tokenizer: Is written beside them, and `generate` of transformers stops where it says;
                without it AutoTokenizer has nothing to load.

        Raises:
            ValueError: If transformers has no such model, or this one has LoRA adapters.
        """
        path = as_path(folder, "The folder")
        if any(True for _ in adapted_layers(self)):
            raise ValueError(
                "The model has LoRA adapters, and a folder of Hugging Face has no place for them. "
                "Write the merged model: merge_lora(model).to_hf(folder)."
            )
        fields = asdict(self.effective_config()) | {"intermediate_size": self.config.mlp_size}
        if tokenizer is None:
            write_hf(path, fields, self.unique_state_dict())
            return
        write_hf(path, fields, self.unique_state_dict(), tokenizer.end_of_text, tokenizer.stop_ids)
        tokenizer.save_pretrained(path)

    @classmethod
    def from_nanogpt(cls, file: str | Path) -> Self:
        """Load a checkpoint of nanoGPT, in eval mode.

        Args:
            file: What nanoGPT's train.py wrote: out/ckpt.pt.

        Returns:
            The model, with dropout 0.
        """
        fields, tensors = read_nanogpt(as_path(file, "The checkpoint"))
        return cls.from_state_dict(GPTConfig(**fields), tensors, str(file))

    def save(self, folder: str | Path) -> None:
        """Write `model.safetensors`, which is complete, and `config.json` for people to read.

        Args:
            folder: Is created if it does not exist.
        """
        sizes = asdict(self.effective_config())
        metadata = {"config": json.dumps(sizes)}
        write_model(as_path(folder, "The folder"), self.unique_state_dict(), sizes, metadata)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Load what `save` wrote, in the dtype it had, in eval mode.

        Args:
            folder: What was given to `save`.

        Returns:
            The model.

        Raises:
            ValueError: If `save` of this version did not write the folder.
        """
        file = as_path(folder, "The folder") / WEIGHTS_NAME
        tensors, metadata = load_tensors(file)
        if "quantized_model" in metadata:
            raise ValueError(
                f"{file} is a quantized model: load it by gptcore.quantization.load_quantized."
            )
        if "config" not in metadata:
            raise ValueError(
                f"{file} has no sizes in its header, so GPT.save did not write it. "
                f"A folder of Hugging Face is loaded by GPT.from_hf."
            )
        try:
            config = GPTConfig(**parse_json(metadata["config"]))
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{folder} was saved by another version of gptcore: {error}."
            ) from None
        return cls.from_state_dict(config, tensors, str(folder))

    @classmethod
    def from_state_dict(cls, config: GPTConfig, tensors: dict[str, Tensor], origin: str) -> Self:
        """A GPT of these sizes that uses these tensors without copying them, in eval mode.

        Args:
            config: Hyperparameters of the model.
            tensors: A state dict under our names, perhaps with names of wrappers in them.
            origin: Where the tensors are from, for errors.

        Returns:
            The model; untied if the tensors have a head that differs from the embedding.

        Raises:
            ValueError: If tensors are missing, unknown or of another shape; the error names them.
        """
        tensors = drop_masks(strip_wrappers(tensors, origin), config, origin)
        config, tensors = tie_or_untie(config, tensors)
        with torch.device("meta"):  # initial weights would be thrown away
            model = cls(config)
            adapt_as_in(model, tensors)
        check_state_dict(model.unique_state_dict(), tensors, origin)
        model.load_state_dict(tensors, strict=False, assign=True)
        if config.tie_weights:
            model.lm_head.weight = model.wte.weight
        return model.eval()

    def unique_state_dict(self) -> dict[str, Tensor]:
        """The state dict with every tensor once: a tied head is only in as token embedding."""
        shared = {HEAD} if self.is_tied else set()
        return {name: t for name, t in self.state_dict().items() if name not in shared}

    def effective_config(self) -> GPTConfig:
        """The config, with `tie_weights` as the weights are: the head may have been replaced."""
        return replace(self.config, tie_weights=self.is_tied)

    @property
    def is_tied(self) -> bool:
        """Whether the head equals the token embedding now, whatever `config.tie_weights` says."""
        head, embedding = self.lm_head.weight, self.wte.weight
        return head is embedding or (self.config.tie_weights and are_equal(head, embedding))

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *rest: Any) -> None:
        """Refuse to load two different matrices into the one of a tied model.

        Trap: PyTorch would do so without a word.
        """
        head, embedding = state_dict.get(prefix + HEAD), state_dict.get(prefix + EMBEDDING)
        if (
            self.config.tie_weights
            and head is not None
            and embedding is not None
            and not are_equal(head, embedding)
        ):
            raise ValueError(
                f"{prefix}{HEAD} and {prefix}{EMBEDDING} differ, and this model has one matrix "
                f"for both (tie_weights=True). Make it with GPTConfig(..., tie_weights=False)."
            )
        super()._load_from_state_dict(state_dict, prefix, *rest)


def shorten(fields: dict[str, Any], block_size: int | None) -> dict[str, Any]:
    """The fields of a loaded config with a shorter context; ValueError for a longer one."""
    if block_size is None:
        return fields
    learned = fields["block_size"]
    if as_int(block_size, "block_size", 1) > learned:
        raise ValueError(
            f"block_size={block_size} is longer than the {learned} tokens that the model learned "
            f"from, and its positions are not scaled. Keep {learned} or fewer; or build it with "
            f"rope_scaling=RopeScaling(...) or sliding_window={learned} in its GPTConfig."
        )
    return {**fields, "block_size": block_size}
