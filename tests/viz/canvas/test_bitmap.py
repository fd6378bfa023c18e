"""PNGs written by hand, read back by matplotlib."""

from io import BytesIO

import numpy as np
import pytest
from matplotlib.image import imread

from viz.canvas import scene_on_axes
from viz.canvas.bitmap import png_size, to_png
from viz.canvas.scene import Image, Scene


def test_another_reader_finds_every_pixel_in_the_colour_of_its_number():
    numbers = np.random.default_rng(0).integers(0, 4, size=(5, 7), dtype=np.uint8)
    colours = ["#ffffff", "#0072b2", "#bb4f00", "#000000"]
    png = to_png([row.tobytes() for row in numbers], colours)
    seen = np.rint(imread(BytesIO(png))[..., :3] * 255).astype(int)
    wanted = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours])
    assert np.array_equal(seen, wanted[numbers])
    assert png_size(png) == (7, 5)


@pytest.mark.parametrize("rows", [[], [b""], [b"\x00", b"\x00\x01"]])
def test_rows_that_make_no_image_are_refused(rows):
    with pytest.raises(ValueError, match="rows of one length, at least 1"):
        to_png(rows, ["#ffffff"])


def test_an_image_is_a_shape_that_svg_and_matplotlib_both_put_in_its_place():
    png = to_png([b"\x00\x01", b"\x01\x00"], ["#ffffff", "#000000"])
    scene = Scene(60, 40, [Image(20, 10, 20, 20, png)])
    assert 'x="20" y="10" width="20" height="20"' in scene.to_svg("")
    seen = imread(BytesIO(scene_on_axes.to_png(scene)))[..., 0]
    fine = seen.shape[1] / 60
    for (x, y), colour in {(25, 15): 1, (35, 15): 0, (25, 25): 0, (35, 25): 1}.items():
        assert seen[int(y * fine), int(x * fine)] == colour
