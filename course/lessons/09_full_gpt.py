# %% [markdown]
# Take 64 letters from a story, and the one letter that follows them. A GPT reads them once, in training. From how many predictions does it learn?

# %% tags=["promise-guess"]
from course import check, guess, same

guess("predictions in one row", ...)

# %% [markdown]
# ## Input and targets are two parts of one row
#
# This lesson has GPT-2's architecture, with the names of nanoGPT. It is microgpt with other sizes, three small changes, and tensors. A trained model comes with the course: it read 1,800 small stories, letter by letter. 200 others are kept for validation.

# %%
import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

from course.checkpoint import loss_on, one_row, random_rows, stories_gpt
from gptcore.corpus import load_documents

model, tokenizer = stories_gpt()
stories = load_documents("stories")
seen, unseen = one_row(stories[:-200], tokenizer), one_row(stories[-200:], tokenizer)  # ids, shape (N,)

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
# The letters are the same in all code of this course:
#
# | letter | size | here | GPT-2 |
# |---|---|---|---|
# | B | rows in the batch | 2 | any |
# | T | tokens in a row, at most `block_size` | 128 | 1,024 |
# | C | numbers of each token, `n_embd` | 128 | 768 |
# | L | blocks, `n_layer` | 3 | 12 |
# | H | heads, `n_head` | 4 | 12 |
# | D | head dimension, C / H | 32 | 64 |
# | V | vocabulary size | 58 | 50,257 |
#
# Token embedding (`wte`) plus position embedding (`wpe`) give (B, T, C). Each block computes `x + attn(ln_1(x))`, then `x + mlp(ln_2(x))`. A last norm and `lm_head` give (B, T, V): logits at *every* position.
#
# Three parts are new since microgpt:
#
# - **LayerNorm** subtracts the mean of a token's numbers first. Then it normalises as RMSNorm does, and multiplies by a learned weight.
# - **GELU** is an activation function: a ReLU with a round corner. Its authors measured slightly better models with it.
# - **Weight tying** means that `lm_head` uses the matrix of `wte` again: one matrix reads tokens and predicts them.
#
# Here is the map of lessons 6 and 7 with these sizes. Step through it with the arrows, and watch (B, T, C), the residual stream:

# %% tags=["promise-picture"]
from course.model_stages import gpt_stages
from viz import draw_model_map

draw_model_map(gpt_stages(model.config, batch_size=2), repeat=3)

# %% [markdown]
# `c_attn` is `wq`, `wk` and `wv` in one matrix. Attention's `c_proj` is `wo`, the output projection.
#
# ## The head split: C must be divisible by H
#
# A query has C numbers. They are split into H groups of D neighbours, one group for each head. Keys and values are split in the same way. So "GPT-2's heads see 64 of the tokens" is wrong: a head sees *all* T tokens, through D numbers of each.
#
# Each of these D numbers is computed from all C numbers of the token. Change both sizes, and look at 512 with 12 heads:

# %% tags=["promise-ah", "promise-control"]
from gptcore.heads import check_heads
from viz import HeadSplitter

HeadSplitter(512, 8, check=check_heads)

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
# ## Causal self-attention in ten lines
#
# **Causal self-attention** is self-attention with the causal mask: each token attends to itself and to earlier tokens. Split into heads, score, mask, softmax, weighted sum, concatenate, project. Read these lines slowly: two rows of 40 letters, four heads. `project_qkv` is `c_attn` and your split.

# %% tags=["promise-toy"]
attention = model.h[0].attn
normed = model.h[0].ln_1(model.embed(seen[:80].view(2, 40)))  # (B, T, C) = (2, 40, 128)
q, k, v = attention.project_qkv(normed)  # (B, H, T, D) = (2, 4, 40, 32) each
scores = q @ k.transpose(2, 3) / 32**0.5  # (B, H, T, D) @ (B, H, D, T) -> (B, H, T, T)
future = torch.ones(40, 40).triu(1).bool()  # (T, T), True above the diagonal
weights = scores.masked_fill(future, -torch.inf).softmax(dim=-1)
merged = (weights @ v).transpose(1, 2).reshape(2, 40, 128)  # (B, H, T, D) -> (B, T, C)
same(attention.c_proj(merged), attention(normed), within=1e-12)

# %% [markdown]
# ## Parameter count: where the 124 million are
#
# The **parameter count** is the number of weights that training may change. GPT-2's smallest size has 124 million. Which part is the largest? **A** attention, **B** the MLPs, **C** the token embedding table.

# %%
guess("the largest part of GPT-2", ...)

# %% tags=["promise-picture", "answer"]
from gptcore.model import GPT, GPTConfig
from viz import draw_parameters

with torch.device("meta"):  # shapes without numbers: counting needs no memory
    gpt2 = GPT(GPTConfig.preset("gpt2"))
draw_parameters(gpt2.parameters_by_part())

# %% [markdown]
# **Exercise 3.** Now `gpt2-medium` with a pencil, in millions, without biases and norms: 24 blocks, 16 heads, C = 1,024, V = 50,257, 1,024 positions. Attention has four matrices of C × C in each block.
# The MLP has one matrix from C to 4C and one back. In the last line, `n_head` is 32.

# %% tags=["promise-exercise"]
medium = {"token embedding": ..., "position embedding": ..., "attention": ..., "mlp": ..., "attention with 32 heads": ...}
check("gpt2-medium", medium)

# %% [markdown]
# ## Weight initialisation: a new model should know nothing
#
# **Back to lesson 1.** The stories have 58 different letters, with BOS. A new model gives each about the same probability. Which cross-entropy loss does it have, in nats?

# %% tags=["promise-back"]
guess("the first loss with 58 letters", ...)

# %% [markdown]
# **Weight initialisation** is the choice of random weights before training. GPT-2 draws them with a standard deviation of 0.02. What if they are 20 times as large?

# %% tags=["answer", "promise-by-hand"]
from course.experiments.training.small_gpts import draw_names, means_of_ten, new_gpt, overfit_names, write_story

print(f"a new model: {loss_on(new_gpt(), unseen[:5_000]):.2f} nats")
print("weights 20 times as large, more than 20 nats:", loss_on(new_gpt(scale=20), unseen[:5_000]) > 20)

# %% [markdown]
# With large weights the model is sure before it has seen anything, and it is wrong.
#
# ## Training takes ten lines
#
# `AdamW` is Adam (lesson 4), and `OneCycleLR` changes the learning rate: first it rises, then it falls. Lesson 12 explains both. The loss is the cross-entropy, a mean over 16 × T tokens.

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
# `random_rows` gives `x` and `y` from random places of the text. Train one block with C = 64 and T = 32, for about ten seconds:

# %%
from viz import LossPlot

own = new_gpt()
plot = LossPlot("Your GPT", last_step=700, lines={"ln 58": 4.06})
for step, loss in learn(own, seen, steps=700, rate=0.01):
    plot.add(step, loss=loss)

# %% [markdown]
# What does yours write? What does the larger one write, which was trained for minutes? We measure both on stories that neither has read:

# %%
for who, gpt in {"yours": own, "larger": model}.items():
    print(f"{who}: {loss_on(gpt, unseen[:20_000]):.2f} nats per letter\n{write_story(gpt, tokenizer)!r}\n")

# %% [markdown]
# A program generated these stories from tables of choices. So the entropy of its choices is known: 0.06 nats per letter. No model can have a lower loss.
#
# ## Validation loss: measure on text that the model has not read
#
# A loss on text that was kept out of the training is a **validation loss**. Here is why you need one. A GPT is trained on 100 names, again and again. We also measure the loss on 100 other names. A uniform guess has ln 28 = 3.33. How does the validation loss end?
#
# **A** it falls like the training loss · **B** it falls, then stays flat · **C** it rises above 3.33

# %%
guess("the loss on names it has not read", ...)

# %% tags=["answer"]
draw_names(overfit_names(learn), title="100 names, read again and again")

# %% [markdown]
# <details><summary>What happened</summary>
#
# First the model learns what holds for all names. Then it learns *these* names, and becomes sure where it is wrong. On five seeds the validation loss was lowest, near 2.7, after about 100 of 600 steps, and ended between 4.4 and 5.5. The training loss shows none of this.
#
# </details>
#
# More text helps. **Early stopping** keeps the weights from the step with the lowest validation loss. **Dropout** sets a random part of the activations to 0 in each training step, so that no prediction can depend on one of them. Here it is a fifth:

# %% tags=["answer"]
draw_names(overfit_names(learn, dropout=0.2), title="The same with dropout 0.2")

# %% [markdown]
# `model.eval()` switches dropout off, `model.train()` switches it on. A measurement without `eval()` raises no error, and its loss is too high.
#
# ## Sampling: which tokens may be chosen
#
# You know temperature. **Greedy decoding** always takes the most likely token. The other methods remove unlikely tokens and sample from the rest:
#
# - **top-k** keeps the k most likely tokens.
# - **top-p**, or nucleus sampling, keeps the fewest tokens whose probabilities add up to at least p, the most likely first.
# - **min-p** keeps the tokens whose probability is at least p times the largest one.
#
# A **repetition penalty** lowers the logits of tokens that the text already has, so that greedy text does not repeat a sentence without end. For letters it is a bad idea: words need their letters again.
#
# **Exercise 4.** Five tokens have the probabilities 0.6, 0.2, 0.1, 0.06 and 0.04. How many does each method keep?

# %% tags=["promise-exercise"]
kept = {"top-k 2": ..., "top-p 0.85": ..., "min-p 0.08": ...}
check("kept tokens", kept)

# %% [markdown]
# Set the temperature to 1.5 and read how the text falls apart. Then repair it with top-k or with top-p:

# %% tags=["promise-control"]
from course.experiments.attention.looking_inside import draw_logit_lens, sample_stories

sample_stories(model, tokenizer, prompt="Mia had ")

# %% [markdown]
# The model itself never chooses: the same tokens give the same logits. Chance is in the sampling.
#
# ## The logit lens: what each layer would predict
#
# The **logit lens** applies the last norm and `lm_head` to the residual stream after each block, as if the model ended there. The row "0 blocks" shows the model before its first block. Which letter does this row predict? **A** the most common letter, **B** the letter that was given, **C** noise.

# %%
guess("the logit lens before the first block", ...)

# %% tags=["answer"]
draw_logit_lens(model, tokenizer, "One morning Mia went to ")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The row "0 blocks" repeats the letter that it was given. Input and output share one matrix (weight tying), and a row of it is most similar to itself. Each block then adds to the residual stream. An orange frame marks a correct prediction: on stories that are new to it, this model has 2 % after no block, 39 % after one, 66 % after two and 92 % after three.
#
# </details>
#
# ## Induction heads: how a GPT copies from its context
#
# A name that occurred once can be copied later, even a name that was in no training text. We train a small GPT on nothing else. A row repeats 10 to 16 different random tokens. (With four tokens: `7 3 9 1 7 3 9 1 7`.) Each row has its own period, so "always look 12 tokens back" does not help.
#
# In the first period nothing can be predicted. Its targets are −1, so the loss leaves them out. In later periods every token can be predicted. The GPT has only attention, with one head in each block. How many blocks does it need, 1, 2 or 3?

# %%
guess("blocks that copying needs", ...)

# %% tags=["answer"]
from course.experiments.attention.induction import heads_of_the_smallest_copier, train_copiers
from viz import draw_loss

copiers, losses = train_copiers((1, 2, 3))
draw_loss(losses, title="Loss on tokens that can be copied", lines={"ln 32": 3.47})

# %% [markdown]
# (Each point is a mean of ten steps. A loss below 0.1 is drawn as 0.1.) How does the smallest one that copies do it? Measure its heads:

# %% tags=["answer"]
print(*heads_of_the_smallest_copier(copiers), sep="\n")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The head of layer 1 is an **induction head**: it finds an earlier occurrence of the current token, and attends to the token *after* it. In `7 3 9 1 7 3` the second `3` attends to `9`. But the embedding of `9` does not say that a `3` came before. So the head of layer 0 must first bring the previous token into each position. One block cannot do both.
#
# The loss of two blocks stays high at first, then falls suddenly. On five seeds one block ended at 2.5 nats, two blocks below 0.06, three below 0.04. The head of layer 1 gave 0.97 of its weight to the tokens after earlier occurrences.
#
# </details>
#
# ## Three programs, no error: which are wrong?
#
# Ada and Bo each wrote their own attention. The shapes fit, and all three programs train. They have the same initial weights and the same rows:

# %% tags=["promise-failure"]
from course.failures.lesson_09 import has_same_start, loss_with_weights_of_microgpt, with_attention

runs = {who: with_attention(who, new_gpt()) for who in ("ours", "Ada's", "Bo's")}
losses = {who: means_of_ten(learn(gpt, seen, steps=300, rate=0.01)) for who, gpt in runs.items()}
draw_loss(losses, title="Three programs, one text")

# %%
guess("the wrong programs", ...)

# %% [markdown]
# A test that does not need the loss: replace the last 16 letters of a row. The first 16 predictions must stay the same.

# %% tags=["answer"]
for who, gpt in runs.items():
    print(f"{who:6} the first 16 predictions are the same: {has_same_start(gpt, unseen[:32])}")

# %% [markdown]
# Another test: give all three the 4,192 weights of microgpt, and compare with the slow program of lesson 7.

# %% tags=["answer"]
for who in (*runs, "microgpt"):
    print(f"{who:8} {loss_with_weights_of_microgpt(who):.4f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Both are wrong. Bo splits heads with `view` alone, the mistake from lesson 8. Head 0 gets the first quarter of the *tokens*, with all their numbers. The results go back to other tokens than they came from, so tokens see later letters. The first test finds that. A loss that is too good is an error report, but it does not always come: on two of seven seeds, Bo's loss was *above* ours.
#
# Ada uses `view` in both directions, so everything returns to its place, and no token sees a later one. The first test finds nothing. But each token sees only its own quarter of the row, eight letters at most. For 300 steps that is even an advantage on six of seven seeds. After 3,000 steps (at a rate of 0.003) her validation loss was 0.21 to 0.24 nats higher than ours, on all five seeds that we tried.
#
# The loss does not show her mistake. The slow program does: with the same weights the same number must come out.
#
# </details>
#
# ## Optional: look further inside (10 minutes more)
#
# Real models have induction heads, too. SmolLM2-135M has 30 layers of 9 heads. It reads 40 random tokens, and then the same 40 again. Positions 0 to 3 are ` diameter`, `Marc`, ` bodies`, `changed`, and so are positions 40 to 43. At position 41, `Marc` comes for the second time. To which earlier position does an induction head attend from there?

# %%
guess("where the second Marc looks", ...)

# %% tags=["answer", "promise-picture"]
from course.recorded import recorded_attention, recorded_smollm2
from viz import draw_attention

found = recorded_smollm2()["induction"]
draw_attention(recorded_attention(found), found["tokens"], title="SmolLM2: layer 18, head 6")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Position 41 gives 0.96 to ` bodies` at position 2, the token after the first `Marc`. From there a line runs to the end: point at a row to read it. Position 40 is the first repeated token, and gives only 0.06 to position 1. One repeated token is not enough here; two are.
#
# In the first half there is nothing to copy, and most of the weight goes to position 0. Here is the mean loss over eight such texts:
#
# | ablated | loss of the second half |
# |---|---|
# | nothing | 2.7 |
# | this head | 4.8 |
# | the best four of its kind | 10.5 |
# | four random heads, mean of five draws | 3.0 |
#
# </details>
#
# Which head is missed most? The stories model has 3 layers of 4 heads. We ablate each head in turn (lesson 6) and measure the loss on new stories. In which layer, 0, 1 or 2, is the head whose ablation costs most?

# %%
guess("the layer of the head that is missed most", ...)

# %% tags=["answer"]
from course.experiments.attention.looking_inside import Ablations

ablations = Ablations(model, tokenizer, unseen)
print(*ablations.lines(), sep="\n")

# %% [markdown]
# Without any head the loss is above that of a uniform guess, 4.06: the rest was trained together with them. Here is the attention of the head that is missed most. To which letter does it attend? Type a text of your own, and ablate heads with the switch:

# %% tags=["answer"]
ablations.explorer(layer=0, head=1)

# %% [markdown]
# <details><summary>What happened</summary>
#
# It attends to the letter before: on new stories that letter gets 0.63 of its weight. Ablate all four heads of layer 2: together they cost far more than each alone.
#
# </details>
#
# The logit lens also works for a real model, SmolLM2. It has 93 MB, so this cell runs only if you have downloaded it. After which block does ` Rome` appear at the last position?

# %% tags=["needs-smollm2"]
from gptcore.corpus import smollm2_path
from gptcore.tokenizers import HFTokenizer

smollm2 = GPT.from_gguf(smollm2_path(), block_size=64)
its_tokenizer = HFTokenizer.from_gguf(smollm2_path())
draw_logit_lens(smollm2, its_tokenizer, "The capital of France is Paris. The capital of Italy is")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The last layers decide. After 27 blocks the most likely token is still ` the`; after all 30 it is ` Rome`, with a probability of 0.65. Write a sentence of your own into the cell.
#
# </details>

# %% [markdown]
# <details><summary>PCA of the embedding table</summary>
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
# ## Summary
#
# First write your own sentence: *A lower loss does not prove that a program is right, because ...*
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
