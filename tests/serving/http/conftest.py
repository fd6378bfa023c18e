"""A server in a thread of the test, with a small model that was never trained."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import torch

from gptcore.model import GPT, GPTConfig
from gptcore.serving import Engine, EngineConfig
from gptcore.tokenizers import CharTokenizer
from gptcore.tuning import CHAT_TOKENS, ChatFormat

NAME, KEY, LETTERS, CONTEXT = "small", "the-key", "abcdefghijklmnopqrstuvwxyz ?", 64


def small_model(vocab_size: int) -> GPT:
    sizes = GPTConfig(vocab_size=vocab_size, block_size=CONTEXT, n_layer=1, n_head=2, n_embd=16)
    return GPT(sizes, torch.Generator().manual_seed(0)).eval()


@dataclass
class Running:
    """A server that runs, and what is behind it."""

    url: str
    engine: Engine
    chat: ChatFormat
    app: object
    uvicorn: object

    def idle_after(self, seconds: float) -> bool:
        """Whether nothing runs and no block is held, at the latest after some seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            is_busy = self.engine.has_unfinished or self.app.state.server.engine.num_open
            if not is_busy and not self.engine.pool.num_used:
                return True
            time.sleep(0.02)
        return False


def running(api_key: str | None = None, max_waiting: int = 64, **sizes: int) -> Iterator[Running]:
    uvicorn = pytest.importorskip("uvicorn")
    pytest.importorskip("starlette")
    from gptcore.serving.http.answering import ServedModel  # noqa: PLC0415 - needs starlette
    from gptcore.serving.http.app import make_app  # noqa: PLC0415
    from gptcore.serving.http.listening import bind  # noqa: PLC0415

    chat = ChatFormat(CharTokenizer(LETTERS, special_tokens=CHAT_TOKENS.values()))
    engine = Engine(small_model(chat.tokenizer.vocab_size), EngineConfig(**sizes))
    served = ServedModel(NAME, chat.tokenizer, chat, chat.tokenizer.end_of_text)
    app = make_app(engine, served, max_waiting=max_waiting, api_key=api_key)
    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    yield Running(url, engine, chat, app, server)
    server.should_exit = True
    thread.join(20)
    listener.close()
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    yield from running()


@pytest.fixture(scope="module")
def server_with_key() -> Iterator[Running]:
    yield from running(api_key=KEY)


@pytest.fixture
def full_server() -> Iterator[Running]:
    """One text runs and one may wait."""
    yield from running(max_waiting=1, max_num_seqs=1)


@pytest.fixture
def busy_server() -> Iterator[Running]:
    """Its blocks are enough for a third of the texts that run at once."""
    yield from running(max_num_seqs=16, num_blocks=20, kv_block_size=8)
