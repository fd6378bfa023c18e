"""Runs the model for one step, and samples: texts are put into batches of similar length.

An error of one text must not end the others. What fails for a batch is therefore tried again for
each of its texts alone; computing a text twice writes the same keys and values again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeAlias, TypeVar

import torch
from torch import Tensor

from gptcore.model.gpt import GPT, evaluating
from gptcore.sampling.batch_sampling import next_tokens
from gptcore.sampling.kv_cache import kernels_for_any_length
from gptcore.serving.paged_cache import PagedBatch, PagedKVCache, PagedRow
from gptcore.serving.request import Request

T = TypeVar("T")
Outcome: TypeAlias = T | Exception


def next_logits(
    model: GPT, cache: PagedKVCache, num_new: dict[Request, int]
) -> dict[Request, Outcome[Tensor]]:
    """Compute the next tokens of each text.

    Args:
        model: The GPT.
        cache: Its KV cache; each text has blocks for its new tokens.
        num_new: Request -> how many tokens of it are computed.

    Returns:
        For each request the logits after the last of them, shape (V,), or what went wrong.
    """

    def forward(requests: Sequence[Request]) -> Sequence[Tensor]:
        return forward_batch(model, cache, requests, [num_new[one] for one in requests])

    outcomes: dict[Request, Outcome[Tensor]] = {}
    for batch in batches_of_similar_length(num_new):
        outcomes.update(together_or_alone(forward, batch))
    return outcomes


def forward_batch(
    model: GPT, cache: PagedKVCache, requests: Sequence[Request], num_new: Sequence[int]
) -> Sequence[Tensor]:
    """One forward pass; the logits after the last new token of each text, B of shape (V,).

    Args:
        model: The GPT.
        cache: Its KV cache.
        requests: The texts, B of them.
        num_new: How many tokens of each are computed.
    """
    rows = [
        PagedRow(request.block_table, request.num_computed_tokens, n)
        for request, n in zip(requests, num_new)
    ]
    longest = max(num_new)
    ids = []
    for request, n in zip(requests, num_new):
        start = request.num_computed_tokens
        ids.append(request.ids[start : start + n] + [0] * (longest - n))
    device = cache.device
    last = torch.tensor(num_new, device=device) - 1  # (B,)
    with evaluating(model), kernels_for_any_length(device):
        batch = PagedBatch(cache, rows)
        x = model.forward_hidden(torch.tensor(ids, device=device), kv_cache=batch)  # (B, T, C)
        x = x[torch.arange(len(rows), device=device), last]  # (B, T, C) -> (B, C)
        return model.unembed(x).unbind()  # (B, C) -> B of (V,)


def batches_of_similar_length(num_new: dict[Request, int]) -> Iterator[list[Request]]:
    """Groups of requests in which no row is padded to more than twice its tokens.

    Requests that decode have one new token each and are one batch.

    Args:
        num_new: Request -> how many tokens of it are computed.

    Yields:
        The requests of a batch.
    """
    batch: list[Request] = []
    for request in sorted(num_new, key=lambda one: -num_new[one]):
        if batch and 2 * num_new[request] < num_new[batch[0]]:
            yield batch
            batch = []
        batch.append(request)
    if batch:
        yield batch


def sample(logits: dict[Request, Tensor]) -> dict[Request, Outcome[int]]:
    """Sample a token for each request, with its own options and random numbers.

    Args:
        logits: Request -> logits, shape (V,).

    Returns:
        For each request a token id, or what went wrong.
    """
    groups: dict[tuple[float, int | None, float, float], list[Request]] = defaultdict(list)
    for request in logits:
        groups[request.params.filters].append(request)
    outcomes: dict[Request, Outcome[int]] = {}
    for group in groups.values():
        outcomes.update(together_or_alone(partial(sample_group, logits), group))
    return outcomes


def sample_group(logits: dict[Request, Tensor], requests: Sequence[Request]) -> list[int]:
    """A token for each of several requests that have the same options."""
    rows = torch.stack([logits[one] for one in requests])  # B of (V,) -> (B, V)
    temperature, top_k, top_p, min_p = requests[0].params.filters
    rngs = [one.rng for one in requests]
    return next_tokens(rows, temperature, top_k=top_k, top_p=top_p, min_p=min_p, rngs=rngs)


def together_or_alone(
    compute: Callable[[Sequence[Request]], Sequence[T]], requests: Sequence[Request]
) -> dict[Request, Outcome[T]]:
    """Compute something for a batch; if that fails, for each request alone.

    Args:
        compute: Takes requests and returns a result for each.
        requests: The batch.

    Returns:
        For each request its result, or the exception that it raised alone.
    """
    try:
        return dict(zip(requests, compute(requests)))
    except Exception as error:
        if len(requests) == 1:
            return {requests[0]: error}
    outcomes: dict[Request, Outcome[T]] = {}
    for request in requests:
        outcomes.update(together_or_alone(compute, [request]))
    return outcomes


def log_probabilities(logits: Tensor, token: int, k: int) -> tuple[float, list[tuple[int, float]]]:
    """The log-probability of a token by the model, and the k likeliest tokens with theirs.

    Args:
        logits: Unnormalised scores, shape (V,).
        token: The token that was sampled.
        k: How many likeliest tokens.

    Returns:
        Nats; pairs of a token id and nats, the likeliest first.
    """
    dtype = torch.promote_types(logits.dtype, torch.float32)
    log_probs = logits.to(dtype).log_softmax(-1)  # (V,)
    top = log_probs.topk(min(k, len(log_probs)))
    return float(log_probs[token]), list(zip(top.indices.tolist(), top.values.tolist()))
