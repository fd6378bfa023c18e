"""The map of a model in a page exported from a notebook: no kernel, no network, mouse or keys."""

import re

import nbformat
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbconvert import HTMLExporter

from course.model_stages import gpt_stages, microgpt_stages
from gptcore.model import GPTConfig
from gptcore.scalar import MicroGPT
from viz import ModelStage, draw_model_map

pytestmark = pytest.mark.browser
TEXT = "emma"
GPT = MicroGPT(["emma", "anna", "liam"], seed=1)
STAGES = {stage.name: stage for stage in microgpt_stages(TEXT, GPT)}
NAMES = list(STAGES)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Notebooks in both themes as `jupyter nbconvert --to html` writes them: their addresses."""
    book = nbformat.v4.new_notebook()
    pictures = [
        draw_model_map(microgpt_stages(TEXT, GPT), highlight="attention", start="q"),
        draw_model_map(gpt_stages(GPTConfig.preset("gpt2"), batch_size=8), repeat=12),
    ]
    for picture in pictures:
        output = nbformat.v4.new_output("display_data", picture._repr_mimebundle_())
        book.cells.append(nbformat.v4.new_code_cell("draw_model_map(...)", outputs=[output]))
    addresses = {}
    for theme in ("light", "dark"):
        path = tmp_path_factory.mktemp("exported") / f"{theme}.html"
        path.write_text(HTMLExporter(theme=theme).from_notebook_node(book)[0], encoding="utf-8")
        addresses[theme] = path.as_uri()
    return addresses


def open_page(browser, address: str, width: int = 1280, **options):
    context = browser.new_context(viewport={"width": width, "height": 800}, **options)
    context.route(re.compile("^https?:"), lambda route: route.abort())
    page = context.new_page()
    page.goto(address, wait_until="domcontentloaded")
    return page


@pytest.fixture
def page(browser, exported):
    page = open_page(browser, exported["light"], reduced_motion="reduce")
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    part(page, ".head").wait_for()
    yield page
    assert errors == []
    page.context.close()


def part(page, selector: str, figure: int = 0):
    return page.locator(".viz-model-map").nth(figure).locator(selector)


def status(page) -> str:
    return part(page, ".steps .muted").inner_text()


def shown(page, selector: str) -> list[float]:
    texts = part(page, selector).all_inner_texts()
    return [float(re.search(r"[−\d.]+$", text)[0].replace("−", "-")) for text in texts]


def test_arrow_keys_go_through_all_stages_and_each_shows_its_numbers(page):
    svg = part(page, "svg")
    svg.press("Home")
    for k, name in enumerate(NAMES):
        assert status(page).startswith(f"stage {k + 1} of {len(NAMES)}: ")
        if STAGES[name].op not in ("ids", "scores", "softmax"):
            numbers = shown(page, ".numbers button")
            assert numbers == pytest.approx(list(STAGES[name].values[-1]), abs=0.0051), name
        svg.press("ArrowRight")
    probs = shown(page, ".numbers button")
    assert probs == pytest.approx(list(STAGES["probs"].values[-1]), abs=0.0051)
    assert part(page, "button", 0).get_by_text("forward").is_disabled() is True


def test_the_products_of_a_number_add_up_to_it(page):
    part(page, ".numbers button").nth(5).click()  # of q
    products = shown(page, ".products button")
    q, norm = STAGES["q"], STAGES["norm_1"]
    assert products == pytest.approx(list(q.weight[5] * norm.values[-1]), abs=0.00061)
    assert sum(products) == pytest.approx(q.values[-1][5], abs=0.008)
    assert part(page, ".total").inner_text() == f"sum = {q.values[-1][5]:.3f}".replace("-", "−")


def test_a_probability_is_traced_back_to_the_id(page):
    part(page, "svg").press("End")
    seen = []
    for _ in range(30):
        seen.append(re.search(r": ([^,]+)", status(page))[1])
        steps = part(page, ".products button")
        if not steps.count():
            break
        steps.first.click()
    assert seen[:3] == ["probabilities", "logits", "residual stream"]
    assert seen[-2:] == ["wte", "token"]


def test_play_goes_on_by_itself_until_it_is_stopped(page):
    play = part(page, ".steps button").nth(2)
    play.click()
    page.wait_for_timeout(2000)
    assert status(page).startswith("stage 9 of 22")  # from q, the seventh
    play.click()
    page.wait_for_timeout(2000)
    assert status(page).startswith("stage 9 of 22")


def test_pointing_at_a_box_shows_it_and_a_click_keeps_it(page):
    part(page, '.box[data-stage="fc1"]').hover()
    assert part(page, ".head").inner_text().startswith("fc1")
    assert "transformer.h[0].mlp.c_fc" in part(page, "dl").inner_text()
    part(page, ".head").hover()
    assert part(page, ".head").inner_text().startswith("q:")
    part(page, '.box[data-stage="fc1"]').click()
    part(page, ".head").hover()
    assert part(page, ".head").inner_text().startswith("fc1")


def test_another_token_has_other_numbers(page):
    part(page, ".tokens button").nth(1).click()
    assert shown(page, ".numbers button") == pytest.approx(list(STAGES["q"].values[1]), abs=0.0051)
    part(page, '.box[data-stage="weights"]').click()
    weights = shown(page, ".numbers button")
    true = [number for head in STAGES["weights"].values for number in head[1][:2]]
    assert weights == pytest.approx(true, abs=0.0051)


def test_shapes_have_no_numbers_but_names(page):
    part(page, '.box[data-stage="q"]', 1).click()
    text = part(page, ".panel-text", 1).inner_text()
    assert "(B, H, T, D) = (8, 12, 1024, 64)" in text
    assert "768 × 768 + 768 = 590,592" in text
    assert part(page, ".numbers", 1).count() == 0


def test_it_fits_on_a_screen_and_on_a_phone(browser, exported):
    for width, tallest in ((1280, 640), (390, 1400)):
        page = open_page(browser, exported["light"], width)
        part(page, ".head").wait_for()
        for name in ("q", "fc1", "probs") if width > 700 else ("q",):  # fc1 has 64 numbers
            part(page, f'.box[data-stage="{name}"]').click()
            assert page.locator(".viz-model-map").first.bounding_box()["height"] <= tallest, name
        inside = part(page, ".card").evaluate("card => card.scrollWidth - card.clientWidth")
        assert inside <= 0
        page.context.close()


def test_it_is_dark_where_the_page_is_dark(browser, exported):
    paper = {}
    for theme, address in exported.items():
        page = open_page(browser, address)
        part(page, ".head").wait_for()
        look = "card => getComputedStyle(card).backgroundColor"
        paper[theme] = sum(map(int, re.findall(r"\d+", part(page, ".card").evaluate(look))))
        page.context.close()
    assert paper["dark"] < 150 < 700 < paper["light"]


def test_without_scripts_the_still_is_seen(browser, exported):
    page = open_page(browser, exported["light"], java_script_enabled=False)
    still = page.locator(".viz-model-map img").first
    assert still.is_visible()
    assert still.bounding_box()["width"] > 300
    note = page.get_by_text("trust the notebook or run its cell").first
    assert note.is_visible()
    page.context.close()


def test_where_scripts_run_nothing_says_that_it_is_a_still(page):
    assert not page.get_by_text("trust the notebook or run its cell").first.is_visible()


def test_a_checker_of_accessibility_finds_nothing_in_either_theme(browser, exported):
    for address in exported.values():
        page = open_page(browser, address, reduced_motion="reduce")
        part(page, ".head").wait_for()
        for key in ("Home", *["ArrowRight"] * 9, "End"):
            part(page, "svg").press(key)
        for name in ("q", "weights", "probs"):
            part(page, f'.box[data-stage="{name}"]').click()
            found = Axe().run(page, context=".viz-model-map").response["violations"]
            assert [(one["id"], one["nodes"][0]["html"][:100]) for one in found] == []
        page.context.close()


def grouped_stages() -> dict[str, ModelStage]:
    """Four heads of queries that share two of keys and values, a norm with weights, a gate."""
    rng, T, C, D = np.random.default_rng(0), 3, 8, 2
    x, gain = rng.normal(size=(T, C)), rng.uniform(0.5, 2, size=C)
    normed = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-5) * gain
    matrices = {"q": rng.normal(size=(8, C)), "k": rng.normal(size=(4, C))}
    matrices |= {"v": rng.normal(size=(4, C)), "gate": rng.normal(size=(6, C))}
    matrices["up"] = rng.normal(size=(6, C))
    q, k, v, gate, up = (normed @ matrix.T for matrix in matrices.values())
    scores = np.stack([q[:, D * h : D * h + D] @ k[:, D * (h // 2) :][:, :D].T for h in range(4)])
    scores = scores / np.sqrt(D)
    exps = np.exp(scores) * np.tri(T)
    weights = exps / exps.sum(-1, keepdims=True)
    heads = np.concatenate([weights[h] @ v[:, D * (h // 2) :][:, :D] for h in range(4)], -1)
    silu = gate / (1 + np.exp(-gate))
    stages = [
        ModelStage("ids", "embedding", "ids", labels=["a", "b", "c"], values=[[0], [1], [2]]),
        ModelStage("x", "embedding", "lookup", ["ids"], values=x),
        ModelStage("norm", "attention", "norm", ["x"], values=normed, weight=gain, weight_name="g"),
    ]
    for name, values, n in (("q", q, 4), ("k", k, 2), ("v", v, 2)):
        more = {"weight": matrices[name], "weight_name": f"w{name}", "heads": n}
        stages.append(ModelStage(name, "attention", "linear", ["norm"], values=values, **more))
    stages += [
        ModelStage("scores", "attention", "scores", ["q", "k"], values=scores),
        ModelStage("weights", "attention", "softmax", ["scores"], values=weights),
        ModelStage("heads", "attention", "weighted sum", ["weights", "v"], values=heads, heads=4),
        ModelStage("gate", "mlp", "linear", ["norm"], values=gate, weight=matrices["gate"]),
        ModelStage("up", "mlp", "linear", ["norm"], values=up, weight=matrices["up"]),
        ModelStage("silu", "mlp", "silu", ["gate"], values=silu),
        ModelStage("gated", "mlp", "multiply", ["silu", "up"], values=silu * up),
    ]
    return {stage.name: stage for stage in stages}


def test_the_numbers_of_a_llama_are_explained(browser, tmp_path):
    stages = grouped_stages()
    path = tmp_path / "map.html"
    path.write_text(draw_model_map(list(stages.values())).to_html(), encoding="utf-8")
    page = open_page(browser, path.as_uri(), reduced_motion="reduce")
    part(page, ".head").wait_for()

    def explained(name: str, i: int) -> tuple[list[float], str]:
        part(page, f'.box[data-stage="{name}"]').click()
        part(page, ".numbers button").nth(i).click()
        return shown(page, ".products button"), part(page, ".total").inner_text()

    for i in range(8):
        products, total = explained("heads", i)
        value = stages["heads"].values[2][i]
        assert sum(products) == pytest.approx(value, abs=0.002)
        assert total == f"sum = {value:.3f}".replace("-", "−")
    for i in range(12):
        products, total = explained("scores", i)
        value = stages["scores"].values[i // 3][2][i % 3]
        assert sum(products) / np.sqrt(2) == pytest.approx(value, abs=0.002)
    normed = stages["norm"].values[2]
    assert explained("norm", 3)[1] == f"= {normed[3]:.2f}".replace("-", "−")
    assert "× " + f"{stages['norm'].weight[3]:.2f}" in part(page, ".products").inner_text()
    gated = stages["gated"].values[2]
    products, total = explained("gated", 4)
    assert products[0] * products[1] == pytest.approx(gated[4], abs=0.03)
    assert total == f"= {gated[4]:.2f}".replace("-", "−")
    assert explained("silu", 1)[1] == f"= {stages['silu'].values[2][1]:.2f}".replace("-", "−")
    page.context.close()
