"""Pictures and controls of a real model: a GPT with its tokenizer, for instance SmolLM2.

Tokens come as bytes, since a token of a byte-level tokenizer may be half of an emoji. What does not
change is computed once: another head or token does not run the model, another seed or temperature
computes only new tokens.
"""

from collections.abc import Collection
from functools import lru_cache

import torch
from torch import Tensor

from gptcore.model import GPT, head_ablation_losses
from gptcore.model.gpt import evaluating, heads_of_layer
from gptcore.model.ids import mean_cross_entropy
from gptcore.sampling import CachedLogits
from gptcore.tokenizers import Tokenizer
from viz import (
    AttentionExplorer,
    Picture,
    SamplingPlayground,
    draw_attention,
    draw_head_ablation,
    draw_lens,
    draw_next_tokens,
)

CANDIDATES = 8  # that are drawn after each token
LENS_TOKENS = 24  # as many as `draw_lens` draws at most


class AblatedRuns:
    """Attention weights and loss of one text, without any heads, in one pass.

    The blocks before the first ablated head compute the same as before, and are not run again.

    Args:
        model: The model.
        ids: The text, shape (1, T).
    """

    def __init__(self, model: GPT, ids: Tensor) -> None:
        self.model, self.ids = model, ids
        with evaluating(model):
            self.rotary = model.rotary(ids)
            self.streams = [model.embed(ids)]  # before each block of the whole model
            self.weights: list[Tensor] = []
        self.weights, self.loss = self.run(frozenset())

    def run(self, ablated_heads: Collection[tuple[int, int]]) -> tuple[list[Tensor], float]:
        """The weights of each layer, shape (H, T, T), and the mean loss in nats per token.

        Args:
            ablated_heads: Pairs (layer, head).
        """
        first = min((layer for layer, _ in ablated_heads), default=0)
        x, weights, blocks = self.streams[first], self.weights[:first], list(self.model.h)
        with evaluating(self.model):
            for layer, block in enumerate(blocks[first:], start=first):
                weights.append(block.attn.attention_weights(block.ln_1(x), self.rotary)[0])
                x = block(x, heads_of_layer(layer, ablated_heads), rotary=self.rotary)
                if not ablated_heads:
                    self.streams.append(x)
            logits = self.model.unembed(x[0, :-1])  # (T - 1, V)
            return weights, float(mean_cross_entropy(logits, self.ids[0, 1:]))


class ModelPictures:
    """A model and its tokenizer, and the pictures of them.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        bos: An id before each text; None for models that were trained without one.

    Example:
        >>> ModelPictures(model, tokenizer).tokens("a cat")[0]
        b'a'
    """

    def __init__(self, model: GPT, tokenizer: Tokenizer, bos: int | None = None) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.first = [] if bos is None else [bos]

    def encode(self, text: str) -> list[int]:
        """The ids of a text, after the one that begins every text."""
        return [*self.first, *self.tokenizer.encode(text)]

    def tokens(self, text: str) -> list[bytes]:
        """The bytes of each token of a text."""
        return [self.tokenizer.token_bytes(id) for id in self.encode(text)]

    def ids(self, text: str) -> Tensor:
        """The ids of a text as a batch of one, shape (1, T)."""
        return torch.tensor([self.encode(text)])

    def loss(self, text: str, ablated_heads=()) -> float:
        """The mean loss of a text without some heads, in nats per token."""
        ids = self.ids(text)
        with torch.no_grad():
            return self.model(ids[:, :-1], ids[:, 1:], ablated_heads=ablated_heads)[1].item()

    def attention(self, text: str) -> Picture:
        """All heads of all layers."""
        weights = self.model.attention_weights(self.ids(text))[:, 0]
        return draw_attention(weights, self.tokens(text))

    def explorer(self, text: str, layer: int = 0, head: int = 0) -> AttentionExplorer:
        """A control: a text to type, a head to look at, and a switch that ablates it."""

        @lru_cache(maxsize=2)
        def runs_of(text: str) -> AblatedRuns:
            return AblatedRuns(self.model, self.ids(text))

        @lru_cache(maxsize=2)  # the weights and the loss of one pass are asked for one by one
        def run(text: str, ablated_heads: frozenset) -> tuple[list[Tensor], float]:
            runs = runs_of(text)
            return runs.run(ablated_heads) if ablated_heads else (runs.weights, runs.loss)

        return AttentionExplorer(
            lambda text, ablated_heads: (self.tokens(text), run(text, ablated_heads)[0]),
            text=text,
            loss=lambda text, ablated_heads: run(text, ablated_heads)[1],
            layer=layer,
            head=head,
        )

    def playground(self, prompt: str, **options) -> SamplingPlayground:
        """A control: a prompt, and the options of sampling."""
        next_logits = CachedLogits(self.model)
        decode = self.tokenizer.decode_bytes
        return SamplingPlayground(next_logits, self.encode, decode, prompt=prompt, **options)

    def lens(self, text: str, start: int = 0) -> Picture:
        """The likeliest next token at some positions, after 0, 1, ... blocks."""
        ids, tokens = self.ids(text), self.tokens(text)
        drawn = slice(start, start + LENS_TOKENS)
        probs, best = self.model.logit_lens_top_k(ids, 1, positions=drawn)
        padding = (0, 0, start, max(0, len(tokens) - start - LENS_TOKENS))  # for what is not drawn
        probs, best = (torch.nn.functional.pad(x[:, 0], padding) for x in (probs, best))
        names = [f"{n} block{'s' * (n != 1)}" for n in range(self.model.config.n_layer + 1)]
        name_of = self.tokenizer.token_bytes
        return draw_lens(probs, tokens, name_of, ids=best, start=start, names=names)

    def next_tokens(self, text: str) -> Picture:
        """The likeliest tokens after each token, and the probability of each that follows."""
        ids = self.ids(text)
        with torch.no_grad():
            probs = self.model(ids)[0][0].softmax(-1)  # (T, V)
        best = probs.topk(CANDIDATES)
        rows = [
            [(self.tokenizer.token_bytes(id), p) for p, id in zip(*row)]
            for row in zip(best.values.tolist(), best.indices.tolist())
        ]
        own = probs[:-1].gather(1, ids[0, 1:, None])[:, 0].tolist()  # of what follows
        return draw_next_tokens(self.tokens(text), rows, probs=own)

    def head_ablation(self, text: str) -> Picture:
        """The change of the loss without each head; minutes for a large model."""
        ids = self.ids(text)
        losses = torch.stack(list(head_ablation_losses(self.model, ids[:, :-1], ids[:, 1:])))
        whole = self.loss(text)
        return draw_head_ablation(losses - whole, loss=whole)
