"""Sliders for temperature, top-k and top-p, with the next token's bars and a generated text.

Each change of a slider generates the text again with the same seed. Generation is an asyncio task
on the kernel's loop, without a thread: between two tokens the kernel handles other messages, so a
slider restarts it and the stop button ends it. The drawing is in `viz/next_token/playground.py`.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from html import escape
from random import Random
from time import perf_counter
from typing import Any

from ipywidgets import Button, FloatSlider, IntSlider, Layout, SelectionSlider, Text
from numpy.typing import ArrayLike

from viz.canvas.control import Control, side_by_side
from viz.canvas.picture import Picture
from viz.canvas.tensors import softmax, to_array
from viz.canvas.visible_text import Piece
from viz.next_token.playground import check_sampling_options, draw_playground
from viz.next_token.playground_page import Setting, Writer, page_data
from viz.next_token.sampling_dial import values_of
from viz.next_token.sampling_filters import Array, filter_probabilities, sample_index, to_logits

TOP_K = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500)
ALL = 0  # a slider cannot have the value None
PAUSE = 0.05  # seconds between two pictures while a text is generated


class SamplingPlayground(Control):
    """Sliders for sampling: the next token's bars at once, the text token by token.

    Without a kernel the still twin shows the text for the first values.

    Args:
        next_logits: Called with the ids so far. It returns the next token's logits, shape (V,).
        encode: Turns a text into ids.
        decode: Turns ids into a text, or into bytes, so that characters of several tokens can be
            put together.
        prompt: First text to continue.
        temperature: First value. 0 always takes the most likely token.
        top_k: First value. None keeps all tokens.
        top_p: First value. 1 keeps all tokens.
        seed: First seed of the sampling.
        max_new_tokens: First value of the length of the text, in tokens.
        stop: Token id that ends the text and is not shown.
        title: Title of the picture.
        page_settings: Triples (temperature, top_k, top_p). A page shows their texts, too.
        rows_of_logits: Called with several rows of ids of one length. It returns their logits,
            shape (N, V), for the texts of a page; None calls `next_logits` for each row.

    Raises:
        ValueError: If the prompt has no token, the logits are not one row with a finite number, or
            an option is out of range.

    Example:
        >>> playground = SamplingPlayground(
        ...     lambda ids: [0.0, 1.0],
        ...     encode=lambda text: ["ab".index(c) for c in text],
        ...     decode=lambda ids: "".join("ab"[i] for i in ids),
        ...     prompt="ab", temperature=0, max_new_tokens=3,
        ... )
        >>> playground.still.data["text"]
        'abbbb'
    """

    def __init__(
        self,
        next_logits: Callable[[list[int]], ArrayLike],
        encode: Callable[[str], Sequence[int]],
        decode: Callable[[list[int]], Piece],
        *,
        prompt: str,
        temperature: float = 0.8,
        top_k: int | None = None,
        top_p: float = 1.0,
        seed: int = 0,
        max_new_tokens: int = 40,
        stop: int | None = None,
        title: str = "",
        page_settings: Sequence[Setting] = (),
        rows_of_logits: Callable[[list[list[int]]], ArrayLike] | None = None,
    ) -> None:
        check_sampling_options(temperature, top_k, top_p)
        self.next_logits, self.encode, self.decode = next_logits, encode, decode
        self.stop, self.title = stop, title
        self.generated: list[tuple[Piece, float]] = []
        self.status = ""
        self.task: asyncio.Task[None] | None = None
        self.prompt_logits = self.logits_of(self.encode_prompt(prompt))
        V = len(self.prompt_logits)
        choices = sorted({*(k for k in TOP_K if k < V), *([top_k] if top_k else [])})
        options = [(str(k), k) for k in choices] + [("all", ALL)]
        style = {"description_width": "90px"}
        shared: dict[str, Any] = {"layout": Layout(width="400px"), "style": style}
        self.prompt = Text(
            value=prompt,
            description="prompt",
            continuous_update=False,
            layout=Layout(width="806px"),
            style=style,
        )
        self.temperature = FloatSlider(
            value=temperature, min=0, max=max(2.0, temperature), step=0.1, readout_format=".1f",
            description="temperature", **shared,
        )  # fmt: skip
        self.top_k = SelectionSlider(
            options=options, value=top_k or ALL, description="top-k", **shared
        )
        self.top_p = FloatSlider(
            value=top_p, min=0.05, max=1, step=0.05, description="top-p", **shared
        )
        self.seed = IntSlider(value=seed, min=0, max=max(20, seed), description="seed", **shared)
        self.max_new_tokens = IntSlider(
            value=max_new_tokens,
            min=1,
            max=max(200, max_new_tokens),
            description="length",
            **shared,
        )
        self.restart_button = Button(description="write again", layout=Layout(width="130px"))
        self.stop_button = Button(description="stop", disabled=True, layout=Layout(width="130px"))
        knobs = [self.prompt, self.temperature, self.top_k, self.top_p, self.seed]
        knobs.append(self.max_new_tokens)
        for _ in self.generate():
            pass
        self.rows_of_logits = rows_of_logits
        self.writer = Writer(
            self.logits_of, self.logits_of_rows, decode, seed, max_new_tokens, stop
        )
        self.first_prompt = prompt
        self.page_settings = [(temperature, top_k, top_p), *page_settings]
        rest = [*knobs[1:], self.restart_button, self.stop_button]
        super().__init__([self.prompt, side_by_side(rest)], self.picture())
        for knob in knobs:
            knob.observe(self.restart, names="value")
        self.restart_button.on_click(self.restart)
        self.stop_button.on_click(self.stop_generation)

    def encode_prompt(self, prompt: str) -> list[int]:
        """The ids of the prompt; ValueError if there are none.

        Args:
            prompt: The text that the model continues.
        """
        ids = [int(i) for i in self.encode(prompt)]
        if not ids:
            raise ValueError(
                f"The prompt {prompt!r} has no token: a model continues a text. Give it at least "
                f"one letter, or let `encode` put a start token before it."
            )
        return ids

    def logits_of(self, ids: list[int]) -> Array:
        """The checked logits of the token after `ids`, shape (V,).

        Args:
            ids: The token ids so far.
        """
        return to_logits(self.next_logits(ids))

    def logits_of_rows(self, rows: list[list[int]]) -> list[Array]:
        """The checked logits after each row of ids, each of shape (V,).

        Args:
            rows: Token ids.
        """
        if self.rows_of_logits is None:
            return [self.logits_of(row) for row in rows]
        return [to_logits(row) for row in to_array(self.rows_of_logits(rows))]

    def generate(self) -> Iterator[None]:
        """Append one token after the other to `.generated`; yields after each."""
        ids, rng = self.encode_prompt(self.prompt.value), Random(self.seed.value)
        generated: list[tuple[Piece, float]] = []  # an earlier run may still write its own
        self.generated, self.status = generated, ""
        logits = self.prompt_logits = self.logits_of(ids)
        for _ in range(self.max_new_tokens.value):
            temperature = self.temperature.value
            probs = filter_probabilities(
                logits, temperature, self.top_k.value or None, self.top_p.value
            )
            # Temperature 0 draws no random number.
            token = sample_index(probs, rng.random()) if temperature else int(probs.argmax())
            if token == self.stop:
                self.status = "It came to its end."
                break
            ids.append(token)
            generated.append((self.decode([token]), float(softmax(logits)[token])))
            yield
            logits = self.logits_of(ids)

    def picture(self) -> Picture:
        """The bars, and the text generated so far."""
        length = self.max_new_tokens.value
        return draw_playground(
            self.prompt_logits,
            lambda token: self.decode([token]),
            temperature=self.temperature.value,
            top_k=self.top_k.value or None,
            top_p=self.top_p.value,
            prompt=self.prompt.value,
            generated=self.generated,
            caption=f"seed {self.seed.value}, at most {length} tokens. {self.status}",
            title=self.title,
        )

    def restart(self, change: object = None) -> None:
        """Generate again from the start: as a task where a kernel runs, else to the end at once.

        Args:
            change: What ipywidgets says about the change; not used.
        """
        self.stop_generation()
        self.stop_button.disabled = False
        try:
            self.task = asyncio.get_running_loop().create_task(self.stream())
        except RuntimeError:  # without a kernel there is no event loop
            asyncio.run(self.stream())

    async def stream(self) -> None:
        """Generate, and let the kernel handle other messages between two tokens."""
        last_drawn = 0.0
        try:
            for _ in self.generate():
                if perf_counter() - last_drawn > PAUSE:
                    self.redraw()
                    last_drawn = perf_counter()
                await asyncio.sleep(0)
            self.redraw()
        except Exception as error:  # of any kind: an exception of a task is not shown
            kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
            self.screen.value = f"<p>{escape(f'{kind}{error}')}</p>"
        self.stop_button.disabled = True

    def stop_generation(self, button: object = None) -> None:
        """Stop generating; the text so far stays.

        Args:
            button: The button that was pressed; None if the program stops.
        """
        if self.task is not None and not self.task.done():
            self.task.cancel()
            self.status = "Stopped."
        if button is not None:
            self.redraw()
        self.task = None
        self.stop_button.disabled = True

    def page_dial(self) -> dict[str, Any] | None:
        """What `playground_dial.js` needs; None for a vocabulary of more than 1,000 tokens."""
        ids = self.encode_prompt(self.first_prompt)
        data = page_data(self.writer, self.first_prompt, ids, self.page_settings)
        if data is None:
            return None
        ranges = {
            "temperature": values_of(self.temperature),
            "top_k": [value for _, value in self.top_k.options],
            "top_p": values_of(self.top_p),
        }
        return {"dial": "playground", "title": self.title, "ranges": ranges, **data}
