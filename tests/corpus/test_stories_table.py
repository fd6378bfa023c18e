"""The table of stories: FineWeb's columns, and of each row the truth about what it is."""

import statistics
import subprocess
import sys
from collections import Counter
from itertools import combinations

import pytest

import gptcore.corpus as corpus
from gptcore.corpus.filters.filters import Document, Language, Length, Repetition, Symbols
from gptcore.corpus.stories.stories_table import (
    COLUMNS,
    make_pages,
    marked_pages,
    other_languages,
    write_story_table,
)
from gptcore.corpus.stories.story_junk import EDITS, JUNK

parquet = pytest.importorskip("pyarrow.parquet")
ROWS = 600


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """The path, the truth and the rows of one table."""
    path = tmp_path_factory.mktemp("table") / "stories.parquet"
    label = write_story_table(path, rows=ROWS, seed=5, group_rows=128)
    return path, label, parquet.read_table(path).to_pylist()


def pieces(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def alike(a: set, b: set) -> float:
    return len(a & b) / max(1, len(a | b))


@pytest.mark.slow
def test_the_columns_are_those_of_fineweb_in_order(table):
    schema = parquet.read_schema(table[0])
    assert {name: str(schema.field(name).type) for name in schema.names} == {
        **dict.fromkeys(["text", "id", "dump", "url", "date", "file_path", "language"], "string"),
        "language_score": "double",
        "token_count": "int64",
    }
    assert schema.names == list(COLUMNS)
    assert all(row["token_count"] is None for row in table[2])
    assert not any(
        row[name] is None for row in table[2] for name in COLUMNS if name != "token_count"
    )


def test_rows_come_in_groups_of_the_size_that_was_asked_for(table):
    metadata = parquet.ParquetFile(table[0]).metadata
    sizes = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    assert sizes == [128, 128, 128, 128, 88]


@pytest.mark.slow
def test_the_same_seed_writes_the_same_bytes_and_another_one_other_rows(table, tmp_path):
    path, label, _ = table
    assert write_story_table(tmp_path / "again", rows=ROWS, seed=5, group_rows=128) == label
    assert (tmp_path / "again").read_bytes() == path.read_bytes()
    assert write_story_table(tmp_path / "other", rows=ROWS, seed=6) != label
    assert sorted(file.name for file in tmp_path.iterdir()) == ["again", "other"]


def test_the_truth_is_in_a_file_beside_the_table_and_not_in_it(table):
    _, label, rows = table
    assert [one.id for one in label] == [row["id"] for row in rows]
    assert len({one.id for one in label}) == ROWS
    kinds = Counter(one.kind for one in label)
    assert kinds["marked"] == len(marked_pages()) == 20
    assert (kinds["copy"], kinds["near copy"], kinds["junk"], kinds["other language"]) == (
        30,
        60,
        72,
        48,
    )
    assert {one.detail for one in label if one.kind == "near copy"} == set(EDITS)
    assert {one.detail for one in label if one.kind == "junk"} == set(JUNK)
    assert {one.detail for one in label if one.kind == "other language"} == set(other_languages())
    assert [one.kind for one in label if one.good] == [
        one.kind for one in label if one.kind in ("story", "marked")
    ]


def test_rows_of_all_kinds_are_mixed(table):
    kinds = [one.kind for one in table[1]]
    for begin in range(0, ROWS, 200):  # marked pages are rare
        assert set(kinds[begin : begin + 200]) >= set(kinds) - {"marked"}


def test_copies_stand_below_what_they_are_copies_of_and_are_as_near_as_they_claim(table):
    _, label, rows = table
    place = {one.id: i for i, one in enumerate(label)}
    for i, one in enumerate(label):
        assert bool(one.copy_of) == (one.kind in ("copy", "near copy"))
        if one.copy_of:
            first = rows[place[one.copy_of]]["text"]
            assert place[one.copy_of] < i and label[place[one.copy_of]].kind == "story"
            if one.kind == "copy":
                assert rows[i]["text"] == first
            else:
                assert rows[i]["text"] != first
                assert alike(pieces(rows[i]["text"]), pieces(first)) > 0.75, one.detail


@pytest.mark.slow
def test_pages_that_are_not_planted_copies_are_not_near_copies_by_chance(table):
    _, label, rows = table
    plain = [
        pieces(row["text"])
        for one, row in zip(label, rows)
        if one.good or one.kind == "other language"
    ]
    assert max(alike(a, b) for a, b in combinations(plain[:180], 2)) < 0.6


@pytest.mark.slow
def test_the_other_languages_are_what_the_column_says(table):
    pytest.importorskip("py3langid")
    _, label, rows = table
    for one, row in zip(label, rows):
        if one.kind == "other language":
            assert corpus.guess_language(row["text"])[0] == row["language"] == one.detail
            assert row["language_score"] >= 0.9
        elif one.kind == "story":
            assert row["language"] == "en" and row["language_score"] >= 0.9


@pytest.mark.slow
def test_crude_filters_catch_the_junk_and_lose_some_of_the_marked_pages_but_not_all(table):
    _, label, rows = table
    filters = [Length(), Language(), Symbols(), Repetition()]
    lost = Counter()
    for one, row in zip(label, rows):
        document = Document(row["id"], row["text"], row["language"], row["language_score"])
        lost[one.kind] += any(filter.reject_reason(document) for filter in filters)
    assert lost["junk"] == 72 and lost["other language"] == 48
    assert 5 <= lost["marked"] <= 15
    assert lost["story"] < 0.05 * ROWS


def test_the_marked_pages_stand_in_the_table_word_for_word(table):
    _, label, rows = table
    marked = {one.detail: row["text"] for one, row in zip(label, rows) if one.kind == "marked"}
    assert marked == {page.kind: page.text for page in marked_pages()}
    assert len({page.suspicion for page in marked_pages()}) == 20


def test_every_language_has_six_groups_of_four_sentences():
    for language, groups in other_languages().items():
        assert [len(group) for group in groups] == [4] * 6, language
        assert all(sentence.strip() == sentence for group in groups for sentence in group)
        assert len({sentence[-1] for group in groups for sentence in group}) == 1, language


def test_a_page_is_some_stories_of_the_generator_one_under_another():
    for page in make_pages(rows=100, seed=1):
        if page.label.kind == "story":
            stories = page.text.split("\n\n")
            assert 2 <= len(stories) <= 5
            corpus.story_nats(stories[0])
    lengths = [len(page.text) for page in make_pages(rows=300, seed=1) if page.label.good]
    assert statistics.median(lengths) > 1_000


def test_too_few_rows_and_empty_groups_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError) as caught:
        write_story_table(tmp_path / "few", rows=99)
    assert str(caught.value) == (
        "rows=99 is too few: 20 rows are marked pages. Ask for 100 or more."
    )
    with pytest.raises(ValueError, match="group_rows=0 must be 1 or more; FineWeb has 1000"):
        write_story_table(tmp_path / "few", group_rows=0)
    assert list(tmp_path.iterdir()) == []
    assert len(write_story_table(tmp_path / "enough", rows=100)) == 100


def test_pyarrow_is_loaded_only_to_write():
    code = (
        "import sys; from gptcore.corpus.stories.stories_table import make_pages; "
        "make_pages(100, 1); "
        "print({'pyarrow', 'numpy'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
