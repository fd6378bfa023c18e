"""Training with resume: settings, the loop of steps, checkpoints, and what a run costs.

Start with `trainer.py` and `run.py`; then `schedule.py`, `optimizers.py`, `loss.py`, `saving/`.
The flat names (`gptcore.training.train`, ...) are imported from their files at first use, so
importing this package does not load PyTorch. `__init__.pyi` is for type checkers.
"""

from importlib import import_module
from typing import Any

HOME_OF = {
    "train": "trainer",
    "Training": "trainer",
    "Step": "saving.log",
    "read_log": "saving.log",
    "TrainConfig": "config",
    "Preset": "presets",
    "PRESETS": "presets",
    "find_preset": "presets",
    "learning_rate": "schedule",
    "make_optimizers": "optimizers",
    "LossSum": "loss",
    "validation_loss": "loss",
    "Checkpoints": "saving.checkpoints",
    "CheckpointDamagedError": "saving.checkpoint_files",
    "NonFiniteError": "errors",
    "OutOfMemoryError": "errors",
    "World": "distributed",
    "init_distributed": "distributed",
    "StopSignals": "saving.signals",
    "PeakFlops": "hardware.mfu",
    "peak_flops": "hardware.mfu",
    "flops_per_token": "cost.parameters",
    "pick_device": "hardware.device",
    "check_empty": "trainer",
    "write_char_shards": "char_shards",
    "tokenizer_of_folder": "char_shards",
    "load_model": "samples",
    "load_initial_weights": "samples",
    "crop_vocab": "samples",
    "generate_text": "samples",
    "budget": "cost.budget",
    "Budget": "cost.budget",
    "parameters_by_part": "cost.parameters",
    "MemoryEstimate": "cost.memory",
    "estimate_memory": "cost.memory",
    "Gpu": "hardware.gpus",
    "GPUS": "hardware.gpus",
    "find_gpu": "hardware.gpus",
    "gpu_of_device": "hardware.gpus",
    "Proposal": "cost.proposals",
    "propose": "cost.proposals",
    "ComputeOptimal": "cost.scaling",
    "compute_optimal": "cost.scaling",
    "chinchilla_loss": "cost.scaling",
    "nearest_config": "cost.scaling",
    "PowerLaw": "cost.scaling",
    "fit_power_law": "cost.scaling",
    "Throughput": "throughput",
    "measure_throughput": "throughput",
    "FINEWEB_40M_CURVE": "cost.reference_curves",
    "Finding": "hardware.doctor",
    "examine": "hardware.doctor",
}
__all__ = list(HOME_OF)


def __getattr__(name: str) -> Any:
    """Import `name` from its file at first use (PEP 562)."""
    if name not in HOME_OF:
        raise AttributeError(f"gptcore.training has no {name!r}; it has {', '.join(HOME_OF)}.")
    return getattr(import_module(f"gptcore.training.{HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    """List all names, so that Tab completes them before they are loaded."""
    return sorted([*globals(), *HOME_OF])
