# %% [markdown]
# It is ten in the evening. You have a GPU with 12 GB of memory (an RTX 4070), a GPT with 40,953,216 parameters, and three billion tokens. Training keeps four numbers of 4 bytes for each parameter: the weight, its gradient, and
# Adam's two moments, which are the **optimizer state**. What percentage of the 12 GB is that? (Count a GB as 2³⁰ bytes, also written GiB.)

# %% tags=["promise-guess"]
from course import check, guess, same

guess("how much of the card, in percent", ...)

# %% [markdown]
# First count the parameters by hand. A block has 12 C² numbers in its matrices (lesson 9) and two norms of C. Around the blocks are a token table, a position table and a last norm.

# %% tags=["promise-by-hand", "answer"]
from gptcore.training import budget

V, T, L, C = 50_304, 1024, 12, 384
parameters = V * C + T * C + L * (12 * C**2 + 2 * C) + C
run_40m = budget("fineweb-40m", gpu="rtx4070")
same(parameters, run_40m.parameters, within=0)
print(f"4 numbers of 4 bytes for each: {16 * parameters / 2**30:.2f} GiB, {16 * parameters / 2**30 / 12:.1%} of the card")

# %% [markdown]
# You choose 16 rows of 1,024 tokens, start, and read:
#
# `torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 3.07 GiB.`
#
# This lesson predicts that error on a laptop: will it fit, how long will it take, how good will it be.
#
# ## Memory: the logits are larger than the model
#
# What needs 3.07 GiB? At each of 16 × 1,024 positions the model computes a logit of 4 bytes for each of 50,304 tokens. At the worst moment three arrays of that size exist: the probabilities, their gradient, and the gradient of the logits.
# **Activation memory** is what the blocks keep for the backward pass.

# %%
from course.experiments.hardware.budgets import memory

sixteen = memory(rows=16)  # in bytes, for the 40M model
for part, size in (sixteen | {"together": sum(sixteen.values())}).items():
    print(f"{part:12}{size / 2**30:6.2f} GiB")

# %% [markdown]
# The logits are 74 % of it. With 1 row instead of 16, what percentage are they?

# %%
guess("share of the logits with 1 row, in percent", ...)

# %% [markdown]
# The rows that go through the model together are a **micro-batch**. Look at what grows with it in the picture, and at what does not.

# %% tags=["promise-picture", "promise-ah", "answer"]
from viz import draw_memory

bars = {f"micro-batch {rows}": memory(rows) for rows in (1, 4, 8, 16)}
draw_memory(bars, capacity=12 * 2**30, title="What fills the card is not the model")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Weights, gradients and optimizer state are the three narrow stripes on the left. They are the same in all four bars. One row's logits are nearly as large as the three together.
#
# </details>
#
# Eight rows fit, sixteen do not. A step of this run needs 512 rows, so it adds up the gradients of 64 micro-batches of 8 (lesson 12). Driver, desktop and gaps between tensors take about a tenth of a card, so a bar should end well before the edge.
#
# ## Three ways to need less memory
#
# **1. Compute the loss in chunks.** The loss is a sum over positions. Take some positions, compute their logits, loss and gradients, throw the logits away, and take the next ones.

# %%
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)  # so that your numbers are ours

# %% tags=["promise-toy"]
def loss_in_chunks(model, ids, targets, chunk):
    x = model.forward_hidden(ids).flatten(0, 1)  # (B, T) -> (B * T, C): all blocks, once
    ends = x.detach().requires_grad_()  # the backward pass waits here
    total = 0.0
    for piece, wanted in zip(ends.split(chunk), targets.flatten().split(chunk)):
        loss = F.cross_entropy(model.unembed(piece), wanted, reduction="sum")  # (chunk, V) -> ()
        loss.backward()  # its logits are not needed any more
        total += loss.item()
    x.backward(ends.grad)  # now through the blocks
    return total

# %%
from gptcore.model import GPT, GPTConfig
from gptcore.training import LossSum

wide = GPT(GPTConfig(block_size=64, n_layer=1, n_head=4, n_embd=32), torch.Generator().manual_seed(1))
ids = torch.randint(50_257, (2, 65), generator=torch.Generator().manual_seed(1))
x, y = ids[:, :-1], ids[:, 1:]
by_hand = loss_in_chunks(wide, x, y, chunk=16), wide.wte.weight.grad.clone()
wide.zero_grad()
imported = LossSum(wide, chunk=16)(x, y)  # from the package: --loss_chunk
imported.backward()
same(by_hand, [imported, wide.wte.weight.grad], within=1e-9)

# %% [markdown]
# **2. Activation checkpointing.** Each block keeps only its input, and computes the rest again in the backward pass. A backward pass takes about twice the time of a forward pass. One more forward pass is therefore a third more time. So **activation checkpointing** trades time for memory.
#
# **3. FlashAttention.** Attention weights are T × T for each head and row. A plain program stores them: here 12 layers × 16 rows × 12 heads × 1,024² × 2 bytes are 4.5 GiB. **FlashAttention** computes attention block by block and never stores them. In PyTorch it is
# `F.scaled_dot_product_attention` (SDPA). Our budget assumes it.

# %%
bars = {
    "as it is": memory(16),
    "loss in chunks": memory(16, loss_chunk=2048),
    "checkpointing": memory(16, activation_checkpointing=True),
    "both": memory(16, activation_checkpointing=True, loss_chunk=2048),
    "compiled": memory(16, compile=True),
}
draw_memory(bars, capacity=12 * 2**30, title="16 rows: the same loss, five sizes")

# %% [markdown]
# (`torch.compile` joins softmax and loss into one loop, and stores the logits once, in 16 bits.) Now change the sizes yourself. First double the rows, then the width, then the number of heads. Each time, predict how much longer the bar becomes.

# %% tags=["promise-control"]
from course.experiments.hardware.budgets import plan
from gptcore.training import GPUS
from viz import BudgetDial

BudgetDial(plan, gpus=GPUS)

# %% [markdown]
# <details><summary>What happened</summary>
#
# Twice the rows need nearly twice the memory. Twice the width needs a third more, and twice the heads need the same.
#
# </details>
#
# **Exercise 1.** A larger model: 124,373,760 parameters, 12 blocks, width 768, 50,304 tokens, 8 rows of 1,024 tokens. How many GiB are its weights, gradients, optimizer state, and *one* array of logits? All numbers have 4 bytes.

# %% tags=["promise-exercise"]
in_gib = {"weights": ..., "gradients": ..., "optimizer state": ..., "logits": ...}
check("memory of 124M", in_gib)

# %% [markdown]
# ## Number formats: half the bits, and a sum is rounded away
#
# Half the bits, half the memory. A floating-point number has a sign, an **exponent** (how large it is) and a **mantissa** (its digits).

# %% tags=["promise-picture"]
from viz import draw_formats

draw_formats(0.1, title="0.1 in five formats, and none stores it exactly")

# %% [markdown]
# **bfloat16** keeps the exponent of float32 and gives up mantissa: the same range, 8 significant bits. (Seven are stored. The first one is always 1, so no format stores it.) **float16** has more mantissa and a smaller range: above 65,504 it overflows, below 3 · 10⁻⁸ it is 0. Gradients are that small, so float16 needs
# loss scaling (lesson 12). **fp8** has 8 bits, and each matrix needs a scale of its own. What is 256 + 1 in bfloat16?

# %%
guess("256 + 1 in bfloat16", ...)

# %% tags=["answer"]
big = torch.tensor(256.0, dtype=torch.bfloat16)
print([(big + more).item() for more in (1, 2, 3)])
draw_formats(257, ["float32", "bfloat16"])

# %% [markdown]
# ## A silent failure: fine-tuning in bfloat16
#
# Ada and Bo fine-tune the GPT of this course on names, both in bfloat16. A third run uses all digits. Same rows, same learning rate, same Adam. (Thin lines are single steps. Thick lines, and the numbers beside the names, are running means. Two of the three curves coincide.)

# %% tags=["promise-failure"]
from course.checkpoint import one_row, stories_gpt
from course.failures.lesson_11 import learning
from gptcore.corpus import load_documents
from viz import draw_loss

model, tokenizer = stories_gpt()
names = one_row(load_documents("names"), tokenizer)
runs = {whose: list(learning(whose, names, steps=60)) for whose in ("all digits", "Ada's", "Bo's")}
draw_loss({whose: [r.loss for r in records] for whose, records in runs.items()}, title="Three programs, one learning rate")

# %%
for whose, records in runs.items():
    first, last = records[0].grad_norm, records[-1].grad_norm
    print(f"{whose:11} gradient norm {first:.2g} in the first step, {last:.2g} in the last")

# %% [markdown]
# Bo's loss hardly moves. What is wrong? **A**: the learning rate is too small. **B**: in bfloat16 his gradients are 0. **C**: his weights do not move.

# %%
guess("what stopped Bo's run", ...)

# %% tags=["answer"]
for whose, records in runs.items():
    print(f"{whose:11} weights that changed: {records[0].moved:.0%} in the first step, {records[-1].moved:.0%} in the last")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Adam moves each weight by about the learning rate, 0.00003. The neighbours of 0.1 in bfloat16 are 0.0005 away, so such a weight is rounded back, in every step. Nothing raises an error. A higher learning rate would hide it.
#
# Ada multiplies in bfloat16 as Bo does, but adds her steps to **master weights** in float32, and makes a bfloat16 copy for each step. PyTorch's autocast does the same (lesson 12). So bfloat16 saves time and activation memory, and nothing on
# weights, gradients and optimizer state.
#
# </details>
#
# **Exercise 2.** Write Ada's update. `master` and `grad` are float32 tensors. Return the new master weights, and their copy in bfloat16 (`.bfloat16()`).

# %% tags=["promise-exercise"]
def update(master, grad, learning_rate):
    """The new weights, and a copy of them in bfloat16."""
    return ..., ...


check("update", update)

# %% [markdown]
# ## Time: count FLOPs, then ask "percent of what?"
#
# A **FLOP** is one floating-point operation, an addition or a multiplication. Each parameter needs 2 for each token in the forward pass, and 4 in the backward pass: the **FLOPs per token** are 6N. Attention adds 12 L C T: in L layers, queries with T keys and weights with T values, each 2 C T forward and twice that backward.

# %%
from gptcore.training import GPUS, flops_per_token

multiplying = parameters - T * C  # positions are looked up and added
per_token = 6 * multiplying + 12 * L * C * T
same(per_token, flops_per_token(run_40m.model), within=0)
print(f"{per_token:,} FLOPs per token, {per_token * 3_145_728_000:.2g} for 3.1 billion tokens")

# %% [markdown]
# **MFU** (model FLOPs utilization) divides the FLOPs that a run did per second by the peak of the GPU. A report says: "11 to 12 % MFU is normal on an RTX 4070". It comes from nanoGPT's log, which divides by 312 TFLOP/s, the peak of an *A100*, on every card. The 4070's own peak is 58.3 TFLOP/s:
# 184 tensor cores × 128 operations × 2.475 GHz. What percentage of its own peak is 11.5 % of an A100's?

# %%
guess("its own peak, in percent", ...)

# %% tags=["answer"]
achieved = 0.115 * 312e12
print(f"{achieved / 1e12:.1f} TFLOP/s are {achieved / per_token:,.0f} tokens per second")
for name in ("a100-80", "rtx4070"):
    gpu = GPUS[name]
    print(f"{gpu.title:16} peak {gpu.flops_per_second / 1e12:6.1f} TFLOP/s: {achieved / gpu.flops_per_second:.1%}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Six tenths of its own peak: a very busy card. The report adds that the card is "limited by its memory, not by computing". That is wrong. A program is **memory-bound** if it waits for data, and **compute-bound** if it waits for arithmetic. The *size* of the memory decides
# what fits, not how fast it runs.
#
# </details>
#
# Which one is it? The 4070 reads 504 GB per second, so it can do 116 FLOPs in the time of one byte. Compare with a matrix product of B × T rows with a C × C matrix in bfloat16:

# %%
for rows in (1, 64, 1024, 8192):
    flops, n_bytes = 2 * rows * C * C, 2 * (2 * rows * C + C * C)
    bound = "compute" if flops / n_bytes > 58.3e12 / 504e9 else "memory"
    print(f"{rows:5} rows: {flops / n_bytes:6.1f} FLOPs per byte, {bound}-bound")

# %% [markdown]
# A model that writes one token at a time has one row, so it waits for memory. Training has many rows, so it waits for arithmetic.
#
# How long will it take on *your* card? Nobody has measured this run on all cards, so use one common assumption: 30 to 60 % MFU. The last column is a measurement of ours.

# %%
run_flops = per_token * 3_145_728_000
measured = {"h200": 3_145_728_000 / 1_033_000 / 3600}  # tokens per second: 27 November 2026, this model
for name in ("rtx3060", "rtx4070", "rtx4090", "a100-80", "h200"):
    hours = [run_flops / (mfu * GPUS[name].flops_per_second) / 3600 for mfu in (0.6, 0.3)]
    note = f"   measured: {measured[name]:.2f}" if name in measured else ""
    print(f"{GPUS[name].title:18} {hours[0]:5.1f} to {hours[1]:5.1f} hours (assumed MFU){note}")

# %% [markdown]
# **Tokens per second** on your own card: `gptcore doctor --rate` measures them in 20 steps. The 4070 draws 200 watts: 1.5 to 3 kWh for this run, and a hot bath takes 5.2. A power limit of 70 % (`nvidia-smi -pl`) costs little speed.
#
# ## Scaling laws: for each budget there is a best size
#
# Suppose you may spend a fixed number of FLOPs. A large model sees few tokens, a small one many. In between is the best: **compute-optimal** training. We try it on the GPT of lesson 7 with one block, in four widths. It learns the letters of stories.

# %%
from course.experiments.hardware.scaling import loss_for

spent = {flops: {width: loss_for(flops, width) for width in (4, 8, 16, 32)} for flops in (4e8, 1.6e9)}
for flops, results in spent.items():
    best = min(results, key=results.get)
    print(f"{flops:.1e} FLOPs: width {best} is best;", ", ".join(f"{w}: {loss:.2f}" for w, loss in results.items()))

# %% [markdown]
# Now spend four times as much again, 6.4e9. Which width is best: 4, 8, 16 or 32?

# %%
guess("the best width for 6.4e9 FLOPs", ...)

# %% tags=["answer"]
from viz import draw_scaling

spent[6.4e9] = {width: loss_for(6.4e9, width) for width in (8, 16, 32)}
curves = {f"{flops:.1e} FLOPs": (list(results), list(results.values())) for flops, results in spent.items()}
draw_scaling(curves, x="width", unit="loss (nats per letter)", title="Sixteen times the FLOPs: the minimum is at twice the width")

# %% [markdown]
# <details><summary>What happened</summary>
#
# With sixteen times the FLOPs the minimum is at 16, not at 8: a larger budget wants a larger model *and* more tokens. (Five seeds give the same three widths. With half the learning rate, widths 8 and 16 are nearly equal: three points are an illustration, not a law. Width 4 would need more letters than the stories have.)
#
# </details>
#
# A line through such minima, on logarithmic axes, is a **scaling law**. Chinchilla measured over 400 language models: model and text should grow alike, about **20 tokens per parameter**.
#
# **Exercise 3.** The 40M run costs 9.4e17 FLOPs. Leave attention out: a model costs 6 FLOPs for each parameter and token. With 20 tokens per parameter, which model and how many tokens spend 9.4e17 best?

# %% tags=["promise-exercise"]
well_spent = {"parameters in millions": ..., "tokens in billions": ...}
check("9.4e17 FLOPs", well_spent)

# %% [markdown]
# (Chinchilla's rule counts training only. A model that many people use should be smaller and trained longer.)
#
# ## Advice, checked: which of nine sentences hold?
#
# | | |
# |---|---|
# | **A** | a model of width 768 fits on 12 GB with a micro-batch of 12 |
# | **B** | width 576 takes about 10.5 GB with a micro-batch of 16 |
# | **C** | 16 × 32 rows of 1,024 tokens are 524 thousand tokens a step; 6,000 steps are 3.1 billion |
# | **D** | one file of FineWeb has 10 billion tokens |
# | **E** | the first loss of such a run is 10.88 |
# | **F** | GPT-2 with 124M parameters ends at 3.1 nats after 1 trillion tokens |
# | **G** | on Shakespeare by characters, 1M parameters end at 1.7 bits, a loss of 2.1 nats |
# | **H** | GPT-2 has 1.6 billion parameters |
# | **I** | the least possible loss is 0 |

# %%
guess("the claims that hold", ...)

# %% tags=["answer"]
for claim, rows, width in (("A", 12, 768), ("B", 16, 576)):
    as_it_is, compiled = (sum(memory(rows, width, compile=how).values()) / 2**30 for how in (False, True))
    print(f"{claim}: {as_it_is:.1f} GiB as it is, {compiled:.1f} GiB compiled")
print(f"C: {16 * 32 * 1024:,} tokens a step, {6000 * 16 * 32 * 1024:,} in 6,000")

# %% tags=["answer"]
from math import log

fresh = GPT(GPTConfig(n_layer=1, n_head=12, n_embd=384, block_size=256), torch.Generator().manual_seed(1))
ids = torch.randint(50_257, (1, 257), generator=torch.Generator().manual_seed(2))
with torch.no_grad():
    first = fresh(ids[:, :-1], ids[:, 1:])[1].item()
print(f"E: ln 50304 = {log(50_304):.2f}; a little more, because first logits differ; measured {first:.1f}")

# %% [markdown]
# <details><summary>Verdicts</summary>
#
# **A** is true when compiled, false otherwise: advice must say which. **B** is near neither number. **D**: 0.7 billion (lesson 10). **F**: nanoGPT's run reads 295 billion tokens and ends at 2.85; 3.12 is the loss of OpenAI's weights on nanoGPT's text, OpenWebText. **H**: four sizes have that name, from 124M on. **I**: no
# model can predict chance. **C** and **E** hold. **G** is left:
#
# </details>
#
# **Back.** A bit is ln 2 = 0.693 nats (lesson 5). nanoGPT's model of 0.80M parameters ends at 1.88 nats per character. How many bits is that?

# %% tags=["promise-back"]
guess("1.88 nats in bits", ...)

# %% [markdown]
# The number of bits is always larger. So 1.7 bits and 2.1 nats cannot be one loss, and **G** is wrong: someone swapped the units.
#
# ## Summary
#
# In your own words first: *before a long run, compute ...*
#
# - Memory: weights, gradients and optimizer state are 16 bytes per parameter; logits and activation memory grow with the micro-batch.
# - Chunked loss, activation checkpointing and FlashAttention need less memory for the same loss.
# - bfloat16 has the exponent of float32 and a short mantissa; weights are updated in float32 master weights.
# - FLOPs per token are 6N; MFU is a percentage of a peak, so ask of which GPU.
# - Scaling laws: a compute-optimal model has about 20 tokens per parameter.
#
# ## Sources and further reading
#
# - MFU: Chowdhery and others, *PaLM*, arXiv 2204.02311, appendix B. Number formats: Kalamkar and others, arXiv 1905.12322; master weights: Micikevicius and others, *Mixed Precision Training*, arXiv 1710.03740.
# - Activation checkpointing: Chen and others, arXiv 1604.06174; `torch.utils.checkpoint`. FlashAttention: Dao and others, arXiv 2205.14135.
# - Scaling laws: Kaplan and others, arXiv 2001.08361; Hoffmann and others, *Training Compute-Optimal Large Language Models* (Chinchilla), arXiv 2203.15556.
# - nanoGPT's `estimate_mfu` in `model.py`, and its README for 2.85 and 3.12. `gptcore budget fineweb-40m --gpu rtx4070` prints this lesson for any size.
