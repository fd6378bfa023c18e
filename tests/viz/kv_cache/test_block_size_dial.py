"""Blocks, places and what is empty: compared with the pool of the engine, and with a count."""

import random

import pytest

from viz import BlockSizeDial
from viz.canvas.palette import GREEN
from viz.canvas.scene import Rect, Text
from viz.kv_cache.block_sizes import count_blocks


def texts_of(picture) -> list[str]:
    return [shape.text for shape in picture.scene.shapes if isinstance(shape, Text)]


def held(lengths: list[int], size: int, prefix: int) -> set:
    """The blocks, made one by one: a full block of the prefix has the same name in all texts."""
    return {
        ("prefix", start) if start + size <= prefix else (text, start)
        for text, length in enumerate(lengths)
        for start in range(0, length, size)
    }


@pytest.mark.parametrize("prefix", [0, 1, 16, 23])
def test_blocks_are_as_many_as_are_made_one_by_one(prefix):
    rng = random.Random(prefix)
    lengths = [rng.randint(24, 90) for _ in range(20)]
    for size in (1, 2, 7, 16, 24, 64, 256):
        count = count_blocks(lengths, size, prefix)
        assert count.blocks == len(held(lengths, size, prefix))
        single = count_blocks(lengths[:1], size, prefix)
        assert single.blocks == -(-lengths[0] // size) and single.shared == 0


def test_the_engine_holds_as_many_blocks():
    torch = pytest.importorskip("torch")
    from gptcore.model import GPT, GPTConfig  # noqa: PLC0415
    from gptcore.serving import Engine, EngineConfig, SamplingParams  # noqa: PLC0415

    torch.manual_seed(0)
    model = GPT(GPTConfig(vocab_size=16, block_size=64, n_layer=1, n_head=1, n_embd=8))
    for size in (2, 8, 16):
        engine = Engine(model, EngineConfig(kv_block_size=size, max_num_seqs=5))
        prompts = [[1] * 11 + [2 + i] * (3 * i + 2) for i in range(5)]
        for prompt in prompts:
            engine.add(prompt, SamplingParams(max_new_tokens=20))
        record = [engine.step() for _ in range(8)][-1]
        lengths = [request.num_computed_tokens for request in engine.scheduler.running]
        assert len(lengths) == 5
        assert record.blocks_in_use == count_blocks(lengths, size, prefix=11).blocks


def test_a_larger_block_wastes_more_and_shares_less():
    dial = BlockSizeDial([40, 33, 50], prefix=20)
    waste, shared = [], []
    for size in (1, 4, 16, 64):
        dial.block_size.value = size
        waste.append(dial.picture().data["waste"])
        shared.append(dial.picture().data["shared"])
    assert waste == sorted(waste) and waste[0] == 0
    assert shared == [20, 20, 16, 0]
    assert dial.picture().alt.startswith(
        "Blocks of 64 tokens: 36 % of the places are empty, nothing is shared. 3 texts, 123 tokens"
    )
    assert dial.picture().alt[:30] in dial.screen.value


def test_what_is_shared_is_drawn_filled_once():
    dial = BlockSizeDial([40, 33, 50], prefix=16)
    frames = [s for s in dial.still.scene.shapes if isinstance(s, Rect) and s.stroke == GREEN]
    assert len(frames) == 3 and len({s.fill for s in frames[1:]}) == 1
    assert frames[0].fill != frames[1].fill
    assert texts_of(dial.still).count("16") == 1


def test_places_reserved_in_one_piece_are_compared():
    alt = BlockSizeDial([10, 30], reserved=64).still.alt
    assert alt.endswith("Reserved in one piece: 128 places, 69 % of them empty.")


def test_many_texts_are_cut_and_the_picture_fits():
    dial = BlockSizeDial([5 + i % 200 for i in range(2000)], reserved=256, prefix=5)
    assert "... and 1,992 more texts" in texts_of(dial.still)
    for size in (1, 16, 256):
        dial.block_size.value = size
        for scene in (dial.picture().scene, dial.picture().narrow):
            assert all(s.x + s.width <= scene.width for s in scene.shapes if isinstance(s, Rect))
            assert len(scene.to_svg("x")) < 90_000


@pytest.mark.parametrize(
    ("lengths", "options", "message"),
    [
        (None, {}, "lengths must be a list"),
        ("40", {}, "lengths must be a list"),
        ([], {}, "There are 0 lengths"),
        ([0], {}, r"lengths\[0\]=0"),
        ([None], {}, r"lengths\[0\]=None"),
        ([float("nan")], {}, r"lengths\[0\]=nan"),
        ([5] * 10_001, {}, "There are 10,001 lengths"),
        ([40, 20], {"prefix": 21}, "prefix=21 must be a whole number, from 0 to 20"),
        ([40], {"block_size": 3}, "block_size=3 is not among"),
        ([40], {"block_sizes": [0, 16]}, "block_sizes=0"),
        ([40], {"reserved": 39}, "reserved=39 must be a whole number, 40 or more"),
    ],
    ids=range(11),
)
def test_lengths_that_cannot_be_are_refused(lengths, options, message):
    with pytest.raises(ValueError, match=message):
        BlockSizeDial(lengths, **options)
