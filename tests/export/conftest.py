"""Fixtures of exports: one thread, and tokenizers."""

import pytest
import torch
from exported_models import LETTERS, TEXT

from gptcore.tokenizers import BPETokenizer, CharTokenizer


@pytest.fixture(scope="session", autouse=True)
def one_core():
    """Tests run beside others; cores that wait for each other are slower than one."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def letters() -> CharTokenizer:
    return CharTokenizer(LETTERS)


@pytest.fixture(scope="session")
def byte_pairs() -> BPETokenizer:
    return BPETokenizer.train(TEXT * 3, vocab_size=280, special_tokens=["<|endoftext|>"])
