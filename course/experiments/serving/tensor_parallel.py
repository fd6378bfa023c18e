"""Tensor parallelism: the matrices of each layer are divided among processes, one for each GPU.

The first matrix of a layer is divided by its outputs (column parallel), the second one by its
inputs (row parallel). Between the two nothing is sent; after the second one an all-reduce adds what
the processes have. Norms and embeddings are held by all.
Source: Megatron-LM (Shoeybi et al. 2019, arXiv 1909.08053).
"""

from copy import deepcopy

import torch
import torch.distributed as dist
from torch import Tensor, nn

from gptcore.model import GPT, MLP, CausalSelfAttention


def column_parallel(
    linear: nn.Linear, rank: int, size: int, groups: tuple[int, ...] | None = None
) -> nn.Linear:
    """The part of a linear layer that computes 1/size of its outputs.

    Args:
        linear: The whole layer.
        rank: Number of the process, from 0.
        size: Number of processes.
        groups: Numbers of neighbouring outputs that mean the same, such as queries, keys and
            values. Each group is divided; None: all outputs are one group.

    Example:
        >>> column_parallel(nn.Linear(8, 6), rank=0, size=2)
        Linear(in_features=8, out_features=3, bias=True)
    """
    groups = groups or (linear.out_features,)
    check_divides(size, *groups, what="outputs")
    # Trap: PyTorch stores the transposed matrix, so its rows are the columns of the name.
    mine = [index.chunk(size)[rank] for index in torch.arange(sum(groups)).split(list(groups))]
    kept = torch.cat(mine)
    return linear_of(linear.weight[kept], None if linear.bias is None else linear.bias[kept])


def row_parallel(linear: nn.Linear, rank: int, size: int) -> nn.Linear:
    """The part of a linear layer that reads 1/size of its inputs; the sum of all parts is whole.

    Args:
        linear: The whole layer.
        rank: Number of the process; the first one has the bias, which is added once.
        size: Number of processes.

    Example:
        >>> row_parallel(nn.Linear(8, 6), rank=1, size=2)
        Linear(in_features=4, out_features=6, bias=False)
    """
    check_divides(size, linear.in_features, what="inputs")
    return linear_of(linear.weight.chunk(size, dim=1)[rank], linear.bias if rank == 0 else None)


def check_divides(size: int, *numbers: int, what: str) -> None:
    """Refuse a number of processes that would leave a rest."""
    if any(number % size for number in numbers):
        raise ValueError(
            f"{' and '.join(map(str, numbers))} {what} are not divisible among {size} processes. "
            f"Choose a number of processes that divides them."
        )


def linear_of(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    """A linear layer with copies of a weight and a bias."""
    linear = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, dtype=weight.dtype)
    with torch.no_grad():
        linear.weight.copy_(weight)
        if bias is not None:
            linear.bias.copy_(bias)
    return linear


def split_mlp(mlp: MLP, rank: int, size: int) -> MLP:
    """The MLP of one process: 1/size of the hidden numbers.

    Args:
        mlp: The whole MLP.
        rank: Number of the process, from 0.
        size: Number of processes.

    Example:
        >>> from gptcore.model import GPTConfig
        >>> config = GPTConfig(vocab_size=27, n_layer=1, n_head=4, n_embd=32)
        >>> split_mlp(MLP(config), rank=0, size=2).c_fc.out_features  # of 128
        64
    """
    part = deepcopy(mlp)
    groups = (mlp.c_proj.in_features,) * (1 + mlp.is_gated)
    part.c_fc = column_parallel(mlp.c_fc, rank, size, groups)
    part.c_proj = row_parallel(mlp.c_proj, rank, size)
    return part


def split_attention(attention: CausalSelfAttention, rank: int, size: int) -> CausalSelfAttention:
    """The attention of one process: 1/size of the heads.

    Args:
        attention: The whole layer.
        rank: Number of the process, from 0.
        size: Number of processes.

    Example:
        >>> from gptcore.model import GPTConfig
        >>> config = GPTConfig(vocab_size=27, n_layer=1, n_head=4, n_embd=32)
        >>> split_attention(CausalSelfAttention(config), rank=0, size=2).n_head
        2
    """
    H, K = attention.n_head, attention.n_kv_head
    check_divides(size, H, K, what="heads of queries and of keys")
    D = attention.c_proj.in_features // H
    part = deepcopy(attention)
    part.n_head, part.n_kv_head = H // size, K // size
    # Trap: c_attn as one group gives one process all queries. No shape is wrong, only the numbers.
    part.c_attn = column_parallel(attention.c_attn, rank, size, (H * D, K * D, K * D))
    part.c_proj = row_parallel(attention.c_proj, rank, size)
    return part


class AllReduced(nn.Module):
    """A part of a layer whose output is added to those of the other processes."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.part = part
        self.num_calls = self.num_bytes = 0

    def forward(self, *args: object) -> Tensor:
        """What the whole layer adds to the residual stream, shape (B, T, C)."""
        added: Tensor = self.part(*args)
        dist.all_reduce(added)
        self.num_calls += 1
        self.num_bytes += added.numel() * added.element_size()
        return added


def split_model(model: GPT, rank: int, size: int) -> list[AllReduced]:
    """Keep only the part of one process, in all blocks of a model.

    Args:
        model: Is changed.
        rank: Number of the process, from 0.
        size: Number of processes.

    Returns:
        The layers of the model that end with an all-reduce.
    """
    layers = []
    for block in model.h:
        if not isinstance(block.mlp, MLP):
            raise ValueError("n_experts is set: this divides an ordinary MLP only.")
        attention = AllReduced(split_attention(block.attn, rank, size))
        mlp = AllReduced(split_mlp(block.mlp, rank, size))
        block.add_module("attn", attention)
        block.add_module("mlp", mlp)
        layers += [attention, mlp]
    return layers
