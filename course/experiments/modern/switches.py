"""Lesson 13: one small GPT, trained with one switch at a time.

Everything but the switch stays: the letters, the number of parameters where a switch would change
it, the steps and the learning rate. The seed draws the initial weights and the rows of each step.
The learning rate was chosen for RoPE alone, so differences under 0.03 nats decide nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from time import process_time
from typing import Any

import torch
from torch import Tensor

from course.checkpoint import one_row, random_rows
from gptcore.corpus import load, load_documents
from gptcore.model import GPT, GPTConfig
from gptcore.tokenizers import CharTokenizer
from gptcore.training import TrainConfig
from gptcore.training.optimizers import clip_grad_norm, make_optimizers, set_lr
from gptcore.training.schedule import learning_rate

VAL_EVERY = 10  # one letter (Shakespeare) or story in so many is validation data
CURVE_STEPS = 25  # steps of which the mean training loss is one point of a curve


@dataclass(frozen=True)
class Setup:
    """A model before any switch, and how it is trained.

    Example:
        >>> Setup(GPTConfig(rope=True), batch_size=8, steps=600, learning_rate=8e-3).steps
        600
    """

    config: GPTConfig
    batch_size: int
    steps: int
    learning_rate: float
    optimizer: str = "adamw"
    use_positions: bool = True


def small(vocab_size: int) -> Setup:
    """The larger setup: 4 layers, 64 wide, T = 64; 10 to 20 s of a processor."""
    config = GPTConfig(64, vocab_size, n_layer=4, n_head=4, n_embd=64, rope=True)
    return Setup(replace(config, init_by_width=True), 8, 600, 8e-3)


def tiny(vocab_size: int) -> Setup:
    """The setup of most runs: 2 layers, 32 wide, T = 32; about 4 s of a processor."""
    config = GPTConfig(32, vocab_size, n_layer=2, n_head=4, n_embd=32, rope=True)
    return Setup(replace(config, init_by_width=True), 16, 600, 1.6e-2)


# Name -> fields that change: of the config, or of the setup (optimizer, use_positions, steps).
QK_NORM = {"qk_norm": True, "rmsnorm_weight": True}
MODERN = {**QK_NORM, "norm": "rmsnorm", "activation": "relu2", "zero_init_proj": True}
MOE = {"n_experts": 4, "experts_per_token": 1}
SWITCHES: dict[str, dict[str, Any]] = {
    "rope": {},
    "learned positions": {"rope": False},
    "no positions": {"rope": False, "use_positions": False},
    "rmsnorm": {"norm": "rmsnorm"},
    "rmsnorm with weight": {"norm": "rmsnorm", "rmsnorm_weight": True},
    "swiglu": {"activation": "swiglu"},
    "relu2": {"activation": "relu2"},
    "qk-norm": QK_NORM,
    "qk-norm without weight": {"qk_norm": True},
    "soft-cap": {"logit_softcap": 15.0},
    "gqa": {"n_kv_head": 2},
    "mqa": {"n_kv_head": 1},
    "untied head": {"tie_weights": False},
    "zero projections": {"zero_init_proj": True},
    "4 experts": {**MOE, "router_aux_loss_coef": 0.0},
    "4 experts + balancing": MOE,
    "muon": {"optimizer": "muon"},
    "modern": MODERN,
    "modern + muon": {**MODERN, "optimizer": "muon"},
}


@dataclass(frozen=True)
class Letters:
    """A text as ids, in two parts."""

    tokenizer: CharTokenizer
    train: Tensor
    val: Tensor


@dataclass(frozen=True)
class SwitchRun:
    """What one training run gave."""

    model: GPT
    loss: float
    """validation loss in nats per letter"""
    seconds: float
    """of the processor, in training alone"""
    curve: list[float]
    """mean training loss of each 25 steps"""
    load: list[list[float]]
    """fraction of the validation letters that each expert got, for each layer; empty without"""

    @property
    def parameters(self) -> int:
        """Number of parameters of the model."""
        return sum(weight.numel() for weight in self.model.parameters())


@cache
def letters(name: str) -> Letters:
    """A text of ours as letters: the last tenth is validation data, or every tenth story.

    Args:
        name: shakespeare, or a text of documents such as stories.
    """
    if name == "shakespeare":
        text = load(name)
        tokenizer = CharTokenizer.train([text])
        ids = torch.tensor(tokenizer.encode(text))
        cut = len(ids) - len(ids) // VAL_EVERY
        return Letters(tokenizer, ids[:cut], ids[cut:])
    documents = load_documents(name)
    tokenizer = CharTokenizer.train(documents)
    train = [document for i, document in enumerate(documents, 1) if i % VAL_EVERY]
    val = documents[VAL_EVERY - 1 :: VAL_EVERY]
    return Letters(tokenizer, one_row(train, tokenizer), one_row(val, tokenizer))


def with_switch(setup: Setup, fields: Mapping[str, Any]) -> Setup:
    """The setup with some fields of its own, or of its config, changed.

    A gate gets a narrower MLP and fewer keys a wider one, so that models have equal sizes.

    Args:
        setup: The setup before.
        fields: New values, as in `SWITCHES`.
    """
    own = {name: value for name, value in fields.items() if name in Setup.__dataclass_fields__}
    sizes = {name: value for name, value in fields.items() if name not in own}
    config = replace(setup.config, **sizes)
    if config.is_gated or config.n_kv_head:
        config = replace(config, intermediate_size=equal_mlp_size(config, setup.config))
    return replace(setup, config=config, **own)


def equal_mlp_size(config: GPTConfig, like: GPTConfig) -> int:
    """The width of the MLP with which a block has as many weights as a block of another model.

    Args:
        config: The model with a gate, or with fewer keys and values.
        like: The other model.
    """
    C, fewer = config.n_embd, like.kv_heads - config.kv_heads
    weights = 2 * C * like.mlp_size + 2 * C * config.head_dim * fewer
    return round(weights / (C * (3 if config.is_gated else 2)))


def train_switch(
    setup: Setup,
    text: Letters,
    seed: int,
    eval_letters: int = 51_200,
    prepare: Callable[[GPT], GPT] = lambda model: model,
) -> SwitchRun:
    """Train one model, and measure it.

    Args:
        setup: Model and training.
        text: What it reads.
        seed: Of the initial weights and of the rows.
        eval_letters: How many validation letters are read.
        prepare: Changes the untrained model.
    """
    settings = TrainConfig(
        max_steps=setup.steps,
        batch_size=setup.batch_size,
        learning_rate=setup.learning_rate,
        min_learning_rate=0.0,
        warmup_steps=setup.steps // 20,
        optimizer=setup.optimizer,
    )
    model = prepare(GPT(setup.config, torch.Generator().manual_seed(seed)))
    optimizers = make_optimizers(model, settings)
    rows = torch.Generator().manual_seed(10_000 + seed)
    losses, started = [], process_time()
    for step in range(1, setup.steps + 1):
        x, y = random_rows(text.train, setup.config.block_size, setup.batch_size, rows)
        _, loss = model(x, y, use_positions=setup.use_positions)
        loss.backward()
        clip_grad_norm(model.parameters(), settings.grad_clip)
        set_lr(optimizers, learning_rate(settings, step))
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        losses.append(loss.detach())
    seconds = process_time() - started
    parts = torch.stack(losses).split(CURVE_STEPS)
    curve = [part.mean().item() for part in parts]
    val, load = measure(model, text.val[: eval_letters + 1], setup.use_positions)
    return SwitchRun(model, val, seconds, curve, load)


@torch.no_grad()
def measure(
    model: GPT, ids: Tensor, use_positions: bool = True, block_size: int | None = None
) -> tuple[float, list[list[float]]]:
    """Validation loss in nats per letter, and the load of the experts for each layer.

    Args:
        model: The model.
        ids: The text, shape (N,).
        use_positions: Whether the model is told positions.
        block_size: Length of a row; None: the model's.
    """
    model.eval()
    T = block_size or model.config.block_size
    experts = [block.mlp for block in model.h if hasattr(block.mlp, "router")]
    total, load = 0.0, torch.zeros(len(experts), model.config.n_experts or 0)
    rows = ids.unfold(0, T + 1, T)  # (N,) -> (rows, T + 1)
    for part in rows.split(64):
        _, loss = model(part[:, :-1], part[:, 1:], use_positions=use_positions)
        total += loss.item() * len(part)
        for layer, expert in enumerate(experts):
            load[layer] += expert.load * len(part)  # type: ignore[operator]  # any module's
    return total / len(rows), (load / len(rows)).tolist()
