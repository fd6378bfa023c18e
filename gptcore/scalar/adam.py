"""Adam: each weight gets a step size of its own, from a running mean of its gradients.

There is no weight decay (AdamW), as in the published microgpt.
Source: Kingma and Ba 2015, arXiv 1412.6980.
"""

from collections.abc import Iterable
from math import sqrt

from gptcore.scalar.value import Value


class Adam:
    """Two running averages for each weight: of its gradient, and of its squared gradient.

    Args:
        weights: Updated in place.
        beta1: Decay of the running mean of gradients.
        beta2: Decay of the running mean of squared gradients.
        eps: Keeps the division finite.

    Example:
        >>> w = Value(2.0)
        >>> optimizer = Adam([w])
        >>> (w * w).backward()
        >>> optimizer.step(learning_rate=0.1)
        >>> w
        Value(data=1.9, grad=4)
    """

    def __init__(
        self,
        weights: Iterable[Value],
        beta1: float = 0.85,
        beta2: float = 0.99,
        eps: float = 1e-8,
    ):
        self.weights = list(weights)
        self.beta1, self.beta2, self.eps = beta1, beta2, eps
        self.mean = [0.0] * len(self.weights)
        self.mean_square = [0.0] * len(self.weights)
        self.steps = 0

    def zero_grad(self) -> None:
        """Set all gradients to 0. Trap: otherwise they are added to the next ones."""
        for weight in self.weights:
            weight.grad = 0.0

    def step(self, learning_rate: float) -> None:
        """Update every weight from its gradient.

        Args:
            learning_rate: About how far a weight moves.
        """
        self.steps += 1
        beta1, beta2, eps = self.beta1, self.beta2, self.eps
        new1, new2 = 1 - beta1, 1 - beta2
        # Both averages start at 0 and are too small at first; these divisions correct that.
        rate, correction2 = learning_rate / (1 - beta1**self.steps), 1 - beta2**self.steps
        mean, mean_square = self.mean, self.mean_square
        for i, weight in enumerate(self.weights):
            grad = weight.grad
            mean[i] = m = beta1 * mean[i] + new1 * grad
            mean_square[i] = v = beta2 * mean_square[i] + new2 * grad * grad
            weight.data -= rate * m / (sqrt(v / correction2) + eps)
