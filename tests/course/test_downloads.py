"""`make downloads` hears of a dead or changed source before a reader does.

The sources are played by a server on this machine.
"""

import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from course.publishing import downloads
from course.publishing.downloads import problem_with
from gptcore.manifest import find_text

TEXT = find_text("shakespeare")


class Source(BaseHTTPRequestHandler):
    """Answers by what the path says: as promised, another size, gone, or not to HEAD."""

    def do_HEAD(self):
        kind = self.path.strip("/")
        size = {"other": TEXT.bytes + 1, "silent": None}.get(kind, TEXT.bytes)
        if kind == "moved":
            self.send_response(302)
            self.send_header("Location", "/good")
        else:
            self.send_response({"gone": 404, "only-get": 405}.get(kind, 200))
            if size is not None:
                self.send_header("Content-Length", str(size))
        self.end_headers()

    def do_GET(self):
        assert self.headers["Range"] == "bytes=0-0", "the whole file must not travel"
        self.send_response(206)
        self.send_header("Content-Range", f"bytes 0-0/{TEXT.bytes}")
        self.send_header("Content-Length", "1")
        self.end_headers()
        self.wfile.write(b"F")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Source)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "kind, message",
    [
        ("good", ""),
        ("moved", ""),
        ("only-get", ""),
        ("other", f"has {TEXT.bytes + 1:,} bytes, the manifest says {TEXT.bytes:,}"),
        ("gone", "the source answers 404"),
        ("silent", "does not report the size of the file"),
    ],
)
def test_a_source_is_asked_and_believed(address, kind, message):
    assert problem_with(TEXT, f"{address}/{kind}") == message


def test_a_source_that_nobody_reaches_is_told_too():
    assert problem_with(TEXT, "http://127.0.0.1:9/") == "not reached (ConnectionError)"


def test_every_address_is_asked_and_one_dead_one_fails_the_week(address, monkeypatch, capsys):
    text = replace(TEXT, urls=(f"{address}/good", f"{address}/gone"))
    monkeypatch.setattr(downloads, "all_texts", lambda: {text.name: text})
    assert downloads.main([]) == 1
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        f"shakespeare        as promised: {address}/good",
        f"shakespeare        the source answers 404: {address}/gone",
    ]
    assert printed.err == (
        "1 of these addresses would fail a reader. Open each in a browser, then fix "
        "data/manifest.toml, or add a second address there.\n"
    )
    monkeypatch.setattr(downloads, "all_texts", lambda: {text.name: replace(text, urls=())})
    assert downloads.main([]) == 0


def test_a_misspelt_text_is_told_with_the_nearest(capsys):
    assert downloads.main(["shakespear"]) == 2
    assert "Did you mean 'shakespeare'?" in capsys.readouterr().err
