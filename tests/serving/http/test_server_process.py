"""`gptcore serve` as a process of its own: killed, started again, and ended by a signal."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from gptcore.cli import main

pytest.importorskip("uvicorn")
pytest.importorskip("starlette")
pytestmark = pytest.mark.slow
LONG = {"prompt": "Once there was ", "max_tokens": 110, "temperature": 0}


class Process:
    """A server of the stories GPT that listens."""

    def __init__(self, port: int) -> None:
        line = ["-m", "gptcore.cli", "serve", "stories-gpt", "--port", str(port)]
        self.popen = subprocess.Popen(
            [sys.executable, *line],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        line_of_address = self.popen.stderr.readline()  # ends when the process does
        self.port = int(re.search(r"http://127\.0\.0\.1:(\d+)/v1", line_of_address).group(1))
        self.url = f"http://127.0.0.1:{self.port}"

    def open_streams(self, number: int) -> list[Iterator[str]]:
        """Streams whose first piece has arrived."""
        body = LONG | {"stream": True}
        opened = [self.lines(body) for _ in range(number)]
        with ThreadPoolExecutor(number) as pool:
            assert all("text" in line for line in pool.map(next, opened))
        return opened

    def lines(self, body: dict) -> Iterator[str]:
        with httpx.stream("POST", f"{self.url}/v1/completions", json=body, timeout=60) as answer:
            yield from (line for line in answer.iter_lines() if line)


@pytest.fixture
def start():
    """Starts servers, which are gone after the test."""
    started = []

    def new(port: int = 0) -> Process:
        started.append(Process(port))
        return started[-1]

    yield new
    for process in started:
        process.popen.kill()
        process.popen.wait()


def rest_of_text(lines: Iterator[str]) -> str:
    events = [line.removeprefix("data: ") for line in lines]
    assert events.pop() == "[DONE]"
    return "".join(choice["text"] for event in events for choice in json.loads(event)["choices"])


def test_a_killed_server_is_started_again_and_sigterm_answers_what_is_open(start, capsys):
    first = start()
    opened = first.open_streams(4)
    first.popen.send_signal(signal.SIGKILL)
    for stream in opened:
        with pytest.raises(httpx.RemoteProtocolError):  # not the end of a text
            list(stream)
    with pytest.raises(httpx.ConnectError):
        httpx.post(f"{first.url}/v1/completions", json=LONG)

    second = start(first.port)  # at once, although connections of the first one were open
    whole = httpx.post(f"{second.url}/v1/completions", json=LONG, timeout=60).json()
    assert main(["serve", "stories-gpt", "--port", str(second.port)]) != 0
    refused = capsys.readouterr().err
    assert f"cannot listen on 127.0.0.1 port {second.port}" in refused
    assert f"--port {second.port + 1}; --port 0 takes any free one" in refused
    assert "Traceback" not in refused

    opened = second.open_streams(8)
    second.popen.send_signal(signal.SIGTERM)
    with ThreadPoolExecutor(8) as pool:
        rests = list(pool.map(rest_of_text, opened))
    text = whole["choices"][0]["text"]
    assert len(text) > 100
    assert all(text.endswith(rest) and len(rest) >= len(text) - 20 for rest in rests)
    assert second.popen.wait(30) == 0
    with pytest.raises(httpx.ConnectError):
        httpx.post(f"{second.url}/v1/completions", json=LONG)
