"""Each line of code in a box of its own, so that a long one wraps below its own indentation.

Sphinx would let the whole block scroll sideways. The text of a block is not changed by a letter:
what is selected and copied is the code. An output is left as it is, because a column does not
continue in the next line. The rules for `.line` are in static/reading.css.
"""

import re

BLOCK = re.compile(
    r'(<div class="(highlight-[^"]*)"><div class="highlight"><pre>)(.*?)(</pre>)', re.DOTALL
)
EMPTY_SPAN = "<span></span>"  # Pygments begins a block with it
TAG = re.compile(r"<[^>]*>")


def setup(app) -> dict:
    """Register the extension; Sphinx calls this."""
    app.connect("html-page-context", wrap_code)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def wrap_code(app, name, template, context, doctree) -> None:
    """Change the body of a page, right before it is written."""
    if "body" in context:
        context["body"] = with_lines(context["body"])


def with_lines(html: str) -> str:
    """The page with every line of code in a span; outputs stay as they are.

    Example: a line `<b>if</b> x:` becomes `<span class="line"><b>if</b> x:</span>`.
    """
    return BLOCK.sub(block_with_lines, html)


def block_with_lines(found: re.Match) -> str:
    begin, classes, code, end = found.groups()
    if "output" in classes.split():
        return found[0]
    code = code.removeprefix(EMPTY_SPAN)
    return begin + "\n".join(map(line_in_span, code.split("\n"))) + end


def line_in_span(line: str) -> str:
    """A line with the number of its leading spaces, which CSS indents the rest of it by."""
    text = TAG.sub("", line)
    if not text.strip():
        return line
    indent = len(text) - len(text.lstrip(" "))
    style = f' style="--in:{indent}"' if indent else ""
    return f'<span class="line"{style}>{line}</span>'
