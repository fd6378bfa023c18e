"""Other right answers than our own pass, and whatever passes lets the cells behind it run."""

import ast
from cmath import rect
from difflib import SequenceMatcher
from functools import partial
from hashlib import md5
from math import e, exp, log
from statistics import fmean
from zlib import crc32

import jupytext
import pytest
import torch

from course.catalogue import QUESTIONS
from course.solutions import lesson_06, lesson_11
from course.syllabus.lesson_table import Lesson, written_lessons
from gptcore.quantization import quantize_int8
from gptcore.scalar import Value

pytestmark = pytest.mark.slow

ASKED = ("guess", "check")
MEGABYTES = QUESTIONS["megabytes of the KV cache"].right
exp_i = partial(rect, 1)  # the point of length 1 at an angle


# Alternative answers ------------------------------------------------------------------------------


def by_complex_numbers(pairs, position, frequencies):
    points = [complex(*pair) * exp_i(position * f) for pair, f in zip(pairs, frequencies)]
    return [[point.real, point.imag] for point in points]


def by_expanding(k, n_head):
    B, K, T, D = k.shape
    return k[:, :, None].expand(B, K, n_head // K, T, D).reshape(B, n_head, T, D)


def softmax_of_the_chosen(logits, k):
    best = logits.topk(k, dim=-1)
    hidden = torch.full_like(logits, -torch.inf).scatter(-1, best.indices, best.values)
    return hidden.softmax(-1)


def by_the_mask(ids):
    graded, inside = [], False
    for id in ids:
        graded.append(inside)
        inside = id == 43 or (inside and id != 44)
    return torch.where(torch.tensor(graded[1:]), torch.tensor(ids[1:]), -1)


def by_a_product(n, c, k):
    all_wrong = 1.0
    for i in range(k):
        all_wrong *= (n - c - i) / (n - i)
    return 1 - max(all_wrong, 0.0)


def by_the_losses_since(losses, patience):
    """Stops where the last `patience` losses are all as high as an earlier one, or higher."""
    for end in range(patience + 1, len(losses) + 1):
        before, since = losses[: end - patience], losses[end - patience : end]
        if min(since) >= min(before):
            return before.index(min(before))
    return losses.index(min(losses))


def by_difflib(text, lines):
    matches = (
        SequenceMatcher(None, text, line, autojunk=False).find_longest_match() for line in lines
    )
    return max(match.size for match in matches)


def by_a_loop(invented, known):
    found = 0
    for name in invented:
        if name in known:
            found += 1
    return found


def one_added(row):
    return {then: (n + 1) / (sum(row.values()) + len(row)) for then, n in row.items()}


def mixed_with_even(row):
    return {then: 0.9 * n / sum(row.values()) + 0.1 / len(row) for then, n in row.items()}


def on_copies(f, numbers, i):
    above, below = list(numbers), list(numbers)
    above[i] += 1e-6
    below[i] -= 1e-6
    return (f(above) - f(below)) / 2e-6


def probs_minus_one_hot(logits, target):
    grads = [exp(x) / sum(map(exp, logits)) for x in logits]
    grads[target] -= 1
    return grads


def in_its_place(weights, gradient_at, rate):
    for i, grad in enumerate(gradient_at(weights)):
        weights[i] -= rate * grad
    return weights


def of_exponentials(x):
    above, below = x.exp(), (-x).exp()
    return (above - below) / (above + below)


def of_one_exponential(x):
    y = (x * 2).exp()
    return (y - 1) / (y + 1)


def with_infinity(scores):
    hidden = [
        [s if j <= i else float("-inf") for j, s in enumerate(row)] for i, row in enumerate(scores)
    ]
    return [lesson_06.softmax(row) for row in hidden]


def with_numpy(scores):
    import numpy as np  # noqa: PLC0415

    square = np.array(scores)
    powers = np.tril(np.exp(square))
    return powers / powers.sum(axis=1, keepdims=True)


def by_another_hash(ids):
    return [i for i in ids if crc32(i.encode()) % 10 == 7]


def by_the_first_digits(ids):
    return {i for i in ids if int(md5(i.encode()).hexdigest(), 16) % 100 < 10}


def reshaped(x, n_head):
    B, T, C = x.shape
    return x.reshape(B, T, n_head, C // n_head).permute(0, 2, 1, 3)


def by_chunks(x, n_head):
    import torch  # noqa: PLC0415

    return torch.stack(x.chunk(n_head, dim=2), dim=1)


def moved_in_place(master, grad, rate):
    master -= rate * grad
    return master, master.bfloat16()


def in_three_parts(step, max_steps):
    fall = max_steps // 5
    if step <= 10:
        return step / 11
    if step <= max_steps - fall:
        return 1
    return 1 - (step - (max_steps - fall + 1)) / fall


def asked_anew(start):
    code = start()
    while code == 75:
        code = start()
    return code


def replaced(ids, pair, new_id):
    joined = []
    for id in ids:
        joined.append(id)
        if len(joined) > 1 and tuple(joined[-2:]) == pair and joined[-2] != new_id:
            joined[-2:] = [new_id]
    return joined


UNTRAINED = QUESTIONS["loss of an untrained model"].right


def by_the_slower_limit(parameters, bits, texts, bandwidth, flops):
    return min(texts * bandwidth / (parameters * bits / 8), flops / parameters / 2)


def by_whole_blocks(first, second, size):
    count = 0
    while (count + 1) * size <= min(len(first), len(second)):
        if first[: (count + 1) * size] != second[: (count + 1) * size]:
            break
        count += 1
    return count


def by_tensors(p, q):
    p, q = torch.tensor(p), torch.tensor(q)
    more = (p - q).clamp(min=0)
    return (p / q).clamp(max=1), more / more.sum()


def by_our_package(row):
    quantized = quantize_int8(torch.tensor([row]))
    return quantized.q[0], quantized.scale[0, 0]


ALTERNATIVES = [
    ("count_known", by_a_loop),
    ("count_known", lambda invented, known: len([name for name in invented if name in known])),
    ("token_loss", lambda p: log(1 / p)),
    ("row_probabilities", lambda t, c: {k: n / sum(t[c].values()) for k, n in t[c].items()}),
    ("smoothed", one_added),
    ("smoothed", mixed_with_even),
    ("smoothed", lambda row: all_counts(row, 0.001, 0.001 * len(row))),
    ("the probability behind a loss of 2", 0.14),
    ("slope_at", on_copies),
    ("logits_gradient", probs_minus_one_hot),
    ("one_step", in_its_place),
    ("tanh", of_exponentials),
    ("tanh", of_one_exponential),
    ("tanh", lambda x: Value(2.0) / (1 + (-2 * x).exp()) - 1),
    ("right_orders", ["D", "B"]),
    ("join", replaced),
    ("decode", lambda ids, t: b"".join(map(t.__getitem__, ids)).decode("utf-8")),
    ("masked", with_infinity),
    ("masked", with_numpy),
    ("same prediction for afze2 and ezfa2", True),
    ("gradient for a masked letter", ["None"]),
    ("recall without attention", "c"),
    ("split_heads", reshaped),
    ("split_heads", by_chunks),
    ("x_and_y", lambda row: [row[: len(row) - 1], row[1:]]),
    ("gpt2-medium", dict(zip(QUESTIONS["gpt2-medium"].right, (51, 1, 101, 201, 101)))),
    ("gpt2-medium", dict(zip(QUESTIONS["gpt2-medium"].right, (51.5, 1.05, 100.7, 201.3, 100.66)))),
    (
        "memory of 124M",
        {"weights": 0.46, "gradients": 0.463, "optimizer state": 0.93, "logits": 1.54},
    ),
    ("9.4e17 FLOPs", {"parameters in millions": 88.5, "tokens in billions": 1.77}),
    ("9.4e17 FLOPs", {"parameters in millions": 89, "tokens in billions": 1.8}),
    ("loss of an untrained model", dict(zip(UNTRAINED, (3.3, 4.17, 10.83)))),
    ("equal choices with a loss of 2.56", e**2.56),
    ("how much of the card, in percent", 5),
    ("its own peak, in percent", 61.6),
    ("share of the logits with 1 row, in percent", 40),
    ("validation_ids", by_another_hash),
    ("validation_ids", by_the_first_digits),
    ("update", moved_in_place),
    ("rate", in_three_parts),
    ("rotate", by_complex_numbers),
    ("repeat_kv", by_expanding),
    ("swiglu", lambda x, g, u, d: torch.nn.functional.silu(x @ g.mT).mul(x @ u.mT) @ d.mT),
    ("route", softmax_of_the_chosen),
    ("megabytes of the KV cache", dict(zip(MEGABYTES, (566, 189, 63)))),
    ("targets", by_the_mask),
    ("advantages", lambda groups: [[r - fmean(group) for r in group] for group in groups]),
    ("reward", lambda answer, truth: answer is not None and answer == f"{truth}"),
    ("reward", lambda answer, truth: int(f"{truth}" == answer)),
    ("pass_at_k", by_a_product),
    ("tokens_per_second", by_the_slower_limit),
    ("shared_blocks", by_whole_blocks),
    ("rule", by_tensors),
    ("to_int8", by_our_package),
    ("early_stopping", by_the_losses_since),
    ("memorized", lambda c, h, n, m: c - h * n / m if c > h * n / m else 0),
    ("longest_copy", by_difflib),
    ("keep_going", asked_anew),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer"), ALTERNATIVES, ids=lambda part: str(part)[:24])
def test_another_right_answer_passes(name, answer):
    verdict = QUESTIONS[name].judge(answer)
    assert verdict.right, verdict.words


# What was once accepted, or told something false --------------------------------------------------


def all_counts(row, more=0.1, below=0.0):
    """Something added to each count, divided by the sum and something."""
    return {key: (count + more) / (sum(row.values()) + below) for key, count in row.items()}


def column_for_row(table, letter):
    total = sum(table[row][letter] for row in table)
    return {row: table[row][letter] / total for row in table}


def after_a_kill(start):
    return next(code for code in iter(start, None) if code not in (75, -9))


SPENT = lesson_11.well_spent
MISTAKEN = [
    ("rate", lambda s, n: min(s / 10, 1.0, (n - s + 1) / (n // 5)), "Your step 10 has the full"),
    ("keep_going", after_a_kill, "-9 is not on the list"),
    ("its own peak, in percent", 0.616, "That is a fraction."),
    ("how much of the card, in percent", 0.05, "That is a fraction."),
    ("9.4e17 FLOPs", {**SPENT, "parameters in millions": 88.5e6}, "Divide the parameters by 1e6"),
    ("smoothed", lambda row: {k: n + 0.1 for k, n in row.items()}, "nothing was divided"),
    ("smoothed", lambda row: all_counts(row), "Add to the sum, too"),
    ("smoothed", lambda row: all_counts(row, below=0.1), "only once to the sum"),
    ("smoothed", lambda row: all_counts(row, below=2.7), "as if 27 keys"),
    ("smoothed", lambda row: all_counts(row, -0.1, -0.5), "that of 'b' is -0.01"),
    (
        "smoothed",
        lambda r: {k: max(n, 1) / sum(r.values()) for k, n in r.items()},
        "no other letter gave some up",
    ),
    ("one_step", lambda w, s, r: [a - r * abs(b) for a, b in zip(w, s(w))], "Where it is below 0"),
    ("row_probabilities", lambda table, letter: table[letter], "the row of counts, unchanged"),
    ("row_probabilities", column_for_row, "You read the column"),
    ("row_probabilities", lambda t, c: list(t[c].values()), "expected: {"),
    ("smoothed", lambda r: {k: n / sum(r.values()) for k, n in r.items() if n}, "are missing"),
    ("loss of the bigram table", 2.8, "Too high"),
    ("loss of the bigram table", 5, "knows nothing"),
    ("the probability behind a loss of 2", 13.5, "the percentage"),
    ("another seed", dict.fromkeys(QUESTIONS["another seed"].right, "True"), "without quotes"),
    ("shapes", {**lesson_06.shapes, "rows": 16}, "Right: 'columns', "),
    ("shapes", {**lesson_06.shapes, "computed from": 4}, "AFTER the projection"),
    ("gradients", {"L": 1, "v": 2, "u": 2, "three": 4, "x": 7}, "Not right: 'x': 7."),
]


@pytest.mark.parametrize(("name", "answer", "message"), MISTAKEN, ids=lambda part: str(part)[:24])
def test_a_wrong_answer_is_rejected_with_words_that_are_true_of_it(name, answer, message):
    verdict = QUESTIONS[name].judge(answer)
    assert not verdict.right
    assert message in verdict.words


def test_a_function_that_looks_into_another_list_is_told_what_it_gave():
    names = ["anna", "emma", "zoe", "kim"]
    reply = QUESTIONS["count_known"].reply(lambda new, known: sum(n in names for n in new))
    assert "is a part of" not in reply
    assert "    expected: 3\n    received: 5\n" in reply
    assert "with no other list" in reply


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_the_fallback_shows_what_was_given_and_never_sends_somewhere_alone(name):
    question = QUESTIONS[name]
    if callable(question.right):
        words = question.reply(lambda *a, **k: "zzz")
        assert "    input:    " in words or "must give back" in words or "give back" in words
        assert all(len(line) < 250 for line in words.splitlines())
    else:
        strange = {**question.right} if isinstance(question.right, dict) else -12345.5
        if isinstance(strange, dict):
            strange[next(iter(strange))] = -12345.5
        assert "-12345.5" in question.reply(strange) or "-12345" in question.reply(strange)
    if isinstance(question.right, dict):
        assert question.otherwise, "a table needs a word on where to look"


# What the guesses say, computed -------------------------------------------------------------------


def test_of_directions_of_one_length_that_of_answer_c_lowers_the_loss_most():
    """The opening guess of lesson 2: six logits, `m` has the probability 0.1."""
    probs = [0.1, 0.4, 0.2, 0.15, 0.1, 0.05]
    directions = {
        "A": [1.0] + [0.0] * 5,
        "B": [1.0] + [-0.2] * 5,
        "C": [0.9] + [-p for p in probs[1:]],
    }

    def loss_after(direction):
        length = sum(move * move for move in direction) ** 0.5
        moved = [log(p) + 0.5 * move / length for p, move in zip(probs, direction)]
        return log(sum(map(exp, moved))) - moved[0]

    loss = {letter: loss_after(direction) for letter, direction in directions.items()}
    assert min(loss, key=loss.get) == QUESTIONS["direction that lowers the loss most"].right == "C"


# The cells behind an answer -----------------------------------------------------------------------


def code_cells(lesson: Lesson) -> list[ast.Module]:
    cells = jupytext.read(lesson.source, fmt="py:percent").cells
    return [ast.parse(cell.source) for cell in cells if cell.cell_type == "code"]


def names(tree: ast.AST, context: type) -> set[str]:
    found = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, context)}
    if context is ast.Store:
        found |= {n.name for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    return found


def answered_in(cell: ast.Module) -> set[str]:
    """The names of what is still dots in a cell that asks."""
    stubs = [s for s in cell.body if any(getattr(n, "value", 0) is ... for n in ast.walk(s))]
    return set().union(*(names(stub, ast.Store) for stub in stubs)) if asks(cell) else set()


def asks(tree: ast.Module) -> bool:
    return any(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in ASKED
        for n in ast.walk(tree)
    )


def read_later(cells: list[ast.Module]) -> set[str]:
    """Names that the cell of an answer assigns and a later cell reads before assigning them."""
    found = set()
    for place, cell in enumerate(cells):
        for name in answered_in(cell):
            for later in cells[place + 1 :]:
                if name in names(later, ast.Load) and name not in names(later, ast.Store):
                    found.add(name)
                if name in names(later, ast.Store):
                    break
    return found


def test_no_answer_is_used_by_cells_behind_it():
    used = {lesson.number: read_later(code_cells(lesson)) for lesson in written_lessons()}
    assert not {number: names for number, names in used.items() if names}


def test_the_engine_of_lesson_3_computes_what_ours_does():
    lesson = next(lesson for lesson in written_lessons() if lesson.number == 3)
    space: dict = {}
    for cell in code_cells(lesson):
        text = ast.unparse(cell)
        if text.startswith(
            ("class Value", "def add", "def mul", "Value.__add__", "def topological")
        ):
            exec(text, space)
        if text.startswith("def backward"):
            exec(text, space)
            break
    mine, ours = space["Value"], Value
    results = []
    for number in (mine, ours):
        a, b = number(2.0), number(3.0)
        c = a * b + a
        L = c * c * b + c * 0.5
        space["backward"](L)
        results.append([L.data, a.grad, b.grad, c.grad])
    assert results[0] == results[1]
