"""The server of `gptcore serve` in a thread of the notebook, and readers who ask it all at once."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from threading import Thread
from time import sleep
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from course.experiments.serving.stories import reference_output, stories_gpt
from gptcore.serving import Engine, EngineConfig, SamplingParams

NAME = "stories-gpt"
STARTUP_SECONDS = 60


@contextmanager
def running_server(max_num_seqs: int = 16) -> Iterator[str]:
    """Serve the stories GPT on a free port of this machine, until the block ends.

    Args:
        max_num_seqs: Texts that are computed at once; others wait.

    Yields:
        The address.
    """
    uvicorn = import_module("uvicorn")
    answering = import_module("gptcore.serving.http.answering")
    listening = import_module("gptcore.serving.http.listening")
    app_of = import_module("gptcore.serving.http.app").make_app
    model, tokenizer = stories_gpt()
    served = answering.ServedModel(NAME, tokenizer, bos=tokenizer.BOS)
    app = app_of(Engine(model, EngineConfig(max_num_seqs=max_num_seqs)), served)
    with listening.bind("127.0.0.1", 0) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            wait_for(server, thread)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def wait_for(server: Any, thread: Thread) -> None:
    """Wait until a server answers. Raises RuntimeError if it does not begin."""
    for _ in range(STARTUP_SECONDS * 100):
        if server.started or not thread.is_alive():
            break
        sleep(0.01)
    if not server.started:
        raise RuntimeError(f"The server did not begin to answer within {STARTUP_SECONDS} seconds.")


def ask(address: str, prompt: str, seed: int, max_tokens: int = 40) -> str:
    """The text with which the server continues a prompt.

    Args:
        address: Of the server.
        prompt: A text.
        seed: Of the random numbers.
        max_tokens: The most tokens to generate.
    """
    fields = {"model": NAME, "prompt": prompt, "seed": seed, "max_tokens": max_tokens}
    request = Request(
        f"{address}/v1/completions",
        data=json.dumps(fields).encode(),
        headers={"Content-Type": "application/json"},
    )
    with build_opener(ProxyHandler({})).open(request, timeout=60) as response:
        text: str = json.load(response)["choices"][0]["text"]
        return text


def expected(prompts: Sequence[str], max_tokens: int = 40) -> list[str]:
    """What the model writes for each reader of `ask_all` alone."""
    _, tokenizer = stories_gpt()
    texts = []
    for seed, prompt in enumerate(prompts):
        params = SamplingParams(max_new_tokens=max_tokens, seed=seed, stop_ids=tokenizer.BOS)
        texts.append(
            tokenizer.decode(reference_output([tokenizer.BOS, *tokenizer.encode(prompt)], params))
        )
    return texts


def ask_all(address: str, prompts: Sequence[str], max_tokens: int = 40) -> list[str]:
    """Every prompt by its own reader, all at the same time; reader i has the seed i.

    Args:
        address: Of the server.
        prompts: One for each reader.
        max_tokens: The most tokens to generate.
    """
    with ThreadPoolExecutor(len(prompts)) as readers:
        return list(
            readers.map(lambda i: ask(address, prompts[i], i, max_tokens), range(len(prompts)))
        )
