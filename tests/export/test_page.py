"""The HTML page of a model, without a browser: its bytes, what is in it, what is refused.

tests/browser/test_own_page.py opens it.
"""

import base64
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import torch

from gptcore.export import export_gguf, export_huggingface, export_page
from gptcore.export.page import ASSETS
from gptcore.model import GPT, GPTConfig
from gptcore.quantization import quantize
from gptcore.tokenizers import BPETokenizer, CharTokenizer
from gptcore.tuning import add_lora

HOSTILE = [
    "</script><script>alert(1)</script>",
    "</script x",
    "<!-- <script>",
    "\u2028",
    "a&b",
    "$title $data",
]


@pytest.fixture(scope="module")
def alphabet():
    return CharTokenizer("abcdefghijklmnopqrstuvwxyz")


@pytest.fixture
def tiny():
    """A GPT of 27 tokens."""
    sizes = GPTConfig(vocab_size=27, block_size=12, n_layer=1, n_head=2, n_embd=8, rope=True)
    return GPT(sizes, torch.Generator().manual_seed(1)).eval()


class Elements(HTMLParser):
    """The elements of a page, as another parser sees them: (tag, attributes, text)."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append([tag, dict(attrs), ""])

    def handle_data(self, data):
        if self.found:
            self.found[-1][2] += data

    def handle_comment(self, data):
        self.found.append(["comment", {}, data])


def elements(path):
    parser = Elements()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser.found


def text_of(path, id):
    return next(text for _, attributes, text in elements(path) if attributes.get("id") == id)


def weights_of(path):
    """The tensors of a page, read by NumPy."""
    data = json.loads(text_of(path, "model"))
    flat = np.frombuffer(base64.b64decode(text_of(path, "weights")), data["dtype"])
    ends = np.cumsum([size for _, size in data["tensors"]])
    assert ends[-1] == len(flat)
    return dict(zip([name for name, _ in data["tensors"]], np.split(flat, ends[:-1])))


def test_the_same_model_gives_the_same_bytes(tiny, alphabet, tmp_path):
    one, other = tmp_path / "one.html", tmp_path / "new" / "folder" / "other.html"
    assert export_page(tiny, alphabet, one, lines=["emma"]) == one
    export_page(tiny, alphabet, other, lines=["emma"])
    assert one.read_bytes() == other.read_bytes()
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_weights_are_rounded_as_numpy_rounds_them(tiny, alphabet, tmp_path, dtype):
    stored = weights_of(export_page(tiny, alphabet, tmp_path / "page.html", dtype=dtype))
    expected = tiny.unique_state_dict()
    assert list(stored) == list(expected)
    for name, numbers in stored.items():
        assert np.array_equal(numbers, expected[name].numpy().ravel().astype(dtype))


def test_a_padded_vocabulary_is_cut_to_the_tokens(tiny, alphabet, tmp_path):
    sizes = GPTConfig(vocab_size=64, block_size=12, n_layer=1, n_head=2, n_embd=8)
    padded = GPT(sizes, torch.Generator().manual_seed(1))
    page = export_page(padded, alphabet, tmp_path / "page.html")
    assert json.loads(text_of(page, "model"))["config"]["vocab_size"] == 27
    assert weights_of(page)["wte.weight"].size == 27 * 8


def test_lines_and_title_are_data_and_never_html(tiny, tmp_path):
    tokenizer = CharTokenizer.train(HOSTILE)
    sizes = GPTConfig(vocab_size=tokenizer.vocab_size, block_size=8, n_layer=1, n_head=2, n_embd=8)
    model = GPT(sizes, torch.Generator().manual_seed(1))
    plain = export_page(model, tokenizer, tmp_path / "plain.html", title="Names")
    page = export_page(
        model, tokenizer, tmp_path / "page.html", lines=HOSTILE, title=HOSTILE[0] + "</title>"
    )
    assert [tag for tag, *_ in elements(page)] == [tag for tag, *_ in elements(plain)]
    assert json.loads(text_of(page, "model"))["lines"] == HOSTILE
    titles = [text for tag, _, text in elements(page) if tag in ("title", "bdi")]
    assert [title.strip() for title in titles] == [HOSTILE[0] + "</title>"] * 2
    assert "\u2028" not in page.read_text(encoding="utf-8")


def test_nothing_in_the_page_names_an_address(tiny, alphabet, tmp_path):
    page = export_page(tiny, alphabet, tmp_path / "page.html")
    for _, attributes, _ in elements(page):
        for name in attributes.keys() & {"src", "href", "action"}:
            assert attributes[name] == "data:,"
    assert not re.search(r"https?:|import\(|\bfetch\(|XMLHttp|WebSocket", page.read_text())


def test_the_model_in_javascript_stays_short_enough_to_read():
    lines = (ASSETS / "gpt.js").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 250
    assert max(map(len, lines)) <= 100


def export(model, tokenizer, tmp_path, **options):
    """Export what cannot be exported; nothing may be left behind."""
    try:
        export_page(model, tokenizer, tmp_path / "refused.html", **options)
    finally:
        assert not (tmp_path / "refused.html").exists()


def test_experts_are_refused_by_name(alphabet, tmp_path):
    sizes = GPTConfig(vocab_size=27, block_size=8, n_layer=1, n_head=2, n_embd=8, n_experts=2)
    with pytest.raises(ValueError, match=r"mixture of experts.*n_experts=2.*n_experts=None"):
        export(GPT(sizes), alphabet, tmp_path)


def test_adapters_are_merged_into_the_weights(tiny, alphabet, tmp_path):
    add_lora(tiny, rank=2)
    layer = tiny.h[0].attn.c_attn
    with torch.no_grad():
        layer.lora_B.fill_(0.5)
    before = layer.weight.detach().clone()
    x = torch.eye(8)
    page = export_page(tiny, alphabet, tmp_path / "page.html", dtype="float32")
    stored = weights_of(page)["h.0.attn.c_attn.weight"].reshape(before.shape)
    bias = 0 if layer.bias is None else layer.bias
    merged = (layer(x) - bias).detach().T  # what the layer computes of each unit vector
    assert np.allclose(stored, merged.numpy(), atol=1e-6)
    assert not np.allclose(stored, before.numpy(), atol=1e-2)


@pytest.mark.parametrize("exported", [export_page, export_gguf, export_huggingface])
def test_a_quantized_model_is_refused(alphabet, tmp_path, exported):
    sizes = GPTConfig(vocab_size=27, block_size=8, n_layer=1, n_head=2, n_embd=32)
    small = quantize(GPT(sizes), 8, kernel="int8_float")
    with pytest.raises(ValueError, match=r"quantized.*from which it was made"):
        exported(small, alphabet, tmp_path / "refused")
    assert not (tmp_path / "refused").exists()


def test_a_weight_that_float16_cannot_hold_is_named_and_float32_can(tiny, alphabet, tmp_path):
    with torch.no_grad():
        tiny.h[0].mlp.c_fc.weight[0, 0] = -70_000
    with pytest.raises(ValueError, match=r"h\.0\.mlp\.c_fc\.weight.*70,000.*dtype to 'float32'"):
        export(tiny, alphabet, tmp_path)
    export_page(tiny, alphabet, tmp_path / "page.html", dtype="float32")


def test_a_weight_that_is_nan_is_named(tiny, alphabet, tmp_path):
    with torch.no_grad():
        tiny.wte.weight[3, 1] = torch.nan
    with pytest.raises(ValueError, match=r"wte\.weight.*not finite"):
        export(tiny, alphabet, tmp_path)


def test_another_tokenizer_and_another_dtype_are_refused(tiny, alphabet, tmp_path):
    with pytest.raises(ValueError, match=r"29 tokens and the model 27"):
        export(tiny, CharTokenizer("abcdefghijklmnopqrstuvwxyz-'"), tmp_path)
    with pytest.raises(ValueError, match=r"no dtype 'float8'.*float16, float32"):
        export(tiny, alphabet, tmp_path, dtype="float8")


@pytest.mark.parametrize(
    "options, message",
    [
        ({"lines": "emma\nliam"}, r"lines is one text.*splitlines"),
        ({"lines": ["emma", "\ud800"]}, r"Line 1 has a lone surrogate"),
        ({"title": "\ud800"}, r"The title has a lone surrogate"),
        ({"val_loss": float("nan")}, r"val_loss=nan must be"),
    ],
    ids=["one text", "half a character", "title", "loss"],
)
def test_what_a_page_cannot_show_is_refused(tiny, alphabet, tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        export(tiny, alphabet, tmp_path, **options)


def test_a_folder_is_not_overwritten(tiny, alphabet, tmp_path):
    with pytest.raises(ValueError, match=r"is a folder.*page\.html"):
        export_page(tiny, alphabet, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_tokenizers_that_split_in_other_ways_are_refused(tiny, tmp_path):
    own = BPETokenizer([], pattern=r"[a-z]|(?s:.)")
    sizes = GPTConfig(vocab_size=own.vocab_size, block_size=8, n_layer=1, n_head=2, n_embd=8)
    with pytest.raises(ValueError, match=r"this BPETokenizer.*gpt2, gpt4, gpt4o, none"):
        export(GPT(sizes), own, tmp_path)
