"""Questions of lesson 10: will the run survive the night?"""

from itertools import pairwise
from math import cos, pi

from course.numbers import done
from course.questions import Question, Wrong
from course.solutions import lesson_10 as solution

LESSON = "10_training_on_a_gpu"
BATCHES = (
    [(2.0, 64), (4.0, 64)],
    [(3.0, 100), (5.0, 300)],
    [(1.0, 10), (2.0, 10), (6.0, 20)],
)


# What an exercise is judged by -------------------------------------------------------------------


def on_batches(batch_loss) -> list[float]:
    """What the reader's function makes of three batches."""
    return [done(batch_loss([*pieces])) for pieces in BATCHES]


def facts_about(rate) -> list[str]:
    """How the reader's schedule behaves in a run of 200 steps and in one of 400."""
    short, long = ([float(done(rate(step, n))) for step in range(1, n + 1)] for n in (200, 400))
    both = all(close(a, b) for a, b in zip(short[:160], long))
    longer = "can be made longer" if both else "cannot be made longer"
    return [f"200: {', '.join(shape_of(short))}", f"400: {', '.join(shape_of(long))}", longer]


def shape_of(rates: list[float]) -> list[str]:
    """What is to be said of the rates of one run."""
    if min(rates) < -1e-9:
        return ["a rate below 0"]
    fall = len(rates) - len(rates) // 5  # after so many steps
    ups, downs = steps_between(rates[:10]), steps_between(rates[fall:])
    rises = min(ups) > 1e-6 and close(max(ups), min(ups))
    full = all(close(rate, 1) for rate in rates[10 : fall + 1])
    return [
        "the first step moves" if rates[0] > 1e-6 else "the first step does not move",
        "rises for ten steps" if rises else "rises otherwise",
        "then it is full" if full else "then it is not full",
        "falls for a fifth" if max(downs) < -1e-9 else "falls otherwise",
        "in a straight line" if close(max(downs), min(downs)) else "in a curve",
        "the last step moves" if rates[-1] > 1e-6 else "the last step does not move",
    ]


def steps_between(rates: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(rates)]


def close(one: float, other: float) -> bool:
    return abs(one - other) < 1e-6


class NeverEnds(Exception):
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
            raise NeverEnds
        return self.codes[min(self.times, len(self.codes)) - 1]


NIGHTS = {"stopped twice": (75, 75, 0), "finished at once": (0,), "not a number": (75, 1)}


def facts_about_loop(keep_going) -> list[str]:
    """How often the reader's loop starts the program, and what it gives back."""
    told = []
    for night, codes in NIGHTS.items():
        start = Starts(*codes)
        try:
            given = f"gives back {done(keep_going(start))}"
        except NeverEnds:
            told.append(f"{night}: never ends")
            continue
        told.append(f"{night}: starts it {start.times} times and {given}")
    return told


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
    Question(
        "batch_loss",
        LESSON,
        right=solution.batch_loss,
        measure=on_batches,
        measured="the losses of [(2, 64), (4, 64)], [(3, 100), (5, 300)] and "
        "[(1, 10), (2, 10), (6, 20)]",
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
    Question(
        "rate",
        LESSON,
        right=solution.rate,
        measure=facts_about,
        measured="your rates in a run of 200 steps and in one of 400",
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
                from_nothing,
                "a rise begins at 0",
                "Your step 1 has the rate 0: it is computed and then not made. Ten steps up, "
                "without the 0 and without the 1, are 1/11, 2/11 ... 10/11.",
            ),
            Wrong(
                to_nothing,
                "a fall ends at 0",
                "Your last step has the rate 0: it is computed and then not made. Count the steps "
                "that are left so that the last one counts, too.",
            ),
            Wrong(
                both_ends,
                "a line goes from 0 to 0",
                "Your first and your last step have the rate 0: they are computed and then not "
                "made.",
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
        otherwise="What does a batch follow from, in the words of lesson 8?",
    ),
    Question(
        "keep_going",
        LESSON,
        right=solution.keep_going,
        measure=facts_about_loop,
        measured="a night with the codes 75, 75, 0; one with 0; one with 75, 1",
        yes="75 is a wish, 0 is the end, and anything else is for a person to read.",
        wrong=(
            Wrong(
                all_but_success,
                "what is not finished is started again",
                "A run that ended because its loss was not a number ends there again, and yours "
                "starts it all night. Only 75 asks for it.",
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
