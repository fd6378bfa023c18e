"""One number at a time: a number that remembers, its gradient, and a whole GPT made of such
numbers.

Standard library only, so that it also runs in a browser.
"""

from gptcore.scalar.adam import Adam
from gptcore.scalar.microgpt import MicroConfig, MicroGPT, Step
from gptcore.scalar.tiny_steps import central_difference, gradient_check
from gptcore.scalar.value import Value

__all__ = [
    "Adam",
    "MicroConfig",
    "MicroGPT",
    "Step",
    "Value",
    "central_difference",
    "gradient_check",
]
