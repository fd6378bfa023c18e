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
from viz.next_token.playground import check_sampling_options, draw_playground
from viz.next_token.sampling_filters import filter_probabilities, sample_index, to_logits

TOP_K = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500)
ALL = 0  # the slider cannot stand at None
PAUSE = 0.05  # seconds between two pictures of a text that is being written


class SamplingPlayground(Control):
    """Sliders for how a model writes: the next token's bars at once, the text token by token.

    `next_logits` is called with the ids so far and answers with one score for each token, (V,);
    `encode` makes ids of a text, `decode` a text of ids. `stop` is the token after which nothing
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
        max_new_tokens: int = 40,
        stop: int | None = None,
        title: str = "",
    ):
        check_sampling_options(temperature, top_k, top_p)
        self.next_logits, self.encode, self.decode = next_logits, encode, decode
        self.stop, self.title = stop, title
        self.generated: list[tuple[str, float]] = []
        self.status = ""
        self.task: asyncio.Task | None = None
        self.prompt_logits = self.logits_of(
            self.encode_prompt(prompt)
        )  # of the token after the prompt
        V = len(self.prompt_logits)
        choices = sorted({*(k for k in TOP_K if k < V), *([top_k] if top_k else [])})
        options = [(str(k), k) for k in choices] + [("all", ALL)]
        style: dict[str, Any] = {"layout": Layout(width="460px")}
        style |= {"style": {"description_width": "90px"}}
        self.prompt = Text(
            value=prompt,
            description="prompt",
            continuous_update=False,
            layout=Layout(width="620px"),
            style={"description_width": "90px"},
        )
        self.temperature = FloatSlider(
            value=temperature, min=0, max=max(2.0, temperature), step=0.1, readout_format=".1f",
            description="temperature", **style,
        )  # fmt: skip
        self.top_k = SelectionSlider(
            options=options, value=top_k or ALL, description="top-k", **style
        )
        self.top_p = FloatSlider(
            value=top_p, min=0.05, max=1, step=0.05, description="top-p", **style
        )
        self.seed = IntSlider(value=seed, min=0, max=max(20, seed), description="seed", **style)
        self.max_new_tokens = IntSlider(
            value=max_new_tokens, min=1, max=max(200, max_new_tokens), description="length", **style
        )
        self.restart_button = Button(description="write again", layout=Layout(width="130px"))
        self.stop_button = Button(description="stop", disabled=True, layout=Layout(width="130px"))
        knobs = [
            self.prompt,
            self.temperature,
            self.top_k,
            self.top_p,
            self.seed,
            self.max_new_tokens,
        ]
        for _ in self.generate():
            pass
        super().__init__([*knobs, HBox([self.restart_button, self.stop_button])], self.picture())
        for knob in knobs:
            knob.observe(self.restart, names="value")
        self.restart_button.on_click(self.restart)
        self.stop_button.on_click(self.stop_generation)

    def encode_prompt(self, prompt: str) -> list[int]:
        ids = [int(i) for i in self.encode(prompt)]
        if not ids:
            raise ValueError(
                f"The prompt {prompt!r} has no token: a model continues a text. Give it at least "
                f"one letter, or let `encode` put a beginning before it."
            )
        return ids

    def logits_of(self, ids: list[int]):
        return to_logits(self.next_logits(ids))

    def generate(self) -> Iterator[None]:
        """Write one token after the other into `.generated`."""
        ids, rng = self.encode_prompt(self.prompt.value), Random(self.seed.value)
        generated: list[tuple[str, float]] = []  # a run that is not quite over keeps its own
        self.generated, self.status = generated, ""
        logits = self.prompt_logits = self.logits_of(ids)
        for _ in range(self.max_new_tokens.value):
            probs = filter_probabilities(
                logits, self.temperature.value, self.top_k.value or None, self.top_p.value
            )
            # Greedy choice draws nothing, so that the dice of the other settings stay the same.
            token = (
                int(probs.argmax())
                if self.temperature.value == 0
                else sample_index(probs, rng.random())
            )
            if token == self.stop:
                self.status = "It came to its end."
                break
            ids.append(token)
            generated.append((self.decode([token]), float(softmax(logits)[token])))
            yield
            logits = self.logits_of(ids)

    def picture(self) -> Picture:
        """The bars, and the text as far as it is written."""
        caption = (
            f"seed {self.seed.value}, at most {self.max_new_tokens.value} tokens. {self.status}"
        )
        return draw_playground(
            self.prompt_logits,
            lambda token: self.decode([token]),
            temperature=self.temperature.value,
            top_k=self.top_k.value or None,
            top_p=self.top_p.value,
            prompt=self.prompt.value,
            generated=self.generated,
            caption=caption,
            title=self.title,
        )

    def restart(self, change=None) -> None:
        """Begin anew: token by token where a kernel listens meanwhile, else to the end."""
        self.stop_generation()
        self.stop_button.disabled = False
        try:
            self.task = asyncio.get_running_loop().create_task(self.stream())
        except RuntimeError:  # no kernel: nobody could stop it
            asyncio.run(self.stream())

    async def stream(self) -> None:
        """Write, and let the kernel hear other messages between two tokens."""
        last_drawn = 0.0
        try:
            for _ in self.generate():
                if perf_counter() - last_drawn > PAUSE:
                    self.redraw()
                    last_drawn = perf_counter()
                await asyncio.sleep(0)
            self.redraw()
        except Exception as error:  # of whatever kind: nobody waits for a task to hear of it
            kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
            self.screen.value = f"<p>{escape(f'{kind}{error}')}</p>"
        self.stop_button.disabled = True

    def stop_generation(self, button=None) -> None:
        """Stop writing; what is written stays."""
        if self.task is not None and not self.task.done():
            self.task.cancel()
            self.status = "Stopped."
        if button is not None:
            self.redraw()
        self.task = None
        self.stop_button.disabled = True
