"""Advantages: how much better an answer is than the other answers to the same question.

Source: group mean: Shao et al. 2024 (GRPO), arXiv 2402.03300; why the standard deviation is left
    out: Liu et al. 2025, arXiv 2503.20783.
"""

from torch import Tensor

from gptcore.checks import check_choice
from gptcore.tuning.reinforcement.choices import BASELINES, check_group_size

STD_EPS = 1e-4  # TRL's: keeps the division finite


def group_advantages(rewards: Tensor, baseline: str = "group_mean") -> Tensor:
    """Turn the rewards of groups into the weights with which their answers are learned.

    The mean of a group includes the answer itself, so a gradient is 1 - 1/G of its length without
    a baseline. A group whose rewards are all equal gets exactly 0, unless the baseline is "none".

    Args:
        rewards: Rewards of Q questions with G answers each, shape (Q, G).
        baseline: "none" leaves the rewards; "group_mean" subtracts the mean of the group;
            "normalized" divides by its standard deviation, too.

    Returns:
        Advantages, shape (Q, G), as 32-bit numbers.

    Raises:
        ValueError: For a group of one answer with a baseline, or rewards that are not finite.

    Example:
        >>> group_advantages(torch.tensor([[1.0, 0.0, 0.0, 0.0]])).tolist()
        [[0.75, -0.25, -0.25, -0.25]]
    """
    check_choice(baseline, "baseline", BASELINES)
    if not isinstance(rewards, Tensor) or rewards.dim() != 2 or not rewards.numel():
        raise ValueError(
            f"rewards must be a tensor of shape (Q, G), a row for each question; got "
            f"{getattr(rewards, 'shape', rewards)!r:.60}."
        )
    if not rewards.isfinite().all():
        raise ValueError("A reward is NaN or infinite. check_reward names the answer that got it.")
    check_group_size(rewards.shape[1], baseline)
    if baseline == "none":
        return rewards.float()
    # Trap: in 32 bits the mean of eight times 0.1 is not 0.1, and equal rewards would push.
    exact = rewards.double()
    centred = exact - exact.mean(1, keepdim=True)
    if baseline == "normalized":
        centred = centred / (exact.std(1, keepdim=True) + STD_EPS)
    return centred.masked_fill(groups_agree(rewards)[:, None], 0.0).float()


def groups_agree(rewards: Tensor) -> Tensor:
    """True for each question whose answers all got the same reward, shape (Q, G) -> (Q,)."""
    return rewards.amax(1) == rewards.amin(1)
