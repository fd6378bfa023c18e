"""What a GGUF file may not be: each is refused in one clear message, and nothing is loaded."""

import random
import struct

import pytest

torch = pytest.importorskip("torch", reason="needs: pip install torch")
transformers = pytest.importorskip("transformers", reason="needs: pip install transformers")
pytest.importorskip("gguf.quants", reason="needs: pip install gguf")
np = pytest.importorskip("numpy")

from small_gguf import random_model, write_gguf  # noqa: E402

from gptcore.formats.gguf import read_gguf  # noqa: E402
from gptcore.gguf.header import read_header  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def llama():
    return random_model("llama")


@pytest.fixture(scope="module")
def good(llama, tmp_path_factory):
    """The bytes of a file that is read."""
    return write_gguf(tmp_path_factory.mktemp("good") / "model.gguf", llama, "Q8_0").read_bytes()


def refusal(file, kind=(ValueError, OSError)):
    """The message for this file; it has the file's name and no line of a traceback."""
    with pytest.raises(kind) as caught:
        read_gguf(file)
    message = str(caught.value)
    assert str(file) in message and len(message) < 600
    assert type(caught.value) in (ValueError, OSError, FileNotFoundError)
    return message


def changed(tmp_path, llama, **options):
    return write_gguf(tmp_path / "model.gguf", llama, **options)


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("attention.scale", "float32", 0.5),
        ("attention.sliding_window", "uint32", 64),
        ("attention.clamp_kqv", "float32", 8.0),
        ("attention.causal", "bool", False),
        ("logit_scale", "float32", 0.25),
        ("final_logit_softcapping", "float32", 30.0),
        ("attn_logit_softcapping", "float32", 50.0),
        ("embedding_scale", "float32", 12.0),
        ("residual_scale", "float32", 0.5),
        ("use_parallel_residual", "bool", True),
        ("rope.scaling.type", "string", "longrope"),
        ("rope.scaling.attn_factor", "float32", 1.5),
        ("rope.dimension_count", "uint32", 8),
        ("attention.value_length", "uint32", 8),
        ("expert_shared_count", "uint32", 2),
        ("something.new", "uint32", 1),
    ],
)
def test_a_field_that_changes_what_is_computed_is_refused_by_name(
    name, kind, value, tmp_path, llama
):
    message = refusal(changed(tmp_path, llama, fields=[(name, kind, value)]), ValueError)
    assert f"llama.{name}={value!r}" in message


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("attention.head_count", "uint32", 0),
        ("attention.head_count", "string", "four"),
        ("attention.head_count_kv", "array", [2, 1]),
        ("block_count", "uint32", None),
        ("block_count", "uint32", 2**32 - 1),
        ("block_count", "uint32", 1),
        ("embedding_length", "uint32", 128),
        ("vocab_size", "uint32", 100),
        ("expert_count", "uint32", 8),
        ("rope.scaling.factor", "float32", float("nan")),
        ("rope.scaling.factor", "float32", -2.0),
        ("attention.key_length", "uint32", 15),
    ],
)
def test_a_size_that_cannot_be_is_refused(name, kind, value, tmp_path, llama):
    refusal(changed(tmp_path, llama, fields=[(name, kind, value)]), ValueError)


@pytest.mark.parametrize(
    ("fields", "scaling"),
    [
        ([("rope.scaling.type", "string", "none")], None),
        (
            [("rope.scaling.type", "string", "linear"), ("rope.scaling.factor", "float32", 4.0)],
            {"rope_type": "linear", "factor": 4.0},
        ),
        ([("rope.scale_linear", "float32", 2.0)], {"rope_type": "linear", "factor": 2.0}),
        (
            [
                ("rope.scaling.type", "string", "yarn"),
                ("rope.scaling.factor", "float32", 4.0),
                ("rope.scaling.original_context_length", "uint32", 32),
                ("rope.scaling.yarn_beta_fast", "float32", 16.0),
                ("rope.scaling.finetuned", "bool", True),
            ],
            {
                "rope_type": "yarn",
                "factor": 4.0,
                "original_max_position_embeddings": 32,
                "beta_fast": 16.0,
            },
        ),
    ],
)
def test_known_scalings_of_rope_are_read(fields, scaling, tmp_path, llama):
    config, _ = read_gguf(changed(tmp_path, llama, fields=fields))
    assert config["rope_scaling"] == scaling


def test_what_changes_nothing_is_read(tmp_path, llama):
    fields = [
        ("general.name", "string", "a name ü"),
        ("attention.causal", "bool", True),
        ("logit_scale", "float32", 1.0),
        ("tensor_data_layout", "string", "Meta AI original pth"),
        ("attention.head_count_kv", "array", [2, 2]),
        ("tokenizer.ggml.bos_token_id", "uint32", 3),
        ("tokenizer.ggml.eos_token_id", "uint32", 4_000_000_000),
    ]
    config, _ = read_gguf(changed(tmp_path, llama, fields=fields))
    assert config["num_key_value_heads"] == 2
    assert (config["bos_token_id"], config["eos_token_id"]) == (3, None)


def test_other_architectures_and_other_things_in_gguf_are_refused(tmp_path, llama, good):
    file = tmp_path / "model.gguf"
    file.write_bytes(good.replace(b"llama", b"mamba"))
    assert "general.architecture='mamba'" in refusal(file, ValueError)
    file.unlink()
    fields = [("general.type", "string", "adapter")]
    assert "general.type='adapter'" in refusal(changed(tmp_path, llama, fields=fields), ValueError)
    fields = [("split.count", "uint16", 3)]
    assert "--merge" in refusal(changed(tmp_path, llama, fields=fields), ValueError)
    fields = [("general.quantization_version", "uint32", 1)]
    assert "quantization_version=1" in refusal(changed(tmp_path, llama, fields=fields), ValueError)


def test_a_tensor_too_many_or_too_few_is_refused_by_name(tmp_path, llama):
    extra = {"blk.1.attn_sinks.weight": np.ones(4, np.float32)}
    assert "'blk.1.attn_sinks.weight'" in refusal(changed(tmp_path, llama, tensors=extra))
    missing = "blk.1.ffn_up.weight"
    assert repr(missing) in refusal(changed(tmp_path, llama, leave_out=[missing]), ValueError)
    divisors = {"rope_freqs.weight": np.linspace(1, 8, 8).astype(np.float32)}
    assert "rope_freqs.weight" in refusal(changed(tmp_path, llama, tensors=divisors), ValueError)


def test_an_unknown_quantization_is_refused_by_its_number(tmp_path, good):
    place = good.index(b"blk.0.attn_q.weight") + len(b"blk.0.attn_q.weight") + 4 + 16
    assert good[place : place + 4] == struct.pack("<I", 8)
    file = tmp_path / "model.gguf"
    for number in (5, 99, 2**32 - 1):
        file.write_bytes(good[:place] + struct.pack("<I", number) + good[place + 4 :])
        assert f"ggml's type {number}" in refusal(file, ValueError)


def test_byte_orders_and_versions_that_are_not_read_are_named(tmp_path, llama, good):
    file = write_gguf(tmp_path / "big.gguf", llama, order=">")
    assert "big-endian" in refusal(file, ValueError) and "convert-endian" in refusal(file)
    for version in (0, 1, 4, 2**31):
        file.write_bytes(good[:4] + struct.pack("<I", version) + good[8:])
        assert "version" in refusal(file, ValueError) or version == 2**31
    file.write_bytes(good[:4] + struct.pack("<I", 2) + good[8:])
    assert read_gguf(file)[0]["model_type"] == "llama"


def test_what_is_no_gguf_is_refused(tmp_path):
    for content in (b"", b"GG", b"PK\3\4" * 9, b"<html>please log in</html>", b"\0" * 100):
        file = tmp_path / "model.gguf"
        file.write_bytes(content)
        assert "is not a GGUF file" in refusal(file, ValueError)
    refusal(tmp_path / "nothing.gguf", OSError)
    refusal(tmp_path, OSError)
    with pytest.raises(ValueError, match="The GGUF file is empty"):
        read_gguf("")


def test_a_file_that_is_cut_anywhere_is_refused_before_its_numbers_are_read(
    tmp_path, good, monkeypatch
):
    monkeypatch.setattr("gptcore.formats.gguf.load_tensor", lambda *_: pytest.fail("numbers read"))
    file = tmp_path / "model.gguf"
    header_end = min(info.offset for info in _infos(tmp_path, good))
    cuts = {*range(4, 40), *range(40, header_end, 17), header_end, header_end + 1, len(good) - 40}
    for cut in sorted(cuts):
        file.write_bytes(good[:cut])
        assert "is cut" in refusal(file, OSError)


def _infos(tmp_path, content):
    file = tmp_path / "whole.gguf"
    file.write_bytes(content)
    return read_header(file).tensors.values()


@pytest.mark.parametrize("seed", range(4))
def test_changed_bytes_in_the_header_give_a_message_or_another_valid_file(seed, tmp_path, good):
    """Some changes are harmless: a letter of a name in the metadata. None ends in a traceback."""
    rng = random.Random(seed)
    file = tmp_path / "model.gguf"
    header_end = min(info.offset for info in _infos(tmp_path, good))
    refused = 0
    for _ in range(250):
        content = bytearray(good)
        for place in rng.sample(range(header_end), rng.choice([1, 1, 1, 2, 8])):
            content[place] = rng.choice([0, 1, 255, content[place] ^ (1 << rng.randrange(8))])
        file.write_bytes(content)
        try:
            config, tensors = read_gguf(file)
        except (ValueError, OSError) as error:
            assert str(file) in str(error) and len(str(error)) < 600
            assert type(error) in (ValueError, OSError)
            refused += 1
        else:
            assert len(tensors) == 21 and config["hidden_size"] == 64
    assert refused > 100
