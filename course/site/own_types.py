"""Types in a signature are links to their own page only.

Sphinx would look in all packages for a class of that name, and find another package's `Memory`.
"""

from docutils.nodes import document
from sphinx.addnodes import desc_signature, pending_xref
from sphinx.application import Sphinx

from course.site.public import public_names


def setup(app: Sphinx) -> dict:
    """Register the extension; Sphinx calls this."""
    app.connect("doctree-read", lead_home)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def lead_home(app: Sphinx, page: document) -> None:
    """Give each type of this package its full name; other types become plain text."""
    for signature in page.findall(desc_signature):
        for type_ in list(signature.findall(pending_xref)):
            package = type_["py:module"]
            if type_["reftarget"] in {one.name for one in public_names(package)}:
                type_["reftarget"] = f"{package}.{type_['reftarget']}"
            else:
                type_.replace_self(type_.children)
