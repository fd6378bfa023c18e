# %% [markdown]
# Sixteen rows of text go through the model, then sixteen others, thirty-two times; and then all weights move, once. So the run of 40 million parameters is made whose memory and hours lesson 9 has counted. On a card with half the memory
# somebody takes eight rows at a time, sixty-four times, and leaves everything else as it is. Which of the two runs ends with the better model: **A** the one with 16 × 32, **B** the one with 8 × 64, **C** neither?

# %% tags=["promise-guess"]
from course import check, guess, same

guess("16 x 32 or 8 x 64", ...)

# %% [markdown]
# A run like that lasts a night, and a night is long. A card falls off the bus, somebody needs the socket, the machine installs an update. In this lesson a run is begun, killed in the middle, taken up again, and then held against one to which nothing happened.
#
# (As in lesson 7: one core, and numbers of sixteen digits, so that yours come out as ours.)

# %%
import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

# %% [markdown]
# ## A piece counts as much as it is large
#
# The **batch** of a step is all rows that it learns from before anything moves. Its loss is a mean over all its predictions, and so the slope for a weight is a mean, too. Say there are four predictions, and the slopes for some weight are 3, 5, 1 and 7. Their mean is 4. Now cut them into pieces:
#
# | pieces | their means | the mean of the means |
# |---|---|---|
# | 3, 5, 1, 7 | 4 | 4 |
# | 3, 5 and 1, 7 | 4 and 4 | 4 |
# | 3, 5, 1 and 7 | 3 and 7 | **5** |
#
# The last line is wrong, for the 7 has counted as much as three others. It comes right if each mean counts as often as its piece has predictions: 3 × 3 + 1 × 7 = 16, by 4.

# %% tags=["promise-by-hand"]
slopes = torch.tensor([3.0, 5.0, 1.0, 7.0])
for sizes in ([4], [2, 2], [3, 1]):
    means = [piece.mean().item() for piece in slopes.split(sizes)]
    weighed = sum(mean * size for mean, size in zip(means, sizes)) / 4
    print(f"{str(sizes):7} mean of the means {sum(means) / len(means):.0f}, each weighed by its size {weighed:.0f}")

# %% [markdown]
# Pieces are not always equal. Rows of names are filled up with places where nothing is asked (lesson 7), and of a conversation only the answers are graded.
#
# **Exercise 1.** The loss of a batch. `pieces` is a list of pairs: the mean loss of a piece, and its number of tokens.

# %% tags=["promise-exercise"]
def batch_loss(pieces):
    """The mean over all tokens of all pieces."""
    return ...


check("batch_loss", batch_loss)

# %% [markdown]
# Now with a model. The text is our 2,000 stories, in tokens: 512 of them, by the tokenizer of lesson 4. The last 200 stories are put aside for validation, and both parts are written as shards, as in lesson 8.

# %%
from pathlib import Path
from tempfile import TemporaryDirectory

from gptcore.corpus import Batches, load_documents, write_shard
from gptcore.tokenizers import BPETokenizer

room = TemporaryDirectory()  # gone when the lesson is closed
folder = Path(room.name)
stories = load_documents("stories")
tokenizer = BPETokenizer.train(stories[:-200], vocab_size=512, special_tokens=["<|endoftext|>"])
for split, part in {"train": stories[:-200], "val": stories[-200:]}.items():
    ids = [id for story in part for id in (tokenizer.end_of_text, *tokenizer.encode(story))]
    write_shard(folder / f"{split}.bin", ids, tokenizer.vocab_size)
    print(f"{split}: {len(part):,} stories, {len(ids):,} tokens")

# %% [markdown]
# The model has one block. (Five of its switches are not as GPT-2 has them. They let a small model learn faster, and lesson 11 takes them one by one.)

# %%
from dataclasses import replace

from gptcore.model import GPT
from gptcore.training import find_preset

sizes = find_preset("stories-cpu").config(tokenizer.vocab_size)


def new_gpt(n_embd, block_size):
    shape = replace(sizes, n_layer=1, n_embd=n_embd, block_size=block_size)
    return GPT(shape, torch.Generator().manual_seed(1))


def rows(split, batch_size, block_size):
    return Batches(folder, batch_size=batch_size, block_size=block_size, seed=1, split=split)

# %% [markdown]
# Sixteen rows, in one piece, in two and in four. `backward` *adds* to the slopes that are there. In lesson 3 that was a trap; here it does the work, and is called **accumulation**.

# %%
x, y = map(torch.from_numpy, rows("train", 16, 32).batch(0))  # (16, 32)


def slopes_in(pieces):
    gpt = new_gpt(64, 32)
    for piece_x, piece_y in zip(x.chunk(pieces), y.chunk(pieces)):
        _, loss = gpt(piece_x, piece_y)
        (loss / pieces).backward()  # all pieces have the same number of tokens
    return [weight.grad for weight in gpt.parameters()]


for pieces in (2, 4):
    same(slopes_in(pieces), slopes_in(1), within=1e-12)

# %% [markdown]
# So the size of a piece is a question of memory, and the size of a batch is one of learning. Why 512 rows, then, and not one? Ask each of 512 rows by itself for the slopes of one matrix. How far are they from the mean of all, and how far are the means of 4, of 16, of 64? In multiples of how long that mean is:

# %%
x, y = map(torch.from_numpy, rows("train", 512, 32).batch(0))
gpt = new_gpt(64, 32)
matrix = gpt.h[0].mlp.c_proj.weight
each = [torch.autograd.grad(gpt(a[None], b[None])[1], matrix)[0].flatten() for a, b in zip(x, y)]
slopes = torch.stack(each)  # (512, numbers of the matrix)
for n in (1, 4, 16, 64):
    means = slopes.view(512 // n, n, -1).mean(dim=1)
    noise = (means - slopes.mean(dim=0)).norm(dim=1).mean() / slopes.mean(dim=0).norm()
    print(f"{n:3} rows: {noise:.2g}")

# %% [markdown]
# FILL

# %% [markdown]
# ## What was added to the slope is divided with it
#
# FILL

# %%
def after(optimizer, steps, slopes=(100.0, 0.01)):
    """Two weights, both 1; their slopes turn round at each step."""
    weights = torch.ones(2, requires_grad=True)
    moves = optimizer([weights], lr=0.01, weight_decay=0.1)
    for step in range(steps):
        weights.grad = torch.tensor(slopes) * (-1) ** step
        moves.step()
    return weights.detach()


same(after(torch.optim.Adam, 1), [1 - 0.01, 1 - 0.01], within=1e-6)
same(after(torch.optim.AdamW, 1), [1 - 0.001 - 0.01, 1 - 0.001 - 0.01], within=1e-6)

# %%
guess("the weight that is drawn to 0", ...)

# %%
for optimizer in (torch.optim.Adam, torch.optim.AdamW):
    first, second = after(optimizer, 1000).tolist()
    print(f"{optimizer.__name__:5} after 1,000 steps: {first:.3f} and {second:.3f}")

# %%
from gptcore.training import TrainConfig, make_optimizers

with torch.device("meta"):
    big = GPT(find_preset("fineweb-40m").config())
for group in make_optimizers(big, TrainConfig())[0].param_groups:
    axes = sorted({weight.dim() for weight in group["params"]})
    print(f"decay {group['weight_decay']}: {sum(w.numel() for w in group['params']):10,} numbers in tensors with {axes} axes")

# %% [markdown]
# ## Up, and slowly down
#
# FILL

# %%
config = TrainConfig(warmup_steps=0, max_steps=10, batch_size=4, learning_rate=0.1, device="cpu")
from gptcore.training import read_log, train

for warmup_steps in (0, 10):
    settings = replace(config, warmup_steps=warmup_steps)
    steps = train(new_gpt(64, 32), rows("train", 4, 32), settings)
    print(f"warm-up {warmup_steps:2}:", *(f"{step.train_loss:.2f}" for step in steps))

# %% tags=["promise-toy"]
from math import cos, pi

from gptcore.training import learning_rate


def cosine(step, max_steps=6000, warmup=700, high=5e-4, low=5e-5):
    if step <= warmup:
        return high * step / (warmup + 1)
    left = (max_steps - step + 1) / (max_steps - warmup)  # from 1 to nearly 0
    return low + (high - low) * (1 - cos(pi * left)) / 2

# %%
night = find_preset("fineweb-40m").train
every_step = range(1, night.max_steps + 1)
same([*map(cosine, every_step)], [learning_rate(night, step) for step in every_step], within=1e-15)

# %% tags=["promise-control"]
from viz import ScheduleDial


def rate_at(step, **settings):
    return learning_rate(TrainConfig(**settings), step)


ScheduleDial(rate_at, max_steps=6000, learning_rate=5e-4)

# %%
guess("just continue to 12,000", ...)

# %%
import warnings

plan = TrainConfig(max_steps=200, batch_size=4, learning_rate=0.03, min_learning_rate=0.0015, warmup_steps=10, device="cpu")
plan = replace(plan, eval_every=10, eval_tokens=1024, checkpoint_every=50)


def longer(schedule):
    for max_steps in (200, 400):
        settings = replace(plan, schedule=schedule, max_steps=max_steps)
        texts = rows("train", 4, 32), rows("val", 4, 32)
        yield list(train(new_gpt(64, 32), texts[0], settings, val=texts[1], out_dir=folder / schedule, resume=True))

# %%
with warnings.catch_warnings(record=True) as told:
    short, continued = {}, {}
    for schedule in ("cosine", "wsd"):
        short[schedule], continued[schedule] = longer(schedule)
print(told[0].message)

# %%
from viz import TwoRuns

TwoRuns({f"{schedule}, continued": [*short[schedule], *continued[schedule]] for schedule in short})

# %% tags=["promise-exercise"]
def rate(step, max_steps):
    """The share of the full rate: up over ten steps, full, down over the last fifth."""
    return ...


check("rate", rate)

# %% [markdown]
# ## Live
#
# FILL

# %%
from gptcore.corpus import story_entropy

tokens = sum(rows(split, 1, 64).tokens for split in ("train", "val"))
floor = story_entropy().nats * len(stories) / tokens
print(f"nobody gets below {floor:.2f} nats per token, and who knows nothing begins at {torch.tensor(512.0).log():.2f}")

# %%
from viz import LossPlot
from gptcore.training import sample_text

gpt, config = new_gpt(96, 64), TrainConfig(
    max_steps=300, batch_size=16, learning_rate=0.01, min_learning_rate=0, warmup_steps=20, eval_every=10, eval_tokens=2048, device="cpu"
)


def write():
    return "".join(sample_text(gpt, tokenizer, max_new_tokens=24, temperature=0.7, seed=3))


plot = LossPlot("Your own run", last_step=300, lines={"nobody gets below": floor}, pin_at=(5, 4, 3, 2.5), sample=write)
steps = []
for step in train(gpt, rows("train", 16, 64), config, val=rows("val", 16, 64)):
    plot.add(step.step, train=step.train_loss, val=step.val_loss)
    steps.append(step)

# %%
import os
import subprocess
import sys
from time import sleep


def start(out, *more):
    """`gptcore train names`, as a process of its own."""
    command = [sys.executable, "-m", "gptcore.training", "names", "--out_dir", str(folder / out)]
    command += ["--max_steps", "200", "--checkpoint_every", "40", "--device", "cpu", *more]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, **quiet)


def wait_for(out, step):
    log = folder / out / "log.jsonl"
    while not log.exists() or log.read_text().count("\n") < step:
        sleep(0.005)

# %%
whole, killed = start("whole"), start("killed")
wait_for("killed", 60)
killed.kill()
print("exit code", killed.wait())
lost = read_log(folder / "killed")

# %%
stopped = start("killed", "--resume")
wait_for("killed", 110)
stopped.terminate()
print("exit code", stopped.wait())

# %%
print("exit codes", start("killed", "--resume").wait(), whole.wait())

# %%
from viz import draw_runs

logs = {"never stopped": read_log(folder / "whole"), "killed, stopped, resumed": read_log(folder / "killed")}
draw_runs(logs, x="step", y="train_loss", title="x")

# %%
from hashlib import sha256

losses = [[(step.train_loss, step.grad_norm) for step in log] for log in logs.values()]
same(*losses, within=0)
for file in ("model.safetensors", "optimizer.safetensors"):
    hashes = {sha256((folder / out / "latest" / file).read_bytes()).hexdigest() for out in ("whole", "killed")}
    print(f"{file}: {len(hashes)} different SHA-256")

# %%
from itertools import islice

from course.failures.lesson_10 import rows_of

config = TrainConfig(max_steps=240, schedule="constant", warmup_steps=10, learning_rate=0.01, batch_size=4, eval_every=30, eval_tokens=2048, device="cpu")


def interrupted(whose):
    """240 steps, with the program started anew every 30."""
    for restart in range(8):
        texts = rows_of(whose, rows("train", 4, 32)), rows("val", 4, 32)
        run = train(new_gpt(64, 32), texts[0], config, val=texts[1], out_dir=folder / whose, resume=True)
        yield from islice(run, 30)
        run.close()  # which saves it

# %%
runs = {whose: list(interrupted(whose)) for whose in ("Ada's", "Bo's")}
draw_runs(runs, x="step", y="train_loss", title="x")

# %%
for whose, steps in runs.items():
    print(whose, *(f"{step.val_loss:.2f}" for step in steps if step.val_loss))
    print(whose, *(f"{step.train_loss:.2f}" for step in steps[::10] ))
    segs = torch.tensor([s.train_loss for s in steps]).view(8, 30)[4:]
    print(torch.corrcoef(segs))
