"""Products of 32-bit matrices on processors by AMD: by oneDNN, twice as fast as by MKL.

PyTorch multiplies with Intel's MKL, which uses half the width of an AMD processor that has AVX-512.
PyTorch also brings oneDNN, which uses all of it, for tensors in a layout of its own; copying them
there and back costs less than is won. The numbers keep their 32 bits, and are added up in another
order.
Left out on purpose: products inside attention, which are small; narrower formats, for which PyTorch
takes oneDNN by itself; other makers, on whose processors nothing is won.
Source: measured here, see benchmarks/LOG.md.
"""

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

from gptcore.training.machine import made_by_amd


class ByOneDNN(TorchFunctionMode):
    """Inside `with`, linear layers are computed by oneDNN; on the way back, too.

    Example: with ByOneDNN(): loss = model(x, y)[1]
    """

    def __torch_function__(self, function, types, given=(), named=None):
        if function is F.linear and given[0].dtype == torch.float32:
            x, *rest = given
            return F.linear(x.to_mkldnn(), *rest).to_dense()
        return function(*given, **(named or {}))


def is_faster() -> bool:
    """Whether this is such a processor."""
    wide = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    return wide and torch.backends.mkldnn.is_available() and made_by_amd()
