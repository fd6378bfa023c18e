"""Every kind of knob that a control has, turned by keys alone, until the picture follows.

Not every press moves a picture: one step back from the first step does not, nor does undoing
nothing. So all knobs are gone through several times, and each must have been followed once.
"""

import contextlib

from lab import SECONDS
from playwright.sync_api import Locator, Page, TimeoutError

CONTROL = ".jp-OutputArea-output .widget-vbox:has(.widget-html-content)"
SCREEN = ".widget-html-content"
# A button beside a field does what Enter in the field has just done: it has nothing left to do.
KNOBS = (
    ".noUi-handle, select, textarea, input[type=text], input[type=checkbox],"
    "button:not(.widget-hbox:has(> .widget-text) > button)"
)
ROUNDS = 3
SLOWEST_ANSWER = 2.0  # seconds, on a machine that is busy; benchmarks/LOG.md has measured ones

KIND = "knob => knob.matches('.noUi-handle') ? 'slider' : knob.type"
NAME = """knob => knob.ariaLabel || knob.placeholder || knob.innerText
    || knob.closest('.jupyter-widgets').innerText"""
AT_THE_END = """knob => knob.matches('select') ? knob.selectedIndex === knob.options.length - 1
    : knob.getAttribute('aria-valuenow') === knob.getAttribute('aria-valuemax')"""
REMEMBER = "screen => { screen.before = screen.innerHTML; }"
CHANGED = "screen => screen.innerHTML !== screen.before"
QUIET = """screen => new Promise((quiet) => {
    let timer = setTimeout(quiet, 60);
    new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(quiet, 60); })
        .observe(screen, { childList: true, subtree: true });
})"""


def turn(page: Page, knob: Locator) -> str:
    """Press the keys that a reader presses on such a knob; gives the one that turns it back."""
    kind = knob.evaluate(KIND)
    knob.focus()
    if kind == "slider":
        forth, back = ("ArrowRight", "ArrowLeft")[:: -1 if knob.evaluate(AT_THE_END) else 1]
        page.keyboard.press(forth)
        return back
    if kind == "select-one":
        page.keyboard.press("ArrowUp" if knob.evaluate(AT_THE_END) else "ArrowDown")
    elif kind in ("text", "textarea"):
        page.keyboard.press("Control+End")
        page.keyboard.type("a")
        page.keyboard.press("Enter" if kind == "text" else "Tab")
    else:  # a button, or a box to tick
        page.keyboard.press("Space")
    return ""


def is_ready(page: Page, knob: Locator) -> bool:
    """A "stop" waits for something to stop: the button before it begins that."""
    before = knob.locator("xpath=preceding-sibling::button")
    if knob.is_disabled() and before.count():
        before.last.focus()
        page.keyboard.press("Space")
        with contextlib.suppress(TimeoutError):
            element = knob.element_handle()
            page.wait_for_function("knob => !knob.disabled", arg=element, timeout=1 * SECONDS)
    return knob.is_enabled()


def follows(page: Page, knob: Locator, screen: Locator) -> bool:
    """Turn one knob; whether its picture became another one."""
    if knob.evaluate(KIND) != "submit":  # the kind of all buttons
        screen.evaluate(QUIET)  # a text that is still being written is no answer to this knob
    elif not is_ready(page, knob):
        return False
    screen.evaluate(REMEMBER)
    back = turn(page, knob)
    followed = is_another(page, screen)
    if back:  # or what speaks against one knob, as 13 heads do, would hide all the others
        screen.evaluate(REMEMBER)
        page.keyboard.press(back)
        followed = followed and is_another(page, screen)
    return followed


def is_another(page: Page, screen: Locator) -> bool:
    """Whether the picture becomes another one in good time."""
    with contextlib.suppress(TimeoutError):
        element = screen.element_handle()
        page.wait_for_function(CHANGED, arg=element, timeout=SLOWEST_ANSWER * SECONDS)
        return True
    return False


def turn_all(page: Page, control: Locator) -> list[str]:
    """Turn every knob of a control; the names of those that no picture ever followed."""
    knobs, screen = control.locator(KNOBS), control.locator(SCREEN).first
    still = list(range(knobs.count()))
    for _ in range(ROUNDS):
        still = [k for k in still if not follows(page, knobs.nth(k), screen)]
    return [knobs.nth(k).evaluate(NAME) for k in still]
