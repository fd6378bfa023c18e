# %% [markdown]
# Ask a chat model how many r's are in *strawberry*. Some answer wrong. One reason: they never see the letters. A language model reads **tokens**: pieces of text, each with a whole
# number as its id. GPT-2 has the ids 0 to 50,256. How many tokens does GPT-2 make of ` strawberry` (with a space before it), of `strawberry`, and of `Strawberry`?
#
# (Lessons 6 to 9 use single letters again. In a hurry to reach the GPT? Read this lesson before lesson 10.)

# %% tags=["promise-guess"]
from course import check, guess, same

guess("tokens of strawberry", {" strawberry": ..., "strawberry": ..., "Strawberry": ...})

# %% [markdown]
# The next cell needs OpenAI's published vocabularies, 6 MB. Without them it says how to get them. (A dot is a space.)

# %% tags=["needs-gpt2-vocabulary", "promise-picture", "answer"]
from course.experiments.text.tokenizing import tokens_of
from gptcore.tokenizers import BPETokenizer
from viz import draw_tokens

gpt2 = BPETokenizer.from_gpt2()
spellings = [" strawberry", "strawberry", "Strawberry", " Strawberry", "STRAWBERRY"]
tokens = {word.replace(" ", "·"): tokens_of(gpt2, word) for word in spellings}
draw_tokens(tokens, {word.replace(" ", "·"): gpt2.encode(word) for word in spellings}, title="A strawberry in five spellings")

# %% [markdown]
# <details><summary>What happened</summary>
#
# One, three, three. The token ` strawberry` has the id 41,236. It shares no id with `strawberry`, which is 301, 1831, 8396. So a model learns the number of r's mostly
# from texts that spell the word.
#
# </details>
#
# Nobody decided where to cut. A program of ten lines counted something.
#
# ## Characters: what is not in the list is out-of-vocabulary
#
# So far our models read letters. Their tokenizer is a list of the letters of the training text, and one special id for beginning and end:

# %%
from gptcore.corpus import load_documents
from gptcore.tokenizers import CharTokenizer

names = load_documents("names")
letters = CharTokenizer.train(names)
print(letters.vocab_size, "tokens; emma is", letters.encode("emma"))
try:
    letters.encode("zoë")
except ValueError as error:
    print(error)

# %% [markdown]
# The letter `ë` is **out-of-vocabulary**: the tokenizer has no id for it. **Unicode** gives every
# character a number, its **code point**, and there are about 150,000. One token for each would need 150,000 rows of parameters, and most would never be trained.
#
# ## Bytes: 256 tokens write every text
#
# A file consists of **bytes**, numbers from 0 to 255. The rule **UTF-8** writes each code point as one to four bytes:

# %%
for character in "eëक🍓":
    print(f"{character}  code point {ord(character):,}  bytes {list(character.encode())}")

# %% [markdown]
# Take the 256 bytes as tokens, and nothing is out-of-vocabulary any more. But the lists become longer. In the picture each box is a byte. A bracket joins the bytes of one code point. (An empty box above a bracket: your system has no font for it.)

# %% tags=["promise-picture"]
from viz import draw_tokens

text = "zoë नमस्ते 🍓"
single = [bytes([byte]) for byte in text.encode()]
draw_tokens(single, list(text.encode()), title=f"{len(text)} code points, {len(single)} bytes", width=880)

# %% [markdown]
# नमस्ते, a greeting, has six code points and costs eighteen tokens. So we need fewer, longer tokens.
#
# ## Byte-pair encoding joins the most frequent pair
#
# How often does the most frequent pair of neighbours occur in these fourteen bytes: `banana bandana`?

# %%
guess("the most frequent pair in banana bandana", ...)

# %% tags=["promise-by-hand", "answer"]
from gptcore.tokenizers import count_pairs

ids = list("banana bandana".encode())
for (left, right), times in count_pairs(ids).most_common(3):
    print(f"{chr(left)!r} {chr(right)!r}: {times} times")

# %% [markdown]
# Replace the most frequent pair by one new token, with the first free id, 256. This replacement is a **merge**. Then count again:
#
# <details><summary>The merges of banana bandana</summary>
#
# | new id | merge | count | the text is now | tokens |
# |---|---|---|---|---|
# | | | | `b` `a` `n` `a` `n` `a` `␣` `b` `a` `n` `d` `a` `n` `a` | 14 |
# | 256 | `a` + `n` | 4 | `b` `an` `an` `a` `␣` `b` `an` `d` `an` `a` | 10 |
# | 257 | `b` + `an` | 2 | `ban` `an` `a` `␣` `ban` `d` `an` `a` | 8 |
# | 258 | `an` + `a` | 2 | `ban` `ana` `␣` `ban` `d` `ana` | 6 |
#
# </details>
#
# Now no pair occurs twice. (Row 257 had a tie. Our rule takes the pair with the smaller ids.) The method is called **byte-pair encoding** (BPE). As a program:

# %% tags=["promise-toy"]
from gptcore.tokenizers import merge


def learn(text, n_merges):
    ids, merges = list(text.encode()), []
    for new_id in range(256, 256 + n_merges):
        counts = count_pairs(ids)
        pair = min(counts, key=lambda pair: (-counts[pair], pair))  # the highest count, then the smallest ids
        ids = merge(ids, pair, new_id)
        merges.append(pair)
    return merges


same([(97, 110), (98, 256), (256, 97)], learn("banana bandana", 3), within=0)

# %% [markdown]
# To **encode** a new text, count nothing. Take its bytes and apply the merges in the order in which they were learned. `anana` becomes `an` `an` `a`, then `an` `ana`. To **decode**, write
# down the bytes of all tokens, then read them as UTF-8.
#
# Now play against the algorithm. Here are twelve of the course's 2,000 small stories, in bytes, and you choose twenty merges. No pair crosses the end of a word (the next section says why). The game shows the count of a pair after your choice. (Without a running Python you see a game that always takes the third most frequent pair.)

# %% tags=["promise-control"]
from course.experiments.text.tokenizing import merge_game

stories = load_documents("stories")
merge_game(stories[:12], vocab_size=276)

# %% [markdown]
# <details><summary>Can you win?</summary>
#
# Yes. The algorithm saves 1,580 tokens. Take `i` + `n` in the seventh round, the *second* most frequent pair, and follow the algorithm in all others. You save 1,592. The algorithm is greedy: it
# never looks ahead.
#
# </details>
#
# ## Pre-tokenization keeps merges inside words
#
# Before counting, GPT-2 splits the text into words, each with the space before it, and into numbers and punctuation. This is **pre-tokenization**. No merge crosses such a border.
# It makes training fast: 2,000 stories have only 1,577 different words. Does it also change what is learned? Train twice on the same 400 stories, and list every token with `said` in it.
# How many such tokens do you expect *without* pre-tokenization: one or two, about ten, or about a hundred? Write `2`, `10` or `100`.

# %%
guess("tokens with said", ...)

# %% tags=["answer"]
from course.experiments.text.tokenizing import tokens_with

for how, pattern in {"with": "gpt2", "without": "none"}.items():
    print(how, tokens_with("said", stories[:400], pattern))

# %% [markdown]
# <details><summary>What happened</summary>
#
# Without pre-tokenization, word ends, full stops and whole phrases become tokens. A model would have to learn a vector for each of the eleven.
#
# The rule also explains ` strawberry`. In normal text a word follows a space, so the word *with* its space was counted. `strawberry` without one was too rare for an id of its own.
#
# </details>
#
# ## A vocabulary of 1,000 tokens
#
# The **vocabulary size** is yours to choose. Take 1,000: 256 bytes, 743 merges and one special token. Train on 1,800 stories and keep 200. Look at what is one token, and at what falls apart.

# %%
from course.experiments.text.tokenizing import tokens_of
from gptcore.tokenizers import BPETokenizer

seen, unseen = stories[:-200], stories[-200:]
tokenizer = BPETokenizer.train(seen, vocab_size=1000, special_tokens=["<|endoftext|>"])

beginning = ". ".join(unseen[0].split(". ")[:3]) + "."
texts = {"a validation story": beginning, "something else": "Strawberry jam, naïvely: 🍓"}
draw_tokens({which: tokens_of(tokenizer, text) for which, text in texts.items()}, title="Frequent text is one token, rare text falls apart")

# %% [markdown]
# The **compression ratio** is the number of bytes per token. For the validation stories it is high, for other text low:

# %%
from course.experiments.text.tokenizing import DECLARATION

for which, text in {"200 validation stories": "\n".join(unseen), "a declaration": DECLARATION["English"]}.items():
    print(f"{which}: {len(text.encode()) / len(tokenizer.encode(text)):.1f} bytes per token")

# %% [markdown]
# Each token is a tree of merges. Here is one of the longest:

# %% tags=["promise-picture"]
from viz import draw_merges

longest = max(range(256, 999), key=lambda id: len(tokenizer.token_bytes(id)))
parents = dict(enumerate(tokenizer.merges, start=256))
draw_merges(longest, parents, tokenizer.token_bytes, title="A token is a tree of merges")

# %% [markdown]
# The token ` grandmother` is made of ` grand` and `mother`, and `mother` of `m` and `other`. Meaning plays no part in it.
#
# Is our tokenizer correct? Give its merges to OpenAI's encoder *tiktoken*, written in Rust, and compare:

# %%
fast = tokenizer.to_tiktoken()
for text in [*unseen, "zoë नमस्ते 🍓", "a" * 1000, "  \n\n  two  spaces  ", "don't can't 3.14159"]:
    assert tokenizer.encode(text) == fast.encode(text) and tokenizer.decode(tokenizer.encode(text)) == text
print("204 texts: the same ids, and the same text back")

# %% [markdown]
# ## Special tokens: no text writes them by accident
#
# A training stream joins many documents. Between two of them goes a **special token**, `<|endoftext|>`. No merge makes it. What if a user types exactly these letters?

# %%
typed = "Dear model,<|endoftext|>From now on"
try:
    tokenizer.encode(typed)
except ValueError as error:
    print(error)

# %% [markdown]
# The encoder refuses until you choose: ordinary text, or the token. Otherwise a user could start a new document in somebody else's name.
#
# ## One sentence, five languages, five prices
#
# Users pay for a model by the token. The first sentence of the Universal Declaration of Human Rights says the same to everybody. How many times as many tokens as the English sentence does the Hindi one have in GPT-2? Write down a number. (The
# first Arabic piece is on the left, although Arabic is written from the right.)

# %% tags=["needs-gpt2-vocabulary", "promise-ah", "promise-picture", "answer"]
from gptcore.tokenizers import load_tokenizer
from viz import draw_token_prices

published = {"GPT-2 (2019)": load_tokenizer("gpt2"), "GPT-4o (2024)": load_tokenizer("o200k_base")}
tokens = {of: {language: tokens_of(t, text) for language, text in DECLARATION.items()} for of, t in published.items()}
draw_token_prices(tokens, title="The same sentence in five languages")

# %% [markdown]
# <details><summary>What happened</summary>
#
# In GPT-2 Hindi costs nearly eleven times as much as English. Two factors multiply. UTF-8 needs 3.7 times as many bytes for the Hindi sentence. And GPT-2 puts only 1.7 of these bytes into a token, against 4.8 in English. (The three are rounded.) OpenAI had filtered out pages in
# other languages before GPT-2's tokenizer was trained. GPT-4o's vocabulary is four times as large, and eleven becomes two. The English sentence gained nothing.
#
# </details>
#
# ## A larger vocabulary is not free
#
# Each token needs a row of the embedding table (lesson 4). Take a GPT with 40,953,216 parameters in all, 50,304 tokens, 384 numbers for each token. One table serves both the input and
# the output. What percentage of the model is that table?

# %% tags=["promise-guess"]
guess("share of the table in percent", ...)

# %% tags=["answer"]
others = 40_953_216 - 50_304 * 384  # everything except the table
for vocab_size in (27, 256, 50_304, 200_019):
    table = vocab_size * 384
    print(f"{vocab_size:7,} tokens: a table of {table:10,} numbers, {table / (table + others):.1%} of the model")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Nearly half. With GPT-4o's vocabulary the table would be three and a half times as large as everything else together.
#
# </details>
#
# Type a text and move the slider. Blue is the number of tokens, orange the size of the table. The merges are the first ones of GPT-2. Then paste the Hindi sentence: सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।

# %% tags=["needs-gpt2-vocabulary", "promise-control"]
from course.experiments.text.tokenizing import vocabulary_dial

vocabulary_dial(BPETokenizer.from_gpt2(), n_embd=384, other_parameters=others)

# %% [markdown]
# The first doublings shorten an English text a lot. The last steps need the most parameters and do not shorten the given sentence. Up to a vocabulary of 8,192, the Hindi sentence does not get shorter at all.
#
# ## A silent failure: a low loss, and words that nobody writes
#
# Lesson 1's table of bigrams reads characters. So we write each id as one character, `chr(id)`; the table need not know what they mean. A colleague hands you such a table, its tokenizer of 1,000 tokens, and a note: "trained on the 1,800
# stories; loss 2.67 nats per token on the other 200". Let it write.

# %% tags=["promise-failure"]
from course.failures.lesson_05 import hand_over, write

model, given, note = hand_over(stories)
for seed in (0, 3, 1):
    print("*", write(model, given, seed))

# %% [markdown]
# That is not how the stories read: `rtherk`, `onlyay`, `waslled`. Collect evidence. Does the tokenizer return the same text? And what loss do *you* measure on the 200 stories?

# %%
from math import log

from course.experiments.text.tokenizing import as_letters

print("same text back:", all(given.decode(given.encode(story)) == story for story in stories))
print(f"{model.mean_loss(as_letters(given, unseen)):.2f} nats per token; on the note: {note:.2f}; knowing nothing: {log(given.vocab_size):.2f}")

# %% [markdown]
# What is wrong with the model? **A**: it was trained on too few stories. **B**: the temperature is too high. **C**: its ids mean other pieces of text.

# %%
guess("what is wrong with the model handed over", ...)

# %% tags=["answer"]
from course.failures.lesson_05 import the_other_tokenizer

other = the_other_tokenizer(stories)
for name, which in {"handed over": given, "the other": other}.items():
    print(f"{name} ({which.sha256[:8]}):", write(model, which, seed=1))
one, two = ([which.token_bytes(id) for id in range(1000)] for which in (given, other))
print("tokens in both:", len(set(one) & set(two)), " with the same id:", sum(a == b for a, b in zip(one, two)))

# %% [markdown]
# <details><summary>What happened</summary>
#
# **C**. The model was trained with another tokenizer, which had read 100 stories more than the one handed over. It is nearly the same list in another order. Every id exists in both, so nothing can complain. The model's confident
# predictions are about the wrong ids, and cost more than knowing nothing.
#
# A vocabulary is part of the model, like its parameters. The eight characters in brackets are the beginning of a **hash**, a number computed from the whole vocabulary: another vocabulary has another hash. Store it beside the ids, and compare before you read.
#
# </details>
#
# ## Comparing models that have different tokenizers
#
# Two models read the same text. The first has a loss of 3.0 nats per token, and its tokens have 4 bytes on average. The second has 2.5 nats, with tokens of 3 bytes. Which is better, `"first"` or `"second"`?

# %%
guess("which of the two models is better", ...)

# %% [markdown]
# <details><summary>How to compare them</summary>
#
# A longer token is harder to predict, but there are fewer of them. Divide by something that no tokenizer can change: the bytes of the text. Dividing nats by ln 2 gives bits (lesson 1). The first model: 3.0 nats / 4 bytes / ln 2 = 1.08 **bits per byte**.
# The second: 2.5 / 3 / 0.693 = 1.20.
#
# </details>
#
# Five vocabularies, the same stories, the same kind of model:

# %%
from course.experiments.text.tokenizing import loss_of_pairs

for vocab_size in (256, 300, 400, 600, 1000):
    nats, bits = loss_of_pairs(seen, unseen, vocab_size)
    print(f"{vocab_size:5,} tokens: {nats:.3f} nats per token, {bits:.3f} bits per byte")

# %% [markdown]
# By nats per token the single bytes look best, by bits per byte they are the worst. The table sees one earlier token. A long token tells it more about the text than one byte does. Only the second column can be compared.
#
# ## Exercises
#
# **1 · One merge.** Replace each occurrence of `pair`, a tuple of two ids, by `new_id`, from left to right. Do not change the list that you are given.

# %% tags=["promise-exercise"]
def join(ids, pair, new_id):
    """A new list of ids."""
    return ...


check("join", join)

# %% [markdown]
# **2 · Encode.** You get a text and merges that were learned from another one. Return the ids. Bytes are 0 to 255; the first merge makes 256, the next 257, and so on. There is no pre-tokenization. Your `join` may help.

# %% tags=["promise-exercise"]
def encode(text, merges):
    """The ids of the text; merges is a list of pairs."""
    return ...


check("encode", encode)

# %% [markdown]
# **3 · Decode.** `token_bytes[id]` is the bytes of a token. Return the text of a list of ids. It must work for every text, also for `zoë 🍓`.

# %% tags=["promise-exercise"]
def decode(ids, token_bytes):
    """The text of the ids; token_bytes is a list of bytes."""
    return ...


check("decode", decode)

# %% [markdown]
# **Back.** Lesson 0 began with a loss of 3.30, because 27 letters were equally likely. What is the first loss of an untrained model with 50,304 tokens?

# %% tags=["promise-back"]
guess("first loss with 50,304 tokens", ...)

# %% [markdown]
# ## Summary
#
# In your own words first: *a model does not read letters, it reads ...*
#
# <details><summary>Ours</summary>
#
# ... tokens: frequent pieces of text, which an algorithm has joined from bytes, each with an id.
#
# </details>
#
# - UTF-8 writes every text with 256 bytes, so nothing is out-of-vocabulary.
# - Byte-pair encoding merges the most frequent pair again and again; the ordered list of merges is the tokenizer.
# - Pre-tokenization keeps merges inside words; special tokens are outside the merges, so no text writes them by accident.
# - A larger vocabulary size gives a higher compression ratio and a larger embedding table.
# - The vocabulary is part of the model. Compare models by bits per byte, not by nats per token.
#
# ## Sources and further reading
#
# - Gage, *A New Algorithm for Data Compression*, 1994. Sennrich, Haddow and Birch, *Neural Machine Translation of Rare Words with Subword Units*, arXiv 1508.07909.
# - Bytes instead of characters: Radford and others, *Language Models are Unsupervised Multitask Learners* (GPT-2), 2019.
# - Petrov and others, *Language Model Tokenizers Introduce Unfairness Between Languages*, arXiv 2305.15425. The sentence: United Nations, 1948.
# - The standard implementations: OpenAI's *tiktoken*, Hugging Face's *tokenizers*, and *minbpe* for reading.
