"""Data sets of the Hub by name, from a local server that lists and sends their files."""

import hashlib
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_corpora import LETTERS, some_texts

from gptcore import cli
from gptcore.corpus.downloads.dataset_name import parse_dataset_name, with_files
from gptcore.corpus.reading.sources import resolve_sources

pytest.importorskip("huggingface_hub", reason="needs: pip install huggingface_hub")

COMMIT, CONVERTED_COMMIT = "1" * 40, "2" * 40


def table(texts, column="text", **others):
    """The bytes of a parquet file with the texts in a column, and other columns."""
    buffer = io.BytesIO()
    pq.write_table(pa.table({**others, column: texts}), buffer, row_group_size=20)
    return buffer.getvalue()


class Hub(BaseHTTPRequestHandler):
    """`server.repositories`: name -> revision -> (commit, {file: bytes})."""

    def do_GET(self):
        path = unquote(self.path.partition("?")[0])
        self.server.requests_made.append(f"GET {path}")
        if path.startswith("/api/datasets/"):
            return self.send_listing(path.removeprefix("/api/datasets/"))
        commit, content = self.find(path)
        return self.send(200, content, commit) if content else self.send(404, b"", "")

    def do_HEAD(self):
        path = unquote(self.path)
        self.server.requests_made.append(f"HEAD {path}")
        commit, content = self.find(path)
        return self.send(200, content, commit) if content else self.send(404, b"", "")

    def send_listing(self, path):
        name, _, revision = path.partition("/revision/")
        revisions = self.server.repositories.get(name)
        if revisions is None:
            return self.send(401, b"{}", "", "RepoNotFound")
        found = revisions.get(revision or "main")
        if found is None:
            return self.send(404, b"{}", "", "RevisionNotFound")
        files = [{"rfilename": file} for file in ["README.md", *found[1]]]
        listing = {"id": name, "sha": found[0], "siblings": files, "tags": []}
        return self.send(200, json.dumps(listing).encode(), "")

    def find(self, path):
        name, _, rest = path.removeprefix("/datasets/").partition("/resolve/")
        for commit, files in self.server.repositories.get(name, {}).values():
            if rest.startswith(f"{commit}/"):
                return commit, files.get(rest.removeprefix(f"{commit}/"))
        return "", None

    def send(self, status, content, commit, error=""):
        self.send_response(status)
        if commit:
            self.send_header("X-Repo-Commit", commit)
            self.send_header("X-Linked-Etag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Linked-Size", str(len(content)))
        if error:
            self.send_header("X-Error-Code", error)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch, tmp_path):
    from huggingface_hub import constants  # noqa: PLC0415  only where it is installed

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.requests_made, server.repositories = [], {}
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(variable, "127.0.0.1,localhost")
    monkeypatch.setenv("GPTCORE_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    LETTERS.save(tmp_path / "letters.json")
    yield server
    server.shutdown()
    server.server_close()


def names_of(spec):
    return [source.name for source in resolve_sources([spec]).sources]


# Names


@pytest.mark.parametrize(
    "spec, expected",
    [
        ("roneneldan/TinyStories", ("roneneldan/TinyStories", "", 1, "")),
        ("a/b:sample/10BT#3@abc", ("a/b", "sample/10BT", 3, "abc")),
        ("a/b.c#2", ("a/b.c", "", 2, "")),
        ("fineweb-edu:sample-10BT", ("HuggingFaceFW/fineweb-edu", "sample/10BT", 1, "")),
        (
            "fineweb:CC-MAIN-2024-10#4",
            ("HuggingFaceFW/fineweb", "data/CC-MAIN-2024-10", 4, ""),
        ),
    ],
)
def test_a_name_has_a_repository_a_part_a_number_and_a_revision(spec, expected):
    name = parse_dataset_name(spec)
    assert (name.repository, name.part, name.files, name.revision) == expected
    assert parse_dataset_name(str(name)) == name


@pytest.mark.parametrize(
    "spec",
    [
        *("names", "stories", "texts/book.txt", "texts/all.jsonl.gz", "a/b/c", "/data/texts"),
        *("fineweb:CC-MAIN-2013-20/000_00000", "fineweb:000", "a/b#0", "texts/*.txt", "here/texts"),
    ],
)
def test_paths_and_names_of_texts_are_no_data_sets(spec, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    assert parse_dataset_name(spec) is None
    assert with_files(spec, 3) == spec


# Files


def test_the_first_files_for_training_are_taken_and_known_by_hash_and_revision(server, tmp_path):
    files = {f"data/train-0000{i}-of-00003.parquet": table([f"text {i}"]) for i in range(3)}
    files["data/test-00000-of-00001.parquet"] = table(["for testing"])
    server.repositories["ada/texts"] = {"main": (COMMIT, files)}
    sources = resolve_sources(["ada/texts#2"]).sources
    wanted = ["data/train-00000-of-00003.parquet", "data/train-00001-of-00003.parquet"]
    assert [source.name for source in sources] == [f"ada/texts:{file}" for file in wanted]
    for source, file in zip(sources, wanted):
        assert source.path == tmp_path / "data/hub/ada/texts" / file
        assert source.path.read_bytes() == files[file]
        assert source.sha256 == hashlib.sha256(files[file]).hexdigest()
        assert source.revision == COMMIT
    made = list(server.requests_made)
    server.repositories.clear()  # a later run needs no network, and takes the same files
    assert names_of("ada/texts#2") == [source.name for source in sources]
    assert server.requests_made == made
    assert names_of(sources[0].name) == [sources[0].name]  # the name in a manifest is one, too


def test_a_data_set_of_csv_files_has_parquet_files_in_the_hubs_own_branch(server):
    files = {"en/train/0000.parquet": table(["a"]), "en/test/0000.parquet": table(["b"])}
    server.repositories["ada/csv"] = {
        "main": (COMMIT, {"all.csv": b"text"}),
        "refs/convert/parquet": (CONVERTED_COMMIT, files),
    }
    (source,) = resolve_sources(["ada/csv"]).sources
    assert (source.name, source.revision) == ("ada/csv:en/train/0000.parquet", CONVERTED_COMMIT)


def test_of_several_folders_one_must_be_named(server):
    files = {f"{part}/train-0.parquet": table([part]) for part in ("20231101.ab", "20231101.en")}
    server.repositories["ada/wiki"] = {"main": (COMMIT, files)}
    with pytest.raises(ValueError, match=r"has 2 folders. Name one, such as ada/wiki:20231101.ab"):
        names_of("ada/wiki")
    assert names_of("ada/wiki:20231101.en") == ["ada/wiki:20231101.en/train-0.parquet"]
    with pytest.raises(ValueError, match=r"has no folder 'de'. .* There are: 20231101.ab, 20231"):
        names_of("ada/wiki:de")


def test_a_default_folder_is_taken_among_others(server):
    files = {f"{part}/train/0.parquet": table([part]) for part in ("default", "small")}
    server.repositories["ada/two"] = {"main": (COMMIT, files)}
    assert names_of("ada/two") == ["ada/two:default/train/0.parquet"]


def test_what_the_hub_does_not_have_is_reported_with_a_way_out(server):
    with pytest.raises(ValueError, match=r"no file or folder 'ada/nothing' here, and the Hub has"):
        names_of("ada/nothing")
    server.repositories["ada/csv"] = {"main": (COMMIT, {"all.csv": b"text"})}
    with pytest.raises(ValueError, match="has no parquet files on the Hub"):
        names_of("ada/csv")
    with pytest.raises(ValueError, match="The data set ada/csv has no revision 'v9'"):
        names_of("ada/csv@v9")


def test_without_the_network_a_mistyped_path_is_told_as_one(server):
    server.shutdown()
    server.server_close()
    with pytest.raises(OSError, match=r"^There is no file or folder 'ada/texts' here\. It may"):
        names_of("ada/texts")


# The command


def prepare(capsys, *arguments):
    options = ["--tokenizer", "letters.json", "--workers", "1", "--val_share", "0.1"]
    code = cli.main(["prepare", *arguments, "--out", "shards", *options])
    return code, *capsys.readouterr()


def test_the_command_says_which_files_and_which_column(server, capsys, tmp_path):
    content = table(some_texts(60), "story", title=[f"t{i}" for i in range(60)])
    files = {f"data/train-{i}.parquet": content for i in range(2)}
    server.repositories["ada/tales"] = {"main": (COMMIT, files)}
    code, out, err = prepare(capsys, "ada/tales", "--files", "1")
    assert code == 0 and "train" in out
    assert f"ada/tales, revision {COMMIT[:7]}: data/train-0.parquet" in err
    assert "the text is in the column 'story' (a guess: it has the most text" in err
    assert "--column chooses another: title" in err
    manifest = json.loads((tmp_path / "shards/manifest.json").read_text())
    assert manifest["settings"]["column"] == "story"
    assert manifest["sources"][0]["name"] == "ada/tales:data/train-0.parquet"
    assert manifest["sources"][0]["revision"] == COMMIT
    assert manifest["train"]["documents"] + manifest["val"]["documents"] == 60
    server.repositories.clear()
    for path in (tmp_path / "data/hub/ada/tales/data").iterdir():
        path.unlink()
    code, out, _ = prepare(capsys, "ada/tales")  # finished shards need neither files nor network
    assert code == 0 and "already complete" in out


def test_files_is_for_data_sets_of_the_hub_only(server, capsys):
    code, _, err = prepare(capsys, "names", "--files", "2")
    assert code == 2 and "--files is for data sets of the Hugging Face Hub" in err
    code, _, err = prepare(capsys, "ada/tales", "--files", "0")
    assert code == 2 and "--files 0 must be 1 or more" in err


def test_fetch_brings_a_data_set_too(server, capsys, tmp_path):
    content = table(["a"])
    server.repositories["ada/texts"] = {"main": (COMMIT, {"train.parquet": content})}
    assert cli.main(["fetch", "ada/texts", "--json"]) == 0
    (record,) = json.loads(capsys.readouterr().out)
    folder = str(tmp_path / "data/hub/ada/texts")
    assert record == {"name": "ada/texts", "bytes": len(content), "path": folder}
