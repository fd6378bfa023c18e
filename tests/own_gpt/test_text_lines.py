"""Reading a file of lines or of a running text, and what is refused."""

import pytest

from gptcore.own_gpt import TextFileError, clean_lines, read_lines


def test_lines_are_stripped_and_kept_once(tmp_path):
    file = tmp_path / "list.txt"
    file.write_bytes("\ufeffemma\r\n  olivia \r\n\r\nemma\r\n".encode())
    text = read_lines(file)
    assert text.lines == ("emma", "olivia")
    assert text.left_out == {"empty": 1, "repeated": 1}
    assert text.characters == "aeilmov"


def test_a_letter_and_its_accent_are_one_letter():
    assert clean_lines("cafe\u0301\ncaf\u00e9\n").lines == ("caf\u00e9",)


def test_separators_of_unicode_do_not_end_a_line():
    assert clean_lines("a\u2028b\u0085c\nd").lines == ("a\u2028b\u0085c", "d")


def test_a_long_line_of_a_list_is_left_out():
    text = clean_lines("emma\n" * 3 + "x" * 401 + "\nolivia\n", kind="lines")
    assert text.lines == ("emma", "olivia")
    assert text.left_out == {"repeated": 2, "longer than 400 letters": 1}


@pytest.mark.parametrize(
    ("content", "is_text"),
    [
        ("emma\nolivia\n" * 50, False),
        ("emma\n\nolivia\n\n" * 50, False),
        ("x" * 10_000, True),
        ("MARTHA:\nWe are late.\nCome.\n\n" * 20, True),
        ("the rain walks home / with mud on its shoes\n" * 60, False),
    ],
    ids=["names", "names with empty lines", "one long line", "a play", "poems"],
)
def test_lists_and_running_texts_are_told_apart(content, is_text):
    assert clean_lines(content).is_running_text is is_text
    assert clean_lines(content, kind="lines").is_running_text is False
    assert clean_lines(content, kind="text").is_running_text is True


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"PK\x03\x04\0\0", "zero byte"),
        (b"emma\ncaf\xe9\nolivia\n", r"byte 0xe9 in line 2, and 1 of 4 lines .* --encoding cp1252"),
        ("naïve\n".encode() + "naïve\n".encode("latin-1"), "in line 2.* 1 others .* mixes"),
    ],
    ids=["nothing", "spaces", "binary", "latin-1", "mixed"],
)
def test_what_is_no_text_is_refused_with_a_way_out(tmp_path, content, message):
    file = tmp_path / "list.txt"
    file.write_bytes(content)
    with pytest.raises(TextFileError, match=message):
        read_lines(file)


def test_an_encoding_can_be_named_or_marked(tmp_path):
    file = tmp_path / "list.txt"
    file.write_bytes("café\nnaïve\n".encode("latin-1"))
    assert read_lines(file, encoding="latin-1").lines == ("café", "naïve")
    file.write_bytes("café\nnaïve\n".encode("utf-16"))
    assert read_lines(file).lines == ("café", "naïve")
    with pytest.raises(TextFileError, match="no encoding 'klingon'"):
        read_lines(file, encoding="klingon")


def test_a_folder_and_a_misspelt_name_say_what_to_do(tmp_path):
    (tmp_path / "names.txt").write_text("emma\n")
    with pytest.raises(TextFileError, match="is a folder"):
        read_lines(tmp_path)
    with pytest.raises(TextFileError, match=r"Did you mean .*names\.txt"):
        read_lines(tmp_path / "nmaes.txt")
