"""What tests of exports share: small models with weights so large that everything shows."""

import torch

from gptcore.model import GPT, GPTConfig
from gptcore.tokenizers import Tokenizer

LLAMA = {"rope": True, "norm": "rmsnorm", "rmsnorm_weight": True, "activation": "swiglu"}
SWITCHES = {  # of models that the formats hold
    "gpt2": {"bias": True, "activation": "gelu_tanh"},
    "gpt2 without bias, untied": {"activation": "gelu_tanh", "tie_weights": False},
    "llama": LLAMA,
    "llama, no norm weights, untied": {**LLAMA, "rmsnorm_weight": False, "tie_weights": False},
    "llama, grouped, interleaved": {**LLAMA, "n_kv_head": 2, "rope_interleaved": True},
    "llama with bias, wide heads": {**LLAMA, "bias": True, "head_size": 16},
    "qwen2": {**LLAMA, "qkv_bias": True, "n_kv_head": 2},
    "qwen3": {**LLAMA, "qk_norm": True},
    "mixtral": {**LLAMA, "n_experts": 4, "n_kv_head": 1},
    "linear": {
        **LLAMA,
        "rope_scaling": {"type": "linear", "factor": 2.0, "original_block_size": 64},
    },
    "yarn": {
        **LLAMA,
        "rope_scaling": {"type": "yarn", "factor": 4.0, "original_block_size": 16},
    },
    "llama3": {
        **LLAMA,
        "rope_theta": 500000.0,
        "rope_scaling": {"type": "llama3", "factor": 8.0, "original_block_size": 8192},
    },
}
# Of gptcore new and of fast presets: transformers has them, llama.cpp does not.
FAST = {
    "ReLU squared": {**LLAMA, "activation": "relu2", "bias": True},
    "ReLU squared, QK-norm, no norm weights": {
        **{"rope": True, "norm": "rmsnorm", "activation": "relu2", "qk_norm": True},
        "tie_weights": False,
    },
}
LETTERS = "abcdefghijklmnopqrstuvwxyz .,'éß€🙂"
TEXT = "the cat sat on the mat. it's the 3rd cat, and  the hat\n is étonnant 🙂"


def small_model(tokenizer: Tokenizer, **switches) -> GPT:
    """A model with rows of padding, whose weights, biases and norms are all random."""
    sizes = {"block_size": 64, "n_layer": 2, "n_head": 4, "n_embd": 32}
    sizes |= {"activation": "gelu_tanh"} | switches
    padded = -(-tokenizer.vocab_size // 64) * 64
    model = GPT(GPTConfig(vocab_size=padded, **sizes), torch.Generator().manual_seed(1))
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.mul_(6)
            else:
                weight.normal_(0.5, 0.3, generator=generator)
    return model.eval()
