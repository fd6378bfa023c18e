"""Training that can be killed: settings, a loop of steps, checkpoints, and what they cost.

Read `trainer.py` and `run.py`; then `schedule.py`, `optimizers.py`, `loss.py`, `checkpoints.py`.
The flat names (`gptcore.training.train`, ...) come from their files when they are asked for, so
that importing this package loads nothing: no PyTorch. `__init__.pyi` is for type checkers.
"""

from importlib import import_module

HOME_OF = {
    "train": "trainer",
    "Training": "trainer",
    "Step": "log",
    "read_log": "log",
    "TrainConfig": "config",
    "Preset": "presets",
    "PRESETS": "presets",
    "find_preset": "presets",
    "learning_rate": "schedule",
    "make_optimizers": "optimizers",
    "LossSum": "loss",
    "validation_loss": "loss",
    "Checkpoints": "checkpoints",
    "CheckpointDamaged": "checkpoint_files",
    "NotFinite": "faults",
    "OutOfMemory": "faults",
    "Processes": "processes",
    "joined": "processes",
    "StopSignals": "signals",
    "Peak": "mfu",
    "peak_of": "mfu",
    "flops_per_token": "parameters",
    "pick_device": "device",
    "check_new": "trainer",
    "write_own_shards": "own_text",
    "find_tokenizer_of": "own_text",
    "load_model": "samples",
    "initial_weights": "samples",
    "known_tokens_only": "samples",
    "sample_text": "samples",
    "budget": "budgeting",
    "Budget": "budgeting",
    "parameters_by_part": "parameters",
    "Memory": "memory",
    "memory_of": "memory",
    "Card": "cards",
    "CARDS": "cards",
    "find_card": "cards",
    "card_of_device": "cards",
    "Proposal": "proposals",
    "propose": "proposals",
    "Optimum": "scaling",
    "compute_optimal": "scaling",
    "chinchilla_loss": "scaling",
    "nearest_shape": "scaling",
    "PowerLaw": "scaling",
    "fit_power_law": "scaling",
    "Rate": "rate",
    "measure_rate": "rate",
    "FINEWEB_40M_CURVE": "published",
    "Finding": "doctor",
    "examine": "doctor",
}
__all__ = list(HOME_OF)


def __getattr__(name: str):
    """Import the file that has `name`, and hand its `name` on."""
    if name not in HOME_OF:
        raise AttributeError(f"gptcore.training has no {name!r}; it has {', '.join(HOME_OF)}.")
    return getattr(import_module(f"gptcore.training.{HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    """What can be asked for, so that Tab completes it before it is loaded."""
    return sorted([*globals(), *HOME_OF])
