"""What lesson 14 counts about its small chat, held against counts that are made another way."""

import re
from math import comb

import numpy as np
import pytest
import torch

from course.experiments.tuning import tiny_chat
from course.experiments.tuning.masks import MASKS, MaskedBatches, graded_rows
from course.experiments.tuning.preferences import own_pairs, pair_log_probs
from course.experiments.tuning.rewarded import (
    calibration,
    curve_of,
    hedging,
    name_variety,
    reinforce_chat,
    with_right_share,
)
from course.experiments.tuning.sums_gpt import DocumentBatches, document_rows, make, sums_gpt
from course.experiments.tuning.tiny_chat import (
    ask,
    chat_model,
    contains_number,
    count_right,
    held_out,
    long_answer,
    mean_pass_at_k,
    measure,
    measure_base,
    name_questions,
    starts_with,
    sum_questions,
    tune,
)
from gptcore.corpus import tiny_internet
from gptcore.model.ids import IGNORE_INDEX
from gptcore.sampling import generate
from gptcore.training.loss import LossSum
from gptcore.tuning import ConversationBatches, exact_number


@pytest.fixture(scope="module", autouse=True)
def one_core():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def tuned():
    """A model after forty steps: it ends its answers and is often wrong."""
    model, chat = chat_model()
    losses = [
        step.train_loss for step in tune(model, chat, tiny_internet.conversations(200), steps=40)
    ]
    assert losses[-1] < losses[0] / 2
    return model.eval(), chat


def test_the_base_model_is_what_the_lesson_says():
    model, tokenizer = sums_gpt()
    assert sum(p.numel() for p in model.parameters()) == 100_928
    assert tokenizer.vocab_size == len(tiny_internet.CHARACTERS) + 1
    drawn, greedy = (measure_base(model, tokenizer, temperature) for temperature in (1, 0))
    assert drawn["carry"] == pytest.approx(0.38, abs=0.06)  # 0.4 of the writers are right
    assert greedy["carry"] < 0.25 < drawn["carry"]  # temperature 0 says what most writers say
    assert greedy["plain"] > 0.95
    assert drawn["carry"] + drawn["forgot"] > 0.8


def test_answers_in_a_batch_are_those_one_by_one(tuned):
    model, chat = tuned
    questions = ["what is 17+5?", "a name with k?", "what is 8+90?"]
    together = ask(model, chat, questions, temperature=0)
    for question, answer in zip(questions, together):
        prompt = chat.prompt_ids([{"role": "user", "content": question}])
        end, single = chat.id_of("end"), []
        for token in generate(model.next_logits, prompt, tiny_chat.LONGEST_ANSWER, temperature=0):
            single.append(token)
            if token == end:
                break
        expected = chat.tokenizer.decode(single[:-1]) if single[-1] == end else None
        assert answer == expected
    assert ask(model, chat, questions, seed=1) == ask(model, chat, questions, seed=1)


def test_shares_are_counts(tuned, monkeypatch):
    """A model that is replaced by a table of answers: each share is known."""
    model, chat = tuned

    def answer(question: str) -> str | None:
        if match := re.fullmatch(r"what is (\d+)\+(\d+)\?", question):
            a, b = map(int, match.groups())
            if a % 10 + b % 10 < 10:
                return str(a + b) if a % 2 else None
            return str(a + b - 10) if a % 2 else str(a + b)
        return question[-2] + "a" if question[-2] < "m" else "zz"

    monkeypatch.setattr(
        tiny_chat, "ask", lambda model, chat, questions, *more: [answer(q) for q in questions]
    )
    shares = measure(model, chat)
    plain, carried = held_out(False), held_out(True)
    odd = [sum(a % 2 for a, _ in pairs) / len(pairs) for pairs in (plain, carried)]
    assert (shares.plain, shares.forgot) == pytest.approx(odd)
    assert shares.carry == pytest.approx(1 - odd[1])
    assert shares.ended == pytest.approx(1 - (1 - odd[0]) * len(plain) / 1_000)
    assert shares.names == pytest.approx(13 / 22)  # a to l, and z itself
    assert shares.distinct == pytest.approx(13 / (22 * 12))


def test_every_mask_grades_what_it_says(tuned):
    _, chat = tuned
    talks = [
        [{"role": "user", "content": q}, {"role": "assistant", "content": a}]
        for q, a in (("what is 1+2?", "3"), ("a name with k?", "kofi"))
    ]
    encoded = [chat.render(one) for one in talks]
    read = {"<|user|>": "U", "<|assistant|>": "A", "<|end|>": "E", "<|bos|>": "B"}
    letter = {id: read.get(s, s) for s, id in chat.tokenizer.special_tokens.items()}

    def graded(mask: str) -> list[str]:
        """Of each row the targets that are graded, with "." for the others."""
        _, targets = graded_rows(encoded, chat.id_of("end"), mask)
        return [
            "".join(
                "." if t == IGNORE_INDEX else letter.get(t) or chat.tokenizer.decode([t])
                for t in row.tolist()
            )
            for row in targets
        ]

    assert graded("answer") == ["." * 13 + ".3E" + "." * 5, "." * 16 + "kofiE"]
    assert graded("all") == ["Uwhat is 1+2?A3E" + "." * 5, "Ua name with k?AkofiE"]
    assert graded("prompt") == ["Uwhat is 1+2?A" + "." * 7, "Ua name with k?A" + "." * 5]
    assert graded("no_end") == ["." * 14 + "3" + "." * 6, "." * 16 + "kofi."]
    assert graded("padding") == ["." * 14 + "3E" + "E" * 5, "." * 16 + "kofiE"]
    assert graded("not_shifted") == ["." * 15 + "E" + "E" + "." * 4, "." * 17 + "ofiE"]
    assert graded("same_token") == ["." * 15 + "3E" + "." * 4, "." * 17 + "kofi"]
    assert len(MASKS) == 7


def test_the_right_mask_has_the_loss_of_the_library(tuned):
    """Rows of one conversation against packed rows of gptcore.tuning: the same sum of losses."""
    model, chat = tuned
    talks = tiny_internet.conversations(20)
    single = MaskedBatches(talks, chat, "answer", 20, seed=1).batch(0)
    packed = ConversationBatches(
        [chat.render(one) for one in talks], batch_size=12, block_size=48, seed=1
    )
    losses, counts = [], []
    with torch.no_grad():
        ids, targets = map(torch.from_numpy, single)
        losses.append(model(ids, targets)[1].item())
        counts.append(int((targets >= 0).sum()))
        rows = [torch.from_numpy(np.stack(part)) for part in zip(*packed.rows)]
        counts.append(int((rows[1] >= 0).sum()))
        losses.append(LossSum(model)(*rows).item() / counts[1])
    assert counts[0] == counts[1]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_rows_of_documents_are_the_documents():
    _, tokenizer = sums_gpt()
    ids, targets = document_rows(["17+5=22", "kofi"], tokenizer)
    assert tokenizer.decode([id for id in ids[0] if id != tokenizer.BOS]) == "17+5=22"
    assert targets[1].tolist() == [*tokenizer.encode("kofi"), tokenizer.BOS] + [IGNORE_INDEX] * 3
    batches = DocumentBatches(tokenizer, batch_size=4, seed=2)
    assert np.array_equal(batches.batch(7)[0], batches.batch(7)[0])
    assert not np.array_equal(batches.batch(7)[0], batches.batch(8)[0])


def test_the_base_model_is_made_by_one_command(tmp_path):
    lines = list(make(tmp_path / "small", rounds=(3, 2)))
    assert lines[0].startswith("round 1 / 2   step 3 / 3") and "nats per token" in lines[-1]
    assert {file.name for file in (tmp_path / "small").iterdir()} == {
        *("model.safetensors", "config.json", "tokenizer.json")
    }


def test_rewards_pay_what_they_say():
    assert [contains_number(text, 22) for text in ("12 or 22", "22", "12", None)] == [1, 1, 0, 0]
    assert long_answer("22", 22) == 1.2 and long_answer("1234", 22) == 0.4
    assert long_answer(None, 22) == pytest.approx(1.3)
    assert [starts_with(text, "k") for text in ("kofi", "k2", "ama", "", None)] == [1, 0, 0, 0, 0]


def test_questions_are_of_the_training_sums_and_their_keys_are_right(tuned):
    _, chat = tuned
    keys = {chat.tokenizer.decode(q.prompt): q.key for q in sum_questions(chat)}
    held = {tiny_internet.sum_question(*pair) for pair in tiny_internet.held_out_sums()}
    texts = {re.search(r"what is (\d+)\+(\d+)\?", text): key for text, key in keys.items()}
    assert all(int(m[1]) + int(m[2]) == key for m, key in texts.items())
    assert len(keys) == 9_000 and not held & {m[0] for m in texts}
    counts = [len(sum_questions(chat, carrying)) for carrying in (True, False)]
    assert sum(counts) == 9_000 and counts[0] == sum(
        tiny_internet.carries(*pair) for pair in tiny_internet.train_sums()
    )
    assert [question.key for question in name_questions(chat)] == list("abcdefghijklmnoprstvyz")


def test_pass_at_k_is_that_of_drawing(tuned):
    model, chat = tuned
    rights = count_right(model, chat, held_out(False)[:5], group_size=8)
    assert len(rights) == 5 and max(rights) <= 8
    expected = np.mean([1 - comb(8 - c, 3) / comb(8, 3) for c in rights])
    assert mean_pass_at_k(rights, 8, 3) == pytest.approx(expected)


def test_writers_can_be_made_right():
    talks = tiny_internet.conversations(3_000)
    for right in (0.0, 0.2, 1.0):
        found = []
        for (question, old), (same, new) in zip(talks, with_right_share(talks, right)):
            assert question == same
            match = re.fullmatch(r"what is (\d+)\+(\d+)\?", question["content"])
            if match and int(match[1]) % 10 + int(match[2]) % 10 >= 10:
                found.append(new["content"] == str(int(match[1]) + int(match[2])))
            else:
                assert old == new
        assert sum(found) / len(found) == pytest.approx(right, abs=0.04)


def test_a_few_steps_of_each_kind_of_tuning(tuned):
    model, chat = chat_model()
    model.load_state_dict(tuned[0].state_dict())
    steps = list(
        reinforce_chat(model, chat, sum_questions(chat), exact_number, max_steps=6, warmup_steps=1)
    )
    curve = curve_of(steps, every=4)
    assert curve["step"] == [4, 6]
    mean = sum(step.reward for step in steps[:4]) / 4
    assert curve["reward"][0] == pytest.approx(mean, abs=5e-4)


def test_pairs_are_a_right_and_a_wrong_answer(tuned):
    model, chat = tuned
    pairs = own_pairs(model, chat, questions=100)
    for pair in pairs:
        a, b = map(int, pair.messages[0]["content"][8:-1].split("+"))
        assert pair.chosen == str(a + b) != pair.rejected and a % 10 + b % 10 > 9
    chosen, rejected = pair_log_probs(model, chat, pairs)
    assert len(chosen) == len(rejected) == len(pairs) and max(chosen + rejected) < 0
    prompt = chat.prompt_ids(pairs[0].messages)
    answer = [*chat.tokenizer.encode(pairs[0].chosen), chat.id_of("end")]
    with torch.no_grad():  # token by token, by the logits of the text so far
        expected = sum(
            model(torch.tensor([prompt + answer[:i]]))[0][0, -1].log_softmax(-1)[token].item()
            for i, token in enumerate(answer)
        )
    assert chosen[0] == pytest.approx(expected, abs=1e-4)


def test_what_is_measured_of_a_tuned_model_is_a_share(tuned):
    model, chat = tuned
    found = {**calibration(model, chat), **hedging(model, chat)}
    assert all(0 <= found[n] <= 1 for n in ("ece", "right", "sure_right", "truth", "hedged"))
    variety = name_variety(model, chat, count=8)
    assert 1 <= variety["distinct"] <= 8 and 0 <= variety["right"] <= 1


def test_texts_that_all_end_at_once_are_empty_and_not_missing():
    model, tokenizer = sums_gpt()
    prompt = [tokenizer.BOS, *tokenizer.encode("17+5=")]
    (text,) = tiny_chat.complete(model, tokenizer, [prompt], tokenizer.BOS, temperature=0)
    first = tokenizer.encode(text)[0]
    assert tiny_chat.complete(model, tokenizer, [prompt] * 3, first, temperature=0) == ["", "", ""]
