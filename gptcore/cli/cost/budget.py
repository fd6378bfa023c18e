"""`gptcore budget`: what a run will need, computed before it starts."""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated

import tyro

from gptcore.checks import as_finite
from gptcore.cli.cost.budget_text import format_budget
from gptcore.cli.cost.gpu_table import format_gpu_table
from gptcore.cli.training.options import ModelFields, TrainFields, typed_options
from gptcore.model.config import GPTConfig
from gptcore.training.cost.budget import DEFAULT_TRAINING, budget, preset_vocab_size
from gptcore.training.cost.proposals import propose
from gptcore.training.hardware import system
from gptcore.training.hardware.gpus import GIB, GPUS, Gpu, find_gpu, local_cpu
from gptcore.training.presets import PRESETS, Preset, find_preset

SIZES = ("n_layer", "n_head", "n_embd")


@dataclass
class BudgetCommand:
    """Compute what a run will need: parameters, FLOPs, memory, hours, kWh and disk."""

    preset: Annotated[str | None, tyro.conf.Positional] = None
    """a run by name, such as fineweb-40m; or give sizes instead"""
    gpu: str | None = None
    """a GPU, such as rtx4070, or cpu; default: the GPU of this machine"""
    memory_gib: float | None = None
    """memory that your GPU really has, if it is not the figure of the table"""
    power_limit: float | None = None
    """watts that the GPU may draw, as set with nvidia-smi -pl; the energy is computed with them"""
    tokens_per_second: float | None = None
    """a throughput that you measured: gptcore doctor --rate"""
    gpus: bool = False
    """print only the table of GPUs, with the source of each figure"""
    json: bool = False
    """print JSON"""
    model: Annotated[ModelFields, tyro.conf.arg(name="")] = field(default_factory=ModelFields)  # type: ignore[valid-type]  # made at run time
    """the model; without a preset 12 layers, 12 heads, width 768, vocabulary 50304, block 1024"""
    settings: Annotated[TrainFields, tyro.conf.arg(name="")] = field(default_factory=TrainFields)  # type: ignore[valid-type]  # made at run time
    """how it is trained; without a preset as fineweb-40m"""

    def run(self) -> None:
        """Print the budget, or the table of GPUs."""
        if self.gpus:
            table = [{**vars(gpu), "mfu": gpu.mfu} for gpu in GPUS.values()]
            print(json.dumps(table, indent=2) if self.json else format_gpu_table())
            return
        preset = None if self.preset is None else find_preset(self.preset)
        if preset is None and not typed_options(self.model).keys() & set(SIZES):
            raise ValueError(
                f"Name a preset ({', '.join(PRESETS)}), or give sizes: "
                f"--n_layer 12 --n_head 12 --n_embd 384."
            )
        plan = budget(
            self.model_config(preset),
            replace(preset.train if preset else DEFAULT_TRAINING, **typed_options(self.settings)),
            self.target_gpu(),
            tokens_per_second=self.tokens_per_second,
            from_fineweb=preset is None or preset.text is None,
        )
        if self.json:
            proposals = [asdict(proposal) for proposal in propose(plan)]
            print(json.dumps({**plan.to_json(), "proposals": proposals}, indent=2))
        else:
            print(format_budget(plan))

    def model_config(self, preset: Preset | None) -> GPTConfig:
        """The preset's model, or the default one, with the sizes that were typed."""
        # All at once: a width that does not suit the preset's heads may suit the new ones.
        sizes = {} if preset is None else {"vocab_size": preset_vocab_size(preset), **preset.model}
        return GPTConfig(**sizes | typed_options(self.model))

    def target_gpu(self) -> Gpu:
        """The GPU that was named, or the one of this machine."""
        gpu = find_gpu(self.gpu) if self.gpu else detect_gpu()
        if self.memory_gib is not None:
            memory_gib = as_finite(self.memory_gib, "--memory_gib", above=0)
            gpu = replace(gpu, memory_bytes=int(memory_gib * GIB))
        if self.power_limit is None:
            return gpu
        watts = as_finite(self.power_limit, "--power_limit", above=0)
        if watts > 1.5 * gpu.watts:  # some makers allow their cards a little more
            raise ValueError(
                f"--power_limit {watts:g} must be in watts, about {gpu.watts:g} or less: that is "
                f"the maximum of {gpu.title}."
            )
        return replace(gpu, power_limit=watts)


def detect_gpu() -> Gpu:
    """This machine's GPU, or its CPU if it has none.

    Raises:
        ValueError: If the GPU is not in the table.
    """
    gpu = system.local_gpu()
    unknown = system.list_nvidia_gpus() if gpu is None else []
    if unknown:
        name, memory_gib = unknown[0].name, unknown[0].memory_bytes / GIB
        raise ValueError(
            f"This machine's GPU, {name}, is not in the table (gptcore budget --gpus). Name a "
            f"similar one: --gpu rtx4070 --memory_gib {memory_gib:.1f}; or --gpu cpu."
        )
    return gpu or local_cpu()
