"""The recipe: which model, how it is trained and from what it starts, by what the text is like.

The numbers were measured on lists of 149 to 29,494 lines (`docs/own_gpt.md`): what counts is how
many letters there are to learn from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from gptcore.checks import as_finite, as_int, check_choice, did_you_mean
from gptcore.model.config import GPTConfig
from gptcore.own_gpt.text_lines import TextLines
from gptcore.training.config import TrainConfig

NOTHING, NAMES_GPT = "nothing", "names-gpt"
STARTS = (NOTHING, NAMES_GPT)
TOKENIZERS = ("characters", "bpe")
FEW, MANY = 300, 10_000  # lines: below, a model of names is the start; above, a larger one pays
WARN_BELOW = 100  # lines
SMALL_TEXT = 40_000  # letters, as of 5,000 names: below, dropout helps
LARGE_TEXT = 300_000  # letters of a running text for which a larger model pays
KNOWN_SHARE = 0.8  # of the letters must be known to names-gpt, or it is no help as a start
MEAN_OF_NAMES = 20  # letters; longer lines on average are no names
OF_NAMES_GPT = {"n_layer": 2, "n_head": 4, "n_embd": 64, "tokenizer": "characters"}
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
        return [(name, f"{getattr(self, name):}", why) for name, why in self.reasons.items()]

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


def plan(text: TextLines | Sequence[str], **changes: Any) -> Recipe:
    """Propose a recipe for a text.

    Args:
        text: From `read_lines`, or lines.
        **changes: Settings that are not proposed but taken as they are.

    Returns:
        The recipe, with a reason for each setting.

    Raises:
        ValueError: If a setting does not exist, or is impossible.

    Example:
        >>> recipe = plan([f"name {i}" for i in range(2000)])
        >>> recipe.n_embd, recipe.dropout, recipe.start
        (64, 0.3, 'nothing')
    """
    if not isinstance(text, TextLines):
        text = TextLines(tuple(dict.fromkeys(text)))
    recipe = plan_text(text) if text.is_running_text else plan_lines(text, changes)
    return recipe.with_changes(**{k: v for k, v in changes.items() if v is not None})


def plan_lines(text: TextLines, changes: dict[str, Any]) -> Recipe:
    """A recipe for a list; sizes that names-gpt does not have rule it out as a start."""
    count, letters = len(text.lines), text.n_letters
    longest = max(map(len, text.lines), default=1)
    mean = letters / max(1, count)
    is_small = letters + count < SMALL_TEXT
    block_size = max(16, longest + 1)
    reasons = {
        "tokenizer": f"{len(text.characters):,} different letters; each is a token",
        "block_size": f"the longest line has {longest:,} letters",
    }
    chosen, reasons["start"] = choose_start(text, changes)
    batch_size = 64 if mean < 25 else 32
    epochs = (25 if is_small else 12) * max(1.0, mean / 12)
    max_steps = min(1500, max(300, round(epochs * 0.9 * count / batch_size, -2)))
    size = f"{letters:,} letters in {count:,} lines"
    more = "; a larger one pays: --n_layer 4 --n_embd 128 takes four times as long"
    return Recipe(
        start=chosen,
        block_size=block_size,
        dropout=0.3 if is_small else 0.0,
        max_steps=int(max_steps),
        batch_size=batch_size,
        eval_every=max(10, 5 * round(max_steps / 200)),
        patience=int(max_steps) // 4,
        reasons={
            **reasons,
            "n_layer": f"{size}{more if count > MANY else ''}",
            "n_embd": "with 2 layers about 100,000 parameters",
            "dropout": "a small text is learned by heart without it" if is_small
            else "a text of this size needs none",
            "max_steps": f"{int(max_steps) * batch_size / (0.9 * count):.0f} times each line; the "
            f"best held-out step is kept",
            "batch_size": f"lines have {mean:.0f} letters on average",
        },
        warnings=warnings_for(count),
    )  # fmt: skip


def plan_text(text: TextLines) -> Recipe:
    """A recipe for a running text."""
    letters = text.n_letters
    is_large, is_small = letters >= LARGE_TEXT, letters < SMALL_TEXT
    return Recipe(
        n_layer=4 if is_large else 2,
        n_embd=128 if is_large else 64,
        block_size=128 if is_large else 64,
        dropout=0.3 if is_small else 0.0,
        max_steps=1000,
        batch_size=32,
        eval_every=25,
        patience=200,
        reasons={
            "tokenizer": f"{len(text.characters):,} different letters; each is a token",
            "n_layer": f"a running text of {letters:,} letters",
            "block_size": "how far the model looks back",
            "dropout": "a small text is learned by heart without it" if is_small
            else "a text of this size needs none",
            "max_steps": "the best held-out step is kept",
            "start": "names-gpt knows single names, no running text",
        },
        warnings=(
            () if letters >= 20_000
            else (f"The text has only {letters:,} letters; what it writes will be hardly words.",)
        ),
    )  # fmt: skip


def choose_start(text: TextLines, changes: dict[str, Any]) -> tuple[str, str]:
    """From which weights a list starts, and why."""
    count, start = len(text.lines), changes.get("start")
    if start is not None:
        check_choice(start, "start", STARTS)
        return start, "as it was chosen"
    other = [name for name in OF_NAMES_GPT if changes.get(name) not in (None, OF_NAMES_GPT[name])]
    if other:
        return NOTHING, f"names-gpt has another {other[0]}"
    if count >= FEW:
        return NOTHING, f"{FEW} lines or more are enough to start from random weights"
    letters = "".join(text.lines).lower()
    share = sum("a" <= letter <= "z" for letter in letters) / max(1, len(letters))
    if len(letters) > MEAN_OF_NAMES * count:
        return NOTHING, "the lines are long, and names-gpt knows single names"
    if share < KNOWN_SHARE:
        return NOTHING, f"only {share:.0%} of the letters are known to names-gpt"
    return NAMES_GPT, f"fewer than {FEW} lines; a model of given names knows what words are like"


def warnings_for(count: int) -> tuple[str, ...]:
    """What to say of a short list."""
    if count >= WARN_BELOW:
        return ()
    return (
        f"{count} different lines are few: the held-out loss is of {count // 4} lines or fewer, "
        f"and what the model writes will be half of the list. 300 are better, 2,000 are good.",
    )
