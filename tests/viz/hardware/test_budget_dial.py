"""The memory dial: every knob changes the bar; impossible sizes show an error."""

import base64
import re
import time
import xml.etree.ElementTree as ET
from math import ceil

import pytest

from viz import BudgetDial
from viz.canvas.palette import BLUE, ORANGE
from viz.hardware.memory import BAR_HEIGHT

NS = "{http://www.w3.org/2000/svg}"
GIB = 2**30
GPUS = {"rtx4060": 8 * GIB, "rtx4070": 12 * GIB, "h200": 139 * GIB}
VOCABULARY = 50_304


def plan(*, n_layer, n_head, n_embd, block_size, batch_size, loss_chunk, gpu):
    """A GPT in 32 bits, by pen and paper: what it knows, and what it answers."""
    if n_embd % n_head:
        raise ValueError(f"n_embd={n_embd} cannot be split into <{n_head}> heads.")
    N = 12 * n_layer * n_embd**2 + (VOCABULARY + block_size) * n_embd
    tokens = batch_size * block_size
    return {
        "memory": {"model": 16 * N, "logits": 8 * VOCABULARY * min(tokens, loss_chunk or tokens)},
        "capacity": GPUS[gpu],
        "facts": {"parameters": f"{N:,}", "tokens together": f"{tokens:,}"},
    }


@pytest.fixture
def dial() -> BudgetDial:
    return BudgetDial(plan, gpus=GPUS)


def svg_of(dial) -> str:
    return base64.b64decode(re.search(' src="[^"]+base64,([^"]+)', dial.screen.value)[1]).decode()


def texts_of(dial) -> list[str]:
    return [t.text or "" for t in ET.fromstring(svg_of(dial)).iter(f"{NS}text")]


def bar_of(dial) -> dict[str, float]:
    boxes = ET.fromstring(svg_of(dial)).iter(f"{NS}rect")
    parts = [b for b in boxes if b.get("height") == f"{BAR_HEIGHT:g}"]
    return {b.get("fill"): float(b.get("width")) for b in parts}


def test_the_bar_is_the_plan_for_the_present_knobs(dial):
    dial.n_layer.value, dial.n_head.value, dial.n_embd.value = 6, 8, 512
    dial.block_size.value, dial.batch_size.value, dial.gpu.value = 512, 32, "h200"
    sizes = {"n_layer": 6, "n_head": 8, "n_embd": 512, "block_size": 512, "batch_size": 32}
    wanted = plan(**sizes, loss_chunk=0, gpu="h200")
    data = dial.picture().data
    assert data["bars"] == {"6 layers of 512, micro-batch 32 × 512": wanted["memory"]}
    assert data["capacity"] == 139 * GIB and data["facts"] == wanted["facts"]
    assert {"parameters", wanted["facts"]["parameters"]} <= set(texts_of(dial))


def test_a_smaller_batch_and_loss_chunks_need_less_memory(dial):
    at_first = bar_of(dial)
    dial.batch_size.value = 4
    small = bar_of(dial)
    assert small[ORANGE] == pytest.approx(at_first[ORANGE] / 4, abs=0.1)
    assert small[BLUE] == at_first[BLUE], "the model is as large as before"
    dial.batch_size.value, dial.pieces.value = 16, 8
    pieces = bar_of(dial)
    assert pieces[ORANGE] == pytest.approx(at_first[ORANGE] / 8, abs=0.1)
    assert dial.sizes()["loss_chunk"] == 16 * 1024 // 8
    assert "micro-batch 16 × 1024, loss in 8 chunks" in dial.picture().alt


def test_pieces_cover_every_token_for_every_batch_size(dial):
    for batch in (1, 12, 48):
        for pieces in (1, 2, 8, 64):
            dial.batch_size.value, dial.pieces.value = batch, pieces
            chunk = dial.sizes()["loss_chunk"] or batch * 1024
            assert ceil(batch * 1024 / chunk) == pieces


def test_every_knob_to_both_ends_changes_the_picture(dial):
    dial.n_head.value = 1  # divides every width
    for knob in (dial.n_embd, dial.block_size, dial.batch_size, dial.pieces, dial.gpu):
        first, seen = knob.value, set()
        options = [o[1] if isinstance(o, tuple) else o for o in knob.options]
        for value in (options[0], options[-1]):
            knob.value = value
            assert "role=" not in dial.screen.value
            seen.add(dial.screen.value)
        assert len(seen) == 2, knob.description
        knob.value = first
    for value in (dial.n_layer.min, dial.n_layer.max):
        dial.n_layer.value = value
        assert f"{value} layers of 384" in " ".join(texts_of(dial))


def test_impossible_sizes_show_an_error_above_the_faded_last_picture(dial):
    dial.batch_size.value = 8
    before = svg_of(dial)
    dial.n_head.value = 11
    assert "n_embd=384 cannot be split into &lt;11&gt; heads." in dial.screen.value
    assert "opacity: 0.35" in dial.screen.value and 'role="alert"' in dial.screen.value
    assert svg_of(dial) == before, "the last picture that was possible"
    dial.n_layer.value = 20  # still impossible: the advice stays, over the same picture
    assert svg_of(dial) == before
    dial.n_head.value = 8
    assert "opacity" not in dial.screen.value
    assert "20 layers of 384" in dial.picture().alt


def test_initial_sizes_may_differ_from_the_common_ones():
    other = BudgetDial(
        plan,
        gpus=["h200"],
        n_layer=60,
        n_head=7,
        n_embd=777,
        block_size=100,
        batch_size=5,
        loss_chunk=100,
        gpu="h200",
    )
    assert other.sizes() == {
        "n_layer": 60,
        "n_head": 7,
        "n_embd": 777,
        "block_size": 100,
        "batch_size": 5,
        "loss_chunk": 100,
        "gpu": "h200",
    }


def test_an_unknown_gpu_and_a_first_plan_that_fails_are_refused():
    with pytest.raises(ValueError, match="gpu='rtx4070' is not among `gpus`, which has a, b"):
        BudgetDial(plan, gpus=["a", "b"])
    with pytest.raises(ValueError, match="cannot be split into"):
        BudgetDial(plan, gpus=GPUS, n_head=7)


def test_the_still_picture_never_changes(dial):
    before = dial._repr_mimebundle_()
    dial.batch_size.value = 64
    dial.n_head.value = 11
    after = dial._repr_mimebundle_()
    assert before["text/html"] == after["text/html"]
    assert before["text/plain"] == after["text/plain"]
    assert "12 layers of 384, micro-batch 16 × 1024: 6.75 GiB of 12 GiB" in before["text/plain"]


def test_a_knob_is_answered_quickly(dial):
    start = time.process_time()
    for layers in range(1, 41):
        dial.n_layer.value = layers
    assert (time.process_time() - start) / 40 < 0.15  # three times what is promised


def test_long_facts_are_wrapped():
    def wordy(**sizes):
        return plan(**sizes) | {"facts": {"why": "many words " * 30, "<b>": "<script>", "": ""}}

    dial = BudgetDial(wordy, gpus=GPUS)
    lines = [text for text in texts_of(dial) if text.startswith("many words")]
    assert len(lines) >= 3 and max(map(len, lines)) < 76
    assert "<script" not in svg_of(dial)
    root = ET.fromstring(svg_of(dial))
    for text in root.iter(f"{NS}text"):
        assert float(text.get("y")) < float(root.get("height"))
