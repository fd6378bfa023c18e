# %% [markdown]
# Can you predict the next letter of a name better than a table of counts? First you play against the table. Then you build it.
#
# The table learns from nine tenths of our 2,607 names, the **training split**. The other tenth is the **validation split**: names that are kept for
# the test and never used for training.

# %%
from random import Random
from string import ascii_lowercase as LETTERS

from gptcore.corpus import load_documents


def split(documents):
    """A training split of nine tenths, and a validation split."""
    shuffled = list(documents)
    Random(42).shuffle(shuffled)
    tenth = len(shuffled) // 10
    return shuffled[:-tenth], shuffled[-tenth:]


names = load_documents("names")
train, val = split(names)

# %% [markdown]
# ## Shannon's game: can you beat the table?
#
# Now you are the language model. Six names of the validation split are hidden. Before each letter you spread 100 points.
#
# 1. Write `e 40 a 30` and press Enter. `e` gets 40 points and `a` 30. The other 30 are spread evenly over the remaining tokens. One of them is `end`, because a name can end
#    at any time.
# 2. The letter appears. Your loss is −ln of the probability that you gave to it. A short bar is good.
# 3. The table predicts the same letter from the letter before it. It has not seen these six names either.
#
# The line under the bars keeps the score. Play one name to learn the rules, and more to win.

# %%
from gptcore.scalar import NgramTable
from viz import ShannonGame

bigrams = NgramTable(LETTERS, context_size=1).fit(train)
players = {"bigram table": bigrams.next_probabilities}
ShannonGame(val[:6], bigrams.vocab, players, example="emma")

# %% [markdown]
# (Where no Python runs, you see a finished game. One player spreads all points evenly and has a loss of 3.296 at every token.)
#
# *Predict.* What is the table's mean loss per token over all 260 names of the validation split? (`end` counts as a token.) 3.296 is no knowledge, 0 is certainty.

# %% tags=["promise-guess"]
from course import check, guess, same

guess("loss of the bigram table", ...)

# %% tags=["answer"]
print(f"bigram table: mean loss {bigrams.mean_loss(val):.3f} on names it has not seen")

# %% [markdown]
# Compare it with your own score. Below is everything that your opponent knows.
#
# ## A bigram table: count which letter follows which
#
# Two neighbouring tokens are a **bigram**. The table counts how often each bigram occurs in the training split.
#
# All tokens together are the **vocabulary**. Ours has 27: the letters and `end`. At the start of a name there is no letter before. A special token marks
# the start: **BOS** (*beginning of sequence*). The program writes it as `""`. So `emma` has five bigrams: BOS e, e m, m m, m a, a end.

# %% tags=["promise-toy"]
from collections import Counter


def count_bigrams(names):
    counts = Counter()
    for name in names:
        counts.update(zip(["", *name], [*name, "end"]))
    return counts


counts = count_bigrams(train)

# %% [markdown]
# This is the whole training: no gradient, no steps. Does the library count the same?

# %%
rows, columns = ["", *LETTERS], [*LETTERS, "end"]
table = [[counts[before, after] for after in columns] for before in rows]
same(table, [[bigrams.counts[before][after] for after in columns] for before in rows], within=0)

# %% [markdown]
# Here are all 27 × 27 = 729 counts. Look along the row of `n`, then down the column of `a`, then along the framed row.

# %% tags=["promise-picture"]
from viz import draw_counts

draw_counts(
    table,
    ["BOS", *LETTERS],
    columns,
    title="How often each letter follows each letter, in 2,347 names",
    axes=("letter before", "letter after"),
    mark=[("q", None)],
)

# %% [markdown]
# Vowels have dark columns: they follow nearly everything. Order matters: `g` follows `n` 88 times, and `n` follows `g` seven times. After `q`, `u` came 8
# times of 24, and the end of the name six times. `tareq` and `saqib` are names, too. "After `q` comes `u`" is a rule of English, not of names.
#
# ## A row becomes a conditional probability distribution
#
# A **probability distribution** gives each possible outcome a number, none below 0, with the sum 1. Divide a row by its sum, and it is one. Each number is then a
# **conditional probability**, written p(u | q): the probability of `u`, given that the letter before is `q`. Here it is 8/24.
#
# ### Exercise 1: a row becomes probabilities
#
# Write this step. `table["q"]["u"]` says how often `u` followed `q`.

# %% tags=["promise-exercise"]
def row_probabilities(table, letter):
    """The distribution after this letter, as a dictionary: token -> probability."""
    return ...


check("row_probabilities", row_probabilities)

# %% [markdown]
# ## The loss of a name: its mean negative log-likelihood
#
# ### Exercise 2: the loss of one token
#
# In lesson 0 you met the loss of one token with the probability *p*. Write it from memory.

# %% tags=["promise-exercise"]
def token_loss(p):
    """The loss of a token that was given the probability p."""
    return ...


check("token_loss", token_loss)

# %% [markdown]
# What is the probability that the table writes `emma`? Multiply the five conditional probabilities, each a count of the picture divided by
# the sum of its row. Their losses add up instead:

# %% tags=["promise-by-hand"]
from math import log, prod

emma = [79 / 2347, 46 / 1015, 6 / 592, 222 / 592, 653 / 2381]
print(f"probability: one in {1 / prod(emma):,.0f}")
print("losses:", [round(-log(p), 2) for p in emma], "sum:", round(-log(prod(emma)), 2))

# %% [markdown]
# The logarithm turns products into sums. That is why it is used: a product of a thousand probabilities has too many zeros.
#
# The sum is the **negative log-likelihood** of the name. Divided by the number of tokens, here five, it is the **cross-entropy loss**, the usual loss of language models. Its unit with
# ln is the **nat**. With log₂ it is the **bit**; 1 nat is 1.44 bits.

# %%
unsmoothed = NgramTable(LETTERS, context_size=1, smoothing=0).fit(train)  # 0: the bare counts; see below
same(sum(-log(p) for p in emma) / 5, unsmoothed.loss("emma"), within=1e-12)

# %% [markdown]
# On the validation split the table had a mean loss of 2.56 nats. What does this number mean? In lesson 0, 27 equally probable tokens had the loss ln 27. *Predict.* How many equally probable tokens have the loss 2.56?

# %% tags=["promise-back"]
guess("equal choices with a loss of 2.56", ...)

# %% tags=["answer"]
from math import exp

print(f"27 tokens: loss {log(27):.3f}. Loss {bigrams.mean_loss(val):.2f}: {exp(bigrams.mean_loss(val)):.1f} tokens")

# %% [markdown]
# This number, *e* to the power of the loss, is the **perplexity**. A model with a perplexity of 27 is as unsure as one that chooses among 27 equal tokens.
#
# ## A count of zero makes the loss infinite
#
# One of the 260 names is `jack`.

# %%
print("k after c:", unsmoothed.counts["c"]["k"], "times. The loss of jack:", unsmoothed.loss("jack"))
print([name for name in val if unsmoothed.loss(name) == float("inf")])

# %% [markdown]
# In 2,347 names, no `k` follows a `c`. Seven other validation names contain an unseen bigram. So the table says: probability 0. −ln 0 is infinite, and so is the mean over all 260 names. The table takes
# *never seen* for *impossible*.
#
# ### Exercise 3: no probability of 0
#
# A row of counts such as `{"a": 6, "b": 0, "c": 3, "d": 0, "end": 1}` comes in, with every possible token as a key. Return
# probabilities, all above one in a million. There is more than one good answer.

# %% tags=["promise-exercise"]
def smoothed(row):
    """Probabilities for all keys of the row, none of them 0."""
    return ...


check("smoothed", smoothed)

# %% [markdown]
# The usual answer is **smoothing**: add a small number to every count, then divide by the new sum. How small?

# %%
for added in (1, 0.3, 0.1, 0.03, 0.001):
    some = NgramTable(LETTERS, context_size=1, smoothing=added).fit(train)
    print(f"add {added:<5}  jack {some.loss('jack'):.2f}  all {some.mean_loss(val):.3f}")

# %% [markdown]
# The smaller the number, the higher the loss of `jack`. For all names together it hardly matters here. Your opponent in the game adds 0.1, so its losses differ a little from the bare counts.
#
# ## Sampling with a temperature and a longer context
#
# The table writes as the GPT did: draw a token, append it, repeat until `end`. Two knobs change what it writes.
#
# - **Temperature** *T*: each probability is raised to the power 1/*T* and divided by the new sum. At *T* = ½ probabilities are squared, so the likely tokens become
#   more likely. The GPT of lesson 0 wrote its names at *T* = ½.
# - **Context**: the tokens that the model sees before it predicts. A bigram table sees one. A table with longer contexts counts **n-grams**, groups of *n* tokens: with two letters
#   of context, trigrams.
#
# Turn both. The bars show what can follow `ma`. From a context of 3 on, the table also knows that the name begins there. A dot marks a name of the training split. What changes from a context of 4 on, at *T* = ½ and at *T* = 1?

# %% tags=["promise-control"]
from course.experiments.text.ngrams import turn_temperature_and_context

tables = [NgramTable(LETTERS, context_size=n).fit(train) for n in range(7)]
turn_temperature_and_context(tables, "ma", train)

# %% [markdown]
# <details><summary>What to see</summary>
#
# Near temperature 0 the table always takes the most probable token. Above 1 the bars become more alike.
#
# Without context the table knows which letters are common, and no more. With one letter, vowels and consonants alternate. With two or three there are syllables.
#
# From four letters on, half of the names are copies at *T* = ½. At *T* = 1 hardly any is, and most turn into noise: one rare letter leads to a row without any count. There only the
# smoothing is left, so all 27 tokens are equally probable, and the next row is empty, too.
#
# </details>
#
# ## Which context is best? Training and validation loss
#
# *Predict.* Which context, from 0 to 6 letters, gives the lowest loss on the validation split?

# %% tags=["promise-guess"]
guess("best context size", ...)

# %% tags=["promise-ah", "answer"]
from viz import draw_context

draw_context(
    range(7),
    train_losses=[table.mean_loss(train) for table in tables],
    val_losses=[table.mean_loss(val) for table in tables],
    table_sizes=[table.n_counts for table in tables],
    title="Training and validation loss by context",
)

# %% [markdown]
# <details><summary>What happened</summary>
#
# On the training split a longer context helps, up to four letters. From there on the loss stays at 1.74: most rows hold a single count, and
# smoothing takes the rest of the probability. On the validation split one letter is best. With four letters and more the loss is higher than with none. This is
# overfitting, as in lesson 0: the table remembers its training names and predicts new ones worse.
#
# Two letters seem plausible. They lose in ten other shuffles of the list, too: the mean loss is 2.608 with two letters, and 2.574 with one.
#
# </details>
#
# Why? Look at how many cells of each table hold a count.

# %%
for table in tables:
    filled = sum(len(row) for row in table.counts.values())
    print(f"context {table.context_size}: {filled:6,} of {table.n_counts:14,} cells")

# %% [markdown]
# Each letter of context makes the table 27 times larger. The list of names stays as long as it is. And a table cannot fill an empty cell from a similar one: what it
# learned about `mar` does not help with `kar`. To the table these rows have nothing in common. A model that knows which contexts are alike needs fewer names. The rest of the course
# builds that model.
#
# More names help as well. The next cell measures it with names.txt, another list. (It downloads 0.2 MB. Nothing after it needs the file.) Lists differ,
# so a fair comparison stays with one of them. How many letters of context do best with 2,607 of its names, and how many with all?

# %%
def curves(documents):
    """Contexts, training losses, validation losses."""
    train, val = split(documents)
    tables = [NgramTable(LETTERS, context_size=n).fit(train) for n in range(7)]
    return range(7), *([table.mean_loss(part) for table in tables] for part in (train, val))


# %% tags=["needs-names-ssa"]
longest = sorted(set(load_documents("names-ssa")))
val_losses = curves(Random(1).sample(longest, len(names)))[2]
print(f"{len(names):,} names of names.txt: context {val_losses.index(min(val_losses))} is best")
draw_context(*curves(longest), title=f"All {len(longest):,} names of names.txt")

# %% [markdown]
# With all names three letters do best, and two with 2,607 of them (in eight draws of eight). So with eleven times as many names, one more letter of context pays. Our own 2,607 names do best with one letter.
# They come from many languages, and their loss with one letter is higher: 2.56 against 2.48.
#
# ## A mistake that raises no error: a longer list with a lower loss
#
# Somebody offers you a longer list, 4,107 names. Nothing else changes.

# %% tags=["promise-failure"]
from course.failures.lesson_01 import longer_list

longer = longer_list(names)
draw_context(*curves(longer), title=f"{len(longer):,} names, and four letters do best")

# %% [markdown]
# The best validation loss is 2.17, where the old list had 2.56. And four letters of context win. Is this list better? **A**: yes, more names mean more to learn
# from. **B**: no, some names are in both splits. **C**: no, the validation split is too small, and this is chance.

# %%
guess("what is wrong with the longer list", ...)

# %% tags=["answer"]
print(f"{len(longer):,} names, {len(set(longer)):,} different ones")
learned, tested = map(set, split(longer))
print(f"{len(learned & tested) / len(tested):.0%} of the validation split is in the training split")
print("each name once: the old list again?", set(longer) == set(names))

# %% [markdown]
# <details><summary>What happened</summary>
#
# The longer list is the old one with 1,500 of its names repeated. More than half of the validation split is in the training split, too. There a table that remembers looks like
# a table that predicts. The longest contexts gain most.
#
# This happens to real data. The list that microgpt was published with repeats 2,539 names: 13.5 % of a validation tenth is in the other nine tenths. So the first step with a data set
# is to remove repeats. Lesson 10 does it with web pages.
#
# </details>
#
# ## Summary
#
# First write one sentence of your own: *A longer table remembers more and predicts worse, because ...*
#
# - A **bigram** table counts pairs of tokens. A row divided by its sum is a **conditional probability** distribution.
# - The **cross-entropy loss** is the mean **negative log-likelihood** per token, in nats. *e* to this power is the **perplexity**.
# - An unseen **n-gram** has probability 0 and an infinite loss. **Smoothing** adds a little to every count.
# - **Temperature** below 1 makes likely tokens more likely; above 1 it makes all tokens more alike.
# - Each letter of **context** makes 27 times as many cells. The training loss falls, the validation loss rises: **overfitting**.
# - The validation split shows this only if none of its names is in the training split.
#
# ## Sources and further reading
#
# - Counting n-grams and sampling from them: Claude Shannon, *A Mathematical Theory of Communication*, Bell System Technical Journal 27, 1948.
# - The game: Claude Shannon, *Prediction and Entropy of Printed English*, Bell System Technical Journal 30, 1951. With points: Cover and King, *A Convergent Gambling Estimate of the
#   Entropy of English*, IEEE Transactions on Information Theory 24, 1978.
# - Smoothing compared: Chen and Goodman, *An Empirical Study of Smoothing Techniques for Language Modeling*, ACL 1996 (cmp-lg/9606011).
# - The same loss in PyTorch: `torch.nn.functional.cross_entropy`. The file names.txt: Andrej Karpathy, *makemore*, from records of the US Social Security
#   Administration.
