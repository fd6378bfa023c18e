"""Questions of lesson 6: which letters should I listen to?"""

from collections.abc import Callable
from math import inf, isnan, nan, sqrt

from course.exercises.exercises import Exercise, case
from course.exercises.questions import Question, Wrong
from course.exercises.shown import shape
from course.solutions import lesson_06 as solution
from course.solutions.lesson_06 import softmax

LESSON = "06_attention_heads"
QUERY = [2.0, 0.0, 1.0, -1.0]
KEYS = [[1.0, 0.0, 0.0, 1.0], [2.0, 1.0, -1.0, 0.0], [0.0, 3.0, 1.0, 1.0], [-1.0, 0.0, 2.0, 1.0]]
SQUARES = ([[1.0, 2.0, 3.0], [0.0, 1.0, 4.0], [2.0, -1.0, 0.5]], [[-2.0, 5.0], [3.0, 1.0]])


def yes_or_no(answer):
    """True and "y" are a yes, too."""
    known = {True: "yes", False: "no", "y": "yes", "n": "no"}
    return known.get(answer, answer) if isinstance(answer, (bool, str)) else answer


def one_word(answer):
    """A list of one is that one."""
    several = isinstance(answer, (list, tuple, set)) and len(answer) == 1
    return next(iter(answer)) if several else answer


def products(q, keys):
    return [sum(a * b for a, b in zip(q, k)) for k in keys]


def without_a_number(*rows: int) -> Callable[[list], bool]:
    """Whether just these rows of the first square came out as nan."""

    def fits(outcomes: list) -> bool:
        if not isinstance(outcomes[0], list) or shape(outcomes[0]) != (3, 3):
            return False
        return [any(map(isnan, row)) for row in outcomes[0]] == [i in rows for i in range(3)]

    return fits


def hears_all(answer):
    """Which numbers a head works on may be seen in two ways: it reads all, and makes a few."""
    several = isinstance(answer, dict) and answer.get("numbers of each token") == 16
    return {**answer, "numbers of each token": 4} if several else answer


def of_the_numbers(answer) -> str:
    if answer["numbers of each token"] == 16:
        return (
            "Every head sees all five tokens. It reads all 16 numbers of each, and makes a "
            "query, a key and a value of 4 numbers of them."
        )
    return (
        "Every head sees all five tokens. Its query, key and value have 4 numbers each; all 16 "
        "numbers of a token go into them."
    )


def columns_instead(scores):
    rows = solution.masked([list(column) for column in zip(*scores)])
    return [list(column) for column in zip(*rows)]


def whole_columns(scores):
    """The mask is right, but softmax runs down the columns."""
    T = len(scores)
    down = [softmax([scores[i][j] for i in range(j, T)]) for j in range(T)]
    return [[down[j][i - j] if j <= i else 0.0 for j in range(T)] for i in range(T)]


def zeroed_after(scores):
    return [
        [w if j <= i else 0.0 for j, w in enumerate(softmax(row))] for i, row in enumerate(scores)
    ]


def zero_scores(scores):
    return [
        softmax([s if j <= i else 0.0 for j, s in enumerate(row)]) for i, row in enumerate(scores)
    ]


def shares_or_nan(scores):
    """As in NumPy, where 0 / 0 and infinity / infinity are no errors."""
    return [nan] * len(scores) if max(scores) in (inf, -inf) else softmax(scores)


def without_itself(scores):
    return [
        shares_or_nan([s if j < i else -inf for j, s in enumerate(row)])
        for i, row in enumerate(scores)
    ]


def plus_infinity(scores):
    return [
        shares_or_nan([s if j <= i else inf for j, s in enumerate(row)])
        for i, row in enumerate(scores)
    ]


def short_rows(scores):
    return [softmax(row[: i + 1]) for i, row in enumerate(scores)]


def the_other_triangle(scores):
    return [[0.0] * i + softmax(row[i:]) for i, row in enumerate(scores)]


def no_mask(scores):
    return [softmax(row) for row in scores]


QUESTIONS = [
    Question(
        "same bet for emma and mmea",
        LESSON,
        right="yes",
        yes="It hears the same letters, and a sum does not know in which order it was added up.",
        wrong=(
            Wrong(
                "no",
                "whoever reads from left to right knows the order",
                "It does get them one after the other. But what does it keep of each, once the "
                "position is not among it? Keep your guess until the measurement.",
            ),
        ),
        measure=yes_or_no,
        otherwise='Answer with "yes" or "no".',
    ),
    Question(
        "all four heads silent",
        LESSON,
        right="A",
        yes="About 0.03 nats. Go on; this needs an explanation.",
        wrong=(
            Wrong(
                "B",
                "dark squares are important squares",
                "Ten times less. A dark square tells who was listened to, not what for.",
            ),
            Wrong(
                "C",
                "without attention nothing is left",
                "A model that knows nothing loses 3.3 nats in all. This one still knows the "
                "letter before the gap, and where it stands.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "what is wrong with the better run",
        LESSON,
        right="B",
        yes="There is no mask. Its attention looks one place to the right and copies.",
        wrong=(
            Wrong(
                "A",
                "a loss near 0 means learned by heart",
                "Each of its 1,000 names was shown once, and scored before it was learned from. "
                "And what did it write?",
            ),
            Wrong(
                "C",
                "a loss near 0 means a wrong mean",
                "Dividing by more would shrink the first losses, too. They begin where ours do.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Exercise(
        "weights_of",
        LESSON,
        right=solution.weights_of,
        cases=(
            case("weights_of", QUERY, KEYS),
            case("weights_of", QUERY[2:], [key[2:] for key in KEYS[:3]]),
            case("weights_of", QUERY[:3], [key[:3] for key in KEYS[:2]]),
        ),
        tolerance=1e-6,
        yes="Positive numbers, one in sum, whatever the number of keys.",
        wrong=(
            Wrong(
                lambda q, keys: softmax([p / sqrt(len(keys)) for p in products(q, keys)]),
                "D is the number of keys",
                "You divide by the root of the number of KEYS. D is the length of the query.",
            ),
            Wrong(
                lambda q, keys: softmax([p / 2 for p in products(q, keys)]),
                "the scale is always 2",
                "Right for queries of four numbers, and only for them: the root of the length.",
            ),
            Wrong(
                lambda q, keys: softmax([p / sqrt(2) for p in products(q, keys)]),
                "the scale is always the root of 2",
                "The root of 2 belongs to queries of two numbers, as in the example by hand. Take "
                "the root of the length that q has.",
            ),
            Wrong(
                lambda q, keys: softmax(products(q, keys)),
                "the scale is a matter of taste",
                "Right but for the scale. At D = 64 and 16 keys your largest weight would be 0.84 "
                "on average, scaled 0.24: the others would hardly get a slope.",
            ),
            Wrong(
                lambda q, keys: softmax([p / len(q) for p in products(q, keys)]),
                "divide by D",
                "You divide by D; it is the square ROOT of D. Yours makes everybody nearly equal.",
            ),
            Wrong(
                lambda q, keys: [p / sqrt(len(q)) for p in products(q, keys)],
                "scores are weights",
                "These are the scores; some are negative. Softmax makes shares of them.",
            ),
            Wrong(
                lambda q, keys: [p / sum(products(q, keys)) for p in products(q, keys)],
                "dividing by the sum is enough",
                "They sum to 1, but one is negative. e^score first, then divide by the sum.",
            ),
        ),
    ),
    Exercise(
        "masked",
        LESSON,
        right=solution.masked,
        cases=tuple(case("masked", square) for square in SQUARES),
        tolerance=1e-6,
        otherwise="Every row sums to 1: a letter hears itself and those before it, so the first "
        "one hears itself alone.",
        yes="Each row sums to 1, and no one hears a later letter.",
        wrong=(
            Wrong(
                zeroed_after,
                "a weight of 0 is a mask",
                "Your first row sums to 0.09 where it should be 1: the later letters had taken "
                "their share before you set it to 0. Mask the scores, before softmax.",
            ),
            Wrong(
                zero_scores,
                "a score of 0 is silence",
                "e^0 is 1: a letter with score 0 is still heard. Which score has e^score = 0?",
            ),
            Wrong(
                without_itself,
                "a letter must not hear itself",
                "Your first letter has nobody to listen to, and 0 / 0 is not a number. The mask "
                "hides LATER letters; a letter hears itself.",
                fits=without_a_number(0),
            ),
            Wrong(
                plus_infinity,
                "what is infinitely far away is not heard",
                "You hide with + infinity, and e^infinity is infinite: infinity / infinity is not "
                'a number. e^-infinity is 0: take float("-inf").',
                fits=without_a_number(0, 1),
            ),
            Wrong(
                short_rows,
                "what is hidden is left out",
                "The weights are right, but the rows grow: 1 number, 2, 3. A hidden letter has the "
                "weight 0, and that 0 must stand in its column.",
            ),
            Wrong(
                the_other_triangle,
                "who asks hears what comes",
                "Each letter hears itself and LATER ones: the other triangle. Row i may hear the "
                "columns 0 to i.",
            ),
            Wrong(
                whole_columns,
                "columns sum to 1",
                "Yours sum to 1 down the columns. A row is one letter that asks: each ROW must sum "
                "to 1.",
            ),
            Wrong(
                columns_instead,
                "who asks stands in the columns",
                "In yours the letters listen to later ones only. Row i asks; it may hear columns 0 "
                "to i.",
            ),
            Wrong(
                no_mask,
                "softmax is enough",
                "Rows sum to 1, but letter 0 listens to letters 1 and 2, which have not come yet.",
            ),
        ),
    ),
    Question(
        "shapes",
        LESSON,
        right=solution.shapes,
        measure=hears_all,
        yes=of_the_numbers,
        otherwise="How many tokens are read at once? Each of them asks, and each is asked.",
        wrong=(
            Wrong(
                {"rows": 4, "columns": 4, "tokens it listens to": 4, "numbers of each token": 4},
                "a head gets a share of the tokens",
                "16 / 4 = 4 are NUMBERS, not tokens: the length of a query. Five tokens ask, five "
                "are asked.",
            ),
            Wrong(
                {"rows": 16, "columns": 16, "tokens it listens to": 5, "numbers of each token": 4},
                "scores are as wide as the model",
                "16 is how many numbers describe a token. A score is ONE number for each pair: who "
                "asks, who is asked.",
            ),
        ),
    ),
    Question(
        "gradient for a masked letter",
        LESSON,
        right="none",
        yes="No path leads from a hidden letter to that loss; where no path leads, the slope is 0.",
        wrong=(
            Wrong(
                "v",
                "its value is still in the sum",
                "It is multiplied by a weight of exactly 0. What is the slope of 0 * v for v?",
            ),
            Wrong(
                "k",
                "its key is still compared",
                "Its score was replaced by minus infinity, whatever the key is. Does a path lead "
                "from k to the loss?",
            ),
            Wrong(
                "q",
                "it still asks",
                "Its query is for its OWN row. It plays no part in the row of e.",
            ),
        ),
        measure=one_word,
        otherwise='Give one answer: "q", "k", "v" or "none".',
    ),
]
