"""One token after the other, from anything that answers with logits.

A table of pair counts will do for a model, and so will microgpt or a GPT. `cached.py` is the fast
way for a GPT. Left out on purpose: tokenizers; ids in, ids out.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from random import Random

from gptcore.next_token import check, next_token


def generate(
    next_logits: Callable[[list[int]], object],
    ids: Sequence[int],
    n: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    min_p: float = 0.0,
    rng=None,
    seed: int = 42,
    stop: int | Collection[int] = (),
) -> Iterator[int]:
    """Yield up to `n` more tokens after `ids`; a token of `stop` ends it, and is not yielded.

    Chance comes from `rng` (Python's, NumPy's or PyTorch's), or from `seed`.
    Shapes:  next_logits(ids) answers with one number for each token that exists, (V,).
    Raises:  ValueError for an empty prompt, for limits that would leave no token, for NaN.
    Example: list(generate(model.next_logits, [26], 5, temperature=0))
    """
    check([0.0], temperature, top_k, top_p, min_p)
    check_amount(n)
    ids, last = check_prompt(ids), check_stop(stop)
    rng = Random(seed) if rng is None else rng

    def tokens() -> Iterator[int]:
        for _ in range(n):
            logits = next_logits(list(ids))
            token = next_token(logits, temperature, top_k=top_k, top_p=top_p, min_p=min_p, rng=rng)
            if token in last:
                return
            ids.append(token)
            yield token

    return tokens()  # what can be typed wrong was refused before the first token is asked for


def check_amount(n: int) -> None:
    """Raises: ValueError for a number of tokens that cannot be made."""
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise ValueError(f"n={n!r} must be a whole number, 0 or more: how many tokens to make.")


def check_stop(stop: int | Collection[int]) -> frozenset[int]:
    """One token or several that end a text."""
    return frozenset([stop] if isinstance(stop, int) else stop)


def check_prompt(ids) -> list[int]:
    """A copy of the prompt as a list. Raises: ValueError for none, or for what is no row of ids."""
    row = ids.tolist() if hasattr(ids, "tolist") else ids
    if isinstance(row, str) or not isinstance(row, Sequence):
        raise ValueError(f"A prompt is a list of token ids, such as [15496, 995]; got {row!r:.60}.")
    if not len(row):
        raise ValueError(
            "The prompt is empty, and a model goes on from what it is given. Begin with one token "
            "at least; the one that ends or begins a text (end_of_text, BOS) asks for any text."
        )
    odd = [token for token in row if isinstance(token, bool) or not isinstance(token, int)]
    if odd:
        raise ValueError(
            f"A prompt is a list of token ids, such as [15496, 995]; got {odd[0]!r:.60} in it."
        )
    return list(row)
