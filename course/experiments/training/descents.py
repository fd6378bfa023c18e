"""Lesson 2: do the gradients of single examples agree with the gradient of all?"""

from collections.abc import Sequence

from gptcore.scalar import VowelModel


def share_that_agrees(model: VowelModel, names: Sequence[str], place: tuple[float, float]) -> float:
    """For which part of the names a small step lowers the loss of all names, too.

    Args:
        model: Its loss is a function of two logits.
        names: Each of them gives one gradient.
        place: The two logits.

    Returns:
        A number between 0 and 1.
    """
    full = model.grad_at(*place)
    agree = 0
    for name in names:
        gx, gy = model.grad_at(*place, [name])
        agree += gx * full[0] + gy * full[1] > 0
    return agree / len(names)
