"""One number at a time: a number that remembers, its gradient, and a whole GPT made of such
numbers.

Standard library only, so that it also runs in a browser.
"""

from gptcore.scalar.adam import Adam
from gptcore.scalar.descent import (
    descend,
    descend_with_adam,
    descend_with_momentum,
    valley,
    valley_slopes,
)
from gptcore.scalar.logits import descend_to_counts, softmax, surprise, surprise_slopes
from gptcore.scalar.microgpt import MicroConfig, MicroGPT
from gptcore.scalar.mlp import MLP
from gptcore.scalar.ngram import NgramTable
from gptcore.scalar.step import Step
from gptcore.scalar.tiny_steps import central_difference, gradient_check
from gptcore.scalar.two_weights import VowelModel
from gptcore.scalar.value import Value

__all__ = [
    "MLP",
    "Adam",
    "MicroConfig",
    "MicroGPT",
    "NgramTable",
    "Step",
    "Value",
    "VowelModel",
    "central_difference",
    "descend",
    "descend_to_counts",
    "descend_with_adam",
    "descend_with_momentum",
    "gradient_check",
    "softmax",
    "surprise",
    "surprise_slopes",
    "valley",
    "valley_slopes",
]
