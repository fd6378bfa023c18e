"""Questions of lesson 3: scalar autograd."""

import math

from course.exercises.exercises import Case, Exercise
from course.exercises.numbers import InvalidAnswerError, done
from course.exercises.questions import Question, Wrong
from course.solutions import lesson_03 as solution
from gptcore.scalar import Value
from gptcore.scalar.value import topological_order

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
    if not all(hasattr(y, name) for name in ("data", "parents", "local_grads")):
        raise InvalidAnswerError(f"tanh returned a {type(y).__name__}; it must return a Value")
    if not isinstance(y.parents, tuple) or not isinstance(y.local_grads, tuple):
        raise InvalidAnswerError(
            "parents and local_grads are tuples: (x,) with a comma, even for one"
        )
    product = Value(longer.data * start, "*", (longer, again), (start, longer.data))
    for result in (y, product):
        run_backward(result)
    return {"y.data": y.data, "gradient of y": x.grad, "gradient of y * x": again.grad}


def run_backward(result) -> None:
    """Backpropagation through nodes of any class: the reader's own and the package's."""
    order = topological_order(result)
    result.grad = 1.0
    for node in reversed(order):
        for parent, local_grad in zip(node.parents, node.local_grads):
            parent.grad += local_grad * node.grad


def as_a_set(answer):
    """Letters in a list, or in one text, are those letters."""
    if isinstance(answer, str):
        answer = [letter for letter in answer.upper() if letter in "ABCD"]
    return set(answer) if isinstance(answer, (list, tuple)) else answer


def first_wrong_order(answer) -> str:
    """Why an order in the reader's set is wrong, or which order is missing."""
    letters = as_a_set(answer)
    letters = {str(letter).upper() for letter in letters} if isinstance(letters, set) else set()
    if "A" in letters:
        return "A begins with a and b. They have no gradient yet: only L has one at the start."
    if "C" in letters:
        return "In C, c is visited before d has added to its gradient."
    return (
        "L first; then d, which passes its gradient to c and a; then c. Answer with a set of "
        "letters."
    )


def praise(tanh) -> str:
    """What is said of a right tanh depends on what it costs."""
    stack, nodes = [tanh(Probe(0.5))], 0
    while stack:
        node = stack.pop()
        nodes += bool(node.parents)
        stack.extend(node.parents)
    if nodes == 1:
        return "One node, with its local gradient computed from the output."
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
                "You followed `a * b`, with the local gradient 3. But `a` occurs twice.",
            ),
            Wrong(0.001, "only the sum counts", "You saw the `+ a` and held `a * b` still."),
            Wrong(
                0.006,
                "the value is the gradient",
                "6 is the value of `a * b`, not how fast it grows.",
            ),
            Wrong(
                4,
                "the gradient is the change",
                "4 is the change for each 1 of `a`. It grew by 0.001 only.",
            ),
        ),
        otherwise="Compute it: 2.001 * 3 + 2.001, and take 8 away.",
    ),
    Question(
        "nodes behind one loss",
        LESSON,
        right=11_217,
        tolerance=0.5,
        yes="The right size. It is 11,217: 3,536 parameters, 240 constants, and 7,441 results of "
        "one operation each.",
        wrong=(
            Wrong(
                4_192,
                "one node for each parameter",
                "4,192 is the number of parameters. Each product and each sum of them is a node, "
                "too.",
            ),
            Wrong(
                27,
                "one node for each letter",
                "27 logits come out at the end. How many nodes does it take to compute them?",
            ),
            Wrong(
                3_536,
                "only parameters are nodes",
                "3,536 are the parameters alone. Each product and each sum of them is a node, too.",
            ),
            Wrong(
                100_000,
                "each parameter is used many times",
                "Fewer. For one letter, most parameters are used once: one product, one sum.",
                lambda given: given and isinstance(given[0], float) and given[0] > 16_825,
            ),
        ),
        otherwise="3,536 parameters, about one product for each, and about one sum for each "
        "product.",
    ),
    Question(
        "a.grad after a second backward pass",
        LESSON,
        right=8,
        tolerance=0,
        yes="The second pass adds its 4 to the first. Inputs keep their gradients.",
        wrong=(
            Wrong(4, "each pass starts from 0", "Look at `+=`. Who sets a.grad back to 0?"),
            Wrong(16, "passes multiply", "Gradients along a path multiply. Here two passes add."),
            Wrong(11, "all nodes keep theirs", "c.grad would be 2 then. `backward` resets c."),
            Wrong(0, "the passes cancel", "Both passes add 4, with the same sign."),
        ),
        otherwise="The first pass gave 4. What does `+=` do with it?",
    ),
    Question(
        "points on the right side",
        LESSON,
        right=46,
        tolerance=0.0436,  # 44 to 48
        yes="Nearly all: thirty lines of engine are enough for a closed border.",
        wrong=(
            Wrong(
                0.9,
                "a count is a fraction",
                "Give the number of points, from 0 to 48, not a fraction.",
                lambda given: given and isinstance(given[0], float) and 0 < given[0] <= 1,
            ),
            Wrong(
                24,
                "the labels cannot be learned",
                "24 is what a coin gets right. A trained network does better.",
                lambda given: given and isinstance(given[0], float) and 1 < given[0] <= 24,
            ),
            Wrong(
                42,
                "several points stay wrong",
                "More. The border can bend round even more of the points.",
                lambda given: given and isinstance(given[0], float) and 40 < given[0] < 44,
            ),
            Wrong(
                100,
                "the points are a percentage",
                "There are only 48 points.",
                lambda given: given and isinstance(given[0], float) and given[0] > 48,
            ),
            Wrong(
                36,
                "the border is a straight line",
                "The best straight line gets 35 to 39. Eight units can bend the border.",
                lambda given: given and isinstance(given[0], float) and 24 < given[0] <= 40,
            ),
        ),
        otherwise="There are 48 points. Guess a number up to 48.",
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
                "the derivative uses the input",
                "At x = 2 your local gradient is -3, but tanh only rises. It is 1 - OUTPUT "
                "squared.",
            ),
            Wrong(
                lambda x: Value(math.tanh(x.data), "tanh", (x,), (1.0,)),
                "the local gradient is 1",
                "Your local gradient is 1 everywhere, but tanh is nearly flat at x = 2. It is 1 "
                "- output squared.",
            ),
            Wrong(
                lambda x: Value(math.tanh(x.data), "tanh", (x,), (1 - math.tanh(x.data),)),
                "1 - output squared is 1 - output",
                "Square it: 1 - y * y. At x = -2 yours is 1.96, but tanh is flat there.",
            ),
            Wrong(
                lambda x: Value(math.tanh(x.data), "tanh", (x,), (1 - math.tanh(x.data**2),)),
                "the square belongs to the input",
                "You squared the input before tanh. Compute tanh first, then square the output.",
            ),
            Wrong(
                lambda x: Value(math.tanh(x.data)),
                "the number is enough",
                "The number is right, but the node has no parents, so no gradient reaches x.",
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
                "6 is what the last path alone gives to x. That is `=` where `+=` is meant: "
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
                "the direct path is the only one",
                "8 is the direct path, L = v * x. The paths through v add 8 more. All count.",
            ),
            Wrong(
                {**solution.gradients, "x": 10},
                "a path through two others does not count",
                "8 directly and 2 through v. But v is also made of u, and u is made of x.",
            ),
            Wrong(
                {**solution.gradients, "x": 14},
                "a number added directly does not count",
                "8 directly and 6 through u. But in v = u + x there is one more x.",
            ),
            Wrong(
                {**solution.gradients, "three": 2},
                "what arrives at u is the gradient of its inputs",
                "2 arrives at u. Multiply it by the local gradient of u = three * x with respect "
                "to three.",
            ),
            Wrong(
                {"L": 16, "v": 8, "u": 6, "three": 3, "x": 2},
                "the number is the gradient",
                "These are the numbers themselves. A gradient says how fast L grows with each.",
            ),
            Wrong(
                {**solution.gradients, "three": 0},
                "a fixed number has no gradient",
                "`three` is an input like x. If it grew, L would grow: follow the path through u.",
            ),
        ),
    ),
    Question(
        "right_orders",
        LESSON,
        right=solution.right_orders,
        measure=as_a_set,
        otherwise=first_wrong_order,
        yes="L, then d, then c, because d adds to c. a and b may come in any order.",
        wrong=(
            Wrong(
                {"A"},
                "in the order of creation",
                "A is the order of the FORWARD pass. In this order no node has a gradient yet when "
                "it is visited.",
            ),
            Wrong(
                {"A", "B", "C", "D"},
                "any order will do, += makes it right",
                "+= adds correctly, but a node that is visited too early passes on too little. In "
                "C, c is visited before d has added to it.",
            ),
            Wrong(
                {"B", "C", "D"},
                "after L any order will do",
                "C is wrong: c receives gradients from L and from d, and C visits it between the "
                "two.",
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
        "derivative of -ln p at p = 0.1",
        LESSON,
        right=-10,
        yes="-1 / 0.1. The smaller the probability of the right letter, the larger the gradient.",
        wrong=(
            Wrong(10, "the sign does not matter", "Right size. But when p grows, -ln p falls."),
            Wrong(-0.1, "the derivative is -p", "The derivative of ln p is 1 / p, not p."),
            Wrong(
                2.303,
                "the value is the derivative",
                "2.303 is -ln 0.1 itself. How fast does it change when p does?",
            ),
        ),
        otherwise="The derivative of ln p is 1 / p. Mind the minus sign.",
    ),
]
