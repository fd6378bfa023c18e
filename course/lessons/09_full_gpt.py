# %% [markdown]
# Cut a row of 64 letters out of a story. Hand it to a GPT once, together with the one letter that follows it. How many predictions does it learn from?

# %% tags=["promise-guess"]
from course import check, guess, same

guess("predictions in one row", ...)

# %% [markdown]
# In lesson 7 a thousand names were learned one letter after the other. From here on a row is read at once, many rows together, and the model may be GPT-2. Nothing else is new: same model, same numbers, other
# tools. The first of them is **PyTorch**, and takes ten minutes.
#
# (Two settings first. All is computed on one core, which is faster for matrices as small as ours. And numbers have sixteen digits instead of PyTorch's usual seven, so that yours come out as ours:
# with seven, a run of some hundred steps ends in other digits on another processor.)

# %%
import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

# %% [markdown]
# ## Four and two, again
#
# The line of lesson 3, with PyTorch's numbers in place of `Value`:

# %%
a = torch.tensor(2.0, requires_grad=True)
b = torch.tensor(3.0, requires_grad=True)
L = a * b + a
L.backward()
print(a.grad, b.grad)

# %% [markdown]
# What PyTorch calls a **tensor** is a `Value` in which there is not one number but a box of numbers, and the graph has a node for the whole box. The box has **axes**, directions in which one can count,
# and a **shape**, how far each of them goes. Here is a table of four letters with three numbers each, and in it the letters of `emma` are looked up:

# %%
table = torch.arange(12.0).view(4, 3)
ids = torch.tensor([1, 2, 2, 0])  # e m m a, if a is 0, e is 1 and m is 2
print(table.shape, ids.shape, table[ids].shape)
table[ids]

# %% [markdown]
# ## `view` cuts, `transpose` turns
#
# Two letters with four numbers each, shape (2, 4). There are two ways to make (4, 2) of it, and they are not the same:

# %%
x = torch.arange(8).view(2, 4)
print(x)
print(x.view(4, 2))
print(x.transpose(0, 1))

# %% [markdown]
# `view` leaves the numbers in the order in which they lie in memory, and only says anew where a row ends: row 0 is now half of the first letter. `transpose` exchanges the axes: row 0 has the first number of *each* letter.
# Neither copies anything, neither complains, and the shapes agree. Keep that in mind; it comes back at the end of this lesson as a fault that no error tells of.
#
# ## What is missing is repeated
#
# Shapes that differ may be added all the same, if they agree from the right, or one of them is 1 there, or missing. What is missing is repeated. That is called broadcasting: here one row of position numbers for both letters, then one number for each letter.

# %%
print(x + torch.tensor([10, 20, 30, 40]))  # (2, 4) + (4,)
print(x + torch.tensor([[0], [100]]))  # (2, 4) + (2, 1)

# %% [markdown]
# It saves loops, and it hides mistakes. Three predictions, all of them exactly right. Their mean squared error should be 0:

# %%
said = torch.tensor([1.0, 2.0, 3.0])  # (3,)
was = torch.tensor([[1.0], [2.0], [3.0]])  # (3, 1)
print((said - was).shape, (said - was).square().mean())

# %% [markdown]
# Each was compared with each. Whoever prints the shape sees it; the number alone looks like a loss.
#
# Several texts together are a **batch**, one more axis in front. Names have different lengths and a box has not, so the shorter ones are filled up, here with −1, which stands for *not asked*:

# %%
from gptcore.corpus import load_documents
from gptcore.scalar import MicroGPT

names = load_documents("names")
scalar = MicroGPT(names, seed=42)
rows = [torch.tensor([scalar.BOS, *scalar.encode(name), scalar.BOS]) for name in ("emma", "mia")]
torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=-1)

# %% [markdown]
# ## One weight, three letters, one slope
#
# Lesson 7 said that the slopes of matrices were worked out on paper, and did not show the paper. Here it is. Three letters with two numbers each, and one row of weights, 0.5 and −1, which makes one number `y` of each letter. The loss shall be the
# sum of the squares of `y`, so the slope for each `y` is 2 `y`:
#
# | letter | its numbers | `y` | slope for `y` | gives the first weight | gives the second |
# |---|---|---|---|---|---|
# | 0 | 1, 2 | 0.5 − 2 = −1.5 | −3 | −3 × 1 = −3 | −3 × 2 = −6 |
# | 1 | 3, 4 | 1.5 − 4 = −2.5 | −5 | −5 × 3 = −15 | −5 × 4 = −20 |
# | 2 | 5, 6 | 2.5 − 6 = −3.5 | −7 | −7 × 5 = −35 | −7 × 6 = −42 |
# | | | | | **−53** | **−68** |
#
# Along a path multiply, where paths meet add: a weight is used once for each letter, so its slope is a sum over letters. Such a table of sums of products is itself a matrix product, and so is the slope for the letters:

# %% tags=["promise-by-hand"]
x = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True)  # (3, 2)
W = torch.tensor([[0.5, -1.0]], requires_grad=True)  # (1, 2)
y = x @ W.T  # (3, 2) @ (2, 1) -> (3, 1)
y.square().sum().backward()
dy = 2 * y
same(dy.T @ x, [[-53, -68]], within=0)  # (1, 3) @ (3, 2): the slope for W
same(dy.T @ x, W.grad, within=0)
same(dy @ W, x.grad, within=0)  # (3, 1) @ (1, 2): the slope for x

# %% [markdown]
# These two lines, `dy.T @ x` and `dy @ W`, are nearly all there is to the ways back in `gptcore/ladder/numpy_backward.py`, the paper of the rung with arrays. PyTorch knows them for every operation it has, and walks back through the graph as `Value` does.
#
# **Back.** A batch has 8 rows of 64 tokens, and all of them go through one matrix. How many slopes meet in one of its weights?

# %% tags=["promise-back"]
guess("slopes that meet in one weight", ...)

# %% [markdown]
# ## 4,192 numbers, poured
#
# `to_torch` takes the 4,192 weights of the scalar model, number by number, and puts them into the tensors of a `GPT`, the class that everything below is made of:

# %%
from gptcore.ladder import IMPLEMENTATIONS, climb, to_torch

emma = [scalar.BOS, *scalar.encode("emma")]
logits, _ = to_torch(scalar)(torch.tensor([emma]))  # (1, 5) -> (1, 5, 27)
same(list(scalar.logits_after(emma)), logits[0], within=1e-12)

# %% [markdown]
# Two more rungs for the ladder of lesson 7, then. On the first of them PyTorch takes one name after the other, as the three rungs before it do. Against NumPy, whose slopes were written by hand, is it **A** faster, **B** slower, or **C** the same?

# %%
guess("PyTorch against NumPy, one name at a time", ...)

# %%
from gptcore.ladder.table import format_verdict
from viz import draw_ladder

rungs = list(climb(names, steps=5, implementations=IMPLEMENTATIONS[:5]))
draw_ladder(rungs, title="One name: loss, slopes, step")

# %%
for rung in rungs[1:]:
    print(f"{rung.name}: {format_verdict(rung)}")
print("a batch is more than 300 times as fast as scalars:", rungs[-1].speedup > 300)

# %% [markdown]
# Slower, several times. A step of this model is some two hundred calls, and each call looks at types and shapes, finds the right routine and notes down a node for the way back, a few millionths of a second every time. The arithmetic for six letters is
# over before that. A batch pays the same price once, for 512 names.
#
# So that is where the thousands come from. The picture says what one name costs with scalars and what in a batch, where it was drawn, with a core that has nothing else to do. The fast part of a computer sits idle unless it is given a great deal to do at once, and this, more than any formula, is why a GPT is built as it is: **in training all positions of a row are computed in parallel**, since all letters are known; only when it writes is it
# one token at a time.
#
# (A batch takes other steps than single names do: 512 names, then one update. That is why only its first loss is held against the mean. `gptcore ladder` in a terminal has two rungs more, compiled code and a GPU.)
#
# ## A model that has read something
#
# From here on there is a model that comes with the course. It has read 1,800 of our 2,000 small stories, letter by letter, for some minutes on one core (`make checkpoint` makes it anew).

# %%
from course.checkpoint import loss_on, one_row, random_rows, stories_gpt

model, tokenizer = stories_gpt()
stories = load_documents("stories")
seen, unseen = one_row(stories[:-200], tokenizer), one_row(stories[-200:], tokenizer)
print(f"{sum(weight.numel() for weight in model.parameters()):,} weights, {tokenizer.vocab_size} tokens")
print({name: getattr(model.config, name) for name in ("block_size", "n_layer", "n_head", "n_embd")})

# %% [markdown]
# Before it can be asked, it must be told what to answer. **Exercise 1.** A row of T + 1 ids comes in. What is read (`x`), and what should be answered at each place (`y`)?

# %% tags=["promise-exercise"]
def x_and_y(row):
    """What goes in, and what should come out at each place."""
    return ..., ...


check("x_and_y", x_and_y)

# %% [markdown]
# `random_rows` does this for a batch of rows from random places of a text. One batch goes through the model, and every module says what it was given and what it made of it. (Click on a box to open or to fold it.)

# %% tags=["promise-picture"]
from viz import draw_shapes

x, y = random_rows(seen, 40, 2, torch.Generator().manual_seed(1))
draw_shapes(model, x, title="Two rows of 40 letters, all the way through")

# %% [markdown]
# From the top, with the letters that this course uses for sizes. **B** rows of **T** ids, (2, 40). Each id is looked up, each position too: (B, T, C), **C** = 128 numbers for each token. Then **L** = 3 blocks, each `x + attention(norm(x))`, then
# `x + mlp(norm(x))`. In the MLP 128 numbers become 512 and 128 again. In attention the C numbers are shared out among **H** = 4 heads, **D** = 32 for each, and every head makes its own square of T × T. At the end a norm, and **V** = 58 logits at *every*
# position: (B, T, V), 80 predictions.
#
# (What is new against lesson 7: the norm is called LayerNorm, which takes the mean away first and then does as RMSNorm does, with a weight for each number; GELU is a ReLU with a round corner; and the table that reads tokens also writes them.)
#
# Two sentences about this that are passed around, for a model with 512 tokens, 512 numbers and 8 heads: "a head gets 64 of the tokens", and "there is a model for every 512 tokens". A head gets **all** tokens, through 64 of the *numbers*.
# And one model reads everything; 512 is how far it looks back.
#
# ## A sheet is cut into strips
#
# Here is attention in ten lines, on what the first block reads. Cut along, score, hide what is later, shares, mix, glue together:

# %% tags=["promise-toy"]
attention, H = model.h[0].attn, 4
read = model.h[0].ln_1(model.embed(x))
B, T, C = read.shape
strips = [part.view(B, T, H, C // H).transpose(1, 2) for part in attention.c_attn(read).split(C, dim=2)]
q, k, v = strips  # (B, H, T, D) each
scores = q @ k.transpose(2, 3) / (C // H) ** 0.5  # (B, H, T, D) @ (B, H, D, T) -> (B, H, T, T)
later = torch.ones(T, T).triu(diagonal=1).bool()
shares = scores.masked_fill(later, -torch.inf).softmax(dim=-1)
glued = (shares @ v).transpose(1, 2).reshape(B, T, C)  # (B, H, T, D) -> (B, T, H, D) -> (B, T, C)
by_hand = attention.c_proj(glued)

# %%
same(by_hand, attention(read), within=1e-12)
same(shares, model.attention_weights(x)[0], within=1e-12)

# %% [markdown]
# The line that makes `strips` is the one to look at. A sheet with a row for each token and C columns is cut *along*, into H strips; each strip makes a square of its own; and at the end the strips are glued together again. Turn both sizes. At 512 and 12 something tears.

# %% tags=["promise-ah", "promise-control"]
from gptcore.heads import check_heads
from gptcore.model import GPT, GPTConfig
from viz import HeadSplitter


def counted(n_embd, n_head):
    with torch.device("meta"):
        parts = GPT(GPTConfig(n_embd=n_embd, n_head=n_head)).parameters_by_part()
    return {part.removesuffix("_embedding"): count for part, count in parts.items() if count}


HeadSplitter(512, 8, check=check_heads, parameters=counted)

# %%
try:
    GPTConfig(n_embd=512, n_head=12)
except ValueError as error:
    print(error)

# %% [markdown]
# Follow the advice with the dials: each of the sizes it names holds. All GPT-2s have a head size of 64: 768 / 12, 1024 / 16, 1280 / 20, 1600 / 25.
#
# **Exercise 2.** Write the cut yourself. (B, T, C) comes in, (B, H, T, D) goes out.

# %% tags=["promise-exercise"]
def split_heads(x, n_head):
    """Each head gets D = C // n_head of the numbers of every token."""
    return ...


check("split_heads", split_heads)

# %% [markdown]
# ## Where the 124 million are
#
# GPT-2 has 124 million parameters in its smallest size: 12 blocks, 12 heads, 768 numbers a token, 50,257 tokens. Where is the largest part of them? **A** in attention, **B** in the MLPs, **C** in the table of tokens.

# %%
guess("where most of GPT-2 is", ...)

# %% [markdown]
# To count them, no GPT-2 is needed, nor any memory. On the device `meta` tensors have shapes and no numbers:

# %% tags=["promise-picture"]
from viz import draw_parameters

with torch.device("meta"):
    parts = GPT(GPTConfig.preset("gpt2")).parameters_by_part()
draw_parameters({part.replace("_", " "): count for part, count in parts.items() if count})

# %% [markdown]
# Attention, of which the title of its paper says that it is all you need, is less than a quarter. With that, some advice can be looked at that goes round among people who train on a card with 12 GB (12 blocks, 12 heads, 50,304 tokens, 1,024 positions):

# %%
claims = {384: "40M", 480: "115M", 576: "about 125M", 720: "130M", 768: "124M"}
for n_embd, claim in claims.items():
    total = sum(counted(n_embd, 12).values())
    print(f"n_embd {n_embd}: said to have {claim}; it has {total:,}, head size {n_embd // 12}")

# %% [markdown]
# Two of five. The parameters of the blocks grow with the *square* of the width, and three quarters of the width leave 56 % of the blocks. (720 divides by 12; its head size 60 is no multiple of 8, which GPUs do not like.) Nor is 512 "GPT-2's original width", whose four widths stand above; nor its `block_size`, which is 1,024.
#
# **Exercise 3.** Now `gpt2-medium` without a program, in millions, biases and norms left out: 24 blocks, 16 heads, 1,024 numbers a token, 50,257 tokens, 1,024 positions. In a block attention has four matrices of C × C; the MLP has one from C to 4C and one back.
# The last line asks for attention once more, if somebody sets `n_head` to 32.

# %% tags=["promise-exercise"]
medium = {"token embedding": ..., "position embedding": ..., "attention": ..., "mlp": ..., "attention with 32 heads": ...}
check("gpt2-medium", medium)

# %% [markdown]
# ## One of your own
#
# Ten lines, and any GPT learns any text. Which sixteen rows it reads at a step is drawn from the number of the step. What is new: `zero_grad`, because slopes add up from one walk to the next, as in lesson 3; `AdamW`, which is Adam and draws each weight a little towards 0 at every step; and a rate that first rises and then falls.
# (With the rate 0.01 from first to last, the run below would end near 2.3 instead of 1.6.)

# %%
def learn(gpt, ids, steps, rate):
    optimizer = torch.optim.AdamW(gpt.parameters())
    up_and_down = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    for step in range(steps):
        _, loss = gpt(*random_rows(ids, gpt.config.block_size, 16, torch.Generator().manual_seed(step)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        up_and_down.step()
        yield step, loss.item()

# %% [markdown]
# One block, 64 numbers, 32 letters to look back on; a few seconds. It begins by knowing nothing, and that is ln 58 = 4.06.

# %%
from viz import LossPlot


def new_gpt():
    sizes = GPTConfig(block_size=32, vocab_size=58, n_layer=1, n_head=4, n_embd=64)
    return GPT(sizes, torch.Generator().manual_seed(1))


own = new_gpt()
plot = LossPlot("A GPT of your own", last_step=700, lines={"knows nothing": 4.06})
for step, loss in learn(own, seen, steps=700, rate=0.01):
    plot.add(step, loss=loss)

# %% [markdown]
# What does yours write, and what the one that was trained for minutes?

# %%
from gptcore.sampling import generate_cached

for gpt in (own, model):
    text = generate_cached(gpt, [tokenizer.BOS], 160, temperature=0.7, stop=tokenizer.BOS, seed=3, stride=16)
    print(repr(tokenizer.decode(list(text))))

# %% [markdown]
# How good is that? The stories were told by a program from a table of choices, so one can add up how surprising they are to somebody who *has* the table. Below that nobody can get:

# %%
from math import exp

from gptcore.corpus import story_entropy

losses = {"knows nothing": 4.06, "yours": loss_on(own, unseen[:20_000]), "ours": loss_on(model, unseen[:20_000])}
losses["who knows the table"] = story_entropy().nats_per_letter
for who, nats in losses.items():
    print(f"{who:20} {nats:.2f} nats per letter, perplexity {exp(nats):.3g}")

# %% [markdown]
# **Perplexity** is e to the loss. It says among how many equally likely letters somebody with that loss would hesitate: 58 for who knows nothing. (So a loss of 4.17 is hesitating among 65, one of 3.28 among 27.)
#
# Ours stays away from the floor for two reasons. It is small and was trained for minutes. And most of its rows begin in the middle of a story, where even who has the table must first find out which story that is.
#
# ## It gets better and better, and worse
#
# Both were asked about stories that they had not read, which were put aside before: the **validation slice**. Here is why one needs it. A GPT learns from 100 names, over and over, and beside each loss on these stands the loss on 100 others. How will that one end, if knowing nothing is 3.33?
# **A**: it falls like the first. **B**: it falls, and then stays where it is. **C**: it rises above 3.33.

# %%
guess("the loss on names it has not read", ...)

# %%
from random import Random

from gptcore.tokenizers import CharTokenizer

letters = CharTokenizer.train(names)
some = Random(1).sample(names, 200)
halves = {"100 names that it reads": one_row(some[:100], letters), "100 others": one_row(some[100:], letters)}


def curves(gpt, halves):
    told = {which: ([], []) for which in halves}
    for step, _ in learn(gpt, [*halves.values()][0], steps=600, rate=0.01):
        for which, ids in halves.items() if step % 25 == 24 else ():
            told[which][0].append(step)
            told[which][1].append(loss_on(gpt, ids))
    return told

# %%
from viz import draw_loss


def small_gpt(vocab_size, dropout):
    torch.manual_seed(1)
    return GPT(GPTConfig(16, vocab_size, n_layer=2, n_head=4, n_embd=32, dropout=dropout))


story = curves(small_gpt(28, dropout=0.0), halves)
draw_loss(story, title="It knows its hundred names, and nothing else", lines={"knows nothing": 3.33})

# %% [markdown]
# Up to a point both fall: what it learned was true of names. Then it learns *these* names. It becomes sure, and is wrong where it is sure, and that is far dearer than knowing nothing. This is called **over-fitting**. The curve of the training loss shows none of it.
#
# What helps is more text, or stopping at the lowest point of the second curve. Or one makes remembering harder: **dropout** sets a part of the numbers to 0 at each step, by chance, always others, so that nothing can be built on a single one. Here a fifth of them:

# %%
dropping, title = small_gpt(28, dropout=0.2), "With dropout it goes wrong, too, but later and less"
dropped = curves(dropping, halves)
others = dropped["100 others"][1]
end = "below" if others[-1] < 3.33 else "above"
turned = "after it has turned" if others[-1] > min(others) + 0.1 else "still at its lowest"
picture = draw_loss(dropped, title=title, lines={"knows nothing": 3.33})
picture.alt = f"{title}: the loss on the 100 others ends {turned}, and {end} knowing nothing."
picture

# %% [markdown]
# The same with Shakespeare, where it is at hand: 3,000 letters to learn from, 3,000 others. It is four times as much text as the names were, and in 600 steps not so much of it can be learned by heart.

# %% tags=["needs-shakespeare"]
from gptcore.corpus import load

play = load("shakespeare")[:6000]
speech = CharTokenizer.train(play)
acts = {"3,000 that it reads": one_row([play[:3000]], speech), "3,000 others": one_row([play[3000:]], speech)}
gaps = []
for dropout in (0.0, 0.2):
    read, others = (losses[-1] for _, losses in curves(small_gpt(speech.vocab_size, dropout), acts).values())
    gaps.append(others - read)
print(f"without dropout the others cost {gaps[0]:.2f} nats more than what it read")
print("with dropout less than half of that:", gaps[1] < gaps[0] / 2)

# %% [markdown]
# When a model is *asked*, nothing must be dropped. `model.eval()` says so, `model.train()` takes it back, and a new model begins with the latter. Whoever forgets gets no error. The same model, the names that it has read, asked twice:

# %% tags=["promise-failure"]
rows = halves["100 names that it reads"].unfold(0, 17, 16)  # (N,) -> (N // 16, 17)
for mode in (dropping.train, dropping.eval):
    mode()
    first, again = (dropping(rows[:, :-1], rows[:, 1:])[1].item() for _ in range(2))
    print(f"{mode.__name__ + '()':8} asked twice, the same loss: {first == again}")
    higher = first - loss_on(dropping, halves["100 names that it reads"])
    print(f"{'':8} more than 0.1 nats too high: {higher > 0.1}")

# %% [markdown]
# Without `eval()` the loss is too high, and one would believe it, were it not for the evidence: it changes when nothing has. (Where something is dropped, this lesson prints no digits. On processors of Intel's PyTorch draws what it drops in another way than on others, so with the same seed it drops other numbers.)
#
# A GPT is **a function without state**: tokens, positions and weights go in, logits come out, today as yesterday. What it seems to remember stands in the text that it is given.
#
# ## Nobody reads the same letter twice
#
# To write one more letter, a GPT needs all letters before. But their keys and values are the same as a letter ago, so one can keep them: the **KV cache** that lesson 6 made by appending to two lists. Count how many tokens go through the model to write 100 letters after a prompt of 20:

# %%
from gptcore.sampling import generate


def count_reads(tokens):
    """The text, and how many tokens the model had to read for it."""
    reads = []
    hook = model.wte.register_forward_hook(lambda module, given, came: reads.append(given[0].numel()))
    text = list(tokens)
    hook.remove()
    return text, sum(reads)

# %%
prompt = unseen[:20].tolist()
without, reads_without = count_reads(generate(model.next_logits, prompt, 100, temperature=0))
cached, reads_cached = count_reads(generate_cached(model, prompt, 100, temperature=0))
print(f"without a cache {reads_without:,} tokens are read, with it {reads_cached}")
same(without, cached, within=0)

# %% [markdown]
# So with a cache the function is (token, position, weights, cache) → logits. A triangle against a line: twice as long a text costs four times as much without it, twice as much with it. And past `block_size`, 128 here? The window slides. Every token in it gets another *position*, and with it other keys and values: the cache is worth nothing, and the window must be read anew, for every letter. Or one
# lets the window jump, 64 tokens at a time, and right after a jump it sees half of what it could:

# %%
for stride in (1, 64):
    _, reads = count_reads(generate_cached(model, prompt, 300, temperature=0, stride=stride))
    print(f"300 letters, the window moves by {stride:2}: {reads:6,} tokens are read")

# %% [markdown]
# (In seconds: `benchmarks/LOG.md`.)
#
# ## The same code, a larger model
#
# Here is our model going on with a beginning, each time with the likeliest letter, and what each of its layers would have said:

# %%
from viz import draw_lens


def go_on(gpt, tokenizer, text, n):
    ids = tokenizer.encode(text)
    print(text + tokenizer.decode(list(generate_cached(gpt, ids, n, temperature=0))))
    spell = lambda id: tokenizer.decode([id])
    return draw_lens(gpt.logit_lens(torch.tensor([ids]))[:, 0], [*map(spell, ids)], spell)


go_on(model, tokenizer, "One morning Mia went to ", 60)

# %% [markdown]
# Read it from below. Layer 0 is the model without any block, and it says back what it was given: the table that reads also writes, and of all rows the one most like a letter's is its own. Each layer above reads the same vectors with the lines that one more block has added, as in the account of lesson 7. An orange frame says that this letter did come next.
#
# OpenAI's own weights go through the same function. They are 0.5 GB, so this cell does its work only where they have been brought:

# %% tags=["needs-gpt2-weights", "needs-gpt2-vocabulary"]
from course.sample import gpt2_weights
from gptcore.tokenizers import BPETokenizer

gpt2 = GPT.from_hf(gpt2_weights())
go_on(gpt2, BPETokenizer.from_gpt2(), "The capital of France is Paris. The capital of Italy is", 8)

# %% [markdown]
# ## Three ways to cut off nonsense
#
# Temperature you know. Two more dials: **top-k** keeps the *k* likeliest tokens and no other. **top-p** keeps as few of the likeliest as together have the share *p*: one where the model is sure, many where it is not. Set the temperature to 1.5 and see the text fall apart; then mend it with either.

# %% tags=["promise-control"]
from viz import SamplingPlayground


def encode(text):
    return [tokenizer.BOS, *tokenizer.encode(text)]


SamplingPlayground(model.next_logits, encode, tokenizer.decode, prompt="Mia had ", max_new_tokens=120, stop=tokenizer.BOS)

# %% [markdown]
# ## Look, then silence
#
# Three layers of four heads, reading a story that is new to them. Point at a head to open it.

# %%
from viz import draw_attention

text = tokenizer.decode(unseen[1:48].tolist())
ids = torch.tensor([encode(text)])  # (1, T)
tokens = [tokenizer.decode([id]) for id in ids[0].tolist()]
draw_attention(model.attention_weights(ids)[:, 0], ["[BOS]", *tokens[1:]], title="Twelve heads read a story")

# %% [markdown]
# You know from lesson 6 what a dark square says and what it does not. So silence each head in turn, and see what that costs on eight rows of stories that are new to it. Before you run it: in which layer, 0, 1 or 2, is the head that is missed most?

# %%
guess("the layer of the head that is missed most", ...)

# %%
rows = unseen[: 8 * 129].view(8, 129)


def loss_without(ablated_heads):
    return model(rows[:, :-1], rows[:, 1:], ablated_heads=ablated_heads)[1].item()


for layer in range(3):
    costs = [loss_without([(layer, head)]) - loss_without([]) for head in range(4)]
    print(f"layer {layer}:", "  ".join(f"head {head} {cost:+.2f}" for head, cost in enumerate(costs)))
everybody = [(layer, head) for layer in range(3) for head in range(4)]
print(f"all twelve speak: {loss_without([]):.2f} nats; all are silent: {loss_without(everybody):.2f}")

# %% [markdown]
# The first layer, and there you can see why: it has three diagonals. Head 1 looks one letter back, head 3 two, head 0 three or four. Nobody told them to share it out like that. Without head 1 the model no longer knows which letter came before, and what is left of its knowledge is little.
#
# In the last layer no head costs more than a few hundredths. Silence all four of them below, and the loss doubles: what one leaves out, others do. And with all twelve silent it is worse than knowing nothing, 4.06. Attention is the only place where positions exchange anything, so every letter is alone again, with MLPs that expect to be told
# something.
#
# Type a text of your own. The switch silences the head that is shown; the loss on the eight rows stands below.

# %% tags=["promise-control"]
from viz import AttentionExplorer


def run_model(text, ablated_heads):
    ids = torch.tensor([encode(text)])
    return ["[BOS]", *text], model.attention_weights(ids, ablated_heads=ablated_heads)[:, 0]


def loss(text, ablated_heads):
    return loss_without(ablated_heads)


AttentionExplorer(run_model, text=text, loss=loss, loss_name="loss on eight rows it has not read", layer=0, head=1)

# %% [markdown]
# What a model knows of a letter by itself is one row of a table. Ids mean nothing; one could give out emoji instead, and these rows would come out the same. Here they are, from the side from which they differ most, coloured by us.

# %%
from string import ascii_uppercase

from viz import draw_embedding

kinds = {"capitals": ascii_uppercase, "vowels": "aeiouy", "points and the blank": " !\"',-.?"}
spelled = list(tokenizer.characters)
groups = [next((kind for kind, members in kinds.items() if c in members), "consonants") for c in spelled]
table = model.wte.weight.detach()[: len(spelled)]
draw_embedding(table, spelled, groups=groups, title="What sets letters apart most is how often they occur")

# %% [markdown]
# The capitals seem to have found one another. Before you believe it, compare the direction across with something simpler, how often each letter stands in the stories:

# %%
across = torch.linalg.svd(table - table.mean(dim=0))[0][:, 0]
often = torch.bincount(seen, minlength=len(spelled))[: len(spelled)]
for what, numbers in {"how often it occurs": often.log(), "being a capital": torch.tensor([float(c.isupper()) for c in spelled])}.items():
    print(f"correlation of across with {what}: {torch.corrcoef(torch.stack([across, numbers]))[0, 1].abs():.2f}")

# %% [markdown]
# Capitals stand together because they are rare, and so do `z` and `q`.

# %% [markdown]
# ## No line raised an error
#
# Ada and Bo have each written their own attention. The shapes are right, and all three programs train. One block, the same first weights, the same rows:

# %% tags=["promise-failure"]
from course.failures.lesson_09 import with_attention


runs, losses = {whose: with_attention(whose, new_gpt()) for whose in ("ours", "Ada's", "Bo's")}, {}
for whose, gpt in runs.items():
    losses[whose] = [loss for _, loss in learn(gpt, seen, steps=300, rate=0.01)]
draw_loss(losses, title="Three programs, one text")

# %% [markdown]
# Which are wrong?

# %%
guess("the wrong programs", ...)

# %% [markdown]
# Bo's loss is too good to be true, and lesson 6 had a word for that: an error report. He cuts with `view` alone. The shape is right, but the sheet is cut *across*: head 0 gets the first quarter of the tokens, whole, and what it has to say is then glued to other tokens than it came from. So they hear of letters that they are to guess.
#
# Ada uses `view` on the way in and `view` on the way back. What was misplaced returns to its place, no token hears of a later one, and her loss is *better* than ours. Her tokens only hear the earlier ones of their own quarter of the row, eight letters at most; among so few, what is useful is found sooner. (That does not last. We let both go on, 3,000 steps at a rate of 0.003:
# hers ended some 0.2 nats behind ours on new stories.) Whoever stops after a minute and takes the better loss keeps the wrong program.
#
# No loss convicts her, so other witnesses are needed. One knows what a GPT must not do: what it says after 16 letters cannot depend on whether more will follow.

# %%
row = unseen[:32][None]
for whose, gpt in runs.items():
    short, long = gpt(row[:, :16])[0][0, 15], gpt(row)[0][0, 15]
    print(f"{whose:6} the same prediction, whatever comes after it: {torch.allclose(short, long)}")

# %% [markdown]
# Her quarters are cut anew for every length, so she tells another story when the row grows. The other witness is the slow program of lesson 7, which was never fast enough to be clever. Pour its 4,192 numbers into all three, and compare the first loss it prints:

# %%
first = scalar.loss(scalar.documents[0]).data
ids = torch.tensor([[scalar.BOS, *scalar.encode(scalar.documents[0]), scalar.BOS]])
for whose in runs:
    gpt = with_attention(whose, to_torch(scalar))
    print(f"{whose:6} the first loss of microgpt, {first:.4f}: {gpt(ids[:, :-1], ids[:, 1:])[1]:.4f}")

# %% [markdown]
# The second decimal for hers, the third for his. No more can be seen at the first step, and it is enough: the same numbers went in, so the same must come out, or one of the two is wrong. That is what a slow program is good for that one understands.
#
# ## The last sentence is yours
#
# *A GPT in tensors is fast because ...*
#
# <details><summary>Ours</summary>
#
# ... it does the same few multiplications for all tokens of all rows at once; it is right because somebody has held it against the slow one.
#
# </details>
#
# **Sources.** Sizes and weights of GPT-2: Alec Radford and others, *Language Models are Unsupervised Multitask Learners*, 2019. Names of the parts, and the shapes: Andrej Karpathy, *nanoGPT*. Attention: Ashish Vaswani and others, *Attention Is All You Need*, 2017. PyTorch: Adam Paszke and others, 2019.
# LayerNorm: Jimmy Ba and others, 2016. GELU: Dan Hendrycks and Kevin Gimpel, 2016. Dropout: Nitish Srivastava and others, 2014. AdamW: Ilya Loshchilov and Frank Hutter, *Decoupled Weight Decay Regularization*, 2019. Top-p: Ari Holtzman and others, *The Curious Case of Neural Text Degeneration*, 2020. What each layer would say: nostalgebraist, *interpreting GPT: the logit lens*, 2020.
