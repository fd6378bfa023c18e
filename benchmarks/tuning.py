"""Rollouts of tuning: groups of answers in one batch with a KV cache, against simpler ways.

The simplest way samples one answer after the other and computes the whole text again for each
token. The model and the questions are those of lesson 14.
"""

from collections.abc import Callable, Iterator
from random import Random
from statistics import median
from time import process_time

import torch

from benchmarks import Measurement
from course.experiments.tuning.tiny_chat import LONGEST_ANSWER, chat_model, sum_questions, tune
from gptcore.corpus import tiny_internet
from gptcore.model import GPT
from gptcore.sampling import generate
from gptcore.tuning import sample_groups

ROUNDS, QUESTIONS, GROUP = 5, 32, 8


def one_by_one(model: GPT, prompts: list[list[int]], end: int) -> None:
    """One answer after the other, without a cache."""
    for prompt in prompts:
        for row in range(GROUP):
            for token in generate(model.next_logits, prompt, LONGEST_ANSWER, rng=Random(row)):
                if token == end:
                    break


@torch.no_grad()
def without_cache(model: GPT, prompts: list[list[int]], end: int) -> None:
    """All answers in one batch; each text is computed again for each token."""
    texts = [list(prompt) for prompt in prompts for _ in range(GROUP)]
    rows, generator = list(range(len(texts))), torch.Generator().manual_seed(1)
    for _ in range(LONGEST_ANSWER):
        size = max(len(texts[row]) for row in rows)
        ids = torch.tensor([texts[row] + [0] * (size - len(texts[row])) for row in rows])
        last = torch.tensor([len(texts[row]) - 1 for row in rows])
        logits = model(ids)[0][torch.arange(len(rows)), last]  # (B, T, V) -> (B, V)
        tokens = torch.multinomial(logits.softmax(-1), 1, generator=generator)[:, 0].tolist()
        for row, token in zip(rows, tokens):
            texts[row].append(token)
        rows = [row for row, token in zip(rows, tokens) if token != end]
        if not rows:
            return


def seconds(work: Callable[[], object]) -> float:
    """Seconds of processor, which other programs do not lengthen."""
    start = process_time()
    work()
    return process_time() - start


def measurements() -> Iterator[Measurement]:
    torch.set_num_threads(1)
    model, chat = chat_model()
    for _ in tune(model, chat, tiny_internet.conversations(1_000), steps=100):
        pass
    model.eval()
    end = chat.id_of("end")
    prompts = [question.prompt for question in sum_questions(chat)[:QUESTIONS]]
    ours, batch, single = [], [], []
    for _ in range(ROUNDS):
        ours.append(seconds(lambda: sample_groups(model, prompts, GROUP, LONGEST_ANSWER, end)))
        batch.append(seconds(lambda: without_cache(model, prompts, end)))
        single.append(seconds(lambda: one_by_one(model, prompts[:4], end)) * QUESTIONS / 4)
    yield "rollouts, 32 questions x 8 answers", 1000 * median(ours), "ms", {}
    yield "rollouts: one batch without a cache", median(b / o for b, o in zip(batch, ours)), "x", {}
    ratio = median(s / o for s, o in zip(single, ours))
    yield "rollouts: one by one, without a cache", ratio, "x", {"at_least": 5}
