"""A shuffle that is computed, not stored: where one of ten billion things goes, asked alone.

It depends on nothing but its seed: not on the version of a library, nor on the machine.
"""

import hashlib

import numpy as np


def permute_index(indices: np.ndarray, count: int, seed: str) -> np.ndarray:
    """Where each of `places` goes when 0 to count - 1 are shuffled; no two go to the same place.

    A number is cut into two halves. Each round changes one half by a hash of the other, which can
    be undone, so it never maps two numbers onto one. What leaves the range goes round again.
    Shapes: places (n,) -> (n,), uint64.
    Source: Luby and Rackoff 1988, "How to construct pseudorandom permutations"; Black and Rogaway
        2002, "Ciphers with arbitrary finite domains", for going round again.
    """
    bits = np.uint64(max(3, (count.bit_length() + 1) // 2))  # of a half
    low = np.uint64((1 << int(bits)) - 1)
    keys = np.frombuffer(hashlib.blake2b(seed.encode()).digest(), "<u8")  # 8 rounds

    def feistel(numbers: np.ndarray) -> np.ndarray:
        left, right = numbers >> bits, numbers & low
        for key in keys:
            left, right = right, left ^ (splitmix64(right ^ key) & low)
        return (left << bits) | right

    found = feistel(indices)
    while (outside := found >= count).any():
        found[outside] = feistel(found[outside])
    return found


def splitmix64(numbers: np.ndarray) -> np.ndarray:
    """A hash of each number: one changed bit changes half of the answer's.

    Source: the last step of splitmix64, Steele, Lea and Flood 2014.
    """
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
