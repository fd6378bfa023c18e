# %% [markdown]
# Sixteen rows of text go through the model, then sixteen others, thirty-two times; and then all weights move, once. That is one step of the run of 40 million parameters whose memory and hours lesson 11 has counted. On a card with half the
# memory somebody takes eight rows at a time, sixty-four times, and leaves everything else as it is. Which of the two runs ends with the better model: **A** the one with 16 × 32, **B** the one with 8 × 64, **C** neither?

# %% tags=["promise-guess"]
from course import check, guess, same

guess("16 x 32 or 8 x 64", ...)

# %% [markdown]
# Such a run lasts a night, and a night is long. Somebody needs the socket; the machine installs an update; the power fails for a second. In this lesson a run is planned, begun, killed in the middle and taken up again, and then held against one to which nothing
# happened.
#
# (As in lesson 9: one core, and numbers of sixteen digits, so that yours come out as ours.)

# %%
import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

# %% [markdown]
# ## A piece counts as much as it is large
#
# The **batch** of a step is all rows that it learns from before anything moves. Its loss is a mean over all its predictions, so the slope for a weight is a mean, too. Say there are four predictions, and their slopes for some weight are 3, 5, 1 and 7. The mean is 4. Now cut them into pieces:
#
# | pieces | their means | the mean of the means |
# |---|---|---|
# | 3, 5, 1, 7 | 4 | 4 |
# | 3, 5 and 1, 7 | 4 and 4 | 4 |
# | 3, 5, 1 and 7 | 3 and 7 | **5** |
#
# The last line is wrong: the 7 has counted as much as three others. It comes right when each mean counts as often as its piece has predictions: 3 × 3 + 1 × 7 = 16, by 4.

# %% tags=["promise-by-hand"]
slopes = torch.tensor([3.0, 5.0, 1.0, 7.0])
for sizes in ([4], [2, 2], [3, 1]):
    means = [piece.mean().item() for piece in slopes.split(sizes)]
    weighed = sum(mean * size for mean, size in zip(means, sizes)) / 4
    print(f"{str(sizes):7} mean of the means {sum(means) / len(means):.0f}, each weighed by its size {weighed:.0f}")

# %% [markdown]
# Pieces need not be equal. Rows of names are filled up with places where nothing is asked (lesson 9), and in a conversation only the answers may count.
#
# **Exercise 1.** The loss of a batch. `pieces` is a list of pairs: the mean loss of a piece, and how many of its tokens count.

# %% tags=["promise-exercise"]
def batch_loss(pieces):
    """The mean over all tokens that count, of all pieces."""
    return ...


check("batch_loss", batch_loss)

# %% [markdown]
# Now with a model. The text is our 2,000 stories, in tokens: 512 different ones, from the tokenizer of lesson 5. The last 200 stories are put aside for validation, and both parts are written as shards, as in lesson 10.

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
# The model has one block. (Four of its switches are not as GPT-2 has them. They let a small model learn faster; the documentation of `GPTConfig` says what each one does.)

# %%
from dataclasses import replace

from gptcore.model import GPT
from gptcore.training import find_preset

sizes = replace(find_preset("stories-cpu").config(tokenizer.vocab_size), n_layer=1, zero_init_proj=False)


def new_gpt(n_embd=64, block_size=32):
    shape = replace(sizes, n_embd=n_embd, block_size=block_size)
    return GPT(shape, torch.Generator().manual_seed(1))


def rows(split, batch_size=4, block_size=32):
    return Batches(folder, batch_size=batch_size, block_size=block_size, seed=1, split=split)

# %% [markdown]
# Sixteen rows, in one piece, in two and in four. `backward` *adds* to the slopes that are there. In lesson 3 that was a trap; here it does the work, and is called **accumulation**.

# %%
x, y = map(torch.from_numpy, rows("train", 16).batch(0))  # (16, 32) each


def slopes_in(pieces):
    gpt = new_gpt()
    for piece_x, piece_y in zip(x.chunk(pieces), y.chunk(pieces)):
        _, loss = gpt(piece_x, piece_y)
        (loss / pieces).backward()  # all pieces have the same number of tokens
    return [weight.grad for weight in gpt.parameters()]


for pieces in (2, 4):
    same(slopes_in(pieces), slopes_in(1), within=1e-12)

# %% [markdown]
# So the size of a piece, the **micro-batch**, is a question of memory: only one of them is on the card at a time. The size of the batch is a question of learning. Why 512 rows, then, and not 4? Ask each of 512 rows alone for the slopes of one matrix, and take
# their mean. How far from it do the slopes of one row lie, and the means of 4, of 16, of 64 rows? Measured in lengths of that mean:

# %%
x, y = map(torch.from_numpy, rows("train", 512).batch(0))
gpt = new_gpt()
matrix = gpt.h[0].mlp.c_fc.weight
each = [torch.autograd.grad(gpt(a[None], b[None])[1], matrix)[0].flatten() for a, b in zip(x, y)]
slopes = torch.stack(each)  # (512, numbers of the matrix)
for n in (1, 4, 16, 64):
    means = slopes.view(512 // n, n, -1).mean(dim=1)
    noise = (means - slopes.mean(dim=0)).norm(dim=1).mean() / slopes.mean(dim=0).norm()
    print(f"{n:3} rows: {noise:.2g}")

# %% [markdown]
# What one row says lies nearly seven lengths off: almost all of it is about this row and nothing else. Four times as many rows halve the distance. To halve it again takes four times as many again. (After the first 200 steps of the cosine further down the four numbers are 7.7, 3.8, 1.9 and 0.94: others, and the same halves.) So at some number more rows are no longer worth their time; where that is, nobody knows
# beforehand. The run of 40 million takes 512 rows, half a million tokens, and its card has room for 16. Hence 16 × 32.
#
# ## What was added to the slope is divided with it
#
# The run of lesson 11 moves its weights with **AdamW**. Lesson 9 used it too, and spent half a sentence on its W: at each step every weight is also drawn a little towards 0. That is *weight decay*; it draws by the rate times the decay, 0.1 as a rule, times itself. A weight then stays large only if the
# text keeps asking for it.
#
# There is an older way to the same end: add 0.1 × weight to the slope. (That is what a penalty on the squares of all weights would do; it is called **L2**.) With plain descent the two come to the same. With Adam they do not. Lesson 7 has shown why: Adam divides the slope of each weight by the usual size of
# that weight's slopes, and whatever was added to the slope is divided with it. Two weights, both 1; the slope of one is 100, of the other 0.01; the rate is 0.01. The first step:
#
# | slope | with 0.1 × weight | Adam moves it by | AdamW moves it by |
# |---|---|---|---|
# | 100 | 100.1 | 0.01 | 0.01 and 0.01 × 0.1 |
# | 0.01 | 0.11 | 0.01 | 0.01 and 0.01 × 0.1 |
#
# 0.1 in 100.1 is nothing; 0.1 in 0.11 is nearly all. One step does not show it: the slope is eleven times as large as it was, and Adam does not notice.

# %% tags=["promise-by-hand"]
def after(optimizer, steps):
    """Two weights that were 1. Their slopes turn round at each step, as noise does."""
    weights = torch.ones(2, requires_grad=True)
    moves = optimizer([weights], lr=0.01, weight_decay=0.1)
    for step in range(steps):
        weights.grad = torch.tensor([100.0, 0.01]) * (-1) ** step
        moves.step()
    return weights.detach()


same(after(torch.optim.Adam, 1), [1 - 0.01, 1 - 0.01], within=1e-6)
same(after(torch.optim.AdamW, 1), [1 - 0.001 - 0.01, 1 - 0.001 - 0.01], within=1e-6)

# %% [markdown]
# Let the slopes turn round at each step, 100 and −100, 0.01 and −0.01, so that nothing but the decay has a direction. After 1,000 steps of Adam with L2, which weight has been drawn to 0: **A** the one with the large slopes, **B** the one with the small slopes, **C** both, **D** neither?

# %%
guess("the weight that is drawn to 0", ...)

# %%
for optimizer in (torch.optim.Adam, torch.optim.AdamW):
    first, second = after(optimizer, 1000).tolist()
    print(f"{optimizer.__name__:5} after 1,000 steps: {first:.3f} and {second:.3f}")

# %% [markdown]
# With L2 the weight that nobody pulls at is gone, and the one that is torn to and fro has kept nearly everything. AdamW treats both alike: 0.999 to the power 1,000 is 0.368. (What is missing to 0.361 is the to and fro: without any decay it leaves 0.982.) In PyTorch `Adam(weight_decay=0.1)` and `AdamW(weight_decay=0.1)` are both accepted without a word.
#
# Not all weights are decayed. A matrix that shrinks makes its outputs smaller; a norm's own numbers begin at 1 and have no reason to come to 0. So a usual rule is: what has two axes decays, what has one does not. In the run of 40 million:

# %%
from gptcore.training import TrainConfig, make_optimizers

with torch.device("meta"):
    large = GPT(find_preset("fineweb-40m").config())
for group in make_optimizers(large, TrainConfig())[0].param_groups:
    count, axes = sum(w.numel() for w in group["params"]), {w.dim() for w in group["params"]}
    print(f"decay {group['weight_decay']}: {count:10,} numbers; axes of their tensors: {axes}")

# %% [markdown]
# One more consequence. Who sums the slopes of 32 pieces instead of averaging them has slopes 32 times too large, and AdamW takes the same step: no curve shows it. It shows in the log, as `grad_norm`, the length of all slopes together: 22 for the sixteen rows above, where 0.69 would be. Most runs, ours too, also cut slopes that are longer than 1 to the length 1. Then every step is cut, instead of a few; that is another run, and its curve need not look like a worse one.
#
# ## Up quickly, down slowly
#
# In its first step Adam moves *every* weight by the whole rate, up or down, on the word of a single batch. So the rate begins near 0 and rises, which is called **warm-up**. Here is a rate of 0.1, ten times what is good for this model, without and with it; the first eight losses, and the mean of steps 51 to 60:

# %%
from gptcore.training import read_log, train

for warmup_steps in (0, 20):
    settings = TrainConfig(max_steps=60, warmup_steps=0, batch_size=4, learning_rate=0.1, schedule="constant")
    settings = replace(settings, warmup_steps=warmup_steps, device="cpu")
    losses = [step.train_loss for step in train(new_gpt(), rows("train"), settings)]
    print(f"warm-up {warmup_steps:2}:", *(f"{loss:.2f}" for loss in losses[:8]), f"... {sum(losses[50:]) / 10:.2f}")

# %% [markdown]
# Without warm-up the loss climbs for five steps, far above 6.24, which is knowing nothing. And then look at the last number: forty steps later that run is even a little ahead (with one seed). In a model as small as ours the accident heals. From large batches and large models it is told that it need not, and nobody wants to find out at three in the morning; 20 steps of 60, or 700 of 6,000, are the
# price.
#
# After the warm-up the rate falls, in most runs along half a wave of a cosine. The whole **schedule** of the run of 40 million, and then the one that we import:

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

# %% [markdown]
# In the advice that goes round about this run stands a last sentence: it ended at 4.17, so *just continue to 12,000 or 20,000 steps*, and it comes to 4.0. The run has 6,000 steps behind it. You set `max_steps` to 12,000 and resume. What does the loss do next: **A** it goes on falling as before; **B** it rises first; **C** hardly anything, since
# the rate is at its floor?

# %%
guess("just continue to 12,000", ...)

# %% [markdown]
# The picture has both plans. Turn the knobs; with the schedule `wsd` see what changes. (The letters stand for warm-up, stable, decay: up, then full, then down in a straight line. Where the notebook was opened without Python, controls are pictures: run a cell to turn its knobs.)

# %% tags=["promise-control"]
from viz import ScheduleDial


def rate_at(step, **settings):
    return learning_rate(TrainConfig(**settings), step)


ScheduleDial(rate_at, max_steps=6000, learning_rate=5e-4)

# %% [markdown]
# (Its last line speaks of this change of plan. A cosine that is stopped at step 3,000 and goes on to its 6,000 meets no jump, of course.)
#
# The same in small, and for real: a run of 200 steps that is told to go on to 400, once with a cosine, once with wsd; and a third one, a cosine that has known of the 400 from its first step.

# %%
import warnings
from textwrap import fill

plan = TrainConfig(max_steps=200, batch_size=4, learning_rate=0.015, min_learning_rate=0.00075, warmup_steps=10)
plan = replace(plan, eval_every=10, eval_tokens=1024, checkpoint_every=50, device="cpu")


def steps_of(schedule, max_steps, out):
    """Begins the run, or goes on with it."""
    settings = replace(plan, schedule=schedule, max_steps=max_steps)
    return list(train(new_gpt(), rows("train"), settings, val=rows("val"), out_dir=folder / out, resume=True))

# %%
from shutil import rmtree

for out in ("cosine", "wsd", "planned"):
    rmtree(folder / out, ignore_errors=True)  # what is there if this cell was run before
short = {schedule: steps_of(schedule, 200, schedule) for schedule in ("cosine", "wsd")}
with warnings.catch_warnings(record=True) as told:
    longer = {schedule: steps_of(schedule, 400, schedule) for schedule in short}
print(fill(next(str(note.message) for note in told if "jumps" in str(note.message)), 100))
planned = steps_of("cosine", 400, "planned")
for schedule, steps in longer.items():
    print(f"{schedule} stood at {short[schedule][-1].val_loss:.2f}, and went on from step {steps[0].step - 1}")

# %% [markdown]
# wsd went back to step 160, where its rate had not begun to fall, and did its last 40 steps over again, at the full rate. That costs 40 steps and no jump.

# %% tags=["promise-picture"]
from viz import TwoRuns, draw_runs

joined = {
    schedule: [step for step in short[schedule] if step.step < steps[0].step] + steps
    for schedule, steps in longer.items()
}
joined["cosine for 400"] = planned
draw_runs(joined, x="step", title="Told at 200 to go on to 400, and one that knew")

# %% [markdown]
# Two of them at a time, and what else stands in their logs; look at `learning_rate` first.

# %% tags=["promise-control"]
TwoRuns(joined)

# %% [markdown]
# At step 200 the cosine had come to 4.24. The rate jumps, the loss rises to 4.33, and it takes forty steps to come back to where it was: so much is paid for a plan that was made too late. It ends at 3.96. The cosine that was planned for 400 ends at 3.90, and wsd, which was told as late as the first, at 3.85.
#
# The title of the picture with the lists says that wsd is where the cosine ends after 92% of its tokens. It counts the tokens of the curve, 368 steps of them; with the 40 that were made twice they are 408 steps of 400. And another thing speaks against wsd: nearly all the way it is the *upper* curve, since the gain of a fall comes when one falls,
# and whoever looks in at night sees the worse of the two. That gain can be taken at any time, though. At the end of its first 200 steps, the last 40 of which the picture leaves out, wsd stood at 4.21, lower than the cosine's 4.24. (One seed and one small model do not settle which schedule ends lower. They do show which one can be made longer.)
#
# And the 4.0? Once the rate falls again the loss does fall, in our small run too, at a price: forty steps, and in the end 0.05 more than the run that was planned. That 12,000 steps come to 4.0 nobody has measured. From 6,000 steps of a cosine one does not *continue*; one plans for 12,000 at the start, or for an open end.
#
# **Exercise 2.** Write a schedule that can be made longer. The full rate is 1. Ten steps up, in equal steps: 1/11, 2/11 ... 10/11. Then 1. Over the last fifth of all steps down in a straight line, so that its first step still has 1, and as if the step after the last had 0: a last step at rate 0 would be computed and not made. Steps count
# from 1; `max_steps` will be 200 and 400.

# %% tags=["promise-exercise"]
def rate(step, max_steps):
    """The share of the full rate that a step gets."""
    return ...


check("rate", rate)

# %%
from course.solutions import lesson_12 as ours

settings = TrainConfig(max_steps=200, learning_rate=1.0, min_learning_rate=0.0, warmup_steps=10, schedule="wsd")
made = ours.rate if rate(1, 200) is ... else rate  # yours, as soon as it is written
every = range(1, 201)
same([made(step, 200) for step in every], [learning_rate(settings, step) for step in every], within=1e-12)

# %% [markdown]
# ## From 6.24 to half a sentence
#
# Now a run to watch. A somewhat larger model, 96 numbers a token, 64 tokens to look back on; 500 steps of eight rows. Of our stories one knows the floor: what somebody would still be surprised by who has the table that they were told from, shared out among our tokens.

# %%
from gptcore.corpus import story_entropy

tokens = sum(rows(split).tokens for split in ("train", "val"))
floor = story_entropy().nats * len(stories) / tokens
print(f"who knows nothing: {torch.tensor(512.0).log():.2f} nats per token; who has the table: {floor:.2f}")

# %%
from gptcore.training import generate_text

gpt = new_gpt(n_embd=96, block_size=64)
config = TrainConfig(max_steps=500, batch_size=8, learning_rate=0.01, min_learning_rate=0, warmup_steps=20)
config = replace(config, eval_every=10, eval_tokens=2048, device="cpu")


def write(seed=3):
    return "".join(generate_text(gpt, tokenizer, max_new_tokens=24, temperature=0.7, seed=seed))

# %% [markdown]
# Each time the validation loss passes 5, 4, 3 and 2.3, the model is asked for a few words, and they are pinned to the curve. Beside that, a few moments are kept for later.

# %%
def moment():
    """What the model writes, where it looks, and what it expects, as it is now."""
    ids = torch.tensor([[tokenizer.end_of_text, *tokenizer.encode("Every night she looked at the")]])
    spelled = [tokenizer.token_bytes(id).decode(errors="backslashreplace") for id in range(tokenizer.vocab_size)]
    return {
        "samples": [write(seed) for seed in (3, 4)],
        "tokens": ["[end]", *(spelled[id] for id in ids[0, 1:])],
        "attention": gpt.attention_weights(ids).detach(),
        "probabilities": dict(zip(spelled, gpt(ids)[0][0, -1].softmax(dim=0).tolist())),
    }

# %% tags=["promise-ah", "promise-picture"]
from viz import LossPlot

pins = {"pin_at": (5, 4, 3, 2.3), "sample": write}
plot = LossPlot("Your own run, and what it wrote", last_step=500, lines={"who has the table": floor}, **pins)
steps, moments = [], {0: moment()}
for step in train(gpt, rows("train", 8, 64), config, val=rows("val", 8, 64)):
    plot.add(step.step, train=step.train_loss, val=step.val_loss)
    steps.append(step)
    if step.step in (10, 25, 50, 100, 200, 350, 500):
        moments[step.step] = moment()

# %% [markdown]
# Each text was written by the model at the moment where it hangs: tokens that are common, then beginnings, then words, then pieces that one has heard in a story. From 5 to 4 it took 40 steps, from 3 to 2.3 two hundred. And below all that lies the floor, far away, for the reasons of lesson 9: a small model, some seconds of training, and rows that mostly begin in the
# middle of a story.
#
# (In the picture the thick line of `train` lies above that of `val` for some 150 steps. It is a mean over the last 25 steps or so, and lags behind a loss that falls.)
#
# The moments that were kept, on one sheet. At each the model has read "Every night she looked at the", and shows what it expects next. From step 200 on one of the four heads (0 to 3) lets the last token, ` the`, listen to the verb more than to all others together. Which head, and did it do so at step 100 already?
#
# <details><summary>When you have found it</summary>
#
# Head 3: at step 200 ` looked` gets two thirds, and about six tenths at 350 and at 500. At step 100 it got less than a quarter, and ` the` itself had the most. At step 10 the model expects ` the` and a full stop after these words, which would be a fair guess after any; at step 500, the beginning of a word.
#
# </details>

# %% tags=["promise-control"]
from viz import TrainingScrubber

TrainingScrubber(moments, steps)

# %% [markdown]
# ## Pull the plug
#
# Up to here the run was a loop in this notebook. From here on it is a process of its own, a small one on names, with the command that you would type: `gptcore train names --out_dir ... --max_steps 240 --checkpoint_every 50`. Every 50 steps it writes a **checkpoint**: the weights, what AdamW remembers, and the number of the step. Two such processes are
# started. One is left in peace. The other one is killed as soon as 70 steps stand in its log, without a warning (the signal is called SIGKILL, and nobody can catch it).

# %%
import os
import subprocess
import sys
from time import sleep

command = [sys.executable, "-m", "gptcore.cli", "train", "names", "--device", "cpu"]
command += ["--max_steps", "240", "--checkpoint_every", "50"]
one_core = os.environ | {"OMP_NUM_THREADS": "1"}
started = {}

# %% [markdown]
# Without `--resume` a run begins in an empty folder here, and one that is still going there is ended first. So these cells can be run again.

# %%
def start(out, *more):
    if out in started:
        started[out].kill()
        started[out].wait()
    if "--resume" not in more:
        rmtree(folder / out, ignore_errors=True)
    line = [*command, "--out_dir", str(folder / out), *more]
    with open(folder / f"{out}.txt", "wb") as said:
        started[out] = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=said, env=one_core)
    return started[out]

# %%
def steps_in(out):
    return len(read_log(folder / out)) if (folder / out / "log.jsonl").exists() else 0


def wait_for(process, out, more):
    """Until so many more steps stand in the log than now. Raises if the process ends before."""
    goal = steps_in(out) + more
    while not goal <= steps_in(out) < 230:  # so near its end a signal might come too late
        if process.poll() is not None:
            said = (folder / f"{out}.txt").read_text(errors="replace")
            raise RuntimeError(f"It ended too early, with exit code {process.returncode}, and said: {said[-2000:]}")
        sleep(0.01)

# %%
whole, killed = start("whole"), start("killed")
wait_for(killed, "killed", 70)
killed.kill()
print("exit code", killed.wait())
before = read_log(folder / "killed")

# %% [markdown]
# A negative exit code is the number of the signal, and 9 is SIGKILL. (Where Windows runs, another number stands there.) Now the same command with `--resume`. And because the night is not over, it is interrupted once more, politely this time, with SIGTERM, the signal that a machine sends to everybody when it shuts down. A program can listen for that one.
# (Windows has none: there `terminate` is a second kill, and the run goes on from its last checkpoint.)

# %%
stopped = start("killed", "--resume")
wait_for(stopped, "killed", 60)
stopped.terminate()
print("exit code", stopped.wait())

# %% [markdown]
# The run has finished its step, has written a checkpoint of it, and says with the number 75: *resume me*. 0 means finished; 1, that something went wrong on the way; 2, that something was mistyped. The −9 is not on this list: a program that is killed cannot say anything any more. Whether it should be started again somebody has to decide. After a power cut, yes; if it was killed because memory ran out, it will be killed again.
#
# **Exercise 3.** Write it. `start()` runs the command and answers with its exit code. Start it again as long as it asks for that; hand back the last code.

# %% tags=["promise-exercise"]
def keep_going(start):
    """Start again whatever asks for it; the exit code of the last start."""
    return ...


check("keep_going", keep_going)

# %% [markdown]
# In a terminal it is a file of two lines, started with `sh keep_going.sh`:
#
#     trap exit INT
#     until gptcore train ... --resume; [ $? -ne 75 ]; do :; done
#
# Without the first line you could not stop it: at Ctrl-C the run finishes its step and says 75, as it does at SIGTERM, and the loop starts it again. With it Ctrl-C ends both.
#
# The last start, and the run that was left in peace:

# %%
print("exit codes", start("killed", "--resume").wait(), whole.wait())
logs = {"never stopped": read_log(folder / "whole"), "killed, stopped, resumed": read_log(folder / "killed")}
losses = {run: [step.train_loss for step in log] for run, log in logs.items()}
same(*losses.values(), within=0)

# %% tags=["promise-picture"]
draw_runs(logs, x="step", y="train_loss", title="Two runs of 240 steps. Only one can be seen")

# %% [markdown]
# To the last digit. Nothing in the curve tells where one of the two was killed, soon after step 70, and went back to 50, nor where it was stopped, some sixty steps further on. The steps after 50 that were lost have been made again, and have come to the same losses as before. And the weights? A single bit that differs would give another hash:

# %%
from hashlib import sha256

same([step.train_loss for step in before[50:70]], losses["never stopped"][50:70], within=0)
for file in ("model.safetensors", "optimizer.safetensors"):
    contents = [(folder / out / "latest" / file).read_bytes() for out in ("whole", "killed")]
    hashes = {sha256(content).hexdigest() for content in contents}
    print(f"{file}: two runs, {len(hashes)} SHA-256")

# %% [markdown]
# What is needed for that? A checkpoint appears under its name only when it is whole, so a kill in the middle of writing costs 50 steps, not the run. AdamW's memory is in it. (Without it the first steps after the resume are those of a new optimizer, the full rate for every weight.) And what a dropout drops, and which rows come, is not drawn from a stream of chance that would have to be saved; it is computed.
#
# All this on a processor and with the same number of threads. On a GPU some sums are added up in whatever order its parts are done, and the last digits may differ from run to run, killed or not.
#
# **Back.** Rows are computed from how many numbers (1, 2, 3 ...), so that lesson 10's `Batches` goes on after a power cut as if nothing had happened?

# %% tags=["promise-back"]
guess("what the rows need to go on", ...)

# %% [markdown]
# ## Eight starts, and no error
#
# Ada and Bo share a machine that starts all programs anew every 30 steps. Both resume from their checkpoints, with weights, step and AdamW's memory. Here is what they learned in 240 steps:

# %% tags=["promise-failure"]
from itertools import islice

from course.failures.lesson_12 import rows_of

config = TrainConfig(max_steps=240, batch_size=4, learning_rate=0.01, warmup_steps=10, schedule="constant")
config = replace(config, eval_every=30, eval_tokens=2048, device="cpu")


def eight_starts(whose):
    for _ in range(8):
        texts, out = (rows_of(whose, rows("train")), rows("val")), folder / whose
        run = train(new_gpt(), texts[0], config, val=texts[1], out_dir=out, resume=True)
        yield from islice(run, 30)
        run.close()  # which saves it

# %%
for whose in ("Ada's", "Bo's"):
    rmtree(folder / whose, ignore_errors=True)  # what is there if this cell was run before
runs = {whose: list(eight_starts(whose)) for whose in ("Ada's", "Bo's")}
draw_runs(runs, x="step", y="train_loss", title="Two programs, eight starts each")

# %% [markdown]
# Neither curve has a jump. Which of the two programs do you trust?

# %%
guess("the program to trust", ...)

# %% [markdown]
# Cut each curve where the program was started anew, and lay the last four stretches over one another:

# %%
from viz import draw_loss


def laid_over(whose):
    losses = [step.train_loss for step in runs[whose]]
    stretches = {f"start {k + 1}": losses[30 * k : 30 * k + 30] for k in range(4, 8)}
    return draw_loss(stretches, title=f"{whose} losses after each of the last four starts")


laid_over("Ada's")

# %%
laid_over("Bo's")

# %% [markdown]
# A loss wiggles because one batch is harder than another. Bo's wiggles come back at each start, so the batches do, too. His program draws its rows with a generator that gets its seed when the program begins. As long as nobody stops it, that is as good as any other order. Started anew, it draws the same rows anew: in 240 steps he has read 30 batches eight times. The curve looks
# better for it. These 120 rows it learns by heart, and what it knows of others it has been asked at every thirtieth step:

# %%
for whose, steps in runs.items():
    print(f"{whose:5} validation loss:", *(f"{step.val_loss:.2f}" for step in steps if step.val_loss))

# %% [markdown]
# From the sixth start on nothing that Bo's model learns is of use anywhere else, while its training loss goes on falling. So the validation loss says *that* something is wrong, and the first batches after a start say *what*.
#
# Ada computes her rows from seed and step. Interrupted once, in the middle of a night, Bo's program would be much harder to catch: rows that were read a single time, hours ago, are hardly known by heart, and a small dip is welcome to everybody. Then hold the first losses after the resume against those of a run that was left in peace. In the section before they agreed to the last
# digit. His would part at the first.
#
# ## Not a number
#
# Somebody types `3e3` for `3e-3`, and the arithmetic is in fp16, whose largest number is 65,504:

# %%
from gptcore.training import NonFiniteError

typed = TrainConfig(max_steps=99, batch_size=4, learning_rate=3e3, warmup_steps=10, dtype="float16", device="cpu")
gpt = new_gpt().float()
rmtree(folder / "typed", ignore_errors=True)
try:
    for step in train(gpt, rows("train"), typed, out_dir=folder / "typed"):
        print(f"step {step.step}: loss {step.train_loss:.2f}")
except NonFiniteError as error:
    print(fill(str(error).replace(str(folder), "..."), 100))

# %%
largest = max(weight.abs().max().item() for weight in gpt.parameters())
loss = gpt(*map(torch.from_numpy, rows("train").batch(1)))[1].item()  # the rows of step 2
print("all weights are numbers:", all(weight.isfinite().all() for weight in gpt.parameters()))
print(f"the largest: {largest:.0f}; the loss of the same rows in 32 bits: {round(loss, -2):,.0f}")

# %% [markdown]
# The loss is looked at before anything moves. A single update with slopes that are no numbers makes every weight one that is none, and each later checkpoint with it. (Step 1 went well because the model was as new as any, and the damage of its own update is seen at step 2.) The rows are named because now and then it is only
# one that does it, and then one wants to read it.
#
# But numbers is all that these weights are. A loss of 10,600 where knowing nothing costs 6.24: the damage was done by step 1, at a rate a million times too high. What is saved when the alarm goes off is evidence. Resumed with the right `3e-3` it fails again at step 2. One goes on from a checkpoint before the mistake.
# In 32 bits, where there is more room, the same typing error is noticed at step 7 only. In steps 4 to 6 the loss is back at 6.24, every slope is 0, and nothing in the curve says that this model is dead.
#
# ## Two that do the work of one
#
# With two cards each takes half of the pieces. They must tell each other one thing, the slopes, and of those they need the mean. Here are two copies of a model, each with rows of its own:

# %%
x, y = map(torch.from_numpy, rows("train", 16).batch(0))
copies = [new_gpt(), new_gpt()]
for copy, half_x, half_y in zip(copies, x.chunk(2), y.chunk(2)):
    copy(half_x, half_y)[1].backward()
for pair in zip(*(copy.parameters() for copy in copies)):
    mean = sum(weight.grad for weight in pair) / 2  # the one thing that they tell each other
    for weight in pair:
        weight.grad = mean

# %%
same([weight.grad for weight in copies[0].parameters()], slopes_in(2), within=1e-12)
for copy in copies:
    torch.optim.AdamW(copy.parameters()).step()
same([*copies[0].parameters()], [*copies[1].parameters()], within=0)

# %% [markdown]
# Two copies that began alike, and moved by the same mean, are still alike, to the last digit, and the weights themselves never travel. So two processes do in one step what one does with twice the accumulation. With real ones it is
#
#     torchrun --standalone --nproc_per_node=2 -m gptcore.cli train names --out_dir two
#
# one process for each card, or two on a processor. (We compared them with one process and twice the accumulation: every logged loss the same to five digits after the point. It is a test of ours and no cell, since they talk through a port of your machine.) For a model too large for one card, `--fsdp True` keeps only a part of it on each. (Those parts have nothing to do with the shards of lesson 10, which are files of tokens.)
#
# ## A night on a card
#
# Two switches more, which the runs for GPUs have set. **Mixed precision**: the products are computed in bf16, the weights and what AdamW remembers stay in 32 bits (lesson 11). In sixty steps of the run on names the losses differed from those in 32 bits by less than 0.01. **`compile`**: PyTorch reads the model once, which takes about half a minute, and makes a few large operations of the many small ones, so that
# numbers are written to memory and read again less often. The arithmetic is the same, in another order: the last digits differ. Neither changes what is learned.
#
# Then the commands of the night are these, and lesson 11 has said for which card they are:
#
#     gptcore fetch fineweb:CC-MAIN-2013-20/000_00000
#     gptcore prepare fineweb:CC-MAIN-2013-20/000_00000 --out fineweb-shards
#     gptcore train fineweb-40m --data fineweb-shards --out_dir fineweb-40m --resume
#     gptcore sample --out_dir fineweb-40m --prompt "The capital of France is"
#
# The next cell does the same where you can watch. It needs a card. The dashed curve is the one of lesson 11, as the author of that run on an RTX 4070 passed it on; nobody here has repeated it; yours grows on top of it, and where it passes 5.9, 5.0, 4.5 and 4.2 it is asked for a few words. It stops after three minutes, saved; run it again, and it goes on where it was. (It looks for `fineweb-shards` in the folder that `GPTCORE_DATA` names, and writes `fineweb-40m` beside them.)

# %% tags=["needs-gpu"]
from course.sample import fineweb_shards
from gptcore.corpus import data_folder
from gptcore.training import FINEWEB_40M_CURVE, tokenizer_of_folder

shards, preset = fineweb_shards(), find_preset("fineweb-40m")
words, config = tokenizer_of_folder(shards), replace(preset.train, device="cuda", max_minutes=3)  # 0: the night
texts = {s: Batches(shards, batch_size=16, block_size=1024, seed=config.seed, split=s) for s in ("train", "val")}
gpt = GPT(preset.config(), torch.Generator().manual_seed(config.seed)).float()
said = lambda: "".join(generate_text(gpt, words, "The", 40, temperature=0.8, seed=1))
pins = {"pin_at": (5.9, 5.0, 4.5, 4.2), "sample": said}
published = {"published, val": FINEWEB_40M_CURVE["val"]}
plot = LossPlot("40 million parameters on FineWeb", last_step=6000, reference=published, **pins)
for step in train(gpt, texts["train"], config, val=texts["val"], out_dir=data_folder() / "fineweb-40m", resume=True):
    plot.add(step.step, train=step.train_loss, val=step.val_loss)

# %% [markdown]
# Is there no card here? Then look at two runs that we recorded on one NVIDIA H200: `fineweb-40m` took 59 seconds and `fineweb-40m-fast` 102 seconds. They had only 2.2 million tokens to learn from, so they read each of them 15 times. The second preset learns faster: it has another optimizer (Muon). Predict: which of the four losses rises?

# %%
from course.recorded import recorded_runs
from gptcore.training import FINEWEB_40M_CURVE

for run in recorded_runs():
    print(f"{run.name}: {run.gpu}, {run.date}, {run.steps[-1].step:,} steps")
    display(draw_loss(run.losses, title=f"{run.name} on 2.2 million tokens of FineWeb"))
draw_loss(FINEWEB_40M_CURVE, title="40 million parameters on FineWeb, as published: eight points")

# %% [markdown]
# The validation loss of `fineweb-40m` stops at 6.7 after ten rounds through the text, while its training loss falls on: the model begins to remember. `fineweb-40m-fast` reaches 6.4 after a quarter of the steps. Then it learns the text by heart: its training loss ends below 0.8 and its validation loss rises to 9.2, worse than after 25 steps. Its thin line has stairs: every 34 steps the text begins again, and each time the model knows it better. A faster optimizer does not help where text is what is missing. The published run saw a thousand times as much text, each token once.
#
# Lesson 11 predicted what this card would need and do. The card said:
#
# | | predicted | measured on the H200 |
# |---|---|---|
# | memory, 40M, not compiled, 32 rows | 24.26 GiB | 24.27 GiB |
# | memory, 124M, not compiled, 32 rows | 30.79 GiB | 30.82 GiB |
# | memory, 124M, compiled, 16 rows | 8.76 GiB | 8.85 GiB |
# | tokens per second, 124M, compiled | 475,000 | 535,000 |
# | tokens per second, 40M, compiled | 1,352,000 | 1,033,000 |
#
# The last line was wrong by a third. Our table took the same share of the peak for every width. A narrow model reaches less, and the table knows that now. With that rule it says 1,026,000, and the next run on such a card made 1,012,000. The compiled memory was wrong at first, too: the formula counted two tables of logits, and only one is ever written.
#
# ## Four questions from before
#
# In no order.
#
# A stream of 13 tokens is cut into rows for T = 4. How many rows are there?

# %%
guess("rows of a stream of 13 tokens", ...)

# %% [markdown]
# One model has a loss of 2.4 nats per token, and its tokens have three bytes in the mean. Another has 2.8, and four bytes. How many bits per byte has the second?

# %%
guess("bits per byte of the second model", ...)

# %% [markdown]
# A model is trained with Adam, everything in 32 bits. How many bytes are kept for each weight from one step to the next, its slope included?

# %%
guess("bytes that training keeps for one weight", ...)

# %% [markdown]
# A row has 512 tokens, each token 512 numbers, and a block has 8 heads. The last token of the row asks. How many tokens does one head hear?

# %%
guess("tokens that one head attends to", ...)

# %% [markdown]
# ## The last sentence is yours
#
# *A run survives the night if ...*
#
# <details><summary>Ours</summary>
#
# ... everything it will do next follows from files that are whole and from the number of its step; and one has tried it in small, where a run that was left in peace can be held against it. Of 40 million parameters nobody has a second night.
#
# </details>
#
# **Sources.** AdamW: Ilya Loshchilov and Frank Hutter, *Decoupled Weight Decay Regularization*, 2019. The cosine: the same authors, *SGDR: Stochastic Gradient Descent with Warm Restarts*, 2017. Warm-up, stable, decay: Shengding Hu and others, *MiniCPM*, 2024. Warm-up and large batches: Priya Goyal and others,
# *Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour*, 2017. Mixed precision: Paulius Micikevicius and others, 2018. Several processes: Shen Li and others, *PyTorch Distributed: Experiences on Accelerating Data Parallel Training*, 2020; parts of a model on each: Samyam Rajbhandari and others, *ZeRO*, 2020. Decay for matrices only, and the cut at length 1: Andrej Karpathy, *nanoGPT*, 2022. Rows that come again after a resume: issue 467 of nanoGPT, among others.
