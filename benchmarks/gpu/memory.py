"""`torch.cuda.max_memory_allocated` against the budget, for models that are not compiled.

Compiled ones are measured where their speed is (`speed.py`): compiling takes most of the time.
"""

from collections.abc import Iterator

from benchmarks.gpu.measuring import measure
from benchmarks.gpu.settings import SHAPES, Check, Record, Settings

BATCH_SIZES = (4, 8, 16, 32)
WAYS = {
    "plain": {},
    "activation checkpointing": {"activation_checkpointing": True},
    "chunked loss": {"loss_chunk": 4096},
}


def checks(settings: Settings) -> Iterator[Check]:
    """Every model, batch size and way to save memory."""
    for size, preset in SHAPES.items():
        for way, changes in WAYS.items():
            yield (
                f"memory of {size}, {way}",
                lambda preset=preset, changes=changes: sizes(settings, preset, changes),
            )


def sizes(settings: Settings, preset: str, changes: dict) -> Iterator[Record]:
    for batch_size in settings.pick(BATCH_SIZES, (2,)):
        usual = {"batch_size": batch_size, "grad_accum": 2, "compile": False}
        yield measure(settings, preset, steps=1, **usual, **changes)
