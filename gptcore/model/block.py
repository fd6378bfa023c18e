"""A block: tokens talk (attention), then each thinks for itself (MLP).

Both add to what is there and replace nothing, so what a token knows flows straight through all
blocks: the residual stream. Left out on purpose: a norm after the halves; GPT-2 has it before.
Source: GPT-2 (Radford et al. 2019); ReLU squared: So et al. 2021, arXiv 2109.08668.
"""

from collections.abc import Callable, Collection
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from gptcore.model.attention import CausalSelfAttention, Memory
from gptcore.model.config import GPTConfig
from gptcore.model.norm import norm
from gptcore.model.rope import Turn


def relu_squared(x: Tensor) -> Tensor:
    # Trap: square() is a power, which autocast widens to 32 bits on a GPU; a product stays narrow.
    positive = F.relu(x)
    return positive * positive


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "gelu_tanh": partial(F.gelu, approximate="tanh"),
    "relu": F.relu,
    "relu2": relu_squared,
    "silu": F.silu,
}


class MLP(nn.Module):
    """Two linear layers around an activation, the same for every token.

    Example: MLP(sizes)(torch.zeros(1, 5, 32)).shape -> torch.Size([1, 5, 32])
    """

    def __init__(self, config: GPTConfig):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, 4 * C, bias=config.bias)
        self.c_proj = nn.Linear(4 * C, C, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)
        self.activation = ACTIVATIONS[config.activation]

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.activation(self.c_fc(x))  # (B, T, C) -> (B, T, 4C)
        return self.dropout(self.c_proj(hidden))  # (B, T, 4C) -> (B, T, C)


class Block(nn.Module):
    """One layer of a GPT. Shapes: (B, T, C) -> (B, T, C).

    Example: Block(sizes)(torch.zeros(1, 5, 32)).shape -> torch.Size([1, 5, 32])
    """

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1 = norm(config)
        self.attn = CausalSelfAttention(config)
        self.ln_2 = norm(config)
        self.mlp = MLP(config)

    def forward(
        self,
        x: Tensor,
        silenced: Collection[int] = (),
        memory: Memory | None = None,
        turn: Turn | None = None,
    ) -> Tensor:
        return self.think(self.talk(x, silenced, memory, turn))

    def talk(
        self,
        x: Tensor,
        silenced: Collection[int] = (),
        memory: Memory | None = None,
        turn: Turn | None = None,
    ) -> Tensor:
        """What each token knows, and what it heard. Shapes: (B, T, C) -> (B, T, C)."""
        return x + self.attn(self.ln_1(x), silenced, memory, turn)

    def think(self, x: Tensor) -> Tensor:
        """What each token knows, and what it made of it. Shapes: (B, T, C) -> (B, T, C)."""
        return x + self.mlp(self.ln_2(x))
