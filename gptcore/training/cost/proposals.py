"""What could be done otherwise in a planned run: what fits, suits the kernels, is optimal.

Left out on purpose: heads that do not divide the width; `gptcore.heads` refuses them with advice.
Source: multiples of 8 for heads, 64 for vocabularies: NVIDIA's guide to matrix multiplication, and
    nanoGPT's vocabulary of 50,304.
"""

from dataclasses import dataclass, replace

from gptcore.heads import neighbours
from gptcore.model.config import GPTConfig
from gptcore.training.cost.budget import Budget
from gptcore.training.cost.memory import estimate_memory
from gptcore.training.cost.scaling import nearest_config
from gptcore.training.hardware.gpus import GIB

GOOD_HEAD, GOOD_VOCABULARY = 8, 64  # sizes whose multiples GPU kernels are made for
SMALL_VOCABULARY = 1024  # below it the logits take no time that counts


@dataclass(frozen=True)
class Proposal:
    """Something to change, and why.

    Example: Proposal({"batch_size": 8}, "Half the logits.").changes -> {"batch_size": 8}
    """

    changes: dict[str, int]
    reason: str

    def __str__(self) -> str:
        options = " ".join(f"--{name} {value}" for name, value in self.changes.items())
        return f"{options}: {self.reason}"


def propose(plan: Budget) -> list[Proposal]:
    """What to change, each with the reason; followed, each is accepted.

    Example: for proposal in propose(budget("fineweb-124m", gpu="rtx4070")): print(proposal.reason)
    """
    return [*micro_batches(plan), *savings(plan), *kernels(plan.model)]


def micro_batches(plan: Budget) -> list[Proposal]:
    """The same batch in other portions: the largest that fit."""
    rows = plan.training.batch_size * plan.training.grad_accum
    fitting = [size for size in range(1, plan.max_batch_size + 1) if rows % size == 0]
    best = max(fitting, default=0)
    if best in (0, plan.training.batch_size) or (plan.fits and plan.gpu.name == "cpu"):
        return []  # a processor is no faster with larger ones
    why = "the largest micro-batch that fits" if plan.fits else "this fits"
    change = {"batch_size": best, "grad_accum": rows // best}
    return [Proposal(change, f"{why}, and computes the same")]


def savings(plan: Budget) -> list[Proposal]:
    """What takes more time and less memory, where that is what makes it fit."""
    ways: dict[str, dict[str, int]] = {
        "logits in pieces": {"loss_chunk": max(256, plan.model.block_size)},
        "a third more time": {"activation_checkpointing": True},
    }
    found = []
    for what, change in ways.items():
        memory = estimate_memory(plan.model, replace(plan.training, **change), plan.dtype)  # type: ignore[arg-type]
        untried = not any(getattr(plan.training, name) for name in change)
        if untried and memory.total <= plan.gpu.usable_bytes < plan.memory.total:
            why = f"{what}, {memory.total / GIB:.1f} GiB in all; the loss is the same"
            found.append(Proposal(change, why))
    return found


def kernels(model: GPTConfig) -> list[Proposal]:
    """Sizes nearby that GPUs compute faster."""
    found = []
    if model.head_dim % GOOD_HEAD:
        for width in neighbours(model.n_embd, GOOD_HEAD * model.n_head):
            why = (
                f"heads of {width // model.n_head} numbers; yours of {model.head_dim} are no "
                f"multiple of {GOOD_HEAD}, for which the kernels are made"
            )
            found.append(Proposal({"n_embd": width}, why))
    if model.vocab_size % GOOD_VOCABULARY and model.vocab_size > SMALL_VOCABULARY:
        filled = -(-model.vocab_size // GOOD_VOCABULARY) * GOOD_VOCABULARY
        why = f"a multiple of {GOOD_VOCABULARY} suits the kernels; the ids above stay unused"
        found.append(Proposal({"vocab_size": filled}, why))
    return found


def optimal_config(plan: Budget) -> GPTConfig:
    """A GPT of about the size that is optimal for the operations of a plan."""
    best, model = plan.compute_optimal, plan.model
    return nearest_config(best.parameters, model.vocab_size, model.block_size)
