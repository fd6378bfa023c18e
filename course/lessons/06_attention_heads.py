# %% [markdown]
# Four different random letters, a digit from 1 to 4, and then the letter at that place: `afze2f`. A model reads `afze2` and predicts the last letter. Suppose it
# processes each token alone: it knows that token's id and position, and nothing of the other tokens. How often is it right? **A**: nearly always.
# **B**: once in 4. **C**: once in 26.

# %% tags=["promise-guess"]
from course import check, guess, same

guess("recall without attention", ...)

# %% [markdown]
# ## Recall: a task that needs the earlier letters
#
# The first four letters are random. The sixth character is certain for a model that looks back.

# %%
from course.experiments.attention.recall import recall_texts

texts, test_texts = recall_texts(4_000, 500)
print(texts[:6])

# %% [markdown]
# The model is a small GPT. It has one part in which tokens exchange numbers: **attention**. We train five models as usual, and five in which attention adds
# nothing. (Each trains for about a second; the code is in `course/experiments/attention/recall.py`.)

# %% tags=["answer"]
from course.experiments.attention.recall import accuracy, train

SEEDS = range(1, 6)
with_attention = [train(texts, seed) for seed in SEEDS]
without_attention = [train(texts, seed, without="attention") for seed in SEEDS]
print(f"right without attention: {accuracy(without_attention, test_texts):.1g}")
print(f"right with attention:    {accuracy(with_attention, test_texts):.1g}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# **C**: 1 in 26 is 0.04. Without attention, the digit `2` leads to the same prediction in every text. With attention, all five models are right every time.
#
# </details>
#
# ## An average: every earlier letter counts the same
#
# How can the digit get numbers from the letters? The simplest way is a mean. Suppose each letter passes on two numbers:

# %% tags=["promise-by-hand"]
values = {"a": [5, 1], "f": [1, 5], "z": [2, 2], "e": [4, 0]}
print([sum(value[d] for value in values.values()) / 4 for d in (0, 1)])

# %% [markdown]
# The average does not say which letter was the second. Here are models whose attention always takes the plain average:

# %%
averaging = [train(texts, seed, without="queries") for seed in SEEDS]
print(f"right with an average: {accuracy(averaging, test_texts):.1g}")

# %% [markdown]
# That is better than 0.04, and far from 1. An average cannot give a letter more weight than `[BOS]` or the digit itself. The digit must be able to choose.
#
# ## A weighted average: a query is compared with keys
#
# Give each letter a list of numbers by which it is found, its **key**. Give the digit a list of the same length that says what it looks for, its **query**. What a
# letter passes on is its **value**. By hand, each place gets a direction: 1 right, 2 up, 3 left, 4 down.
#
# To compare two lists, multiply pair by pair and add up: their **dot product**. It is large if both point in the same direction. The dot product of a query and a
# key is an **attention score**.

# %%
query = [0, 3]  # of the digit 2: up
keys = {"a": [1, 0], "f": [0, 1], "z": [-1, 0], "e": [0, -1]}
scores = {letter: query[0] * key[0] + query[1] * key[1] for letter, key in keys.items()}
print(scores)

# %% [markdown]
# Softmax (lesson 2) turns the scores into positive numbers that sum to 1. Here they are called **attention weights**.

# %%
from math import exp, sqrt


def softmax(scores):
    exps = [exp(score - max(scores)) for score in scores]  # the largest becomes e^0: no overflow
    return [number / sum(exps) for number in exps]


weights = softmax(scores.values())
mixed = [sum(w * value[d] for w, value in zip(weights, values.values())) for d in (0, 1)]
print([round(weight, 2) for weight in weights], "->", [round(number, 2) for number in mixed])

# %% [markdown]
# `f` gets nearly all the weight, and the sum is close to its value. Why not take only the highest score? Then a small
# change of a key does nothing, or switches everything. Training needs a gradient, so every letter keeps a share.
#
# ## Query, key and value are learned projections
#
# Nobody writes keys by hand. In the model each token is a vector of 16 numbers, and three learned matrices turn it into three new vectors. Multiplying
# a vector by a learned matrix is a **projection**. `wq` makes the query, `wk` the key, `wv` the value. Each has 16 numbers, and each number is computed from
# *all* 16 old ones. Queries and keys come from the same text, so this is **self-attention**.
#
# Here is the map of the model. The lit part is attention; the box `q` is open. Press *back* to see where its numbers come from:
# a vector for the token plus one for its position. (The two norms rescale them; lesson 7 explains them.) Click on a number: it shows the products that it is made of.

# %%
from course.model_stages import microgpt_stages
from viz import draw_model_map

gpt = with_attention[0]
draw_model_map(microgpt_stages("afze2", gpt), highlight="attention", start="q")

# %% [markdown]
# The same in code. `x` has a row of 16 numbers for each of the six tokens:

# %%
from course.experiments.attention.recall import attention_input

W, x = gpt.weights, attention_input(gpt, "afze2")
q, k, v = (x @ W[name].T for name in ("0.wq", "0.wk", "0.wv"))
print("x", x.shape, "q", q.shape, "k", k.shape, "v", v.shape)

# %% [markdown]
# `x @ W.T` has the dot products of all rows of `x` with all rows of `W`. The averaging models above had a `wq` of zeros: every query is
# zero, every score is zero, and softmax makes all weights equal.
#
# ## Scale: dividing by √D keeps every weight alive
#
# D is the length of a query. Take a random query, 16 random keys, and D = 64. How large is the largest of the 16 weights, in the mean of a thousand tries?
# Write down three numbers: without a scale, divided by √64, divided by 64.

# %% tags=["answer"]
from course.experiments.attention.recall import largest_weight

for name, divide_by in (("not scaled", 1), ("divided by √64", 8), ("divided by 64", 64)):
    print(f"{name:14} {largest_weight(64, divide_by):.2f}")

# %% [markdown]
# The numbers are drawn with a typical size of 1. A sum of 64 of their products has a typical size of √64 = 8, not 64: many cancel. So scores differ by 8 and more, and e⁸ is about 3,000: one key gets nearly everything.
# Where a weight is nearly 0, its gradient is nearly 0, too, and training cannot repair it. Divided by 64, all weights are nearly 1/16 = 0.06: an average
# again. (Dividing scores is what the temperature of lesson 1 does to logits.) Dividing by √D is in between. That is **scaled dot-product attention**:

# %% tags=["promise-toy"]
def attend(q, keys, values):
    """Scaled dot-product attention of one query."""
    D = len(q)
    scores = [sum(a * b for a, b in zip(q, key)) / sqrt(D) for key in keys]
    weights = softmax(scores)
    return [sum(w * value[d] for w, value in zip(weights, values)) for d in range(D)]

# %% [markdown]
# ## The causal mask: no token sees the future
#
# When the model learns, all queries are compared with all keys at once: 6 × 6 scores. But a token that sees the next token
# copies it, and learns nothing. The **causal mask** sets the scores of later tokens to −∞ before softmax. Since e to the power of −∞ is 0, their
# weights are 0:

# %%
print([round(weight, 2) for weight in softmax([2.0, 1.0, float("-inf")])])

# %% [markdown]
# ## Change a score, and the prediction follows
#
# This model makes one set of weights for a text. It reads `afze2`. In the triangle a row is a query, a column is a key. The query of `2` gives nearly all its
# weight to `f`. Is that why it predicts `f`?
#
# Add 8 to the score of `z`. Watch the weights, the context (the sum of weight × value) and the prediction. (The stored picture shows this change. Run the cell
# for the unchanged model.) The line under the title has the mean loss after the same change in 200 other texts.

# %% tags=["promise-control"]
from course.experiments.attention.attention_edits import edit_attention

single = train(texts, seed=2, n_head=1)
edit_attention(single, "afze2", test_texts[:200], still_score_delta={3: 8})

# %% [markdown]
# <details><summary>What happened</summary>
#
# The weight moves from `f` to `z`, the context becomes nearly the value of `z`, and the model predicts `z`. So do all five seeds, for this text: here the
# weight is the cause of the prediction. Sometimes 8 is too little. In 200 other texts we added 8 to the key at position 3. The third letter became the
# prediction in 57 to 78 % of them, with five seeds.
#
# </details>
#
# ## Heads: four sets of weights side by side
#
# One set of weights sums to 1: what one letter gets, the others lose. So the 16 numbers of a query are split into four groups of 4. Each group belongs
# to one **head**; 4 is the **head dimension**. Head 0 compares its 4 query numbers with its 4 key numbers of every token so far. Heads 1, 2 and 3 do the same
# with theirs. Every head sees every token, and its 4 numbers are computed from all 16.
#
# The four results are concatenated to 16 numbers. A fourth matrix, `wo`, the **output projection**, mixes them. All this is **multi-head attention**:

# %%
from gptcore.ladder import forward

groups = [slice(0, 4), slice(4, 8), slice(8, 12), slice(12, 16)]
heads = [attend(q[5, group], k[:, group], v[:, group]) for group in groups]

ids = gpt.encode("afze2")[:-1]  # encode adds [BOS] at both ends
inside = forward(ids, W, n_head=4)
concatenated = sum(heads, [])  # 4 + 4 + 4 + 4 numbers
added = inside.residual_terms["0 attention"][5]  # what the model's attention adds at `2`, position 5
same(W["0.wo"] @ concatenated, added, within=1e-9)

# %% [markdown]
# Our 16 numbers are those of the model. Now its four heads. Look at the last row, the query of `2`: which key gets the largest weight?

# %% tags=["promise-picture"]
from viz import draw_attention

tokens = ["[BOS]", *"afze2"]
draw_attention(inside.weights[0], tokens, title="Four heads read afze2")

# %% [markdown]
# Heads 0, 2 and 3 give nearly all their weight to `f`, the second letter. The training never mentioned places or heads. It only lowered the loss. In
# many other rows, most weight is on `[BOS]`: the weights must sum to 1, even where a head has nothing to look up.
#
# Here is the whole chain for head 0. Follow the frames: the query of `2`, the key with the largest score, the score, the scaled score, the mask, the
# weight, the value, the output. Then point at other numbers. (They are rounded to one digit. For another head, change `groups[0]`.)

# %% tags=["promise-ah"]
from viz import draw_attention_chain

part = groups[0]
draw_attention_chain(q[:, part], k[:, part], v[:, part], tokens, title="Head 0 reads afze2")

# %% [markdown]
# ## Ablation: does the model need a head?
#
# Setting the output of a head to zero and measuring again is an **ablation**. Predict what it shows, for each of our five models. **A**: one head does
# all the work, and the others can go. **B**: each head does about a quarter. **C**: some heads cost much, some nothing, and no head is enough alone.

# %%
guess("ablate one head after the other", ...)

# %% tags=["answer"]
from course.experiments.attention.recall import accuracy_by_head

for seed, model in zip(SEEDS, with_attention):
    without, alone = accuracy_by_head(model, test_texts)
    print(f"seed {seed}: without head 0 to 3: {without}; only head 0 to 3: {alone}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# **C**, in all five models. Compare seed 1 with the four squares above. Heads 0, 2 and 3 show the same pattern. Without head 0 the
# accuracy drops; without head 2 or 3 it stays at 1.0. Only the ablation shows which pattern the model needs.
#
# </details>
#
# ## Position embedding: what if positions are missing?
#
# Now the position vectors are left out of the trained model. Does it predict the same after `afze2` and after `ezfa2`? Answer "yes" or "no".

# %%
guess("same prediction for afze2 and ezfa2", ...)

# %% tags=["answer"]
pair = [gpt.encode(text)[:-1] for text in ("afze2", "ezfa2")]
one, other = (forward(row, W, n_head=4, use_positions=False).logits[-1] for row in pair)
same(one, other, within=1e-9)

without_positions = [train(texts, seed, without="positions") for seed in SEEDS]
print(f"right if there never were positions: {accuracy(without_positions, test_texts):.1g}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# A weighted sum does not depend on the order in which it is added up. This property is **permutation invariance**. The last token of a one-layer model sees all tokens, so it has
# this property. (An earlier token sees only some of them.) So the order must come in as numbers: a learned vector for each position, added to the token's vector, the **position embedding**. A model that never had
# it can still give a letter more weight than the digit, so it is better than the plain average. In about three texts of four it picks one of their letters,
# and a quarter of those are right: 0.2.
#
# </details>
#
# ## KV cache: keys and values are computed once
#
# When the model writes, tokens come one at a time. A new token does not change the keys and values of earlier ones. So they are kept: this is the **KV
# cache**. Six tokens need 6 keys. Without the cache, each step computes all keys again: 1 + 2 + 3 + 4 + 5 + 6 = 21.

# %%
from gptcore.scalar.microgpt import next_logits

scalar = gpt.scalar()  # the same weights, one number at a time
kv_cache = scalar.new_kv_cache()
for position, token in enumerate(ids):
    one_by_one = next_logits(token, position, scalar.weights, kv_cache, scalar.config)
same(one_by_one, inside.logits[-1], within=1e-9)

# %% [markdown]
# All at once with a mask, or one at a time with a cache: the same logits.
#
# ## Names: how much does attention help?
#
# Now five models learn from 2,407 names, one step each. Then all four heads are ablated, and 200 unseen names are predicted again. How much does the loss
# rise? **A**: by about 0.01 nats. **B**: by about 0.3. **C**: by about 3.

# %%
guess("all four heads ablated", ...)

# %% tags=["answer"]
from course.experiments.attention.recall import names_without

for change, rise in names_without(SEEDS).items():
    print(f"{change}: {rise:.2f} nats worse")

# %% [markdown]
# <details><summary>What happened</summary>
#
# **A**. The current letter and its position tell most of what can be known about the next letter of a name. A
# model without heads still has both: a token's own vector also goes around attention (the residual connection, lesson 7).
#
# Positions taken away cost 0.25 nats, and a model that never had them is as good. An ablation shows what *this* model uses, not what is necessary.
#
# </details>
#
# ## A silent failure: the loss is too good
#
# Somebody changed the training a little. After 1,000 texts their loss is far better than ours.

# %% tags=["promise-failure"]
from course.failures.lesson_06 import best_possible, better_run
from viz import draw_loss

better, curves = better_run(texts, steps=1000)
draw_loss(curves, title="A loss too good", lines={"best possible": best_possible})

# %% [markdown]
# The four random letters cost ln 26, ln 25, ln 24 and ln 23 nats, and the digit ln 4. The sixth letter and the end cost nothing. The mean
# of these seven is 2.03 nats, and no model can be better. A loss below the best possible loss is an error report.
#
# What is wrong with the run? **A**: it has memorised the texts. **B**: it looks at letters that it should not see. **C**: its loss is divided by too much.

# %%
guess("what is wrong with the better run", ...)

# %% [markdown]
# Look at the attention weights of its head 2, as they were in training. Then the model writes twelve texts.

# %% tags=["answer"]
from course.experiments.attention.recall import has_form
from course.failures.lesson_06 import weights_inside

written = better.scalar().sample(12)
print(sum(map(has_form, written)), "of 12 texts have the right form")
draw_attention(weights_inside(better, "afze2f"), ["[BOS]", *"afze2f"], head=2, causal=False, title="The better run, head 2")

# %% [markdown]
# <details><summary>What happened</summary>
#
# **B**. The causal mask is missing. Each query but the last gives its weight to the key one place to the right: the token to be predicted. The model has
# learned to copy it. When it writes, nothing is there to copy. Print `written`.
#
# </details>
#
# ## Exercises
#
# **1 · One query, four keys.** Compute the attention weights: dot products, divided by the square root of the query's length, softmax.

# %% tags=["promise-exercise"]
def weights_of(q, keys):
    """Weights of one query for each of the keys; q and every key are lists of the same length."""
    return ...


check("weights_of", weights_of)

# %% [markdown]
# **2 · The mask.** Given is a square of scaled scores: row i is a query, column j a key. Return the attention weights of a causal head. `softmax` above
# takes one row; Python writes infinity as `float("inf")`.

# %% tags=["promise-exercise"]
def masked(scores):
    """Weights (a list of rows) for a square of scores."""
    return ...


check("masked", masked)

# %% [markdown]
# **3 · What a head sees.** `n_embd` is 16, `n_head` is 4, and the model reads the six tokens `[BOS] k f q w 2`. For *one* head: how many rows and
# columns of scores does it have? How many tokens does the last query see? From how many numbers of a token is its query computed, and how many numbers has the query?

# %% tags=["promise-exercise"]
shapes = {"rows": ..., "columns": ..., "tokens seen": ..., "computed from": ..., "numbers in a query": ...}
check("shapes", shapes)

# %% [markdown]
# **Back to lesson 3.** Gradients flow along paths. The model reads `afze2` at once, with the mask. Does the loss at `f` send a gradient
# to the query, key or value of the later `z`? Answer `"query"`, `"key"`, `"value"` or `"none"`.

# %% tags=["promise-back"]
guess("gradient for a masked letter", ...)

# %% [markdown]
# ## Summary
#
# First your sentence: *Attention lets a token ...*
#
# <details><summary>Ours</summary>
#
# ... take a weighted average of the values of all tokens so far, with weights from the dot products of its query with their keys.
#
# </details>
#
# - **Self-attention**: each token makes a query, a key and a value, by three learned projections of all its numbers.
# - **Attention weights** are the softmax of the scaled attention scores, query · key / √D.
# - The **causal mask** sets scores of later tokens to −∞. Without it, the loss is too good.
# - **Multi-head attention** does this in several heads; the results are concatenated and go through the output projection `wo`.
# - A weighted sum has permutation invariance; the **position embedding** brings the order in.
# - The **KV cache** keeps keys and values, since later tokens do not change them.
# - A pattern of weights is no proof. An **ablation** measures what a trained model uses.
#
# ## Sources and further reading
#
# - Vaswani and others, *Attention Is All You Need*, 2017, sections 3.2 and 3.5.
# - Jain and Wallace, *Attention is not Explanation*, 2019. Michel, Levy and Neubig, *Are Sixteen Heads Really Better than One?*, 2019.
# - The model: Andrej Karpathy, *microgpt*, 2026. The same in nanoGPT: `CausalSelfAttention` in `model.py`; in PyTorch: `torch.nn.functional.scaled_dot_product_attention`.
