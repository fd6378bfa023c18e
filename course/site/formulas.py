"""Formulas as MathML: browsers draw it without scripts and fonts, screen readers read it."""

from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml


def setup(app) -> dict:
    """Register the extension; Sphinx calls this."""
    app.add_html_math_renderer("mathml", (in_a_line, None), (on_its_own, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def in_a_line(writer, node) -> None:
    write(writer, node, as_block=False)


def on_its_own(writer, node) -> None:
    write(writer, node, as_block=True)


def write(writer, node, as_block: bool) -> None:
    """Write the formula in place of the node, and skip the text of the node."""
    formula = tex2mathml(node.astext(), as_block=as_block)
    writer.body.append(f'<div class="formula">{formula}</div>' if as_block else formula)
    raise SkipNode
