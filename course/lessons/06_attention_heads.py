# %% [markdown]
# Two words, `emma` and `mmea`: the same letters, the same last one, the earlier ones in another order. The model of lesson 0 is told two things of every
# letter, which one it is and at which position it stands. Suppose you hide the positions from it. Will it bet the same on what comes after the `a`?

# %% tags=["promise-guess"]
from course import check, guess, same

guess("same bet for emma and mmea", ...)

# %% [markdown]
# ## One letter asks, all so far answer
#
# Some numbers, small enough to check. The name begins; `[BOS]` stands for its beginning. Then `e m m a` have come, and `a` would like to know what to
# expect. It asks a question, and a question is a list of numbers, its **query**. Each letter so far has a **key**, by which it is found, and a
# **value**, which is what it has to say. All are lists of the same length, here two.

# %% tags=["promise-by-hand"]
query = [2, 1]
keys = {"[BOS]": [0, 0], "e": [1, 1], "m": [-1, 1], "m ": [-1, 0], "a": [1, -1]}
values = {"[BOS]": [0, 0], "e": [4, 0], "m": [0, 4], "m ": [0, 4], "a": [1, 1]}
scores = {letter: query[0] * key[0] + query[1] * key[1] for letter, key in keys.items()}
print(scores)

# %% [markdown]
# A **score** is query times key, pair by pair, added up. `e` fits the question best. The second `m` (written with a space, so that Python keeps both) has a
# key of its own, for it stands elsewhere.
#
# One could now take the value of `e` and forget the rest. But then a slightly better key would change either nothing or everything, and lesson 3 needs
# slopes. So everybody is heard, in shares: divide by √2 (why, you will see), take e to that power, divide by the sum.

# %%
from math import exp, sqrt

powers = {letter: exp(score / sqrt(2)) for letter, score in scores.items()}
weights = {letter: power / sum(powers.values()) for letter, power in powers.items()}
mixed = [sum(weights[letter] * values[letter][d] for letter in values) for d in (0, 1)]
print({letter: round(weight, 2) for letter, weight in weights.items()}, [round(number, 2) for number in mixed])

# %% [markdown]
# 0.69 of the value of `e`, 0.17 of its own, 0.08 of the beginning's, and hardly anything of the two `m`. These shares are the **attention weights**. The recipe, e to
# the power of each score and then divided by their sum, is called **softmax**; the probabilities of lesson 0 were made by it, too. What comes out is above 0 and sums
# to 1. The mixed value is what `a` has heard.
#
# It is like a notice board with cards on it, read by someone with a question in mind. The comparison ends where the reader picks a card:
# nobody here picks. And nobody wrote the cards. Query, key and value are computed from the sixteen numbers that describe a letter, with three tables of
# weights, `wq`, `wk` and `wv`, and these are learned like all others. In ten lines:

# %% tags=["promise-toy"]
def hear(q, keys, values):
    """What one letter gathers from all letters up to itself."""
    D = len(q)
    scores = [sum(qd * kd for qd, kd in zip(q, k)) / sqrt(D) for k in keys]
    powers = [exp(score) for score in scores]
    weights = [power / sum(powers) for power in powers]
    return [sum(w * v[d] for w, v in zip(weights, values)) for d in range(D)]


by_hand = hear(query, list(keys.values()), list(values.values()))

# %% [markdown]
# And the one that microgpt uses, made of `Value`s, so that blame flows back into queries, keys and values:

# %%
from gptcore.scalar import Value, ops_reference
from gptcore.scalar.attention import attend


def as_values(rows):
    return [[Value(number) for number in row] for row in rows]


(q,), k, v = as_values([query]), as_values(keys.values()), as_values(values.values())
same(by_hand, attend(q, k, v, n_head=1, ops=ops_reference), within=1e-12)

# %% [markdown]
# ## Four questions at once
#
# One question is not much. A letter may want to know which vowel came last, and also how long the name is already. So `wq`, `wk` and `wv` each turn the
# sixteen numbers of a letter into sixteen new ones, and these are cut into four times four. Each quarter does all of the above on its own: four **heads**, four questions, four sets of weights. What they heard is put side
# by side again.

# %%
from random import Random

rng = Random(5)
q, *rows = [[rng.gauss(0, 1) for _ in range(16)] for _ in range(11)]  # a query, five keys, five values
k, v = rows[:5], rows[5:]
quarters = [slice(start, start + 4) for start in (0, 4, 8, 12)]
by_hand = []
for part in quarters:
    by_hand += hear(q[part], [key[part] for key in k], [value[part] for value in v])

# %%
same(by_hand, attend(as_values([q])[0], as_values(k), as_values(v), n_head=4, ops=ops_reference), within=1e-12)

# %% [markdown]
# Every head sees every letter, and all 16 numbers of it: its query, key and value are made of all of them. They have 4 numbers each.
#
# ## Why the root
#
# Sixteen letters with random keys, a random query, 64 numbers each: how much does the loudest of the sixteen get, on average over a thousand tries?

# %%
def shares(scores):
    powers = [exp(score - max(scores)) for score in scores]  # the largest becomes e^0, so none overflows
    return [power / sum(powers) for power in powers]


def loudest(D, letters, divide_by):
    q = [rng.gauss(0, 1) for _ in range(D)]
    return max(shares([sum(qd * rng.gauss(0, 1) for qd in q) / divide_by for _ in range(letters)]))

# %%
for letters in (16, 4):
    for what, divide_by in (("as it is", 1), ("divided by the root of 64", 8), ("divided by 64", 64)):
        mean = sum(loudest(64, letters, divide_by) for _ in range(1000)) / 1000
        print(f"{letters:2} letters, score {what}: {mean:.2f}")

# %% [markdown]
# A sum of 64 products is about √64 = 8 times as large as one of them, and e⁸ is 3,000. So without the root one letter shouts all others down before anything has been
# learned, and where a share is nearly 0 so is its slope: nobody would find out that the others had been worth hearing. Dividing by 64 instead makes all
# nearly equal: 1/16 is 0.06.
#
# ## What four heads do with emma
#
# Now a model that has learned. It is lesson 0's, but written with arrays instead of single numbers, which is about a thousand times faster (lesson 7 climbs from one
# to the other), so it can take ten thousand steps in a few seconds; each name comes up about four times. Two hundred names are kept from it.

# %%
from gptcore.corpus import load_documents
from gptcore.ladder import NumpyGPT, forward, loss_of

names = load_documents("names")
Random(1).shuffle(names)
unseen, seen = names[:200], names[200:]
gpt = NumpyGPT(seen, seed=42)
losses = [step.loss for step in gpt.train(10_000)]
print(f"mean loss of the last 1,000 steps: {sum(losses[-1000:]) / 1000:.3f}")

# %% tags=["promise-picture"]
from viz import draw_attention

tokens = ["[BOS]", *"emma"]
emma = gpt.encode("emma")[:-1]  # without the end, which is to be guessed
draw_attention(forward(emma, gpt.weights, n_head=4).weights[0], tokens, title="Who listens to whom, in four heads")

# %% [markdown]
# A row asks. Half of each square is empty because what is still to come cannot be heard. Look at head 3: the first `m` gives nearly everything to `e`. One begins to tell
# stories at once: *this head looks for the vowel*. Four triangles of one name are little evidence. Here are the 200 names: of what head 3 gives to earlier letters, how
# much goes to vowels?

# %%
to_vowels, vowels_there = [], []
for name in unseen:
    head_3 = forward(gpt.encode(name)[:-1], gpt.weights, n_head=4).weights[0, 3]
    for asks in range(3, len(name) + 1):
        is_vowel = [letter in "aeiou" for letter in name[: asks - 1]]
        given = head_3[asks, 1:asks]  # without [BOS], and without itself
        to_vowels.append(given[is_vowel].sum() / given.sum())
        vowels_there.append(sum(is_vowel) / len(is_vowel))
print(f"{sum(to_vowels) / len(to_vowels):.2f} to vowels; {sum(vowels_there) / len(vowels_there):.2f} of the letters are vowels")

# %% [markdown]
# No more than by chance. `emma` was the wrong name to believe. That is not to say that no head ever looks for vowels: with other first weights (`seed=2`) head 0 gives 0.90 to them, and in three of the six runs that we tried some head gives more than 0.55. A picture of one name cannot tell which of these models you have. And even a head that does what its picture says may do it for nothing: to find out what a
# weight is good for, one has to change it.
#
# ## Change what it hears
#
# Below you are inside the model while it reads `emma`. Choose who asks, and in which head; add something to a score and watch the mixed vector
# (blue bars up, orange bars down) move towards that letter's value, and the bets on the next letter follow. The same change is made while the model reads
# the 200 names that it has never seen, wherever they are long enough, and the last line says what it costs.

# %%
def interventions(query, head, score_delta, ablated_heads, use_positions):
    def edit(layer, h, scores):
        if h == head and query < len(scores):
            scores[query, : query + 1] += score_delta[: query + 1]
        return scores

    heads = frozenset((0, h) for h in ablated_heads)  # head h of layer 0, the only one
    return {"ablated_heads": heads, "use_positions": use_positions, "score_hook": edit}

# %%
from gptcore.next_token import next_probabilities

letters = [*gpt.gpt.characters, "end"]


def run_model(query, head, **knobs):
    inside = forward(emma, gpt.weights, n_head=4, **interventions(query, head, **knobs))
    probs = dict(zip(letters, next_probabilities(inside.logits[query])))
    of_head = {"weights": inside.weights[0, head], "values": inside.values[0, head]}
    of_row = {"scores": inside.scores[0, head, query], "context": inside.context[0, head, query]}
    return {**of_head, **of_row, "probs": probs}

# %% tags=["promise-control", "promise-ah"]
from viz import AttentionEditor

unseen_ids = [gpt.encode(name) for name in unseen]


def loss_when(**tampering):
    return sum(loss_of(ids, gpt.weights, n_head=4, **tampering) for ids in unseen_ids) / len(unseen_ids)


def loss(**knobs):
    return loss_when(**interventions(**knobs))


AttentionEditor(run_model, tokens, 4, loss=loss, loss_name="loss on 200 names", still_score_delta={1: 6})

# %% [markdown]
# (Where no Python runs, you see one change: 6 added to the score of `e` in head 0.)
#
# ## Removing is evidence
#
# You have moved the bets on one name. Now for the strongest change: all four heads silent, their mixed vectors set to zero, for all 200 names. (A letter's own numbers still pass by.)
# How much worse does the loss get? **A**: by about 0.03 nats. **B**: by about 0.3. **C**: by about 3.

# %%
guess("all four heads silent", ...)

# %%
untouched = loss_when()
print(f"untouched           {untouched:.3f} nats")
for h in range(4):
    print(f"head {h} silent     {loss_when(ablated_heads=frozenset({(0, h)})) - untouched:+8.3f}")
everyone = frozenset((0, h) for h in range(4))
print(f"all silent        {loss_when(ablated_heads=everyone) - untouched:+8.3f}")
print(f"without positions {loss_when(use_positions=False) - untouched:+8.3f}")

# %% [markdown]
# I did not expect that when I wrote this lesson. Those four handsome triangles are worth 0.03 nats together; the positions, of which there is no picture, are worth some twenty times as much. (Other first weights give 0.01 to 0.05 for the heads, 0.4 to 0.7 for the positions. The order stays.)
#
# Why so little? A letter's own numbers do not travel through the heads only. They are also carried past them and added again behind (a *residual*, lesson
# 6), so a model without heads still knows which letter stands there and at what position; and for names that goes a long way, as the table of pairs
# in lesson 1 has shown. What the heads bring is the rest: that `emm` is not `mm`. Longer texts have more of it. But keep the order of
# events: first came a picture and a story; then two measurements, and neither agreed with the story.
#
# One thing it does not say. This model grew up with positions and leans on them. Taking them away shows what *it* uses, not what a model without
# them could have learned.
#
# With the heads silent there is no other way for one letter to hear of another. So change the first letter, and the bet at the last one must not
# move, not in the last digit:

# %%
omma = gpt.encode("omma")[:-1]
deaf = [forward(ids, gpt.weights, n_head=4, ablated_heads=everyone).logits[-1] for ids in (emma, omma)]
same(*deaf, within=0)

# %% [markdown]
# Attention is the only place where positions exchange anything. Everything else in a GPT works on each letter alone.
#
# ## The order is in the positions
#
# Back to the first question: `emma` and `mmea`, without positions.

# %%
mmea = gpt.encode("mmea")[:-1]
bets = [forward(ids, gpt.weights, n_head=4, use_positions=False).logits[-1] for ids in (emma, mmea)]
same(*bets, within=1e-12)

# %% [markdown]
# To a head the earlier letters are a set of keys and values; shuffle them, and the sum is the same. Reading from left to right is not knowing the order.
#
# And yet, with two layers instead of one, it is no longer so:

# %%
from gptcore.scalar import MicroConfig

two = NumpyGPT(seen, MicroConfig(n_layer=2), seed=42)  # not trained; any weights will do
bets = [forward(ids, two.weights, n_head=4, use_positions=False).logits[-1] for ids in (emma, mmea)]
print("the same bets:", abs(bets[0] - bets[1]).max() < 1e-12)

# %% [markdown]
# In `emma`, the first `m` has heard `e`; in `mmea` it has heard nothing but the beginning. After the first layer it is therefore not the same `m`, and the second layer can tell. The order
# comes in by who had been there to be heard.
#
# The names of the letters, on the other hand, mean nothing at all. Replace each by an animal, mixed up so that the ids change as well:

# %%
alphabet = sorted(set("".join(names)))
animals = [chr(0x1F400 + i) for i in range(len(alphabet))]
Random(3).shuffle(animals)
zoo = dict(zip(alphabet, animals))
in_animals = NumpyGPT(["".join(zoo[letter] for letter in name) for name in seen], seed=42)
losses_of = {"letters": NumpyGPT(seen, seed=42).train(1000), "animals": in_animals.train(1000)}
for which, run in losses_of.items():
    print(f"{which}: mean of steps 501 to 1,000 is {sum(step.loss for step in list(run)[500:]) / 500:.2f}")

# %% [markdown]
# An id is the number of a row in a table. (The small difference is chance: other ids draw other first weights.)
#
# ## One at a time, or all at once
#
# When the model writes, letters come one by one. The keys and values of those before do not change when another letter comes, so they are kept; that is all that a **KV cache**
# is. The model itself keeps nothing: token, position, weights and cache go in, logits come out, and for the same input always the same.

# %%
from gptcore.scalar.microgpt import next_logits

scalar = gpt.scalar()  # the same weights, one number at a time
kv_cache = scalar.new_kv_cache()
for position, token in enumerate(emma):
    one_by_one = next_logits(token, position, scalar.weights, kv_cache, scalar.config)
(kept_keys, kept_values) = kv_cache[0]
print(len(kept_keys), "keys kept; computed anew for every letter it would have been", sum(range(1, 6)))

# %% [markdown]
# When it learns, the whole name is there from the start, and all letters can ask at once: five queries, five keys, 25 scores in one go. But then the later letters lie
# open, too. So each score for a later letter is set to −∞ before softmax: e to that power is 0. That is the **mask**, and with it both ways must agree:

# %%
all_at_once = forward(emma, gpt.weights, n_head=4).logits[-1]
same(one_by_one, all_at_once, within=1e-9)

# %% [markdown]
# Parallel when it learns, one at a time when it writes, the same numbers: a good part of why GPTs could be trained on so much text.
#
# ## No line raised an error
#
# Somebody has changed the training a little, and tells us that after 1,000 names it is better than ours after 10,000. Far better.

# %% tags=["promise-failure"]
from course.failures.lesson_06 import better_run
from viz import draw_loss

better, better_losses = better_run(seen, steps=1000)
draw_loss({"better run": better_losses, "our run": losses[:1000]}, title="A loss too good", lines={"knows nothing": 3.296})

# %% [markdown]
# How good can a model be? It bets on the first letter of a name, before it has seen anything of that name. The best that anybody can do there is to know how often names begin with
# each letter; the mean surprise that remains is called the **entropy** of the first letter.

# %%
from collections import Counter
from math import log


def first_letter_entropy(names):
    shares_of_letters = [count / len(names) for count in Counter(name[0] for name in names).values()]
    return -sum(share * log(share) for share in shares_of_letters)


part = sum(1 / (len(name) + 1) for name in names) / len(names)  # of a name's bets, the first
alone = first_letter_entropy(names)
print(f"the first letter alone: {alone:.2f} nats; in the mean of a whole name: {alone * part:.2f}")
print(f"better run, mean of its last 100 names: {sum(better_losses[-100:]) / 100:.2f}")

# %% [markdown]
# Somebody who is never wrong about any later letter would still stand at 0.46, and this run is far below. A loss too good is an error report. (In
# names.txt, the list of the published microgpt, the first letter is a little easier to guess. The cell is skipped where that file is not.)

# %% tags=["needs-names-ssa"]
print(f"first letter in names.txt: {first_letter_entropy(load_documents('names-ssa')):.2f} nats")

# %% [markdown]
# And this is what the better run writes, twelve names:

# %%
print(better.scalar().sample(12))

# %% [markdown]
# What is wrong with it? **A**: it has learned the names by heart. **B**: it looks at letters that it should not see. **C**: its loss is divided by too
# much.

# %%
guess("what is wrong with the better run", ...)

# %% [markdown]
# When you have guessed, look at who listens to whom in it, in its head 2, with nothing hidden:

# %%
open_book = forward(better.encode("emma")[:-1], better.weights, n_head=4, causal=False).weights[0]
draw_attention(open_book, tokens, head=2, causal=False, title="It looks one place to the right")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The mask is missing. The letter to be guessed stands one place to the right, in the open, and the model has learned to look there and copy. When it has to write, nothing
# stands to the right, which it has only ever seen at the end of a name: so it ends the name, twelve times out of twelve.
#
# </details>
#
# ## Exercises
#
# **1 · One query, four keys.** Give the four weights: query times key, divided by the root of the query's length, softmax.

# %% tags=["promise-exercise"]
def weights_of(q, keys):
    """Weights of one query for each of the keys; q and every key are lists of the same length."""
    return ...


check("weights_of", weights_of)

# %% [markdown]
# **2 · The mask.** A square of scores, already divided: row i asks, column j is asked. Make weights of it so that no one hears a later letter. `shares` above makes
# shares of one row, and Python knows infinity as `float("inf")`.

# %% tags=["promise-exercise"]
def masked(scores):
    """Weights (a list of rows) for a square of scores."""
    return ...


check("masked", masked)

# %% [markdown]
# **3 · What a head sees.** `n_embd` is 16, `n_head` is 4, and the model reads `[BOS] e m m a` all at once. For *one* head: how many rows and columns have
# its scores, how many tokens can the last one listen to, and how many numbers of each token does it work on? (It reads all 16 and makes a query of 4 of them: the check takes either.)

# %% tags=["promise-exercise"]
shapes = {"rows": ..., "columns": ..., "tokens it listens to": ..., "numbers of each token": ...}
check("shapes", shapes)

# %% [markdown]
# **Back.** Lesson 3 let blame flow along paths. All letters are there at once, and the mask hides the `m` from the `e` before it. Which of that `m`'s `"q"`, `"k"`, `"v"` gets a gradient
# from the surprise at `e`, or `"none"` of them?

# %% tags=["promise-back"]
guess("gradient for a masked letter", ...)

# %% [markdown]
# ## The last sentence is yours
#
# *Attention lets a letter ...*
#
# <details><summary>Ours</summary>
#
# ... take from each letter so far a share of what that letter has to say, the larger the better its key fits the question; how much that matters, only a change can tell.
#
# </details>
#
# **Sources.** Queries, keys, values, the scale and the mask: Ashish Vaswani and others, *Attention Is All You Need*, 2017. Weights that are looked at and weights that matter: Sarthak Jain and Byron
# Wallace, *Attention is not Explanation*, 2019. Heads removed one by one: Paul Michel, Omer Levy and Graham Neubig, *Are Sixteen Heads Really Better than One?*, 2019. The model: Andrej Karpathy, *microgpt*, 2026.
