"""Settings of direct preference optimization, and the record of one of its steps."""

from dataclasses import dataclass

from gptcore.checks import as_finite, as_int
from gptcore.tuning.runs.tuning_config import TuningConfig


@dataclass(frozen=True)
class DPOConfig(TuningConfig):
    """How a model learns from pairs of answers.

    Raises:
        ValueError: If a value is impossible; the message says the rule.

    Example:
        >>> DPOConfig(max_steps=50).beta
        0.1
    """

    max_steps: int = 300
    """updates of the weights"""
    batch_size: int = 64
    """pairs in one forward pass; fewer need less memory and give the same update"""
    learning_rate: float = 1e-4
    """the highest learning rate; it falls to 0. A rate that suits fine-tuning is too high"""
    seed: int = 1337
    """seed of the order of the pairs"""
    pairs_per_step: int = 32
    """pairs in a step"""
    beta: float = 0.1
    """how strongly the model is held to the reference; a larger one holds it more"""
    sft_weight: float = 0.0
    """weight of the loss of fine-tuning on the chosen answers (nats per token), which keeps them
    from becoming unlikely; 0 leaves it out"""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.set_checked(
            {
                "pairs_per_step": as_int(self.pairs_per_step, "pairs_per_step", 1),
                "beta": as_finite(self.beta, "beta", above=0),
                "sft_weight": as_finite(self.sft_weight, "sft_weight", minimum=0),
            }
        )


@dataclass(frozen=True)
class DPOStep:
    """What is known after one step; the fields are the keys of a line in the log.

    All but the last two are of the model before the update of the step.

    Attributes:
        step: Updates so far, from 1.
        loss: Mean loss of DPO of the pairs, in nats, without the part of `sft_weight`.
        accuracy: Share of the pairs whose chosen answer gained more than the rejected one.
        chosen: How much the log-probability of the chosen answers changed against the reference,
            in nats for each answer. It may fall while the loss falls.
        rejected: The same of the rejected answers.
        margin: beta * (chosen - rejected).
        sft_loss: Mean loss of the tokens of the chosen answers, in nats per token.
        grad_norm: Gradient norm before clipping.
        learning_rate: Learning rate of this update.

    Example:
        >>> pair = PreferencePair([{"role": "user", "content": "1+1?"}], "2", "3")
        >>> config = DPOConfig(max_steps=1, warmup_steps=0)
        >>> round(next(optimize_preferences(model, [pair], chat, config)).loss, 4)
        0.6931
    """

    step: int
    loss: float
    accuracy: float
    chosen: float
    rejected: float
    margin: float
    sft_loss: float
    grad_norm: float | None
    learning_rate: float
