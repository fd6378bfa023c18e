"""Checks of what goes into a model: token ids, targets, heads to ablate; and the loss on targets.

Values of ids on a GPU are not checked while a model trains: reading them would make every step
wait for the GPU. Training checks a batch before it is copied there.
"""

from collections.abc import Collection

import torch
import torch.nn.functional as F
from torch import Tensor

IGNORE_INDEX = -1  # a target that is not to be predicted, as in nanoGPT
IGNORE_INDICES = (IGNORE_INDEX, -100)  # -100 is what PyTorch and Hugging Face write for the same

Heads = Collection[tuple[int, int]]  # (layer, head), both from 0


def check_ids(ids: Tensor, vocab_size: int, block_size: int, check_values: bool = True) -> None:
    """Check a batch of token ids.

    Args:
        ids: Token ids, shape (B, T).
        vocab_size: Ids must be below this.
        block_size: T must not be above this.
        check_values: Whether the ids themselves are read, which waits for a GPU.

    Raises:
        ValueError: If `ids` is not a batch of integers, is empty, is too long, or has an id that
            the vocabulary does not have.

    Example:
        >>> check_ids(torch.tensor([[99]]), vocab_size=65, block_size=16)
        Traceback (most recent call last):
        ValueError: ids has 99 at row 0, position 0; ...
    """
    check_batch("ids", ids)
    length = ids.shape[1]
    if ids.numel() == 0:
        raise ValueError("ids is empty: a model needs at least one token.")
    if length > block_size:
        raise ValueError(
            f"ids has {length} tokens, and the model takes at most block_size={block_size}. "
            f"Take the last ones: ids[:, -{block_size}:]."
        )
    if check_values:
        check_in_vocab("ids", ids, vocab_size)


def check_targets(targets: Tensor, ids: Tensor, vocab_size: int, check_values: bool = True) -> None:
    """Check the targets of a batch of token ids.

    Args:
        targets: The id that follows each token, or an ignored index, shape (B, T).
        ids: Token ids, shape (B, T).
        vocab_size: Targets must be below this.
        check_values: Whether the targets themselves are read, which waits for a GPU.

    Raises:
        ValueError: If the shapes differ or a target is not in the vocabulary.
    """
    check_batch("targets", targets)
    if targets.shape != ids.shape:
        raise ValueError(
            f"targets has shape {tuple(targets.shape)} and ids {tuple(ids.shape)}; each id needs "
            f"the one that follows it, or {IGNORE_INDEX} where nothing is to be predicted."
        )
    if check_values:
        ignored = torch.isin(targets, torch.tensor(IGNORE_INDICES, device=targets.device))
        check_in_vocab("targets", targets.masked_fill(ignored, 0), vocab_size)


def target_mask(targets: Tensor) -> Tensor:
    """True where a target is to be predicted, in the shape of `targets`."""
    return targets >= 0


def summed_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Sum of the cross-entropy over all targets that are to be predicted; 0 if there is none.

    Args:
        logits: Unnormalised scores, shape (N, V).
        targets: Token ids or ignored indices, shape (N,).

    Returns:
        Nats, a scalar.
    """
    dtype = torch.promote_types(logits.dtype, torch.float32)  # 16 bits are too few; 64 stay 64
    targets = targets.long().clamp(min=IGNORE_INDEX)  # PyTorch wants 64 bits, and ignores one value
    return F.cross_entropy(logits.to(dtype), targets, ignore_index=IGNORE_INDEX, reduction="sum")


def mean_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy over the targets; without targets the loss and its gradients are 0."""
    count = target_mask(targets).sum().clamp(min=1)
    return summed_cross_entropy(logits, targets) / count


def check_batch(name: str, ids: object) -> None:
    """Raise ValueError unless `ids` is a tensor of integers of shape (B, T)."""
    if not isinstance(ids, Tensor):
        raise ValueError(
            f"{name} is a {type(ids).__name__}; the model takes a tensor of shape (B, T), such as "
            f"torch.tensor([[15496, 995]])."
        )
    if ids.dim() != 2:
        way_out = f" Take {name}[None] for a batch of one." if ids.dim() == 1 else ""
        raise ValueError(
            f"{name} has shape {tuple(ids.shape)}; the model takes (B, T), a row of tokens for "
            f"each text.{way_out}"
        )
    if ids.dtype not in (torch.int64, torch.int32):
        raise ValueError(f"{name} has dtype {ids.dtype}; token ids are integers: {name}.long().")


def check_in_vocab(name: str, ids: Tensor, vocab_size: int, first_row: int = 0) -> None:
    """Raise ValueError that names the first id outside of the vocabulary, and its position."""
    if int(ids.min()) >= 0 and int(ids.max()) < vocab_size:
        return
    row, position = ((ids < 0) | (ids >= vocab_size)).nonzero()[0].tolist()
    raise ValueError(
        f"{name} has {int(ids[row, position])} at row {row + first_row}, position {position}; the "
        f"model knows the tokens from 0 to {vocab_size - 1} (vocab_size={vocab_size}). "
        f"Was the text encoded by another tokenizer?"
    )
