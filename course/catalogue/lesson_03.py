"""Questions of lesson 3: who is to blame for the loss?"""

import math

from course.numbers import done
from course.questions import Question, Wrong
from course.solutions import lesson_03 as solution
from gptcore.scalar import Value

LESSON = "03_scalar_autograd"


def outputs_and_slopes(tanh) -> list[float]:
    """What a reader's tanh answers at three places, and what backward makes of it."""
    numbers = []
    for start in (0.0, 0.5, 2.0):
        x = Value(start)
        y = done(tanh(x))
        if not isinstance(y, Value):
            raise ValueError(
                f"tanh gave back {y!r:.40}, a {type(y).__name__}; it must be a Value that "
                f"remembers x."
            )
        y.backward()
        numbers += [y.data, x.grad]
    return numbers


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
        "numbers behind one letter",
        LESSON,
        right=11_217,
        tolerance=0.5,
        yes="About eleven thousand: 3,776 of them typed in or drawn by chance, the rest computed.",
        wrong=(
            Wrong(
                4_192,
                "one number for each weight",
                "4,192 is the number of weights. Each is multiplied and added somewhere, and "
                "every result is a number, too.",
            ),
            Wrong(
                27,
                "one number for each answer",
                "27 come out at the end. How many have to be computed to get there?",
            ),
        ),
        otherwise="There are 4,192 weights; nearly every one is multiplied once and the product "
        "added once.",
    ),
    Question(
        "tanh",
        LESSON,
        right=solution.tanh,
        measure=outputs_and_slopes,
        yes="One node, and the slope told from the output.",
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
        yes="8 directly, 2 through v, and 2 x 3 through v and u: 16.",
        wrong=(
            Wrong(
                {**solution.gradients, "x": 6},
                "the last path is the gradient",
                "6 is what the last path alone brings. That is `=` where `+=` is meant: three "
                "paths lead from x to L.",
            ),
            Wrong(
                {**solution.gradients, "x": 96},
                "paths are multiplied with each other",
                "You multiplied the three paths: 8 x 2 x 6. Along a path multiply; where paths "
                "meet, add.",
            ),
            Wrong(
                {**solution.gradients, "x": 8},
                "only the direct path counts",
                "8 is the direct path, L = v * x. But v was made of x as well, and so was u.",
            ),
        ),
    ),
    Question(
        "right_orders",
        LESSON,
        right=solution.right_orders,
        yes="L first, then c, then whoever is left: a and b owe nothing to each other.",
        wrong=(
            Wrong(
                {"A"},
                "in the order of creation",
                "A is the order in which they were MADE. Walked that way, a and b would pass on "
                "blame that they have not got yet.",
            ),
            Wrong(
                {"A", "B", "C", "D"},
                "any order will do, += makes it right",
                "+= adds whenever it comes, but a node that has passed on too early passes on "
                "too little. In D, b is asked before c has its blame.",
            ),
            Wrong(
                {"B"},
                "there is one right order",
                "B is right. Does it matter whether a or b comes first, once c is done?",
            ),
            Wrong(
                {"C"},
                "there is one right order",
                "C is right. Does it matter whether a or b comes first, once c is done?",
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
