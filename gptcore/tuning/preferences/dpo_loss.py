"""The loss of DPO: of two answers to one question, the chosen one becomes likelier.

What counts is the change against a reference model: the chosen answer's log-probability may fall,
as long as that of the rejected one falls more.
Source: Rafailov et al. 2023, Direct Preference Optimization, arXiv 2305.18290, equation 7.
"""

import torch.nn.functional as F
from torch import Tensor

from gptcore.checks import as_finite


def dpo_loss(
    chosen: Tensor,
    rejected: Tensor,
    reference_chosen: Tensor,
    reference_rejected: Tensor,
    beta: float = 0.1,
) -> tuple[Tensor, Tensor, Tensor]:
    """Compare B pairs of answers with a reference model.

    Args:
        chosen: Log-probabilities of the chosen answers, as of `answer_log_probs`, shape (B,).
        rejected: The same of the rejected answers, shape (B,).
        reference_chosen: Those of the chosen answers in the reference model, shape (B,).
        reference_rejected: Those of the rejected answers in the reference model, shape (B,).
        beta: How strongly the model is held to the reference; a larger one holds it more.

    Returns:
        The mean loss in nats, shape (); and, without gradients, the implicit rewards
        beta * log(p / p_reference) of the chosen and of the rejected answers, each of shape (B,).

    Raises:
        ValueError: If the shapes differ, or a log-probability is above 0.

    Example:
        >>> a, b = torch.tensor([-2.0]), torch.tensor([-3.0])
        >>> round(dpo_loss(a, b, a, b)[0].item(), 4)
        0.6931
    """
    beta = as_finite(beta, "beta", above=0)
    given = (chosen, rejected, reference_chosen, reference_rejected)
    if chosen.dim() != 1 or not len(chosen) or len({tensor.shape for tensor in given}) > 1:
        shapes = ", ".join(str(tuple(tensor.shape)) for tensor in given)
        raise ValueError(
            f"The log-probabilities have the shapes {shapes}; give four of shape (B,), one number "
            f"for each answer: answer_log_probs sums over its tokens."
        )
    if any(bool((tensor.detach() > 0).any()) for tensor in given):
        raise ValueError(
            "A log-probability is above 0. Give log-probabilities and not losses, which have the "
            "other sign."
        )
    chosen_rewards = beta * (chosen - reference_chosen.detach())
    rejected_rewards = beta * (rejected - reference_rejected.detach())
    loss = -F.logsigmoid(chosen_rewards - rejected_rewards).mean()  # (B,) -> ()
    return loss, chosen_rewards.detach(), rejected_rewards.detach()
