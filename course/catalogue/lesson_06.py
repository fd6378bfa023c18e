"""Questions of lesson 6: which earlier letters matter?"""

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


def letter(answer):
    """Upper and lower case are the same choice."""
    return answer.strip().upper() if isinstance(answer, str) else answer


def yes_or_no(answer):
    """True and "y" are a yes, too."""
    known = {True: "yes", False: "no", "y": "yes", "n": "no"}
    return known.get(answer, answer) if isinstance(answer, (bool, str)) else answer


def part_of_attention(answer):
    """A list of one is that one; "q", "k" and "v" are short for the three."""
    several = isinstance(answer, (list, tuple, set)) and len(answer) == 1
    answer = next(iter(answer)) if several else answer
    if not isinstance(answer, str):
        return answer
    known = {"q": "query", "k": "key", "v": "value"}
    return known.get(answer.strip().lower(), answer.strip().lower())


def products(q, keys):
    return [sum(a * b for a, b in zip(q, k)) for k in keys]


def without_a_number(*rows: int) -> Callable[[list], bool]:
    """Whether just these rows of the first square came out as nan."""

    def fits(outcomes: list) -> bool:
        if not isinstance(outcomes[0], list) or shape(outcomes[0]) != (3, 3):
            return False
        return [any(map(isnan, row)) for row in outcomes[0]] == [i in rows for i in range(3)]

    return fits


def shapes_of(rows, columns, seen, source=16, own=4) -> dict:
    """An answer to "shapes"."""
    return dict(zip(solution.shapes, (rows, columns, seen, source, own)))


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
        "recall without attention",
        LESSON,
        right="C",
        yes="The digit and its position are the same in a quarter of all texts: one fixed guess.",
        wrong=(
            Wrong(
                "A",
                "a model reads the whole text in any case",
                "Only attention carries numbers from one token to another. Without it, the last "
                "token knows that it is a `2` at position 5. Where would the `f` come from?",
            ),
            Wrong(
                "B",
                "a model knows which letters were there",
                "Once in 4 needs the four letters of this text. A token that is processed alone "
                "has seen none of them.",
            ),
        ),
        measure=letter,
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "ablate one head after the other",
        LESSON,
        right="C",
        yes="In all five models. Weights alone do not tell which head is which.",
        wrong=(
            Wrong(
                "A",
                "one head does one job",
                "No head of these models reaches full accuracy alone. The output projection adds "
                "what several heads bring.",
            ),
            Wrong(
                "B",
                "heads share the work equally",
                "Nothing in the training asks for equal shares. Some heads of these models can be "
                "removed at no cost.",
            ),
        ),
        measure=letter,
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "same prediction for afze2 and ezfa2",
        LESSON,
        right="yes",
        yes="The same letters give the same keys and values, and a sum has no order.",
        wrong=(
            Wrong(
                "no",
                "a model that reads from left to right knows the order",
                "Both texts give the same six keys and values. Only the order of the sum differs.",
            ),
        ),
        measure=yes_or_no,
        otherwise='Answer with "yes" or "no".',
    ),
    Question(
        "all four heads ablated",
        LESSON,
        right="A",
        yes="About 0.01 nats, on average over five models.",
        wrong=(
            Wrong(
                "B",
                "what one task needs, every task needs",
                "Far less. Recall is impossible without attention. For the next letter of a "
                "name, the current letter tells most.",
            ),
            Wrong(
                "C",
                "without attention nothing is left",
                "A model that knows nothing has a loss of 3.3 nats in all. This one still knows "
                "the current letter and its position.",
            ),
        ),
        measure=letter,
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "what is wrong with the better run",
        LESSON,
        right="B",
        yes="The causal mask is missing. Attention looks one place to the right and copies.",
        wrong=(
            Wrong(
                "A",
                "a loss near 0 means memorised",
                "Each of the 1,000 texts was seen once, and its loss was measured before the "
                "update. Letters drawn at random cannot be memorised in advance.",
            ),
            Wrong(
                "C",
                "a loss near 0 means a wrong mean",
                "Dividing by more would make the first losses smaller, too. They begin where ours "
                "do.",
            ),
        ),
        measure=letter,
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
        yes="Positive numbers that sum to 1, for any number of keys.",
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
                "Only the scale is missing. At D = 64 and 16 keys your largest weight would be "
                "0.84 on average, scaled 0.24: the others would hardly get a gradient.",
            ),
            Wrong(
                lambda q, keys: softmax([p / len(q) for p in products(q, keys)]),
                "divide by D",
                "You divide by D, not by its square ROOT. That makes all weights nearly equal.",
            ),
            Wrong(
                lambda q, keys: [p / sqrt(len(q)) for p in products(q, keys)],
                "scores are weights",
                "These are the scaled scores; some are negative. Softmax turns them into weights.",
            ),
            Wrong(
                lambda q, keys: [p / sum(products(q, keys)) for p in products(q, keys)],
                "dividing by the sum is enough",
                "They sum to 1, but one is negative. Take e^score first, then divide by the sum.",
            ),
        ),
    ),
    Exercise(
        "masked",
        LESSON,
        right=solution.masked,
        cases=tuple(case("masked", square) for square in SQUARES),
        tolerance=1e-6,
        otherwise="Each row must sum to 1. A token attends to itself and to earlier tokens, so the "
        "first token gives itself the weight 1.",
        yes="Each row sums to 1, and no token sees a later one.",
        wrong=(
            Wrong(
                zeroed_after,
                "a weight of 0 is a mask",
                "Your first row sums to 0.09, not to 1: the later tokens had taken their part "
                "before you set it to 0. Mask the scores, before softmax.",
            ),
            Wrong(
                zero_scores,
                "a score of 0 hides a token",
                "e^0 is 1: a token with score 0 still gets a weight. Which score has e^score = 0?",
            ),
            Wrong(
                without_itself,
                "a token must not attend to itself",
                "Your first token has no key left, and 0 / 0 is not a number. The mask hides LATER "
                "tokens; a token attends to itself.",
                fits=without_a_number(0),
            ),
            Wrong(
                plus_infinity,
                "infinity hides, whatever its sign",
                "You hide with + infinity, and e^infinity is infinite: infinity / infinity is not "
                'a number. e^-infinity is 0: take float("-inf").',
                fits=without_a_number(0, 1),
            ),
            Wrong(
                short_rows,
                "what is hidden is left out",
                "The weights are right, but the rows grow: 1 number, 2, 3. A hidden token has the "
                "weight 0, and that 0 belongs into its column.",
            ),
            Wrong(
                the_other_triangle,
                "a query sees what comes",
                "Each token attends to itself and to LATER ones: the other triangle. Row i sees "
                "the columns 0 to i.",
            ),
            Wrong(
                whole_columns,
                "columns sum to 1",
                "Yours sum to 1 down the columns. A row is one query: each ROW must sum to 1.",
            ),
            Wrong(
                columns_instead,
                "queries are the columns",
                "In yours each column is a query. Row i is a query; it sees the columns 0 to i.",
            ),
            Wrong(
                no_mask,
                "softmax is enough",
                "Rows sum to 1, but token 0 attends to tokens 1 and 2, which come later.",
            ),
        ),
    ),
    Question(
        "shapes",
        LESSON,
        right=solution.shapes,
        yes="A head sees all six tokens, and projects all 16 numbers of each to 4.",
        otherwise="Six tokens make six queries and six keys; a score belongs to one pair of them.",
        wrong=(
            Wrong(
                shapes_of(6, 6, 6, 4, 4),
                "a head sees a quarter of each vector",
                "The split into heads comes AFTER the projection. Each number of a query is "
                "computed from all 16 numbers of the token.",
            ),
            Wrong(
                shapes_of(4, 4, 4),
                "a head gets a part of the tokens",
                "16 / 4 = 4 is how many numbers a query has. Six tokens have queries, and six have "
                "keys.",
            ),
            Wrong(
                shapes_of(16, 16, 6),
                "scores are as wide as the model",
                "16 is how many numbers describe a token. A score is ONE number for each pair: a "
                "query and a key.",
            ),
            Wrong(
                shapes_of(6, 6, 6, 16, 16),
                "each head has queries of full length",
                "The 16 numbers that `wq` makes are split among four heads.",
            ),
        ),
    ),
    Question(
        "gradient for a masked letter",
        LESSON,
        right="none",
        yes="No path leads from a masked token to that loss, so every gradient is 0.",
        wrong=(
            Wrong(
                "value",
                "its value is still in the sum",
                "It is multiplied by a weight of exactly 0. What is the derivative of 0 * value "
                "for the value?",
            ),
            Wrong(
                "key",
                "its key is still compared",
                "Its score was replaced by minus infinity, whatever the key is. Does a path lead "
                "from the key to the loss?",
            ),
            Wrong(
                "query",
                "it still has a query",
                "Its query is for its OWN row. It plays no part in the row of `f`.",
            ),
        ),
        measure=part_of_attention,
        otherwise='Give one answer: "query", "key", "value" or "none".',
    ),
]
