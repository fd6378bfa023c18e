# %% [markdown]
# A run needs 512 rows of text for one step. A GPU has memory for 16 rows at a time. So it computes 32 micro-batches (lesson 11) of 16 rows, one after another, and then makes one update. Another GPU has half the memory, and computes 64 micro-batches of 8 rows. Everything else is equal.
# Which run ends with the better model: **A** the one with 16 × 32, **B** the one with 8 × 64, **C** neither?

# %% tags=["promise-guess"]
from course import check, guess, same

guess("16 x 32 or 8 x 64", ...)

# %% [markdown]
# Such a run lasts a night, and nights are long: the machine installs an update, the power fails. In this lesson you plan a run, start it, kill it, resume it, and compare it with one that nothing happened to.
#
# ## Gradient accumulation: the batch is for learning, the micro-batch for memory
#
# The **global batch size** is the number of rows that one step learns from. The gradient is a mean over all predictions of the batch. Say four predictions have the gradients 3, 5, 1 and 7 for some weight. Their mean is 4. Now split them:

# %% tags=["promise-by-hand"]
import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)  # so that your numbers are ours

grads = torch.tensor([3.0, 5.0, 1.0, 7.0])
for sizes in ([4], [2, 2], [3, 1]):
    means = [part.mean().item() for part in grads.split(sizes)]
    weighted = sum(mean * size for mean, size in zip(means, sizes)) / 4
    print(f"{str(sizes):7} mean of the means {sum(means) / len(means):.0f}, weighted by size {weighted:.0f}")

# %% [markdown]
# The mean of the means is wrong when the parts differ in size. They do: padding does not count (lesson 8), so a micro-batch of short texts has fewer predictions.
#
# **Exercise 1.** The loss of a batch. `micro_batches` is a list of pairs: the mean loss of a micro-batch, and the number of its tokens that count.

# %% tags=["promise-exercise"]
def batch_loss(micro_batches):
    """The mean over all tokens that count."""
    return ...


check("batch_loss", batch_loss)

# %% [markdown]
# Now with a model of one block, and with rows of 32 tokens from stories.

# %%
from pathlib import Path
from tempfile import TemporaryDirectory

from course.experiments.training.story_runs import first_batch, new_gpt, rows

room = TemporaryDirectory()  # deleted when the kernel stops
folder = Path(room.name)
x, y = first_batch(16)
print(tuple(x.shape), "tokens, and an untrained loss of", f"{new_gpt()(x, y)[1].item():.1f}")

# %% [markdown]
# Sixteen rows in one, two and four micro-batches. `backward` adds to the gradients that are there (lesson 3). Using that on purpose is **accumulation**. Are the gradients the same?

# %% tags=["answer"]
def grads_in(micro_batches):
    gpt = new_gpt()
    for part_x, part_y in zip(x.chunk(micro_batches), y.chunk(micro_batches)):
        _, loss = gpt(part_x, part_y)
        (loss / micro_batches).backward()  # all have the same number of tokens
    return [weight.grad for weight in gpt.parameters()]


for micro_batches in (2, 4):
    same(grads_in(micro_batches), grads_in(1), within=1e-12)

# %% [markdown]
# <details><summary>What happened</summary>
#
# They are the same, so both runs are the same (apart from rounding). The micro-batch is a question of memory.
#
# </details>
#
# Why 512 rows and not 4? Compute the gradient of one matrix for 512 rows, one by one. How far is the mean of 1, 4, 16 or 64 of them from the mean of all?

# %%
from course.experiments.training.story_runs import gradient_of_each_row

grads = gradient_of_each_row(512)  # (512, numbers of the matrix)
mean = grads.mean(dim=0)
for n in (1, 4, 16, 64):
    means = grads.view(512 // n, n, -1).mean(dim=1)
    noise = (means - mean).norm(dim=1).mean() / mean.norm()
    print(f"{n:3} rows: {noise:.2g} times the length of the mean")

# %% [markdown]
# The gradient of one row is almost pure noise. Four times the rows halve the noise, so 512 rows have about 0.3. Each halving costs four times as much: larger batches help less and less.
#
# ## AdamW: weight decay outside of the gradient
#
# **AdamW** is Adam (lesson 4) with **weight decay**: each step also multiplies every weight by 1 − rate × decay. The **betas** say how much of its two moments each step keeps: 0.9 and 0.95 in most GPTs. The older way is Adam with L2: add decay × weight to the *gradient*.
#
# Two weights are 1. The gradient of one alternates between +100 and −100, the gradient of the other between +0.01 and −0.01. So only the decay has a direction. After 1,000 steps of Adam with L2, which weight is near 0: **A** the one with large gradients, **B** the one with small gradients, **C** both, **D** neither?

# %%
guess("the weight that is drawn to 0", ...)

# %% tags=["answer"]
def after(optimizer, steps):
    """Two weights that were 1; their gradients change sign at each step, as noise does."""
    weights = torch.ones(2, requires_grad=True)
    moves = optimizer([weights], lr=0.01, weight_decay=0.1)
    for step in range(steps):
        weights.grad = torch.tensor([100.0, 0.01]) * (-1) ** step
        moves.step()
    return weights.detach()

# %% tags=["answer"]
for optimizer in (torch.optim.Adam, torch.optim.AdamW):
    large, small = after(optimizer, 1000).tolist()
    print(f"{optimizer.__name__:5} large gradients {large:.1f}, small gradients {small:.1f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Adam divides each gradient by its usual size, and divides the added L2 term with it. 0.1 in 100.1 is nothing, 0.1 in 0.11 is nearly everything. AdamW multiplies both weights by 0.999 in each step, and 0.999 to the power 1,000 is 0.37. PyTorch accepts `weight_decay` in both optimizers, without a warning.
#
# </details>
#
# GPTs apply weight decay to matrices, and not to norms or biases. On a GPU use **fused AdamW**: `AdamW(..., fused=True)` updates all weights in one pass. Muon is a newer optimizer: it makes the update of each matrix orthogonal.
#
# The **gradient norm** is the length of all gradients together. **Gradient clipping** scales a longer gradient down, usually to norm 1. Watch the norm in the log: a forgotten division by 32 micro-batches shows only there.
#
# ## Schedules: warm-up, then down
#
# First find a learning rate. Try four of them for 60 steps, each ten times the one before:

# %%
from dataclasses import replace

from gptcore.training import TrainConfig, train

short_run = TrainConfig(max_steps=60, warmup_steps=20, batch_size=4, schedule="constant", device="cpu")
ends = {}
for lr in (0.001, 0.01, 0.1, 1.0):
    losses = [step.train_loss for step in train(new_gpt(), rows("train"), replace(short_run, learning_rate=lr))]
    ends[lr] = sum(losses[50:]) / 10
print("from the lowest loss to the highest:", *sorted(ends, key=ends.get))
print("worse than untrained, ln 512 = 6.24:", *(lr for lr in ends if ends[lr] > 6.24))

# %% [markdown]
# 0.001 is too slow, 0.1 too fast, and 1.0 destroys the model. Take the best, or somewhat less.
#
# In its first step Adam moves every weight by the full rate, although it has seen only one batch. **Warm-up** lets the rate rise from near 0 over the first steps. Afterwards the **cosine schedule** lowers it along half a wave:

# %% tags=["promise-toy"]
from math import cos, pi

from gptcore.training import find_preset, learning_rate


def cosine(step, max_steps=6000, warmup=700, high=5e-4, low=5e-5):
    if step <= warmup:
        return high * step / (warmup + 1)
    left = (max_steps - step + 1) / (max_steps - warmup)  # from 1 to nearly 0
    return low + (high - low) * (1 - cos(pi * left)) / 2

# %%
night = find_preset("fineweb-40m").train
every_step = range(1, night.max_steps + 1)
same([*map(cosine, every_step)], [learning_rate(night, step) for step in every_step], within=1e-15)

# %% [markdown]
# Such a run ended with a validation loss of 4.17, and somebody advises: "continue to 12,000 steps". You set `max_steps` to 12,000 and resume. What does the loss do next? **A**: it falls as before. **B**: it rises first. **C**: hardly anything, because the rate is at its minimum.

# %%
guess("just continue to 12,000", ...)

# %% [markdown]
# Compare the plan for 6,000 steps (solid) with the plan for 12,000 (dashed). The **WSD schedule** (warm-up, stable, decay) has a constant rate, and falls only at the end. Choose *wsd* in the list. From which checkpoint could you continue without a jump?

# %% tags=["promise-control", "answer"]
from course.experiments.training.story_runs import rate_at
from viz import ScheduleDial

ScheduleDial(rate_at, max_steps=6000, learning_rate=5e-4)

# %% [markdown]
# The same with a small model. Two runs of 200 steps, cosine and WSD, continue to 400. A third is a cosine that was planned for 400. Look at step 200, first in the rates, then in the losses.

# %% tags=["answer"]
from course.experiments.training.story_runs import continued_runs
from viz import draw_runs

runs = continued_runs()
draw_runs(runs, x="step", y="learning_rate", title="The learning rates of three runs")

# %% tags=["promise-picture", "answer"]
draw_runs(runs, x="step", title="Planned for 200 steps, continued to 400")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The cosine's rate jumps at step 200, and the loss rises. On five seeds it rose each time, and took 20 to 50 steps to recover. On all five the continued cosine ended highest, 0.05 to 0.1 above the planned one.
#
# WSD continued from step 160, the last one with the full rate: gptcore always keeps that checkpoint. So decide the length before a cosine, or use WSD.
#
# </details>
#
# **Exercise 2.** Write a WSD schedule. The full rate is 1. Ten steps up: 1/11, 2/11 ... 10/11. Then 1. Over the last fifth of all steps it falls in a straight line. The first step of this fifth still has 1, and the step *after* the last would have 0. Steps count from 1.

# %% tags=["promise-exercise"]
def rate(step, max_steps):
    """The fraction of the full learning rate in this step."""
    return ...


check("rate", rate)

# %% [markdown]
# ## A live run: loss and text, side by side
#
# Now watch one: 96 numbers per token, 500 steps of eight rows. Each time the validation loss passes 5, 4, 3 and 2.3, the model writes a few words. At 2.3, do you expect letters, words, or sentences?

# %%
from course.experiments.training.story_runs import tokenizer
from gptcore.training import generate_text

gpt = new_gpt(n_embd=96, block_size=64)
config = TrainConfig(max_steps=500, batch_size=8, learning_rate=0.01, min_learning_rate=0, warmup_steps=20)
config = replace(config, eval_every=10, eval_tokens=2048, device="cpu")


def write():
    return "".join(generate_text(gpt, tokenizer(), max_new_tokens=24, temperature=0.7, seed=3))

# %% tags=["promise-ah", "promise-picture"]
from viz import LossPlot

plot = LossPlot("Your run, and what it wrote", last_step=500, pin_at=(5, 4, 3, 2.3), sample=write)
for step in train(gpt, rows("train", 8, 64), config, val=rows("val", 8, 64)):
    plot.add(step.step, train=step.train_loss, val=step.val_loss)

# %% [markdown]
# First tokens in any order, then invented words, then real words between invented ones. At 2.3 most words are real, and the sentence has no meaning yet. (`gptcore train --help` shows how to log to TensorBoard.)
#
# ## Checkpoint and resume: kill it
#
# Now the run is a process, with the command that you would type. Every 50 steps it writes a **checkpoint**: weights, optimizer state, and the step. Two such runs start. One is left alone. The other is killed after 70 steps, without a warning.

# %%
import sys

from course.experiments.hardware.processes import start, wait_for

command = [sys.executable, "-m", "gptcore.cli", "train", "names", "--device", "cpu"]
command += ["--max_steps", "240", "--checkpoint_every", "50", "--out_dir"]
whole = start([*command, folder / "whole"])
killed = start([*command, folder / "killed"])
wait_for(killed, 70)  # more lines in its log, log.jsonl
killed.kill()
print("exit code", killed.wait())

# %% [markdown]
# Exit code −9 is the signal SIGKILL. To **resume** is to continue from the last checkpoint: the same command with `--resume`. We stop it once more, politely, with SIGTERM, which a machine sends when it shuts down.

# %%
stopped = start([*command, folder / "killed", "--resume"])
wait_for(stopped, 60)
stopped.terminate()
print("exit code", stopped.wait())

# %% [markdown]
# The run finished its step, wrote a checkpoint, and says 75: *resume me*. 0 means finished, 1 means an error, 2 means wrong arguments. (Windows has no SIGTERM; there the second stop is a kill, too.)
#
# **Exercise 3.** `start()` runs the command and returns its exit code. Start it again as long as it asks for that. Return the last code.

# %% tags=["promise-exercise"]
def keep_going(start):
    """Starts again as long as the run asks for it; the last exit code."""
    return ...


check("keep_going", keep_going)

# %% [markdown]
# <details><summary>The same in a terminal</summary>
#
# Your function is a file `keep_going.sh`, started with `sh keep_going.sh`. `$?` is the last exit code, and the first line lets Ctrl-C end both:
#
#     trap exit INT
#     while gptcore train ... --resume; [ $? -eq 75 ]; do echo resumed; done
#
# </details>
#
# **Back.** A resumed run must read the rows that come next. Batch size and length of a row are fixed. From how many further numbers (0, 1, 2 ...) does lesson 10's `Batches` compute the rows of a step?

# %% tags=["promise-back"]
guess("what the rows need to go on", ...)

# %% [markdown]
# Now resume to the end. Does every loss equal the loss of the run that was left alone? In how many digits: 3, 6, "all"?

# %%
guess("digits in which both runs agree", ...)

# %% tags=["answer"]
from gptcore.training import read_log

resumed = start([*command, folder / "killed", "--resume"])
print("exit codes", resumed.wait(), whole.wait())
losses = [[step.train_loss for step in read_log(folder / out)] for out in ("whole", "killed")]
same(*losses, within=0)

# %% tags=["answer"]
from hashlib import sha256

for file in ("model.safetensors", "optimizer.safetensors"):
    contents = [(folder / out / "latest" / file).read_bytes() for out in ("whole", "killed")]
    print(f"{file}: two runs, {len({sha256(content).hexdigest() for content in contents})} hash")

# %% [markdown]
# <details><summary>What it takes</summary>
#
# **Determinism**: the same inputs give the same bits. A checkpoint appears under its name only when it is complete. It holds the optimizer state. Rows and dropout are computed from seed and step. All this holds on a CPU with the same number of threads; on a GPU some sums change their order, and the last digits differ.
#
# </details>

# %% [markdown]
# ## A silent failure: resuming without a jump in the loss
#
# Ada and Bo share a machine that restarts all programs every 30 steps. Both resume weights, step and optimizer state. Their training losses:

# %% tags=["promise-failure"]
from course.failures.lesson_12 import eight_starts

runs = {whose: eight_starts(whose) for whose in ("Ada's", "Bo's")}
draw_runs(runs, x="step", y="train_loss", title="Two programs, eight starts each")

# %% [markdown]
# Neither curve has a jump. Which program do you trust?

# %%
guess("the program to trust", ...)

# %% tags=["answer"]
for whose, steps in runs.items():
    print(f"{whose:5} validation loss:", *(f"{step.val_loss:.2f}" for step in steps if step.val_loss))

# %% tags=["answer"]
from viz import draw_loss

losses = [step.train_loss for step in runs["Bo's"]]
stretches = {f"start {k + 1}": losses[30 * k : 30 * k + 30] for k in range(4, 8)}
draw_loss(stretches, title="Bo's losses after each of the last four starts")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Bo's bumps repeat after each start, so his batches repeat. His generator gets its seed when the program starts. In 240 steps he read 30 batches eight times, and memorised them. The validation loss says *that* something is wrong, the first batches after a start say *what*.
#
# </details>
#
# ## Loss spikes and NaN: the loss is checked before the update
#
# A **loss spike** is a sudden jump of the loss. Most runs recover from one; some end in NaN. Someone types `3e3` for `3e-3`, in float16:

# %%
import re
from textwrap import fill

from gptcore.training import NonFiniteError

typed = TrainConfig(max_steps=99, batch_size=4, learning_rate=3e3, warmup_steps=10, dtype="float16", device="cpu")
try:
    for step in train(new_gpt().float(), rows("train"), typed):
        print(f"step {step.step}: loss {step.train_loss:.2f}")
except NonFiniteError as error:
    print(fill(re.sub(r"\S+(?=train\.bin)", "", str(error)), 100))  # without the folder

# %% [markdown]
# The loss is checked *before* the update. One update with NaN would destroy every weight, and every later checkpoint. Resume from a checkpoint before the mistake, with a lower rate.
#
# ## Mixed precision: 16 bits, and a factor against zeros
#
# **Mixed precision** computes products in 16 bits, and keeps weights and optimizer state in float32 (lesson 11). PyTorch's **autocast** chooses the format for each operation. In float16 a small gradient becomes 0. **Loss scaling** prevents it: multiply the loss by a large number, and divide the gradients by it again:

# %%
small = torch.tensor(2e-8)
print("float16:", small.half().item(), " scaled:", f"{(small * 1024).half().item() / 1024:.0e}")

# %% [markdown]
# bfloat16 has the range of float32, and does not need it.
#
# **`torch.compile`** reads the model once, which takes half a minute. It joins many small operations into few large ones.
#
# ## Two recorded runs: which loss rises?
#
# Here are two runs that we recorded on an NVIDIA H200. Both had only 2.2 million tokens, and read each 15 times. `fineweb-40m-fast` uses Muon and learns faster. Each run has a training and a validation loss. Predict: one of the four rises at the end. Which?

# %% tags=["answer"]
from course.recorded import recorded_runs

for run in recorded_runs():
    print(f"{run.name}: {run.gpu}, {run.date}, {run.steps[-1].step:,} steps")
    display(draw_loss(run.losses, title=f"{run.name} on 2.2 million tokens of FineWeb"))

# %% [markdown]
# <details><summary>What happened</summary>
#
# The validation loss of `fineweb-40m-fast` rises to 9.2, worse than after 25 steps, while its training loss falls below 0.8. It memorises the text. A faster optimizer does not help where text is missing.
#
# </details>
#
# How good were lesson 11's predictions for this card, for 40M and 32 rows? Memory: 24.26 GiB predicted, 24.27 measured. Speed: 1,352,000 tokens per second predicted, 1,033,000 measured. That is 31 % too much: narrow matrices use a GPU less. Lesson 11's budget now has a factor for it.
#
# **Evaluation** is more than the loss. Benchmarks such as HellaSwag ask which of four endings of a text is the most likely: 25 % is chance, GPT-2 (124M) has about 29 %. `model.to_hf(folder)` writes a folder that Hugging Face's *transformers* and evaluation programs can load.
#
# The rest is optional, 15 minutes more: several GPUs, a night on a GPU of your own, and four questions.
#
# ## Optional: several GPUs all-reduce their gradients
#
# **Data parallel** training (DDP) has a copy of the model on each GPU. Each copy gets its own micro-batches. The copies exchange only gradients. An **all-reduce** replaces each gradient by its mean over all copies:

# %%
copies = [new_gpt(), new_gpt()]
for copy, half_x, half_y in zip(copies, x.chunk(2), y.chunk(2)):
    copy(half_x, half_y)[1].backward()
for pair in zip(*(copy.parameters() for copy in copies)):
    mean = sum(weight.grad for weight in pair) / 2  # the all-reduce
    for weight in pair:
        weight.grad = mean

# %%
same([weight.grad for weight in copies[0].parameters()], grads_in(2), within=1e-12)
for copy in copies:
    torch.optim.AdamW(copy.parameters()).step()
same([*copies[0].parameters()], [*copies[1].parameters()], within=0)

# %% [markdown]
# Two GPUs do what one does with twice the accumulation. The command is `torchrun --standalone --nproc_per_node=2 -m gptcore.cli train names --out_dir two`. A model may be too large for one GPU. With `--fsdp True` each GPU keeps a part of weights, gradients and optimizer state, and fetches a block's weights when it needs them (**FSDP**).
#
# ## Optional: a night on a GPU
#
# ```
# gptcore fetch fineweb:CC-MAIN-2013-20/000_00000
# gptcore prepare fineweb:CC-MAIN-2013-20/000_00000 --out fineweb-shards
# gptcore train fineweb-40m --data fineweb-shards --out_dir fineweb-40m --resume
# gptcore sample --out_dir fineweb-40m --prompt "The capital of France is"
# ```
#
# Start them in the folder of the course. The first two make the shards. The next cell does what the third does, with a plot. It stops after three minutes, and resumes when you run it again. The dashed curve was *reported* by the author of a run on an RTX 4070; nobody here has repeated it.

# %% tags=["needs-gpu"]
from course.experiments.hardware.gpu_night import train_on_fineweb

assert torch.cuda.is_available(), "This cell needs an NVIDIA GPU. Read on."
plot = train_on_fineweb(max_minutes=3)  # 0: no limit

# %% [markdown]
# ## Four questions from before
#
# They come in no order.
#
# A stream of 13 tokens is cut into rows for T = 4. How many rows are there?

# %%
guess("rows of a stream of 13 tokens", ...)

# %% [markdown]
# One model has a loss of 2.4 nats per token, and its tokens have three bytes on average. Another has 2.8 nats, and four bytes. How many bits per byte has the second?

# %%
guess("bits per byte of the second model", ...)

# %% [markdown]
# A model is trained with Adam in float32. How many bytes are kept for each weight between two steps, its gradient included?

# %%
guess("bytes that training keeps for one weight", ...)

# %% [markdown]
# A row has 512 tokens, each token 512 numbers, and a block has 8 heads. To how many tokens does one head attend at the last position?

# %%
guess("tokens that one head attends to", ...)

# %% [markdown]
# ## Summary
#
# In your own words first: *a run survives the night if ...*
#
# - Accumulation sums the gradients of micro-batches; the global batch size decides what is learned.
# - AdamW applies weight decay outside of the gradient; gradient clipping bounds the gradient norm.
# - Warm-up, then a cosine or WSD schedule; only WSD can be continued without a jump.
# - A checkpoint holds weights, optimizer state and step; with determinism a resumed run equals an uninterrupted one.
# - Mixed precision (autocast) and `torch.compile` make it fast; data parallel training needs one all-reduce per step.
#
# ## Sources and further reading
#
# - AdamW: Loshchilov and Hutter, arXiv 1711.05101. Cosine: the same, arXiv 1608.03983. WSD: Hu and others, *MiniCPM*, arXiv 2404.06395. Warm-up: Goyal and others, arXiv 1706.02677.
# - Mixed precision: Micikevicius and others, arXiv 1710.03740; `torch.amp`. DDP: Li and others, arXiv 2006.15704. FSDP: Zhao and others, arXiv 2304.11277; ZeRO: arXiv 1910.02054.
# - HellaSwag: Zellers and others, arXiv 1905.07830. Muon: Keller Jordan and others, 2024.
# - nanoGPT's `train.py`; rows that repeat after a resume: its issue 467.
