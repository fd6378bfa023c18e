# %% [markdown]
# Train a microgpt and ablate all four heads. Then change the *first* letter of `emma` to `amma`, and look at the 27 logits for the letter after the last `a`. With the heads,
# all 27 logits change. How many change without them?

# %% tags=["promise-guess"]
from course import check, guess, same

guess("logits that change", ...)

# %% [markdown]
# The next two cells train one on a thousand names, some eight seconds. Six times they record what the model does. (`forward` runs the same model in NumPy and keeps every intermediate result.)

# %%
from random import Random

from gptcore.corpus import load_documents
from gptcore.ladder import forward, weights_of
from gptcore.scalar import MicroGPT


def record(gpt):
    inside = forward([gpt.BOS, *gpt.encode("emma")], weights_of(gpt), n_head=4)
    return {
        "samples": gpt.sample(12, rng=Random(1)),
        "attention": inside.weights[0, 1],  # layer 0, head 1
        "tokens": ["[BOS]", *"emma"],
        "probabilities": gpt.next_probabilities("emm"),
    }

# %%
names = load_documents("names")
gpt = MicroGPT(names, seed=42)
losses, records = [], {0: record(gpt)}
for step in gpt.train(1000):
    losses.append(step.loss)
    if step.step in (10, 30, 100, 300, 1000):
        records[step.step] = record(gpt)
weights = weights_of(gpt)

# %% tags=["answer"]
def logits_after(name, ablated):
    ids = [gpt.BOS, *gpt.encode(name)]
    return forward(ids, weights, n_head=4, ablated_heads=frozenset(ablated)).logits[-1]


for ablated in ([], [(0, 0), (0, 1), (0, 2), (0, 3)]):
    changed = logits_after("emma", ablated) != logits_after("amma", ablated)
    print(f"{len(ablated)} heads ablated: {sum(changed)} of 27 logits change")

# %% [markdown]
# <details><summary>What happened</summary>
#
# None. Attention is the only part of a GPT in which positions exchange anything. Everything else, three quarters of the parameters, works on each position alone.
#
# </details>
#
# ## The whole model on one map
#
# You know embeddings (lesson 4) and attention (lesson 6). Three parts are new: the norm, the plus, and the MLP. Together they form a **transformer block**. Follow the numbers of the second `m` in `emm` from the id to
# the probabilities. Step forward and back, and hover over a box for its values, its shape, and its names.

# %% tags=["promise-picture"]
from course.model_stages import microgpt_stages
from viz import draw_model_map

draw_model_map(microgpt_stages("emm", gpt), title="microgpt reads emm: from one id to 27 probabilities")

# %% [markdown]
# ## RMSNorm: the length goes, the direction stays
#
# Each half of a block first normalises its input. Take the vector 3, 4. Its squares are 9 and 16, their mean is 12.5, and the root of that is 3.536. Divide by it:

# %% tags=["promise-by-hand"]
from math import sqrt

for x in ([3, 4], [300, 400], [-0.3, -0.4]):
    rms = sqrt(sum(number**2 for number in x) / len(x))
    print(x, "->", [round(number / rms, 3) for number in x])

# %% [markdown]
# A hundred times the length, the same result. This is **RMSNorm**: divide by the *root* of the *mean* of the *squares*. (The program adds 0.00001 under the root, so that zeros can be divided.)
# Normalising the input of each half, and not its output, is called **pre-norm**.
#
# ## Residual connections: each block adds to a stream
#
# A block does not return its result. It returns its input *plus* its result, `x + f(x)`. That plus is a **residual connection**. The vector that runs through all blocks, and to which each block adds, is the **residual stream**.
#
# Gradients pass through the plus unchanged: the derivative of `x + f(x)` is 1 plus the derivative of `f`. Suppose `f` passes on a tenth, and stack eight blocks:

# %%
print(f"without the plus: {0.1**8:.0e} of the gradient reaches the first block")
print(f"with it:          {1.1**8:.2f}: the direct path gives 1, the others the rest")

# %% [markdown]
# ## The MLP block works on each position alone
#
# The second half is lesson 4's multilayer perceptron, the **MLP block** (also called feed-forward). `fc1` maps the 16 numbers of a position to 64, ReLU sets negative ones to 0, and `fc2` maps the 64 back to 16. No other
# position takes part.
#
# Now everything is on the table. This is a block:

# %% tags=["promise-toy"]
from gptcore.scalar.attention import attend
from gptcore.scalar.ops_fused import linear, rmsnorm


def block(x, keys, values, w):
    normed = rmsnorm(x)
    keys.append(linear(normed, w["0.wk"]))
    values.append(linear(normed, w["0.wv"]))
    attended = attend(linear(normed, w["0.wq"]), keys, values, n_head=4, ops=gpt.ops)
    x = [old + new for old, new in zip(x, linear(attended, w["0.wo"]))]  # attention
    hidden = [number.relu() for number in linear(rmsnorm(x), w["0.fc1"])]
    return [old + new for old, new in zip(x, linear(hidden, w["0.fc2"]))]  # MLP

# %% [markdown]
# Before the block, add the embeddings of token and position. After it, the **language-model head** (`lm_head`), 27 rows of 16 numbers, computes the logits. Is that the whole program?

# %%
keys, values, w = [], [], gpt.weights
for position, token in enumerate([gpt.BOS, *gpt.encode("em")]):
    x = rmsnorm([a + b for a, b in zip(w["wte"][token], w["wpe"][position])])
    x = block(x, keys, values, w)
by_hand = linear(x, w["lm_head"])
*_, imported = gpt.logits_after([gpt.BOS, *gpt.encode("em")])
same(by_hand, imported, within=0)

# %% [markdown]
# It is. (`wte` is the token embedding table, `wpe` the position embedding table. The `0.` is the number of the block. A GPT with twelve layers runs twelve such blocks in a loop, each with its own matrices.)
#
# ## Logit attribution: what does each part add?
#
# The last step is linear, so the logits of a sum are the sum of the logits. We can see what each part of the stream adds to the 27 logits. This is direct **logit attribution**. Look for the row that is nearly white.

# %% tags=["promise-ah", "promise-picture"]
from viz import draw_logit_attribution

inside = forward([gpt.BOS, *gpt.encode("em")], weights, n_head=4)
account = {part: weights["lm_head"] @ added[-1] for part, added in inside.residual_terms.items()}
labels = {"embedding": "embedding", "0 attention": "+ attention", "0 mlp": "+ MLP"}
rows = {labels[part]: row for part, row in account.items()}
draw_logit_attribution(rows, labels=[*gpt.characters, "end"], title="Each part adds its row; the sum is the logits")

# %%
same(sum(account.values()), imported, within=1e-9)

# %% [markdown]
# The embedding knows only `m` and the position, and already favours vowels. The MLP adds about as much again. It pushes consonants down as far as the embedding does, and vowels up half as far. The row of attention is nearly white.
#
# Is attention useless here, or does the MLP need what it writes? Ablate it for the whole training. Which difference in loss do you expect after 1,000 steps, with attention and without? **A**: below 0.03 nats. **B**: about 0.3. **C**: about 1.

# %%
guess("training without attention", ...)

# %% tags=["answer"]
from course.failures.lesson_07 import train_without


def last_500(run):
    return sum(run[-500:]) / 500


for steps in (1000, 10_000):
    with_it, without = (last_500(train_without(names, part, steps=steps)) for part in ("", "attention"))
    print(f"{steps:6,} steps: {with_it:.3g} nats with attention, {without:.3g} without")

# %% [markdown]
# <details><summary>What happened</summary>
#
# In 1,000 steps, as many as were published, attention contributes nothing that you can measure. After 10,000 it does. (Five seeds agree.) So an attention map after 1,000 steps shows a pattern, not a use. Names hardly need attention; lesson 6's recall task does.
#
# </details>
#
# ## Training: Adam, and a learning rate that falls
#
# The published run uses Adam (lesson 4) with betas 0.85 and 0.99. Its **learning-rate schedule** is linear decay: from 0.01 to 0 over 1,000 steps. Move the *step*: the loss, the samples, the attention of layer 0, head 1, and the prediction after `emm`.

# %% tags=["promise-control"]
from viz import TrainingScrubber

TrainingScrubber(records, losses)

# %% [markdown]
# The page of lesson 0 again. Now you know every line:

# %%
from course.one_page_colours import lessons_of_lines, one_page, titles
from course.program import draw_program

draw_program(one_page(), lessons_of_lines(), titles(), title="A GPT, all of it")

# %% [markdown]
# ## Inference: generate one token at a time
#
# Using a trained model is called **inference**. Here it is **autoregressive generation**: predict, sample a token, append it, predict again. Each model in this control is trained for 1,000 steps. Change heads, layers and temperature.

# %%
from gptcore.ladder import NumpyGPT
from gptcore.scalar import MicroConfig

models = {}
for n_layer in (1, 2):
    for n_head in (1, 4, 16):
        run = NumpyGPT(names, MicroConfig(n_layer=n_layer, n_head=n_head), seed=42)
        for _ in run.train(1000):
            pass
        models[n_layer, n_head] = run.scalar()

# %% tags=["promise-control"]
from viz import SamplingDial


def write(temperature, heads, layers, how_many):
    return models[layers, heads].sample(how_many, temperature, rng=Random(1))


def after_em(temperature, heads, layers, how_many):
    return models[layers, heads].next_probabilities("em", temperature)


knobs = {"temperature": (0.1, 2.0, 0.5), "heads": [1, 4, 16], "layers": [1, 2], "how_many": (2, 8, 6)}
SamplingDial(write, bars=after_em, known=names, title="After em", **knobs)

# %% [markdown]
# Near temperature 0 it writes the same few names again and again. At 2 chance decides more than the model. A larger model writes no better names. All six models have the same loss within 0.01 nats, with each of five seeds: 1,000 names are too few to tell them apart.
#
# ## The published run, digit by digit
#
# microgpt was published with the losses of its first 13 steps and with twenty names. With its own list, which is downloaded if it is missing, our fast program reproduces every published digit:

# %%
def compare(run, invented, documents):
    print(*invented)
    print(f"mean loss of the last 500 steps {last_500(run):.4g}, of the very last {run[-1]:.4g}")
    print(sum(name in documents for name in invented), "of the 20 are in the whole list,", end=" ")
    print(sum(name in documents[:1000] for name in invented), "among the 1,000 training names")


compare(losses, gpt.sample(20), gpt.documents)

# %% tags=["needs-names-ssa"]
published = [3.3660, 3.4243, 3.1778, 3.0664, 3.2209, 2.9452, 3.2894, 3.3245, 2.8990, 3.2229, 2.7964, 2.9345, 3.0544]
full = load_documents("names-ssa")
article = NumpyGPT(full, seed=42)
run = [step.loss for step in article.train(1000)]
same(run[:13], published, within=0.00005)
compare(run, article.scalar().sample(20), article.documents)

# %% [markdown]
# The article leaves out two facts. 11 of its 20 samples are real names, and none of them was in the training data: the model never saw `anna`. And the others, such as `karia`, are **hallucinations**: likely continuations that are not true. To
# the model the two kinds are the same.
#
# The "2.37" of the article is a mean over 500 steps. The last step has 2.65: the loss of one name is noise.
#
# ## A fair contest with counting
#
# On the article's list of 32,033 names, a table of bigrams has 2.45 nats, and microgpt 2.37. But that table was fitted on all the names that it is tested on, and microgpt on 1,000. A **baseline** must get the same data: predict each name first, learn from it afterwards, and count the second half.
#
# **Exercise 1.** Write that contest.

# %% tags=["promise-exercise"]
def contest(table, documents):
    """The mean of table.loss(name) over the second half; call table.fit_document(name) after each name."""
    return ...


check("contest", contest)

# %% [markdown]
# On the same 1,000 names, each table with the best of four amounts of smoothing: predict the order of bigram, 3-gram, 4-gram and microgpt. Then run it.

# %% tags=["answer"]
from course.solutions import lesson_07 as ours
from gptcore.scalar import NgramTable


def best(context, documents):
    tables = [NgramTable(gpt.characters, context, added) for added in (1, 0.3, 0.1, 0.03)]
    return min(ours.contest(table, documents) for table in tables)


for context in (1, 2, 3):
    print(f"{context} letters of context: {best(context, gpt.documents[:1000]):.3g} nats")
print(f"microgpt: {last_500(losses):.3g} nats")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The longer the context of the table, the worse. microgpt wins. A table learns about `em` only from names with `em` in them. In the GPT all names train the same 4,192 parameters.
#
# With more data the order changes. The article's list has 29,494 different names. Give a table of three letters nine tenths of them, 26,544, and it reaches 2.16 nats on the others. The same GPT, trained on those 26,544, reaches 2.22 to 2.24 (five seeds). Tables need data, models share it.
#
# </details>
#
# ## No line raised an error
#
# The next runs have no residual connection: each half returns its result alone. First with one block:

# %% tags=["promise-failure"]
from viz import draw_loss

one = {"with residual connections": train_without(names, n_layer=1), "without": train_without(names, "residual", n_layer=1)}
draw_loss(one, title="One block: hardly a difference", lines={"knows nothing": 3.296})

# %% [markdown]
# A few hundredths of a nat. One would take it for chance. The same line of code with eight blocks:

# %%
eight = {"with residual connections": train_without(names, n_layer=8), "without": train_without(names, "residual", n_layer=8)}
draw_loss(eight, title="Eight blocks: one loss stops falling", lines={"knows nothing": 3.296})

# %% [markdown]
# Without residual connections the loss stays near 2.9. What has this model learned? **A**: nothing. **B**: the frequency of each letter. **C**: which letter follows which, only more slowly.

# %%
guess("what eight blocks without residual connections learned", ...)

# %% tags=["answer"]
for context, knows in ((0, "the frequency of each letter"), (1, "which letter follows which")):
    table = NgramTable(gpt.characters, context).fit(names)
    print(f"{knows}: {sum(map(table.loss, names)) / len(names):.3g} nats")
print(f"eight blocks without residual connections: {last_500(eight['without']):.3g} nats")

# %% [markdown]
# The usual reason is **vanishing gradients**: they become smaller with every layer, until almost nothing reaches the first block. Is it the reason here? Divide the length of the first block's gradient by that of the last block's, before training and after 50 steps.

# %% tags=["answer"]
from math import log10

from course.failures.lesson_07 import first_to_last_gradient

for steps in (0, 50):
    ratio = first_to_last_gradient(names, "residual", n_layer=8, steps=steps)
    print(f"after {steps} steps: about 10 to the power of {round(log10(ratio))}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Before training the two are about equally long: 10 to the power of 0 is 1. RMSNorm divides by the size of its input, and its local gradient does so, too. Each norm makes up for the shrinking. But within 50 steps the gradients do vanish. (Five seeds agree.) So something else goes wrong first.
#
# </details>
#
# Look at the forward pass. Send the 26 letters through an untrained model. How similar are their vectors at the end? (1: all have the same direction.)

# %% tags=["answer"]
from course.failures.lesson_07 import similarity_of_letters

for which, part in {"with residual connections": "", "without": "residual"}.items():
    similar = [similarity_of_letters(names, part, n_layer=n_layer) for n_layer in (1, 8)]
    print("{}: {:.1f} after one block, {:.1f} after eight".format(which, *similar))

# %% [markdown]
# After eight blocks without residual connections, an `a` looks like a `z`. First the letters are lost, then the gradients. A test with one block lets this bug pass; a test with eight blocks finds it.
#
# ## Exercises
#
# **2 · RMSNorm.** Write it for a list of numbers. Add 0.00001 to the mean of the squares.

# %% tags=["promise-exercise"]
def rms_norm(x):
    """The numbers of x, divided by the root of the mean of their squares."""
    return ...


check("rms_norm", rms_norm)

# %% [markdown]
# **3 · Count the parameters.** 27 tokens, 16 positions, vectors of 16 numbers, one block. How many parameters are in each line (`wq, wk, wv, wo`: in all four together)? Is the sum 4,192? Use no program.

# %% tags=["promise-exercise"]
counts = {"wte": ..., "wpe": ..., "lm_head": ..., "wq, wk, wv, wo": ..., "fc1": ..., "fc2": ...}
check("the 4,192", counts)

# %% [markdown]
# **Back.** A block returns `x + f(x)`, and the derivative of `f` is −0.3 here. What is the derivative of `x + f(x)` with respect to `x`?

# %% tags=["promise-back"]
guess("derivative of x + f(x)", ...)

# %% [markdown]
# ## Four questions from before
#
# They come in no order.
#
# A loss is 2 *y*², and gradient descent begins at *y* = 1. Above which learning rate does it diverge?

# %%
guess("learning rate above which 2 y squared diverges", ...)

# %% [markdown]
# `x` is a `Value` with 3 in it, and `y = x * x`. You call `y.backward()` twice, and nothing else. What is `x.grad`?

# %%
guess("x.grad after two backward passes", ...)

# %% [markdown]
# `[BOS] e m m a` goes through one head with a causal mask. How many attention weights are not 0?

# %%
guess("attention weights of one head", ...)

# %% [markdown]
# A model has a loss of 2.37. What is its perplexity?

# %%
guess("perplexity of a loss of 2.37", ...)

# %% [markdown]
# ## Summary
#
# In your own words first: *a GPT is a loop in which ...*
#
# - A transformer block has two halves, attention and an MLP block; only attention moves information between positions.
# - RMSNorm (pre-norm) normalises the input of each half; a residual connection adds its result to the residual stream.
# - The language-model head turns the stream into logits; logit attribution shows what each part adds.
# - A learning-rate schedule lowers the rate; autoregressive generation appends one sampled token at a time.
# - A hallucination is a likely continuation that is not true; a baseline must get the same data as the model.
#
# ## Sources and further reading
#
# - The model, its sizes, its published losses and names: Andrej Karpathy, *microgpt*, 12 February 2026.
# - Transformer: Vaswani and others, *Attention Is All You Need*, arXiv 1706.03762. RMSNorm: Zhang and Sennrich, arXiv 1910.07467; PyTorch's `nn.RMSNorm`.
# - Residual connections: He and others, *Deep Residual Learning*, arXiv 1512.03385. Pre-norm: Xiong and others, arXiv 2002.04745.
# - Logit attribution and the residual stream: Elhage and others, *A Mathematical Framework for Transformer Circuits*, 2021. The same block in nanoGPT: class `Block` in `model.py`.
