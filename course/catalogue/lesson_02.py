"""Questions of lesson 2: which way is down?"""

from math import cos, exp, isclose, log, sin

from course.numbers import done
from course.questions import Question, Wrong
from course.solutions import lesson_02 as solution

LESSON = "02_slopes_by_hand"
NUMBERS = [2.0, -3.0, 0.5]
SLOPES = [-12.0, 4.0, cos(0.5)]  # of a * a * b + sin c, on paper


def exactness(slope_at) -> list[str]:
    """How good the reader's three slopes are, and whether the numbers are as they were."""
    numbers = list(NUMBERS)
    found = [done(slope_at(lambda n: n[0] * n[0] * n[1] + sin(n[2]), numbers, i)) for i in range(3)]
    if not all(isinstance(slope, (int, float)) for slope in found):
        raise ValueError("slope_at must give back one number")
    if numbers != NUMBERS:
        return ["the list of numbers was left changed"]
    for verdict, expected, tolerance in (
        ("right to 8 digits", SLOPES, 1e-8),
        ("right to 3 digits", SLOPES, 1e-3),
        ("twice the slope", [2 * exact for exact in SLOPES], 1e-3),
        ("the other sign", [-exact for exact in SLOPES], 1e-3),
        ("always the slope of number 0", SLOPES[:1] * 3, 1e-3),
        ("roughly right", SLOPES, 0.2),
    ):
        if all(isclose(s, e, rel_tol=tolerance) for s, e in zip(found, expected)):
            return [verdict]
    return ["wrong"]


def not_put_back(f, numbers, i):
    """Moves the number and leaves it there."""
    numbers[i] += 1e-5
    above = f(numbers)
    numbers[i] -= 2e-5
    return (above - f(numbers)) / 2e-5


def by_one_side(f, numbers, i, step=1e-5):
    moved = list(numbers)
    moved[i] += step
    return (f(moved) - f(numbers)) / step


def too_small(f, numbers, i):
    return by_one_side(f, numbers, i, step=1e-15)


def softmax(logits):
    return [exp(logit) / sum(map(exp, logits)) for logit in logits]


def slopes_of_two_rows(slopes_of_logits) -> list:
    """The reader's slopes for three letters and for four, the second and the first came."""
    rows = [([1.8, 0.0, 1.1], 1), ([0.0, -1.0, 2.0, 0.5], 0)]
    return [done(slopes_of_logits(list(row), came)) for row, came in rows]


def after_a_step(one_step) -> list:
    """Where a reader's step leads on a valley that lies askew: x * x + x * y + y * y."""

    def slopes_at(weights):
        x, y = weights
        return [2 * x + y, x + 2 * y]

    return [done(one_step([3.0, -1.0], slopes_at, 0.1)), done(one_step([0.0, 2.0], slopes_at, 0.5))]


def one_after_another(weights, slopes_at, rate):
    """Moves the first weight, then asks for the slope of the second."""
    weights = list(weights)
    for i in range(len(weights)):
        weights[i] -= rate * slopes_at(weights)[i]
    return weights


QUESTIONS = [
    Question(
        "which dials to turn",
        LESSON,
        right="C",
        yes="0.9 were missing at `m`, and the 26 others had them: each gives back what it had too "
        "much. You will see the numbers below.",
        wrong=(
            Wrong(
                "A",
                "only the right answer has to change",
                "It falls that way, but not fastest. 26 other letters share 0.9 that they should "
                "not have; a turn is well spent on the one that has most of it, too.",
            ),
            Wrong(
                "B",
                "all wrong answers are equally wrong",
                "A letter that was given 0.3 was wrong by 0.3, one that was given 0.001 hardly at "
                "all. Should both be turned equally far? (Turning all others down together is the "
                "same as turning `m` up, by the way.)",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "the rate from which it flies off",
        LESSON,
        right=0.1,
        yes="y becomes y - 0.1 * 20 y = -y: as far out on the other side, for ever. Any larger "
        "rate throws it further out with every step.",
        wrong=(
            Wrong(
                0.05,
                "to step over the bottom is to fly off",
                "At 0.05 one step takes y to y - y = 0, straight to the bottom. A bit more, and it "
                "lands on the other side, but nearer than it was.",
            ),
            Wrong(
                2,
                "the flat direction sets the limit",
                "2 is where it flies off ALONG the valley: x - 2 x = -x. The steep direction gives "
                "way long before.",
            ),
            Wrong(
                1,
                "a rate of 1 is the limit",
                "At 1, y becomes y - 20 y = -19 y. Which rate makes it -y?",
            ),
        ),
        otherwise="Across the valley a step turns y into y - rate * 20 y. For which rate is that "
        "-y?",
    ),
    Question(
        "what is wrong with the second MLP",
        LESSON,
        right="B",
        yes="It reads id / 27. So `b` lies between `a` and `c`, and `e` next to `d`: an order that "
        "means nothing, and in another order it is another model.",
        wrong=(
            Wrong(
                "A",
                "a stuck run has a wrong rate",
                "Make a fresh one and try: `m = second_mlp(characters, rng=Random(42)); "
                "list(m.train(train, 2300, 0.1))`, then with 1.0. It stays bad. And why would a "
                "rate care about the order of the letters?",
            ),
            Wrong(
                "C",
                "a stuck model is too small",
                "`MLP(characters, n_embd=1, rng=Random(42))` has one number for each letter, too, "
                "but it may learn them: it comes to about 2.62. And would a model that is too "
                "small care about the order of the letters?",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "slope_at",
        LESSON,
        right=solution.slope_at,
        measure=exactness,
        measured="the slopes of a * a * b + sin c",
        yes="Right to eight digits and more, and every number is back in its place.",
        wrong=(
            Wrong(
                too_small,
                "the smaller the step, the exacter",
                "Your slope is 0 or wild. A float has sixteen digits: at 2.0, a step of 1e-15 is "
                "at the very edge of them. Try 1e-5. (If your step is that, look at the sign.)",
            ),
            Wrong(
                by_one_side,
                "one side is enough",
                "Right to a few digits. Step to both sides and divide by twice the step: then what "
                "the curve bends by cancels. (If you do, your step is far from 1e-5: too large it "
                "sees the bend, too small it loses digits.)",
            ),
            Wrong(
                lambda f, numbers, i: 2 * solution.slope_at(f, numbers, i),
                "the way is one step long",
                "Twice the slope. From one step below to one step above are TWO steps: divide by "
                "2 * step.",
            ),
            Wrong(
                lambda f, numbers, i: -solution.slope_at(f, numbers, i),
                "below minus above",
                "Right size, wrong sign: what it is above, minus what it is below.",
            ),
            Wrong(
                lambda f, numbers, i: solution.slope_at(f, numbers, 0),
                "there is one number",
                "That is the slope of number 0, every time. Move number i.",
            ),
            Wrong(
                lambda f, numbers, i: by_one_side(f, numbers, i, step=0.1),
                "any step will do",
                "Roughly right. Your step is so large that it sees the curve bend: try 1e-5.",
            ),
            Wrong(
                not_put_back,
                "the numbers may stay where they were moved to",
                "You left a number where the step had put it. The next slope is then taken from "
                "another place than the first. Put it back, exactly as it was.",
            ),
        ),
    ),
    Question(
        "slopes_of_logits",
        LESSON,
        right=solution.slopes_of_logits,
        measure=slopes_of_two_rows,
        measured="for three logits and for four",
        tolerance=1e-6,
        yes="What was said minus what was. Two subtractions and a softmax, and no line of it is "
        "calculus any more.",
        wrong=(
            Wrong(
                lambda logits, came: [
                    -1 / p if i == came else 0.0 for i, p in enumerate(softmax(logits))
                ],
                "the slope for p is the slope for the logit",
                "-1 / p is the slope for p itself. But turning up one logit lowers all other p, "
                "so every one of them has a slope.",
            ),
            Wrong(
                lambda logits, came: [(i == came) - p for i, p in enumerate(softmax(logits))],
                "the push is the slope",
                "Right size, wrong sign: this is the way DOWN, and a slope points up. With it, "
                "`- rate * slope` would climb.",
            ),
            Wrong(
                lambda logits, came: softmax(logits),
                "what was said is the slope",
                "That is what was said. Subtract what was: 1 for the letter that came, 0 for the "
                "others.",
            ),
            Wrong(
                lambda logits, came: [x - (i == came) for i, x in enumerate(logits)],
                "logits are what was said",
                "You subtracted from the logits themselves. What was SAID are the probabilities.",
            ),
        ),
    ),
    Question(
        "one_step",
        LESSON,
        right=solution.one_step,
        measure=after_a_step,
        measured="after a step from (3, -1) at 0.1, and from (0, 2) at 0.5",
        yes="All slopes belong to one place: measured first, then moved.",
        wrong=(
            Wrong(
                lambda weights, slopes_at, rate: [
                    w + rate * slope for w, slope in zip(weights, slopes_at(weights))
                ],
                "one follows the slope",
                "Uphill. A slope says where the loss GROWS; from 27 equal logits, a step of 0.1 "
                "this way takes the surprise from 3.30 to 3.39.",
            ),
            Wrong(
                one_after_another,
                "each weight may move as soon as its slope is known",
                "You moved the first weight and then measured the slope of the second, from "
                "another place. Measure all of them first, then move.",
            ),
            Wrong(
                lambda weights, slopes_at, rate: [-rate * slope for slope in slopes_at(weights)],
                "the step is the new place",
                "That is the step. Where does it lead, from where the weights are?",
            ),
        ),
    ),
    Question(
        "the loss that knows nothing",
        LESSON,
        right=solution.knows_nothing,
        yes="ln 27, ln 65, ln 50304. (Remember that 4.17: it comes back later, and means "
        "something else.)",
        wrong=(
            Wrong(
                {"27 letters": 27, "65 letters": 65, "50,304 tokens": 50_304},
                "surprise counts choices",
                "Those are the choices. The surprise about one of them is their logarithm.",
            ),
            Wrong(
                {"27 letters": 1 / 27, "65 letters": 1 / 65, "50,304 tokens": 1 / 50_304},
                "the probability is the loss",
                "Those are the probabilities. The loss is -ln of them.",
            ),
            Wrong(
                {
                    "27 letters": log(27) / log(2),
                    "65 letters": log(65) / log(2),
                    "50,304 tokens": log(50_304) / log(2),
                },
                "log is the logarithm to the base 2",
                "Right, in bits. This course counts in nats: the natural logarithm.",
            ),
        ),
        otherwise="Knowing nothing about n choices costs ln n.",
    ),
]
