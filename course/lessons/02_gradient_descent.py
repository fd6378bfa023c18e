# %% [markdown]
# After `e`, a small model knows six letters that may follow: `m` with probability 0.1, `n` 0.4, `l` 0.2, `r` 0.15, `t` 0.1 and `a` 0.05. Then `m` comes.
# The loss is −ln 0.1, about 2.3 nats.
#
# Behind each probability is a number called a **logit**. A higher logit makes its letter more probable. You may move all six logits a little. The six moves
# together are a direction. Its length, the root of the sum of the squared moves, is 0.5. Which direction lowers the loss most?
#
# - **A**: `m` up, all other logits stay.
# - **B**: `m` up, the five others down, all by the same amount.
# - **C**: `m` up, the five others down, more for likelier letters.

# %% tags=["promise-guess"]
from course import check, guess, same

guess("direction that lowers the loss most", ...)

# %% [markdown]
# Measure it:

# %% tags=["answer"]
from math import exp, log

from gptcore.scalar import cross_entropy

logits = [log(p) for p in (0.1, 0.4, 0.2, 0.15, 0.1, 0.05)]
directions = {
    "A": [1, 0, 0, 0, 0, 0],
    "B": [1, -0.2, -0.2, -0.2, -0.2, -0.2],
    "C": [0.9, -0.4, -0.2, -0.15, -0.1, -0.05],
}
for name, direction in directions.items():
    factor = 0.5 / sum(d * d for d in direction) ** 0.5
    moved = [logit + factor * d for logit, d in zip(logits, direction)]
    print(name, f"loss {cross_entropy(moved, target=0):.3f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# **C** is right. The loss falls from 2.303 to the lowest of the three values. The numbers of **C** are not invented: this lesson shows where they come from.
#
# </details>
#
# Lesson 1 filled a table by counting. The parameters of a GPT cannot be counted: no name says what a number inside a model must be. They are found step by
# step, by making the loss smaller. In this lesson the method finds the table that counting found. So you can see that it works.
#
# ## Softmax turns logits into probabilities
#
# A logit can be any number, also below 0. To get probabilities, compute e to the power of each logit, which is always positive. Then divide by the sum.
# This is **softmax**:

# %% tags=["promise-by-hand"]
logits = {"a": 1.8, "m": 0.0, "end": 1.1}
powers = {letter: exp(logit) for letter, logit in logits.items()}
probs = {letter: power / sum(powers.values()) for letter, power in powers.items()}
print({letter: round(p, 3) for letter, p in probs.items()})

# %% [markdown]
# A letter whose logit is larger by 1 is e = 2.718 times as probable. Only differences count. Add 5 to all three logits, and nothing changes:

# %%
from gptcore.scalar import softmax

same(softmax([1.8 + 5, 0.0 + 5, 1.1 + 5]), list(probs.values()), within=1e-12)

# %% [markdown]
# You have used logits before. Lesson 1 raised each probability to the power 1/T and rescaled. That equals softmax of the logits divided by T, the temperature.
#
# ## A numerical gradient measures each slope with two small steps
#
# Now `m` comes, to which these logits give 0.1. How fast does the loss change when one logit changes? Move that logit up by 0.00001, then down by 0.00001.
# Divide the difference of the two losses by the distance, 0.00002. The result is a **slope**: the change of the loss for each unit of this one number.

# %%
row = list(logits.values())
target = 1  # m
step = 0.00001


def loss_with(i, moved):
    return cross_entropy([*row[:i], moved, *row[i + 1 :]], target)


for i, letter in enumerate(logits):
    slope = (loss_with(i, row[i] + step) - loss_with(i, row[i] - step)) / (2 * step)
    print(f"{letter:>3}: probability {probs[letter]:.3f}, slope {slope:+.3f}")

# %% [markdown]
# The list of all slopes, one for each parameter, is the **gradient**. Found with small steps, it is a **numerical gradient**. It needs no calculus.
# It costs two computations of the loss for each parameter.
#
# Compare the two columns: each slope looks like a probability, except one.
#
# ## By calculus: the gradient is the probabilities minus the one-hot target
#
# For a letter that did not come, the slope equals its probability. For the letter that came, it equals its probability minus 1. One rule covers both.
# Write the answer as a row with 1 for the letter that came and 0 for all others: a **one-hot** row. Then the gradient is *probabilities − one-hot*.

# %%
one_hot = [0, 1, 0]
gradient = [p - target for p, target in zip(probs.values(), one_hot)]
print([round(g, 3) for g in gradient])

# %% [markdown]
# Calculus gives the same without any steps. The exact slope, the limit for ever smaller steps, is the **derivative**.
#
# <details><summary>The derivation, in four lines (optional)</summary>
#
# Let *z* be the logits and *S* the sum of all e^z. The loss is −ln(e^z of `m` / *S*) = −z of `m` + ln *S*.
#
# The derivative of ln *S* for one logit *z* is e^z / *S*. That is its probability.
#
# The derivative of −z of `m` is −1 for the logit of `m`, and 0 for all others.
#
# The sum of the two: *probability − 1* for `m`, *probability − 0* for all others.
#
# </details>
#
# The gradient is the direction in which the loss *grows* fastest. To lower it, go the opposite way: `m` up by 0.9, the others down by their probabilities.
# That was direction **C**. The moves sum to 0: what `m` receives, the others give.
#
# ## Gradient descent finds the table that counting found
#
# **Gradient descent** repeats one step: subtract from each parameter its slope times a fixed number, the **learning rate**.
#
# The row of `e` has to fit many names, so take the mean of the gradients. The probabilities are the same for each name. The mean of the one-hot rows is the
# share of each letter among all letters that followed `e`. So the mean gradient is *probabilities − shares*.

# %% tags=["promise-toy"]
from random import Random


def learn_row(counts, learning_rate, steps, rng):
    shares = [n / sum(counts) for n in counts]
    logits = [rng.gauss(0, 1) for _ in counts]
    for _ in range(steps):
        gradient = [p - share for p, share in zip(softmax(logits), shares)]
        logits = [z - learning_rate * g for z, g in zip(logits, gradient)]
    return softmax(logits)

# %% [markdown]
# The library's `fit_logits` does this for many rows. Do both give the same for the row of `e`?

# %%
from gptcore.corpus import load_documents
from gptcore.scalar import NgramTable, fit_logits

names = load_documents("names")
Random(42).shuffle(names)
characters = sorted(set("".join(names)))
table = NgramTable(characters, context_size=1, smoothing=0).fit(names)
counts = [[table.counts[before][then] for then in table.vocab] for before in ["", *characters]]
e = 1 + characters.index("e")
*_, (row_of_e,) = fit_logits([counts[e]], learning_rate=4, steps=100, rng=Random(1))
same(learn_row(counts[e], 4, 100, Random(1)), row_of_e, within=1e-12)

# %% [markdown]
# Now all 27 rows together. On the left is the table of counts, as probabilities. On the right are 729 parameters that begin as random numbers. Predict: after
# how many steps can you no longer see a difference? Then move *step*.

# %% tags=["promise-ah", "promise-control"]
from viz import CountsPlayer

shares = [[n / sum(row) for n in row] for row in counts]
walk = enumerate(fit_logits(counts, learning_rate=4, steps=300, rng=Random(1)))
frames = {step: probs for step, probs in walk if step in (0, 1, 2, 3, 5, 10, 30, 100, 300)}
labels = ["start", *characters], table.vocab
axes = ("letter before", "letter that comes")
CountsPlayer(frames, *labels, shares, title="Gradient descent finds the counted table", axes=axes)

# %% [markdown]
# Nothing counted on the right. Each row only received *probabilities − shares*, again and again. The gradient is 0 where the probabilities equal the shares,
# and nowhere else. When the parameters settle at such a place, this is called **convergence**.
#
# To be fair: counting reads the names once, and this took 300 steps. Where a table can be counted, count.
#
# <details><summary>After how many steps?</summary>
#
# At step 30 the largest difference is about 0.01. One difference stays. No name in the list is empty, so after the start the share of
# `end` is 0. But e to any power is more than 0. That logit goes down for ever, slower and slower. After 300 steps the probability is still above 0.0007.
#
# </details>
#
# ## The learning rate decides between convergence and divergence
#
# We chose 4 for the table by trying: 1 is slower, and with 8 some rows never settle. What does a learning rate change? With two parameters we can draw
# the loss as a map. Here is a valley, *x*²/2 + 10 *y*², twenty times as steep across (*y*) as along (*x*). Its gradient is (*x*, 20 *y*). Look at the path:
# it starts at the ring and takes 40 steps.
# (Where plotly is installed, turn the surface with the mouse.)

# %%
from gptcore.scalar import descend, valley, valley_grad
from viz import draw_surface

area = {"x_range": (-10, 5), "y_range": (-3, 3)}
path = list(descend(valley_grad, (-9, 2), learning_rate=0.03, steps=40))
title = "First down the side, then slowly along the floor"
draw_surface(valley, path, **area, title=title, surface_3d=True)

# %% [markdown]
# Along the floor the slope is small, so the steps are small. A larger learning rate would help there. But across the valley, one step turns *y* into
# *y* − rate × 20 *y*. If each step lands further away than the one before, the loss grows without end: **divergence**.
#
# With a small rate, *y* comes closer to 0 at each step. What is the smallest rate with which it does not?

# %% tags=["promise-guess"]
guess("smallest learning rate that does not converge", ...)

# %% tags=["promise-picture", "answer"]
rates = (0.002, 0.05, 0.095, 0.102)
paths = {f"rate {rate}": list(descend(valley_grad, (-9, 2), rate, 40)) for rate in rates}
draw_surface(valley, paths, **area, title="Too slow, good, zigzag, divergence")

# %% [markdown]
# <details><summary>What happened</summary>
#
# At 0.1, *y* becomes −*y*: equally far on the other side, for ever. Above 0.1 it diverges. Now compare the losses after 40 steps, in the legend. The rate
# 0.05 looks perfect, because its first step lands on the floor. The zigzag of 0.095 is close to divergence, yet its loss is about thirty times lower.
# Along the floor it moved nearly twice as fast.
#
# </details>
#
# The steep direction forbids large rates, and the flat direction needs them. Lesson 4 has two ways out of this. Which single rate gives the lowest loss after
# 40 steps? Find it with the control.

# %% tags=["promise-control"]
from viz import DescentPlayer

start = {"learning_rate": 0.03, "steps": 40}
DescentPlayer(valley, valley_grad, (-9, 2), **area, **start, title="A long narrow valley")

# %% [markdown]
# <details><summary>The lowest loss</summary>
#
# At 0.094 it is 0.016. With a smaller rate the path is slower along the floor. With a larger one the zigzag is not over after 40 steps.
#
# </details>
#
# ## Stochastic gradient descent: a few examples give the direction
#
# So far each step used all names. With millions of texts that is too slow. **Stochastic gradient descent** (SGD) takes a few examples at random for each
# step. *Stochastic* means random. The examples of one step are a **mini-batch**.
#
# Can one name give a useful direction? Take a model with two logits only, so that its whole loss fits on a map. It predicts whether the next letter is a
# vowel. One logit is used after a vowel, the other after anything else.
#
# A step against the gradient of one name changes the loss of all names, too. Multiply the two gradients number by number and add. Above 0, they point to
# the same side: a small step lowers both losses. For how many names is that so? First far from the minimum, then close to it.

# %%
from course.experiments.training.descents import share_that_agrees
from gptcore.scalar import VowelModel

model = VowelModel(names)
*_, minimum = descend(model.grad_at, (-3.0, 1.0), learning_rate=3.0, steps=300)
close = [coordinate + 0.1 for coordinate in minimum]
for label, place in {"far from the minimum": (-3.0, 1.0), "close to it": close}.items():
    print(f"{label}: {share_that_agrees(model, names, place):.1%} of the names agree")

# %% [markdown]
# Far away, nearly every name knows the way. Close to the minimum, the names contradict each other. Move *names per step*, and look at the last part of the path.

# %%
def sgd(names_per_step):
    def run(learning_rate, steps):
        rng = Random(1)
        grad_at = lambda x, y: model.grad_at(x, y, rng.sample(names, names_per_step))
        return descend(grad_at, (-3.0, 1.0), learning_rate, steps)

    return run

# %% tags=["promise-control"]
optimizers = {str(n): sgd(n) for n in (1, 8, 64)}
knobs = {"choice_label": "names per step", "learning_rate": 3.0, "rate_range": (0.1, 10.0)}
area = {"x_range": (-4, 3), "y_range": (-3.5, 1.5), "steps": 40, "title": "Will a vowel come?"}
axis_names = {"x_name": "logit after a consonant", "y_name": "logit after a vowel"}
DescentPlayer(model.loss_at, optimizers=optimizers, **knobs, **area, **axis_names)

# %% [markdown]
# Two things make the end of the path calmer: a larger mini-batch, which costs time, or a smaller learning rate. That is why many programs let the learning
# rate fall towards 0 during training. microgpt does.
#
# ## A silent failure: the loss stays above 3.1
#
# A colleague wrote a second program for the table. It also starts from random logits, with the same counts. Here are both losses, mean over all letters of
# all names.

# %% tags=["promise-failure"]
from course.failures.lesson_02 import second_fit
from viz import draw_loss


def table_loss(probs):
    rows = zip(counts, probs)
    total = sum(-n * log(p) for row, ps in rows for n, p in zip(row, ps) if n)
    return total / sum(map(sum, counts))


programs = {"first": fit_logits, "second": second_fit}
tables = {name: list(fit(counts, 4, 200, Random(1))) for name, fit in programs.items()}
at = range(0, 201, 10)
losses = {name: (at, [table_loss(steps[i]) for i in at]) for name, steps in tables.items()}
draw_loss(losses, title="Two programs for one table", lines={"all letters equal": log(27)})

# %% [markdown]
# More evidence: the largest probability anywhere in each table.

# %%
print(f"counted: {max(map(max, shares)):.2f}")
for name, steps in tables.items():
    print(f"{name} program: {max(map(max, steps[-1])):.2f}")

# %% [markdown]
# What is wrong with the second program? **A**: its learning rate is too small. **B**: it applies softmax twice. **C**: its gradient has the
# wrong sign.

# %%
guess("why the second loss stays above 3.1", ...)

# %% [markdown]
# <details><summary>What happened</summary>
#
# The second program applies softmax, and then softmax again to the probabilities. They are between 0 and 1. So the second softmax makes one letter at most
# e = 2.718 times as probable as another, and e / (e + 26) is 0.095. Its gradient is correct for what it computes, so nothing fails.
#
# In PyTorch this happens often: `torch.nn.CrossEntropyLoss` expects logits, because it applies softmax itself. A model that ends with a softmax layer gives
# it probabilities. Look at the largest probability when a loss will not fall.
#
# </details>
#
# ## Exercises
#
# **1 · A numerical gradient.** `f` takes a list of numbers and returns one number. Find its slope for number `i` of the list. If you change the list, put
# the old number back.

# %% tags=["promise-exercise"]
def slope_at(f, numbers, i):
    """The slope of f for numbers[i], with small steps."""
    return ...


check("slope_at", slope_at)

# %% [markdown]
# **2 · By calculus.** Return the gradient of the loss, one number for each logit. `target` is the index of the letter that came.

# %% tags=["promise-exercise"]
def logits_gradient(logits, target):
    """One slope for each logit."""
    return ...


check("logits_gradient", logits_gradient)

# %% [markdown]
# **3 · One step of gradient descent.** `gradient_at(parameters)` returns one slope for each parameter. Return the new parameters.

# %% tags=["promise-exercise"]
def one_step(parameters, gradient_at, rate):
    """The parameters after one step of gradient descent."""
    return ...


check("one_step", one_step)

# %% [markdown]
# **Back.** In lesson 0, an untrained model had a loss near 3.30 with 27 possible tokens. What is that loss for the 65 characters in Shakespeare's plays,
# and for 50,304 tokens?

# %% tags=["promise-back"]
guess("loss of an untrained model", {"27 tokens": ..., "65 characters": ..., "50,304 tokens": ...})

# %% [markdown]
# ## Summary
#
# In your own words first: *to make a model better, gradient descent ...*
#
# - Softmax turns logits into probabilities: e to the power of each, divided by the sum. Only differences of logits count.
# - A gradient has one slope for each parameter. A numerical gradient needs two runs for each parameter; the derivative is exact.
# - The gradient of the cross-entropy loss for the logits is *probabilities − one-hot*.
# - Gradient descent subtracts the learning rate times the gradient. A small rate is slow, a good one leads to convergence, a large one to divergence.
# - Stochastic gradient descent uses a mini-batch for each step. That is enough far from the minimum, and noisy close to it.
#
# ## Sources and further reading
#
# - Gradient descent: Augustin-Louis Cauchy, *Méthode générale pour la résolution des systèmes d'équations simultanées*, 1847.
# - One example at a time: Herbert Robbins and Sutton Monro, *A Stochastic Approximation Method*, Annals of Mathematical Statistics 22, 1951.
# - Softmax: John Bridle, *Probabilistic Interpretation of Feedforward Classification Network Outputs*, 1990.
# - The standard implementation is PyTorch: `torch.nn.functional.cross_entropy` (softmax and loss in one function) and `torch.optim.SGD`. Our tests compare the gradients.
# - The list of names is this project's own.
