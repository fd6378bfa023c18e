"""What one step of training has to tell, whatever was trained."""

from dataclasses import dataclass


@dataclass(frozen=True)
class UpdateRecord:
    """One step of training: its number, what was read, and how surprised the model was.

    Units: loss in nats per token.

    Example: for step in MicroGPT(["emma"]).train(2): print(step.step, step.loss)
    """

    step: int  # from 1
    document: str
    loss: float
