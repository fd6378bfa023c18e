"""One token after the other, from anything that answers with logits.

A table of pair counts will do for a model, and so will microgpt or a GPT. `cached.py` is the fast
way for a GPT. Left out on purpose: tokenizers; ids in, ids out.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from operator import index
from random import Random

from gptcore.checks import as_ids, as_int, is_int
from gptcore.next_token import check_options, next_token


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
    stop: int | Collection[int] | None = (),
) -> Iterator[int]:
    """Yield up to `n` more tokens after `ids`; a token of `stop` ends it, and is not yielded.

    Chance comes from `rng` (Python's, NumPy's or PyTorch's), or from `seed`.
    Shapes:  next_logits(ids) answers with one number for each token that exists, (V,).
    Raises:  ValueError for an empty prompt, for limits that would leave no token, for NaN.
    Example: list(generate(model.next_logits, [26], 5, temperature=0))
    """
    check_options(temperature, top_k, top_p, min_p)
    n, ids, last = check_amount(n), check_prompt(ids), check_stop(stop)
    rng = Random(as_int(seed, "seed")) if rng is None else rng

    def tokens() -> Iterator[int]:
        for _ in range(n):
            logits = next_logits(list(ids))
            token = next_token(logits, temperature, top_k=top_k, top_p=top_p, min_p=min_p, rng=rng)
            if token in last:
                return
            ids.append(token)
            yield token

    return tokens()  # what can be typed wrong was refused before the first token is asked for


def check_amount(n: int) -> int:
    """The number of tokens to make. Raises: ValueError for one that cannot be made."""
    return as_int(n, "n", 0, "it is the number of tokens to make")


def check_stop(stop: int | Collection[int] | None) -> frozenset[int]:
    """One token or several that end a text. Raises: ValueError for what is not a token id."""
    if stop is None:
        return frozenset()
    if is_int(stop):
        return frozenset([index(stop)])  # type: ignore[arg-type]
    given = list(stop) if isinstance(stop, (set, frozenset)) else stop
    return frozenset(as_ids(given, "stop is one token id, or"))


def check_prompt(ids) -> list[int]:
    """A copy of the prompt as a list. Raises: ValueError for none, or for what is no row of ids."""
    row = as_ids(ids, "A prompt")
    if not row:
        raise ValueError(
            "The prompt is empty, and a model goes on from what it is given. Begin with one token "
            "at least; the one that ends or begins a text (end_of_text, BOS) asks for any text."
        )
    return row
