"""Clients that send garbage, too much, or leave; an engine that fails. The server goes on."""

import json
import random
import re
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

COMPLETIONS, CHAT = "/v1/completions", "/v1/chat/completions"
VALUES = [None, True, False, 0, 1, 2, -1, 16, 10**6, 10**400, 1e308, 0.5, "", "a", "who are you?"]
VALUES += ["\ud800", "€", "<|end|>", [], ["a"], [""], [0, 1], [[1], [2]], [-1], {}, {"a": [1]}]
VALUES += [[{"role": "user", "content": "hi"}], [{"role": "user"}], [{"role": 3, "content": []}]]
VALUES += [[{"role": "assistant", "content": "a"}], {"include_usage": True}, "NaN", ["a", 1]]
FIELDS = ["prompt", "messages", "model", "max_tokens", "temperature", "top_p", "top_k", "min_p"]
FIELDS += ["n", "seed", "stop", "stream", "stream_options", "logprobs", "top_logprobs", "echo"]
FIELDS += ["max_completion_tokens", "logit_bias", "tools", "suffix", "unknown"]


def random_body(rng: random.Random) -> dict:
    body = {"prompt": "a", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 2}
    for _ in range(rng.randrange(4)):
        body[rng.choice(FIELDS)] = rng.choice(VALUES)
    return body


@pytest.mark.slow
def test_a_thousand_random_bodies_give_no_500(server):
    rng = random.Random(0)
    bodies = [(rng.choice([COMPLETIONS, CHAT]), random_body(rng)) for _ in range(1000)]
    headers = {"Content-Type": "application/json"}
    with httpx.Client(base_url=server.url, timeout=60) as client, ThreadPoolExecutor(4) as pool:
        sent = [
            pool.submit(client.post, path, content=json.dumps(body).encode(), headers=headers)
            for path, body in bodies
        ]
        statuses = Counter()
        for (path, body), future in zip(bodies, sent):
            response = future.result()
            assert response.status_code in (200, 400, 404, 429), (path, body, response.text)
            if response.status_code != 200:
                assert response.json()["error"]["message"], body
            statuses[response.status_code] += 1
    assert statuses[200] > 100 and statuses[400] > 100
    assert server.idle_after(1)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b'{"prompt": "a", "max_tokens": NaN}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"prompt": "a"}', "text/plain", 415),
        (b'{"prompt": "' + b"a" * 10_000_000 + b'"}', "application/json", 413),
    ],
    ids=["cut", "bytes", "empty", "list", "NaN", "deep", "text", "10 MB"],
)
def test_garbage_is_refused(server, content, kind, status):
    try:
        response = httpx.post(
            server.url + COMPLETIONS, content=content, headers={"Content-Type": kind}, timeout=60
        )
    except httpx.WriteError:  # the server has answered, and closed before all was sent
        assert status == 413
    else:
        assert response.status_code == status
        assert response.json()["error"]["message"]
    assert httpx.get(server.url + "/health").json()["status"] == "ok"


def test_paths_and_methods_that_do_not_exist(server):
    assert "/v1/completions" in httpx.get(server.url + "/v2").json()["error"]["message"]
    assert httpx.get(server.url + COMPLETIONS).status_code == 405


@pytest.mark.parametrize("is_stream", [True, False])
def test_nothing_is_held_after_a_client_has_left(server, is_stream):
    body = json.dumps({"prompt": "a", "max_tokens": 60, "n": 8, "stream": is_stream}).encode()
    head = f"POST {COMPLETIONS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    address = re.search(r"//(.+):(\d+)", server.url).groups()
    slow = server.engine.step

    def slowly():
        time.sleep(0.02)
        return slow()

    server.engine.step = slowly
    try:
        for _ in range(3):
            with socket.create_connection((address[0], int(address[1]))) as client:
                client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                while not server.engine.num_running:
                    time.sleep(0.005)
            before = server.engine.totals.generated_tokens
            assert server.idle_after(1)
            assert server.engine.totals.generated_tokens - before < 8 * 50
    finally:
        server.engine.step = slow


def test_too_many_are_refused_with_429_and_the_others_answered(full_server):
    statuses, headers = [], []

    def ask():
        body = {"prompt": "a", "max_tokens": 50}
        response = httpx.post(full_server.url + COMPLETIONS, json=body, timeout=60)
        statuses.append(response.status_code)
        headers.append(response.headers.get("retry-after"))

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200, 429}
    assert all(header == "1" for status, header in zip(statuses, headers) if status == 429)
    assert full_server.idle_after(1)


@pytest.mark.parametrize("is_stream", [True, False])
def test_a_model_that_fails_ends_what_ran_and_the_next_request_is_answered(
    server, monkeypatch, is_stream
):
    def fail(*_, **__):
        raise RuntimeError("broken")

    body = {"prompt": "a", "max_tokens": 5, "stream": is_stream}
    with monkeypatch.context() as patch:
        patch.setattr(server.engine.model, "forward_hidden", fail)
        response = httpx.post(server.url + COMPLETIONS, json=body)
    if is_stream:
        assert '"server_error"' in response.text
    else:
        assert response.status_code == 500
        assert response.json()["error"]["type"] == "server_error"
    assert httpx.post(server.url + COMPLETIONS, json=body).status_code == 200
    assert server.idle_after(1)


def test_an_engine_that_raises_does_not_end_the_server(server, monkeypatch):
    def fail():
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(server.engine, "step", fail)
        assert httpx.post(server.url + COMPLETIONS, json={"prompt": "a"}).status_code == 500
    assert httpx.post(server.url + COMPLETIONS, json={"prompt": "a"}).status_code == 200
    assert server.idle_after(1)


def test_metrics_are_read_by_a_parser_of_the_format(server):
    httpx.post(server.url + COMPLETIONS, json={"prompt": "a", "max_tokens": 3})
    lines = httpx.get(server.url + "/metrics").text.splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert float(values["gptcore_generated_tokens_total"]) >= 3
    assert float(values['gptcore_responses_total{status="200"}']) >= 1
    named = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    assert named == {name.split("{")[0] for name in values}
    assert all(re.fullmatch(r"[a-z_]+(\{status=\"\d+\"\})?", name) for name in values)


def test_the_page_loads_nothing_from_elsewhere(server):
    page = httpx.get(server.url + "/")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.findall(r"https?://", page.text)
