"""Blocks are counted as the engine's pool counts them; a shared one is drawn once."""

import xml.etree.ElementTree as ET

import pytest
from matplotlib.figure import Figure

from viz import draw_kv_blocks
from viz.canvas.palette import VIOLET
from viz.canvas.scene import Rect, Text

TABLES = {"A": [0, 1, 2, 3], "B": [0, 1, 5], "C": [8, 9]}
TOKENS = {"A": 57, "B": 37, "C": 20}


def drawn(**options):
    return draw_kv_blocks(TABLES, num_blocks=16, tokens=TOKENS, **options)


def texts_of(scene) -> list[str]:
    return [shape.text for shape in scene.shapes if isinstance(shape, Text)]


def test_the_counts_are_those_made_by_hand():
    data = drawn().data
    assert data["used"] == 7 and data["free"] == 9 and data["without_sharing"] == 9
    assert data["shared"] == [0, 1] and data["owners"][0] == ["A", "B"]
    assert data["tokens"] == 32 + 25 + 5 + 20 and data["places"] == 7 * 16
    assert data["waste"] == pytest.approx(1 - 82 / 112)
    assert drawn().alt.startswith(
        "3 requests in 7 of 16 blocks, not 9: what is shared is held once. A has 57 tokens in the "
        "blocks 0, 1, 2, 3."
    )


def test_blocks_without_a_request_are_all_free():
    picture = draw_kv_blocks({}, num_blocks=3)
    assert picture.data["free"] == 3 and picture.data["waste"] == 0
    assert draw_kv_blocks({"A": []}, num_blocks=3).alt.count("A has 0 tokens in no block") == 1


def test_a_shared_block_is_drawn_once_with_a_stripe_for_each_owner():
    scene = drawn().scene
    pool = [s for s in scene.shapes if isinstance(s, Text) and s.x < 350]
    assert [s.text for s in pool].count("0") == 1 and [s.text for s in pool].count("×2") == 2
    left = [s for s in scene.shapes if isinstance(s, Rect) and s.x < 350 and s.radius == 3]
    first = [s for s in left if s.x == left[0].x and s.y < left[0].y + 35]
    assert len(first) == 2 and first[0].fill != first[1].fill
    assert first[0].y + first[0].height == pytest.approx(first[1].y)


def test_a_block_is_filled_as_far_as_it_has_tokens():
    scene = draw_kv_blocks({"A": [0, 1]}, num_blocks=8, tokens={"A": 20}).scene
    [stripe] = [s for s in scene.shapes if isinstance(s, Rect) and s.x < 350 and s.radius == 3]
    full = next(s for s in scene.shapes if isinstance(s, Rect) and s.radius == 4)
    assert stripe.width / full.width == pytest.approx(4 / 16)


def test_a_marked_block_has_a_ring_and_its_words():
    picture = drawn(highlight={5: "recycled, but its old hash is still known"})
    rings = [s for s in picture.scene.shapes if isinstance(s, Rect) and s.stroke == VIOLET]
    assert len(rings) == 1 and not [
        s for s in drawn().scene.shapes if isinstance(s, Rect) and s.stroke == VIOLET
    ]
    assert "block 5: recycled, but its old hash is still known" in picture.alt


def test_the_counts_are_those_of_the_pool_of_the_engine():
    torch = pytest.importorskip("torch")
    from gptcore.model import GPT, GPTConfig  # noqa: PLC0415
    from gptcore.serving import Engine, EngineConfig, SamplingParams  # noqa: PLC0415

    torch.manual_seed(0)
    model = GPT(GPTConfig(vocab_size=11, block_size=32, n_layer=1, n_head=1, n_embd=8))
    engine = Engine(model, EngineConfig(kv_block_size=4, num_blocks=12))
    same = [1, 2, 3, 4, 5, 6, 7, 8]
    requests = [engine.add([*same, i], SamplingParams(max_new_tokens=8)) for i in (1, 2, 3)]
    for _ in range(3):
        record = engine.step()
    tables = {str(r.id): r.block_table for r in requests if r.block_table}
    tokens = {str(r.id): r.num_computed_tokens for r in requests if r.block_table}
    data = draw_kv_blocks(tables, num_blocks=12, block_size=4, tokens=tokens).data
    assert data["used"] == record.blocks_in_use and data["shared"]
    assert data["without_sharing"] == sum(record.blocks_held.values())


def test_many_blocks_and_requests_are_cut_and_said_so():
    tables = {f"request {i}": list(range(50 * i, 50 * i + 50)) for i in range(20)}
    picture = draw_kv_blocks(tables, num_blocks=1000)
    assert {"... and 744 more blocks", "... and 12 more requests", "... 50 blocks in all"} <= set(
        texts_of(picture.scene)
    )
    assert len(picture.alt) < 2500 and len(picture.to_html()) < 600_000


def test_both_forms_are_documents_and_fit():
    picture = drawn(highlight={4: "free " * 40})
    for scene, width in ((picture.scene, 760), (picture.narrow, 358)):
        assert scene.width == width
        assert ET.fromstring(scene.to_svg("<script>")) is not None
        assert all(s.x + s.width <= width for s in scene.shapes if isinstance(s, Rect))
    assert "<source" in picture.to_html()


def test_matplotlib_axes_show_the_blocks():
    ax = Figure().add_subplot()
    assert drawn(ax=ax) is ax
    assert "57 tokens" in {text.get_text() for text in ax.texts}


@pytest.mark.parametrize(
    ("tables", "options", "message"),
    [
        (None, {}, "tables must be a mapping"),
        ([[0]], {}, "tables must be a mapping"),
        ({"A": None}, {}, "'A' must be a list of blocks"),
        ({"A": "01"}, {}, "'A' must be a list of blocks"),
        ({"A": [4]}, {}, "a block of 'A'=4 must be a whole number, from 0 to 3"),
        ({"A": [-1]}, {}, "a block of 'A'=-1"),
        ({"A": [float("nan")]}, {}, "a block of 'A'=nan"),
        ({"A": [1, 1]}, {}, "has block 1 twice"),
        ({"A": [0]}, {"tokens": {"A": 17}}, "hold 16: give it 2 blocks"),
        ({"A": [0]}, {"tokens": {"A": None}}, "tokens of 'A'=None"),
        ({"A": [0]}, {"tokens": {"B": 1}}, "the same requests"),
        ({"A": [0]}, {"tokens": [1]}, "tokens must be a mapping"),
        ({"A": [0]}, {"block_size": 0}, "block_size=0"),
        ({"A": [0]}, {"num_blocks": 0}, "num_blocks=0"),
        ({"A": [0]}, {"highlight": {9: "x"}}, "highlight=9"),
    ],
    ids=range(15),
)
def test_tables_that_cannot_be_are_refused(tables, options, message):
    with pytest.raises(ValueError, match=message):
        draw_kv_blocks(tables, **{"num_blocks": 4, **options})
