"""Rollouts: groups of answers to the same question, sampled together with a KV cache.

A prompt is computed once for its whole group. Token ids and log-probabilities are kept, so no
text is decoded and encoded again, which could give other tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor

from gptcore.checks import as_ids, as_int
from gptcore.model import GPT
from gptcore.sampling import KVCache, next_tokens
from gptcore.sampling.generation import check_prompt
from gptcore.tuning.temperature import check_policy_temperature


@dataclass(frozen=True)
class Rollout:
    """One sampled answer.

    Attributes:
        prompt: Token ids of the question, as the model got them.
        answer: Token ids of the answer, with the end token if it ended.
        log_probs: The log-probability of each of them, at the temperature of the sampling.
        is_ended: Whether it has its end token; otherwise it was cut off.

    Example:
        >>> rollout = Rollout(prompt=[1, 2], answer=[3, 0], log_probs=[-0.5, -0.1], is_ended=True)
        >>> rollout.text_ids
        [3]
    """

    prompt: list[int]
    answer: list[int]
    log_probs: list[float]
    is_ended: bool

    @property
    def text_ids(self) -> list[int]:
        """The answer without its end token."""
        return self.answer[:-1] if self.is_ended else self.answer


def sample_groups(
    model: GPT,
    prompts: Sequence[Sequence[int]],
    group_size: int,
    max_new_tokens: int,
    end_id: int,
    *,
    temperature: float = 1.0,
    seed: int = 42,
) -> list[list[Rollout]]:
    """Sample a group of answers to each question, from the whole distribution of the model.

    Args:
        model: A GPT on any device.
        prompts: Token ids of Q questions, of any lengths.
        group_size: G, the answers to each question.
        max_new_tokens: The most tokens of an answer, its end token included.
        end_id: The token that ends an answer; it is part of the answer.
        temperature: Divides the logits; above 0.
        seed: Each answer has its own random numbers, so it does not depend on the others.

    Returns:
        Q lists of G answers.

    Raises:
        ValueError: For temperature 0, an unknown token, or a question that leaves no room for an
            answer in the context of the model.

    Example:
        >>> groups = sample_groups(model, [[1, 2], [3]], group_size=4, max_new_tokens=5, end_id=0)
        >>> len(groups), len(groups[0]), len(groups[0][0].answer) <= 5
        (2, 4, True)
    """
    temperature, G = check_policy_temperature(temperature), as_int(group_size, "group_size", 1)
    n, seed = as_int(max_new_tokens, "max_new_tokens", 1), as_int(seed, "seed")
    vocab_size = model.config.vocab_size
    end_id = as_ids([end_id], "end_id", vocab_size)[0]
    questions = [as_ids(check_prompt(p), "A prompt", vocab_size) for p in prompts]
    if not questions:
        raise ValueError("There are no prompts: give a list of token ids for each question.")
    check_context(questions, n, model.config.block_size)
    owners = [q for q in range(len(questions)) for _ in range(G)]
    answers, log_probs = sample_answers(model, questions, owners, n, end_id, temperature, seed)
    rollouts = [
        Rollout(questions[q], answer, its_log_probs, answer[-1] == end_id)
        for q, answer, its_log_probs in zip(owners, answers, log_probs)
    ]
    return [rollouts[first : first + G] for first in range(0, len(rollouts), G)]


def sample_answers(
    model: GPT,
    questions: list[list[int]],
    owners: list[int],
    n: int,
    end_id: int,
    temperature: float,
    seed: int,
) -> tuple[list[list[int]], list[list[float]]]:
    """Token ids and log-probabilities of an answer to the question of each owner."""
    answers: list[list[int]] = [[] for _ in owners]
    log_probs: list[list[float]] = [[] for _ in owners]
    rngs = [Random(f"{seed} answer {row}") for row in range(len(owners))]
    cache = KVCache(model, len(questions), max(map(len, questions)) + n)
    logits = cache.next_logits(questions)[owners]  # (Q, V) -> (B, V)
    cache.select(owners)
    rows = list(range(len(owners)))  # answers that have not ended
    while True:
        tokens, chosen = sample_tokens(logits, temperature, [rngs[row] for row in rows])
        for row, token, log_prob in zip(rows, tokens, chosen):
            answers[row].append(token)
            log_probs[row].append(log_prob)
        kept = [i for i, token in enumerate(tokens) if token != end_id]
        if not kept or len(answers[rows[0]]) == n:
            return answers, log_probs
        if len(kept) < len(rows):
            cache.select(kept)
            rows = [rows[i] for i in kept]
        logits = cache.next_logits([answers[row][-1:] for row in rows])  # (B, V)


def sample_tokens(
    logits: Tensor, temperature: float, rngs: list[Random]
) -> tuple[list[int], list[float]]:
    """One token for each row, and its log-probability at this temperature."""
    tokens = next_tokens(logits, temperature, rngs=rngs)
    dtype = torch.promote_types(logits.dtype, torch.float32)
    log_probs = (logits.to(dtype) / temperature).log_softmax(-1)  # (B, V)
    chosen: list[float] = log_probs[torch.arange(len(tokens)), tokens].tolist()  # (B,)
    return tokens, chosen


def check_context(questions: list[list[int]], n: int, block_size: int) -> None:
    """Raise ValueError if a question and its answer do not fit into the context.

    With a window that slides, an answer would be sampled from other texts than it is learned from.
    """
    longest = max(map(len, questions))
    if longest + n - 1 > block_size:
        raise ValueError(
            f"The longest question has {longest} tokens, and with max_new_tokens={n} it does not "
            f"fit into block_size={block_size}. Leave it out, or set max_new_tokens to at most "
            f"{max(0, block_size - longest + 1)}."
        )
