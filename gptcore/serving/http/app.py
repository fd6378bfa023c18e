"""The routes of the server: OpenAI's API, health, metrics, and a page to chat with the model."""

import logging
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from gptcore.json_text import parse_json
from gptcore.serving.engine import Engine
from gptcore.serving.http.answering import CLIENT_LEFT, Answering, ServedModel
from gptcore.serving.http.api_error import APIError
from gptcore.serving.http.engine_thread import EngineThread
from gptcore.serving.http.metrics import metric_rows, prometheus_text

MAX_BODY_BYTES = 2 * 2**20
PAGE = Path(__file__).with_name("page.html")
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
LOG = logging.getLogger("gptcore.serving")

Handler = Callable[[Request], Awaitable[Response]]


class Server:
    """The handlers of one model.

    Args:
        served: What clients can ask for.
        engine: Its engine, in a thread.
        api_key: What clients must send; None lets everybody in.
    """

    def __init__(self, served: ServedModel, engine: EngineThread, api_key: str | None) -> None:
        self.served, self.engine, self.api_key = served, engine, api_key
        self.answering = Answering(served, engine)
        self.responses: Counter[int] = Counter()
        self.started = int(time.time())

    def routes(self) -> list[Route]:
        """Paths and their handlers."""
        return [
            Route("/v1/completions", self.guarded(self.completions), methods=["POST"]),
            Route("/v1/chat/completions", self.guarded(self.chat), methods=["POST"]),
            Route("/v1/models", self.guarded(self.models)),
            Route("/v1/models/{name:path}", self.guarded(self.model)),
            Route("/health", self.health),
            Route("/metrics", self.metrics),
            Route("/", self.page),
        ]

    def guarded(self, handler: Handler) -> Handler:
        """A handler for clients with the key, whose errors have OpenAI's form."""

        async def handle(request: Request) -> Response:
            try:
                self.check_key(request)
                response = await handler(request)
            except APIError as error:
                response = error.response()
            except ClientDisconnect:
                response = JSONResponse({}, CLIENT_LEFT)
            except Exception:
                LOG.exception("%s failed", request.url.path)
                response = APIError(500, "The server failed; its log says how.").response()
            self.responses[response.status_code] += 1
            return response

        return handle

    def check_key(self, request: Request) -> None:
        """Raise APIError without the right key."""
        given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if self.api_key is not None and not secrets.compare_digest(
            given.encode(), self.api_key.encode()
        ):
            raise APIError(
                401, "The API key is missing or wrong. Send it as: Authorization: Bearer KEY"
            )

    async def completions(self, request: Request) -> Response:
        """POST /v1/completions."""
        return await self.answering.answer(request, await read_json(request), is_chat=False)

    async def chat(self, request: Request) -> Response:
        """POST /v1/chat/completions."""
        return await self.answering.answer(request, await read_json(request), is_chat=True)

    async def models(self, request: Request) -> Response:
        """GET /v1/models."""
        return JSONResponse({"object": "list", "data": [self.model_object()]})

    async def model(self, request: Request) -> Response:
        """GET /v1/models/NAME."""
        self.served.check_name(request.path_params["name"])
        return JSONResponse(self.model_object())

    def model_object(self) -> dict[str, Any]:
        """What OpenAI's clients are told about the model."""
        known = {"id": self.served.name, "object": "model", "created": self.started}
        return {**known, "owned_by": "gptcore"}

    async def health(self, request: Request) -> Response:
        """GET /health: 200 while the engine runs."""
        is_alive = self.engine.thread.is_alive()
        state = {name: value for name, _, _, value in metric_rows(self.engine)}
        body = {"status": "ok" if is_alive else "down", "model": self.served.name, **state}
        return JSONResponse(body, 200 if is_alive else 503)

    async def metrics(self, request: Request) -> Response:
        """GET /metrics."""
        return PlainTextResponse(prometheus_text(self.engine, self.responses))

    async def page(self, request: Request) -> Response:
        """GET /: a page to chat."""
        text = PAGE.read_text(encoding="utf-8")
        mode = "completion" if self.served.chat is None else "chat"
        policy = {"Content-Security-Policy": PAGE_POLICY + "connect-src 'self'"}
        return HTMLResponse(text.replace("MODE_OF_MODEL", mode), headers=policy)


async def read_json(request: Request) -> Any:
    """The JSON of a body of limited size.

    Raises:
        APIError: If it is too large or not JSON.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":  # also keeps pages of other sites away
        raise APIError(415, "The body must be JSON. Send the header Content-Type: application/json")
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MAX_BODY_BYTES:
            raise APIError(
                413,
                f"The body has more than {MAX_BODY_BYTES:,} bytes, which is the most here.",
                headers={"Connection": "close"},
            )
    try:
        return parse_json(content.decode())
    except (ValueError, RecursionError) as error:
        raise APIError(400, f"The body is not JSON ({str(error)[:120]}).") from None


def make_app(
    engine: Engine, served: ServedModel, *, max_waiting: int = 64, api_key: str | None = None
) -> Starlette:
    """The application, for uvicorn or a test client.

    Args:
        engine: Is used by the application alone from now on.
        served: The model's name, tokenizer and chat format.
        max_waiting: The most requests that may wait; more are answered 429.
        api_key: What clients must send; None lets everybody in.
    """
    thread = EngineThread(engine, max_waiting)
    server = Server(served, thread, api_key)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        thread.start()
        try:
            yield
        finally:
            thread.close()

    async def not_found(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        paths = ", ".join(route.path for route in server.routes())
        detail = f"{request.method} {request.url.path}: {error.detail}. There are: {paths}."
        return APIError(error.status_code, detail, headers=dict(error.headers or {})).response()

    app = Starlette(
        routes=server.routes(), lifespan=lifespan, exception_handlers={HTTPException: not_found}
    )
    app.state.server = server
    return app
