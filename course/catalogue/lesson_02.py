"""Questions of lesson 2: which way is down?"""

from collections.abc import Callable
from math import cos, exp, isclose, log, sin

from course.exercises.exercises import Case, Exercise, case
from course.exercises.numbers import InvalidAnswerError, close, done, plain
from course.exercises.questions import Question, Wrong
from course.exercises.rounding import or_rounded
from course.solutions import lesson_02 as solution

LESSON = "02_gradient_descent"
NUMBERS = [2.0, -3.0, 0.7]
SLOPES = [-12.0, 4.0, cos(0.7)]  # of a * a * b + sin c, on paper
SLOPE_AT = "slope_at(lambda n: n[0] * n[0] * n[1] + sin(n[2]), [2.0, -3.0, 0.7], {})"


def asked_about(i: int) -> Case:
    """One slope, with all that was asked on the way to it."""
    return Case(
        SLOPE_AT.format(i),
        lambda slope_at: watched(slope_at, i),
        rule=what_a_slope_lacks,
        shows=lambda seen: [seen["slope"], seen["numbers afterwards"]],
    )


def watched(slope_at, i: int) -> dict:
    """The reader's slope for number i; from which places f was asked, and what it answered."""
    numbers, asked = list(NUMBERS), []

    def f(n):
        height = n[0] * n[0] * n[1] + sin(n[2])
        asked.append([[one - other for one, other in zip(n, NUMBERS)], height])
        return height

    slope = plain(done(slope_at(f, numbers, i)))
    if not isinstance(slope, (int, float)):
        raise InvalidAnswerError("slope_at must give back one number")
    return {"slope": slope, "numbers afterwards": numbers, "i": i, "asked": asked}


def what_a_slope_lacks(seen: dict) -> str:
    """What should have come out, beside what did; "" if the slope is right to 8 digits."""
    exact = SLOPES[seen["i"]]
    if seen["numbers afterwards"] == NUMBERS and close(seen["slope"], exact, 1e-8):
        return ""
    return f"the slope {exact:.9g}, to 8 digits, and the numbers afterwards as they were, {NUMBERS}"


def steps(seen: dict) -> tuple[float, float] | None:
    """How far below and above number i f was asked; None if it was asked from elsewhere."""
    moves = [moved for moved, _ in seen["asked"]]
    if any(step for moved in moves for j, step in enumerate(moved) if j != seen["i"]) or not moves:
        return None
    along = [moved[seen["i"]] for moved in moves]
    return min(along), max(along)


def of_all(fits: Callable[[dict], bool]) -> Callable[[list], bool]:
    """Whether it fits each of the three slopes."""
    return lambda outcomes: all(isinstance(seen, dict) and fits(seen) for seen in outcomes)


def of_any(fits: Callable[[dict], bool]) -> Callable[[list], bool]:
    return lambda outcomes: any(isinstance(seen, dict) and fits(seen) for seen in outcomes)


def left_elsewhere(seen: dict) -> bool:
    left = seen["numbers afterwards"]
    return len(left) == 3 and any(abs(a - b) > 1e-12 for a, b in zip(left, NUMBERS))


def left_by_rounding(seen: dict) -> bool:
    return seen["numbers afterwards"] != NUMBERS and not left_elsewhere(seen)


def times_the_slope(factor: float) -> Callable[[dict], bool]:
    return lambda seen: close(seen["slope"], factor * SLOPES[seen["i"]], 1e-3)


def made_of_the_rise(slope_of: Callable[[float, float], float]) -> Callable[[dict], bool]:
    """Whether the slope is that function of the rise and of the step on either side."""

    def fits(seen: dict) -> bool:
        below, above = steps(seen) or (0, 0)
        if not below < 0 < above < 0.1 or not isclose(-below, above, rel_tol=1e-3):
            return False
        heights = {moved[seen["i"]]: height for moved, height in seen["asked"]}
        rise = heights[above] - heights[below]
        return isclose(seen["slope"], slope_of(rise, above), rel_tol=1e-3)

    return fits


def step_between(least: float, most: float, sides: int) -> Callable[[dict], bool]:
    """Whether f was asked on so many sides, from so far away."""

    def fits(seen: dict) -> bool:
        below, above = steps(seen) or (0, 0)
        return (below < 0) + (above > 0) == sides and least < max(above, -below) <= most

    return fits


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


def not_divided(f, numbers, i, step=1e-5, by=1.0):
    above, below = list(numbers), list(numbers)
    above[i] += step
    below[i] -= step
    return (f(above) - f(below)) * by


def put_back_by_adding(f, numbers, i):
    numbers[i] += 1e-5
    above = f(numbers)
    numbers[i] -= 2e-5
    below = f(numbers)
    numbers[i] += 1e-5
    return (above - below) / 2e-5


def too_small(f, numbers, i):
    return by_one_side(f, numbers, i, step=1e-15)


def softmax(logits):
    return [exp(logit) / sum(map(exp, logits)) for logit in logits]


def askew(parameters):
    """The gradient of a valley that is at an angle: x * x + x * y + y * y."""
    x, y = parameters
    return [2 * x + y, x + 2 * y]


def a_step_from(place: list[float], rate: float) -> Case:
    """Where a reader's step leads in that valley."""
    return Case(
        f"one_step({place}, gradient_at, {rate}), where gradient_at({place}) is {askew(place)}",
        lambda one_step: one_step(list(place), askew, rate),
    )


def one_after_another(parameters, gradient_at, rate):
    """Moves the first parameter, then computes the slope of the second."""
    parameters = list(parameters)
    for i in range(len(parameters)):
        parameters[i] -= rate * gradient_at(parameters)[i]
    return parameters


QUESTIONS = [
    Question(
        "direction that lowers the loss most",
        LESSON,
        right="C",
        yes="`m` lacks 0.9, and the five others have it. Each gives back what it has too much.",
        wrong=(
            Wrong(
                "A",
                "only the right answer has to change",
                "That lowers the loss, but not most. The five other letters share 0.9 that they "
                "should not have. Moving some of the length to them lowers the loss more.",
            ),
            Wrong(
                "B",
                "all wrong answers are equally wrong",
                "`n` has 0.4 that it should not have, `a` only 0.05. Should both move equally far? "
                "(Moving all others down equally is the same as moving `m` up, by the way.)",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "smallest learning rate that does not converge",
        LESSON,
        right=0.1,
        yes="y becomes y - 0.1 * 20 y = -y: equally far on the other side, for ever. Each larger "
        "rate diverges.",
        wrong=(
            Wrong(
                0.05,
                "a step beyond the minimum is divergence",
                "At 0.05 one step takes y to y - y = 0, exactly to the floor. A bit more, and it "
                "lands on the other side, but closer than before. That still converges.",
            ),
            Wrong(
                2,
                "the flat direction sets the limit",
                "2 is the limit ALONG the valley: x - 2 x = -x. In the steep direction, across, "
                "the limit is much lower.",
            ),
            Wrong(
                1,
                "a rate of 1 is the limit",
                "At 1, y becomes y - 20 y = -19 y. Which rate makes it -y?",
            ),
            Wrong(
                0.2,
                "a rate that diverges is the smallest one",
                "With this rate y does not come closer to 0. But smaller rates fail, too: for "
                "which one does y become -y?",
                lambda given: given and isinstance(given[0], float) and given[0] > 0.1,
            ),
            Wrong(
                0.01,
                "a slow rate does not converge",
                "With this rate y still comes closer to 0: it becomes y - rate * 20 y. For which "
                "rate is that -y?",
                lambda given: given and isinstance(given[0], float) and 0 < given[0] < 0.1,
            ),
        ),
        otherwise="Across the valley a step turns y into y - rate * 20 y. For which rate is that "
        "-y?",
    ),
    Question(
        "why the second loss stays above 3.1",
        LESSON,
        right="B",
        yes="Its inputs to the last softmax are between 0 and 1, so no probability can be above "
        "e / (e + 26), which is 0.095.",
        wrong=(
            Wrong(
                "A",
                "a loss that does not fall needs a larger learning rate",
                "Try it: `*_, last = second_fit(counts, 40, 200, Random(1))`, then "
                "`table_loss(last)`. It stays above 3. And no learning rate explains why the "
                "largest probability stops below 0.095 in each run.",
            ),
            Wrong(
                "C",
                "a loss that does not fall has the wrong sign",
                "With the wrong sign the loss would rise, to far above 3.3. Here it falls a "
                "little and then stays.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Exercise(
        "slope_at",
        LESSON,
        right=solution.slope_at,
        cases=tuple(map(asked_about, range(3))),
        yes="Right to eight digits and more, and every number is back where it was.",
        wrong=(
            Wrong(
                not_put_back,
                "the numbers may stay where they were moved to",
                "A number is still where your step moved it. The next slope is then measured at "
                "another place. Put the number back, exactly as it was.",
                fits=of_any(left_elsewhere),
            ),
            Wrong(
                put_back_by_adding,
                "what was added and taken away is gone",
                "A number is not quite what it was: taking the step away again is rounded in the "
                "last digit. Keep the number before you move it, and put that one back.",
                fits=of_any(left_by_rounding),
            ),
            Wrong(
                too_small,
                "a smaller step is more exact",
                "Your slope is 0 or far off. A float has sixteen digits, so at 2.0 a step of 1e-15 "
                "is nearly lost. Try 1e-5.",
                fits=lambda outcomes: (
                    of_all(step_between(0, 1e-12, 1))(outcomes)
                    or of_all(step_between(0, 1e-12, 2))(outcomes)
                ),
            ),
            Wrong(
                by_one_side,
                "one side is enough",
                "Right to a few digits. Step to both sides and divide by twice the step: then most "
                "of the error from the bend of the curve cancels.",
                fits=lambda outcomes: (
                    of_all(step_between(1e-12, 1e-3, 1))(outcomes)
                    and of_all(times_the_slope(1))(outcomes)
                ),
            ),
            Wrong(
                lambda f, numbers, i: not_divided(f, numbers, i, step=1e-9, by=0.5e9),
                "the smallest step that moves anything is best",
                "Nearly right, but the two values of f are so close that their difference keeps "
                "only a few digits. Take a larger step: 1e-5.",
                fits=lambda outcomes: (
                    of_all(step_between(1e-12, 1e-6, 2))(outcomes)
                    and of_all(times_the_slope(1))(outcomes)
                ),
            ),
            Wrong(
                not_divided,
                "the difference is the slope",
                "That is the difference of f between your two places, not yet a slope: divide it "
                "by the distance between them, two steps.",
                fits=of_all(made_of_the_rise(lambda rise, step: rise)),
            ),
            Wrong(
                lambda f, numbers, i: not_divided(f, numbers, i, by=1e-5 / 2),
                "/ 2 * step divides by both",
                "`/ 2 * step` divides by 2 and then multiplies by the step. You need brackets: "
                "/ (2 * step).",
                fits=of_all(made_of_the_rise(lambda rise, step: rise / 2 * step)),
            ),
            Wrong(
                lambda f, numbers, i: 2 * solution.slope_at(f, numbers, i),
                "the distance is one step",
                "Twice the slope. The distance from one step below to one step above is TWO steps: "
                "divide by 2 * step.",
                fits=of_all(times_the_slope(2)),
            ),
            Wrong(
                lambda f, numbers, i: -solution.slope_at(f, numbers, i),
                "below minus above",
                "Right size, wrong sign: subtract f below from f above.",
                fits=of_all(times_the_slope(-1)),
            ),
            Wrong(
                lambda f, numbers, i: by_one_side(f, numbers, i) / 2,
                "one side, divided by two steps",
                "Half the slope. You moved to one side, so the distance is ONE step. Better: move "
                "to both sides, and divide by two.",
                fits=of_all(times_the_slope(0.5)),
            ),
            Wrong(
                lambda f, numbers, i: solution.slope_at(f, numbers, 0),
                "there is one number",
                "That is the slope of number 0, every time. Move number i.",
                fits=of_all(lambda seen: close(seen["slope"], SLOPES[0], 1e-3)),
            ),
            Wrong(
                lambda f, numbers, i: not_divided(f, numbers, i, step=0.1, by=5),
                "any step will do",
                "Roughly right. Over such a large step the curve bends: try 1e-5.",
                fits=lambda outcomes: (
                    of_all(step_between(1e-4, 0.5, 2))(outcomes)
                    and of_all(lambda seen: isclose(seen["slope"], SLOPES[seen["i"]], rel_tol=0.2))(
                        outcomes
                    )
                ),
            ),
        ),
    ),
    Exercise(
        "logits_gradient",
        LESSON,
        right=solution.logits_gradient,
        cases=(
            case("logits_gradient", [1.8, 0.0, 1.1], 1),
            case("logits_gradient", [0.0, -1.0, 2.0, 0.5], 0),
        ),
        tolerance=1e-6,
        yes="Probabilities minus one-hot: a softmax and one subtraction.",
        wrong=(
            Wrong(
                lambda logits, target: [
                    -1 / p if i == target else 0.0 for i, p in enumerate(softmax(logits))
                ],
                "the slope for p is the slope for the logit",
                "-1 / p is the slope for p itself. But one higher logit lowers all other p, so "
                "every logit has a slope.",
            ),
            Wrong(
                lambda logits, target: [(i == target) - p for i, p in enumerate(softmax(logits))],
                "the gradient points downhill",
                "Right size, wrong sign: the gradient points to where the loss GROWS. With yours, "
                "`- rate * gradient` would make the loss larger.",
            ),
            Wrong(
                lambda logits, target: softmax(logits),
                "the gradient is the probability for every letter",
                "These are the probabilities. Subtract the one-hot row: 1 for the letter that "
                "came, 0 for the others.",
            ),
            Wrong(
                lambda logits, target: [x - (i == target) for i, x in enumerate(logits)],
                "logits are probabilities",
                "You subtracted from the logits themselves. Apply softmax to them first.",
            ),
            Wrong(
                lambda logits, target: softmax(logits)[target] - 1,
                "only the letter that came has a slope",
                "That is the slope of one logit. The others have a slope, too: return a list "
                "with one number for each logit.",
            ),
        ),
    ),
    Exercise(
        "one_step",
        LESSON,
        right=solution.one_step,
        cases=(a_step_from([3.0, -1.0], 0.1), a_step_from([-2.0, 0.5], 0.5)),
        tolerance=1e-6,
        yes="The whole gradient belongs to one place: compute it first, then move.",
        wrong=(
            Wrong(
                lambda parameters, gradient_at, rate: [
                    w + rate * slope for w, slope in zip(parameters, gradient_at(parameters))
                ],
                "a step follows the gradient",
                "Uphill. The gradient says where the loss GROWS; from 27 equal logits, a step of "
                "1 this way takes the loss from 3.30 to 4.27.",
            ),
            Wrong(
                one_after_another,
                "each parameter may move as soon as its slope is known",
                "You moved the first parameter and then computed the slope of the second, at "
                "another place. Compute the whole gradient first, then move.",
            ),
            Wrong(
                lambda parameters, gradient_at, rate: [
                    -rate * slope for slope in gradient_at(parameters)
                ],
                "the step is the new place",
                "That is the step alone. Add it to the parameters.",
            ),
            Wrong(
                lambda parameters, gradient_at, rate: [
                    w - slope for w, slope in zip(parameters, gradient_at(parameters))
                ],
                "the gradient is the step",
                "Your step is the whole gradient. Multiply it by the learning rate first.",
            ),
            Wrong(
                lambda parameters, gradient_at, rate: [
                    w - rate * abs(slope) for w, slope in zip(parameters, gradient_at(parameters))
                ],
                "downhill means that a parameter becomes smaller",
                "Right where the slope is above 0. Where it is below 0, downhill is the other way: "
                "subtract rate * slope with its sign.",
            ),
        ),
    ),
    Question(
        "loss of an untrained model",
        LESSON,
        right=solution.untrained_loss,
        measure=or_rounded(solution.untrained_loss),
        tolerance=1e-9,
        yes="ln 27, ln 65, ln 50304. An untrained model gives each token the same probability.",
        wrong=(
            Wrong(
                {"27 tokens": 27, "65 characters": 65, "50,304 tokens": 50_304},
                "the loss is the number of choices",
                "Those are the numbers of choices. The loss of one of them is the logarithm.",
            ),
            Wrong(
                {"27 tokens": 1 / 27, "65 characters": 1 / 65, "50,304 tokens": 1 / 50_304},
                "the probability is the loss",
                "Those are the probabilities. The loss is -ln of them.",
            ),
            Wrong(
                {
                    "27 tokens": log(27) / log(2),
                    "65 characters": log(65) / log(2),
                    "50,304 tokens": log(50_304) / log(2),
                },
                "log is the logarithm to the base 2",
                "Right, in bits. This course counts in nats: the natural logarithm.",
            ),
        ),
        otherwise="Each of n tokens has the probability 1/n, and the loss is -ln of that.",
    ),
]
