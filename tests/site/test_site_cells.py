"""How one cell of a notebook becomes part of a page; needs no Sphinx."""

from course.site.cells import cell_text, directive, output_text
from course.site.layout import with_links
from course.site.reference import prose


def cell(source: str, outputs=(), tags=(), count: int | None = 1) -> dict:
    metadata = {"tags": list(tags)}
    return {
        "cell_type": "code",
        "source": [source],
        "outputs": list(outputs),
        "metadata": metadata,
        "execution_count": count,
    }


def test_a_picture_is_shown_as_html_before_png_before_text():
    data = {"text/plain": "words", "image/png": "AAAA", "text/html": ["<b>", "page</b>"]}
    assert "<b>page</b>" in output_text({"data": data})
    del data["text/html"]
    assert 'base64,AAAA" alt="words"' in output_text({"data": data})
    del data["image/png"]
    assert "words" in output_text({"data": data})


def test_a_figure_that_can_be_turned_keeps_its_data_and_cannot_end_its_script():
    figure = {"data": [{"name": "</script>"}], "layout": {}}
    shown = output_text({"data": {"text/html": "still", "application/vnd.plotly.v1+json": figure}})
    assert "still<script" in shown and shown.count("</script>") == 1


def test_what_a_cell_prints_cannot_end_its_own_box():
    text = cell_text(cell("print()", [{"output_type": "stream", "text": "```\n:::\n"}]))
    assert "````{code-block} text" in text and text.startswith("::::{container} cell")


def test_colours_of_an_error_are_left_out():
    assert "\x1b" not in output_text({"traceback": ["\x1b[31mValueError\x1b[0m: no"]})


def test_a_cell_that_was_not_run_says_what_it_needs():
    text = cell_text(cell("load()", tags=["needs-smollm2"], count=None))
    assert "*Not run for this page: it needs smollm2.*" in text


def test_the_output_of_an_answer_is_folded_and_its_code_is_not():
    output = {"output_type": "stream", "text": "4.0"}
    text = cell_text(cell("print(4.0)", [output], tags=["answer"]))
    before, _, after = text.partition("<details class='answer'>")
    assert "print(4.0)" in before and "4.0" in after.partition("</details>")[0]
    assert "<details" not in cell_text(cell("print(4.0)", [output]))
    assert "<details" not in cell_text(cell("x = 1", tags=["answer"]))


def test_a_fence_is_longer_than_any_in_it():
    assert directive("raw", "html", "`````").startswith("``````{raw}")


def test_links_to_notebooks_lead_to_pages_and_others_to_the_repository():
    pages = {"notebooks/01_a.md": "", "course/pages/b.md": ""}
    lead = lambda link: with_links(f"[x]({link})", "notebooks/00_z.md", pages)  # noqa: E731
    assert lead("01_a.ipynb#part") == "[x](01_a.md#part)"
    assert lead("../course/pages/b.md") == "[x](../course/pages/b.md)"
    assert lead("https://a.example/b.ipynb") == "[x](https://a.example/b.ipynb)"
    assert lead("../README.md").endswith("/blob/main/README.md)")
    assert lead("../not_there.md") == "[x](../not_there.md)"


def test_words_of_a_docstring_are_not_taken_for_markup():
    assert prose("a * b of `x_y` <B>") == r"a \* b of `x_y` \<B\>"
