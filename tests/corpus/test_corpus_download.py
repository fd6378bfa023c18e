"""Downloads from a server on this machine that answers well, badly, by halves, or not at all."""

import _thread
import hashlib
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import gptcore.corpus as corpus
from gptcore.corpus.downloads.download import CHUNK_BYTES

CONTENT = b"ann\nbob\ncarla\n" * 10_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
OTHER = b"<html>please log in</html>"
HALF = CONTENT[: 17 * CHUNK_BYTES]
FETCH = "gptcore fetch letters"


class Answers(BaseHTTPRequestHandler):
    """One kind of answer for each path; `server.asked` keeps the paths."""

    def do_GET(self):
        self.server.requests_made.append(self.path)
        if self.path in ("/404", "/503"):
            return self.send_error(int(self.path[1:]))
        if self.path == "/moody" and len(self.server.requests_made) == 1:
            return self.send_error(503)
        self.send_response(200)
        self.send_header("Content-Length", str(len(OTHER if self.path == "/other" else CONTENT)))
        self.end_headers()
        if self.path == "/ctrl-c":
            self.wfile.write(HALF)
            self.wfile.flush()
            _thread.interrupt_main()
        else:
            bodies = {"/other": OTHER, "/cut": HALF, "/cut-at-once": b""}
            self.wfile.write(bodies.get(self.path, CONTENT))

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.requests_made = []
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def manifest(server, monkeypatch, tmp_path):
    """Write a manifest whose one download, `letters`, has its mirrors at these paths."""
    monkeypatch.setattr("gptcore.manifest.shipped_folder", lambda: tmp_path / "shipped")
    monkeypatch.setattr("gptcore.corpus.downloads.download.RETRY_DELAYS_SECONDS", (0, 0))
    monkeypatch.setenv("GPTCORE_DATA", str(tmp_path / "data"))
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(variable, "127.0.0.1")

    def write(*paths):
        urls = [f"http://127.0.0.1:{server.server_port}/{path}" for path in paths]
        (tmp_path / "shipped").mkdir()
        (tmp_path / "shipped" / "own.txt").write_text("own\n")
        (tmp_path / "shipped" / "manifest.toml").write_text(
            "[own]\npath='own.txt'\nbytes=4\nsha256=''\nlicence='MIT'\nsource='here'\n"
            f"[letters]\npath='sub/letters.txt'\nbytes={len(CONTENT)}\nsha256='{SHA256}'\n"
            f"licence='MIT'\nsource='here'\nurls={urls}\n"
        )
        return tmp_path / "data" / "sub" / "letters.txt"

    return write


def find_files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def message_of(action):
    """What the learner reads when `action` fails."""
    with pytest.raises(corpus.TextUnavailableError) as caught:
        action()
    error = caught.value
    assert error.__suppress_context__ or not error.__context__, "pooch's traceback would be shown"
    return str(error)


def fetch_one(**options):
    return next(corpus.fetch(["letters"], **options))


def test_a_missing_text_is_brought_once_and_then_read_from_the_disk(manifest, server, capfd):
    path = manifest("good")
    assert not corpus.is_downloaded("letters")
    assert corpus.load("letters") == CONTENT.decode()
    assert corpus.is_downloaded("letters")
    assert corpus.load_documents("letters")[:3] == ["ann", "bob", "carla"]
    assert server.requests_made == ["/good"]
    assert find_files(path.parents[1]) == [path]
    assert capfd.readouterr() == ("", "")


def test_fetch_says_of_each_text_where_it_is_and_how_it_came_there(manifest, server, tmp_path):
    path = manifest("good")
    own = corpus.FetchedText("own", tmp_path / "shipped" / "own.txt", 4, "shipped")
    came = corpus.FetchedText("letters", path, len(CONTENT), "downloaded")
    here = corpus.FetchedText("letters", path, len(CONTENT), "already here")
    assert list(corpus.fetch(["own", "letters", "letters"])) == [own, came, here]
    assert list(corpus.fetch("letters")) == [here]
    assert list(corpus.fetch(["letters"], again=True)) == [came]
    assert server.requests_made == ["/good", "/good"]


def test_a_misspelt_name_is_refused_before_anything_is_brought(manifest, server):
    manifest("good")
    with pytest.raises(corpus.UnknownTextError, match="Did you mean 'letters'"):
        corpus.fetch(["letters", "leters"])
    assert server.requests_made == []


def test_a_file_that_others_may_read_stays_readable_for_them(manifest, tmp_path):
    path = manifest("good")
    fetch_one()
    (tmp_path / "plain").write_text("made with open()")
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize(
    ("answer", "sent", "guess"),
    [
        ("other", OTHER, "a login page, a proxy or a broken copy"),
        ("cut", HALF, "the connection broke off"),
        ("cut-at-once", b"", "the connection broke off"),
    ],
)
def test_what_is_not_the_whole_file_is_not_kept(manifest, server, answer, sent, guess):
    path = manifest(answer)
    got = hashlib.sha256(sent).hexdigest()
    assert message_of(lambda: corpus.load("letters")) == (
        f"The text 'letters' could not be downloaded: 127.0.0.1:{server.server_port} did not send "
        f"the whole file ({guess}): expected 140,000 bytes with sha256 {SHA256}, "
        f"got {len(sent):,} bytes with sha256 {got}.\n"
        f"Nothing was kept; letters.txt in the folder {path.parent} does not exist yet.\n"
        f"To try again: {FETCH}"
    )
    assert find_files(path.parents[1]) == []


@pytest.mark.parametrize(
    ("answer", "reason"), [("404", "answered 404 Not Found"), ("503", "answered 503 Service Un")]
)
def test_a_server_that_says_no_is_quoted_and_asked_twice(manifest, server, answer, reason):
    path = manifest(answer)
    message = message_of(lambda: corpus.load_documents("letters"))
    assert f"could not be downloaded: 127.0.0.1:{server.server_port} {reason}" in message
    assert server.requests_made == [f"/{answer}"] * 2
    assert find_files(path.parents[1]) == []


def test_a_server_that_says_no_at_first_is_believed_the_second_time(manifest, server):
    manifest("moody")
    assert fetch_one().state == "downloaded"
    assert server.requests_made == ["/moody", "/moody"]


def test_the_second_mirror_is_asked_when_the_first_one_fails(manifest, server):
    manifest("other", "good")
    assert fetch_one().state == "downloaded"
    assert server.requests_made == ["/other", "/good"]


def test_without_a_server_the_message_names_the_file_the_folder_and_the_command(manifest, server):
    path = manifest("good")
    server.shutdown()
    server.server_close()
    assert message_of(lambda: corpus.load("letters")) == (
        "The text 'letters' could not be downloaded: "
        f"no connection to 127.0.0.1:{server.server_port}.\n"
        f"Nothing was kept; letters.txt in the folder {path.parent} does not exist yet.\n"
        f"To try again: {FETCH}"
    )
    assert find_files(path.parents[1]) == []


def test_ctrl_c_in_the_middle_leaves_nothing_behind(manifest):
    path = manifest("ctrl-c")
    with pytest.raises(KeyboardInterrupt):
        corpus.load("letters")
    assert find_files(path.parents[1]) == []


def test_a_folder_that_cannot_be_written_is_named_with_the_variable_that_moves_it(
    manifest, server, monkeypatch, tmp_path
):
    manifest("good")
    (tmp_path / "a file").touch()  # not chmod: the superuser writes into any folder
    monkeypatch.setenv("GPTCORE_DATA", str(tmp_path / "a file" / "data"))
    assert not corpus.is_downloaded("letters")
    assert message_of(lambda: corpus.load("letters")) == (
        "The text 'letters' cannot be stored as letters.txt in the folder "
        f"{tmp_path / 'a file' / 'data' / 'sub'} (Not a directory).\n"
        f"Set GPTCORE_DATA to a folder that can be written and has room, then: {FETCH}"
    )
    assert server.requests_made == []
    monkeypatch.setenv("GPTCORE_DATA", str(tmp_path / "another"))
    assert fetch_one().state == "downloaded"


@pytest.mark.parametrize("ask", [corpus.load, corpus.load_documents, lambda name: fetch_one()])
def test_a_damaged_file_is_refused_left_alone_and_replaced_only_when_told(manifest, server, ask):
    path = manifest("good")
    path.parent.mkdir(parents=True)
    damaged = CONTENT[:-1] + b"!"
    path.write_bytes(damaged)
    with pytest.raises(corpus.TextDamagedError) as caught:
        ask("letters")
    assert str(caught.value) == (
        f"The file {path} is damaged, or is another file than 'letters': "
        f"expected 140,000 bytes with sha256 {SHA256}, "
        f"got 140,000 bytes with sha256 {hashlib.sha256(damaged).hexdigest()}.\n"
        f"It is unchanged. Download it again: {FETCH} --again\n"
        "Or move it away, or set GPTCORE_DATA to another folder."
    )
    assert path.read_bytes() == damaged and server.requests_made == []
    assert fetch_one(again=True).state == "downloaded"
    assert path.read_bytes() == CONTENT


def test_a_file_that_was_there_outlives_a_failed_attempt_to_replace_it(manifest):
    path = manifest("cut")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"damaged, but all we have")
    assert not corpus.is_downloaded("letters")
    message = message_of(lambda: fetch_one(again=True))
    assert f"letters.txt in the folder {path.parent} is as it was.\n" in message
    assert message.endswith(f"To try again: {FETCH} --again")
    assert path.read_bytes() == b"damaged, but all we have"
    assert find_files(path.parents[1]) == [path]


def test_a_folder_in_the_place_of_the_file_is_named_and_not_removed(manifest):
    path = manifest("good")
    path.mkdir(parents=True)
    assert not corpus.is_downloaded("letters")
    assert f"cannot be read from {path} (" in message_of(lambda: corpus.load("letters"))
    assert "cannot be stored as letters.txt" in message_of(lambda: fetch_one(again=True))
    assert path.is_dir() and find_files(path.parents[1]) == []


@pytest.mark.parametrize("terminal", [True, False])
def test_a_progress_bar_is_shown_on_a_terminal_and_only_there(
    manifest, monkeypatch, capsys, terminal
):
    manifest("good")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    fetch_one()
    printed = capsys.readouterr()
    assert printed.out == ""
    assert ("100%" in printed.err) is terminal
