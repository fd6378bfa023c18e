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


def askew(weights):
    """The slopes of a valley that lies askew: x * x + x * y + y * y."""
    x, y = weights
    return [2 * x + y, x + 2 * y]


def a_step_from(place: list[float], rate: float) -> Case:
    """Where a reader's step leads in that valley."""
    return Case(
        f"one_step({place}, slopes_at, {rate}), where slopes_at({place}) is {askew(place)}",
        lambda one_step: one_step(list(place), askew, rate),
    )


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
                "not have; the arrow that also turns those down is steeper, at the same length.",
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
    Exercise(
        "slope_at",
        LESSON,
        right=solution.slope_at,
        cases=tuple(map(asked_about, range(3))),
        yes="Right to eight digits and more, and every number is back in its place.",
        wrong=(
            Wrong(
                not_put_back,
                "the numbers may stay where they were moved to",
                "You left a number where the step had put it. The next slope is then taken from "
                "another place than the first. Put it back, exactly as it was.",
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
                "the smaller the step, the exacter",
                "Your slope is 0 or wild. A float has sixteen digits: at 2.0, a step of 1e-15 is "
                "at the very edge of them. Try 1e-5.",
                fits=lambda outcomes: (
                    of_all(step_between(0, 1e-12, 1))(outcomes)
                    or of_all(step_between(0, 1e-12, 2))(outcomes)
                ),
            ),
            Wrong(
                by_one_side,
                "one side is enough",
                "Right to a few digits. Step to both sides and divide by twice the step: then what "
                "the curve bends by cancels.",
                fits=lambda outcomes: (
                    of_all(step_between(1e-12, 1e-3, 1))(outcomes)
                    and of_all(times_the_slope(1))(outcomes)
                ),
            ),
            Wrong(
                not_divided,
                "the rise is the slope",
                "That is how much f rises between your two places, not yet a slope: divide it by "
                "the way between them, two steps.",
                fits=of_all(made_of_the_rise(lambda rise, step: rise)),
            ),
            Wrong(
                lambda f, numbers, i: not_divided(f, numbers, i, by=1e-5 / 2),
                "/ 2 * step divides by both",
                "`/ 2 * step` divides by 2 and then multiplies by the step. Put brackets around "
                "what stands below the line: / (2 * step).",
                fits=of_all(made_of_the_rise(lambda rise, step: rise / 2 * step)),
            ),
            Wrong(
                lambda f, numbers, i: 2 * solution.slope_at(f, numbers, i),
                "the way is one step long",
                "Twice the slope. From one step below to one step above are TWO steps: divide by "
                "2 * step.",
                fits=of_all(times_the_slope(2)),
            ),
            Wrong(
                lambda f, numbers, i: -solution.slope_at(f, numbers, i),
                "below minus above",
                "Right size, wrong sign: what it is above, minus what it is below.",
                fits=of_all(times_the_slope(-1)),
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
                "Roughly right. Your step is so large that it sees the curve bend: try 1e-5.",
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
        "slopes_of_logits",
        LESSON,
        right=solution.slopes_of_logits,
        cases=(
            case("slopes_of_logits", [1.8, 0.0, 1.1], 1),
            case("slopes_of_logits", [0.0, -1.0, 2.0, 0.5], 0),
        ),
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
    Exercise(
        "one_step",
        LESSON,
        right=solution.one_step,
        cases=(a_step_from([3.0, -1.0], 0.1), a_step_from([-2.0, 0.5], 0.5)),
        tolerance=1e-6,
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
            Wrong(
                lambda weights, slopes_at, rate: [
                    w - rate * abs(slope) for w, slope in zip(weights, slopes_at(weights))
                ],
                "down means that a weight becomes smaller",
                "Right where the slope is above 0. Where it is below 0, downhill is the other way: "
                "take rate * slope away with the sign that it has.",
            ),
        ),
    ),
    Question(
        "the loss that knows nothing",
        LESSON,
        right=solution.knows_nothing,
        measure=or_rounded(solution.knows_nothing),
        tolerance=1e-9,
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
