"""FineWeb's files from a local hub that works, breaks off, sends wrong data, or does not answer."""

import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from small_corpora import LETTERS, some_texts, write_parquet

from gptcore.corpus import SourceDamagedError
from gptcore.corpus.reading.sources import resolve_sources

hub = pytest.importorskip("huggingface_hub", reason="needs: pip install huggingface_hub")

CONTENT = bytes(range(256)) * 400  # no parquet, which a download need not know
SHA256 = hashlib.sha256(CONTENT).hexdigest()
COMMIT = "9bb295ddab0e05d785b879661af7260fed5140fc"
PLACE = "/datasets/HuggingFaceFW/fineweb/resolve"
NAME = "fineweb:CC-MAIN-2013-20/000_00000"
FILE = "data/CC-MAIN-2013-20/000_00000.parquet"


class Hub(BaseHTTPRequestHandler):
    """Like the hub: metadata in the headers of a redirect, the file itself elsewhere.

    `server.commit` is what `main` means; `server.breaks_after` bytes the connection is lost.
    """

    def do_HEAD(self):
        self.server.requests_made.append(f"HEAD {self.path}")
        revision, _, file = self.path.removeprefix(f"{PLACE}/").partition("/")
        known = revision in ("main", self.server.commit) and file == FILE
        self.send_response(302 if known else 404)
        if known:
            self.send_header("X-Repo-Commit", self.server.commit)
            self.send_header("X-Linked-Etag", f'"{self.server.sha256}"')
            self.send_header("X-Linked-Size", str(len(CONTENT)))
            # An absolute address: the hub's library follows a relative one by itself.
            place = f"http://localhost:{self.server.server_port}/elsewhere/{self.server.commit}"
            self.send_header("Location", place)
        else:
            self.send_header("X-Error-Code", "EntryNotFound")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        if self.path.startswith(PLACE):
            self.send_response(302)
            self.send_header("Location", f"/elsewhere/{self.path.split('/')[5]}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        if not self.path.startswith("/elsewhere/"):
            return self.send_error(404)  # the hub's library has questions of its own
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        start = int(wanted[1]) if wanted else 0
        self.server.requests_made.append(f"GET {self.path} from {start}")
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.end_headers()
        sent = CONTENT[start:]
        if self.server.breaks_after:
            sent = sent[: self.server.breaks_after.pop(0)]
        self.wfile.write(sent)
        self.close_connection = True

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch, tmp_path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.requests_made, server.breaks_after = [], []
    server.commit, server.sha256 = COMMIT, SHA256
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    from huggingface_hub import constants, file_download  # noqa: PLC0415  only where it is installed

    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(
        constants,
        "HUGGINGFACE_CO_URL_TEMPLATE",
        address + "/{repo_id}/resolve/{revision}/{filename}",
    )
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)  # 10 MB
    monkeypatch.setattr(file_download.time, "sleep", lambda seconds: None)
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(variable, "127.0.0.1,localhost")
    monkeypatch.setenv("GPTCORE_DATA", str(tmp_path / "data"))
    yield server
    server.shutdown()
    server.server_close()


def ensure(name=NAME):
    (source,) = resolve_sources([name]).sources
    return source


def test_a_file_is_brought_once_and_known_by_its_hash_and_version(server, tmp_path, capfd):
    source = ensure()
    assert source.path == tmp_path / "data/fineweb/CC-MAIN-2013-20/000_00000.parquet"
    assert source.path.read_bytes() == CONTENT
    assert (source.name, source.bytes, source.sha256) == (NAME, len(CONTENT), SHA256)
    assert source.revision == COMMIT
    requests_made = [f"HEAD {PLACE}/main/{FILE}", f"GET /elsewhere/{COMMIT} from 0"]
    assert server.requests_made == requests_made
    assert ensure() == source and server.requests_made == requests_made  # nothing more
    assert sorted(path.name for path in source.path.parent.iterdir()) == [
        "000_00000.parquet",
        "000_00000.parquet.json",
    ]
    assert capfd.readouterr().out == ""


def test_a_connection_that_breaks_is_taken_up_where_it_broke(server):
    server.breaks_after = [30_000, 20_000]
    assert ensure().path.read_bytes() == CONTENT
    assert server.requests_made[1:] == [
        f"GET /elsewhere/{COMMIT} from {n}" for n in (0, 30_000, 50_000)
    ]


def test_a_network_that_stays_away_is_told_and_a_later_run_goes_on_with_the_same_version(
    server, tmp_path
):
    server.breaks_after = [30_500, *[0] * 20]
    with pytest.raises(OSError) as caught:
        ensure()
    message = str(caught.value)
    assert message.startswith(
        f"The connection to http://127.0.0.1:{server.server_port} failed while"
    )
    assert message.endswith("The partial file is kept: run the same again to resume.")
    folder = tmp_path / "data/fineweb/CC-MAIN-2013-20"
    assert sorted(path.name for path in folder.iterdir()) == [
        "000_00000.parquet.json",
        "000_00000.parquet.part",
    ]
    server.requests_made.clear()
    server.breaks_after.clear()
    server.commit, server.sha256 = "f" * 40, "0" * 64  # the dataset has moved on meanwhile
    assert ensure().path.read_bytes() == CONTENT
    assert server.requests_made == [f"GET /elsewhere/{COMMIT} from 30000"]  # whole chunks are kept


def test_what_is_not_what_the_hub_said_is_thrown_away(server, tmp_path):
    server.sha256 = "0" * 64
    with pytest.raises(SourceDamagedError, match=rf"has sha256 {SHA256}, but the hub says 0{{64}}"):
        ensure()
    assert [path.suffix for path in (tmp_path / "data/fineweb/CC-MAIN-2013-20").iterdir()] == [
        ".json"
    ]


def test_a_name_that_the_hub_does_not_know_is_reported_with_names_that_it_does(server):
    with pytest.raises(
        ValueError, match=r"The hub has no fineweb:CC-MAIN-2013-20/nope\. Names are"
    ):
        ensure("fineweb:CC-MAIN-2013-20/nope")
    with pytest.raises(
        ValueError, match=r"'fineweb:000' is not the name of a file of FineWeb. Names are"
    ):
        ensure("fineweb:000")
    assert len(server.requests_made) == 1


def test_an_unreachable_hub_is_reported_in_a_few_lines(server):
    server.shutdown()
    server.server_close()
    with pytest.raises(OSError) as caught:
        ensure()
    assert len(str(caught.value).splitlines()) == 1
    assert "The connection to http://127.0.0.1" in str(caught.value)


def test_a_version_may_be_asked_for_and_is_then_the_only_one(server):
    assert ensure(f"{NAME}@{COMMIT}").revision == COMMIT
    assert server.requests_made[0] == f"HEAD {PLACE}/{COMMIT}/{FILE}"
    with pytest.raises(ValueError, match=f"has revision {COMMIT}, not abc. Remove it and"):
        ensure(f"{NAME}@abc")


def test_a_file_put_there_by_hand_is_used_without_asking_the_hub(server, tmp_path):
    path = tmp_path / "data/fineweb/CC-MAIN-2013-20/000_00000.parquet"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PAR1")
    assert ensure().path == path and ensure().sha256 == ""
    assert server.requests_made == []


@pytest.mark.parametrize(
    ("name", "place"),
    [
        (NAME, f"HuggingFaceFW/fineweb/resolve/main/{FILE}"),
        (
            "fineweb:sample-10BT/003_00000",
            "HuggingFaceFW/fineweb/resolve/main/sample/10BT/003_00000.parquet",
        ),
        (
            "fineweb-edu:sample-10BT/000_00000",
            "HuggingFaceFW/fineweb-edu/resolve/main/sample/10BT/000_00000.parquet",
        ),
        (
            "fineweb-edu:CC-MAIN-2013-20/train-00000-of-00014",
            "HuggingFaceFW/fineweb-edu/resolve/main/data/CC-MAIN-2013-20/"
            "train-00000-of-00014.parquet",
        ),
    ],
)
def test_names_lead_to_the_places_that_the_datasets_have(server, name, place):
    with contextlib.suppress(ValueError):
        ensure(name)
    assert server.requests_made[0] == f"HEAD /datasets/{place}"


def test_the_note_beside_the_file_says_all_that_is_known(server):
    source = ensure()
    recorded = json.loads(source.path.with_name("000_00000.parquet.json").read_text())
    assert recorded == {
        "repo_id": "HuggingFaceFW/fineweb",
        "filename": FILE,
        "revision": COMMIT,
        "bytes": len(CONTENT),
        "sha256": SHA256,
    }


@pytest.mark.slow
def test_prepare_goes_on_with_a_download_that_broke_off_in_another_process(
    server, tmp_path, monkeypatch
):
    """The whole way, as a person goes it: the command, the variables, a rerun."""
    texts = write_parquet(tmp_path / "texts.parquet", some_texts(3000), rows=100)
    content = texts.read_bytes()
    monkeypatch.setattr("test_hub.CONTENT", content)
    server.sha256 = hashlib.sha256(content).hexdigest()
    LETTERS.save(tmp_path / "letters.json")
    command = [sys.executable, "-c", PROGRAM, "prepare", NAME, "--out", str(tmp_path / "out")]
    command += ["--tokenizer", str(tmp_path / "letters.json"), "--workers", "1"]
    address = f"http://127.0.0.1:{server.server_port}"
    environment = {**os.environ, "HF_ENDPOINT": address, "HF_HUB_DISABLE_XET": "1"}
    server.breaks_after = [len(content) // 2, *[0] * 20]
    first = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert first.returncode == 1 and "run the same again to resume" in first.stderr
    assert "Traceback" not in first.stderr
    server.requests_made.clear()
    server.breaks_after = []
    again = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert again.returncode == 0 and "3,000" not in again.stderr
    start = len(content) // 2 // 1000 * 1000
    assert server.requests_made == [f"GET /elsewhere/{COMMIT} from {start}"]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["sources"] == [
        {"name": NAME, "bytes": len(content), "sha256": server.sha256, "revision": COMMIT}
    ]
    assert manifest["train"]["documents"] + manifest["val"]["documents"] == 3000


PROGRAM = """
import sys, time
from huggingface_hub import constants
constants.DOWNLOAD_CHUNK_SIZE = 1000  # 10 MB; the file here is small
time.sleep = lambda seconds: None  # between the attempts
from gptcore.cli import main
sys.exit(main(sys.argv[1:]))
"""
