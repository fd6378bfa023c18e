"""Several texts in one row: no token attends to another text, and positions restart in each.

The mask is block-diagonal and causal. It is given to a model in place of a KV cache, which also
says positions and what may be attended to; here nothing is stored. With a mask PyTorch takes a
slower kernel than for a plain causal row.
Source: packing without cross-contamination: Krell et al. 2021, arXiv 2107.02027.
"""

import torch
from torch import Tensor

from gptcore.model.attention import causal_mask


class DocumentMask:
    """Positions and attention of rows that hold several texts.

    Args:
        documents: For each token the number of its text, shape (B, T); it never falls in a row.
        window: How many tokens each attends to, itself included; None: all of its text.

    Example:
        >>> mask = DocumentMask(torch.tensor([[0, 0, 0, 1, 1]]))
        >>> mask.positions
        tensor([[0, 1, 2, 0, 1]])
    """

    def __init__(self, documents: Tensor, window: int | None = None) -> None:
        T, device = documents.shape[1], documents.device
        index = torch.arange(T, device=device)
        is_first = torch.ones_like(documents, dtype=torch.bool)
        is_first[:, 1:] = documents[:, 1:] != documents[:, :-1]
        starts = torch.where(is_first, index, 0).cummax(dim=1).values  # (B, T)
        self.positions = index - starts  # (B, T)
        same = documents[:, None, :, None] == documents[:, None, None, :]  # (B, 1, T, T)
        self.mask = same & causal_mask(T, T, window, device)

    def __getitem__(self, layer: int) -> "DocumentMask":
        """The mask of one block, which is that of all."""
        return self

    def update(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Keys and values as they are, and the mask.

        Args:
            k: Keys, shape (B, K, T, D).
            v: Values, shape (B, K, T, D).

        Returns:
            Keys and values, and where each token may attend, bool of shape (B, 1, T, T).
        """
        return k, v, self.mask
