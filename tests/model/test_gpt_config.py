"""Sizes at the door: published ones by name, wrong ones refused with ones that work."""

from dataclasses import FrozenInstanceError, replace

import pytest
import torch

from gptcore.model import GPT, GPTConfig

# Radford et al. 2019 and OpenAI's release; counted by Hugging Face's model cards.
PUBLISHED = [
    ("gpt2", 12, 12, 768, 124_439_808),
    ("gpt2-medium", 24, 16, 1024, 354_823_168),
    ("gpt2-large", 36, 20, 1280, 774_030_080),
    ("gpt2-xl", 48, 25, 1600, 1_557_611_200),
    ("distilgpt2", 6, 12, 768, 81_912_576),
    ("microgpt", 1, 4, 16, 4_192),
]


def on_meta(config: GPTConfig) -> GPT:
    with torch.device("meta"):
        return GPT(config)


@pytest.mark.parametrize("name, layers, heads, width, parameters", PUBLISHED)
@pytest.mark.slow
def test_a_preset_has_the_published_sizes(name, layers, heads, width, parameters):
    config = GPTConfig.preset(name)
    assert (config.n_layer, config.n_head, config.n_embd) == (layers, heads, width)
    assert sum(on_meta(config).parameters_by_part().values()) == parameters
    if name != "microgpt":
        assert (config.vocab_size, config.block_size, config.head_dim) == (50257, 1024, 64)
        assert config.bias and config.tie_weights and config.activation == "gelu_tanh"


# nanoGPT's formula for no bias, tied head, V=50304, T=1024, L=12: V*C + T*C + L*(12*C^2 + 2*C) + C
@pytest.mark.parametrize(
    "width, heads, parameters",
    [
        (384, 12, 40_953_216),
        (480, 12, 57_827_040),
        (512, 8, 64_041_472),
        (576, 12, 77_355_072),
        (720, 12, 111_623_760),
        (768, 12, 124_373_760),
    ],
)
@pytest.mark.slow
def test_parameters_are_those_of_the_formula(width, heads, parameters):
    model = on_meta(GPTConfig(n_embd=width, n_head=heads))
    parts = model.parameters_by_part()
    assert sum(parts.values()) == parameters == sum(p.numel() for p in model.parameters())
    assert parts["attention"] == 12 * 4 * width**2 and parts["mlp"] == 12 * 8 * width**2
    assert (parts["token_embedding"], parts["position_embedding"]) == (50304 * width, 1024 * width)
    assert (parts["norms"], parts["head"]) == ((2 * 12 + 1) * width, 0)
    untied = on_meta(GPTConfig(n_embd=width, n_head=heads, tie_weights=False)).parameters_by_part()
    assert untied == {**parts, "head": 50304 * width}


def test_heads_that_do_not_fit_are_refused_with_ones_that_do():
    with pytest.raises(ValueError, match=r"set n_head to 8 or 16; .* set n_embd to 480 or 576"):
        GPTConfig(vocab_size=65, n_embd=512, n_head=12)
    for width, heads in ((512, 8), (512, 16), (480, 12), (576, 12), (504, 12), (516, 12)):
        GPTConfig(vocab_size=65, n_embd=width, n_head=heads)


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"block_size": 0}, "block_size=0 must be an integer, 1 or more."),
        ({"vocab_size": -3}, "vocab_size=-3 must be an integer, 1 or more."),
        ({"vocab_size": 50257.0}, "vocab_size=50257.0 must be an integer, 1 or more."),
        ({"n_layer": True}, "n_layer=True must be an integer, 1 or more."),
        ({"n_layer": "12"}, "n_layer='12' must be an integer, 1 or more."),
        ({"n_head": 0}, "n_head=0 must be an integer, 1 or more."),
        ({"n_embd": None}, "n_embd=None must be an integer, 1 or more."),
        (
            {"dropout": 1.0},
            "dropout=1.0 must be a number from 0 to below 1; "
            "0.1 or 0.2 is usual where a model sees the same text many times.",
        ),
        ({"dropout": -0.1}, "dropout=-0.1 must be a number from 0 to below 1"),
        ({"dropout": float("nan")}, "dropout=nan must be a number from 0 to below 1"),
        ({"dropout": "0.1"}, "dropout='0.1' must be a number from 0 to below 1"),
        ({"bias": "False"}, "bias='False' must be True or False."),
        ({"tie_weights": 1}, "tie_weights=1 must be True or False."),
        (
            {"activation": "gleu"},
            "There is no activation 'gleu'. Did you mean 'gelu'? "
            "There are: gelu, gelu_tanh, relu, relu2, silu, swiglu, geglu.",
        ),
        ({"activation": "swigelu"}, "There is no activation 'swigelu'. Did you mean"),
        (
            {"norm": "RMSNorm"},
            "There is no norm 'RMSNorm'. Did you mean 'rmsnorm'? There are: layernorm, rmsnorm.",
        ),
        ({"norm": None}, "There is no norm None."),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_every_other_wrong_value_is_refused_with_its_name_and_the_rule(wrong, words):
    with pytest.raises(ValueError) as caught:
        GPTConfig(**wrong)
    assert str(caught.value).startswith(words)


def test_the_error_for_a_misspelt_preset_names_the_nearest_one():
    with pytest.raises(ValueError) as caught:
        GPTConfig.preset("gpt2-meduim")
    assert str(caught.value) == (
        "There is no preset 'gpt2-meduim'. Did you mean 'gpt2-medium'? There are: gpt2, "
        "gpt2-medium, gpt2-large, gpt2-xl, distilgpt2, smollm2-135m, smollm2-360m, "
        "tinyllama-1.1b, llama-2-7b, qwen3-0.6b, mixtral-8x7b, microgpt."
    )


def test_sizes_do_not_change_under_a_model_and_a_change_is_checked_too():
    config = GPTConfig.preset("gpt2")
    with pytest.raises(FrozenInstanceError):
        config.n_layer = 3
    with pytest.raises(ValueError, match="n_embd=768 is not divisible by n_head=7"):
        replace(config, n_head=7)
