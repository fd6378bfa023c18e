# %% [markdown]
# Nobody tells a model which letters are alike. It reads 2,300 names and learns to predict the next letter. Inside the model, each letter is two numbers, a
# point on a plane. At first all points are random. Training moves them, as it moves every parameter.
#
# Which letters are closest to `a` after training?
#
# - **A**: its neighbours in the alphabet, such as `b` and `c`.
# - **B**: the letters that occur most often, such as `n` and `l`.
# - **C**: the other vowels, `e`, `i`, `o` and `u`.

# %% tags=["promise-guess"]
from course import check, guess, same

guess("letters closest to a", ...)

# %% [markdown]
# You will see it below, as a film. First we build the model.
#
# ## A table of three letters is nearly empty, and its cells share nothing
#
# Lesson 1 counted. With a context of three letters, a table has 27 × 27 × 27 rows of 27 cells. How many of them do 2,300 names fill?

# %%
from random import Random

from gptcore.corpus import load_documents
from gptcore.scalar import NgramTable

names = load_documents("names")
Random(42).shuffle(names)
characters = sorted(set("".join(names)))
train, validation = names[:2300], names[2300:]
table = NgramTable(characters, context_size=3, smoothing=0).fit(train)
filled = sum(count > 0 for row in table.counts.values() for count in row.values())
print(f"{filled:,} of 531,441 cells are filled")

# %% [markdown]
# The cells share nothing. What the table has learned after `emm` does not help it after `imm`. The model of this lesson shares everything. It comes from a
# paper of 2003, and every GPT still begins like it.
#
# ## An embedding is the row of numbers that belongs to a token
#
# A list of numbers of a fixed length is a **vector**. Each letter gets a vector of its own, its **embedding**. The list of all embeddings is the **embedding table**, `wte` in our code and in GPT-2. A
# token's id is the index of its row, and nothing else. Here is a model with embeddings of two numbers:

# %%
from gptcore.scalar import MLP

mlp = MLP(characters, context_size=3, n_embd=2, n_hidden=16, rng=Random(0))
weights = mlp.weights
print("embedding table:", len(weights["wte"]), "rows of", len(weights["wte"][0]))
print("ids of emm:", mlp.encode("emm"))

# %% [markdown]
# The 27th row belongs to the special token for the start and the end of a name. To read `emm`, the model looks up three rows and puts them in a line: 6 numbers.
#
# ## Two linear layers with an activation function between them
#
# The next part multiplies each input by a **weight**, adds up, and adds one more number, the **bias**. Several such sums of the same inputs are a
# **linear layer**, also called fully connected. Each sum then goes through a curve, the **activation function**. Ours is tanh, which maps every number to
# one between −1 and 1. A sum together with its activation function is called a unit. One unit by hand:

# %% tags=["promise-by-hand"]
from math import tanh

inputs, unit_weights, bias = [0.5, -1.0], [2.0, 1.0], 0.5
total = sum(w * x for w, x in zip(unit_weights, inputs)) + bias
print(total, "->", round(tanh(total), 3))

# %% [markdown]
# Our model has 16 such units. Nobody sees their outputs from outside, so they are called a **hidden layer**. A second linear layer makes 27 logits of them. The
# whole is a **multilayer perceptron**, short MLP. (Other models use ReLU as the activation function: negative numbers become 0. You built it in lesson 3.)

# %% tags=["promise-toy"]
def linear(matrix, biases, x):
    return [sum(w * number for w, number in zip(row, x)) + b for row, b in zip(matrix, biases)]


def logits_after(letters):
    x = [number for token in mlp.encode(letters) for number in weights["wte"][token]]
    hidden = [tanh(total) for total in linear(weights["w1"], weights["b1"][0], x)]
    return linear(weights["w2"], weights["b2"][0], hidden)

# %%
x, hidden, logits = mlp.forward(mlp.encode("emm"))
same(logits_after("emm"), logits, within=1e-12)
sizes = {name: (len(matrix), len(matrix[0])) for name, matrix in weights.items()}
print(sizes, "together", sum(rows * columns for rows, columns in sizes.values()))

# %% [markdown]
# 625 parameters instead of 531,441 cells. Why the activation function? Without it, two linear layers compute nothing that one could not: sums of sums are sums.
#
# ## Two gradients by hand, 625 by `Value`
#
# After `emm` comes `a`. Take one weight of the last layer, from hidden unit 3 to the logit of `a`. By the chain rule, its gradient has two factors.
# One is the gradient of the logit, *probability − one-hot* (lesson 2). The other is the local gradient of the product: the output of unit 3.
#
# A weight of the first layer is further away: take the one from input 0 to unit 3. Unit 3 influences *all* 27 logits, so there are 27 paths, and we add
# them up. The local gradient of tanh is 1 − tanh².

# %%
from gptcore.scalar import cross_entropy_grad

a = characters.index("a")
logit_grads = cross_entropy_grad(logits, a)
by_hand = {"w2": logit_grads[a] * hidden[3]}
hidden_grad = sum(grad * row[3] for grad, row in zip(logit_grads, weights["w2"]))
by_hand["w1"] = hidden_grad * (1 - hidden[3] ** 2) * x[0]

# %% [markdown]
# Lesson 3's `Value` knows nothing of this derivation. So it is a good check. The same model, with a `Value` for each parameter:

# %%
from gptcore.scalar import Value

V = {name: [[Value(n) for n in row] for row in matrix] for name, matrix in weights.items()}


def value_loss(context, target):
    x = [number for token in context for number in V["wte"][token]]
    hidden = [total.tanh() for total in linear(V["w1"], V["b1"][0], x)]
    exps = [logit.exp() for logit in linear(V["w2"], V["b2"][0], hidden)]
    return -(exps[target] / sum(exps)).log()

# %%
value_loss(mlp.encode("emm"), a).backward()
same(list(by_hand.values()), [V["w2"][a][3].grad, V["w1"][3][0].grad], within=1e-12)

# %% [markdown]
# `Value` found the other 623 gradients, too. That is slow in plain Python. So `mlp.grads` has the derivation of all 625 written out, layer by layer from the
# back. For the five predictions of `emma`, both agree:

# %%
V = {name: [[Value(n) for n in row] for row in matrix] for name, matrix in weights.items()}
losses = [value_loss(context, target) for context, target in mlp.examples("emma")]
(sum(losses) / len(losses)).backward()
by_value = {name: [[v.grad for v in row] for row in matrix] for name, matrix in V.items()}
same(by_value, mlp.grads("emma"), within=1e-12)

# %% [markdown]
# ## Training moves the letters
#
# The number of examples for each training step is the **batch size**. Here an example is a name, and the batch size is 1. One pass over all training
# examples is an **epoch**: here 2,300 steps. We keep the embeddings after every 23rd step.

# %%
frames, record_losses = {0: [list(row) for row in weights["wte"][:26]]}, []
for record in mlp.train(train, steps=2300, learning_rate=0.5):
    record_losses.append(record.loss)
    if record.step % 23 == 0:
        frames[record.step] = [list(row) for row in weights["wte"][:26]]

# %% [markdown]
# Now the film: 26 letters during one epoch. Run the cell. It plays, and the slider goes back and forth. Was your prediction right?

# %% tags=["promise-ah", "promise-picture", "answer"]
from course.experiments.training.small_runs import recent_loss
from viz import draw_embedding_training

groups = ["vowel" if letter in "aeiou" else "consonant" for letter in characters]
loss_at = {step: recent_loss(record_losses, step) for step in frames}
title = "Letters during training"
draw_embedding_training(frames, characters, groups, losses=loss_at, title=title)

# %% [markdown]
# Now measure it: which four letters are closest to each?

# %% tags=["answer"]
def closest(letter, model, n=4):
    rows = dict(zip(characters, model.weights["wte"]))
    distance = lambda other: sum((p - q) ** 2 for p, q in zip(rows[letter], rows[other]))
    return sorted(set(characters) - {letter}, key=distance)[:n]


for letter in "aeiou":
    print(letter, "is closest to", " ".join(sorted(closest(letter, mlp))))

# %% [markdown]
# <details><summary>What happened</summary>
#
# **C** is right. The four letters closest to each vowel are the four other vowels. The picture knows which letters are vowels, for the colours. The model does
# not. But similar letters come after vowels, so similar embeddings lower the loss. This is the whole reason.
#
# Is it luck? We repeated the run with seven other seeds. Of the 20 closest letters, all 20 were vowels in five of them, 19 in one, and only 12 in one. There, `i`
# started on the far side of the consonants and stayed there, alone. Keep that in mind until Adam.
#
# The numbers themselves mean nothing. Another seed gives another place to the vowels. Only distances and directions count.
#
# </details>
#
# ## Momentum: a ball that rolls on
#
# Gradient descent had a problem in lesson 2: a long valley needs a large learning rate along the floor, and a small one across. **Momentum** is one way out.
# It keeps a velocity for each parameter, as a rolling ball does. Each step keeps nine tenths of the velocity and adds the gradient. What happens if the
# gradient is 1 every time?

# %%
velocity = 0.0
for step in range(1, 41):
    velocity = 0.9 * velocity + 1.0
    if step in (1, 2, 3, 40):
        print(f"step {step}: velocity {velocity:.2f}")

# %% [markdown]
# Where gradients agree, the steps grow to ten times their size. Where they change sign, as across the valley, they cancel.
#
# ## Adam: each parameter gets its own step size
#
# **Adam** is the optimizer of nearly every GPT. It keeps two running means for each parameter. A **running mean** keeps a part of its old value at each step
# and adds a part of the new one. The running mean of the gradient, *m*, is the **first moment**:
#
# > *m* = 0.85 × old *m* + 0.15 × gradient
#
# The running mean of the *squared* gradient, *v*, is the **second moment**. It keeps 0.99 and adds 0.01 of the new square. PyTorch calls 0.85 and 0.99 the *betas*. The step is
#
# > learning rate × *m* / √*v*
#
# Both means start at 0, so at first they are too small. After one step, *m* is only 0.15 of the gradient. Adam divides it by 1 − 0.85, which is 0.15. Then it
# has the right size. After two steps, Adam divides by 1 − 0.85², and so on. For *v* it uses 0.99. This is the **bias correction**.
#
# One parameter has the gradient 1000, another 0.001. The learning rate is 0.01. How far does Adam's first step move each?

# %%
guess("Adam's first step", {"gradient 1000": ..., "gradient 0.001": ...})

# %% tags=["answer"]
from gptcore.scalar import Adam

first, second = Value(0.0), Value(0.0)
adam = Adam([first, second])
for gradient in (0.001, -0.001, 0.001):
    before = first.data, second.data
    first.grad, second.grad = 1000.0, gradient
    adam.step(learning_rate=0.01)
    print(f"{first.data - before[0]:+.4f}  {second.data - before[1]:+.4f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Both move by 0.01. The size of the gradient is divided away. In the next two steps, the second gradient changes its sign each time, so its first moment
# shrinks and its steps do too. The first gradient stays the same, and its steps stay at 0.01. With Adam, the learning rate is a distance, not a factor.
#
# </details>
#
# Here is the valley of lesson 2 with three optimizers. At a rate of 0.09, gradient descent has the lowest loss of the three. Turn the rate up to 0.15, then to 0.3.

# %%
from gptcore.scalar import descend, descend_with_adam, descend_with_momentum, valley, valley_grad
from viz import DescentPlayer


def from_start(rule):
    return lambda rate, steps: rule(valley_grad, (-9.0, 2.0), rate, steps)


rules = {"descent": descend, "momentum": descend_with_momentum, "Adam": descend_with_adam}
optimizers = {name: from_start(rule) for name, rule in rules.items()}
area = {"x_range": (-10, 6), "y_range": (-4, 4), "learning_rate": 0.09, "steps": 40}
DescentPlayer(valley, optimizers=optimizers, **area, title="Three optimizers")

# %% [markdown]
# Above 0.1, gradient descent diverges. Above 0.19, momentum does too. Adam does not, but at low rates 40 steps are too few for it.
#
# ## Adam on the MLP: hardly a lower loss, and tidier letters
#
# Is Adam better for our model? Train it for one epoch from the same first parameters. In both runs, the learning rate falls to 0. Here is the loss on the
# validation split:

# %%
from course.experiments.training.small_runs import mean_loss, train_with_adam

adam_mlp = MLP(characters, context_size=3, n_embd=2, n_hidden=16, rng=Random(0))
train_with_adam(adam_mlp, train, learning_rate=0.02)
print(f"gradient descent {mean_loss(mlp, validation):.2f}, Adam {mean_loss(adam_mlp, validation):.2f}")

# %% [markdown]
# No difference in this run. Over eight seeds, the mean is 2.560 for gradient descent and 2.555 for Adam. The letters show more. With Adam, all 20 of the closest
# letters are vowels in each of the eight runs. No vowel is left behind.
#
# Large transformers need Adam far more. With plain gradient descent their loss stays higher, as the paper by Zhang and others below measures.
#
# And the tables of lesson 1? Each gets the best smoothing of 1, 0.3, 0.1 and 0.03:

# %%
def table_loss(context, smoothing):
    ngrams = NgramTable(characters, context, smoothing=smoothing).fit(train)
    return mean_loss(ngrams, validation)


table_losses = {}
for context in (1, 2, 3):
    table_losses[context] = min(table_loss(context, s) for s in (1, 0.3, 0.1, 0.03))
    print(f"table, context {context}: {table_losses[context]:.2f}")

# %% [markdown]
# ## Hyperparameters: numbers that training does not change
#
# A **hyperparameter** is a number that you choose: the learning rate, the batch size, the size of an embedding, the size of the hidden layer. Training never
# changes it. Three runs are in the picture. Predict the loss with embeddings of 8 numbers. Then choose and press *train*. A run takes a few seconds.

# %% tags=["promise-control"]
from course.experiments.training.hyperparameters import RECORDED
from viz import HyperparameterDial


def run(n_embd, n_hidden):
    model = MLP(characters, 3, n_embd, n_hidden, rng=Random(0))
    list(model.train(train, steps=2300, learning_rate=0.5))
    return mean_loss(model, validation)


knobs = {"n_embd": [1, 2, 4, 8], "n_hidden": [2, 4, 8, 16, 32]}
tried = [{"n_embd": 1, "n_hidden": 16}, {"n_embd": 2, "n_hidden": 4}, {"n_embd": 2, "n_hidden": 16}]
lines = {"best table": min(table_losses.values())}
title = "Validation loss after one epoch"
HyperparameterDial(run, knobs, tried, lines=lines, recorded=RECORDED, title=title)

# %% [markdown]
# <details><summary>What happened</summary>
#
# With embeddings of 8 numbers and 16 hidden units, the loss is 2.53 or 2.54, in each of five runs. More hidden units hardly help.
#
# </details>
#
# The best table has a context of one letter. With three letters, most of its cells are empty. The MLP reads three letters and is better than all of them, though
# by little.
#
# ## A silent failure: the second MLP is stuck
#
# Here is a second MLP. It sees the same names in the same order, with the same learning rate.

# %% tags=["promise-failure"]
from course.failures.lesson_04 import second_mlp
from viz import draw_loss

second = second_mlp(characters, rng=Random(0))
second_losses = [record.loss for record in second.train(train, steps=2300, learning_rate=0.5)]
losses = {"MLP": record_losses, "second MLP": second_losses}
draw_loss(losses, title="It learns, and then it is stuck", lines={"untrained": 3.296})

# %% [markdown]
# More evidence. An id is only an index, so the order of the letters should not matter. Train both models for 500 steps, once with the letters in
# alphabetical order and once shuffled:

# %%
shuffled = characters.copy()
Random(7).shuffle(shuffled)


def mlp_of(order, rng):
    return MLP(order, context_size=3, n_embd=2, n_hidden=16, rng=rng)


for which, make in {"MLP": mlp_of, "second MLP": second_mlp}.items():
    for order in (characters, shuffled):
        model = make(order, rng=Random(0))
        list(model.train(train, steps=500, learning_rate=0.5))
        print(f"{which}, letters {''.join(order[:6])}...: {mean_loss(model, validation):.3f}")

# %% [markdown]
# What is wrong with the second MLP? **A**: its learning rate is wrong. **B**: it takes the id of a letter for a quantity. **C**: it has too few parameters.

# %%
guess("what is wrong with the second MLP", ...)

# %% [markdown]
# <details><summary>What happened</summary>
#
# Its input for a letter is id / 27, not an embedding. For this model, `b` is halfway between `a` and `c`, and `e` is nearly `d`. It treats `e` almost like `d`
# and `f`. So it cannot separate vowels from their neighbours. The first MLP has the same loss for any order, because an id is only the index of a row.
#
# Too few numbers are not the reason. With *one learned* number for each letter the loss is about 2.58, as the control above shows. This one stays near 2.77.
#
# The check finds a whole family of errors: rename what has no order, and see whether anything changes.
#
# </details>
#
# ## Exercises
#
# **1 · Look up.** Return the input of the first layer: the embeddings of the ids, one after the other, in one list of numbers.

# %% tags=["promise-exercise"]
def embed(ids, wte):
    """The embeddings of the ids in one list."""
    return ...


check("embed", embed)

# %% [markdown]
# **2 · Count.** How many parameters does an MLP have, with an embedding table, two linear layers and their biases? `vocab_size` counts the special token, too.

# %% tags=["promise-exercise"]
def count_parameters(vocab_size, context_size, n_embd, n_hidden):
    """All parameters of the MLP."""
    return ...


check("count_parameters", count_parameters)

# %% [markdown]
# **3 · Adam.** One step for one parameter, with the learning rate 0.01. The running means keep 0.85 of *m* and 0.99 of *v*. `step` counts from 0. Add 1e-8
# to the root, so that it is never 0. Return three numbers: the new weight, *m* and *v*.

# %% tags=["promise-exercise"]
from math import sqrt


def adam_step(weight, gradient, m, v, step):
    """One step of Adam for one weight."""
    return ...


check("adam_step", adam_step)

# %% [markdown]
# **Back.** The model reads `ee`, so the row of `e` is used twice. The gradient through the first place is 0.2, through the second −0.5. What is the gradient
# of that number of the row? (Lesson 3)

# %% tags=["promise-back"]
guess("gradient of a row that is used twice", ...)

# %% [markdown]
# ## Summary
#
# In your own words first: *similar letters get similar embeddings because ...*
#
# - An embedding is a row of learned numbers for a token; the embedding table has one for each. Tokens that are used alike get similar rows.
# - A multilayer perceptron is a linear layer (weights and biases), an activation function and another linear layer. Between them is the hidden layer.
# - Gradients by hand use the chain rule; `Value` checks them.
# - An epoch is one pass over the training examples; the batch size is the number of examples for each step.
# - Momentum keeps a velocity. Adam divides the first moment by the root of the second, after bias correction, so each parameter has its own step size.
# - Hyperparameters are chosen by you and compared on the validation split.
#
# ## Sources and further reading
#
# - The model: Yoshua Bengio, Réjean Ducharme, Pascal Vincent and Christian Jauvin, *A Neural Probabilistic Language Model*, Journal of Machine Learning Research 3, 2003.
# - Momentum: Boris Polyak, *Some methods of speeding up the convergence of iteration methods*, 1964.
# - Adam: Diederik Kingma and Jimmy Ba, *Adam: A Method for Stochastic Optimization*, arXiv 1412.6980. Where it is needed: Jingzhao Zhang and others, *Why are Adaptive Methods Good for Attention Models?*, arXiv 1912.03194.
# - The standard implementation is PyTorch: `torch.nn.Embedding`, `torch.nn.Linear`, `torch.optim.Adam`. In nanoGPT's `model.py` the embedding table is `wte`, too.
