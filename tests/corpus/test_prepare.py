"""`prepare`: what is in the shards, held against a naive way, and that nothing disturbs it."""

import json
import random
from hashlib import sha256

import pytest
from small_corpora import LETTERS, files_in, ids_in, small_shards, some_texts, write_parquet

from gptcore import corpus
from gptcore.corpus import ShardSettings, is_downloaded, prepare
from gptcore.corpus.preparation import prepare as preparing
from gptcore.corpus.preparation.prepare import Progress
from gptcore.tokenizers import CharTokenizer, load_tokenizer

pytestmark = pytest.mark.slow


def made(folder, sources, tokenizer=LETTERS, workers=1, **settings):
    """Prepare, and answer with the manifest."""
    steps = list(prepare(sources, folder, tokenizer, workers, ShardSettings(**settings)))
    assert all(isinstance(step, Progress) for step in steps)
    return json.loads((folder / "manifest.json").read_text())


def tokens_of(folder, split):
    return [id for path in sorted(folder.glob(f"{split}_*.bin")) for id in ids_in(path)]


def encoded(texts, tokenizer=LETTERS):
    start = tokenizer.end_of_text
    return [id for text in texts for id in [start, *tokenizer.encode_ordinary(text)]]


# What is in the shards


def test_shards_hold_every_document_once_in_order_each_after_an_end_of_text(tmp_path):
    texts = some_texts(57)
    source = write_parquet(tmp_path / "a.parquet", texts)
    manifest = made(tmp_path / "out", source, val_share=0.0)
    assert tokens_of(tmp_path / "out", "train") == encoded(texts)
    assert manifest["train"] == {"tokens": len(encoded(texts)), "documents": 57}
    assert manifest["val"] == {"tokens": 0, "documents": 0}
    assert manifest["sources"][0]["sha256"] == sha256(source.read_bytes()).hexdigest()
    assert manifest["tokenizer"]["sha256"] == LETTERS.sha256
    for row in manifest["shards"]:
        content = (tmp_path / "out" / row["train"]["file"]).read_bytes()
        assert row["train"]["sha256"] == sha256(content).hexdigest()
    spans = [span for row in manifest["shards"] for span in row["row_groups"]]
    assert [group for _, first, stop in spans for group in range(first, stop)] == list(range(6))


def test_documents_for_validation_are_chosen_by_a_hash_of_their_ids(tmp_path):
    texts = some_texts(300)
    source = write_parquet(tmp_path / "a.parquet", texts)
    ids = [f"<urn:uuid:a-{i}>".encode() for i in range(300)]
    aside = [int(sha256(id).hexdigest()[:16], 16) / 2**64 < 0.1 for id in ids]
    made(tmp_path / "out", source, val_share=0.1)
    val = [text for text, out in zip(texts, aside) if out]
    train = [text for text, out in zip(texts, aside) if not out]
    assert tokens_of(tmp_path / "out", "val") == encoded(val)
    assert tokens_of(tmp_path / "out", "train") == encoded(train)
    assert 15 <= len(val) <= 45


def documents_of(folder, split):
    """The documents of a split, in alphabetical order."""
    text = LETTERS.decode(tokens_of(folder, split))
    return sorted(text.split("<|bos|>")[1:])


@pytest.mark.slow
def test_the_validation_slice_is_the_same_whatever_the_number_of_shards_and_the_order(tmp_path):
    texts = some_texts(200)
    whole = write_parquet(tmp_path / "a.parquet", texts, rows=7)
    lines = tmp_path / "b.txt"
    lines.write_text("\n".join(texts))
    reversed_file = tmp_path / "c.txt"
    reversed_file.write_text("\n".join(reversed(texts)))
    for shard_bytes in (100, 10_000_000):
        made(tmp_path / f"a{shard_bytes}", whole, val_share=0.2, shard_bytes=shard_bytes)
    made(tmp_path / "b", lines, val_share=0.2, document="line")  # no ids: the text decides
    made(tmp_path / "c", reversed_file, val_share=0.2, document="line")
    assert len(list((tmp_path / "a100").glob("*.bin"))) > len(
        list((tmp_path / "a10000000").iterdir())
    )
    for one, other in (("a100", "a10000000"), ("b", "c")):
        for split in ("train", "val"):
            assert documents_of(tmp_path / one, split) == documents_of(tmp_path / other, split)
        val = documents_of(tmp_path / one, "val")
        assert val and sorted(val + documents_of(tmp_path / one, "train")) == sorted(texts)


@pytest.mark.slow
def test_the_result_is_the_same_for_any_number_of_workers_and_files_are_all_there_is(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(preparing, "MIN_BYTES_PER_WORKER", 1)
    source = write_parquet(tmp_path / "a.parquet", some_texts(100))
    for workers in (1, 2):
        made(tmp_path / f"out{workers}", source, workers=workers, val_share=0.1)
    files = files_in(tmp_path / "out1")
    assert files == files_in(tmp_path / "out2") | {"manifest.json": files["manifest.json"]}
    ours, theirs = (json.loads((tmp_path / f"out{n}/manifest.json").read_text()) for n in (1, 2))
    assert ours == theirs
    assert {name.rpartition(".")[2] for name in files} == {"bin", "json"}
    assert {name for name in files if name.endswith("json")} == {"manifest.json"}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_one_two_or_three_documents_are_enough(tmp_path, count):
    texts = some_texts(count)
    made(tmp_path / "out", write_parquet(tmp_path / "a.parquet", texts))
    both = tokens_of(tmp_path / "out", "train") + tokens_of(tmp_path / "out", "val")
    assert sorted(both) == sorted(encoded(texts))


def test_documents_without_text_are_counted_and_skipped(tmp_path):
    texts = ["one", None, "", "two", " \n ", None]
    source = write_parquet(tmp_path / "a.parquet", texts, rows=2)
    manifest = made(tmp_path / "out", source, val_share=0.0)
    assert manifest["empty"] == 4
    assert tokens_of(tmp_path / "out", "train") == encoded(["one", "two"])
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["manifest.json", "train_000000.bin", "train_000001.bin"]  # of the last, none


def test_a_document_longer_than_a_shard_stays_whole(tmp_path):
    texts = ["short", "long " * 1000, "short again"]
    source = write_parquet(tmp_path / "a.parquet", texts, rows=1)
    made(tmp_path / "out", source, val_share=0.0, shard_bytes=50)
    assert tokens_of(tmp_path / "out", "train") == encoded(texts)


def test_a_folder_of_many_small_files_becomes_few_shards(tmp_path):
    (tmp_path / "in").mkdir()
    for i in range(40):
        (tmp_path / "in" / f"{i:02}.txt").write_text(f"first line of {i}\r\nsecond line")
    letters = CharTokenizer(LETTERS.characters + "\n")
    made(tmp_path / "out", tmp_path / "in", letters, document="file", val_share=0.0)
    texts = [f"first line of {i}\nsecond line" for i in range(40)]
    assert tokens_of(tmp_path / "out", "train") == encoded(texts, letters)
    assert len(list((tmp_path / "out").glob("*.bin"))) == 16


class WideTokenizer(CharTokenizer):
    """A way to see 4-byte shards: every id is moved up by 70,000."""

    vocab_size, end_of_text = 70_100, 70_099

    def encode_array(self, text):
        return LETTERS.encode_array(text) + 70_000


class Lying(CharTokenizer):
    """One that answers with ids that it does not have."""

    encode_array = WideTokenizer.encode_array


class Silent(CharTokenizer):
    """One without end-of-text."""

    end_of_text = None


def test_a_wide_vocabulary_gets_four_bytes_for_each_token(tmp_path):
    source = write_parquet(tmp_path / "a.parquet", ["abc"])
    manifest = made(tmp_path / "out", source, WideTokenizer("abc"), val_share=0.0)
    ids = [70_000 + id for id in LETTERS.encode_ordinary("abc")]
    assert tokens_of(tmp_path / "out", "train") == [70_099, *ids]
    assert manifest["dtype"] == "uint32"


@pytest.mark.skipif(
    not (is_downloaded("gpt2-vocabulary") and is_downloaded("shakespeare")),
    reason="needs: gptcore fetch gpt2-vocabulary shakespeare",
)
@pytest.mark.slow
def test_shakespeare_with_gpt2s_vocabulary_is_what_tiktoken_says(tmp_path):
    source = tmp_path / "a.txt"
    source.write_text(corpus.load("shakespeare")[:50_000])
    made(tmp_path / "out", source, "gpt2", document="file", val_share=0.0)
    encoding = load_tokenizer("gpt2").encoding
    ids = [50256, *encoding.encode_ordinary(source.read_text())]
    assert tokens_of(tmp_path / "out", "train") == ids


# Run again


def test_what_is_finished_is_left_as_it_is_even_when_the_source_is_gone(tmp_path):
    shards = small_shards(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in shards.iterdir()}
    settings = ShardSettings(val_share=0.2)
    again = (tmp_path / "texts.parquet", shards, LETTERS, 1, settings)
    assert list(prepare(*again)) == []
    (tmp_path / "texts.parquet").unlink()
    assert list(prepare(*again)) == []
    assert {path: path.stat().st_mtime_ns for path in shards.iterdir()} == before


@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_shard_is_made_again_and_no_other(tmp_path, damage):
    shards = small_shards(tmp_path)
    before = files_in(shards)
    victim = shards / "train_000003.bin"
    content = bytearray(victim.read_bytes())
    content[1100] ^= 4
    {
        "flip": lambda: victim.write_bytes(content),
        "cut": lambda: victim.write_bytes(content[:900]),
        "remove": victim.unlink,
    }[damage]()
    times = {path.name: path.stat().st_mtime_ns for path in shards.iterdir()}
    again = (tmp_path / "texts.parquet", shards, LETTERS, 1, ShardSettings(val_share=0.2))
    stage = [step.stage for step in prepare(*again)]
    assert stage == ["checking", "making"]
    assert files_in(shards) == before
    later = {path.name: path.stat().st_mtime_ns for path in shards.iterdir()}
    changed = {name for name in later if later[name] != times.get(name)}
    assert changed <= {"train_000003.bin", "val_000003.bin"}


def test_a_shard_is_not_repaired_from_another_file(tmp_path):
    shards = small_shards(tmp_path)
    (shards / "train_000003.bin").unlink()
    source = tmp_path / "texts.parquet"
    content = bytearray(source.read_bytes())
    content[200] ^= 1  # the same name and size
    source.write_bytes(content)
    steps = prepare(source, shards, LETTERS, settings=ShardSettings(val_share=0.2))
    with pytest.raises(
        corpus.SourceDamagedError, match=r"texts\.parquet is damaged, or another file"
    ):
        list(steps)
    assert not (shards / "train_000003.bin").exists()


def test_thirty_flipped_bits_in_parquet_are_all_reported_once_its_hash_is_known(tmp_path):
    source = write_parquet(tmp_path / "a.parquet", some_texts(100))
    begun = prepare(source, tmp_path / "out", LETTERS)
    assert [next(begun).stage, next(begun).stage] == ["checking", "making"]
    begun.close()
    whole, rng = source.read_bytes(), random.Random(2)
    for _ in range(30):
        bit = rng.randrange(8 * len(whole))
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        source.write_bytes(damaged)
        with pytest.raises(
            corpus.SourceDamagedError, match=r"a\.parquet is damaged, or another file"
        ):
            list(prepare(source, tmp_path / "out", LETTERS))
    source.write_bytes(whole)
    assert list(prepare(source, tmp_path / "out", LETTERS))


def test_a_manifest_with_a_wrong_record_of_a_shard_is_reported(tmp_path):
    shards = small_shards(tmp_path)
    manifest = json.loads((shards / "manifest.json").read_text())
    manifest["shards"][2]["train"]["sha256"] = "0" * 64
    (shards / "manifest.json").write_text(json.dumps(manifest))
    steps = prepare(
        tmp_path / "texts.parquet", shards, LETTERS, settings=ShardSettings(val_share=0.2)
    )
    with pytest.raises(OSError, match=r"Shard 2 of .* is not what the manifest says it was"):
        list(steps)


# What is refused


def refusal(*arguments, **more):
    with pytest.raises((ValueError, OSError)) as caught:
        list(prepare(*arguments, **more))
    return str(caught.value)


def test_another_tokenizer_other_settings_and_other_sources_are_refused_with_what_differs(tmp_path):
    shards = small_shards(tmp_path)
    source = tmp_path / "texts.parquet"
    other = write_parquet(tmp_path / "other.parquet", some_texts(5))
    before = files_in(shards)
    advice = (
        "Give another folder with --out; or remove this one; or use the same command as before:\n"
        f"  gptcore prepare {source} --tokenizer {shards}/manifest.json --val_share 0.2 "
        f"--out {shards}"
    )
    begin = f"{shards} was prepared, or begun, with other settings or sources than requested now.\n"
    small = CharTokenizer(LETTERS.characters + "!")
    message = refusal([source, other], shards, small, settings=ShardSettings(column="body"))
    assert message == (
        f"{begin}  tokenizer: <CharTokenizer>, now <CharTokenizer> with another vocabulary\n"
        "  column: text, now body\n"
        "  val_share: 0.2, now 0.005\n"
        f"  source: other.parquet with {other.stat().st_size:,} bytes is new\n{advice}"
    )
    message = refusal(other, shards, LETTERS, settings=ShardSettings(val_share=0.2))
    assert f"source: texts.parquet with {source.stat().st_size:,} bytes is missing" in message
    assert files_in(shards) == before


def test_a_folder_that_got_a_new_file_is_not_taken_for_the_same(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("one")
    made(tmp_path / "out", tmp_path / "in")
    (tmp_path / "in" / "b.txt").write_text("three\n")
    assert "source: b.txt with 6 bytes is new" in refusal(
        tmp_path / "in", tmp_path / "out", LETTERS
    )


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    source = write_parquet(tmp_path / "a.parquet", some_texts(5))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "train.bin").write_text("mine")
    assert refusal(source, tmp_path / "out", LETTERS) == (
        f"{tmp_path / 'out'} has other files in it, such as train.bin. Shards need a folder of "
        "their own: --out with a new name."
    )
    assert refusal(source, source, LETTERS).startswith(f"{source} is a file. Shards need a folder")


def test_invalid_requests_are_refused_before_anything_is_written(tmp_path):
    source = write_parquet(tmp_path / "a.parquet", some_texts(5))
    out = tmp_path / "out"
    assert "workers=0 must be 1 or more" in refusal(source, out, LETTERS, 0)
    assert "Did you mean 'gpt2'?" in refusal(source, out, "gpt-2")
    assert "val_share=2 must be from 0" in refusal_of_settings(val_share=2)
    assert "shard_bytes=0 must be 1 or more" in refusal_of_settings(shard_bytes=0)
    assert "bad_text='skip' 'stop' or 'replace'" in refusal_of_settings(bad_text="skip")
    assert refusal(source, out, Silent("abc")).startswith(
        "The tokenizer <Silent> has no end-of-text token"
    )
    assert not out.exists()
    (tmp_path / "b.txt").touch()
    assert "There is no text in" in refusal(tmp_path / "b.txt", out, LETTERS)


def refusal_of_settings(**settings):
    with pytest.raises(ValueError) as caught:
        ShardSettings(**settings)
    return str(caught.value)


def test_a_letter_that_the_tokenizer_does_not_know_is_reported_with_its_file(tmp_path):
    source = write_parquet(tmp_path / "a.parquet", ["abc", "ABC"], rows=1)
    message = refusal(source, tmp_path / "out", LETTERS)
    assert message.startswith(f"{source}, row group 1: 3 character(s)")


def test_a_token_beyond_the_vocabulary_is_never_wrapped_around(tmp_path):
    source = write_parquet(tmp_path / "a.parquet", ["abc"])
    message = refusal(source, tmp_path / "out", Lying(LETTERS.characters))
    assert "returned token 70015, but says that its tokens are 0 to 39" in message
    assert list((tmp_path / "out").glob("*.bin")) == []
