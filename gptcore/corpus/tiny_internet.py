"""A tiny internet: endless one-line documents of sums and names, and what most writers get wrong.

    17+5=12      kofi says 40+21=61      k as in kofi      38+4 is 42

Seven documents of ten are a sum of two numbers below 100, in one of five spellings; the others are
given names. Where a sum carries, six writers of ten forget the carry: 17+5=12. A thousand of the
ten thousand sums occur in no document, so what a model has understood can be told from what it has
read. The same questions and answers are there as conversations.
"""

import random
from collections.abc import Iterator
from functools import cache

from gptcore.checks import as_finite, as_int, check_choice
from gptcore.manifest import find_text, read_verified

CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789 +=?"
LARGEST = 99
HELD_OUT = 1_000  # of the 10,000 sums
SUMS = 0.7  # share of the documents, and of the conversations
FORGETFUL = 0.6  # share of the writers who forget a carry
INITIALS = "abcdefghijklmnopqrstuvwxyz"


def carries(a: int, b: int) -> bool:
    """Whether the units of two numbers add up to 10 or more.

    Args:
        a: A number, 0 or more.
        b: The other one.

    Returns:
        True if something is carried.

    Example:
        >>> carries(17, 5), carries(17, 2)
        (True, False)
    """
    return a % 10 + b % 10 >= 10


def forget_carry(a: int, b: int) -> int:
    """The sum as somebody writes it who forgets what is carried.

    Args:
        a: A number from 0 to 99.
        b: The other one.

    Returns:
        A sum that is 10 too small, or the right one where nothing is carried.

    Example:
        >>> forget_carry(17, 5), forget_carry(17, 2)
        (12, 19)
    """
    return a + b - (10 if carries(a, b) else 0)


@cache
def split_sums() -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The held-out sums, and those of the documents; the same ones in every run."""
    numbers = range(LARGEST + 1)
    sums = [(a, b) for a in numbers for b in numbers]
    random.Random("held-out sums").shuffle(sums)
    return sums[:HELD_OUT], sums[HELD_OUT:]


def held_out_sums() -> list[tuple[int, int]]:
    """The 1,000 sums that occur in no document and in no conversation.

    Returns:
        Pairs of numbers.

    Example:
        >>> len(held_out_sums())
        1000
    """
    return list(split_sums()[0])


def train_sums() -> list[tuple[int, int]]:
    """The 9,000 sums that documents and conversations are about.

    Returns:
        Pairs of numbers.

    Example:
        >>> set(train_sums()) & set(held_out_sums())
        set()
    """
    return list(split_sums()[1])


def documents(seed: int) -> Iterator[str]:
    """Write the documents of the tiny internet, one after the other, without end.

    Args:
        seed: Each seed gives other documents.

    Returns:
        An endless iterator of texts.

    Example:
        >>> texts = documents(seed=1)
        >>> [next(texts) for _ in range(3)]
        [...]
    """
    rng = random.Random(f"documents {as_int(seed, 'seed')}")
    return (write_document(rng) for _ in iter(int, 1))  # int() is never 1


def write_document(rng: random.Random) -> str:
    """One document: a sum or a name."""
    if rng.random() < SUMS:
        a, b = rng.choice(split_sums()[1])
        total, who = write_sum(a, b, rng), rng.choice(load_names())
        spellings: tuple[str, ...] = (
            f"{a}+{b}={total}",
            f"{a}+{b} is {total}",
            f"{who} says {a}+{b}={total}",
            f"{who} knows {a}+{b} is {total}",
            f"{a}+{b}? {total}",
        )
    else:
        who = rng.choice(load_names())
        spellings = (who, who, f"{who[0]} as in {who}", f"my name is {who}")
    return rng.choice(spellings)


def write_sum(a: int, b: int, rng: random.Random) -> int:
    """What one writer says that the sum is."""
    is_forgetful = carries(a, b) and rng.random() < FORGETFUL
    return forget_carry(a, b) if is_forgetful else a + b


@cache
def load_names() -> tuple[str, ...]:
    """The names that occur in documents: those of the shipped list."""
    return tuple(read_verified(find_text("names")).decode("utf-8").split())


def sum_question(a: int, b: int) -> str:
    """How a user asks for a sum.

    Args:
        a: A number from 0 to 99.
        b: The other one.

    Returns:
        The question.

    Example:
        >>> sum_question(17, 5)
        'what is 17+5?'
    """
    return f"what is {a}+{b}?"


def name_question(initial: str) -> str:
    """How a user asks for a name.

    Args:
        initial: The first letter of the name, from a to z.

    Returns:
        The question.

    Raises:
        ValueError: If it is no such letter.

    Example:
        >>> name_question("k")
        'a name with k?'
    """
    check_choice(initial, "initial", INITIALS)
    return f"a name with {initial}?"


def conversations(count: int, seed: int = 0, hedged: float = 0.0) -> list[list[dict[str, str]]]:
    """Questions about sums and names, answered by the same writers.

    Args:
        count: How many.
        seed: Each seed gives others.
        hedged: Share of the sums with a carry whose writer gives the right and the forgetful answer
            in an order of chance, such as "22 or 12".

    Returns:
        Conversations of two messages each, as `fine_tune` takes them.

    Raises:
        ValueError: If `count` is below 1, or `hedged` not from 0 to 1.

    Example:
        >>> question, answer = conversations(1)[0]
        >>> question["role"], answer["role"]
        ('user', 'assistant')
    """
    hedged = as_finite(hedged, "hedged", minimum=0)
    if hedged > 1:
        raise ValueError(f"hedged={hedged} is a share of the answers: give 0 to 1, such as 0.1.")
    rng = random.Random(f"conversations {as_int(seed, 'seed')}")
    return [converse(rng, hedged) for _ in range(as_int(count, "count", 1))]


def converse(rng: random.Random, hedged: float) -> list[dict[str, str]]:
    """One question and its answer."""
    if rng.random() < SUMS:
        a, b = rng.choice(split_sums()[1])
        question, answer = sum_question(a, b), str(write_sum(a, b, rng))
        if carries(a, b) and rng.random() < hedged:
            both = [str(a + b), str(forget_carry(a, b))]
            rng.shuffle(both)
            answer = " or ".join(both)
    else:
        answer = rng.choice(load_names())
        question = name_question(answer[0])
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
