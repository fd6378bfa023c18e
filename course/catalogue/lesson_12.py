"""Questions of lesson 12: training on a GPU."""

from collections.abc import Callable
from math import cos, pi

from course.exercises.exercises import Case, Exercise, case
from course.exercises.numbers import close, done
from course.exercises.questions import Question, Wrong
from course.solutions import lesson_12 as solution

LESSON = "12_training_on_a_gpu"
BATCHES = (
    [(2.0, 64), (4.0, 64)],
    [(3.0, 100), (5.0, 300)],
    [(1.5, 10), (2.0, 10), (6.25, 20)],
)


# What an exercise is judged by -------------------------------------------------------------------


def a_run(steps: int) -> Case:
    """All rates of a run."""
    return Case(
        f"[rate(step, {steps}) for step in range(1, {steps + 1})]",
        lambda rate: [done(rate(step, steps)) for step in range(1, steps + 1)],
    )


RATES = (
    *(case("rate", step, 200) for step in (1, 2, 10, 11, 100, 160, 161, 162, 199, 200)),
    *(case("rate", step, 400) for step in (1, 10, 11, 100, 200, 300, 320, 321, 322, 400)),
    a_run(200),
    a_run(400),
)


def rates_like(fits: Callable[[list[float]], bool]) -> Callable[[list], bool]:
    """Whether all rates of a run are like that, in both runs."""

    def look(outcomes: list) -> bool:
        runs = outcomes[-2:]
        numbers = all(
            isinstance(run, list) and all(isinstance(rate, (int, float)) for rate in run)
            for run in runs
        )
        return numbers and all(map(fits, runs))

    return look


def nothing_at(first: bool, last: bool) -> Callable[[list[float]], bool]:
    """Whether the first and the last rate are 0 or not, and the others never."""

    def fits(rates: list[float]) -> bool:
        ends = (abs(rates[0]) < 1e-9, abs(rates[-1]) < 1e-9)
        return ends == (first, last) and min(rates[1:-1]) > 0 and close(rates[50], 1, 1e-9)

    return fits


def full_to_the_end(rates: list[float]) -> bool:
    return all(close(rate, 1, 1e-9) for rate in rates[10:])


class EndlessLoopError(Exception):
    """A loop has started the program far too often."""


class Starts:
    """A program that answers with these exit codes, one for each start, and counts its starts.

    Started more often than it should be, it answers with the last one, and in the end gives up.
    """

    def __init__(self, *codes: int):
        self.codes, self.times = codes, 0

    def __call__(self) -> int:
        self.times += 1
        if self.times > len(self.codes) + 9:
            raise EndlessLoopError
        return self.codes[min(self.times, len(self.codes)) - 1]


def a_night(*codes: int) -> Case:
    """How often the reader's loop starts a program that ends with these codes, and its answer."""

    def call(keep_going):
        start = Starts(*codes)
        try:
            given = done(keep_going(start))
        except EndlessLoopError:
            return {"starts": "again and again", "gives back": "nothing"}
        return {"starts": start.times, "gives back": given}

    return Case(f"keep_going(start), where the exit codes are {', '.join(map(str, codes))}", call)


NIGHTS = ((75, 75, 0), (0,), (75, 1), (75, 75, 75, 2), (-9, 0), (75, -9, 0), (74, 0), (76, 0))


# Answers that readers give -----------------------------------------------------------------------


def sums(micro_batches):
    return sum(mean for mean, _ in micro_batches)


def mean_of_means(micro_batches):
    return sums(micro_batches) / len(micro_batches)


def sum_over_tokens(micro_batches):
    return sum(mean * tokens for mean, tokens in micro_batches)


def divided_by_micro_batches(micro_batches):
    return sum_over_tokens(micro_batches) / len(micro_batches)


def other_way_round(micro_batches):
    return solution.batch_loss([(tokens, mean) for mean, tokens in micro_batches])


def last_micro_batch(micro_batches):
    return micro_batches[-1][0]


def cosine(step, max_steps):
    if step <= 10:
        return step / 11
    return (1 + cos(pi * (step - 11) / (max_steps - 10))) / 2


def tenths(step, max_steps):
    return min(step / 10, 1.0, (max_steps - step + 1) / (max_steps // 5))


def from_nothing(step, max_steps):
    return min((step - 1) / 10, 1.0, (max_steps - step + 1) / (max_steps // 5))


def to_nothing(step, max_steps):
    return min(step / 11, 1.0, (max_steps - step) / (max_steps // 5))


def both_ends(step, max_steps):
    return min((step - 1) / 10, 1.0, (max_steps - step) / (max_steps // 5))


def warm_up_grows(step, max_steps):
    up = max_steps // 20
    return min(step / (up + 1), 1.0, (max_steps - step + 1) / (max_steps // 5))


def never_falls(step, max_steps):
    return min(step / 11, 1.0)


def falls_over_forty(step, max_steps):
    return min(step / 11, 1.0, (max_steps - step + 1) / 40)


def falls_from_160(step, max_steps):
    return min(step / 11, 1.0, max(0.0, (201 - step) / 40))


def from_the_top(step, max_steps):
    return min(step / 11, (max_steps - step + 1) / max_steps)


def falls_one_step_early(step, max_steps):
    fall = max_steps // 5 + 1
    return min(step / 11, 1.0, (max_steps - step + 1) / fall)


def drops(step, max_steps):
    return 0.0 if step > 4 * max_steps / 5 else min(step / 11, 1.0)


def zero_at_the_end(start):
    while start() == 75:
        pass
    return 0


def starts_for_its_answer(start):
    while start() == 75:
        pass
    return start()


def all_but_success(start):
    while (code := start()) != 0:
        pass
    return code


def after_a_kill_too(start):
    while (code := start()) in (75, -9):
        pass
    return code


def once_more(start):
    code = start()
    return start() if code == 75 else code


def for_ever(start):
    while True:
        start()


def never_again(start):
    return start()


def until_it_says_so(start):
    while (code := start()) != 75:
        pass
    return code


# Answers by another name --------------------------------------------------------------------------

RUNS = {"16 x 32": "A", "8 x 64": "B", "16x32": "A", "8x64": "B", "neither": "C", "both": "C"}
WEIGHTS = {"large": "A", "small": "B", "both": "C", "neither": "D"}
LOSSES = {"falls": "A", "it falls": "A", "rises": "B", "it rises": "B", "it rises first": "B"}
LOSSES |= {"hardly anything": "C", "nothing": "C"}
OWNERS = {"Ada": "Ada's", "Bo": "Bo's"}


def as_letter(names: dict[str, str]) -> Callable:
    """The letter that is meant: also by what it is called, and with words after it."""

    def letter(answer):
        if not isinstance(answer, str):
            return answer
        words = answer.strip().replace("×", "x")
        first = words.split()[0].rstrip(".:,") if words else ""
        letter = first.upper() if len(first) == 1 and first.isalpha() else answer
        return names.get(words.lower(), letter)

    return letter


def all_digits(answer):
    """A float has some 16 digits, so 15 or more are all."""
    if isinstance(answer, str) and answer.lower().startswith("all"):
        return "all"
    number = isinstance(answer, int | float) and not isinstance(answer, bool)
    return "all" if number and answer >= 15 else answer


def as_owner(answer):
    """Whose program is meant, also by the name alone."""
    return OWNERS.get(str(answer).capitalize(), answer)


QUESTIONS = [
    Question(
        "16 x 32 or 8 x 64",
        LESSON,
        right="C",
        measure=as_letter(RUNS),
        yes="Both add up the gradients of the same 512 rows before one update.",
        wrong=(
            Wrong(
                "A",
                "a larger micro-batch has less noise",
                "A larger BATCH has less noise, and both batches have 512 rows. There is no update "
                "between two micro-batches.",
            ),
            Wrong(
                "B",
                "more micro-batches are more steps",
                "Sixty-four micro-batches, and still one step: the update comes at the end.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Exercise(
        "batch_loss",
        LESSON,
        right=solution.batch_loss,
        cases=tuple(case("batch_loss", micro_batches) for micro_batches in BATCHES),
        tolerance=1e-6,
        yes="Each micro-batch is weighted by its tokens that count.",
        wrong=(
            Wrong(
                sums,
                "gradients add up, so losses do",
                "That is the sum of the means. With 32 micro-batches the gradients are 32 times "
                "too large; then they are clipped, and you will not notice.",
            ),
            Wrong(
                mean_of_means,
                "the mean of means is the mean",
                "Right if all have equal size. In [(3, 100), (5, 300)] three quarters of the "
                "tokens have the loss 5: weight by tokens.",
            ),
            Wrong(
                sum_over_tokens,
                "a weighted sum is a mean",
                "Weighted, but not yet divided by the number of all tokens.",
            ),
            Wrong(
                divided_by_micro_batches,
                "divide by the length of the list",
                "Weighted by tokens, so divide by tokens, not by the number of pairs.",
            ),
            Wrong(
                other_way_round,
                "the tokens come first in a pair",
                "In each pair the loss is first, then the number of tokens. Yours reads them the "
                "other way round.",
            ),
            Wrong(
                last_micro_batch,
                "the last loss is the loss",
                "That is the loss of the last micro-batch. Some programs log it, and their curves "
                "are noisier than their runs.",
            ),
        ),
    ),
    Question(
        "the weight that is drawn to 0",
        LESSON,
        right="B",
        measure=as_letter(WEIGHTS),
        yes="Adam divides by the size of the gradients, and divides the added L2 term with them.",
        wrong=(
            Wrong(
                "A",
                "large gradients mean strong decay",
                "Its gradient is 100, and the decay adds 0.1. Then Adam divides by about 100.",
            ),
            Wrong(
                "C",
                "decay treats all weights alike",
                "AdamW does. Here the decay is added to the gradient, and Adam divides each "
                "gradient by its own usual size.",
            ),
            Wrong(
                "D",
                "the gradients cancel, so nothing happens",
                "The gradients cancel. The decay has the same direction every time.",
            ),
        ),
        otherwise='Answer with "A", "B", "C" or "D".',
    ),
    Question(
        "just continue to 12,000",
        LESSON,
        right="B",
        measure=as_letter(LOSSES),
        yes="In a plan for 12,000 steps, step 6,001 has a high rate: the rate jumps up, and the "
        "loss with it.",
        wrong=(
            Wrong(
                "A",
                "a curve continues as before",
                "It fell while the rate fell to its minimum. At which rate does it continue? "
                "Compare the two plans below.",
            ),
            Wrong(
                "C",
                "at the minimum nothing changes",
                "With max_steps=12000 the rate of step 6,001 is not the minimum: compare the two "
                "plans below.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Exercise(
        "rate",
        LESSON,
        right=solution.rate,
        cases=RATES,
        tolerance=1e-12,
        yes="Up to step 160 a run of 200 steps and one of 400 are equal. So the checkpoint of step "
        "160 belongs to both.",
        wrong=(
            Wrong(
                cosine,
                "any smooth fall is right",
                "A cosine depends on max_steps from the first step after the warm-up, so no "
                "checkpoint belongs to a run of 200 and to one of 400.",
            ),
            Wrong(
                tenths,
                "ten steps up are tenths",
                "Your step 10 has the full rate. Ten steps up BEFORE the full one are 1/11, 2/11 "
                "... 10/11, and step 11 is the first with 1.",
            ),
            Wrong(
                from_nothing,
                "a rise begins at 0",
                "Your step 1 has the rate 0, so it changes nothing. Ten steps up, "
                "without the 0 and without the 1, are 1/11, 2/11 ... 10/11.",
                fits=rates_like(nothing_at(first=True, last=False)),
            ),
            Wrong(
                to_nothing,
                "a fall ends at 0",
                "Your last step has the rate 0, so it changes nothing. Count the remaining steps "
                "so that the last one counts, too.",
                fits=rates_like(nothing_at(first=False, last=True)),
            ),
            Wrong(
                both_ends,
                "a line goes from 0 to 0",
                "Your first and your last step have the rate 0, so they change nothing.",
                fits=rates_like(nothing_at(first=True, last=True)),
            ),
            Wrong(
                warm_up_grows,
                "a longer run warms up longer",
                "Your warm-up grows with max_steps. It is ten steps for every run, or short and "
                "long runs differ from the first step.",
            ),
            Wrong(
                never_falls,
                "the rate never falls",
                "Yours never falls. The fall brings the last gain.",
                fits=rates_like(full_to_the_end),
            ),
            Wrong(
                falls_one_step_early,
                "the fall begins a step early",
                "Yours falls one step too early. Step 161 of 200, the first of the last fifth, "
                "still has the full rate.",
            ),
            Wrong(
                drops,
                "the decay is a drop",
                "Yours drops to 0 at once, so the last fifth changes nothing. It falls in a "
                "straight line.",
            ),
            Wrong(
                falls_over_forty,
                "the fall has a fixed length",
                "For 200 steps all is right. A fifth of 400 is 80, and yours falls over 40.",
            ),
            Wrong(
                falls_from_160,
                "it falls from step 160",
                "For 200 steps all is right. A run of 400 falls from step 320 on, and yours is 0 "
                "at 200.",
            ),
            Wrong(
                from_the_top,
                "it falls from the first step on",
                "Yours falls all the time. It is full until the last fifth.",
            ),
        ),
    ),
    Question(
        "what the rows need to go on",
        LESSON,
        right=2,
        tolerance=0,
        yes="The seed and the step. The rows are computed from them, not stored.",
        wrong=(
            Wrong(
                0,
                "no number is needed",
                "Without any number the order would start again at its first row.",
            ),
            Wrong(
                1,
                "the step is enough",
                "The step says how far. The order depends on the seed.",
            ),
            Wrong(
                3,
                "batch size and length decide the order",
                "They say how large the rows are, and they are fixed. The order needs fewer "
                "numbers.",
                fits=lambda given: given[0] in (3, 4),
            ),
            Wrong(
                512,
                "the rows that were read must be stored",
                "No rows are stored. The order is computed from two numbers.",
            ),
        ),
        otherwise="Look at the arguments of Batches and of batch() in lesson 10.",
    ),
    Question(
        "digits in which both runs agree",
        LESSON,
        right="all",
        measure=all_digits,
        yes="To the last digit: a resumed run is the same run.",
        wrong=(
            Wrong(
                "none",
                "a killed run loses something",
                "It loses the steps after its checkpoint, and then computes them again.",
                fits=lambda given: given[0] in ("none", 0),
            ),
            Wrong(
                4,
                "randomness and rounding differ",
                "Rows and dropout are computed from seed and step, and the same sums are added in "
                "the same order.",
                fits=lambda given: isinstance(given[0], int | float) and 0 < given[0] < 15,
            ),
        ),
        otherwise='Answer with "all", or with a number of digits.',
    ),
    Exercise(
        "keep_going",
        LESSON,
        right=solution.keep_going,
        cases=tuple(a_night(*codes) for codes in NIGHTS),
        tolerance=0,
        yes="75 asks for a restart, 0 is the end, and a person should read anything else.",
        wrong=(
            Wrong(
                all_but_success,
                "whatever is not finished is started again",
                "A run that ended because of NaN ends there again, and yours restarts it all "
                "night. Only 75 asks for it.",
            ),
            Wrong(
                after_a_kill_too,
                "whatever was killed asks for another start",
                "-9 is not on the list. If memory ran out, the run is killed again, all night. "
                "Only 75 asks for it.",
            ),
            Wrong(
                zero_at_the_end,
                "after 75 there is only 0",
                "Yours says 0 even when the run ended with 1. Keep the code of the last start.",
            ),
            Wrong(
                starts_for_its_answer,
                "asking for the code starts nothing",
                "Each call of `start` is a start. Yours calls it once more to get the last code: "
                "put the code into a variable.",
            ),
            Wrong(
                once_more,
                "a night has one interruption",
                "That starts it once more. It may be stopped twice.",
            ),
            Wrong(
                for_ever,
                "the loop needs no end",
                "Yours continues when the run is finished, and when it failed.",
            ),
            Wrong(
                never_again,
                "one start is enough",
                "Yours starts it once. Start it again after 75.",
            ),
            Wrong(
                until_it_says_so,
                "75 is the end",
                "It is the opposite: 75 asks for a restart, and yours stops at it.",
            ),
        ),
    ),
    Question(
        "the program to trust",
        LESSON,
        right="Ada's",
        measure=as_owner,
        yes="The lower curve belongs to the wrong program. The next cells show why.",
        wrong=(
            Wrong(
                "Bo's",
                "the lower curve is the better program",
                "Its curve is lower on its own training rows. Which rows did it read, and how "
                "often?",
            ),
        ),
        otherwise='Answer with "Ada\'s" or "Bo\'s".',
    ),
]
