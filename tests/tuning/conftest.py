"""What tests of tuning share: one thread, a chat in letters, and a small model for it."""

import json

import pytest
import torch

from gptcore.model import GPT, GPTConfig
from gptcore.tokenizers import CharTokenizer
from gptcore.tuning import CHAT_TOKENS, ChatFormat

LETTERS = "0123456789+?abcdefghijklmnopqrstuvwxyz "
SUMS = [(f"{a}+{b}?", str(a + b)) for a in range(10) for b in range(10)]


@pytest.fixture(scope="session", autouse=True)
def one_core():
    """Tests run beside others; cores that wait for each other are slower than one."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def chat() -> ChatFormat:
    return ChatFormat(CharTokenizer(LETTERS, special_tokens=CHAT_TOKENS.values()))


@pytest.fixture(scope="session")
def turns():
    """Makes messages of pairs (question, answer), perhaps after a system message."""

    def make(*pairs, system=None) -> list[dict]:
        messages = [] if system is None else [{"role": "system", "content": system}]
        for question, answer in pairs:
            messages.append({"role": "user", "content": question})
            messages.append({"role": "assistant", "content": answer})
        return messages

    return make


@pytest.fixture(scope="session")
def sums(turns):
    """A hundred conversations of one sum each."""
    return [turns(pair) for pair in SUMS]


@pytest.fixture
def file_of(tmp_path):
    """Writes lines into a file of conversations; what is no text is written as JSON."""

    def write(*lines):
        file = tmp_path / "chat.jsonl"
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        file.write_text("\n".join(texts) + "\n")
        return file

    return write


@pytest.fixture
def small_model(chat):
    """Makes a small model for the chat, with weights so large that its logits differ."""

    def make(scale: float = 3.0, **options) -> GPT:
        sizes = {"block_size": 32, "n_layer": 2, "n_head": 2, "n_embd": 16} | options
        config = GPTConfig(vocab_size=chat.tokenizer.vocab_size, **sizes)
        model = GPT(config, torch.Generator().manual_seed(1))
        with torch.no_grad():
            for weight in model.parameters():
                if weight.dim() == 2:
                    weight.mul_(scale)
        return model

    return make
