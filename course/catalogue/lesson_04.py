"""Questions of lesson 4: which letters are alike?"""

from copy import deepcopy
from math import sqrt

from course.exercises.exercises import Case, Exercise, case
from course.exercises.numbers import InvalidAnswerError, done
from course.exercises.questions import Question, Wrong
from course.solutions import lesson_04 as solution

LESSON = "04_embeddings_and_mlp"
WTE = [[0.5, -1.0], [2.0, 0.25], [-3.0, 4.0], [1.5, 7.0]]
STEPS = (  # weight, gradient, m, v, step
    (0.0, 1.0, 0.0, 0.0, 0),
    (0.5, -0.5, 0.2, 0.04, 3),
    (-0.3, 0.0001, 0.0, 0.0, 0),
    (0.2, 0.3, -0.4, 0.5, 200),
)


def sizes(answer):
    """The sizes of the reader's steps; a sign is not asked for."""
    return {key: abs(done(x)) for key, x in answer.items()} if isinstance(answer, dict) else answer


def a_step(weight, gradient, m, v, step) -> Case:
    """One step of a reader's Adam: the new weight, m and v."""

    def call(adam_step):
        answer = done(adam_step(weight, gradient, m, v, step))
        if not isinstance(answer, (tuple, list)) or len(answer) != 3:
            raise InvalidAnswerError("adam_step must give back three numbers: return weight, m, v")
        return list(map(done, answer))

    return Case(f"adam_step(weight={weight}, gradient={gradient}, m={m}, v={v}, step={step})", call)


def looked_up(ids: list[int]) -> Case:
    """What a reader's embed returns; the table must stay as it was."""

    def call(embed):
        wte = deepcopy(WTE)
        answer = embed(list(ids), wte)
        if wte != WTE:
            raise InvalidAnswerError(
                "embed has changed the embedding table. A row of it is a list, and += makes that "
                "list longer: begin with an empty list of your own"
            )
        return answer

    return Case(f"embed({ids}, {WTE})", call)


def adam(
    beta=True,
    first=1,
    outside=True,
    correct_m=True,
    correct_v=True,
    root=True,
    square=True,
    b=(0.85, 0.99),
):
    """An Adam with a part left out or changed, as readers write it."""

    def adam_step(weight, gradient, m, v, step):
        m, v = (
            b[0] * m + (1 - b[0]) * gradient,
            b[1] * v + (1 - b[1]) * gradient ** (2 if square else 1),
        )
        up = m / (1 - b[0] ** (step + first)) if beta and correct_m else m
        size = v / (1 - b[1] ** (step + first)) if beta and correct_v else v
        if not root:
            return weight - 0.01 * up / (size + 1e-8), m, v
        by = sqrt(size) + 1e-8 if outside else sqrt(size + 1e-8)
        return weight - 0.01 * up / by, m, v

    return adam_step


def parts_exchanged(weight, gradient, m, v, step):
    """Keeps the part of each mean that should be new."""
    m, v = 0.15 * m + 0.85 * gradient, 0.01 * v + 0.99 * gradient**2
    up, size = m / (1 - 0.85 ** (step + 1)), v / (1 - 0.99 ** (step + 1))
    return weight - 0.01 * up / (sqrt(size) + 1e-8), m, v


def keeps_the_corrected(weight, gradient, m, v, step):
    after, m, v = solution.adam_step(weight, gradient, m, v, step)
    return after, m / (1 - 0.85 ** (step + 1)), v / (1 - 0.99 ** (step + 1))


def uphill(weight, gradient, m, v, step):
    after, m, v = solution.adam_step(weight, gradient, m, v, step)
    return 2 * weight - after, m, v


def without_biases(vocab_size, context_size, n_embd, n_hidden):
    return vocab_size * n_embd + n_hidden * context_size * n_embd + vocab_size * n_hidden


def one_letter(vocab_size, context_size, n_embd, n_hidden):
    return solution.count_parameters(vocab_size, 1, n_embd, n_hidden)


def a_table_for_each_place(vocab_size, context_size, n_embd, n_hidden):
    more = (context_size - 1) * vocab_size * n_embd
    return solution.count_parameters(vocab_size, context_size, n_embd, n_hidden) + more


def without_the_table(vocab_size, context_size, n_embd, n_hidden):
    return (
        solution.count_parameters(vocab_size, context_size, n_embd, n_hidden) - vocab_size * n_embd
    )


def one_more_token(vocab_size, context_size, n_embd, n_hidden):
    return solution.count_parameters(vocab_size + 1, context_size, n_embd, n_hidden)


def a_row_for_each_place(vocab_size, context_size, n_embd, n_hidden):
    layers = without_the_table(vocab_size, context_size, n_embd, n_hidden)
    return layers + context_size * n_embd


QUESTIONS = [
    Question(
        "letters closest to a",
        LESSON,
        right="C",
        yes="Similar letters come after vowels, so similar embeddings lower the loss.",
        wrong=(
            Wrong(
                "A",
                "the id of a token has a meaning",
                "The model never sees the alphabet. An id is only the index of a row, and each row "
                "starts at random.",
            ),
            Wrong(
                "B",
                "an embedding shows how frequent a token is",
                "Frequent letters are predicted often. But an embedding is used to predict what "
                "comes NEXT, and after `n` other letters come than after `a`.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "Adam's first step",
        LESSON,
        right={"gradient 1000": 0.01, "gradient 0.001": 0.01},
        measure=sizes,
        yes="Both by the learning rate. The size of the gradient is divided away.",
        wrong=(
            Wrong(
                {"gradient 1000": 10, "gradient 0.001": 0.00001},
                "a step is the learning rate times the gradient",
                "That is gradient descent. Adam also divides by √v, the usual size of the "
                "gradient.",
            ),
            Wrong(
                {"gradient 1000": 1000, "gradient 0.001": 0.001},
                "a step is the gradient",
                "That is the gradient itself. Where is the learning rate?",
            ),
            Wrong(
                {"gradient 1000": 0.00001, "gradient 0.001": 10},
                "Adam divides by the size twice",
                "It divides by the size once: a large gradient by its own large size.",
            ),
            Wrong(
                {"gradient 1000": 0.015, "gradient 0.001": 0.015},
                "the moments need no correction",
                "That is 0.01 x 0.15 / √0.01, without the bias correction.",
            ),
            Wrong(
                {"gradient 1000": 0.01, "gradient 0.001": 0.00001},
                "only large gradients are made smaller",
                "√v is another number for each parameter. How large is it for the second one?",
            ),
        ),
        otherwise="After one step, with bias correction: what is m, and what is √v?",
    ),
    Question(
        "what is wrong with the second MLP",
        LESSON,
        right="B",
        yes="It reads id / 27. So `b` is between `a` and `c`, and `e` next to `d`: an order that "
        "means nothing, and another order gives another model.",
        wrong=(
            Wrong(
                "A",
                "a stuck run has a wrong learning rate",
                "Try it: `m = second_mlp(characters, rng=Random(0)); list(m.train(train, 2300, "
                "0.1))`, then with 1.0. It stays bad. And no learning rate depends on the order of "
                "the letters.",
            ),
            Wrong(
                "C",
                "a stuck model is too small",
                "The control above has an MLP with one number for each letter, too, but it learns "
                "them: about 2.58. And the size of a model does not depend on the order of the "
                "letters.",
            ),
        ),
        otherwise='Answer with "A", "B" or "C".',
    ),
    Exercise(
        "embed",
        LESSON,
        right=solution.embed,
        cases=(looked_up([2, 0]), looked_up([1, 1, 3])),
        tolerance=1e-9,
        yes="Rows in the order of the ids; an id that is there twice gives its row twice.",
        wrong=(
            Wrong(
                lambda ids, wte: [wte[token] for token in ids],
                "a list of rows is a list of numbers",
                "These are the right rows, but still separate lists. The linear layer needs one "
                "list of numbers.",
            ),
            Wrong(
                lambda ids, wte: [sum(column) for column in zip(*(wte[token] for token in ids))],
                "embeddings are added",
                "You added the rows. Then the model cannot see which letter came first. Put them "
                "one after the other.",
            ),
            Wrong(
                lambda ids, wte: [number for token in reversed(ids) for number in wte[token]],
                "the last letter comes first",
                "The rows are in reverse. Keep the order of the ids.",
            ),
            Wrong(
                lambda ids, wte: [
                    sum(column) / len(ids) for column in zip(*(wte[token] for token in ids))
                ],
                "embeddings are averaged",
                "You averaged the rows. Then the model cannot see which letter came first. Put "
                "them one after the other.",
            ),
            Wrong(
                lambda ids, wte: list(ids),
                "the model reads ids",
                "These are the ids. Take the row of the table at each id.",
            ),
            Wrong(
                lambda ids, wte: [number for token in sorted(ids) for number in wte[token]],
                "the order of the letters does not matter",
                "These are the right rows, sorted by id. Keep the order in which the letters come.",
            ),
            Wrong(
                lambda ids, wte: [number for token in dict.fromkeys(ids) for number in wte[token]],
                "each letter is read once",
                "A letter that occurs twice is missing. It needs its row at both places.",
            ),
            Wrong(
                lambda ids, wte: [wte[token][d] for d in range(len(wte[0])) for token in ids],
                "the numbers go column by column",
                "You took first numbers first, then second numbers. Put whole rows one after the "
                "other.",
            ),
        ),
    ),
    Exercise(
        "count_parameters",
        LESSON,
        right=solution.count_parameters,
        cases=(
            case("count_parameters", 27, 3, 2, 16),
            case("count_parameters", 65, 8, 10, 100),
        ),
        tolerance=0,
        yes="The table is there once, for all places of the context.",
        wrong=(
            Wrong(
                without_biases,
                "a linear layer is its matrix",
                "You counted the matrices. Each sum of a linear layer also has a bias.",
            ),
            Wrong(
                one_letter,
                "the first layer reads one letter",
                "Your first layer has n_embd inputs. It reads context_size embeddings side by "
                "side.",
            ),
            Wrong(
                a_table_for_each_place,
                "each place of the context has its own table",
                "You counted the embedding table context_size times. All places use the same one.",
            ),
            Wrong(
                without_the_table,
                "the embedding table is not learned",
                "The two linear layers are right. The embedding table is learned, too.",
            ),
            Wrong(
                one_more_token,
                "the special token comes on top",
                "You added the special token to vocab_size. It is in vocab_size already.",
            ),
            Wrong(
                a_row_for_each_place,
                "the table has a row for each place",
                "Your table has context_size rows. It has a row for each token of the vocabulary.",
            ),
        ),
        otherwise="Count three parts: the table, then weights and biases of each linear layer.",
    ),
    Exercise(
        "adam_step",
        LESSON,
        right=solution.adam_step,
        cases=tuple(a_step(*step) for step in STEPS),
        tolerance=1e-7,
        yes="The first step equals the learning rate, whatever the gradient.",
        wrong=(
            Wrong(
                adam(beta=False),
                "the moments need no correction",
                "Your first step is 0.01 x 0.15 / sqrt(0.01) = 0.015, one and a half times too "
                "large: the bias correction is missing.",
            ),
            Wrong(
                adam(first=0),
                "the first step is number 0",
                "At step 0 you divide by 1 - 0.85 ** 0, which is 0. One gradient is in the means "
                "by then: step + 1.",
            ),
            Wrong(
                adam(outside=False),
                "1e-8 may be inside the root",
                "At gradient 1 there is no difference, at 0.0001 your step is 0.7 of what it "
                "should be: add 1e-8 AFTER the root.",
            ),
            Wrong(
                adam(correct_v=False),
                "only the first moment starts at 0",
                "You corrected m, but not v. So the first step is ten times too large.",
            ),
            Wrong(
                adam(correct_m=False),
                "only the second moment starts at 0",
                "You corrected v, but not m. So the first step is 0.15 of the learning rate.",
            ),
            Wrong(
                uphill,
                "a step follows the gradient",
                "Your weight moves uphill: subtract the step.",
            ),
            Wrong(
                keeps_the_corrected,
                "the corrected moments are kept",
                "The weight is right, but you return the corrected m and v. The next step would "
                "correct them again: return the running means as they are.",
            ),
            Wrong(
                adam(root=False),
                "the second moment is a size",
                "You divide by the mean of the SQUARE. Take its root: sqrt.",
            ),
            Wrong(
                adam(square=False),
                "the second moment is another mean of the gradient",
                "Your v is a mean of gradients. It is the mean of their SQUARES.",
            ),
            Wrong(
                parts_exchanged,
                "a running mean keeps the smaller part",
                "You keep 0.15 of m and 0.01 of v. It is the other way round: keep 0.85 of m and "
                "0.99 of v, and add the rest of the new value.",
            ),
            Wrong(
                adam(b=(0.9, 0.999)),
                "the betas are always 0.9 and 0.999",
                "0.9 and 0.999 are PyTorch's defaults. Here they are 0.85 and 0.99, as in "
                "microgpt.",
            ),
        ),
    ),
    Question(
        "gradient of a row that is used twice",
        LESSON,
        right=-0.3,
        yes="Two paths, added: gradient accumulation, `+=`.",
        wrong=(
            Wrong(
                -0.5,
                "the last use counts",
                "That is the second path alone, as if the code had `=` in place of `+=`.",
            ),
            Wrong(
                0.2,
                "the first use counts",
                "That is the first path alone. The row is used at both places.",
            ),
            Wrong(
                -0.1,
                "paths are multiplied",
                "Multiply ALONG a path. Two paths that meet are added.",
            ),
            Wrong(
                -0.15,
                "paths are averaged",
                "A mean would need a division by 2, and no part of the model divides. Add them.",
            ),
            Wrong(
                0.7,
                "gradients are sizes",
                "You added the sizes. The second gradient is negative: add it with its sign.",
            ),
            Wrong(
                0.3,
                "the sign does not matter",
                "Right size. The negative gradient is the larger one: what is the sign of the sum?",
            ),
        ),
        otherwise="Two paths lead from the row to the loss. What does the chain rule do with "
        "paths?",
    ),
]
