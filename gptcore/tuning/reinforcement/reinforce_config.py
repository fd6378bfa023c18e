"""Settings of reinforcement learning, and the record of one of its steps."""

from dataclasses import dataclass

from gptcore.checks import as_finite, as_int, check_choice
from gptcore.tuning.reinforcement.choices import (
    BASELINES,
    KL_PLACES,
    NORMALIZATIONS,
    check_group_size,
)
from gptcore.tuning.runs.tuning_config import TuningConfig
from gptcore.tuning.temperature import check_policy_temperature

COUNTS = ("questions_per_step", "group_size", "max_new_tokens")


@dataclass(frozen=True)
class ReinforceConfig(TuningConfig):
    """How a model is reinforced.

    Raises:
        ValueError: If a value is impossible; the message says the rule.

    Example:
        >>> ReinforceConfig(max_steps=50).train_config().learning_rate
        0.0005
    """

    max_steps: int = 150
    """updates of the weights, each with answers of its own"""
    questions_per_step: int = 16
    """Q, questions in a step"""
    group_size: int = 8
    """G, answers to each question"""
    max_new_tokens: int = 32
    """the most tokens of an answer, its end token included"""
    temperature: float = 1.0
    """divides the logits, in sampling and in the log-probabilities that are learned; above 0"""
    baseline: str = "group_mean"
    """what is subtracted from a reward: none; group_mean; normalized (and divided by the standard
    deviation of the group)"""
    normalize: str = "token"
    """what a sum over tokens is divided by: token (all tokens of the step), sequence (the length
    of each answer, then the number of answers), none (the number of answers)"""
    kl_weight: float = 0.0
    """how strongly the model is held to the reference model; 0 not at all"""
    kl_place: str = "reward"
    """where the KL penalty is: reward (k1 of the whole answer, the exact gradient) or loss (k2 of
    each token, which does not see that later tokens depend on it)"""
    passing_reward: float = 1.0
    """the smallest reward of an answer that counts as right in `pass_rate`"""
    learning_rate: float = 5e-4
    """the highest learning rate; it falls to 0. A rate that suits fine-tuning can be too high"""
    batch_size: int = 128
    """answers in one forward pass; fewer need less memory and give the same update"""
    seed: int = 1337
    """seed of the order of the questions and of the answers"""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.set_checked(
            {
                **{name: as_int(getattr(self, name), name, 1) for name in COUNTS},
                "temperature": check_policy_temperature(self.temperature),
                "kl_weight": as_finite(self.kl_weight, "kl_weight", minimum=0),
                "passing_reward": as_finite(self.passing_reward, "passing_reward"),
            }
        )
        check_choice(self.baseline, "baseline", BASELINES)
        check_choice(self.normalize, "normalize", NORMALIZATIONS)
        check_choice(self.kl_place, "kl_place", KL_PLACES)
        check_group_size(self.group_size, self.baseline)
        if self.kl_weight and self.kl_place == "reward" and self.baseline == "normalized":
            raise ValueError(
                "baseline='normalized' with kl_place='reward': where the rewards of a group agree, "
                "only the penalty differs, and it would be divided by its own small spread. Set "
                "kl_place='loss', or baseline='group_mean'."
            )


@dataclass(frozen=True)
class ReinforceStep:
    """What is known after one step of reinforcement; the fields are the keys of a line in the log.

    Attributes:
        step: Updates so far, from 1; skipped ones count.
        reward: Mean reward of all answers of this step, before its update.
        pass_rate: Share of the questions of which at least one answer passes.
        agreement: Share of the groups whose rewards are all equal.
        kl: Mean KL divergence from the reference model, in nats per token (estimate k3).
        entropy: Mean entropy of the next token, in nats.
        length: Mean number of tokens of an answer, its end token included.
        ended: Share of the answers that ended by themselves.
        grad_norm: Gradient norm before clipping; None if the update was skipped.
        learning_rate: Learning rate of this update.
        message: What somebody should know, such as that there was nothing to learn; often "".

    Example:
        >>> config = ReinforceConfig(max_steps=1, warmup_steps=0, max_new_tokens=3)
        >>> nothing = lambda answer, key: 0.0
        >>> next(reinforce(model, [Question([1])], nothing, str, 0, config)).message
        'Nothing to learn: all answers to each question got the same reward. ...'
    """

    step: int
    reward: float
    pass_rate: float
    agreement: float
    kl: float
    entropy: float
    length: float
    ended: float
    grad_norm: float | None
    learning_rate: float
    message: str
