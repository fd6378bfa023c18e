"""What lesson 10 says is held against the files that it says it about."""

import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored_outputs import printed

from course.catalogue import QUESTIONS
from course.experiments.text.filters import thresholds
from course.failures.lesson_10 import flip, with_one_bit_flipped
from course.needs import NEEDS
from course.sample import fineweb_file
from course.solutions import lesson_10 as solution
from course.syllabus.lesson_table import written_lessons
from gptcore.corpus import (
    Batches,
    Language,
    Length,
    Repetition,
    Symbols,
    TextUnavailableError,
    jaccard,
    open_shard,
    read_table,
    shingles,
    write_shard,
    write_story_table,
)
from gptcore.tokenizers import BPETokenizer

LESSON = next(lesson for lesson in written_lessons() if lesson.number == 10)
TEXT = LESSON.source.read_text(encoding="utf-8")
needs_fineweb = pytest.mark.skipif(
    not NEEDS["needs-fineweb"][0](), reason="the sample of FineWeb is not here"
)
few_words = st.lists(st.sampled_from("abc"), min_size=5, max_size=12).map(" ".join)


@given(few_words, few_words)
@pytest.mark.slow
def test_the_similarity_of_exercise_1_is_jaccards(one, other):
    assert solution.similarity(one, other) == jaccard(shingles(one), shingles(other))


def test_the_two_sentences_share_half_of_their_pieces():
    one, other = re.findall(r'^(?:one|other) = "(.+)"$', TEXT, re.MULTILINE)
    assert jaccard(shingles(one), shingles(other)) == QUESTIONS["similarity of two sentences"].right


def test_the_rows_of_exercise_3_are_the_windows_of_batches(tmp_path):
    rng = np.random.default_rng(8)
    documents = [rng.integers(1, 50, size).tolist() for size in (7, 1, 30, 12)]
    rows = solution.rows_of(documents, 5, 0)
    stream = [token for document in documents for token in [0, *document]]
    write_shard(tmp_path / "train_000000.bin", stream, vocab_size=50)
    batches = Batches(tmp_path, batch_size=len(rows), block_size=5, seed=1)
    x, y = batches.batch(0)
    assert batches.steps_per_epoch == 1
    assert sorted(rows) == sorted(np.hstack([x, y[:, -1:]]).tolist())
    assert all(row[-1] == following[0] for row, following in pairwise(rows))


def test_each_story_is_read_as_often_as_the_numbers_of_the_lesson_say():
    for statement in (
        "A run of 10 billion tokens",
        "one tenth from stories (25 million)",
    ):
        assert statement in TEXT
    assert QUESTIONS["times each story is read"].right == 10e9 / 10 / 25e6


def test_a_flip_changes_one_bit_and_no_other():
    assert flip(b"\x00\x80", 15) == b"\x00\x00"
    assert flip(flip(b"abc", 9), 9) == b"abc"


def test_the_flipped_bit_makes_one_word_that_is_nowhere_else(tmp_path):
    text = "the night was long. " * 300 + "so a bird came. at midnight it sang. " * 3
    tokenizer = BPETokenizer(
        [*pairwise(b"ig"), (256, 104), (257, 116), *pairwise(b"mi"), (259, 100)]
    )
    write_shard(tmp_path / "sound.bin", tokenizer.encode(text), tokenizer.vocab_size)
    copy = with_one_bit_flipped(tmp_path / "sound.bin", tmp_path / "copy.bin", tokenizer)
    assert np.count_nonzero(open_shard(copy) != open_shard(tmp_path / "sound.bin")) == 1
    words = Counter(tokenizer.decode(open_shard(copy).tolist()).split())
    assert words["midlight"] == 1
    assert words["midnight"] == 2
    write_shard(tmp_path / "day.bin", tokenizer.encode("by day"), tokenizer.vocab_size)
    with pytest.raises(ValueError, match=r"day\.bin has no midnight"):
        with_one_bit_flipped(tmp_path / "day.bin", tmp_path / "copy.bin", tokenizer)


def test_the_word_to_be_found_is_among_those_that_occur_once():
    once = printed(LESSON, "times == 1").split()
    question = QUESTIONS["the word with the flipped bit"]
    assert question.right in once
    assert {wrong.answer for wrong in question.wrong} <= set(once)


def test_the_sliders_begin_at_the_thresholds_of_the_filters(tmp_path):
    write_story_table(tmp_path / "table.parquet", rows=100, seed=1)
    sliders = thresholds(list(read_table(tmp_path / "table.parquet")))
    first = {name: limits[2] for name, (_, _, limits) in sliders.items()}
    papers = Length(), Symbols(), Repetition()
    assert first["English"] == Language().min_score
    assert first["words"] == papers[0].min_words
    assert first["alpha words"] == papers[1].min_alpha_words
    assert first["bullet lines"] == papers[1].max_bullet_lines
    assert first["top bigram"] == papers[2].max_top_bigram
    assert first["repeated ngrams"] == papers[2].max_repeated_ngrams
    assert all(f"| {name} |" in TEXT for name in sliders)


@pytest.mark.slow
def test_the_good_pages_are_lost_and_the_junk_stays_as_the_lesson_says(tmp_path):
    truths = write_story_table(tmp_path / "table.parquet", rows=1400, seed=1)
    documents = list(read_table(tmp_path / "table.parquet"))
    kinds = Counter(truth.kind for truth in truths)
    assert kinds["junk"] + kinds["other language"] == 280
    assert "(280 pages of junk or other languages)" in TEXT
    kept = [
        i
        for i, document in enumerate(documents)
        if document.language == "en"
        and document.language_score >= 0.5
        and document.stats["words"] >= 40
        and document.stats["alpha_words"] >= 0.7
        and document.stats["top_bigram"] <= 0.11
        and document.stats["repeated_ngrams"] <= 0.4
    ]
    stay = Counter(truths[i].kind for i in kept)
    assert stay["marked"] == kinds["marked"] == 20
    assert stay["story"] == kinds["story"], "no story is lost"
    assert stay["other language"] == 0
    menus = [documents[i] for i in kept if truths[i].kind == "junk"]
    assert {truths[i].detail for i in kept if truths[i].kind == "junk"} == {"navigation"}
    assert "Eleven menus stay, too: their score is 0.64" in TEXT
    assert [menu.language_score for menu in menus] == [0.64] * 11
    marked = [page for page, truth in zip(documents, truths) if truth.kind == "marked"]
    assert "five good pages have less" in TEXT
    assert sum(page.language_score < 0.64 for page in marked) == 5
    said_again = max(page.stats["repeated_lines"] for page in marked)
    assert said_again == pytest.approx(1 / 3)
    assert min(menu.stats["repeated_lines"] for menu in menus) > said_again


@needs_fineweb
@pytest.mark.slow
def test_two_in_five_words_of_fineweb_occur_once():
    pages = list(read_table(fineweb_file()))
    words = Counter(word for page in pages for word in re.findall(r"\b[a-z]{2,}\b", page.text))
    assert "two in five of their different words occur once" in TEXT
    assert sum(times == 1 for times in words.values()) / len(words) == pytest.approx(0.42, abs=0.01)


def test_where_no_file_of_fineweb_is_a_cell_says_so_in_two_lines(tmp_path, monkeypatch):
    monkeypatch.setenv("GPTCORE_DATA", str(tmp_path))
    with pytest.raises(
        TextUnavailableError, match="To bring a file, 2 GB: gptcore fetch fineweb:CC-MAIN"
    ):
        fineweb_file()
    brought = tmp_path / "fineweb" / "CC-MAIN-2013-20" / "000_00000.parquet"
    brought.parent.mkdir(parents=True)
    brought.touch()
    assert fineweb_file() == brought


@needs_fineweb
def test_the_keys_of_the_first_two_guesses_follow_from_the_sample():
    tokens = 2_230_245  # counted with tiktoken, without end-of-text
    in_2_gb = 2e9 * tokens / fineweb_file().stat().st_size
    assert QUESTIONS["tokens in a 2 GB file"].right == pytest.approx(in_2_gb, rel=0.01)
    assert QUESTIONS["passes over one file"].right == pytest.approx(6000 * 524_288 / in_2_gb, 0.01)
