"""Files of several readers are counted as one would with pencil and paper."""

import json

import pytest

from course.record.answers import main, table, tally
from course.record.kept import Answer


def store_answer(question, right, belief=""):
    return Answer("2026-11-20T10:00", question, right, belief)


ADA = [
    store_answer("L grows by", False, "only the product counts"),
    store_answer("L grows by", True),
    store_answer("tanh", False),
    store_answer("a question of last year", True),
]
BO = [
    store_answer("L grows by", False, "only the product counts"),
    store_answer("L grows by", False, "only the product counts"),
    store_answer("L grows by", False, "only the sum counts"),
]
DAN = [store_answer("L grows by", False), store_answer("L grows by", True)]
CEM = [
    store_answer("count_known", True),
    store_answer("L grows by", True),
    store_answer("L grows by", False),
]


def test_first_tries_and_last_ones_are_counted_apart_and_each_reader_once():
    row = tally([ADA, BO, CEM, DAN])["L grows by"]
    assert (row.readers, row.right_at_first, row.right_in_the_end) == (4, 1, 3)
    assert row.beliefs["only the product counts"] == 2  # Bo had it twice
    assert row.beliefs["only the sum counts"] == 1


def test_questions_come_in_the_order_of_the_course_and_unknown_ones_do_not_come():
    assert list(tally([ADA, BO, CEM, DAN])) == ["count_known", "L grows by", "tanh"]


def test_the_table_names_the_commonest_belief_and_how_many_had_it():
    assert table(tally([ADA, BO, CEM, DAN])).splitlines()[2:] == [
        "| 00 | count_known | 1 | 1 | 1 |  |",
        "| 03 | L grows by | 4 | 1 | 3 | only the product counts (2) |",
        "| 03 | tanh | 1 | 0 | 0 | an unexpected one (1) |",
    ]


@pytest.fixture
def write(tmp_path):
    def write(name, answers):
        path = tmp_path / name
        path.write_text("".join(json.dumps(vars(answer)) + "\n" for answer in answers))
        return str(path)

    return write


def test_the_command_reads_a_file_for_each_reader(write, capsys):
    assert main([write("ada", ADA), write("bo", BO), write("cem", CEM)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("3 readers\n\n| lesson | question | tried | right at first |")
    assert "| 03 | L grows by | 3 | 1 | 2 |" in out


def test_a_file_without_answers_is_named_and_one_that_is_not_there_too(write, tmp_path, capsys):
    assert main([write("ada", ADA), write("empty", [])]) == 2
    assert capsys.readouterr().err == (
        f"{tmp_path / 'empty'} has no answers. A reader writes such a file with: "
        "python -m course.record.progress export FILE\n"
    )
    assert main([str(tmp_path / "nobody")]) == 1
    assert capsys.readouterr().err == f"{tmp_path / 'nobody'}: No such file or directory\n"
