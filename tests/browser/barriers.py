"""What axe-core, the common checker of accessibility, finds in what our cells have put out.

Looked at is what we draw and what we control; the page around it is JupyterLab's own.
"""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

OURS = {"include": [[".jp-OutputArea-output"]]}
SERIOUS = ("serious", "critical")


def barriers(page: Page) -> list[str]:
    """What keeps people out, one line for each thing found."""
    found = Axe().run(page, OURS).response["violations"]
    return [
        f"{finding['id']}: {finding['help']}: {place['html'][:200]}"
        for finding in found
        if finding["impact"] in SERIOUS
        for place in finding["nodes"]
    ]
