"""The temperature of answers that are learned from: above 0. It needs no PyTorch."""

from gptcore.checks import as_finite

WHY_NOT_ZERO = (
    "at 0 the likeliest token has probability 1, so nothing can be compared; 1 is as learned"
)


def check_policy_temperature(temperature: float) -> float:
    """The temperature as a number; ValueError unless it is finite and above 0."""
    return as_finite(temperature, "temperature", above=0, purpose=WHY_NOT_ZERO)
