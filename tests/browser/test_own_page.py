"""A model in one HTML file, as a reader opens it: from the disk, without a network."""

from base64 import b64encode
from dataclasses import replace

import pytest
import torch

from gptcore.export import export_page
from gptcore.export.page_weights import describe_model
from gptcore.model import GPT, GPTConfig, RopeScaling
from gptcore.next_token import next_probabilities
from gptcore.tokenizers import CharTokenizer

pytestmark = pytest.mark.browser

BASE = GPTConfig(block_size=24, vocab_size=31, n_layer=2, n_head=4, n_embd=32)
LLAMA = {"rope": True, "norm": "rmsnorm", "rmsnorm_weight": True, "tie_weights": False}
CONFIGS = {
    "GPT-2": {"bias": True, "activation": "gelu_tanh"},
    "nanoGPT": {"activation": "gelu"},
    "microgpt": {
        **{"norm": "rmsnorm", "norm_embeddings": True, "final_norm": False},
        **{"tie_weights": False, "activation": "relu"},
    },
    "Llama": {**LLAMA, "activation": "swiglu", "n_kv_head": 2, "norm_eps": 1e-6},
    "Qwen": {**LLAMA, "activation": "swiglu", "n_kv_head": 1, "qk_norm": True, "head_size": 12},
    "nanochat": {
        **{"rope": True, "norm": "rmsnorm", "qk_norm": True, "activation": "relu2"},
        **{"logit_softcap": 3.0, "qkv_bias": True},
    },
    "Mistral": {**LLAMA, "activation": "geglu", "sliding_window": 5, "rope_interleaved": True},
    "linear": {"rope": True, "activation": "silu", "rope_scaling": RopeScaling("linear", 2, 12)},
    "ntk": {"rope": True, "intermediate_size": 20, "rope_scaling": RopeScaling("ntk", 2, 12)},
    "yarn": {"rope": True, "rope_scaling": RopeScaling("yarn", 2, 12, 0.1, 1.5)},
    "llama3": {**LLAMA, "rope_scaling": RopeScaling("llama3", 8, 12, 0.1, 1.5)},
}
RUN = """([described, base64, ids]) => {
    const { GPT, readWeights } = gptPage;
    const gpt = new GPT(described.config, readWeights(described.tensors, described.dtype, base64));
    const logits = gpt.logits(ids).map(row => [...row]);
    return { logits, attention: gpt.attention.map(heads => heads.map(row => [...row])) };
}"""
HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    "<!-- <script>",
    "<img src=x onerror=window.hacked=2>",
    "$script ${1} `",
    "\u2028\u2029",
    "a\tb\\n\"'",
    "naïve e\u0301 😀👍🏽",
    "שלום",
    "مرحبا",
    "名古屋",
]


def random_gpt(**options) -> GPT:
    """A GPT whose weights are large enough for every part to matter."""
    generator = torch.Generator().manual_seed(1)
    model = GPT(replace(BASE, **options), generator).eval()
    with torch.no_grad():
        for weight in model.parameters():
            noise = torch.randn(weight.shape, generator=generator)
            weight.copy_(weight * 6 if weight.dim() > 1 else weight + 0.3 * noise)
    return model


@pytest.fixture(scope="module")
def names():
    """A model of names after a few steps, its tokenizer and its lines."""
    lines = ["emma", "anna", "liam", "noah", "mia", "ella", "leo", "ian", "nora", "alan"]
    tokenizer = CharTokenizer.train(lines)
    sizes = {"vocab_size": tokenizer.vocab_size, "block_size": 16, "rope": True}
    model = GPT(replace(BASE, **sizes), torch.Generator().manual_seed(1))
    rows = torch.full((len(lines), 7), -1)
    for row, line in zip(rows, lines):
        ids = [tokenizer.BOS, *tokenizer.encode(line), tokenizer.BOS]
        row[: len(ids)] = torch.tensor(ids)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(60):
        loss = model(rows[:, :-1].clamp(min=0), rows[:, 1:])[1]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval(), tokenizer, lines


@pytest.fixture(scope="module")
def address(names, tmp_path_factory):
    model, tokenizer, lines = names
    path = tmp_path_factory.mktemp("page") / "names.html"
    export_page(model, tokenizer, path, lines=lines, title="Ten names", val_loss=2.125)
    return path.as_uri()


def open_page(browser, address: str, width: int = 1280, **options):
    """The page, after its first samples; its errors and requests are collected."""
    size = {"width": width, "height": 800}
    page = browser.new_context(viewport=size, offline=True, **options).new_page()
    page.errors, page.requests = [], []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda line: page.errors.append(line.text))
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(address)
    finished(page)
    return page


def finished(page):
    page.locator("#message", has_text="tokens in").wait_for()


@pytest.fixture(scope="module")
def shared(browser, address):
    """One page for all tests that leave it as it is."""
    page = open_page(browser, address)
    yield page
    assert page.errors == []
    assert page.requests == [address]
    page.context.close()


@pytest.mark.parametrize("name", CONFIGS)
def test_logits_are_those_of_pytorch(shared, name):
    model = random_gpt(**CONFIGS[name])
    ids = torch.randint(31, (1, 24), generator=torch.Generator().manual_seed(2))
    for dtype, kept in (("float32", torch.float32), ("float16", torch.float16)):
        described, weights = describe_model(model, 31, dtype)
        ran = shared.evaluate(RUN, [described, b64encode(weights).decode(), ids[0].tolist()])
        got = torch.tensor(ran["logits"], dtype=torch.float64)
        if dtype == "float32":
            assert (got - model(ids)[0][0]).abs().max() < 1e-4
            weights = model.attention_weights(ids)[:, 0, :, -1]
            assert torch.allclose(torch.tensor(ran["attention"]), weights, atol=1e-5)
        rounded = model.to(kept).double()
        assert (got - rounded(ids)[0][0]).abs().max() < 1e-5
        assert got.std() > 0.3  # differences would be seen
        model = model.float()


def test_every_float16_is_read_as_numpy_reads_it(shared):
    bits = torch.arange(2**16, dtype=torch.int32).to(torch.uint16).view(torch.float16)
    finite = bits.isfinite()
    read = """base64 => Array.from(gptPage.readWeights([["all", 65536]], "float16", base64).all,
        x => Number.isFinite(x) ? x : null)"""
    got = shared.evaluate(read, b64encode(bits.numpy().tobytes()).decode())
    assert torch.equal(torch.tensor([x or 0.0 for x in got])[finite], bits.float()[finite])
    assert [x is not None for x in got] == finite.tolist()


@pytest.mark.parametrize("temperature, top_k", [(1, None), (0, None), (0.3, 4), (2, 1)])
def test_probabilities_are_those_of_gptcore(shared, temperature, top_k):
    logits = torch.randn(31, generator=torch.Generator().manual_seed(3)).tolist()
    got = shared.evaluate(
        "([logits, t, k]) => [...gptPage.nextProbabilities(logits, t, k ?? undefined)]",
        [logits, temperature, top_k],
    )
    assert got == pytest.approx(next_probabilities(logits, temperature, top_k=top_k))
