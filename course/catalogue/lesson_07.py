"""Questions of lesson 7: is that all?"""

from math import sqrt

from course.exercises.exercises import Case, Exercise, like_any
from course.exercises.numbers import InvalidAnswerError, done
from course.exercises.questions import Question, Wrong
from course.solutions import lesson_07 as solution
from gptcore.scalar.ngram import NgramTable

LESSON = "07_microgpt"
NAMES = ["ana", "nan", "anna", "hanna", "nana", "han", "ann", "hana"]


STEPS = (  # weight, gradient, m, v, s
    (0.0, 1.0, 0.0, 0.0, 0),
    (0.5, -0.5, 0.2, 0.04, 3),
    (-0.3, 0.0001, 0.0, 0.0, 0),
    (0.2, 0.3, -0.4, 0.5, 200),
)


def a_step(weight, gradient, m, v, s) -> Case:
    """One step of a reader's Adam: the new weight, m and v."""

    def call(adam_step):
        answer = done(adam_step(weight, gradient, m, v, s))
        if not isinstance(answer, (tuple, list)) or len(answer) != 3:
            raise InvalidAnswerError("adam_step must give back three things: return weight, m, v")
        return list(map(done, answer))

    return Case(f"adam_step(weight={weight}, gradient={gradient}, m={m}, v={v}, s={s})", call)


def a_contest(names: list[str], times: int = 1) -> Case:
    """What a reader's contest says of a table of pairs, on a few names or on many."""
    listed = f"{names} * {times}" if times > 1 else str(names)
    return Case(
        f"contest(table of pairs, {listed})",
        lambda contest: contest(NgramTable("ahn", context_size=1, smoothing=0.1), names * times),
    )


def sizes(answer):
    """The sizes of the reader's steps; a sign is not asked for."""
    return {key: abs(done(x)) for key, x in answer.items()} if isinstance(answer, dict) else answer


def which_jump(answer):
    """However the two jumps are called."""
    text = str(answer).lower()
    for name, words in {"arrays": ("array", "numpy"), "fused nodes": ("fused", "nodes")}.items():
        if any(word in text for word in words):
            return name
    return answer


def adam(
    beta=True, first=1, outside=True, correct_m=True, correct_v=True, root=True, b=(0.85, 0.99)
):
    """An Adam with a part left out or changed, as readers write it."""

    def adam_step(weight, gradient, m, v, s):
        m, v = b[0] * m + (1 - b[0]) * gradient, b[1] * v + (1 - b[1]) * gradient**2
        up = m / (1 - b[0] ** (s + first)) if beta and correct_m else m
        size = v / (1 - b[1] ** (s + first)) if beta and correct_v else v
        if not root:
            return weight - 0.01 * up / (size + 1e-8), m, v
        by = sqrt(size) + 1e-8 if outside else sqrt(size + 1e-8)
        return weight - 0.01 * up / by, m, v

    return adam_step


def keeps_the_corrected(weight, gradient, m, v, s):
    after, m, v = solution.adam_step(weight, gradient, m, v, s)
    return after, m / (1 - 0.85 ** (s + 1)), v / (1 - 0.99 ** (s + 1))


def uphill(weight, gradient, m, v, s):
    after, m, v = solution.adam_step(weight, gradient, m, v, s)
    return 2 * weight - after, m, v


def learn_first(table, documents):
    table.fit(documents)
    half = len(documents) // 2
    return sum(table.loss(document) for document in documents[half:]) / (len(documents) - half)


def learn_each_first(table, documents):
    losses = []
    for document in documents:
        table.fit_document(document)
        losses.append(table.loss(document))
    half = len(losses) // 2
    return sum(losses[half:]) / (len(losses) - half)


def count_all(table, documents):
    losses = []
    for document in documents:
        losses.append(table.loss(document))
        table.fit_document(document)
    return sum(losses) / len(losses)


def learn_half(table, documents):
    half = len(documents) // 2
    for document in documents[:half]:
        table.fit_document(document)
    return sum(table.loss(document) for document in documents[half:]) / (len(documents) - half)


def last_500(mean):
    """The half of the thousand names of the lesson, whatever comes in."""

    def contest(table, documents):
        losses = []
        for document in documents:
            losses.append(table.loss(document))
            table.fit_document(document)
        return mean(losses)

    return contest


def of_the_last_500(losses):
    return sum(losses[-500:]) / len(losses[-500:])


def from_500_on(losses):
    return sum(losses[500:]) / len(losses[500:])


def from_500_by_500(losses):
    return sum(losses[500:]) / 500


def last_500_by_500(losses):
    return sum(losses[-500:]) / 500


CONTESTS = (a_contest(NAMES), a_contest(NAMES, 70), a_contest(NAMES[:2]))
FIVE_HUNDRED = map(last_500, (of_the_last_500, from_500_on, from_500_by_500, last_500_by_500))


def never_learn(table, documents):
    half = len(documents) // 2
    return sum(table.loss(document) for document in documents[half:]) / (len(documents) - half)


QUESTIONS = [
    Question(
        "logits that change",
        LESSON,
        right=0,
        tolerance=0,
        yes="None. With the heads silent nobody tells the last letter what stands before it.",
        wrong=(
            Wrong(
                27,
                "every part of the model reads the whole name",
                "27 is what changes while the heads can speak. Which other part of the model "
                "could carry news from the first letter to the last?",
            ),
            Wrong(
                1,
                "only the logit of the changed letter moves",
                "Logits belong to what may come NEXT. If any news of the first letter arrives, it "
                "moves all 27.",
            ),
        ),
        otherwise="Which part, except for the heads, could carry news from one letter to another?",
    ),
    Question(
        "Adam's first step",
        LESSON,
        right={"gradient 1000": 0.01, "gradient 0.001": 0.01},
        measure=sizes,
        yes="Both by the rate. Its size, a million times larger in one than in the other, is "
        "divided away.",
        wrong=(
            Wrong(
                {"gradient 1000": 10, "gradient 0.001": 0.00001},
                "a step is rate times gradient",
                "That is plain descent, 0.01 times the gradient. Adam divides by the size that the "
                "gradient usually has.",
            ),
            Wrong(
                {"gradient 1000": 1000, "gradient 0.001": 0.001},
                "a step is the gradient",
                "The gradient itself would be a step without a rate.",
            ),
            Wrong(
                {"gradient 1000": 0.00001, "gradient 0.001": 10},
                "Adam turns sizes around",
                "It divides by the size once, not twice: a large gradient over its own large size.",
            ),
        ),
        otherwise="Mean of the gradient, divided by the root of the mean of its square. After one "
        "step, what is each?",
    ),
    Question(
        "the largest jump",
        LESSON,
        right="arrays",
        measure=which_jump,
        yes="Arrays: what is left of Python's loops are a few dozen lines, one after the other, "
        "for a whole name.",
        wrong=(
            Wrong(
                "fused nodes",
                "fewer nodes is what counts",
                "Fusing is worth a factor of about twenty. But each of 4,192 weights is still an "
                "object of its own, and Python visits every one for every letter.",
            ),
        ),
        otherwise='Answer with "fused nodes" or "arrays".',
    ),
    Question(
        "what eight layers without the addition learned",
        LESSON,
        right="B",
        yes="2.88 is what it costs to know how common each letter is, and nothing else: no letter "
        "before, no position.",
        wrong=(
            Wrong(
                "A",
                "what does not fall has learned nothing",
                "Nothing would be ln 27 = 3.30. It came down to about 2.9 and stayed. What is "
                "worth that much?",
            ),
            Wrong(
                "C",
                "it is merely slow",
                "Whoever knows which letter follows which pays about 2.5. This run stands at 2.9, "
                "and it stands.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Exercise(
        "adam_step",
        LESSON,
        right=solution.adam_step,
        cases=tuple(a_step(*step) for step in STEPS),
        tolerance=1e-7,
        yes="The first step is the rate, whatever the gradient.",
        wrong=(
            Wrong(
                adam(beta=False),
                "the averages are right as they are",
                "Your first step is 0.01 x 0.15 / sqrt(0.01) = 0.015, one and a half times too "
                "large. See what m and v start from, and divide by what that costs them.",
            ),
            Wrong(
                adam(first=0),
                "the first step is number 0",
                "At s = 0 you divide by 1 - 0.85 ** 0, which is 0. One gradient is in the "
                "averages by then: s + 1.",
            ),
            Wrong(
                adam(outside=False),
                "1e-8 may stand inside the root",
                "At gradient 1 nobody sees it, at 0.0001 your step is 0.7 of what it should be: "
                "1e-8 is added AFTER the root. Inside, the published run prints another loss from "
                "step 2 on.",
            ),
            Wrong(
                adam(correct_v=False),
                "only the mean of the gradient starts at 0",
                "m is corrected, v is not: without it the first step is ten times too large.",
            ),
            Wrong(
                adam(correct_m=False),
                "only the mean of the square starts at 0",
                "v is corrected, m is not: without it the first step is 0.15 of the rate.",
            ),
            Wrong(uphill, "one moves along the gradient", "It walks uphill: minus, not plus."),
            Wrong(
                keeps_the_corrected,
                "what was corrected is kept",
                "The weight is right, but you hand back the corrected m and v. The next step would "
                "correct them once more: hand back the averages as they are.",
            ),
            Wrong(
                adam(root=False),
                "the mean of the square is a size",
                "You divide by the mean of the SQUARE. A size is its root: sqrt.",
            ),
            Wrong(
                adam(b=(0.9, 0.999)),
                "the betas are 0.9 and 0.999, always",
                "0.9 and 0.999 are PyTorch's. This run uses 0.85 and 0.99, as the page has it.",
            ),
        ),
    ),
    Question(
        "the 4,192",
        LESSON,
        right=solution.counts,
        tolerance=0,
        otherwise="A matrix has as many numbers as rows times columns. Read the page for both.",
        yes="Nearly half of them are in the MLP, a quarter in attention.",
        wrong=(
            Wrong(
                {**solution.counts, "lm_head": 0},
                "the first table is used again at the end",
                "That makes 3,760. Many GPTs do use `wte` again for the scores; this one has a "
                "table of its own for them, `lm_head`.",
            ),
            Wrong(
                {**solution.counts, "fc1": 64 * 16 + 64, "fc2": 16 * 64 + 16},
                "every layer has biases",
                "That makes 4,272. `fc1` and `fc2` are matrices only; nothing is added to what "
                "they give. Read `linear` on the page.",
            ),
            Wrong(
                {**solution.counts, "wpe": 27 * 16},
                "a position for every letter of the alphabet",
                "`wpe` has a row for each POSITION, and it looks back on at most 16 of them.",
            ),
            Wrong(
                {**solution.counts, "wq, wk, wv, wo": 4 * 16 * 4},
                "a head has matrices of its own, and one head was counted",
                "256 is one of the four matrices. That line asks for all four together.",
            ),
            Wrong(
                {**solution.counts, "fc1": 16 * 16, "fc2": 16 * 16},
                "the MLP is as wide as the vector",
                "In between the MLP is four times as wide: 64 numbers.",
            ),
        ),
    ),
    Exercise(
        "contest",
        LESSON,
        right=solution.contest,
        cases=CONTESTS,
        tolerance=1e-6,
        yes="Every name is new when it is judged, as it is for the GPT.",
        wrong=(
            Wrong(
                learn_first,
                "a table is finished before it is judged",
                "Your table has read all the names before it is asked about any: it is judged on "
                "what it knows by heart. Ask about each name first, then let it learn that name.",
            ),
            Wrong(
                learn_each_first,
                "the order of asking and learning does not matter",
                "You let it learn each name and then ask about that same name. The other way "
                "round.",
            ),
            Wrong(
                count_all,
                "every name counts",
                "The first half counts as well in yours, and there the table still knows nothing. "
                "For the GPT only the second half counted.",
            ),
            Wrong(
                learn_half,
                "one half to learn from, the other to be judged on",
                "Your table stops learning after the first half. The GPT went on learning while it "
                "was judged; the table may, too.",
            ),
            Wrong(
                never_learn,
                "the table knows the names already",
                "Your table is never told anything: after each name, `table.fit_document(name)`.",
            ),
            Wrong(
                last_500(of_the_last_500),
                "the half is 500",
                "500 is half of the 1,000 names of the lesson. Here another number of names comes "
                "in, and half of them is len(documents) // 2.",
                fits=like_any(CONTESTS, *FIVE_HUNDRED),
            ),
        ),
    ),
    Question(
        "slope of x + f(x)",
        LESSON,
        right=0.7,
        yes="1 along the direct way, -0.3 through f: two paths, added.",
        wrong=(
            Wrong(
                -0.3,
                "only the block counts",
                "That is the way through f. But x also goes past it, directly.",
            ),
            Wrong(1, "the block is passed by", "Direct is 1. The way through f counts, too."),
        ),
        otherwise="Two ways lead from x to the result. Add their slopes.",
    ),
]
