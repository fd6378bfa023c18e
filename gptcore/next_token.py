"""From logits to one token: the last step of every language model, big or small.

A table of pair counts, microgpt and a GPT on a GPU all end here. Standard library only, so that
it also runs in a browser; arrays and tensors are welcome because they can turn themselves into a
list. Left out on purpose: batches. One row of logits, one token.
Source: temperature, top-k and top-p as in Holtzman et al. 2020, arXiv 1904.09751; min-p as in
    Nguyen et al. 2024, arXiv 2407.01082.
"""

import sys
from bisect import bisect
from itertools import accumulate
from math import exp, inf, isnan

from gptcore.checks import as_int, as_number


def next_token(
    logits,
    temperature: float = 1.0,
    *,
    top_k: int | None = None,
    top_p: float = 1.0,
    min_p: float = 0.0,
    rng,
) -> int:
    """Draw one token, the likelier the larger its logit.

    Shapes:  logits (V,), a list, an array or a tensor.
    Units:   temperature has none; below 1 sharpens, above 1 flattens, 0 takes the largest (and
        draws nothing).
    Raises:  ValueError for a negative temperature and for limits that would leave no token.
    Example: next_token([0.0, 9.0], temperature=0, rng=Random(1)) -> 1
    """
    probs = next_probabilities(logits, temperature, top_k=top_k, top_p=top_p, min_p=min_p)
    if temperature == 0:
        return probs.index(1.0)
    sums = list(accumulate(probs))  # as in random.choices: published samples depend on it
    return bisect(sums, uniform(rng) * sums[-1], 0, len(sums) - 1)


def uniform(rng) -> float:
    """A number from 0 to 1 from Python's, NumPy's or PyTorch's generator.

    Raises: ValueError for something that is none of them.
    """
    if hasattr(rng, "random"):
        return rng.random()
    torch = sys.modules.get("torch")  # whoever has its generator has loaded it
    if torch is not None and isinstance(rng, torch.Generator):
        # Trap: 32 bits never reach the rarest tokens, and Apple's GPUs have no 64-bit floats. Two
        # integers of 26 bits make one number of 52.
        high, low = torch.randint(2**26, (2,), generator=rng, device=rng.device).tolist()
        return (high * 2**26 + low) / 2**52
    raise ValueError(
        f"rng={rng!r:.40} must be a generator: random.Random(1), numpy.random.default_rng(1) or "
        f"torch.Generator()."
    )


def next_probabilities(
    logits,
    temperature: float = 1.0,
    *,
    top_k: int | None = None,
    top_p: float = 1.0,
    min_p: float = 0.0,
) -> list[float]:
    """What `next_token` draws from: a share for each token, 0 for those that are cut off.

    Shapes: logits (V,) -> (V,), they sum to 1.
    Example: next_probabilities([0.0, 0.0, 5.0], top_k=1) -> [0.0, 0.0, 1.0]
    """
    temperature, top_k, top_p, min_p = check_options(temperature, top_k, top_p, min_p)
    logits = check_logits(logits)
    if temperature == 0:
        largest = logits.index(max(logits))
        return [float(token == largest) for token in range(len(logits))]
    largest = max(logits)  # exp(800) overflows; moving all logits together changes nothing
    weights = [exp((logit - largest) / temperature) for logit in logits]
    total = sum(weights)
    probs = [weight / total for weight in weights]
    if top_k is None and top_p == 1.0 and min_p == 0.0:
        return probs
    kept = likeliest(probs, top_k or len(probs), top_p, min_p)
    total = sum(probs[token] for token in kept)
    return [p / total if token in kept else 0.0 for token, p in enumerate(probs)]


def likeliest(probs: list[float], top_k: int, top_p: float, min_p: float) -> set[int]:
    """The tokens that stay: at most top_k; as few as reach top_p; none far below the best."""
    ranked = sorted(range(len(probs)), key=lambda token: -probs[token])
    floor, reached = min_p * probs[ranked[0]], 0.0
    kept: set[int] = set()
    for token in ranked[:top_k]:
        if kept and (reached >= top_p or probs[token] < floor):
            break
        kept.add(token)
        reached += probs[token]
    return kept


def check_logits(logits) -> list[float]:
    """The logits as floats.

    Raises: ValueError for what is not one row of numbers, and for NaN and infinities.
    """
    row = logits.tolist() if hasattr(logits, "tolist") else logits
    row = list(row) if hasattr(row, "__iter__") and not isinstance(row, (str, bytes)) else row
    try:
        if not isinstance(row, list):
            raise ValueError
        if not all(type(x) is float for x in row):
            row = [as_number(x, "logit") for x in row]
    except ValueError:
        shape = f" of shape {tuple(logits.shape)}" if hasattr(logits, "shape") else ""
        raise ValueError(
            f"logits must be numbers, one for each token; got a {type(logits).__name__}{shape}. "
            f"Pick one row of plain numbers, such as logits[-1]."
        ) from None
    if not row:
        raise ValueError("logits must be numbers, one for each token; got none.")
    if any(isnan(x) or x == inf for x in row) or max(row) == -inf:
        odd = next((x for x in row if isnan(x) or x == inf), -inf)
        raise ValueError(
            f"logits must be numbers, one for each token, and at least one of them finite; got "
            f"{odd}. A NaN or an infinity usually means that training diverged: look at the loss."
        )
    return row


def check_options(
    temperature: float, top_k: int | None, top_p: float, min_p: float
) -> tuple[float, int | None, float, float]:
    """The options as Python's numbers. Raises: ValueError for one that is out of range."""
    temperature = as_number(temperature, "temperature")
    top_p, min_p = as_number(top_p, "top_p"), as_number(min_p, "min_p")
    if not 0 <= temperature < inf:
        raise ValueError(
            f"temperature={temperature} must be 0 (always the likeliest) or above; 0.5 is "
            f"careful, 1 is as learned."
        )
    if top_k is not None:
        top_k = as_int(top_k, "top_k")
        if top_k < 1:
            raise ValueError(f"top_k={top_k} would leave no token. Use 1 or more, or None for all.")
    if not 0 < top_p <= 1:
        raise ValueError(f"top_p={top_p} must be above 0 and at most 1 (1 keeps all tokens).")
    if not 0 <= min_p <= 1:
        raise ValueError(
            f"min_p={min_p} must be from 0 (keeps all tokens) to 1 (keeps the likeliest)."
        )
    return temperature, top_k, top_p, min_p
