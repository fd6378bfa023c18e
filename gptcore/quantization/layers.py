"""The layers of a quantized model: what `nn.Linear` and `nn.Embedding` are in a plain one."""

import torch
from torch import Tensor, nn

from gptcore.quantization.kernels import Kernel, Packed
from gptcore.quantization.rounding import QuantizedWeight


class QuantizedLinear(nn.Module):
    """A linear layer with integer weights; activations go in and come out as they are.

    Args:
        weight: The integers and scales, shape (D, C).
        bias: Shape (D,), or None.
        kernel: How they are multiplied.

    Example:
        >>> weight = quantize_int8(torch.eye(2))
        >>> QuantizedLinear(weight, None, KERNELS["int8_float"])(torch.tensor([[1.0, 2.0]]))
        tensor([[1., 2.]])
    """

    def __init__(self, weight: QuantizedWeight, bias: Tensor | None, kernel: Kernel) -> None:
        super().__init__()
        self.out_features, self.in_features = weight.q.shape
        self.kernel = kernel
        self.bias = None if bias is None else nn.Parameter(bias.detach(), requires_grad=False)
        self.packed: Packed = kernel.pack(weight)

    def forward(self, x: Tensor) -> Tensor:
        """The output of the layer.

        Args:
            x: Shape (..., C).

        Returns:
            Shape (..., D), in the dtype of `x`.
        """
        rows = x.reshape(-1, self.in_features).float()  # (M, C)
        y = self.kernel.linear(rows, self.packed)  # (M, C) -> (M, D)
        if self.bias is not None:
            y = y + self.bias
        return y.view(*x.shape[:-1], self.out_features).to(x.dtype)

    @property
    def quantized(self) -> QuantizedWeight:
        """The integers and scales."""
        return self.kernel.unpack(self.packed)

    @property
    def weight(self) -> Tensor:
        """The dequantized weights, shape (D, C); computed at each use."""
        return self.quantized.dequantize()

    @property
    def num_bytes(self) -> int:
        """Bytes of the packed weights and the bias."""
        bias = [] if self.bias is None else [self.bias]
        return sum(tensor.nbytes for tensor in [*self.packed, *bias])


class QuantizedEmbedding(nn.Module):
    """A token embedding of 8 bits; it may share its integers with the head.

    Args:
        weight: The integers and scales, shape (V, C), of 8 bits.

    Example:
        >>> QuantizedEmbedding(quantize_int8(torch.eye(2)))(torch.tensor([1]))
        tensor([[0., 1.]])
    """

    def __init__(self, weight: QuantizedWeight) -> None:
        super().__init__()
        self.quantized = weight
        self.num_embeddings, self.embedding_dim = weight.q.shape

    def forward(self, ids: Tensor) -> Tensor:
        """The vectors of tokens.

        Args:
            ids: Token ids, any shape.

        Returns:
            Shape (..., C), float32.
        """
        return self.quantized.q[ids].float() * self.quantized.scale[ids]

    @property
    def weight(self) -> Tensor:
        """The dequantized vectors, shape (V, C); computed at each use."""
        return self.quantized.dequantize()


def shares_weights(head: nn.Module, embedding: nn.Module) -> bool:
    """Whether a quantized head and embedding have the same integers in memory.

    Args:
        head: The output head.
        embedding: The token embedding.
    """
    if not isinstance(head, QuantizedLinear) or not isinstance(embedding, QuantizedEmbedding):
        return False
    q: torch.Tensor = embedding.quantized.q
    return head.packed[0].data_ptr() == q.data_ptr()
