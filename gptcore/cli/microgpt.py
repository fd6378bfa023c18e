"""`gptcore microgpt`: a GPT in plain Python learns names and invents some."""

import sys
from dataclasses import dataclass
from pathlib import Path

from gptcore.cli.names_file import read_names
from gptcore.scalar import MicroConfig, MicroGPT, ops_fused, ops_reference


@dataclass
class Microgpt:
    """Train a GPT on names in plain Python, one number at a time, and let it invent some."""

    names: Path | None = None
    """text file with one name a line; without it, the names that come with gptcore"""
    steps: int = 1000
    """updates of the weights, one name each; 1 or more"""
    samples: int = 20
    """how many names to invent afterwards; 0 for none"""
    temperature: float = 0.5
    """0 always takes the likeliest letter, 1 draws as learned, more is bolder"""
    plain: bool = False
    """one node for each arithmetic operation, as published: same numbers, twenty times slower"""
    seed: int = 42
    """of the shuffle, the first weights and the samples"""
    n_layer: int = 1
    """blocks, one on top of the other"""
    n_head: int = 4
    """attention heads; must divide n_embd"""
    n_embd: int = 16
    """numbers that describe one letter"""
    block_size: int = 16
    """most letters that it looks back on"""

    def run(self) -> None:
        if self.samples < 0:
            raise ValueError(f"--samples {self.samples}: the number of samples must be 0 or more.")
        if not 0 <= self.temperature < float("inf"):
            raise ValueError(
                f"--temperature {self.temperature}: must be 0 (always the likeliest letter) or "
                f"above; 0.5 is careful."
            )
        config = MicroConfig(self.n_embd, self.n_head, self.n_layer, self.block_size)
        documents = read_names(self.names)
        gpt = MicroGPT(
            documents, config, seed=self.seed, ops=ops_reference if self.plain else ops_fused
        )
        steps = gpt.train(self.steps)
        for notice in notices(documents, config.block_size):
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


def notices(documents: list[str], block_size: int) -> list[str]:
    """What is allowed and may still surprise."""
    told = []
    if len(set(documents)) == 1:
        told.append(
            f"note: there is one name only, {documents[0]!r:.40}; the model can learn nothing "
            f"but to repeat it."
        )
    long = [document for document in documents if len(document) > block_size]
    if long:
        told.append(
            f"note: {len(long)} of {len(documents)} names are longer than "
            f"block_size={block_size} ({long[0]!r:.40} has {len(long[0])} letters); "
            f"of those only the first {block_size} letters are learned. --block_size "
            f"{max(map(len, long))} would take them all."
        )
    return told
