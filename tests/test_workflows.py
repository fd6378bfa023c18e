"""What GitHub reads: well formed by its own schemas; workflows that type our own commands."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from course.publishing.environment import OLDEST

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WORKFLOWS = {file.name: yaml.safe_load(file.read_text(encoding="utf-8")) for file in FILES}
JOBS = {
    f"{name}: {job}": content
    for name, workflow in WORKFLOWS.items()
    for job, content in workflow["jobs"].items()
}
PUBLISH = "release.yml: publish"  # the one job that may write: it publishes what `build` built
OURS = {name: job for name, job in JOBS.items() if name != PUBLISH}
each_job = pytest.mark.parametrize("job", OURS.values(), ids=OURS)
EMPTY_SCHEMA_ERROR = "jobs:\n  test:\n    runs-on: ubuntu-latest\n    stepss: []\n"


def by_schema(*files: Path, schema: str = "github-workflows") -> subprocess.CompletedProcess:
    if importlib.util.find_spec("check_jsonschema") is None:
        pytest.skip("no check-jsonschema: pip install check-jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    return subprocess.run([*command, f"vendor.{schema}", *files], capture_output=True, text=True)


@pytest.mark.slow
def test_the_workflows_are_what_github_understands():
    checked = by_schema(*FILES)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.slow
def test_the_schema_would_see_a_fault(tmp_path):
    file = tmp_path / "faulty.yml"
    file.write_text(f"on: push\n{EMPTY_SCHEMA_ERROR}")
    assert by_schema(file).returncode == 1


FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "schema, files",
    [
        ("github-issue-forms", FORMS),
        ("github-issue-config", [ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml"]),
        ("dependabot", [ROOT / ".github" / "dependabot.yml"]),
        ("citation-file-format", [ROOT / "CITATION.cff"]),
    ],
    ids=["issue forms", "issue config", "dependabot", "citation"],
)
def test_forms_dependabot_and_citation_keep_to_their_schemas(schema, files, tmp_path):
    assert files and by_schema(*files, schema=schema).returncode == 0
    faulty = tmp_path / "faulty.yml"
    faulty.write_text("no_such_key: 1\n")
    assert by_schema(faulty, schema=schema).returncode == 1


def test_there_is_a_form_for_a_bug_a_lesson_that_confuses_and_an_idea():
    assert [form.stem for form in FORMS] == ["bug", "idea", "lesson"]


@each_job
def test_a_job_types_what_people_type(job):
    commands = [step["run"] for step in job["steps"] if "run" in step]
    ours = [command for command in commands if command.startswith("make ")]
    assert ours and all(c in ours or c.startswith("choco install make") for c in commands)
    for command in ours:
        target, *settings = re.sub(r"\$\{\{.*?\}\}", "X", command).split()[1:]
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target
        for setting in settings:
            assert re.search(rf"\b{setting.split('=')[0]} \?=", MAKEFILE), setting


@each_job
def test_a_job_ends_and_may_only_read(job):
    assert job["timeout-minutes"] <= 60
    assert "permissions" not in job


def test_no_workflow_may_write():
    assert all(workflow["permissions"] == {"contents": "read"} for workflow in WORKFLOWS.values())


def test_a_tag_publishes_what_was_built_and_checked_without_a_password():
    release = WORKFLOWS["release.yml"]
    assert list(release[True]) == ["push"] and list(release[True]["push"]) == ["tags"]
    build, publish = release["jobs"]["build"], release["jobs"]["publish"]
    assert publish["needs"] == "build" and publish["environment"] == "pypi"
    assert publish["permissions"] == {"id-token": "write"} and publish["timeout-minutes"] <= 60
    (dist,) = [step["run"] for step in build["steps"] if "run" in step]
    assert dist.startswith("make dist ") and "TAG=$GITHUB_REF_NAME" in dist
    assert not any("run" in step for step in publish["steps"]), "it runs nothing of ours"
    assert publish["steps"][-1]["uses"].startswith("pypa/gh-action-pypi-publish@")
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    assert not re.search(r"secrets\.|password|token:(?! )", text.replace("No password", ""))


def test_every_system_and_every_python_that_we_promise_is_tried():
    matrix = WORKFLOWS["test.yml"]["jobs"]["test"]["strategy"]["matrix"]
    assert {system.split("-")[0] for system in matrix["system"]} == {"ubuntu", "macos", "windows"}
    assert matrix["python"] == ["3.11", "3.12", "3.13"]
    oldest = ".".join(map(str, OLDEST))
    assert matrix["python"][0] == oldest
    assert PYPROJECT["project"]["requires-python"] == f">={oldest}"
    tried = {extra["versions"] for extra in matrix["include"]} | set(matrix["versions"])
    assert tried == {"pinned", "oldest-torch", "newest"}


def test_what_breaks_without_a_commit_is_tried_every_week():
    weekly = WORKFLOWS["weekly.yml"]
    # Trap: YAML 1.1 reads the word `on` as True.
    (when,) = weekly[True]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", when["cron"])
    text = " ".join(step.get("run", "") for job in weekly["jobs"].values() for step in job["steps"])
    assert "VERSIONS=newest" in text and "make downloads" in text and "make colab" in text
