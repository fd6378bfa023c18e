"""Grouped-query attention with the wrong keys, without an error. Read this after you have guessed.

With four query heads and two heads of keys, query heads 0 and 1 share the first keys, 2 and 3 the
second. `repeat` gives the order 0, 1, 0, 1 instead of 0, 0, 1, 1. All shapes fit. A model that is
trained so learns as well as another, because the order of heads means nothing to it. Only weights
that come from elsewhere are read wrongly.
"""

from collections.abc import Iterator
from copy import deepcopy

from torch import Tensor

from course.experiments.modern.switches import Letters, Setup, measure, train_switch, with_switch
from gptcore.model import GPT, CausalSelfAttention
from gptcore.model.attention import attend

STEPS, LETTERS = 150, 8_192


class KeysRepeatedInTurn(CausalSelfAttention):
    """`repeat` where `repeat_interleave` is needed."""

    def forward(self, x: Tensor, ablated_heads=(), kv_cache=None, rotary=None) -> Tensor:
        q, k, v = self.project_qkv(x, rotary)  # (B, H, T, D), two of (B, K, T, D)
        group = q.shape[1] // k.shape[1]
        k, v = k.repeat(1, group, 1, 1), v.repeat(1, group, 1, 1)  # (B, H, T, D)
        context, _ = attend(q, k, v)
        return self.c_proj(context.transpose(1, 2).flatten(2))


def with_attention_of(whose: str, model: GPT) -> GPT:
    """A copy of the model with the same weights, and the attention of "Ada's" or "Bo's" program."""
    copied = deepcopy(model)
    if whose == "Bo's":
        for block in copied.h:
            other = KeysRepeatedInTurn(model.config)
            other.load_state_dict(block.attn.state_dict())
            block.attn = other
    return copied


def loss_of_own_run(whose: str, setup: Setup, text: Letters, seed: int = 0) -> float:
    """The validation loss after 150 steps of training in that program.

    Args:
        whose: "Ada's" or "Bo's".
        setup: The model before it has fewer keys.
        text: What it reads.
        seed: Of initial weights and rows.
    """
    grouped = with_switch(setup, {"n_kv_head": 2, "steps": STEPS})
    return train_switch(
        grouped, text, seed, LETTERS, prepare=lambda model: with_attention_of(whose, model)
    ).loss


def loss_with_weights_of_others(setup: Setup, text: Letters, seed: int = 0) -> Iterator[str]:
    """What each program makes of weights that `gptcore` has trained.

    Args:
        setup: The model before it has fewer keys.
        text: What it reads.
        seed: Of initial weights and rows.
    """
    grouped = with_switch(setup, {"n_kv_head": 2, "steps": STEPS})
    trained = train_switch(grouped, text, seed, LETTERS)
    for whose in ("Ada's", "Bo's"):
        loss, _ = measure(with_attention_of(whose, trained.model), text.val[: LETTERS + 1])
        verdict = "the same" if abs(loss - trained.loss) < 1e-4 else "higher"
        yield f"{whose:5} loss is {verdict if loss >= trained.loss - 1e-4 else 'lower'}"
