# %% [markdown]
# How much program does a language model need? One page of plain Python. The next cell trains such a model while you watch.
# Put the cursor into it and press Shift + Enter. It takes about ten seconds.

# %% tags=["promise-first-cell"]
from random import Random

from gptcore.corpus import load_documents
from gptcore.scalar import MicroGPT
from viz import LossPlot

names = load_documents("names")
gpt = MicroGPT(names, seed=42)
plot = LossPlot("The loss falls while it trains", last_step=1000)
samples = {0: gpt.sample(30, rng=Random(1))}
for step in gpt.train(1000):
    plot.add(step.step, loss=step.loss)
    if step.step in (10, 100, 300, 1000):
        samples[step.step] = gpt.sample(30, rng=Random(1))
print(*gpt.sample(20))

# %% [markdown]
# ## Training: 4,192 numbers learn which letter comes next
#
# The model is a list of 4,192 numbers, its **parameters**, and some arithmetic with them. A text enters as **tokens**, the units that a
# model reads and writes. Here a token is one letter; one more token marks the end of a name.
#
# The model has one task: it gives each of the 27 tokens a probability to come next. A **training step** shows it one name and changes parameters a little, so that the right letters become more probable. **Training** is many such steps, here 1,000.
#
# Then the model writes. It **samples** a token: it draws one at random, the probable ones more often. (Here it squares all probabilities first, so probable tokens win more often:
# lesson 1 explains this *temperature* of 1/2.) It appends this token and repeats, until it draws the end of the name. It wrote the twenty names above in this way.
#
# This model is a GPT, a *generative pre-trained transformer*: it writes, it was trained beforehand, and *transformer* is the name of its arithmetic.
# A chatbot is a GPT too. It is far larger and trained further.
#
# ## The same task for a larger model: the next word of a sentence
#
# SmolLM2 is a small chat model that runs on a laptop. It has 134.5 million parameters, 32,000 times as many as ours. Its tokens are words and parts of
# words, 49,152 of them. Its predictions for one sentence were recorded. Point at a token, or use the arrow keys, and read what the model expects after it.
# (The sign ␣ is a space. The number below a token is the probability that the model gave to it.)

# %%
from course.recorded import recorded_sentences
from viz import draw_next_tokens

france = recorded_sentences()[0]
draw_next_tokens(
    france.tokens, france.candidates, probs=france.actual_probs, position=4, title="SmolLM2 predicts the next token"
)

# %% [markdown]
# A chat model answers in this way: it samples a token, appends it, and repeats. After `is`, ` Paris` has 0.77. ` London` is wrong, and it has a probability too.
# Our model does the same with letters.
#
# ## The loss: how improbable the model found the right token
#
# The curve above shows the **loss**: −ln *p*, where *p* is the probability that the model gave to the right token, averaged over a name. The thin line is
# one name for each step. Some names are harder, so it jumps. Each point of the bold line is a mean over the steps around it. Later losses are lower, so this line begins lower. (Lesson 1 explains the unit on the axis, the nat.)
#
# Before training the model knows nothing, and all 27 tokens are about equally probable. Its loss is about ln 27 = 3.296. (The first
# name happens to be easier: 3.2.) Remember 3.296.
#
# *Predict.* Suppose 54 tokens could come next. At which loss would training begin?

# %% tags=["promise-guess"]
from course import check, guess, same

guess("the first loss with 54 choices", ...)

# %% tags=["promise-by-hand", "answer"]
from math import log

for choices in (2, 27, 54, 1000):
    print(f"{choices:5} equally probable tokens: p = {1 / choices:.4f}, loss = {-log(1 / choices):.3f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Twice as many tokens add ln 2 = 0.693, whatever the number was before. A prediction that is certain and right has *p* = 1 and the loss 0. There is no upper end.
# A model that starts far above ln of its number of tokens is broken.
#
# </details>
#
# After training, the probabilities are no longer equal. Look at what the model expects after `em`. Which letters have tall bars?

# %%
from viz import draw_probabilities

draw_probabilities(gpt.next_probabilities("em"), title="Probabilities of the next token after em")

# %% [markdown]
# The tall bars are vowels. Nobody told the model what a vowel is.
#
# The name `emma` needs five predictions: `e` at the start, `m` after `e`, `m` after `em`, `a` after `emm`, and the end after `emma`. Their mean −ln *p* is
# the loss of `emma`. Is it the same as the model's own?

# %% tags=["promise-toy"]
right_token = {"": "e", "e": "m", "em": "m", "emm": "a", "emma": "end"}
losses = [-log(gpt.next_probabilities(text)[token]) for text, token in right_token.items()]
by_hand = sum(losses) / len(losses)
print([round(loss, 1) for loss in losses])

# %%
same(by_hand, gpt.loss("emma"), within=1e-9)

# %% [markdown]
# Training lowers this number and nothing else. The second `m` has the highest loss: few names in the list have `emm`.
#
# ## From noise to names: samples at five steps
#
# The first cell paused five times and let the model write 30 names. Each time it drew with the same random numbers, `Random(1)`, so only the
# parameters differ. Move *step* from left to right. What does the model learn first, and what next? A dot marks a name that training has shown.

# %% tags=["promise-control", "promise-picture"]
from viz import SamplesPlayer

SamplesPlayer(samples, known=gpt.documents[:1000], known_label="in the training data")

# %% [markdown]
# <details><summary>What to see</summary>
#
# At step 0 every letter follows every other. Most names are cut off at 16 letters, the model's maximum length. At step 10 common letters are common. So is the end of
# a name, even as the first token: such a sample is empty, *(nothing)*. At step 100 vowels and consonants alternate. After that the syllables improve slowly.
#
# </details>
#
# ## Your own names, on a card
#
# Now train a model on a list that you choose: friends, cities, bands, dinosaurs. Write it between the brackets. A hundred names or more work best. If the list stays empty, the cell takes our names in another order.

# %%
my_names = []  # for example ["luca", "mira", "noor", "tadeo"]

own = MicroGPT(my_names or names, seed=7)
for step in own.train(500):
    pass
card_names = [name for name in dict.fromkeys(own.sample(40)) if len(name) > 2][:12]

# %%
from viz import draw_name_card

note = f"{len(own.parameters):,} parameters, trained on {min(500, len(own.documents)):,} names"
card = draw_name_card(card_names, "Names by my first GPT", known=own.documents[:500], note=note)
card

# %% [markdown]
# `card.save("card.svg")` writes the picture into a file; `card.save("card.png")` needs matplotlib.
#
# ## The same model with only 20 names
#
# Look at your card. A dot marks a copy. With our list this card has none; a short list gives many. Our list has 2,607 names. Now the same model gets only 20 of them.
# It has some 4,000 parameters, and 20 names have some 120 letters.
#
# *Predict.* After training, the model writes 20 samples. How many of them are copies of training names?

# %%
guess("copies among 20 samples", ...)

# %% tags=["answer"]
few = Random(1).sample(names, 20)
small = MicroGPT(few, seed=42)
for step in small.train(500):
    pass
written = small.sample(20)
print(sum(name in few for name in written), "copies, such as", *written[:6])

# %% [markdown]
# Is this a good model? Compare its loss on its own names with its loss on 200 names that it has not seen. Is the second one below 3.1? That is this model's loss before training: ln 22, because its names have only 21 letters. (The 200 names have only letters that occur in the 20; this model has no token for others.)

# %% tags=["answer"]
others = [name for name in names if name not in few and set(name) <= set(small.characters)]
for which, some in {"its 20 names": few, "200 other names": others[::10][:200]}.items():
    print(f"{which}: loss {sum(small.loss(name).data for name in some) / len(some):.1f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# In nine runs with 20 other names and other seeds, eight models wrote only copies; one wrote ten copies of 20. The loss on new names was between 5 and 8.
# That is much worse than ln 22 = 3.1, the loss of a model that knows nothing. The model is certain, and it is wrong. Low loss on the training data, high loss on new data: this is **overfitting**.
#
# The first model saw 1,000 different names. Its loss on other names is about the same as on its own, and few of its samples are copies. It learned what
# names have in common: this is **generalisation**. Lesson 1 measures both.
#
# </details>
#
# ## A mistake that raises no error: the loss looks better
#
# Here is a second run with all our names. One thing in it is wrong. (Its steps also shrink faster, over 300 instead of 1,000; that explains 0.05 of the difference.) After 300 steps its loss is *lower* than the first run's.

# %% tags=["promise-failure"]
from course.failures.lesson_00 import second_run

second = second_run(names)
curves = {"second run": [step.loss for step in second.train(300)], "first run": plot.history["loss"][1][:300]}
for which, values in curves.items():
    print(f"{which}: mean loss of steps 201 to 300 is {sum(values[200:]) / 100:.2f}")

# %%
from viz import draw_loss

draw_loss(curves, title="The second run looks better")

# %% [markdown]
# Below are 12 samples of the second run. What is wrong with it? **A**: it copies names of the training data. **B**: it saw the names in alphabetical order.
# **C**: its training steps are too large.

# %%
print(*second.sample(12))
guess("what is wrong with the second run", ...)

# %% tags=["answer"]
print("steps 1 to 5:    ", *second.documents[:5])
print("steps 155 to 160:", *second.documents[154:160])
print("steps 244 to 249:", *second.documents[243:249])

# %% [markdown]
# <details><summary>What happened</summary>
#
# The samples all begin alike. In 300 steps the second run saw all names with `a`, and then names with `b`. It learned how the latest names begin. On unseen names its loss is about 3.3, as before training; shuffled, it is 2.5. Look at the curve again. The thin line jumps near step 157, after a long series of names with `an`, and near step 246,
# where `b` begins.
#
# So training data is shuffled. And you look at samples, not only at the loss, here and on a GPU.
#
# </details>
#
# ## The whole program on one page
#
# The page below does what the first cell did, with no library. A colour names the lesson that explains a line. Rest the pointer on a line to read the title of
# its lesson.

# %% tags=["promise-ah"]
from course.one_page_colours import lessons_of_lines, one_page, titles
from course.program import draw_program

draw_program(one_page(), lessons_of_lines(), titles(), title="A GPT, all of it")

# %% [markdown]
# You need not understand a line of it yet. In lesson 7 this page returns, and you know every line. (Lesson 5 has no colour: it is about
# tokens that are longer than a letter.)
#
# ## The map: from counting to a chat model
#
# A track leads to each lesson from the lessons that it needs. A bar fills with the questions that you have answered; run the cell again whenever you
# return. The last lesson is a project of your own.

# %%
from course.way import way

way()

# %% [markdown]
# Unsure about list comprehensions, logarithms or slopes? [Before you start](../course/pages/before_you_start.md) takes five minutes. Forgot a word? See the
# [glossary](../course/pages/glossary.md).
#
# ## Exercises
#
# ### Exercise 1: copied or invented?
#
# Write a function that counts the samples that are in a list of names.

# %% tags=["promise-exercise"]
def count_known(invented, known):
    """How many of the invented names are in the list of known names?"""
    return ...


check("count_known", count_known)

# %% [markdown]
# *microgpt* is the published program that our model imitates. It learned from another list, names.txt, with 32,033 names. Training showed it 1,000 of them.
# Its twenty samples are known. How many of them are in the whole file, and how many among the 1,000? (The cell downloads the file, 0.2 MB. Nothing after it needs the file.)

# %% tags=["needs-names-ssa"]
published = """kamon ann karai jaire vialan karia yeran anna areli kaina
               konna keylen liole alerin earan lenne kana lara alela anton""".split()
all_of_them = load_documents("names-ssa")
shown = MicroGPT(all_of_them, seed=42).documents[:1000]
print(f"{len(all_of_them):,} names in the file, {len(shown):,} shown to the model")
check("remembered", {"in the list": ..., "among the 1,000 shown": ...})

# %% [markdown]
# ### Exercise 2: another seed
#
# The seed chooses the order of the names and the first parameters. Which of the three stay as they are with every other seed?
# Answer `True` if it stays, `False` if it changes. Then copy the first cell and try `seed=7`.

# %% tags=["promise-exercise"]
stays = {"a first loss between 2.5 and 4": ..., "the last loss": ..., "the invented names": ...}
check("another seed", stays)

# %% [markdown]
# ### Exercise 3: from loss to probability
#
# A model's loss on one token is 2. Which probability did it give to that token?

# %% tags=["promise-exercise"]
check("the probability behind a loss of 2", ...)

# %% [markdown]
# ## Summary
#
# First write one sentence of your own: *A language model is trained to ...*
#
# - A language model gives each **token** a probability to come next. Ours has 27 tokens and 4,192 **parameters**.
# - The **loss** is the mean −ln *p* of the right tokens. With *n* equally probable tokens it is ln *n*.
# - **Training** repeats **training steps**; each changes parameters a little. Over many steps the loss falls.
# - To write, the model **samples** a token, appends it, and repeats.
# - **Overfitting**: low loss on the training data, high loss on new data. **Generalisation**: low loss on both.
# - A low loss can deceive. Look at samples, too.
#
# ## Sources and further reading
#
# - The model, its sizes and its published output: Andrej Karpathy, *microgpt*, 12 February 2026.
# - The larger model: SmolLM2-135M-Instruct, Hugging Face, 2024, Apache-2.0. Its paper: *SmolLM2: When Smol Goes Big*, arXiv 2502.02737.
# - The loss: Claude Shannon, *A Mathematical Theory of Communication*, Bell System Technical Journal 27, 1948.
# - The same training loop for large models: nanoGPT, `train.py`. The same loss in PyTorch: `torch.nn.functional.cross_entropy`.
# - The list of names is this project's own.
