"""n_embd shared out among n_head: the check, and the advice when it does not divide.

Every model of the course, the command line and the controls say the same words, because they ask
here. Left out on purpose: head sizes that differ within one layer; no published GPT has them.
"""

from math import isqrt

from gptcore.checks import as_int


def check_heads(n_embd: int, n_head: int) -> int:
    """The head size, n_embd / n_head.

    Raises: ValueError with sizes that work, if n_head does not divide n_embd.
    Example: check_heads(768, 12) -> 64
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
        f"n_embd={n_embd} cannot be shared out among n_head={n_head} heads: {n_embd} / {n_head} "
        f"is not whole. "
        f"Keep n_embd and set n_head to {either(heads)}; "
        f"or keep n_head and set n_embd to {either(fast)}{also if others else ''}."
    )


def nearest_divisors(whole: int, near: int) -> list[int]:
    """The divisors of `whole` next to `near`, one on each side where there is one."""
    small = [d for d in range(1, isqrt(whole) + 1) if whole % d == 0]
    divisors = sorted({*small, *(whole // d for d in small)})
    below, above = [d for d in divisors if d < near], [d for d in divisors if d > near]
    return below[-1:] + above[:1]


def neighbours(size: int, step: int) -> list[int]:
    """The multiples of `step` on both sides of `size`, without 0."""
    below = size // step * step
    return [multiple for multiple in (below, below + step) if multiple > 0]


def either(numbers: list[int], word: str = "or") -> str:
    """8, 16 -> "8 or 16"."""
    return f" {word} ".join(map(str, numbers))
