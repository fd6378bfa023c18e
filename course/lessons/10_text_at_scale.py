# %% [markdown]
# One file of FineWeb is 10 billion tokens: so says a piece of advice that is passed around among people who train GPTs at home. FineWeb is a collection of English web
# pages, and one of its files takes about 2 GB on the disk, 2 billion bytes. The texts in it are packed, to about two thirds of their size. A token of GPT-2's stands for four
# to five characters of English. How many tokens are in the file? (In whole tokens: 5e9 would be five billion.)

# %% tags=["promise-guess"]
from course import check, guess, same

guess("tokens in a 2 GB file", ...)

# %% [markdown]
# Ten billion tokens of four and a half characters are 45 GB of text, and 2 GB of packed text are about 3 GB of text. It can also be looked up. Such a file is a table, one row for each web
# page, and one of its nine columns says how many tokens the page has. Here is a small table of that kind. Its pages are stories told by a program; the columns are FineWeb's.

# %%
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as parquet

from gptcore.corpus import write_story_table

room = TemporaryDirectory()  # gone when the lesson is closed
folder = Path(room.name)
truths = write_story_table(folder / "stories.parquet", rows=1400, seed=1)
rows = parquet.read_table(folder / "stories.parquet").to_pylist()
for column, value in rows[0].items():
    print(f"{column:15} {value!r:.90}")

# %% [markdown]
# `dump` says in which crawl the page was found (a **crawl** is one walk of a program from link to link through the web), `file_path` in which part of it; the `id` belongs to this page and no other. `language` and
# `language_score` are what a small classifier holds it for, and how surely. `token_count` is what we are looking for, and in our table it is empty, for counting takes GPT-2's tokenizer, which you need
# not have.
#
# So here are 1,400 rows of FineWeb. Text, id and address are FineWeb's to the letter; the tokens were counted and the file was packed anew, the language is taken to be English, and the other columns are empty.
# The pages were picked by somebody else, for words of law and for length. They are therefore **no picture of FineWeb**, and a loss
# measured on them must never be compared with a published one. To learn how large a token is they are good enough. (The three cells that need them say so where they are not; what you see before you run them was stored when the lesson
# was made. With a file of FineWeb of your own they work, too, and print other numbers.)

# %% tags=["needs-fineweb"]
from course.sample import fineweb_file

token_counts = parquet.read_table(fineweb_file(), columns=["token_count"])["token_count"].to_pylist()
size_bytes, tokens = fineweb_file().stat().st_size, sum(token_counts)
print(f"{len(token_counts):,} pages, {tokens:,} tokens, {size_bytes:,} bytes of file")
print(f"{size_bytes / tokens:.2f} bytes a token, so 2 GB are {2e9 * tokens / size_bytes / 1e9:.2f} billion tokens")

# %% [markdown]
# Not 10 billion: 0.73. There is a second way, which needs no file at all. The whole of FineWeb is given as 15 trillion tokens in 45 TB:

# %% tags=["promise-by-hand"]
print(f"{45e12 / 15e12:.2f} bytes a token, so 2 GB are {2e9 * 15e12 / 45e12 / 1e9:.2f} billion tokens")

# %% [markdown]
# Two ways, one neighbourhood: about 0.7 billion. The advice goes on: train for 6,000 steps of 524,288 tokens, which is 3.1 billion tokens, on that one file. How many times does the
# model read it?

# %%
guess("passes over one file", ...)

# %% [markdown]
# That is not forbidden. Up to four passes cost next to nothing, as somebody has measured; after that, each is worth less. But whoever believes that no page came twice will read every curve of
# that run wrongly.
#
# ## The table lies on its side
#
# In a spreadsheet a page is followed by its own id and its own address, and then comes the next page. In this kind of file, **parquet**, it is not so. First come the texts of some hundred rows,
# then all their ids, then all their addresses. Such a block is a **row group**; where each of its columns begins stands at the end of the file.

# %%
file = parquet.ParquetFile(folder / "stories.parquet")
group = file.metadata.row_group(0)
print(f"{file.metadata.num_row_groups} row groups, {group.num_rows} rows in the first; of its bytes")
sizes = {c.path_in_schema: c.total_compressed_size for c in map(group.column, range(group.num_columns))}
for column, size in sizes.items():
    print(f"{size / sum(sizes.values()):6.1%}  {column}")

# %% [markdown]
# So who wants to know the tokens of a file reads one column, less than a hundredth of it, as we did above. And who wants the texts of one group reads these and nothing else:

# %%
alone = file.read_row_group(3, columns=["text"])["text"].to_pylist()
print(len(alone), "texts; the first:", alone[0][:90], "...")

# %% [markdown]
# Groups are what makes 2 GB bearable. A program holds one group in memory, never the file; four workers take every fourth group; and after a power cut one begins with the group that was not finished.
#
# ## What you would have thrown away
#
# The web is full of things that nobody wants a model to write. Which things? There are rules of thumb, from collections that were published: away with pages of fewer than 50 words; with pages in
# other languages; with those that are more hash signs and bullets than sentences, or say the same again and again. All that has been planted in our table, and copies, too. Each rule is a **filter**. It looks at
# numbers like these, and gives a reason or lets the page pass:

# %%
from gptcore.corpus import Document, Language, Length, Repetition, Symbols, read_table

documents = list(read_table(folder / "stories.parquet"))
for name, number in documents[0].stats.items():
    print(f"{name:20} {number:.3g}")

# %% [markdown]
# | number | says of a text |
# |---|---|
# | `words`, `mean_word_length` | how many words it has, and how many characters the mean word has |
# | `alpha_words` | the share of its words that have a letter in them |
# | `symbols` | hash signs for each word, or ellipses (`...`) for each word, whichever are more |
# | `bullet_lines`, `ellipsis_lines` | the share of its lines that begin with a bullet; that end in an ellipsis |
# | `repeated_lines`, `repeated_line_chars` | the share of its lines that already stood further up; the share of its text in such lines |
# | `top_bigram` | the share of its text that is one pair of words, the one that comes most often |
# | `repeated_ngrams` | the share of its text in pieces of five words that came before |
#
# Now let six filters work, one after the other, each on what the last one has left:

# %% tags=["promise-picture", "promise-ah"]
from gptcore.corpus import ExactDuplicates, NearDuplicates, run_filters
from viz import draw_funnel

filters = [Language(), Length(), Symbols(), Repetition(), ExactDuplicates(), NearDuplicates()]
verdicts = list(run_filters(documents, filters))
removed = {f.name: [i for i, v in enumerate(verdicts) if v.removed_by == f.name] for f in filters}
texts = [document.text for document in documents]
good = [i for i, truth in enumerate(truths) if truth.kind == "marked"]
marked = "pages that somebody has read and found good"
draw_funnel(texts, removed, mark=good, mark_label=marked, title="Point at a coloured or a black square, and read the page")

# %% [markdown]
# The black squares are the twenty good pages, and more than half of them are gone: a recipe, the boats to the islands, a proof that 0.999... is 1. The rule about symbols took five pages, and all five were good. Some pages of stories went, too, because their
# stories say the same in the same words. Do you agree? One *disagrees* with a filter sooner or later, and that is what such a picture is for.
#
# What a threshold costs can be counted. Move the six sliders: keep the 20 black squares, and lose the junk.
#
# (Junk is here what is junk and what is in another language, 280 of the 1,400 pages. The copies stay, for no threshold knows them. The sliders begin at the papers' own thresholds; there eleven of the twenty are lost and
# not twelve, because a diary went for lines that end in dots, and these have no slider. Where no Python runs, you see this beginning only.)

# %% tags=["promise-control"]
from viz import FilterBench

english = [d.language_score if d.language == "en" else 0.0 for d in documents]
bench = {"English": (english, "at least", (0.4, 0.9, 0.65))}
dials = {"words": (0, 100, 50), "alpha_words": (0.5, 1.0, 0.8), "top_bigram": (0.0, 0.25, 0.2)}
dials |= {"bullet_lines": (0.5, 1.0, 0.9), "repeated_ngrams": (0.0, 0.5, 0.15)}
for name, span in dials.items():
    rule = "at least" if name in ("words", "alpha_words") else "at most"
    bench[name.replace("_", " ")] = [d.stats[name] for d in documents], rule, span
junk = [i for i, truth in enumerate(truths) if truth.kind in ("junk", "other language")]
FilterBench(texts, bench, good, bad=junk)

# %% [markdown]
# <details><summary>How far we came</summary>
#
# All twenty stay at a score of 0.5, 40 words, 0.7 alpha words, a top bigram of up to 0.11, all bullets, and repeated ngrams up to 0.4, for the song. The advertisements are gone: the song repeats as much as they do, but they
# say one pair of words more often. What stays are 11 menus of web sites. Their score is 0.64, and five of the twenty have less, so the first slider takes all of them or none; the other five do not part them either.
#
# In the table further up is a number that does. Which? It is `repeated_lines`: the song says a third of its lines again, and each of these menus says more than a third. But a threshold that was put between one song and 11 menus has
# been fitted to that song. Nobody knows about the next one.
#
# </details>

# %% [markdown]
# The same with the 1,400 pages of FineWeb. They have been through such filters already: at the papers' thresholds four pages would still go, one of them a diary from Texas, because three of its lines end in dots. Here the
# thresholds are much tighter, 250 words instead of 50, say, and they take two hundred more.

# %% tags=["needs-fineweb"]
from itertools import islice

pages = list(islice(read_table(fineweb_file()), 1400))
shortest, figures = Length(min_words=250), Symbols(min_alpha_words=0.88, name="figures")
bullets = Symbols(max_bullet_lines=0.5, max_ellipsis_lines=0.2, name="bullets, ellipses")
tighter = [shortest, figures, bullets, Repetition(max_repeated_ngrams=0.08, max_top_bigram=0.05)]
judged = list(run_filters(pages, tighter))
taken = {f.name: [i for i, v in enumerate(judged) if v.removed_by == f.name] for f in tighter}
which = [f"pages[{i}], {page.stats['words']:,.0f} words" for i, page in enumerate(pages)]
lost = sum(not verdict.kept for verdict in judged)
draw_funnel(which, taken, title=f"Of {len(pages):,} pages that FineWeb kept, tighter thresholds take {lost}")

# %% [markdown]
# (Here a square says only which page it is, for these are other people's pages. `print(pages[538].text)` shows you one that offers a repair manual; nobody will miss it. FineWeb takes pornography out by its address, and some had come through. The rule
# against repetition catches a part of that, and with it some ten judgments, such as `pages[1194]`, which the Supreme Court gave in 1828: courts repeat themselves on purpose.)
#
# ## English, but not yours
#
# The language filter wants English with a score of at least 0.65. A score of what? A program has seen how often which letters follow one another in some 140 languages, and bets. It has read more
# newspapers than it has met people:

# %%
from gptcore.corpus import guess_language

for text in (
    "The fox lost its key in the wood.",
    "Whan that Aprille with his shoures soote",
    "Wee, sleekit, cow'rin, tim'rous beastie",
    "u home? omw, b there in 10",
    "for i in range(10): print(i)",
    "Anna Mia Zoe Ada",
):
    print("{} {:.2f}".format(*guess_language(text)), text)

# %% [markdown]
# Chaucer, six hundred years old, is kept. Burns, whose song half the world sings at New Year, is not, and neither is what you wrote to a friend this morning. (This is a small classifier, and these are short lines. FineWeb's own is another one, with other scores; but 0.65 is its limit,
# and 15 trillion tokens have passed it.)
#
# ## A filter leaves fingerprints
#
# What a filter has removed is gone. Its threshold is not: it can be read off what is left. Three numbers about each of the 1,400 pages: the part of its lines that end with a mark such as a full stop; the part of its lines that have at
# most 30 characters; and `repeated_line_chars` from the table above. FineWeb's paper says where it cut: below 0.12, above 0.67, above 0.1.

# %% tags=["needs-fineweb"]
def part_of_lines(text, has):
    lines = [line for line in text.split("\n") if line.strip()]
    return sum(map(has, lines)) / len(lines)


pages = list(islice(read_table(fineweb_file()), 1400))
marks = (".", "!", "?", '"', "'", "”", "’")
ended = [part_of_lines(page.text, lambda line: line.endswith(marks)) for page in pages]
short = [part_of_lines(page.text, lambda line: len(line) <= 30) for page in pages]
again = [page.stats["repeated_line_chars"] for page in pages]
print(f"ended: from {min(ended):.3f}; short: up to {max(short):.3f}; again: up to {max(again):.4f}")

# %% [markdown]
# 0.122 and 0.667: there are two of the three thresholds. The third stands at 0.01, ten times lower than in the paper. The program with which FineWeb was filtered has been published, too, and it
# says 0.01. Where a paper and a file disagree, your model reads the file.
#
# ## One word in ten
#
# A copy that agrees in every character is found by remembering what has come before: one look for each page. Most copies on the web do not. Another date has been put in, another advertisement, another name. So how
# alike are two texts? Take every five words in a row, from the first word, from the second, and so on.

# %% tags=["promise-by-hand"]
one = "the fox put the red ball into the old boat"
other = "the fox put the red ball into the new boat"
for start in range(6):
    print(*one.split()[start : start + 5])

# %% [markdown]
# Six pieces, and six in the other sentence, which differs by one word in ten. Now take all different pieces that either has. Which part of them do both have?

# %%
guess("likeness of two sentences", ...)

# %%
from gptcore.corpus import jaccard, shingles

print(len(shingles(one) & shingles(other)), "of", len(shingles(one) | shingles(other)), "pieces")
print("likeness", jaccard(shingles(one), shingles(other)))

# %% [markdown]
# One word in ten, and half of the pieces are gone. That makes a sharp knife: who shares three quarters of the pieces has hardly written them independently. What both have, divided by all that either
# has, is called the **Jaccard similarity**.
#
# **Exercise 1.** Write it for any two texts of at least five words. Words are what `split()` gives; capitals and full stops may stay as they are.

# %% tags=["promise-exercise"]
def likeness(one, other):
    """The pieces of five words that both texts have, divided by all that either has."""
    return ...


check("likeness", likeness)

# %% [markdown]
# ## Two months for one file
#
# A file of FineWeb has about a million pages. Each with each other makes half a million million pairs; at a hundred thousand comparisons a second that is two months. For one file, and 45 TB are 22,500 of them.
#
# There is a trick. Shuffle all pieces that there are, and ask of each text which of *its* pieces now comes first. The two sentences above have 8 pieces together. Here they are, shuffled once:

# %%
from random import Random

either = sorted(shingles(one) | shingles(other))
Random(1).shuffle(either)
for piece in either:
    print(f"{'one' if piece in shingles(one) else '':5}{'other' if piece in shingles(other) else '':7}{piece}")

# %% [markdown]
# The topmost piece is one that both have, so it is the first of both. Had a piece come to the top that only one of them has, their firsts would differ. Each of the 8 is equally likely to be on top, and 4 belong to both: the
# firsts agree with a chance of 4 in 8, which is their likeness. Shuffle 128 times, write
# down 128 firsts for each text, and the part that agrees estimates the likeness; the texts are not needed any more. That is **MinHash**.
#
# Nobody shuffles, either. A **hash** makes a number of a text, one that looks like chance but is the same whenever and wherever the text is the same: `int(sha256(text.encode()).hexdigest(), 16)`. The piece with the smallest number is the
# first. (Python's own `hash()` will not do: for a text it gives another number each time Python starts.)

# %% tags=["promise-toy"]
from hashlib import sha256


def firsts(text):
    pieces = shingles(text)
    return [min(sha256(f"{shuffle} {piece}".encode()).hexdigest() for piece in pieces) for shuffle in range(128)]


def agreeing(some, others):
    return sum(a == b for a, b in zip(some, others)) / len(some)

# %%
by_hand = agreeing(firsts(one), firsts(other))
signature = NearDuplicates().signature  # the imported one
imported = signature(shingles(one)).jaccard(signature(shingles(other)))
same([by_hand, imported], [0.5, 0.5], within=0.09)  # 128 throws, nineteen times in twenty

# %% [markdown]
# That still leaves a million lists to compare with each other. So the 128 numbers are cut into 25 **bands** of five (three are left over), and only texts that agree in all five numbers of some band are compared at all; then by their
# pieces, so that no text goes by bad luck. Why five? With six, more than one in a hundred pairs at a likeness of 0.75 would never meet.

# %%
from gptcore.corpus import lsh_params, candidate_probability

bands, in_each = lsh_params(0.75)
for alike in (0.2, 0.5, 0.75):
    print(f"likeness {alike:<4} meets with a chance of {candidate_probability(alike, bands, in_each):.1%}")

# %% [markdown]
# How many pairs were compared in our table? And of the copies that were found, in what do the two least alike differ?

# %%
near = filters[-1]
seen = len(near.kept) + len(near.copies)
print(f"{seen:,} texts make {seen * (seen - 1) // 2:,} pairs; {near.compared:,} were compared")
found = min(near.copies, key=lambda copy: copy.similarity)
text_of = {document.id: document.text for document in documents}
first, second = text_of[found.copy_of], text_of[found.id]
shared, either = shingles(first) & shingles(second), shingles(first) | shingles(second)
print(f"likeness {found.similarity:.2f}: {len(shared)} of {len(either)} pieces shared")
print("in one of the two only:", *set(first.split(". ")) ^ set(second.split(". ")))

# %% [markdown]
# The more copies are removed the better? FineWeb's makers thought so at first. They went through their 96 crawls from the newest to the oldest and took out every page that a newer one had already. Of the oldest crawls a tenth
# remained. Then they trained one model on such a tenth, and one on what had been removed from the same crawl. The second was better. What stands on the web for years is, it seems, what people keep; in the tenth
# without it were more advertisements, lists of keywords and broken lines. So each crawl was freed of copies by itself, and a good page may stand in FineWeb many times.
#
# ## A copy on either side
#
# Some pages are put aside and never trained on, so that the model can be asked about pages it has not seen. They are the **validation slice**. Which pages?
#
# **Exercise 2.** Write it: a list of ids comes in, about a tenth of them goes out. Tomorrow's run must choose the same ones, and so must next year's, when a thousand new pages have come in between. (An id is a text.)

# %% tags=["promise-exercise"]
def set_aside(ids):
    """About a tenth of the ids."""
    return ...


check("set_aside", set_aside)

# %% [markdown]
# The id alone decides; not its place, not its neighbours, not the day. `prepare`, further down, chooses in this way, too. And still the slice can leak, for two pages with the same text have two ids. Before anything was removed from our table:

# %%
from course.solutions import lesson_10 as ours

aside = set(ours.set_aside([document.id for document in documents]))
trained_on = {document.text for document in documents if document.id not in aside}
leaked = sum(document.text in trained_on for document in documents if document.id in aside)
print(f"{len(aside)} pages put aside, {leaked} of them word for word among the others")

# %% [markdown]
# First the copies, then the slice.
#
# **Back.** You have met this in lesson 1, with names. Compared with an honest slice, is the loss on one with such copies **A** too high, **B** too low, or **C** the same?

# %% tags=["promise-back"]
guess("loss on a slice with copies", ...)

# %% [markdown]
# ## 256 numbers, and then nothing but tokens
#
# A training run wants ids, a great many a second, and nothing else. So all that is kept becomes one long row of ids, once, in files called **shards**. `prepare` makes them; the tokenizer is that of lesson 5, with
# 1,024 tokens. (On the command line it is `gptcore prepare`, and takes FineWeb's files by name.)

# %%
from gptcore.corpus import ShardSettings, prepare, write_table
from gptcore.tokenizers import BPETokenizer

kept = [verdict.document for verdict in verdicts if verdict.kept]
write_table(kept, folder / "kept.parquet")
kept_texts = [document.text for document in kept]
tokenizer = BPETokenizer.train(kept_texts, vocab_size=1024, special_tokens=["<|endoftext|>"])
tokenizer.save(folder / "tokenizer.json")


def make_shards():
    settings = ShardSettings(val_share=0.1)
    return list(prepare(folder / "kept.parquet", folder / "shards", folder / "tokenizer.json", settings=settings))

# %%
make_shards()
for path in sorted((folder / "shards").iterdir()):
    print(path.name)

# %% [markdown]
# A shard can be read with bare hands. Its first 1,024 bytes are 256 whole numbers of four bytes each. The rest are tokens, two bytes each:

# %% tags=["promise-by-hand"]
import numpy as np

shard = folder / "shards" / "train_000000.bin"
content = shard.read_bytes()
header, ids = np.frombuffer(content[:1024], "<i4"), np.frombuffer(content[1024:], "<u2")
print(header[:4], "...", len(header), "numbers,", np.count_nonzero(header), "of them not 0")
print(len(ids), "tokens:", ids[:10], "...")
print(repr(tokenizer.decode(ids[:40].tolist())))

# %% [markdown]
# The first number says what kind of file it is. It looks like a day, 20 May 2024, and a file that begins with another number is refused. Then the version; then how many tokens there are; the other 253
# are 0. The format is that of llm.c, a GPT in C, whose programs can read these shards.
#
# Each document begins with the end-of-text token. To the model it says: what stood before has nothing to do with what comes. Beside the shards lies `manifest.json`. It knows for each shard
# from which rows and with which tokenizer it was made, and its SHA-256, of which more below.
#
# **Exercise 3.** A run reads rows of `T` tokens, and at each of them it is asked for the next, so a row has T + 1. Write the cutting. `documents` are lists of ids. Make one stream of them, each document after its
# end-of-text; let each row begin with the last token of the row before. So each token is asked for once, except the very first, and except those at the end that fill no row: drop these.

# %% tags=["promise-exercise"]
def rows_of(documents, T, end_of_text):
    """Rows of T + 1 ids, cut from all documents one after the other."""
    return ...


check("rows_of", rows_of)

# %% [markdown]
# ## The same step, the same batch
#
# A few rows together are a **batch**. Which rows come must look like chance, or the model would read a whole site at a time. And it must not be chance: after a power cut the run shall go on
# as if nothing had happened. The safest memory is none at all. `Batches` shuffles the rows of all shards anew for each pass, and computes which of them a step reads from two numbers, the seed and the step:

# %%
from gptcore.corpus import Batches


def begin():
    return Batches(folder / "shards", batch_size=4, block_size=64, seed=1)


before, after_the_power_cut = begin().batch(step=700), begin().batch(step=700)
same(before, after_the_power_cut, within=0)

# %%
batches = begin()
asked = np.concatenate([batches.batch(step)[1].ravel() for step in range(batches.steps_per_epoch)])
print(f"{batches.tokens:,} tokens, one pass in {batches.steps_per_epoch} steps: {len(asked):,} predictions")

# %% tags=["promise-picture"]
from viz import draw_tokens

x, y = batches.batch(step=0)
pieces = {f"row {i}": [tokenizer.token_bytes(id) for id in row[:40].tolist()] for i, row in enumerate(x)}
draw_tokens(pieces, title="Rows are cut anywhere; a token says where a page ends and the next one begins")

# %% [markdown]
# (The last batch of a pass is filled up with rows of the next one, and what fills no row at the very end is left out; so the two numbers differ a little.)
#
# ## A weight says how much, not how often
#
# Few people train on one source only. You want a tenth of all batches to be stories, say, and there are not many. A run of 10 billion tokens takes nine tenths from the web, where you have 12 billion tokens, and one tenth
# from stories, of which you have 25 million tokens. How many times is each story read?

# %%
guess("times each story is read", ...)

# %% [markdown]
# A quarter of the web is never read, and the stories are learned by heart. `Mixture` mixes by weights, computes its batches from seed and step as well, and tells how often a source has been gone through. Here the stories are the large
# source, our list of 2,607 names is the small one, some 13,000 tokens, and a run has 1,000 steps:

# %%
from gptcore.corpus import Mixture, load_documents

(folder / "names.txt").write_text("\n".join(load_documents("names")), encoding="utf-8")
lines = ShardSettings(document="line")
list(prepare(folder / "names.txt", folder / "names", folder / "tokenizer.json", settings=lines))
for of_names in (0.02, 0.1, 0.5):
    weights = {folder / "shards": 1 - of_names, folder / "names": of_names}
    mixture = Mixture(weights, batch_size=4, block_size=64, seed=1)
    stories, names = mixture.epochs(steps=1000).values()
    print(f"{of_names:4.0%} names: the stories are read {stories:.2f} times, the names {names:.2f} times")

# %% [markdown]
# ## No line raised an error
#
# Disks, cables and memory turn a bit round now and then. In a copy of our first shard one bit is another one than it was. Somebody careful looks at it:

# %% tags=["promise-failure"]
from course.failures.lesson_10 import with_one_bit_flipped
from gptcore.corpus import open_shard

damaged = open_shard(with_one_bit_flipped(shard, folder / "damaged.bin", tokenizer))
print(f"{len(damaged):,} tokens, as the header says; the largest is {damaged.max()}")
print(f"{np.count_nonzero(damaged == tokenizer.end_of_text):,} documents, the first:")
print(repr(tokenizer.decode(damaged[:40].tolist())))

# %% [markdown]
# Nothing to be seen, and nothing will be: a run that reads this file learns one wrong token among thousands, and its loss looks as it always does. Our stories use few words, though, and use them often. So count the
# words, and look at those that stand there only once:

# %%
import re
from collections import Counter
from textwrap import fill

words = Counter(re.findall(r"\b[a-z]{2,}\b", tokenizer.decode(damaged.tolist())))
print(fill(" ".join(sorted(word for word, times in words.items() if times == 1)), width=110))

# %% [markdown]
# Most of them come from the twenty pages, which talk of the sea, the weather and the moon. One is the work of the bit. Which?

# %%
guess("the word with the flipped bit", ...)

# %% [markdown]
# (Further down it comes to light.) With web pages this lamp would be too dim: two in five of the different words in the 1,400 pages of FineWeb stand there only once. Could the program have noticed by itself? An id has 16 bits. If one of the upper six is
# turned round, the id is larger than our vocabulary of 1,024, and looking it up is an error. With one of the lower ten it is another token of ours, and always a valid one. GPT-2's 50,257 tokens are three quarters of the 65,536 numbers that
# go into two bytes. How many of all flips pass?

# %%
def passing(vocab_size):
    ids = np.arange(vocab_size)
    return np.mean([(ids ^ (1 << bit)) < vocab_size for bit in range(16)])


for vocab_size in (1024, 50_257):
    print(f"{vocab_size:6,} tokens: {passing(vocab_size):.1%} of all flips make another valid id")

# %% [markdown]
# And the table that everything was made from? It is packed, so a wrong bit ought to spoil more than a character. Thirty copies, one bit turned round in each, anywhere in the file:

# %%
from io import BytesIO

from course.failures.lesson_10 import flip


def read_back(content, **options):
    try:
        same_rows = parquet.read_table(BytesIO(content), **options).to_pylist() == rows
    except (OSError, ValueError):
        return "an error"
    return "as it was" if same_rows else "other rows, and no error"

# %%
def thirty_flips(path, **options):
    whole, rng = path.read_bytes(), Random(1)
    return Counter(read_back(flip(whole, rng.randrange(8 * len(whole))), **options) for _ in range(30))


print(dict(thirty_flips(folder / "stories.parquet")))

# %% [markdown]
# More than half of them are read as if nothing were the matter. The format has room for a checksum on each stretch of a column. The library that wrote our table leaves it out unless it is asked, and looks at it only when asked, too:

# %%
table = parquet.read_table(folder / "stories.parquet")
parquet.write_table(table, folder / "checked.parquet", write_page_checksum=True)
print(dict(thirty_flips(folder / "checked.parquet", page_checksum_verification=True)))

# %% [markdown]
# ## Only the hash knows
#
# With the checksums no wrong row came through, in these thirty; the index at the end of the file has no checksum. And files are as others have written them. For them there is the hash of the whole. SHA-256 makes 256 bits out of a file of any length, and quite other ones if a single bit has changed. Somebody must have written it down while the file was
# whole: the site that hands out FineWeb does so, and `prepare` does so for shards, in their manifest. `Batches` compares before the first step. Put the damaged shard where the sound one was:

# %%
from gptcore.corpus import ShardDamagedError

shard.write_bytes((folder / "damaged.bin").read_bytes())
try:
    begin()
except ShardDamagedError as error:
    print(str(error).replace(str(folder), "..."))

# %% [markdown]
# It names the file and the cure, and the cure is the command that made the shards. Run again, it makes what is missing or damaged and nothing else:

# %%
make_shards()
print("as it was:", shard.read_bytes() == content)
same(begin().batch(step=700), before, within=0)

# %% [markdown]
# With the sound one beside it, the bit is found at once:

# %%
(place,) = np.flatnonzero(damaged != ids)
print("token", place, "was", ids[place], "and has become", damaged[place])
print(repr(tokenizer.decode(damaged[place - 8 : place + 8].tolist())))

# %% [markdown]
# ## Forty minutes, or six weeks
#
# How long do ten billion tokens take on your machine? `gptcore prepare` says how many tokens it has made and how long it took. One core of ours made about 4 million of FineWeb's in a second of work, on 20 November 2026; put your own number in.

# %%
tokens_per_second = 4_000_000
for what, tokens in {"one file": 0.7e9, "ten billion": 10e9, "all of FineWeb": 15e12}.items():
    hours = tokens / tokens_per_second / 3600
    print(f"{what:15}{3 * tokens / 1e9:7,.0f} GB to fetch{2 * tokens / 1e9:7,.0f} GB of shards{hours:9,.2f} hours")

# %% [markdown]
# That is where ten billion tokens come from: 15 files of 2 GB, an hour or two with the download, 20 GB of shards. Others have done the rest. For each 10 billion there had been 24 billion, already English and already without the
# worst; 11 of these went as copies, and 3 more through the last filters. (FineWeb counted 36, 20 and 15 trillion.)
#
# ## The last sentence is yours
#
# *A text is worth training on when ...*
#
# <details><summary>Ours</summary>
#
# ... somebody has read what was thrown away, no copy of it is left among the rest, and a hash says that it still is what it was.
#
# </details>
#
# **Sources.** FineWeb, its columns, its filters, its numbers and the story of the oldest crawls: Guilherme Penedo and others, *The FineWeb Datasets: Decanting the Web for the Finest Text Data at Scale*, 2024; the program that filtered it is called
# datatrove. The rules of thumb: Jack Rae and others, *Scaling Language Models: Methods, Analysis & Insights from Training Gopher*, 2021; Colin Raffel and others, *Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer*, 2020. MinHash: Andrei
# Broder, *On the Resemblance and Containment of Documents*, 1997. Four passes: Niklas Muennighoff and others, *Scaling Data-Constrained Language Models*, 2023. The shards: Andrej Karpathy, *llm.c*, 2024.
