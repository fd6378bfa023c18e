"""From logits to one token: the last step of every language model, big or small.

A table of bigram counts, microgpt and a GPT on a GPU all use this. Standard library only, so that
it also runs in a browser; arrays and tensors work because they have `tolist`.
Source: temperature, top-k and top-p as in Holtzman et al. 2020, arXiv 1904.09751; min-p as in
    Nguyen et al. 2024, arXiv 2407.01082.
"""

import sys
from bisect import bisect
from collections.abc import Iterable
from itertools import accumulate
from math import exp, inf, isnan
from typing import TYPE_CHECKING, Protocol

from gptcore.checks import as_int, as_number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from torch import Generator


class HasRandom(Protocol):
    """`random.Random`, or NumPy's `Generator`."""

    def random(self) -> float:
        """A number from 0 to below 1."""


def next_token(
    logits: "ArrayLike",
    temperature: float = 1.0,
    *,
    top_k: int | None = None,
    top_p: float = 1.0,
    min_p: float = 0.0,
    rng: "HasRandom | Generator",
) -> int:
    """Sample one token id from logits.

    Args:
        logits: Unnormalised scores, shape (V,).
        temperature: Divides the logits. Below 1 sharpens, above 1 flattens, 0 takes the largest
            and uses no randomness.
        top_k: Keeps only the k most probable tokens; None keeps all.
        top_p: Keeps the smallest set of tokens whose probabilities add up to this.
        min_p: Keeps tokens whose probability is at least this fraction of the largest.
        rng: Source of randomness: Python's, NumPy's or PyTorch's.

    Returns:
        A token id, 0 <= id < V.

    Raises:
        ValueError: If an option is out of range, or a logit is NaN or infinite.

    Example:
        >>> next_token([0.0, 9.0], temperature=0, rng=Random(1))
        1
    """
    probs = next_probabilities(logits, temperature, top_k=top_k, top_p=top_p, min_p=min_p)
    if temperature == 0:
        return probs.index(1.0)
    sums = list(accumulate(probs))  # as in random.choices: published samples depend on it
    return bisect(sums, uniform(rng) * sums[-1], 0, len(sums) - 1)


def uniform(rng: "HasRandom | Generator") -> float:
    """A random number from 0 to below 1.

    Args:
        rng: Python's, NumPy's or PyTorch's generator.

    Returns:
        The number.

    Raises:
        ValueError: If `rng` is none of them.
    """
    if hasattr(rng, "random"):
        return rng.random()
    torch = sys.modules.get("torch")  # a caller with a torch.Generator has imported torch
    if torch is not None and isinstance(rng, torch.Generator):
        # Trap: 32 bits never reach the rarest tokens, and Apple's GPUs have no 64-bit floats. Two
        # integers of 26 bits make one number of 52.
        high, low = torch.randint(2**26, (2,), generator=rng, device=rng.device).tolist()
        return float((high * 2**26 + low) / 2**52)
    raise ValueError(
        f"rng={rng!r:.40} must be a generator: random.Random(1), numpy.random.default_rng(1) or "
        f"torch.Generator()."
    )


def next_probabilities(
    logits: "ArrayLike",
    temperature: float = 1.0,
    *,
    top_k: int | None = None,
    top_p: float = 1.0,
    min_p: float = 0.0,
) -> list[float]:
    """The probabilities from which `next_token` samples.

    Args:
        logits: Unnormalised scores, shape (V,).
        temperature: Divides the logits; 0 gives the largest probability 1.
        top_k: Keeps only the k most probable tokens; None keeps all.
        top_p: Keeps the smallest set of tokens whose probabilities add up to this.
        min_p: Keeps tokens whose probability is at least this fraction of the largest.

    Returns:
        V probabilities that sum to 1; those of the other tokens are 0.

    Raises:
        ValueError: If an option is out of range, or a logit is NaN or infinite.

    Example:
        >>> next_probabilities([0.0, 0.0, 5.0], top_k=1)
        [0.0, 0.0, 1.0]
    """
    temperature, top_k, top_p, min_p = check_sampling_options(temperature, top_k, top_p, min_p)
    row = check_logits(logits)
    largest = max(row)
    if temperature == 0:
        best = row.index(largest)
        return [float(token == best) for token in range(len(row))]
    # exp(800) overflows; adding a number to all logits changes nothing
    weights = [exp((logit - largest) / temperature) for logit in row]
    total = sum(weights)
    probs = [weight / total for weight in weights]
    if top_k is None and top_p == 1.0 and min_p == 0.0:
        return probs
    kept = filter_tokens(probs, top_k or len(probs), top_p, min_p)
    total = sum(probs[token] for token in kept)
    return [p / total if token in kept else 0.0 for token, p in enumerate(probs)]


def filter_tokens(probs: list[float], top_k: int, top_p: float, min_p: float) -> set[int]:
    """The token ids that top-k, top-p and min-p keep: a prefix of the tokens by probability."""
    ranked = sorted(range(len(probs)), key=lambda token: -probs[token])
    threshold, cumulative = min_p * probs[ranked[0]], 0.0
    kept: set[int] = set()
    for token in ranked[:top_k]:
        if kept and (cumulative >= top_p or probs[token] < threshold):
            break
        kept.add(token)
        cumulative += probs[token]
    return kept


def check_logits(logits: "ArrayLike") -> list[float]:
    """Check one row of logits.

    Args:
        logits: A list, an array or a tensor, shape (V,).

    Returns:
        V Python floats.

    Raises:
        ValueError: If it is not one row of numbers, or has a NaN or an infinity.
    """
    row: object = logits.tolist() if hasattr(logits, "tolist") else logits
    try:
        if not isinstance(row, Iterable) or isinstance(row, (str, bytes)):
            raise ValueError
        row = list(row)
        if not all(type(x) is float for x in row):
            row = [as_number(x, "logit") for x in row]
    except ValueError:
        shape = f" of shape {tuple(logits.shape)}" if hasattr(logits, "shape") else ""
        raise ValueError(
            f"logits must be numbers, one for each token; got a {type(logits).__name__}{shape}. "
            f"Take one row of numbers, such as logits[-1]."
        ) from None
    if not row:
        raise ValueError("logits must be numbers, one for each token; got none.")
    if any(isnan(x) or x == inf for x in row) or max(row) == -inf:
        nonfinite = next((x for x in row if isnan(x) or x == inf), -inf)
        raise ValueError(
            f"logits must be numbers, one for each token, and at least one of them finite; got "
            f"{nonfinite}. A NaN or an infinity usually means that training diverged: look at the "
            f"loss."
        )
    return row


def check_sampling_options(
    temperature: float, top_k: int | None, top_p: float, min_p: float
) -> tuple[float, int | None, float, float]:
    """Check the options of `next_token`.

    Args:
        temperature: 0 or above.
        top_k: 1 or above, or None.
        top_p: Above 0, at most 1.
        min_p: From 0 to 1.

    Returns:
        The options as Python numbers.

    Raises:
        ValueError: If one of them is out of range.
    """
    temperature = as_number(temperature, "temperature")
    top_p, min_p = as_number(top_p, "top_p"), as_number(min_p, "min_p")
    if not 0 <= temperature < inf:
        raise ValueError(
            f"temperature={temperature} must be 0 (always the most probable token) or above; 0.5 "
            f"is careful, 1 is as learned."
        )
    if top_k is not None:
        top_k = as_int(top_k, "top_k")
        if top_k < 1:
            raise ValueError(f"top_k={top_k} would leave no token. Use 1 or more, or None for all.")
    if not 0 < top_p <= 1:
        raise ValueError(f"top_p={top_p} must be above 0 and at most 1 (1 keeps all tokens).")
    if not 0 <= min_p <= 1:
        raise ValueError(
            f"min_p={min_p} must be from 0 (keeps all tokens) to 1 (keeps the most probable one)."
        )
    return temperature, top_k, top_p, min_p
