"""Questions of lesson 9: same thing, thousands of times faster?"""

from importlib import import_module

from course.exercises.exercises import Case, Exercise
from course.exercises.numbers import InvalidAnswerError, done
from course.exercises.questions import Question, Wrong
from course.exercises.rounding import or_rounded
from course.solutions import lesson_09 as solution

LESSON = "09_full_gpt"


def letter_of(answer):
    """The letter in front of a whole answer will do."""
    return answer.strip().rstrip(".")[:1] if isinstance(answer, str) else answer


def faster_or_not(answer):
    """The letter, or the word for it."""
    words = {"faster": "A", "slower": "B", "same": "C"}
    text = str(answer).lower()
    return next((letter for word, letter in words.items() if word in text), letter_of(answer))


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


def a_row(*ids: int) -> Case:
    """The reader's x and y of a row of ids."""

    def call(x_and_y):
        answer = done(x_and_y(import_module("torch").tensor(ids)))  # here: few lessons need torch
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            raise InvalidAnswerError("x_and_y must give back two things: return x, y")
        return dict(zip("xy", map(done, answer)))

    return Case(f"x_and_y(tensor({list(ids)}))", call)


def a_sheet(B: int, T: int, C: int, H: int) -> Case:
    """The reader's strips of a small sheet, each number of which is another one."""

    def call(split_heads):
        sheet = import_module("torch").arange(B * T * C).view(B, T, C)
        heads = done(split_heads(sheet, H))
        if isinstance(heads, (tuple, list)):
            raise InvalidAnswerError(
                "split_heads must give back one tensor, (B, H, T, D), not several strips"
            )
        return heads

    return Case(f"split_heads(arange({B * T * C}).view({B}, {T}, {C}), {H})", call)


def view_alone(x, n_head):
    B, T, C = x.shape
    return x.reshape(B, n_head, T, C // n_head)


def not_turned(x, n_head):
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
        yes="Each letter is a place where something follows, and all are asked at once.",
        wrong=(
            Wrong(
                1,
                "a row is one question with one answer",
                "Only if nothing but the last letter were asked for. But every letter of the row "
                "has one that follows it.",
            ),
            Wrong(
                63,
                "the last letter has no successor",
                "So it would be, were the row alone. The letter that follows comes along.",
            ),
            Wrong(
                65,
                "every letter is predicted",
                "65 letters lie there, and before the first of them nothing was read.",
            ),
        ),
        otherwise="How many letters of the row have one that follows them?",
    ),
    Question(
        "PyTorch against NumPy, one name at a time",
        LESSON,
        right="B",
        yes="Slower. Go on; the reason is worth more than the answer.",
        wrong=(
            Wrong(
                "A",
                "the professional tool is the faster one",
                "It can be. But a name is six letters, and every call has a price of its own, "
                "however little there is to do in it.",
            ),
            Wrong(
                "C",
                "both multiply the same matrices",
                "The multiplications cost the same. What else does PyTorch do in each call?",
            ),
        ),
        measure=faster_or_not,
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "where most of GPT-2 is",
        LESSON,
        right="B",
        yes="More than in all the rest of the blocks; see below by how much.",
        wrong=(
            Wrong(
                "A",
                "attention is what a GPT is made of",
                "Attention is what it is known for. Per block it has four matrices of C x C; what "
                "has the MLP?",
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
        "the loss on names it has not read",
        LESSON,
        right="C",
        yes="Worse than a model that knows nothing. It is sure, and wrong.",
        wrong=(
            Wrong(
                "A",
                "what is learned helps everywhere",
                "At first it does. But a hundred names are soon known one by one, and what is "
                "learned then is true of them only.",
            ),
            Wrong(
                "B",
                "what is learned too much does no harm",
                "It does harm: whoever has seen `em` followed by `i` each time bets everything on "
                "`i`. What does it cost if `m` comes?",
            ),
        ),
        measure=letter_of,
        otherwise='Answer with "A", "B" or "C".',
    ),
    Question(
        "the layer of the head that is missed most",
        LESSON,
        right=0,
        yes="The first. What the later ones do is built on what it brings.",
        wrong=(
            Wrong(
                2,
                "the last layer decides",
                "It has the last word, and what it reads has come through the two others.",
            ),
            Wrong(
                1,
                "the middle is where the thinking is",
                "What does the middle read that nobody has brought yet?",
            ),
        ),
        otherwise="There are the layers 0, 1 and 2.",
    ),
    Question(
        "the wrong programs",
        LESSON,
        right="Ada and Bo",
        measure=names_of,
        yes="Both. Bo's you can tell by its loss. For Ada's you need another witness; read on.",
        wrong=(
            Wrong(
                "Bo",
                "a loss that looks like ours is right",
                "Bo's is too good to be true. But look at Ada's again: a little better than ours "
                "is not the same as ours, and it began from the same weights.",
            ),
            Wrong(
                "Ada",
                "what deviates a little is wrong",
                "What, then, of Bo's? After so few steps it is far better than both others.",
            ),
            Wrong(
                "ours",
                "the highest loss is the wrong one",
                "The highest loss of three is no sign of anything. What would a program have to do "
                "to be much better, with the same weights and the same text?",
            ),
            Wrong(
                "none",
                "what learns is right",
                "A lower loss from the same weights and the same rows: one of the three reads "
                "something that the others do not.",
            ),
        ),
        otherwise='Name the wrong ones: "ours", "Ada", "Bo", or several.',
    ),
    Exercise(
        "x_and_y",
        LESSON,
        right=solution.x_and_y,
        cases=(a_row(10, 11, 12, 13, 14, 15, 16), a_row(5, 3, 9)),
        tolerance=0,
        yes="T + 1 ids make T predictions.",
        wrong=(
            Wrong(
                lambda row: (row[:-1], row[:-1]),
                "the target is what is read",
                "y is x. It will have a loss of 0.01 in a minute: it copies.",
            ),
            Wrong(
                lambda row: (row, row),
                "the target is what is read",
                "y is x, all of it. At each place the answer lies on the table, so it copies.",
            ),
            Wrong(
                lambda row: (row[1:], row[:-1]),
                "one of the two is shifted, whichever",
                "Shifted the wrong way: it learns to say what came BEFORE, which it has read. The "
                "loss will fall below the floor.",
            ),
            Wrong(
                lambda row: (row[:-1], row[-1:]),
                "a row has one answer",
                "One target for six tokens. Each token has one that follows it: y is as long as x.",
            ),
            Wrong(
                lambda row: (row, row[1:]),
                "x is the whole row",
                "x is one longer than y: the last id of the row has nothing to be asked about.",
            ),
            Wrong(
                lambda row: (row[:-2], row[2:]),
                "the next one is two places on",
                "Two places on. It would learn to leave out a letter.",
            ),
        ),
    ),
    Exercise(
        "split_heads",
        LESSON,
        right=solution.split_heads,
        cases=(a_sheet(2, 3, 20, 4), a_sheet(1, 2, 6, 3), a_sheet(2, 1, 4, 1)),
        tolerance=0,
        yes="Cut along, then turned: every head has all tokens.",
        wrong=(
            Wrong(
                view_alone,
                "the right shape is the right cut",
                "The shape is right, and head 0 of yours holds the first tokens whole: you cut the "
                "sheet across instead of along. A sheet of 2 tokens, [[0, 1, 2, 3], [4, 5, 6, 7]], "
                "has the strips [[0, 1], [4, 5]] and [[2, 3], [6, 7]].",
            ),
            Wrong(
                not_turned,
                "the cut is all",
                "Cut the right way. But heads shall come before tokens, (B, H, T, D), so that a "
                "product compares tokens and not heads. Turn two axes.",
            ),
            Wrong(
                every_fourth,
                "any share of the numbers will do",
                "Your head 0 takes every fourth number of a token; it could learn as well, but "
                "weights trained elsewhere would be read wrongly. A head's numbers lie together.",
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
        "gpt2-medium",
        LESSON,
        right=solution.medium,
        measure=or_rounded(solution.medium, whole=True),
        tolerance=1e-9,
        otherwise="Count the rows and columns of each matrix; then in millions.",
        yes="302 of the 355 million are in the blocks, and the number of heads does not count.",
        wrong=(
            Wrong(
                changed(attention_with_32_heads=2 * ATTENTION),
                "more heads are more weights",
                "Twice the heads, each with half the numbers. The sheet has the same width, "
                "however many strips it is cut into.",
            ),
            Wrong(
                changed(attention_with_32_heads=ATTENTION / 2),
                "smaller heads are fewer weights",
                "Each head is half as large, and there are twice as many.",
            ),
            Wrong(
                changed(attention=24 * 3 * WIDTH, attention_with_32_heads=24 * 3 * WIDTH),
                "attention is query, key and value",
                "Query, key, value, and a fourth matrix for what the heads have gathered.",
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
                "reading and writing need a table each",
                "The head is tied: the table that reads tokens also writes them. Count it once.",
            ),
        ),
    ),
    Question(
        "slopes that meet in one weight",
        LESSON,
        right=512,
        yes="8 rows of 64. Multiply along, add where they meet; the matrix product does it.",
        wrong=(
            Wrong(
                1,
                "a weight is used once in a step",
                "Once per step it is moved. How many tokens does it meet before that?",
            ),
            Wrong(
                64,
                "a weight is used once for each position",
                "In one row. And the other seven?",
            ),
            Wrong(
                8,
                "a weight is used once for each row",
                "All 64 tokens of a row go through the same matrix, each by itself.",
            ),
        ),
        otherwise="How many tokens are there in the batch?",
    ),
]
