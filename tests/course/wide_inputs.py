"""Inputs for the exercises that no check uses: drawn by chance, and many more.

`WIDE[name]` is a list of calls of a function; what they come to says what the function computes.
Left out on purpose: inputs that an exercise does not promise, such as an empty row of counts.
"""

from collections.abc import Callable
from contextlib import suppress
from math import sin
from random import Random

import torch

from course.exercises.numbers import plain
from gptcore.scalar import Value
from gptcore.scalar.ngram import NgramTable

rng = Random(2026)
Call = Callable[[Callable], object]
LETTERS = "abc"


def of(make: Callable[[], tuple], times: int = 12) -> list[Call]:
    """Plain calls with arguments that `make` draws, fresh ones for each function."""
    drawn = [repr(make()) for _ in range(times)]
    return [lambda f, arguments=arguments: f(*eval(arguments)) for arguments in drawn]


def word(least: int = 1, most: int = 4) -> str:
    return "".join(rng.choices(LETTERS, k=rng.randint(least, most)))


def words(least: int, most: int, longest: int = 4) -> list[str]:
    return [word(1, longest) for _ in range(rng.randint(least, most))]


def numbers(length: int, size: float = 2.0) -> list[float]:
    return [rng.uniform(-size, size) for _ in range(length)]


def table() -> dict:
    return {row: {then: rng.randint(1, 9) for then in [*LETTERS, "end"]} for row in LETTERS}


def a_query() -> tuple:
    size = rng.randint(1, 6)
    return numbers(size), [numbers(size) for _ in range(rng.randint(2, 5))]


def a_square() -> tuple:
    size = rng.randint(1, 5)
    return ([numbers(size, 4) for _ in range(size)],)


IDS = (0, 1, 2, 1, 2, 3, 11, 22)


def a_join() -> Call:
    """With the kind of list that comes out, and what has become of the one that went in."""
    ids, pair = rng.choices(IDS, k=rng.randint(0, 16)), (rng.randint(0, 2), rng.randint(0, 2))

    def call(join):
        given = list(ids)
        joined = join(given, pair, 300)
        return joined, type(joined).__name__, given

    return call


def merges() -> list[tuple[int, int]]:
    """Merges of which each joins what is there by then, no pair twice."""
    known, pairs = [97, 98, 99], []
    while len(pairs) < 5:
        pair = rng.choice(known), rng.choice(known)
        if pair not in pairs:
            pairs.append(pair)
            known.append(255 + len(pairs))
    return pairs


TOKENS = [*(bytes([b]) for b in range(256)), "é".encode()[:1], "é".encode()[1:] + b" ", b" n"]
PARTS = ([97], [256, 257], [195, 169], [258], [10], [32], [240, 159, 141, 147], [98, 99])


def some_ids() -> tuple:
    return [i for part in rng.choices(PARTS, k=rng.randint(1, 6)) for i in part], TOKENS


def two_texts() -> tuple:
    """Texts that share a stretch of words, in which some words come twice."""
    shared = rng.choices("pqr", k=rng.randint(5, 9))
    return tuple(
        " ".join([*rng.choices("pqrs", k=rng.randint(0, 4)), *shared, *words(0, 4)])
        for _ in range(2)
    )


def documents() -> list[list[int]]:
    return [rng.choices(range(1, 30), k=rng.randint(1, 7)) for _ in range(rng.randint(1, 6))]


def on_a_slope() -> Call:
    place, (a, b, c), rate = numbers(2, 5), numbers(3), rng.random()
    return lambda f: f(list(place), lambda w: [a * w[0] + b * w[1], b * w[0] + c * w[1]], rate)


def through_tanh(start: float) -> Call:
    def call(tanh):
        x = Value(start)
        y = tanh(x * 0.7 + 0.2) + x
        y.backward()
        return y.data, x.grad

    return call


def a_contest(size: int) -> Call:
    names = [word(1, 5) for _ in range(size)]
    return lambda contest: contest(NgramTable(LETTERS, context_size=1, smoothing=0.3), list(names))


def a_sheet(B, T, D, H) -> Call:
    sheet = torch.randn(B, T, H * D, generator=torch.Generator().manual_seed(B + T))

    def call(split_heads):
        heads = split_heads(sheet, H)
        return list(heads.shape), heads

    return call


def a_row(size: int) -> Call:
    row = torch.randint(99, (size,), generator=torch.Generator().manual_seed(size))
    return lambda x_and_y: list(x_and_y(row))


def a_layer(N, inputs, outputs) -> Call:
    generator = torch.Generator().manual_seed(N + inputs)
    sizes = ((N, inputs), (outputs, inputs), (N, outputs))
    x, W, dy = (torch.randn(size, generator=generator) for size in sizes)

    def call(matrix_gradients):
        dW, dx = matrix_gradients(x, W, dy)
        return list(dW.shape), dW, list(dx.shape), dx

    return call


def some_keys(B, K, T, D, n_head) -> Call:
    k = torch.randn(B, K, T, D, generator=torch.Generator().manual_seed(K + n_head))

    def call(repeat_kv):
        heads = repeat_kv(k, n_head)
        return list(heads.shape), heads

    return call


def a_gated_mlp(N, C, M) -> Call:
    generator = torch.Generator().manual_seed(N + C + M)
    shapes = ((N, C), (M, C), (M, C), (C, M))
    given = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
    return lambda swiglu: swiglu(*given)


def a_routing(N, E, k) -> Call:
    generator = torch.Generator().manual_seed(N + E + k)
    logits = torch.randn(N, E, generator=generator, dtype=torch.float64)
    return lambda route: route(logits.clone(), k)


def a_rotation() -> tuple:
    size = rng.randint(1, 4)
    return [tuple(numbers(2)) for _ in range(size)], rng.randint(0, 9), numbers(size)


def a_conversation() -> tuple:
    """Ids of one to three questions and answers; 42, 43 and 44 are user, assistant and end."""
    ids = [40]
    for _ in range(rng.randint(1, 3)):
        question, answer = ([rng.randint(0, 39) for _ in range(rng.randint(0, 4))] for _ in "qa")
        ids += [42, *question, 43, *answer, 44]
    return (ids,)


def some_rewards() -> tuple:
    size = rng.randint(2, 5)
    return ([rng.choices([0, 1, 2.5, -1, 10], k=size) for _ in range(rng.randint(1, 4))],)


def an_answer() -> tuple:
    right, other = rng.randint(0, 198), rng.randint(0, 198)
    texts = [f"{right}", f"{other}", f"{right} or {other}", f"{other} or {right}", "", None]
    return rng.choice([*texts, f"{right}{other}", f"{other}{right}", f"{right}"[:1]]), right


def some_counts() -> tuple:
    n = rng.randint(1, 20)
    return n, rng.randint(0, n), rng.randint(1, n)


def a_held_out_curve() -> tuple:
    """Losses with one digit, so that some are equal."""
    return [round(rng.uniform(2, 2.6), 1) for _ in range(rng.randint(1, 12))], rng.randint(1, 4)


def some_shares() -> tuple:
    """Of every second draw coincidence explains more than all copies."""
    in_held_out, n_train, n_held_out = rng.random() / 9, rng.randint(1, 99), rng.randint(1, 99)
    return rng.uniform(0, 2 * in_held_out * n_train / n_held_out), in_held_out, n_train, n_held_out


def a_text_and_lines() -> tuple:
    return word(0, 8), [word(1, 8) for _ in range(rng.randint(1, 4))]


def some_losses(B, T) -> Call:
    generator = torch.Generator().manual_seed(B + T)
    losses = torch.rand(B, T, generator=generator)
    targets = torch.randint(-1, 4, (B, T), generator=generator)
    return lambda mean_loss: mean_loss(losses, targets)


def an_update(times: int, rate: float) -> Call:
    generator = torch.Generator().manual_seed(times)
    start, grad = (torch.randn(5, generator=generator) for _ in range(2))

    def call(update):
        master = start.clone()
        for _ in range(times):
            master, copy = update(master, grad.clone(), rate)
        return master, copy, [str(master.dtype), str(copy.dtype)]

    return call


def some_serving() -> tuple:
    sizes = 10 ** rng.uniform(6, 11), rng.choice((4, 8, 16, 32)), rng.randint(1, 2_000)
    return *sizes, 10 ** rng.uniform(9, 13), 10 ** rng.uniform(11, 15)


def texts_of_ids() -> tuple:
    start = [rng.randint(0, 2) for _ in range(rng.randint(0, 9))]
    rest = [[rng.randint(0, 2) for _ in range(rng.randint(0, 6))] for _ in range(2)]
    return start + rest[0], start + rest[1], rng.randint(1, 4)


def two_distributions() -> tuple:
    size = rng.randint(2, 6)
    drawn = [[rng.uniform(0.01, 1) for _ in range(size)] for _ in range(2)]
    return tuple([x / sum(one) for x in one] for one in drawn)


LAST_CODES = (0, 1, 2, 74, 76, -9, 137, 255)  # each of them, whatever the generator gives


def a_night(last: int) -> Call:
    codes = [75] * rng.randint(0, 4) + [last]

    def call(keep_going):
        left = list(codes)
        return keep_going(lambda: left.pop(0)), len(left)

    return call


def probe(n: list[float]) -> float:
    return n[0] ** 3 * n[1] - sin(n[2]) + n[1] * n[1]


WIDE: dict[str, list[Call]] = {
    "count_known": of(lambda: (words(0, 9, 2), words(0, 9, 2)), 40),
    "token_loss": of(lambda: (rng.uniform(1e-6, 1),)),
    "row_probabilities": of(lambda: (table(), rng.choice(LETTERS))),
    "logits_gradient": of(lambda: (numbers(4, 3), rng.randint(0, 3))),
    "one_step": [on_a_slope() for _ in range(12)],
    "tanh": [through_tanh(start) for start in numbers(8)],
    "join": [a_join() for _ in range(120)],
    "encode": of(lambda: (word(0, 16) + rng.choice(["", "é", " "]), merges()), 150),
    "decode": of(some_ids),
    "weights_of": of(a_query),
    "masked": of(a_square),
    "embed": of(
        lambda: (
            [rng.randint(0, 3) for _ in range(rng.randint(1, 4))],
            [numbers(3) for _ in range(4)],
        )
    ),
    "count_parameters": of(lambda: [rng.randint(1, 40) for _ in range(4)]),
    "rms_norm": of(lambda: (numbers(rng.randint(1, 16), 3),), 20),
    "adam_step": of(lambda: (0.1, 1e-4, 0.0, 0.0, 0), 1)
    + of(lambda: (*numbers(3, 1), rng.random(), rng.randint(0, 400)), 30),
    "contest": [a_contest(2 * rng.randint(1, 12)) for _ in range(8)],
    "matrix_gradients": [a_layer(*sizes) for sizes in ((1, 2, 3), (5, 4, 4), (3, 3, 1), (2, 5, 2))],
    "mean_loss": [some_losses(*sizes) for sizes in ((1, 4), (3, 5), (6, 2))],
    "x_and_y": [a_row(size) for size in (2, 4, 9)],
    "split_heads": [a_sheet(*sizes) for sizes in ((1, 5, 2, 3), (3, 2, 4, 2), (2, 7, 3, 5))],
    "similarity": of(two_texts, 40),
    "rows_of": of(lambda: (documents(), rng.randint(1, 6), 0), 40),
    "update": [an_update(*how) for how in ((1, 0.3), (3, 0.01), (200, 0.001))],
    "batch_loss": of(
        lambda: ([(rng.uniform(0, 9), rng.randint(1, 99)) for _ in range(rng.randint(1, 6))],)
    ),
    "rate": [lambda rate, n=n: [rate(step, n) for step in range(1, n + 1)] for n in (200, 400)],
    "rotate": of(a_rotation, 20),
    "repeat_kv": [some_keys(*sizes) for sizes in ((2, 2, 3, 2, 8), (1, 3, 1, 4, 6))],
    "swiglu": [a_gated_mlp(*sizes) for sizes in ((3, 2, 4), (1, 4, 2))],
    "route": [a_routing(*sizes) for sizes in ((4, 5, 2), (3, 4, 1), (2, 3, 3))],
    "targets": of(a_conversation, 30),
    "advantages": of(some_rewards, 20),
    "reward": of(an_answer, 80),
    "pass_at_k": of(some_counts, 60),
    "tokens_per_second": of(some_serving, 40),
    "shared_blocks": of(texts_of_ids, 60),
    "rule": of(two_distributions, 20),
    "to_int8": of(lambda: (numbers(rng.randint(1, 6)),), 20),
    "early_stopping": of(a_held_out_curve, 150),
    "memorized": of(some_shares, 40),
    "longest_copy": of(a_text_and_lines, 120),
    "keep_going": [a_night(code) for code in LAST_CODES for _ in range(3)],
}


# Where several answers are right, what a right one must keep --------------------------------------


def smoothed_well(smoothed) -> bool:
    """Probabilities, none of them 0, and what was counted more often is likelier."""
    for _ in range(20):
        counts = dict(zip("wxyz", rng.sample(range(30), 4))) | {"v": 0, "end": 40}
        shares = smoothed(dict(counts))
        values = [shares[key] for key in sorted(counts, key=counts.__getitem__)]
        if shares.keys() != counts.keys() or abs(sum(values) - 1) > 1e-9 or min(values) < 1e-8:
            return False
        if any(b <= a for a, b in zip(values, values[1:]) if values.count(a) == 1):
            return False
    return True


def slopes_well(slope_at) -> bool:
    """As calculus has it, and the numbers are as they were."""
    a, b, c = 1.5, -0.4, 2.2
    with_calculus = (3 * a * a * b, a**3 + 2 * b)
    for i, exact in enumerate(with_calculus):
        place = [a, b, c]
        grad = slope_at(probe, place, i)
        if place != [a, b, c] or not abs(grad - exact) < 1e-8 * abs(exact):
            return False
    return True


def splits_well(validation_ids) -> bool:
    """A tenth, and one that each id alone decides."""
    ids = [f"<urn:uuid:{rng.getrandbits(128):032x}>" for _ in range(3000)]
    chosen = set(validation_ids(ids))
    parts = set(validation_ids(ids[:1000])) | set(validation_ids(ids[:999:-1]))
    return chosen <= set(ids) and 240 < len(chosen) < 360 and parts == chosen


SPECIFIED = {
    "smoothed": smoothed_well, "slope_at": slopes_well, "validation_ids": splits_well
}  # fmt: skip


def computed(name: str, function) -> list:
    """What a function computes on the wide inputs; an error counts as its kind."""
    found = []
    for call in WIDE[name]:
        try:
            found.append(plain(call(function)))
        except Exception as error:
            found.append(type(error).__name__)
    return found


# What a hint says of a function, where it is given to more than one -------------------------------


def rows_sum_to(sign: int) -> Callable[[Callable], bool]:
    """Whether the shares of rows that no check has sum to more than 1, or (-1) to less."""
    return lambda f: all(sign * (sum(f(row).values()) - 1) > 1e-6 for row in OTHER_ROWS)


def keeps_the_gaps(smoothed) -> bool:
    """Nothing was divided: two shares are as far apart as their counts."""
    for row in OTHER_ROWS:
        shares = smoothed(dict(row))
        if any(abs(shares[a] - shares[b] - row[a] + row[b]) > 1e-9 for a in row for b in row):
            return False
    return True


def leaves_the_others(smoothed) -> bool:
    """What was seen has the share that it had; what was not has some."""
    for row in OTHER_ROWS:
        shares, total = smoothed(dict(row)), sum(row.values())
        if any(
            abs(shares[key] - n / total) > 1e-9 if n else shares[key] <= 0 for key, n in row.items()
        ):
            return False
    return rows_sum_to(1)(smoothed)


OTHER_ROWS = [{"p": 4, "q": 0, "r": 7}, {"p": 0, "q": 2, "r": 30, "s": 5, "t": 0}]


def slope_is(of: Callable[[float, list[float]], float], near: float = 1e-2):
    """Whether each slope is that of its true slope and of the places that f was asked about."""

    def holds(slope_at) -> bool:
        a, b, c = 1.5, -0.4, 2.2
        for i, exact in enumerate((3 * a * a * b, a**3 + 2 * b)):
            probed: list[float] = []

            def watched(n, i=i, probed=probed):
                probed.append(n[i] - (a, b, c)[i])
                return probe(n)

            wanted = of(exact, probed, slope_at(watched, [a, b, c], i))
            if not wanted:
                return False
        return True

    return holds


def times(factor: float) -> Callable:
    return slope_is(lambda exact, probed, grad: abs(grad - factor * exact) < 1e-3 * abs(exact))


def spread(probed: list[float]) -> float:
    return max(probed) - min(probed)


def moved_by(least: float, most: float) -> Callable[[Callable], bool]:
    """Whether the numbers are left so far from where they were, for one of them at least."""

    def holds(slope_at) -> bool:
        far = []
        for i in range(3):
            numbers = [2.0, -3.0, 0.7]
            with suppress(Exception):
                slope_at(lambda n: n[0] * n[1] + sin(n[2]), numbers, i)
            far += [abs(x - y) for x, y in zip(numbers, [2.0, -3.0, 0.7])]
        return least < max(far) <= most

    return holds


def share_between(least: float, most: float) -> Callable[[Callable], bool]:
    ids = [f"<urn:uuid:{rng.getrandbits(128):032x}>" for _ in range(3000)]
    return lambda validation_ids: least < len(set(validation_ids(ids))) / len(ids) < most


def rates_at(*steps: int, are: Callable[[float], bool]) -> Callable[[Callable], bool]:
    return lambda rate: all(are(rate(step % (n + 1), n)) for n in (200, 400) for step in steps)


HOLDS: dict[tuple[str, str], Callable[[Callable], bool]] = {
    ("smoothed", "adding needs no new sum"): rows_sum_to(1),
    ("smoothed", "what is added to every key is in the sum once"): rows_sum_to(1),
    ("smoothed", "a count with something added is a probability"): keeps_the_gaps,
    ("smoothed", "a row has 27 keys"): rows_sum_to(-1),
    ("smoothed", "any number above 0 will do"): leaves_the_others,
    ("slope_at", "the numbers may stay where they were moved to"): moved_by(1e-9, 1e9),
    ("slope_at", "what was added and taken away is gone"): moved_by(0, 1e-12),
    ("slope_at", "a smaller step is more exact"): slope_is(
        lambda exact, probed, grad: max(map(abs, probed)) < 1e-11
    ),
    ("slope_at", "one side is enough"): slope_is(
        lambda exact, probed, grad: 0 in (min(probed), max(probed)) and abs(grad - exact) < 0.1
    ),
    ("slope_at", "the difference is the slope"): slope_is(
        lambda exact, probed, grad: abs(grad / spread(probed) - exact) < 1e-3 * abs(exact)
    ),
    ("slope_at", "/ 2 * step divides by both"): slope_is(
        lambda exact, probed, grad: abs(grad * 4 / spread(probed) ** 2 - exact) < 1e-3 * abs(exact)
    ),
    ("slope_at", "the distance is one step"): times(2),
    ("slope_at", "below minus above"): times(-1),
    ("slope_at", "one side, divided by two steps"): times(0.5),
    ("slope_at", "any step will do"): slope_is(
        lambda exact, probed, grad: spread(probed) > 1e-4 and abs(grad - exact) < 0.3 * abs(exact)
    ),
    ("validation_ids", "an id ends with a digit"): share_between(-1, 0.001),
    ("validation_ids", "one in twenty is about a tenth"): share_between(0, 0.085),
    ("validation_ids", "one in five is about a tenth"): share_between(0.115, 0.5),
    ("rate", "a rise begins at 0"): rates_at(1, are=lambda rate: rate == 0),
    ("rate", "a fall ends at 0"): rates_at(-1, are=lambda rate: rate == 0),
    ("rate", "a line goes from 0 to 0"): rates_at(1, -1, are=lambda rate: rate == 0),
    ("rate", "once up, always up"): rates_at(11, 150, -9, -1, are=lambda rate: rate == 1),
}
