"""Estimates of the KL divergence from a reference model, and what each is good for.

From an answer that the model itself sampled, with d = log p - log p_reference:

    k1 = d                   right on average; as a loss its gradient is 0 on average
    k2 = d**2 / 2            wrong on average; as a loss it has the gradient of the KL
    k3 = exp(-d) - 1 + d     right on average and never negative; as a loss its gradient is that of
                             the KL near the reference only

So the penalty is k1 in the reward or k2 in the loss, and k3 measures.
Source: Schulman 2020, Approximating KL divergence; which of them may be a loss: arXiv 2506.09477,
    arXiv 2512.21852.
"""

from torch import Tensor

from gptcore.checks import check_choice

KL_ESTIMATES = ("k1", "k2", "k3")


def kl_estimate(log_probs: Tensor, reference_log_probs: Tensor, estimate: str = "k3") -> Tensor:
    """Estimate the KL divergence from a reference model at tokens that the model has sampled.

    Args:
        log_probs: Log-probabilities in the model, shape (B, T) of tokens, or (B,) of answers.
        reference_log_probs: Those in the reference model, of the same shape.
        estimate: "k1", "k2" or "k3".

    Returns:
        Nats, in the same shape; their mean over samples estimates the divergence.

    Example:
        >>> a, b = torch.tensor([-1.0]), torch.tensor([-1.5])
        >>> [round(kl_estimate(a, b, name).item(), 3) for name in ("k1", "k2", "k3")]
        [0.5, 0.125, 0.107]
    """
    check_choice(estimate, "estimate", KL_ESTIMATES)
    d = log_probs - reference_log_probs
    if estimate == "k1":
        return d
    return d.square() / 2 if estimate == "k2" else (-d).expm1() + d
