"""Reinforcement: what climbs, what stays exactly as it was, and what is refused."""

import pytest
import torch
from small_reinforcement import END, QUESTIONS, are_same, new_model, run, weights_of

from gptcore.tuning import Question, ReinforceConfig, reinforce, sample_groups


@pytest.mark.slow
def test_reward_and_pass_rate_climb_and_entropy_falls():
    steps = [*run(new_model(), max_steps=60, max_new_tokens=2)]
    assert steps[0].reward < 0.05
    assert steps[-1].reward > 0.4
    assert steps[-1].pass_rate > 0.5
    assert steps[-1].entropy < steps[0].entropy - 0.5
    assert steps[0].kl == pytest.approx(0, abs=1e-9)
    assert steps[-1].kl > 0.3
    assert [step.step for step in steps] == list(range(1, 61))


@pytest.mark.slow
def test_the_penalty_holds_the_model_to_its_reference():
    kl = {}
    for place in ("reward", "loss"):
        for weight in (0.0, 0.3, 3.0):
            settings = {"max_steps": 40, "max_new_tokens": 2}
            kl_of_run = [
                step.kl for step in run(new_model(), kl_weight=weight, kl_place=place, **settings)
            ]
            kl[weight] = sum(kl_of_run[-10:]) / 10
        assert kl[3.0] < kl[0.3] < kl[0.0]
        assert kl[3.0] < 0.1 * kl[0.0]


@pytest.mark.parametrize("normalize", ["token", "sequence", "none"])
def test_10_added_to_all_rewards_gives_the_same_weights(normalize):
    def constant_ten(answer, key):
        return 10 + plain(answer, key)

    def plain(answer, key):
        return float(len(answer or ""))

    models = [new_model(), new_model()]
    for model, reward in zip(models, (plain, constant_ten)):
        assert len([*run(model, reward, normalize=normalize)]) == 8
    assert not are_same(weights_of(models[0]), weights_of(new_model()))
    for one, other in zip(*map(weights_of, models)):
        assert torch.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("baseline", ["group_mean", "normalized"])
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_groups_that_agree_change_no_weight_even_with_momentum(baseline, optimizer):
    rewards, model = [], new_model()

    def varied_at_first(answer, key):
        rewards.append(len(rewards) % 3 if len(rewards) < 3 * 128 else 0.1 * key)
        return rewards[-1]

    settings = {"baseline": baseline, "optimizer": optimizer, "weight_decay": 0.1}
    for step in run(model, varied_at_first, **settings):
        if step.step <= 3:
            assert step.message == ""
            assert step.grad_norm > 0
            before = weights_of(model)
        else:
            assert are_same(before, weights_of(model))
            assert step.message.startswith("Nothing to learn: all answers to each question got")
            assert (step.grad_norm, step.agreement) == (None, 1)
    assert not are_same(before, weights_of(new_model()))


def test_without_a_baseline_rewards_of_0_teach_nothing_and_rewards_of_1_do():
    model = new_model()
    steps = [*run(model, lambda answer, key: 0.0, baseline="none", max_steps=2)]
    assert all("all rewards are 0" in step.message for step in steps)
    assert are_same(weights_of(model), weights_of(new_model()))
    steps = [*run(model, lambda answer, key: 1.0, baseline="none", max_steps=2)]
    assert [step.message for step in steps] == ["", ""]
    assert not are_same(weights_of(model), weights_of(new_model()))


@pytest.mark.parametrize("place", ["reward", "loss"])
@pytest.mark.slow
def test_with_a_penalty_groups_that_agree_pull_the_model_back_to_its_reference(place):
    model = new_model(seed=2)
    settings = {"kl_weight": 1.0, "kl_place": place, "max_steps": 60, "learning_rate": 1e-2}
    steps = [*run(model, lambda answer, key: 0.0, reference=new_model(seed=1), **settings)]
    assert all(step.message == "" for step in steps)
    assert steps[-1].kl < 0.3 * steps[0].kl


def test_groups_are_those_of_one_question():
    # The reward depends on the question alone. Groups cut across questions would not agree.
    for step in run(new_model(), lambda answer, key: key / 10, questions_per_step=5, group_size=3):
        assert step.agreement == 1


def test_each_question_is_asked_once_before_any_is_asked_again():
    keys = []

    def noted(answer, key):
        keys.append(key)
        return 0.0

    assert len([*run(new_model(), noted, questions_per_step=4, group_size=2, max_steps=6)]) == 6
    rounds = [keys[first : first + 16] for first in range(0, 48, 16)]
    assert all(sorted(part) == sorted([*range(1, 9)] * 2) for part in rounds)
    assert rounds[0] != rounds[1]


def test_the_first_record_is_that_of_the_sampled_answers():
    model = new_model()
    step = next(iter(run(model, lambda answer, key: 0.0 if answer is None else 1.0)))
    assert step.reward == step.ended
    assert 1 <= step.length <= 3
    assert step.entropy == pytest.approx(torch.tensor(10.0).log().item(), abs=0.5)
    assert step.learning_rate == pytest.approx(3e-3 / 2)


def test_dropout_is_off_and_the_mode_comes_back():
    dropped, plain = new_model(dropout=0.5).train(), new_model().eval()
    for model in (dropped, plain):
        assert len([*run(model, max_steps=2)]) == 2
    assert are_same(weights_of(dropped), weights_of(plain))
    assert dropped.training
    assert not plain.training


def test_the_reference_stays_as_it_is():
    reference = new_model(seed=4)
    assert len([*run(new_model(), reference=reference, kl_weight=0.1)]) == 8
    assert are_same(weights_of(reference), weights_of(new_model(seed=4)))


@pytest.mark.parametrize("value", [None, float("nan"), True, "1"], ids=repr)
def test_a_bad_reward_stops_the_run_before_a_weight_has_changed(value):
    model = new_model()
    with pytest.raises(ValueError, match="must return one finite number"):
        next(run(model, lambda answer, key: value))
    assert are_same(weights_of(model), weights_of(new_model()))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"temperature": 0}, "temperature=0 must be a number above 0"),
        ({"group_size": 1}, "baseline='none'"),
        ({"baseline": "batch"}, "no baseline 'batch'"),
        ({"normalize": "sentence"}, "Did you mean 'sequence'"),
        ({"kl_place": "rewards"}, "Did you mean 'reward'"),
        ({"kl_weight": -1}, "kl_weight=-1"),
        ({"kl_weight": 0.1, "baseline": "normalized"}, "kl_place='loss'"),
        ({"max_new_tokens": 8}, "at most 7"),
        ({"questions": []}, "questions must be one or more"),
        ({"questions": [[1, 2]]}, "Question"),
        ({"questions": [Question([1, 99])]}, "The prompt of question 0 has 99"),
        ({"questions": [Question([])]}, "question 0 is empty"),
        ({"warmup_steps": 9}, "warmup_steps"),
    ],
    ids=str,
)
def test_what_cannot_work_is_refused_before_the_first_step(settings, words):
    with pytest.raises(ValueError, match=words):
        run(new_model(), **settings)


def test_group_size_1_works_as_advised():
    assert len([*run(new_model(), group_size=1, baseline="none", max_steps=2)]) == 2
    with pytest.raises(ValueError, match="the tokens 0 to 9"):
        reinforce(
            new_model(), QUESTIONS, lambda a, k: 0.0, str, 10, ReinforceConfig(max_new_tokens=3)
        )


@pytest.mark.slow
def test_the_learned_answers_are_sampled_more_often():
    model = new_model()
    before, after = [], []
    for found, steps in ((before, 0), (after, 60)):
        if steps:
            assert len([*run(model, max_steps=steps)]) == steps
        prompts = [question.prompt for question in QUESTIONS]
        for question, group in zip(QUESTIONS, sample_groups(model, prompts, 50, 3, END, seed=8)):
            found += [rollout.answer[0] == question.key for rollout in group]
    assert sum(before) < 80 < 300 < sum(after)


def test_each_step_samples_other_answers():
    texts = []

    def noted(answer, key):
        texts.append(answer)
        return 0.0  # so the weights stay, and only the seed can make a difference

    one = {"questions": QUESTIONS[:1], "questions_per_step": 1, "group_size": 30, "max_steps": 2}
    assert len([*run(new_model(), noted, **one)]) == 2
    assert texts[:30] != texts[30:]
