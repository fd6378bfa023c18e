"""Many tokens from a GPT with a KV cache: a batch of prompts, streamed, each token computed once.

A GPT takes at most `block_size` tokens. When a text is longer, its window slides: every token in it
gets another position, and the cache is useless. The window is then computed again. With `stride=1`
this happens before every token; the result is exactly that of the last `block_size` tokens, and it
is as slow as without a cache. With a larger `stride` the window drops that many tokens at once, and
the cache can be used until it is full again.
Source: repetition penalty: Keskar et al. 2019, arXiv 1909.05858.
"""

from collections.abc import Collection, Iterator, Sequence
from random import Random
from typing import Any

import torch
from torch import Tensor

from gptcore.checks import as_int, as_number, is_int
from gptcore.model.gpt import GPT
from gptcore.model.ids import check_in_vocab
from gptcore.next_token import check_sampling_options
from gptcore.sampling.batch_sampling import next_tokens
from gptcore.sampling.generation import check_count, check_prompt, check_stop
from gptcore.sampling.kv_cache import KVCache


def generate_cached(
    model: GPT,
    prompts: Sequence[Any] | Tensor,
    n: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    min_p: float = 0.0,
    repetition_penalty: float = 1.0,
    seed: int = 42,
    stop: int | Collection[int] | None = (),
    stride: int = 1,
) -> Iterator[Any]:
    """Yield up to `n` tokens that continue a prompt, or each of several prompts in one batch.

    Args:
        model: A GPT on any device.
        prompts: Token ids of one prompt, shape (T,), or a list of B such lists of any lengths.
        n: The most tokens to generate for each prompt.
        temperature: Divides the logits; 0 takes the largest.
        top_k: Keeps only the k most probable tokens; None keeps all.
        top_p: Keeps the smallest set of tokens whose probabilities add up to this.
        min_p: Keeps tokens whose probability is at least this fraction of the largest.
        repetition_penalty: Above 1 makes tokens less likely that are already in the text.
        seed: Text b uses `Random(seed + b)`, so in 32 bits it does not depend on the batch it is
            in. Trap: in 16 bits it may, even at temperature 0. PyTorch adds up in another order
            for another batch, and the rounding can change which of two tokens is chosen. In
            batches of 16 it changes 2 of 40 texts of the stories GPT in float16, 7 in bfloat16.
        stop: Token ids that end a text; they are not yielded.
        stride: How many tokens the window moves at once when a text is longer than `block_size`;
            1 is exact, more is faster.

    Yields:
        For one prompt a token id; for several a list of B ids, None for each text that has ended.

    Raises:
        ValueError: If a prompt is empty or has unknown ids, an option is out of range, or a logit
            is NaN.

    Example:
        >>> len(list(generate_cached(model, [26, 4], 5, seed=1)))
        5
    """
    single = is_single(prompts)
    texts = [check_prompt(prompt) for prompt in ([prompts] if single else prompts)]
    if not texts:
        raise ValueError("There are no prompts: give one list of token ids, or several.")
    for row, text in enumerate(texts):
        check_in_vocab("The prompt", torch.tensor([text]), model.config.vocab_size, row)
    check_sampling_options(temperature, top_k, top_p, min_p)
    n, seed = check_count(n), as_int(seed, "seed")
    repetition_penalty = check_penalty(repetition_penalty)
    stride = check_stride(stride, model.config.block_size)
    rngs = [Random(seed + b) for b in range(len(texts))]
    stop_ids = check_stop(stop)

    def sample(logits: Tensor, rows: list[int]) -> list[int]:
        if repetition_penalty != 1.0:
            seen = [texts[row] for row in rows]
            logits = apply_repetition_penalty(logits, seen, repetition_penalty)
        its_rngs = [rngs[row] for row in rows]
        return next_tokens(
            logits, temperature, top_k=top_k, top_p=top_p, min_p=min_p, rngs=its_rngs
        )

    def stream() -> Iterator[Any]:
        active, cached = list(range(len(texts))), CachedModel(model, texts, n, stride)
        for _ in range(n):
            tokens = dict(zip(active, sample(cached.next_logits(active), active)))
            active = [row for row in active if tokens[row] not in stop_ids]
            if not active:
                return
            for row in active:
                texts[row].append(tokens[row])
            emitted = [tokens[row] if row in active else None for row in range(len(texts))]
            yield emitted[0] if single else emitted

    return stream()


class CachedModel:
    """A GPT with a KV cache for growing texts; it computes only tokens that are not in the cache.

    Args:
        model: The GPT.
        texts: Token ids of each text; the caller appends to them.
        n: The most tokens that will be appended to each.
        stride: How many tokens the window moves at once.
    """

    def __init__(self, model: GPT, texts: list[list[int]], n: int, stride: int) -> None:
        self.model, self.texts, self.stride = model, texts, stride
        self.max_seq_len = min(model.config.block_size, max(map(len, texts)) + n)
        self.cache: KVCache | None = None
        self.rows: list[int] = []  # the texts in the cache
        self.starts: list[int] = []  # the window start of each

    def next_logits(self, rows: list[int]) -> Tensor:
        """Logits for the token after each of these texts.

        Args:
            rows: Indices of texts, among those of the last call.

        Returns:
            Logits, shape (B, V).
        """
        if self.cache is None:
            self.cache, self.rows = KVCache(self.model, len(rows), self.max_seq_len), rows
        if rows != self.rows:
            kept = [self.rows.index(row) for row in rows]
            self.cache.select(kept)
            self.rows, self.starts = rows, [self.starts[i] for i in kept]
        starts = [
            window_start(len(self.texts[row]), self.model.config.block_size, self.stride)
            for row in rows
        ]
        if starts == self.starts:
            return self.cache.next_logits([self.texts[row][-1:] for row in rows])
        self.cache.reset()
        self.starts = starts
        return self.cache.next_logits([self.texts[row][start:] for row, start in zip(rows, starts)])


def window_start(length: int, block_size: int, stride: int = 1) -> int:
    """Index of the first token that is in the window of a text.

    Args:
        length: Number of tokens of the text.
        block_size: The most tokens in the window.
        stride: How many tokens the window moves at once.

    Returns:
        A multiple of `stride`.

    Example:
        >>> window_start(1025, 1024, stride=512)
        512
    """
    length, block_size = as_int(length, "length", 0), as_int(block_size, "block_size", 1)
    stride = as_int(stride, "stride", 1)
    return -(-max(0, length - block_size) // stride) * stride


def apply_repetition_penalty(logits: Tensor, texts: list[list[int]], penalty: float) -> Tensor:
    """Lower the logits of tokens that are already in the text, shape (B, V) -> (B, V)."""
    logits = logits.clone()
    for row, text in zip(logits, texts):
        seen = torch.tensor(sorted(set(text)), device=row.device)
        row[seen] = torch.where(row[seen] > 0, row[seen] / penalty, row[seen] * penalty)
    return logits


def is_single(prompts: Sequence[Any] | Tensor) -> bool:
    """Whether it is one row of ids rather than several; ValueError if it is neither."""
    if hasattr(prompts, "ndim"):  # an array or a tensor
        return bool(prompts.ndim < 2)
    if not isinstance(prompts, Sequence) or isinstance(prompts, (str, bytes)):
        raise ValueError(
            f"A prompt is a list of token ids, such as [15496, 995]; got {prompts!r:.60}."
        )
    first = prompts[0] if prompts else 0
    return not hasattr(first, "__len__") or getattr(first, "ndim", 1) == 0


def check_penalty(penalty: float) -> float:
    """The penalty as a number; ValueError unless it is finite and above 0."""
    penalty = as_number(penalty, "repetition_penalty")
    if not 0 < penalty < float("inf"):
        raise ValueError(
            f"repetition_penalty={penalty} must be above 0: 1 changes nothing, 1.2 discourages "
            f"repetition, below 1 encourages it."
        )
    return penalty


def check_stride(stride: int, block_size: int) -> int:
    """The stride; ValueError unless the next window overlaps the last one."""
    if not is_int(stride) or not 1 <= int(stride) < max(2, block_size):
        raise ValueError(
            f"stride={stride!r} must be an integer from 1 (exact) to {max(1, block_size - 1)}, "
            f"one less than block_size; {max(1, block_size // 2)} is fast."
        )
    return int(stride)
