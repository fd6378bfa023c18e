"""The head size n_embd / n_head: the check, and the advice when n_head does not divide n_embd."""

from math import isqrt

from gptcore.checks import as_int


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


def nearest_divisors(integer: int, near: int) -> list[int]:
    """The nearest divisors of `integer` below and above `near`, where they exist."""
    small = [d for d in range(1, isqrt(integer) + 1) if integer % d == 0]
    divisors = sorted({*small, *(integer // d for d in small)})
    below, above = [d for d in divisors if d < near], [d for d in divisors if d > near]
    return below[-1:] + above[:1]


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
    """Join numbers: 8, 16 -> "8 or 16"."""
    return f" {word} ".join(map(str, numbers))
