"""`next_token` for a batch on any device: one token for each row of logits.

With the same generator a row gets the token that `next_token` would sample, but for rounding: the
probabilities have the dtype of the logits, at least 32 bits. There are no 64-bit floats, because
Apple's GPUs have none. For fifty thousand logits this takes a tenth to a hundredth of the time.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from gptcore.next_token import HasRandom, check_logits, check_sampling_options, uniform


def next_tokens(
    logits: Tensor,
    temperature: float = 1.0,
    *,
    top_k: int | None = None,
    top_p: float = 1.0,
    min_p: float = 0.0,
    rngs: Sequence[HasRandom | torch.Generator],
) -> list[int]:
    """Sample one token id for each row of logits.

    Args:
        logits: Unnormalised scores, shape (B, V).
        temperature: Divides the logits; 0 takes the largest.
        top_k: Keeps only the k most probable tokens; None keeps all.
        top_p: Keeps the smallest set of tokens whose probabilities add up to this.
        min_p: Keeps tokens whose probability is at least this fraction of the largest.
        rngs: B sources of randomness: Python's, NumPy's or PyTorch's.

    Returns:
        B token ids.

    Raises:
        ValueError: If an option is out of range, or a logit is NaN or infinite.

    Example:
        >>> next_tokens(torch.tensor([[0.0, 9.0]]), temperature=0, rngs=[Random(1)])
        [1]
    """
    temperature, top_k, top_p, min_p = check_sampling_options(temperature, top_k, top_p, min_p)
    check_batch_logits(logits, rngs)
    check_finite(logits)
    if temperature == 0:
        greedy: list[int] = logits.argmax(-1).tolist()
        return greedy
    return sample_rows(filtered_probs(logits, temperature, top_k, top_p, min_p), rngs)


def filtered_probs(
    logits: Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    min_p: float = 0.0,
) -> Tensor:
    """Probabilities of the tokens that are kept, 0 for the others, shape (B, V) -> (B, V).

    Args:
        logits: Unnormalised scores, shape (B, V).
        temperature: Divides the logits; 0 takes the largest.
        top_k: Keeps only the k most probable tokens; None keeps all.
        top_p: Keeps the smallest set of tokens whose probabilities add up to this.
        min_p: Keeps tokens whose probability is at least this fraction of the largest.

    Returns:
        Rows that sum to 1, or to less if a filter removed tokens.
    """
    dtype = torch.promote_types(logits.dtype, torch.float32)
    if temperature == 0:
        best = logits.argmax(-1, keepdim=True)  # (B, 1)
        return torch.zeros_like(logits, dtype=dtype).scatter(-1, best, 1.0)
    temperature = max(temperature, torch.finfo(dtype).tiny)  # a smaller one would become 0
    largest = logits.amax(-1, keepdim=True)  # (B, 1)
    probs = ((logits.to(dtype) - largest) / temperature).softmax(-1)
    if top_k is not None or top_p < 1 or min_p > 0:
        probs = probs * filter_tokens(probs, top_k or probs.shape[-1], top_p, min_p)
    return probs


def sample_rows(probs: Tensor, rngs: Sequence[HasRandom | torch.Generator]) -> list[int]:
    """Sample a token from each row of probabilities, which need not sum to 1.

    Args:
        probs: Shape (B, V).
        rngs: B sources of randomness.

    Returns:
        B token ids.
    """
    sums = probs.cumsum(-1)  # (B, V)
    total = sums[:, -1:].contiguous()  # (B, 1)
    numbers = [[uniform(rng)] for rng in rngs]
    u = torch.tensor(numbers, dtype=sums.dtype, device=sums.device)  # (B, 1)
    sampled = torch.searchsorted(sums, u * total, right=True)  # (B, 1)
    # Trap: in 32 bits a number close to 1 is rounded to 1, and the index would be beyond the last
    # possible token.
    last = torch.searchsorted(sums, total)
    tokens: list[int] = torch.minimum(sampled, last).flatten().tolist()
    return tokens


def check_batch_logits(logits: Tensor, rngs: Sequence[HasRandom | torch.Generator]) -> None:
    """Raise ValueError unless there are B rows of logits and B generators."""
    if not isinstance(logits, Tensor) or logits.dim() != 2 or not logits.numel():
        shape = f" of shape {tuple(logits.shape)}" if hasattr(logits, "shape") else ""
        raise ValueError(
            f"logits must be a tensor of shape (B, V), a row for each text; got a "
            f"{type(logits).__name__}{shape}. For one row: logits[None], or next_token(logits)."
        )
    if len(rngs) != len(logits):
        raise ValueError(
            f"There are {len(logits)} rows of logits and {len(rngs)} generators; each row needs "
            f"its own: rngs=[Random(seed + row) for row in range({len(logits)})]."
        )


def check_finite(logits: Tensor) -> None:
    """Raise ValueError if a row of logits, shape (B, V), has a NaN, or an infinity on top."""
    largest = logits.amax(-1)  # (B,); NaN if there is one in the row
    if not largest.isfinite().all():
        check_logits(logits[int((~largest.isfinite()).nonzero()[0])].float())


def filter_tokens(probs: Tensor, top_k: int, top_p: float, min_p: float) -> Tensor:
    """True for the tokens that top-k, top-p and min-p keep, shape (B, V) -> (B, V)."""
    ranked, order = probs.sort(dim=-1, descending=True, stable=True)
    before = ranked.cumsum(-1) - ranked  # sum over the more probable tokens
    kept = (before < top_p) & (ranked >= min_p * ranked[:, :1])
    kept[:, top_k:] = False
    return torch.zeros_like(kept).scatter(-1, order, kept)
