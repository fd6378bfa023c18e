"""Turn temperature, top-k and top-p: see the shares of the next token move, and the text with them.

After each turn the text is written anew with the same dice, token by token, between which the
kernel listens: another turn begins anew, the stop button ends it. The drawing is in
`viz/next_token/playground.py`. Left out on purpose: a thread; the model is never asked twice at a
time.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from html import escape
from random import Random
from time import perf_counter
from typing import Any

from ipywidgets import Button, FloatSlider, HBox, IntSlider, Layout, SelectionSlider, Text

from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.canvas.tensors import softmax
from viz.next_token.playground import check_knobs, draw_playground
from viz.next_token.sampling_filters import draw, shape, to_logits

TOP_K = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500)
ALL = 0  # the slider cannot stand at None
PAUSE = 0.05  # seconds between two pictures of a text that is being written


class SamplingPlayground(Control):
    """Sliders for how a model writes: the next token's bars at once, the text token by token.

    `next_logits` is called with the ids so far and answers with one score for each token, (V,);
    `encode` makes ids of a text, `decode` a text of ids. `end` is the token after which nothing
    comes. Without a kernel: the whole text at the first setting.
    Raises:  ValueError for an empty prompt, for logits that are none, for knobs out of range.
    Example: SamplingPlayground(lambda ids: [0.0, 1.0], lambda text: [ord(c) - 97 for c in text],
        lambda ids: "".join("ab"[i] for i in ids), prompt="ab")
    """

    def __init__(
        self,
        next_logits: Callable[[list[int]], Any],
        encode: Callable[[str], Sequence[int]],
        decode: Callable[[list[int]], str],
        *,
        prompt: str,
        temperature: float = 0.8,
        top_k: int | None = None,
        top_p: float = 1.0,
        seed: int = 0,
        length: int = 40,
        end: int | None = None,
        title: str = "",
    ):
        check_knobs(temperature, top_k, top_p)
        self.next_logits, self.encode, self.decode = next_logits, encode, decode
        self.end, self.title = end, title
        self.written: list[tuple[str, float]] = []
        self.said = ""
        self.task: asyncio.Task | None = None
        self.first = self.logits_after(self.ids_of(prompt))  # of the token after the prompt
        V = len(self.first)
        choices = sorted({*(k for k in TOP_K if k < V), *([top_k] if top_k else [])})
        options = [(str(k), k) for k in choices] + [("all", ALL)]
        look: dict[str, Any] = {"layout": Layout(width="460px")}
        look |= {"style": {"description_width": "90px"}}
        self.prompt = Text(
            value=prompt,
            description="prompt",
            continuous_update=False,
            layout=Layout(width="620px"),
            style={"description_width": "90px"},
        )
        self.temperature = FloatSlider(
            value=temperature, min=0, max=max(2.0, temperature), step=0.1, readout_format=".1f",
            description="temperature", **look,
        )  # fmt: skip
        self.top_k = SelectionSlider(
            options=options, value=top_k or ALL, description="top-k", **look
        )
        self.top_p = FloatSlider(
            value=top_p, min=0.05, max=1, step=0.05, description="top-p", **look
        )
        self.seed = IntSlider(value=seed, min=0, max=max(20, seed), description="seed", **look)
        self.length = IntSlider(
            value=length, min=1, max=max(200, length), description="length", **look
        )
        self.again = Button(description="write again", layout=Layout(width="130px"))
        self.stop = Button(description="stop", disabled=True, layout=Layout(width="130px"))
        knobs = [self.prompt, self.temperature, self.top_k, self.top_p, self.seed, self.length]
        for _ in self.write():
            pass
        super().__init__([*knobs, HBox([self.again, self.stop])], self.picture())
        for knob in knobs:
            knob.observe(self.turned, names="value")
        self.again.on_click(self.turned)
        self.stop.on_click(self.halt)

    def ids_of(self, prompt: str) -> list[int]:
        ids = [int(i) for i in self.encode(prompt)]
        if not ids:
            raise ValueError(
                f"The prompt {prompt!r} has no token: a model continues a text. Give it at least "
                f"one letter, or let `encode` put a beginning before it."
            )
        return ids

    def logits_after(self, ids: list[int]):
        return to_logits(self.next_logits(ids))

    def write(self) -> Iterator[None]:
        """Write one token after the other into `.written`."""
        ids, rng = self.ids_of(self.prompt.value), Random(self.seed.value)
        written: list[tuple[str, float]] = []  # a run that is not quite over keeps its own
        self.written, self.said = written, ""
        logits = self.first = self.logits_after(ids)
        for _ in range(self.length.value):
            probs = shape(
                logits, self.temperature.value, self.top_k.value or None, self.top_p.value
            )
            # Greedy choice draws nothing, so that the dice of the other settings stay the same.
            token = (
                int(probs.argmax()) if self.temperature.value == 0 else draw(probs, rng.random())
            )
            if token == self.end:
                self.said = "It came to its end."
                break
            ids.append(token)
            written.append((self.decode([token]), float(softmax(logits)[token])))
            yield
            logits = self.logits_after(ids)

    def picture(self) -> Picture:
        """The bars, and the text as far as it is written."""
        dice = f"seed {self.seed.value}, at most {self.length.value} tokens. {self.said}"
        return draw_playground(
            self.first,
            lambda token: self.decode([token]),
            temperature=self.temperature.value,
            top_k=self.top_k.value or None,
            top_p=self.top_p.value,
            prompt=self.prompt.value,
            written=self.written,
            said=dice,
            title=self.title,
        )

    def turned(self, change=None) -> None:
        """Begin anew: token by token where a kernel listens meanwhile, else to the end."""
        self.halt()
        self.stop.disabled = False
        try:
            self.task = asyncio.get_running_loop().create_task(self.stream())
        except RuntimeError:  # no kernel: nobody could stop it
            asyncio.run(self.stream())

    async def stream(self) -> None:
        """Write, and let the kernel hear other messages between two tokens."""
        shown = 0.0
        try:
            for _ in self.write():
                if perf_counter() - shown > PAUSE:
                    self.redraw()
                    shown = perf_counter()
                await asyncio.sleep(0)
            self.redraw()
        except Exception as error:  # of whatever kind: nobody waits for a task to hear of it
            kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
            self.screen.value = f"<p>{escape(f'{kind}{error}')}</p>"
        self.stop.disabled = True

    def halt(self, button=None) -> None:
        """Stop writing; what is written stays."""
        if self.task is not None and not self.task.done():
            self.task.cancel()
            self.said = "Stopped."
        if button is not None:
            self.redraw()
        self.task = None
        self.stop.disabled = True
