"""What tests of the model share: a small lively GPT, and transformers' GPT-2 beside it."""

import pytest
import torch

from gptcore.model import GPT, GPTConfig

# All sizes differ, or a swapped axis passes unseen.
SMALL = GPTConfig(block_size=11, vocab_size=29, n_layer=3, n_head=2, n_embd=10)


@pytest.fixture(scope="session", autouse=True)
def one_core():
    """Tests run beside others; cores that wait for each other are slower than one."""
    torch.set_num_threads(1)


@pytest.fixture
def lively():
    """Makes a GPT with weights so large that heads and layers differ."""

    def make(config: GPTConfig = SMALL, scale: float = 8.0) -> GPT:
        model = GPT(config, torch.Generator().manual_seed(1)).eval()
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if weight.dim() == 2:
                    weight.mul_(scale)
                elif name.endswith("bias"):
                    weight.normal_(0, 0.3, generator=torch.Generator().manual_seed(2))
        return model

    return make
