"""One number at a time: `Value` and its gradient, small language models, and a whole GPT.

Standard library only, so that it also runs in a browser.
"""

from gptcore.scalar.adam import Adam
from gptcore.scalar.descent import (
    descend,
    descend_with_adam,
    descend_with_momentum,
    valley,
    valley_grad,
)
from gptcore.scalar.logits import cross_entropy, cross_entropy_grad, fit_logits, softmax
from gptcore.scalar.microgpt import MicroConfig, MicroGPT
from gptcore.scalar.mlp import MLP
from gptcore.scalar.ngram import NgramTable
from gptcore.scalar.numerical_gradient import central_difference, gradient_check
from gptcore.scalar.update_record import UpdateRecord
from gptcore.scalar.value import Value
from gptcore.scalar.vowel_model import VowelModel

__all__ = [
    "MLP",
    "Adam",
    "MicroConfig",
    "MicroGPT",
    "NgramTable",
    "UpdateRecord",
    "Value",
    "VowelModel",
    "central_difference",
    "cross_entropy",
    "cross_entropy_grad",
    "descend",
    "descend_with_adam",
    "descend_with_momentum",
    "fit_logits",
    "gradient_check",
    "softmax",
    "valley",
    "valley_grad",
]
