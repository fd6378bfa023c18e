"""Direct preference optimization: its steps against pencil and paper, and exact resume."""

import json
import sys
from math import log

import pytest
import torch
import torch.nn.functional as F
from killed_run import KILLED_AT, STEPS, kill_run
from small_preferences import CHAT, PAIRS, new_model, run
from small_reinforcement import are_same, weights_of

from gptcore.model import GPT
from gptcore.tokenizers import CharTokenizer
from gptcore.training import read_records
from gptcore.training.schedule import learning_rate
from gptcore.tuning import (
    CHAT_TOKENS,
    ChatFormat,
    DPOStep,
    PreferencePair,
    ReinforceStep,
    encode_pairs,
    optimize_preferences,
)
from gptcore.tuning.preferences.dpo_config import DPOConfig
from gptcore.tuning.preferences.dpo_run import PreferenceOptimization


def answer_log_prob(model: GPT, prompt: list[int], answer: list[int]) -> torch.Tensor:
    """One answer in a row of its own, without padding; PyTorch's cross entropy."""
    ids = torch.tensor([prompt + answer])
    logits = model(ids[:, :-1])[0][0, len(prompt) - 1 :]
    return -F.cross_entropy(logits, torch.tensor(answer), reduction="sum")


def encoded(pairs=PAIRS):
    return encode_pairs(pairs, CHAT, 12)


def grads_of(model: GPT) -> list[torch.Tensor]:
    return [weight.grad.clone() for weight in model.parameters() if weight.grad is not None]


# One step


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_the_first_loss_is_that_of_a_coin(dropout):
    step = next(run(new_model(dropout=dropout)))
    assert step.loss == pytest.approx(log(2), abs=1e-7)
    assert (step.chosen, step.rejected, step.margin, step.accuracy) == (0, 0, 0, 0)


@pytest.mark.parametrize("sft_weight", [0.0, 0.7])
@pytest.mark.parametrize("batch_size", [64, 3])
def test_gradient_and_record_are_those_of_pairs_one_by_one(sft_weight, batch_size):
    reference, model, beta = new_model(), new_model(seed=2), 0.3
    config = DPOConfig(
        pairs_per_step=8, beta=beta, sft_weight=sft_weight, batch_size=batch_size, grad_clip=0
    )
    made = PreferenceOptimization(model, encoded(), config, reference)
    parts = [made.backward(encoded()[rows], 8) for rows in made.batches(8)]
    found, means = grads_of(model), torch.stack(parts).sum(0)
    model.zero_grad()
    losses, changes, nll = [], [], []
    for pair in encoded():
        change = [
            answer_log_prob(model, pair.prompt, answer)
            - answer_log_prob(reference, pair.prompt, answer).detach()
            for answer in (pair.chosen, pair.rejected)
        ]
        losses.append(torch.log1p(torch.exp(-beta * (change[0] - change[1]))))
        nll.append(-answer_log_prob(model, pair.prompt, pair.chosen) / len(pair.chosen))
        changes.append([one.item() for one in change])
    (torch.stack(losses).mean() + sft_weight * torch.stack(nll).mean()).backward()
    for grad, expected in zip(found, grads_of(model), strict=True):
        assert torch.allclose(grad, expected, atol=1e-6)
    chosen, rejected = (sum(column) / 8 for column in zip(*changes))
    accuracy = sum(a > b for a, b in changes) / 8
    expected = [sum(loss.item() for loss in losses) / 8, accuracy, chosen, rejected]
    assert means.tolist()[:4] == pytest.approx(expected, abs=1e-5)
    assert means[4].item() == pytest.approx(sum(one.item() for one in nll) / 8, abs=1e-5)


def test_the_numbers_of_a_step_are_those_of_trl():
    # dpo_trainer.py of TRL: rewards/chosen = beta * (logp - reference logp), margins = chosen -
    # rejected, accuracies = (chosen > rejected).mean(); loss = -logsigmoid(margins).mean().
    steps = [*run(new_model(), beta=0.5, pairs_per_step=1, max_steps=4)]
    last = steps[-1]
    assert last.margin == pytest.approx(0.5 * (last.chosen - last.rejected))
    assert last.loss == pytest.approx(log(1 + 2.718281828459045**-last.margin), abs=1e-6)
    assert all(step.accuracy == (step.margin > 0) for step in steps)


def test_each_pair_is_used_once_before_any_is_used_again(monkeypatch):
    seen, original = [], PreferenceOptimization.backward

    def backward(self, pairs, count):
        seen.extend(pairs)
        return original(self, pairs, count)

    monkeypatch.setattr(PreferenceOptimization, "backward", backward)
    assert len([*run(new_model(), max_steps=2, pairs_per_step=len(PAIRS) // 2)]) == 2
    assert sorted(map(str, seen)) == sorted(map(str, encoded()))


def test_what_is_learned_is_the_preference():
    model = new_model()
    steps = [*run(model, max_steps=120, pairs_per_step=8, checkpoint_every=200)]
    assert steps[-1].accuracy == 1 and steps[-1].loss < 0.3
    assert steps[-1].chosen > steps[-1].rejected


def test_chosen_answers_stay_likelier_with_a_part_of_fine_tuning():
    plain, beside = ([*run(new_model(), max_steps=60, sft_weight=w)][-1] for w in (0.0, 1.0))
    assert beside.chosen > plain.chosen
    assert beside.sft_loss < plain.sft_loss


def test_the_learning_rate_falls_to_nearly_nothing():
    config = DPOConfig()
    assert learning_rate(config.train_config(), config.max_steps) < config.learning_rate / 100


# Resume


@pytest.mark.parametrize("settings", [{}, {"sft_weight": 0.5, "optimizer": "muon"}])
@pytest.mark.parametrize("steps", [1, 4])
def test_a_stopped_run_continues_exactly(tmp_path, settings, steps):
    whole = new_model()
    expected = [*run(whole, out_dir=tmp_path / "whole", **settings)]
    begun = run(new_model(), out_dir=tmp_path / "parts", **settings)
    first = [next(begun) for _ in range(steps)]
    begun.close()
    again = new_model()
    rest = [*run(again, out_dir=tmp_path / "parts", resume=True, **settings)]
    assert first + rest == expected == read_records(tmp_path / "parts", DPOStep)
    assert are_same(weights_of(again), weights_of(whole))
    assert are_same(weights_of(GPT.load(tmp_path / "parts" / "latest")), weights_of(whole))
    assert ChatFormat.load(tmp_path / "parts") == CHAT


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_run_continues_exactly(tmp_path):
    whole = new_model()
    assert len([*run(whole, max_steps=STEPS, out_dir=tmp_path / "whole")]) == STEPS
    folder = tmp_path / "killed"
    kill_run("small_preferences", folder)
    again = new_model()
    rest = [*run(again, max_steps=STEPS, out_dir=folder, resume=True)]
    assert KILLED_AT - 1 <= rest[0].step - 1 < STEPS
    assert are_same(weights_of(again), weights_of(whole))
    assert read_records(folder, DPOStep) == read_records(tmp_path / "whole", DPOStep)


def test_a_run_is_not_continued_with_another_chat_format(tmp_path):
    begun = run(new_model(), out_dir=tmp_path)
    next(begun)
    begun.close()
    letters = "012345678:?"  # no pair has a 9, so its ids are the same
    other = ChatFormat(CharTokenizer(letters, special_tokens=CHAT_TOKENS.values()))
    with pytest.raises(ValueError, match="another chat format or tokenizer"):
        optimize_preferences(new_model(), PAIRS, other, out_dir=tmp_path, resume=True)


def test_another_run_is_not_continued(tmp_path):
    begun = run(new_model(), out_dir=tmp_path)
    next(begun)
    begun.close()
    with pytest.raises(ValueError, match="contains another run"):
        run(new_model(), out_dir=tmp_path)
    for change, words in (
        ({"beta": 0.2}, "beta 0.1 -> 0.2"),
        ({"pairs": PAIRS[:-1]}, "another model or other pairs"),
    ):
        with pytest.raises(ValueError, match=words):
            run(new_model(), out_dir=tmp_path, resume=True, **change)
    with pytest.raises(ValueError, match="another model or other pairs"):
        run(new_model(seed=2), out_dir=tmp_path, resume=True)
    with pytest.raises(ValueError, match="no records of the class ReinforceStep"):
        read_records(tmp_path, ReinforceStep)


def test_a_log_of_one_kind_is_read_as_its_records(tmp_path):
    steps = [*run(new_model(), out_dir=tmp_path)]
    assert read_records(tmp_path, DPOStep) == steps
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == list(range(1, 9))


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"beta": 0}, "beta=0 must be a number above 0"),
        ({"sft_weight": -1}, "sft_weight=-1 must be a number, 0 or more"),
        ({"pairs_per_step": 0}, "pairs_per_step=0"),
        ({"beta": float("nan")}, "beta=nan"),
    ],
)
def test_impossible_settings_are_refused(setting, words):
    with pytest.raises(ValueError, match=words):
        DPOConfig(**setting)


def test_a_pair_of_another_vocabulary_is_refused():
    with pytest.raises(ValueError, match="not in the vocabulary"):
        run(new_model(), [PreferencePair([{"role": "user", "content": "é"}], "1", "2")])
