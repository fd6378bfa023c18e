"""`gptcore microgpt`: train a GPT in plain Python on names, and sample new ones."""

import sys
from dataclasses import dataclass
from pathlib import Path

from gptcore.checks import as_finite, as_int
from gptcore.cli.names_file import read_names
from gptcore.scalar import MicroConfig, MicroGPT, ops_fused, ops_reference


@dataclass
class Microgpt:
    """Train a GPT on names in plain Python, one number at a time, and sample new names."""

    names: Path | None = None
    """text file with one name per line; default: the names that come with gptcore"""
    steps: int = 1000
    """training steps, one name each; 1 or more"""
    samples: int = 20
    """names to sample afterwards; 0 for none"""
    temperature: float = 0.5
    """0 takes the likeliest letter, 1 the model's probabilities; more flattens them"""
    plain: bool = False
    """one graph node per arithmetic operation, as in the original: same numbers, 20 times slower"""
    seed: int = 42
    """seed of the shuffle, the initial weights and the samples"""
    n_layer: int = 1
    """number of blocks"""
    n_head: int = 4
    """number of attention heads; must divide n_embd"""
    n_embd: int = 16
    """width of the model: numbers per letter"""
    block_size: int = 16
    """context length, in letters"""

    def run(self) -> None:
        """Print the size of the model, the loss of each step, and the samples."""
        as_int(self.samples, "--samples", 0)
        as_finite(self.temperature, "--temperature", minimum=0, purpose="0.5 is careful")
        config = MicroConfig(self.n_embd, self.n_head, self.n_layer, self.block_size)
        documents = read_names(self.names)
        gpt = MicroGPT(
            documents, config, seed=self.seed, ops=ops_reference if self.plain else ops_fused
        )
        steps = gpt.train(self.steps)
        for notice in data_notices(documents, config.block_size):
            print(notice, file=sys.stderr)
        print(
            f"num docs: {len(documents)}\nvocab size: {gpt.vocab_size}\nnum params: "
            f"{len(gpt.parameters)}",
            flush=True,
        )
        for step in steps:
            print(f"step {step.step:4d} / {self.steps} | loss {step.loss:.4f}", flush=True)
        for i in range(self.samples):
            print(f"sample {i + 1:2d}: {gpt.sample(1, self.temperature)[0]}", flush=True)


def data_notices(documents: list[str], block_size: int) -> list[str]:
    """Notes about data that is valid but unusual."""
    notices = []
    if len(set(documents)) == 1:
        notices.append(
            f"note: there is only one name, {documents[0]!r:.40}; the model can only "
            f"learn to repeat it."
        )
    long = [document for document in documents if len(document) > block_size]
    if long:
        notices.append(
            f"note: {len(long)} of {len(documents)} names are longer than "
            f"block_size={block_size} ({long[0]!r:.40} has {len(long[0])} letters); "
            f"only their first {block_size} letters are used. --block_size "
            f"{max(map(len, long))} would use all letters."
        )
    return notices
