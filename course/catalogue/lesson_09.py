"""Questions of lesson 9: the full GPT."""

from importlib import import_module
from math import log

from course.exercises.exercises import Case, Exercise
from course.exercises.numbers import InvalidAnswerError, done
from course.exercises.questions import Question, Wrong, letter_of
from course.exercises.rounding import or_rounded
from course.solutions import lesson_09 as solution

LESSON = "09_full_gpt"


def part_of(answer):
    """A part may be called by its name."""
    words = {"mlp": "B", "attention": "A", "table": "C", "token": "C", "embedding": "C"}
    text = str(answer).lower()
    return next((letter for word, letter in words.items() if word in text), letter_of(answer))


def names_of(answer):
    """However several names are given."""
    text = " ".join(answer) if isinstance(answer, (list, tuple, set)) else str(answer)
    words = text.lower().replace("'s", "").replace(",", " ").replace("&", " ").split()
    both = {"ada", "bo"} if "both" in words else set()
    none = {"none"} if "neither" in words else set()
    return " ".join(sorted(both | none | (set(words) & {"ours", "ada", "bo", "none"})))


def position_of(answer):
    """A position, or the token at it."""
    if not isinstance(answer, str):
        return answer
    positions = {"diameter": 0, "marc": 1, "bodies": 2, "changed": 3}
    if answer.strip().lower() not in positions:
        raise InvalidAnswerError("Answer with a position: a whole number from 0 to 41.")
    return positions[answer.strip().lower()]


def a_row(*ids: int) -> Case:
    """The reader's x and y of a row of ids."""

    def call(x_and_y):
        answer = done(x_and_y(import_module("torch").tensor(ids)))  # here: few lessons need torch
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            raise InvalidAnswerError("x_and_y must give back two things: return x, y")
        return dict(zip("xy", map(done, answer)))

    return Case(f"x_and_y(tensor({list(ids)}))", call)


def a_split(B: int, T: int, C: int, H: int) -> Case:
    """The reader's split of a small tensor, each number of which is another one."""

    def call(split_heads):
        x = import_module("torch").arange(B * T * C).view(B, T, C)
        heads = done(split_heads(x, H))
        if isinstance(heads, (tuple, list)):
            raise InvalidAnswerError(
                "split_heads must give back one tensor, (B, H, T, D), not several tensors"
            )
        return heads

    return Case(f"split_heads(arange({B * T * C}).view({B}, {T}, {C}), {H})", call)


def view_alone(x, n_head):
    B, T, C = x.shape
    return x.reshape(B, n_head, T, C // n_head)


def not_transposed(x, n_head):
    B, T, C = x.shape
    return x.view(B, T, n_head, C // n_head)


def every_fourth(x, n_head):
    B, T, C = x.shape
    return x.view(B, T, C // n_head, n_head).permute(0, 3, 1, 2)


def sizes_exchanged(x, n_head):
    B, T, C = x.shape
    return x.view(B, T, C // n_head, n_head).transpose(1, 2)


def changed(**parts: float) -> dict:
    """The right table but for some lines."""
    return {**solution.medium, **{name.replace("_", " "): size for name, size in parts.items()}}


ATTENTION, WIDTH = solution.medium["attention"], 1024**2 / 1e6

QUESTIONS = [
    Question(
        "predictions in one row",
        LESSON,
        right=64,
        yes="Each of the 64 letters has a letter that follows it, and every position is trained.",
        wrong=(
            Wrong(
                1,
                "a row is one question with one answer",
                "Only if nothing but the last letter were predicted. But every letter of the row "
                "has one that follows it.",
            ),
            Wrong(
                63,
                "the last letter has no successor",
                "It has one here: the letter that follows the row comes along.",
            ),
            Wrong(
                65,
                "every letter is predicted",
                "There are 65 letters, and before the first of them the model has read nothing.",
            ),
        ),
        otherwise="How many letters of the row have one that follows them?",
    ),
    Exercise(
        "x_and_y",
        LESSON,
        right=solution.x_and_y,
        cases=(a_row(10, 11, 12, 13, 14, 15, 16), a_row(5, 3, 9)),
        tolerance=0,
        yes="T + 1 ids give T predictions.",
        wrong=(
            Wrong(
                lambda row: (row[:-1], row[:-1]),
                "the target is the input",
                "y is x: the answer is in the input. The model learns to copy its input, and "
                "nothing else.",
            ),
            Wrong(
                lambda row: (row, row),
                "the target is the input",
                "y is x, all of it. At each position the answer is in the input, so it copies.",
            ),
            Wrong(
                lambda row: (row[1:], row[:-1]),
                "one of the two is shifted, no matter which",
                "Shifted the wrong way: it learns which token came BEFORE, and it has read that "
                "one. The loss will fall below the entropy.",
            ),
            Wrong(
                lambda row: (row[:-1], row[-1:]),
                "a row has one answer",
                "One target for six tokens. Each token has one that follows it: y is as long as x.",
            ),
            Wrong(
                lambda row: (row, row[1:]),
                "x is the whole row",
                "x is one longer than y: the last id of the row has no target.",
            ),
            Wrong(
                lambda row: (row[:-2], row[2:]),
                "the next one is two positions on",
                "Two positions on. It would learn to leave out a letter.",
            ),
        ),
        otherwise="y[i] is the token that follows x[i]. Both have T entries, one less than row.",
    ),
    Exercise(
        "split_heads",
        LESSON,
        right=solution.split_heads,
        cases=(a_split(2, 3, 20, 4), a_split(1, 2, 6, 3), a_split(2, 1, 4, 1)),
        tolerance=0,
        yes="Every head has all tokens, with D neighbouring numbers of each.",
        wrong=(
            Wrong(
                view_alone,
                "the right shape is the right split",
                "The shape is right, and your head 0 holds the first tokens with all their "
                "numbers: view keeps the order in memory. Two tokens [[0, 1, 2, 3], [4, 5, 6, 7]] "
                "become [[0, 1], [4, 5]] and [[2, 3], [6, 7]].",
            ),
            Wrong(
                not_transposed,
                "the split is all",
                "Split the right way. But the axis of heads comes before the axis of tokens, "
                "(B, H, T, D), so that a product compares tokens, not heads. Transpose two axes.",
            ),
            Wrong(
                every_fourth,
                "any D numbers will do",
                "Your head 0 takes every fourth number of a token. That could be trained, but "
                "weights from elsewhere would be read wrongly. Numbers of a head are neighbours.",
            ),
            Wrong(
                sizes_exchanged,
                "H and D can be told apart later",
                "H and D have changed places: yours has 5 heads with 4 numbers, not 4 with 5.",
            ),
        ),
        otherwise="Head 0 gets the first D numbers of every token: D = C // n_head.",
    ),
    Question(
        "the largest part of GPT-2",
        LESSON,
        right="B",
        yes="More than in any other part; the next picture shows how much.",
        wrong=(
            Wrong(
                "A",
                "attention is what a GPT is made of",
                "Attention is what it is known for. It has four matrices of C x C in a block. What "
                "does the MLP have?",
            ),
            Wrong(
                "C",
                "50,257 tokens are the largest number in sight",
                "They have 768 numbers each, once. A block has more than seven million, and there "
                "are twelve.",
            ),
        ),
        measure=part_of,
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "gpt2-medium",
        LESSON,
        right=solution.medium,
        measure=or_rounded(solution.medium, whole=True),
        tolerance=1e-9,
        otherwise="Count the rows and columns of each matrix; then in millions.",
        yes="302 of the 355 million are in the blocks, and the number of heads does not matter.",
        wrong=(
            Wrong(
                changed(attention_with_32_heads=2 * ATTENTION),
                "more heads are more weights",
                "Twice the heads, each with half the numbers. wq has C x C weights, however its "
                "output is split.",
            ),
            Wrong(
                changed(attention_with_32_heads=ATTENTION / 2),
                "smaller heads are fewer weights",
                "Each head is half as large, and there are twice as many.",
            ),
            Wrong(
                changed(attention=24 * 3 * WIDTH, attention_with_32_heads=24 * 3 * WIDTH),
                "attention is query, key and value",
                "Query, key, value, and a fourth matrix, the output projection.",
            ),
            Wrong(
                changed(attention=16 * ATTENTION, attention_with_32_heads=32 * ATTENTION),
                "each head has matrices of C x C",
                "A head projects C numbers to D = C / 16. So wq is C x C for all 16 heads "
                "together, not for each.",
            ),
            Wrong(
                changed(mlp=24 * 4 * WIDTH),
                "the MLP is one matrix",
                "C to 4C is one matrix; the way back from 4C to C is another.",
            ),
            Wrong(
                changed(attention=4 * WIDTH, mlp=8 * WIDTH, attention_with_32_heads=4 * WIDTH),
                "all blocks share their weights",
                "That is one block. Each of the 24 has matrices of its own.",
            ),
            Wrong(
                {part: size * 1e6 for part, size in solution.medium.items()},
                "whole counts are millions",
                "These are whole counts. The question asks for millions: divide by 1e6.",
            ),
            Wrong(
                changed(token_embedding=2 * solution.medium["token embedding"]),
                "input and output need a matrix each",
                "Weight tying: the same matrix reads tokens and predicts them. Count it once.",
            ),
        ),
    ),
    Question(
        "the first loss with 58 letters",
        LESSON,
        right=log(58),
        yes="ln 58. Each letter has the probability 1/58.",
        wrong=(
            Wrong(
                log(27),
                "the first loss is always 3.30",
                "3.30 is ln 27, for 26 letters and BOS. Here are 58 letters.",
            ),
            Wrong(
                58,
                "perplexity is loss",
                "58 is the perplexity. The loss is its natural logarithm.",
            ),
            Wrong(
                1 / 58,
                "probability is loss",
                "1/58 is the probability of each letter. The loss is minus its logarithm.",
            ),
            Wrong(
                log(58) / log(2),
                "the unit is the bit",
                "That is the loss in bits. In nats the logarithm has base e.",
            ),
        ),
        otherwise="Each letter has the probability 1/58. What is minus its natural logarithm?",
    ),
    Question(
        "the loss on names it has not read",
        LESSON,
        right="C",
        yes="Worse than a uniform guess. The model is sure, and wrong.",
        wrong=(
            Wrong(
                "A",
                "what is learned helps everywhere",
                "At first it does. But a hundred names are soon known one by one, and what is "
                "learned then holds for them only.",
            ),
            Wrong(
                "B",
                "learning too much does no harm",
                "It does harm. A model that has seen `i` after `em` every time gives `i` nearly "
                "all probability. What is the loss if `m` comes?",
            ),
        ),
        measure=letter_of,
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "kept tokens",
        LESSON,
        right=solution.kept,
        tolerance=0,
        yes="top-k counts tokens, top-p adds probabilities, min-p compares with the largest.",
        wrong=(
            Wrong(
                {**solution.kept, "top-p 0.85": 2},
                "top-p stays below p",
                "The first two add up to 0.8, which is less than 0.85. top-p keeps tokens until "
                "the sum is at least p.",
            ),
            Wrong(
                {**solution.kept, "min-p 0.08": 3},
                "min-p is a probability",
                "0.08 is a fraction of the largest probability: 0.08 x 0.6 = 0.048. How many "
                "tokens have at least that?",
            ),
            Wrong(
                {**solution.kept, "top-p 0.85": 2, "min-p 0.08": 3},
                "both are limits for one probability",
                "top-p adds up probabilities until the sum is at least 0.85. min-p compares with "
                "0.08 x 0.6.",
            ),
            Wrong(
                {**solution.kept, "top-p 0.85": 0},
                "top-p compares each probability with p",
                "No token has 0.85 by itself. top-p adds up probabilities, the largest first.",
            ),
        ),
        otherwise="Write whole numbers of tokens, from 1 to 5.",
    ),
    Question(
        "the logit lens before the first block",
        LESSON,
        right="B",
        yes="Input and output share one matrix, so an embedding is most similar to its own row.",
        wrong=(
            Wrong(
                "A",
                "before any block the model knows only how common letters are",
                "There is a token embedding already. With weight tying, the logits are its dot "
                "products with all rows of the same matrix. Which row fits best?",
            ),
            Wrong(
                "C",
                "only the last layer can be read",
                "It can be read: the logits are dot products of an embedding with all rows of the "
                "matrix that it came from. Which row fits best?",
            ),
        ),
        measure=letter_of,
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "the layer of the head that is missed most",
        LESSON,
        right=0,
        yes="The first. The later layers build on what it brings.",
        wrong=(
            Wrong(
                2,
                "the last layer decides",
                "It is the last to add to the residual stream, and all it reads has come through "
                "the two others.",
            ),
            Wrong(
                1,
                "the middle layer does the real work",
                "What can the middle layer read if the first has brought nothing?",
            ),
        ),
        otherwise="There are the layers 0, 1 and 2.",
    ),
    Question(
        "blocks that copying needs",
        LESSON,
        right=2,
        yes="One head brings information about the token before, a later one searches for it.",
        wrong=(
            Wrong(
                1,
                "one head can look for the same letter and copy what followed",
                "A head in the first block compares letters. A key of the letter AFTER the match "
                "knows nothing of the letter before it. Who brings that?",
            ),
            Wrong(
                3,
                "matching and copying need a block each",
                "Matching is done by query and key, copying by the value: one head does both. What "
                "must have happened before?",
            ),
        ),
        otherwise="Answer with 1, 2 or 3.",
    ),
    Question(
        "where the second Marc looks",
        LESSON,
        right=2,
        measure=position_of,
        tolerance=0,
        yes="The token after the first Marc: it is what may come next.",
        wrong=(
            Wrong(
                1,
                "an induction head attends to the same token",
                "There is the first Marc. Copying that would predict Marc once more. Which token "
                "should be predicted after the second?",
            ),
            Wrong(
                40,
                "an induction head attends to the token before",
                "That is what the other head of the pair does, in a lower layer. This one wants "
                "to know what followed Marc the first time.",
            ),
            Wrong(
                3,
                "copying begins two tokens later",
                "`changed` followed ` bodies`. Which token followed Marc?",
            ),
            Wrong(
                42,
                "the answer is in the text already",
                "Position 42 is the next token. The causal mask hides it. Where was the same "
                "token before?",
            ),
            Wrong(
                0,
                "the first token gets what nobody needs",
                "Position 0 gets most of the weight while there is nothing to copy. Here is "
                "something to copy.",
            ),
        ),
        otherwise="Answer with a position from 0 to 41. Which token followed Marc the first time?",
    ),
    Question(
        "the wrong programs",
        LESSON,
        right="Ada and Bo",
        measure=names_of,
        yes="Both. The loss does not prove it; the next cells do.",
        wrong=(
            Wrong(
                "Bo",
                "a loss that is similar to ours is right",
                "Bo's is too good to be true. But look at Ada's again: a little better than ours "
                "is not the same as ours, and it began with the same weights.",
            ),
            Wrong(
                "Ada",
                "what differs a little is wrong",
                "What about Bo's? After so few steps it is far better than both others.",
            ),
            Wrong(
                "ours",
                "the highest loss is the wrong one",
                "The highest loss of three proves nothing. What would a program have to do to be "
                "much better, with the same weights and the same text?",
            ),
            Wrong(
                "none",
                "a program that learns is right",
                "A lower loss from the same weights and the same rows: one of the three reads "
                "something that the others do not.",
            ),
        ),
        otherwise='Name the wrong ones: "ours", "Ada", "Bo", or several.',
    ),
]
