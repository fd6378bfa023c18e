# %% [markdown]
# GPT-2 is from 2019. SmolLM2, a small chat model of 2024, has the same two parts in each block, attention and an MLP. Inside, nearly every part was replaced. Which of these four changes lowers the loss of a small GPT most?
#
# **A** RoPE instead of learned positions · **B** RMSNorm instead of LayerNorm · **C** SwiGLU instead of GELU · **D** QK-norm

# %% tags=["promise-guess"]
from course import check, guess, same

guess("the switch that helps most", ...)

# %% [markdown]
# ## An ablation study changes one switch and keeps the rest
#
# An **ablation study** trains the same model again and again, each time with one part changed. All else stays: text, steps, learning rate, and nearly the number of parameters. (Only the models with experts have far more: 76,000.) Our model has 2 layers, C = 32 and 26,592 parameters. It reads the stories of lesson 9 for 600 steps. Train two variants yourself, with three seeds each (for 300 steps, so that you wait less):

# %%
import torch

torch.set_num_threads(1)

from course.experiments.modern.switches import SWITCHES, letters, tiny, train_switch, with_switch

stories = letters("stories")
setup = tiny(stories.tokenizer.vocab_size)  # with RoPE, LayerNorm and GELU


def losses_of(switch, seeds=(0, 1, 2), **fields):
    changed = with_switch(setup, {**SWITCHES[switch], "steps": 300, **fields})
    return [train_switch(changed, stories, seed, eval_letters=16_384).loss for seed in seeds]

# %% tags=["answer"]
live = {switch: losses_of(switch) for switch in ("rope", "learned positions")}
wins = sum(rope < learned for rope, learned in zip(*live.values()))
print(f"RoPE has the lower validation loss with {wins} of 3 seeds")

# %% [markdown]
# `SWITCHES` names all variants, so you can try another pair. All of them were recorded with five seeds each and 600 steps (`make record` repeats that). A dot is one run, and a short bar is the mean of a switch.
#
# The line is the **confidence interval** over seeds: in 95 of 100 such studies it contains the true difference. A switch whose interval contains 0 is grey: undecided.

# %% tags=["answer", "promise-picture"]
from course.experiments.modern.recorded import recorded_losses
from viz import draw_seeds

draw_seeds(recorded_losses(), "rope", limit=0.15, title="One switch at a time, five seeds")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The baseline has RoPE, so the row of learned positions shows what RoPE is worth: 0.145 nats. Muon is decided, too, and so is QK-norm without a learned weight. Most rows are grey. These intervals compare means, and seldom prove a difference of 0.03. Most changes are not larger here. A comparison seed by seed can prove more. They were not all made for a lower loss: some are for speed, for memory, or for safety.
#
# </details>
#
# The next sections explain most rows. *modern* combines QK-norm, RMSNorm, ReLU² and *zero projections*: the last matrix of each part starts at 0.
#
# ## RoPE: a position is an angle
#
# GPT-2 adds a learned vector to each token. **RoPE** (rotary position embedding) adds nothing. It takes the D numbers of a query or key as D/2 pairs, and rotates each pair by *position × frequency*. The first pair turns fast, the last one hardly at all:

# %%
from gptcore.model.rope import apply_rotary_emb, rotary_cos_sin
from viz import draw_rotation

key = torch.tensor([1.0, 1, 1, 1, 0, 0, 0, 0])  # four pairs (1, 0), in two halves
turned = apply_rotary_emb(key.expand(1, 1, 9, 8), rotary_cos_sin(torch.arange(9), 8))  # (B, H, T, D)
pairs = torch.stack(turned[0, 0].chunk(2, dim=-1), dim=-1)  # (T, D/2, 2)
draw_rotation(pairs.transpose(0, 1), title="One key at positions 0 to 8")

# %% [markdown]
# **Exercise 1.** Rotate by hand. A pair (a, b), turned by t, is (a cos t − b sin t, a sin t + b cos t).

# %% tags=["promise-exercise"]
from math import cos, sin


def rotate(pairs, position, frequencies):
    """A list of pairs, each rotated by position * its own frequency."""
    return ...


check("rotate", rotate)

# %% [markdown]
# A score is a dot product, and a dot product depends on the angle *between* two arrows. Turn both by the same angle: nothing changes. So the score knows how far apart two tokens are, and not where they are:

# %% tags=["promise-by-hand"]
def score(query_at, key_at):
    """Dot product of a query and a key, each rotated by its position. One pair, frequency 0.5."""
    (qx, qy), (kx, ky) = ((cos(0.5 * at), sin(0.5 * at)) for at in (query_at, key_at))  # both were (1, 0)
    return qx * kx + qy * ky


for query_at, key_at in ((3, 1), (10, 8), (103, 101), (10, 1)):
    print(f"query at {query_at:3}, key at {key_at:3}: {score(query_at, key_at):.3f}")

# %% [markdown]
# Values are not rotated: they are passed on as they are. RoPE for a whole matrix in six lines. Llama takes the two numbers of a pair from the two *halves* of a head:

# %% tags=["promise-toy"]
def rope(x, theta=10_000.0):
    """Queries or keys of one head. Shapes: (T, D) -> (T, D)."""
    T, D = x.shape
    frequencies = theta ** (-torch.arange(0, D, 2) / D)  # (D/2,), from 1 to nearly 1 / theta
    angles = torch.arange(T)[:, None] * frequencies  # (T, D/2)
    a, b = x.chunk(2, dim=1)
    return torch.cat([a * angles.cos() - b * angles.sin(), a * angles.sin() + b * angles.cos()], dim=1)

# %%
x = torch.randn(40, 16)
same(rope(x), apply_rotary_emb(x, rotary_cos_sin(torch.arange(40), 16)), within=1e-5)

# %% [markdown]
# Why does that help? Watch the training, here with GPT-2's small initial weights. The dashed line is the loss of a table of pairs (lesson 1), counted on the same stories. Which curve needs longer to get below it?

# %% tags=["answer"]
from course.experiments.modern.recorded import draw_plateau

draw_plateau(stories)

# %% [markdown]
# <details><summary>What happened</summary>
#
# To attend to the letter before, a head with learned positions must learn each pair of neighbours for itself: 5 after 4, 6 after 5, and so on. Until then the model does little more than a table of pairs. With RoPE "one to the left" is one angle, the same everywhere. On all five seeds learned positions took more than 1.5 times as many steps to get below the dashed line.
#
# </details>
#
# ## Length extrapolation: texts longer than those of the training
#
# **Length extrapolation** is what a model does with texts longer than those of its training. A RoPE model comes with this lesson. It was trained on rows of 64 letters. What happens with rows of 256?
#
# **A** the loss stays, because only distances count · **B** it rises a little · **C** it more than doubles

# %%
guess("RoPE at four times the length", ...)

# %% tags=["answer"]
from course.experiments.modern.lengths import draw_lengths, length_gpt, longer_rope, loss_by_position

rope_gpt, _ = length_gpt()
for T in (64, 128, 256):
    loss = loss_by_position(longer_rope(rope_gpt, T), stories.val).mean()
    print(f"rows of {T:3} letters: {loss:.2f} nats")

# %% [markdown]
# Four cures, without any training. *linear*, *ntk* and *yarn* slow the rotation down, so that a long text has the angles of a short one. A **sliding window** hides all keys that are more than 64 tokens back. Which one would you choose?

# %% tags=["answer"]
draw_lengths(rope_gpt, stories.val)

# %% [markdown]
# <details><summary>What happened</summary>
#
# The plainest cure wins: never look farther than you learned to. Dividing all angles (*linear*) is worse than doing nothing in the mean, because then even neighbours have an angle that the model never met. Real models use these formulas with some training afterwards.
#
# </details>
#
# ## Norms: RMSNorm for speed, QK-norm for safety
#
# **Back to lesson 7.** RMSNorm divides by the root mean square, and LayerNorm subtracts the mean first. In the picture above, RMSNorm is not better. It is one operation less, and that is the reason. Most models give it a learned weight for each number.
#
# **QK-norm** applies RMSNorm to each query and key, before they are compared. So scores do not grow with the size of the numbers in a token's vector. **Logit soft-capping** limits logits smoothly, by tanh. At a good learning rate both change little. Here it is 4 and 8 times as high:

# %% tags=["answer", "promise-back"]
from course.experiments.modern.recorded import rate_report

print(*rate_report(), sep="\n")

# %% [markdown]
# <details><summary>What happened</summary>
#
# In these runs QK-norm lowers the damage: it is an insurance against a rate that is too high. In a large run nobody knows beforehand which rate that is.
#
# One row of the first picture is a warning. Without a learned weight, QK-norm limits each score to √D, here 2.8. Then no head can be sure of one token, and the loss is higher.
#
# </details>
#
# ## Grouped-query attention saves memory
#
# A KV cache (lesson 6) keeps the keys and values of all tokens. In **grouped-query attention** (GQA) several query heads share one head of keys and values. With one such head for all it is multi-query attention (MQA). GPT-2 has multi-head attention (MHA): no sharing. In our picture GQA and MQA got wider MLPs, so that the number of parameters stays. Both are grey: no difference is proved.
#
# **Exercise 2.** SmolLM2 has 30 layers, head dimension D = 64, 16-bit numbers. How large is the cache of one text of 8,192 tokens, in millions of bytes?

# %% tags=["promise-exercise"]
megabytes = {"MHA, 9 heads": ..., "GQA, 3 heads": ..., "MQA, 1 head": ...}
check("megabytes of the KV cache", megabytes)

# %% [markdown]
# **Exercise 3.** Before the scores are computed, each query head needs its keys. With 4 query heads and 2 key heads, query heads 0 and 1 share the first one.

# %% tags=["promise-exercise"]
def repeat_kv(k, n_head):
    """Keys for every query head. Shapes: (B, K, T, D) -> (B, n_head, T, D)."""
    return ...


check("repeat_kv", repeat_kv)

# %% [markdown]
# Ada and Bo wrote this line differently: one `repeat_interleave`, one `repeat`. Each trains a model with 4 query heads and 2 key heads, from the same initial weights:

# %% tags=["promise-failure"]
from course.failures.lesson_13 import loss_of_own_run, loss_with_weights_of_others

losses = [loss_of_own_run(who, setup, stories) for who in ("Ada's", "Bo's")]
print("both learn:", max(losses) < 2.2, "  their losses differ by less than 0.1:", abs(losses[0] - losses[1]) < 0.1)

# %% [markdown]
# The shapes fit, both learn, and no loss is suspicious. Now a third model is trained with `gptcore`, and its weights are put into both programs. What does each make of them? Run the cell, then name the wrong program:

# %%
print(*loss_with_weights_of_others(setup, stories), sep="\n")

# %%
guess("Ada's or Bo's attention", ...)

# %% [markdown]
# <details><summary>What happened</summary>
#
# `repeat` gives the order 0, 1, 0, 1. The heads of a new model have no order, so training works around it. Load somebody's weights, and queries meet the keys of another group. Compare with known logits before you trust your own code.
#
# </details>
#
# ## SwiGLU: a gate decides what passes
#
# A **gated linear unit** computes two vectors from its input and multiplies them, number by number. In **SwiGLU** the gate goes through SiLU first: silu(z) = z · sigmoid(z). **ReLU²** has no gate. It squares what ReLU lets through.
#
# **Exercise 4.** Three matrices instead of two. At equal parameters M is therefore 8C/3, not 4C.

# %% tags=["promise-exercise"]
def swiglu(x, w_gate, w_up, w_down):
    """The MLP of Llama. Shapes: (N, C), two of (M, C), (C, M) -> (N, C)."""
    return ...


check("swiglu", swiglu)

# %% [markdown]
# ## Initial weights: a ranking holds for its setting only
#
# In all runs above the initial weights have a standard deviation of 1/√C = 0.18, *by width*. GPT-2's is 0.02. Same switches, same seeds, same rate: what does SwiGLU do to the mean loss now? **A** it lowers it, **B** hardly anything, **C** it raises it.

# %%
guess("swiglu with GPT-2's initial weights", ...)

# %% [markdown]
# Compare both settings in the list. Then lower the number of seeds to 1, and watch the colours go:

# %% tags=["answer", "promise-ah", "promise-control"]
from course.experiments.modern.recorded import tables
from viz import SeedDial

SeedDial(tables(), "rope", limit=0.3)

# %% [markdown]
# <details><summary>What happened</summary>
#
# By width, SwiGLU has the lowest mean of the blocks with one change, and is below the baseline with 4 of 5 seeds. With GPT-2's weights it is above the baseline with 4 of 5 seeds, and its mean is 0.09 higher. Both intervals contain 0, the second one because even the baseline varies by 0.2 between seeds.
#
# A gate multiplies two numbers. If both are small, the product is tiny, and so is its gradient. "SwiGLU is better" is a statement about a block *and* its initial weights, learning rate and size.
#
# </details>
#
# ## One seed is not a result
#
# Somebody reports: "the same seed for both runs, so the noise cancels; my switch gained 0.01". Two checks on our recorded runs, without the switches with large effects:

# %% tags=["answer"]
from course.experiments.modern.recorded import noise_report

print(*noise_report(), sep="\n")

# %% [markdown]
# <details><summary>What happened</summary>
#
# A seed draws the initial weights and the rows, and equal rows cancel a part of the noise. The rest does not cancel: after some steps two variants have gone different ways. A standard deviation of 0.020 is twice the reported gain. *Wrong sign* means: not the sign of the mean of all seeds. If an effect is smaller than the noise, one seed often has it.
#
# </details>
#
# ## Mixture of experts: look at the load, not only at the loss
#
# A **mixture of experts** has several MLPs, the experts. For each token a **router** (one matrix) gives each expert a probability. **Top-k routing** runs only the k most probable ones. So the model holds many parameters and uses few of them for each token.
#
# **Exercise 5.** Softmax over the experts, keep the k largest, and let their weights sum to 1.

# %% tags=["promise-exercise"]
def route(logits, k):
    """A weight for each expert of each token; 0 for those that do not run. Shapes: (N, E) -> (N, E)."""
    return ...


check("route", route)

# %% [markdown]
# A router prefers experts that are already good. The others get no tokens and learn nothing: **expert collapse**. **Load balancing** adds a price to the training loss that is lowest when all experts get equally many tokens. Four experts were trained with and without it. Does the validation loss show which models have experts without work? **A** yes, **B** no

# %%
guess("experts without work in the loss", ...)

# %% tags=["answer"]
from course.experiments.modern.recorded import expert_report

print(*expert_report(), sep="\n")

# %% [markdown]
# ## Muon: better at each step, and at each second?
#
# **Muon** is an optimizer for the matrices inside the blocks. It replaces the momentum of a matrix by the nearest orthogonal one, so that all directions get equally long steps. In 600 steps it lowers the loss more than any other single change to our baseline. But a step of Muon takes longer. Give AdamW the same seconds, and so more steps. Muon is then **A** clearly better, **B** about equal, **C** clearly worse:

# %%
guess("Muon at equal seconds", ...)

# %% tags=["answer"]
from course.experiments.modern.recorded import AS_LONG, WIDTH

draw_seeds(recorded_losses(WIDTH, "rope", "muon", AS_LONG), "rope", title="Equal steps, and equal seconds")

# %% [markdown]
# <details><summary>What happened</summary>
#
# At equal steps Muon wins by far. In its seconds AdamW makes 920 steps instead of 600, and ends lower. That is true here: one processor core, matrices of 32 columns. In large matrices the extra work is a small part of a step; Muon's author computes under 1 %. Always ask: equal steps, or equal seconds?
#
# </details>
#
# ## A real model is a list of these switches
#
# The map of lesson 9, with the sizes of SmolLM2. Step through it and look for what is new:

# %% tags=["promise-picture"]
from course.model_stages import gpt_stages
from gptcore.model import GPTConfig
from viz import draw_model_map

draw_model_map(gpt_stages(GPTConfig.preset("smollm2-135m")), repeat=30)

# %% [markdown]
# Now the real weights, 134.5 million of them (Apache-2.0, 93 MB to download: `gptcore fetch smollm2`). Its config, compared with GPT-2's (None: the default; we load it with 512 of its 8,192 positions):

# %% tags=["needs-smollm2"]
from course.experiments.modern import real_model

smollm2, tokenizer = real_model.load_smollm2()
print(*real_model.differences(smollm2.config, GPTConfig.preset("gpt2")), sep="\n")

# %% tags=["needs-smollm2"]
print(*real_model.most_likely(smollm2, tokenizer, "The capital of France is"), sep="\n")

# %% [markdown]
# **Back to lesson 9**, where two layers learned to copy. Give SmolLM2 40 random tokens, and then the same 40 again. Which of its 270 heads attend to the token *after* the first occurrence (induction heads), which to the token before (previous-token heads)?

# %% tags=["needs-smollm2", "answer"]
ids = real_model.random_tokens_twice(smollm2.config.vocab_size)
weights = smollm2.attention_weights(ids)[:, 0]  # (L, H, T, T)
for kind, scores in real_model.head_scores(weights).items():
    best = real_model.best_heads(scores, 3)
    print(f"{kind}:", *(f"layer {layer} head {head} ({scores[layer, head]:.1f})" for layer, head in best), sep="  ")

# %% [markdown]
# Ablate the best induction head, or the best previous-token head. Which one is missed more in the second reading: **A** the induction head, **B** the previous-token head?

# %%
guess("the head that is missed more", ...)

# %% tags=["needs-smollm2", "answer"]
for name, heads in {"nothing": [], "layer 18 head 6": [(18, 6)], "layer 16 head 0": [(16, 0)]}.items():
    first, second = real_model.loss_of_halves(smollm2, ids, heads)
    print(f"ablated: {name:15}  first reading {first:4.1f} nats, second {second:4.1f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# On five random texts the order was the same. Other induction heads can replace 18.6 in part. All of them read what previous-token heads wrote. The mechanism of two toy layers is in a real model, found and removed with the same few lines.
#
# </details>
#
# ## Summary
#
# First write your own sentence: *A change of the block is better if ...*
#
# - An **ablation study** changes one switch; a **confidence interval** over seeds says whether a difference is more than noise. One seed says nothing.
# - **RoPE** rotates queries and keys, so that scores depend on distances. It helps most here. For **length extrapolation** it needs a cure, such as a **sliding window**.
# - RMSNorm, **QK-norm** and **logit soft-capping** are for speed and safety; **grouped-query attention** is for the memory of the KV cache.
# - **SwiGLU** (a **gated linear unit**) and **ReLU²** are undecided here. Their means change sides with the initial weights: a ranking holds for its setting.
# - A **mixture of experts** has a **router** with **top-k routing**. **Load balancing** prevents **expert collapse**, which the loss does not show.
# - **Muon** is better at equal steps. At equal seconds the size of the matrices and the machine decide.
# - A real model is a list of such switches, and has induction heads.
#
# ## Sources and further reading
#
# - RoPE: Jianlin Su and others, arXiv 2104.09864. Linear scaling: Shouyuan Chen and others, 2306.15595. YaRN: Bowen Peng and others, 2309.00071. Sliding window: Iz Beltagy and others, 2004.05150.
# - RMSNorm: Biao Zhang and Rico Sennrich, arXiv 1910.07467. QK-norm: Alex Henry and others, 2010.04245. GQA: Joshua Ainslie and others, 2305.13245. SwiGLU: Noam Shazeer, 2002.05202. ReLU²: David So and others, 2109.08668.
# - Mixture of experts: Noam Shazeer and others, arXiv 1701.06538; load balancing: William Fedus and others, 2101.03961. Muon: Keller Jordan and others, 2024; Jingyuan Liu and others, 2502.16982.
# - SmolLM2: Loubna Ben Allal and others, arXiv 2502.02737. Induction heads: Catherine Olsson and others, 2209.11895.
# - The standard implementation: Hugging Face's transformers, `modeling_llama.py`: `apply_rotary_pos_emb`, `repeat_kv`, `LlamaMLP`. Many of these ideas in one small program: Andrej Karpathy, *nanochat*. Ours: `gptcore/model/`.
