"""The loss without each of the heads, one after the other.

The blocks before a head compute the same without it, so each layer begins with the residual stream
of the whole model, and all of its heads are ablated in one batch: half the work of a forward pass
for each head.
Source: Michel et al. 2019, arXiv 1905.10650 ("Are sixteen heads really better than one?").
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from gptcore.model.gpt import GPT, evaluating
from gptcore.model.ids import check_targets, mean_cross_entropy, target_mask


def head_ablation_losses(model: GPT, ids: Tensor, targets: Tensor) -> Iterator[Tensor]:
    """The loss without each head of a layer, layer by layer.

    Args:
        model: The model.
        ids: Token ids, shape (B, T).
        targets: The id that follows each token, shape (B, T); -1 and -100 are ignored.

    Yields:
        For each layer the mean cross-entropy without head 0, 1, ... in nats, shape (H,).

    Raises:
        ValueError: If ids or targets are not of the vocabulary, or their shapes differ.

    Example:
        >>> ids = torch.tensor([[1, 2, 3, 4]])
        >>> torch.stack(list(head_ablation_losses(GPT(sizes), ids[:, :-1], ids[:, 1:]))).shape
        torch.Size([2, 2])
    """
    check_targets(targets, ids, model.config.vocab_size)
    kept = target_mask(targets)  # (B, T); elsewhere no logits are needed
    with evaluating(model):
        x, rotary, blocks = model.embed(ids), model.rotary(ids), list(model.h)
    for layer, block in enumerate(blocks):
        with evaluating(model):
            without = [
                block.attn_residual(x, [head], rotary=rotary) for head in range(model.config.n_head)
            ]
            many = block.mlp_residual(torch.cat(without))  # H of (B, T, C) -> (H * B, T, C)
            for later in blocks[layer + 1 :]:
                many = later(many, rotary=rotary)
            x = block(x, rotary=rotary)
            losses = [
                mean_cross_entropy(model.unembed(hidden[kept]), targets[kept])
                for hidden in many.chunk(model.config.n_head)
            ]
        yield torch.stack(losses)
