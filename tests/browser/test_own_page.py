"""A model in one HTML file, as a reader opens it: from the disk, without a network."""

import re
from base64 import b64encode
from dataclasses import replace
from functools import cache
from math import log
from random import Random

import pytest
import torch
from axe_playwright_python.sync_playwright import Axe

from gptcore.export import export_page
from gptcore.export.page_tokenizer import SPLITS, describe_tokenizer
from gptcore.export.page_weights import describe_model
from gptcore.model import GPT, GPTConfig, RopeScaling
from gptcore.next_token import next_probabilities
from gptcore.tokenizers import BPETokenizer, CharTokenizer

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
    "</script x",
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
    page.locator("#message", has_text=re.compile("tokens? in")).wait_for()


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
        described, weights = describe_model(model, dtype)
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


def random_texts(n: int) -> list[str]:
    """Texts of letters, digits, blanks and signs of many scripts, as patterns treat them."""
    pieces = ["'s", "'LL", "the", " the", "THE", "don't", "12345", "é", "e\u0301", "ß", "ſ", "'ſ"]
    pieces += [" ", "  ", "\n", "\r\n", "\t", "\x1c", "\x85", "\xa0", "\u2028", "\u3000", "\ufeff"]
    pieces += [
        "\u200b",
        "😀",
        "👍🏽",
        "名古屋",
        "שלום",
        "مرحبا",
        "١٢",
        "Ⅷ",
        "...",
        "?!",
        "_",
        "\x00",
    ]
    rng = Random(1)
    return ["", *("".join(rng.choices(pieces, k=rng.randint(1, 12))) for _ in range(n))]


@pytest.mark.parametrize("split", SPLITS)
def test_byte_pairs_are_those_of_gptcore(shared, split):
    texts = random_texts(300)
    tokenizer = BPETokenizer.train(
        texts[:200] * 2, vocab_size=360, pattern=split, special_tokens=["<|endoftext|>"]
    )
    got = shared.evaluate(
        """([described, texts]) => {
            const tokenizer = gptPage.makeTokenizer(described);
            return texts.map(text => {
                const { ids, unknown } = tokenizer.encode(text);
                return [ids, unknown, tokenizer.decode(ids)];
            });
        }""",
        [describe_tokenizer(tokenizer), texts],
    )
    expected = [tokenizer.encode_ordinary(text) for text in texts]
    assert got == [[ids, [], text] for ids, text in zip(expected, texts)]
    assert max(max(ids, default=0) for ids in expected) > 300  # merged pairs were met


def edit_distance(a: str, b: str) -> int:
    """By its definition: the fewest letters put in, left out or replaced."""

    @cache
    def changes(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        replaced = changes(i - 1, j - 1) + (a[i - 1] != b[j - 1])
        return min(replaced, changes(i - 1, j) + 1, changes(i, j - 1) + 1)

    return changes(len(a), len(b))


def test_the_nearest_line_is_the_one_with_the_fewest_changes(shared):
    rng = Random(1)
    lines = ["".join(rng.choices("abc😀", k=rng.randint(0, 8))) for _ in range(40)]
    texts = ["".join(rng.choices("abc😀", k=rng.randint(0, 8))) for _ in range(25)]
    got = shared.evaluate(
        """async ([lines, texts]) => {
            const known = new gptPage.TrainingLines(lines);
            return Promise.all(texts.map(text => known.nearest(text)));
        }""",
        [lines, texts],
    )
    for text, nearest in zip(texts, got):
        distances = [edit_distance(text, line) for line in lines]
        assert nearest["changes"] == min(distances)
        assert nearest["text"] == lines[distances.index(min(distances))]


def letters(page, row: str = "#samples li >> nth=0"):
    return page.locator(f"{row} >> .t")


def test_what_is_typed_is_scored_and_continued(page, names):
    model, tokenizer, _ = names
    page.fill("#beginning", "em")
    own = page.locator("#own .note", has_text="nats")
    ids = torch.tensor([[tokenizer.BOS, *tokenizer.encode("em")]])
    loss = torch.nn.functional.cross_entropy(model(ids)[0][0, :-1], ids[0, 1:])
    assert own.inner_text() == f"{loss:.2f} nats per token."
    assert page.inner_text("#details-text") == "After “em” comes one of these:"
    probs = model(ids)[0][0, -1].softmax(-1)
    for line, p in zip(
        page.locator("#probabilities tr").all(), probs.sort(descending=True)[0].tolist()
    ):
        assert float(line.inner_text().split()[-2].strip("<")) == pytest.approx(100 * p, abs=0.6)
    page.press("#beginning", "Enter")
    finished(page)
    samples = page.locator("#samples li").all()
    assert len(samples) == 12
    assert all(re.match(r"▪em", sample.inner_text()) for sample in samples)


def test_a_letter_that_the_model_does_not_have_is_named(page):
    page.fill("#beginning", "emΩ<b>")
    message = page.inner_text("#message")
    assert message.startswith(
        "The model does not have “Ω”, “<”, “b”, “>”. It has: a e h i l m n o r"
    )
    assert page.is_disabled("#generate")
    page.fill("#beginning", "e" * 16)
    assert page.inner_text("#message") == "The beginning has 17 tokens, and the model takes 16."
    page.fill("#beginning", "e" * 15)
    assert page.is_enabled("#generate")


def test_lines_of_the_training_text_are_marked_and_others_have_a_nearest_one(page, names):
    page.fill("#beginning", "emma")
    set_slider(page, "#top-k", 1)
    set_slider(page, "#count", 1)
    page.click("#generate")
    finished(page)
    text = page.locator("#samples .letters").inner_text().strip("▪")
    note = page.locator("#samples .note").inner_text()
    if text in names[2]:
        assert note.startswith("In the training text.")
    else:
        assert note.startswith("New.")
        assert f"Nearest line: emma ({len(text) - 4} change" in note


def set_slider(page, slider: str, value: float):
    page.locator(slider).evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input', "
        "{ bubbles: true })); }",
        value,
    )


def test_sliders_change_the_samples_and_the_bars(page):
    set_slider(page, "#temperature", 0)
    set_slider(page, "#count", 5)
    assert page.inner_text("#temperature-value") == "0: most likely"
    page.locator("#probabilities tr", has_text="100").wait_for()
    page.click("#generate")
    finished(page)
    assert len({sample.inner_text() for sample in page.locator("#samples .letters").all()}) == 1
    set_slider(page, "#temperature", 2)
    set_slider(page, "#top-k", 2)
    page.wait_for_timeout(100)
    shown = [line.inner_text().split()[-2] for line in page.locator("#probabilities tr").all()]
    assert sum(value == "0.0" for value in shown) == len(shown) - 2


def test_hovering_shows_probability_and_attention_of_that_letter(page, names):
    model, tokenizer, _ = names
    for row, i in ((0, 1), (1, 3), (2, 3), (0, 3)):  # a text that was read is not read again
        sample = f"#samples li >> nth={row}"
        text = page.locator(f"{sample} >> .letters").inner_text()
        i = min(i, len(text) - 1)
        letters(page, sample).nth(i).hover()
        before = text[:i].strip("▪")
        start = f"After “{before}” comes" if before else "At the start comes"
        page.locator("#details-text", has_text=start).wait_for()
        ids = [tokenizer.BOS, *tokenizer.encode(text.strip("▪")), tokenizer.BOS][: len(text)]
        x = torch.tensor([ids[:i]])
        p = model(x)[0][0, -1].softmax(-1)[ids[i]].item()
        shown = page.inner_text("#details-text")
        assert f": {100 * p:.{0 if p >= 0.1 else 1}f}\xa0%, a loss of {-log(p):.2f} nats" in shown
        for head in ("mean", "3"):
            page.select_option("#head", head)
            page.select_option("#layer", "0")
            page.wait_for_timeout(50)
            weights = model.attention_weights(x)[0, 0, :, -1]  # (H, i)
            weights = weights.mean(0) if head == "mean" else weights[3]
            bars = letters(page, sample).evaluate_all(
                "all => all.map(letter => letter.style.getPropertyValue('--attention'))"
            )
            expected = (weights / weights.max()).tolist()
            assert [float(bar) for bar in bars[:i]] == pytest.approx(expected, abs=2e-3)
            assert set(bars[i:]) == {""}


def test_keys_go_through_letters_and_rows(page):
    letters(page).nth(0).focus()
    for key, row, i in [("ArrowRight", 0, 1), ("ArrowDown", 1, 1), ("End", 1, -1), ("Home", 1, 0)]:
        page.keyboard.press(key)
        focused = page.evaluate(
            "() => [...document.querySelectorAll('#samples .letters')].map(row =>"
            " [...row.children].indexOf(document.activeElement))"
        )
        count = letters(page, f"#samples li >> nth={row}").count()
        assert focused[row] == i % count
        assert sum(place >= 0 for place in focused) == 1
    assert page.locator(".t.selected").count() == 1


def test_stop_ends_a_run_and_the_page_never_freezes(page):
    page.evaluate("""() => {
        const { GPT } = gptPage, step = GPT.prototype.step;
        GPT.prototype.step = function (id) {  // a slow model: 8 ms for a token
            for (const until = performance.now() + 8; performance.now() < until; );
            return step.call(this, id);
        };
        let last = performance.now();
        window.longest = 0;
        setInterval(() => {
            window.longest = Math.max(window.longest, performance.now() - last);
            last = performance.now();
        });
        let drawn = 0;
        gptPage.random = () => {
            if (++drawn === 30) document.getElementById("stop").click();
            return Math.random();
        };
    }""")
    set_slider(page, "#count", 40)
    page.click("#generate")
    page.locator("#message", has_text="Stopped").wait_for()
    message = page.inner_text("#message")
    assert re.match(
        r"Stopped: \d+ samples?, \d+ of them in the training text. (29|30) tokens in", message
    ), message
    assert 30 / 16 <= page.locator("#samples li").count() < 30
    assert page.evaluate("window.longest") < 150  # 20 ms, a token, and a busy machine
    set_slider(page, "#count", 2)
    page.click("#generate")
    page.locator("#message", has_text="2 samples").wait_for()


@pytest.fixture
def page(browser, address):
    """A page of its own, for a test that changes it."""
    page = open_page(browser, address)
    yield page
    assert page.errors == []
    page.context.close()


def test_hostile_lines_are_shown_and_never_run(browser, tmp_path):
    tokenizer = CharTokenizer.train(HOSTILE)
    sizes = replace(BASE, vocab_size=tokenizer.vocab_size, block_size=60)
    model = GPT(sizes, torch.Generator().manual_seed(1))
    title = "</title><script>window.hacked = 3</script>"
    path = export_page(model, tokenizer, tmp_path / "page.html", lines=HOSTILE, title=title)
    page = open_page(browser, path.as_uri())
    assert page.inner_text("h1") == title == page.title()
    for line in HOSTILE:
        ids, unknown = page.evaluate("text => Object.values(gptPage.tokenizer.encode(text))", line)
        assert (ids, unknown) == (tokenizer.encode_ordinary(line), [])
        assert page.evaluate("ids => gptPage.tokenizer.decode(ids)", ids) == line
        page.fill("#beginning", line)
        page.locator("#own .note", has_text="nats").wait_for()
        assert page.locator("#own .t").count() == len(line) + 2
    assert page.evaluate("gptPage.data.lines") == HOSTILE
    assert page.locator("script, img").count() == 3
    assert page.evaluate("window.hacked") is None
    assert page.errors == []
    page.context.close()


@pytest.mark.parametrize("width, scheme", [(1280, "light"), (1280, "dark"), (390, "dark")])
def test_the_page_can_be_read_and_fits(browser, address, width, scheme):
    page = open_page(browser, address, width, color_scheme=scheme, bypass_csp=True)
    letters(page).nth(1).click()
    page.locator("#details-text", has_text="comes").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    if width == 390:  # what a tap shows is below the letter that was tapped
        assert page.locator("#samples li").first.locator("#details").is_visible()
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    page.context.close()


@pytest.mark.parametrize("width", [830, 350])
def test_a_page_in_a_frame_is_compact(browser, address, width):
    page = open_page(browser, f"{address}?embedded", width)
    page.set_viewport_size({"width": width, "height": 260})
    for hidden in ("h1", "#details", "#own", "#top-k", "#samples .note >> nth=0"):
        assert not page.locator(hidden).is_visible(), hidden
    boxes = [page.locator(name).bounding_box() for name in ("#temperature", "#generate")]
    assert abs(boxes[0]["y"] - boxes[1]["y"]) < 30
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator("#samples li").nth(1).bounding_box()["y"] < 200
    page.fill("#beginning", "em")
    page.press("#beginning", "Enter")
    finished(page)
    assert page.locator("#samples .letters").first.inner_text().startswith("em")
    assert page.errors == []
    page.context.close()
