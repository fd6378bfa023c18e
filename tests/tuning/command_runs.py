"""What tests of `gptcore tune` and `gptcore chat` share: a small base model, and its files."""

import json
from pathlib import Path

import torch

from gptcore.model import GPT, GPTConfig
from gptcore.tokenizers import BPETokenizer, CharTokenizer, HFTokenizer

LETTERS = "0123456789+?-,. abcdefghijklmnopqrstuvwxyz"
FAST = ["--device", "cpu", "--seed", "3", "--warmup_steps", "1", "--checkpoint_every", "3"]
TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def small_config(vocab_size: int, **switches) -> GPTConfig:
    sizes = {"block_size": 32, "n_layer": 1, "n_head": 2, "n_embd": 16} | switches
    return GPTConfig(vocab_size=vocab_size, **sizes)


def write_base(folder: Path) -> Path:
    """A model that continues text: weights, config and tokenizer, as in data/."""
    tokenizer = CharTokenizer(LETTERS)
    GPT(small_config(tokenizer.vocab_size), torch.Generator().manual_seed(1)).save(folder)
    tokenizer.save(folder / "tokenizer.json")
    return folder


def write_instruct(folder: Path) -> Path:
    """A Hugging Face folder of the Llama family with a chat template."""
    bpe = BPETokenizer([(97, 98)], special_tokens=["<|im_start|>", "<|im_end|>"])
    config = {"eos_token": "<|im_end|>", "chat_template": TEMPLATE}
    tokenizer = HFTokenizer(bpe.tokenizer_json(), config)
    llama = {"rope": True, "norm": "rmsnorm", "activation": "swiglu", "rmsnorm_weight": True}
    sizes = small_config(tokenizer.vocab_size, **llama, block_size=96)
    GPT(sizes, torch.Generator().manual_seed(1)).to_hf(folder, tokenizer)
    return folder


def write_lines(file: Path, *lines) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    file.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return file


def conversation(question: str, answer: str) -> dict:
    roles = (("user", question), ("assistant", answer))
    return {"messages": [{"role": role, "content": text} for role, text in roles]}


def write_examples(folder: Path) -> Path:
    """Files for each kind of tuning: sums of two digits."""
    sums = [(f"{a}+{b}?", a + b) for a in range(5) for b in range(5)]
    write_lines(folder / "chat.jsonl", *(conversation(q, str(n)) for q, n in sums))
    write_lines(folder / "questions.jsonl", *({"question": q, "answer": n} for q, n in sums))
    pairs = [{"prompt": q, "chosen": str(n), "rejected": str(n + 1)} for q, n in sums]
    write_lines(folder / "pairs.jsonl", *pairs)
    (folder / "letters.py").write_text(
        "def even(answer, key):\n    return float(len(answer or '') % 2)\n"
        "def none(answer, key):\n    return None\n"
        "def nan(answer, key):\n    return float('nan')\n"
        "def true(answer, key):\n    return True\n"
        "def fails(answer, key):\n    return 1 / 0\n"
    )
    return folder
