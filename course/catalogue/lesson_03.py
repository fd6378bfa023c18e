"""Questions of lesson 3: who is to blame for the loss?"""

import math

from course.exercises.exercises import Case, Exercise
from course.exercises.numbers import InvalidAnswerError, done
from course.exercises.questions import Question, Wrong
from course.solutions import lesson_03 as solution
from gptcore.scalar import Value

LESSON = "03_scalar_autograd"


class Probe(Value):
    """A number for the reader's tanh that does not lend the engine's own."""

    __slots__ = ()

    def tanh(self):
        raise InvalidAnswerError("that is the engine's own tanh; make yours from x.data")

    def __float__(self):
        raise InvalidAnswerError("math works on plain numbers; give it x.data, the number inside")


def at(start: float) -> Case:
    """What a reader's tanh answers at one place, and what backward makes of it."""
    return Case(f"y = tanh(x) for x = Value({start})", lambda tanh: output_and_slopes(tanh, start))


def output_and_slopes(tanh, start: float) -> dict[str, float]:
    x, again = Probe(start), Probe(start)
    y, longer = done(tanh(x)), done(tanh(again))
    if not isinstance(y, Value):
        raise InvalidAnswerError(f"tanh gave back a {type(y).__name__}; it must be a Value")
    if not isinstance(y.parents, tuple) or not isinstance(y.local_grads, tuple):
        raise InvalidAnswerError(
            "parents and local_grads are tuples: (x,) with a comma, even for one"
        )
    y.backward()
    (longer * again).backward()
    return {"y.data": y.data, "slope of y": x.grad, "slope of y * x": again.grad}


def as_a_set(answer):
    """Letters in a list, or in one text, are those letters."""
    if isinstance(answer, str):
        answer = [letter for letter in answer.upper() if letter in "ABCD"]
    return set(answer) if isinstance(answer, (list, tuple)) else answer


def praise(tanh) -> str:
    """What is said of a right tanh depends on what it costs."""
    stack, nodes = [tanh(Probe(0.5))], 0
    while stack:
        node = stack.pop()
        nodes += bool(node.parents)
        stack.extend(node.parents)
    if nodes == 1:
        return "One node, and the slope told from the output."
    return f"Right, and it costs {nodes} operations. Can you do it in ONE node?"


QUESTIONS = [
    Question(
        "L grows by",
        LESSON,
        right=0.004,
        yes="3 through the product, and 1 more because `a` is also added.",
        wrong=(
            Wrong(
                0.003,
                "only the product counts",
                "You followed `a * b`, where `a` is worth 3. But `a` stands in that line twice.",
            ),
            Wrong(0.001, "only the sum counts", "You saw the `+ a` and held `a * b` still."),
            Wrong(0.006, "the value is the slope", "6 is what `a * b` is, not how fast it grows."),
            Wrong(
                4, "the slope is the growth", "4 for each 1 that `a` grows. It grew by 0.001 only."
            ),
        ),
        otherwise="Compute it: 2.001 * 3 + 2.001, and take 8 away.",
    ),
    Question(
        "numbers behind one surprise",
        LESSON,
        right=11_217,
        tolerance=0.5,
        yes="11,217: 3,536 of the weights, 240 constants, and 7,441 results of one operation each.",
        wrong=(
            Wrong(
                4_192,
                "one number for each weight",
                "4,192 is the number of weights. What they are multiplied with, and every "
                "product and sum that comes out, is a number, too.",
            ),
            Wrong(
                27,
                "one number for each answer",
                "27 come out at the end. How many have to be computed to get there?",
            ),
        ),
        otherwise="There are 4,192 weights; most of them are multiplied once, and each product "
        "is added once.",
    ),
    Exercise(
        "tanh",
        LESSON,
        right=solution.tanh,
        cases=tuple(map(at, (0.0, 0.5, 2.0, -1.0))),
        tolerance=1e-9,
        yes=praise,
        wrong=(
            Wrong(
                lambda x: Value(math.tanh(x.data), "tanh", (x,), (1 - x.data**2,)),
                "the slope is told from the input",
                "At x = 2 your slope is -3. Can a curve that only rises slope down? It is 1 - "
                "OUTPUT squared.",
            ),
            Wrong(
                lambda x: Value(math.tanh(x.data), "tanh", (x,), (1.0,)),
                "the slope is passed on as it is",
                "Your slope is 1 everywhere, but tanh is nearly flat at x = 2. It is 1 - output "
                "squared.",
            ),
            Wrong(
                lambda x: Value(math.tanh(x.data), "tanh", (x,), (1 - math.tanh(x.data),)),
                "1 - output squared is 1 - output",
                "Squared: 1 - y * y. Yours slopes by 1.96 at x = -2, where tanh is flat.",
            ),
            Wrong(
                lambda x: Value(math.tanh(x.data)),
                "the number is enough",
                "The number is right, but it has forgotten where it came from: no parents, so no "
                "blame reaches x.",
            ),
        ),
    ),
    Question(
        "gradients",
        LESSON,
        right=solution.gradients,
        tolerance=1e-6,
        otherwise="Follow every path from L down: along a path multiply, where paths meet add.",
        yes="8 directly, 2 through v, and 2 x 3 through v and u: 16.",
        wrong=(
            Wrong(
                {**solution.gradients, "x": 6},
                "the last path is the gradient",
                "6 for x is what the last path alone brings. That is `=` where `+=` is meant: "
                "three paths lead from x to L.",
            ),
            Wrong(
                {**solution.gradients, "x": 96},
                "paths are multiplied with each other",
                "For x you multiplied the three paths: 8 x 2 x 6. Along a path multiply; where "
                "paths meet, add.",
            ),
            Wrong(
                {**solution.gradients, "x": 8},
                "half of the paths is all of them",
                "8 reach x directly, through L = v * x. As much again comes through v. Both count.",
            ),
            Wrong(
                {**solution.gradients, "x": 10},
                "a path through two others does not count",
                "8 directly and 2 through v. But v is made of u, and u of x as well.",
            ),
            Wrong(
                {**solution.gradients, "x": 14},
                "a number added directly does not count",
                "8 directly and 6 through u. But in v = u + x there is one more x.",
            ),
        ),
    ),
    Question(
        "right_orders",
        LESSON,
        right=solution.right_orders,
        measure=as_a_set,
        otherwise="L first; then d, which hands blame to c and to a; then c. Answer with a "
        "set of letters.",
        yes="L, then d, then c, for d still has blame for c. Between a and b any order will do.",
        wrong=(
            Wrong(
                {"A"},
                "in the order of creation",
                "A is the order in which they were MADE. Walked that way, nobody has any blame yet "
                "when it is asked to hand it on.",
            ),
            Wrong(
                {"A", "B", "C", "D"},
                "any order will do, += makes it right",
                "+= adds whenever it comes, but a node that has handed on too early has handed on "
                "too little. In C, c is asked before d has given it its share.",
            ),
            Wrong(
                {"B", "C", "D"},
                "after L any order will do",
                "C is not: c gets blame from L and from d, and there it is asked between the two.",
            ),
            Wrong(
                {"B"},
                "there is one right order",
                "B is right. Does it matter whether a or b comes first, once c is done?",
            ),
            Wrong(
                {"D"},
                "there is one right order",
                "D is right. Does it matter whether a or b comes first, when d and c are done?",
            ),
        ),
    ),
    Question(
        "slope of -log p at p = 0.1",
        LESSON,
        right=-10,
        yes="-1 / 0.1. The less likely the truth was held to be, the harder the push.",
        wrong=(
            Wrong(10, "the sign does not matter", "Right size. But when p grows, -log p falls."),
            Wrong(-0.1, "the slope is -p", "The slope of log p is 1 / p, not p."),
            Wrong(
                2.303,
                "the value is the slope",
                "2.303 is -log 0.1 itself. How fast does it change when p does?",
            ),
        ),
        otherwise="The slope of log p is 1 / p.",
    ),
]
