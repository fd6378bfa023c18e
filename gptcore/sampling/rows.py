"""`next_token` for a batch on any device: a token for each row of logits.

Given the same generator, a row gets the token that `next_token` would draw, but for rounding: the
probabilities have the number format of the logits, at least 32 bits. No 64-bit floats are made on
the way, because Apple's GPUs have none. For fifty thousand logits this takes a tenth to a
hundredth of the time. Left out on purpose: every explanation, which `next_token` has.
"""

import torch
from torch import Tensor

from gptcore.next_token import check_logits, check_options, uniform


def next_tokens(
    logits: Tensor,
    temperature: float = 1.0,
    *,
    top_k: int | None = None,
    top_p: float = 1.0,
    min_p: float = 0.0,
    rngs: list,
) -> list[int]:
    """Draw one token for each row, with a generator for each.

    Shapes: logits (B, V), B generators -> B tokens.
    Raises: ValueError for NaN and infinities, as `next_token` does, and for options out of range.
    Example: next_tokens(torch.tensor([[0.0, 9.0]]), temperature=0, rngs=[Random(1)]) -> [1]
    """
    temperature, top_k, top_p, min_p = check_options(temperature, top_k, top_p, min_p)
    check_rows(logits, rngs)
    largest = logits.amax(-1, keepdim=True)  # (B, 1); NaN if there is one in the row
    if not largest.isfinite().all():
        nonfinite = int((~largest.isfinite()).flatten().nonzero()[0])
        check_logits(logits[nonfinite].float())
    if temperature == 0:
        return logits.argmax(-1).tolist()
    dtype = torch.promote_types(logits.dtype, torch.float32)
    temperature = max(temperature, torch.finfo(dtype).tiny)  # a smaller one would become 0
    probs = ((logits.to(dtype) - largest) / temperature).softmax(-1)
    if top_k is not None or top_p < 1 or min_p > 0:
        probs = probs * likeliest(probs, top_k or probs.shape[-1], top_p, min_p)
    sums = probs.cumsum(-1)  # (B, V)
    total = sums[:, -1:].contiguous()  # (B, 1)
    chance = torch.tensor([[uniform(rng)] for rng in rngs], dtype=dtype, device=sums.device)
    drawn = torch.searchsorted(sums, chance * total, right=True)  # (B, 1)
    # Trap: in 32 bits a chance close to 1 is rounded to 1, and leads past the last possible token.
    last = torch.searchsorted(sums, total)
    return torch.minimum(drawn, last).flatten().tolist()


def check_rows(logits: Tensor, rngs: list) -> None:
    """Raises: ValueError unless there are B rows of logits and B generators."""
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


def likeliest(probs: Tensor, top_k: int, top_p: float, min_p: float) -> Tensor:
    """True for the tokens that stay: at most top_k; as few as reach top_p; none far below the best.

    Shapes: (B, V) -> (B, V).
    """
    ranked, order = probs.sort(dim=-1, descending=True, stable=True)
    before = ranked.cumsum(-1) - ranked  # what the likelier ones have together
    stays = (before < top_p) & (ranked >= min_p * ranked[:, :1])
    stays[:, top_k:] = False
    return torch.zeros_like(stays).scatter(-1, order, stays)
