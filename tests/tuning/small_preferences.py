"""A run of preferences that takes a second: of two digits, the larger one is preferred."""

from collections.abc import Iterator

import torch

from gptcore.model import GPT, GPTConfig
from gptcore.tokenizers import CharTokenizer
from gptcore.tuning import (
    CHAT_TOKENS,
    ChatFormat,
    DPOConfig,
    DPOStep,
    PreferencePair,
    optimize_preferences,
)

CHAT = ChatFormat(CharTokenizer("0123456789?", special_tokens=CHAT_TOKENS.values()))
PAIRS = [
    PreferencePair([{"role": "user", "content": f"{a}{b}?"}], str(b) * n, str(a))
    for a in range(4) for b, n in ((a + 1, 1), (a + 3, 2))
]  # fmt: skip


def new_model(seed: int = 1, dropout: float = 0.0) -> GPT:
    sizes = GPTConfig(
        vocab_size=CHAT.tokenizer.vocab_size, block_size=12, n_layer=1, n_head=2, n_embd=16,
        dropout=dropout, init_by_width=True,
    )  # fmt: skip
    return GPT(sizes, torch.Generator().manual_seed(seed))


def run(model: GPT, pairs=PAIRS, **settings) -> Iterator[DPOStep]:
    names = ("out_dir", "resume", "reference")
    options = {name: settings.pop(name) for name in names if name in settings}
    defaults = {"max_steps": 8, "warmup_steps": 1, "pairs_per_step": 6, "checkpoint_every": 2}
    config = DPOConfig(**(defaults | {"learning_rate": 3e-3} | settings))
    return optimize_preferences(model, pairs, CHAT, config, **options)
