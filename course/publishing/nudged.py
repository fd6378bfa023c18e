"""Imitate another processor, which computes other last digits.

Another processor adds in another order, and another C library rounds `exp` differently. `nudge`
imitates both in this process: after each step of an optimizer every weight changes by about a unit
of its last digit, and so do the results of `math.exp`, `log` and `tanh`. Equal numbers change
equally, so two computations that must agree still agree. Dropout drops other numbers.
`course.publishing.portable` runs the lessons in such processes. A lesson whose outputs stay has
margin. Left out on purpose: the processes that a lesson starts.
"""

import math
from functools import wraps

import numpy as np

from gptcore.ladder.numpy_gpt import NumpyAdam
from gptcore.scalar.adam import Adam

LAST_DIGIT = 2.0**-51  # of a number near 1, of 64 bits


def nudge(with_torch: bool) -> None:
    """Nudge this process from now on. Loading PyTorch takes memory, so not every lesson does."""
    nudge_math()
    nudge_adam()
    if with_torch:
        nudge_optimizers()
        nudge_dropout()


def moved(number, sine=math.sin, last_digit: float = LAST_DIGIT):
    """The number, or an array of numbers, with other last digits; `sine` must accept its type."""
    return number * (1 + last_digit * sine(number * 12345.678))


def nudge_math() -> None:
    """Integer results, such as exp(0), are exact on every machine and do not change."""

    def nudged(function):
        @wraps(function)
        def result(*args):
            exact = function(*args)
            whole = not math.isfinite(exact) or exact == int(exact)
            return exact if whole else moved(exact, last_digit=LAST_DIGIT / 2)

        return result

    for name in ("exp", "log", "tanh"):
        setattr(math, name, nudged(getattr(math, name)))


def nudge_adam() -> None:
    """Adam of single numbers, and Adam of NumPy's arrays."""
    step_of_scalars, step_of_arrays = Adam.step, NumpyAdam.step

    def nudged_scalars(self, *args, **kwargs):
        step_of_scalars(self, *args, **kwargs)
        for weight in self.weights:
            weight.data = moved(weight.data)

    def nudged_arrays(self, *args, **kwargs):
        step_of_arrays(self, *args, **kwargs)
        self.weights[:] = moved(self.weights, np.sin)

    Adam.step, NumpyAdam.step = nudged_scalars, nudged_arrays  # type: ignore[method-assign]


def nudge_optimizers() -> None:
    """All optimizers of PyTorch, in any number format. Weights without a gradient do not change."""
    import torch  # noqa: PLC0415 - heavy, and not every lesson needs it
    from torch.optim.optimizer import register_optimizer_step_post_hook  # noqa: PLC0415

    @torch.no_grad()
    def after_step(optimizer, args, kwargs):
        for group in optimizer.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    last_digit = 2 * torch.finfo(weight.dtype).eps
                    others = moved(weight, torch.sin, last_digit)
                    weight.copy_(torch.where(weight.grad == 0, weight, others))

    register_optimizer_step_post_hook(after_step)


def nudge_dropout() -> None:
    """Drop other numbers: PyTorch draws them with MKL on Intel's processors, and itself on others.

    The same seed then drops others. Source: ATen/native/cpu/DistributionKernels.cpp of PyTorch.
    """
    import torch  # noqa: PLC0415 - heavy, and not every lesson needs it

    dropout = torch.nn.functional.dropout

    def other_dropout(input, p=0.5, training=True, inplace=False):
        if training and p:
            torch.rand(1)  # the generator skips a number, so all later ones differ
        return dropout(input, p, training, inplace)

    torch.nn.functional.dropout = other_dropout
