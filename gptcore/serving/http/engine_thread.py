"""The engine in a thread of its own; the event loop hands it requests and gets tokens back.

Only this thread touches the engine. What others want is put into `commands`, and done between two
steps. All events of one step reach the event loop in one call.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeVar

from gptcore.serving.engine import Engine
from gptcore.serving.http.api_error import APIError
from gptcore.serving.request import Request
from gptcore.serving.sampling_params import SamplingParams
from gptcore.serving.step_record import NewToken, StepRecord

T = TypeVar("T")
Event = tuple[NewToken | None, str | None]  # a token, and why the text ended if it did


@dataclass(eq=False)
class Generation:
    """One text that is written for a client.

    Attributes:
        request: In the engine.
        events: What the client has not been given yet.
        started: When it was asked for, in seconds of `perf_counter`.
        has_token: Whether its first token has been counted.
    """

    request: Request
    events: asyncio.Queue[Event] = field(default_factory=asyncio.Queue)
    started: float = field(default_factory=perf_counter)
    has_token: bool = False


@dataclass
class Waits:
    """Seconds between a request and its first token: how many, and their sum."""

    count: int = 0
    seconds: float = 0.0


class EngineThread:
    """Steps an engine while there is something to do.

    Args:
        engine: Belongs to this thread from `start` to `close`.
        max_waiting: The most requests that may wait while others run.
    """

    def __init__(self, engine: Engine, max_waiting: int) -> None:
        self.engine = engine
        self.limit = engine.config.max_num_seqs + max_waiting
        self.commands: list[Callable[[], None]] = []
        self.wakes = threading.Condition()
        self.is_closing = False
        self.generations: dict[Request, Generation] = {}
        self.num_reserved = 0  # asked for and not in the engine yet
        self.first_tokens = Waits()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.thread = threading.Thread(target=self._work, name="engine", daemon=True)

    def start(self) -> None:
        """Begin, from the event loop that gets the tokens."""
        self.loop = asyncio.get_running_loop()
        self.thread.start()

    def close(self) -> None:
        """End after the step that runs now."""
        with self.wakes:
            self.is_closing = True
            self.wakes.notify()
        self.thread.join()

    @property
    def num_open(self) -> int:
        """Texts that run or wait."""
        return len(self.generations) + self.num_reserved

    async def submit(
        self, prompts: Sequence[list[int]], params: SamplingParams, n: int
    ) -> list[Generation]:
        """Put requests into the queue: all of them or none.

        Args:
            prompts: Token ids.
            params: How the tokens are chosen; text i of a prompt has the seed `params.seed + i`.
            n: Texts for each prompt.

        Returns:
            The texts, n for each prompt.

        Raises:
            APIError: If too many wait.
            ValueError: If the engine refuses one.
        """
        new = len(prompts) * n
        if new > self.limit:
            raise APIError(400, f"{new} texts were asked for at once; {self.limit} are the most.")
        if self.num_open + new > self.limit:
            raise APIError(
                429,
                f"{self.num_open} texts run or wait, and {self.limit} are the most. Try again "
                f"in a second.",
                code="rate_limit_exceeded",
                headers={"Retry-After": "1"},
            )
        self.num_reserved += new
        abandoned = threading.Event()

        def add() -> list[Generation]:
            return [] if abandoned.is_set() else self._add(prompts, params, n)

        try:
            added = self.do(add)
            return await asyncio.shield(asyncio.wrap_future(added))
        except asyncio.CancelledError:
            abandoned.set()
            added.add_done_callback(self._cancel_added)
            raise
        finally:
            self.num_reserved -= new

    def _cancel_added(self, added: "Future[list[Generation]]") -> None:
        """Cancel what was added for a client that left meanwhile."""
        if not added.exception():
            for generation in added.result():
                self.cancel(generation)

    def cancel(self, generation: Generation, reason: str = "cancelled") -> None:
        """End a text; its blocks are free before the next step.

        Args:
            generation: From `submit`; it may have ended.
            reason: Goes into the request.
        """
        request = generation.request
        if self.generations.pop(request, None) is not None:
            self.do(lambda: self.engine.cancel(request, reason))

    def do(self, command: Callable[[], T]) -> "Future[T]":
        """Let the engine's thread do something between two steps.

        Args:
            command: Is called in that thread.

        Returns:
            Its result, later.
        """
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(command())
            except BaseException as error:
                future.set_exception(error)

        with self.wakes:
            self.commands.append(run)
            self.wakes.notify()
        return future

    # In the engine's thread

    def _add(
        self, prompts: Sequence[list[int]], params: SamplingParams, n: int
    ) -> list[Generation]:
        requests: list[Request] = []
        try:
            for prompt in prompts:
                requests += self.engine.add_samples(prompt, params, n)
        except ValueError:
            for request in requests:
                self.engine.cancel(request)
            raise
        generations = [Generation(request) for request in requests]
        self.generations |= {one.request: one for one in generations}
        return generations

    def _work(self) -> None:
        while True:
            with self.wakes:
                while not (self.commands or self.engine.has_unfinished or self.is_closing):
                    self.wakes.wait()
                commands, self.commands = self.commands, []
            for command in commands:
                command()
            if self.is_closing:
                return
            if self.engine.has_unfinished:
                self._step()

    def _step(self) -> None:
        try:
            record = self.engine.step()
        except Exception:  # of the engine itself: nobody's text can go on
            lost = list(self.generations)
            for request in lost:
                with suppress(Exception):
                    self.engine.cancel(request, "error")
            self._hand_over([(request, (None, "error")) for request in lost])
            return
        self._hand_over(events_of(record))

    def _hand_over(self, events: list[tuple[Request, Event]]) -> None:
        assert self.loop is not None
        if events:
            with suppress(RuntimeError):  # the loop is closed
                self.loop.call_soon_threadsafe(self._deliver, events)

    # In the event loop

    def _deliver(self, events: list[tuple[Request, Event]]) -> None:
        for request, event in events:
            generation = self.generations.get(request)
            if generation is None:  # the client has left
                continue
            # Trap: request.output grows in the other thread, and may have two tokens by now.
            if event[0] is not None and not generation.has_token:
                generation.has_token = True
                self.first_tokens.count += 1
                self.first_tokens.seconds += perf_counter() - generation.started
            if event[1] is not None:
                del self.generations[request]
            generation.events.put_nowait(event)


def events_of(record: StepRecord) -> list[tuple[Request, Event]]:
    """What a step means for each request: a token, its end, or both.

    Args:
        record: Of the step.
    """
    ended = {request: request.finish_reason for request in record.finished}
    events: list[tuple[Request, Event]] = []
    for token in record.tokens:
        events.append((token.request, (token, ended.pop(token.request, None))))
    return events + [(request, (None, reason)) for request, reason in ended.items()]
