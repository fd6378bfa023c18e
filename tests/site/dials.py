"""A page with one dial, made as the site makes it, and knobs turned to many places in Chromium."""

import importlib.util
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course.site.dials import dial_box

VIZ = Path(__file__).resolve().parents[2] / "viz"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


def dial_page(folder: Path, shown: Any) -> Path:
    """Write a page with the dial of a control or a picture.

    Args:
        folder: Where the page is written.
        shown: The control or the picture.
    """
    bundle = shown._repr_mimebundle_()
    name = bundle["application/vnd.viz.dial+json"]["dial"]
    (script,) = VIZ.glob(f"*/{name}_dial.js")
    head = "".join(
        f"<script defer src='{file.as_uri()}'></script>" for file in (VIZ / "dials/dial.js", script)
    )
    page = folder / f"{name}.html"
    page.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="{(VIZ / "dials/dial.css").as_uri()}">{head}'
        f'<body style="margin: 1rem"><main>{dial_box(bundle)}</main></body></html>',
        encoding="utf-8",
    )
    return page


def opened(chromium: Any, file: Path, viewport: dict[str, int] = DESK, **options: Any) -> Any:
    """The page in a browser of its own; a complaint of a script is an AssertionError at its end."""
    page = chromium.new_context(viewport=viewport, **options).new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on(
        "console",
        lambda text: page.complaints.append(text.text) if text.type == "error" else None,
    )
    page.goto(file.as_uri())
    return page


def set_knobs(page: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Turn knobs of the first dial, and return its numbers."""
    return page.evaluate(
        "values => JSON.parse(JSON.stringify(document.querySelector('.dial').dial.set(values)))",
        values,
    )


def settings(options: dict[str, list], count: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Both ends of every knob with the others in the middle, then random places.

    Args:
        options: The places of each knob.
        count: How many random settings follow.
        seed: Of the random places.
    """
    middle = {name: places[len(places) // 2] for name, places in options.items()}
    for name, places in options.items():
        yield from ({**middle, name: end} for end in (places[0], places[-1]))
    chance = random.Random(seed)
    for _ in range(count):
        yield {name: chance.choice(places) for name, places in options.items()}


def check_with_axe(page: Any) -> None:
    """axe-core finds nothing serious in the dial, in both themes."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        return
    page.evaluate((Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8"))
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.body.dataset.theme = theme; }", theme)
        result = page.evaluate("axe.run('.dial', {resultTypes: ['violations']})")
        serious = [one for one in result["violations"] if one["impact"] in ("serious", "critical")]
        assert not serious, [(one["id"], one["nodes"][0]["html"]) for one in serious]


def check_by_keys_and_on_a_phone(chromium: Any, file: Path) -> None:
    """What every dial must do: keys turn a knob, reset undoes it, and a phone need not scroll."""
    page = opened(chromium, file, PHONE)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"], f"{file.name} is {width} pixels wide"
    assert page.locator(".dial-still").is_hidden() and page.locator(".dial-picture").is_visible()
    assert page.get_by_role("status").text_content()
    knob = page.locator(".dial-live").locator("input:not([disabled]), select").first
    values = "JSON.stringify(document.querySelector('.dial').dial.values)"
    before = page.evaluate(values)
    kind = knob.evaluate("knob => knob.type")
    if kind == "text":
        knob.fill("1")
    for key in ("Space",) if kind == "checkbox" else ("ArrowDown", "ArrowUp"):
        if page.evaluate(values) == before:  # at its end a knob has one way only
            knob.press(key)
    assert page.evaluate(values) != before
    page.get_by_role("button", name="Reset").press("Enter")
    assert page.evaluate(values) == before and not page.complaints
    check_with_axe(page)
    still = opened(chromium, file, java_script_enabled=False)
    assert still.locator(".dial-still").is_visible()
