# %% [markdown]
# `L` is made of two numbers in one line. Make `a` a little larger, 2.001 instead of 2. By how much does `L` grow?

# %% tags=["promise-guess"]
from course import check, guess, same

a = 2.0
b = 3.0
L = a * b + a

guess("L grows by", ...)

# %% [markdown]
# Ask Python:

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
# A car is twice as fast as a bicycle, a bicycle four times as fast as a walker: eight times, one multiplies. The comparison ends here: speeds
# stay what they are, while these slopes change as soon as `a` or `b` does.
#
# So that a program can follow the paths, every number has to remember what it was made of, and with which slopes. Such a number is a `Value`, and this is
# all that its `*` does:

# %%
from gptcore.scalar import Value


def times(x, y):
    return Value(x.data * y.data, "*", (x, y), (y.data, x.data))  # data, op, parents, local_grads


a, b = Value(2.0), Value(3.0)
same(times(a, b).local_grads, (a * b).local_grads, within=0)

# %%
c = a * b
L = c + a
print("L was made by", L.op, "from", [parent.data for parent in L.parents], "with slopes", L.local_grads)

# %% tags=["promise-picture", "promise-ah"]
from viz import draw_paths

draw_paths(L, a, names={a: "a", b: "b", c: "c", L: "L"}, title="Two paths lead from a to L, and both count")

# %% [markdown]
# Multiply along a path; where paths meet, add. What a number is worth to the result, 4 for `a`, is called its **gradient**.
#
# ## Each number once, and in the right order
#
# Listing paths works for two of them. The surprise about one letter has so many that we shall only count them, further down. Instead, each number
# collects the blame that arrives, *all of it*, and only then hands it on to its parents. So it has to wait for everybody that was made from it. Such an
# order is easy to find: put down a number's parents before the number itself, and then read the list from its end.

# %% tags=["promise-toy"]
def order_of(result):
    order = []

    def visit(v):
        if v not in order:
            for parent in v.parents:
                visit(parent)
            order.append(v)

    visit(result)
    return order

# %% [markdown]
# `L` is to blame for itself by 1. Then, from the end of the list to its beginning, each number gives each parent its share:

# %%
order = order_of(L)
for v in order:
    v.grad = 0.0  # so that running this cell again begins anew
L.grad = 1.0
for v in reversed(order):
    for parent, local_grad in zip(v.parents, v.local_grads):
        parent.grad += local_grad * v.grad
by_hand = [a.grad, b.grad]
print(by_hand)

# %% [markdown]
# These two cells are the method `backward()`. (It finds a number in a set, which is faster than in a list, and keeps a pile of what is still to do instead
# of calling itself, for Python refuses to call a function inside itself thousands of times.) Fresh numbers, same answer:

# %%
a, b = Value(2.0), Value(3.0)
(a * b + a).backward()
same(by_hand, [a.grad, b.grad], within=0)

# %% [markdown]
# Play it, forward and then backward, one arrow at a time. At the end, drag `a` and watch the gradient of `b`. Why does *that* one move? (Where no
# Python runs, you see the last step.)

# %% tags=["promise-control"]
from viz import BackwardPlayer


def example(a, b):
    a, b = Value(a), Value(b)
    c = a * b
    return {"a": a, "b": b, "c": c, "L": c + a}


BackwardPlayer(example, a=2.0, b=3.0)

# %% [markdown]
# <details><summary>Why</summary>
#
# The slope of `c` for `b` is the other number, `a`. A gradient is a fact about one place: move, and it is another.
#
# </details>
#
# ## The same two rules, eleven thousand numbers
#
# Now the real thing: a microgpt that has learned nothing yet is asked how a name begins, and then told that it is `e`. How many numbers does it take to get
# from its weights to that one surprise, the weights counted as well? (It has 4,192. 3,536 of them take part: of its tables only the rows that are looked up.)

# %% tags=["promise-guess"]
guess("numbers behind one surprise", ...)

# %%
from gptcore.corpus import load_documents
from gptcore.scalar import MicroGPT, ops_reference

names = load_documents("names")
gpt = MicroGPT(names, seed=42, ops=ops_reference)
(logits,) = gpt.logits_after([gpt.BOS])  # 27 scores for the first letter of a name
loss = ops_reference.cross_entropy(logits, target=gpt.encode("e")[0])
loss.backward()

# %% tags=["promise-picture"]
from viz import all_nodes, count_paths, draw_whole_graph

draw_whole_graph(loss, title="What one surprise was made of")

# %% [markdown]
# Every dot is a number, the green ones typed in or drawn by chance; each has a gradient now, found by one walk from the right edge to the left. You can see
# the model in it before you know its parts: the blue bars are long sums, 48 of them in the first group, 16 in the second, 64 in the third; the comb on the right
# has 27 teeth, one for each possible letter. Lessons 6 and 7 give these things their names. And how many paths lead from the green dots to the result, those of all 3,776 dots added up?

# %%
print(f"{len(all_nodes(loss)):,} numbers, {count_paths(loss):.1e} paths")

# %% [markdown]
# Half of the green dots have 448 paths or fewer; the sum comes from a few dots with millions of millions each. To list a million paths a second would take five years. The walk takes milliseconds and finds the same: a stretch that a million paths share is walked
# once.
#
# ## One node for thirty-two
#
# A sum of sixteen products `w * x` takes 32 operations here: 16 multiplications, and 16 additions, for Python's `sum` begins with a 0. But the slope of the
# whole sum for each `w` is known without any of them: it is the `x` beside it. So one node can do the work of 32, if somebody writes its 32 slopes
# down. The module `ops_fused` does so for that sum, which is called a dot product, and for three other stretches that lessons 2 and 7 will name; `ops_reference`,
# used above, does not.

# %%
from gptcore.scalar import ops_fused

small = MicroGPT(names, seed=42, ops=ops_fused)
(logits,) = small.logits_after([small.BOS])
fused_loss = ops_fused.cross_entropy(logits, target=small.encode("e")[0])
fused_loss.backward()
same(fused_loss, loss, within=1e-12)
same([w.grad for w in small.parameters], [w.grad for w in gpt.parameters], within=1e-12)

# %%
for which, result in {"plain": loss, "fused": fused_loss}.items():
    computed = sum(bool(node.parents) for node in all_nodes(result))
    print(f"{which}: {computed:,} operations")

# %% [markdown]
# Same loss, same 4,192 gradients, twenty times fewer operations. In time it wins less, for every weight must still be visited; it is most of the
# reason why lesson 0 took seconds and not minutes. (It is also what a deep-learning library is: a few hundred operations whose slopes somebody wrote
# down, each for a whole block of numbers at once.)
#
# ## No line raised an error
#
# One character is different in the next cell.

# %% tags=["promise-failure"]
a, b = Value(2.0), Value(3.0)
c = a * b
L = c + a
L.grad = 1.0
for v in reversed(order_of(L)):
    for parent, local_grad in zip(v.parents, v.local_grads):
        parent.grad = local_grad * v.grad  # was: +=
print([a.grad, b.grad])

# %% [markdown]
# `a.grad` is 3. `L` handed out its blame first, 1 to `a` directly; then `c` came and wrote 3 over it. On two numbers you see it at once. This is what it
# does to a model: the same microgpt, trained for 300 steps with `=` in that line, beside a sound one.

# %%
from course.failures.lesson_03 import train_with_assignment
from viz import draw_loss

sound = [step.loss for step in MicroGPT(names, seed=42).train(300)]
broken = train_with_assignment(MicroGPT(names, seed=42), steps=300)
draw_loss({"with +=": sound, "with =": broken}, title="One character, no error", lines={"knows nothing": 3.296})

# %% [markdown]
# In the first steps nothing can be seen; then it looks like a learning rate that is too large, and people spend a day on that. What finds it in a second is
# a check that knows nothing of graphs: move one number by a tiny step to both sides and see what the result does.

# %%
from gptcore.scalar import central_difference

by_steps = central_difference(lambda a: a * 3.0 + a, 2.0)
print(f"a.grad: {a.grad} by the broken walk, {by_steps:.6f} by tiny steps")

# %% [markdown]
# The same for any of the 4,192 weights of the model, here one in the middle:

# %%
weight = small.weights["0.wv"][7][7]


def loss_at(number):
    weight.data = number
    return small.loss("emma").data


here = weight.data
by_steps = central_difference(loss_at, here)
weight.data = here  # put it back, or the next slope is taken from another place

# %%
from course.failures.lesson_03 import backward_with_assignment

for walk in (backward_with_assignment, Value.backward):
    weight.grad = 0.0
    walk(small.loss("emma"))
    print(f"{walk.__name__}: {weight.grad:.5f}, by tiny steps {by_steps:.5f}")

# %% [markdown]
# ## Blame that is never forgotten
#
# The second classic. `backward()` *adds* to the gradients of the numbers you typed in; between two steps somebody must set them back to 0. Here is a ball in
# the valley (x − 3)², starting at 0, fifteen steps downhill; once with the reset and once without.

# %%
def roll(reset):
    x, places = Value(0.0), []
    for _ in range(15):
        ((x - 3) ** 2).backward()
        x.data -= 0.1 * x.grad
        x.grad = 0.0 if reset else x.grad
        places.append(x.data)
    return places

# %%
rolls = {"reset": roll(True), "never reset": roll(False)}
draw_loss(rolls, title="It rolls through the bottom and up the other side", unit="x", lines={"the bottom": 3})

# %% [markdown]
# The first steps even look better. Old blame is carried along like speed, and the ball overshoots. (Something like it, with a brake, is used on
# purpose: momentum, in lesson 7.) A microgpt gives no such friendly hint. Its loss does not fall first; within a hundred names it has climbed past 10:

# %%
from course.failures.lesson_03 import train_without_reset

forgetful = train_without_reset(MicroGPT(names, seed=42), steps=150)
print("mean of steps 101 to 150 above 10:", sum(forgetful[100:]) / 50 > 10)

# %% [markdown]
# ## Exercises
#
# **1 · A new operation.** Write `tanh` as one node, as `times` above is one. The slope of tanh is 1 − tanh². `math.tanh` computes the number; the engine's own
# `x.tanh()` does not count.

# %% tags=["promise-exercise"]
import math


def tanh(x):
    """The hyperbolic tangent of a Value, as ONE new node."""
    return ...


check("tanh", tanh)

# %% [markdown]
# **2 · By hand.** With `x = 2`: `u = three * x`, `v = u + x`, `L = v * x`, where `three` is 3. Write down all five gradients before you let anything compute
# them.

# %% tags=["promise-exercise"]
gradients = {"L": ..., "v": ..., "u": ..., "three": ..., "x": ...}
check("gradients", gradients)

# %% [markdown]
# **3 · In what order?** `c = a * b`, `d = c + a`, `L = d * c`. In which of these orders may `backward` visit the numbers?
#
# **A** `a b c d L` · **B** `L d c a b` · **C** `L c d a b` · **D** `L d c b a`
#
# Answer with a set, such as `{"A", "C"}`.

# %% tags=["promise-exercise"]
right_orders = ...
check("right_orders", right_orders)

# %% [markdown]
# **Back.** In lesson 0 a surprise was −ln *p*. What is its slope at *p* = 0.1? (The slope of ln *p* is 1/*p*.)

# %% tags=["promise-back"]
guess("slope of -log p at p = 0.1", ...)

# %% [markdown]
# ## Four questions from before
#
# In no order. If you have skipped something on the way here, you will notice what.
#
# Whoever held the right letter to be 0.2 likely is surprised. How fast does that surprise grow with the letter's *logit*?

# %%
guess("slope for the logit that was right", ...)

# %% [markdown]
# A table of counts looks two letters back, over 27 choices for each. How many cells does it have?

# %%
guess("cells of a table that looks two letters back", ...)

# %% [markdown]
# `e` was held to be 1/2 likely, then `d` 1/4, then the end 1/8. And then came `ed`. What is the loss of this name?

# %%
guess("loss of the name ed", ...)

# %% [markdown]
# Two letters may follow, one with 0.8 and the other with 0.2. What becomes of the 0.8 at temperature 0.5?

# %%
guess("probability at temperature 0.5", ...)

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
# **Sources.** The engine: after Andrej Karpathy, *micrograd*, 2020, and *microgpt*, 2026; the project's tests hold its gradients against PyTorch's. The
# method is older: Seppo Linnainmaa, 1970; David Rumelhart, Geoffrey Hinton and Ronald Williams, *Learning representations by back-propagating errors*,
# 1986.
