"""Questions of lesson 8: tensors."""

from collections.abc import Mapping
from importlib import import_module

from course.exercises.exercises import Case, Exercise
from course.exercises.numbers import InvalidAnswerError, done
from course.exercises.questions import Question, Wrong
from course.solutions import lesson_08 as solution

LESSON = "08_tensors"


def program_of(answer):
    """A program may be called by its number or in other words."""
    names = ("scalars", "fused", "arrays", "tensors", "batch")
    if isinstance(answer, int) and 1 <= answer <= len(names):
        return names[answer - 1]
    text = str(answer).lower()
    words = {"numpy": "arrays", "scalar": "scalars", "array": "arrays", "tensor": "tensors"}
    words |= {name: name for name in names} | {"pytorch": "tensors"}
    return next((name for word, name in words.items() if word in text), text)


def faster_or_not(answer):
    """The letter, or the word for it."""
    words = {"faster": "A", "slower": "B", "equal": "C", "same": "C"}
    text = str(answer).lower()
    letter = answer.strip().rstrip(".")[:1] if isinstance(answer, str) else answer
    return next((letter for word, letter in words.items() if word in text), letter)


def as_shapes(answer):
    """Shapes as lists of whole numbers, however they are written."""
    if not isinstance(answer, Mapping):
        return answer
    if any(isinstance(shape, (str, int)) for shape in answer.values()):
        raise InvalidAnswerError("Write each shape as a tuple without quotes, such as (8, 10).")
    return {key: [int(n) for n in done(shape)] for key, shape in answer.items()}


def error_of(answer):
    """4/3 may be rounded to 1.3; an exception may be expected."""
    if isinstance(answer, str) and "error" in answer.lower():
        return "error"
    return 4 / 3 if isinstance(answer, float) and answer == 1.3 else answer


def sum_of(answer):
    """A number, also as a text with commas, or a word for one that is too large."""
    if isinstance(answer, str) and answer.replace(",", "").replace("_", "").strip().isdigit():
        return int(answer.replace(",", "").replace("_", ""))
    if answer == float("inf") or (isinstance(answer, str) and "overflow" in answer.lower()):
        return "overflow"
    return answer


def tensors(seed: int, N: int, inputs: int, outputs: int):
    """x, W and dy with small whole numbers."""
    torch = import_module("torch")  # here: few lessons need torch
    generator = torch.Generator().manual_seed(seed)
    sizes = ((N, inputs), (outputs, inputs), (N, outputs))
    return [torch.randint(-4, 5, size, generator=generator).double() for size in sizes]


def a_layer(seed: int, N: int, inputs: int, outputs: int) -> Case:
    """The reader's gradients of a linear layer."""

    def call(matrix_gradients):
        answer = done(matrix_gradients(*tensors(seed, N, inputs, outputs)))
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            raise InvalidAnswerError("matrix_gradients must give back two things: return dW, dx")
        return dict(zip(("dW", "dx"), map(done, answer)))

    shown = f"x ({N}, {inputs}), W ({outputs}, {inputs}), dy ({N}, {outputs})"
    return Case(f"matrix_gradients({shown}), whole numbers", call)


def some_losses(losses: list[list[float]], targets: list[list[int]]) -> Case:
    """The reader's mean of some losses."""

    def call(mean_loss):
        torch = import_module("torch")
        return done(mean_loss(torch.tensor(losses).double(), torch.tensor(targets)))

    return Case(f"mean_loss({losses}, {targets})", call)


def changed(**shapes) -> dict:
    """The right table but for some lines."""
    keys = {"mean": "x.mean(dim=1)", "turned": "x.transpose(1, 2)"}
    keys |= {"looked_up": "wte[ids]", "added": "x + wpe"}
    return {**solution.shapes, **{keys[name]: shape for name, shape in shapes.items()}}


def mean_of_rows(losses, targets):
    real = targets != -1
    return ((losses * real).sum(1) / real.sum(1)).mean()


QUESTIONS = [
    Question(
        "the largest jump in speed",
        LESSON,
        right="arrays",
        measure=program_of,
        yes="Between 2 and 3 the loops of Python disappear. The last section measures the gain.",
        wrong=(
            Wrong(
                "fused",
                "fewer nodes are the largest saving",
                "Fewer nodes save much. But Python still loops over every number, one after the "
                "other. In which program do these loops end?",
            ),
            Wrong(
                "tensors",
                "the professional library is the fastest",
                "Programs 3 and 4 both compute with whole arrays. In which program do Python's "
                "loops over numbers end?",
            ),
            Wrong(
                "batch",
                "512 at once is 512 times as fast",
                "A batch shares the cost of the calls, not the arithmetic. It is a large jump; "
                "another one is larger.",
            ),
        ),
        otherwise='Answer with "fused", "arrays", "tensors" or "batch".',
    ),
    Question(
        "row 0 after transpose",
        LESSON,
        right=[0, 4],
        yes="The first number of each token.",
        wrong=(
            Wrong(
                [0, 1],
                "every way to shape (4, 2) gives the same",
                "That is row 0 of x.view(4, 2): it keeps the order in memory. transpose makes "
                "columns of rows. Which numbers are in column 0 of x?",
            ),
            Wrong(
                [4, 0],
                "transpose rotates",
                "transpose does not rotate: entry (i, j) goes to (j, i). Where do entries (0, 0) "
                "and (1, 0) go?",
            ),
        ),
        tolerance=0,
        otherwise="Entry (i, j) goes to (j, i). The answer is a list of two numbers.",
    ),
    Question(
        "shapes of a batch",
        LESSON,
        right=solution.shapes,
        measure=as_shapes,
        tolerance=0,
        yes="An index adds axes, a mean removes one, a transpose exchanges two.",
        wrong=(
            Wrong(
                changed(looked_up=(8, 10)),
                "an id is replaced by one number",
                "wte[ids] has a whole row of wte for every id: the shape of ids, then 16.",
            ),
            Wrong(
                changed(mean=(8, 10)),
                "axes are counted from 1",
                "Axes are counted from 0: dim=1 is the axis of length 10, and it disappears.",
            ),
            Wrong(
                changed(mean=(10, 16)),
                "axes are counted from 1, and the first one goes",
                "dim=0 would be the axis of length 8. dim=1 is the next one.",
            ),
            Wrong(
                changed(mean=(8, 1, 16)),
                "the axis stays with length 1",
                "With keepdim=True it would stay. Without it the axis disappears.",
            ),
            Wrong(
                changed(turned=(16, 10, 8)),
                "transpose reverses all axes",
                "Only the two axes that are named are exchanged. Axis 0 stays in front.",
            ),
            Wrong(
                changed(turned=(10, 8, 16)),
                "axes are counted from 1",
                "Axes are counted from 0: transpose(1, 2) exchanges the last two.",
            ),
            Wrong(
                changed(added=(8, 10, 10, 16)),
                "shapes are joined",
                "Broadcasting repeats wpe for each of the 8 names. No axis is added to x.",
            ),
        ),
        otherwise="Axes are counted from 0. An id becomes a row of the table; an axis that is "
        "averaged disappears.",
    ),
    Question(
        "the error of exact predictions",
        LESSON,
        right=4 / 3,
        measure=error_of,
        yes="Each prediction is compared with each number: nine differences, six of them not 0.",
        wrong=(
            Wrong(
                0,
                "equal numbers give differences of 0",
                "0 is what you want. Look at the shapes, (3,) and (3, 1), and broadcast them: "
                "which shape has the difference?",
            ),
            Wrong(
                "error",
                "different shapes are an error",
                "No error: an axis that is missing, or has length 1, is repeated. Which shape has "
                "the difference of (3,) and (3, 1)?",
            ),
            Wrong(
                2,
                "only the wrong pairs are averaged",
                "12 / 6: but the mean is over all nine differences, and three of them are 0.",
            ),
            Wrong(
                12,
                "the sum is the mean",
                "That is the sum of the nine squares. Divide by nine.",
            ),
            Wrong(
                4,
                "there are three differences",
                "12 / 3: but (3,) and (3, 1) broadcast to (3, 3). How many differences are these?",
            ),
        ),
        otherwise="Write down all differences of 1, 2, 3 with 1, 2, 3. Then square, then average.",
    ),
    Exercise(
        "matrix_gradients",
        LESSON,
        right=solution.matrix_gradients,
        cases=(a_layer(1, 3, 2, 1), a_layer(2, 4, 3, 2), a_layer(3, 2, 2, 2)),
        tolerance=1e-9,
        yes="Each gradient has the shape of its tensor, and the sums come by themselves.",
        wrong=(
            Wrong(
                lambda x, W, dy: (x.T @ dy, dy @ W),
                "the order of the factors does not matter",
                "Your dW is the transpose: shape (I, O), and W has (O, I). If I equals O, no shape "
                "shows it.",
            ),
            Wrong(
                lambda x, W, dy: (dy.T @ x, dy @ W.T),
                "forward and backward use the same matrix",
                "Forward, x is multiplied by W.T. On the way back, dy goes through W: (N, O) @ "
                "(O, I). Your shapes fit only if W is square.",
            ),
            Wrong(
                lambda x, W, dy: (dy.T @ x / len(x), dy @ W),
                "a gradient is a mean over letters",
                "A mean over letters for dW. The paths add up; a mean belongs to the loss, if it "
                "has one, and is then already in dy.",
            ),
            Wrong(
                lambda x, W, dy: (dy @ W, dy.T @ x),
                "the order of the results does not matter",
                "Both are right, in the other order: return dW, dx.",
            ),
            Wrong(
                lambda x, W, dy: (x, W),
                "the local gradient is the gradient",
                "Those are the local gradients. Multiply them by dy, and add up the paths.",
            ),
        ),
        otherwise="dW has the shape of W, dx the shape of x. Which two tensors make it?",
    ),
    Question(
        "paths to one weight",
        LESSON,
        right=512,
        yes="8 rows of 64. Multiply along each path, add up the paths: `dy.T @ x` does both.",
        wrong=(
            Wrong(
                1,
                "a weight is used once in a step",
                "It is updated once per step. How many tokens does it meet before that?",
            ),
            Wrong(
                64,
                "a weight is used once for each position",
                "That is one row. What about the other seven?",
            ),
            Wrong(
                8,
                "a weight is used once for each row",
                "All 64 tokens of a row are multiplied by the same matrix, each by itself.",
            ),
        ),
        otherwise="How many tokens are in the batch?",
    ),
    Exercise(
        "mean_loss",
        LESSON,
        right=solution.mean_loss,
        cases=(
            some_losses([[1.0, 2.0, 3.0], [4.0, 9.0, 9.0]], [[5, 0, 7], [2, -1, -1]]),
            some_losses([[2.0, 8.0]], [[0, -1]]),
            some_losses([[1.0, 5.0], [3.0, 3.5]], [[1, 2], [3, 4]]),
        ),
        tolerance=1e-9,
        yes="Padding does not count, and every real letter counts once.",
        wrong=(
            Wrong(
                lambda losses, targets: losses.mean(),
                "padding is text",
                "Padding is in your mean. What the model predicts there means nothing.",
            ),
            Wrong(
                lambda losses, targets: (losses * (targets != -1)).mean(),
                "a loss of 0 is no loss",
                "Padding adds 0 to the sum, and still counts in the division. So a batch with much "
                "padding has a low loss.",
            ),
            Wrong(
                lambda losses, targets: losses.sum() / (targets != -1).sum(),
                "the loss at padding is 0",
                "Your sum has the losses of padding in it. PyTorch's function wrote 0 there; here "
                "any number may be there.",
            ),
            Wrong(
                mean_of_rows,
                "a mean of means is the mean",
                "A mean of the means of the rows: each letter of a short name counts more. That is "
                "the loss of microgpt's batch, and a fair choice; here every letter counts once.",
            ),
            Wrong(
                lambda losses, targets: losses[targets != -1].sum(),
                "the loss is a sum",
                "A sum: it grows with the batch. Divide by the number of real positions.",
            ),
            Wrong(
                lambda losses, targets: losses[targets > 0].mean(),
                "the ids of letters begin at 1",
                "You left out the letter with id 0 as well. Only -1 is padding.",
            ),
            Wrong(
                lambda losses, targets: losses[targets == -1].mean(),
                "the mask marks what is kept",
                "That is the mean over the padding. Turn the comparison round.",
            ),
        ),
        otherwise="Which positions are real? targets != -1 is a tensor of True and False.",
    ),
    Question(
        "16777216 + 1 in float32",
        LESSON,
        right=16_777_216,
        measure=sum_of,
        yes="24 binary digits are full: the 1 is rounded away.",
        wrong=(
            Wrong(
                16_777_217,
                "a computer adds whole numbers exactly",
                "In int64 or float64, yes. float32 keeps 24 binary digits. How many does "
                "16,777,217 need?",
            ),
            Wrong(
                "overflow",
                "what does not fit overflows",
                "float32 reaches to 3.4e38, so nothing overflows. It has 24 binary digits: how "
                "many does 16,777,217 need?",
            ),
            Wrong(
                16_777_218,
                "float32 rounds up",
                "16,777,217 is in the middle between two float32 numbers. It goes to the one whose "
                "last binary digit is 0.",
            ),
        ),
        tolerance=0,
        otherwise="Is the next float32 number after 16,777,216 larger by 1 or by 2?",
    ),
    Question(
        "PyTorch against NumPy, one name at a time",
        LESSON,
        right="B",
        yes="Slower. The next cells show by how much, and why.",
        wrong=(
            Wrong(
                "A",
                "the professional tool is the faster one",
                "In a large batch it is. But a name is six letters, and every call has a cost of "
                "its own, however little there is to compute.",
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
]
