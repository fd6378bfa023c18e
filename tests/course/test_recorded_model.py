"""What was recorded of SmolLM2: probabilities, weights that sum to 1, facts that lessons state."""

import pytest

from course.recorded import recorded_attention, recorded_sentences, recorded_smollm2


@pytest.fixture(scope="module")
def sentences():
    return {one.text: one for one in recorded_sentences()}


def test_the_file_has_source_licence_and_date_and_is_small():
    found = recorded_smollm2()
    assert found["licence"] == "Apache-2.0" and "SmolLM2-135M" in found["source"]
    assert found["parameters"] == 134_515_008 and found["date"] >= "2026-11-28"
    assert len(str(found)) < 150_000


def test_each_position_has_ten_candidates_that_are_probabilities(sentences):
    for text, one in sentences.items():
        assert "".join(one.tokens) == text
        assert len(one.candidates) == len(one.tokens) == len(one.actual_probs) + 1
        for row in one.candidates:
            probs = [prob for _, prob in row]
            assert len(row) == 10 and sum(probs) <= 1.005
            assert probs == sorted(probs, reverse=True)


def test_a_token_that_follows_and_is_a_candidate_has_the_same_probability_twice(sentences):
    for one in sentences.values():
        for row, token, prob in zip(one.candidates, one.tokens[1:], one.actual_probs):
            twin = [p for name, p in row if name == token]
            assert prob == pytest.approx(twin[0]) if twin else prob <= row[-1][1]


def test_what_comes_later_changes_nothing_before_it(sentences):
    """Causal attention: two sentences that begin alike are predicted alike as far as they agree."""
    france, turkey = (
        one
        for text, one in sentences.items()
        if text[:23] in ("The capital of France i", "The capital of Turkey i")
    )
    assert france.candidates[:3] == turkey.candidates[:3]
    assert france.candidates[3] != turkey.candidates[3]


def test_a_prompt_ends_where_it_is_cut(sentences):
    one = sentences["The capital of France is Paris."].prompt(5)
    assert one.text == "The capital of France is" and len(one.actual_probs) == 4
    assert one.candidates[-1][0] == (" Paris", 0.773)


def test_it_is_right_about_paris_and_mary_and_wrong_about_ankara_and_the_elephant(sentences):
    def best(text: str, position: int) -> str:
        return sentences[text].candidates[position][0][0]

    assert best("When Mary and John went to the store, John gave a drink to Mary.", 13) == " Mary"
    turkey = sentences["The capital of Turkey is the city of Ankara."]
    assert turkey.tokens[7:9] == [" of", " Ank"]
    assert turkey.candidates[7][0] == (" Istanbul", 0.5) and turkey.actual_probs[7] == 0.15
    elephant = sentences["The word cat has three letters. The word elephant has eight letters."]
    assert elephant.tokens[11] == " eight" and elephant.candidates[10][0][0] == " three"
    assert elephant.actual_probs[10] < 0.03


def test_the_second_reading_is_cheap_and_the_four_heads_are_why():
    induction = recorded_smollm2()["induction"]
    half, losses, removed = induction["half"], induction["losses"], induction["removed"]
    tokens = induction["tokens"]
    assert len(tokens) == 2 * half == len(losses) + 1 and tokens[:half] == tokens[half:]
    second = sum(losses[half:]) / len(losses[half:])
    assert second == pytest.approx(induction["second_half"], abs=0.001) and second < 3
    assert induction["first_half"] > 14
    assert removed["best_4_induction"] > 10
    assert len(removed["random_4"]) == 5 and max(removed["random_4"].values()) < 5


def test_the_head_looks_at_the_token_after_the_first_occurrence():
    induction = recorded_smollm2()["induction"]
    weights, half = recorded_attention(induction), induction["half"]
    assert all(sum(row) == pytest.approx(1) for row in weights)
    copied = [weights[t][t + 1 - half] for t in range(half, 2 * half - 1)]
    assert sum(copied) / len(copied) > 0.8
    assert induction["head"] == next(iter(induction["induction_heads"])) == "18.6"
