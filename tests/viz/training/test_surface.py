"""The map of a loss: colours, contour lines and paths; the surface for plotly."""

import base64
import json
import math
import re

import numpy as np
import pytest
from matplotlib.figure import Figure
from plotly.graph_objects import Figure as PlotlyFigure

from viz.canvas.picture import PLOTLY_MIME, Picture
from viz.canvas.scene import Circle, Line
from viz.training.loss_grid import LossGrid
from viz.training.surface import clip_segment, draw_surface

RANGES = {"x_range": (-4, 4), "y_range": (-2, 2)}
BOX = (0, 0, 640, 320)


def bowl(x, y):
    return x * x + 9 * y * y


def grid(loss_at=bowl) -> LossGrid:
    return LossGrid(loss_at, (-4, 4), (-2, 2), BOX)


def test_on_a_contour_line_the_loss_has_its_level():
    for level in (1.0, 10.0, 30.0):
        pieces = grid().contour(level)
        assert pieces
        for piece in pieces:
            for x, y in piece:
                assert bowl(x, y) == pytest.approx(level, abs=0.15)  # straight between places


def test_a_contour_around_the_minimum_is_one_closed_line():
    bowl_of_one = grid(lambda x, y: x * x + y * y)
    lines = [shape for shape in bowl_of_one.shapes() if isinstance(shape, Line)]
    (lowest,) = [line for line in lines if line.stroke == bowl_of_one.colour(1.6)]
    assert lowest.points[0] == lowest.points[-1]
    assert len(lines) < 40, "pieces were not joined"


def test_strips_cover_the_map_and_are_darker_for_a_higher_loss():
    grad = grid(lambda x, y: x)
    strip = grad.strip(10)
    assert [box.fill for box in strip] == [grad.colour(k) for k in range(len(strip))]
    for box, level in zip(strip[1:], grad.levels):
        assert box.x == pytest.approx(grad.to_pixels(level, 0)[0], abs=0.01)
        assert box.x + box.width == pytest.approx(640)


def test_a_grid_of_losses_gives_the_map_of_its_function():
    xs, ys = np.linspace(-4, 4, 60), np.linspace(-2, 2, 40)
    losses = bowl(xs[None, :], ys[:, None])
    by_function = draw_surface(bowl, [(1, 1), (0, 0)], **RANGES)
    for given in (losses, losses.tolist()):
        by_grid = draw_surface(given, [(1, 1), (0, 0)], **RANGES)
        assert by_grid.data["high"] == pytest.approx(by_function.data["high"])
        assert by_grid.to_svg().count("<path") == by_function.to_svg().count("<path")


def test_every_step_of_a_path_is_a_dot():
    path = [(-3, 1), (-2, 0.5), (-1, 0.2)]
    picture = draw_surface(bowl, {"walk": path}, **RANGES)
    discs = [shape for shape in picture.scene.shapes if isinstance(shape, Circle)]
    places = {(round(d.x), round(d.y)) for d in discs}
    assert places == {(54 + 80 * (x + 4), round(62 + 80 * (2 - y))) for x, y in path}
    assert picture.data["paths"] == {"walk": path}
    assert "walk: step 2, loss 1.36." in picture.alt


def test_a_step_off_the_map_is_clipped():
    assert clip_segment(grid(), (0, 0), (8, 0)) == ((0, 0), (4, 0))
    assert clip_segment(grid(), (0, -4), (0, 4)) == ((0, -2), (0, 2))
    assert clip_segment(grid(), (5, 0), (9, 1)) is None
    picture = draw_surface(bowl, [(0, 0), (8, 0), (800, 900), (1, 1), (1e200, 0)], **RANGES)
    assert "off the map" in picture.alt
    for line in [s for s in picture.scene.shapes if isinstance(s, Line)]:
        assert all(0 <= x <= 720 and 0 <= y <= picture.scene.height for x, y in line.points)


@pytest.mark.parametrize("end", [math.inf, math.nan])
def test_a_path_that_overflows_says_so(end):
    picture = draw_surface(bowl, {"hot": [(1, 1), (2, 2), (end, 0)]}, **RANGES)
    assert "hot: flew off; after step 1 its numbers are larger than any float" in picture.alt
    assert picture.data["paths"]["hot"] == [(1, 1), (2, 2)]


def test_a_loss_that_overflows_in_places_can_be_drawn():
    picture = draw_surface(lambda x, y: math.exp(400 * x) + y * y, **RANGES)
    assert picture.to_svg()
    with pytest.raises(ValueError, match="not finite anywhere on this map"):
        draw_surface(lambda x, y: math.nan, **RANGES)


def test_surface_3d_adds_plotly_to_the_map():
    path = [(-3.0, 1.0), (-2.0, 0.5)]
    with_plotly, flat = (
        draw_surface(bowl, {"walk": path}, surface_3d=s, **RANGES) for s in (True, False)
    )
    bundle = with_plotly._repr_mimebundle_()
    assert set(bundle) == {PLOTLY_MIME, "text/html", "text/plain"}
    assert set(flat._repr_mimebundle_()) == {"text/html", "text/plain"}
    svg = base64.b64decode(
        re.search(r" src=\"[^\"]+base64,([^\"]+)", bundle["text/html"])[1]
    ).decode()
    assert svg == with_plotly.to_svg() == flat.to_svg()
    surface, path_trace = bundle[PLOTLY_MIME]["data"]
    assert (path_trace["x"], path_trace["y"]) == ([-3, -2], [1, 0.5])
    assert path_trace["z"] == pytest.approx([18, 6.25], abs=0.6)  # a hundredth above the ground
    for y, row in zip(surface["y"], surface["z"]):
        assert row == pytest.approx([bowl(x, y) for x in surface["x"]], rel=0.1, abs=0.1)


def test_plotly_accepts_our_json():
    """We write its JSON ourselves, so that a browser's Python needs no plotly."""
    ours = draw_surface(
        bowl, {"walk": [(-3, 1)]}, x_name="w", surface_3d=True, **RANGES
    ).extra_mime[PLOTLY_MIME]
    checked = json.loads(PlotlyFigure(ours).to_json())  # it refuses names that it does not know
    assert checked == json.loads(json.dumps(ours))


def test_numbers_for_plotly_are_short_and_reproducible():
    def draw():
        return json.dumps(
            draw_surface(bowl, [(1 / 3, 2 / 3)], surface_3d=True, **RANGES).extra_mime
        )

    assert draw() == draw()
    numbers = re.findall(r"-?\d+\.\d+(?:e-?\d+)?", draw())
    assert all(float(n) == float(f"{float(n):.3g}") for n in numbers)
    assert len(draw()) < 20_000


def test_extra_mime_types_are_added_to_the_bundle():
    plain = Picture(1, "a picture", html="<p>still</p>")
    more = Picture(1, "a picture", html="<p>still</p>", extra_mime={"application/x": {"a": 1}})
    assert more._repr_mimebundle_() == {**plain._repr_mimebundle_(), "application/x": {"a": 1}}


def test_names_on_the_map_are_escaped():
    evil = "<script>alert(1)</script>"
    picture = draw_surface(bowl, {evil: [(1, 1)]}, title=evil, x_name=evil, y_name=evil, **RANGES)
    assert "<script" not in picture.to_svg() + picture.to_html()


@pytest.mark.slow
def test_matplotlib_draws_the_map():
    ax = Figure().add_subplot()
    assert draw_surface(bowl, [(1, 1)], ax=ax, **RANGES) is ax
    assert len(ax.patches) > 100


def test_invalid_ranges_and_points_are_refused():
    with pytest.raises(ValueError, match=r"x_range=\(4, -4\) must be two numbers, the smaller"):
        draw_surface(bowl, x_range=(4, -4), y_range=(-2, 2))
    with pytest.raises(ValueError, match=r"each a pair of numbers such as \(3.0, 1.0\); got 7"):
        draw_surface(bowl, [7, 8], **RANGES)
    with pytest.raises(ValueError, match="at least 2 rows of at least 2 numbers"):
        draw_surface([[1, 2]], **RANGES)
