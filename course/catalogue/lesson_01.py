"""Questions of lesson 1: how far does counting get?"""

from collections.abc import Callable
from itertools import permutations
from math import exp, inf, isclose, log, log2, log10

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


def one_number(given: list, low: float, high: float) -> bool:
    """Whether the answer is one number between two others."""
    return len(given) == 1 and isinstance(given[0], (int, float)) and low <= given[0] <= high


def smoothed_case(counts: dict[str, int]) -> Case:
    """The reader's probabilities for a row: several are right."""
    return case("smoothed", counts, rule=lambda shares: what_a_row_lacks(counts, shares))


def what_a_row_lacks(counts: dict[str, int], shares) -> str:
    """What must hold for a smoothed row, whatever was added to it; "" if it does."""
    if not isinstance(shares, dict) or set(shares) != set(counts):
        return f"a dictionary with the keys {', '.join(map(repr, counts))}"
    if not all(isinstance(share, (int, float)) for share in shares.values()):
        return "a number for each key"
    total, least = sum(shares.values()), min(shares, key=shares.__getitem__)
    if not shares[least] > 0:
        return f"all probabilities above 0; that of {least!r} is {shares[least]:.4g}"
    if not abs(total - 1) < 1e-6:
        return f"probabilities that sum to 1; yours sum to {total:.4g}"
    if shares[least] < 1e-6:
        return (
            f"a larger probability for {least!r}; {shares[least]:.4g} has a loss of "
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
    """Whether something was added to each count, and then divided by `below`."""

    def fits(outcomes: list) -> bool:
        found = [added(counts, shares) for counts, shares in zip(ROWS, outcomes)]
        return all(
            pair and pair[0] > 1e-6 and isclose(pair[1], below(counts, pair[0]), rel_tol=1e-6)
            for counts, pair in zip(ROWS, found)
        )

    return fits


def floor_instead_of_zero(outcomes: list) -> bool:
    """Whether unseen letters got a probability, and the others kept theirs."""
    for counts, shares in zip(ROWS, outcomes):
        if not isinstance(shares, dict) or set(shares) != set(counts):
            return False
        floor = next(shares[key] for key, count in counts.items() if not count)
        left = not_smoothed(counts)
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


def not_smoothed(row):
    total = sum(row.values())
    return {then: count / total for then, count in row.items()}


def by_the_whole_table(table, letter):
    total = sum(count for row in table.values() for count in row.values())
    return {then: count / total for then, count in table[letter].items()}


def by_the_largest(table, letter):
    row = table[letter]
    return {then: count / max(row.values()) for then, count in row.items()}


def as_percentages(table, letter):
    row = solution.row_probabilities(table, letter)
    return {then: 100 * share for then, share in row.items()}


def without_tokens(table, letter):
    return list(solution.row_probabilities(table, letter).values())


def while_it_changes(table, letter):
    row = dict(table[letter])
    for then in row:
        row[then] /= sum(row.values())
    return row


def by_columns(table, letter):
    columns = {then: sum(row[then] for row in table.values()) for then in table[letter]}
    return {then: count / columns[then] for then, count in table[letter].items()}


def column_of(table, letter):
    column = {row: table[row][letter] for row in table}
    return {row: count / sum(column.values()) for row, count in column.items()}


def with_a_tenth(below):
    """A tenth added to each count, divided by `below`."""
    return lambda row: {then: (count + 0.1) / below(row) for then, count in row.items()}


QUESTIONS = [
    Question(
        "loss of the bigram table",
        LESSON,
        right=2.561,
        tolerance=0.05,
        yes="2.561. The table knows what readers of names know, too: vowels alternate with "
        "consonants, and many names end with a.",
        wrong=(
            Wrong(
                log(27),
                "a table knows nothing",
                "3.296 is the loss of no knowledge. A table that has counted names knows at least "
                "that x is rare.",
            ),
            Wrong(
                0,
                "a table knows the answers",
                "0 would be certainty before every letter. After m the table has counted a, i, e "
                "and more.",
            ),
            Wrong(
                1,
                "a good loss is 1",
                "A loss of 1 is like choosing among e = 2.7 equal letters. Could you always name "
                "three letters, one of which comes next?",
            ),
            Wrong(
                2,
                "one letter of context says nearly everything",
                "Too low. A loss of 2 is like choosing among 7.4 equal letters. One letter of "
                "context does not say that much.",
                fits=lambda given: one_number(given, 1.3, 2.43),
            ),
            Wrong(
                3,
                "one letter of context helps little",
                "Too high. A table without any context has a loss of 2.88. One letter of context "
                "gains more than 0.3.",
                fits=lambda given: one_number(given, 2.69, 3.25),
            ),
            Wrong(
                4,
                "a wrong model is worse than none",
                "Too high: 3.296 is the loss of a model that knows nothing.",
                fits=lambda given: one_number(given, 3.3, inf),
            ),
            Wrong(
                -1,
                "a loss may be below 0",
                "The loss is -ln p, and p is at most 1. So it is never below 0.",
                fits=lambda given: one_number(given, -100, -1e-9),
            ),
        ),
        otherwise="Between 0 (certain) and 3.296 (no knowledge). A table without context has 2.88.",
    ),
    Question(
        "best context size",
        LESSON,
        right=1,
        yes="One letter. Two letters are a little worse on this list, and from three on the loss "
        "rises fast.",
        wrong=(
            Wrong(
                6,
                "the longer the context, the better",
                "A long context is good for names that the table has SEEN. Most groups of so many "
                "letters occur once; a new name has other groups.",
                fits=lambda given: given in ([4], [5], [6]),
            ),
            Wrong(
                2,
                "two letters must be better than one",
                "Close: two letters are a little worse. With them the table has 19,683 counts, and "
                "the 2,347 names fill 3,477.",
            ),
            Wrong(
                3,
                "three letters are a syllable",
                "With many more names you would be right. With three letters the table has 531,441 "
                "counts, and the 2,347 names fill 7,770.",
            ),
            Wrong(
                0,
                "context does not help",
                "Without context the table only knows which letters are common. It finds `nnaa` "
                "as probable as `anna`.",
            ),
        ),
        otherwise="A number from 0 to 6. How many cells must the names fill?",
    ),
    Question(
        "what is wrong with the longer list",
        LESSON,
        right="B",
        yes="The list repeats names, so some are in both splits. There a table that remembers has "
        "a low loss.",
        wrong=(
            Wrong(
                "A",
                "more data is always better",
                "More names do help. Look for new ones in the list: `set(longer) - set(names)`.",
            ),
            Wrong(
                "C",
                "the validation split is too small",
                "It has 410 names; before it had 260. Chance does not move the lowest point by "
                "three letters.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Exercise(
        "token_loss",
        LESSON,
        right=solution.token_loss,
        cases=tuple(case("token_loss", p) for p in (0.5, 1.0, 1 / 27, 0.01)),
        tolerance=1e-6,
        yes="0 for p = 1, 0.693 for one of two, 3.296 for one of 27.",
        wrong=(
            Wrong(
                lambda p: 1 - p,
                "the loss is the distance from 1",
                "Compare p = 0.01 with p = 0.0001. The second is a hundred times less probable, "
                "but your losses, 0.99 and 0.9999, hardly differ.",
            ),
            Wrong(
                log,
                "the sign does not matter",
                "The size is right. But p = 1 must have the lowest loss, 0; yours goes below 0.",
            ),
            Wrong(
                lambda p: -log2(p),
                "any logarithm will do",
                "That is the loss in bits. In nats the logarithm is ln; one bit is 0.693 nats.",
            ),
            Wrong(
                lambda p: -log10(p),
                "any logarithm will do",
                "You took the logarithm to base 10. In nats the logarithm is ln: `math.log`.",
            ),
            Wrong(
                lambda p: 1 / p,
                "the loss is one in so many",
                "1 / p says one in how many. The loss is its logarithm: 0 for p = 1.",
            ),
            Wrong(
                lambda p: -p * log(p),
                "a loss is weighted with its probability",
                "That is the loss times p, one term of an entropy. The loss of one token is not "
                "weighted.",
            ),
        ),
    ),
    Exercise(
        "row_probabilities",
        LESSON,
        right=solution.row_probabilities,
        cases=(case("row_probabilities", TABLE, "q"), case("row_probabilities", TABLE, "a")),
        tolerance=1e-6,
        yes="They sum to 1: after q something must come, if only the end.",
        wrong=(
            Wrong(
                by_the_whole_table,
                "p(u | q) is the share of the bigram q u among all bigrams",
                "For q yours sum to 0.05: the share of bigrams that begin with q. But q is given, "
                "so something must follow it. Divide by the sum of the ROW.",
            ),
            Wrong(
                by_columns,
                "rows and columns are alike",
                "You divided by the sums of the columns. They say how often a letter occurs after "
                "any letter. Divide by the sum of the row.",
            ),
            Wrong(
                column_of,
                "a table may be read either way",
                "You read the column of the letter: what came BEFORE it. What came after q is in "
                "the row of q.",
            ),
            Wrong(
                lambda table, letter: table[letter],
                "a row of counts is a distribution",
                "That is the row of counts, unchanged. Divide each count by the sum of the row.",
            ),
            Wrong(
                by_the_largest,
                "the most frequent token has the probability 1",
                "You divided by the largest count, so the most frequent token has 1 and yours sum "
                "to more. Divide by the sum.",
            ),
            Wrong(
                lambda table, letter: {
                    k: 100 * p for k, p in solution.row_probabilities(table, letter).items()
                },
                "a probability is a percentage",
                "Those are percentages, with the sum 100. Probabilities have the sum 1.",
            ),
            Wrong(
                while_it_changes,
                "the sum stays the same while the row changes",
                "You change the row while you sum it: the second count is divided by another sum. "
                "Compute the sum first.",
            ),
            Wrong(
                without_tokens,
                "the order of the tokens is known",
                "The numbers are right. But return a dictionary, so that each has its token.",
            ),
        ),
        otherwise="table[letter] is a dictionary; its counts are table[letter].values().",
    ),
    Exercise(
        "smoothed",
        LESSON,
        right=solution.smoothed,
        cases=tuple(map(smoothed_case, ROWS)),
        yes="They sum to 1, none is 0, and a higher count still has a higher probability.",
        wrong=(
            Wrong(
                not_smoothed,
                "a probability is a count divided by the sum",
                "b and d still have the probability 0. The next jack has an infinite loss again.",
            ),
            Wrong(
                lambda row: {then: p for then, p in not_smoothed(row).items() if p},
                "a token that was never seen needs no probability",
                "b and d are missing. A token without a key has no probability, so the next jack "
                "fails again.",
            ),
            Wrong(
                plus_one_above_only,
                "adding needs no new sum",
                "Your row sums to more than 1. Add to the sum, too: what you add to a count, once "
                "for each key.",
                fits=divided_by(lambda counts, c: sum(counts.values())),
            ),
            Wrong(
                with_a_tenth(lambda row: sum(row.values()) + 0.1),
                "what is added to every key is in the sum once",
                "Your row sums to more than 1. You added to every key, but only once to the sum.",
                fits=divided_by(lambda counts, c: sum(counts.values()) + c),
            ),
            Wrong(
                with_a_tenth(lambda row: 1),
                "a count with something added is a probability",
                "You added to each count, but nothing was divided: these are still counts. Divide "
                "by their sum.",
                fits=divided_by(lambda counts, c: 1),
            ),
            Wrong(
                with_a_tenth(lambda row: sum(row.values()) + 0.1 * 27),
                "a row has 27 keys",
                "Your row sums to less than 1. You divided as if 27 keys had been added to; this "
                "row has len(row) keys.",
                fits=divided_by(lambda counts, c: sum(counts.values()) + 27 * c),
            ),
            Wrong(
                tiny_floor,
                "any number above 0 will do",
                "The unseen letters have a probability now, but no other letter gave some up: your "
                "row sums to more than 1.",
                fits=floor_instead_of_zero,
            ),
            Wrong(
                free_of_charge,
                "what was never seen does not count",
                "A probability of 1 has the loss 0. A model that may skip the hard questions "
                "always does well, and its row sums to more than 1.",
            ),
            Wrong(
                lambda row: dict.fromkeys(row, 1 / len(row)),
                "equal is fair",
                "It sums to 1 and none is 0. But the counts are lost: a came six times, the end "
                "once.",
            ),
        ),
    ),
    Question(
        "equal choices with a loss of 2.56",
        LESSON,
        right=solution.choices,
        tolerance=0.02,
        yes="e to the power 2.56 is 12.9: the table is as unsure as a model that chooses among "
        "thirteen equal letters.",
        wrong=(
            Wrong(
                2**2.56,
                "nats are bits",
                "You raised 2, which is for bits. With nats the logarithm is ln, so raise e.",
            ),
            Wrong(
                27,
                "there are always 27 choices",
                "27 equal choices have the loss ln 27 = 3.296. How many have a lower one?",
            ),
            Wrong(
                2.56,
                "a nat is a choice",
                "2.56 is the logarithm of the number. In lesson 0 it was ln 27 for 27 choices.",
            ),
            Wrong(
                10**2.56,
                "any logarithm will do",
                "You raised 10. With nats the logarithm is ln, so raise e.",
            ),
            Wrong(
                log(2.56),
                "a logarithm is undone by a logarithm",
                "You took the logarithm once more. The loss is one already: undo it with exp.",
            ),
            Wrong(
                1 / exp(2.56),
                "a probability is a number of choices",
                "That is the probability of each token. How many equally probable ones are there?",
            ),
        ),
        otherwise="n equal choices have the loss ln n. Which n gives 2.56?",
    ),
]
