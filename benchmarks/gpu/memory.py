"""Peak memory compared with its estimate, for models that are not compiled.

Compiled models are measured together with their speed (`speed.py`), since compiling takes long.
"""

from collections.abc import Iterator

from benchmarks.gpu.measuring import measure
from benchmarks.gpu.settings import SHAPES, Check, Record, Settings

BATCH_SIZES = (4, 8, 16, 32)
VARIANTS = {
    "plain": {},
    "activation checkpointing": {"activation_checkpointing": True},
    "chunked loss": {"loss_chunk": 4096},
}


def checks(settings: Settings) -> Iterator[Check]:
    """Every model and variant that saves memory."""
    for size, preset in SHAPES.items():
        for variant, changes in VARIANTS.items():
            yield (
                f"memory of {size}, {variant}",
                lambda preset=preset, changes=changes: memory_by_batch_size(
                    settings, preset, changes
                ),
            )


def memory_by_batch_size(settings: Settings, preset: str, changes: dict) -> Iterator[Record]:
    for batch_size in settings.pick(BATCH_SIZES, (2,)):
        defaults = {"batch_size": batch_size, "grad_accum": 2, "compile": False}
        yield measure(settings, preset, steps=1, **defaults, **changes)
