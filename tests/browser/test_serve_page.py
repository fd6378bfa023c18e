"""The page of `gptcore serve` in Chromium, with a small model behind it."""

import re
import threading
import time

import pytest
from axe_playwright_python.sync_playwright import Axe

from gptcore.cli.serve import Serve

pytestmark = pytest.mark.browser
uvicorn = pytest.importorskip("uvicorn")
pytest.importorskip("starlette")


ANY_SIZE = pytest.mark.parametrize("page", [(1280, "light")], indirect=True, ids=str)


@pytest.fixture(scope="module")
def app():
    return Serve("stories-gpt", device="cpu").make_app()


@pytest.fixture(scope="module")
def address(app):
    """A server of the stories GPT, whose context is 128 tokens."""
    from gptcore.serving.http.listening import bind  # noqa: PLC0415 - needs uvicorn

    with bind("127.0.0.1", 0) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server.should_exit = True
        thread.join(20)


@pytest.fixture(params=[(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")], ids=str)
def page(browser, address, request):
    width, scheme = request.param
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if is_fault(line) else None)
    page.goto(address)
    yield page
    assert errors == []
    page.close()


def is_fault(line) -> bool:
    """Whether the console says so; too long an answer is tried again, shorter."""
    return line.type == "error" and "400 (Bad Request)" not in line.text


def ask(page, text: str, temperature: str = "0") -> None:
    page.get_by_label("Temperature").fill(temperature)
    page.get_by_label("Beginning of a text").fill(text)
    page.get_by_label("Beginning of a text").press("Enter")


def test_tokens_appear_and_pointing_at_one_shows_the_likeliest(page):
    page.get_by_role("heading", name="stories-gpt").wait_for()
    ask(page, "Once there was ")
    page.get_by_role("button", name="Send").wait_for()
    tokens = page.locator(".answer .token")
    assert tokens.count() > 30  # although 256 tokens do not fit
    tokens.nth(5).hover()
    taken = page.locator("#probabilities .taken")
    assert taken.count() == 1
    shown = page.locator("#probabilities .row").all_inner_texts()
    shares = [float(re.match(r"[\d.]+", text)[0]) for text in shown]
    assert shares == sorted(shares, reverse=True) and 90 < sum(shares) < 100.5
    page.locator(".answer").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".token.chosen").inner_text() == tokens.nth(6).inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe = Axe().run(page)
    assert axe.violations_count == 0, axe.generate_report()


@ANY_SIZE
def test_stop_ends_the_text_and_new_begins_again(page, app, monkeypatch):
    engine = app.state.server.engine.engine
    step = engine.step

    def slowly():
        time.sleep(0.1)
        return step()

    monkeypatch.setattr(engine, "step", slowly)
    ask(page, "Tom was a ", "1")
    page.locator(".answer .token").first.wait_for()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Send").wait_for()
    assert page.locator(".error").count() == 0
    page.get_by_role("button", name="New").click()
    assert page.locator("#log").inner_text() == ""


@ANY_SIZE
def test_what_the_server_refuses_is_shown(page):
    ask(page, "日本")
    page.locator(".error").wait_for()
    assert "not in the vocabulary" in page.locator(".error").inner_text()
    assert page.get_by_role("button", name="Send").is_visible()
