"""What lesson 9 says is held against the models that it speaks of."""

import json
import re
from random import Random

import nbformat
import pytest
import torch
from stored_outputs import printed

from course.catalogue import QUESTIONS
from course.checkpoint import TOKENIZER, loss_on, make, one_row, random_rows, stories_gpt
from course.experiments.attention.induction import previous_token_score
from course.failures.lesson_09 import KINDS, loss_with_weights_of_microgpt, with_attention
from course.recorded import recorded_smollm2
from course.solutions import lesson_09 as solution
from course.syllabus.lesson_table import written_lessons
from gptcore.corpus import load_documents, story_entropy
from gptcore.model import GPT, GPTConfig
from gptcore.sampling.batch_sampling import next_tokens
from gptcore.tokenizers import CharTokenizer, HFTokenizer

pytestmark = pytest.mark.slow

LESSON = next(lesson for lesson in written_lessons() if lesson.number == 9)
TEXT = LESSON.source.read_text(encoding="utf-8")
SMALL = GPTConfig(block_size=8, vocab_size=11, n_layer=2, n_head=4, n_embd=20)


def small_gpt(seed: int = 1) -> GPT:
    return GPT(SMALL, torch.Generator().manual_seed(seed)).eval()


@pytest.fixture
def float64():
    """PyTorch's default number format, as the lesson sets it."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


# The checkpoint


@pytest.mark.slow
def test_the_model_that_ships_predicts_stories_it_has_not_read_and_stays_above_the_floor():
    model, tokenizer = stories_gpt()
    unseen = one_row(load_documents("stories")[-200:], tokenizer)[:10_000]
    assert story_entropy().nats_per_letter < loss_on(model, unseen) < 0.45


def test_the_model_that_ships_comes_in_the_number_format_in_use():
    torch.set_default_dtype(torch.float64)
    try:
        model, _ = stories_gpt()
    finally:
        torch.set_default_dtype(torch.float32)
    assert model.wte.weight.dtype == torch.float64
    assert stories_gpt()[0].wte.weight.dtype == torch.float32


def test_its_tokenizer_is_that_of_the_stories():
    stories = load_documents("stories")
    assert stories_gpt()[1].sha256 == CharTokenizer.train(stories).sha256


@pytest.mark.slow
def test_the_same_seed_makes_the_same_weights_and_what_is_made_can_be_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr("course.checkpoint.UNSEEN", 5)  # to be quick
    threads = torch.get_num_threads()
    try:
        printed = [list(make(tmp_path / name, steps=2)) for name in ("one", "other")]
    finally:
        torch.set_num_threads(threads)
    assert printed[0] == printed[1]
    assert printed[0][0].startswith("step 2 / 2   loss ")
    files = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("one", "other")]
    assert files[0] == files[1]
    assert GPT.load(tmp_path / "one").config == stories_gpt()[0].config
    assert CharTokenizer.load(tmp_path / "one" / TOKENIZER).vocab_size == 58
    assert json.loads((tmp_path / "one" / "config.json").read_text())["n_layer"] == 3


def test_each_target_is_the_token_that_follows_and_every_token_can_begin_a_row():
    ids = torch.arange(10)
    x, y = random_rows(ids, 4, 500, torch.Generator().manual_seed(1))
    assert x.shape == y.shape == (500, 4)
    assert torch.equal(y, x + 1)
    assert set(x[:, 0].tolist()) == set(range(6))


def test_a_loss_is_the_mean_over_all_predictions_and_leaves_the_model_as_it_was():
    gpt = GPT(GPTConfig(4, 11, n_layer=1, n_head=1, n_embd=8, dropout=0.5)).train()
    ids = torch.arange(100) % 11
    first, second = loss_on(gpt, ids), loss_on(gpt, ids)
    assert first == second
    assert gpt.training
    gpt.eval()
    logits = torch.cat([gpt(ids[start : start + 4][None])[0][0] for start in range(0, 96, 4)])
    assert first == pytest.approx(
        torch.nn.functional.cross_entropy(logits, ids[1:97]).item(), rel=1e-5
    )


def test_the_words_about_smollm2_and_rome_are_measured(smollm2):
    gpt, tokenizer = GPT.from_gguf(smollm2, block_size=64), HFTokenizer.from_gguf(smollm2)
    ids = tokenizer.encode("The capital of France is Paris. The capital of Italy is")
    probs, best = gpt.logit_lens_top_k(torch.tensor([ids]), 1)
    after = [tokenizer.decode([int(one)]) for one in best[:, 0, -1, 0]]
    assert after[27] == " the" and after[30] == " Rome" and " Rome" not in after[:30]
    assert float(probs[30, 0, -1, 0]) == pytest.approx(0.65, abs=0.005)


# The wrong programs


@pytest.mark.parametrize("whose", KINDS)
def test_only_ours_says_the_same_whatever_comes_after(whose):
    gpt = with_attention(whose, small_gpt())
    row = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6]])
    short, long = gpt(row[:, :4])[0][0, 3], gpt(row)[0][0, 3]
    assert torch.allclose(short, long, atol=1e-6) == (whose == "ours")


@pytest.mark.parametrize("whose", KINDS)
def test_only_bos_first_predictions_change_with_the_second_half_of_a_row(whose):
    gpt = with_attention(whose, small_gpt())
    row, other_end = torch.tensor([[[3, 1, 4, 1, 5, 9, 2, 6]], [[3, 1, 4, 1, 3, 1, 4, 1]]])
    one, other = gpt(row)[0][:, :4], gpt(other_end)[0][:, :4]
    assert torch.allclose(one, other, atol=1e-6) == (whose != "Bo's")


def seen_by(whose: str, at: int) -> set[int]:
    """The tokens of eight that have a gradient from the output at one position."""
    gpt = with_attention(whose, small_gpt())
    x = torch.randn(1, 8, 20, generator=torch.Generator().manual_seed(2), requires_grad=True)
    gpt.h[0].attn(x)[0, at].sum().backward()
    return set(x.grad[0].abs().sum(1).nonzero().flatten().tolist())


def test_adas_tokens_attend_only_to_the_earlier_ones_of_their_quarter_of_the_row():
    assert [seen_by("Ada's", at) for at in range(8)] == [
        {0}, {0, 1}, {2}, {2, 3}, {4}, {4, 5}, {6}, {6, 7}
    ]  # fmt: skip


def test_bos_tokens_see_what_comes_after_them_and_ours_do_not():
    for at in range(8):
        assert seen_by("ours", at) == set(range(at + 1))
    assert max(seen_by("Bo's", 0)) == 6


def test_the_wrong_programs_have_the_weights_and_shapes_of_ours():
    ours = small_gpt()
    row = torch.tensor([[3, 1, 4, 1]])
    for whose in KINDS:
        other = with_attention(whose, small_gpt())
        assert other(row)[0].shape == ours(row)[0].shape
        for name, weight in ours.state_dict().items():
            assert torch.equal(weight, other.state_dict()[name])


def test_only_ours_has_the_loss_of_microgpt(float64):
    right = loss_with_weights_of_microgpt("microgpt")
    for whose in KINDS:
        close = abs(loss_with_weights_of_microgpt(whose) - right) < 1e-4
        assert close == (whose == "ours")


# Answer keys, and what the text says


def test_the_heads_of_exercise_2_are_those_of_the_model():
    gpt, x = small_gpt(), torch.randn(2, 5, 20, generator=torch.Generator().manual_seed(3))
    attention = gpt.h[0].attn
    ours = [solution.split_heads(part, 4) for part in attention.c_attn(x).split(20, dim=2)]
    for one, other in zip(ours, attention.project_qkv(x)):
        assert torch.equal(one, other)


def test_the_key_of_exercise_3_is_counted_from_the_model():
    with torch.device("meta"):
        config = GPTConfig.preset("gpt2-medium")
        parts = {
            n_head: GPT(
                GPTConfig(1024, config.vocab_size, config.n_layer, n_head, config.n_embd)
            ).parameters_by_part()
            for n_head in (16, 32)
        }
    right = solution.medium
    for line, part in (
        ("token embedding", "token_embedding"),
        ("position embedding", "position_embedding"),
        ("attention", "attention"),
        ("mlp", "mlp"),
    ):
        assert right[line] == parts[16][part] / 1e6
    assert right["attention with 32 heads"] == parts[32]["attention"] / 1e6
    blocks = (parts[16]["attention"] + parts[16]["mlp"]) / 1e6
    whole = sum(parts[16].values()) / 1e6
    assert f"{blocks:.0f} of the {whole:.0f} million" in QUESTIONS["gpt2-medium"].yes


def test_the_validation_loss_ends_above_that_of_a_uniform_guess():
    for cell in nbformat.read(LESSON.notebook, as_version=4).cells:
        if "draw_names(overfit_names(learn)," in cell.source:
            printed = cell.outputs[-1].data["text/plain"]
    assert printed.endswith("the validation loss ends above ln 28.")
    assert QUESTIONS["the loss on names it has not read"].right == "C"


def test_the_words_about_the_logit_lens_are_measured():
    model, tokenizer = stories_gpt()
    ids = one_row(load_documents("stories")[-200:], tokenizer)[: 20 * 128].view(20, 128)
    best = model.logit_lens(ids).argmax(-1)  # (L + 1, B, T)
    assert (
        torch.equal(best[0], ids)
        and QUESTIONS["the logit lens before the first block"].right == "B"
    )
    correct = [100 * (layer[:, :-1] == ids[:, 1:]).double().mean().item() for layer in best]
    words = (
        "{:.0f} % after no block, {:.0f} % after one, {:.0f} % after two and {:.0f} % after three"
    )
    assert words.format(*correct) in TEXT


def test_the_code_about_pca_runs_and_its_correlations_are_measured():
    (code,) = re.findall(r"# ```python\n(.*?)# ```", TEXT, re.DOTALL)
    model, tokenizer = stories_gpt()
    space = {"model": model, "tokenizer": tokenizer}
    exec(re.sub(r"^# ?", "", code, flags=re.MULTILINE), space)
    table, letters = space["table"], space["letters"]
    across = torch.linalg.svd(table - table.mean(dim=0))[0][:, 0]
    seen = one_row(load_documents("stories")[:-200], tokenizer)
    counts = torch.bincount(seen, minlength=len(letters))[: len(letters)]
    capitals = torch.tensor([float(letter.isupper()) for letter in letters])
    of_capitals, of_counts = (
        torch.corrcoef(torch.stack([across, numbers]))[0, 1].abs()
        for numbers in (capitals, counts.log())
    )
    assert f'of {of_capitals:.2f} with "is a capital", and of {of_counts:.2f} with' in TEXT


def test_the_words_about_smollm2_are_recorded():
    found = recorded_smollm2()["induction"]
    tokens, weights = found["tokens"], found["weights"]
    assert tokens[:4] == [" diameter", "Marc", " bodies", "changed"]
    assert tokens[:40] == tokens[40:]
    question = QUESTIONS["where the second Marc looks"]
    assert max(range(42), key=weights[41].__getitem__) == question.right
    assert question.measure("bodies") == 2
    assert f"Position 41 gives {weights[41][2]:.2f} to ` bodies`" in TEXT
    assert f"only {weights[40][1]:.2f} to position 1" in TEXT
    removed = found["removed"]
    for ablated, loss in (
        ("nothing", found["second_half"]),
        ("this head", removed["best_1_induction"]),
        ("the best four of its kind", removed["best_4_induction"]),
        ("four random heads, mean of five draws", removed["random_4_mean"]),
    ):
        assert f"| {ablated} | {loss:.1f} |" in TEXT


def test_the_tokens_that_are_kept_are_those_of_the_sampler():
    logits = torch.tensor([[0.6, 0.2, 0.1, 0.06, 0.04]]).log().repeat(4000, 1)
    rngs = [Random(seed) for seed in range(4000)]
    for line, options in {
        "top-k 2": {"top_k": 2}, "top-p 0.85": {"top_p": 0.85}, "min-p 0.08": {"min_p": 0.08}
    }.items():  # fmt: skip
        assert len(set(next_tokens(logits, 1.0, rngs=rngs, **options))) == solution.kept[line]


def test_the_dearest_head_is_in_the_layer_of_the_key():
    lines = re.findall(r"layer (\d): (.*)", printed(LESSON, "ablations.lines()"))
    dearest = {
        int(layer): max(map(float, re.findall(r"\+[\d.]+", costs))) for layer, costs in lines
    }
    assert len(dearest) == 3
    assert max(dearest, key=lambda layer: dearest[layer]) == (
        QUESTIONS["the layer of the head that is missed most"].right
    )


def test_that_head_attends_to_the_letter_before():
    model, tokenizer = stories_gpt()
    rows = one_row(load_documents("stories")[-200:], tokenizer)[: 8 * 128].view(8, 128)
    weights = model.attention_weights(rows)[0][:, 1]
    assert f"gets {previous_token_score(weights).mean():.2f} of its weight" in TEXT
