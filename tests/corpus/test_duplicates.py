"""Copies, exact and near: beside the comparison of all pairs, which MinHash spares us."""

import os
import random
import subprocess
import sys
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gptcore.corpus import data_folder
from gptcore.corpus.filters.duplicates import (
    PERMUTATIONS,
    RECALL,
    DuplicatePair,
    ExactDuplicates,
    NearDuplicates,
    candidate_probability,
    clusters,
    jaccard,
    lsh_params,
    shingles,
)
from gptcore.corpus.filters.filters import Document
from gptcore.corpus.filters.funnel import run_filters
from gptcore.corpus.filters.table import read_table
from gptcore.corpus.stories.stories_table import write_story_table

needs_datasketch = pytest.mark.skipif(
    find_spec("datasketch") is None,
    reason="datasketch is not installed: pip install datasketch",
)
SPEC_KINDS = [f"w{i}" for i in range(2000)]


def edited(words: list[str], fraction: float, rng: random.Random) -> list[str]:
    """The same words, some of them replaced: 1 % of the words changes some 5 % of the pieces."""
    return [rng.choice(SPEC_KINDS) if rng.random() < fraction else word for word in words]


def planted(families: int, seed: int) -> list[Document]:
    """Texts of 60 to 200 words, each with up to three edited copies, in any order."""
    rng = random.Random(seed)
    texts = []
    for _ in range(families):
        words = rng.choices(SPEC_KINDS, k=rng.randint(60, 200))
        copies = [edited(words, rng.uniform(0, 0.12), rng) for _ in range(rng.randint(0, 3))]
        texts += [" ".join(text) for text in [words, *copies]]
    rng.shuffle(texts)
    return [Document(str(i), text) for i, text in enumerate(texts)]


def compare_all(documents: list[Document], threshold: float) -> list[DuplicatePair]:
    """What `NearDuplicates` promises, by comparing each text with every one that was kept."""
    kept: list[tuple[str, set[str]]] = []
    copies = []
    for document in documents:
        pieces = shingles(document.text)
        similar = [(jaccard(pieces, other), name) for name, other in kept]
        most, name = max(similar, key=lambda pair: pair[0], default=(0.0, ""))
        if most >= threshold:
            copies.append(DuplicatePair(document.id, name, most))
        else:
            kept.append((document.id, pieces))
    return copies


def near_copies(documents: list[Document], **options) -> NearDuplicates:
    near = NearDuplicates(**options)
    for _ in run_filters(documents, [near]):
        pass
    return near


def test_pieces_of_a_text_as_written_by_hand():
    assert shingles("The cat sat. The CAT ran!", n=2) == {
        "the cat",
        "cat sat",
        "sat the",
        "cat ran",
    }
    assert shingles("Only four words here") == {"only four words here"}
    assert shingles("?!") == set()


def test_similarity_is_what_is_shared_out_of_all_that_there_is():
    assert jaccard({1, 2, 3}, {2, 3, 4}) == 2 / 4
    assert jaccard({1, 2, 3, 4}, {1}) == jaccard({1}, {1, 2, 3, 4}) == 1 / 4
    assert (jaccard({1}, {2}), jaccard(set(), {1}), jaccard(set(), set())) == (0, 0, 1)


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_similarity_does_not_ask_who_comes_first(a, b):
    assert jaccard(a, b) == jaccard(b, a)
    assert (jaccard(a, b) == 1) == (a == b)


def test_the_same_words_in_another_order_are_not_a_copy():
    words = SPEC_KINDS[:100]
    shuffled = random.Random(0).sample(words, len(words))
    assert jaccard(set(words), set(shuffled)) == 1
    assert jaccard(shingles(" ".join(words)), shingles(" ".join(shuffled))) == 0


@given(st.floats(0.01, 1))
def test_copies_just_at_the_threshold_meet_and_the_next_longer_bands_would_miss_more(threshold):
    bands, rows = lsh_params(threshold)
    assert bands * rows <= PERMUTATIONS and bands >= 2
    if rows > 1:
        assert candidate_probability(threshold, bands, rows) >= RECALL
    if rows < PERMUTATIONS // 2:
        assert candidate_probability(threshold, PERMUTATIONS // (rows + 1), rows + 1) < RECALL


def test_the_chance_of_meeting_is_what_dice_give():
    rng, bands, rows, similarity, tries = random.Random(3), 5, 4, 0.7, 4000
    met = sum(
        any(all(rng.random() < similarity for _ in range(rows)) for _ in range(bands))
        for _ in range(tries)
    )
    assert met / tries == pytest.approx(candidate_probability(similarity, bands, rows), abs=0.02)


def test_an_exact_copy_is_removed_and_named_after_the_first():
    texts = ["one", "two", "one", "One", "one", "half \ud83d", "half \ud83d"]
    documents = [Document(name, text) for name, text in zip("abcdefg", texts)]
    exact = ExactDuplicates()
    verdicts = list(run_filters(documents, [exact]))
    assert [v.document.id for v in verdicts if v.kept] == ["a", "b", "d", "f"]
    assert verdicts[4].reason == "a copy of a"
    assert clusters(exact.copies) == {"a": ["c", "e"], "f": ["g"]}


@needs_datasketch
@pytest.mark.parametrize("threshold", [0.5, 0.75, 0.9])
@pytest.mark.slow
def test_near_copies_are_those_that_comparing_all_pairs_finds(threshold):
    documents = planted(families=160, seed=5)
    expected, near = compare_all(documents, threshold), near_copies(documents, threshold=threshold)
    found = {copy.id for copy in near.copies}
    missed = {copy.id for copy in expected} - found
    assert len(expected) > 20  # there is something to miss
    assert len(missed) <= 0.01 * len(expected)  # recall
    if not missed:
        assert near.copies == expected  # the same copies of the same documents, equally similar
    pairs = len(documents) * len(documents) // 2
    assert near.compared < pairs / 50


@needs_datasketch
@pytest.mark.slow
def test_no_text_is_removed_that_is_less_similar_than_it_is_said_to_be():
    documents = planted(families=60, seed=6)
    text_of = {document.id: document.text for document in documents}
    near = near_copies(documents, threshold=0.6)
    assert near.copies
    for copy in near.copies:
        similarity = jaccard(shingles(text_of[copy.id]), shingles(text_of[copy.copy_of]))
        assert copy.similarity == similarity >= 0.6
        assert copy.copy_of not in {other.id for other in near.copies}


@needs_datasketch
@pytest.mark.slow
def test_what_is_like_a_copy_but_unlike_the_kept_text_stays():
    first = SPEC_KINDS[:100]
    second = first[:85] + SPEC_KINDS[100:115]  # like the first
    third = second[15:85] + SPEC_KINDS[100:130]  # like the second, unlike the first
    documents = [Document(name, " ".join(w)) for name, w in zip("abc", (first, second, third))]
    assert jaccard(*(shingles(document.text) for document in documents[1:])) > 0.6
    near = near_copies(documents, threshold=0.6)
    assert clusters(near.copies) == {"a": ["b"]}
    (reason,) = [v.reason for v in run_filters(documents, [NearDuplicates(0.6)]) if not v.kept]
    assert round(100 * (85 - 4) / (2 * (100 - 4) - (85 - 4))) == 73
    assert reason == "73% of its pieces shared with a"


@needs_datasketch
@pytest.mark.slow
def test_a_copy_is_named_after_the_most_similar_text_and_of_equals_the_first():
    cuts = {"a": (0, 100), "b": (60, 160), "c": (10, 150), "d": (55, 160)}
    documents = [Document(name, " ".join(SPEC_KINDS[i:j])) for name, (i, j) in cuts.items()]
    near = near_copies(documents, threshold=0.5)
    assert [(copy.id, copy.copy_of) for copy in near.copies] == [("c", "a"), ("d", "b")]


@needs_datasketch
def test_a_text_longer_than_a_batch_of_pieces_has_the_signature_of_the_whole(monkeypatch):
    pieces, near = shingles(" ".join(SPEC_KINDS)), NearDuplicates()
    whole = near.signature(pieces).digest()
    monkeypatch.setattr("gptcore.corpus.filters.duplicates.BATCH_NGRAMS", 7)
    assert (near.signature(pieces).digest() == whole).all()


@needs_datasketch
@pytest.mark.slow
def test_another_process_with_other_hashes_of_strings_finds_the_same():
    code = """
import random
from gptcore.corpus.filters.duplicates import NearDuplicates, shingles
pieces = shingles(" ".join(f"w{i}" for i in range(300)))
print(NearDuplicates(seed=7).signature(pieces).digest().sum())
"""
    sums = set()
    for salt in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": salt}
        ran = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        sums.add(ran.stdout)
    assert len(sums) == 1


@needs_datasketch
def test_texts_of_signs_alone_are_not_near_copies():
    assert near_copies([Document("a", "!!!"), Document("b", "???")]).copies == []


@needs_datasketch
@pytest.mark.parametrize("threshold", [0, -1, 1.5, float("nan")])
def test_a_threshold_that_is_no_share_is_refused_and_the_usual_one_accepted(threshold):
    with pytest.raises(ValueError, match=r"threshold=.* must be above 0 and at most 1.*0\.75"):
        NearDuplicates(threshold)
    NearDuplicates(0.75)


def test_a_piece_of_no_words_is_refused():
    with pytest.raises(ValueError, match="n=0 must be 1 or more"):
        shingles("some text", n=0)


def test_without_datasketch_the_message_says_how_to_get_it():
    code = """
import sys
sys.modules["datasketch"] = None
from gptcore.corpus.filters.duplicates import NearDuplicates
try:
    NearDuplicates()
except ModuleNotFoundError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == (
        "Finding near copies needs datasketch, which is not installed: pip install datasketch\n"
    )


@needs_datasketch
@pytest.mark.slow
def test_every_planted_copy_of_a_story_is_found_and_named_after_its_original(tmp_path):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install pyarrow")
    truth = {row.id: row for row in write_story_table(tmp_path / "stories.parquet", rows=400)}
    exact, near = ExactDuplicates(), NearDuplicates()
    for _ in run_filters(read_table(tmp_path / "stories.parquet"), [exact, near]):
        pass
    named = {copy.id: copy.copy_of for copy in [*exact.copies, *near.copies]}
    planted = {id: row.copy_of for id, row in truth.items() if "copy" in row.kind}
    assert len(planted) >= 50
    assert {id: named.get(id) for id in planted} == planted
    assert {truth[id].kind for id in named} - {"copy", "near copy"} <= {"junk"}


@needs_datasketch
@pytest.mark.slow
def test_fineweb_has_no_copies_left_and_a_planted_one_is_found():
    sample = data_folder() / "fineweb" / "000_00000.parquet"
    if not sample.is_file():
        pytest.skip("no file of FineWeb on this machine: fineweb/000_00000.parquet in GPTCORE_DATA")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    table = parquet.ParquetFile(sample).read_row_group(0, columns=["id", "text"])
    documents = [Document(row["id"], row["text"]) for row in table.to_pylist()]
    shorter = Document("planted", documents[3].text[: int(0.95 * len(documents[3].text))])
    (copy,) = near_copies([*documents, shorter]).copies
    assert (copy.id, copy.copy_of) == ("planted", documents[3].id)
