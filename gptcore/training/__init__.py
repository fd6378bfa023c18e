"""Training with resume: settings, the loop of steps, checkpoints, and what a run costs.

Start with `trainer.py` and `run.py`; then `schedule.py`, `optimizers.py`, `loss.py`, `saving/`.
Names such as `gptcore.training.train` are imported at first use; `__init__.pyi` lists them.
"""

from gptcore import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__)
