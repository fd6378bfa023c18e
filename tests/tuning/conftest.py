"""What tests of tuning share."""

import pytest
import torch


@pytest.fixture(scope="package", autouse=True)
def one_core():
    """Tests run beside others; cores that wait for each other are slower than one."""
    torch.set_num_threads(1)
