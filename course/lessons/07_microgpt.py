# %% [markdown]
# Train a microgpt and ablate all four heads. Then change the *first* letter of `emma` to `amma`, and look at the 27 logits for the letter after the last `a`. With the heads,
# all 27 logits change. How many change without them?

# %% tags=["promise-guess"]
from course import check, guess, same

guess("logits that change", ...)

# %% [markdown]
# The next cell trains one on a thousand names. Six times it records what the model does.

# %%
from course.experiments.training.microgpt_runs import recorded_run
from gptcore.corpus import load_documents

names = load_documents("names")
gpt, losses, records = recorded_run(names)

# %% tags=["answer"]
from course.experiments.training.microgpt_runs import logits_after

for ablated in ([], [(0, 0), (0, 1), (0, 2), (0, 3)]):  # (layer, head)
    emma, amma = (logits_after(gpt, name, ablated_heads=ablated) for name in ("emma", "amma"))
    print(f"{len(ablated)} heads ablated: {sum(emma != amma)} of 27 logits change")

# %% [markdown]
# <details><summary>What happened</summary>
#
# None. Attention is the only part of a GPT in which positions exchange anything. Everything else, three quarters of the parameters, works on each position alone.
#
# </details>
#
# ## The whole model on one map
#
# You know embeddings (lesson 4) and attention (lesson 6). Three parts are new: the norm, the plus, and the MLP. A **transformer block** has two halves, attention and the MLP. Follow the numbers of the second `m` in `emm` from the id to
# the probabilities. Point at a box for its values, its shape, and its names. Click to keep it, then click on a number.

# %% tags=["promise-picture"]
from course.model_stages import microgpt_stages
from viz import draw_model_map

draw_model_map(microgpt_stages("emm", gpt), title="microgpt reads emm: from one id to 27 probabilities")

# %% [markdown]
# ## RMSNorm: the length goes, the direction stays
#
# Each half of the block first normalises its input. Take the vector 3, 4. Its squares are 9 and 16, their mean is 12.5, and the root of that is 3.536. Divide by it:

# %% tags=["promise-by-hand"]
from math import sqrt

for x in ([3, 4], [300, 400], [-0.3, -0.4]):
    rms = sqrt(sum(number**2 for number in x) / len(x))
    print(x, "->", [round(number / rms, 3) for number in x])

# %% [markdown]
# A hundred times the length, the same result. This is **RMSNorm**: divide by the *root* of the *mean* of the *squares*. (The program adds 0.00001 under the root, so that zeros can be divided.)
# Normalising the *input* of attention and of the MLP, and not their output, is called **pre-norm**.
#
# ## Residual connections: each half adds to a stream
#
# Attention and the MLP do not replace their input. The block goes on with the input *plus* the result, `x + f(x)`. That plus is a **residual connection**. The vector to which all blocks add is the **residual stream**.
#
# Gradients pass through the plus unchanged: the derivative of `x + f(x)` is 1 plus the derivative of `f`. Suppose `f` passes on a tenth, eight times in a row. Without the plus, 0.1⁸ of the gradient arrives: a hundred-millionth. With
# it, 1.1⁸ = 2.14 arrives.
#
# ## The MLP block works on each position alone
#
# The second half is lesson 4's multilayer perceptron, the **MLP block** (feed-forward). `fc1` maps the 16 numbers of a position to 64, ReLU sets negative ones to 0, and `fc2` maps the 64 back to 16. No other
# position takes part.
#
# This is the whole block. `attend` does what lesson 6's does, in each of four heads, and concatenates. `keys` and `values` are the KV cache:

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
# Before the block, add the embeddings of token and position, and normalise the sum once. (microgpt does so. Most GPTs do not.) After it, the **language-model head** (`lm_head`), 27 rows of 16 numbers, computes the logits. Is that the whole model?

# %%
keys, values, w = [], [], gpt.weights
for position, token in enumerate([gpt.BOS, *gpt.encode("em")]):  # this encode adds no BOS
    x = rmsnorm([a + b for a, b in zip(w["wte"][token], w["wpe"][position])])
    x = block(x, keys, values, w)
by_hand = linear(x, w["lm_head"])

*_, imported = gpt.logits_after([gpt.BOS, *gpt.encode("em")])
same(by_hand, imported, within=0)

# %% [markdown]
# It is. (The `0.` is the number of the block. A GPT with twelve layers runs twelve blocks in a loop, each with its own matrices.)
#
# ## Logit attribution: what does each part add?
#
# The last step is linear, so the logits of a sum are the sum of the logits. We can see what each part of the stream adds to the 27 logits. This is **logit attribution**. Look for the row that is nearly white.

# %% tags=["promise-ah", "promise-picture"]
from course.experiments.training.microgpt_runs import attribution
from viz import draw_logit_attribution

rows = attribution(gpt, "em")
same(sum(rows.values()), imported, within=1e-9)
draw_logit_attribution(rows, labels=[*gpt.characters, "end"], title="Each part adds its row; the sum is the logits")

# %% [markdown]
# The embedding knows only `m` and the position, and already favours vowels. The MLP adds about as much again. The row of attention is nearly white.
#
# Which part does the model need? Train three models for 10,000 steps, each name about four times: whole, without the MLP, without attention. Which has the highest loss? **A**: the one without the MLP. **B**: the one without attention. **C**: no difference above 0.01 nats.
#
# (The loss of one name is noise. In text and outputs the loss of a run is the mean of its last 500 steps. The number in the head of a picture is its bold line, a running mean, at the last step.)

# %%
guess("training without a part", ...)

# %% tags=["answer"]
from course.experiments.training.microgpt_runs import loss_of_run
from course.failures.lesson_07 import train_without

models = {"whole": "", "without the MLP": "mlp", "without attention": "attention"}
for steps in (1000, 10_000):
    print(f"after {steps:,} steps")
    for name, part in models.items():
        print(f"    {name}: {loss_of_run(train_without(names, part, steps=steps, seed=1)):.2f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# **B**, by 0.02 to 0.03 nats, with each of five seeds. After 1,000 steps, as many as were published, neither part makes a difference. After 10,000 attention does; the MLP, with nearly half of the parameters and a row full of colour, does not. Logit
# attribution shows what a part writes in *this* model. It does not show what another model would lack.
#
# </details>
#
# ## Training: Adam, and a learning rate that falls
#
# The published run uses Adam (lesson 4). Its **learning-rate schedule** is linear decay: from 0.01 to 0 over 1,000 steps. Move the *step*, and watch the samples, the attention of one head, and the prediction after `emm`. (The bold line is a running mean.)

# %% tags=["promise-control"]
from viz import TrainingScrubber

TrainingScrubber(records, losses)

# %% [markdown]
# Optional: the page of lesson 0 again. Now you know every line. Find the function in which positions exchange numbers.

# %%
from course.one_page_colours import lessons_of_lines, one_page, titles
from course.program import draw_program

draw_program(one_page(), lessons_of_lines(), titles(), title="A GPT, all of it")

# %% [markdown]
# ## Inference: generate one token at a time
#
# Using a trained model is called **inference**. Here it is **autoregressive generation**: predict, sample a token, append it, predict again. Each model in this control is trained for 1,000 steps. Change heads, layers and temperature.

# %% tags=["promise-control"]
from course.experiments.training.microgpt_runs import sizes_dial

losses_by_size, dial = sizes_dial(names)
print("loss by layers x heads:", losses_by_size)
dial

# %% [markdown]
# Near temperature 0 it writes the same few names again and again. At 2 chance decides more than the model. After 1,000 steps a larger model has no lower loss: the six differ by less than 0.01 nats, with each of five seeds.
#
# ## The published run, digit by digit
#
# microgpt was published with its first 13 losses and twenty names. On its own list, which is downloaded if it is missing, our program reproduces every published digit:

# %% tags=["needs-names-ssa"]
from course.experiments.training.microgpt_runs import PUBLISHED
from gptcore.ladder import NumpyGPT

full = load_documents("names-ssa")
article = NumpyGPT(full, seed=42)
run = [step.loss for step in article.train(1000)]
same(run[:13], PUBLISHED, within=0.00005)
print(f"loss of the run {loss_of_run(run):.2f}, of its last step {run[-1]:.2f}")

invented = article.scalar().sample(20)
print(*invented)
for which, known in {"list": full, "training names": article.documents[:1000]}.items():
    print(sum(name in known for name in invented), "of the 20 are in the", which)

# %% [markdown]
# 11 of the 20 are real names, and none was in the training data: the model never saw `anna`. The others, such as `karia`, are **hallucinations**: likely continuations that are not true. To the model the two kinds are the same.
#
# ## A fair contest with counting
#
# Lesson 1 tested its table on the names that it was fitted on. In its 1,000 steps microgpt saw each of 1,000 names once. A **baseline** must get the same data as the model. So for each name: measure the loss, then learn. The result is the mean loss of the second half of the names.
#
# **Exercise 1.** Write that contest.

# %% tags=["promise-exercise"]
def contest(table, documents):
    """The mean of table.loss(name) over the second half; call table.fit_document(name) after each name."""
    return ...


check("contest", contest)

# %% [markdown]
# On the same 1,000 names, each table with the best of four amounts of smoothing: predict the order of 2-gram, 3-gram, 4-gram and microgpt.

# %% tags=["answer"]
from course.experiments.training.microgpt_runs import best_table
from course.solutions import lesson_07 as ours

for context in (1, 2, 3):
    print(f"{context + 1}-gram table: {best_table(ours.contest, gpt.documents[:1000], context):.2f} nats")
print(f"microgpt: {loss_of_run(losses):.2f} nats")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The longer the context of the table, the worse. microgpt wins. A table learns about `em` only from names with `em` in them. In the GPT all names train the same 4,192 parameters.
#
# </details>
#
# And with more data? Give the 4-gram table and microgpt 26,544 names of the article's list, and test both on 2,950 others. Who wins?

# %% tags=["needs-names-ssa", "answer"]
from course.experiments.training.microgpt_runs import many_names

table, microgpt = many_names()
print(f"4-gram table: {table:.2f} nats, microgpt: about {microgpt - table:.1f} more")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The table wins. microgpt's loss is about 0.1 nats higher, with each of five seeds. Tables need data, models share it.
#
# </details>
#
# ## A silent failure: blocks without residual connections
#
# The next run has no residual connections: each half returns its result alone. First with one block:

# %% tags=["promise-failure"]
from math import log

from viz import draw_loss


def both(n_layer):
    return {"with residual connections": train_without(names, n_layer=n_layer), "without": train_without(names, "residual", n_layer=n_layer)}


draw_loss(both(1), title="One block: a small difference", lines={"knows nothing": log(27)})

# %% [markdown]
# At the end the two differ by a few hundredths of a nat. The same code with eight blocks:

# %%
eight = both(8)
draw_loss(eight, title="Eight blocks: one loss stops falling", lines={"knows nothing": log(27)})

# %% [markdown]
# Without residual connections the loss stays near 2.9. What has this model learned? **A**: nothing. **B**: the frequency of each letter. **C**: which letter follows which, only more slowly.

# %%
guess("what eight blocks without residual connections learned", ...)

# %% tags=["answer"]
from gptcore.scalar import NgramTable

for context, knows in ((0, "the frequency of each letter"), (1, "which letter follows which")):
    table = NgramTable(gpt.characters, context).fit(names)
    print(f"{knows}: {sum(map(table.loss, names)) / len(names):.2f} nats")
print(f"eight blocks without residual connections: {loss_of_run(eight['without']):.2f} nats")

# %% [markdown]
# The usual reason is **vanishing gradients**: they become smaller with every layer, until almost nothing reaches the first block. Is it the reason here? Divide the length of the first block's gradient by that of the last block's, before training and after 50 steps. Predict each ratio: about 1, about a thousandth, or less than a millionth?

# %% tags=["answer"]
from math import log10

from course.failures.lesson_07 import first_to_last_gradient

for steps in (0, 50):
    ratio = first_to_last_gradient(names, "residual", n_layer=8, steps=steps)
    print(f"after {steps} steps: about 10 to the power of {round(log10(ratio))}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Before training the two are about equally long: 10 to the power of 0 is 1. A small input gives RMSNorm a large local gradient: it divides by that size, too. So each norm enlarges what the layer has shrunk. But within 50 steps the gradients do vanish, with each of five seeds. Something else goes wrong first.
#
# </details>
#
# Look at the forward pass. Send the 26 letters through an untrained model. How similar are their vectors at the end, after one block and after eight? (1: all have the same direction. 0: they have nothing in common.) Predict the two numbers without residual connections.

# %% tags=["answer"]
from course.failures.lesson_07 import similarity_of_letters

for which, part in {"with residual connections": "", "without": "residual"}.items():
    similar = [similarity_of_letters(names, part, n_layer=n_layer) for n_layer in (1, 8)]
    print("{}: {:.1f} after one block, {:.1f} after eight".format(which, *similar))

# %% [markdown]
# After eight blocks without residual connections, an `a` looks like a `z`. First the letters are lost, then the gradients. A test with one block lets this bug pass.
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
# They come from any earlier lesson.
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
# <details><summary>Ours</summary>
#
# ... each block lets positions exchange numbers, then works on each position alone, and adds both results to the residual stream.
#
# </details>
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
