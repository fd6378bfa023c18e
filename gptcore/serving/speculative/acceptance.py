"""The rule that leaves the output distribution as it is, whatever the draft proposes.

A token x, sampled from q, is accepted with probability min(1, p(x) / q(x)). If it is rejected,
another is sampled from max(0, p - q), normalized. Both together give x the probability p(x):

    q(x) min(1, p(x) / q(x)) + P(rejected) max(0, p(x) - q(x)) / P(rejected) = p(x)

Source: Leviathan, Kalman, Matias 2023, arXiv 2211.17192; Chen et al. 2023, arXiv 2302.01318.
"""

from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor

from gptcore.sampling.batch_sampling import sample_rows
from gptcore.serving.speculative.proposal import Proposal


def verify(p: Tensor, proposal: Proposal, rng: Random) -> tuple[list[int], int]:
    """Accept a prefix of the proposed tokens, and sample one more.

    Args:
        p: The model's probabilities after the text and after each proposed token, shape (k+1, V).
        proposal: What the draft proposed, k tokens.
        rng: Source of randomness.

    Returns:
        The tokens that are added, 1 to k + 1, and how many of them were proposed.

    Example:
        >>> p = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
        >>> verify(p, Proposal([1]), Random(1))
        ([1, 0], 1)
    """
    tokens = proposal.tokens
    for i, token in enumerate(tokens):
        q = one_hot(token, p[i]) if proposal.probs is None else proposal.probs[i]
        if not is_accepted(float(p[i, token]), float(q[token]), rng):
            # What was proposed after a rejected token continues another text.
            return [*tokens[:i], *sample_rows(residual(p[i], q)[None], [rng])], i
    return [*tokens, *sample_rows(p[-1:], [rng])], len(tokens)


def is_accepted(p: float, q: float, rng: Random) -> bool:
    """Accept with probability min(1, p / q).

    Args:
        p: Probability of the token by the model.
        q: Probability of the token by the draft.
        rng: Source of randomness.
    """
    return rng.random() * q < p


def residual(p: Tensor, q: Tensor) -> Tensor:
    """What the model gives to each token beyond what the draft gave: max(0, p - q), shape (V,).

    Args:
        p: Probabilities by the model, shape (V,).
        q: Probabilities by the draft, shape (V,).
    """
    more = (p - q.to(p)).clamp(min=0)
    return more if more.sum() > 0 else p  # equal but for rounding: nothing is really rejected


def one_hot(token: int, like: Tensor) -> Tensor:
    """All probability on one token, shape (V,)."""
    return F.one_hot(torch.tensor(token, device=like.device), len(like)).to(like)
