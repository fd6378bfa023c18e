"""Special tokens that come after pretraining change nothing for the tokens before them."""

import pytest
import torch

from gptcore.corpus import is_downloaded
from gptcore.model import GPT, GPTConfig
from gptcore.tokenizers import BPETokenizer, CharTokenizer, GPT2Tokenizer, HFTokenizer
from gptcore.tuning import CHAT_TOKENS, ChatFormat, add_special_tokens, extend_vocab


@pytest.mark.parametrize(
    "tokenizer",
    [CharTokenizer("abc", ["<|x|>"]), BPETokenizer([(97, 98)], special_tokens=["<|x|>"])],
    ids=["characters", "bpe"],
)
def test_old_ids_stay_and_new_ones_follow(tokenizer):
    more = add_special_tokens(tokenizer, ["<|x|>", "<|user|>", "<|end|>"])
    assert more.encode("abc") == tokenizer.encode("abc")
    assert tokenizer.special_tokens.items() <= more.special_tokens.items()
    assert more.vocab_size == tokenizer.vocab_size + 2
    assert more.encode("a<|user|>", allowed_special="all")[-1] == tokenizer.vocab_size
    assert more.sha256 != tokenizer.sha256


def test_other_tokenizers_become_hugging_faces_with_the_same_ids():
    plain = HFTokenizer(BPETokenizer([(97, 98)]).tokenizer_json())
    more = add_special_tokens(plain, ["<|user|>", "<|end|>"])
    assert more.special_tokens == {"<|user|>": plain.vocab_size, "<|end|>": plain.vocab_size + 1}
    assert more.encode("abcab") == plain.encode("abcab")
    assert add_special_tokens(more, ["<|end|>"]).sha256 == more.sha256


def test_gpt2s_tokenizer_takes_the_tokens_of_a_chat(tmp_path):
    if not is_downloaded("gpt2-vocabulary"):
        pytest.skip("gpt2-vocabulary is not on this machine: gptcore fetch gpt2-vocabulary")
    gpt2 = GPT2Tokenizer()
    more = add_special_tokens(gpt2, CHAT_TOKENS.values())
    text = "Hello, world!  it's 12345\n\tnaïve 🙂"
    assert more.encode(text) == gpt2.encode(text)
    assert (more.vocab_size, more.end_of_text) == (50257 + 4, 50256)
    chat = ChatFormat(more)
    chat.save(tmp_path)
    assert ChatFormat.load(tmp_path) == chat


@pytest.mark.parametrize("tie_weights", [True, False])
def test_logits_of_old_tokens_stay_and_new_rows_are_near_the_mean(tie_weights):
    sizes = GPTConfig(vocab_size=50, block_size=8, n_layer=2, n_head=2, n_embd=64)
    model = GPT(GPTConfig(**{**vars(sizes), "tie_weights": tie_weights})).train()
    with torch.no_grad():
        model.wte.weight.add_(0.5)
    more = extend_vocab(model, 55, torch.Generator().manual_seed(1))
    ids = torch.tensor([[1, 2, 3, 49]])
    assert torch.allclose(more(ids)[0][..., :50], model(ids)[0], atol=1e-6)
    assert more.config.vocab_size == 55 and more.is_tied == tie_weights and more.training
    new, old = more.wte.weight[50:], model.wte.weight
    assert (new.mean() - old.mean()).abs() < 0.01
    assert 0.05 < ((new - old.mean(0)).std() / old.std()).item() < 0.2
    assert len({tuple(row.tolist()) for row in new}) == 5
    more.wte.weight.data.zero_()
    assert model.wte.weight.abs().sum() > 0  # nothing is shared


def test_a_model_with_room_enough_stays_as_it_is():
    model = GPT(GPTConfig(vocab_size=64, block_size=8, n_layer=1, n_head=2, n_embd=8))
    assert extend_vocab(model, 60) is model
