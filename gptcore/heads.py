"""Checks of attention heads: their size n_embd / n_head, and pairs (layer, head)."""

from collections.abc import Collection
from math import isqrt

from gptcore.checks import as_int, is_int


def check_heads(n_embd: int, n_head: int) -> int:
    """The head size, n_embd / n_head.

    Args:
        n_embd: Width of the model.
        n_head: Number of attention heads.

    Returns:
        The head size D.

    Raises:
        ValueError: If n_head does not divide n_embd; the error names sizes that work.
    """
    n_embd, n_head = as_int(n_embd, "n_embd", 1), as_int(n_head, "n_head", 1)
    if n_embd % n_head == 0:
        return n_embd // n_head
    heads = nearest_divisors(n_embd, n_head)
    fast = neighbours(n_embd, 8 * n_head)  # GPU kernels like head sizes that are multiples of 8
    others = [width for width in neighbours(n_embd, n_head) if width not in fast]
    also = (
        f" ({either(others, 'and')} divide{'s' * (len(others) == 1)} too, but GPUs like head "
        f"sizes that are multiples of 8)"
    )
    raise ValueError(
        f"n_embd={n_embd} is not divisible by n_head={n_head}. "
        f"Keep n_embd and set n_head to {either(heads)}; "
        f"or keep n_head and set n_embd to {either(fast)}{also if others else ''}."
    )


def check_ablated_heads(
    ablated_heads: Collection[tuple[int, int]], n_layer: int, n_head: int
) -> None:
    """Check pairs (layer, head): ablating a head that does not exist would change nothing.

    Args:
        ablated_heads: The pairs, counted from 0.
        n_layer: Number of layers.
        n_head: Number of heads per layer.

    Raises:
        ValueError: For what is not a pair, or not a head of the model.
    """
    for pair in ablated_heads:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not all(map(is_int, pair)):
            raise ValueError(
                f"ablated_heads has {pair!r:.40}; give pairs of (layer, head): [(0, 1)]."
            )
        layer, head = pair
        if not (0 <= layer < n_layer and 0 <= head < n_head):
            raise ValueError(
                f"ablated_heads has (layer, head) = ({layer}, {head}); there are layers 0 to "
                f"{n_layer - 1} and heads 0 to {n_head - 1}."
            )


def nearest_divisors(integer: int, near: int) -> list[int]:
    """The nearest divisors of `integer` below and above `near`, where they exist."""
    fitting = divisors(integer)
    below, above = [d for d in fitting if d < near], [d for d in fitting if d > near]
    return below[-1:] + above[:1]


def divisors(integer: int) -> list[int]:
    """All divisors of a positive integer, in ascending order."""
    small = [d for d in range(1, isqrt(integer) + 1) if integer % d == 0]
    return sorted({*small, *(integer // d for d in small)})


def neighbours(size: int, step: int) -> list[int]:
    """The multiples of `step` on both sides of `size`, without 0.

    Args:
        size: A positive integer.
        step: A positive integer.

    Returns:
        One or two multiples; the first is not above `size`.
    """
    below = size // step * step
    return [multiple for multiple in (below, below + step) if multiple > 0]


def either(numbers: list[int], word: str = "or") -> str:
    """Join numbers: 8, 16 -> "8 or 16"; 1, 8, 16 -> "1, 8 or 16"."""
    *first, last = map(str, numbers)
    return f"{', '.join(first)} {word} {last}" if first else last
