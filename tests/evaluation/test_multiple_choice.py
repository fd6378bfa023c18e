"""Multiple choice: likelihoods of transformers, shares of lm-eval, and files that are wrong."""

import json
from math import isnan, sqrt
from statistics import stdev

import pytest
import torch

from gptcore.evaluation import (
    Accuracy,
    ItemScore,
    MultipleChoiceItem,
    accuracy,
    multiple_choice,
    read_multiple_choice,
)
from gptcore.manifest import shipped_folder
from gptcore.tokenizers import CharTokenizer
from gptcore.tuning import load_chat_model

pytestmark = pytest.mark.slow
ITEMS = [
    MultipleChoiceItem("the cat sat on", ("the mat.", "a dog saw the cat", "hat"), 0),
    MultipleChoiceItem("a dog ", ("saw", "the cat, and"), 1),  # the space goes to the ending
    MultipleChoiceItem("", ("the cat", "on"), 0),
    MultipleChoiceItem("the cat ran to the hat. " * 9, ("a dog saw", "mat"), 0),  # is cut
]


# lm-eval 0.4.13, the first and the last item of data/endings.jsonl
LM_EVAL_FIRST = (-54.03471, -99.60799, -55.89793, -60.66257)
LM_EVAL_LAST = (-88.45263, -90.45845, -86.15854, -59.93558)


def log_likelihood(model, tokenizer, query, choice, begin=()) -> float:
    """The sum over the ending in transformers, of both together, cut on the left."""
    stem = query.rstrip()
    whole = [*begin, *tokenizer.encode(query + " " + choice)]
    context = [*begin, *tokenizer.encode(stem)]
    if not context:
        context, whole = [tokenizer.bos_token_id], [tokenizer.bos_token_id, *whole]
    ending = whole[len(context) :]
    with torch.no_grad():
        logits = model(torch.tensor([whole[-33:][:-1]])).logits[0].log_softmax(-1)
    return logits[-len(ending) :].gather(1, torch.tensor(ending)[:, None]).sum().item()


@pytest.mark.parametrize("begins", [False, True], ids=["as it is", "after BOS"])
def test_likelihoods_are_those_of_transformers(begins, llama, byte_pairs, theirs):
    begin = [byte_pairs.end_of_text] if begins else []
    scores = [*multiple_choice(llama, byte_pairs, ITEMS, begin=begin)]
    for item, score in zip(ITEMS, scores, strict=True):
        expected = [log_likelihood(*theirs, item.query, one, begin) for one in item.choices]
        assert list(score.log_likelihoods) == pytest.approx(expected, abs=1e-4)


def test_shares_and_standard_errors_are_those_of_lm_eval_by_hand():
    items = [
        ItemScore(MultipleChoiceItem("", ("ab", "abcdefgh"), 0), (-2.0, -3.0)),  # acc only
        ItemScore(MultipleChoiceItem("", ("ab", "abcdefgh"), 1), (-2.0, -3.0)),  # both others
        ItemScore(MultipleChoiceItem("", ("éé", "abc"), 1), (-2.0, -2.7)),  # norm, not bytes
        ItemScore(MultipleChoiceItem("", ("abcd", "efgh"), 0), (-1.0, -1.0)),  # the first of equals
        ItemScore(MultipleChoiceItem("", ("abcd", "efgh"), 1), (-1.0, -1.0)),
    ]
    found = accuracy(items)
    right = {
        "acc": [1, 0, 0, 1, 0],
        "acc_norm": [0, 1, 1, 1, 0],
        "acc_bytes": [0, 1, 0, 1, 0],
    }
    for name, answers in right.items():
        assert found[name].share == sum(answers) / 5
        assert found[name].standard_error == pytest.approx(stdev(answers) / sqrt(5))
    assert isnan(Accuracy(1, 1).standard_error)
    with pytest.raises(ValueError, match="The task has no items"):
        accuracy([])


def test_lm_eval_itself_gave_these_likelihoods_and_shares():
    """lm-eval 0.4.13 on the exported stories-gpt (its float32 sums, batches of 4), 2026-11-28."""
    loaded = load_chat_model("stories-gpt")
    task = shipped_folder() / "endings.jsonl"
    scores = [*multiple_choice(loaded.model, loaded.tokenizer, read_multiple_choice(task))]
    assert scores[0].log_likelihoods == pytest.approx(LM_EVAL_FIRST, abs=1e-4)
    assert scores[19].log_likelihoods == pytest.approx(LM_EVAL_LAST, abs=1e-4)
    shares = {name: share.share for name, share in accuracy(scores).items()}
    assert shares == {"acc": 0.15, "acc_norm": 0.25, "acc_bytes": 0.25}


def test_our_own_task_has_20_items_with_every_label_equally_often():
    items = [*read_multiple_choice(shipped_folder() / "endings.jsonl")]
    labels = [item.gold for item in items]
    assert [labels.count(label) for label in range(4)] == [5, 5, 5, 5]
    assert all(len(set(item.choices)) == 4 for item in items)


# Files


def write(path, *lines):
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def test_each_format_is_read_and_hellaswag_is_cleaned_as_lm_eval_does(tmp_path):
    hellaswag = {
        "activity_label": "Removing ice from car",
        "ctx_a": "[header] How to do it [title] Then, the man writes.",
        "ctx_b": "then, a man [step] IN  a coat",
        "ctx": "is not used",
        "endings": ["[substeps] , the man adds wax  to it.", " [title] Buy b. [x]"],
        "label": "1",
        "split_type": "indomain",
    }
    task = write(
        tmp_path / "task.jsonl",
        {"ctx": "a [b]  c", "endings": ["x", "y"], "label": 1},
        "",
        {"query": "q", "choices": ["x", "y", "z"], "gold": 2},
        hellaswag,
    )
    first, second, third = read_multiple_choice(task)
    assert first == MultipleChoiceItem("a [b]  c", ("x", "y"), 1, f"{task}, line 1")
    assert second == MultipleChoiceItem("q", ("x", "y", "z"), 2, f"{task}, line 3")
    # what lm_eval.tasks.hellaswag.utils of version 0.4.13 makes of it
    query = "Removing ice from car: How to do it. Then, the man writes. Then, a man in a coat"
    assert third.query == query and third.gold == 1
    assert third.choices == (" , the man adds wax to it.", " Buy b. ")


GOOD = {"ctx": "a", "endings": ["x", "y"], "label": 0}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"ctx": "a", "endings": ["x", "y"]}, "has no label; its keys are ctx, endings"),
        ({"query": "a", "gold": 0}, "has no choices; its keys are query, gold"),
        ({}, "has no query and no choices and no gold; its keys are none"),
        ({**GOOD, "label": 2}, r"has label=2; it must be the number .*, from 0 to 1"),
        ({**GOOD, "label": -1}, "has label=-1"),
        ({**GOOD, "label": True}, "has label=True"),
        ({**GOOD, "label": 0.0}, "has label=0.0"),
        ({**GOOD, "label": "x"}, "has label='x'"),
        ({**GOOD, "label": ""}, r"has label='' \(the test set of HellaSwag has no labels\)"),
        ({**GOOD, "endings": ["x"]}, "must be a list of 2 or more texts"),
        ({**GOOD, "endings": ["x", " "]}, "none of them empty"),
        ({**GOOD, "endings": ["x", 3]}, "must be a list of 2 or more texts"),
        ({**GOOD, "endings": "xy"}, "must be a list of 2 or more texts"),
        ({**GOOD, "ctx": None}, "has ctx=None; it must be a text"),
        ("[1, 2]", "must be an object"),
        ("{", "is not JSON"),
    ],
    ids=range(16),
)
def test_a_line_that_is_no_item_is_named_with_its_number(line, message, tmp_path):
    task = write(tmp_path / "task.jsonl", GOOD, line)
    with pytest.raises(ValueError, match=rf"task.jsonl, line 2.*{message}"):
        list(read_multiple_choice(task))


def test_an_item_that_the_model_cannot_read_is_named(llama, byte_pairs, tmp_path):
    letters = CharTokenizer("abc ")
    unknown = MultipleChoiceItem("ab", ("c", "xyz"), 0, "task.jsonl, line 7")
    with pytest.raises(ValueError, match=r"task.jsonl, line 7: 3 character\(s\) .*'xyz'"):
        list(multiple_choice(llama, letters, [unknown]))
    long = MultipleChoiceItem("the", ("mat", "é" * 40), 0, "line 8")
    with pytest.raises(ValueError, match=r"line 8: The ending .é+. has 8\d tokens, .* reads 32"):
        list(multiple_choice(llama, byte_pairs, [long]))
