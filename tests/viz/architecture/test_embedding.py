"""The plane of a cloud of vectors: held against eigenvectors of the covariance, a second method."""

import base64
import json
import re

import numpy as np
import pytest

from viz import draw_embedding
from viz.canvas.picture import PLOTLY_MIME
from viz.canvas.scene import Circle

RNG = np.random.default_rng(0)
VECTORS = RNG.normal(size=(12, 5)) * [4, 0.5, 2, 0.3, 0.2]
LABELS = list("abcdefghijkl")


def test_the_plane_is_that_of_the_two_largest_eigenvalues_of_the_covariance():
    data = draw_embedding(VECTORS, LABELS).data
    values, directions = np.linalg.eigh(np.cov(VECTORS.T))
    best = np.argsort(-values)[:2]
    assert data["explained_variance_ratio"] == pytest.approx(values[best] / values.sum())
    coordinates = (VECTORS - VECTORS.mean(0)) @ directions[:, best]
    for k in range(2):  # a direction may point either way
        assert abs(data["points"][:, k]) == pytest.approx(abs(coordinates[:, k]))
        assert data["points"][abs(coordinates[:, k]).argmax(), k] > 0


def test_rotation_translation_and_reflection_change_nothing():
    turn, _ = np.linalg.qr(RNG.normal(size=(5, 5)))
    points = draw_embedding(VECTORS, LABELS).data["points"]
    assert draw_embedding(VECTORS @ turn + 7, LABELS).data["points"] == pytest.approx(points)


def test_a_point_for_each_vector_in_the_colour_of_its_group_with_every_name():
    groups = ["vowel" if label in "aei" else "consonant" for label in LABELS]
    picture = draw_embedding(VECTORS, LABELS, groups=groups)
    points = [s for s in picture.scene.shapes if isinstance(s, Circle) and s.radius == 3.4]
    assert len(points) == 12
    for label in LABELS:
        assert f">{label}</text>" in picture.to_svg()
    assert {p.fill for p, g in zip(points, groups) if g == "vowel"} != {
        p.fill for p, g in zip(points, groups) if g == "consonant"
    }


def test_distances_on_the_picture_are_to_scale_in_both_directions():
    picture = draw_embedding(VECTORS, LABELS)
    discs = [s for s in picture.scene.shapes if isinstance(s, Circle)]
    drawn = np.array([[d.x, -d.y] for d in discs])
    ratio = (drawn[0] - drawn[5]) / (picture.data["points"][0] - picture.data["points"][5])
    assert ratio[0] == pytest.approx(ratio[1])


def test_with_hover_it_is_plotly_with_the_same_picture_as_its_still():
    pytest.importorskip("plotly")
    plain, hover = (draw_embedding(VECTORS, LABELS, hover=h) for h in (False, True))
    bundle = hover._repr_mimebundle_()
    assert set(bundle) == {PLOTLY_MIME, "text/html", "text/plain"}
    assert PLOTLY_MIME not in plain._repr_mimebundle_()
    still = base64.b64decode(re.search(r" src=\"[^,]+,([^\"]+)", bundle["text/html"])[1]).decode()
    assert still == plain.to_svg()
    (trace,) = bundle[PLOTLY_MIME]["data"]
    assert trace["x"] == pytest.approx(hover.data["points"][:, 0], rel=0.006)
    assert json.dumps(bundle[PLOTLY_MIME]) == json.dumps(
        draw_embedding(VECTORS, LABELS, hover=True)._repr_mimebundle_()[PLOTLY_MIME]
    )


def test_a_whole_vocabulary_is_subsampled_and_the_picture_says_so():
    picture = draw_embedding(RNG.normal(size=(5000, 8)), [f"t{i}" for i in range(5000)])
    assert "one in 3 is drawn" in picture.alt
    assert "one point in 3 is drawn" in picture.to_svg()


@pytest.mark.parametrize("vectors", [np.zeros((3, 1)), np.ones((4, 6)), [[1.0, 2], [1.0, 2]]])
def test_points_on_a_line_or_at_one_position_are_drawn(vectors):
    assert draw_embedding(vectors, ["a"] * len(vectors)).to_svg()


@pytest.mark.parametrize(
    ("vectors", "labels", "message"),
    [
        (np.zeros(3), "abc", r"an array \(N, C\); this one has shape \(3,\)"),
        (np.zeros((3, 2)), "ab", "3 vectors, 2 labels and 2 groups"),
        ([[0, np.inf], [0, 0]], "ab", r"vectors\[0\]\[1\] is inf"),
        ([[0, 1], [0]], "ab", "rows of one length"),
        (None, "ab", "vectors must be an array"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(vectors, labels, message):
    with pytest.raises(ValueError, match=message):
        draw_embedding(vectors, labels)


def test_markup_in_labels_stays_text():
    evil = ["<script>", "שלום", "🙂", "\n"]
    picture = draw_embedding(RNG.normal(size=(4, 3)), evil, title="<script>", hover=True)
    assert "<script" not in picture.to_svg() + json.dumps(picture.extra_mime)
