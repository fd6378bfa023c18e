"""What fills the memory in one training step, tensor by tensor.

Counted are our own blocks: weights, slopes and the optimizer's memory have 32 bits; matrices are
multiplied in a format of 16 bits (autocast) or 32; attention is the fused kernel, which keeps no
(T, T). What autograd keeps from the way there for the way back are the activations.
Left out on purpose: what a device takes for itself (its driver, fragments): `gpus.py` leaves room.
Source: counted from the code; tests hold it against the tensors that autograd really keeps.
"""

from dataclasses import dataclass

from gptcore.model.config import GPTConfig
from gptcore.training.config import TrainConfig
from gptcore.training.cost.parameters import parameters_by_part

FP32 = 4  # bytes
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


@dataclass(frozen=True)
class MemoryEstimate:
    """Bytes at the moment when most is in use: the loss is known, the way back begins.

    Example: MemoryEstimate(1, 1, optimizer=2, activations=5, logits=3).total -> 12
    """

    weights: int
    gradients: int
    optimizer: int
    activations: int
    logits: int

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.activations + self.logits


def estimate_memory(
    config: GPTConfig, training: TrainConfig, dtype: str = "bfloat16"
) -> MemoryEstimate:
    """What a micro-batch of `training.batch_size` rows needs.

    With `training.activation_checkpointing` a block keeps only its input and computes the rest
    once more on
    the way back. The slopes are counted in full: they are all there from the second micro-batch on.
    Where there is only one, they come as the activations go, and the peak is lower by at most their
    size.
    Example: estimate_memory(sizes, config).logits -> 20_736
    """
    parts, recompute = parameters_by_part(config), training.activation_checkpointing
    numbers, width = sum(parts.values()), BYTES[dtype]
    tokens = training.batch_size * config.block_size
    pieces = min(training.loss_chunk or tokens, tokens)
    logits = pieces * config.vocab_size * bytes_per_logit(width, training.compile)
    block = tokens * sum(block_tensors(config, width).values())
    kept = tokens * FP32 * config.n_embd if recompute else block
    ends = end_tensors(config, width, in_pieces=pieces < tokens)
    # On its way back a block needs the slopes of what it kept, too; no logits are left by then.
    working = block * recompute + tokens * working_tensors(config, width)
    activations = config.n_layer * kept + tokens * sum(ends.values())
    activations += copies(parts, width, 1 / config.n_layer if recompute else 1)
    return MemoryEstimate(
        weights=FP32 * numbers,
        gradients=FP32 * numbers,
        optimizer=FP32 * numbers_remembered(parts, numbers, training.optimizer),
        activations=activations + max(0, working - logits),
        logits=logits,
    )


def block_tensors(config: GPTConfig, width: int) -> dict[str, int]:
    """Bytes for each token that one block keeps; `width` is that of what is multiplied."""
    C, H, T = config.n_embd, config.n_head, config.block_size
    turned = config.rope or config.qk_norm  # then queries and keys are kept before and after, and
    # what is heard comes out in another order than the next matrix wants: it is kept twice.
    kept: dict[str, int] = {
        **norm_tensors(config, width, "norm 1"),
        "queries, keys, values": 3 * C * width,
        "queries and keys, to scale": 2 * C * FP32 * (config.qk_norm and width != FP32),
        "queries and keys, turned": 2 * C * width * turned,
        "heard": C * width * (1 + turned),
        **norm_tensors(config, width, "norm 2"),
        "before the activation": 4 * C * width * (config.activation != "relu"),
        "after the activation": 4 * C * width,
    }
    if config.use_sdpa:
        kept["largest score and sum"] = FP32 * H
    else:
        kept["attention weights"] = H * T * (FP32 + width * (width != FP32))  # as on a GPU
    if config.dropout:
        kept["what is dropped"] = 2 * C  # a byte for each number, after either half
    return kept


def norm_tensors(config: GPTConfig, width: int, name: str) -> dict[str, int]:
    """What a norm keeps: what came in, with 32 bits, mean and spread of it; and what went out."""
    numbers = 1 if config.norm == "rmsnorm" else 2
    return {
        f"into {name}": FP32 * config.n_embd,
        f"mean and spread of {name}": FP32 * numbers,
        f"out of {name}": width * config.n_embd,
    }


def end_tensors(config: GPTConfig, width: int, in_pieces: bool) -> dict[str, int]:
    """Bytes for each token that are kept outside of the blocks: around embedding and head."""
    kept: dict[str, int] = {"ids": 2 * 8}  # inputs and targets, 64 bits each
    if config.norm_embeddings:
        kept["into the first norm"] = FP32 * config.n_embd
    if config.dropout:
        kept["what is dropped at first"] = config.n_embd
    kept["into the last norm"] = FP32 * config.n_embd
    if not in_pieces:
        kept["out of the last norm"] = width * config.n_embd
    return kept


def working_tensors(config: GPTConfig, width: int) -> int:
    """Bytes for each token on the way back through an MLP: slopes of what it made, and of x."""
    return config.n_embd * (4 * width + FP32)


def copies(parts: dict[str, int], width: int, share: float = 1) -> int:
    """Bytes of the matrices once more, in the narrower format: autocast makes them for a step.

    `share` of the blocks has them at a time.
    """
    head = parts["head"] or parts["token_embedding"]
    blocks = round(share * (parts["attention"] + parts["mlp"]))
    return width * (blocks + head) if width != FP32 else 0


def bytes_per_logit(width: int, compiled: bool) -> int:
    """Bytes for each logit: uncompiled its softmax and two gradients, of 32 bits each.

    Compiled, softmax and loss are one loop over the logits, and their gradients overwrite them:
    only one table in the narrower format is ever written (measured, benchmarks/gpu).
    """
    return width if compiled else 3 * FP32


def numbers_remembered(parts: dict[str, int], numbers: int, optimizer: str) -> int:
    """AdamW has two running means for each number; Muon has one, for the matrices in blocks."""
    in_blocks = parts["attention"] + parts["mlp"]
    return 2 * numbers - (in_blocks if optimizer == "muon" else 0)
