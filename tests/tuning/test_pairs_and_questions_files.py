"""Files of pairs (TRL's format) and of questions: what is read, and how an error names the line."""

import json
import re
import warnings

import pytest

from gptcore.tuning import encode_pairs, read_pairs, read_questions

USER = {"role": "user", "content": "1+1?"}
TWO, THREE = ({"role": "assistant", "content": text} for text in "23")
GOOD = {"prompt": "1+1?", "chosen": "2", "rejected": "3"}
SHAPES = [
    GOOD,
    {"messages": [USER], "chosen": "2", "rejected": "3"},
    {"prompt": [USER], "chosen": [TWO], "rejected": [THREE]},
    {"chosen": [USER, TWO], "rejected": [USER, THREE]},  # TRL's implicit prompt
]
BROKEN_PAIRS = {
    '{"prompt": "1+1?"': "is not JSON",
    "7": "it must be an object",
    '{"prompt": "1?", "chosen": "2"}': "has no \"rejected\"; it has 'prompt', 'chosen'",
    '{"chosen": "2", "rejected": "3"}': 'has no "prompt"',
    '{"prompt": 5, "chosen": "2", "rejected": "3"}': "has the prompt 5",
    '{"prompt": "1?", "chosen": 2, "rejected": "3"}': "has the answer 2",
    json.dumps({"chosen": [USER, TWO], "rejected": [THREE]}): "begin with the same messages",
    json.dumps({"prompt": "1?", "chosen": [USER], "rejected": "3"}): "a list of one message",
}
BROKEN_QUESTIONS = {
    '{"question": "1+1?"': "is not JSON",
    '{"question": "1+1?"}': "has no \"answer\"; it has 'question'",
    '{"answer": 2}': 'has no "question"',
    json.dumps({"messages": [USER, TWO], "answer": 2}): "The last message is of 'assistant'",
    json.dumps({"messages": [USER, USER], "answer": 2}): "Message 2 is of 'user'",
    json.dumps({"question": "<|end|>", "answer": 2}): "<|end|>",
}


@pytest.mark.parametrize("line", SHAPES, ids=lambda line: ",".join(line))
def test_the_forms_of_trl_are_the_same_pair(line, file_of, chat):
    (pair,) = read_pairs(file_of(line))
    assert (list(pair.messages), pair.chosen, pair.rejected) == ([USER], "2", "3")
    (tokens,) = encode_pairs([pair], chat, 16)
    assert tokens.prompt == chat.prompt_ids([USER])
    assert tokens.prompt + tokens.chosen == chat.render([USER, TWO]).ids
    assert tokens.prompt + tokens.rejected == chat.render([USER, THREE]).ids


def test_earlier_answers_are_part_of_the_question(chat, file_of, turns):
    messages = [*turns(("1+1?", "2")), {"role": "user", "content": "2+2?"}]
    pairs = read_pairs(file_of({"prompt": messages, "chosen": "4", "rejected": "5"}))
    (tokens,) = encode_pairs(pairs, chat, 32)
    assert tokens.prompt == chat.prompt_ids(messages)
    assert chat.tokenizer.decode(tokens.chosen) == "4<|end|>"


def test_an_empty_answer_is_its_end(chat, file_of):
    pairs = read_pairs(file_of({**GOOD, "rejected": ""}))
    assert encode_pairs(pairs, chat, 16)[0].rejected == [chat.id_of("end")]


@pytest.mark.parametrize("line", BROKEN_PAIRS, ids=lambda line: line[:40])
def test_a_broken_line_of_pairs_is_named(line, file_of):
    file = file_of(GOOD, line, GOOD)
    with pytest.raises(ValueError, match=re.escape(BROKEN_PAIRS[line])) as refused:
        read_pairs(file)
    assert f"{file}, line 2" in str(refused.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({**GOOD, "rejected": "2"}, "the same answer '2' twice"),
        ({**GOOD, "chosen": "<|user|>"}, "<|user|>"),
        ({**GOOD, "prompt": [USER, USER]}, "Message 2 is of 'user'"),
        ({**GOOD, "prompt": [USER, TWO]}, "Message 3 is of 'assistant'"),
    ],
)
def test_a_pair_that_cannot_be_compared_is_named(line, words, file_of, chat):
    pairs = read_pairs(file_of(GOOD, line))
    with pytest.raises(ValueError, match=re.escape(words)) as refused:
        encode_pairs(pairs, chat, 16)
    assert "line 2" in str(refused.value)


def test_long_pairs_are_left_out_and_counted(file_of, chat):
    pairs = read_pairs(file_of(GOOD, {**GOOD, "rejected": "3" * 40}))
    with pytest.warns(UserWarning, match=r"1 of 2 pairs are longer than the 16.*line 2 \(47 tok"):
        assert len(encode_pairs(pairs, chat, 16)) == 1
    with pytest.raises(ValueError, match="Nothing remains"):
        encode_pairs(pairs[1:], chat, 16)


def test_a_pair_may_fill_the_context_and_its_last_token_is_only_predicted(file_of, chat):
    pairs = read_pairs(file_of({"prompt": "1+1?", "chosen": "2", "rejected": "345"}))
    tokens = encode_pairs(pairs, chat, 16)[0]
    size = len(tokens.prompt) + len(tokens.rejected) - 1
    assert encode_pairs(pairs, chat, size) == [tokens]
    with pytest.raises(ValueError, match="Nothing remains"):
        encode_pairs(pairs, chat, size - 1)


def test_questions_get_their_key(file_of, chat):
    messages = {"messages": [{"role": "system", "content": "add"}, USER], "answer": "1,234"}
    first, second = read_questions(
        file_of({"question": "1+1?", "answer": 2}, messages), chat, 32, 4
    )
    assert (first.prompt, first.key) == (chat.prompt_ids([USER]), 2)
    assert (second.prompt, second.key) == (chat.prompt_ids(messages["messages"]), "1,234")


def test_what_follows_the_marker_is_the_key(file_of, chat):
    file = file_of({"question": "1+1?", "answer": "one and one are <<1+1=2>>2\n#### 1,002"})
    assert read_questions(file, chat, 32, 4, marker="####")[0].key == "1,002"
    with pytest.raises(ValueError, match="line 1 has no '%%' in its answer"):
        read_questions(file, chat, 32, 4, marker="%%")


@pytest.mark.parametrize("line", BROKEN_QUESTIONS, ids=lambda line: line[:40])
def test_a_broken_question_is_named(line, file_of, chat):
    file = file_of({"question": "1+1?", "answer": 2}, line)
    with pytest.raises(ValueError, match=re.escape(BROKEN_QUESTIONS[line])) as refused:
        read_questions(file, chat, 32, 4)
    assert f"{file}, line 2" in str(refused.value)


def test_questions_without_room_for_an_answer_are_left_out_and_counted(file_of, chat):
    lines = [{"question": "1" * n, "answer": 2} for n in (1, 9, 10)]
    with pytest.warns(UserWarning, match="1 of 3 questions are longer than the 16 tokens"):
        found = read_questions(file_of(*lines), chat, 16, 5)
    # <|bos|> <|user|> nine digits <|assistant|> are 12 tokens, and 4 of 5 more are read again
    assert [len(question.prompt) for question in found] == [4, 12]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_questions(file_of(*lines), chat, 16, 4)) == 3


def test_an_empty_file_says_what_a_line_is(file_of, chat):
    with pytest.raises(ValueError, match=r'has no pairs.*"chosen"'):
        read_pairs(file_of(""))
    with pytest.raises(ValueError, match=r'has no questions.*"answer"'):
        read_questions(file_of(""), chat, 16, 4)
