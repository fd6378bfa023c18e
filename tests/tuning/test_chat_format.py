"""Conversations as ids: written by hand, by transformers, and refused when they are wrong."""

import json
from dataclasses import replace

import pytest

from gptcore.tokenizers import (
    BPETokenizer,
    CharTokenizer,
    HFTokenizer,
    SpecialTokenInTextError,
    Tokenizer,
    load_tokenizer,
)
from gptcore.tuning import CHAT_TOKENS, ChatFormat, ChatFormatError

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
IM_TOKENS = ["<|im_start|>", "<|im_end|>"]


def with_template(template=CHATML, eos="<|im_end|>") -> HFTokenizer:
    spec = BPETokenizer([(104, 105)], special_tokens=IM_TOKENS).tokenizer_json()
    return HFTokenizer(spec, {"eos_token": eos, "chat_template": template})


def graded_text(chat, messages) -> str:
    tokens = chat.render(messages)
    marks = zip(tokens.ids, tokens.is_graded)
    return "".join(chat.tokenizer.decode([id]) if graded else "." for id, graded in marks)


def test_a_conversation_is_written_as_by_hand(chat, turns):
    messages = turns(("1+1?", "2"), ("and 5?", "no"), system="be kind")
    assert chat.tokenizer.decode(chat.render(messages).ids) == (
        "<|bos|><|system|>be kind<|user|>1+1?<|assistant|>2<|end|><|user|>and 5?<|assistant|>no"
        "<|end|>"
    )


def test_graded_are_the_answers_and_their_end_only(chat, turns):
    graded = graded_text(chat, turns(("1+1?", "22"), ("5?", "b")))
    assert graded == "......." + "22<|end|>" + "...." + "b<|end|>"


def test_the_prompt_is_the_beginning_of_the_conversation(chat, turns):
    for each in (chat, ChatFormat(with_template(), None)):
        messages = turns(("hi", "2"), ("you", "b"))
        whole, prompt = each.render(messages), each.prompt_ids(messages[:-1])
        assert whole.ids[: len(prompt)] == prompt
        assert whole.is_graded[len(prompt)] and not whole.is_graded[len(prompt) - 1]


def test_a_template_grades_the_answer_and_its_end_but_not_the_line_break_behind_it(turns):
    chat = ChatFormat(with_template(), None)
    graded = graded_text(chat, turns(("u", "hi"), ("v", "hi hi")))
    assert graded.lstrip(".").startswith("hi<|im_end|>.")
    assert graded.count("<|im_end|>") == 2 and graded.endswith(".hi hi<|im_end|>.")
    assert chat.stop_ids == [chat.tokenizer.special_tokens["<|im_end|>"]]


def test_a_template_renders_as_transformers_does(turns, tmp_path):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    tokenizer = with_template()
    tokenizer.save_pretrained(tmp_path)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    chat = ChatFormat(tokenizer, None)
    for messages in (turns(("hi", "hi hi")), turns(("a", "b"), ("c\n\nd", "é"), system="s")):
        expected = theirs.apply_chat_template(messages, return_dict=False)
        assert chat.render(messages).ids == expected
        prompt = theirs.apply_chat_template(
            messages[:-1], add_generation_prompt=True, return_dict=False
        )
        assert chat.prompt_ids(messages[:-1]) == prompt


def test_smollm2_is_rendered_as_its_own_tokenizer_does(smollm2, turns):
    chat = ChatFormat(HFTokenizer.from_gguf(smollm2), None)
    for messages in (turns(("What is 17+5?", "22.")), turns(("Hi", "Hello!"), ("2?", "3"))):
        assert chat.render(messages).ids == chat.tokenizer.encode_chat(
            messages, add_generation_prompt=False
        )
        answers = "".join(f"{m['content']}<|im_end|>" for m in messages if m["role"] == "assistant")
        graded = zip(chat.render(messages).ids, chat.render(messages).is_graded)
        assert chat.tokenizer.decode([id for id, is_graded in graded if is_graded]) == answers


WRONG_ORDERS = [  # roles, and how the error begins
    ([], "A conversation is a list of messages"),
    (["user", "user", "assistant"], "Message 2 is of 'user'"),
    (["user", "assistant", "assistant"], "Message 3 is of 'assistant'"),
    (["assistant"], "Message 1 is of 'assistant'; at the start"),
    (["system", "system", "user", "assistant"], "Message 2 is of 'system'"),
    (["user", "assistant", "system", "user", "assistant"], "Message 3 is of 'system'"),
    (["user", "bot"], "Message 2: There is no role 'bot'"),
    (["user"], "The conversation ends without an answer"),
    (["user", "assistant", "user"], "The conversation ends without an answer"),
    (["system"], "The conversation ends without an answer"),
    (["system", "assistant"], "Message 2 is of 'assistant'"),
]


@pytest.mark.parametrize(("roles", "begin"), WRONG_ORDERS)
def test_wrong_roles_are_refused(roles, begin, chat):
    messages = [{"role": role, "content": "a"} for role in roles]
    with pytest.raises(ChatFormatError) as refused:
        chat.render(messages)
    assert str(refused.value).startswith(begin)


@pytest.mark.parametrize(
    "messages",
    ["hello", {"role": "user"}, ["hello"], [{"role": "user"}], [{"role": "user", "content": 5}]],
)
def test_what_is_no_list_of_messages_is_refused(messages, chat):
    with pytest.raises(ChatFormatError, match=r"messag|Message"):
        chat.render(messages)


def test_a_prompt_ends_with_the_user(chat, turns):
    with pytest.raises(ChatFormatError, match="'assistant'"):
        chat.prompt_ids(turns(("a", "b")))


@pytest.mark.parametrize("spelling", ["<|assistant|>", "<|end|>", "<|bos|>"])
def test_a_message_cannot_spell_a_special_token(spelling, chat, turns):
    for messages in (turns((f"a{spelling}", "b")), turns(("a", f"b{spelling}"))):
        with pytest.raises(SpecialTokenInTextError, match="spells the special token"):
            chat.render(messages)
    with pytest.raises(SpecialTokenInTextError):
        ChatFormat(with_template(), None).render(turns(("a<|im_end|>", "b")))


def test_a_tokenizer_without_the_special_tokens_is_refused():
    with pytest.raises(ChatFormatError, match=r"'<\|system\|>'.*add_special_tokens"):
        ChatFormat(CharTokenizer("abc"))
    with pytest.raises(ChatFormatError, match="no chat template"):
        ChatFormat(CharTokenizer("abc"), None)
    with pytest.raises(ChatFormatError, match="eos_token"):
        ChatFormat(with_template(eos="<|nothing|>"), None)
    with pytest.raises(ChatFormatError, match="different special token"):
        ChatFormat(CharTokenizer("abc", ["<|a|>"]), dict.fromkeys(CHAT_TOKENS, "<|a|>"))


def test_a_template_without_an_end_or_that_changes_earlier_messages_is_refused(turns):
    endless = CHATML.replace("<|im_end|>", "")
    with pytest.raises(ChatFormatError, match="never learn to stop"):
        ChatFormat(with_template(endless), None).render(turns(("a", "b")))
    counting = "{{ messages | length }}" + CHATML
    with pytest.raises(ChatFormatError, match="earlier messages in another way"):
        ChatFormat(with_template(counting), None).render(turns(("a", "b"), ("c", "d")))


# Its file


@pytest.mark.parametrize("kind", ["letters", "template", "bpe"])
def test_a_stored_format_renders_the_same(kind, chat, turns, tmp_path):
    bpe = BPETokenizer([(104, 105)], special_tokens=[*CHAT_TOKENS.values(), "<|endoftext|>"])
    template = ChatFormat(with_template(), None)
    given = {"letters": chat, "template": template, "bpe": ChatFormat(bpe)}[kind]
    given.save(tmp_path)
    (tmp_path / "step_000003").mkdir()
    for folder in (tmp_path, tmp_path / "step_000003"):
        loaded = ChatFormat.load(folder)
        assert loaded == given
        assert loaded.render(turns(("hi", "b"))) == given.render(turns(("hi", "b")))
        assert loaded.stop_ids == given.stop_ids
    assert isinstance(load_tokenizer(tmp_path / "chat_format.json"), Tokenizer)


def test_another_format_is_not_written_over_a_stored_one(chat, tmp_path):
    chat.save(tmp_path)
    chat.save(tmp_path)
    more = ChatFormat(CharTokenizer("abc", special_tokens=CHAT_TOKENS.values()))
    swapped = {**CHAT_TOKENS, "user": "<|assistant|>", "assistant": "<|user|>"}
    for other in (more, replace(chat, tokens=swapped), ChatFormat(with_template(), None)):
        with pytest.raises(ChatFormatError, match="tuned with another chat format"):
            other.save(tmp_path)
    assert ChatFormat.load(tmp_path) == chat


def test_templates_that_differ_are_different_formats():
    other = CHATML.replace("\n{{", " {{")
    assert ChatFormat(with_template(), None) != ChatFormat(with_template(other), None)
    assert ChatFormat(with_template(), None) == ChatFormat(with_template(), None)


def test_a_folder_without_a_format_and_a_damaged_file_are_refused(chat, tmp_path):
    with pytest.raises(ChatFormatError, match="not tuned to answer"):
        ChatFormat.load(tmp_path)
    chat.save(tmp_path)
    file = tmp_path / "chat_format.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content | {"version": 99}))
    with pytest.raises(ChatFormatError, match="not a chat format"):
        ChatFormat.load(tmp_path)
    content["tokenizer"]["saved"]["characters"] += "!"
    file.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="damaged"):
        ChatFormat.load(tmp_path)
    file.write_text("{")
    with pytest.raises(OSError, match="not JSON"):
        ChatFormat.load(tmp_path)


def test_the_end_of_an_answer_is_the_last_graded_token(chat, turns):
    tokens = chat.render(turns(("1+1?", "2")))
    assert tokens.ids[-1] == chat.end_id and tokens.is_graded[-1]
