"""A GPT with its cache says what it says without: any prompt, any batch, far beyond block_size."""

import random

import pytest
import torch

from gptcore.model import GPT, GPTConfig
from gptcore.sampling import generate, generate_cached, window_start
from gptcore.sampling.cached_generation import apply_repetition_penalty

pytestmark = pytest.mark.slow

T, V = 12, 37
PROMPTS = [[random.Random(n).randrange(V) for _ in range(n)] for n in range(1, 3 * T + 1)]


@pytest.fixture(scope="module", params=[True, False], ids=["fused", "written out"])
def model(request) -> GPT:
    """Weights so large that what it says depends on all that it reads."""
    config = GPTConfig(
        block_size=T,
        vocab_size=V,
        n_layer=2,
        n_head=3,
        n_embd=12,
        bias=True,
        use_sdpa=request.param,
    )
    gpt = GPT(config, torch.Generator().manual_seed(8)).eval()
    with torch.no_grad():
        for weight in gpt.parameters():
            weight.mul_(7)
    return gpt


def uncached(gpt: GPT, prompt: list[int], n: int, stride: int = 1) -> list[int]:
    """Every token from the full window, computed again; this is what the cache must not change."""
    text = list(prompt)
    for _ in range(n):
        window = text[window_start(len(text), T, stride) :]
        with torch.no_grad():
            text.append(int(gpt(torch.tensor([window]))[0][0, -1].argmax()))
    return text[len(prompt) :]


# The window


def test_the_window_slides_token_by_token_or_in_strides():
    assert [window_start(n, 4) for n in range(1, 9)] == [0, 0, 0, 0, 1, 2, 3, 4]
    assert [window_start(n, 4, stride=3) for n in range(1, 13)] == [0] * 4 + [3] * 3 + [6] * 3 + [
        9
    ] * 2


@pytest.mark.parametrize("stride", [1, 5, T - 1])
@pytest.mark.slow
def test_greedy_tokens_are_those_without_a_cache_from_1_to_3_times_block_size(model, stride):
    for prompt in PROMPTS:
        wanted = uncached(model, prompt, 15, stride)
        assert list(generate_cached(model, prompt, 15, temperature=0, stride=stride)) == wanted


@pytest.mark.parametrize("stride", [1, 5])
@pytest.mark.slow
def test_a_batch_of_prompts_of_all_lengths_generates_what_each_generates_alone(model, stride):
    columns = list(generate_cached(model, PROMPTS, 15, temperature=0, stride=stride))
    for row, prompt in enumerate(PROMPTS):
        assert [column[row] for column in columns] == uncached(model, prompt, 15, stride)


@pytest.mark.slow
def test_stride_1_is_generation_from_the_last_block_size_tokens(model):
    for prompt in PROMPTS[::5]:
        for options in ({"temperature": 0}, {"seed": 3, "temperature": 0.8, "top_p": 0.9}):
            wanted = list(generate(model.next_logits, prompt, 20, **options))
            assert list(generate_cached(model, prompt, 20, **options)) == wanted


@pytest.mark.slow
def test_the_tokens_depend_on_the_prompt_so_that_equal_means_something(model):
    generated = {tuple(generate_cached(model, prompt, 15, temperature=0)) for prompt in PROMPTS}
    assert len(generated) > len(PROMPTS) / 2


def test_each_token_is_computed_once_until_the_window_is_full(model, monkeypatch):
    lengths = []
    forward = GPT.forward_hidden
    monkeypatch.setattr(
        GPT,
        "forward_hidden",
        lambda self, ids, **o: lengths.append(ids.shape[1]) or forward(self, ids, **o),
    )
    list(generate_cached(model, [1, 2, 3], T + 1, temperature=0))
    assert lengths == [3] + [1] * (T - 3) + [T] * 3
    lengths.clear()
    list(generate_cached(model, [1, 2, 3], 2 * T, temperature=0, stride=T // 2))
    assert lengths == [3] + [1] * (T - 3) + 2 * ([T // 2 + 1] + [1] * (T // 2 - 1)) + [
        T // 2 + 1,
        1,
    ]


# Streams, batches, randomness


def test_one_prompt_streams_tokens_and_several_stream_a_token_for_each(model):
    one = generate_cached(model, [3, 4], 5, temperature=0)
    assert isinstance(next(one), int)
    several = generate_cached(model, [[3, 4], [5]], 5, temperature=0)
    first = next(several)
    assert len(first) == 2 and all(isinstance(token, int) for token in first)
    tensors = generate_cached(model, torch.tensor([[3, 4], [5, 6]]), 5, temperature=0)
    assert next(tensors)[0] == first[0]
    assert list(generate_cached(model, torch.tensor([3, 4]), 1, temperature=0)) == [first[0]]
    assert list(generate_cached(model, [[3]], 0)) == []


def test_a_text_that_ends_is_none_from_then_on_and_the_others_go_on(model):
    free = list(generate_cached(model, PROMPTS[:20], 30, temperature=0))
    stop = free[4][0]
    stopped = list(generate_cached(model, PROMPTS[:20], 30, temperature=0, stop=stop))
    lengths = set()
    for row in range(20):
        generated = [column[row] for column in free]
        kept = generated[: generated.index(stop)] if stop in generated else generated
        assert [column[row] for column in stopped] == (kept + [None] * 30)[: len(stopped)]
        lengths.add(len(kept))
    assert len(lengths) > 3 and len(stopped) == max(lengths)


def test_when_all_have_ended_the_stream_ends(model):
    generated = list(generate_cached(model, [3, 4], 30, temperature=0))
    assert list(generate_cached(model, [3, 4], 30, temperature=0, stop=set(generated))) == []
    until = list(generate_cached(model, [3, 4], 30, temperature=0, stop=generated[7]))
    assert until == generated[: generated.index(generated[7])]


@pytest.mark.slow
def test_text_b_is_the_same_alone_with_seed_plus_b_as_in_a_batch(model):
    batch = list(generate_cached(model, PROMPTS[:6], 20, seed=11))
    for b in range(6):
        by_itself = list(generate_cached(model, PROMPTS[b], 20, seed=11 + b))
        assert [column[b] for column in batch] == by_itself
    assert batch != list(generate_cached(model, PROMPTS[:6], 20, seed=12))


def test_a_model_in_training_mode_generates_without_dropout_and_stays_in_training_mode(model):
    dropping = GPT(
        GPTConfig(block_size=T, vocab_size=V, n_layer=1, n_head=2, n_embd=8, dropout=0.5)
    )
    one, same = (list(generate_cached(dropping, [1], 20, temperature=0)) for _ in range(2))
    assert one == same and dropping.training and dropping.h[0].mlp.dropout.training


def test_the_prompts_are_left_as_they_were(model):
    prompts = [[1, 2], [3]]
    list(generate_cached(model, prompts, 3))
    assert prompts == [[1, 2], [3]]


# Against transformers


@pytest.fixture(scope="module")
def hf_model(model, tmp_path_factory):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    folder = tmp_path_factory.mktemp("hf")
    model.to_hf(folder)
    return transformers.GPT2LMHeadModel.from_pretrained(folder).eval()


@pytest.mark.parametrize("penalty", [1.0, 1.3, 0.8])
@pytest.mark.slow
def test_greedy_tokens_and_the_repetition_penalty_are_those_of_transformers(
    model, hf_model, penalty
):
    for prompt in PROMPTS[:4]:
        n = T - len(prompt)
        expected = hf_model.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt)),
            max_new_tokens=n,
            do_sample=False,
            repetition_penalty=penalty,
            pad_token_id=0,
            eos_token_id=None,
        )[0, len(prompt) :].tolist()
        options = {"temperature": 0, "repetition_penalty": penalty}
        assert list(generate_cached(model, prompt, n, **options)) == expected
        assert next(generate_cached(model, [[5], prompt], n, **options))[1] == expected[0]


@pytest.mark.parametrize("penalty", [1.3, 0.8])
def test_the_repetition_penalty_lowers_logits_also_below_0(penalty):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    logits = torch.randn(2, V, generator=torch.Generator().manual_seed(1))
    texts, before = [[1, 5, 5, 9, 30], [0, 2, 3, 4, 36]], logits.clone()
    hf_model = transformers.RepetitionPenaltyLogitsProcessor(penalty)
    wanted = hf_model(torch.tensor(texts), logits.clone())
    assert torch.equal(apply_repetition_penalty(logits, texts, penalty), wanted) and torch.equal(
        logits, before
    )


# What it refuses


@pytest.mark.parametrize(
    "prompts, options, words",
    [
        ([], {}, "The prompt is empty, and a model needs at least one token"),
        ([[1], []], {}, "The prompt is empty"),
        ("once", {}, r"A prompt is a list of token ids, .* got 'once'"),
        ([1, "a"], {}, r"A prompt is a list of token ids, .* got 'a' in it"),
        ([1, 37], {}, "The prompt has 37 at row 0, position 1; .* from 0 to 36"),
        ([[1], [2, -1]], {}, "The prompt has -1 at row 1, position 1"),
        ([1], {"repetition_penalty": 0}, "repetition_penalty=0 must be above 0: 1 changes nothing"),
        ([1], {"stride": 0}, "stride=0 must be an integer from 1 .exact. to 11, one less than"),
        ([1], {"stride": 12}, "stride=12 must be an integer"),
        ([1], {"temperature": -1}, "temperature=-1 must be 0"),
        ([1], {"top_k": 0}, "top_k=0 would leave no token"),
    ],
    ids=str,
)
def test_wrong_arguments_are_refused_before_the_first_token(model, prompts, options, words):
    with pytest.raises(ValueError, match=words):
        generate_cached(model, prompts, 5, **options)


def test_weights_that_are_nan_are_refused(model):
    broken = GPT(model.config)
    with torch.no_grad():
        broken.ln_f.weight.fill_(float("nan"))
    for options in ({"temperature": 0}, {"top_k": 3}):
        with pytest.raises(ValueError, match=r"got nan. A NaN .* look at the loss"):
            list(generate_cached(broken, [1, 2], 3, **options))
