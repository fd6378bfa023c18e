"""Looking inside a trained GPT, for lesson 9: sampling, the logit lens, and ablation of heads."""

from collections.abc import Iterator

import torch
from torch import Tensor

from gptcore.model import GPT
from gptcore.sampling import CachedLogits, KVCache
from gptcore.tokenizers import CharTokenizer, Tokenizer
from viz import AttentionExplorer, SamplingPlayground, draw_lens
from viz.canvas.picture import Picture

ROWS, LONGEST = 8, 40
# (temperature, top_k, top_p) whose texts a page shows: a few temperatures, and three repairs of 1.5
PAGE_SETTINGS = [
    *((temperature, None, 1.0) for temperature in (0, 0.5, 1.0, 1.5, 2.0)),
    *((1.5, top_k, 1.0) for top_k in (3, 10)),
    *((1.5, None, top_p) for top_p in (0.7, 0.9)),
]


def draw_logit_lens(gpt: GPT, tokenizer: Tokenizer, text: str) -> Picture:
    """The most likely next token at each position, after 0, 1, ... blocks."""
    ids = tokenizer.encode(text)

    def spell(id: int) -> str:
        return tokenizer.decode([id])

    names = [f"{n} block{'s' * (n != 1)}" for n in range(gpt.config.n_layer + 1)]
    probs, best = gpt.logit_lens_top_k(torch.tensor([ids]), 1)  # (L + 1, 1, T, 1)
    tokens = [spell(id) for id in ids]
    return draw_lens(probs[:, 0], tokens, spell, ids=best[:, 0], names=names)


def sample_stories(gpt: GPT, tokenizer: CharTokenizer, prompt: str) -> SamplingPlayground:
    """A control: a prompt, and the options of sampling. The text ends with the story."""

    def encode(text: str) -> list[int]:
        return [tokenizer.BOS, *tokenizer.encode(text)]

    return SamplingPlayground(
        CachedLogits(gpt),
        encode,
        tokenizer.decode,
        prompt=prompt,
        max_new_tokens=120,
        stop=tokenizer.BOS,
        page_settings=PAGE_SETTINGS,
        rows_of_logits=RowsOfLogits(gpt),
    )


class RowsOfLogits:
    """The logits after several texts of one length, which grow by one token from call to call.

    Args:
        gpt: The model.
    """

    def __init__(self, gpt: GPT) -> None:
        self.gpt, self.length = gpt, 0
        self.cache: KVCache | None = None

    def __call__(self, rows: list[list[int]]) -> Tensor:
        """Shape (N, V).

        Args:
            rows: N rows of token ids, at most block_size in each.
        """
        length = len(rows[0])
        if self.cache is None or length != self.length + 1:
            self.cache = KVCache(self.gpt, len(rows), self.gpt.config.block_size)
            self.length = 0
        new = [row[self.length :] for row in rows]
        self.length = length
        return self.cache.next_logits(new)


class Ablations:
    """A model whose heads can be ablated, and eight rows of a text on which the loss is measured.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        ids: A text that the model was not trained on.
    """

    def __init__(self, model: GPT, tokenizer: CharTokenizer, ids: Tensor):
        T = model.config.block_size
        self.model, self.tokenizer = model, tokenizer
        self.rows = ids[: ROWS * (T + 1)].view(ROWS, T + 1)
        self.text = tokenizer.decode(ids[1 : LONGEST + 1].tolist())
        self.losses: dict[frozenset, float] = {}  # ablated heads -> loss

    def loss(self, ablated_heads=()) -> float:
        """The mean loss of the rows without some heads, in nats per token."""
        heads = frozenset(ablated_heads)
        if heads not in self.losses:
            x, y = self.rows[:, :-1], self.rows[:, 1:]
            self.losses[heads] = self.model(x, y, ablated_heads=heads)[1].item()
        return self.losses[heads]

    def lines(self) -> Iterator[str]:
        """One line for each layer, with the cost of each head, and one for all heads together."""
        config, whole = self.model.config, self.loss()
        heads = [
            [(layer, head) for head in range(config.n_head)] for layer in range(config.n_layer)
        ]
        for layer, its_heads in enumerate(heads):
            costs = (f"head {head[1]} {self.loss([head]) - whole:+.2f}" for head in its_heads)
            yield f"layer {layer}: " + "  ".join(costs)
        without = self.loss([head for its_heads in heads for head in its_heads])
        yield f"with all heads: {whole:.2f} nats; without any: {without:.2f}"

    def explorer(self, layer: int, head: int) -> AttentionExplorer:
        """A control: a text to type, a head to look at, and a switch that ablates it."""

        def run_model(text, ablated_heads):
            ids = torch.tensor([[self.tokenizer.BOS, *self.tokenizer.encode(text)]])
            weights = self.model.attention_weights(ids, ablated_heads=ablated_heads)
            return ["[BOS]", *text], weights[:, 0]

        return AttentionExplorer(
            run_model,
            text=self.text,
            loss=lambda text, ablated_heads: self.loss(ablated_heads),
            loss_name="validation loss on eight rows",
            layer=layer,
            head=head,
        )
