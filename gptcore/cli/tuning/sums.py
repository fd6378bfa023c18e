"""Examples that the presets of the sums make themselves: files, as a user would give them."""

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from gptcore.corpus.shards.shards import write_shard
from gptcore.corpus.tiny_internet import conversations, documents, sum_question, train_sums
from gptcore.files import atomic_path
from gptcore.model import GPT
from gptcore.tokenizers import Tokenizer
from gptcore.tuning import ChatFormat, sample_groups
from gptcore.tuning.reinforcement.rewards import exact_number

N_CONVERSATIONS, N_QUESTIONS, N_PAIRS = 3_000, 4_800, 600
FILES = {"sft": "chat.jsonl", "reinforce": "questions.jsonl", "dpo": "pairs.jsonl"}
DOCUMENTS = {"train": 20_000, "val": 1_000}


def write_sums(kind: str, folder: Path, model: GPT, chat: ChatFormat, tokenizer: Tokenizer) -> Path:
    """Write the examples of a preset, unless they are there.

    Args:
        kind: sft, reinforce or dpo.
        folder: Where.
        model: The model before it is tuned; pairs are of its own answers.
        chat: Its chat format.
        tokenizer: Of the pretraining text.

    Returns:
        The file of examples.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = (
        folder / {"sft": "chat.jsonl", "reinforce": "questions.jsonl", "dpo": "pairs.jsonl"}[kind]
    )
    if kind == "sft" and not (folder / "train.bin").exists():
        write_documents(folder, tokenizer)
    if not file.exists():
        lines = {"sft": sft_lines, "reinforce": question_lines}.get(kind)
        found = pair_lines(model, chat) if lines is None else lines()
        if not found:
            raise ValueError(
                "The model gave no right and wrong answer to one sum, so there are no pairs. Teach "
                "it to answer sums first: gptcore tune sums-sft --out_dir DIR; then --init_from "
                "DIR."
            )
        write_lines(file, found)
    return file


def write_lines(file: Path, lines: Iterable[Any]) -> None:
    """Write JSON lines, completely or not at all."""
    with atomic_path(file) as part:
        part.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")


def write_documents(folder: Path, tokenizer: Tokenizer) -> None:
    """Shards of pretraining text, which the model has read before."""
    end = tokenizer.end_of_text
    assert end is not None
    for seed, (split, count) in enumerate(DOCUMENTS.items(), start=100):
        texts = islice(documents(seed), count)
        ids = [id for text in texts for id in (end, *tokenizer.encode_ordinary(text))]
        write_shard(folder / f"{split}.bin", np.array([*ids, end]), tokenizer.vocab_size)
    tokenizer.save(folder / "tokenizer.json")


def sft_lines() -> list[dict[str, Any]]:
    """Conversations as most writers would answer."""
    return [{"messages": messages} for messages in conversations(N_CONVERSATIONS)]


def chosen_sums(count: int, seed: str) -> Sequence[tuple[int, int]]:
    """Some of the sums that are not held out."""
    return Random(seed).sample(train_sums(), count)


def question_lines() -> list[dict[str, Any]]:
    """Sums with the right answers."""
    chosen = chosen_sums(N_QUESTIONS, "questions")
    return [{"question": sum_question(a, b), "answer": str(a + b)} for a, b in chosen]


def pair_lines(model: GPT, chat: ChatFormat) -> list[dict[str, str]]:
    """Pairs of the model's own answers to one question: a right one and a wrong one."""
    lines, specials = [], set(chat.tokenizer.special_tokens.values())
    chosen = chosen_sums(N_PAIRS, "pairs")
    texts = [sum_question(a, b) for a, b in chosen]
    prompts = [chat.prompt_ids([{"role": "user", "content": text}]) for text in texts]
    groups = sample_groups(model, prompts, 8, 8, chat.end_id, seed=7)
    for (a, b), text, group in zip(chosen, texts, groups):
        # An answer may have a special token in it, which no text may spell.
        plain = [one for one in group if one.is_ended and not specials & {*one.text_ids}]
        answers = [chat.tokenizer.decode(one.text_ids) for one in plain]
        right = [answer for answer in answers if exact_number(answer, a + b)]
        wrong = [answer for answer in answers if not exact_number(answer, a + b)]
        pairs = list(zip(right, wrong))[:2]
        lines += [{"prompt": text, "chosen": good, "rejected": bad} for good, bad in pairs]
    return lines
