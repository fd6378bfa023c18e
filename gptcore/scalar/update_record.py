"""What one update of the weights reports, whichever model is trained."""

from dataclasses import dataclass


@dataclass(frozen=True)
class UpdateRecord:
    """One update of the weights.

    Attributes:
        step: Number of the update, from 1.
        document: The text that it learned from.
        loss: Of that text before the update, in nats per token.

    Example:
        >>> [record.step for record in MicroGPT(["emma"]).train(2)]
        [1, 2]
    """

    step: int
    document: str
    loss: float
