"""Small models to quantize, and the shipped one with its text."""

from pathlib import Path

import pytest
import torch

from gptcore.model import GPT, GPTConfig
from gptcore.tokenizers import load_tokenizer

DATA = Path(__file__).resolve().parents[2] / "data"
ROWS = 40


@pytest.fixture
def small_model() -> GPT:
    """Every kind of layer with a bias; one width that no group size divides."""
    sizes = GPTConfig(
        **{"vocab_size": 40, "block_size": 32, "n_layer": 2, "n_head": 2, "n_embd": 64},
        **{"bias": True, "intermediate_size": 72},
    )
    model = GPT(sizes, torch.Generator().manual_seed(0)).eval()
    for name, weight in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(weight, generator=torch.Generator().manual_seed(len(name)))
    return model


@pytest.fixture(scope="session")
def stories():
    """The shipped model in 32 bits, and rows of 128 tokens it has not seen, with targets."""
    folder = DATA / "stories-gpt"
    tokenizer = load_tokenizer(folder / "tokenizer.json")
    documents = [line for line in (DATA / "stories.txt").read_text("utf-8").split("\n") if line]
    letters = {tokenizer.decode([id]) for id in range(tokenizer.vocab_size)}
    ids: list[int] = []
    for document in documents[9::10]:
        if set(document) <= letters:
            ids += [tokenizer.end_of_text, *tokenizer.encode(document)]
    rows = torch.tensor(ids[: ROWS * 128 + 1])
    return GPT.load(folder).float(), rows[:-1].view(-1, 128), rows[1:].view(-1, 128)
