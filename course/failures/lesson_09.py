"""Two attentions that are wrong without an error. Read this after you have guessed.

Each token's C numbers shall be shared out among H heads. `view` alone gives the right shape and
other contents: it cuts the sheet across, so that a head gets a share of the tokens.
"""

import torch.nn.functional as F
from torch import Tensor

from gptcore.model import GPT, CausalSelfAttention


class CutAcross(CausalSelfAttention):
    """`view` where there should be a transpose; the heads are joined as they should be.

    What head h says in row t comes from token (h * T + t) // H and is given to token t: mostly to
    an earlier one. So tokens hear of what comes after them.
    """

    def project_qkv(self, x: Tensor, rotary=None) -> tuple[Tensor, Tensor, Tensor]:
        B, T, C = x.shape
        q, k, v = (part.reshape(B, self.n_head, T, -1) for part in self.c_attn(x).split(C, dim=2))
        return q, k, v


class CutAndJoinedAcross(CutAcross):
    """The same mistake on the way back, so that everything returns to where it came from.

    A token hears the earlier ones of its own H-th of the row, and nobody else.
    """

    def forward(self, x: Tensor, ablated_heads=(), kv_cache=None, rotary=None) -> Tensor:
        q, k, v = self.project_qkv(x)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(mixed.reshape(x.shape))


KINDS = {"ours": CausalSelfAttention, "Ada's": CutAndJoinedAcross, "Bo's": CutAcross}


def with_attention(whose: str, model: GPT) -> GPT:
    """Lesson 9: the same weights, with the attention that "Ada's" or "Bo's" program has."""
    for block in model.h:
        other = KINDS[whose](model.config)
        other.load_state_dict(block.attn.state_dict())
        block.attn = other
    return model
