"""Questions of lesson 1: how far does counting get?"""

from collections.abc import Callable
from itertools import permutations
from math import isclose, log, log2, log10

from course.exercises.exercises import Case, Exercise, case
from course.exercises.numbers import difference
from course.exercises.questions import Question, Wrong
from course.solutions import lesson_01 as solution

LESSON = "01_counting_pairs"
TABLE = {  # 200 in all, and 10 behind q
    "q": {"q": 1, "u": 5, "a": 3, "end": 1},
    "u": {"q": 2, "u": 1, "a": 4, "end": 3},
    "a": {"q": 5, "u": 10, "a": 20, "end": 145},
}
ROW = {"a": 6, "b": 0, "c": 3, "d": 0, "end": 1}
ROWS = (ROW, {"x": 2, "y": 9, "z": 0, "end": 5})


def a_row_of(counts: dict[str, int]) -> Case:
    """The reader's shares for a row: several are right."""
    return case("repaired", counts, rule=lambda shares: what_a_row_lacks(counts, shares))


def what_a_row_lacks(counts: dict[str, int], shares) -> str:
    """What must hold for a repaired row, whatever was added to it; "" if it does."""
    if not isinstance(shares, dict) or set(shares) != set(counts):
        return f"a dictionary with the keys {', '.join(map(repr, counts))}"
    if not all(isinstance(share, (int, float)) for share in shares.values()):
        return "a number for each key"
    total, least = sum(shares.values()), min(shares, key=shares.__getitem__)
    if not shares[least] > 0:
        return f"all shares above 0; that of {least!r} is {shares[least]:.4g}"
    if not abs(total - 1) < 1e-6:
        return f"shares that sum to 1; yours sum to {total:.4g}"
    if shares[least] < 1e-4:
        return (
            f"a share worth having for {least!r}; at {shares[least]:.4g} it costs "
            f"{-log(shares[least]):.0f} nats"
        )
    for one, other in permutations(counts, 2):
        if counts[one] > counts[other] and not shares[one] > 1.001 * shares[other]:
            return f"more for {one!r} (counted {counts[one]}) than for {other!r} ({counts[other]})"
    return ""


def added(counts: dict[str, int], shares) -> tuple[float, float] | None:
    """(c, d), if every share is (count + c) / d; None if they are not like that."""
    if not isinstance(shares, dict) or set(shares) != set(counts):
        return None
    most, least = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    if shares[most] == shares[least]:
        return None
    d = (counts[most] - counts[least]) / (shares[most] - shares[least])
    c = shares[least] * d - counts[least]
    line = {key: (count + c) / d for key, count in counts.items()}
    return (c, d) if difference(shares, line, 1e-9) is None else None


def divided_by(below: Callable[[dict[str, int], float], float]) -> Callable[[list], bool]:
    """Whether something was added to each count, and then divided by what is `below` the line."""

    def fits(outcomes: list) -> bool:
        found = [added(counts, shares) for counts, shares in zip(ROWS, outcomes)]
        return all(
            pair and pair[0] > 1e-6 and isclose(pair[1], below(counts, pair[0]), rel_tol=1e-6)
            for counts, pair in zip(ROWS, found)
        )

    return fits


def floor_instead_of_zero(outcomes: list) -> bool:
    """Whether the letters that were not seen got a share, and nothing was taken from the others."""
    for counts, shares in zip(ROWS, outcomes):
        if not isinstance(shares, dict) or set(shares) != set(counts):
            return False
        floor = next(shares[key] for key, count in counts.items() if not count)
        left = not_repaired(counts)
        wanted = {key: left[key] if count else floor for key, count in counts.items()}
        if not 0 < floor < 1 or difference(shares, wanted, 1e-9) is not None:
            return False
    return True


def plus_one_above_only(row):
    total = sum(row.values())
    return {then: (count + 1) / total for then, count in row.items()}


def tiny_floor(row):
    total = sum(row.values())
    return {then: max(count / total, 1e-10) for then, count in row.items()}


def free_of_charge(row):
    total = sum(row.values())
    return {then: count / total if count else 1.0 for then, count in row.items()}


def not_repaired(row):
    total = sum(row.values())
    return {then: count / total for then, count in row.items()}


def by_the_whole_table(table, letter):
    total = sum(count for row in table.values() for count in row.values())
    return {then: count / total for then, count in table[letter].items()}


def by_columns(table, letter):
    columns = {then: sum(row[then] for row in table.values()) for then in table[letter]}
    return {then: count / columns[then] for then, count in table[letter].items()}


def column_of(table, letter):
    column = {row: table[row][letter] for row in table}
    return {row: count / sum(column.values()) for row, count in column.items()}


def with_a_tenth(below):
    """A tenth added to each count, divided by what stands below the line."""
    return lambda row: {then: (count + 0.1) / below(row) for then, count in row.items()}


QUESTIONS = [
    Question(
        "nats per letter of a table of pairs",
        LESSON,
        right=2.561,
        tolerance=0.05,
        yes="2.561 is what the next cell will print. Most of what separates it from 3.296 a reader "
        "of names knows too: vowels take turns with consonants, and many names end with a.",
        wrong=(
            Wrong(
                log(27),
                "a table knows nothing",
                "3.296 is the price of knowing nothing. A table that has counted names knows at "
                "least that x is rare.",
            ),
            Wrong(
                0,
                "a table knows its answers",
                "0 would be certainty before every letter. After m it has seen an a, an i, an e.",
            ),
            Wrong(
                1,
                "a good loss is 1",
                "1 nat would mean e = 2.7 even choices per letter. Could you name three letters "
                "that contain the next one, every time?",
            ),
            Wrong(
                2,
                "counting gets most of the way",
                "2 nats: 7.4 even choices. One letter back does not narrow it down that far.",
            ),
            Wrong(
                3,
                "looking back one letter helps little",
                "Too dear. Knowing only which letters are common, without looking back at all, "
                "costs 2.88.",
            ),
        ),
        otherwise="Between 0 (certain) and 3.296 (no idea). Knowing only which letters are common "
        "costs 2.88.",
    ),
    Question(
        "letters of context that do best",
        LESSON,
        right=1,
        yes="One. Two cost a little more on this list, and from three on it gets dear.",
        wrong=(
            Wrong(
                6,
                "the longer, the better",
                "Six letters back is best on names that it has SEEN. After six letters there is "
                "mostly one name left, and a new name is another.",
            ),
            Wrong(
                2,
                "two are better than one",
                "A fair bet: on lists of one language of this size two win. These 2,347 names "
                "are too few for 19,683 cells.",
            ),
            Wrong(
                3,
                "three letters are a syllable",
                "With eleven times as many names you would be right. With 2,347 most of its "
                "531,441 cells stay empty.",
            ),
            Wrong(
                0,
                "looking back does not help",
                "With none it only knows which letters are common. It would write `aanei` as "
                "gladly as `anna`.",
            ),
        ),
        otherwise="A number from 0 to 6. Think of how many cells there are to fill.",
    ),
    Question(
        "what is wrong with the longer list",
        LESSON,
        right="B",
        yes="Names stand in it more than once. Some were learned from and asked about, and whoever "
        "has learned by heart is asked what he has learned.",
        wrong=(
            Wrong(
                "A",
                "more data is better",
                "More names do help. But look for names in it that the old list does not have: "
                "`set(longer) - set(names)`.",
            ),
            Wrong(
                "C",
                "the sample was too small",
                "410 names were asked about, more than the 260 before. Chance would not move the "
                "lowest point by three letters.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Exercise(
        "surprise",
        LESSON,
        right=solution.surprise,
        cases=tuple(case("surprise", p) for p in (0.5, 1.0, 1 / 27, 0.01)),
        tolerance=1e-6,
        yes="0 for what was certain, 0.693 for a coin, 3.296 for one of 27.",
        wrong=(
            Wrong(
                lambda p: 1 - p,
                "wrongness is a distance",
                "What should 0.01 cost, and what 0.0001? One is a hundred times rarer, and yours "
                "asks 0.99 and 0.9999.",
            ),
            Wrong(
                log,
                "the sign does not matter",
                "The size is right. But a certainty must cost 0 and a rarity MORE; yours goes "
                "below 0.",
            ),
            Wrong(
                lambda p: -log2(p),
                "any logarithm will do",
                "Right shape, other unit: you count in bits. One bit is 0.693 nats.",
            ),
            Wrong(
                lambda p: -log10(p),
                "any logarithm will do",
                "Right shape, other unit: you count in powers of ten. Take the natural logarithm.",
            ),
            Wrong(
                lambda p: 1 / p,
                "rare is one in so many",
                "1 / p says one in how many. Surprise is the logarithm of that: it must ask 0 for "
                "a certainty.",
            ),
        ),
    ),
    Exercise(
        "row_of_shares",
        LESSON,
        right=solution.row_of_shares,
        cases=(case("row_of_shares", TABLE, "q"), case("row_of_shares", TABLE, "a")),
        tolerance=1e-6,
        yes="They sum to 1: after q something must come, if only the end.",
        wrong=(
            Wrong(
                by_the_whole_table,
                "a share of all pairs",
                "Your row sums to 0.05: that is how often q is looked back on at all. But once q "
                "stands there, something must come. Divide by the sum of the ROW.",
            ),
            Wrong(
                by_columns,
                "rows and columns are alike",
                "You divided by columns. That answers what came BEFORE a letter, not what comes "
                "after q.",
            ),
            Wrong(
                column_of,
                "a table may be read either way",
                "You read the column of the letter: how often it came after each of the others. "
                "What comes after q stands in the ROW of q.",
            ),
            Wrong(
                lambda table, letter: table[letter],
                "a row of counts is a row of probabilities",
                "That is the row of counts as it stands. Divide each count by the sum of the row.",
            ),
        ),
    ),
    Exercise(
        "repaired",
        LESSON,
        right=solution.repaired,
        cases=tuple(map(a_row_of, ROWS)),
        yes="They sum to 1, nothing stands at 0, and what was commoner still is.",
        wrong=(
            Wrong(
                not_repaired,
                "a share is a count divided",
                "b and d still have 0. The next jack costs infinity again.",
            ),
            Wrong(
                plus_one_above_only,
                "adding needs no new total",
                "Your row sums to more than 1. What you add above the line must be in the total "
                "below it, once for each key.",
                fits=divided_by(lambda counts, c: sum(counts.values())),
            ),
            Wrong(
                with_a_tenth(lambda row: sum(row.values()) + 0.1),
                "what is added five times is in the total once",
                "Your row sums to more than 1. You have added to every key above the line, and "
                "only once to the total below it.",
                fits=divided_by(lambda counts, c: sum(counts.values()) + c),
            ),
            Wrong(
                with_a_tenth(lambda row: 1),
                "a count with something added is a share",
                "Something was added to each count, and nothing was divided: these are counts "
                "still. Divide by their sum.",
                fits=divided_by(lambda counts, c: 1),
            ),
            Wrong(
                with_a_tenth(lambda row: sum(row.values()) + 0.1 * 27),
                "a row has 27 keys",
                "Your row sums to less than 1. You have divided as if 27 keys had been added to; "
                "this row has as many as len(row) says.",
                fits=divided_by(lambda counts, c: sum(counts.values()) + 27 * c),
            ),
            Wrong(
                tiny_floor,
                "any number above 0 will do",
                "The letters that were never seen have a share now, but it was taken from nobody: "
                "your row sums to more than 1. (And a share of 1e-10 costs 23 nats, as much as a "
                "whole name.)",
                fits=floor_instead_of_zero,
            ),
            Wrong(
                free_of_charge,
                "what was never seen is not counted",
                "A share of 1 costs nothing. A model that may pass on hard questions always scores "
                "well, and its shares sum to more than 1.",
            ),
            Wrong(
                lambda row: dict.fromkeys(row, 1 / len(row)),
                "equal is fair",
                "It sums to 1 and nothing is at 0. But all counting is lost: a came six times, the "
                "end once.",
            ),
        ),
    ),
    Question(
        "even choices that cost 2.56 nats",
        LESSON,
        right=solution.choices,
        tolerance=0.02,
        yes="e to the power 2.56 is 12.9: the table is as unsure as one who bets evenly on "
        "thirteen letters.",
        wrong=(
            Wrong(
                2**2.56,
                "nats are bits",
                "You raised 2, which is for bits. With nats the logarithm is ln, so raise e.",
            ),
            Wrong(
                27,
                "there are 27 choices, always",
                "27 even choices cost ln 27 = 3.296. How many cost less?",
            ),
            Wrong(
                2.56,
                "a nat is a choice",
                "2.56 is the logarithm of the number. In lesson 0 it was ln 27 for 27 choices.",
            ),
        ),
        otherwise="n even choices cost ln n. Which n gives 2.56?",
    ),
]
