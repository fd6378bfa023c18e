"""Questions of lesson 1: how far does counting get?"""

from math import log, log2, log10

from course.numbers import done
from course.questions import Question, Wrong
from course.solutions import lesson_01 as solution

LESSON = "01_counting_pairs"
TABLE = {"q": {"u": 6, "a": 3, "end": 1}, "a": {"u": 10, "a": 20, "end": 160}}
ROW = {"a": 6, "b": 0, "c": 3, "d": 0, "end": 1}


def prices(surprise) -> list[float]:
    """What a reader's function asks for three probabilities."""
    return [done(surprise(p)) for p in (0.5, 1 / 27, 1.0)]


def shares_after_q(row_of_shares) -> dict[str, float]:
    """What a reader's function makes of both rows of a table that is not that of the lesson."""
    shares: dict[str, float] = {}
    for letter in TABLE:
        answer = done(row_of_shares({row: dict(counts) for row, counts in TABLE.items()}, letter))
        if not isinstance(answer, dict):
            raise ValueError(f"give back a dictionary, letter -> share; yours is {answer!r:.40}")
        shares |= {f"{letter}{then}": round(share, 6) for then, share in answer.items()}
    return shares


def verdict(repaired) -> list[str]:
    """What must hold for a repaired row, whatever was added to it."""
    shares = done(repaired(dict(ROW)))
    if not isinstance(shares, dict) or set(shares) != set(ROW):
        raise ValueError("give back a dictionary with all five keys, letter -> share")
    total, least = sum(shares.values()), min(shares.values())
    size = "none" if least <= 0 else "a trace" if least < 1e-4 else "some"
    ranked = [shares[key] for key in ("a", "c", "end", "b")]
    ordered = ranked[-1] > 0 and all(x > 1.001 * y for x, y in zip(ranked, ranked[1:]))
    sums = "sums to 1" if abs(total - 1) < 1e-6 else "sums to more" if total > 1 else "to less"
    return [sums, f"{size} for a letter not seen", "in order" if ordered else "order lost"]


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
    Question(
        "surprise",
        LESSON,
        right=solution.surprise,
        measure=prices,
        measured="for p = 0.5, 1/27 and 1",
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
    Question(
        "row_of_shares",
        LESSON,
        right=solution.row_of_shares,
        measure=shares_after_q,
        measured='for the rows "a" and "q" of a table made for this test; in q: u 6, a 3, end 1',
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
        ),
    ),
    Question(
        "repaired",
        LESSON,
        right=solution.repaired,
        measure=verdict,
        measured="a row of five with counts 6, 0, 3, 0, 1",
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
                "Your row sums to 1.5. What you add above the line must be in the total below it, "
                "once for each of the five.",
            ),
            Wrong(
                tiny_floor,
                "any number above 0 will do",
                "Finite, yet one such letter costs 23 nats, as much as a whole name. What has a "
                "letter done to deserve that?",
            ),
            Wrong(
                free_of_charge,
                "what was never seen is not counted",
                "A share of 1 costs nothing. A model that may pass on hard questions always scores "
                "well, and its shares sum to 3.",
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
