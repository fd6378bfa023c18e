"""The loss whose gradient is the policy gradient: answers with a positive advantage get likelier.

Its value means nothing: with a group mean it is near 0 from the first step on. Only its gradient
counts. It belongs to answers that the model itself has just sampled.
Source: Williams 1992 (REINFORCE).
"""

import torch
from torch import Tensor

from gptcore.checks import check_choice
from gptcore.tuning.reinforcement.choices import NORMALIZATIONS


def token_weights(lengths: Tensor, normalize: str = "token") -> Tensor:
    """The weight of each token of an answer in the loss of a batch.

    Args:
        lengths: Tokens of each answer, shape (B,).
        normalize: "token": the mean over all tokens of the batch (DAPO), so a long answer counts
            more. "sequence": the mean over answers of the mean over their tokens (GRPO), so a
            long wrong answer is punished less for each token. "none": the mean over answers of
            their sums, whose gradient is that of the expected reward.

    Returns:
        A weight for the tokens of each answer, shape (B,).

    Example:
        >>> token_weights(torch.tensor([1, 3]), "sequence").tolist()
        [0.5, 0.1666666716337204]
    """
    check_choice(normalize, "normalize", NORMALIZATIONS)
    if not len(lengths) or int(lengths.min()) < 1:
        raise ValueError(f"lengths={lengths.tolist()!r:.60}: each answer has one token at least.")
    B = len(lengths)
    if normalize == "token":
        return torch.full((B,), 1.0, device=lengths.device) / lengths.sum()
    return 1 / (B * (lengths if normalize == "sequence" else torch.ones_like(lengths)))


def policy_loss(log_probs: Tensor, advantages: Tensor, weights: Tensor) -> Tensor:
    """Weigh the log-probabilities of answers by their advantages.

    Args:
        log_probs: As of `token_log_probs`, 0 outside of the answers, shape (B, T).
        advantages: As of `group_advantages`, shape (B,); they get no gradient.
        weights: As of `token_weights`, shape (B,).

    Returns:
        The loss, shape ().

    Example:
        >>> log_probs = torch.tensor([[-2.0, 0.0], [-1.0, -1.0]])
        >>> policy_loss(log_probs, torch.tensor([1.0, 0.0]), torch.tensor([0.5, 0.5])).item()
        1.0
    """
    return -(advantages.detach() * weights * log_probs.sum(-1)).sum()  # (B,) -> ()
