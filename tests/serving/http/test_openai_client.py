"""OpenAI's own client against the server: what it reads is what the engine says."""

from math import exp

import pytest

from gptcore.sampling import generate_cached
from gptcore.serving import Engine, SamplingParams

openai = pytest.importorskip("openai")

NAME = "small"
MESSAGES = [{"role": "user", "content": "who are you?"}]


@pytest.fixture(scope="module")
def client(server):
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def greedy_text(server, ids: list[int], n: int) -> str:
    """The text by another way: no engine, no server."""
    tokens = generate_cached(server.engine.model, ids, n, temperature=0)
    return server.chat.tokenizer.decode(tokens)


def prompt_ids(server, text: str) -> list[int]:
    tokenizer = server.chat.tokenizer
    return [tokenizer.end_of_text, *tokenizer.encode(text)]


def test_models_are_listed(client):
    assert [model.id for model in client.models.list()] == [NAME]
    assert client.models.retrieve(NAME).owned_by == "gptcore"
    with pytest.raises(openai.NotFoundError, match="Did you mean 'small'"):
        client.models.retrieve("smal")


def test_a_completion_is_the_text_of_the_model(server, client):
    found = client.completions.create(model=NAME, prompt="who ", max_tokens=12, temperature=0)
    expected = greedy_text(server, prompt_ids(server, "who "), 12)
    assert found.choices[0].text == expected
    assert found.choices[0].finish_reason == "length"
    assert (found.usage.prompt_tokens, found.usage.completion_tokens) == (5, 12)


def test_a_chat_answer_follows_the_chat_format(server, client):
    found = client.chat.completions.create(
        model=NAME, messages=MESSAGES, temperature=0, max_completion_tokens=8
    )
    engine = Engine(server.engine.model)
    specials = server.chat.tokenizer.special_tokens.values()
    params = SamplingParams(max_new_tokens=8, temperature=0, stop_ids=list(specials))
    (expected,) = engine.generate([server.chat.prompt_ids(MESSAGES)], params)
    assert found.choices[0].message.content == server.chat.tokenizer.decode(expected)
    assert found.usage.prompt_tokens == len(server.chat.prompt_ids(MESSAGES))


@pytest.mark.parametrize("is_chat", [True, False])
def test_a_stream_has_the_same_text_and_usage(client, is_chat):
    options = {"model": NAME, "max_tokens": 10, "seed": 5, "n": 2}
    if is_chat:
        create, options = client.chat.completions.create, {**options, "messages": MESSAGES}
    else:
        create, options = client.completions.create, {**options, "prompt": "a"}
    whole = create(**options)
    texts, usage = ["", ""], None
    for chunk in create(**options, stream=True, stream_options={"include_usage": True}):
        for choice in chunk.choices:
            texts[choice.index] += (choice.delta.content if is_chat else choice.text) or ""
        usage = chunk.usage or usage
    expected = [choice.message.content if is_chat else choice.text for choice in whole.choices]
    assert texts == expected
    assert expected[0] != expected[1]
    counts = ("prompt_tokens", "completion_tokens", "total_tokens")
    assert [getattr(usage, name) for name in counts] == [
        getattr(whole.usage, name) for name in counts
    ]


def test_a_seed_repeats_and_n_counts_on_from_it(client):
    options = {"model": NAME, "prompt": "the cat", "max_tokens": 12}
    three = [c.text for c in client.completions.create(**options, seed=7, n=3).choices]
    one = [client.completions.create(**options, seed=7 + i).choices[0].text for i in range(3)]
    assert three == one


@pytest.mark.parametrize("is_stream", [True, False])
def test_a_stop_string_over_several_tokens_ends_the_text(client, is_stream):
    options = {"model": NAME, "prompt": "who", "max_tokens": 30, "seed": 3}
    whole = client.completions.create(**options).choices[0].text
    stop = whole[10:13]
    options["stop"] = ["never written", stop]
    expected = whole[: whole.index(stop)]
    if is_stream:
        chunks = [c.choices[0] for c in client.completions.create(**options, stream=True)]
        text, reason = "".join(c.text for c in chunks), chunks[-1].finish_reason
    else:
        (choice,) = client.completions.create(**options).choices
        text, reason = choice.text, choice.finish_reason
    assert (text, reason) == (expected, "stop")


def test_logprobs_are_those_of_the_model(server, client):
    found = client.completions.create(
        model=NAME, prompt="who ", max_tokens=4, temperature=0, logprobs=3
    )
    logprobs = found.choices[0].logprobs
    assert "".join(logprobs.tokens) == found.choices[0].text
    ids = prompt_ids(server, "who ")
    for token, logprob, top in zip(logprobs.tokens, logprobs.token_logprobs, logprobs.top_logprobs):
        probs = server.engine.model.next_logits(ids).softmax(0)
        (id,) = server.chat.tokenizer.encode(token, allowed_special="all")
        assert exp(logprob) == pytest.approx(probs[id].item(), rel=1e-4)
        assert sorted(top.values()) == pytest.approx(probs.topk(3).values.log().flip(0).tolist())
        ids.append(id)
    chat = client.chat.completions.create(
        model=NAME, messages=MESSAGES, max_tokens=3, logprobs=True, top_logprobs=2
    )
    for entry in chat.choices[0].logprobs.content:
        assert len(entry.top_logprobs) == 2
        assert bytes(entry.bytes).decode() == entry.token


def test_several_prompts_in_one_request(server, client):
    found = client.completions.create(
        model=NAME, prompt=["who ", "the"], max_tokens=5, temperature=0
    )
    texts = [greedy_text(server, prompt_ids(server, text), 5) for text in ("who ", "the")]
    assert [choice.text for choice in found.choices] == texts


def test_the_key_is_asked_for(server_with_key):
    url = f"{server_with_key.url}/v1"
    with openai.OpenAI(base_url=url, api_key="wrong", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError, match="Authorization: Bearer"):
            client.models.list()
        right = client.with_options(api_key="the-key")
        assert right.completions.create(model=NAME, prompt="a", max_tokens=2).choices


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"prompt": "a" * 100}, r"101.*64"),
        ({"max_tokens": 10**6}, r"1,?000,?000.*64"),
        ({"max_tokens": 0}, "max_tokens=0 must be an integer, 1 or more"),
        ({"prompt": "€"}, "€"),
        ({"prompt": [9999]}, "9999"),
        ({"prompt": []}, "prompt must be a text"),
        ({"temperature": 9}, r"temperature=9 must be a number from 0 to 2"),
        ({"top_p": 0}, "top_p=0 must be above 0"),
        ({"n": 99}, "n=99 must be an integer from 1 to 16"),
        ({"stop": [""]}, "stop must be a text"),
        ({"echo": True}, "echo is not supported"),
        ({"logprobs": 99}, "logprobs=99"),
    ],
)
def test_what_is_wrong_is_said_with_its_value(client, fields, message):
    with pytest.raises(openai.BadRequestError, match=message):
        client.completions.create(**{"model": NAME, "prompt": "a", "max_tokens": 2, **fields})


def test_a_model_that_only_continues_text_does_not_chat(server, client, monkeypatch):
    handlers = server.app.state.server
    served = type(handlers.served)(NAME, server.chat.tokenizer)
    monkeypatch.setattr(handlers.answering, "served", served)
    with pytest.raises(openai.BadRequestError, match="only continues text"):
        client.chat.completions.create(model=NAME, messages=MESSAGES)
