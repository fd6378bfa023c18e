"""The configuration of Sphinx. Every file that a page needs is in the site itself."""

from importlib.util import find_spec
from pathlib import Path

from course.syllabus.repository import our_repository

project = "gptcore"
author = "the authors of gptcore"
language = "en"

extensions = [
    "myst_parser",
    "course.site.formulas",
    "course.site.own_types",
    "course.site.reading.code_lines",
    "course.site.reading.ends",
]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
myst_links_external_new_tab = False
suppress_warnings = ["myst.header"]  # a lesson may have a small heading right below its title
math_renderer = html_math_renderer = "mathml"

highlight_language = "python"
add_module_names = False
python_display_short_literal_types = True
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = "gptcore"
html_favicon = "static/favicon.svg"
VIZ = Path(__file__).resolve().parents[2] / "viz"
DIALS = [VIZ / "dials" / "dial.js", VIZ / "dials" / "dial.css", *sorted(VIZ.glob("*/*_dial.js"))]
html_static_path = ["static", *map(str, DIALS)]
templates_path = ["templates"]
html_css_files = ["dial.css", "site.css", "reading.css", "python.css", "print.css"]
SCRIPTS = ("site.js", "quiz.js", "python.js", "copy.js")
html_js_files = [(name, {"defer": "defer"}) for name in SCRIPTS]
html_show_sourcelink = html_copy_source = html_use_index = False
html_domain_indices = html_show_copyright = False
html_theme_options = {
    "source_repository": our_repository().address,
    "top_of_page_buttons": [],
    "footer_icons": [],
}

# Lesson 2 has a surface that can be rotated with the mouse. The script for it has 5 MB, so it is
# loaded on request, and offered only if plotly is installed when the site is built.
plotly = find_spec("plotly")
if plotly and plotly.origin:
    html_static_path.append(str(Path(plotly.origin).parent / "package_data" / "plotly.min.js"))
