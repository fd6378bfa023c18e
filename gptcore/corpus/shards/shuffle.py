"""A shuffle that is computed, not stored: where one of ten billion items goes, on its own.

It depends only on its seed, not on the version of a library or on the machine.
"""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

Uint64s = NDArray[np.uint64]


def permute_index(indices: Uint64s, count: int, seed: str) -> Uint64s:
    """Where indices go when 0 to count - 1 are shuffled; no two go to the same place.

    A Feistel network: a number is cut into two halves, and each round changes one half by a hash
    of the other, which can be undone. So no two numbers are mapped onto one. Results outside the
    range go through the network again (cycle walking).

    Args:
        indices: Numbers below `count`, shape (n,).
        count: How many items are shuffled.
        seed: Another seed is another shuffle.

    Returns:
        The new indices, shape (n,).

    Source: Luby and Rackoff 1988, "How to construct pseudorandom permutations"; Black and Rogaway
        2002, "Ciphers with arbitrary finite domains", for cycle walking.
    """
    bits = np.uint64(max(3, (count.bit_length() + 1) // 2))  # of a half
    low = np.uint64((1 << int(bits)) - 1)
    keys: NDArray[Any] = np.frombuffer(hashlib.blake2b(seed.encode()).digest(), "<u8")  # 8 rounds

    def feistel(numbers: Uint64s) -> Uint64s:
        left, right = numbers >> bits, numbers & low
        for key in keys:
            left, right = right, left ^ (splitmix64(right ^ key) & low)
        return (left << bits) | right

    found = feistel(indices)
    while (outside := found >= count).any():
        found[outside] = feistel(found[outside])
    return found


def splitmix64(numbers: Uint64s) -> Uint64s:
    """A hash of each number: one changed bit changes half of the bits of the result.

    Source: the last step of splitmix64, Steele, Lea and Flood 2014.
    """
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
