"""Settings of a run of `on_gpu.py`: device, sizes, and files."""

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from gptcore.corpus import Batches, is_downloaded
from gptcore.model import GPT, GPTConfig
from gptcore.training import PRESETS, TrainConfig, write_char_shards
from gptcore.training.cost.budget import preset_vocab_size
from gptcore.training.throughput import RandomBatches

NEVER = 1_000_000
SHAPES = {"40M": "fineweb-40m", "124M": "fineweb-124m"}  # the models whose speed is measured
TINY: dict[str, Any] = {"block_size": 32, "n_layer": 2, "n_head": 2, "n_embd": 32}
TINY_VOCAB = 512  # in place of GPT-2's

Record = dict[str, Any]
Check = tuple[str, Callable[[], Iterator[Record]]]  # a name, and what yields its records


class BatchSource(Protocol):
    """A source of batches (`gptcore.corpus.Batches` or random ids)."""

    batch_size: int
    block_size: int

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]: ...


@dataclass(frozen=True)
class Settings:
    """One run of `on_gpu.py`.

    Attributes:
        device: Device of PyTorch, such as "cuda" or "cpu".
        tiny: Whether sizes are tiny, to test the program.
        work: Folder for temporary files.
        shards: Shards of FineWeb with GPT-2's tokens, from `gptcore prepare`.
        nanogpt: A checkout of nanoGPT.
        keep: Folder for the logs of recorded runs.
    """

    device: str
    tiny: bool
    work: Path
    shards: Path | None = None
    nanogpt: Path | None = None
    keep: Path | None = None

    @property
    def on_gpu(self) -> bool:
        return self.device.startswith("cuda")

    def pick(self, full: Any, tiny: Any) -> Any:
        """The first value, or the second if the run is tiny."""
        return tiny if self.tiny else full

    def model_config(self, preset: str) -> GPTConfig:
        """The model config of a preset, with tiny sizes if the run is tiny."""
        config = PRESETS[preset].config(preset_vocab_size(PRESETS[preset]))
        if not self.tiny:
            return config
        vocab_size = TINY_VOCAB if PRESETS[preset].text is None else config.vocab_size
        return replace(config, vocab_size=vocab_size, **TINY)

    def train_config(self, preset: str, **changes: Any) -> TrainConfig:
        """The training config of a preset on this device, without evaluations."""
        defaults = {"device": self.device, "eval_every": NEVER, "checkpoint_every": NEVER}
        return replace(PRESETS[preset].train, **{**defaults, **changes})

    def batches(self, preset: str, config: TrainConfig, model: GPTConfig) -> BatchSource:
        """Batches of the text of a preset if it is downloaded, else random ids."""
        size = {"batch_size": config.batch_size, "block_size": model.block_size}
        folder, text = self.shards, PRESETS[preset].text
        if text is not None:
            folder = self.work / f"shards-{text}" if is_downloaded(text) else None
            if folder is not None and not folder.exists():
                write_char_shards(text, folder)
        if folder is None or model.vocab_size == TINY_VOCAB:
            return RandomBatches(**size, vocab_size=model.vocab_size)
        return Batches(folder, **size, seed=config.seed)


def new_model(config: GPTConfig, seed: int = 1337) -> GPT:
    """A model with the same initial weights each time."""
    return GPT(config, torch.Generator().manual_seed(seed))


def free_memory() -> None:
    """Free compiled code and unused memory before the next measurement."""
    gc.collect()
    torch._dynamo.reset()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
