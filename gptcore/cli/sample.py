"""`gptcore sample`: text from a trained model, printed token by token."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

from gptcore.checks import as_int, as_path
from gptcore.cli.training.options import previous_command
from gptcore.training.presets import PRESETS


@dataclass
class Sample:
    """Generate text with a model that gptcore train made."""

    out_dir: Path
    """folder of the run"""
    prompt: str | None = None
    """start of the text; default: the model starts a new text"""
    num_samples: int = 10
    """number of texts"""
    max_new_tokens: int = 512
    """maximum tokens per text; a text may end earlier"""
    temperature: float = 0.8
    """0 takes the likeliest token, 1 the model's probabilities; more flattens them"""
    top_k: int | None = None
    """sample only from this many of the likeliest tokens"""
    top_p: float = 1.0
    """sample only from the likeliest tokens whose probabilities add up to this"""
    seed: int = 1337
    """seed of the sampling; text i uses seed + i"""
    checkpoint: Literal["latest", "best"] = "latest"
    """the newest checkpoint, or the one with the lowest validation loss"""
    tokenizer: str | None = None
    """gpt2, a JSON file or a folder, if the run has no tokenizer.json"""
    device: str = "auto"
    """cpu, cuda, mps; auto: the fastest of this machine"""

    def run(self) -> None:
        """Print each text as it is generated."""
        for name in ("num_samples", "max_new_tokens"):
            as_int(getattr(self, name), f"--{name}", 1)
        out_dir = as_path(self.out_dir, "--out_dir")
        # PyTorch takes seconds to load; errors in the arguments come before.
        training = import_module("gptcore.training")
        model = training.load_model(out_dir, self.checkpoint)
        file = out_dir / "tokenizer.json"
        if self.tokenizer is None and not file.exists():
            raise ValueError(
                f"{out_dir} has no tokenizer.json. Name the tokenizer of the shards: "
                f"--tokenizer gpt2, or a JSON file."
            )
        tokenizer = import_module("gptcore.tokenizers").load_tokenizer(
            file if self.tokenizer is None else self.tokenizer
        )
        model = training.crop_vocab(model, tokenizer.vocab_size)
        model.to(training.pick_device(self.device))
        start = text_start(out_dir)
        prompt = start if self.prompt is None else self.prompt
        for i in range(self.num_samples):
            pieces = training.generate_text(
                model,
                tokenizer,
                prompt,
                self.max_new_tokens,
                prepend_bos=not start,
                temperature=self.temperature,
                top_k=self.top_k,
                top_p=self.top_p,
                seed=self.seed + i,
            )
            first = next(pieces, "")  # an error in the options comes before any output
            print("\n---\n" if i else "", self.prompt or "", first, sep="", end="", flush=True)
            for piece in pieces:
                print(piece, end="", flush=True)
        print()


def text_start(out_dir: Path) -> str:
    """The start of every text of this run, if its data has no token between texts."""
    preset = PRESETS.get(previous_command(out_dir).get("preset", ""))
    return preset.start if preset else ""
