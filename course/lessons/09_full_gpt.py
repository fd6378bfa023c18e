# %% [markdown]
# Take 64 letters from a story, and the one letter that follows them. A GPT reads them once, in training. From how many predictions does it learn?

# %% tags=["promise-guess"]
from course import check, guess, same

guess("predictions in one row", ...)

# %% [markdown]
# ## Input and targets: `y` is `x`, one token later
#
# This lesson has GPT-2's architecture, with the names of nanoGPT. It is microgpt with other sizes, three small changes, and tensors. A trained model comes with the course: it read 1,800 small stories, letter by letter, for some minutes on one core. Read the code of attention and of training closely. Most other code only prepares pictures.

# %%
import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

from course.checkpoint import loss_on, one_row, random_rows, stories_gpt
from gptcore.corpus import load_documents

model, tokenizer = stories_gpt()
stories = load_documents("stories")
seen, unseen = one_row(stories[:-200], tokenizer), one_row(stories[-200:], tokenizer)
print({name: getattr(model.config, name) for name in ("n_layer", "n_head", "n_embd", "block_size")})

# %% [markdown]
# **Exercise 1.** A row of T + 1 token ids comes in. What is the input `x`, and what is the target `y` at each position?

# %% tags=["promise-exercise"]
def x_and_y(row):
    """Input and targets. Shapes: (T + 1,) -> (T,), (T,)."""
    return ..., ...


check("x_and_y", x_and_y)

# %% [markdown]
# ## Every shape, from ids to logits
#
# `random_rows` takes rows from random places of a text. One batch goes through the model, and every module reports the shape of its input and output. Look for (B, T, C), the residual stream, and for the last line. Click on a box to open it. The three lines after `c_attn` are the head split, explained below.

# %% tags=["promise-picture"]
from viz import draw_shapes

x, y = random_rows(seen, 40, 2, torch.Generator().manual_seed(1))
draw_shapes(model, x, title="Two rows of 40 letters, from ids to logits")

# %% [markdown]
# The letters are the same in all code of this course:
#
# | letter | size | here | GPT-2 |
# |---|---|---|---|
# | B | rows in the batch | 2 | any |
# | T | tokens in a row, at most `block_size` | 40 | 1,024 |
# | C | numbers of each token, `n_embd` | 128 | 768 |
# | L | blocks, `n_layer` | 3 | 12 |
# | H | heads, `n_head` | 4 | 12 |
# | D | head dimension, C / H | 32 | 64 |
# | V | vocabulary size | 58 | 50,257 |
#
# Token embedding (`wte`) plus position embedding (`wpe`) give (B, T, C). Each block computes `x + attn(ln_1(x))`, then `x + mlp(ln_2(x))`. A last norm and `lm_head` give (B, T, V): logits at *every* position.
#
# Three parts are new since microgpt. **LayerNorm** subtracts the mean of a token's numbers first, then normalises as RMSNorm does, and multiplies by a learned weight. **GELU** is an activation function: a ReLU with a round corner.
# **Weight tying** means that `lm_head` uses the matrix of `wte` again: one matrix reads tokens and predicts them.
#
# Here is the map of lessons 6 and 7 with these sizes, for rows of 128 letters. Step through it with the arrows. Each box has its name in our code, in nanoGPT and in PyTorch:

# %% tags=["promise-picture"]
from course.model_stages import gpt_stages
from viz import draw_model_map

draw_model_map(gpt_stages(model.config, batch_size=2), repeat=3)

# %% [markdown]
# A common sentence about GPT-2 is wrong: "a head sees 64 of the tokens". A head sees all T tokens. It projects all C numbers of each token to D.
#
# ## Causal self-attention in ten lines
#
# **Causal self-attention** is self-attention with the causal mask: each token attends to itself and to earlier tokens. Split into heads, score, mask, softmax, weighted sum, concatenate, project:

# %% tags=["promise-toy"]
attention, H = model.h[0].attn, 4
normed = model.h[0].ln_1(model.embed(x))
B, T, C = normed.shape
q, k, v = (
    part.view(B, T, H, C // H).transpose(1, 2) for part in attention.c_attn(normed).split(C, dim=2)
)  # (B, H, T, D) each
scores = q @ k.transpose(2, 3) / (C // H) ** 0.5  # (B, H, T, D) @ (B, H, D, T) -> (B, H, T, T)
weights = scores.masked_fill(torch.ones(T, T).triu(1).bool(), -torch.inf).softmax(dim=-1)
merged = (weights @ v).transpose(1, 2).reshape(B, T, C)  # (B, H, T, D) -> (B, T, C)
by_hand = attention.c_proj(merged)

# %%
same(by_hand, attention(normed), within=1e-12)
same(weights, model.attention_weights(x)[0], within=1e-12)

# %% [markdown]
# `c_attn` is `wq`, `wk` and `wv` in one matrix; `c_proj` is `wo`, the output projection.
#
# ## The head split: C must be divisible by H
#
# The outputs of `wq`, `wk` and `wv` are split into H groups of D numbers. Each head makes its own T × T attention weights. Then the heads are concatenated. Change both sizes, and look at 512 with 12 heads:

# %% tags=["promise-ah", "promise-control"]
from gptcore.heads import check_heads
from gptcore.model import GPT, GPTConfig
from viz import HeadSplitter


def counted(n_embd, n_head):
    with torch.device("meta"):
        parts = GPT(GPTConfig(n_embd=n_embd, n_head=n_head)).parameters_by_part()
    return {part.removesuffix("_embedding"): count for part, count in parts.items() if count}


HeadSplitter(512, 8, check=check_heads, parameters=counted)

# %% [markdown]
# The message proposes sizes that work. Try them. Every GPT-2 has a head dimension of 64: 768 / 12, 1024 / 16, 1280 / 20, 1600 / 25.
#
# **Exercise 2.** Write the split. Lesson 8 has what you need: `view` and `transpose`.

# %% tags=["promise-exercise"]
def split_heads(x, n_head):
    """Head h gets numbers h * D to (h + 1) * D of every token. Shapes: (B, T, C) -> (B, H, T, D)."""
    return ...


check("split_heads", split_heads)

# %% [markdown]
# ## Parameter count: where the 124 million are
#
# The **parameter count** is the number of weights that training may change. GPT-2's smallest size has 124 million. Which part is the largest? **A** attention, **B** the MLPs, **C** the token embedding table.

# %%
guess("the largest part of GPT-2", ...)

# %% [markdown]
# Counting needs no memory: on the device `meta`, tensors have shapes and no numbers.

# %% tags=["promise-picture", "answer"]
from viz import draw_parameters

with torch.device("meta"):
    parts = GPT(GPTConfig.preset("gpt2")).parameters_by_part()
draw_parameters({part.replace("_", " "): count for part, count in parts.items() if count})

# %% [markdown]
# **Exercise 3.** Now `gpt2-medium` with a pencil, in millions, without biases and norms: 24 blocks, 16 heads, C = 1,024, V = 50,257, 1,024 positions. Attention has four matrices of C × C in each block.
# The MLP has one matrix from C to 4C and one back. In the last line, `n_head` is 32.

# %% tags=["promise-exercise"]
medium = {"token embedding": ..., "position embedding": ..., "attention": ..., "mlp": ..., "attention with 32 heads": ...}
check("gpt2-medium", medium)

# %% [markdown]
# ## Weight initialisation: a new model should know nothing
#
# **Back to lesson 1.** There are 58 letters. A new model gives each about the same probability. Which cross-entropy loss does it have, in nats?

# %% tags=["promise-back"]
guess("the first loss with 58 letters", ...)

# %% [markdown]
# **Weight initialisation** is the choice of random weights before training. GPT-2 draws them with a standard deviation of 0.02. What if they are 20 times as large?

# %% tags=["answer", "promise-by-hand"]
def new_gpt(seed=1):
    sizes = GPTConfig(block_size=32, vocab_size=58, n_layer=1, n_head=4, n_embd=64)
    return GPT(sizes, torch.Generator().manual_seed(seed))


small, large = new_gpt(), new_gpt()
for weight in large.parameters():
    weight.data *= 20
print(f"a new model: {loss_on(small, unseen[:5_000]):.2f} nats")
print("weights 20 times as large, more than 20 nats:", loss_on(large, unseen[:5_000]) > 20)

# %% [markdown]
# With large weights the model is sure before it has seen anything, and it is wrong. Training first has to undo that.
#
# ## Training takes ten lines
#
# `AdamW` is Adam (lesson 4) with a change that lesson 12 explains. The learning rate first rises, then falls. The loss is the cross-entropy, a mean over 16 × T tokens.

# %%
def learn(gpt, ids, steps, rate):
    optimizer = torch.optim.AdamW(gpt.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    for step in range(steps):
        _, loss = gpt(*random_rows(ids, gpt.config.block_size, 16, torch.Generator().manual_seed(step)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        yield step, loss.item()

# %% [markdown]
# One block, C = 64, T = 32; a few seconds. The loss begins at ln 58:

# %%
from viz import LossPlot

own = new_gpt()
plot = LossPlot("Your GPT", last_step=700, lines={"ln 58": 4.06})
for step, loss in learn(own, seen, steps=700, rate=0.01):
    plot.add(step, loss=loss)

# %% [markdown]
# What does yours write, and what does the larger one write that was trained for minutes?

# %%
from gptcore.sampling import generate_cached

for gpt in (own, model):
    text = generate_cached(gpt, [tokenizer.BOS], 160, temperature=0.7, stop=tokenizer.BOS, seed=3, stride=16)
    print(repr(tokenizer.decode(list(text))))

# %% [markdown]
# A program generated these stories from tables of choices. So the entropy of its choices is known, and no model can have a lower loss:

# %%
from math import log

from gptcore.corpus import story_entropy

losses = {"uniform": log(58), "yours": loss_on(own, unseen[:20_000]), "larger": loss_on(model, unseen[:20_000])}
losses["entropy of the program"] = story_entropy().nats_per_letter
for who, nats in losses.items():
    print(f"{who:24} {nats:.2f} nats per letter")

# %% [markdown]
# ## Overfitting: why you need a validation loss
#
# The last lines are from stories that neither model was trained on. A loss on such text is a **validation loss**. Here is why you need one. A GPT is trained on 100 names, again and again. We also measure the loss on 100 other names. A uniform guess has ln 28 = 3.33. How does the validation loss end?
#
# **A** it falls like the training loss · **B** it falls, then stays flat · **C** it rises above 3.33

# %%
guess("the loss on names it has not read", ...)

# %%
from random import Random

from gptcore.tokenizers import CharTokenizer

names = load_documents("names")
letters, some = CharTokenizer.train(names), Random(1).sample(names, 200)
splits = {"training": one_row(some[:100], letters), "validation": one_row(some[100:], letters)}


def curves(gpt, splits):
    measured = {name: ([], []) for name in splits}
    for step, _ in learn(gpt, splits["training"], steps=600, rate=0.01):
        for name, ids in splits.items() if step % 25 == 24 else ():
            measured[name][0].append(step)
            measured[name][1].append(loss_on(gpt, ids))
    return measured

# %% tags=["answer"]
from viz import draw_loss


def small_gpt(dropout):
    torch.manual_seed(1)
    return GPT(GPTConfig(16, 28, n_layer=2, n_head=4, n_embd=32, dropout=dropout))


overfitted = curves(small_gpt(dropout=0.0), splits)
draw_loss(overfitted, title="100 names, read again and again", lines={"ln 28": 3.33})

# %% [markdown]
# <details><summary>What happened</summary>
#
# First both losses fall: what the model learns holds for all names. Then it learns *these* names. It becomes sure, and it is wrong where it is sure. That costs more than a uniform guess. We tried five seeds: the validation loss ended between 4.4 and 5.5, and was lowest, near 2.7, after about 100 of 600 steps. The training loss shows none of this.
#
# </details>
#
# More text helps. **Early stopping** helps too: keep the weights from the step with the lowest validation loss. A third remedy is **dropout**: in each training step, a random part of the activations is set to 0. Then no prediction can depend on one of them. Here a fifth is dropped:

# %% tags=["answer"]
dropped = curves(small_gpt(dropout=0.2), splits)
title = "The same with dropout 0.2"
picture = draw_loss(dropped, title=title, lines={"ln 28": 3.33})
below = dropped["validation"][1][-1] < 3.33
picture.alt = f"{title}: the validation loss ends {'below' if below else 'above'} ln 28."
picture

# %% [markdown]
# Dropout belongs to training only. `model.eval()` switches it off and `model.train()` on. A measurement without `eval()` raises no error: its loss is too high, and differs from call to call.
#
# ## Sampling: which tokens may be chosen
#
# You know temperature. **Greedy decoding** always takes the most likely token. The other methods remove unlikely tokens and sample from the rest:
#
# - **top-k** keeps the k most likely tokens.
# - **top-p**, or nucleus sampling, keeps the fewest tokens whose probabilities add up to at least p, the most likely first.
# - **min-p** keeps tokens with at least this fraction of the largest probability.
#
# A **repetition penalty** lowers the logits of tokens that the text already has. It helps large models whose greedy text repeats a sentence without end. With letters as tokens it is a bad idea, because words need their letters again.
#
# **Exercise 4.** Five tokens have the probabilities 0.6, 0.2, 0.1, 0.06 and 0.04. How many does each method keep?

# %% tags=["promise-exercise"]
kept = {"top-k 2": ..., "top-p 0.85": ..., "min-p 0.08": ...}
check("kept tokens", kept)

# %% [markdown]
# Set the temperature to 1.5 and read how the text falls apart. Then repair it with top-k or with top-p:

# %% tags=["promise-control"]
from viz import SamplingPlayground


def encode(text):
    return [tokenizer.BOS, *tokenizer.encode(text)]


SamplingPlayground(model.next_logits, encode, tokenizer.decode, prompt="Mia had ", max_new_tokens=120, stop=tokenizer.BOS)

# %% [markdown]
# The model itself never chooses. It is a function without memory: the same tokens and weights give the same logits. What looks like memory is the text in the context, and chance is in the sampling.
#
# ## The logit lens: what each layer would predict
#
# The **logit lens** applies the last norm and `lm_head` to the residual stream after each block, as if the model ended there. The lowest row of the picture has passed through 0 blocks. What does it predict after each letter? **A** the most common letter, **B** the letter that was given, **C** noise.

# %%
guess("the logit lens before the first block", ...)

# %% tags=["answer"]
from viz import draw_lens


def lens(gpt, tokenizer, text):
    ids = tokenizer.encode(text)
    spell = lambda id: tokenizer.decode([id])
    names = [f"{n} block{'s' * (n != 1)}" for n in range(gpt.config.n_layer + 1)]
    return draw_lens(gpt.logit_lens(torch.tensor([ids]))[:, 0], [*map(spell, ids)], spell, names=names)


lens(model, tokenizer, "One morning Mia went to ")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The lowest row repeats the letter that it was given. Input and output share one matrix (weight tying), and a row of it is most similar to itself. Each block then adds to the residual stream. An orange frame marks a correct prediction: on stories that are new to it, this model has 2 % after no block, 39 % after one, 66 % after two and 92 % after three.
#
# </details>
#
# The same function loads OpenAI's weights. They have 0.5 GB, so this cell runs only if you have downloaded them:

# %% tags=["needs-gpt2-weights", "needs-gpt2-vocabulary"]
from course.sample import gpt2_weights
from gptcore.tokenizers import BPETokenizer

gpt2 = GPT.from_hf(gpt2_weights())
lens(gpt2, BPETokenizer.from_gpt2(), "The capital of France is Paris. The capital of Italy is")

# %% [markdown]
# ## Ablation: which head is missed most (optional)
#
# This section is optional, 7 minutes more. The stories model has 3 layers of 4 heads. We ablate each head in turn (lesson 6) and measure the loss on new stories. In which layer, 0, 1 or 2, is the head whose ablation costs most?

# %%
guess("the layer of the head that is missed most", ...)

# %% tags=["answer"]
rows = unseen[: 8 * 129].view(8, 129)


def loss_without(ablated_heads):
    return model(rows[:, :-1], rows[:, 1:], ablated_heads=ablated_heads)[1].item()


for layer in range(3):
    costs = [loss_without([(layer, head)]) - loss_without([]) for head in range(4)]
    print(f"layer {layer}:", "  ".join(f"head {head} {cost:+.2f}" for head, cost in enumerate(costs)))
all_heads = [(layer, head) for layer in range(3) for head in range(4)]
print(f"with all heads: {loss_without([]):.2f} nats; without any: {loss_without(all_heads):.2f}")

# %% [markdown]
# Choose that head, and look at its attention weights: to which letter does it attend? Then type a text of your own, and ablate heads with the switch. Ablate all four heads of layer 2: together they cost far more than each alone.

# %% tags=["promise-control"]
from viz import AttentionExplorer

text = tokenizer.decode(unseen[1:41].tolist())


def run_model(text, ablated_heads):
    ids = torch.tensor([encode(text)])
    return ["[BOS]", *text], model.attention_weights(ids, ablated_heads=ablated_heads)[:, 0]


def loss(text, ablated_heads):
    return loss_without(ablated_heads)


AttentionExplorer(run_model, text=text, loss=loss, loss_name="validation loss on eight rows", layer=2, head=0)

# %% [markdown]
# ## Induction heads: how a GPT copies from its context
#
# A name that occurred once can be copied later, even a name that was in no training text. We train this alone. A row has 10 to 16 different random tokens, repeated. In the first period nothing can be predicted, so its targets are −1. Then everything can, by looking back:

# %%
from course.experiments.induction import attention_only_gpt, induction_score, repeated_rows, train_on_repeats

ids, targets, periods = repeated_rows(200, torch.Generator().manual_seed(1))
print(*ids[0].tolist(), "| period", int(periods[0]))

# %% [markdown]
# Every row has its own period, so "always look 12 tokens back" does not help. The GPT has only attention, with one head in each block. How many blocks does it need, 1, 2 or 3?

# %%
guess("blocks that copying needs", ...)

# %% tags=["answer"]
copiers, losses = {}, {}
for n_layer in (1, 2, 3):
    generator = torch.Generator().manual_seed(0)
    copiers[n_layer] = attention_only_gpt(n_layer, generator)
    curve = train_on_repeats(copiers[n_layer], generator)
    losses[f"{n_layer} block{'s' * (n_layer > 1)}"] = [max(loss, 0.1) for loss in curve]
draw_loss(losses, title="Loss on tokens that can be copied", lines={"ln 32": 3.47})

# %% [markdown]
# (A loss below 0.1 is drawn as 0.1, because its digits depend on the processor.)
#
# How does the smallest one that copies do it? Measure its heads. (To see the weights, draw them in a cell of your own:
# `draw_attention(weights, [str(id) for id in ids[0].tolist()])`, from `viz`. The picture differs a little between processors, so it is not stored.)

# %% tags=["answer"]
copier = next(gpt for gpt, curve in zip(copiers.values(), losses.values()) if curve[-1] < 1)
weights = copier.attention_weights(ids[:1])

# %% tags=["answer"]
for layer in range(copier.config.n_layer):
    score = induction_score(weights[layer, 0, 0], int(periods[0])).item()
    without = copier(ids, targets, ablated_heads=[(layer, 0)])[1].item()
    print(f"layer {layer}: more than 0.9 of its weight after an earlier occurrence: {score > 0.9}")
    print(f"         ablated, the loss is worse than uniform: {without > log(32)}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The head of layer 1 is an **induction head**: it finds an earlier occurrence of the current token, and attends to the token *after* it. That token knows its own embedding, not the token before it. So the head of layer 0 must first bring the previous token into each position. One block cannot do both.
#
# On five seeds, 300 steps: one block ended at 2.5 nats, two blocks below 0.06. The head of layer 1 gave 0.97 of its weight to these positions. The loss of two blocks stays near 3 for some 100 steps, then falls suddenly (see the pale line). With three blocks it ended below 0.04.
#
# On all five, the line of layer 0 ends at position 16, the longest period. Later positions need no predecessor: the first period already has every token with the one before it.
#
# </details>
#
# Real models have such heads, too. SmolLM2-135M has 30 layers of 9 heads. It reads 40 random tokens, and then the same 40 again:

# %%
from course.recorded import recorded_attention, recorded_smollm2

found = recorded_smollm2()["induction"]
for start in (0, 40):
    print(*(f"{position}:{found['tokens'][position]!r}" for position in range(start, start + 5)))

# %% [markdown]
# At position 41, `Marc` comes for the second time. To which earlier position does an induction head attend from there?

# %%
guess("where the second Marc looks", ...)

# %% tags=["answer", "promise-picture"]
weights, tokens = recorded_attention(found), found["tokens"]
for query in (40, 41):
    key = weights[query].index(max(weights[query]))
    print(f"from {query}:{tokens[query]!r} {weights[query][key]:.2f} to {key}:{tokens[key]!r}")
from viz import draw_attention

draw_attention(weights, tokens, title="SmolLM2: layer 18, head 6")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Position 41 gives 0.96 to ` bodies` at position 2, the token after the first `Marc`. From there a line runs to the end: point at a row to read it. Position 40 is the first repeated token, and gives only 0.06 to position 1. Its largest weight goes to position 0, as in the whole first half, where there is nothing to copy. One repeated token is not enough here; two are.
#
# The loss shows it, too (mean of eight such texts). The predictions from position 40 on cost 12.8, 8.5, 6.5, 5.0, 3.0 and 1.9 nats. The second half has 2.7 nats on average. Without this head it has 4.8; without the best four of its kind 10.5. Without four random heads it has 3.0 (mean of five draws).
#
# </details>
#
# <details><summary>Optional: PCA of the embedding table</summary>
#
# **PCA** (principal component analysis) finds the directions in which vectors vary most. Run this in a new cell:
#
# ```python
# from viz import draw_embedding
#
# letters = list(tokenizer.characters)
# table = model.wte.weight.detach()[: len(letters)]
# groups = ["capitals" if letter.isupper() else "others" for letter in letters]
# draw_embedding(table, letters, groups=groups)
# ```
#
# Capitals are on the left. Do they share something? The horizontal direction has a correlation of 0.54 with "is a capital", and of 0.96 with the logarithm of the letter's count. Capitals are together because they are rare, and so are `z` and `q`. The picture suggests "capitals"; the number says "counts".
#
# </details>
#
# ## Three programs, no error: which are wrong?
#
# Ada and Bo each wrote their own attention. The shapes fit, and all three programs train. They have the same initial weights and the same rows:

# %% tags=["promise-failure"]
from course.failures.lesson_09 import with_attention

runs = {who: with_attention(who, new_gpt()) for who in ("ours", "Ada's", "Bo's")}
losses = {who: [loss for _, loss in learn(gpt, seen, steps=300, rate=0.01)] for who, gpt in runs.items()}
draw_loss(losses, title="Three programs, one text")

# %%
guess("the wrong programs", ...)

# %% [markdown]
# A test that does not need the loss: replace the last 16 letters of a row. The first 16 predictions must stay the same.

# %% tags=["answer"]
row = unseen[:32][None]
other_end = row[:, :16].repeat(1, 2)  # the same 16 letters, and then others
for who, gpt in runs.items():
    same_start = torch.allclose(gpt(row)[0][:, :16], gpt(other_end)[0][:, :16])
    print(f"{who:6} the first 16 predictions are the same: {same_start}")

# %% [markdown]
# Another test: give all three the 4,192 weights of microgpt, and compare with the slow program of lesson 7.

# %% tags=["answer"]
from gptcore.ladder import to_torch
from gptcore.scalar import MicroGPT

scalar = MicroGPT(names, seed=42)
ids = torch.tensor([[scalar.BOS, *scalar.encode(scalar.documents[0]), scalar.BOS]])
for who in runs:
    gpt = with_attention(who, to_torch(scalar))
    print(f"{who:6} {gpt(ids[:, :-1], ids[:, 1:])[1]:.4f}; microgpt has {scalar.loss(scalar.documents[0]).data:.4f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Both are wrong. Bo splits heads with `view` alone, the mistake from lesson 8. Head 0 gets the first quarter of the *tokens*, with all their numbers. The results go back to other tokens than they came from, so tokens see later letters. The first test finds that. A loss that is too good is an error report. But it does not always come: on two of seven seeds, Bo's loss after 300 steps was *above* ours.
#
# Ada uses `view` in both directions, so everything returns to its place, and no token sees a later one. The first test finds nothing. But each token sees only its own quarter of the row, eight letters at most. For 300 steps that is even an advantage on six of seven seeds, perhaps because there is less to choose from. After 3,000 steps (at a rate of 0.003) her validation loss was 0.21 to 0.24 nats higher than ours, on all five.
#
# The loss does not convict her. The slow program does: with the same weights the same number must come out.
#
# </details>
#
# ## Summary
#
# First write your own sentence: *The fastest program is right because ...*
#
# - Every position is trained at once: (B, T) ids, (B, T, V) logits, and a cross-entropy per token.
# - **Causal self-attention** splits C numbers into H heads of D; each head sees all earlier tokens. GPT-2 adds **LayerNorm**, **GELU** and **weight tying**.
# - In a **parameter count** the MLPs have twice as much as attention, and the number of heads does not matter.
# - **Weight initialisation** with small weights gives a first loss of ln V.
# - The **validation loss** shows overfitting; **early stopping** and **dropout** reduce it.
# - **Greedy decoding**, **top-k**, **top-p** and **min-p** decide which tokens may be chosen.
# - The **logit lens**, ablation and a search for an **induction head** look inside. A picture is a hypothesis; an intervention tests it.
#
# ## Sources and further reading
#
# - Alec Radford and others, *Language Models are Unsupervised Multitask Learners*, 2019 (GPT-2). Ashish Vaswani and others, *Attention Is All You Need*, 2017, arXiv 1706.03762.
# - The standard implementation: Andrej Karpathy, *nanoGPT*, `model.py`: `CausalSelfAttention`, `Block`, `GPT.forward`, `GPT.generate`. Ours: `gptcore/model/`.
# - LayerNorm: Jimmy Ba and others, arXiv 1607.06450. GELU: Dan Hendrycks and Kevin Gimpel, arXiv 1606.08415. Dropout: Nitish Srivastava and others, 2014. Weight tying: Ofir Press and Lior Wolf, arXiv 1608.05859.
# - Top-p: Ari Holtzman and others, arXiv 1904.09751. Min-p: Minh Nguyen and others, arXiv 2407.01082. Repetition penalty: Nitish Keskar and others, arXiv 1909.05858.
# - Logit lens: nostalgebraist, *interpreting GPT: the logit lens*, 2020. Induction heads: Catherine Olsson and others, *In-context Learning and Induction Heads*, 2022, arXiv 2209.11895.
