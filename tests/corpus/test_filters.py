"""Filters and what they measure: by hand, and beside datatrove, with which FineWeb was made."""

import inspect
import itertools
import math
import string
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gptcore.corpus import data_folder
from gptcore.corpus.filters.filters import Document, Language, Length, Repetition, Symbols
from gptcore.corpus.filters.funnel import FilterReport, Verdict, run_filters
from gptcore.corpus.filters.language import NO_LANGUAGE, guess_language
from gptcore.corpus.filters.text_stats import repeated_lines, repeated_ngrams, text_stats

GERMAN = "Der Hund läuft über die Straße, und die Katze schaut ihm lange nach."
ENGLISH = "The dog runs across the street, and the cat looks after it for a long time."
FILTERS = [Length(), Symbols(), Repetition()]


def plain(words: int = 80) -> str:
    """A text that no filter minds: every word is another one, ten in each line."""
    letters = itertools.product(string.ascii_lowercase, repeat=3)
    fresh = ["".join(next(letters)) + "ing" for _ in range(words)]
    return "\n".join(" ".join(fresh[start : start + 10]) for start in range(0, words, 10))


def removed_by(text: str, filters=FILTERS) -> str:
    (verdict,) = run_filters([Document("1", text)], filters)
    return f"{verdict.removed_by}: {verdict.reason}" if verdict.removed_by else "kept"


def test_the_numbers_of_a_small_text_are_those_counted_by_hand():
    stats = text_stats("# to be or\n\n• not to be ...\nto be or 42\n# to be or")
    assert stats == pytest.approx(
        {
            "words": 17,
            "mean_word_length": 33 / 17,
            "alpha_words": 12 / 17,  # all but # • ... 42 #
            "symbols": 2 / 17,  # two #, one ellipsis
            "bullet_lines": 1 / 4,  # of the lines that are not empty
            "ellipsis_lines": 1 / 4,
            "repeated_lines": 1 / 4,
            "repeated_line_chars": 10 / 46,
            "top_bigram": 4 * 4 / 33,  # "to be"
            "repeated_ngrams": 0,
        }
    )


def test_a_piece_that_comes_again_is_stepped_over_whole():
    words = [*"abcdeabcdea"]
    assert repeated_ngrams(words) == 5 / 11
    assert repeated_ngrams(["a"] * 12) == 10 / 12  # 1 new piece at 0; again at 1 and at 6


def test_a_pair_that_comes_once_repeats_nothing():
    assert text_stats("one two three four")["top_bigram"] == 0
    assert text_stats("a b c a b")["top_bigram"] == 4 / 5
    assert text_stats("go go go")["top_bigram"] == 1  # its two pairs overlap


@given(st.text(alphabet=" \nab#….-•é", max_size=200))
def test_shares_are_shares_whatever_the_text(text):
    stats = text_stats(text)
    for name, value in stats.items():
        assert value >= 0 and math.isfinite(value)
        assert value <= 1 or name in {"words", "mean_word_length", "symbols"}, name


def test_repetition_is_what_datatrove_counts():
    theirs = pytest.importorskip(
        "datatrove.pipeline.filters.gopher_repetition_filter",
        reason="datatrove is not installed: pip install datatrove",
    )

    @given(st.lists(st.sampled_from("abc"), max_size=40))
    def compare(words):
        whole = len(words) or 1
        assert repeated_ngrams(words) == theirs.find_all_duplicate(words, 5) / whole
        again = repeated_lines(words)
        assert (len(again), sum(map(len, again))) == theirs.find_duplicates(words)

    compare()


def test_the_thresholds_are_the_published_ones_as_datatrove_has_them():
    filters = pytest.importorskip(
        "datatrove.pipeline.filters", reason="datatrove is not installed: pip install datatrove"
    )

    def theirs(name: str) -> dict:
        return {
            k: p.default for k, p in inspect.signature(getattr(filters, name)).parameters.items()
        }

    quality = theirs("GopherQualityFilter")
    assert (Length().min_words, Length().max_words) == (
        quality["min_doc_words"],
        quality["max_doc_words"],
    )
    assert (Length().min_mean_word_length, Length().max_mean_word_length) == (
        quality["min_avg_word_length"],
        quality["max_avg_word_length"],
    )
    assert replace(Symbols()) == Symbols(
        quality["max_symbol_word_ratio"],
        quality["max_bullet_lines_ratio"],
        quality["max_ellipsis_lines_ratio"],
        quality["max_non_alpha_words_ratio"],
    )
    repetition = theirs("GopherRepetitionFilter")
    assert Repetition() == Repetition(
        repetition["dup_line_frac"],
        repetition["dup_line_char_frac"],
        dict(repetition["top_n_grams"])[2],
        dict(repetition["dup_n_grams"])[5],
    )
    assert Language().min_score == theirs("LanguageFilter")["language_threshold"]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (plain(), "kept"),
        (plain(49), "length: words 49, below 50"),
        ("", "length: words 0, below 50"),
        ("a " * 60, "length: mean word length 1, below 3"),
        ("abcdefghijkl " * 60, "length: mean word length 12, above 10"),
        (plain() + " #" * 9, "symbols: symbols 0.101, above 0.1"),
        (plain(30) + " 2024" * 60, "symbols: alpha words 0.333, below 0.8"),
        ("• " + plain().replace("\n", "\n• "), "symbols: bullet lines 1, above 0.9"),
        (plain().replace("\n", "...\n"), "symbols: symbols 0.0875, above 0.08"),
        ((plain(50) + "\n") * 2, "repetition: repeated lines 0.5, above 0.3"),
        (
            plain() + "\n" + plain().replace("\n", " "),
            "repetition: repeated ngrams 0.5, above 0.15",
        ),
        (plain(60) + " buy now" * 20, "repetition: top bigram 0.25, above 0.2"),
    ],
    ids=lambda value: value[-40:] if ":" in value or value == "kept" else "",
)
def test_each_filter_says_which_number_and_which_threshold(text, verdict):
    filters = [Length(), Symbols(max_symbols=0.08 if "0.08" in verdict else 0.1), Repetition()]
    assert removed_by(text, filters) == verdict


def test_a_number_that_is_just_the_threshold_stays():
    text = plain(50) + "\n# # # # #"
    stats = Document("1", text).stats
    assert removed_by(text, [Length(min_words=55, max_words=55)]) == "kept"
    assert removed_by(text, [Symbols(5 / 55, 0, 0, stats["alpha_words"])]) == "kept"


def test_a_document_is_measured_once_however_many_filters_ask(monkeypatch):
    measured = []
    monkeypatch.setattr(
        "gptcore.corpus.filters.filters.text_stats",
        lambda text: measured.append(text) or text_stats(text),
    )
    document = Document("1", plain())
    for _ in range(2):
        assert [verdict.kept for verdict in run_filters([document], FILTERS)] == [True]
    assert len(measured) == 1


def test_the_first_filter_with_a_reason_counts_and_later_ones_see_nothing():
    class Never:
        name = "never reached"

        def reject_reason(self, document):
            raise AssertionError

    assert removed_by("too short", [Length(), Never()]) == "length: words 2, below 50"


def test_documents_are_judged_one_by_one_so_the_stream_may_be_endless():
    endless = (Document(str(i), plain() if i % 2 else "") for i in itertools.count())
    first = list(itertools.islice(run_filters(endless, FILTERS), 4))
    assert [verdict.kept for verdict in first] == [False, True, False, True]


def test_the_report_says_how_many_each_filter_removed_and_shows_examples():
    texts = [plain(), "far too\nshort", "short", "a " * 60, plain() + " #" * 20]
    documents = [Document(str(i), text) for i, text in enumerate(texts)]
    report = FilterReport(FILTERS, examples=1)
    for verdict in run_filters(documents, FILTERS):
        report.add(verdict)
    assert (report.total, report.kept) == (5, 1)
    assert report.removed == {"length": 3, "symbols": 1, "repetition": 0}
    assert report.examples["length"] == [Verdict(documents[1], "length", "words 3, below 50")]
    assert str(report).splitlines() == [
        "        5 documents",
        "       -3 length",
        "            words 3, below 50: 'far too short'",
        "       -1 symbols",
        "            symbols 0.2, above 0.1: "
        "'aaaing aabing aacing aading aaeing aafing aaging aahing aaii ...'",
        "        0 repetition",
        "        1 kept",
    ]


def test_two_filters_of_one_name_are_refused_and_a_new_name_is_accepted():
    with pytest.raises(
        ValueError, match=r"Two filters have the name 'length'.* Length\(name='length "
    ):
        run_filters([], [Length(), Length(min_words=5)])
    assert list(run_filters([], [Length(), Length(name="length of poems")])) == []


@pytest.mark.parametrize("value", [-1, math.nan])
def test_a_threshold_that_could_never_be_met_is_refused(value):
    with pytest.raises(ValueError, match=r"max_repeated_lines=.* must be a number, 0 or more"):
        Repetition(max_repeated_lines=value)


@pytest.mark.slow
def test_the_language_of_the_table_is_believed_and_only_null_is_guessed():
    pytest.importorskip("py3langid", reason="py3langid is not installed: pip install py3langid")
    assert Document("1", GERMAN, "en", 0.7).detected_language == ("en", 0.7)
    language, score = Document("1", GERMAN, "en", None).detected_language
    assert language == "de" and score > 0.9
    judged = [
        Language().reject_reason(Document("1", GERMAN)),
        Language().reject_reason(Document("1", ENGLISH)),
        Language().reject_reason(Document("1", ENGLISH, "en", 0.4)),
        Language("de").reject_reason(Document("1", GERMAN)),
    ]
    assert judged == [
        f"language de ({score:.3g}), not en",
        "",
        "language en with a score of 0.4, below 0.65",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (GERMAN, "de"),
        ("Le chien traverse la rue en courant, et le chat le suit longtemps des yeux.", "fr"),
        ("Собака бежит через улицу, а кошка долго смотрит ей вслед.", "ru"),
        ("कुत्ता सड़क पार करता है और बिल्ली उसे देर तक देखती रहती है।", "hi"),
        (" \n", NO_LANGUAGE),
    ],
)
@pytest.mark.slow
def test_a_sentence_is_enough_to_guess_its_language(text, language):
    pytest.importorskip("py3langid", reason="py3langid is not installed: pip install py3langid")
    assert guess_language(text)[0] == language


@pytest.mark.slow
def test_half_a_character_breaks_no_filter():
    pytest.importorskip("py3langid", reason="py3langid is not installed: pip install py3langid")
    assert removed_by(plain() + " \ud83d", [*FILTERS, Language("xx")]).startswith("language: ")


def test_without_py3langid_the_message_says_how_to_get_it():
    code = """
import sys
sys.modules["py3langid"] = None
from gptcore.corpus.filters.filters import Document
try:
    Document("1", "some text").detected_language
except ModuleNotFoundError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == (
        "Identifying the language of a text needs py3langid, which is not installed: "
        "pip install py3langid\n"
    )


def test_another_threshold_for_1400_measured_documents_takes_less_than_a_fifth_of_a_second():
    documents = [Document(str(i), plain(), "en", 0.99) for i in range(1400)]
    list(run_filters(documents, FILTERS))  # measured once
    start = time.process_time()
    verdicts = list(run_filters(documents, [Length(min_words=100), *FILTERS[1:], Language()]))
    assert time.process_time() - start < 0.2
    assert not any(verdict.kept for verdict in verdicts)


@pytest.mark.slow
def test_fineweb_has_been_through_filters_like_these():
    sample = data_folder() / "fineweb" / "000_00000.parquet"
    if not sample.is_file():
        pytest.skip("no file of FineWeb on this machine: fineweb/000_00000.parquet in GPTCORE_DATA")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    table = parquet.ParquetFile(sample).read_row_group(0, columns=["id", "text"])
    documents = [Document(row["id"], row["text"]) for row in table.to_pylist()]
    report = FilterReport(FILTERS)
    for verdict in run_filters(documents, FILTERS):
        report.add(verdict)
    assert report.removed["length"] == report.removed["repetition"] == 0
    assert report.removed["symbols"] < len(documents) / 50
