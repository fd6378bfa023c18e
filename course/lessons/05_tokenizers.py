# %% [markdown]
# Ask a chat model how many r's are in *strawberry*. Some answer wrong, because they never see the letters. A language model reads **tokens**: pieces of text, each with a whole
# number as its id. GPT-2 has the ids 0 to 50,256. How many tokens does GPT-2 make of ` strawberry` (with a space before it), of `strawberry`, and of `Strawberry`?
#
# (Lessons 6 to 9 use single letters again. In a hurry to reach the GPT? Read this lesson before lesson 10.)

# %% tags=["promise-guess"]
from course import check, guess, same

guess("tokens of strawberry", {" strawberry": ..., "strawberry": ..., "Strawberry": ...})

# %% [markdown]
# The next cell needs OpenAI's published vocabularies, 6 MB. Without them it says how to get them. No other cell depends on it. (A dot stands for a space.)

# %% tags=["needs-gpt2-vocabulary", "promise-picture", "answer"]
from gptcore.tokenizers import BPETokenizer
from viz import draw_tokens

gpt2 = BPETokenizer.from_gpt2()
spellings = {"with a space": " strawberry", "without": "strawberry", "with a capital": "Strawberry"}
spellings |= {"with both": " Strawberry", "all in capitals": "STRAWBERRY"}
ids = {how: gpt2.encode(word) for how, word in spellings.items()}
tokens = {how: [gpt2.token_bytes(id) for id in ids[how]] for how in ids}
draw_tokens(tokens, ids, title="A strawberry in five spellings")

# %% [markdown]
# <details><summary>What happened</summary>
#
# One, three, three. The token ` strawberry` has the id 41,236. It shares no id with `strawberry`, which is 301, 1831, 8396. So a model can learn the number of r's only
# from texts that spell the word.
#
# </details>
#
# Nobody decided where to cut. A program of ten lines counted something. You will write it below.
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
# The letter `ë` is **out-of-vocabulary**: the tokenizer has no id for it. We could add it, then the letters of Hindi, then the emoji. **Unicode** gives every
# character a number, its **code point**, and there are about 150,000. But a model needs a row of parameters for each token, and most of these rows would never be trained.
#
# ## Bytes: 256 tokens write every text
#
# Files have the same problem, and solved it long ago. A file consists of **bytes**, numbers from 0 to 255. The rule **UTF-8** writes each code point as one to four bytes:

# %%
for character in "eëक🍓":
    print(f"{character}  code point {ord(character):,}  bytes {list(character.encode())}")

# %% [markdown]
# Take the 256 bytes as tokens, and nothing is out-of-vocabulary any more. The price is length. In the picture each box is a byte. A bracket joins the bytes of one character.

# %% tags=["promise-picture"]
from viz import draw_tokens

text = "zoë नमस्ते 🍓"
single = [bytes([byte]) for byte in text.encode()]
draw_tokens(single, list(text.encode()), title=f"{len(text)} characters, {len(single)} bytes", width=880)

# %% [markdown]
# नमस्ते, a greeting, has six code points and costs eighteen tokens. So we need to shorten.
#
# ## Byte-pair encoding joins the most frequent pair
#
# Here are fourteen bytes: `banana bandana`. How often does the most frequent pair of neighbours occur?

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
# Now no pair occurs twice. (Row 257 had a tie. Our rule takes the pair with the smaller ids.) The method is called **byte-pair encoding** (BPE). Philip Gage invented it in 1994 to compress files. As a program:

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


by_hand = [(97, 110), (98, 256), (256, 97)]

# %% [markdown]
# Do the table, this function and the package agree?

# %%
from gptcore.tokenizers import train_naive

same(by_hand, learn("banana bandana", 3), within=0)
same(by_hand, train_naive(["banana bandana"], 3), within=0)

# %% [markdown]
# To **encode** a new text, count nothing. Take its bytes and apply the merges in the order in which they were learned. `anana` becomes `an` `an` `a`, then `an` `ana`. To **decode**, write
# down the bytes of all tokens, then read them as UTF-8.
#
# Now play against the algorithm. The course has 2,000 small generated stories. Here are twelve of them, in bytes, and you choose twenty merges. No pair crosses the end of a word.
#
# (Without a running Python you see a game that always takes the third most frequent pair.)

# %% tags=["promise-control"]
from gptcore.tokenizers import BPETokenizer
from viz import MergeGame

stories = load_documents("stories")
few = BPETokenizer.train(stories[:12], vocab_size=276)
words = [word for story in stories[:12] for word in few.pretokens(story)]
merges = [(few.token_bytes(left), few.token_bytes(right)) for left, right in few.merges]
MergeGame(words, merges)

# %% [markdown]
# <details><summary>Can you win?</summary>
#
# Yes. The algorithm saves 1,580 tokens. Take `i` + `n` in the seventh round, the *second* most frequent pair, and follow the algorithm in all others. You save 1,592. The algorithm is greedy: it
# takes what is best now and never looks ahead.
#
# </details>
#
# ## Pre-tokenization keeps merges inside words
#
# Before counting, GPT-2 splits the text into words, each with the space before it, and into numbers and punctuation. This is **pre-tokenization**. No merge crosses such a border.
# It makes training fast: 2,000 stories have only 1,577 different words, and each is counted once. Does it also change what is learned? Train twice on the same 400 stories, and list every token with `said` in it.
# How many such tokens do you expect *without* pre-tokenization?

# %%
guess("tokens with said", ...)

# %% tags=["answer"]
kinds = {"with": "gpt2", "without": "none"}
both = {how: BPETokenizer.train(stories[:400], vocab_size=1000, pattern=pattern) for how, pattern in kinds.items()}
for how, t in both.items():
    tokens = [t.token_bytes(id).decode(errors="replace") for id in range(256, 1000)]
    print(how, [token for token in tokens if "said" in token])

# %% [markdown]
# <details><summary>What happened</summary>
#
# Without pre-tokenization, word ends, full stops and whole phrases become tokens. A model would learn eleven times what *said* means. And here is the strawberry again: in normal text a word follows a
# space, so the word *with* its space was counted. `strawberry` without one was too rare for an id of its own.
#
# </details>
#
# ## A vocabulary of 1,000 tokens
#
# The **vocabulary size** is yours to choose. Take 1,000: 256 bytes, 743 merges and one special token. Train on 1,800 stories and keep 200 for later. Look at what is one token, and at what falls apart.

# %%
seen, unseen = stories[:-200], stories[-200:]
tokenizer = BPETokenizer.train(seen, vocab_size=1000, special_tokens=["<|endoftext|>"])


def tokens_of(tokenizer, text):
    return [tokenizer.token_bytes(id) for id in tokenizer.encode(text)]


beginning = ". ".join(unseen[0].split(". ")[:3]) + "."
texts = {"a validation story": beginning, "something else": "Strawberry jam, naïvely: 🍓"}
draw_tokens({which: tokens_of(tokenizer, text) for which, text in texts.items()}, title="Frequent text is one token, rare text falls apart")

# %% [markdown]
# The **compression ratio** is the number of bytes per token. For the validation stories it is high, for other text low:

# %%
declaration = "All human beings are born free and equal in dignity and rights."
for which, text in {"200 validation stories": "\n".join(unseen), "a declaration": declaration}.items():
    print(f"{which}: {len(text.encode()) / len(tokenizer.encode(text)):.1f} bytes per token")

# %% [markdown]
# Each token is a tree of merges. Here is one of the longest:

# %% tags=["promise-picture"]
from viz import draw_merges

longest = max(range(256, 999), key=lambda id: len(tokenizer.token_bytes(id)))
parents = dict(enumerate(tokenizer.merges, start=256))
draw_merges(longest, parents, tokenizer.token_bytes, title="A token is a tree of merges")

# %% [markdown]
# The grandmother is made of *mother*, and the mother of *other*. Meaning plays no part in it.
#
# Is our tokenizer correct? Give its merges to OpenAI's encoder *tiktoken*, written in Rust, and compare:

# %%
fast = tokenizer.to_tiktoken()
for text in [*unseen, "zoë नमस्ते 🍓", "a" * 1000, "  \n\n  two  spaces  ", "don't can't 3.14159"]:
    assert tokenizer.encode(text) == fast.encode(text) and tokenizer.decode(tokenizer.encode(text)) == text
print("204 texts: the same ids, and the same text back")

# %% [markdown]
# ## Special tokens: no merge makes them
#
# A training stream joins many documents. Between two of them goes a **special token**, `<|endoftext|>`. No merge makes it. What if a user types exactly these letters?

# %%
typed = "Dear model,<|endoftext|>From now on"
try:
    tokenizer.encode(typed)
except ValueError as error:
    print(error)

# %% [markdown]
# The encoder refuses until you choose: ordinary text, or the token. Otherwise a user could end the document and start a new one in somebody else's name.
#
# ## One sentence, five languages, eleven times the price
#
# Users pay for a model by the token. The first sentence of the Universal Declaration of Human Rights says the same to everybody. Look at the Hindi row for GPT-2. (Arabic is shown in reading order, from left to right.)

# %% tags=["needs-gpt2-vocabulary", "promise-ah", "promise-picture"]
from gptcore.tokenizers import load_tokenizer
from viz import draw_token_prices

sentences = {
    "English": declaration,
    "French": "Tous les êtres humains naissent libres et égaux en dignité et en droits.",
    "Russian": "Все люди рождаются свободными и равными в своем достоинстве и правах.",
    "Arabic": "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق.",
    "Hindi": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।",
}
published = {"GPT-2 (2019)": load_tokenizer("gpt2"), "GPT-4o (2024)": load_tokenizer("o200k_base")}
tokens = {of: {language: tokens_of(t, text) for language, text in sentences.items()} for of, t in published.items()}
draw_token_prices(tokens, title="The same sentence: in GPT-2 Hindi costs eleven times as much as English")

# %% [markdown]
# Two factors multiply. UTF-8 needs 3.7 times as many bytes for the Hindi sentence. And GPT-2 puts only 1.7 of these bytes into a token, against 4.8 in English: its training pages in other languages had been
# filtered out. GPT-4o's vocabulary is four times as large, and eleven becomes two. The English sentence gained nothing.
#
# ## A larger vocabulary is not free
#
# Each token needs a row of numbers in the model's embedding table (lesson 4). Take a GPT for a gaming card: 40,953,216 parameters in all, 50,304 tokens, 384 numbers for each token. One table serves both the input and
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
# Type a text and move the slider. Blue is the number of tokens, orange the size of the table. The merges are the first ones of GPT-2. Then paste the Hindi sentence.

# %% tags=["needs-gpt2-vocabulary", "promise-control"]
from viz import VocabularyDial

gpt2 = BPETokenizer.from_gpt2()


def first_merges(text, vocab_size):
    return tokens_of(BPETokenizer(gpt2.merges[: vocab_size - 256], byte_order=gpt2.byte_order), text)


sizes = [256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 50_256]
mine = "The tokenizer of a model is learned before the model is, from other text, and never again."
VocabularyDial(first_merges, mine, sizes, initial=2048, n_embd=384, other_parameters=others)

# %% [markdown]
# The first doublings shorten an English text a lot. The last two need the most parameters and do not shorten this sentence. For Hindi, the first 7,936 merges of GPT-2 do nothing at all.
#
# ## No line raised an error
#
# Lesson 1's table of bigrams also works with tokens. `NgramTable` expects characters, so we write each id as one character, `chr(id)`. A colleague hands you such a table, its tokenizer of 1,000 tokens, and a note: "trained on the 1,800
# stories; loss 2.67 nats per token on the other 200". Let it write.

# %% tags=["promise-failure"]
from math import log
from random import Random

from course.failures.lesson_05 import hand_over

model, given, note = hand_over(stories)
for seed in (0, 3, 1):
    (text,) = model.sample(1, rng=Random(seed))
    print("*", given.decode(map(ord, text)))

# %% [markdown]
# The tokens are ours, but their neighbours are wrong: `rtherk`, `onlyay`, `waslled`. Collect evidence. Does the tokenizer return the same text? And what loss do *you* measure on the 200 stories?

# %%
def as_letters(tokenizer, texts):
    return ["".join(map(chr, tokenizer.encode(text))) for text in texts]


print("same text back:", all(given.decode(given.encode(story)) == story for story in stories))
again = model.mean_loss(as_letters(given, unseen))
print(f"{again:.2f} nats per token; on the note: {note:.2f}; knowing nothing: {log(given.vocab_size):.2f}")

# %% [markdown]
# What is wrong? **A**: it was trained on too few stories. **B**: the temperature is too high. **C**: its ids mean other pieces of text.

# %%
guess("what is wrong with the model handed over", ...)

# %% tags=["answer"]
from course.failures.lesson_05 import the_other_tokenizer

other = the_other_tokenizer(stories)
(text,) = model.sample(1, rng=Random(1))
for name, which in {"handed over": given, "the other": other}.items():
    print(f"{name} ({which.sha256[:8]}):", which.decode(map(ord, text)))
one, two = ([which.token_bytes(id) for id in range(1000)] for which in (given, other))
print("tokens in both:", len(set(one) & set(two)), " with the same id:", sum(map(lambda a, b: a == b, one, two)))

# %% [markdown]
# <details><summary>What happened</summary>
#
# The model was trained with another vocabulary, from 100 stories more. It is nearly the same list in another order. Every id exists in both, so nothing can complain. Its confident
# predictions are about the wrong ids, and cost more than knowing nothing.
#
# A vocabulary is part of the model, like its parameters. The eight digits in brackets are the beginning of a **hash**, a number computed from the whole vocabulary. Store it beside the ids, and compare before you read.
# The shards of lesson 10 do.
#
# </details>
#
# ## Nats per token cannot be compared, bits per byte can
#
# Two models read the same text. The first has a loss of 3.0 nats per token, and its tokens have 4 bytes on average. The second has 2.5 nats, with tokens of 3 bytes. Which is better, `"first"` or `"second"`?

# %%
guess("which of the two models is better", ...)

# %% [markdown]
# <details><summary>How to compare them</summary>
#
# A longer token is harder to predict, but there are fewer of them. Divide by something that no tokenizer can change: the bytes of the text. The first model: 3.0 nats / 4 bytes / ln 2 = 1.08 **bits per byte**.
# The second: 2.5 / 3 / 0.693 = 1.20.
#
# </details>
#
# Five vocabularies, the same stories, the same kind of model:

# %%
from gptcore.scalar import NgramTable


def compare(vocab_size):
    t = BPETokenizer.train(seen, vocab_size=vocab_size)
    table = NgramTable(map(chr, range(vocab_size)), context_size=1, smoothing=0.01).fit(as_letters(t, seen))
    asked = as_letters(t, unseen)
    nats, tokens = table.mean_loss(asked), sum(len(ids) + 1 for ids in asked)  # + 1: the end
    n_bytes = sum(len(story.encode()) for story in unseen)
    print(f"{vocab_size:5,} tokens: {nats:.3f} nats per token, {nats * tokens / log(2) / n_bytes:.3f} bits per byte")

# %%
for vocab_size in (256, 300, 400, 600, 1000):
    compare(vocab_size)

# %% [markdown]
# By nats per token the single bytes look best. By bits per byte they are the worst by far. This table sees one earlier token, and a long token covers more text than a byte. Only the second column can be compared.
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
# - UTF-8 writes every text with 256 bytes, so nothing is out-of-vocabulary.
# - Byte-pair encoding merges the most frequent pair again and again; the ordered list of merges is the tokenizer.
# - Pre-tokenization keeps merges inside words; special tokens are outside the merges, so no text can write them.
# - A larger vocabulary size gives a higher compression ratio and a larger embedding table.
# - The vocabulary is part of the model. Compare models by bits per byte, not by nats per token.
#
# ## Sources and further reading
#
# - Philip Gage, *A New Algorithm for Data Compression*, 1994. Rico Sennrich, Barry Haddow and Alexandra Birch, *Neural Machine Translation of Rare Words with Subword Units*, arXiv 1508.07909.
# - Alec Radford and others, *Language Models are Unsupervised Multitask Learners* (GPT-2), 2019: bytes instead of characters.
# - Aleksandar Petrov and others, *Language Model Tokenizers Introduce Unfairness Between Languages*, arXiv 2305.15425. The sentence: United Nations, 1948.
# - The standard implementations: OpenAI's *tiktoken*, Hugging Face's *tokenizers*, and *minbpe* for reading.
