"""`gptcore serve` with what the other commands and Hugging Face write: the text is the model's."""

import pytest
import torch

from gptcore.cli.serve import Serve
from gptcore.manifest import shipped_folder
from gptcore.model import GPT, GPTConfig
from gptcore.sampling import generate_cached
from gptcore.tokenizers import CharTokenizer
from gptcore.tuning import CHAT_TOKENS, ChatFormat

pytest.importorskip("uvicorn")
testclient = pytest.importorskip("starlette.testclient")
LETTERS = "abcdefghijklmnopqrstuvwxyz ?"


def small_gpt(tokenizer, **settings: object) -> GPT:
    sizes = {"block_size": 32, "n_layer": 1, "n_head": 2, "n_embd": 16} | settings
    config = GPTConfig(vocab_size=tokenizer.vocab_size, **sizes)
    return GPT(config, torch.Generator().manual_seed(0)).eval()


def completion(source, body: dict, **options: object) -> tuple[int, dict]:
    app = Serve(str(source), device="cpu", **options).make_app()
    with testclient.TestClient(app) as client:
        response = client.post("/v1/completions", json=body)
        return response.status_code, response.json()


def greedy(model: GPT, tokenizer: CharTokenizer, prompt: str, n: int) -> str:
    ids = [tokenizer.end_of_text, *tokenizer.encode(prompt)]
    return tokenizer.decode(generate_cached(model, ids, n, temperature=0))


def test_a_shipped_model_is_served_in_32_bits():
    status, answer = completion(
        "stories-gpt", {"prompt": "Once ", "max_tokens": 20, "temperature": 0}
    )
    folder = shipped_folder() / "stories-gpt"
    tokenizer = CharTokenizer.load(folder / "tokenizer.json")
    expected = greedy(GPT.load(folder).float(), tokenizer, "Once ", 20)
    assert (status, answer["choices"][0]["text"]) == (200, expected)


def test_a_folder_that_is_a_link_is_served_by_the_name_of_the_link(tmp_path):
    tokenizer = CharTokenizer(LETTERS)
    model = small_gpt(tokenizer)
    model.save(tmp_path / "step_000020")
    tokenizer.save(tmp_path / "step_000020" / "tokenizer.json")
    (tmp_path / "best").symlink_to("step_000020")
    body = {"prompt": "who ", "max_tokens": 9, "temperature": 0, "model": "best"}
    status, answer = completion(tmp_path / "best", body)
    assert status == 200
    assert answer["choices"][0]["text"] == greedy(model, tokenizer, "who ", 9)


def test_a_tuned_model_answers_messages(tmp_path):
    chat = ChatFormat(CharTokenizer(LETTERS, special_tokens=CHAT_TOKENS.values()))
    model = small_gpt(chat.tokenizer)
    model.save(tmp_path)
    chat.save(tmp_path)
    messages = [{"role": "user", "content": "hi"}]
    with testclient.TestClient(Serve(str(tmp_path), device="cpu").make_app()) as client:
        body = {"messages": messages, "max_tokens": 6, "temperature": 0}
        answer = client.post("/v1/chat/completions", json=body).json()
    tokens = list(generate_cached(model, chat.prompt_ids(messages), 6, temperature=0))
    specials = {*chat.tokenizer.special_tokens.values()}
    kept = next((i for i, token in enumerate(tokens) if token in specials), 6)
    assert answer["choices"][0]["message"]["content"] == chat.tokenizer.decode(tokens[:kept])


@pytest.mark.parametrize("settings", [{}, {"rope": True, "norm": "rmsnorm"}], ids=["gpt2", "llama"])
def test_a_folder_of_hugging_face_is_served(tmp_path, settings):
    tokenizer = CharTokenizer(LETTERS)
    model = small_gpt(tokenizer, **settings | ({"activation": "swiglu"} if settings else {}))
    model.to_hf(tmp_path, tokenizer)
    body = {"prompt": "who ", "max_tokens": 9, "temperature": 0}
    status, answer = completion(tmp_path, body)
    assert status == 200
    tokens = generate_cached(model, tokenizer.encode("who "), 9, temperature=0)
    expected = tokenizer.decode(tokens)
    assert answer["choices"][0]["text"] == expected


def test_a_shorter_context_refuses_what_is_longer_and_says_both_numbers():
    body = {"prompt": "Once there was ", "max_tokens": 30}
    status, answer = completion("stories-gpt", body, context=40)
    assert status == 400
    assert "46" in answer["error"]["message"] or "40" in answer["error"]["message"]
    with pytest.raises(ValueError, match="--context 999 must be from 1 to the model's 128"):
        Serve("stories-gpt", device="cpu", context=999).make_app()
