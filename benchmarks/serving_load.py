"""`gptcore serve` under load: 1,000 requests of 32 clients, its memory, and 8 clients against one.

The server is a process of its own with one thread for PyTorch; its processor seconds and its memory
are those that Linux counts, so this runs on Linux only.
"""

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

import torch

from benchmarks import Measurement
from gptcore.manifest import shipped_folder
from gptcore.model import GPT
from gptcore.sampling import generate_cached
from gptcore.tokenizers import CharTokenizer

CLIENTS, REQUESTS, FIRST = 32, 1000, 200
ROUNDS, LENGTH = 3, 64
BEGINNINGS = ("Once there was ", "Tom ", "The old cat ", "Everybody is ", "In the evening ", "No")
Body = dict[str, Any]


def measurements() -> Iterator[Measurement]:
    if not Path("/proc/self/status").exists():
        yield "the server: measured on Linux only", 0, "", {}
        return
    torch.set_num_threads(1)
    with served("stories-gpt") as server:
        yield from many_requests(server)
        yield from eight_clients(server)


class ServerProcess:
    """A server that runs.

    Attributes:
        pid: Of its process.
        port: Of 127.0.0.1.
    """

    def __init__(self, pid: int, port: int) -> None:
        self.pid, self.port = pid, port

    def ask(self, body: Body | None = None, path: str = "/v1/completions") -> Body:
        """The answer to one request: POST with a body, GET without."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            if body is None:
                connection.request("GET", path)
            else:
                header = {"Content-Type": "application/json"}
                connection.request("POST", path, json.dumps(body), header)
            answer: Body = json.loads(connection.getresponse().read())
            return answer
        finally:
            connection.close()

    def cpu_seconds(self) -> float:
        """Seconds of processor that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self) -> float:
        """Memory that it holds now."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        assert found
        return int(found[1]) / 1000


@contextmanager
def served(model: str) -> Iterator[ServerProcess]:
    """A server of a model, until the block ends."""
    line = [sys.executable, "-m", "gptcore.cli", "serve", model, "--port", "0"]
    one_thread = os.environ | {"OMP_NUM_THREADS": "1"}
    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True, env=one_thread) as process:
        try:
            assert process.stderr
            address = process.stderr.readline()  # empty if it ends before
            found = re.search(r":(\d+)/v1", address)
            assert found, f"The server did not start: {address}"
            yield ServerProcess(process.pid, int(found[1]))
        finally:
            process.kill()


def random_body(number: int) -> Body:
    rng = random.Random(number)
    return {
        "prompt": rng.choice(BEGINNINGS),
        "max_tokens": rng.randrange(5, 36),
        "temperature": rng.choice((0, 0.8, 1)),
        "seed": number,
    }


def many_requests(server: ServerProcess) -> Iterator[Measurement]:
    """Each answer is the text of `generate_cached` for its prompt and seed."""
    bodies = [random_body(number) for number in range(REQUESTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(server.ask, bodies[:FIRST]))
        before = server.rss_mb()
        answers += pool.map(server.ask, bodies[FIRST:])
        after = server.rss_mb()
    texts = [answer["choices"][0]["text"] for answer in answers if "choices" in answer]
    lost = REQUESTS - len(texts)
    yield f"{REQUESTS:,} requests, {CLIENTS} at once: not answered", lost, "", {"at_most": 0}
    mixed_up = sum(text != expected for text, expected in zip(texts, expected_texts(bodies)))
    yield "answers that are not those of generate_cached", mixed_up, "", {"at_most": 0}
    yield f"memory after {FIRST} requests", before, "MB", {}
    yield f"memory after {REQUESTS:,} / after {FIRST}", after / before, "", {"at_most": 1.03}
    held = server.ask(path="/health")["kv_blocks_used"]
    yield "blocks held at the end", held, "", {"at_most": 0}


def expected_texts(bodies: list[Body]) -> list[str]:
    """The texts by another way: one prompt alone, no engine, no server."""
    folder = shipped_folder() / "stories-gpt"
    model = GPT.load(folder).float()
    tokenizer = CharTokenizer.load(folder / "tokenizer.json")
    texts = []
    for body in bodies:
        ids, tokens = [tokenizer.end_of_text, *tokenizer.encode(body["prompt"])], []
        options = {"temperature": body["temperature"], "seed": body["seed"]}
        for token in generate_cached(model, ids, body["max_tokens"], **options):
            if token in tokenizer.stop_ids:
                break
            tokens.append(token)
        texts.append(tokenizer.decode(tokens))
    return texts


def eight_clients(server: ServerProcess) -> Iterator[Measurement]:
    """Tokens of a processor second of the server: 16 texts by one client, and by eight."""
    speeds: dict[int, list[float]] = {1: [], 8: []}
    bodies = [
        {"prompt": BEGINNINGS[i % 6], "max_tokens": LENGTH, "temperature": 0} for i in range(16)
    ]
    for _ in range(ROUNDS):
        for clients in speeds:
            start = server.cpu_seconds()
            with ThreadPoolExecutor(clients) as pool:
                answers = list(pool.map(server.ask, bodies))
            tokens = sum(answer["usage"]["completion_tokens"] for answer in answers)
            speeds[clients].append(tokens / (server.cpu_seconds() - start))
    for clients, found in speeds.items():
        yield f"stories GPT, {LENGTH} tokens: {clients} at once", median(found), "tok/s", {}
    times = median(eight / one for one, eight in zip(speeds[1], speeds[8]))
    yield "eight clients against one", times, "x", {"at_least": 3}
