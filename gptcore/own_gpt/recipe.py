"""The recipe: which model, how it is trained, and from what it starts."""

from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from gptcore.checks import as_finite, as_int, check_choice, did_you_mean
from gptcore.model.config import GPTConfig
from gptcore.training.config import TrainConfig

NOTHING, NAMES_GPT = "nothing", "names-gpt"
STARTS = (NOTHING, NAMES_GPT)
TOKENIZERS = ("characters", "bpe")
SWITCHES: dict[str, Any] = {  # the parts of lesson 13 that help a small model
    "rope": True,
    "qk_norm": True,
    "norm": "rmsnorm",
    "activation": "relu2",
    "zero_init_proj": True,
}


@dataclass(frozen=True)
class Recipe:
    """How a model is made of a text.

    Raises:
        ValueError: If a value is impossible; the message says the rule.

    Example:
        >>> plan(["emma", "olivia"] * 20, max_steps=50).max_steps
        50
    """

    tokenizer: str = "characters"
    """characters, or bpe: pieces of words, for long running texts"""
    vocab_size: int = 512
    """tokens, with bpe"""
    n_layer: int = 2
    """blocks"""
    n_head: int = 4
    """attention heads in a block"""
    n_embd: int = 64
    """width of the residual stream"""
    block_size: int = 16
    """the most tokens that the model takes"""
    dropout: float = 0.0
    """fraction of activations that is set to 0 in training, against overfitting"""
    start: str = NOTHING
    """nothing (random weights), or names-gpt: the weights of a model of given names"""
    max_steps: int = 1000
    """updates of the weights; training ends earlier if the held-out loss no longer falls"""
    batch_size: int = 64
    """lines, or pieces of text, in one update"""
    learning_rate: float = 3e-3
    """the highest learning rate; it falls to 0"""
    eval_every: int = 25
    """steps between two measurements of the held-out loss"""
    patience: int = 250
    """training ends this many steps after the best held-out loss"""
    seed: int = 1
    """seed of the split, of the weights and of the order of lines"""
    reasons: dict[str, str] = field(default_factory=dict, compare=False)
    """why, for each setting"""
    warnings: tuple[str, ...] = field(default=(), compare=False)
    """what the text is too small or too odd for"""

    def __post_init__(self) -> None:
        check_choice(self.tokenizer, "tokenizer", TOKENIZERS)
        check_choice(self.start, "start", STARTS)
        for name in ("max_steps", "batch_size", "eval_every", "patience"):
            as_int(getattr(self, name), name, 1)
        as_finite(self.learning_rate, "learning_rate", above=0)
        self.model_config(2)
        self.train_config()

    def model_config(self, vocab_size: int) -> GPTConfig:
        """The sizes of the model.

        Args:
            vocab_size: Tokens of its tokenizer.
        """
        sizes = {name: getattr(self, name) for name in ("n_layer", "n_head", "n_embd")}
        return GPTConfig(
            block_size=self.block_size,
            vocab_size=vocab_size,
            dropout=self.dropout,
            **sizes,
            **SWITCHES,
        )

    def train_config(self, device: str = "cpu") -> TrainConfig:
        """The settings of the training; a checkpoint is kept at each measurement.

        Args:
            device: Where it runs.
        """
        warmup = min(30 if self.start == NOTHING else 10, self.max_steps // 3)
        return TrainConfig(
            max_steps=self.max_steps,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            min_learning_rate=0.0,
            warmup_steps=warmup,
            schedule="wsd",
            decay_steps=self.max_steps - warmup,
            optimizer="muon",
            eval_every=self.eval_every,
            checkpoint_every=self.eval_every,
            keep_checkpoints=1,
            device=device,
            seed=self.seed,
        )

    def rows(self) -> list[tuple[str, str, str]]:
        """Settings to show: name, value, reason.

        Example:
            >>> Recipe(dropout=0.3, reasons={"dropout": "a small text"}).rows()
            [('dropout', '0.3', 'a small text')]
        """
        return [(name, str(getattr(self, name)), why) for name, why in self.reasons.items()]

    def with_changes(self, **changes: Any) -> Self:
        """The recipe with other settings.

        Args:
            **changes: Fields.

        Raises:
            ValueError: If there is no such field, or a value is impossible.
        """
        known = [f.name for f in fields(self) if f.name not in ("reasons", "warnings")]
        for name in changes:
            if name not in known:
                raise ValueError(
                    f"A recipe has no {name!r}.{did_you_mean(name, known)} It has: "
                    f"{', '.join(known)}."
                )
        chosen = {name: "as it was chosen" for name in changes if name != "seed"}
        return replace(self, **changes, reasons={**self.reasons, **chosen})
