"""What all pictures share: saving, what front ends get, readable colours, a light import."""

import ast
import base64
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from matplotlib.figure import Figure

import viz
from viz.canvas import palette
from viz.canvas.palette import blend, contrast, diverging_colour, ink_on
from viz.canvas.picture import ADAPTS, DARK_STYLE, Picture, html_page
from viz.canvas.scene import Circle, Line, Rect, Scene, Text
from viz.canvas.scene_on_axes import draw_scene_on
from viz.canvas.ticks import format_digits

VIZ = Path(viz.__file__).resolve().parent
SVG_URL = r"data:image/svg\+xml;base64,([^\"]+)"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def drawn() -> Picture:
    scene = Scene(120, 80)
    scene.add(Rect(10, 10, 40, 20), Circle(80, 20, 5), Line(((10, 60), (60, 70), (110, 60))))
    scene.add(Text(10, 45, 'a < b & "c"'))
    return Picture([1, 2], "One box & one disc.", scene)


def svg_in(html: str) -> str:
    return base64.b64decode(re.search(r"data:image/svg\+xml;base64,([^\"]+)", html)[1]).decode()


def test_every_kind_of_file_holds_the_picture(drawn, tmp_path):
    svg = drawn.save(tmp_path / "a.svg")
    assert svg == tmp_path / "a.svg"
    assert svg.read_text(encoding="utf-8") == drawn.to_svg()
    assert drawn.save(str(tmp_path / "a.png")).read_bytes().startswith(b"\x89PNG\r\n")
    html = drawn.save(tmp_path / "a.html").read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert svg_in(html) == drawn.to_svg()
    assert 'alt="One box &amp; one disc."' in html


def test_a_phone_gets_the_narrow_form_and_everything_else_the_wide_one(drawn, tmp_path):
    narrow = Scene(60, 90)
    narrow.add(Text(4, 20, "narrow"))
    both = Picture(None, drawn.alt, drawn.scene, narrow=narrow)
    html = both.to_html()
    source, image = (base64.b64decode(part).decode() for part in re.findall(SVG_URL, html))
    assert "narrow" in source and image == drawn.to_svg() == both.to_svg()
    assert html.index("<source") < html.index("<img") and html.count("<img") == 1
    assert both.save(tmp_path / "a.svg").read_text(encoding="utf-8") == drawn.to_svg()
    assert "<picture>" not in drawn.to_html()


@pytest.mark.parametrize("name", ["a.pdf", "a", "a.svg.gz"])
def test_a_wrong_ending_is_refused_with_endings_that_work(drawn, tmp_path, name):
    with pytest.raises(ValueError, match=r"end the name with \.svg, \.png or \.html"):
        drawn.save(tmp_path / name)
    for ending in (".svg", ".png", ".html"):
        assert drawn.save(tmp_path / f"b{ending}").exists()


def test_a_picture_of_html_is_saved_as_html_only(tmp_path):
    html = Picture(None, "words", html="<p>hi</p>")
    for ending in (".svg", ".png"):
        with pytest.raises(ValueError, match=r"Save it as \.html"):
            html.save(tmp_path / f"a{ending}")
    assert "<p>hi</p>" in html.save(tmp_path / "b.html").read_text()


def test_the_svg_is_well_formed_has_opaque_paper_and_says_its_sentence(drawn):
    root = ET.fromstring(drawn.to_svg())
    assert root.get("role") == "img"
    assert root.get("aria-label") == drawn.alt
    assert root[0].get("fill") == palette.PAPER
    assert root[-1].text == 'a < b & "c"'


def test_a_front_end_gets_html_that_holds_its_image_and_a_constant_text(drawn):
    bundle = drawn._repr_mimebundle_()
    assert bundle["text/plain"] == repr(drawn) == "Picture: One box & one disc."
    assert svg_in(bundle["text/html"]) == drawn.to_svg()
    assert "http" not in re.sub(r"base64,[^\"]+", "", bundle["text/html"])


def test_text_cannot_break_out_of_a_picture():
    scene = Scene(100, 50)
    scene.add(Text(5, 20, EVIL))
    picture = Picture(None, f'"{EVIL}', scene)
    for text in (
        picture.to_svg(),
        picture.to_html(),
        html_page(picture),
        svg_in(picture.to_html()),
    ):
        assert "<script" not in text
    assert ET.fromstring(picture.to_svg()).get("aria-label") == f'"{EVIL}'


@pytest.mark.parametrize("text", ["\x00", "\x1b[0m", "\x08", "\ufffe", "\udc80"], ids=ascii)
def test_characters_that_xml_forbids_do_not_spoil_the_picture(text):
    # GPT-2 has tokens of every byte, and a model that knows nothing writes them.
    scene = Scene(100, 50)
    scene.add(Text(5, 20, f"a{text}b"))
    picture = Picture(None, f"it says a{text}b", scene)
    printed = ET.fromstring(picture.to_svg().encode())[-1].text
    assert printed.startswith("a")
    assert printed.endswith("b")
    assert html_page(picture).encode()


def test_matplotlib_draws_every_shape_on_the_axes_it_is_given(drawn):
    ax = Figure().add_subplot()
    assert draw_scene_on(drawn.scene, ax) is ax
    assert [text.get_text() for text in ax.texts] == ['a < b & "c"']
    assert len(ax.patches) == 3
    assert ax.get_xlim() == (0, 120)
    assert ax.get_ylim() == (80, 0)  # y downwards


def test_matplotlib_draws_on_a_part_of_a_figure_too(drawn):
    upper, _ = Figure().subfigures(2)
    ax = upper.add_subplot()
    assert draw_scene_on(drawn.scene, ax) is ax


def test_a_dollar_is_a_dollar_in_a_png():
    scene = Scene(100, 50)
    scene.add(Text(5, 20, r"$5 or $\frac$"))
    assert Picture(None, "dollars", scene).to_png().startswith(b"\x89PNG")


def test_the_contrast_ratio_is_the_published_one():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # WebAIM's example


@pytest.mark.parametrize(
    "name", ["INK", "MUTED", "BLUE", "ORANGE", "GREEN", "PURPLE", "SLATE", "GOLD"]
)
def test_text_of_every_colour_can_be_read_on_paper(name):
    assert contrast(getattr(palette, name), palette.PAPER) >= 4.5


def test_ink_can_be_read_on_every_tint_white_on_blue_and_muted_on_faint():
    assert min(contrast(palette.INK, tint) for tint in palette.TINTS) >= 4.5
    assert contrast("#ffffff", palette.BLUE) >= 4.5
    assert contrast(palette.MUTED, palette.FAINT) >= 4.5  # an operation that has not happened yet
    assert contrast(palette.GREEN, "#e8f3ee") >= 4.5  # the name of a number that was typed in
    assert contrast(palette.GOLD, "#e8f3ee") >= 4.5  # its gradient


def inverted(colour: str) -> str:
    """The colour on a dark page: `invert(0.9) hue-rotate(180deg)` of the Filter Effects Module."""
    channels = [0.9 - 0.8 * int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    grey = 2 * sum(share * x for share, x in zip((0.213, 0.715, 0.072), channels))
    return "#" + "".join(f"{round(255 * min(max(grey - x, 0), 1)):02x}" for x in channels)


@pytest.mark.parametrize(
    "name", ["INK", "MUTED", "BLUE", "ORANGE", "GREEN", "PURPLE", "SLATE", "GOLD", "VIOLET"]
)
def test_text_of_every_colour_can_be_read_on_a_dark_page_too(name):
    colour = inverted(getattr(palette, name))
    for paper in (palette.PAPER, palette.WHITE, palette.FAINT):
        assert contrast(colour, inverted(paper)) >= 4.5


def test_ink_can_be_read_on_every_tint_of_a_dark_page_and_white_on_the_colours_of_signs():
    assert min(contrast(inverted(palette.INK), inverted(tint)) for tint in palette.TINTS) >= 4.5
    for colour in (palette.BLUE, palette.ORANGE):
        assert contrast(inverted(palette.WHITE), inverted(colour)) >= 4.5


def test_what_is_written_on_any_shade_can_be_read():
    shades = [diverging_colour(share / 50) for share in range(-50, 51)]
    shades += [blend(palette.WHITE, palette.INK, share / 50) for share in range(51)]
    assert min(contrast(ink_on(shade), shade) for shade in shades) >= 4.5


def test_categories_differ_and_so_do_tints():
    assert len(set(palette.CATEGORIES)) == len(palette.CATEGORIES)
    assert len(set(palette.TINTS)) == len(palette.TINTS)


def run_python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=VIZ.parent, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_viz_is_quick_and_loads_nothing_heavy():
    code = """if True:
        import sys, time
        began = time.process_time()
        import viz
        took = time.process_time() - began
        heavy = {"matplotlib", "ipywidgets", "IPython", "torch", "numpy", "gptcore"}
        print(took < 0.2, sorted(heavy & set(sys.modules)), "draw_graph" in dir(viz))
    """
    assert run_python(code).split("\n")[0] == "True [] True"


def test_drawing_shapes_needs_no_matplotlib():
    code = """if True:
        import sys, viz
        picture = viz.draw_probabilities([0.25, 0.75], ["heads", "tails"])
        picture._repr_mimebundle_(), viz.draw_loss({"train": [3, 2]}), viz.draw_graph
        viz.draw_samples({0: ["a"]}), viz.LossPlot()
        print(sorted({"matplotlib", "ipywidgets", "numpy"} & set(sys.modules)))
    """
    assert run_python(code).strip() == "[]"


def test_every_name_that_viz_lists_is_there_and_an_unknown_one_is_refused_with_those():
    assert dir(viz) == sorted(viz.__all__)
    for name in viz.__all__:
        assert getattr(viz, name).__name__ == name
    with pytest.raises(AttributeError, match=r"viz has no 'draw_grpah'; it has .*draw_graph"):
        _ = viz.draw_grpah


@pytest.mark.slow
def test_viz_knows_no_model():
    for path in VIZ.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            assert not {name.split(".")[0] for name in names} & {"gptcore", "course"}, path
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"relative import: {path}"


def test_a_picture_adapts_to_a_dark_page_once():
    scene = Scene(10, 10)
    html = Picture(None, "a sentence", scene).to_html()
    assert html.count(f'class="{ADAPTS}"') == 1
    assert html.endswith(DARK_STYLE)
    attention = viz.draw_attention([[1, 0], [0.3, 0.7]], ["a", "b"]).to_html()
    assert attention.split("<script>")[0].count(f'{ADAPTS}"') == 1, "its image is inside"


@pytest.mark.parametrize(
    ("number", "text"),
    [(2034.4, "2,030"), (11691, "11,700"), (0.36149, "0.361"), (12, "12"), (3e6, "3M"), (0, "0")],
)
def test_numbers_are_printed_for_people(number, text):
    assert format_digits(number) == text
