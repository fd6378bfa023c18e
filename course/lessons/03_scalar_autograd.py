# %% [markdown]
# `L` is made of two numbers in one line. Make `a` a little larger, 2.001 instead of 2. By how much does `L` grow?

# %% tags=["promise-guess"]
from course import check, guess, same

a = 2.0
b = 3.0
L = a * b + a

guess("L grows by", ...)

# %% [markdown]
# Whatever you guessed, Python can be asked:

# %% tags=["promise-by-hand"]
for nudged in (2.0, 2.001):
    print(nudged, "->", round(nudged * b + nudged, 6))

# %% [markdown]
# ## Multiply along, add where they meet
#
# 0.004, from a nudge of 0.001. The line hides a number in the middle. Name it: `c = a * b`, then `L = c + a`.
#
# | if this grows by 0.001 | this grows by | because |
# |---|---|---|
# | `c` | `L` by 0.001 | adding passes a change on as it is: × 1 |
# | `a` | `c` by 0.003 | multiplying passes it on times the other number: × `b`, 3 |
# | `b` | `c` by 0.002 | the same; the other number is `a`, 2 |
# | `a` | `L` by 0.001 | `a` is also added directly: × 1 |
#
# Each row is one operation looked at alone, and its factor is called a **slope**. Now follow every way that leads from `a` to `L`. Through `c` the
# nudge is tripled and then passed on: 3 × 1. Directly it is passed on: 1. `L` gets both.
#
# It is how rates combine elsewhere. A car is twice as fast as a bicycle, a bicycle four times as fast as a walker, so the car is eight times as fast
# as the walker. The comparison stops where the road bends: speeds stay what they are, while these slopes change as soon as `a` or `b` does.
#
# So that a program can follow the paths, every number has to remember what it was made of. That is all that a `Value` adds to a number:

# %%
from gptcore.scalar import Value

a, b = Value(2.0), Value(3.0)
c = a * b
L = c + a
print("c was made by", c.op, "from", [parent.data for parent in c.parents], "with slopes", c.slopes)

# %% tags=["promise-picture", "promise-ah"]
from viz import draw_paths

draw_paths(L, a, names={a: "a", b: "b", c: "c", L: "L"}, title="Both paths from a count")

# %% [markdown]
# Multiply along a path; where paths meet, add. There is nothing else in this lesson. What a number is worth to the result, 4 for `a`, is called its
# **gradient**.
#
# ## Six lines that visit each number once
#
# Listing paths works for two of them. The surprise about one letter has so many that we shall only count them, further down. Instead, each
# number collects the blame that arrives, *all of it*, and only then hands it on to its parents. Start at `L`, which is to blame for itself by 1:

# %% tags=["promise-toy"]
L.grad = 1.0
for v in (L, c):  # each one after everything that was made from it; a and b have no parents
    for parent, slope in zip(v.parents, v.slopes):
        parent.grad += slope * v.grad
by_hand = [a.grad, b.grad]
print(by_hand)

# %% [markdown]
# The same two loops, with the order found by the program, are the method `backward()`. Fresh numbers, same answer:

# %%
a, b = Value(2.0), Value(3.0)
(a * b + a).backward()
same(by_hand, [a.grad, b.grad], within=0)

# %% [markdown]
# Play it, forward and then backward, one arrow at a time. At the end, drag `a` and watch the gradient of `b`. Why does *that* one move? (Without a kernel
# you see the last step; run the cells to get the sliders.)

# %% tags=["promise-control"]
from viz import BackwardPlayer


def example(a, b):
    a, b = Value(a), Value(b)
    c = a * b
    return {"a": a, "b": b, "c": c, "L": c + a}


BackwardPlayer(example, a=2.0, b=3.0)

# %% [markdown]
# The slope of `c` for `b` is `a`. A gradient is a fact about one place: move, and it is another.
#
# ## The same two rules, eleven thousand numbers
#
# Now the real thing. A microgpt that has learned nothing yet reads the beginning of a name and is told that `e` comes first. How many numbers
# stand between its 4,192 weights and that one surprise?

# %% tags=["promise-guess"]
guess("numbers behind one letter", ...)

# %%
from gptcore.corpus import load_documents
from gptcore.scalar import MicroGPT, plain

names = load_documents("names")
gpt = MicroGPT(names, seed=42, ops=plain)
(logits,) = gpt.logits_after([gpt.BOS])
loss = plain.surprise(logits, target=gpt.encode("e")[0])
loss.backward()

# %% tags=["promise-picture"]
from viz import all_nodes, count_paths, draw_whole_graph

draw_whole_graph(loss, title="What one surprise was made of")

# %% [markdown]
# Every dot is a number, the green ones typed in or drawn by chance; each has a gradient now, found by one walk from the right edge to the left. You can see the model in it before you know its parts: the blue
# bars are long sums, 48 of them in the first block, 64 in the second; the four thin groups between are four heads; the comb on the right has 27 teeth, one
# for each possible letter. Lessons 5 and 6 give these things their names. And how many paths are there from a green dot to the result?

# %%
print(f"{len(all_nodes(loss)):,} numbers, {count_paths(loss):.1e} paths")

# %% [markdown]
# To list a million paths a second would take five years. The walk took milliseconds, and the answer is the same: a path that is shared is multiplied once.
#
# ## Twenty times fewer nodes
#
# A sum of sixteen products is 32 nodes here: 16 multiplications, 16 additions. But the slope of the whole sum for each of its numbers is known
# without any of them: for `w` in `w * x` it is `x`. So one node can do the work of 32, if somebody writes its slopes down once. `gptcore.scalar.fused`
# has four such nodes: the dot product, the softmax, the surprise, and the scale of RMSNorm.

# %%
from gptcore.scalar import fused

small = MicroGPT(names, seed=42, ops=fused)
(logits,) = small.logits_after([small.BOS])
fused_loss = fused.surprise(logits, target=small.encode("e")[0])
fused_loss.backward()
same(fused_loss, loss, within=1e-12)
same([w.grad for w in small.parameters], [w.grad for w in gpt.parameters], within=1e-12)

# %%
for which, result in {"plain": loss, "fused": fused_loss}.items():
    computed = sum(bool(node.parents) for node in all_nodes(result))
    print(f"{which}: {computed:,} computed numbers")

# %% [markdown]
# Same loss, same 4,192 gradients. That is the whole secret of why lesson 0 took seconds and not minutes. (It is also what a deep-learning
# library is: a few hundred operations whose slopes somebody wrote down, each for a whole block of numbers at once.)
#
# ## No line raised an error
#
# One character is different in the next cell.

# %% tags=["promise-failure"]
a, b = Value(2.0), Value(3.0)
c = a * b
L = c + a
L.grad = 1.0
for v in (L, c):
    for parent, slope in zip(v.parents, v.slopes):
        parent.grad = slope * v.grad  # was: +=
print([a.grad, b.grad])

# %% [markdown]
# `a.grad` is 3. `L` handed out its blame first, 1 to `a` directly; then `c` came and wrote 3 over it. On two numbers you see it at once. This is what it
# does to a model: the same microgpt, trained for 300 steps with `=` in that line, beside a sound one.

# %%
from course.failures import train_with_assignment
from viz import draw_loss

sound = [step.loss for step in MicroGPT(names, seed=42).train(300)]
broken = train_with_assignment(MicroGPT(names, seed=42), steps=300)
draw_loss({"with +=": sound, "with =": broken}, title="One of the two never learns a letter", lines={"knows nothing": 3.296})

# %% [markdown]
# No line raised an error, and in the first steps nothing can be seen; then it looks like a learning rate that is too large. What finds it is a check that knows nothing of
# graphs: move one number by a tiny step to both sides, see what the result does, and compare. Do it for `a` and `b`, and then for one of the
# 4,192 weights, anywhere in the middle:

# %%
from gptcore.scalar import central_difference, gradient_check

for name, slope in zip("ab", gradient_check(lambda a, b: a * b + a, 2.0, 3.0)):
    print(f"{name}: {slope.by_backward:.6f} by backward, {slope.by_steps:.6f} by tiny steps")

# %%
weight = small.weights["0.wv"][7][7]


def loss_at(number):
    weight.data = number
    return small.loss("emma").data


here = weight.data
by_steps = central_difference(loss_at, here)
weight.data, weight.grad = here, 0.0  # put it back, or the next slope is taken from another place
small.loss("emma").backward()
same(weight.grad, by_steps, within=1e-8)

# %% [markdown]
# ## Blame that is never forgotten
#
# The second classic. `backward()` *adds* to the gradients of the numbers you typed in; between two steps somebody must set them back to 0. Here is a ball
# in the valley (x − 3)², starting at 0, fifteen steps downhill; once with the reset and once without.

# %%
def walk(reset):
    x, places = Value(0.0), []
    for _ in range(15):
        ((x - 3) ** 2).backward()
        x.data -= 0.1 * x.grad
        x.grad = 0.0 if reset else x.grad
        places.append(x.data)
    return places


walks = {"reset": walk(True), "never reset": walk(False)}
draw_loss(walks, title="It rolls through the bottom and up the other side", unit="x", lines={"the bottom": 3})

# %% [markdown]
# The first steps even look better. Old blame is carried along like speed, and the ball overshoots. (Something like it, with a brake, is used on
# purpose: momentum, in lesson 6.) In a long training it shows as a loss that falls for a while and then swings.
#
# ## Exercises
#
# **1 · A new operation.** Give the engine a `tanh`. A `Value` is made from its number, the name of its operation, its parents, and one slope for each
# parent: `Value(data, op, parents, slopes)`.

# %% tags=["promise-exercise"]
import math


def tanh(x):
    """The hyperbolic tangent of a Value, as ONE new node."""
    return ...


check("tanh", tanh)

# %% [markdown]
# (Built from `exp`, `+` and `/` instead, it is right, too. How many nodes does it cost then?)
#
# **2 · By hand.** With `x = 2`: `u = 3 * x`, `v = u + x`, `L = v * x`. Write down all five gradients before you let anything compute them; `three` is
# the 3.

# %% tags=["promise-exercise"]
gradients = {"L": ..., "v": ..., "u": ..., "three": ..., "x": ...}
check("gradients", gradients)

# %% [markdown]
# **3 · In what order?** For `c = a * b`, `L = c + a`: in which of these orders may `backward` visit the numbers?
# **A** `a b c L` · **B** `L c a b` · **C** `L c b a` · **D** `L b a c`. Answer with a set, such as `{"A", "D"}`.

# %% tags=["promise-exercise"]
right_orders = ...
check("right_orders", right_orders)

# %% [markdown]
# **Back.** In lesson 0 a surprise was −ln *p*. What is its slope at *p* = 0.1? (The slope of ln *p* is 1/*p*.)

# %% tags=["promise-back"]
guess("slope of -log p at p = 0.1", ...)

# %% [markdown]
# ## The last sentence is yours
#
# *To find what each number is to blame for, ...*
#
# <details><summary>Ours</summary>
#
# ... walk back from the result once; multiply along the way, add where ways meet, and never hand blame on before all of it has come in.
#
# </details>
#
# **Sources.** The engine: after Andrej Karpathy, *micrograd*, 2020, and *microgpt*, 2026; that a second `backward()` adds to what was typed in and
# starts anew in between is PyTorch's rule, and the tests hold ours against PyTorch. The method is older: Seppo Linnainmaa, 1970; David Rumelhart,
# Geoffrey Hinton and Ronald Williams, *Learning representations by back-propagating errors*, 1986.
