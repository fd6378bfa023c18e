"""From a request to its answer: prompts into the engine, text out of it, whole or as a stream."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import Request as HTTPRequest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from gptcore.checks import did_you_mean
from gptcore.serving.http.api_error import APIError
from gptcore.serving.http.engine_thread import EngineThread, Generation
from gptcore.serving.http.request_body import Body, read_body, read_messages, read_prompts
from gptcore.serving.http.responses import Format, Json, usage_of
from gptcore.serving.http.text_stream import Piece, TextStream, TokenText
from gptcore.serving.limits import CacheTooSmallError, ContextLengthError
from gptcore.tokenizers.tokenizer import Tokenizer

FAILED = "The model failed on this request; the log of the server says how. Others go on."
CLIENT_LEFT = 499  # nginx's status; nobody reads it


class ChatPrompts(Protocol):
    """Turns messages into token ids; `gptcore.tuning.ChatFormat` is one."""

    @property
    def stop_ids(self) -> list[int]:
        """The ids after which nothing more is generated."""

    def prompt_ids(self, messages: Any) -> list[int]:
        """The ids after which the model writes its answer."""


@dataclass(frozen=True)
class ServedModel:
    """What clients can ask for.

    Attributes:
        name: As clients call it.
        tokenizer: Of the model.
        chat: Its chat format; None for a model that only continues text.
        bos: The token that a text prompt begins with, if there is one.
    """

    name: str
    tokenizer: Tokenizer
    chat: ChatPrompts | None = None
    bos: int | None = None

    def check_name(self, given: Any) -> None:
        """Raise APIError for another model."""
        if given is not None and given != self.name:
            raise APIError(
                404,
                f"There is no model {given!r:.60} here.{did_you_mean(given, [self.name])} There is "
                f"{self.name!r}.",
                "model",
                "model_not_found",
            )

    def prompts(self, fields: Mapping[str, Any], is_chat: bool) -> list[list[int]]:
        """The ids of the prompts of a request."""
        if not is_chat:
            start = [] if self.bos is None else [self.bos]
            return [
                start + self.tokenizer.encode_ordinary(one) if isinstance(one, str) else one
                for one in read_prompts(fields.get("prompt"))
            ]
        if self.chat is None:
            raise APIError(
                400,
                f"{self.name} was not tuned to answer: it only continues text. Use "
                f"/v1/completions, or serve a model of gptcore tune.",
                "messages",
            )
        return [self.chat.prompt_ids(read_messages(fields.get("messages")))]

    def stop_ids(self, is_chat: bool) -> list[int]:
        """The tokens that end a text; a chat ends before any special token."""
        if not is_chat or self.chat is None:
            return self.tokenizer.stop_ids
        return sorted({*self.chat.stop_ids, *self.tokenizer.special_tokens.values()})


class Answering:
    """Answers completions and chat completions.

    Args:
        served: The model's name, tokenizer and chat format.
        engine: Its engine, in a thread.
    """

    def __init__(self, served: ServedModel, engine: EngineThread) -> None:
        self.served, self.engine = served, engine

    async def answer(self, request: HTTPRequest, fields: Any, is_chat: bool) -> Response:
        """The answer to one request.

        Args:
            request: Of HTTP.
            fields: The JSON of its body.
            is_chat: Whether it is a chat completion.

        Raises:
            APIError: If it cannot be answered.
        """
        if not isinstance(fields, dict):
            raise APIError(400, "The body must be a JSON object.")
        self.served.check_name(fields.get("model"))
        body = read_body(fields, is_chat, self.served.stop_ids(is_chat))
        param = "messages" if is_chat else "prompt"
        try:
            prompts = await asyncio.to_thread(self.served.prompts, fields, is_chat)
            generations = await self.engine.submit(prompts, body.params, body.n)
        except ContextLengthError as error:
            raise APIError(400, str(error), param, "context_length_exceeded") from None
        except CacheTooSmallError as error:
            raise APIError(400, str(error), param, "context_length_exceeded") from None
        except ValueError as error:
            raise APIError(400, str(error), param) from None
        has_logprobs = body.params.logprobs is not None
        format = Format(self.served.name, self.served.tokenizer, is_chat, has_logprobs)
        if body.is_stream:
            events = self.events(generations, body, format)
            return EventStream(events, lambda: self.cancel(generations))
        return await self.whole(request, generations, body, format)

    def cancel(self, generations: list[Generation]) -> None:
        """End what has not ended; blocks are free before the next step."""
        for generation in generations:
            self.engine.cancel(generation)

    async def pieces(
        self, generation: Generation, body: Body
    ) -> AsyncIterator[tuple[Piece, str | None]]:
        """The text of one generation, and at its end why it ended."""
        stream = TextStream(self.served.tokenizer, body.stop)
        reason: str | None = None
        while reason is None:
            token, reason = await generation.events.get()
            if reason == "error":
                raise APIError(500, FAILED)
            piece = stream.add(token, is_last=reason is not None)
            if stream.is_stopped:
                reason = "stop"
                self.engine.cancel(generation, "stop")
            if piece.text or piece.tokens or reason:
                yield piece, reason

    async def whole(
        self, request: HTTPRequest, generations: list[Generation], body: Body, format: Format
    ) -> Response:
        """All texts in one object; if the client leaves, they end."""

        async def collect(generation: Generation) -> tuple[Piece, str]:
            text, ended = "", ""
            tokens: list[TokenText] = []
            async for piece, reason in self.pieces(generation, body):
                text, tokens, ended = text + piece.text, tokens + piece.tokens, reason or ended
            return Piece(text, tokens), ended

        texts = asyncio.gather(*map(collect, generations))
        leaves = asyncio.ensure_future(disconnected(request))
        try:
            both: list[asyncio.Future[Any]] = [texts, leaves]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not texts.done():
                return JSONResponse({}, CLIENT_LEFT)
            pieces, reasons = zip(*texts.result())
        finally:
            texts.cancel()
            leaves.cancel()
            self.cancel(generations)
        usage = usage_of(generations, body.n)
        return JSONResponse(format.whole(list(pieces), list(reasons), usage))

    async def events(
        self, generations: list[Generation], body: Body, format: Format
    ) -> AsyncIterator[str]:
        """The events of a stream, of all texts as they come."""
        chunks: asyncio.Queue[Json | None] = asyncio.Queue()

        async def write(index: int, generation: Generation) -> None:
            is_first = True
            try:
                async for piece, reason in self.pieces(generation, body):
                    chunks.put_nowait(format.chunk(index, piece, reason, is_first))
                    is_first = False
            except APIError as error:
                chunks.put_nowait(error.body)
            chunks.put_nowait(None)

        writers = [asyncio.create_task(write(i, one)) for i, one in enumerate(generations)]
        try:
            left = len(writers)
            while left:
                chunk = await chunks.get()
                if chunk is None:
                    left -= 1
                else:
                    yield event(chunk)
            if body.include_usage:
                yield event(format.usage_chunk(usage_of(generations, body.n)))
            yield "data: [DONE]\n\n"
        finally:
            for writer in writers:
                writer.cancel()


def event(content: Json) -> str:
    """One server-sent event."""
    return f"data: {json.dumps(content)}\n\n"


async def disconnected(request: HTTPRequest) -> None:
    """Wait until the client leaves; its body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


class EventStream(StreamingResponse):
    """Server-sent events; when the client leaves or the stream ends, something is done.

    Args:
        events: The events.
        on_end: Is called once, in any case.
    """

    def __init__(self, events: AsyncIterator[str], on_end: Callable[[], None]) -> None:
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(events, media_type="text/event-stream", headers=headers)
        self.on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.on_end()
