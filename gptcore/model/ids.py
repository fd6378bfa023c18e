"""What goes into a model, checked at the door: token ids, targets, heads to be silenced.

Left out on purpose: ids on a GPU while a model trains. To look at them there would make the
processor wait for the GPU at every step; whoever trains looks at the batch before it travels.
"""

from collections.abc import Collection

import torch
import torch.nn.functional as F
from torch import Tensor

from gptcore.checks import is_int

UNASKED = -1  # a target that is not to be predicted, as in nanoGPT
IGNORED = (UNASKED, -100)  # -100 is what PyTorch and Hugging Face write for the same

Heads = Collection[tuple[int, int]]  # (layer, head), both from 0


def check_ids(ids: Tensor, vocab_size: int, block_size: int, look: bool = True) -> None:
    """Let ids through that a model can take.

    Shapes: ids (B, T).
    Raises: ValueError for no batch of ids, too many, or, if we may `look`, unknown ones.
    Example: check_ids(torch.tensor([[99]]), vocab_size=65, block_size=16) -> raises ValueError
    """
    check_batch("ids", ids)
    length = ids.shape[1]
    if ids.numel() == 0:
        raise ValueError("ids is empty: a model needs at least one token to go on from.")
    if length > block_size:
        raise ValueError(
            f"ids has {length} tokens, and the model looks back on block_size={block_size} at "
            f"most. Take the last ones: ids[:, -{block_size}:]."
        )
    if look:
        check_known("ids", ids, 0, vocab_size)


def check_targets(targets: Tensor, ids: Tensor, vocab_size: int, look: bool = True) -> None:
    """Raises: ValueError for targets that do not belong to the ids."""
    check_batch("targets", targets)
    if targets.shape != ids.shape:
        raise ValueError(
            f"targets has shape {tuple(targets.shape)} and ids {tuple(ids.shape)}; each id needs "
            f"the one that follows it, or {UNASKED} where nothing is to be predicted."
        )
    if look:
        ignored = torch.isin(targets, torch.tensor(IGNORED, device=targets.device))
        check_known("targets", targets.masked_fill(ignored, 0), 0, vocab_size)


def targets_to_predict(targets: Tensor) -> Tensor:
    """True where a target is to be predicted. Shapes: (..) -> (..)."""
    return targets >= 0


def summed_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """The cross-entropy summed over all targets that are to be predicted; 0 if there is none.

    Shapes: logits (N, V), targets (N,) -> (). Units: nats.
    """
    wide = torch.promote_types(logits.dtype, torch.float32)  # 16 bits are too few; 64 stay 64
    targets = targets.long().clamp(min=UNASKED)  # PyTorch wants 64 bits, and ignores one value
    return F.cross_entropy(logits.to(wide), targets, ignore_index=UNASKED, reduction="sum")


def mean_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean of the same. Where nothing is to be predicted it is 0, and so are its gradients."""
    count = targets_to_predict(targets).sum().clamp(min=1)
    return summed_cross_entropy(logits, targets) / count


def check_batch(name: str, ids) -> None:
    """Raises: ValueError for anything but whole numbers of shape (B, T)."""
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
        raise ValueError(
            f"{name} has dtype {ids.dtype}; token ids are whole numbers: {name}.long()."
        )


def check_known(name: str, ids: Tensor, lowest: int, vocab_size: int, first_row: int = 0) -> None:
    """Raises: ValueError that names the first id that does not exist, and where it stands."""
    if int(ids.min()) >= lowest and int(ids.max()) < vocab_size:
        return
    row, position = ((ids < lowest) | (ids >= vocab_size)).nonzero()[0].tolist()
    raise ValueError(
        f"{name} has {int(ids[row, position])} at row {row + first_row}, position {position}; the "
        f"model knows the tokens from 0 to {vocab_size - 1} (vocab_size={vocab_size}). "
        f"Was the text encoded by another tokenizer?"
    )


def check_silenced(silenced: Heads, n_layer: int, n_head: int) -> None:
    """Raises: ValueError for a head that there is not; silencing it would change nothing."""
    for pair in silenced:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not all(map(is_int, pair)):
            raise ValueError(f"silenced has {pair!r:.40}; give pairs of (layer, head): [(0, 1)].")
        layer, head = pair
        if not (0 <= layer < n_layer and 0 <= head < n_head):
            raise ValueError(
                f"silenced has (layer, head) = ({layer}, {head}); there are layers 0 to "
                f"{n_layer - 1} and heads 0 to {n_head - 1}."
            )
