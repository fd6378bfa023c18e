"""A file of conversations: what is wrong is named with its line; what is too long is counted."""

import re
import warnings

import pytest

from gptcore.tuning import ChatFormatError, encode_conversations, read_conversations

GOOD = {"messages": [{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}]}


def test_lines_become_conversations_with_their_origin(file_of):
    file = file_of(GOOD, "", "\ufeff" + '{"messages": [{"role": "user", "content": "é"}], "id": 7}')
    first, second = read_conversations(file)
    assert first.messages == GOOD["messages"] and first.origin == f"{file}, line 1"
    assert second.messages[0]["content"] == "é" and second.origin.endswith("line 3")


BROKEN = {
    '{"messages": [': "is not JSON",
    "[1, 2]": "is [1, 2]; it must be an object",
    '{"prompt": "a", "answer": "b"}': "it has 'prompt', 'answer'",
    '{"messages": []}': "A conversation is a list of messages",
    '{"messages": "hello"}': "A conversation is a list of messages",
    '{"messages": [{"role": "user"}]}': "Message 1 has content=None",
    '{"messages": [{"role": "human", "content": "a"}]}': "no role 'human'",
    '{"messages": [{"role": "assistant", "content": "a"}]}': "Message 1 is of 'assistant'",
    "[" * 5000: "is not JSON",
}


@pytest.mark.parametrize("line", BROKEN, ids=lambda line: line[:45])
def test_a_broken_line_is_named(line, file_of):
    file = file_of(GOOD, line, GOOD)
    with pytest.raises(ValueError, match=re.escape(BROKEN[line])) as refused:
        read_conversations(file)
    assert str(refused.value).startswith(f"{file}, line 2")


def test_bytes_that_are_no_text_are_named(file_of):
    file = file_of(GOOD)
    file.write_bytes(file.read_bytes() + b'{"messages": "\xff"}\n')
    with pytest.raises(ValueError, match="line 2 is not JSON"):
        read_conversations(file)


def test_a_separator_inside_a_text_does_not_end_the_line(file_of, chat):
    line = '{"messages": [{"role": "user", "content": "a\u2028b\u0085c"}]}'
    assert read_conversations(file_of(line, GOOD))[0].messages[0]["content"] == "a\u2028b\u0085c"


def test_an_empty_file_and_a_missing_one_are_refused(file_of, tmp_path):
    with pytest.raises(ValueError, match="has no conversations"):
        read_conversations(file_of("", " "))
    with pytest.raises(FileNotFoundError):
        read_conversations(tmp_path / "nothing.jsonl")


def test_what_cannot_be_encoded_is_named(file_of, chat, turns):
    spelled = {"messages": turns(("a<|end|>", "b"))}
    unknown = {"messages": turns(("Ä", "b"))}
    for line, reason in ((spelled, "special token"), (unknown, "not in the vocabulary")):
        found = read_conversations(file_of(GOOD, line))
        with pytest.raises(ChatFormatError, match=rf"line 2: .*{reason}"):
            encode_conversations(found, chat, 32)
    with pytest.raises(ChatFormatError, match=r"Conversation 1: .* without an answer"):
        encode_conversations([GOOD["messages"], GOOD["messages"][:1]], chat, 32)


def test_what_is_longer_than_the_context_is_left_out_and_counted(file_of, chat, turns):
    exact = chat.render(turns(("a" * 10, "b"))).ids  # a token more than the context: it is a target
    lines = [{"messages": turns(("a" * n, "b"))} for n in (11, 10, 30)]
    found = read_conversations(file_of(*lines))
    with pytest.warns(
        UserWarning, match=r"2 of 3 conversations .* 14 tokens .* left out: .*line 1"
    ):
        (kept,) = encode_conversations(found, chat, 14)
    assert kept.ids == exact and len(exact) == 15
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(encode_conversations(found, chat, 100)) == 3
    with pytest.raises(ValueError, match="Nothing remains"):
        encode_conversations(found, chat, 5)
    with pytest.raises(ValueError, match="no conversations"):
        encode_conversations([], chat, 5)
