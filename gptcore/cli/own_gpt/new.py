"""`gptcore new`: a file of lines, or a running text, becomes a model and a page."""

from dataclasses import dataclass
from importlib import import_module

from gptcore.checks import as_int
from gptcore.cli.own_gpt.options import NewOptions
from gptcore.optional import require_packages


@dataclass
class New(NewOptions):
    """Make a GPT of your own: gptcore new FILE --out_dir DIR [--resume]

    A tenth of the lines is held out, and the step that predicts them best is kept. DIR gets the
    model, its tokenizer, samples, a model card (README.md) and a page that runs it in a browser.
    Options without a default are proposed; --dry_run shows the proposal. Ctrl-C finishes the step,
    saves a checkpoint, and ends with exit code 75. The same command with --resume continues.
    """

    def run(self) -> None:
        """Check the options without PyTorch, then train."""
        as_int(self.num_samples, "--num_samples", 1)
        as_int(self.seed, "--seed", 0)
        if self.out_dir.exists() and not self.out_dir.is_dir():
            raise ValueError(f"--out_dir {self.out_dir} is a file; name a folder, or a new one.")
        require_packages("gptcore new", "torch", "safetensors", "numpy")
        # Only this file needs PyTorch, which takes seconds to load; errors above come at once.
        import_module("gptcore.cli.own_gpt.loop").run(self)
