"""Prompts of any length, ended at any time, in any order: each says what it says alone.

The truth is the model itself, asked about the last `block_size` tokens without any cache.
"""

import random

import numpy as np
import pytest
import torch

from gptcore.model import GPT, GPTConfig
from gptcore.sampling import KVCache, generate, generate_cached, next_token, next_tokens

pytestmark = pytest.mark.slow

T, V = 12, 19


@pytest.fixture(scope="module", params=["learned positions", "rotary positions"])
def model(request) -> GPT:
    rope = request.param == "rotary positions"
    sizes = {"block_size": T, "vocab_size": V, "n_layer": 2, "n_head": 2, "n_embd": 16}
    gpt = GPT(GPTConfig(**sizes, rope=rope, qk_norm=rope), torch.Generator().manual_seed(3)).eval()
    with torch.no_grad():
        for weight in gpt.parameters():
            weight.mul_(6)
    return gpt


def by_itself(gpt: GPT, prompt: list[int], n: int, stop: set[int], **options) -> list[int]:
    """Token by token with `next_token`, every window computed again."""
    rng, text = random.Random(options.pop("seed")), list(prompt)
    for _ in range(n):
        token = next_token(gpt.next_logits(text), rng=rng, **options)
        if token in stop:
            break
        text.append(token)
    return text[len(prompt) :]


@pytest.mark.parametrize("case", range(16))
def test_a_batch_generates_what_each_prompt_generates_alone(model, case):
    rng = random.Random(case)
    prompts = [
        [rng.randrange(V) for _ in range(rng.choice([1, 2, 5, T - 1, T, T + 3]))]
        for _ in range(rng.randint(1, 6))
    ]
    stop = set(rng.sample(range(V), rng.choice([0, 1, 4])))
    options = {"temperature": rng.choice([0, 0.7, 1.5]), "top_k": rng.choice([None, 5])}
    n, seed = rng.randint(1, 18), rng.randrange(100)
    columns = list(generate_cached(model, prompts, n, seed=seed, stop=stop, **options))
    for row, prompt in enumerate(prompts):
        wanted = by_itself(model, prompt, n, stop, seed=seed + row, **options)
        generated = [column[row] for column in columns]
        assert generated == wanted + [None] * (len(columns) - len(wanted))


def test_the_longest_text_may_end_first(model):
    """Then the cache is as long as the longest text that is left."""
    long, short = list(range(T - 1)), [3]
    first = next(generate_cached(model, long, 1, temperature=0))
    columns = list(generate_cached(model, [long, short], 2 * T, temperature=0, stop=first))
    wanted = by_itself(model, short, 2 * T, {first}, temperature=0, seed=0)
    assert [column[0] for column in columns] == [None] * len(columns)
    assert [column[1] for column in columns] == wanted


KINDS = {
    "NumPy's array": np.array,
    "int32 array": lambda ids: np.array(ids, dtype=np.int32),
    "uint16 array": lambda ids: np.array(ids, dtype=np.uint16),
    "tensor": torch.tensor,
    "int32 tensor": lambda ids: torch.tensor(ids, dtype=torch.int32),
    "list of NumPy's scalars": lambda ids: [np.int64(token) for token in ids],
    "list of tensors": lambda ids: [torch.tensor(token) for token in ids],
    "tuple": tuple,
}


@pytest.mark.parametrize("kind", KINDS)
def test_integers_of_every_kind_are_prompts_stops_sizes_and_seeds(model, kind):
    make, prompt = KINDS[kind], [4, 8, 2]
    wanted = list(generate_cached(model, prompt, 9, seed=5, stop=[7, 1], top_k=6))
    options = {"seed": make([5])[0], "stop": make([7, 1]), "top_k": make([6])[0]}
    assert list(generate_cached(model, make(prompt), make([9])[0], **options)) == wanted
    assert list(generate(model.next_logits, make(prompt), make([9])[0], **options)) == wanted
    batch = list(generate_cached(model, [make(prompt), make([3])], make([9])[0], **options))
    assert [column[0] for column in batch if column[0] is not None] == wanted
    one_stop = list(generate_cached(model, prompt, 9, seed=5, stop=make([wanted[2]])[0], top_k=6))
    assert one_stop == wanted[: wanted.index(wanted[2])]
    assert all(type(token) is int for token in wanted)


def test_a_two_dimensional_array_is_a_batch(model):
    rows = [[1, 2, 3], [4, 5, 6]]
    wanted = list(generate_cached(model, rows, 4, temperature=0))
    for batch in (np.array(rows), torch.tensor(rows), torch.tensor(rows, dtype=torch.int32)):
        assert list(generate_cached(model, batch, 4, temperature=0)) == wanted


@pytest.mark.parametrize(
    "change, words",
    [
        ({"stop": 3.0}, "stop is one token id, or is a list of token ids.* got 3.0"),
        ({"stop": True}, "stop is one token id"),
        ({"stop": "a"}, "stop is one token id"),
        ({"stop": [1, None]}, "got None in it"),
        ({"seed": 1.5}, "seed=1.5 must be an integer"),
        ({"seed": None}, "seed=None must be an integer"),
        ({"top_k": 2.0}, "top_k=2.0 must be an integer"),
        ({"top_k": True}, "top_k=True must be an integer"),
        ({"temperature": "hot"}, "temperature='hot' must be one number"),
        ({"temperature": True}, "temperature=True must be one number"),
        ({"temperature": float("nan")}, "temperature=nan must be 0"),
        ({"top_p": None}, "top_p=None must be one number"),
        ({"min_p": float("nan")}, "min_p=nan must be from 0"),
        ({"n": True}, "n=True must be an integer"),
        ({"n": float("nan")}, "n=nan must be an integer"),
        ({"prompt": [1, True]}, "got True in it"),
        ({"prompt": [1, 2.0]}, "got 2.0 in it"),
        ({"prompt": np.array([1.0, 2.0])}, "got 1.0 in it"),
        ({"prompt": torch.tensor([[[1]]])}, "got .* in it. This is a batch"),
        ({"prompt": torch.tensor(3)}, "A prompt is a list of token ids, .* got 3"),
        ({"prompt": np.zeros((0, 3), int)}, "There are no prompts"),
    ],
    ids=str,
)
def test_what_is_not_an_integer_or_a_number_is_refused_in_one_clear_message(model, change, words):
    arguments = {"prompt": [1], "n": 3, **change}
    prompt, n = arguments.pop("prompt"), arguments.pop("n")
    with pytest.raises(ValueError, match=words):
        generate_cached(model, prompt, n, **arguments)
    if "no prompts" not in words and "batch" not in words:
        with pytest.raises(ValueError, match=words):
            generate(model.next_logits, prompt, n, **arguments)


@pytest.mark.parametrize("option", ["repetition_penalty", "stride"])
@pytest.mark.parametrize("value", [True, "2", None, float("nan"), 2.5j])
def test_options_of_the_cache_are_checked_in_the_same_way(model, option, value):
    with pytest.raises(ValueError, match=f"{option}="):
        generate_cached(model, [1], 3, **{option: value})


# The KV cache by itself


def test_a_cache_refuses_more_than_max_seq_len_and_the_advice_works(model):
    cache = KVCache(model, batch_size=np.int64(1), max_seq_len=torch.tensor(3))
    cache.next_logits([[1, 2, 3]])
    with pytest.raises(ValueError, match=r"max_seq_len=3 tokens of each text, .* have 4") as caught:
        cache.next_logits([[4]])
    assert "max_seq_len=4" in str(caught.value)
    bigger = KVCache(model, batch_size=1, max_seq_len=4)
    bigger.next_logits([[1, 2, 3]])
    wanted = model.next_logits([1, 2, 3, 4])
    assert torch.allclose(bigger.next_logits([[4]])[0], wanted, atol=1e-4)


@pytest.mark.parametrize("new_tokens", [[[1]], [[1], []], [[1], [2], [3]]], ids=str)
def test_a_cache_of_two_texts_takes_two_lists_that_are_not_empty(model, new_tokens):
    with pytest.raises(ValueError, match="holds 2 texts"):
        KVCache(model, batch_size=2, max_seq_len=5).next_logits(new_tokens)


@pytest.mark.parametrize("max_seq_len", [0, -1, 2.0, True])
def test_max_seq_len_is_an_integer_above_0(model, max_seq_len):
    with pytest.raises(ValueError, match=r"max_seq_len=.* must be an integer, 1 or more"):
        KVCache(model, batch_size=1, max_seq_len=max_seq_len)


# A row for each generator


def test_each_row_of_logits_needs_a_generator_of_its_own():
    logits = torch.zeros(3, 5)
    with pytest.raises(ValueError, match="3 rows of logits and 1 generators"):
        next_tokens(logits, rngs=[random.Random(1)])
    for odd in (torch.zeros(5), torch.zeros(0, 5), [[0.0]], torch.zeros(1, 2, 3)):
        with pytest.raises(ValueError, match=r"a tensor of shape \(B, V\)"):
            next_tokens(odd, rngs=[random.Random(1)])


@pytest.mark.parametrize("option", [{"top_k": 0}, {"top_p": 0.0}, {"temperature": -1}])
def test_options_out_of_range_are_refused_for_rows_as_for_one(option):
    with pytest.raises(ValueError, match=next(iter(option))):
        next_tokens(torch.zeros(1, 5), rngs=[random.Random(1)], **option)


class AlmostOne:
    def random(self):
        return 1 - 2**-53


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_largest_random_number_gives_the_last_possible_token(dtype):
    logits = torch.tensor([[1.0, 2.0, 3.0, 0.0]], dtype=dtype)
    assert next_tokens(logits, rngs=[AlmostOne()]) == [3]
    assert next_tokens(logits, top_k=2, rngs=[AlmostOne()]) == [2]
    impossible = torch.tensor([[1.0, 2.0, float("-inf")]], dtype=dtype)
    assert next_tokens(impossible, rngs=[AlmostOne()]) == [1]


@pytest.mark.parametrize("temperature", [1e-320, 1e-45, 1e-30, 1e30])
def test_very_cold_and_very_hot_rows_have_no_nan(temperature):
    row = torch.tensor([[1.0, 2.0, 1.5]])
    drawn = next_tokens(row, temperature, rngs=[random.Random(1)])
    assert drawn == [next_token(row[0], temperature, rng=random.Random(1))]
