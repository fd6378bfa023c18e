# %% [markdown]
# Twenty-seven dials stand in a row, one for each letter and one for the end of a name. Turn a dial up, and its letter becomes likelier; the
# others become less likely, for all of them together make 1. After `e` the dials stood so that `m` was given the probability 0.1. Then `m` came.
#
# **Your guess.** Turn the dials a little, all at once. The turns make an arrow of 27 numbers, and its length (the root of the sum of their squares) is given. In which direction does the surprise fall fastest? **A**: all of it for `m`, up. **B**: `m` up, and the 26
# others down, all by the same amount. **C**: `m` up, and each of the others down, the more so the likelier its letter was held to be.

# %% tags=["promise-guess"]
from course import check, guess, same

guess("which dials to turn", ...)

# %% [markdown]
# ## A · Any 27 numbers make probabilities
#
# Lesson 1 filled a table by counting. The weights of a GPT cannot be counted: nothing in a name says what the numbers inside a model should be. They have to be
# found, step by step, by making the surprise smaller. This half of the lesson finds the table of lesson 1 in that way, so that you can see that it works. The
# second half finds something that no count would have told.
#
# First the dials. They may stand at any number, also below 0. To make probabilities of them, take e to the power of each, which is always
# positive, and divide by the sum. Three dials are enough to see it:

# %% tags=["promise-by-hand"]
from math import exp

dials = {"a": 1.8, "m": 0.0, "end": 1.1}
powers = {letter: exp(dial) for letter, dial in dials.items()}
said = {letter: power / sum(powers.values()) for letter, power in powers.items()}
print({letter: round(p, 3) for letter, p in said.items()})

# %% [markdown]
# This is called **softmax**, and the numbers on the dials are called **logits**. A letter whose logit is larger by 1 is e times as likely, 2.718 times. Only
# distances count: turn all three dials up by 5, and nothing changes.
#
# You have met logits before, without the name. Lesson 1 raised each probability to the power 1/T and rescaled; that is the same as dividing the logits by T,
# the temperature.

# %%
from gptcore.scalar import softmax

T = 0.5
sharper = [p ** (1 / T) for p in said.values()]
same([s / sum(sharper) for s in sharper], softmax([dial / T for dial in dials.values()]), within=1e-12)

# %% [markdown]
# ## What was said minus what was
#
# Now `m` comes, to which these dials give 0.1. The surprise is −ln 0.1, about 2.3 nats. How fast does it change with each dial? Move one by a tiny step up and by
# a tiny step down, and divide the difference of the two surprises by the way between them. That is a **slope**, found without any calculus:

# %%
from gptcore.scalar import central_difference, cross_entropy

row = list(dials.values())
for i, letter in enumerate(dials):
    slope = central_difference(lambda moved: cross_entropy([*row[:i], moved, *row[i + 1 :]], target=1), row[i])
    print(f"{letter:>3}: said {said[letter]:.3f}, slope {slope:+.3f}")

# %% [markdown]
# Compare the two columns. A letter that did not come has for its slope the probability that it was given. For the letter that came it is that
# probability minus 1. In one line: **what was said minus what was**, where "what was" is 1 for the letter that came and 0 for each of the others.
#
# A slope says where the surprise *grows*, so each dial has to go the other way: `m` up, pushed by 0.9, and the others down, each by what it had too much. That
# is answer C. The three pushes add up to nothing: what `m` gets, the others give.
#
# ## The counted table, found without counting
#
# `e` is followed by many letters, in many names. Over all of them the slopes are averaged. "What was said" is the same each time. "What was" is 1 for `m`
# as often as `m` came; its average is the share of `m` among all that followed `e`. So the average slope is *probability minus share*.
#
# It is 0 where the probabilities *are* the shares, and nowhere else. Those shares are what lesson 1 counted; whoever walks downhill, in steps that are not too long, must end there. A step is:
# every logit minus its slope times a number, the **learning rate**. Here is the row of `e`, begun with noise:

# %% tags=["promise-toy"]
from random import Random


def learn_row(counts, learning_rate, steps, rng):
    was = [n / sum(counts) for n in counts]
    logits = [rng.gauss(0, 1) for _ in counts]
    for _ in range(steps):
        said = softmax(logits)
        slopes = [p - share for p, share in zip(said, was)]
        logits = [logit - learning_rate * slope for logit, slope in zip(logits, slopes)]
    return softmax(logits)

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
# Now all 27 rows at once. On the left what counting knows; on the right 729 numbers that began as noise. Move *step*.

# %% tags=["promise-ah", "promise-control"]
from viz import CountsPlayer

shares = [[n / sum(row) for n in row] for row in counts]
walk = enumerate(fit_logits(counts, learning_rate=4, steps=300, rng=Random(1)))
frames = {step: learned for step, learned in walk if step in (0, 1, 2, 3, 5, 10, 30, 100, 300)}
labels = ["start", *characters], table.vocab
CountsPlayer(frames, *labels, shares, title="Learning finds what counting knew", axes=("letter before", "letter that comes"))

# %% [markdown]
# Learning found what counting knew. On the right the counts come in only as shares: each row is told by how much each of its probabilities is too large or too small. (To be fair, counting read
# the names once and was done, and here are 300 steps. Where a table can be counted, count.)
#
# Where something never happened, a difference stays. No name in the list is empty, so after the start the count of `end` is 0, and so is its share. But e to any power is more
# than 0: that logit walks down for ever, slower and slower, and after 300 steps it still stands for 0.0008.
#
# ## How far is a step?
#
# The learning rate 4 fell from the sky. With 1 the table comes out too, only later; with 8 some rows never settle. What a rate does can be seen with two weights: put them on a map, and let the height be the loss.
# This is a valley, x²/2 + 10 y², twenty times as steep across as it is along; its slopes are *x* and *20 y*. Forty steps of descent lead down from the ring, with a
# learning rate of 0.03. (Where plotly is known, as in JupyterLab, turn it with the mouse.)

# %%
from gptcore.scalar import descend, valley, valley_grad
from viz import draw_surface

sheet = {"x_range": (-10, 5), "y_range": (-3, 3)}
path = list(descend(valley_grad, (-9, 2), learning_rate=0.03, steps=40))
draw_surface(valley, path, **sheet, title="Down the side first, then along the floor", surface_3d=True)

# %% [markdown]
# Along the floor the slope is small, and so are the steps. A larger rate would help there. But across the valley one step turns *y* into *y* − rate × 20 *y*.
#
# **Your guess.** From which learning rate on does descent fly off, further out with each step?

# %% tags=["promise-guess"]
guess("the rate from which it flies off", ...)

# %% tags=["promise-picture"]
paths = {f"rate {rate}": list(descend(valley_grad, (-9, 2), rate, 40)) for rate in (0.002, 0.05, 0.095, 0.102)}
draw_surface(valley, paths, **sheet, title="Crawl, arrive, zigzag, fly off")

# %% [markdown]
# The rate 0.05 looks perfect: the first step lands on the floor, for 20 × 0.05 is 1. Yet look at the losses after forty steps. The zigzag, close to the disaster, has come thirty
# times lower, because along the floor it walked nearly twice as fast. The steep direction forbids large rates, the flat one needs them. Lesson 7 has two
# ways out; here, find the best single rate for 40 steps yourself. Mine is somewhat below 0.1.

# %% tags=["promise-control"]
from viz import DescentPlayer

DescentPlayer(valley, valley_grad, (-9, 2), **sheet, learning_rate=0.03, steps=40, title="A long narrow valley")

# %% [markdown]
# **A place to stop.** You have the whole of learning in your hands: say something, see what was, measure the slopes, step against them. What follows changes only *what* is said. It asks for a
# fresh head.
#
# ## B · A vector for each letter
#
# A table for two letters back has 27 × 27 rows of 27: 19,683 cells. Count how many of them our names fill:

# %%
train, unseen = names[:2300], names[2300:]
pairs = NgramTable(characters, context_size=2, smoothing=0).fit(train)
filled = [count for row in pairs.counts.values() for count in row.values()]
print(f"{len(filled):,} of {pairs.n_counts:,} cells are filled, {filled.count(1):,} of those by a single name")

# %% [markdown]
# And the cells share nothing. What a table has learned after `em` is of no use after `am`. So here is another thought: not a cell for each case, but a few numbers
# for each *letter*, four in our case. Such a row of numbers is called a vector, and a letter's own vector is its **embedding**. The four numbers of `e`
# are drawn by chance, and then descent moves them as it moves all other weights. Letters that act alike may then come to lie side by side.
#
# Two letters are two vectors, eight numbers. From these, 16 sums are made: each multiplies the eight numbers by eight weights, adds up, and adds one
# more weight, its **bias**. Each sum is squeezed between −1 and 1 by a curve called tanh. That is a **hidden layer**. From its 16 numbers, 27 sums
# of the same kind are made, and those are the logits. The whole is called a multi-layer perceptron, **MLP**.

# %%
from gptcore.scalar import MLP

mlp = MLP(characters, context_size=2, n_embd=4, n_hidden=16, rng=Random(42))
weights = mlp.weights
sizes = {name: (len(matrix), len(matrix[0])) for name, matrix in weights.items()}
print(sizes, "together", sum(rows * columns for rows, columns in sizes.values()))

# %% [markdown]
# 711 weights. (`w1`, `b1`, `w2`, `b2`: weights and biases of the first and of the second layer; 27 vectors, `wte`, for the end has one, too: it stands for "no letter
# yet" before a name begins.) What the MLP computes, in five lines:

# %%
from math import tanh


def logits_after(two_letters):
    x = [number for letter in two_letters for number in weights["wte"][characters.index(letter)]]
    sums = [sum(w * xi for w, xi in zip(row, x)) + b for row, b in zip(weights["w1"], weights["b1"][0])]
    hidden = [tanh(s) for s in sums]
    return [sum(w * h for w, h in zip(row, hidden)) + b for row, b in zip(weights["w2"], weights["b2"][0])]


x, hidden, logits = mlp.forward(mlp.encode("em"))
same(logits_after("em"), logits, within=1e-12)

# %% [markdown]
# ## Two slopes by hand, and 709 more
#
# After `em` comes `m`. For the 27 logits the slopes are known: what was said minus what was. Go one step further back. The weight `weights["w2"][a][3]` stands between
# hidden number 3 and the logit of `a`. Raise it a little: that logit grows by `hidden[3]` times as much, and the surprise by the logit's slope times that. Two factors,
# multiplied.
#
# The weight `w1[3][0]` stands further back, between the first number of the vectors and sum 3. Its sum grows by `x[0]` times as much. tanh passes on 1 − tanh² of
# it. And hidden number 3 has a part in *all* 27 logits, so there are 27 ways from here to the surprise, and they are added.

# %%
from gptcore.scalar import cross_entropy_grad

m, a = mlp.encode("ma")
of_logits = cross_entropy_grad(logits, m)
of_w2 = of_logits[a] * hidden[3]
of_hidden = sum(slope * row[3] for slope, row in zip(of_logits, weights["w2"]))
of_w1 = of_hidden * (1 - hidden[3] ** 2) * x[0]
print(f"{of_w2:.5f} {of_w1:.5f}")

# %% [markdown]
# Right? A tiny step knows nothing of tanh and ways, and so it can judge:

# %%
def by_tiny_step(matrix, row, column):
    def surprise_with(number):
        matrix[row][column] = number
        return cross_entropy(mlp.forward(mlp.encode("em"))[2], m)

    here = matrix[row][column]
    slope = central_difference(surprise_with, here)
    matrix[row][column] = here  # back, or the next slope is taken from another place
    return slope


same([of_w2, of_w1], [by_tiny_step(weights["w2"], a, 3), by_tiny_step(weights["w1"], 3, 0)], within=1e-9)

# %% [markdown]
# With patience, the other 709 come in the same way: two runs of the model for each weight, 1,422 runs for *one* step of descent. The file `gptcore/scalar/mlp.py` has
# the calculus written out instead, layer by layer from the back. For all weights together it costs less than four runs. Both agree on all 711:

# %%
by_steps = {
    name: [[mlp.numerical_grad("emma", name, i, j) for j in range(columns)] for i in range(rows)]
    for name, (rows, columns) in sizes.items()
}
same(by_steps, mlp.grads("emma"), within=1e-8)

# %% [markdown]
# That calculus is good for this model only. Add a layer, and somebody has to sit down again with paper. microgpt has 4,192 weights and a good deal more between them and the
# surprise. Lesson 3 finds slopes for anything you can compute.
#
# ## It learns from one name at a time
#
# The rows of part A asked all names before each step. With millions of texts nobody can wait for that. So each step here asks a single name, and trusts that the
# errors of many steps cancel. Hence the name: **stochastic gradient descent**, SGD; *stochastic* means by chance, and *gradient* is a word for all the slopes together.

# %%
from viz import draw_loss

losses = [step.loss for step in mlp.train(train, steps=2300, learning_rate=0.5)]
draw_loss({"MLP": losses}, title="2,300 names, one for each step", lines={"knows nothing": 3.296})

# %% [markdown]
# Was it worth the trouble? The names in `unseen` were kept back. Two tables have read the same 2,300 names as the MLP; to each count a little was added, 0.3, which suits
# both best of 1, 0.3, 0.1 and 0.03:

# %%
def mean_loss(model, documents):
    letters = [len(name) + 1 for name in documents]  # and the end
    return sum(model.loss(name) * n for name, n in zip(documents, letters)) / sum(letters)


for context in (1, 2):
    rival = NgramTable(characters, context, smoothing=0.3).fit(train)
    print(f"table, {context} letter{'s' * (context > 1)} back: {mean_loss(rival, unseen):.2f} nats on unseen names")
print(f"MLP, 2 letters back: {mean_loss(mlp, unseen):.2f}")

# %% [markdown]
# Better than the table that reads the same two letters, though by very little; and no better than the table of pairs, which needed no step at all. On so few names counting is hard to beat, and the
# course will say so again in lesson 7. But the MLP has something that a table cannot have. Which letters have vectors close to that of `a`?

# %%
vectors = dict(zip(characters, weights["wte"]))


def nearest(letter):
    apart = {other: sum((p - q) ** 2 for p, q in zip(vectors[letter], v)) for other, v in vectors.items()}
    return " ".join(sorted(apart, key=apart.get)[1:6])


for letter in "aeb":
    print(f"{letter} lies nearest to {nearest(letter)}")

# %% [markdown]
# Nobody told it that there are vowels. It moved 27 vectors so as to be less surprised, and here vowels ended up beside vowels, because what comes after them is much the same. (It is one run. With other first weights the vowels drew as close in three of six runs, and less so in the others. In all six the letters nearest to a consonant were nearly always consonants.)
#
# ## The arrow trembles
#
# How can a single name show the way? Here is a model with two weights only, so small that its whole loss fits on a map: will the next letter be a vowel? One logit answers after a vowel, one
# after anything else. The slopes are again what was said minus what was, averaged over 1 name, 8 names or 64.

# %%
from gptcore.scalar import VowelModel

vowels = VowelModel(train)


def asking(names_per_step):
    def rule(learning_rate, steps):
        rng = Random(1)
        some = lambda x, y: vowels.grad_at(x, y, rng.sample(train, names_per_step))
        return descend(some, (-3.0, 1.0), learning_rate, steps)

    return rule

# %%
sheet = {"x_range": (-4, 3), "y_range": (-3.5, 1.5), "x_name": "logit after a consonant", "y_name": "logit after a vowel"}
optimizers = {f"{n}": asking(n) for n in (1, 8, 64)}
knobs = {"choice_label": "names per step", "learning_rate": 3.0, "rate_range": (0.1, 10.0), "steps": 40}
DescentPlayer(vowels.loss_at, optimizers=optimizers, **knobs, **sheet, title="Will a vowel come?")

# %% [markdown]
# Far from the bottom nearly all names agree on where down is, and asking one is as good as asking 64. Near the bottom they disagree, and the step of a single name leads anywhere. Two things stop the trembling: more
# names for each step, which costs time, or a smaller rate. That is why `train` lets its rate fall to 0, and why microgpt does.
#
# ## No line raised an error
#
# Here is a second MLP. It saw the same names in the same order, at the same rate.

# %% tags=["promise-failure"]
from course.failures.lesson_02 import second_mlp

second = second_mlp(characters, rng=Random(42))
second_losses = [step.loss for step in second.train(train, steps=2300, learning_rate=0.5)]
draw_loss({"second MLP": second_losses, "MLP": losses}, title="It learns, and it is stuck", lines={"knows nothing": 3.296})

# %% [markdown]
# It has learned something, and then it stays 0.2 nats above the other. What is wrong with it? One more piece of evidence. A letter's id is its place in `characters`. Ids mean
# nothing: emoji would do for names of letters, and any order of them. Both models are trained anew, for 500 steps, once with the letters in the order of the alphabet and once shuffled:

# %%
shuffled = characters.copy()
Random(7).shuffle(shuffled)
for which, make in {"MLP": MLP, "second MLP": second_mlp}.items():
    for order in (characters, shuffled):
        model = make(order, rng=Random(42))
        list(model.train(train, steps=500, learning_rate=0.5))
        print(f"{which}, ids in the order {''.join(order[:6])}...: {mean_loss(model, unseen):.4f}")

# %% [markdown]
# **A**: its learning rate is wrong. **B**: it takes the id of a letter for a quantity. **C**: it has too few weights.

# %%
guess("what is wrong with the second MLP", ...)

# %% [markdown]
# <details><summary>What happened, when you have guessed</summary>
#
# Instead of a vector it feeds the number id / 27. To it `b` lies halfway between `a` and `c`, and `e` is nearly `d`. What a hidden number makes of `d` and of `f` it must about make of
# `e`; so vowels cannot be told from their neighbours. The sound MLP gives the same loss for any order of the letters, to the last printed digit, because an id is only the place where
# a vector stands.
#
# It was not for want of numbers. An MLP with a *single* number for each letter, `MLP(characters, n_embd=1, rng=Random(42))`, comes to about 2.62 on unseen names, if it may learn them. This one stays at 2.80.
#
# The check costs a minute and finds a whole family of mistakes: rename what has no order, and see whether anything changes.
#
# </details>
#
# ## Exercises
#
# **1 · The slope of anything.** `f` takes a list of numbers and gives back one. Find its slope for number `i` of the list. Plain Python; what you change in the list, others will see.

# %% tags=["promise-exercise"]
def slope_at(f, numbers, i):
    """How fast f(numbers) grows with numbers[i], by tiny steps."""
    return ...


check("slope_at", slope_at)

# %% [markdown]
# **2 · Said minus was.** All slopes of the surprise, one for each logit; `came` is the place of the letter that came. `math.exp` is all you need.

# %% tags=["promise-exercise"]
def slopes_of_logits(logits, came):
    """One slope for each logit."""
    return ...


check("slopes_of_logits", slopes_of_logits)

# %% [markdown]
# **3 · One step.** `slopes_at(weights)` answers with one slope for each weight. Give back the new weights.

# %% tags=["promise-exercise"]
def one_step(weights, slopes_at, rate):
    """The weights after one step of descent."""
    return ...


check("one_step", one_step)

# %% [markdown]
# **Back.** In lesson 0 a loss of 3.30 meant "knows nothing", for 27 letters. What is it for the 65 characters that Shakespeare's plays are printed with, and for 50,304 tokens?

# %% tags=["promise-back"]
guess("the loss that knows nothing", {"27 letters": ..., "65 letters": ..., "50,304 tokens": ...})

# %% [markdown]
# ## The last sentence is yours
#
# *To learn from a surprise, ...*
#
# <details><summary>Ours</summary>
#
# ... subtract what was from what was said, carry that difference back to every weight that had a part in it, and step the other way, not too far.
#
# </details>
#
# **Sources.** The MLP with a vector for each token: Yoshua Bengio, Réjean Ducharme, Pascal Vincent and Christian Jauvin, *A Neural Probabilistic Language Model*, 2003. Descent: Augustin-Louis Cauchy,
# 1847. By chance, one example at a time: Herbert Robbins and Sutton Monro, *A Stochastic Approximation Method*, 1951. The list of names is this project's own; the tests
# hold the slopes against PyTorch's.
