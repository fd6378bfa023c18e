"""Temperature, top-k and top-p for arrays: the same rules as `gptcore.next_token`, held by a test.

Source: Holtzman et al. 2020, arXiv 1904.09751.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viz.canvas.tensors import softmax, to_array

Array = NDArray[np.float64]


def to_logits(given: ArrayLike) -> Array:
    """The logits (V,) as an array.

    Raises:
        ValueError: If they are not one row, one is NaN or +inf, or none is finite.
    """
    logits = to_array(given)
    if logits.ndim != 1 or not logits.size:
        raise ValueError(
            f"next_logits must return one row of numbers, one for each token; got shape "
            f"{logits.shape}. Pick the last position, such as logits[0, -1]."
        )
    not_finite = logits[np.isnan(logits) | (logits == np.inf)]
    if not_finite.size or logits.max() == -np.inf:
        found = not_finite[0] if not_finite.size else -np.inf
        raise ValueError(
            f"logits must be numbers, at least one of them finite; got {found}. A NaN "
            f"or an infinity usually means that training diverged: look at the loss."
        )
    return logits


def filter_probabilities(
    logits: Array, temperature: float, top_k: int | None = None, top_p: float = 1.0
) -> Array:
    """Probabilities (V,) after temperature, top-k and top-p; 0 for tokens that are filtered out."""
    if temperature == 0:
        probs = np.zeros(len(logits))
        probs[logits.argmax()] = 1.0
        return probs
    probs = softmax(logits / temperature)
    ranked = np.argsort(-probs, kind="stable")[:top_k]
    if top_p < 1:
        mass_before = np.cumsum(probs[ranked]) - probs[ranked]  # of the more likely tokens
        ranked = ranked[mass_before < top_p]
    kept = np.zeros(len(probs))
    kept[ranked] = probs[ranked]
    kept /= kept.sum()
    return kept


def sample_index(probs: Array, u: float) -> int:
    """The index at which the cumulative probability passes `u`, a uniform number in [0, 1)."""
    cumulative = np.cumsum(probs)
    return min(int(np.searchsorted(cumulative, u * cumulative[-1], side="right")), len(probs) - 1)
