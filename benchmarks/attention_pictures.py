"""Pictures of attention: their size, the time to draw them, the time to answer the mouse.

Hovering is measured in Chromium, from the movement of the mouse to the next frame.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks import Measurement, seconds
from viz import SamplingPlayground, draw_attention

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MOVE = """([canvas, x, y]) => {
    const box = canvas.getBoundingClientRect();
    const start = performance.now();
    const point = { clientX: box.left + x, clientY: box.top + y, bubbles: true };
    canvas.dispatchEvent(new PointerEvent("pointermove", point));
    const done = () => performance.now() - start;
    return new Promise((seen) => requestAnimationFrame(() => setTimeout(() => seen(done()))));
}"""


def causal_weights(*shape: int) -> np.ndarray:
    """Random attention weights; few of them are 0, so they compress worse than those of a model."""
    scores = np.random.default_rng(0).normal(size=shape)
    scores += np.triu(np.full(shape[-2:], -np.inf), 1)
    return np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)


def words(n: int) -> list[str]:
    """Names for n tokens."""
    return [f"word{i}" for i in range(n)]


def hover_milliseconds(html: Path) -> tuple[float, float]:
    """Milliseconds to answer over the small images of a page, and over the large one."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - optional

    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, BROWSERS)))
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(html.as_uri())
        page.locator(".viz-attention canvas").first.wait_for()
        times = [
            median(
                page.evaluate(MOVE, [canvas.element_handle(), 140 + 12 * k, 120 + 13 * k])
                for k in range(21)
            )
            for canvas in page.locator(".viz-attention canvas").all()
        ]
        browser.close()
    return times[0], times[1]


def measurements() -> Iterator[Measurement]:
    weights, tokens = causal_weights(12, 12, 128, 128), words(128)
    draw_seconds = [seconds(lambda: draw_attention(weights, tokens).to_html()) for _ in range(5)]
    name = "draw_attention of 12 layers x 12 heads x 128 tokens"
    yield name, median(draw_seconds), "s", {"at_most": 1}
    picture = draw_attention(weights, tokens)
    yield f"{name}, its HTML", len(picture.to_html()) / 1e6, "MB", {"at_most": 1}
    small = draw_attention(causal_weights(6, 6, 64, 64), words(64))
    kilobytes = len(json.dumps(small._repr_mimebundle_())) / 1e3
    yield "6 layers x 6 heads x 64 tokens, stored in a notebook", kilobytes, "kB", {"at_most": 200}
    if any(map(shutil.which, BROWSERS)):
        with tempfile.TemporaryDirectory() as folder:
            over_all, over_one = hover_milliseconds(picture.save(Path(folder) / "grid.html"))
        yield "hovering over its 144 small images", over_all, "ms", {"at_most": 50}
        yield "hovering over its large image", over_one, "ms", {"at_most": 50}
    else:
        print("Chromium is not installed: hovering is not measured", file=sys.stderr)
    logits = np.random.default_rng(0).normal(size=50_257)
    playground = SamplingPlayground(
        lambda ids: logits, lambda text: [1], lambda ids: f"t{ids[0]}", prompt="x", max_new_tokens=1
    )

    def set_temperature(value: float) -> None:
        playground.temperature.value = value

    redraw_seconds = [
        seconds(lambda value=value: set_temperature(value)) for value in (0.1, 0.5, 1.0, 1.5, 2.0)
    ]
    name = "SamplingPlayground: bars of 50,257 tokens after a turn"
    yield name, 1000 * median(redraw_seconds), "ms", {"at_most": 200}
