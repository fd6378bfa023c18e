# %% [markdown]
# People who train GPTs at home pass on this advice: "one file of FineWeb is 10 billion tokens". FineWeb is a **corpus**, a large collection of texts: English web pages, 15 trillion tokens.
# One of its files has 2 GB. Compression has made the text about a third smaller. A token of GPT-2 covers four to five characters. How many tokens are in the file? (5e9 would be five billion.)

# %% tags=["promise-guess"]
from course import check, guess, same

guess("tokens in a 2 GB file", ...)

# %% [markdown]
# FineWeb's release gives the size of the whole: 15 trillion tokens in 44 TB.

# %% tags=["promise-by-hand", "answer"]
bytes_per_token = 44e12 / 15e12
print(f"{bytes_per_token:.2f} bytes per token, so 2 GB are {2 / bytes_per_token:.2f} billion tokens")

# %% [markdown]
# There is a second way: open a real file and add up its column `token_count`. Without a file of FineWeb the next cell tells how to get one, and no other cell is affected. (Our stored output comes from a sample of 1,400 long pages, so its number
# differs a little.)

# %% tags=["needs-fineweb", "answer"]
import pyarrow.parquet as parquet

from course.sample import fineweb_file

token_counts = parquet.read_table(fineweb_file(), columns=["token_count"])["token_count"].to_pylist()
size_bytes, tokens = fineweb_file().stat().st_size, sum(token_counts)
print(f"{len(token_counts):,} pages, {tokens:,} tokens, {size_bytes:,} bytes")
print(f"{size_bytes / tokens:.2f} bytes per token, so 2 GB are {2e9 * tokens / size_bytes / 1e9:.2f} billion tokens")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Both ways give about 0.7 billion. The advice is wrong by a factor of fourteen.
#
# </details>
#
# The advice continues: train for 6,000 steps of 524,288 tokens, 3.1 billion in all, on that one file. How often does the model read the file?

# %%
guess("passes over one file", ...)

# %% [markdown]
# A study finds that up to four passes cost little (Muennighoff, below). More passes teach less and less, so count them before you start.
#
# ## Parquet stores columns, not rows
#
# FineWeb's files are **Parquet**, a table format. Each row is a document (lesson 0): one page with its text, address and language. Here is a small table with the same columns. A program generated its pages, and nobody has counted their tokens yet.

# %%
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as parquet

from gptcore.corpus import write_story_table

room = TemporaryDirectory()  # deleted when the kernel stops
folder = Path(room.name)
truths = write_story_table(folder / "stories.parquet", rows=1400, seed=1)
for column, value in parquet.read_table(folder / "stories.parquet").to_pylist()[0].items():
    print(f"{column:15} {value!r:.90}")

# %% [markdown]
# A spreadsheet stores row after row. Parquet stores the texts of a few hundred rows, then all their ids, then all their addresses. Such a block is a **row group**.

# %%
metadata = parquet.ParquetFile(folder / "stories.parquet").metadata
group = metadata.row_group(0)
columns = [group.column(i) for i in range(group.num_columns)]
total = sum(column.total_compressed_size for column in columns)
print(f"{metadata.num_row_groups} row groups, {group.num_rows} rows in the first; of its bytes")
for column in columns:
    print(f"{column.total_compressed_size / total:6.1%}  {column.path_in_schema}")

# %% [markdown]
# So a program can read one column of a large file, or one row group, and nothing else. Four workers share a file: each takes every fourth row group. After a crash, work continues with the first unfinished group.
#
# ## Quality filters remove good pages, too
#
# The web is full of advertisements, menus and lists of keywords. A **quality filter** computes numbers from a page and compares them with thresholds. **Language identification** is one more
# number: a small classifier predicts the language. FineWeb keeps pages with an English score of at least 0.65. Here are a line of a story, one of Chaucer (1390), one of Burns (1785) and a message to a friend. Which of them would it keep?

# %% tags=["answer"]
from gptcore.corpus import guess_language

for text in (
    "The fox lost its key in the wood.",
    "Whan that Aprille with his shoures soote",
    "Wee, sleekit, cow'rin, tim'rous beastie",
    "u home? omw, b there in 10",
):
    print("{} {:.2f}".format(*guess_language(text)), text)

# %% [markdown]
# <details><summary>What happened</summary>
#
# The story and Chaucer pass. Burns and the message do not. (FineWeb uses another classifier, with the same threshold.)
#
# </details>
#
# Now run six filters, one after the other. The black squares are twenty pages that a person has read and found good. Look at where they end. (The dark grey squares are exact copies.)

# %% tags=["promise-picture", "promise-ah"]
from course.experiments.text.filters import sort_out
from gptcore.corpus import ExactDuplicates, Language, Length, NearDuplicates, Repetition, Symbols, read_table
from viz import draw_funnel

documents = list(read_table(folder / "stories.parquet"))
filters = [Language(), Length(), Symbols(), Repetition(), ExactDuplicates(), NearDuplicates()]
kept, removed = sort_out(documents, filters)
texts = [document.text for document in documents]
good = [i for i, truth in enumerate(truths) if truth.kind == "marked"]
draw_funnel(texts, removed, mark=good, mark_label="pages that a person found good", title="Twelve of twenty good pages are lost (hover to read a page)")

# %% [markdown]
# More than half of the good pages are gone: a recipe, the boats to the islands, a proof that 0.999... is 1. The thresholds are those of published papers.
#
# Can you do better? Keep the 20 black squares and remove the junk (280 pages of junk or other languages). A strict threshold loses good pages, and a loose one keeps junk. (Without a running Python you see the papers' thresholds.) The sliders are six of the papers' rules:
#
# | | a number for each page |
# |---|---|
# | English | the score for English |
# | words | how many words |
# | alpha words | the fraction of words with a letter |
# | top bigram | the fraction of the text in its most frequent pair of words |
# | bullet lines | the fraction of lines that begin with a bullet |
# | repeated ngrams | the fraction of the text in repeated runs of five words |

# %% tags=["promise-control"]
from course.experiments.text.filters import thresholds
from viz import FilterBench

junk = [i for i, truth in enumerate(truths) if truth.kind in ("junk", "other language")]
FilterBench(texts, thresholds(documents), good, bad=junk)

# %% [markdown]
# <details><summary>How far we came</summary>
#
# All twenty stay at a score of 0.5, 40 words, 0.7 alpha words, a top bigram of 0.11, all bullets, and repeated n-grams of 0.4. Eleven menus stay, too: their score is 0.64, and five good pages have less. A number could be found
# that separates them. But a threshold that fits one page is overfitting, for filters as for models.
#
# FineWeb-Edu goes another way: a language model gave half a million pages a score for educational value, and a small classifier learned from these scores.
#
# </details>
#
# ## Deduplication: one changed word, half of the pieces gone
#
# **Deduplication** removes copies. An exact copy is easy: store a hash of each text. Most copies on the web differ a little, in a date or a name. So how alike are these two?

# %% tags=["promise-by-hand"]
one = "the fox put the red ball into the old boat"
other = "the fox put the red ball into the new boat"
for start in range(6):
    print(*one.split()[start : start + 5])

# %% [markdown]
# Those are all pieces of five words in a row (*shingles*). The other sentence has six, too. Take all *different* pieces that either sentence has. What fraction of them do both have?

# %%
guess("similarity of two sentences", ...)

# %% tags=["answer"]
from gptcore.corpus import jaccard, shingles

print(len(shingles(one) & shingles(other)), "of", len(shingles(one) | shingles(other)), "pieces")
print("similarity", jaccard(shingles(one), shingles(other)))

# %% [markdown]
# The fraction is the **Jaccard similarity**. It is a sharp measure: texts with a similarity of 0.75 were hardly written independently.
#
# **Exercise 1.** Write it for two texts of at least five words. Words are what `split()` returns.

# %% tags=["promise-exercise"]
def similarity(one, other):
    """The pieces of five words that both texts have, divided by all that either has."""
    return ...


check("similarity", similarity)

# %% [markdown]
# ## MinHash and LSH avoid half a million million comparisons
#
# A file has a million pages. At 100,000 pairs a second, comparing each pair would take two months, for one of 22,000 files. A trick avoids it. Shuffle all pieces of both texts together, and look at the first one:

# %%
from random import Random

either = sorted(shingles(one) | shingles(other))
Random(1).shuffle(either)
for piece in either:
    print(f"{'one' if piece in shingles(one) else '':5}{'other' if piece in shingles(other) else '':7}{piece}")

# %% [markdown]
# With what probability does the first piece belong to *both* texts? Each of the 8 is equally likely to be first, and 4 belong to both: 4/8, their similarity. Shuffle 128 times and note each text's first
# piece. The fraction of equal notes estimates the similarity. That is **MinHash**. In practice nobody shuffles: a hash gives each piece a random-looking number, and the smallest one is first.

# %% tags=["promise-toy"]
from hashlib import sha256


def minhash(text):
    pieces = shingles(text)
    return [min(sha256(f"{shuffle} {piece}".encode()).hexdigest() for piece in pieces) for shuffle in range(128)]


def fraction_equal(some, others):
    return sum(a == b for a, b in zip(some, others)) / len(some)

# %%
by_hand = fraction_equal(minhash(one), minhash(other))
signature = NearDuplicates().signature  # from the package
imported = signature(shingles(one)).jaccard(signature(shingles(other)))
same([by_hand, imported], [0.5, 0.5], within=0.09)  # 128 samples: two standard deviations

# %% [markdown]
# **Locality-sensitive hashing** (LSH) avoids most comparisons. It takes 125 of the 128 numbers and splits them into 25 bands of five. Only texts that agree in a whole band are compared.

# %%
from gptcore.corpus import candidate_probability, lsh_params

bands, in_each = lsh_params(0.75)
for alike in (0.2, 0.5, 0.75):
    print(f"similarity {alike:<4}: compared with probability {candidate_probability(alike, bands, in_each):.1%}")
pages = 1028  # that reach the last filter, see the picture
print(f"{pages * (pages - 1) // 2:,} pairs of {pages:,} pages; {filters[-1].compared:,} of them were compared")

# %% [markdown]
# A **crawl** is one walk of a program through the web, and FineWeb has 96. Is more deduplication always better? FineWeb's makers thought so. They removed from old crawls every page that a newer crawl had. Then they trained one model on what was left, and one on what was removed.
# The second was better. Pages that stay on the web for years are good pages. So FineWeb deduplicates each crawl alone.
#
# ## Contamination: the validation split has copies in the training split
#
# **Contamination** means that test text is also in the training data. So a page must never change its split.
#
# **Exercise 2.** Choose the validation split: a list of ids comes in, such as `<urn:uuid:97a29dbc-...>`, about a tenth goes out. Next year's run must choose the same ones, even when new pages come in between.

# %% tags=["promise-exercise"]
def validation_ids(ids):
    """About a tenth of the ids."""
    return ...


check("validation_ids", validation_ids)

# %% [markdown]
# Does our table leak, before deduplication?

# %%
from course.solutions import lesson_10 as ours

held_out = set(ours.validation_ids([document.id for document in documents]))
trained_on = {document.text for document in documents if document.id not in held_out}
leaked = sum(document.text in trained_on for document in documents if document.id in held_out)
print(f"{len(held_out)} validation pages, {leaked} of them word for word in the training split")

# %% [markdown]
# So deduplicate first, then split. (Benchmarks leak, too: filter pages that contain the questions of a test.)
#
# **Back.** In lesson 1 the same happened with names. Compared with a clean split, is the loss on a contaminated one **A** too high, **B** too low, or **C** the same?

# %% tags=["promise-back"]
guess("loss on a contaminated split", ...)

# %% [markdown]
# ## Shards hold nothing but tokens
#
# A training run needs ids, millions a second. So we tokenize once and write **shards**, files of token ids. `prepare` makes them (on the command line: `gptcore prepare`).

# %%
from gptcore.corpus import ShardSettings, prepare, write_table
from gptcore.tokenizers import BPETokenizer

write_table(kept, folder / "kept.parquet")
tokenizer = BPETokenizer.train([d.text for d in kept], vocab_size=1024, special_tokens=["<|endoftext|>"])
tokenizer.save(folder / "tokenizer.json")


def make_shards():
    settings = ShardSettings(val_share=0.1)
    return list(prepare(folder / "kept.parquet", folder / "shards", folder / "tokenizer.json", settings=settings))

# %% [markdown]
# A shard is easy to read: 256 whole numbers of four bytes, then tokens of two bytes each.

# %%
import numpy as np

make_shards()
shard = folder / "shards" / "train_000000.bin"
content = shard.read_bytes()
header, ids = np.frombuffer(content[:1024], "<i4"), np.frombuffer(content[1024:], "<u2")
print(header[:4], "...", np.count_nonzero(header), "of", len(header), "numbers are not 0")
print(f"{len(ids):,} tokens:", repr(tokenizer.decode(ids[:30].tolist())))

# %% [markdown]
# The header has a file-type number, a version, and the number of tokens. llm.c, a GPT in C, uses the same format. `manifest.json` beside the shards stores their sources, their tokenizer and a **checksum** for each: a hash of the file.
#
# Each document begins with `<|endoftext|>`, the **document boundary**. Documents are then joined and cut into rows of equal length. This is **packing**: no padding, no waste.
#
# **Exercise 3.** A run reads rows of `T` + 1 tokens: at each of the first `T` it predicts the next one. Pack `documents` (lists of ids): put `end_of_text` before each, join them, and cut rows. Each row begins with the last token of the
# row before. Drop what does not fill a row.

# %% tags=["promise-exercise"]
def rows_of(documents, T, end_of_text):
    """Rows of T + 1 ids, cut from all documents one after the other."""
    return ...


check("rows_of", rows_of)

# %% [markdown]
# ## Shuffling without a memory: a batch is a function of seed and step
#
# **Shuffling** puts the rows in a random order. Without it the model reads one site for a thousand steps. But a run that resumes must see the same batches as a run that never stopped. `Batches` stores no state. It computes the rows of a step from two numbers:

# %%
from gptcore.corpus import Batches


def open_batches():
    return Batches(folder / "shards", batch_size=4, block_size=64, seed=1)


before, after_a_crash = open_batches().batch(step=700), open_batches().batch(step=700)
same(before, after_a_crash, within=0)

# %% tags=["promise-picture"]
from viz import draw_tokens

x, y = open_batches().batch(step=0)
rows = {f"row {i}": [tokenizer.token_bytes(id) for id in row[:40].tolist()] for i, row in enumerate(x)}
draw_tokens(rows, title="Rows are cut anywhere; a special token marks each document boundary")

# %% [markdown]
# ## A data mixture sets a share, and a small source repeats
#
# A **data mixture** gives each source a weight. A run of 10 billion tokens takes nine tenths from the web (12 billion tokens available), and one tenth from stories (25 million). How often is each story read?

# %%
guess("times each story is read", ...)

# %% tags=["answer"]
for source, share, available in (("web", 0.9, 12e9), ("stories", 0.1, 25e6)):
    print(f"{source}: {share * 10e9 / available:.2f} times")

# %% [markdown]
# <details><summary>What happened</summary>
#
# A quarter of the web is never read. Each story is read 40 times, ten times as often as the four passes of the study. The class `Mixture` mixes by weights, and reports how often each source is read.
#
# </details>
#
# ## A silent failure: one flipped bit in a shard
#
# Disks and memory flip a bit now and then. In a copy of our shard one bit is flipped:

# %% tags=["promise-failure"]
from course.failures.lesson_10 import with_one_bit_flipped
from gptcore.corpus import open_shard

damaged = open_shard(with_one_bit_flipped(shard, folder / "damaged.bin", tokenizer))
print(f"{len(damaged):,} tokens, as the header says; the largest is {damaged.max()}")
print(repr(tokenizer.decode(damaged[:30].tolist())))

# %% [markdown]
# Nothing looks wrong, and the loss of a run would not show it. Our stories use few words, and use them often. So list the words that occur only once:

# %%
import re
from collections import Counter
from textwrap import fill

words = Counter(re.findall(r"\b[a-z]{2,}\b", tokenizer.decode(damaged.tolist())))
print(fill(" ".join(sorted(word for word, times in words.items() if times == 1)), width=110))

# %% [markdown]
# Most come from the eight good pages that are left. One word is the work of the bit. Which?

# %%
guess("the word with the flipped bit", ...)

# %% [markdown]
# With real web pages nobody could find it: two in five of their different words occur once. The checksum finds it. Put the damaged shard in the place of the good one:

# %% tags=["answer"]
from gptcore.corpus import ShardDamagedError

shard.write_bytes((folder / "damaged.bin").read_bytes())
try:
    open_batches()
except ShardDamagedError as error:
    print(fill(str(error).replace(str(folder), "..."), width=110))

# %% tags=["answer"]
make_shards()  # it makes what is missing or damaged, and nothing else
print("repaired:", shard.read_bytes() == content)
(place,) = np.flatnonzero(damaged != ids)
print(repr(tokenizer.decode(damaged[place - 8 : place + 8].tolist())))

# %% [markdown]
# ## Throughput decides how long you wait
#
# **Throughput** is tokens per second. One core of ours prepared about 4 million of FineWeb's tokens per second (20 November 2026). `gptcore prepare` prints yours while it works. Put it in:

# %%
tokens_per_second = 4_000_000
for what, tokens in {"ten billion": 10e9, "all of FineWeb": 15e12}.items():
    hours = tokens / tokens_per_second / 3600
    print(f"{what:15}{3 * tokens / 1e9:7,.0f} GB to download{2 * tokens / 1e9:7,.0f} GB of shards{hours:8,.1f} hours")

# %% [markdown]
# ## Summary
#
# In your own words first: *a text is worth training on when ...*
#
# - A corpus is stored in Parquet: read one column or one row group, not the whole file.
# - Quality filters and language identification remove junk and good pages; read what was removed.
# - Deduplication compares texts by Jaccard similarity; MinHash estimates it, and LSH chooses the pairs.
# - Deduplicate before you split, or the validation split is contaminated.
# - Packing fills rows across document boundaries; shuffling is computed from seed and step, so a run can resume.
# - A data mixture sets shares, so a small source repeats. A checksum finds a flipped bit that no loss shows.
#
# ## Sources and further reading
#
# - Guilherme Penedo and others, *The FineWeb Datasets*, arXiv 2406.17557: columns, filters, deduplication, FineWeb-Edu. Its program is *datatrove*.
# - Filters: Jack Rae and others, *Gopher*, arXiv 2112.11446; Colin Raffel and others, *T5*, arXiv 1910.10683.
# - Andrei Broder, *On the Resemblance and Containment of Documents*, 1997 (MinHash). Niklas Muennighoff and others, *Scaling Data-Constrained Language Models*, arXiv 2305.16264 (four passes).
# - The shard format: Andrej Karpathy, *llm.c*, `dev/data/fineweb.py`, 2024.
