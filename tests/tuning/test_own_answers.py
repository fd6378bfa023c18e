"""Fine-tuning on one's own right answers: what is kept, and that it teaches."""

import pytest
from small_reinforcement import (  # fmt: skip
    ASK,
    END,
    QUESTIONS,
    are_same,
    first_digit_is_right,
    new_model,
    run,
    weights_of,
)

from gptcore.training import TrainConfig, train
from gptcore.tuning import ConversationBatches, add_lora, sample_groups, sample_right_answers

OPTIONS = {"group_size": 40, "max_new_tokens": 3}


def share_of_right(model) -> float:
    groups = sample_groups(model, [q.prompt for q in QUESTIONS], 50, 3, END, seed=8)
    pairs = [(q.key, r) for q, group in zip(QUESTIONS, groups) for r in group]
    return sum(r.answer[0] == key and r.is_ended for key, r in pairs) / len(pairs)


def test_right_answers_are_kept_with_their_end_and_nothing_else_is():
    right = sample_right_answers(new_model(), QUESTIONS, first_digit_is_right, str, END, **OPTIONS)
    assert 5 < len(right) < 100
    for kept in right:
        assert kept.ids[0] == ASK
        assert kept.ids[1] == kept.ids[2]  # the answer begins with the digit of the question
        assert kept.ids[-1] == END
        assert kept.ids.count(END) == 1
        assert kept.is_graded == [False, False] + [True] * (len(kept.ids) - 2)


def test_the_same_seed_gives_the_same_answers():
    model = new_model()
    one, same = (
        sample_right_answers(model, QUESTIONS, first_digit_is_right, str, END, **OPTIONS, seed=3)
        for _ in range(2)
    )
    assert one == same


def test_training_on_them_teaches():
    model = new_model()
    right = sample_right_answers(model, QUESTIONS, first_digit_is_right, str, END, **OPTIONS)
    before = share_of_right(model)
    config = TrainConfig(max_steps=40, warmup_steps=2, batch_size=4, device="cpu")
    batches = ConversationBatches(right, batch_size=4, block_size=8, seed=1)
    assert len([*train(model, batches, config)]) == 40
    assert share_of_right(model) > before + 0.3


def test_an_answer_that_did_not_end_is_not_kept_whatever_its_reward():
    right = sample_right_answers(new_model(), QUESTIONS, lambda a, k: 1.0, str, END, **OPTIONS)
    assert 0 < len(right) < 40 * 8
    assert all(kept.ids[-1] == END for kept in right)


def test_where_nothing_is_right_there_is_nothing_to_learn():
    with pytest.raises(ValueError, match="None of the 320 answers got a reward of 1 or more"):
        sample_right_answers(new_model(), QUESTIONS, lambda a, k: 0.5, str, END, **OPTIONS)


def test_adapters_can_be_reinforced_and_resumed(tmp_path):
    whole, frozen = new_model(), weights_of(new_model())
    add_lora(whole, rank=2)
    start = whole.state_dict()
    start = {name: tensor.clone() for name, tensor in start.items()}
    assert len([*run(whole, learning_rate=1e-2)]) == 8
    parts = []
    for steps in (3, 5):
        model = new_model()
        add_lora(model, rank=2)
        model.load_state_dict(start)
        going = run(model, learning_rate=1e-2, out_dir=tmp_path, resume=True)
        parts += [next(going) for _ in range(steps)]
        going.close()
    assert [step.step for step in parts] == list(range(1, 9))
    assert are_same(weights_of(model), weights_of(whole))
    trained = [weight for weight in whole.parameters() if weight.requires_grad]
    assert 0 < sum(map(len, trained)) < sum(map(len, frozen))
