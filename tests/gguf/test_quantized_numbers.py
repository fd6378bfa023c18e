"""Quantized numbers, row order and divisors of RoPE, against others or a second way."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs: pip install torch")
quants = pytest.importorskip("gguf.quants", reason="needs: pip install gguf")
gguf = pytest.importorskip("gguf", reason="needs: pip install gguf")

from gptcore.gguf.dequantize import TYPES, dequantize  # noqa: E402
from gptcore.gguf.tensors import halves_from_neighbours, llama3_scaling  # noqa: E402
from gptcore.optional import PackageMissingError  # noqa: E402

WRITTEN = ("F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0")  # the package can write these


def bytes_of(array):
    return torch.from_numpy(np.ascontiguousarray(array).view(np.uint8).reshape(-1).copy())


def test_the_table_of_types_is_that_of_the_package():
    for number, kind in TYPES.items():
        theirs = gguf.GGMLQuantizationType(number)
        assert kind.name == theirs.name
        assert (kind.block_numbers, kind.block_bytes) == gguf.GGML_QUANT_SIZES[theirs]


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_numbers_that_were_quantized_are_unpacked_as_the_package_does(name, scale):
    rng = np.random.default_rng(1)
    numbers = (rng.standard_normal((64, 256)) * scale).astype(np.float32)
    kind = gguf.GGMLQuantizationType[name]
    stored = quants.quantize(numbers, kind)
    ours = dequantize(bytes_of(stored), TYPES[kind.value]).float().numpy()
    assert np.array_equal(ours, quants.dequantize(stored, kind).reshape(-1))
    assert np.abs(ours - numbers.reshape(-1)).max() < 0.4 * scale  # and near what was stored


@pytest.mark.parametrize("number", TYPES)
def test_any_bytes_are_unpacked_as_the_package_does(number):
    """Also scales that are not a number or infinite, as a damaged file may have."""
    kind = TYPES[number]
    stored = np.random.default_rng(number).integers(0, 256, (2000, kind.block_bytes), np.uint8)
    with np.errstate(all="ignore"):  # the package multiplies infinity by 0
        theirs = quants.dequantize(stored, gguf.GGMLQuantizationType(number)).reshape(-1)
    ours = dequantize(bytes_of(stored), kind).float().numpy()
    assert np.array_equal(ours, theirs, equal_nan=True)


def test_without_the_package_only_rare_types_are_refused_and_it_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gguf", None)
    monkeypatch.setitem(__import__("sys").modules, "gguf.quants", None)
    for number, kind in TYPES.items():
        raw = torch.zeros(kind.block_bytes, dtype=torch.uint8)
        if kind.name in ("F32", "F16", "BF16", "Q4_0", "Q4_1", "Q8_0"):
            assert dequantize(raw, kind).shape == (kind.block_numbers,)
        else:
            with pytest.raises(PackageMissingError, match=f"{kind.name} .*pip install gguf"):
                dequantize(raw, TYPES[number])


def rotate(vectors, position, partner_of):
    """RoPE written as rotations in a plane: (heads, D) -> (heads, D)."""
    D = vectors.shape[-1]
    rotated = vectors.clone()
    for i in range(D // 2):
        a, b = partner_of(i, D)
        angle = torch.tensor(position * 10000.0 ** (-2 * i / D), dtype=torch.double)
        x, y = vectors[:, a], vectors[:, b]
        rotated[:, a] = x * angle.cos() - y * angle.sin()
        rotated[:, b] = x * angle.sin() + y * angle.cos()
    return rotated


def neighbours(i, D):
    return 2 * i, 2 * i + 1


def halves(i, D):
    return i, i + D // 2


def test_scores_are_equal_when_neighbours_or_halves_are_rotated():
    generator = torch.Generator().manual_seed(1)
    heads, D, C = 3, 8, 24
    q, k = torch.randn(2, heads * D, C, dtype=torch.double, generator=generator)
    x, y = torch.randn(2, C, dtype=torch.double, generator=generator)

    def scores(q, k, partner_of):
        queries = rotate((q @ x).view(heads, D), 7, partner_of)
        return (queries * rotate((k @ y).view(heads, D), 3, partner_of)).sum(dim=-1)

    in_file = scores(q, k, neighbours)
    ours = scores(halves_from_neighbours(q, heads), halves_from_neighbours(k, heads), halves)
    assert torch.allclose(ours, in_file)
    assert not torch.allclose(scores(q, k, halves), in_file)


@pytest.mark.parametrize(("factor", "theta", "D"), [(8.0, 500000.0, 128), (32.0, 500000.0, 64)])
def test_the_divisors_of_llama_3_become_its_scaling(factor, theta, D, tmp_path):
    transformers = pytest.importorskip("transformers", reason="needs: pip install transformers")
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS  # noqa: PLC0415

    scaling = {
        "rope_type": "llama3",
        "factor": factor,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    }
    config = transformers.LlamaConfig(
        head_dim=D,
        hidden_size=D * 4,
        num_attention_heads=4,
        max_position_embeddings=131072,
        rope_parameters={**scaling, "rope_theta": theta},
    )
    scaled, _ = ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")
    plain = theta ** -(torch.arange(0, D, 2).double() / D)
    ours = {"head_dim": D, "rope_theta": theta, "rope_scaling": None}
    assert llama3_scaling((plain / scaled).float(), ours, tmp_path) == scaling
    with pytest.raises(ValueError, match="not as Llama 3"):
        llama3_scaling((plain / scaled).float() ** 1.1, ours, tmp_path)
