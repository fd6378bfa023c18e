# %% [markdown]
# Five programs train the same microgpt: the same 4,192 weights, the same names, the same losses. Each is built from the one before:
#
# 1. `scalars`: one `Value` for each sum and each product, as published
# 2. `fused`: one `Value` for a whole dot product or softmax
# 3. `arrays`: NumPy, with gradients written by hand
# 4. `tensors`: PyTorch, one name at a time
# 5. `batch`: PyTorch, 512 names at once
#
# Compare each program with the one before it. Which program has the largest gain in speed? Answer with its name. You measure it at the end of this lesson.

# %% tags=["promise-guess"]
from course import check, guess, same

guess("the largest jump in speed", ...)

# %% [markdown]
# ## Autograd in PyTorch: 4 and 2 again
#
# **PyTorch** is the library in which most language models are written. It has an engine like `Value`, for many numbers at once.
# We use one core, and 64 bits for each number, so that you get the same digits as we do.

# %%
import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

# %% [markdown]
# Here is the computation of lesson 3, with PyTorch's numbers in place of `Value`:

# %%
a = torch.tensor(2.0, requires_grad=True)
b = torch.tensor(3.0, requires_grad=True)
L = a * b + a
L.backward()
print(a.grad, b.grad)

# %% [markdown]
# The same gradients: 4 and 2. `requires_grad=True` says "this is a parameter". `backward()` walks through the computation graph, as in lesson 3.
#
# ## A tensor has axes, a shape and a dtype
#
# A **tensor** is a block of numbers of one kind, arranged along axes. An **axis** is one direction of the block, such as rows or columns. PyTorch also says *dimension*.
# The **shape** is the length of every axis. The **dtype** is the number format of the entries, such as `float32` or `int64`.
#
# A matrix has two axes. The embedding table of lesson 4 is a matrix: one row for each letter. To look up letters, index the table with their ids:

# %%
table = torch.arange(12.0).view(4, 3)  # 4 letters, 3 numbers each
ids = torch.tensor([1, 2, 2, 0])  # e m m a, if a is 0, e is 1 and m is 2
print("table", table.shape, table.dtype)
print("ids", ids.shape, ids.dtype)
print("table[ids]", table[ids].shape)
table[ids]

# %% [markdown]
# Every id became a row of 3 numbers, so the result has one more axis than `ids`. The two rows for `m` are equal.
#
# Many functions take `dim=`, the axis to work along. That axis disappears. `dim=0` is the first axis and `dim=-1` the last:

# %%
print(table.sum(dim=0).shape, table.sum(dim=-1).shape)

# %% [markdown]
# ## `view` keeps the order in memory, `transpose` exchanges axes
#
# Two tokens have four numbers each: shape (2, 4). In memory the eight numbers are one row, token after token. There are two ways to get shape (4, 2). A **view** keeps the numbers in the same order in memory. Only the row length changes.
# A **transpose** exchanges two axes. Neither copies a number.
#
# `x` is `[[0, 1, 2, 3], [4, 5, 6, 7]]`. What is row 0 of `x.transpose(0, 1)`? Answer with a list of two numbers.

# %%
guess("row 0 after transpose", ...)

# %% tags=["answer"]
x = torch.arange(8).view(2, 4)
print(x.view(4, 2))
print(x.transpose(0, 1))

# %% [markdown]
# Now look at the order in memory. Each token has one colour. Choose one operation after the other, and watch both the row in memory and the rows below it. A **stride** is the number of places in memory from one row to the next, or from one column to the next. A transpose exchanges the strides, and moves no number.

# %% tags=["promise-control", "promise-ah", "promise-picture"]
from viz import MemoryOrderDial

operations = {
    "x": lambda x=x: x,
    "x.view(4, 2)": lambda x=x: x.view(4, 2),
    "x.transpose(0, 1)": lambda x=x: x.transpose(0, 1),
    "x.transpose(0, 1).view(8)": lambda x=x: x.transpose(0, 1).view(8),
    "x.transpose(0, 1).reshape(8)": lambda x=x: x.transpose(0, 1).reshape(8),
}
MemoryOrderDial(operations, numbers_per_token=4)

# %% [markdown]
# <details><summary>What happened</summary>
#
# After `view(4, 2)` each row has one colour: row 0 is the first half of token 0. After `transpose` each row has both colours: row 0 has the first number of *each* token.
# The shapes are equal, the contents are not, and no error appears. Lesson 9 shows what this mistake does inside attention.
#
# A transposed tensor cannot be viewed as one row, because its numbers are in another order in memory. PyTorch calls it *not contiguous*. `reshape` copies them into that order first.
#
# </details>
#
# ## Broadcasting repeats what is missing
#
# Two tensors of different shapes can be added. PyTorch compares the shapes from the right. An axis that is missing, or has length 1, is repeated. This is called **broadcasting**.

# %%
x = torch.arange(8).view(2, 4)
print(x + torch.tensor([10, 20, 30, 40]))  # (2, 4) + (4,): the same for both rows
print(x + torch.tensor([[0], [100]]))  # (2, 4) + (2, 1): the same for all columns

# %% [markdown]
# **Exercise 1.** A batch of 8 names with 10 letters each; each letter has 16 numbers. Write the shapes as tuples.

# %% tags=["promise-exercise"]
x = torch.zeros(8, 10, 16)
wte = torch.zeros(27, 16)  # token embedding table
wpe = torch.zeros(10, 16)  # position embedding table
ids = torch.zeros(8, 10, dtype=torch.int64)
shapes = {"wte[ids]": ..., "x + wpe": ..., "x.mean(dim=1)": ..., "x.transpose(1, 2)": ...}
check("shapes of a batch", shapes)

# %% [markdown]
# Broadcasting saves loops. It can also compare the wrong numbers. Here are three predictions, and all three are exactly right:

# %%
predicted = torch.tensor([1.0, 2.0, 3.0])  # shape (3,)
actual = torch.tensor([[1.0], [2.0], [3.0]])  # shape (3, 1)

# %% [markdown]
# Their mean squared error should be 0. Which number does `(predicted - actual).square().mean()` give?

# %%
guess("the error of exact predictions", ...)

# %% tags=["answer", "promise-failure"]
difference = predicted - actual
print(difference.shape)
print(difference)
print(f"mean squared error: {difference.square().mean():.2f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Broadcasting made (3, 3) of (3,) and (3, 1): each prediction was compared with each number. There is no error message, and the result looks like an ordinary loss. A training run with this line learns to predict the mean.
# The defence costs one line: `assert predicted.shape == actual.shape`.
#
# </details>
#
# ## Matrix multiplication: one weight, many letters
#
# **Matrix multiplication** computes many dot products at once: entry (i, j) of `x @ W.T` is the dot product of row i of `x` and row j of `W`. The inner lengths must be equal: (3, 2) @ (2, 1) gives (3, 1).
#
# microgpt loops over letters and over weights. Replacing such loops by operations on whole tensors is called **vectorisation**.
#
# ## The gradient of a weight is a sum over letters
#
# Vectorisation also works for gradients. Three letters have two numbers each; one row of weights, 0.5 and −1, makes one number `y` of each.
# The loss is the sum of the squares of `y`, so the gradient for each `y` is 2 `y`:
#
# | letter | its numbers | `y` | gradient for `y` | adds to the 1st weight's gradient | adds to the 2nd |
# |---|---|---|---|---|---|
# | 0 | 1, 2 | 0.5 − 2 = −1.5 | −3 | −3 × 1 = −3 | −3 × 2 = −6 |
# | 1 | 3, 4 | 1.5 − 4 = −2.5 | −5 | −5 × 3 = −15 | −5 × 4 = −20 |
# | 2 | 5, 6 | 2.5 − 6 = −3.5 | −7 | −7 × 5 = −35 | −7 × 6 = −42 |
# | sum | | | | **−53** | **−68** |
#
# A weight is used once for each letter. So its gradient is a sum over letters: multiply along each path, add up the paths. A table of sums of products is a matrix multiplication again. PyTorch agrees with the table:

# %% tags=["promise-by-hand"]
x = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True)  # (3, 2)
W = torch.tensor([[0.5, -1.0]], requires_grad=True)  # (1, 2)
y = x @ W.T  # (3, 2) @ (2, 1) -> (3, 1)
y.square().sum().backward()
print(W.grad)

# %% [markdown]
# **Exercise 2.** `dy` is the gradient for `y = x @ W.T`. Return the gradients for `W` and for `x`, each as one matrix multiplication. A gradient has the shape of its tensor. A number of `x` is used once for each *row of `W`*: letter 0 of the table gets −3 × 0.5 = −1.5 and −3 × −1 = 3.

# %% tags=["promise-exercise"]
def matrix_gradients(x, W, dy):
    """Gradients of y = x @ W.T. Shapes: x (N, I), W (O, I), dy (N, O)."""
    dW = ...
    dx = ...
    return dW, dx


check("matrix_gradients", matrix_gradients)

# %% [markdown]
# Those two lines are most of `gptcore/ladder/numpy_backward.py`, the backward pass of the program `arrays`.
#
# **Back to lesson 3.** A batch has 8 rows of 64 tokens. All of them are multiplied by one matrix. How many paths lead from the loss to one weight of this matrix, one for each token?

# %% tags=["promise-back"]
guess("paths to one weight", ...)

# %% [markdown]
# ## A batch needs padding, and the loss must ignore it
#
# A **batch** is several texts in one tensor, with one more axis in front. Names have different lengths, and a tensor has no ragged rows. So short rows are filled up. This is **padding**.

# %%
from gptcore.corpus import load_documents
from gptcore.scalar import MicroGPT

names = load_documents("names")
scalar = MicroGPT(names, seed=42)
rows = [torch.tensor([scalar.BOS, *scalar.encode(name), scalar.BOS]) for name in ("emma", "mia")]
batch = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=-1)
batch

# %% [markdown]
# 26 is BOS, and −1 is padding. No letter has the id −1. It is a mark for the loss: PyTorch's cross-entropy leaves out every position whose target is **`ignore_index`**, the id that means "no question here". (PyTorch's default is −100; nanoGPT and we use −1.)
#
# `to_torch` copies the 4,192 weights of the scalar model into a PyTorch model. Its logits are the same numbers:

# %%
from gptcore.ladder import to_torch

model = to_torch(scalar)
emma = batch[0, :-1]  # BOS e m m a, shape (5,)
logits, _ = model(emma[None])  # None adds an axis of length 1: (1, 5) -> (1, 5, 27)
same(list(scalar.logits_after(emma.tolist())), logits[0], within=1e-12)

# %% [markdown]
# `scalar` computed the five positions one after the other, PyTorch all at once. In training all letters are known, so all positions of all rows are computed in parallel. In generation they are not: each letter must wait for the one before.
#
# Here is the loss at each position of the padded batch. −1 is no row of the embedding table, so `clamp` replaces it by 0 in the inputs. In the targets it stays:

# %% tags=["promise-toy"]
inputs, targets = batch[:, :-1].clamp(min=0), batch[:, 1:]  # (2, 5) each
logits, _ = model(inputs)  # (2, 5) -> (2, 5, 27)
flat = logits.flatten(0, 1), targets.flatten()  # all positions in one row: (10, 27), (10,)
losses = torch.nn.functional.cross_entropy(*flat, ignore_index=-1, reduction="none").view(2, 5)
print(losses.detach())  # the numbers without their computation graph

# %% [markdown]
# The last loss of `mia` is 0: there is padding. Every other one is −ln p of the letter that follows, as in lesson 1. Compute the first one by hand:

# %%
log_probs = logits[0, 0].log_softmax(dim=-1)  # (27,): the logarithms of the probabilities after BOS
same(-log_probs[targets[0, 0]], losses[0, 0], within=1e-12)

# %% [markdown]
# **Exercise 3.** The loss of the batch is the mean over the real positions only. Here the losses at padding may be any number. (`cross_entropy` does the same if you leave out `reduction`.)

# %% tags=["promise-exercise"]
def mean_loss(losses, targets):
    """Shapes: losses (B, T), targets (B, T), -1 where there is padding."""
    return ...


check("mean_loss", mean_loss)

# %% [markdown]
# ## Numerical precision: float32 has 24 binary digits
#
# **Numerical precision** is how many digits a number format keeps. Python and this lesson use float64: 53 binary digits, about 16 decimal ones. PyTorch's default is float32: 24 binary digits, about 7 decimal ones.
#
# 2²⁴ is 16777216. In float32, what is 16777216 + 1?

# %%
guess("16777216 + 1 in float32", ...)

# %% tags=["answer"]
for dtype in (torch.float32, torch.float64):
    x = torch.tensor(16_777_216, dtype=dtype)
    print(f"{dtype}: {(x + 1).item():,.0f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# 16,777,217 needs 25 binary digits. float32 has 24, so the result is rounded back. A counter in float32 stops at 16,777,216, without an error. (Lesson 11 has formats with 8 binary digits, and models train in them.)
#
# float32 rounds every operation. If the order of a sum changes, the rounding changes. So two machines agree to about 6 digits in the first step, and to fewer after hundreds of steps.
#
# </details>
#
# ## Five programs, one model: where the time goes
#
# Before you measure: PyTorch with one name at a time, compared with NumPy and gradients by hand. Is PyTorch **A** faster, **B** slower, or **C** equally fast?

# %%
guess("PyTorch against NumPy, one name at a time", ...)

# %% [markdown]
# The next cell trains all five programs for five steps. The scale is logarithmic: one line further is ten times the time. Look for the longest step down, and for a step up.

# %% tags=["answer"]
from gptcore.ladder import IMPLEMENTATIONS, climb
from viz import draw_ladder

measured = list(climb(names, steps=5, implementations=IMPLEMENTATIONS[:5]))
draw_ladder(measured, title="One name: loss, gradients, update")

# %% tags=["answer"]
for program in measured[1:4]:
    print(f"{program.name}: the same five losses as with scalars: {program.diverges_at is None}")
print("a batch: its first loss is the mean of 512 single ones:", measured[4].diverges_at is None)
print("the batch is more than 300 times as fast as scalars:", measured[-1].speedup > 300)
numpy, pytorch = measured[2:4]
print("for one name,", "PyTorch" if pytorch.speedup > numpy.speedup else "NumPy", "is the faster of the two")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The largest jump is from `fused` to `arrays`, between 50 and 120 times on a quiet machine, and more on a busy one: Python's loops over numbers and nodes are gone.
#
# PyTorch is slower than NumPy here. One training step makes about two hundred calls. Each call checks types and shapes, chooses a routine, and stores a node for the backward pass: some microseconds, every time. The arithmetic for six letters takes less than that.
# A batch pays for the same two hundred calls once, for 512 names.
#
# </details>
#
# Is a larger batch always faster? Look at the time for *one* name, in batches of 1 to 4,096:

# %% tags=["promise-picture"]
from functools import partial

from gptcore.ladder import Implementation
from gptcore.ladder.ladder import with_batches

sizes = (1, 8, 64, 512, 4096)
programs = [Implementation(f"batch of {B}", "", partial(with_batches, batch_size=B), B) for B in sizes]
draw_ladder(climb(names, steps=5, implementations=programs), title="Time for one name in a batch")

# %% [markdown]
# At first the calls cost nearly everything: eight names take much less than eight times as long as one. Then the gain ends, because the arithmetic itself fills the core. A GPU needs far more arithmetic to be full, so its batches are larger (lesson 11).
#
# A larger batch is not the same training. 512 names, then one update, is another path than 512 updates. That is why the program `batch` is only compared in its first loss.
#
# ## Summary
#
# First write your own sentence: *PyTorch is fast because ...*
#
# - A **tensor** has a **shape**, one length for each **axis**, and a **dtype**. Print shapes before you trust numbers.
# - A **view** keeps the order in memory, a **transpose** exchanges axes. Equal shapes do not mean equal contents.
# - **Broadcasting** repeats missing axes. It turns a forgotten axis into a wrong loss, without an error.
# - The gradients of the **matrix multiplication** `x @ W.T` are two matrix multiplications: `dy.T @ x` and `dy @ W`.
# - A **batch** of rows of different lengths needs **padding**; the loss leaves it out with **`ignore_index`**.
# - **Vectorisation** and batches share the cost of each call among many numbers. One short name is too little work for PyTorch.
# - **Numerical precision** is a choice: float32 keeps about 7 decimal digits, float64 about 16.
#
# ## Sources and further reading
#
# - Adam Paszke and others, *PyTorch: An Imperative Style, High-Performance Deep Learning Library*, 2019, arXiv 1912.01703.
# - Charles Harris and others, *Array programming with NumPy*, 2020, Nature 585. Broadcasting has its rules in NumPy's manual, "Broadcasting".
# - PyTorch's documentation: "Tensor Views", `torch.nn.functional.cross_entropy` (`ignore_index`), "Autograd mechanics".
# - Andrej Karpathy, *microgpt*, 12 February 2026. The five programs: `gptcore/ladder/`; `gptcore ladder` in a terminal adds compiled code and a GPU.
