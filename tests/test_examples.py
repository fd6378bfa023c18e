"""Each thing that `gptcore` and `viz` offer has an example, and each example does what it says.

An example runs in an empty folder, after the lines that the reference shows at the head of its
page (course/site/before_examples.py). `-> value` is what comes out; `-> about 6.0` means one part
in a hundred; `-> raises Name` is an error. What it gives back step by step is asked for a few.
"""

import ast
import re
from collections.abc import Iterator
from doctest import ELLIPSIS, DocTestParser, DocTestRunner
from itertools import islice

import pytest

from course.site.before_examples import BEFORE
from course.site.public import PACKAGES, Public, parse_example, public_names
from gptcore.corpus import is_downloaded

pytestmark = pytest.mark.slow

pytest.importorskip("torch", reason="most examples need PyTorch")
NEEDS = {  # words in an example -> the text that it needs
    '"gpt2"': "gpt2-vocabulary",
    "GPT2Tokenizer()": "gpt2-vocabulary",
    "prepare(": "gpt2-vocabulary",
}
OFFERED = [one for package in PACKAGES for one in public_names(package)]
MEMBERS = [member for one in OFFERED for member in one.members]
ARRAY = re.compile(r"\b(Tensor|ndarray|Array)\b")
SHAPE = re.compile(r"\bshapes? \(|\bscalar\b", re.IGNORECASE)
NAMED_ARRAYS = re.compile(r"dict\[str, \w+\]")  # of all shapes, each known by its name


def has_example(one: Public) -> bool:
    return bool(one.doc.example)


def title(one: Public) -> str:
    return f"{one.package}.{one.name}"


@pytest.mark.parametrize("one", OFFERED, ids=title)
def test_what_is_offered_says_what_it_is(one):
    assert one.doc.prose, f"{one.file}:{one.line} has no docstring, and no comment if it is data"
    assert one.doc.example or one.kind == "data", f"{one.file}:{one.line} has no Example"


def test_where_there_are_arrays_there_are_shapes():
    silent = [
        f"{one.file}: {one.name}"
        for one in (*OFFERED, *MEMBERS)
        if one.kind != "data" and ARRAY.search(NAMED_ARRAYS.sub("", one.signature))
        if not SHAPE.search("\n".join([one.doc.prose, *one.doc.labelled.values()]))
        and "Shapes:" not in one.doc.prose
        and "Shapes" not in one.doc.labelled
    ]
    assert not silent


@pytest.mark.parametrize("one", [*OFFERED, *filter(has_example, MEMBERS)], ids=title)
@pytest.mark.slow
def test_an_example_does_what_it_says(one, tmp_path, monkeypatch):
    code, text = parse_example(one.doc.example) if one.doc.example else ("", "")
    is_doctest = one.doc.example.startswith(">>>")
    for sign, needed in NEEDS.items():
        if sign in one.doc.example and not is_downloaded(needed):
            pytest.skip(f"{needed} is not on this machine: gptcore fetch {needed}")
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(BEFORE[one.package], names)
    if is_doctest:
        problems: list[str] = []
        test = DocTestParser().get_doctest(one.doc.example, names, title(one), one.file, one.line)
        DocTestRunner(verbose=False, optionflags=ELLIPSIS).run(test, out=problems.append)
        assert not problems, "".join(problems)
        return
    if text.startswith("raises "):
        with pytest.raises(eval(text.removeprefix("raises "), names)):
            value_of(code, names)
        return
    value = value_of(code, names)
    if text.startswith("about "):
        assert value == pytest.approx(eval(text.removeprefix("about "), names), rel=0.01)
    elif text:
        expected = eval(text, names)
        assert value == expected or repr(value) == repr(expected)


def value_of(code: str, names: dict):
    """Run the code; what its last line is worth, and a few of it if it comes one by one."""
    body = ast.parse(code).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "example", "exec"), names)
    if last is None:
        return None
    value = eval(compile(ast.Expression(last.value), "example", "eval"), names)
    return list(islice(value, 3)) if isinstance(value, Iterator) else value


def test_the_runner_sees_what_is_wrong():
    assert value_of("a = 2; a + 1", {}) == 3
    with pytest.raises(NameError):
        value_of("nobody_knows(1)", {})
