"""`gptcore budget`: what a run will need, before it begins."""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any

import tyro

from gptcore.cli.budget_words import gpu_table, in_words
from gptcore.cli.training.options import ModelFields, TrainFields
from gptcore.model.config import GPTConfig
from gptcore.training.cost.budget import DEFAULT_TRAINING, budget, preset_vocab_size
from gptcore.training.cost.proposals import propose
from gptcore.training.hardware import gpus, system
from gptcore.training.hardware.gpus import GIB, GPUS, Gpu
from gptcore.training.presets import PRESETS, Preset, find_preset

SIZES = ("n_layer", "n_head", "n_embd")


@dataclass
class BudgetCommand:
    """Say what a run will need: parameters, arithmetic, memory, hours, kWh and disk."""

    preset: Annotated[str | None, tyro.conf.Positional] = None
    """a run by name, such as fineweb-40m; or give sizes instead"""
    gpu: str | None = None
    """a GPU, such as rtx4070, or cpu; unless said, this machine's"""
    memory_gib: float | None = None
    """memory that your GPU really has left, if it is not what the table says"""
    tokens_per_second: float | None = None
    """a rate that you have measured: gptcore doctor --rate"""
    gpus: bool = False
    """print the table of GPUs, with the source of each figure, and nothing else"""
    json: bool = False
    """the same as JSON"""
    model: Annotated[ModelFields, tyro.conf.arg(name="")] = field(default_factory=ModelFields)  # type: ignore[valid-type]
    """the model; without a preset 12 layers, 12 heads, 768 numbers, vocabulary 50304, block 1024"""
    settings: Annotated[TrainFields, tyro.conf.arg(name="")] = field(default_factory=TrainFields)  # type: ignore[valid-type]
    """how it is trained; without a preset as fineweb-40m"""

    def run(self) -> None:
        if self.gpus:
            table = [vars(gpu) for gpu in GPUS.values()]
            print(json.dumps(table, indent=2) if self.json else gpu_table())
            return
        preset = None if self.preset is None else find_preset(self.preset)
        if preset is None and not said(self.model).keys() & set(SIZES):
            raise ValueError(
                f"Say for what: a preset ({', '.join(PRESETS)}), or sizes: "
                f"--n_layer 12 --n_head 12 --n_embd 384."
            )
        plan = budget(
            self.sizes(preset),
            replace(preset.train if preset else DEFAULT_TRAINING, **said(self.settings)),
            self.target_gpu(),
            tokens_per_second=self.tokens_per_second,
            from_fineweb=preset is None or preset.text is None,
        )
        if self.json:
            proposed = [asdict(proposal) for proposal in propose(plan)]
            print(json.dumps({**plan.to_json(), "proposals": proposed}, indent=2))
        else:
            print(in_words(plan))

    def sizes(self, preset: Preset | None) -> GPTConfig:
        """The model: the preset's, or the usual one, with what was said changed."""
        # All at once: a width that does not suit the preset's heads may suit the new ones.
        known = {} if preset is None else {"vocab_size": preset_vocab_size(preset), **preset.model}
        return GPTConfig(**known | said(self.model))

    def target_gpu(self) -> Gpu:
        """The gpu that was named, or this machine's."""
        found = gpus.find_gpu(self.gpu) if self.gpu else local_gpu()
        if self.memory_gib is None:
            return found
        if not self.memory_gib > 0:
            raise ValueError(f"--memory_gib {self.memory_gib} must be above 0.")
        return replace(found, memory_bytes=int(self.memory_gib * GIB))


def local_gpu() -> Gpu:
    """This machine's GPU, or its local_cpu if it has none.

    Raises: ValueError for a GPU that is not in the table.
    """
    unknown = system.list_nvidia_gpus() if system.local_gpu() is None else []
    if unknown:
        name, memory_gib = unknown[0].name, unknown[0].memory_bytes / GIB
        raise ValueError(
            f"This machine's GPU, {name}, is not in the table (gptcore budget --gpus). Name one "
            f"like it: --gpu rtx4070 --memory_gib {memory_gib:.1f}; or --gpu cpu."
        )
    return system.local_gpu() or gpus.local_cpu()


def said(fields: Any) -> dict[str, Any]:
    """What stands on the command line."""
    return {name: value for name, value in vars(fields).items() if value is not None}
