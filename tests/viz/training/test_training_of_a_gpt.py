"""The picture and the slider on the records of a real training run."""

import base64
import re
import xml.etree.ElementTree as ET
from dataclasses import asdict

import numpy as np
import pytest

from viz.training.training import draw_training
from viz.training.training_parts import MAX_LONG_SAMPLES, MAX_TOKENS
from viz.training.training_scrubber import TrainingScrubber

torch = pytest.importorskip("torch")
from gptcore.corpus import Batches  # noqa: E402 - needs torch
from gptcore.model import GPT, GPTConfig  # noqa: E402
from gptcore.training import TrainConfig, train, write_char_shards  # noqa: E402

NS = "{http://www.w3.org/2000/svg}"
PROSE = "The cat sat on the mat.\nIt was a good day, and " + "all of them knew it well. " * 30


def texts_of(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{NS}text")]


def shown_by(scrubber: TrainingScrubber) -> list[str]:
    found = re.search(r"svg\+xml;base64,([^\"]+)", scrubber.screen.value)
    return texts_of(base64.b64decode(found[1]).decode())


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The log of 24 steps on names, and what was recorded before, at step 10 and at the end."""
    folder = tmp_path_factory.mktemp("names")
    tokenizer = write_char_shards("names", folder)
    sizes = GPTConfig(
        vocab_size=tokenizer.vocab_size, block_size=16, n_layer=2, n_head=3, n_embd=24
    )
    model = GPT(sizes, torch.Generator().manual_seed(1))
    config = TrainConfig(
        max_steps=24, batch_size=4, eval_every=8, warmup_steps=2, eval_tokens=256, device="cpu"
    )
    options = {"block_size": 16, "batch_size": 4, "seed": 1, "tokenizer": tokenizer}
    batches = Batches(folder, split="train", **options)
    val = Batches(folder, split="val", **options)
    ids = tokenizer.encode("emma")

    def record() -> dict:
        with torch.no_grad():
            logits, _ = model(torch.tensor([ids]))
        probs = logits[0, -1].softmax(-1).tolist()
        return {
            "samples": ["qxv", "mari"],
            "attention": model.attention_weights(torch.tensor([ids])),
            "tokens": [tokenizer.decode([token]) for token in ids],
            "probabilities": {tokenizer.decode([k]): p for k, p in enumerate(probs)},
        }

    log, records = [], {0: record()}
    for step in train(model, batches, config, val=val):
        log.append(step)
        if step.step in (10, 24):
            records[step.step] = record()
    return log, records


@pytest.mark.slow
def test_the_log_gives_both_curves_up_to_the_step(run):
    log, records = run
    texts = texts_of(draw_training(log, 10, records[10]).to_svg())
    assert {f"so far {log[9].train_loss:.3g}", f"val {log[7].val_loss:.3g}"} <= set(texts)
    data = draw_training(log, 10, records[10]).data
    assert data["losses"] == [step.train_loss for step in log[:10]]
    rows = [asdict(step) for step in log]  # as json reads them
    assert (
        draw_training(rows, 10, records[10]).to_svg()
        == draw_training(log, 10, records[10]).to_svg()
    )


@pytest.mark.slow
def test_sliders_show_every_head_of_every_layer(run):
    log, records = run
    scrubber = TrainingScrubber(records, log, layer=1, head=2)
    for step, layer, head in ((24, 1, 2), (24, 0, 2), (10, 0, 1), (0, 1, 0)):
        scrubber.step.value, scrubber.layer.value, scrubber.head.value = step, layer, head
        assert {f"After {step} steps", f"Attention of layer {layer}, head {head}"} <= set(
            shown_by(scrubber)
        )
        drawn = next(iter(scrubber.picture().data["attention"]["heads"].values()))
        wanted = records[step]["attention"][layer, 0, head].numpy()
        assert np.asarray(drawn) == pytest.approx(wanted, abs=1e-6)


def test_one_head_has_no_sliders(run):
    log, records = run
    by_itself = {step: {**r, "attention": r["attention"][0, 0, 1]} for step, r in records.items()}
    scrubber = TrainingScrubber(by_itself, log)
    assert len(scrubber.live.children) == 3  # the step, the picture, and names for those who hear
    assert "Attention of one head" in shown_by(scrubber)


def test_long_samples_are_wrapped_inside_the_picture(run):
    log, records = run
    stories = {
        step: {**r, "samples": [PROSE, "", *["x"] * MAX_LONG_SAMPLES]}
        for step, r in records.items()
    }
    stories[0]["samples"] = ["qx"]
    scrubber = TrainingScrubber(stories, log)
    scrubber.step.value = 24
    texts = shown_by(scrubber)
    assert "The cat sat on the mat.↵" in texts
    assert "(nothing)" in texts
    assert "2 more are not shown" in texts
    assert any(text.endswith("…") and text[:3] in PROSE for text in texts)
    first, last = scrubber.draw(0).scene, scrubber.draw(24).scene
    assert first.width == last.width, "the sheet must not jump while the slider moves"
    for scene in (first, last):
        for shape in scene.shapes:
            points = getattr(shape, "points", None) or [(shape.x, shape.y)]
            assert all(0 <= x <= scene.width and 0 <= y <= scene.height for x, y in points)


def test_of_a_long_text_the_first_tokens_are_drawn_with_a_note(run):
    log, _ = run
    T = MAX_TOKENS + 6
    record = {
        "samples": ["x"],
        "attention": np.tril(np.ones((2, 1, 1, T, T))) / np.arange(1, T + 1)[:, None],
        "tokens": ["t"] * T,
        "probabilities": {"a": 1.0},
    }
    texts = texts_of(draw_training(log, 3, record).to_svg())
    assert f"Attention of layer 0, head 0, first {MAX_TOKENS} tokens of {T}" in texts


def test_records_with_different_heads_are_refused(run):
    log, records = run
    other = {**records[10], "attention": records[10]["attention"][:1]}
    with pytest.raises(ValueError, match="step 0 has 2 layers of 3 heads, and that of step 10 has"):
        TrainingScrubber({0: records[0], 10: other}, log)
    with pytest.raises(ValueError, match="layer=2, head=0: there are 2 layers and 3 heads"):
        TrainingScrubber(records, log, layer=2)
    with pytest.raises(ValueError, match="layer=9: there are layers 0 to 1"):
        draw_training(log, 10, records[10], layer=9)
    with pytest.raises(ValueError, match="step=10: the run has 9 steps"):
        draw_training(log[:9], 10, records[10])
    with pytest.raises(ValueError, match="no losses to draw"):
        TrainingScrubber({0: records[0]}, [])


def test_losses_may_be_curves_by_name(run):
    _, records = run
    curves = {"train": [4.0, 3.0, 2.0], "val": ([2], [3.5])}
    texts = texts_of(draw_training(curves, 2, records[10]).to_svg())
    assert {"whole run 2", "so far 3", "val 3.5"} <= set(texts)
