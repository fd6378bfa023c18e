"""Options of `gptcore new`: the file, the folder, and what is not proposed but chosen."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

PROPOSED = (
    *("tokenizer", "vocab_size", "n_layer", "n_head", "n_embd", "block_size", "dropout", "start"),
    *("max_steps", "batch_size", "learning_rate", "patience"),
)


@dataclass
class NewOptions:
    """The words after `gptcore new`."""

    file: Annotated[
        str,
        tyro.conf.Positional,
        tyro.conf.arg(
            metavar="FILE",
            help="text file: a line for each example, or a running text; or one of the lists that "
            "come with gptcore: cities, creatures, poems, names",
        ),
    ]
    out_dir: Path
    """a new folder for the model"""
    resume: bool = False
    """continue a run that was stopped, with its settings"""
    kind: Literal["auto", "lines", "text"] = "auto"
    """lines: each is a text of its own; text: all of it is one; auto: what it looks like"""
    encoding: str | None = None
    """of the file, such as latin-1 or cp1252; default: UTF-8, or what the file itself says"""
    seed: int = 1
    """seed of the held-out lines, of the weights and of the samples"""
    title: str | None = None
    """name of the model, for its card and its page; default: the name of DIR"""
    num_samples: int = 500
    """lines that it writes into samples.txt"""
    device: str = "cpu"
    """cpu, cuda, mps; a model of this size is not faster on a GPU"""
    dry_run: bool = False
    """show what is in the file and what is proposed, and stop"""
    json: bool = False
    """print the results as JSON"""
    start: Literal["nothing", "names-gpt"] | None = None
    """random weights, or those of a GPT of given names (proposed below 300 lines)"""
    tokenizer: Literal["characters", "bpe"] | None = None
    """characters, or pieces of words"""
    vocab_size: int | None = None
    """tokens, with bpe"""
    n_layer: int | None = None
    """blocks"""
    n_head: int | None = None
    """attention heads in a block"""
    n_embd: int | None = None
    """width of the residual stream"""
    block_size: int | None = None
    """the most tokens that the model takes"""
    dropout: float | None = None
    """fraction of activations that is set to 0 in training, against overfitting"""
    max_steps: int | None = None
    """updates of the weights, at most"""
    batch_size: int | None = None
    """lines in one update"""
    learning_rate: float | None = None
    """the highest learning rate; it falls to 0"""
    patience: int | None = None
    """training ends this many steps after the best held-out loss"""

    def changes(self) -> dict[str, Any]:
        """The settings that were typed."""
        typed = {f.name: getattr(self, f.name) for f in fields(self) if f.name in PROPOSED}
        return {name: value for name, value in typed.items() if value is not None}
