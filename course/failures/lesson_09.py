"""Two attentions that are wrong without an error. Read this after you have guessed.

The C numbers of each token are to be split among H heads. `view` alone gives the right shape and
other contents: it keeps the order in memory, so that a head gets a part of the tokens.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from gptcore.corpus import load_documents
from gptcore.ladder import to_torch
from gptcore.model import GPT, CausalSelfAttention
from gptcore.scalar import MicroGPT


class SplitByView(CausalSelfAttention):
    """`view` where a transpose is needed; the heads are concatenated as they should be.

    Row t of head h comes from token (h * T + t) // H, and is given to token t: mostly an earlier
    one. So tokens see what comes after them.
    """

    def project_qkv(self, x: Tensor, rotary=None) -> tuple[Tensor, Tensor, Tensor]:
        B, T, C = x.shape
        q, k, v = (part.reshape(B, self.n_head, T, -1) for part in self.c_attn(x).split(C, dim=2))
        return q, k, v


class SplitAndMergedByView(SplitByView):
    """The same mistake on the way back, so that every number returns to where it came from.

    A token attends to the earlier ones of its own H-th of the row, and to no other.
    """

    def forward(self, x: Tensor, ablated_heads=(), kv_cache=None, rotary=None) -> Tensor:
        q, k, v = self.project_qkv(x)
        context = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(context.reshape(x.shape))


KINDS = {"ours": CausalSelfAttention, "Ada's": SplitAndMergedByView, "Bo's": SplitByView}


def with_attention(whose: str, model: GPT) -> GPT:
    """Lesson 9: the same weights, with the attention that "Ada's" or "Bo's" program has."""
    for block in model.h:
        other = KINDS[whose](model.config)
        other.load_state_dict(block.attn.state_dict())
        block.attn = other
    return model


def has_same_start(gpt: GPT, row: Tensor) -> bool:
    """Whether the predictions of the first half of a row stay when the second half is replaced."""
    half = len(row) // 2
    other_end = row[:half].repeat(2)
    one, other = (gpt(ids[None])[0][0, :half] for ids in (row, other_end))
    return torch.allclose(one, other)


def loss_with_weights_of_microgpt(whose: str) -> float:
    """The loss of the first name, with the 4,192 weights of microgpt in a program.

    "microgpt" is the slow program of lesson 7 itself.
    """
    scalar = MicroGPT(load_documents("names"), seed=42)
    name = scalar.documents[0]
    if whose == "microgpt":
        return scalar.loss(name).data
    gpt = with_attention(whose, to_torch(scalar))
    ids = torch.tensor([[scalar.BOS, *scalar.encode(name), scalar.BOS]])
    return gpt(ids[:, :-1], ids[:, 1:])[1].item()
