# %% [markdown]
# Today you are the language model. Six names are hidden further down, and before each of their letters you say what you expect. The next
# cell puts a tenth of our 2,607 names aside: names to be asked about, not to learn from.

# %%
from random import Random
from string import ascii_lowercase as LETTERS

from gptcore.corpus import load_documents


def split(documents):
    """Nine tenths to learn from, and a tenth to be asked about."""
    shuffled = list(documents)
    Random(42).shuffle(shuffled)
    tenth = len(shuffled) // 10
    return shuffled[:-tenth], shuffled[-tenth:]


names = load_documents("names")
seen, unseen = split(names)

# %% [markdown]
# You have 100 points for each letter. Write `e 40 a 30` and press Enter (or *bet*): 40 points on `e`, 30 on `a`, and the other 30 are spread evenly over the 25
# things that are left, `end` among them, for a name may end at any time. Then the letter is turned over, and you pay your surprise: −ln of the share that
# you gave to it, as in lesson 0. Beside you plays a table of 729 numbers that has read the other 2,347 names and does not know these six either.

# %%
from gptcore.scalar import NgramTable
from viz import ShannonGame

pairs = NgramTable(LETTERS, context_size=1).fit(seen)
bet_of = {"table of pairs": pairs.next_probabilities}
ShannonGame(unseen[:6], pairs.vocab, bet_of, example="emma")

# %% [markdown]
# (Where no Python runs you see a game that is over: somebody who bets evenly pays 3.296 for every letter of `emma`.)
#
# Claude Shannon had people play this in 1951, to find out how much of English is a surprise to those who speak it. Play two names, or all six. Then
# look at the right-hand column. **Your guess:** how many nats does the table pay for a letter, on the average of all 260 names that were put aside?

# %% tags=["promise-guess"]
from course import check, guess, same

guess("nats per letter of a table of pairs", ...)

# %%
print(f"table of pairs: {pairs.mean_loss(unseen):.3f} nats per letter on names it has never seen")

# %% [markdown]
# 3.296 would be no knowledge at all. The table has come 0.735 below it, and all it ever did was count.
#
# ## 729 numbers
#
# For every name it went through the letters two by two. `emma` is five pairs: nothing and then `e`, `e` and then `m`, `m` and then `m`, `m` and
# then `a`, `a` and then the end. Here is the whole learning algorithm:

# %% tags=["promise-toy"]
from collections import Counter


def count_pairs(names):
    counts = Counter()
    for name in names:
        counts.update(zip(["", *name], [*name, "end"]))
    return counts


counts = count_pairs(seen)

# %%
rows, columns = ["", *LETTERS], [*LETTERS, "end"]
table = [[counts[letter, then] for then in columns] for letter in rows]
same(table, [[pairs.counts[letter][then] for then in columns] for letter in rows], within=0)

# %% tags=["promise-picture"]
from viz import draw_counts

draw_counts(
    table,
    rows,
    columns,
    title="What followed what in 2,347 names",
    axes=("a letter (∅: nothing yet)", "what came next"),
    mark=[("q", None)],
)

# %% [markdown]
# Look along a row, then down a column. Vowels have dark columns: they follow nearly everything. `n` is followed by `g` 88 times and `g` by `n` seven times; order
# matters. More than one name in four ends with `a`. And the framed row: after `q` everybody expects a `u`. It came 8 times out of 24, and six times the name was
# over. Our list has names from many languages, `tareq` and `saqib` among them; what everybody knows about letters is often about the letters of English.
#
# ## What a name costs
#
# A row divided by its sum is a row of probabilities. `e` stands first in 79 of the 2,347 names; after an `e`, an `m` came 46 times in 1,015; and so on. How
# likely is it that five throws of such dice write `emma`?

# %% tags=["promise-by-hand"]
from math import log, prod

emma = [79 / 2347, 46 / 1015, 6 / 592, 222 / 592, 653 / 2381]
print(f"one in {1 / prod(emma):,.0f}")
print("surprises:", [round(-log(p), 2) for p in emma], "their sum:", round(-log(prod(emma)), 2))

# %% [markdown]
# Probabilities multiply, and soon there are too many zeros to read; surprises add. That is what the logarithm is for. The mean of the five is
# the loss of the name, in nats per letter, with the end counted as a letter. And you see where the money went: the second `m`, after an `m`, costs more
# than a third of the whole.

# %%
raw = NgramTable(LETTERS, context_size=1, smoothing=0).fit(seen)
same(sum(-log(p) for p in emma) / 5, raw.loss("emma"), within=1e-12)

# %% [markdown]
# ## `jack` costs infinity
#
# One of the 260 names is `jack`.

# %%
print("k after c:", raw.counts["c"]["k"], "times. The loss of jack:", raw.loss("jack"))
print([name for name in unseen if raw.loss(name) == float("inf")])

# %% [markdown]
# In 2,347 names no `k` came after a `c`, so the table gave it a probability of 0, and −ln 0 has no end. Eight names out of 260 do that, and then the
# mean over all 260 is infinite too. The table has taken *never seen* for *impossible*.
#
# The repair is a little dishonesty: pretend that every pair was seen a tenth of a time more than it was. (`added=0.1`; the game was played with
# it.)

# %%
for added in (1, 0.3, 0.1, 0.03, 0.001):
    repaired_table = NgramTable(LETTERS, context_size=1, smoothing=added).fit(seen)
    print(f"added {added:<5}  jack {repaired_table.loss('jack'):.2f}  all {repaired_table.mean_loss(unseen):.3f}")

# %% [markdown]
# Between 1 and 0.03 it hardly matters here. It will, where most cells are empty.
#
# ## Let it write
#
# To write, the table throws a die with 27 sides, weighted by the row of the last letter, until `end` comes up. Before each throw the probabilities can be
# sharpened or flattened: raise each to the power 1/*T* and divide by the new sum. *T* is called the **temperature**. At *T* = ½ they are squared:

# %%
after_q = pairs.next_probabilities("q")
squared = {then: p**2 for then, p in after_q.items()}
by_hand = {then: p / sum(squared.values()) for then, p in squared.items()}
same(by_hand, pairs.next_probabilities("q", temperature=0.5), within=1e-12)
print(f"u after q: {after_q['u']:.3f} at temperature 1, {by_hand['u']:.3f} at 0.5")

# %% [markdown]
# Likely things become likelier. Near 0 only the likeliest is left; far above 1 all 27 come out alike. (Lesson 0 wrote its twenty names at 0.5.)
#
# And why look back one letter only? A table can have a row for every *two* letters, or for every six. What it looks back on is called its **context**. Turn
# both dials; the dice are always the same. The bars say what may come after `ma`, a dot marks a name that the table has read.

# %% tags=["promise-control"]
from viz import SamplingDial

tables = [NgramTable(LETTERS, context_size=n).fit(seen) for n in range(7)]


def write(temperature, context):
    return tables[context].sample(20, temperature, rng=Random(1))


def after_ma(temperature, context):
    return tables[context].next_probabilities("ma", temperature)


dials = {"temperature": (0.1, 2.0, 0.5), "context": (0, 6, 2)}
SamplingDial(write, bars=after_ma, known=seen, known_label="among those it has read", title="After ma", **dials)

# %% [markdown]
# With no context it knows which letters are common and nothing else. With one, vowels and consonants take turns; with two or three there are
# syllables. From four on, look for two things at once. Many of the names are not invented, they are remembered. And some begin like a name and then fall
# off a cliff, into forty letters of noise: one unlikely throw, and the table stands in a row where it never counted anything. All it has there is
# the added tenth of a count in each of 27 cells, so all are equally likely, and whatever comes leads to another empty row.
#
# ## The better it remembers, the less it knows
#
# Measure it. **Your guess:** with how many letters of context is the table least surprised by the 260 names it has not seen?

# %% tags=["promise-guess"]
guess("letters of context that do best", ...)

# %% tags=["promise-ah"]
from viz import draw_context

draw_context(
    range(7),
    train_losses=[table.mean_loss(seen) for table in tables],
    val_losses=[table.mean_loss(unseen) for table in tables],
    table_sizes=[table.n_counts for table in tables],
    title="The further it looks back, the better it remembers",
)

# %% [markdown]
# Blue are the names it has read, and there a longer memory helps, up to five letters. (The sixth makes it a little worse, because of the tenths that were added: more of its cells are nearly empty. Without them it
# would go on down to 1.12, and the price of each of the 260 new names would be infinite.) Orange are the names it has not read. One letter back is the best that counting
# can do with this list; from there the curve climbs, and at six letters it stands higher than with no context at all.
#
# We had expected two letters to win. Is it the luck of one shuffle? Ten others:

# %%
losses = {1: [], 2: []}
for seed in range(10):
    order = Random(seed).sample(names, len(names))
    for context in losses:
        other = NgramTable(LETTERS, context).fit(order[:-260])
        losses[context].append(other.mean_loss(order[-260:]))
print({context: f"{sum(ten) / 10:.3f}" for context, ten in losses.items()})

# %% [markdown]
# It was not luck. Under the curve stands the reason, the number of cells. How many of them hold anything?

# %%
for table in tables:
    filled = sum(len(row) for row in table.counts.values())
    print(f"{table.context_size} letters: {filled:6,} of {table.n_counts:14,} cells")

# %% [markdown]
# Each letter of context makes the table 27 times larger, and the list stays as long as it is. A table cannot guess what belongs in an empty cell from its
# neighbours: what it has learned about `mar` tells it nothing about `kar`. To it they are two different rows, as different as `mar` and `xyz`. A model
# that could see that they are alike would need fewer names. The rest of this course is about that model.
#
# ## No line raised an error
#
# Somebody offers you a longer list, 4,107 names. Nothing else changes: a tenth is put aside, seven tables, two curves.

# %% tags=["promise-failure"]
from course.failures.lesson_01 import longer_list


def curves(documents):
    seen, unseen = split(documents)
    tables = [NgramTable(LETTERS, context_size=n).fit(seen) for n in range(7)]
    losses = [[table.mean_loss(part) for table in tables] for part in (seen, unseen)]
    return range(7), *losses


longer = longer_list(names)
draw_context(*curves(longer), title=f"{len(longer):,} names, and four letters back do best")

# %% [markdown]
# What a list: 2.17 where the old one had 2.56, and now four letters of context pay. **A**: more names, so there is more to learn from. **B**: some
# names are on both sides of the split. **C**: too few names were asked about, it is chance.

# %%
guess("what is wrong with the longer list", ...)

# %% [markdown]
# Two questions to the list would have settled it:

# %%
def asked_again(documents):
    """The share of the names asked about that had been learned from."""
    learned, asked = map(Counter, split(documents))
    return sum(asked[name] for name in asked if name in learned) / asked.total()


print(f"{len(longer):,} names, {len(set(longer)):,} different ones")
print(f"{asked_again(longer):.1%} of those asked about had been learned from")

# %%
draw_context(*curves(sorted(set(longer))), title="The same list, each name once")

# %% [markdown]
# <details><summary>What happened, when you have guessed</summary>
#
# The list was the old one with 1,500 of its names written in again. More than half of the names that were put aside stood among the others too, so a table that
# remembers looked like a table that knows, and the longest memory gained most. The curve with each name once is the old curve, to the last digit.
#
# It is no invention of ours. The list that microgpt was published with repeats 2,539 names, and of a tenth put aside 13.5 % stand in the rest.
# Lesson 10 meets the same thing in a collection of web pages; taking out repeats is the first thing that is done with one.
#
# </details>
#
# ## What everybody knows about names
#
# Three sentences one hears: names begin with a consonant; after `q` comes `u`; three consonants in a row are rare. Count.

# %%
import re


def claims(documents):
    text, number = " ".join(documents), len(documents)
    crowded = [sum(bool(re.search(f"[^{v}]{{3}}", name)) for name in documents) for v in ("aeiou", "aeiouy")]
    return {
        "begin with a consonant": sum(name[0] not in "aeiou" for name in documents) / number,
        "u after q": text.count("qu") / text.count("q"),
        "three consonants in a row": crowded[0] / number,
        "the same, if y is a vowel": crowded[1] / number,
    }

# %%
for claim, share in claims(names).items():
    print(f"{share:6.1%}  {claim}")

# %% [markdown]
# Are they facts about names, or about our list? The last cell asks names.txt, makemore's list of 32,033 names given to children in the United States,
# which microgpt was published with. It compares the claims, looks for repeats, and draws the two curves with each name kept once. (It fetches 0.2 MB if the
# file is not here, and takes a few seconds. Nothing after it needs the file.)

# %% tags=["needs-names-ssa"]
longest = load_documents("names-ssa")
for claim, share in claims(longest).items():
    print(f"{share:6.1%}  {claim}")
print(f"{asked_again(longest):6.1%}  of those asked about had been learned from")
draw_context(*curves(sorted(set(longest))), title="With eleven times as many names, three letters do best")

# %% [markdown]
# Four names in five begin with a consonant in both. After `q`, `u` comes in 76 % there and in 32 % here. Three consonants in a row stand in 17 % of
# them and in 8 % of ours, but if `y` is a vowel, in 6 % of both: "rare" depends on what you call `y`. And with eleven times as many
# names to learn from, the best table looks back three letters instead of one. Two letters further, for eleven times the names.
#
# ## Exercises
#
# **1 · The price.** In nats.

# %% tags=["promise-exercise"]
def surprise(p):
    """What it costs when something comes that was given the probability p."""
    return ...


check("surprise", surprise)

# %% [markdown]
# **2 · A row.** A table as a dictionary of rows: `table["q"]["u"]` says how often `u` came after `q`. Turn one row into probabilities.

# %% tags=["promise-exercise"]
def row_of_shares(table, letter):
    """What comes after this letter, as a dictionary: letter -> probability."""
    return ...


check("row_of_shares", row_of_shares)

# %% [markdown]
# **3 · Save jack.** A row of counts such as `{"a": 6, "b": 0, "c": 3, "d": 0, "end": 1}` comes in, with all that could come as its keys. Give back probabilities
# of which none is 0. There is more than one good answer.

# %% tags=["promise-exercise"]
def repaired(row):
    """Probabilities for all keys of the row, none of them 0."""
    return ...


check("repaired", repaired)

# %% [markdown]
# **Back.** In lesson 0, 27 even choices cost ln 27 nats. The table of pairs pays 2.56. Among how many even choices would you be as unsure as the
# table?

# %% tags=["promise-back"]
guess("even choices that cost 2.56 nats", ...)

# %% [markdown]
# ## The last sentence is yours
#
# *A longer table remembers more and knows less, because ...*
#
# <details><summary>Ours</summary>
#
# ... each letter of context makes 27 times as many cells out of the same names, and an empty cell cannot ask its neighbours.
#
# </details>
#
# **Sources.** Counting what follows what, and a text written from such counts: Claude Shannon, *A Mathematical Theory of Communication*, 1948. The game:
# Shannon, *Prediction and Entropy of Printed English*, 1951. Adding to the counts: Pierre-Simon Laplace, 1814. The list names.txt: Andrej Karpathy,
# *makemore*, from the records of the US Social Security Administration.
