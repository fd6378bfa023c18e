"""Questions of lesson 11: will it fit, how long, how good?"""

from collections.abc import Callable
from importlib import import_module
from math import log, sqrt

from course.exercises.exercises import Case, Exercise
from course.exercises.numbers import InvalidAnswerError, close, done
from course.exercises.questions import Question, Wrong
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


def letter_of(answer):
    """The letter in front of a whole answer will do."""
    return answer.strip().rstrip(".")[:1] if isinstance(answer, str) else answer


def as_a_share(percent: float, tolerance: float) -> Callable[[list], bool]:
    """Whether the right percentage was given as a share of 1."""
    return lambda given: (
        given[0] != ""
        and not isinstance(given[0], str)
        and close(100 * given[0], percent, tolerance)
    )


def after_updates(slope: float, rate: float, times: int) -> Case:
    """The reader's master weight and its copy after so many updates from 1.0, with formats."""

    def call(update):
        torch = import_module("torch")  # here: other lessons do without it
        master = torch.ones(1, dtype=torch.float32)
        for _ in range(times):  # all made anew each time, for an update may be made in place
            master, copy = both(update(master, torch.full((1,), slope), rate))
        kinds = [str(part.dtype).removeprefix("torch.") for part in (master, copy)]
        return {"master": float(master), "copy": float(copy), "formats": kinds}

    often = f", {times:,} times over" if times > 1 else ""
    return Case(f"update(tensor([1.0]), tensor([{slope}]), {rate}){often}", call)


def both(answer):
    """The two tensors that `update` must give back."""
    if not isinstance(done(answer), (tuple, list)) or len(answer) != 2:
        raise InvalidAnswerError("update must give back two things: the master and its copy")
    master, copy = map(done, answer)
    if not all(hasattr(part, "dtype") for part in (master, copy)):
        raise InvalidAnswerError("master and copy must be tensors")
    return master, copy


# Answers that readers give -----------------------------------------------------------------------


def all_in_bf16(master, slope, rate):
    moved = master.bfloat16() - rate * slope.bfloat16()
    return moved, moved


def master_from_the_copy(master, slope, rate):
    copy = (master - rate * slope).bfloat16()
    return copy.float(), copy


def no_copy(master, slope, rate):
    return master - rate * slope, master - rate * slope


def copy_of_the_old(master, slope, rate):
    return master - rate * slope, master.bfloat16()


def uphill(master, slope, rate):
    moved = master + rate * slope
    return moved, moved.bfloat16()


def remembered(**parts: float) -> dict:
    """The right memory but for some parts."""
    return {**MEMORY, **parts}


def spent(parameters: float, tokens: float) -> dict:
    return {"parameters in millions": parameters / 1e6, "tokens in billions": tokens / 1e9}


EVEN, NO_SIX = sqrt(solution.OPERATIONS / 6), sqrt(solution.OPERATIONS / 20)

QUESTIONS = [
    Question(
        "how much of the card, in per cent",
        LESSON,
        right=5.1,
        tolerance=0.05,
        yes="16 bytes for each parameter: 0.61 GiB of 12. And yet the run below does not fit.",
        wrong=(
            Wrong(
                1.27,
                "a model is its weights",
                "That is the weights alone. Whoever trains needs more numbers for each of them.",
            ),
            Wrong(
                2.52,
                "learning needs weights and slopes",
                "Weights and slopes. Adam remembers two means for each weight.",
            ),
            Wrong(
                3.81,
                "Adam remembers one number",
                "Adam has two means, that of the slopes and that of their squares: lesson 7.",
            ),
            Wrong(
                0.318,
                "a number is a byte",
                "That counts one byte a number. 32 bits are 4 bytes.",
            ),
            Wrong(0.61, "GiB are per cent", "That is the GiB. Of 12?"),
            Wrong(
                5.46,
                "a GB is a billion bytes",
                "With GB of a billion bytes, yes. Those of a card are 2**30 bytes, 7 % more.",
            ),
            Wrong(
                0.0509,
                "a share is per cent",
                "That is the share of 1. In per cent it is a hundred times that.",
                fits=as_a_share(5.1, 0.05),
            ),
        ),
        otherwise="Weights, slopes, two means of Adam: four numbers of 4 bytes for each parameter.",
    ),
    Question(
        "share of the logits with 1 row, in per cent",
        LESSON,
        right=40.5,
        tolerance=0.1,
        yes="0.58 GiB of logits beside 0.61 that no number of rows changes, and some activations.",
        wrong=(
            Wrong(
                73.8,
                "shares stay as they are",
                "That is their share with 16 rows. With 1 row logits and activations shrink, and "
                "weights, slopes and Adam do not.",
            ),
            Wrong(
                4.61,
                "a sixteenth of the rows is a sixteenth of the share",
                "The tables are a sixteenth, 0.58 GiB. But the whole has become smaller, too.",
            ),
            Wrong(
                48.6,
                "the blocks keep nothing",
                "Nearly: 0.58 of 0.58 and 0.61. One row has activations, too.",
            ),
            Wrong(
                19.8,
                "there is one table of logits",
                "That is one table, 0.19 GiB. Three are there at once.",
            ),
            Wrong(
                0.405,
                "shares and per cents are one",
                "As a share of 1. The question asks for per cent: a hundred times that.",
                fits=as_a_share(40.5, 0.1),
            ),
        ),
        otherwise="Divide by 16 what comes with the rows, leave the rest, and share again.",
    ),
    Question(
        "memory of 124M",
        LESSON,
        right=MEMORY,
        measure=or_rounded(MEMORY),
        tolerance=1e-9,
        otherwise="How many numbers, 4 bytes each, divided by 2**30?",
        yes="3.39 GiB, and the logits are not quite half of it; their slopes come on top.",
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
                remembered(adam=MEMORY["weights"]),
                "Adam remembers one number",
                "Adam has two means for each weight, that of the slopes and that of the squares.",
            ),
            Wrong(
                remembered(logits=MEMORY["logits"] / 8),
                "a batch is one row",
                "The logits of one row. There are 8.",
            ),
            Wrong(
                remembered(logits=MEMORY["logits"] / 1024),
                "only the last position is asked",
                "The logits of one position in each row. All 1,024 are asked at once.",
            ),
            Wrong(
                remembered(logits=4 * 8 * 1024 * 768 / 2**30),
                "a logit for each of the 768 numbers",
                "768 numbers come out of the last block. The logits are one for each TOKEN that "
                "exists.",
            ),
            Wrong(
                {part: size * 2**30 for part, size in MEMORY.items()},
                "bytes will do",
                "Those are bytes. Divide by 2**30.",
            ),
        ),
    ),
    Question(
        "256 + 1 in bf16",
        LESSON,
        right=256,
        yes="The next number that bf16 has is 258.",
        tolerance=0,
        wrong=(
            Wrong(
                257,
                "whole numbers are exact",
                "Whole numbers are exact as long as there are digits enough. 257 is 100000001, "
                "nine binary digits; bf16 has eight.",
            ),
            Wrong(
                258,
                "what lies between is rounded up",
                "257 lies halfway between 256 and 258, which bf16 both has. Of two equally near "
                "ones it takes the one whose last digit is 0.",
            ),
        ),
        otherwise="It must be a number that eight binary digits can write, near 257.",
    ),
    Question(
        "what stopped Bo's run",
        LESSON,
        right="C",
        measure=letter_of,
        yes="Each of his steps is right, and most of them end where they began.",
        wrong=(
            Wrong(
                "A",
                "a loss that stands still wants a higher rate",
                "All three have the same rate, and two of them get down with it.",
            ),
            Wrong(
                "B",
                "in bf16 slopes become 0",
                "Compare the lengths of the slopes: his are the same at the first step, and "
                "larger at the last.",
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
        yes="The sum is kept where there is room for it, and rounded only to be multiplied.",
        wrong=(
            Wrong(
                all_in_bf16,
                "what is multiplied in bf16 is kept in bf16",
                "Your master is in bf16. A thousandth more than 1 is 1 there, a thousand times.",
            ),
            Wrong(
                master_from_the_copy,
                "32 bits bring the digits back",
                "Your master has 32 bits again, but it has been through bf16, and what was "
                "rounded off there is gone.",
            ),
            Wrong(
                no_copy,
                "the copy is for safety",
                "Your copy has 32 bits, too. What is multiplied should be in bf16.",
            ),
            Wrong(
                copy_of_the_old,
                "the copy was made before",
                "Your copy is of the weights before the update: one step behind.",
            ),
            Wrong(
                uphill,
                "an update is added",
                "The loss goes up along the slope. Take rate * slope away.",
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
                "what is right for some is right",
                "C and E, yes. A is true of a compiled model and false of the same model "
                "uncompiled: see below.",
            ),
            Wrong(
                "CEH",
                "GPT-2 is one model",
                "C and E, yes. H: look back at lesson 9; how many GPT-2s are there?",
            ),
            Wrong(
                "CEI",
                "a perfect model is never surprised",
                "C and E, yes. I: may a perfect model know what somebody else throws with dice?",
            ),
            Wrong(
                "CDE",
                "what is said so often was counted",
                "C and E, yes. D: lesson 10 added up a column.",
            ),
            Wrong(
                "CEG",
                "numbers that come in pairs agree",
                "C and E, yes. G: 2.1 nats and 1.7 bits, which is more?",
            ),
            Wrong(
                "BCE",
                "a figure with a decimal was measured",
                "C and E, yes. B: the budget has two numbers for it, and neither is near.",
            ),
            Wrong(
                "CEF",
                "GPT-2 saw a trillion tokens",
                "C and E, yes. F: multiply steps by tokens a step.",
            ),
        ),
        otherwise='Two of them hold. Give their letters, as in "AB".',
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
                "nats times 0.693 are bits",
                "A bit is the smaller unit, 0.693 nats, so the number of bits is the larger one.",
            ),
            Wrong(
                2**1.88,
                "bits are powers of 2",
                "A unit is changed by dividing. 2 to the power would be a number of choices.",
            ),
            Wrong(
                1.88 / log(10),
                "a unit of logarithms is that of 10",
                "You divided by ln 10. A bit is the surprise at a coin: divide by ln 2.",
            ),
            Wrong(1.88, "nats and bits are one", "One bit is 0.693 nats: lesson 5."),
        ),
        otherwise="How many nats is one bit? Divide.",
    ),
    Question(
        "its own peak, in per cent",
        LESSON,
        right=61.6,
        tolerance=0.03,
        yes="Six tenths of what the card can do at most. That is a run that works.",
        wrong=(
            Wrong(
                11.5,
                "a share is a share",
                "That is the share of an A100's peak. The arithmetic stays, the whole is another.",
            ),
            Wrong(
                2.15,
                "a smaller card has a smaller share",
                "The same arithmetic by a smaller peak is a LARGER share. You multiplied by 58.3 "
                "and divided by 312: turn it round.",
            ),
            Wrong(
                18.7,
                "the peaks are compared",
                "That is the 4070's peak as a share of the A100's. And the run's?",
            ),
            Wrong(
                0.616,
                "of 1 or of 100, a share is a share",
                "A share of 1. The question asks for per cent: a hundred times that.",
                fits=as_a_share(61.6, 0.03),
            ),
        ),
        otherwise="Operations a second: 11.5 % of 312e12. Then by 58.3e12.",
    ),
    Question(
        "the best width for 6.4e9 operations",
        LESSON,
        right=16,
        tolerance=0,
        yes="It has moved by one size while the operations grew sixteen times.",
        wrong=(
            Wrong(
                32,
                "who has more spends it on size",
                "The largest sees too few letters for it: 66,000, four for each of its numbers.",
            ),
            Wrong(
                8,
                "the best size is a property of the text",
                "It has read more than ever, and can hold no more. Sixteen times as much "
                "arithmetic wants a larger one.",
            ),
            Wrong(
                4,
                "more text is always better",
                "The smallest was behind already with a quarter of that, and gains least from "
                "more.",
            ),
        ),
        otherwise="One of 4, 8, 16 and 32.",
    ),
    Question(
        "9.4e17 operations",
        LESSON,
        right=SPENT,
        measure=or_rounded(SPENT),
        tolerance=1e-12,
        otherwise="With N parameters: 6 x N x 20 N = 9.4e17. Then N in millions, 20 N in billions.",
        yes="More than twice the size, on a little more than half of the text.",
        wrong=(
            Wrong(
                spent(40.95e6, 3.12e9),
                "a model that fits is the right one",
                "That is the run as it was: it fits the card, at 77 tokens for each parameter.",
            ),
            Wrong(
                spent(124.4e6, 1.26e9),
                "the largest that fits is best",
                "That is the largest, and only 10 tokens are left for each of its parameters.",
            ),
            Wrong(
                spent(40.95e6, 0.819e9),
                "the size is given, the text follows",
                "The 20 is right. Multiply: does it come to 9.4e17?",
            ),
            Wrong(
                spent(124.4e6, 2.488e9),
                "the largest that fits, and the text follows",
                "The 20 is right. But 6 x 124 million x 2.5 billion is nearly twice 9.4e17.",
            ),
            Wrong(
                spent(NO_SIX, 20 * NO_SIX),
                "an operation for each parameter and token",
                "Each parameter costs 6 operations a token, 2 on the way there and 4 back.",
            ),
            Wrong(
                spent(EVEN, EVEN),
                "as many tokens as parameters",
                "One token for each parameter. The rule says 20.",
            ),
            Wrong(
                spent(20 * EVEN / sqrt(20), EVEN / sqrt(20)),
                "20 parameters for each token",
                "You have given each token 20 parameters: the other way round.",
            ),
            Wrong(
                {name: size * unit for (name, size), unit in zip(SPENT.items(), (1e6, 1e9))},
                "whole counts are millions and billions",
                "These are whole counts. Divide by 1e6 for millions, by 1e9 for billions.",
            ),
            Wrong(
                {**SPENT, "parameters in millions": SPENT["parameters in millions"] * 1e6},
                "a parameter is a million of them",
                "The tokens are right, the parameters are whole: the line asks for millions.",
            ),
        ),
    ),
]
