"""Questions of lesson 11: the budget."""

from collections.abc import Callable
from importlib import import_module
from math import log, sqrt

from course.exercises.exercises import Case, Exercise
from course.exercises.numbers import InvalidAnswerError, close, done
from course.exercises.questions import Question, Wrong, letter_of
from course.exercises.rounding import or_rounded
from course.solutions import lesson_11 as solution

LESSON = "11_will_it_fit"
BITS = 1.88 / log(2)
MEMORY, SPENT = solution.memory, solution.well_spent
GIB_IN_GB = 2**30 / 1e9
ROUGHLY = 0.02


# What an answer is judged by ---------------------------------------------------------------------


def letters_of(answer):
    """Letters, however they are written: "C, E", ["e", "C"], {"C", "E"}."""
    text = " ".join(answer) if isinstance(answer, (list, tuple, set)) else str(answer)
    words = text.upper().replace(",", " ").replace("AND", " ").split()
    return "".join(sorted(set("".join(words))))


def as_a_share(percent: float, tolerance: float) -> Callable[[list], bool]:
    """Whether the right percentage was given as a share of 1."""
    return near(percent / 100, tolerance)


def near(number: float, tolerance: float) -> Callable[[list], bool]:
    """Whether an answer is about that number."""
    return lambda given: not isinstance(given[0], str) and close(given[0], number, tolerance)


def after_updates(grad: float, rate: float, times: int) -> Case:
    """The reader's master weight and its copy after so many updates from 1.0, with formats."""

    def call(update):
        torch = import_module("torch")  # here: other lessons do without it
        master = torch.ones(1, dtype=torch.float32)
        for _ in range(times):  # all made anew each time, for an update may be made in place
            step = torch.full((1,), grad, dtype=torch.float32)  # whatever the default format is
            master, copy = both(update(master, step, rate))
        kinds = [str(part.dtype).removeprefix("torch.") for part in (master, copy)]
        return {"master": float(master), "copy": float(copy), "formats": kinds}

    often = f", {times:,} times over" if times > 1 else ""
    return Case(f"update(tensor([1.0]), tensor([{grad}]), {rate}){often}", call)


def both(answer):
    """The two tensors that `update` must return."""
    if not isinstance(done(answer), (tuple, list)) or len(answer) != 2:
        raise InvalidAnswerError("update must return two things: the master and its copy")
    master, copy = map(done, answer)
    if not all(hasattr(part, "dtype") for part in (master, copy)):
        raise InvalidAnswerError("master and copy must be tensors")
    return master, copy


def what_helps_with_claims(answer) -> str:
    """What to say of letters that nobody has foreseen."""
    letters = letters_of(answer)
    if not letters or not set(letters) <= set("ABCDEFGHI"):
        return 'Give the letters of those that hold, as in "AB".'
    if "C" not in letters:
        return "Two of them hold. Begin with C: multiply."
    if "E" not in letters:
        return (
            "C, yes. One more holds. E: equal logits give ln 50304 = 10.83, and logits that are "
            "not quite equal a little more."
        )
    return "C and E, yes. But only these two hold: compute the others one by one."


def what_helps_with_spending(answer) -> str:
    """The same for a model and its tokens."""
    given = answer if isinstance(answer, dict) else {}
    numbers = [n for n in map(given.get, SPENT) if isinstance(n, (int, float))]
    if len(numbers) == len(SPENT):
        millions, billions = numbers
        if close(6 * millions * billions * 1e15, solution.FLOPS, 0.03):
            return "They do spend 9.4e17 FLOPs. But are there 20 tokens for each parameter?"
    return "With N parameters: 6 x N x 20 N = 9.4e17. Then N in millions, 20 N in billions."


# Answers that readers give -----------------------------------------------------------------------


def all_in_bfloat16(master, grad, rate):
    moved = master.bfloat16() - rate * grad.bfloat16()
    return moved, moved


def master_from_the_copy(master, grad, rate):
    copy = (master - rate * grad).bfloat16()
    return copy.float(), copy


def no_copy(master, grad, rate):
    return master - rate * grad, master - rate * grad


def copy_of_the_old(master, grad, rate):
    return master - rate * grad, master.bfloat16()


def swapped(master, grad, rate):
    return solution.update(master, grad, rate)[::-1]


def copy_in_float16(master, grad, rate):
    moved = master - rate * grad
    return moved, moved.half()


def uphill(master, grad, rate):
    moved = master + rate * grad
    return moved, moved.bfloat16()


def remembered(**parts: float) -> dict:
    """The right memory but for some parts."""
    return {**MEMORY, **parts}


def spent(parameters: float, tokens: float) -> dict:
    return {"parameters in millions": parameters / 1e6, "tokens in billions": tokens / 1e9}


EVEN, NO_SIX = sqrt(solution.FLOPS / 6), sqrt(solution.FLOPS / 20)

QUESTIONS = [
    Question(
        "how much of the card, in percent",
        LESSON,
        right=5.1,
        tolerance=0.05,
        yes="16 bytes for each parameter: 0.61 GiB of 12. And yet the run below does not fit.",
        wrong=(
            Wrong(
                1.27,
                "a model is its weights",
                "That is the weights alone. Training keeps more numbers for each of them.",
            ),
            Wrong(
                2.52,
                "training keeps weights and gradients",
                "Weights and gradients. Add the optimizer state: two moments for each weight.",
            ),
            Wrong(
                3.81,
                "Adam keeps one moment",
                "Adam has two moments, the mean of gradients and of their squares: lesson 4.",
            ),
            Wrong(
                0.318,
                "a number is a byte",
                "That counts one byte for each number. 32 bits are 4 bytes.",
            ),
            Wrong(0.61, "GiB are percent", "That is the GiB. What percentage of 12 is it?"),
            Wrong(0.655, "GB are percent", "Those are GB of a billion bytes. A percentage of 12?"),
            Wrong(
                5.46,
                "a GB is a billion bytes",
                "With GB of a billion bytes, yes. A GB of a card is 2**30 bytes, 7 % more.",
            ),
            Wrong(
                0.0509,
                "a fraction is a percentage",
                "That is a fraction. Multiply it by 100.",
                fits=as_a_share(5.1, 0.05),
            ),
        ),
        otherwise="Weight, gradient, two moments: four numbers of 4 bytes for each parameter.",
    ),
    Question(
        "share of the logits with 1 row, in percent",
        LESSON,
        right=40.5,
        tolerance=0.1,
        yes="0.58 GiB of logits, 0.61 that do not depend on the rows, and some activations.",
        wrong=(
            Wrong(
                73.8,
                "percentages do not change",
                "That is with 16 rows. With 1 row logits and activations shrink; weights, "
                "gradients and optimizer state do not.",
            ),
            Wrong(
                4.61,
                "a sixteenth of the rows is a sixteenth of the percentage",
                "The logits are a sixteenth, 0.58 GiB. But the total is smaller, too.",
            ),
            Wrong(
                48.6,
                "the blocks keep nothing",
                "Nearly: 0.58 of 0.58 + 0.61. Add the activations of one row.",
            ),
            Wrong(
                19.8,
                "there is one array of logits",
                "That is one array, 0.19 GiB. Three exist at once.",
            ),
            Wrong(
                0.405,
                "a fraction is a percentage",
                "That is a fraction. The question asks for percent: a hundred times that.",
                fits=as_a_share(40.5, 0.1),
            ),
        ),
        otherwise="Divide logits and activations by 16, leave the rest, divide by the new total.",
    ),
    Question(
        "memory of 124M",
        LESSON,
        right=MEMORY,
        measure=or_rounded(MEMORY),
        tolerance=1e-9,
        otherwise="How many numbers, 4 bytes each, divided by 2**30?",
        yes="3.39 GiB. The logits are nearly half of it, and their gradients are not counted yet.",
        wrong=(
            Wrong(
                {part: size * GIB_IN_GB for part, size in MEMORY.items()},
                "a GiB is a billion bytes",
                "You divided by a billion. A GiB is 2**30 bytes, 7 % more.",
            ),
            Wrong(
                {part: size / 2 for part, size in MEMORY.items()},
                "numbers have 16 bits",
                "All numbers here have 32 bits, 4 bytes. You counted 2.",
            ),
            Wrong(
                remembered(**{"optimizer state": MEMORY["weights"]}),
                "Adam keeps one moment",
                "Adam has two moments for each weight: of the gradients and of their squares.",
            ),
            Wrong(
                remembered(logits=MEMORY["logits"] / 8),
                "a batch is one row",
                "The logits of one row. There are 8.",
            ),
            Wrong(
                remembered(logits=MEMORY["logits"] / 1024),
                "only the last position predicts",
                "The logits of one position in each row. All 1,024 positions predict.",
            ),
            Wrong(
                remembered(logits=4 * 8 * 1024 * 768 / 2**30),
                "a logit for each of the 768 numbers",
                "768 numbers come out of the last block. There is one logit for each TOKEN of the "
                "vocabulary.",
            ),
            Wrong(
                remembered(logits=3 * MEMORY["logits"]),
                "all three arrays are asked for",
                "That is three arrays of logits. Here one is asked for.",
            ),
            Wrong(
                {part: size * 2**30 for part, size in MEMORY.items()},
                "bytes will do",
                "Those are bytes. Divide by 2**30.",
            ),
        ),
    ),
    Question(
        "256 + 1 in bfloat16",
        LESSON,
        right=256,
        yes="The next number in bfloat16 is 258.",
        tolerance=0,
        wrong=(
            Wrong(
                257,
                "whole numbers are exact",
                "Whole numbers are exact while there are enough digits. 257 is 100000001, nine "
                "binary digits; bfloat16 has eight.",
            ),
            Wrong(
                258,
                "a number between two is rounded up",
                "257 is halfway between 256 and 258. Of two equally near numbers, rounding takes "
                "the one whose last binary digit is 0.",
            ),
        ),
        otherwise="It is a number near 257 that eight binary digits can write.",
    ),
    Question(
        "what stopped Bo's run",
        LESSON,
        right="C",
        measure=letter_of,
        yes="Each step is right, and is then rounded away.",
        wrong=(
            Wrong(
                "A",
                "a flat loss needs a higher learning rate",
                "All three have the same learning rate, and two of them learn.",
            ),
            Wrong(
                "B",
                "in bfloat16 gradients become 0",
                "Compare the gradient norms: his is the same in the first step, and larger in the "
                "last.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Exercise(
        "update",
        LESSON,
        right=solution.update,
        cases=(
            after_updates(-1.0, 0.5, times=1),
            after_updates(0.25, 0.5, times=1),
            after_updates(-1.0, 0.001, times=1000),
        ),
        tolerance=1e-4,
        yes="The sum is kept in float32, and rounded only for the multiplication.",
        wrong=(
            Wrong(
                all_in_bfloat16,
                "weights are kept in bfloat16",
                "Your master is in bfloat16. 1 plus a thousandth is 1 there, a thousand times.",
            ),
            Wrong(
                master_from_the_copy,
                "float32 restores the digits",
                "Your master is float32 again, but it was bfloat16 before: the digits are lost.",
            ),
            Wrong(
                no_copy,
                "the copy is for safety",
                "Your copy is float32, too. It should be bfloat16.",
            ),
            Wrong(
                copy_in_float16,
                "16 bits are 16 bits",
                "Your copy is float16. bfloat16 has as many bits, but the exponent of float32: "
                ".bfloat16().",
            ),
            Wrong(
                swapped,
                "the copy comes first",
                "The two are swapped: return the master first, then its copy.",
            ),
            Wrong(
                copy_of_the_old,
                "the copy was made before",
                "Your copy is of the weights before the update: one step behind.",
            ),
            Wrong(
                uphill,
                "an update is added",
                "The loss rises along the gradient. Subtract learning_rate * grad.",
            ),
        ),
    ),
    Question(
        "the claims that hold",
        LESSON,
        right="CE",
        measure=letters_of,
        yes="Two of nine. Now see what is wrong with the others.",
        wrong=(
            Wrong(
                "ACE",
                "true when compiled is true",
                "C and E, yes. A is true of a compiled model, and false of the same model "
                "otherwise.",
            ),
            Wrong(
                "CEH",
                "GPT-2 is one model",
                "C and E, yes. H: how many sizes of GPT-2 are there (lesson 9)?",
            ),
            Wrong(
                "CEI",
                "a perfect model has no loss",
                "C and E, yes. I: can a perfect model predict a throw of dice?",
            ),
            Wrong(
                "CDE",
                "the advice was counted",
                "C and E, yes. D: see the first cells of lesson 10.",
            ),
            Wrong(
                "CEG",
                "numbers that come in pairs agree",
                "C and E, yes. G: which is more, 2.1 nats or 1.7 bits?",
            ),
            Wrong(
                "BCE",
                "a figure with a decimal was measured",
                "C and E, yes. B: the budget computes two numbers, and neither is near.",
            ),
            Wrong(
                "CEF",
                "GPT-2 saw a trillion tokens",
                "C and E, yes. F: multiply the steps by the tokens per step.",
            ),
        ),
        otherwise=what_helps_with_claims,
    ),
    Question(
        "1.88 nats in bits",
        LESSON,
        right=BITS,
        tolerance=ROUGHLY,
        yes="A bit is 0.693 nats, so there are more bits than nats.",
        wrong=(
            Wrong(
                1.88 * log(2),
                "bits are nats times 0.693",
                "A bit is the smaller unit, 0.693 nats, so the number of bits is the larger one.",
            ),
            Wrong(
                2**1.88,
                "bits are powers of 2",
                "Divide to change the unit. 2 to the power 1.88 would be a perplexity.",
            ),
            Wrong(
                1.88 / log(10),
                "bits use the logarithm of 10",
                "You divided by ln 10. A bit is ln 2 nats: divide by ln 2.",
            ),
            Wrong(1.88, "nats and bits are equal", "One bit is 0.693 nats: lesson 5."),
        ),
        otherwise="How many nats is one bit? Divide.",
    ),
    Question(
        "its own peak, in percent",
        LESSON,
        right=61.6,
        tolerance=0.03,
        yes="Six tenths of its peak. That is a busy card.",
        wrong=(
            Wrong(
                11.5,
                "a percentage is the same on every card",
                "That is the percentage of an A100's peak. Divide the same FLOP/s by 58.3e12.",
            ),
            Wrong(
                2.15,
                "a smaller card has a smaller percentage",
                "The same FLOP/s divided by a smaller peak is a LARGER percentage. You multiplied "
                "by 58.3 and divided by 312: invert it.",
                fits=near(2.15, 0.04),
            ),
            Wrong(
                18.7,
                "the peaks are compared",
                "That is the 4070's peak divided by the A100's. And the run?",
            ),
            Wrong(
                0.616,
                "a fraction is a percentage",
                "That is a fraction. The question asks for percent: a hundred times that.",
                fits=as_a_share(61.6, 0.03),
            ),
        ),
        otherwise="FLOP/s: 11.5 % of 312e12. Divide by 58.3e12.",
    ),
    Question(
        "the best width for 6.4e9 FLOPs",
        LESSON,
        right=16,
        tolerance=0,
        yes="It moved by one size while the FLOPs grew sixteen times.",
        wrong=(
            Wrong(
                32,
                "more FLOPs mean the largest model",
                "The largest sees too few letters: 66,000, four for each of its parameters.",
            ),
            Wrong(
                8,
                "the best size is a property of the text",
                "It has read more than before, but it is too small. Sixteen times the FLOPs need a "
                "larger model.",
            ),
            Wrong(
                4,
                "more text is always better",
                "The smallest was behind already with a quarter of that, and gains least from more "
                "text.",
            ),
        ),
        otherwise="One of 4, 8, 16 and 32.",
    ),
    Question(
        "9.4e17 FLOPs",
        LESSON,
        right=SPENT,
        measure=or_rounded(SPENT),
        tolerance=1e-12,
        otherwise=what_helps_with_spending,
        yes="More than twice the parameters, and a little more than half of the tokens.",
        wrong=(
            Wrong(
                spent(40.95e6, 3.12e9),
                "a model that fits is the best one",
                "That is the run as it was, with 77 tokens for each parameter.",
            ),
            Wrong(
                spent(124.4e6, 1.26e9),
                "the largest that fits is best",
                "That is the largest, and only 10 tokens are left for each of its parameters.",
            ),
            Wrong(
                spent(40.95e6, 0.819e9),
                "the size is given, the text follows",
                "The 20 is right. Multiply: is the result 9.4e17?",
            ),
            Wrong(
                spent(124.4e6, 2.488e9),
                "the largest that fits, and the text follows",
                "The 20 is right. But 6 x 124 million x 2.5 billion is nearly twice 9.4e17.",
            ),
            Wrong(
                spent(NO_SIX, 20 * NO_SIX),
                "one FLOP for each parameter and token",
                "Each parameter costs 6 FLOPs per token, 2 forward and 4 backward.",
            ),
            Wrong(
                spent(EVEN, EVEN),
                "as many tokens as parameters",
                "One token for each parameter. The rule says 20.",
            ),
            Wrong(
                spent(20 * EVEN / sqrt(20), EVEN / sqrt(20)),
                "20 parameters for each token",
                "You have 20 parameters for each token. It is 20 tokens for each parameter.",
            ),
            Wrong(
                {name: size * unit for (name, size), unit in zip(SPENT.items(), (1e6, 1e9))},
                "the unit does not matter",
                "These are whole counts. Divide by 1e6 for millions, by 1e9 for billions.",
            ),
            Wrong(
                {**SPENT, "parameters in millions": SPENT["parameters in millions"] * 1e6},
                "a parameter is a million of them",
                "The tokens are right. Divide the parameters by 1e6.",
            ),
        ),
    ),
]
