"""What temperature, top-k and top-p make of a model's scores for the next token.

The same rules as in `gptcore.next_token`, for arrays: a test holds both together.
Source: Holtzman et al. 2020, arXiv 1904.09751.
"""

import numpy as np

from viz.canvas.tensors import softmax, to_array


def to_logits(given) -> np.ndarray:
    """One row of scores, from any array or tensor.

    Raises: ValueError if it is not one row, if there is a NaN, or if nothing in it is finite.
    """
    logits = to_array(given)
    if logits.ndim != 1 or not logits.size:
        raise ValueError(
            f"next_logits must answer with one row of numbers, one for each token; got shape "
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
    logits: np.ndarray, temperature: float, top_k: int | None = None, top_p: float = 1.0
) -> np.ndarray:
    """The share of each token in the draw, 0 for those that are cut off.

    Shapes: (V,) -> (V,).
    Units:  temperature 0 takes the largest.
    """
    if temperature == 0:
        probs = np.zeros(len(logits))
        probs[logits.argmax()] = 1.0
        return probs
    probs = softmax(logits / temperature)
    ranked = np.argsort(-probs, kind="stable")[:top_k]
    if top_p < 1:
        mass_before = (
            np.cumsum(probs[ranked]) - probs[ranked]
        )  # what the likelier ones have together
        ranked = ranked[mass_before < top_p]
    kept = np.zeros(len(probs))
    kept[ranked] = probs[ranked]
    return kept / kept.sum()


def sample_index(probs: np.ndarray, u: float) -> int:
    """The token on which `u`, a number from 0 to 1, falls."""
    sums = np.cumsum(probs)
    return min(int(np.searchsorted(sums, u * sums[-1], side="right")), len(probs) - 1)
