"""A mixture of experts: several MLPs, of which each token passes through a few.

A router gives each expert a probability for each token. The `experts_per_token` most probable ones
run, and their outputs are added, weighted by these probabilities. Without more, a router soon
prefers the experts that were good first, and the others never learn; so training adds a loss that
is smallest if all experts are used equally (`balancing_loss`).
Experts run one after the other: kernels that run all at once need a GPU.
Source: Shazeer et al. 2017, arXiv 1701.06538; load balancing: Fedus et al. 2021, arXiv 2101.03961;
    as Mixtral (Jiang et al. 2024, arXiv 2401.04088) computes it.
"""

import torch
from torch import Tensor, nn

from gptcore.model.config import GPTConfig
from gptcore.model.mlp import activate


class MixtureOfExperts(nn.Module):
    """E MLPs and a router. After a forward pass `load` and `balancing_loss` describe the routing.

    Args:
        config: Hyperparameters of the model.

    Example:
        >>> experts = MixtureOfExperts(replace(sizes, n_experts=4))
        >>> experts(torch.zeros(1, 5, 32)).shape
        torch.Size([1, 5, 32])
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        assert config.n_experts is not None
        E, C, M = config.n_experts, config.n_embd, config.mlp_size
        self.experts_per_token = config.experts_per_token
        self.activation, self.is_gated = config.activation, config.is_gated
        self.router = nn.Linear(C, E, bias=False)
        # The layout (out, in) of nn.Linear, once for each expert.
        self.c_fc = nn.Parameter(torch.empty(E, M * (1 + self.is_gated), C))
        self.c_proj = nn.Parameter(torch.empty(E, C, M))
        self.dropout = nn.Dropout(config.dropout)
        self.load = torch.full((E,), 1 / E)
        """Fraction of the choices that each expert got in the last forward pass, shape (E,)."""
        self.balancing_loss = torch.ones(())
        """1 if all experts are used equally, E if one is used for all; of the last forward pass."""

    def forward(self, x: Tensor) -> Tensor:
        """What the experts add to the residual stream, shape (B, T, C) -> (B, T, C).

        Args:
            x: The normalized residual stream, shape (B, T, C).
        """
        tokens = x.flatten(0, -2)  # (N, C)
        probs = self.router(tokens).float().softmax(-1)  # (N, E)
        weights, chosen = probs.topk(self.experts_per_token)  # two of (N, experts_per_token)
        if self.experts_per_token > 1:  # with one expert, its probability trains the router
            weights = weights / weights.sum(-1, keepdim=True)
        self.record_routing(probs, chosen)
        added = torch.zeros_like(tokens)
        for expert in range(len(self.c_fc)):
            token, rank = (chosen == expert).nonzero(as_tuple=True)
            if len(token):
                output = self.run_expert(expert, tokens[token])  # (n, C)
                weighted = output * weights[token, rank, None].type_as(output)
                added = added.index_add(0, token, weighted.type_as(added))
        return self.dropout(added.view_as(x))  # type: ignore[no-any-return]  # nn.Module's is Any

    def run_expert(self, expert: int, x: Tensor) -> Tensor:
        """The output of one expert, shape (n, C) -> (n, C).

        Args:
            expert: Its number.
            x: The tokens that chose it, shape (n, C).
        """
        hidden = nn.functional.linear(x, self.c_fc[expert])  # (n, C) -> (n, M), or (n, 2M)
        hidden = activate(hidden, self.activation, self.is_gated)  # (n, M)
        return nn.functional.linear(hidden, self.c_proj[expert])  # (n, M) -> (n, C)

    def record_routing(self, probs: Tensor, chosen: Tensor) -> None:
        """Store `load` and `balancing_loss`: E times the sum of load times mean probability.

        Args:
            probs: Of each expert for each token, shape (N, E).
            chosen: The experts that each token passes through, shape (N, experts_per_token).
        """
        E = probs.shape[1]
        counts = torch.zeros(E, device=probs.device).index_add(
            0, chosen.flatten(), probs.new_ones(chosen.numel())
        )
        self.load = counts / chosen.numel()
        self.balancing_loss = E * (self.load * probs.mean(0)).sum()
