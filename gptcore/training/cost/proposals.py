"""Proposals for a planned run: settings that fit, suit the GPU's kernels, or are optimal.

Source: multiples of 8 for head dimensions and 64 for vocabularies: NVIDIA's guide to matrix
multiplication, and nanoGPT's vocabulary of 50,304.
"""

from dataclasses import dataclass, replace
from typing import Any

from gptcore.heads import neighbours
from gptcore.model.config import GPTConfig
from gptcore.training.cost.budget import Budget
from gptcore.training.cost.memory import estimate_memory
from gptcore.training.cost.scaling import nearest_config
from gptcore.training.hardware.gpus import GIB

HEAD_MULTIPLE, VOCAB_MULTIPLE = 8, 64  # GPU kernels are fast for multiples of these
SMALL_VOCAB = 1024  # below this the logits take little time


@dataclass(frozen=True)
class Proposal:
    """A change of a planned run.

    Attributes:
        changes: Setting or size -> the proposed value.
        reason: Why.

    Example:
        >>> print(Proposal({"batch_size": 8}, "half the logits"))
        --batch_size 8: half the logits
    """

    changes: dict[str, Any]
    reason: str

    def __str__(self) -> str:
        options = " ".join(f"--{name} {value}" for name, value in self.changes.items())
        return f"{options}: {self.reason}"


def propose(plan: Budget) -> list[Proposal]:
    """Propose changes; `train` accepts the run with each of them.

    Args:
        plan: The planned run.

    Returns:
        Proposals, the most useful first.

    Example:
        >>> for proposal in propose(budget("fineweb-124m", gpu="rtx4060")):
        ...     print(proposal)
        --batch_size 8 --grad_accum 64: ...
    """
    return [*micro_batches(plan), *memory_savings(plan), *kernel_sizes(plan.model)]


def micro_batches(plan: Budget) -> list[Proposal]:
    """Propose the largest micro-batch that fits, with the same batch."""
    rows = plan.training.batch_size * plan.training.grad_accum
    fitting = [size for size in range(1, plan.max_batch_size + 1) if rows % size == 0]
    best = max(fitting, default=0)
    if best in (0, plan.training.batch_size) or (plan.fits and plan.gpu.name == "cpu"):
        return []  # a CPU is not faster with a larger one
    reason = "the largest micro-batch that fits" if plan.fits else "this fits"
    changes = {"batch_size": best, "grad_accum": rows // best}
    return [Proposal(changes, f"{reason}, and computes the same")]


def memory_savings(plan: Budget) -> list[Proposal]:
    """Propose what takes more time and less memory, where the run does not fit without it."""
    options: dict[str, dict[str, Any]] = {
        "a loss in chunks": {"loss_chunk": max(256, plan.model.block_size)},
        "a third more time": {"activation_checkpointing": True},
    }
    proposals = []
    for effect, changes in options.items():
        memory = estimate_memory(plan.model, replace(plan.training, **changes), plan.dtype)
        unused = not any(getattr(plan.training, name) for name in changes)
        if unused and memory.total <= plan.gpu.usable_bytes < plan.memory.total:
            reason = f"{effect}, {memory.total / GIB:.1f} GiB in total; the loss is the same"
            proposals.append(Proposal(changes, reason))
    return proposals


def kernel_sizes(model: GPTConfig) -> list[Proposal]:
    """Propose similar sizes for which GPU kernels are faster."""
    proposals = []
    if model.head_dim % HEAD_MULTIPLE:
        for width in neighbours(model.n_embd, HEAD_MULTIPLE * model.n_head):
            reason = (
                f"head dimension {width // model.n_head}; yours, {model.head_dim}, is not a "
                f"multiple of {HEAD_MULTIPLE}, for which kernels are fast"
            )
            proposals.append(Proposal({"n_embd": width}, reason))
    if model.vocab_size % VOCAB_MULTIPLE and model.vocab_size > SMALL_VOCAB:
        padded = -(-model.vocab_size // VOCAB_MULTIPLE) * VOCAB_MULTIPLE
        reason = f"kernels are fast for a multiple of {VOCAB_MULTIPLE}; the ids above stay unused"
        proposals.append(Proposal({"vocab_size": padded}, reason))
    return proposals


def optimal_config(plan: Budget) -> GPTConfig:
    """A GPT of about the compute-optimal size for the FLOPs of a plan."""
    best, model = plan.compute_optimal, plan.model
    return nearest_config(best.parameters, model.vocab_size, model.block_size)
