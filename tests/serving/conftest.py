"""What tests of serving share: one thread, small models in 64 bits, and each text by itself."""

import pytest
import torch

from gptcore.model import GPT, GPTConfig
from gptcore.sampling import generate_cached
from gptcore.serving import Request

SIZES = {"block_size": 32, "vocab_size": 5, "n_layer": 2, "n_head": 4, "n_embd": 16}


@pytest.fixture(scope="package", autouse=True)
def one_core():
    """Tests run beside others; cores that wait for each other are slower than one."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def small_model():
    """Makes a model whose logits differ a lot between texts, in 64 bits."""

    def make(scale: float = 12.0, seed: int = 0, **options) -> GPT:
        model = GPT(GPTConfig(**SIZES | options), torch.Generator().manual_seed(seed)).double()
        with torch.no_grad():
            for weight in model.parameters():
                if weight.dim() == 2:
                    weight.mul_(scale)
        return model.eval()

    return make


@pytest.fixture(scope="session")
def by_itself():
    """What a request generates without an engine: the second way to compute it."""

    def generate(model: GPT, request: Request) -> list[int]:
        params = request.params
        return list(
            generate_cached(
                *(model, request.prompt, request.max_new_tokens),
                temperature=params.temperature,
                top_k=params.top_k,
                top_p=params.top_p,
                min_p=params.min_p,
                seed=params.seed,
                stop=params.stop_ids,
            )
        )

    return generate
