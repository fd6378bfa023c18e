"""`gptcore eval`: the loss of a model on a text, and its accuracy in a multiple-choice task."""

from dataclasses import dataclass
from importlib import import_module

from gptcore.checks import as_int
from gptcore.cli.evaluation.options import EvalOptions
from gptcore.optional import require_packages


@dataclass
class Eval(EvalOptions):
    """Measure a model: gptcore eval MODEL --text FILE, gptcore eval MODEL --task FILE.jsonl

    Text: loss in nats per token, perplexity, bits per byte; a sliding window scores every token
    once. Task: how often the right ending is the likeliest. Ctrl-C prints what is known so far.
    """

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
