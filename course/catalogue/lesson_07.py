"""Questions of lesson 7: microgpt."""

from math import sqrt

from course.exercises.exercises import Case, Exercise, case, like_any
from course.exercises.questions import Question, Wrong
from course.solutions import lesson_07 as solution
from gptcore.scalar.ngram import NgramTable

LESSON = "07_microgpt"
NAMES = ["ana", "nan", "anna", "hanna", "nana", "han", "ann", "hana"]


def a_contest(names: list[str], times: int = 1) -> Case:
    """What a reader's contest says of a table of pairs, on a few names or on many."""
    listed = f"{names} * {times}" if times > 1 else str(names)
    return Case(
        f"contest(table of pairs, {listed})",
        lambda contest: contest(NgramTable("ahn", context_size=1, smoothing=0.1), names * times),
    )


def minus_mean(x):
    return [n - sum(x) / len(x) for n in x]


def spread(x):
    return sum(n * n for n in minus_mean(x)) / len(x)


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


def learn_the_second_half(table, documents):
    losses = []
    for document in documents[len(documents) // 2 :]:
        losses.append(table.loss(document))
        table.fit_document(document)
    return sum(losses) / len(losses)


def first_half(table, documents):
    losses = []
    for document in documents:
        losses.append(table.loss(document))
        table.fit_document(document)
    half = len(losses) // 2
    return sum(losses[:half]) / half


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


def whole_sum(table, documents):
    return solution.contest(table, documents) * (len(documents) - len(documents) // 2)


def half_of_the_mean(table, documents):
    return whole_sum(table, documents) / len(documents)


WITH_BIASES = {
    **solution.counts,
    "lm_head": 27 * 16 + 27,
    "wq, wk, wv, wo": 4 * (16 * 16 + 16),
    "fc1": 64 * 16 + 64,
    "fc2": 16 * 64 + 16,
}


def never_learn(table, documents):
    half = len(documents) // 2
    return sum(table.loss(document) for document in documents[half:]) / (len(documents) - half)


QUESTIONS = [
    Question(
        "logits that change",
        LESSON,
        right=0,
        tolerance=0,
        yes="None. Without attention the last position knows nothing of the first.",
        wrong=(
            Wrong(
                27,
                "every part of the model reads the whole name",
                "27 is with the heads. Which other part of the model moves information from the "
                "first position to the last?",
            ),
            Wrong(
                1,
                "only the logit of the changed letter moves",
                "Logits are about the NEXT letter. If any information about the first letter "
                "arrives, it changes all 27.",
            ),
        ),
        otherwise="Which part, except for the heads, moves information between positions?",
    ),
    Question(
        "training without a part",
        LESSON,
        right="B",
        yes="A nearly white row, and the only part that is missed.",
        wrong=(
            Wrong(
                "A",
                "the part that writes most is needed most",
                "The row shows what the MLP writes in a model that has one. A model that never had "
                "one may do the same with its embedding.",
            ),
            Wrong(
                "C",
                "names need neither part",
                "After 1,000 steps that is so. With 10,000 steps there is time to learn more.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "what eight blocks without residual connections learned",
        LESSON,
        right="B",
        yes="2.88 is the loss of a model that knows only the frequency of each letter: no context, "
        "no position.",
        wrong=(
            Wrong(
                "A",
                "a flat loss means nothing was learned",
                "Nothing would be ln 27 = 3.30. It fell to about 2.9 and stayed. Which knowledge "
                "gives that loss?",
            ),
            Wrong(
                "C",
                "it is merely slow",
                "Knowing which letter follows which gives about 2.5. This run stays at 2.9.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Exercise(
        "rms_norm",
        LESSON,
        right=solution.rms_norm,
        cases=tuple(
            case("rms_norm", x)
            for x in ([3.0, 4.0], [300.0, -400.0, 0.0], [0.001, 0.002], [5.0], [0.0, 0.0])
        ),
        tolerance=1e-6,
        yes="The length is the same for every input, and the direction stays.",
        wrong=(
            Wrong(
                lambda x: [n / (sum(m * m for m in x) / len(x) + 1e-5) for n in x],
                "divide by the mean of the squares",
                "You divide by the mean of the squares. Take its root.",
            ),
            Wrong(
                lambda x: [n / sqrt(sum(m * m for m in x) + 1e-5) for n in x],
                "divide by the length",
                "You divide by the root of the SUM. Take the mean: divide the sum by len(x).",
            ),
            Wrong(
                lambda x: [n / sqrt(spread(x) + 1e-5) for n in minus_mean(x)],
                "a norm subtracts the mean",
                "That is LayerNorm (lesson 9). RMSNorm does not subtract the mean.",
            ),
            Wrong(
                lambda x: sqrt(sum(n * n for n in x) / len(x) + 1e-5),
                "the root is the result",
                "That is the number to divide by. Divide each number of x by it.",
            ),
            Wrong(
                lambda x: [n / sqrt(sum(m * m for m in x) / len(x)) if any(x) else 0.0 for n in x],
                "0.00001 changes nothing",
                "You forgot the 0.00001. It matters where the numbers of x are small.",
            ),
            Wrong(
                lambda x: [n / (sqrt(sum(m * m for m in x) / len(x)) + 1e-5) for n in x],
                "0.00001 is added to the root",
                "Add 0.00001 to the mean of the squares, before the root.",
            ),
            Wrong(
                lambda x: [n / (sum(map(abs, x)) / len(x) + 1e-5) for n in x],
                "the mean of the absolute values",
                "That is the mean of the absolute values. Square first, then take the root.",
            ),
        ),
        otherwise="Squares, their mean, plus 0.00001, the root; then divide each number by it.",
    ),
    Question(
        "the 4,192",
        LESSON,
        right=solution.counts,
        tolerance=0,
        otherwise="A matrix has rows times columns numbers. The map shows both.",
        yes="Nearly half of them are in the MLP, a quarter in attention.",
        wrong=(
            Wrong(
                {**solution.counts, "lm_head": 0},
                "the first table is used again at the end",
                "That makes 3,760. Many GPTs use `wte` again for the logits (weight tying); this "
                "one has a matrix of its own, `lm_head`.",
            ),
            Wrong(
                {**solution.counts, "fc1": 64 * 16 + 64, "fc2": 16 * 64 + 16},
                "every layer has biases",
                "That makes 4,272. `fc1` and `fc2` are matrices without a bias. Read `linear` in "
                "the program.",
            ),
            Wrong(
                WITH_BIASES,
                "every matrix has a bias",
                "You added a bias to the matrices. None of them has one: rows times columns.",
            ),
            Wrong(
                {**solution.counts, "wpe": 16},
                "a position is one number",
                "`wpe` has 16 rows, one for each position, and each row is a vector of 16 numbers.",
            ),
            Wrong(
                {**solution.counts, "wpe": 27 * 16},
                "a position for every letter of the alphabet",
                "`wpe` has a row for each POSITION, and there are 16.",
            ),
            Wrong(
                {**solution.counts, "wq, wk, wv, wo": 4 * 16 * 4},
                "one matrix was counted",
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
        yes="Every name is new when it is predicted, as it is for the GPT.",
        wrong=(
            Wrong(
                learn_first,
                "a table is fitted before it is measured",
                "Your table was fitted on all names before its loss is measured: that is training "
                "loss. Measure each name first, then fit it.",
            ),
            Wrong(
                learn_each_first,
                "the order does not matter",
                "You fit each name and then measure that same name. Measure first.",
            ),
            Wrong(
                count_all,
                "every name counts",
                "Yours counts the first half, too, where the table knows little. For the GPT only "
                "the second half counts.",
            ),
            Wrong(
                learn_half,
                "one half is for training, the other for testing",
                "Your table stops learning after the first half. The GPT goes on learning in the "
                "second; the table must, too.",
            ),
            Wrong(
                first_half,
                "a model is judged by its beginning",
                "Yours is the mean of the FIRST half, where the table knows little. Take the "
                "losses of the second half.",
            ),
            Wrong(
                learn_the_second_half,
                "only what counts is learned",
                "Your table has never seen the first half. The GPT learned from it; the table "
                "must, too. Fit every name.",
            ),
            Wrong(
                whole_sum,
                "a sum is a mean",
                "You add up the losses of the second half. Divide by how many they are.",
            ),
            Wrong(
                half_of_the_mean,
                "the mean is over all names",
                "You divide by the number of all names. Divide by how many losses you added.",
            ),
            Wrong(
                never_learn,
                "the table knows the names already",
                "Your table never learns: call `table.fit_document(name)` after each name.",
            ),
            Wrong(
                last_500(of_the_last_500),
                "the half is 500",
                "500 is half of the lesson's 1,000 names. The check uses other numbers of names: "
                "half is len(documents) // 2.",
                fits=like_any(CONTESTS, *FIVE_HUNDRED),
            ),
        ),
    ),
    Question(
        "derivative of x + f(x)",
        LESSON,
        right=0.7,
        yes="1 on the direct path, -0.3 through f: two paths, added.",
        wrong=(
            Wrong(
                -0.3,
                "only the block counts",
                "That is the path through f. Add the direct path.",
            ),
            Wrong(1.3, "every path adds a positive number", "Mind the sign of the path through f."),
            Wrong(
                1, "only the direct path counts", "The direct path gives 1. Add the path through f."
            ),
        ),
        otherwise="Two paths lead from x to the result. Add their derivatives.",
    ),
]
