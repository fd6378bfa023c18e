"""The card: its header as YAML, its numbers, and hostile lines."""

from dataclasses import replace

import pytest
import yaml

from gptcore.own_gpt import LetterTable, MemorizedShare, Results, model_card, plan

SHARE = MemorizedShare(copied=0.021, coincidence=0.018, coincidence_error=0.006, held_out=0.002)
RESULTS = Results(
    source="my names.txt", n_lines=2607, n_letters=15460, n_held_out=260, parameters=100_032,
    best_step=800, train_loss=2.33, held_out_loss=2.413, table=LetterTable(2.582, 1, 0.3),
    share=SHARE, longest_copies=(3.1, 3.7), samples=("ogary", "evula"),
)  # fmt: skip
RECIPE = plan([f"{chr(97 + i % 26)}{i}" for i in range(2607)])


def test_the_header_is_what_hugging_face_reads():
    card = model_card(RESULTS, RECIPE, name="my-names")
    _, header, text = card.split("---\n", 2)
    content = yaml.safe_load(header)
    assert content["pipeline_tag"] == "text-generation"
    metrics = content["model-index"][0]["results"][0]["metrics"]
    assert [metric["type"] for metric in metrics] == ["loss", "perplexity"]
    assert metrics[0]["value"] == 2.413
    assert metrics[1]["value"] == pytest.approx(11.17, abs=0.01)  # e to the power of 2.413
    assert text.startswith("\n# my-names\n")


def test_the_header_is_a_valid_card_of_the_hub():
    hub = pytest.importorskip("huggingface_hub")
    card = hub.ModelCard(model_card(RESULTS, RECIPE, name="my-names"))
    assert card.data.eval_results[0].metric_value == 2.413


def test_the_card_has_all_numbers():
    card = model_card(RESULTS, RECIPE, name="my-names")
    for part in ("2,607 different lines", "260 lines", "100,032 parameters", "step 800",
                 "| text that it learned from | 2.330 |", "**2.413**", "| 2.582 |", "0.169 nats",
                 "| 2.10% |", "1.80% ± 0.60%", "| memorized | 0.30% |", "coincidence",
                 "ogary\nevula"):  # fmt: skip
        assert part in card, part


def test_a_model_that_is_not_better_than_a_table_says_so():
    card = model_card(replace(RESULTS, held_out_loss=2.6), RECIPE, name="n")
    assert "not better than counting letters" in card


def test_a_model_that_knows_its_list_by_heart_says_so():
    share = replace(SHARE, copied=0.9)
    card = model_card(replace(RESULTS, share=share), RECIPE, name="n")
    assert "memorized: 88.2% of what it writes is known by heart" in card


def test_hostile_names_and_samples_stay_text():
    samples = ("```", "| a | b |", "---", "````", "# head")
    results = replace(RESULTS, samples=samples, source="a|b`\n---.txt")
    card = model_card(results, RECIPE, name='x"\n---\n: [')
    assert yaml.safe_load(card.split("---\n", 2)[1])["model-index"][0]["name"] == 'x"\n---\n: ['
    assert "`````text\n```\n| a | b |" in card
