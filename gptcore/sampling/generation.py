"""One token after another, from any function that returns logits, such as microgpt or a GPT.

`cached_generation.py` is the fast way for a GPT.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from operator import index
from random import Random
from typing import TYPE_CHECKING

from gptcore.checks import as_ids, as_int, is_int
from gptcore.next_token import HasRandom, check_sampling_options, next_token

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from torch import Generator


def generate(
    next_logits: "Callable[[list[int]], ArrayLike]",
    ids: Sequence[int],
    n: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    min_p: float = 0.0,
    rng: "HasRandom | Generator | None" = None,
    seed: int = 42,
    stop: int | Collection[int] | None = (),
) -> Iterator[int]:
    """Yield up to `n` token ids that continue `ids`.

    Args:
        next_logits: Maps all ids so far to logits for the next token, shape (V,).
        ids: The prompt, at least one token id.
        n: The most tokens to generate.
        temperature: Divides the logits; 0 takes the largest.
        top_k: Keeps only the k most probable tokens; None keeps all.
        top_p: Keeps the smallest set of tokens whose probabilities add up to this.
        min_p: Keeps tokens whose probability is at least this fraction of the largest.
        rng: Source of randomness: Python's, NumPy's or PyTorch's; None is `Random(seed)`.
        seed: Used if there is no `rng`.
        stop: Token ids that end the text; they are not yielded.

    Yields:
        Token ids.

    Raises:
        ValueError: If the prompt is empty, an option is out of range, or a logit is NaN.

    Example:
        >>> len(list(generate(model.next_logits, [26], 5, temperature=0)))
        5
    """
    check_sampling_options(temperature, top_k, top_p, min_p)
    n, text, stop_ids = check_count(n), check_prompt(ids), check_stop(stop)
    source = Random(as_int(seed, "seed")) if rng is None else rng

    def tokens() -> Iterator[int]:
        for _ in range(n):
            logits = next_logits(list(text))
            token = next_token(
                logits, temperature, top_k=top_k, top_p=top_p, min_p=min_p, rng=source
            )
            if token in stop_ids:
                return
            text.append(token)
            yield token

    return tokens()  # not a generator itself: wrong arguments raise before the first token


def check_count(n: int) -> int:
    """The number of tokens to generate; ValueError unless it is an integer, 0 or more."""
    return as_int(n, "n", 0, "it is the number of tokens to make")


def check_stop(stop: int | Collection[int] | None) -> frozenset[int]:
    """The token ids that end a text; ValueError for anything but ids."""
    if stop is None:
        return frozenset()
    if is_int(stop):
        return frozenset([index(stop)])  # type: ignore[arg-type] # is_int has checked it
    ids = list(stop) if isinstance(stop, (set, frozenset)) else stop
    return frozenset(as_ids(ids, "stop is one token id, or"))


def check_prompt(ids: object) -> list[int]:
    """A copy of the prompt as a list; ValueError if it is empty or not a row of ids."""
    row = as_ids(ids, "A prompt")
    if not row:
        raise ValueError(
            "The prompt is empty, and a model needs at least one token. For a text without a "
            "prompt, give the token that begins or ends a text (BOS, end_of_text)."
        )
    return row
