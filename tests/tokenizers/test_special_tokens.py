"""Special tokens: which one is meant, and what cannot be one."""

import pytest

from gptcore.tokenizers import BPETokenizer, SpecialTokenInTextError

NESTED = ["<|end|>", "<|end|><|of|>", "<|of|>", "<|end|><|of|><|all|>"]


@pytest.fixture(scope="module")
def tokenizer():
    return BPETokenizer([], special_tokens=NESTED)  # 256, 257, 258, 259


@pytest.mark.parametrize("order", [NESTED, NESTED[::-1]], ids=["short-first", "long-first"])
def test_of_those_that_begin_at_one_place_the_longest_is_meant_in_any_order(order):
    tokenizer = BPETokenizer([], special_tokens=order)
    for spelling in NESTED:
        ids = tokenizer.encode(spelling, allowed_special="all")
        assert ids == [tokenizer.special_tokens[spelling]]
    ids = tokenizer.encode("<|end|>a<|end|><|of|><|of|>", allowed_special="all")
    assert tokenizer.decode(ids) == "<|end|>a<|end|><|of|><|of|>" and len(ids) == 4


def test_tiktoken_gets_the_same_special_tokens(trained):
    text = "a<|endoftext|>b"
    other = trained.to_tiktoken()
    assert other.encode(text, allowed_special="all") == trained.encode(text, allowed_special="all")
    assert other.encode_ordinary(text) == trained.encode_ordinary(text)
    with pytest.raises(ValueError):
        other.encode(text)
    with pytest.raises(SpecialTokenInTextError):
        trained.encode(text)


def test_the_first_one_that_is_not_allowed_is_named_with_its_position(tokenizer):
    with pytest.raises(SpecialTokenInTextError, match=r"'<\|of\|>' at position 10"):
        tokenizer.encode("ab<|end|> <|of|>", allowed_special={"<|end|>"})


def test_what_may_be_allowed_is_listed(tokenizer):
    with pytest.raises(ValueError) as caught:
        tokenizer.encode("a", allowed_special=["<|off|>"])
    assert str(caught.value) == (
        "allowed_special has '<|off|>', which is not a special token of this tokenizer. It has: "
        "'<|end|>', '<|end|><|of|>', '<|of|>', '<|end|><|of|><|all|>'. "
        'allowed_special="all" allows whatever it has.'
    )
    with pytest.raises(ValueError, match="It has: none"):
        BPETokenizer([]).encode("a", allowed_special=["<|x|>"])
    assert BPETokenizer([]).encode("a", allowed_special="all") == [97]


@pytest.mark.parametrize(
    ("special_tokens", "message"),
    [
        ("<|x|>", r"is one text; it must be a list: special_tokens=\['<\|x\|>'\]"),
        (["<|x|>", "<|x|>"], "has one of them twice"),
        ([""], "A special token needs a spelling"),
        (["\ud800"], "has a lone surrogate, U\\+D800, at position 0"),
        ({"<|x|>": 97}, r"cannot have the id 97, which another token has. From 257 on ids are"),
        ({"<|x|>": 300, "<|y|>": 300}, "cannot have the id 300, which another token has"),
        ([7], "The special token 7 is of type int"),
    ],
    ids=["str", "twice", "empty", "surrogate", "taken", "shared", "number"],
)
def test_what_cannot_be_a_special_token_is_refused(special_tokens, message):
    with pytest.raises(ValueError, match=message):
        BPETokenizer([(97, 98)], special_tokens=special_tokens)


def test_ids_of_special_tokens_may_leave_room_between():
    tokenizer = BPETokenizer([], special_tokens={"<|x|>": 1000})
    assert tokenizer.vocab_size == 1001
    assert tokenizer.encode("a<|x|>", allowed_special="all") == [97, 1000]
    with pytest.raises(ValueError, match="The id 500 at index 0 is not a token"):
        tokenizer.decode([500])


def test_special_tokens_are_not_learned_from_and_not_made_by_text():
    tokenizer = BPETokenizer.train(
        "<|endoftext|>" * 50, vocab_size=265, special_tokens=["<|endoftext|>"]
    )
    assert tokenizer.end_of_text not in tokenizer.encode_ordinary("<|endoftext|>" * 3)
