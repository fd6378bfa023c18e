"""llama.cpp itself reads our GGUF files: equal probabilities, equal ids, equal greedy tokens."""

import pytest
import torch
from exported_models import SWITCHES, TEXT, small_model

from gptcore.export import export_gguf
from gptcore.training import crop_vocab

llama_cpp = pytest.importorskip("xllamacpp", reason="pip install xllamacpp: llama.cpp in a wheel")
pytest.importorskip("gguf")
pytestmark = pytest.mark.slow
TOKENS = 12


def continuation(path, prompt, banned):
    """What llama.cpp writes after a text, greedily: ids, their log-probabilities, prompt tokens."""
    params = llama_cpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx, params.n_parallel, params.warmup = 64, 1, False
    params.cpuparams.n_threads = 1
    params.cache_type_k = params.cache_type_v = llama_cpp.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = llama_cpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    server = llama_cpp.Server(params)
    wanted = {"prompt": prompt, "n_predict": TOKENS, "temperature": 0, "n_probs": 1}
    answer = server.handle_completions({**wanted, "logit_bias": [[id, False] for id in banned]})
    written = answer["choices"][0]["logprobs"]["content"]
    ids, log_probs = [one["id"] for one in written], [one["logprob"] for one in written]
    return ids, log_probs, answer["usage"]["prompt_tokens"]


@pytest.mark.parametrize("tokens", ["letters", "byte_pairs"])
@pytest.mark.parametrize("kind", SWITCHES)
def test_llama_cpp_writes_the_same_tokens_with_the_same_probabilities(
    kind, tokens, request, tmp_path
):
    tokenizer = request.getfixturevalue(tokens)
    prompt = "the cat, é 🙂" if tokens == "letters" else TEXT
    model = crop_vocab(small_model(tokenizer, **SWITCHES[kind]), tokenizer.vocab_size)
    path = export_gguf(model, tokenizer, tmp_path / "model.gguf", dtype="f32")
    # llama.cpp reports no probabilities of tokens that are parts of a character
    whole = [id for id, text in tokenizer.bytes_of.items() if text.isascii() and len(text) < 7]
    banned = sorted(set(range(tokenizer.vocab_size)) - set(whole))
    ids, log_probs, prompt_tokens = continuation(path, prompt, banned)
    ours = [tokenizer.end_of_text, *tokenizer.encode(prompt)]
    assert prompt_tokens == len(ours) and len(ids) == TOKENS
    with torch.no_grad():
        logits = model(torch.tensor([ours + ids[:-1]]))[0][0, len(ours) - 1 :]
    expected = logits.log_softmax(-1)[range(TOKENS), ids]
    # of GPT-2's GELU llama.cpp has a table in 16 bits
    within = 1e-3 if "gpt2" in kind else 1e-5
    torch.testing.assert_close(torch.tensor(log_probs), expected, rtol=0, atol=within)
    logits[:, banned] = -torch.inf
    assert logits.argmax(-1).tolist() == ids
