"""What one step of training has to tell, whatever was trained."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """Units: loss in nats per token."""

    step: int  # from 1
    document: str
    loss: float
