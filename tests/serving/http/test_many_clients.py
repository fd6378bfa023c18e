"""32 clients at once: no answer is lost, and none is another client's."""

import json
import random
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from gptcore.sampling import generate_cached

pytestmark = pytest.mark.slow
CLIENTS, REQUESTS, LETTERS = 32, 64, "abcdefghijklmnopqrstuvwxyz ?"


def random_request(rng: random.Random, number: int) -> dict:
    length = rng.randrange(1, 25)
    return {
        "prompt": "".join(rng.choice(LETTERS) for _ in range(length)),
        "max_tokens": rng.randrange(1, 63 - length),
        "temperature": rng.choice([0, 0.7, 1]),
        "seed": number,
        "stream": rng.random() < 0.5,
    }


def text_of(response: httpx.Response, is_stream: bool) -> str:
    """The text of a whole answer, or the pieces of a stream put together."""
    if not is_stream:
        return response.json()["choices"][0]["text"]
    events = [line.removeprefix("data: ") for line in response.text.split("\n") if line]
    assert events.pop() == "[DONE]"
    return "".join(choice["text"] for event in events for choice in json.loads(event)["choices"])


def expected_text(server, body: dict) -> str:
    """The text by another way: one prompt alone, no engine, no server."""
    tokenizer = server.chat.tokenizer
    ids = [tokenizer.end_of_text, *tokenizer.encode(body["prompt"])]
    options = {"temperature": body["temperature"], "seed": body["seed"]}
    tokens = []
    for token in generate_cached(server.engine.model, ids, body["max_tokens"], **options):
        if token in tokenizer.stop_ids:
            break
        tokens.append(token)
    return tokenizer.decode(tokens)


def test_each_of_many_clients_gets_the_text_of_its_prompt_and_seed(busy_server):
    rng = random.Random(1)
    bodies = [random_request(rng, number) for number in range(REQUESTS)]
    with (
        httpx.Client(base_url=busy_server.url, timeout=60) as client,
        ThreadPoolExecutor(CLIENTS) as pool,
    ):
        responses = list(pool.map(lambda body: client.post("/v1/completions", json=body), bodies))
    assert [response.status_code for response in responses] == [200] * REQUESTS
    texts = [text_of(response, body["stream"]) for body, response in zip(bodies, responses)]
    assert texts == [expected_text(busy_server, body) for body in bodies]
    assert busy_server.engine.totals.preemptions > 0
    assert busy_server.idle_after(1)
    with_token = sum(text != "" for text in texts)  # the others begin with a stop token
    assert busy_server.app.state.server.engine.first_tokens.count == with_token
