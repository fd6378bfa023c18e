"""Presets: runs with a name, each with its model sizes, training settings and text.

A preset lists only what differs from the defaults of `GPTConfig` and `TrainConfig`.
Source: shakespeare-char: nanoGPT's config of that name; fineweb-40m: the run whose curve is in the
    lessons; Muon and the switches of -fast: modded-nanogpt's records 2 to 5; the switches of
    -modern: what helped small models of ours on five seeds (lesson 13) and on stories
    (benchmarks/LOG.md, 2026-11-28).
"""

from dataclasses import dataclass, field
from typing import Any

from gptcore.checks import check_choice
from gptcore.model.config import GPTConfig
from gptcore.training.config import TrainConfig


@dataclass(frozen=True)
class Preset:
    """A run with a name.

    Attributes:
        about: One line for the command line.
        train: Settings of the training.
        model: Fields of `GPTConfig` that differ from its defaults.
        text: Name of a text that is learned character by character; None if shards must be given.
        start: Prompt of a sample; empty for the token between two documents.

    Example:
        >>> Preset("my run", config, {"n_layer": 2}).config(vocab_size=64).n_layer
        2
    """

    about: str
    train: TrainConfig
    model: dict[str, Any] = field(default_factory=dict)
    text: str | None = None
    start: str = ""

    def config(self, vocab_size: int | None = None) -> GPTConfig:
        """Return the sizes of the model.

        Args:
            vocab_size: Used if the preset has none, as for a text with a tokenizer of its own.

        Returns:
            The sizes.
        """
        return GPTConfig(**({"vocab_size": vocab_size} if vocab_size else {}) | self.model)


GPT2_SIZES = {"block_size": 1024, "vocab_size": 50304, "n_layer": 12, "n_head": 12}
FAST = {
    "activation": "relu2",
    "rope": True,
    "qk_norm": True,
    "zero_init_proj": True,
    "norm": "rmsnorm",
}
MODERN = {
    "activation": "swiglu",
    "rope": True,
    "zero_init_proj": True,
    "init_by_width": True,
}
FINEWEB_40M = TrainConfig(
    max_steps=6000,
    batch_size=16,
    grad_accum=32,
    learning_rate=5e-4,
    min_learning_rate=5e-5,
    warmup_steps=700,
    eval_tokens=1_048_576,
    compile=True,
)

STORIES_CPU = TrainConfig(
    max_steps=2000,
    batch_size=12,
    learning_rate=5e-3,
    min_learning_rate=0.0,
    warmup_steps=50,
    optimizer="muon",
    eval_tokens=16_384,
)
STORIES_SIZES = {"block_size": 128, "n_layer": 4, "n_head": 4, "n_embd": 128}
FINEWEB_40M_FAST = TrainConfig(
    max_steps=3000,
    batch_size=16,
    grad_accum=32,
    learning_rate=3e-3,
    min_learning_rate=0.0,
    warmup_steps=100,
    schedule="wsd",
    decay_steps=900,
    optimizer="muon",
    eval_tokens=1_048_576,
    compile=True,
)

# All presets by name.
PRESETS: dict[str, Preset] = {
    "names": Preset(
        "a small GPT invents first names; half a minute on a CPU, no --data",
        TrainConfig(
            max_steps=1000,
            batch_size=32,
            learning_rate=3e-3,
            min_learning_rate=3e-4,
            eval_every=100,
            eval_tokens=2048,
            checkpoint_every=100,
        ),
        {"block_size": 32, "n_layer": 2, "n_head": 4, "n_embd": 32, "dropout": 0.1},
        text="names",
    ),
    "stories-cpu": Preset(
        "a GPT tells stories, whose lowest possible loss is known; minutes, no --data",
        STORIES_CPU,
        {**STORIES_SIZES, **FAST},
        text="stories",
    ),
    "stories-cpu-modern": Preset(
        "the same with SwiGLU, LayerNorm and first weights by width: a lower loss in as many steps",
        STORIES_CPU,
        {**STORIES_SIZES, **MODERN},
        text="stories",
    ),
    "shakespeare-char": Preset(
        "nanoGPT's run of that name, for comparison: 10.7M parameters, made for a GPU",
        TrainConfig(
            max_steps=5000,
            batch_size=64,
            learning_rate=1e-3,
            min_learning_rate=1e-4,
            beta2=0.99,
            eval_tokens=102_400,
            compile=True,
        ),
        {"block_size": 256, "n_layer": 6, "n_head": 6, "n_embd": 384, "dropout": 0.2},
        text="shakespeare",
        start="\n",
    ),
    "fineweb-40m": Preset(
        "40.95M parameters, 3.1B tokens of FineWeb; a night on a GPU with 12 GB",
        FINEWEB_40M,
        {**GPT2_SIZES, "n_embd": 384},
    ),
    "fineweb-40m-fast": Preset(
        "the same data, and fewer tokens to the same loss: Muon, RoPE, QK-norm, ReLU squared",
        FINEWEB_40M_FAST,
        {**GPT2_SIZES, "n_embd": 384, **FAST},
    ),
    "fineweb-40m-modern": Preset(
        "the same data with SwiGLU, QK-norm and first weights by width; not yet run on a GPU",
        FINEWEB_40M_FAST,
        {**GPT2_SIZES, "n_embd": 384, **MODERN, "qk_norm": True},
    ),
    "fineweb-124m": Preset(
        "the size of GPT-2, 124M parameters, 10B tokens of FineWeb",
        TrainConfig(
            max_steps=19_000,
            batch_size=16,
            grad_accum=32,
            learning_rate=6e-4,
            min_learning_rate=6e-5,
            warmup_steps=700,
            eval_tokens=1_048_576,
            compile=True,
        ),
        {**GPT2_SIZES, "n_embd": 768},
    ),
}


def find_preset(name: str) -> Preset:
    """Return the preset of that name.

    Args:
        name: Its name.

    Returns:
        The preset.

    Raises:
        ValueError: If there is none; the message has the nearest name.

    Example:
        >>> find_preset("names").text
        'names'
    """
    check_choice(name, "preset", PRESETS)
    return PRESETS[name]
