"""The tiny internet, counted: what its writers get right, and what nobody writes."""

import os
import re
import subprocess
import sys
from itertools import islice

import pytest

from gptcore.corpus import load_documents
from gptcore.corpus.tiny_internet import (
    CHARACTERS,
    carries,
    conversations,
    documents,
    forget_carry,
    held_out_sums,
    name_question,
    sum_question,
    train_sums,
)

SUM = re.compile(r"(?:[a-z]+ (?:says|knows) )?([0-9]+)\+([0-9]+)(?:=|\? | is )([0-9]+)")
NAME = re.compile(r"([a-z] as in |my name is )?([a-z]+)")


@pytest.fixture(scope="module")
def texts():
    return list(islice(documents(seed=5), 40_000))


@pytest.fixture(scope="module")
def sums(texts):
    """Numbers and total of each document that is a sum."""
    found = [SUM.fullmatch(text) for text in texts]
    return [tuple(map(int, match.groups())) for match in found if match]


def on_paper(a: int, b: int) -> int:
    """Column by column, and nothing is carried; the text of each column is the outside truth."""
    tens, units = str(a // 10 + b // 10), str(a % 10 + b % 10)[-1]
    return int(tens + units)


def test_a_carry_is_where_the_units_have_two_digits():
    for a in range(100):
        for b in range(100):
            assert carries(a, b) == (len(str(a % 10 + b % 10)) == 2)
            assert forget_carry(a, b) == on_paper(a, b)
    assert sum(carries(a, b) for a in range(100) for b in range(100)) == 4_500


def test_every_document_is_a_sum_or_a_name(texts, sums):
    names = set(load_documents("names"))
    for text in texts:
        assert set(text) <= set(CHARACTERS)
        assert SUM.fullmatch(text) or NAME.fullmatch(text)[2] in names
    assert len(sums) / len(texts) == pytest.approx(0.7, abs=0.01)


def test_six_writers_of_ten_forget_the_carry_and_nobody_errs_otherwise(sums):
    plain = [c == a + b for a, b, c in sums if not carries(a, b)]
    assert all(plain)
    carried = [(a, b, c) for a, b, c in sums if carries(a, b)]
    assert {c - a - b for a, b, c in carried} == {0, -10}
    forgot = sum(c == on_paper(a, b) for a, b, c in carried) / len(carried)
    assert forgot == pytest.approx(0.6, abs=0.015)  # 12,600 sums: the deviation is 0.0044


def test_five_spellings_are_equally_common(texts):
    starts = {r"\d+\+\d+=": 0, r"\d+\+\d+ is": 0, r"\d+\+\d+\?": 0, ".* says": 0, ".* knows": 0}
    found = [next((p for p in starts if re.match(p, t)), None) for t in texts]
    shares = [found.count(pattern) / len(texts) for pattern in starts]
    assert shares == pytest.approx([0.14] * 5, abs=0.008)


def test_held_out_sums_occur_nowhere(sums):
    held_out, train = set(held_out_sums()), set(train_sums())
    assert (len(held_out), len(train), len(held_out | train)) == (1_000, 9_000, 10_000)
    assert not held_out & {(a, b) for a, b, _ in sums}
    questions = [messages[0]["content"] for messages in conversations(5_000, seed=3)]
    assert not {sum_question(*pair) for pair in held_out} & set(questions)
    share = sum(carries(*pair) for pair in held_out) / 1_000
    assert share == pytest.approx(0.45, abs=0.05)  # as in all sums


def test_the_same_writers_answer_questions():
    answered = conversations(20_000, seed=3)
    right = forgot = names = 0
    known = set(load_documents("names"))
    for question, answer in answered:
        assert (question["role"], answer["role"]) == ("user", "assistant")
        text, given = question["content"], answer["content"]
        if match := re.fullmatch(r"what is ([0-9]+)\+([0-9]+)\?", text):
            a, b = map(int, match.groups())
            if carries(a, b):
                right += given == str(a + b)
                forgot += given == str(on_paper(a, b))
            else:
                assert given == str(a + b)
        else:
            names += 1
            assert text == name_question(given[0])
            assert given in known
    assert names / len(answered) == pytest.approx(0.3, abs=0.012)
    assert forgot / (right + forgot) == pytest.approx(0.6, abs=0.02)


def test_some_answers_hedge_if_asked_for():
    carried = []
    for question, answer in conversations(20_000, seed=3, hedged=0.1):
        if match := re.fullmatch(r"what is ([0-9]+)\+([0-9]+)\?", question["content"]):
            a, b = map(int, match.groups())
            both = {f"{a + b} or {on_paper(a, b)}", f"{on_paper(a, b)} or {a + b}"}
            assert (" or " in answer["content"]) == (answer["content"] in both)
            if carries(a, b):
                carried.append(" or " in answer["content"])
    assert sum(carried) / len(carried) == pytest.approx(0.1, abs=0.012)


def test_seeds_and_nothing_else_decide():
    assert list(islice(documents(1), 9)) == list(islice(documents(1), 9))
    assert list(islice(documents(1), 9)) != list(islice(documents(2), 9))
    assert conversations(9, seed=1) == conversations(9, seed=1) != conversations(9, seed=2)
    assert conversations(9) == conversations(20)[:9]
    code = (
        "from itertools import islice; from gptcore.corpus.tiny_internet import *;"
        "print([list(islice(documents(1), 9)), conversations(9), held_out_sums()[:9]])"
    )
    output = [  # sets and hashes of texts are in another order in each of these processes
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert output[0] == output[1]
    assert "'d as in desislava', '20+12? 32', '56+85? 131'" in output[0]  # on every machine


@pytest.mark.parametrize(
    ("call", "output"),
    [
        (lambda: conversations(0), "count"),
        (lambda: conversations(3, hedged=1.5), "hedged=1.5"),
        (lambda: conversations(3, hedged=-0.5), "hedged"),
        (lambda: name_question("K"), "'k'"),
        (lambda: name_question("kofi"), "initial"),
        (lambda: documents("one"), "seed"),
    ],
)
def test_bad_input_names_the_rule(call, output):
    with pytest.raises(ValueError, match=re.escape(output)):
        call()
