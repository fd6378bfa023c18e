"""Questions of lesson 12: will the run survive the night?"""

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


def sums(pieces):
    return sum(mean for mean, _ in pieces)


def mean_of_means(pieces):
    return sums(pieces) / len(pieces)


def sum_over_tokens(pieces):
    return sum(mean * tokens for mean, tokens in pieces)


def divided_by_pieces(pieces):
    return sum_over_tokens(pieces) / len(pieces)


def last_piece(pieces):
    return pieces[-1][0]


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

LETTERS = {"16 x 32": "A", "8 x 64": "B", "16x32": "A", "8x64": "B", "neither": "C"}
OWNERS = {"Ada": "Ada's", "Bo": "Bo's"}


def as_letter(answer):
    """The run that is meant, also by what it is."""
    return LETTERS.get(str(answer).replace("×", "x"), answer)


def as_owner(answer):
    """Whose program is meant, also by the name alone."""
    return OWNERS.get(str(answer), answer)


QUESTIONS = [
    Question(
        "16 x 32 or 8 x 64",
        LESSON,
        right="C",
        measure=as_letter,
        yes="Both add up the slopes of the same 512 rows before anything moves; but for rounding.",
        wrong=(
            Wrong(
                "A",
                "larger pieces have less noise",
                "A larger BATCH has less noise, and both batches have 512 rows. Nothing moves "
                "between two pieces.",
            ),
            Wrong(
                "B",
                "more pieces are more steps",
                "Sixty-four pieces, and still one step: the weights wait until all slopes are in.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Exercise(
        "batch_loss",
        LESSON,
        right=solution.batch_loss,
        cases=tuple(case("batch_loss", pieces) for pieces in BATCHES),
        tolerance=1e-6,
        yes="Each piece counts as much as it has tokens that count.",
        wrong=(
            Wrong(
                sums,
                "slopes add up, so losses do",
                "That is the sum of the means. With 32 pieces loss and slopes are 32 times too "
                "large; the slopes are then clipped, and you will not notice.",
            ),
            Wrong(
                mean_of_means,
                "the mean of means is the mean",
                "Right as long as all pieces are equal. Of [(3, 100), (5, 300)] three quarters of "
                "the tokens say 5: weigh by tokens.",
            ),
            Wrong(
                sum_over_tokens,
                "the tokens are weights, and that is all",
                "Weighed, but not yet divided: by how many tokens in all?",
            ),
            Wrong(
                divided_by_pieces,
                "one divides by the number of things in the list",
                "Weighed by tokens, so divide by tokens, not by pieces.",
            ),
            Wrong(
                last_piece,
                "the newest loss is the loss",
                "That is the loss of the last piece alone. Some programs log just that, and their "
                "curves are noisier than their runs.",
            ),
        ),
    ),
    Question(
        "the weight that is drawn to 0",
        LESSON,
        right="B",
        yes="Adam divides by the size of the slopes, and what was added to them is divided, too: "
        "by 100 it is nothing, by 0.01 it is everything.",
        wrong=(
            Wrong(
                "A",
                "what has large slopes is drawn strongly",
                "Its slope is 100, and the decay adds 0.1 to it. Then Adam divides by about 100.",
            ),
            Wrong(
                "C",
                "decay treats all weights alike",
                "It is meant to. But it is added to the slope, and Adam divides the slope of each "
                "weight by that weight's own size of slopes.",
            ),
            Wrong(
                "D",
                "the slopes cancel, so nothing happens",
                "The slopes cancel, one up, one down. The decay points the same way every time.",
            ),
        ),
        otherwise='Answer with "A", "B", "C" or "D".',
    ),
    Question(
        "just continue to 12,000",
        LESSON,
        right="B",
        yes="A plan for 12,000 steps has, at step 6,001, hardly more than half of its way behind "
        "it: the rate jumps back up, and the loss with it.",
        wrong=(
            Wrong(
                "A",
                "a curve goes on as it came",
                "It came down with a rate that was falling to its floor. At which rate does it go "
                "on? Look at the two plans in the picture below.",
            ),
            Wrong(
                "C",
                "at the floor nothing moves",
                "At the floor it would move, slowly. But with max_steps=12000 the rate of step "
                "6,001 is not the floor: look at the two plans in the picture below.",
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
        yes="Up to step 160 nobody can tell whether the run is to have 200 steps or 400. So the "
        "checkpoint of step 160 belongs to both.",
        wrong=(
            Wrong(
                cosine,
                "any fall that is smooth will do",
                "A cosine looks at max_steps from the first step after the warm-up: at step 100 a "
                "run of 200 and one of 400 have other rates, and no checkpoint belongs to both.",
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
                "Your step 1 has the rate 0: it is computed and then not made. Ten steps up, "
                "without the 0 and without the 1, are 1/11, 2/11 ... 10/11.",
                fits=rates_like(nothing_at(first=True, last=False)),
            ),
            Wrong(
                to_nothing,
                "a fall ends at 0",
                "Your last step has the rate 0: it is computed and then not made. Count the steps "
                "that are left so that the last one counts, too.",
                fits=rates_like(nothing_at(first=False, last=True)),
            ),
            Wrong(
                both_ends,
                "a line goes from 0 to 0",
                "Your first and your last step have the rate 0: they are computed and then not "
                "made.",
                fits=rates_like(nothing_at(first=True, last=True)),
            ),
            Wrong(
                warm_up_grows,
                "a longer run warms up longer",
                "Your warm-up grows with max_steps. Ten steps, however long the run: or the short "
                "run and the long one part in the first step.",
            ),
            Wrong(
                never_falls,
                "once up, always up",
                "Yours never falls. It is the fall that brings the last gain.",
                fits=rates_like(full_to_the_end),
            ),
            Wrong(
                falls_over_forty,
                "the fall has a length of its own",
                "For 200 steps all is right. A fifth of 400 is 80, and yours falls over 40.",
            ),
            Wrong(
                falls_from_160,
                "it falls from step 160",
                "For 200 steps all is right. A run of 400 falls from step 320 on, and yours has "
                "stopped moving at 200.",
            ),
            Wrong(
                from_the_top,
                "it falls from the first step on",
                "Yours falls all the time, so the length of the run can be seen at every step. "
                "Full until the last fifth.",
            ),
        ),
    ),
    Question(
        "what the rows need to go on",
        LESSON,
        right=2,
        tolerance=0,
        yes="The seed and the step. Which rows come is computed from them, not remembered.",
        wrong=(
            Wrong(
                0,
                "the rows know by themselves",
                "Without any number they would begin again: that mistake comes further down.",
            ),
            Wrong(
                1,
                "the step says all",
                "The step says how far. Of which order? There is one for each seed.",
            ),
            Wrong(
                512,
                "the rows that were read must be written down",
                "Nothing about single rows. Two numbers, and the order is computed.",
            ),
        ),
        otherwise="What does a batch follow from, in the words of lesson 10?",
    ),
    Exercise(
        "keep_going",
        LESSON,
        right=solution.keep_going,
        cases=tuple(a_night(*codes) for codes in NIGHTS),
        tolerance=0,
        yes="75 is a wish, 0 is the end, and anything else is for a person to read.",
        wrong=(
            Wrong(
                all_but_success,
                "what is not finished is started again",
                "A run that ended because its loss was not a number ends there again, and yours "
                "starts it all night. Only 75 asks for it.",
            ),
            Wrong(
                after_a_kill_too,
                "whatever was killed asks for another start",
                "-9 is not on the list: a killed program has asked for nothing, and if memory ran "
                "out it is killed again, all night. Only 75 asks for it.",
            ),
            Wrong(
                once_more,
                "a night has one interruption",
                "That starts it once more. And if it is stopped twice?",
            ),
            Wrong(
                for_ever,
                "a loop for the night needs no end",
                "Yours goes on when the run is finished, and when it has failed.",
            ),
            Wrong(
                never_again,
                "it will start itself",
                "Yours starts it once. Who starts it when it has answered 75?",
            ),
            Wrong(
                until_it_says_so,
                "75 is the end",
                "Turned round: 75 asks to be started again, and yours stops at it.",
            ),
        ),
    ),
    Question(
        "the program to trust",
        LESSON,
        right="Ada's",
        measure=as_owner,
        yes="The better curve is the wrong one. Here is how it can be seen.",
        wrong=(
            Wrong(
                "Bo's",
                "the lower curve is the better program",
                "Its curve is lower, on rows that it learns from. What did it read, and how often?",
            ),
        ),
        otherwise='Answer with "Ada\'s" or "Bo\'s".',
    ),
]
