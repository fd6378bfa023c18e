"""Memory of one training step, tensor by tensor.

Weights, gradients and optimizer state are fp32. Matrices are multiplied in 16 bits (autocast) or
fp32. Activations are the tensors that autograd saves in the forward pass for the backward pass;
the fused attention kernel saves no (T, T) matrix. Memory that a device takes for itself (driver,
fragmentation) is not counted; `gpus.py` reserves some for it.

Source: counted from the code; tests compare it with the tensors that autograd really saves.
"""

from dataclasses import dataclass

from gptcore.model.config import GPTConfig
from gptcore.training.config import TrainConfig
from gptcore.training.cost.parameters import parameters_by_part

FP32 = 4  # bytes
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


@dataclass(frozen=True)
class MemoryEstimate:
    """Bytes of memory at the peak, when the backward pass begins.

    Attributes:
        weights: The parameters.
        gradients: Their gradients.
        optimizer: State of the optimizer.
        activations: Tensors that are saved for the backward pass.
        logits: Logits and their gradients.

    Example:
        >>> MemoryEstimate(1, 1, optimizer=2, activations=5, logits=3).total
        12
    """

    weights: int
    gradients: int
    optimizer: int
    activations: int
    logits: int

    @property
    def total(self) -> int:
        """Sum of all parts."""
        return self.weights + self.gradients + self.optimizer + self.activations + self.logits


def estimate_memory(
    config: GPTConfig, training: TrainConfig, dtype: str = "bfloat16"
) -> MemoryEstimate:
    """Estimate the memory of a step.

    Gradients count in full, as they are from the second micro-batch on. With a single micro-batch
    they appear while activations are freed, and the peak is lower by at most their size.

    Args:
        config: Sizes of the model.
        training: Settings; with `activation_checkpointing` a block saves only its input, and
            computes the rest again in the backward pass.
        dtype: Number format of the matrix products.

    Returns:
        Bytes by kind.

    Example:
        >>> estimate_memory(sizes, config).logits
        20736
    """
    parts, checkpointing = parameters_by_part(config), training.activation_checkpointing
    count, itemsize = sum(parts.values()), BYTES[dtype]
    tokens = training.batch_size * config.block_size
    chunk = min(training.loss_chunk or tokens, tokens)
    logits = chunk * config.vocab_size * bytes_per_logit(itemsize, training.compile)
    # Cosines and sines of all positions, for the queries and for the keys.
    rotary = 4 * config.block_size * config.head_dim * FP32 * config.rope
    block = tokens * sum(block_tensors(config, itemsize).values()) + rotary
    saved = tokens * FP32 * config.n_embd if checkpointing else block
    outer = outer_tensors(config, itemsize, chunked=chunk < tokens)
    # The backward pass of a block also needs gradients; the logits are freed by then.
    working = block * checkpointing + tokens * working_bytes(config, itemsize)
    activations = config.n_layer * saved + tokens * sum(outer.values())
    activations += autocast_copies(parts, itemsize, 1 / config.n_layer if checkpointing else 1)
    return MemoryEstimate(
        weights=FP32 * count,
        gradients=FP32 * count,
        optimizer=FP32 * optimizer_state_size(config, training.optimizer),
        activations=activations + max(0, working - logits),
        logits=logits,
    )


def block_tensors(config: GPTConfig, itemsize: int) -> dict[str, int]:
    """Bytes per token that a block saves; `itemsize` is that of the matrix products."""
    C, H, T = config.n_embd, config.n_head, config.block_size
    queries, kv = H * config.head_dim, config.kv_heads * config.head_dim
    # RoPE and QK norm save queries and keys before and after. QK norm also saves the output of
    # attention twice, because it is transposed for the next matrix.
    extra = config.rope or config.qk_norm
    saved: dict[str, int] = {
        **norm_tensors(config, itemsize, "norm 1"),
        "queries, keys, values": (queries + 2 * kv) * itemsize,
        "queries and keys in fp32": (queries + kv) * FP32 * (config.qk_norm and itemsize != FP32),
        "queries and keys after RoPE or QK norm": (queries + kv) * itemsize * extra,
        "output of attention": queries * itemsize * (1 + config.qk_norm),
        **norm_tensors(config, itemsize, "norm 2"),
        **mlp_tensors(config, itemsize),
    }
    if config.use_sdpa:
        saved["logsumexp of the scores"] = FP32 * H
    else:
        saved["attention weights"] = H * T * (FP32 + itemsize * (itemsize != FP32))  # as on a GPU
    if config.dropout:
        saved["dropout masks"] = 2 * C  # a byte per number, after attention and after the MLP
    return saved


def mlp_tensors(config: GPTConfig, itemsize: int) -> dict[str, int]:
    """Bytes per token that an MLP saves, or the experts that a token passes through."""
    M = config.mlp_size
    if config.is_gated:
        saved = {
            "gate and value": 2 * M * itemsize,
            "gate after the activation": M * itemsize,
            "gate times value": M * itemsize,
        }
    else:
        saved = {
            "before the activation": M * itemsize * (config.activation != "relu"),
            "after the activation": M * itemsize,
        }
    if config.n_experts is None:
        return saved
    # Each expert also saves a copy of its tokens, its output before and after it is weighted, and
    # which tokens these are (four 64-bit indices).
    saved["tokens and outputs of experts"] = 3 * config.n_embd * itemsize + 4 * 8
    probs = {"router": 2 * FP32 * config.n_experts}
    return probs | {name: config.experts_per_token * size for name, size in saved.items()}


def norm_tensors(config: GPTConfig, itemsize: int, name: str) -> dict[str, int]:
    """Bytes per token that a norm saves: input, mean, standard deviation (fp32), and output."""
    numbers = 1 if config.norm == "rmsnorm" else 2
    return {
        f"input of {name}": FP32 * config.n_embd,
        f"mean and standard deviation of {name}": FP32 * numbers,
        f"output of {name}": itemsize * config.n_embd,
        f"{name} before its weight": before_weight(config),
    }


def before_weight(config: GPTConfig) -> int:
    """Bytes per token of the normalized numbers that the weight of an RMSNorm multiplies."""
    return FP32 * config.n_embd * (config.norm == "rmsnorm" and config.rmsnorm_weight)


def outer_tensors(config: GPTConfig, itemsize: int, chunked: bool) -> dict[str, int]:
    """Bytes per token that are saved outside of the blocks, by embedding and head."""
    saved: dict[str, int] = {"ids": 2 * 8}  # inputs and targets, int64
    if config.norm_embeddings:
        saved["input of the first norm"] = FP32 * config.n_embd
    if config.dropout:
        saved["dropout mask of the embedding"] = config.n_embd
    saved["input of the last norm"] = FP32 * config.n_embd + before_weight(config)
    if not chunked:
        saved["output of the last norm"] = itemsize * config.n_embd
    return saved


def working_bytes(config: GPTConfig, itemsize: int) -> int:
    """Bytes per token in the backward pass of an MLP: gradients of its hidden layer and of x."""
    return config.mlp_size * (1 + config.is_gated) * itemsize + config.n_embd * FP32


def autocast_copies(parts: dict[str, int], itemsize: int, fraction: float = 1) -> int:
    """Bytes of the 16-bit copies of the matrices, for a `fraction` of the blocks at a time."""
    head = parts["head"] or parts["token_embedding"]
    blocks = round(fraction * (parts["attention"] + parts["mlp"]))
    return itemsize * (blocks + head) if itemsize != FP32 else 0


def bytes_per_logit(itemsize: int, compiled: bool) -> int:
    """Bytes per logit: without the compiler its softmax and two gradients, in fp32.

    Compiled, softmax and loss are one loop over the logits, and the gradients overwrite the logits:
    only one 16-bit table is written (measured, see benchmarks/gpu).
    """
    return itemsize if compiled else 3 * FP32


def optimizer_state_size(config: GPTConfig, optimizer: str) -> int:
    """Numbers in the optimizer state: AdamW has two per weight; Muon has one, in the blocks."""
    parts = parameters_by_part(config)
    with_muon = parts["attention"] + (parts["mlp"] if config.n_experts is None else 0)
    return 2 * sum(parts.values()) - (with_muon if optimizer == "muon" else 0)
