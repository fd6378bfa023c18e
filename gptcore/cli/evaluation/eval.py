"""`gptcore eval`: the loss of a model on a text, and its accuracy in a multiple-choice task."""

from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Literal

import tyro

from gptcore.checks import as_int
from gptcore.optional import require_packages


@dataclass
class Eval:
    """Measure a model: gptcore eval MODEL --text FILE, gptcore eval MODEL --task FILE.jsonl

    Text: loss in nats per token, perplexity, bits per byte; a sliding window scores every token
    once. Task: how often the right ending is the likeliest. Ctrl-C prints what is known so far.
    """

    model: Annotated[
        str,
        tyro.conf.Positional,
        tyro.conf.arg(
            metavar="MODEL",
            help="folder of a run of gptcore train, tune or new, or of a Hugging Face model, a "
            "GGUF file, smollm2, or a model that comes with gptcore, such as stories-gpt",
        ),
    ]
    text: str | None = None
    """a text in UTF-8; - reads standard input"""
    task: str | None = None
    """JSON lines with ctx, endings and label, as HellaSwag has; or query, choices and gold"""
    lines: bool = False
    """each line of the text is a text of its own, which ends with the token between texts"""
    stride: int | None = None
    """by how many tokens the window moves; default: half the context; smaller is slower, and gives
    each token more context"""
    context: int | None = None
    """the most tokens that a token is scored after; default: what the model can"""
    bos: Literal["auto", "yes", "no"] = "auto"
    """whether BOS begins each text; auto: as the model was trained"""
    limit: int | None = None
    """only the first items of the task"""
    json: bool = False
    """print one JSON object"""
    device: str = "auto"
    """cpu, cuda, mps; auto: the fastest of this machine"""

    def run(self) -> None:
        """Check the options without PyTorch, then load the model and measure."""
        if self.text is None and self.task is None:
            raise ValueError(
                "There is nothing to measure: give a text (--text FILE) or a task (--task FILE)."
            )
        for name in ("stride", "context", "limit"):
            if getattr(self, name) is not None:
                as_int(getattr(self, name), f"--{name}", 1)
        if self.lines and self.text is None:
            raise ValueError("--lines is about a text: give --text FILE, too.")
        require_packages("gptcore eval", "torch", "safetensors", "numpy")
        # PyTorch takes seconds to load; errors in the arguments come before.
        import_module("gptcore.cli.evaluation.measuring").run(self)
