"""What the site writes for a dial: the still, the data, and the scripts of a page."""

import json
import re

from course.site.dials import dial_box, dial_scripts
from viz.canvas.control import STATIC_NOTE, computed_in_page, page_constants
from viz.canvas.picture import DIAL


def bundle(name: str, words: str = "") -> dict:
    return {DIAL: {"dial": name, "words": words}, "text/html": f"<b>still</b>{STATIC_NOTE}"}


def test_the_note_about_running_a_cell_is_gone_and_no_text_ends_the_script():
    words = "</script><b>"
    box = dial_box(bundle("budget", words))
    assert "<b>still</b></div>" in box and "run its cell" not in box
    (content,) = re.findall(r'<script type="application/json">(.*?)</script>', box)
    assert json.loads(content) == {"dial": "budget", "words": words}
    assert box.index("<noscript>") > box.index("still")


def test_a_page_loads_what_all_dials_share_and_each_script_once():
    outputs = [{"data": bundle("formats")}, {"text": "no picture"}, {"data": bundle("budget")}]
    files = re.findall(r'src="([^"]+)"', dial_scripts([*outputs, *outputs]))
    names = ("dial.js", "budget_dial.js", "formats_dial.js")
    assert files == [f"../_static/{name}" for name in names]
    assert (
        re.findall(r'src="([^"]+)"', dial_scripts(outputs[:1], "_static"))[0] == "_static/dial.js"
    )
    assert dial_scripts([{"data": {"text/html": ""}}, {"text": ""}]) == ""


def test_a_function_says_whether_a_page_computes_it():
    assert page_constants(len) is None
    assert page_constants(computed_in_page(lambda: {"a": 1})(lambda: 2)) == {"a": 1}
