"""Many tokens from a GPT, each read only once: a batch of prompts, a KV cache, a stream.

A GPT with learned positions looks back on `block_size` tokens. When a text outgrows that, its
window slides, every token in it gets another position, and what the cache holds is worth nothing.
So the window is then read anew: with `slide=1` before every token, which gives exactly what reading
the last `block_size` tokens gives, and takes as long; with a larger `slide` the window drops that
many tokens at once, and the cache serves until it is full again.
Left out on purpose: beams, and prompts that join while others are under way.
Source: repetition penalty: Keskar et al. 2019, arXiv 1909.05858.
"""

from collections.abc import Collection, Iterator, Sequence
from operator import index
from random import Random

import torch
from torch import Tensor

from gptcore.checks import as_int, as_number, is_int
from gptcore.model.gpt import GPT
from gptcore.model.ids import check_known
from gptcore.next_token import check_options
from gptcore.sampling.generation import check_amount, check_prompt, check_stop
from gptcore.sampling.kv_cache import KVCache
from gptcore.sampling.rows import next_tokens


def generate_cached(
    model: GPT,
    prompts: Sequence | Tensor,
    n: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    min_p: float = 0.0,
    repetition_penalty: float = 1.0,
    seed: int = 42,
    stop: int | Collection[int] | None = (),
    slide: int = 1,
) -> Iterator:
    """Yield up to `n` more tokens after a prompt, or after each of several at the same time.

    One prompt (a list of ids): yields a token at a time. Several (a list of such lists, of any
    lengths): yields a list at a time, one token for each prompt, None for a text that has ended.
    A token of `stop` ends its text, and is not yielded. Text b draws from `Random(seed + b)`, so
    it says the same alone with that seed as in a batch. A `repetition_penalty` above 1 makes
    tokens less likely that stand in the text already.
    Shapes:  prompts (T,) -> a token at a time; B of them -> B tokens at a time.
    Raises:  ValueError for an empty prompt, ids that do not exist, options out of range, NaN.
    Example: len(list(generate_cached(model, [26, 4], 5, seed=1))) -> 5
    """
    single = is_single(prompts)
    texts = [check_prompt(prompt) for prompt in ([prompts] if single else prompts)]
    if not texts:
        raise ValueError("There are no prompts: give one list of token ids, or several.")
    for row, text in enumerate(texts):
        check_known("The prompt", torch.tensor([text]), 0, model.config.vocab_size, row)
    check_options(temperature, top_k, top_p, min_p)
    n, seed = check_amount(n), as_int(seed, "seed")
    repetition_penalty = check_penalty(repetition_penalty)
    slide = check_slide(slide, model.config.block_size)
    rngs = [Random(seed + b) for b in range(len(texts))]
    last = check_stop(stop)

    def pick(logits: Tensor, rows: list[int]) -> list[int]:
        if repetition_penalty != 1.0:
            logits = penalized(logits, [texts[row] for row in rows], repetition_penalty)
        draws = [rngs[row] for row in rows]
        return next_tokens(logits, temperature, top_k=top_k, top_p=top_p, min_p=min_p, rngs=draws)

    def stream() -> Iterator:
        alive, reader = list(range(len(texts))), Reader(model, texts, n, slide)
        for _ in range(n):
            tokens = dict(zip(alive, pick(reader.logits(alive), alive)))
            alive = [row for row in alive if tokens[row] not in last]
            if not alive:
                return
            for row in alive:
                texts[row].append(tokens[row])
            said = [tokens[row] if row in alive else None for row in range(len(texts))]
            yield said[0] if single else said

    return stream()


class Reader:
    """Gives a GPT what it has not read yet of some growing texts."""

    def __init__(self, model: GPT, texts: list[list[int]], n: int, slide: int):
        self.model, self.texts, self.slide = model, texts, slide
        self.room = min(model.config.block_size, max(map(len, texts)) + n)
        self.cache: KVCache | None = None
        self.rows: list[int] = []  # the texts in the cache
        self.starts: list[int] = []  # where the window of each began when it was read

    def logits(self, rows: list[int]) -> Tensor:
        """What follows each of these texts. Shapes: (B, V)."""
        if self.cache is None:
            self.cache, self.rows = KVCache(self.model, len(rows), self.room), rows
        if rows != self.rows:
            kept = [self.rows.index(row) for row in rows]
            self.cache.keep(kept)
            self.rows, self.starts = rows, [self.starts[place] for place in kept]
        starts = [
            window_start(len(self.texts[row]), self.model.config.block_size, self.slide)
            for row in rows
        ]
        if starts == self.starts:
            return self.cache.read([self.texts[row][-1:] for row in rows])
        self.cache.forget()
        self.starts = starts
        return self.cache.read([self.texts[row][start:] for row, start in zip(rows, starts)])


def window_start(length: int, block_size: int, slide: int = 1) -> int:
    """How many tokens at the front of a text are no longer looked at.

    Example: window_start(1025, 1024, slide=512) -> 512
    """
    length, block_size = as_int(length, "length", 0), as_int(block_size, "block_size", 1)
    slide = as_int(slide, "slide", 1)
    return -(-max(0, length - block_size) // slide) * slide


def penalized(logits: Tensor, texts: list[list[int]], penalty: float) -> Tensor:
    """Logits of tokens that stand in the text already, moved down. Shapes: (B, V)."""
    logits = logits.clone()
    for row, text in zip(logits, texts):
        seen = torch.tensor(sorted(set(text)), device=row.device)
        row[seen] = torch.where(row[seen] > 0, row[seen] / penalty, row[seen] * penalty)
    return logits


def is_single(prompts: Sequence | Tensor) -> bool:
    """One row of ids rather than several. Raises: ValueError for no prompt at all."""
    if hasattr(prompts, "ndim"):  # an array or a tensor
        return prompts.ndim < 2
    if not isinstance(prompts, Sequence) or isinstance(prompts, (str, bytes)):
        raise ValueError(
            f"A prompt is a list of token ids, such as [15496, 995]; got {prompts!r:.60}."
        )
    first = prompts[0] if prompts else 0
    return not hasattr(first, "__len__") or getattr(first, "ndim", 1) == 0


def check_penalty(penalty: float) -> float:
    """The penalty as a number. Raises: ValueError for one that is out of range."""
    penalty = as_number(penalty, "repetition_penalty")
    if not 0 < penalty < float("inf"):
        raise ValueError(
            f"repetition_penalty={penalty} must be above 0: 1 changes nothing, 1.2 discourages "
            f"repetition, below 1 encourages it."
        )
    return penalty


def check_slide(slide: int, block_size: int) -> int:
    """The stride. Raises: ValueError if the window would not slide, or slide past everything."""
    if not is_int(slide) or not 1 <= index(slide) < max(2, block_size):
        raise ValueError(
            f"slide={slide!r} must be an integer from 1 (exact) to {max(1, block_size - 1)}, "
            f"one less than block_size; {max(1, block_size // 2)} is fast."
        )
    return index(slide)
