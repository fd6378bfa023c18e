"""The recorder of a real model, with a tiny random Llama: hooks, scores, and its records."""

import pytest
import torch

from benchmarks import record_real_model as recorder

pytestmark = pytest.mark.slow
transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "vocab_size": 50, "head_dim": 8}
    heads = {"num_hidden_layers": 5, "num_attention_heads": 4, "num_key_value_heads": 2}
    config = transformers.LlamaConfig(**sizes, **heads, attn_implementation="eager")
    return transformers.LlamaForCausalLM(config).float().eval()


class Letters:
    """A tokenizer of one token for each character."""

    def __call__(self, text: str, return_tensors: str):
        ids = torch.tensor([[ord(c) % 50 for c in text]])
        return type("Encoded", (), {"input_ids": ids})

    def decode(self, ids: list[int]) -> str:
        return f"<{ids[0]}>"


def test_an_ablated_head_is_the_same_as_columns_of_its_projection_set_to_0(model):
    ids = recorder.random_ids(50)[:2]
    with torch.no_grad():
        plain = model(ids).logits
        with recorder.ablated(model, [(1, 2), (3, 0)]):
            hooked = model(ids).logits
        again = model(ids).logits
        kept = {
            layer: model.model.layers[layer].self_attn.o_proj.weight.clone() for layer in (1, 3)
        }
        model.model.layers[1].self_attn.o_proj.weight[:, 16:24] = 0
        model.model.layers[3].self_attn.o_proj.weight[:, 0:8] = 0
        by_weights = model(ids).logits
        for layer, weight in kept.items():
            model.model.layers[layer].self_attn.o_proj.weight.copy_(weight)
    assert torch.equal(plain, again)  # the hooks are gone
    assert torch.allclose(hooked, by_weights, atol=1e-6)
    assert not torch.allclose(hooked, plain, atol=1e-6)


def test_a_head_that_copies_has_score_1_and_is_the_first():
    T = 2 * recorder.HALF
    weights = torch.full((2, 3, T, T), 1 / T)
    for t in range(recorder.HALF, T - 1):
        weights[:, 1, t] = 0
        weights[:, 1, t, t + 1 - recorder.HALF] = 1
    scores = recorder.induction_scores([torch.full((2, 3, T, T), 1 / T), weights])
    assert next(iter(scores.items())) == ((1, 1), pytest.approx(1))
    previous = torch.eye(T).roll(-1, 1).expand(2, 1, -1, -1)
    assert recorder.previous_token_scores([previous]) == {(0, 0): pytest.approx(1)}


def test_a_sentence_has_candidates_and_the_probability_of_what_follows(model):
    with torch.no_grad():
        found = recorder.record_sentence(model, Letters(), "hello")
        probs = model(Letters()("hello", "pt").input_ids).logits[0].softmax(-1)
    assert len(found["tokens"]) == len(found["next"]) == 5
    assert found["actual_probs"][0] == pytest.approx(probs[0, ord("e") % 50].item(), abs=5e-4)
    assert found["next"][2][0][1] == pytest.approx(probs[2].max().item(), abs=5e-4)


def test_the_record_of_repeated_tokens_has_all_parts(model):
    with torch.no_grad():
        found = recorder.record_induction(model, Letters())
    assert len(found["losses"]) == 79 and len(found["weights"]) == 80
    assert len(found["removed"]["random_4"]) == 5
    assert found["head"] == next(iter(found["induction_heads"]))
