"""The map of a model: boxes that do not overlap, the numbers of another computation, no script."""

import html
import json
import re
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from course.model_stages import gpt_stages, microgpt_stages
from gptcore.ladder import forward, weights_of
from gptcore.model import GPT, GPTConfig
from gptcore.scalar import MicroConfig, MicroGPT
from viz import ModelStage, draw_model_map
from viz.canvas.palette import BLUE, MIN_CONTRAST, NEGATIVE, ORANGE, PAPER, POSITIVE, contrast
from viz.canvas.scene import Text

TEXT = "emma"
STAGES = (
    *("token", "wte", "wpe", "embedding", "norm_e", "norm_1", "q", "k", "v", "scores", "weights"),
    *("heads", "concatenation", "wo", "residual_1", "norm_2", "fc1", "activation", "fc2"),
    *("residual_2", "logits", "probs"),
)


@pytest.fixture(scope="module")
def gpt() -> MicroGPT:
    return MicroGPT(["emma", "anna", "liam"], seed=1)


@pytest.fixture(scope="module")
def activations(gpt):
    return forward([gpt.BOS, *gpt.encode(TEXT)], weights_of(gpt), gpt.config.n_head)


def payload_of(picture) -> dict:
    text = re.search(r'data-model="([^"]*)"', picture.to_html())[1]
    return json.loads(html.unescape(text))


def stage_of(picture, name: str) -> dict:
    return next(stage for stage in payload_of(picture)["stages"] if stage["name"] == name)


def test_the_stages_are_in_the_order_of_computation(gpt):
    picture = draw_model_map(microgpt_stages(TEXT, gpt))
    assert tuple(picture.data["stages"]) == STAGES
    known: set[str] = set()
    for stage in microgpt_stages(TEXT, gpt):
        assert set(stage.inputs) <= known
        known.add(stage.name)


def test_the_numbers_on_the_map_are_those_of_forward(gpt, activations):
    picture = draw_model_map(microgpt_stages(TEXT, gpt))
    shown = {s["name"]: np.array(s["values"]) for s in payload_of(picture)["stages"]}
    T, H, D = 5, 4, 4
    true = {
        "norm_e": activations.residual_terms["embedding"],
        "wo": activations.residual_terms["0 attention"],
        "fc2": activations.residual_terms["0 mlp"],
        "residual_2": sum(activations.residual_terms.values()),
        "logits": activations.logits,
        "scores": activations.scores[0],
        "weights": activations.weights[0],
        "v": activations.values[0].transpose(1, 0, 2).reshape(T, H * D),
        "heads": activations.context[0].transpose(1, 0, 2).reshape(T, H * D),
    }
    for name, numbers in true.items():
        np.testing.assert_allclose(shown[name], numbers, atol=6e-5, err_msg=name)
    exps = np.exp(activations.logits[-1])
    probs = list(picture.data["probs"].values())
    np.testing.assert_allclose(probs, exps / exps.sum(), atol=1e-9)


def test_each_linear_stage_is_its_weight_times_its_input(gpt):
    stages = {stage.name: stage for stage in microgpt_stages(TEXT, gpt)}
    linear = [stage for stage in stages.values() if stage.op == "linear"]
    assert [s.weight_name for s in linear] == ["wq", "wk", "wv", "wo", "fc1", "fc2", "lm_head"]
    for stage in linear:
        product = stages[stage.inputs[0]].values @ stage.weight.T
        np.testing.assert_allclose(stage.values, product, err_msg=stage.name)


def test_two_blocks_are_drawn_one_below_the_other(gpt):
    deep = MicroGPT(["emma"], MicroConfig(n_layer=2))
    picture = draw_model_map(microgpt_stages("em", deep))
    boxes = picture.data["boxes"]
    assert boxes["1.norm_1"][1] > boxes["residual_2"][1]
    assert len(payload_of(picture)["panels"]) == 4
    true = forward([deep.BOS, *deep.encode("em")], weights_of(deep), 4)
    np.testing.assert_allclose(stage_of(picture, "logits")["values"], true.logits, atol=6e-5)


@pytest.mark.parametrize("text", ["", "e", "emmaemmaemmaemm"])
def test_no_two_boxes_overlap_and_all_are_on_the_sheet(gpt, text):
    for stages, repeat in ((microgpt_stages(text, gpt), 1), (shape_stages(), 12)):
        picture = draw_model_map(stages, repeat=repeat, title="A model")
        boxes = picture.data["boxes"]
        for one, other in combinations(boxes, 2):
            (x, y, w, h), (left, top, width, height) = boxes[one], boxes[other]
            apart = x + w <= left or left + width <= x or y + h <= top or top + height <= y
            assert apart, (one, other)
        for x, y, width, height in boxes.values():
            assert x >= 0
            assert y >= 34, "below the title"
            assert x + width <= picture.scene.width
            assert y + height <= picture.scene.height


def test_q_k_and_v_are_side_by_side_and_data_goes_down(gpt):
    boxes = draw_model_map(microgpt_stages(TEXT, gpt)).data["boxes"]
    assert boxes["q"][1] == boxes["k"][1] == boxes["v"][1]
    assert boxes["q"][0] < boxes["k"][0] < boxes["v"][0]
    order = ("wte", "embedding", "norm_1", "q", "scores", "weights", "heads", "concatenation", "wo")
    order += ("residual_1", "norm_2", "fc1", "activation", "fc2", "residual_2", "logits", "probs")
    tops = [boxes[name][1] for name in order]
    assert tops == sorted(tops)


def test_attention_and_mlp_read_from_the_stream_and_add_to_it(gpt):
    payload = payload_of(draw_model_map(microgpt_stages(TEXT, gpt)))
    arrows = {(source, target): points for source, target, points in payload["arrows"]}
    stream = 20
    for source, target in (("norm_e", "norm_1"), ("residual_1", "norm_2")):
        assert arrows[source, target][0][0] == stream
    for source, target in (("wo", "residual_1"), ("fc2", "residual_2")):
        (x0, _), (x, _) = arrows[source, target]
        assert stream < x < x0, "the arrow goes to the left, to the plus on the stream"
    assert [name for name, _ in payload["sums"]] == ["wo", "fc2"]
    assert ("v", "heads") in arrows
    assert ("v", "scores") not in arrows


def test_a_part_is_lit_and_opened_and_the_rest_is_dim(gpt):
    picture = draw_model_map(microgpt_stages(TEXT, gpt), highlight="attention")
    lit = {stage["name"] for stage in payload_of(picture)["stages"] if stage["lit"]}
    assert lit == {"norm_1", "q", "k", "v", "scores", "weights", "heads", "concatenation", "wo"}
    assert payload_of(picture)["start"] == STAGES.index("norm_1")
    both = draw_model_map(microgpt_stages(TEXT, gpt), highlight=["q", "output"], start="probs")
    assert both.data["lit"] == ["logits", "probs", "q"]
    assert payload_of(both)["start"] == len(STAGES) - 1


def test_the_sentence_names_token_and_most_probable_next_token(gpt):
    picture = draw_model_map(microgpt_stages(TEXT, gpt), at=1)
    best = max(picture.data["probs"], key=picture.data["probs"].get)
    assert "those of e, at position 1" in picture.alt
    assert f"most probable next token is {best}" in picture.alt


def shape_stages():
    config = pytest.importorskip("gptcore.model").GPTConfig.preset("gpt2")
    return gpt_stages(config, batch_size=8)


def test_a_gpt_is_drawn_with_shapes_and_one_block_for_all():
    picture = draw_model_map(shape_stages(), repeat=12)
    shapes = {stage["name"]: stage["shape"] for stage in payload_of(picture)["stages"]}
    assert shapes["scores"] == "(B, H, T, T) = (8, 12, 1024, 1024)"
    assert shapes["fc1"] == "(B, T, 4C) = (8, 1024, 3072)"
    assert "repeated 12 times" in picture.alt
    assert "one block, × 12" in picture.to_svg()
    assert "(B, T, V) = (8, 1024, 50257)" in picture.to_svg()


@pytest.mark.parametrize("name", ["gpt2", "microgpt"])
def test_the_parameters_on_the_map_are_those_of_the_model(name):
    torch = pytest.importorskip("torch")
    model = pytest.importorskip("gptcore.model")
    config = model.GPTConfig.preset(name)
    with torch.device("meta"):
        true = sum(weight.numel() for weight in model.GPT(config).parameters())
    counted = 0
    for stage in gpt_stages(config):
        number = re.search(r"([\d,]+)$", stage.names["parameters"])
        if number:
            repeat = config.n_layer if stage.part in ("attention", "mlp") else 1
            counted += repeat * int(number[1].replace(",", ""))
    assert counted == true


def test_a_token_is_text_never_markup():
    labels = ["<img src=x onerror=alert(1)>", "</script>"]
    stages = [
        ModelStage("token", "embedding", "ids", values=[[0], [1]], labels=labels),
        ModelStage("p", "output", "softmax", ["token"], values=[[0.1, 0.9]] * 2, labels=labels),
    ]
    page = draw_model_map(stages).to_html()
    outside = re.sub(r'"[^"]*"', "", page.split("<script>")[0])
    assert "onerror" not in outside
    assert "<img src=x" not in page
    assert page.count("</script>") == 1


def test_it_is_small_and_the_same_each_time(gpt):
    full = MicroGPT(["abcdefghijklmnopqrstuvwxyz"])
    pages = [draw_model_map(microgpt_stages("abcdefghijklmno", full)).to_html() for _ in range(2)]
    assert pages[0] == pages[1]
    assert len(pages[0].encode()) < 200_000


def test_without_a_script_the_still_is_seen_and_it_needs_no_network(gpt):
    picture = draw_model_map(microgpt_stages(TEXT, gpt))
    still = picture.to_html().split("<script>")[0]
    assert re.search(r'<img src="data:image/svg\+xml,[^"]+" alt="A map of a model', still)
    addresses = re.findall(r"https?://[^\s\"')]+", html.unescape(picture.to_html()))
    assert {a for a in addresses if not a.startswith("http://www.w3.org/")} == set()


def test_what_does_not_fit_together_is_refused(gpt):
    stages = microgpt_stages(TEXT, gpt)
    with pytest.raises(ValueError, match="Did you mean 'attention'"):
        draw_model_map(stages, highlight="atention")
    with pytest.raises(ValueError, match="not an earlier stage"):
        draw_model_map(stages[1:])
    with pytest.raises(ValueError, match="start='Q' is not a stage"):
        draw_model_map(stages, start="Q")
    with pytest.raises(ValueError, match="from 0 to 4"):
        draw_model_map(stages, at=5)
    with pytest.raises(ValueError, match="names must differ"):
        draw_model_map([*stages, stages[0]])
    with pytest.raises(ValueError, match="at least one"):
        draw_model_map([])
    with pytest.raises(ValueError, match="same number of positions"):
        draw_model_map([*stages, ModelStage("z", "output", "other", values=[[1.0]])])
    with pytest.raises(ValueError, match="the model takes 15 after BOS"):
        microgpt_stages("e" * 16, gpt)


def test_dim_names_can_be_read_too(gpt):
    scene = draw_model_map(microgpt_stages(TEXT, gpt), highlight="q").scene
    for text in (shape for shape in scene.shapes if isinstance(shape, Text)):
        assert contrast(text.fill, PAPER) >= MIN_CONTRAST, text


def test_the_page_says_which_colour_is_above_0(gpt):
    page = draw_model_map(microgpt_stages(TEXT, gpt)).to_html()
    names = {BLUE: "Blue", ORANGE: "Orange"}
    assert f"{names[POSITIVE]}: above 0. {names[NEGATIVE]}: below 0." in page
    assert f"--positive: {POSITIVE}; --negative: {NEGATIVE};" in page


LLAMAS = {
    "gpt2": GPTConfig.preset("gpt2"),
    "smollm2": GPTConfig.preset("smollm2-135m"),
    "qwen3": GPTConfig.preset("qwen3-0.6b"),
    "experts": GPTConfig(n_layer=2, n_head=4, n_embd=32, activation="swiglu", n_experts=4),
    "qwen2": replace(GPTConfig.preset("smollm2-135m"), qkv_bias=True),
    "microgpt": GPTConfig.preset("microgpt"),
}


@pytest.mark.parametrize("name", LLAMAS)
def test_the_parameters_are_those_of_every_kind_of_model(name):
    torch = pytest.importorskip("torch")

    config, total = LLAMAS[name], 0
    with torch.device("meta"):
        model = GPT(config)
    for stage in gpt_stages(config):
        text = stage.names["parameters"]
        if not text or text.startswith("none"):
            continue
        count = int(text.split("=")[-1].split(" in each")[0].replace(",", ""))
        in_block = stage.part in ("attention", "mlp")
        times = config.n_layer if in_block else 1
        total += count * times * (config.n_experts if "in each" in text else 1)
    assert total == sum(weight.numel() for weight in model.parameters())


@pytest.mark.parametrize("name", LLAMAS)
def test_the_boxes_of_any_model_do_not_overlap(name):
    config = LLAMAS[name]
    stages = gpt_stages(config)
    picture = draw_model_map(stages, repeat=config.n_layer)
    boxes = list(picture.data["boxes"].values())
    for (x, y, width, height), (x2, y2, width2, height2) in combinations(boxes, 2):
        apart = x + width <= x2 or x2 + width2 <= x or y + height <= y2 or y2 + height2 <= y
        assert apart
    assert len(picture.to_html()) < 150_000
    known = set()
    for stage in stages:
        assert set(stage.inputs) <= known
        known.add(stage.name)


def test_the_map_follows_the_switches_of_a_llama():
    stages = {stage.name: stage for stage in gpt_stages(GPTConfig.preset("smollm2-135m"))}
    assert not {"wpe", "embedding", "fc1", "activation", "q_norm"} & set(stages)
    assert stages["scores"].inputs == ["rope_q", "rope_k"]
    assert stages["k"].shape == "(B, K, T, D) = (1, 3, 8192, 64)"
    assert "3 heads of queries share one (GQA)" in stages["k"].note
    assert stages["gated"].inputs == ["gate_activation", "up"]
    assert stages["gate"].names["Hugging Face"] == "model.layers[0].mlp.gate_proj"
    assert stages["k"].names["PyTorch"].startswith("nn.Linear(C, K * D), then .view(B, T, K, D)")
    assert all(stage.names["Hugging Face"] for stage in stages.values())
    assert "Hugging Face" not in gpt_stages(GPTConfig.preset("gpt2"))[0].names


def test_the_names_of_hugging_face_are_those_of_its_llama():
    transformers = pytest.importorskip("transformers")
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 40}
    llama = transformers.LlamaForCausalLM(transformers.LlamaConfig(**sizes, **heads))
    names = {name.replace("layers.0", "layers[0]") for name, _ in llama.named_modules()}
    config = GPTConfig.preset("smollm2-135m")
    with_matrix = [s for s in gpt_stages(config) if s.op in ("linear", "lookup", "norm")]
    assert {stage.names["Hugging Face"] for stage in with_matrix} <= names


def test_of_a_large_model_the_map_says_what_it_leaves_out():
    ids = ModelStage("token", "embedding", "ids", labels=["a", "b"], values=[[0], [1]])
    table = np.zeros((1000, 576))
    small = ModelStage("wte", "embedding", "lookup", ["token"], values=table[:2], weight=table)
    picture = draw_model_map([ids, small])
    note = "The 576,000 weights are left out (a map holds 150,000), so linear layers are not"
    assert picture.data["left_out"].startswith(note)
    assert note in picture.alt
    assert payload_of(picture)["left"].startswith(note)
    assert stage_of(picture, "wte")["weight"] is None
    assert len(stage_of(picture, "wte")["values"]) == 2
    large = ModelStage("wte", "embedding", "lookup", ["token"], values=np.zeros((2, 90_000)))
    picture = draw_model_map([ids, large], title="large")
    assert "The 180,002 numbers are left out (a map holds 150,000)" in picture.alt
    assert stage_of(picture, "wte")["values"] is None
    assert stage_of(picture, "token")["values"] == [[0.0], [1.0]]
    assert len(picture.to_html()) < 100_000
