"""A loss in which every prediction is compared with every answer. Read this after the lesson.

The shapes (N,) and (N, 1) broadcast to (N, N). The smallest value of this loss is not 0: it is
reached when every prediction is the mean of all answers.
"""

from torch import Tensor


def broadcast_loss(predicted: Tensor, actual: Tensor) -> Tensor:
    """Mean squared error without a check of the shapes. Shapes: (N,), (N, 1) -> ()."""
    return (predicted - actual).square().mean()


def checked_loss(predicted: Tensor, actual: Tensor) -> Tensor:
    """The same with the check that lesson 8 advises.

    Raises: ValueError if the shapes differ.
    """
    if predicted.shape != actual.shape:
        raise ValueError(
            f"predicted has shape {tuple(predicted.shape)} and actual {tuple(actual.shape)}; they "
            f"must be equal, or every number is compared with every other."
        )
    return broadcast_loss(predicted, actual)
