"""Fixtures of evaluation: one thread, a tokenizer, and a small model with large weights."""

import pytest
import torch

from gptcore.model import GPT, GPTConfig
from gptcore.tokenizers import BPETokenizer

TEXT = "the cat sat on the mat. a dog saw the cat, and the cat ran to the hat. " * 3


@pytest.fixture(scope="session", autouse=True)
def one_core():
    """Tests run beside others; cores that wait for each other are slower than one."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def byte_pairs() -> BPETokenizer:
    return BPETokenizer.train(TEXT, vocab_size=280, special_tokens=["<|endoftext|>"])


@pytest.fixture(scope="session")
def llama(byte_pairs) -> GPT:
    """A model with RoPE, so that positions count, and a context of 32 tokens."""
    sizes = {"n_layer": 2, "n_head": 4, "n_embd": 32, "block_size": 32}
    switches = {"rope": True, "norm": "rmsnorm", "rmsnorm_weight": True, "activation": "swiglu"}
    config = GPTConfig(vocab_size=byte_pairs.vocab_size, **sizes, **switches)
    model = GPT(config, torch.Generator().manual_seed(1)).eval()
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.mul_(8)
    return model


@pytest.fixture(scope="session")
def theirs(llama, byte_pairs, tmp_path_factory):
    """The same model and tokenizer in transformers."""
    transformers = pytest.importorskip("transformers")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    folder = tmp_path_factory.mktemp("hf")
    llama.to_hf(folder, byte_pairs)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    return model.eval(), transformers.AutoTokenizer.from_pretrained(folder)
