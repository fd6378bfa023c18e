"""What sums-gpt of lesson 14 has understood of adding: sums that it never read.

At temperature 0, in the words of its documents: it continues "12+34=".
"""

from collections.abc import Iterator, Sequence
from random import Random

from course.experiments.tuning.sums_gpt import sums_gpt
from course.experiments.tuning.tiny_chat import complete, held_out, share
from gptcore.corpus import tiny_internet

COUNT = 300  # sums of three digits
Pair = tuple[int, int]


def two_digit_sums() -> list[Pair]:
    """Held-out sums of two-digit numbers in which no column is carried."""
    return [
        (a, b)
        for a, b in held_out(carrying=False)
        if min(a, b) >= 10 and a // 10 + b // 10 < 10  # carrying=False is about the units only
    ]


def unread_both_ways(pairs: Sequence[Pair]) -> list[Pair]:
    """Those of some held-out sums that were not read with their numbers swapped, either."""
    read = set(tiny_internet.train_sums())
    return [(a, b) for a, b in pairs if (b, a) not in read]


def three_digit_sums(seed: int = 1) -> list[Pair]:
    """Sums of three-digit numbers in which no column is carried."""
    rng = Random(seed)
    found: list[Pair] = []
    while len(found) < COUNT:
        a, b = (
            [rng.randint(1, 9), rng.randint(0, 9), rng.randint(0, 9)] for _ in ("first", "second")
        )
        if all(one + other < 10 for one, other in zip(a, b)):
            found.append((as_number(a), as_number(b)))
    return found


def as_number(digits: Sequence[int]) -> int:
    """The number with these digits."""
    return int("".join(map(str, digits)))


def answers(pairs: Sequence[Pair]) -> list[str | None]:
    """The likeliest continuation of each sum; None if it does not end."""
    model, tokenizer = sums_gpt()
    prompts = [[tokenizer.BOS, *tokenizer.encode(f"{a}+{b}=")] for a, b in pairs]
    return complete(model.eval(), tokenizer, prompts, tokenizer.BOS, temperature=0)


def right_share(pairs: Sequence[Pair]) -> float:
    """The share of sums that are right."""
    return share([text == str(a + b) for text, (a, b) in zip(answers(pairs), pairs)])


def understanding_report() -> Iterator[str]:
    """Right answers to sums without a carry, none of which was in a document."""
    two, three = two_digit_sums(), three_digit_sums()
    new = unread_both_ways(two)
    yield f"{len(two)} sums of two-digit numbers:      {right_share(two):.0%} right"
    yield f" {len(new)} of them, unread as b+a, too:    {right_share(new):.0%} right"
    yield f"{COUNT} sums of three-digit numbers:    {right_share(three):.0%} right"
    for (a, b), text in list(zip(three, answers(three)))[:3]:
        yield f"    {a}+{b}= -> {text if text is not None else 'no end'}"
