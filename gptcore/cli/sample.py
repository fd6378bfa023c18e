"""`gptcore sample`: what a trained model says, while it says it."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

from gptcore.checks import as_path
from gptcore.cli.train import typed_before
from gptcore.training.presets import PRESETS


@dataclass
class Sample:
    """Let a model that gptcore train made write text, token by token."""

    out_dir: Path
    """folder of the run"""
    prompt: str | None = None
    """what the text begins with; without one, a new text begins"""
    num_samples: int = 10
    """how many texts"""
    max_new_tokens: int = 512
    """the most tokens of each; a text may end before"""
    temperature: float = 0.8
    """0 always takes the likeliest token, 1 draws as learned, more is bolder"""
    top_k: int | None = None
    """only among so many of the likeliest tokens"""
    top_p: float = 1.0
    """only among the likeliest that have this share together"""
    seed: int = 1337
    """of the draws; text i has seed + i"""
    checkpoint: Literal["latest", "best"] = "latest"
    """the newest one, or the one with the best validation loss"""
    tokenizer: str | None = None
    """gpt2 or a JSON file, if the run does not know its own"""
    device: str = "auto"
    """cpu, cuda, mps; auto: the fastest that is there"""

    def run(self) -> None:
        for name in ("num_samples", "max_new_tokens"):
            if getattr(self, name) < 1:
                raise ValueError(f"--{name} {getattr(self, name)}: must be 1 or more.")
        out_dir = as_path(self.out_dir, "--out_dir")
        # PyTorch takes seconds to load; what is typed wrongly must not wait for it.
        training = import_module("gptcore.training")
        model = training.load_model(out_dir, self.checkpoint)
        file = out_dir / "tokenizer.json"
        if self.tokenizer is None and not file.exists():
            raise ValueError(
                f"{out_dir} has no tokenizer.json. Say which one the shards were made with: "
                f"--tokenizer gpt2, or the JSON file of yours."
            )
        tokenizer = import_module("gptcore.tokenizers").load_tokenizer(
            file if self.tokenizer is None else self.tokenizer
        )
        model = training.crop_vocab(model, tokenizer.vocab_size)
        model.to(training.pick_device(self.device))
        start = beginning_of_texts(out_dir)
        prompt = start if self.prompt is None else self.prompt
        for i in range(self.num_samples):
            if i:
                print("\n---")
            print(self.prompt or "", end="")
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
            for piece in pieces:
                print(piece, end="", flush=True)
        print()


def beginning_of_texts(out_dir: Path) -> str:
    """What a text of this run begins with where texts have no mark between them."""
    preset = PRESETS.get(typed_before(out_dir).get("preset", ""))
    return preset.start if preset else ""
