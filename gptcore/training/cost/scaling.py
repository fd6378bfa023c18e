"""How the loss falls with size and text: Chinchilla's rule, its fitted formula, and fits of ours.

Left out on purpose: other people's constants as a prediction. They belong to their text and their
tokenizer; the shape carries over, the level does not.
Source: Hoffmann et al. 2022, arXiv 2203.15556; the constants as corrected by Besiroglu et al. 2024,
    arXiv 2404.10102.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

from gptcore.checks import as_finite
from gptcore.model.config import GPTConfig
from gptcore.training.cost.parameters import parameters_by_part

TOKENS_PER_PARAMETER = 20  # the rule of thumb that Hoffmann's three ways of fitting agree on
FLOOR, SIZE, SIZE_POWER, TEXT, TEXT_POWER = 1.8172, 482.01, 0.3478, 2085.43, 0.3658
HEAD_DIM = 64  # GPT-2's, in all its sizes


@dataclass(frozen=True)
class ComputeOptimal:
    """The best use of so many flops.

    Example: ComputeOptimal(flops=6e18, parameters=1e8, tokens=1e10).tokens -> 1e10
    """

    flops: float
    parameters: float
    tokens: float


def compute_optimal(
    flops: float, tokens_per_parameter: float = TOKENS_PER_PARAMETER
) -> ComputeOptimal:
    """Size and text for which so much arithmetic gives the least loss: 6 a parameter and token.

    Raises:  ValueError for no flops at all.
    Example: compute_optimal(9.4e17).parameters -> about 88.5e6
    """
    asked = {"flops": flops, "tokens_per_parameter": tokens_per_parameter}
    for name, number in asked.items():
        as_finite(number, name, above=0)
    parameters = sqrt(flops / (6 * tokens_per_parameter))
    return ComputeOptimal(flops, parameters, tokens_per_parameter * parameters)


def chinchilla_loss(parameters: float, tokens: float) -> float:
    """The loss that the formula gives: a floor, what the size costs, and what the text costs.

    Units: nats per token of their text, MassiveText.
    Example: chinchilla_loss(124e6, 10e9) -> about 3.01
    """
    return FLOOR + SIZE / parameters**SIZE_POWER + TEXT / tokens**TEXT_POWER


def nearest_config(parameters: float, vocab_size: int = 50304, block_size: int = 1024) -> GPTConfig:
    """A GPT of about that size, with heads of 64 numbers and widths that suit the kernels.

    Twelve layers as in GPT-2 small, until the heads are more; then as many layers as heads.
    Example: nearest_config(124e6).n_embd -> 768
    """
    shapes = [
        GPTConfig(
            vocab_size=vocab_size,
            block_size=block_size,
            n_layer=max(heads, 12),
            n_head=heads,
            n_embd=HEAD_DIM * heads,
        )
        for heads in range(1, 129)
    ]
    return min(shapes, key=lambda shape: abs(log(parameter_count(shape) / parameters)))


def parameter_count(config: GPTConfig) -> int:
    """All its numbers."""
    return sum(parameters_by_part(config).values())


@dataclass(frozen=True)
class PowerLaw:
    """loss = floor + coefficient / x^power.

    Example: PowerLaw(floor=1.69, coefficient=406.4, exponent=0.34)(1e9) -> about 2.04
    """

    floor: float
    coefficient: float
    exponent: float

    def __call__(self, x: float) -> float:
        return self.floor + self.coefficient * x**-self.exponent


def fit_power_law(xs: Sequence[float], losses: Sequence[float], floor: float = 0.0) -> PowerLaw:
    """The power law nearest to the points: a straight line once both axes are logarithms.

    `floor` is the loss that no size goes below, where it is known, as it is for the stories.
    Raises:  ValueError for fewer than two sizes, or a loss that is not above the floor.
    Example: fit_power_law([1, 10, 100], [3, 2.5, 2.25], floor=2).exponent -> about 0.301
    """
    if len(xs) != len(losses):
        raise ValueError(
            f"There are {len(xs)} sizes and {len(losses)} losses; each needs its other."
        )
    if len(set(xs)) < 2:
        raise ValueError("A line needs points at two sizes or more.")
    if min(xs) <= 0:
        raise ValueError(f"The size {min(xs)!r} has no logarithm; sizes must be above 0.")
    low = min(losses)
    if low <= floor:
        raise ValueError(
            f"The loss {low:.4g} is not above floor={floor:.4g}. Either it was measured on text "
            f"that the model has seen, or the floor is lower."
        )
    points = [(log(x), log(loss - floor)) for x, loss in zip(xs, losses)]
    middle_x, middle_y = (sum(p[axis] for p in points) / len(points) for axis in (0, 1))
    slope = sum((x - middle_x) * (y - middle_y) for x, y in points) / sum(
        (x - middle_x) ** 2 for x, _ in points
    )
    return PowerLaw(floor, exp(middle_y - slope * middle_x), -slope)
