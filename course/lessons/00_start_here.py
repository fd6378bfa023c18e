# %% [markdown]
# The next cell trains a language model in front of you: 4,192 numbers, plain Python, no library. Put the cursor into it and
# press Shift + Enter. It takes about ten seconds.

# %% tags=["promise-first-cell"]
from random import Random

from gptcore.corpus import load_documents
from gptcore.scalar import MicroGPT
from viz import LossPlot

names = load_documents("names")
gpt = MicroGPT(names, seed=42)
plot = LossPlot("How surprised it is by the next letter", last_step=1000)
album = {0: gpt.sample(30, rng=Random(1))}
for step in gpt.train(1000):
    plot.add(step.step, loss=step.loss)
    if step.step in (10, 100, 300, 1000):
        album[step.step] = gpt.sample(30, rng=Random(1))
invented = gpt.sample(20)
print(*invented)

# %% [markdown]
# It read a thousand names, one after the other, and before each letter it said how likely each of 27 things was to come: one of the 26
# letters, or *the end of the name*. Whenever the truth surprised it, the numbers inside it, its **weights**, moved a little. Then it wrote twenty names
# of its own. It is a GPT, a *generative pre-trained transformer*. A chatbot is one too: far larger, it has read far more, and it was then trained
# further, to answer.
#
# The curve counts surprise. The thin line is one name, and one name is one throw of the dice; the bold line is a running mean. The first
# names cost between 3 and 3.7 each, about 3.3 before anything is learned.
#
# **Your guess.** Give it another alphabet, with 54 choices for every step instead of 27. Where would the curve begin: at the same height, a little
# higher, twice as high? Put a number in.

# %% tags=["promise-guess"]
from course import check, guess, same

guess("the first loss with 54 choices", ...)

# %% [markdown]
# ## One number for a surprise
#
# If you gave a letter the probability *p*, and then it comes, your surprise is ln (1/*p*), which is −ln *p*. The unit is called a nat.

# %% tags=["promise-by-hand"]
from math import log

for p in (1, 1 / 2, 1 / 27, 1 / 1000):
    print(f"thought it {p:6.1%} likely: surprise {log(1 / p):.3f} nats")

# %% [markdown]
# Certain and right costs nothing. Knowing nothing about 27 choices costs 3.296, and that number will follow you through the whole course: a
# model that starts far above it is broken, and one that has come below it knows something. (Twice the choices? ln 54 is 3.989. Each doubling adds
# ln 2, which is 0.693.)
#
# After training, the model no longer spreads its bets evenly. This is what it expects after `em`:

# %%
from viz import draw_probabilities

draw_probabilities(gpt.next_probabilities("em"), title="After em it expects a vowel")

# %% [markdown]
# The loss of a whole name is the mean of such surprises. Five bets are placed for `emma`: `e` at the start, `m` after `e`, `m` after
# `em`, `a` after `emm`, and the end after `emma`. Take the five probabilities and do it yourself:

# %% tags=["promise-toy"]
bets = {"": "e", "e": "m", "em": "m", "emm": "a", "emma": "end"}
surprises = [-log(gpt.next_probabilities(seen)[then]) for seen, then in bets.items()]
by_hand = sum(surprises) / len(surprises)
print([round(surprise, 1) for surprise in surprises])

# %%
same(by_hand, gpt.loss("emma"), within=1e-9)

# %% [markdown]
# That was the whole score that a GPT is trained on. Nobody told it what a vowel is.
#
# ## From noise to names
#
# While it trained, the cell stopped five times to let it write, each time with the same dice, `Random(1)`, so that only the model differs. Move
# *step* and watch what it learns first. (Where no Python runs, on a web page for instance, you see all five moments at once.)

# %% tags=["promise-control", "promise-picture"]
from viz import SamplesPlayer

SamplesPlayer(album, known=names, known_label="stands in the list of names")

# %% [markdown]
# At step 0 any letter follows any other, and most names are cut off at 16 letters, the longest that it can look back on. At 10 it has found out
# which letters are common. At 100 vowels and consonants take turns; nobody mentioned that rule either. After that the syllables get better,
# slowly, and from the outside it is hard to say how. Lesson 7 opens it up.
#
# ## No line raised an error
#
# Here is a second run. One thing in it is wrong. Its loss falls *lower* in 300 steps than the first run's did.

# %% tags=["promise-failure"]
from course.failures.lesson_00 import second_run

second = second_run(names)
losses = {"second run": [step.loss for step in second.train(300)], "first run": plot.history["loss"][1][:300]}
for which, values in losses.items():
    print(f"{which}: mean of steps 201 to 300 is {sum(values[200:]) / 100:.2f}")

# %%
from viz import draw_loss

draw_loss(losses, title="The second run looks better")

# %% [markdown]
# And this is what the second run writes after its 300 steps. What is wrong with it? **A**: it copies names that it has seen. **B**: it was shown the names
# in alphabetical order. **C**: its steps are too large.

# %%
print(*second.sample(12))
guess("what is wrong with the second run", ...)

# %% [markdown]
# <details><summary>What happened, when you have guessed</summary>
#
# The curve praised it; the samples gave it away, for they all begin alike. It saw the names that begin with `a`, then those with `b`: whoever has
# just read two hundred neighbours predicts the next neighbour well. It learned where in the list it was. (Look at the curve again: it jumps up near step
# 157 and near step 246. Print `sorted(names)[154:160]` and `sorted(names)[243:249]`.)
#
# So documents are shuffled before training, and so you will look at samples and not only at losses, here and on a GPU.
#
# </details>
#
# ## The whole program on one page
#
# What the training cell did fits on a page, with no import but Python's own. The colours say which lesson explains a line; rest the pointer on
# one to read its title.

# %% tags=["promise-ah"]
from course.one_page_colours import lessons_of_lines, one_page, titles
from course.program import draw_program

draw_program(one_page(), lessons_of_lines(), titles(), title="A GPT, all of it")

# %% [markdown]
# You need not understand a line of it yet. Count the colours instead: six of them, the longest some sixty lines. (Lesson 5 has none: here a
# letter is what the model reads at a time, its *token*, and lesson 5 is about larger ones.) The page comes back in lesson 7, and then no colour
# will be strange.
#
# It is also a program that runs, in some four minutes, from the folder of the course: `python course/one_page.py data/names.txt`. The training cell used its
# faster twin, `gptcore.scalar`; lesson 3 shows what makes it fast. Given the list that microgpt was published with, both print the published
# losses.
#
# ## Exercises
#
# **1 · Invented or remembered?** Did it copy those twenty names? Write the function that looks them up.

# %% tags=["promise-exercise"]
def count_known(invented, known):
    """How many of the invented names stand in the list of known ones?"""
    return ...


check("count_known", count_known)

# %% [markdown]
# Then call it: `count_known(invented, names)`. It answers 0. Does that make `alana` an invention? It is a name that people bear; our list of
# 2,607 just does not have it. Whether something was *invented* depends on the list in which you look.
#
# The published model learned from a longer list, names.txt, and its twenty names are known. Count how many of them stand in the whole file, and how
# many among the 1,000 names that it was shown. (The next cell downloads that file, 0.2 MB, if it is not here. Without a network it says so, and
# nothing after it needs the file.)

# %% tags=["needs-names-ssa"]
published = """kamon ann karai jaire vialan karia yeran anna areli kaina
               konna keylen liole alerin earan lenne kana lara alela anton""".split()
all_of_them = load_documents("names-ssa")
shown = MicroGPT(all_of_them, seed=42).documents[:1000]
print(f"{len(all_of_them):,} names in the file, {len(shown):,} shown to the model")
check("remembered", {"in the list": ..., "among the 1,000 shown": ...})

# %% [markdown]
# **2 · Another seed.** The seed decides in which order the names come and with which weights it begins. Which of these stay true, or the same, with
# any other seed? Answer with `True` or `False`; then copy the training cell and try `seed=7`.

# %% tags=["promise-exercise"]
stays = {"a first loss between 3 and 3.7": ..., "the last loss": ..., "the names": ...}
check("another seed", stays)

# %% [markdown]
# ## The way through
#
# This is the course. A track leads to each lesson from those that it builds on; where two tracks run side by side, the order is yours. A bar fills with the questions that
# you have answered: run the cell again whenever you come back.

# %%
from course.way import way

way()

# %% [markdown]
# For the bars your answers are noted in a file on this machine, the wrong ones too, and they are sent nowhere. In a cell of its own, `%run -m course.record.progress` says where it
# lies, and `%run -m course.record.progress erase` forgets it all.
#
# Are you sure of list comprehensions, `zip`, logarithms and slopes? [Before you start](../course/pages/before_you_start.md) asks, for five minutes. What a word meant
# that was explained three lessons ago stands in the [glossary](../course/pages/glossary.md).
#
# ## The last sentence is yours
#
# Finish it before you unfold ours: *A language model is trained to ...*
#
# <details><summary>Ours</summary>
#
# ... be less surprised by the next token; everything else it seems to know is what it needed for that.
#
# </details>
#
# **Sources.** The model, its sizes and its published output: Andrej Karpathy, *microgpt*, 12 February 2026. Surprise as −log *p*: Claude Shannon, *A
# Mathematical Theory of Communication*, 1948. The list of names is this project's own.
