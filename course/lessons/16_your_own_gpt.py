# %% [markdown]
# You have a list: cities, creatures of a game, lines of poems. What would you like a GPT to write? In this last lesson your own text goes in. A model comes out, and a web page to play with.
#
# Choose one of our lists: `"creatures"`, `"cities"` or `"poems"`. Or give the path of your text file, one example in each line: at least 12 lines, better 100 or more. That takes ten seconds to a minute.

# %%
from course import check, guess, same
from course.experiments.own_gpt.my_gpt import make_my_gpt

my_text = ...
make_my_gpt(my_text)

# %% [markdown]
# The folder `my_gpt`, next to this notebook, now has the model, its card and the page. Open `my_gpt/page.html` in a browser (in Colab, download it first): it needs no server. In a terminal, `gptcore new FILE --out_dir FOLDER` does the same.
#
# How good is this model? Are its lines new? And what have you made, compared with ChatGPT? The rest of the lesson measures that.
#
# ## Memorization: what does a small list teach?
#
# Take 200 names, a GPT with 100,032 parameters and 300 steps of 64 names. What will most of its samples be? **A** new names that look like those · **B** names of the list · **C** letters in no order

# %% tags=["promise-guess"]
guess("what it writes after 200 names", ...)

# %%
from random import Random

import torch

torch.set_num_threads(1)

from course.experiments.own_gpt.line_models import batches_of, loss_of, new_model, train_config
from gptcore.corpus import load_documents
from gptcore.own_gpt import copied_share, sample_lines
from gptcore.tokenizers import CharTokenizer
from gptcore.training import train

names = Random(0).sample(load_documents("names"), 300)
known, unread, tokenizer = names[:200], names[200:], CharTokenizer.train(names)
model, config = new_model(tokenizer.vocab_size, block_size=16), train_config(300)
_ = list(train(model, batches_of(known, tokenizer, config, 16), config))

# %% tags=["answer"]
samples = sample_lines(model.eval(), tokenizer, 500)
print("over half of the samples are in the list:", copied_share(samples, known) > 0.5)

# %% [markdown]
# <details><summary>What happened</summary>
#
# **Memorization**: the model has learned the lines by heart, and not what they have in common. It has 500 parameters for each line, and each line came up 96 times.
#
# </details>
#
# Its training loss fell, and then it stayed. Where? A model that knows the list by heart has to choose one of 200 names: ln 200 nats for a whole name. Divide by the tokens of a name: here a token is a letter, or the end.

# %% tags=["promise-by-hand"]
from math import log

letters = sum(len(name) + 1 for name in known) / len(known)
floor = log(200) / letters
print(f"ln 200 / {letters:.2f} = {floor:.2f} nats per token")

# %% tags=["answer"]
print("training loss, within 15 % of that:", abs(loss_of(model, tokenizer, known) / floor - 1) < 0.15)
print("held-out loss, above 3.3 nats (knows nothing):", loss_of(model, tokenizer, unread) > 3.3)

# %% [markdown]
# So the training loss could not fall much further. And on *held-out* names, the validation split of lesson 1, it is worse than a model that knows nothing.
#
# How many lines are enough? Runs with 200, 2,000 and 27,494 names were recorded, five seeds each. All are measured on the same held-out names. Choose 2,000 and 27,494 lines, and move the step. When does the held-out loss turn, and what is written then? (*Coincidence* comes below.)

# %% tags=["promise-control", "promise-picture"]
from course.experiments.own_gpt.reports import dial_runs
from viz import MemorizationDial

MemorizationDial(dial_runs(), lines=200, step=600)

# %% [markdown]
# <details><summary>What happened</summary>
#
# With 200 names it turns after 50 steps, before much is learned. With 2,000 it turns after about 200 steps. With 27,494 names it still falls at step 600. In these 600 steps each name came up once or twice.
#
# </details>
#
# **Back to lesson 9.** Early stopping keeps the weights with the lowest held-out loss. A program does not know the rest of the curve, so it waits a little.
#
# **Exercise 1.** It stops after a fixed number of measurements in a row without a new lowest loss. That number is the **patience**. Which weights are kept?

# %% tags=["promise-exercise", "promise-back"]
def early_stopping(losses, patience):
    """The place (0, 1, ...) of the loss whose weights are kept; losses after the stop are never measured."""
    return ...


check("early_stopping", early_stopping)

# %% [markdown]
# ## Memorized share: copies minus coincidence
#
# At the last step, how many of 1,000 samples are in the training list? And how many are among 2,000 held-out names?

# %%
from course.experiments.own_gpt.reports import copies_report

print(*copies_report(), sep="\n")

# %% [markdown]
# For two models, about one sample in six is a name of their training list. Which of the two has memorized its list? **A** both · **B** that of 2,000 names · **C** that of 27,494 names · **D** neither

# %%
guess("who has memorized", ...)

# %% [markdown]
# No model can memorize held-out names, and these models write some of them, too. That is *coincidence*: a good model of names writes names that exist. By coincidence, a model writes names of two equally long lists equally often. If a list is twice as long, twice as often.
#
# The **memorized share** is the share of all samples that are copies, minus the share expected by coincidence.
#
# **Exercise 2.** If coincidence explains all copies and more, the memorized share is 0.

# %% tags=["promise-exercise"]
def memorized(copied, in_held_out, n_train, n_held_out):
    """The memorized share. `copied`, `in_held_out`: shares of the samples; n_...: lines of the lists."""
    return ...


check("memorized", memorized)

# %% tags=["answer"]
from course.experiments.own_gpt.reports import memory_report

print(*memory_report(), sep="\n")

# %% [markdown]
# These shares were counted in samples. They can also be computed: add the probabilities of all lines. Take `names-gpt`, which comes with the course. It has read a longer list than ours: 29,494 names, among them the held-out ones of the recorded runs. How probable is it that it writes exactly `emma`?

# %% tags=["promise-toy"]
from gptcore.own_gpt import line_probabilities, names_gpt

names_model, names_tokenizer = names_gpt()


def line_probability(line):
    """The product of the probabilities of its tokens. Shapes: ids (1, T + 1), log_probs (1, T, V)."""
    ids = torch.tensor([[names_tokenizer.BOS, *names_tokenizer.encode(line), names_tokenizer.BOS]])
    log_probs = names_model(ids[:, :-1])[0].log_softmax(-1)
    return log_probs.gather(-1, ids[:, 1:, None]).sum().exp().item()

# %%
print(f"{line_probability('emma'):.3%}")
same(line_probability("emma"), line_probabilities(names_model, names_tokenizer, ["emma"])[0], within=1e-6)

# %% [markdown]
# A model that knew only its list by heart would write each name with probability 1/29,494, which is 0.003 %.
#
# A poem is another matter. Its lines are long, and one changed comma makes a line new. Suppose a model has learned a poem nearly by heart: 0.29 nats per token, 42 tokens in a line. How likely is an exact copy of the line? e^(−0.29 × 42) = 0.000005. So count letters, not lines.
#
# **Exercise 3.** The longest copy: how many letters in a row are in one of the lines, anywhere?

# %% tags=["promise-exercise"]
def longest_copy(text, lines):
    """For example "the crat sat" and ["a cat sat down"]: "at sat", so 6."""
    return ...


check("longest_copy", longest_copy)

# %% [markdown]
# Held-out lines have long copies by coincidence, too, such as "of the". So compare with them, as the first cell does for your own list.
#
# ## Fine-tuning: start from weights that know something
#
# **Fine-tuning** is training that starts from the weights of a trained model. Three short lists, and two starts: random weights, or those of names-gpt. All else is equal. Where is the gain in held-out loss largest? **A** 30 creatures · **B** 170 creatures · **C** 420 cities

# %%
guess("where names-gpt helps most", ...)

# %% tags=["answer"]
from course.experiments.own_gpt.reports import start_report

print(*start_report(), sep="\n")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The fewer lines there are, the more a start helps: 0.42 nats, 0.13 and 0.04. Cities are also less like names than creatures are, so two causes are mixed there.
#
# </details>
#
# ## Hyperparameter choice: the list decides
#
# In the first cell you chose no size, no learning rate, no number of steps. `plan` chose these hyperparameters. Its rules come from measurements like those above:

# %%
from gptcore.own_gpt import plan

for name, value, why in plan(load_documents("creatures")).rows():
    print(f"{name:14} {value:12} {why}")

# %% [markdown]
# ## Model card: it must be about the weights that were saved
#
# A **model card** says what a model is: its data, its sizes, its losses with their units, how much it copies, and how to load it. Ada and Bo train on the creatures for 400 steps, from nothing. Both programs note the step with the lowest held-out loss. Here are both cards, and ten lines of each model. One of the two models writes lines of the training list. One card is not about its model. Whose?

# %% tags=["promise-failure"]
from course.failures.lesson_16 import cards, measured_again, samples_of

print(*cards(), *samples_of(), sep="\n")

# %%
guess("the card that is wrong", ...)

# %% tags=["answer"]
print(*measured_again(), sep="\n")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Bo's program noted the best step and never loaded its weights. He saved the last ones. His samples look best of all, because they are lines of the list. No error, and a good card. Measure the model that you have saved, after you have loaded it.
#
# </details>
#
# Cards can also mislead together. One says: 2.10 nats per token, and a token is a letter. Another says: 5.20 nats per token, with 3.1 letters in a token. Both are about the same held-out text. Which model is better, the first or the second?

# %%
guess("the better card", ...)

# %% [markdown]
# ## Export: the same model, elsewhere
#
# **Export** writes a model in a format that other programs read:
#
# - `gptcore export FOLDER --to hf`: **safetensors**, a file with name, shape and numbers of each weight, for Hugging Face's libraries;
# - `--to gguf`: **GGUF**, one file with weights, sizes and tokenizer, for llama.cpp;
# - `--to html`: a page.
#
# The page does **in-browser inference**: the model runs in your browser, and nothing is sent anywhere. Its GPT is 250 lines of JavaScript. Here is names-gpt. Type a beginning, such as `emm`, and turn the temperature. Point at a letter of a sample: how probable was it, and which earlier letters does it attend to?

# %% tags=["promise-ah"]
from course.experiments.own_gpt.page_in_lesson import show_page

show_page(names_model, names_tokenizer, title="names-gpt")

# %% [markdown]
# ## Understanding: what does it do with longer sums?
#
# The last sections answer questions that people ask about microgpt. Does it understand anything?
#
# Take a GPT that has read sums, `sums-gpt` of lesson 14. It continues 185 sums of two-digit numbers, such as 24+50, that it has never read. No column is carried. All 185 are right. Now sums of three-digit numbers, again without any carry, such as 162+127. How many of 300 are right? **A** nearly all · **B** about half · **C** none

# %%
guess("sums of three digits", ...)

# %% tags=["answer"]
from course.experiments.own_gpt.sums import understanding_report

print(*understanding_report(), sep="\n")

# %% [markdown]
# <details><summary>What happened</summary>
#
# It has not memorized those sums: they were held out. For 13 of them, the other order (50+24 for 24+50) was held out, too. But it has not understood adding, which works for numbers of any length. It has learned a function that is right on texts like those of its training. The word *understand* does not say which of the two you mean. A measurement does.
#
# </details>
#
# ## Why it works: what is left without order?
#
# Take something away, and train again: shuffle the letters inside each name. The letters and the lengths stay the same. A table that only counts how often each letter occurs has a loss of 2.83. The GPT has 2.10 on names. And on shuffled names? **A** about 2.1: the letters are the same · **B** between 2.4 and 2.7 · **C** about 2.83: nothing can be learned

# %%
guess("loss on shuffled names", ...)

# %% tags=["answer"]
from course.experiments.own_gpt.reports import letters_report

print(*letters_report(), sep="\n")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Without order, two thirds of what it gained over counting single letters are gone. What remains is the length of names, and which letters go together. The rest was order: it works because texts are not random.
#
# </details>
#
# ## Hallucination: does it know when it is wrong?
#
# In lesson 7, `karia` was a hallucination: a likely continuation that is not true. A model knows what is likely. In lesson 14, six of ten writers forgot the carry. After SFT on their answers, a model answered sums with a carry, at temperature 0. Which of its answers had the higher probability? **A** the right ones · **B** the wrong ones · **C** no difference

# %%
guess("more probable after SFT", ...)

# %% tags=["answer"]
from course.experiments.own_gpt.reports import certainty_report

print(*certainty_report(), sep="\n")

# %% [markdown]
# <details><summary>What happened</summary>
#
# After SFT it is surer when it is wrong, because the majority of its writers was wrong. Reinforcement with a checked reward repairs that. It never says "I don't know": no document says so.
#
# </details>
#
# ## Better names: more lines, or more parameters?
#
# Which lowers the held-out loss more? **A** 14 times the lines, 27,494 instead of 2,000 · **B** 8 times the parameters · **C** both equally

# %%
guess("what gives better names", ...)

# %% tags=["answer"]
from course.experiments.own_gpt.reports import better_names_report

print(*better_names_report(), sep="\n")

# %% [markdown]
# <details><summary>What happened</summary>
#
# From 200 to 2,000 lines: 0.33 nats better. From 2,000 to 27,494 lines: 0.16. Eight times the parameters: 0.07. The smallest GPT loses against a table of counts (lesson 1) that has read the same 27,494 names. With 200 names, the GPT with 100,032 parameters is no better than the table: get more lines, or start from names-gpt.
#
# </details>
#
# ## ChatGPT, speed, other data: three short answers
#
# - *How is it related to ChatGPT?* The same parts, the same loss, the same loop. A conversation is a document (lesson 14): three special tokens and 1,000 conversations made a model answer. What is different is scale (lessons 10 to 12), and reinforcement.
# - *Why is it slow?* Each new token needs all parameters, one token after the other (lesson 15). microgpt is slow for one more reason: each number is a Python object (lesson 8). Our GPT has 24 times as many parameters, and reads 38,400 names in 20 seconds (recorded); microgpt reads 1,000 in about a minute.
# - *What if the data is different?* Nothing changes but the list: that is the first cell of this lesson.
#
# ## The end, and where to go next
#
# You can now build a GPT from numbers, train it, see when it fails, make it answer, serve it, and give it to others. Three ways to go on:
#
# - Run `gptcore train` on a rented GPU for a day, with `docs/training_guide.md`.
# - Read nanochat, a chat model in one repository. You know its parts by name.
# - Change one part of the block, and ask five seeds (lesson 13).
#
# ## Summary
#
# First write your own sentence: *My GPT writes new lines if ...*
#
# - With few lines, **memorization** comes first: the training loss falls to ln N divided by the tokens of a line. Early stopping with **patience** limits it, and more lines prevent it.
# - The **memorized share** is what coincidence does not explain. Long lines need the longest copy.
# - **Fine-tuning** from weights that know something similar helps a short list.
# - A **model card** names data, losses with units and copies. Measure the model that you saved.
# - **Export** takes the model to **safetensors**, **GGUF** or a page with **in-browser inference**.
# - A model is right on texts like those of its training. It can be surer of a wrong answer than of a right one.
#
# ## Sources and further reading
#
# - The questions of the last sections: Andrej Karpathy, *microgpt*, 2026. Memorization compared with coincidence: Nicholas Carlini and others, *The Secret Sharer*, arXiv 1802.08232; in large models, 2202.07646.
# - Model cards: Margaret Mitchell and others, arXiv 1810.03993. Hallucination and calibration: Adam Kalai and others, *Why language models hallucinate*, 2509.04664. Adding and what transformers learn: Nayoung Lee and others, *Teaching arithmetic to small transformers*, 2307.03381.
# - The standard implementation: nanoGPT's `config/train_shakespeare_char.py` (`always_save_checkpoint = False` keeps the best step) and `init_from`; Karpathy's *makemore*. Formats: Hugging Face's safetensors, llama.cpp's GGUF. A transformer in the browser: *Transformer Explainer*, Aeree Cho and others, 2408.04619. Ours: `gptcore/own_gpt/`, `gptcore/export/`.
