"""How the loss falls with model size and data: Chinchilla's rule and formula, and power-law fits.

Constants of other people do not predict your loss: they belong to their text and their tokenizer.
The shape of the curve carries over, the level does not.

Source: Hoffmann et al. 2022, arXiv 2203.15556; constants as corrected by Besiroglu et al. 2024,
arXiv 2404.10102.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

from gptcore.checks import as_finite
from gptcore.model.config import GPTConfig
from gptcore.training.cost.parameters import parameters_by_part

TOKENS_PER_PARAMETER = 20  # the rule of thumb on which Hoffmann's three methods agree
E, A, ALPHA, B, BETA = 1.8172, 482.01, 0.3478, 2085.43, 0.3658  # L = E + A / N^ALPHA + B / D^BETA
HEAD_DIM = 64  # as in all sizes of GPT-2


@dataclass(frozen=True)
class ComputeOptimal:
    """The compute-optimal run for a number of FLOPs.

    Attributes:
        flops: FLOPs of the run.
        parameters: Size of the model.
        tokens: Size of the data.

    Example:
        >>> ComputeOptimal(flops=6e18, parameters=1e8, tokens=1e10).tokens
        10000000000.0
    """

    flops: float
    parameters: float
    tokens: float


def compute_optimal(
    flops: float, tokens_per_parameter: float = TOKENS_PER_PARAMETER
) -> ComputeOptimal:
    """Choose model size and data for the lowest loss that a number of FLOPs can give.

    Args:
        flops: FLOPs of the run, 6 per parameter and token.
        tokens_per_parameter: The rule of thumb.

    Returns:
        Parameters and tokens.

    Raises:
        ValueError: If one of the two is not a finite number above 0.

    Example:
        >>> round(compute_optimal(9.4e17).parameters / 1e6, 1)
        88.5
    """
    flops = as_finite(flops, "flops", above=0)
    ratio = as_finite(tokens_per_parameter, "tokens_per_parameter", above=0)
    parameters = sqrt(flops / (6 * ratio))
    return ComputeOptimal(flops, parameters, ratio * parameters)


def chinchilla_loss(parameters: float, tokens: float) -> float:
    """Chinchilla's formula for the loss: E + A / N^alpha + B / D^beta.

    Args:
        parameters: N, the size of the model.
        tokens: D, the size of the data.

    Returns:
        The loss in nats per token of their text, MassiveText.

    Example:
        >>> round(chinchilla_loss(124e6, 10e9), 2)
        3.01

    Source: Hoffmann et al. 2022, arXiv 2203.15556.
    """
    return float(E + A / parameters**ALPHA + B / tokens**BETA)


def nearest_config(parameters: float, vocab_size: int = 50304, block_size: int = 1024) -> GPTConfig:
    """Find a GPT of about that size, with heads of 64 numbers and a width that suits the kernels.

    It has 12 layers as GPT-2 small, and as many layers as heads once there are more than 12 heads.

    Args:
        parameters: The size of the model.
        vocab_size: Number of tokens in the vocabulary.
        block_size: Context length.

    Returns:
        The sizes.

    Example:
        >>> nearest_config(124e6).n_embd
        768
    """
    configs = [
        GPTConfig(
            vocab_size=vocab_size,
            block_size=block_size,
            n_layer=max(heads, 12),
            n_head=heads,
            n_embd=HEAD_DIM * heads,
        )
        for heads in range(1, 129)
    ]
    return min(configs, key=lambda config: abs(log(parameter_count(config) / parameters)))


def parameter_count(config: GPTConfig) -> int:
    """Number of parameters of a GPT."""
    return sum(parameters_by_part(config).values())


@dataclass(frozen=True)
class PowerLaw:
    """loss = floor + coefficient / x^exponent.

    Attributes:
        floor: The loss that no size goes below (irreducible loss).
        coefficient: Factor of the power.
        exponent: The power, without its minus sign.

    Example:
        >>> round(PowerLaw(floor=1.69, coefficient=406.4, exponent=0.34)(1e9), 2)
        2.04
    """

    floor: float
    coefficient: float
    exponent: float

    def __call__(self, x: float) -> float:
        """Return the loss at `x`."""
        return float(self.floor + self.coefficient * x**-self.exponent)


def fit_power_law(xs: Sequence[float], losses: Sequence[float], floor: float = 0.0) -> PowerLaw:
    """Fit a power law: a straight line through the logarithms, by least squares.

    Args:
        xs: Sizes, such as parameters, tokens or FLOPs; two different ones or more, above 0.
        losses: The loss at each, above `floor`.
        floor: The loss that no size goes below, where it is known, as for the stories.

    Returns:
        The power law.

    Raises:
        ValueError: For fewer than two sizes, or a loss that is not above the floor.

    Example:
        >>> round(fit_power_law([1, 10, 100], [3, 2.5, 2.25], floor=2).exponent, 3)
        0.301
    """
    if len(xs) != len(losses):
        raise ValueError(f"There are {len(xs)} sizes and {len(losses)} losses; give one per size.")
    if len(set(xs)) < 2:
        raise ValueError("A line needs points at two sizes or more.")
    if min(xs) <= 0:
        raise ValueError(f"The size {min(xs)!r} has no logarithm; sizes must be above 0.")
    low = min(losses)
    if low <= floor:
        raise ValueError(
            f"The loss {low:.4g} is not above floor={floor:.4g}. Either it was measured on text "
            f"that the model was trained on, or the floor is lower."
        )
    points = [(log(x), log(loss - floor)) for x, loss in zip(xs, losses)]
    mean_x, mean_y = (sum(point[axis] for point in points) / len(points) for axis in (0, 1))
    covariance = sum((x - mean_x) * (y - mean_y) for x, y in points)
    exponent = -covariance / sum((x - mean_x) ** 2 for x, _ in points)
    return PowerLaw(floor, exp(mean_y + exponent * mean_x), exponent)
