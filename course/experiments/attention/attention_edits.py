"""The control of lesson 6: a number is added to attention scores, and the prediction follows."""

from math import log

from gptcore.ladder import NumpyGPT, forward
from gptcore.next_token import next_probabilities
from viz import AttentionEditor
from viz.canvas.arrays import significant


def edit_attention(
    gpt: NumpyGPT, text: str, test_texts: list[str], still_score_delta: dict[int, float]
) -> AttentionEditor:
    """Edit attention scores in layer 0 while a model reads a text.

    Args:
        gpt: The model.
        text: What it reads.
        test_texts: Texts on which the same change is measured: the mean loss of the last letter.
        still_score_delta: Key position -> number added to its score in the stored picture.

    Returns:
        The control.
    """
    names = [*gpt.gpt.characters, "end"]
    ids, n_head = gpt.encode(text)[:-1], gpt.config.n_head
    rows = [list(map(int, gpt.encode(test_text)[:-1])) for test_text in test_texts]

    def inside(tokens, query, head, score_delta, ablated_heads, use_positions):
        def edit(layer, h, scores):
            if h == head and query < len(scores):
                scores[query, : query + 1] += score_delta[: query + 1]
            return scores

        removed = frozenset((0, h) for h in ablated_heads)
        return forward(
            tokens,
            gpt.weights,
            n_head,
            ablated_heads=removed,
            use_positions=use_positions,
            score_hook=edit,
        )

    def model(query, head, **knobs):
        run = inside(ids, query, head, **knobs)
        return {
            "weights": run.weights[0, head],
            "values": run.values[0, head],
            "scores": run.scores[0, head, query],
            "context": run.context[0, head, query],
            "probs": dict(zip(names, next_probabilities(run.logits[query]))),
        }

    def loss(**knobs):
        total = 0.0
        for row in rows:
            probs = next_probabilities(inside(row[:-1], **knobs).logits[-1])
            total -= log(max(probs[row[-1]], 1e-12))
        return total / len(rows)

    def page():
        weights = {
            name: [[significant(number) for number in row] for row in matrix.tolist()]
            for name, matrix in gpt.weights.items()
        }
        return {"ids": list(map(int, ids)), "vocab": names, "rows": rows, "trained": weights}

    return AttentionEditor(
        model,
        ["[BOS]", *text],
        n_head,
        loss=loss,
        loss_name=f"mean loss of {len(rows)} other texts, last letter",
        still_score_delta=still_score_delta,
        page=page,
    )
