"""The loss of a model on a text that may be longer than its context, by a sliding window.

Each token after the first is scored once. The window moves by `stride` tokens and scores those that
are new, so that a token has at least T - stride tokens before it. A small stride is slow and gives
each token more context; a stride of T is fast, and the first tokens of its windows have little.
Source: "Perplexity of fixed-length models" in the documentation of transformers. There, the last
    window may be shorter than the others; here it begins earlier and has a whole context.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp, inf, log

from gptcore.checks import as_ids, as_int
from gptcore.evaluation.target_log_probs import Row, target_log_probs
from gptcore.model import GPT

BATCH_TOKENS = 2048  # of one forward pass; but at least one window


@dataclass(frozen=True)
class TextLoss:
    """The loss of the tokens that are scored so far.

    Attributes:
        num_scored: Tokens that are scored.
        num_total: Tokens that will be.
        nats: Sum of their losses.

    Example:
        >>> TextLoss(num_scored=2, num_total=2, nats=4.0).loss
        2.0
    """

    num_scored: int
    num_total: int
    nats: float

    @property
    def loss(self) -> float:
        """Mean loss, in nats per token."""
        return self.nats / self.num_scored

    @property
    def perplexity(self) -> float:
        """exp(loss): between how many equally likely tokens the model would waver."""
        return exp(self.loss) if self.loss < log(1e300) else inf

    def bits_per_byte(self, num_bytes: int) -> float:
        """The loss in bits for each byte of the text, which compares different tokenizers.

        Args:
            num_bytes: Bytes of the scored tokens.

        Returns:
            Bits per byte.
        """
        return self.nats / log(2) / num_bytes


def sliding_window_loss(
    model: GPT,
    *documents: Sequence[int],
    stride: int | None = None,
    context: int | None = None,
) -> Iterator[TextLoss]:
    """Score every token after the first of each text, once.

    Args:
        model: The model.
        *documents: Token ids of a text, or of several that do not see each other.
        stride: By how many tokens the window moves; None: half the context.
        context: The most tokens that a token is scored after; None: the model's block size.

    Yields:
        The loss so far; the last one is of the whole text.

    Raises:
        ValueError: If a text has fewer than two tokens or one that the model does not have, or
            `stride` is larger than the context.

    Example:
        >>> *_, whole = sliding_window_loss(model, [1, 2, 3] * 30, stride=8)
        >>> whole.num_scored
        89
    """
    block_size = model.config.block_size
    context = block_size if context is None else as_int(context, "context", 1)
    if context > block_size:
        raise ValueError(f"context={context} is longer than the model's {block_size} tokens.")
    stride = max(1, context // 2) if stride is None else as_int(stride, "stride", 1)
    if stride > context:
        raise ValueError(
            f"stride={stride} is more than the context of {context} tokens, so tokens would be "
            f"left out. Set it to 1 to {context}; {max(1, context // 2)} is usual."
        )
    texts = [as_ids(ids, "A text", model.config.vocab_size) for ids in documents]
    for ids in texts:
        if len(ids) < 2:
            raise ValueError(
                f"A text has {len(ids)} token(s), and the first of a text is not scored: give at "
                f"least 2, such as the token between texts and one more."
            )
    return score(model, texts, stride, context)


def score(
    model: GPT, texts: Sequence[Sequence[int]], stride: int, context: int
) -> Iterator[TextLoss]:
    """The loss so far, after each batch of windows.

    Args:
        model: The model.
        texts: Token ids of each text.
        stride: By how many tokens the window moves.
        context: The most tokens that a token is scored after.

    Yields:
        The loss so far.
    """
    total = sum(len(ids) - 1 for ids in texts)
    scored, nats = 0, 0.0
    for batch in batches(texts, stride, context):
        for log_probs in target_log_probs(model, batch):
            scored, nats = scored + len(log_probs), nats - log_probs.sum().item()
        yield TextLoss(scored, total, nats)


def batches(texts: Sequence[Sequence[int]], stride: int, context: int) -> Iterator[list[Row]]:
    """The windows of all texts, as many at a time as `BATCH_TOKENS` allows."""
    batch: list[Row] = []
    longest = 0
    for ids in texts:
        for row in windows(ids, stride, context):
            longest = max(longest, len(row.ids))
            if batch and longest * (len(batch) + 1) > BATCH_TOKENS:
                yield batch
                batch, longest = [], len(row.ids)
            batch.append(row)
    if batch:
        yield batch


def windows(ids: Sequence[int], stride: int, context: int) -> Iterator[Row]:
    """The windows of one text; together they score every token after the first once.

    Args:
        ids: The text, at least 2 tokens.
        stride: By how many tokens the window moves.
        context: The most tokens that a token is scored after.

    Yields:
        Windows of at most context + 1 tokens.
    """
    end, last = 0, len(ids) - 1  # the index of the last token that is scored
    while end < last:
        before, end = end, min(end + (stride if end else context), last)
        yield Row(ids[max(0, end - context) : end + 1], end - before)
