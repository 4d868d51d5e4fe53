from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import lint_workflows

ROOT = Path(__file__).parents[2]
RUN = (ROOT / ".ci/run").read_text(encoding="utf-8")
OURS = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
PAGE = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
EXAMPLES = lint_workflows.examples_in(PAGE)
THEIRS = EXAMPLES["stackguard.yml"]
RELEASE = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
ACTION = (ROOT / "action.yml").read_text(encoding="utf-8")
SETUP = re.findall(r"^python3 -m venv .*$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
ALL = "".join((OURS, RELEASE, ACTION, *EXAMPLES.values()))
PIN = re.compile(r"uses: ([^@\s]+)@(\S+)(?: # (\S+))?")


def local_steps() -> list[tuple[str, str, str]]:
    """Name, folder and command of each step of `.ci/run`."""
    steps = []
    for line in re.findall(r"^ *step .*$", RUN, re.MULTILINE):
        _, name, folder, command = shlex.split(line)
        setup = re.fullmatch(r"\$\{commands\[(\d)\]\}", command)
        steps.append((name, folder, SETUP[int(setup[1])] if setup else command))
    return steps


def jobs(text: str) -> dict[str, Any]:
    return dict(yaml.safe_load(text)["jobs"])


def commands(text: str) -> list[str]:
    return [step["run"] for step in jobs(text)["check"]["steps"] if "run" in step]


def test_the_workflow_has_the_steps_of_the_script() -> None:
    steps = [step for step in jobs(OURS)["check"]["steps"] if "run" in step]
    assert [(step["name"], step["working-directory"], step["run"]) for step in steps] == local_steps()
    assert len(steps) > 15


def test_the_workflow_has_the_settings_of_the_script() -> None:
    (options,) = re.findall(r'^export PYTEST_ADDOPTS="(.*)"$', RUN, re.MULTILINE)
    environment = jobs(OURS)["check"]["env"]
    assert environment["PYTEST_ADDOPTS"] == options
    assert set(environment) == set(re.findall(r"^export (\w+)", RUN, re.MULTILINE))


def test_every_folder_of_a_step_is_checked_out() -> None:
    checkouts = [step["with"]["path"] for step in jobs(OURS)["check"]["steps"] if "checkout" in step.get("uses", "")]
    assert set(checkouts) == {folder for _, folder, _ in local_steps()}
    assert f"for folder in {' '.join(checkouts)}; do" in RUN


@pytest.mark.parametrize("text", [OURS, THEIRS], ids=["ours", "theirs"])
def test_a_workflow_may_do_no_more_than_it_must(text: str) -> None:
    assert yaml.safe_load(text)["permissions"] == {}
    assert jobs(text)["check"]["permissions"] == {"contents": "read"}
    report = jobs(text)["report"]
    assert not [step for step in report["steps"] if "run" in step or "checkout" in step["uses"]]
    assert all(job["timeout-minutes"] for job in jobs(text).values())
    assert text.count("persist-credentials: false") == text.count("actions/checkout@")
    assert "secrets." not in text


def test_actions_are_pinned_by_hash_and_alike() -> None:
    pins: dict[str, set[tuple[str, str]]] = {}
    for action, commit, version in PIN.findall(ALL):
        assert re.fullmatch("[0-9a-f]{40}", commit), action
        assert re.fullmatch(r"v\d+\.\d+\.\d+", version), action
        pins.setdefault(action, set()).add((commit, version))
    assert {action: len(versions) for action, versions in pins.items()} == dict.fromkeys(pins, 1)
    assert len(pins) == len(set(re.findall(r"uses: ([^@\s]+)", ALL)))


def test_the_page_has_every_step_in_order() -> None:
    printed = commands(THEIRS)
    expected = [
        "uv lock --check",
        "pytest",
        "stackguard bundle lambda_fn",
        "stackguard template stack",
        "stackguard check stack",
    ]
    places = [next(place for place, command in enumerate(printed) if fragment in command) for fragment in expected]
    assert places == sorted(places)
    gitlab = yaml.safe_load(re.findall(r"```yaml\n# \.gitlab-ci\.yml\n(.*?)```", PAGE, re.DOTALL)[0])
    assert gitlab["stackguard"]["script"][1:] == printed


def changed(text: str, word: str, **change: Any) -> str:
    """A workflow whose steps that run `word` are changed, or taken out where there is no change."""
    document = yaml.load(text, yaml.BaseLoader)
    steps = document["jobs"]["check"]["steps"]
    assert any(word in step.get("run", "") for step in steps)
    kept = [step | change if word in step.get("run", "") else step for step in steps]
    document["jobs"]["check"]["steps"] = [step for step in kept if change or word not in step.get("run", "")]
    return yaml.safe_dump(document)


@pytest.mark.parametrize("text", [OURS, THEIRS], ids=["ours", "theirs"])
@pytest.mark.parametrize(
    ("word", "task"),
    [
        ("pytest -q", "runs the tests"),
        ("stackguard check stack", "judges the program"),
        ("stackguard bundle", "bundles the function"),
        ("stackguard template", "validates the template"),
    ],
)
def test_a_workflow_without_tests_or_gate_is_reported(text: str, word: str, task: str) -> None:
    missing = f"has no step that {task} and stops the job where that fails"
    assert list(lint_workflows.missing_steps(text)) == []
    assert missing in list(lint_workflows.missing_steps(changed(text, word)))
    for change in (
        {"continue-on-error": "true"},
        {"if": "github.ref == 'refs/heads/main'"},
        {"run": f"{word} || true"},
        {"run": f"echo {word} --collect-only"},
    ):
        assert missing in list(lint_workflows.missing_steps(changed(text, word, **change))), change


def test_a_workflow_that_no_pull_request_runs_is_reported() -> None:
    assert list(lint_workflows.missing_steps(THEIRS.replace("  pull_request:\n", ""))) == [
        "does not run on pull requests"
    ]


def test_a_release_is_built_by_one_job_and_published_by_another() -> None:
    assert yaml.safe_load(RELEASE)["permissions"] == {}
    permissions = {name: set(job["permissions"]) for name, job in jobs(RELEASE).items()}
    assert permissions == {"build": {"contents"}, "attest": {"attestations", "id-token"}, "publish": {"id-token"}}
    for name in ("attest", "publish"):
        assert not [step for step in jobs(RELEASE)[name]["steps"] if "run" in step or "checkout" in step["uses"]]
    assert "secrets." not in RELEASE


def test_a_comment_is_posted_by_a_job_that_runs_no_code_of_the_repository() -> None:
    commenting = jobs(EXAMPLES["stackguard-comment.yml"])
    assert commenting["check"]["permissions"] == {"contents": "read"}
    assert commenting["comment"]["permissions"] == {"pull-requests": "write"}
    used = [step["uses"].partition("@")[0] for step in commenting["comment"]["steps"] if "uses" in step]
    assert used == ["actions/download-artifact"]
    (step,) = [step for step in commenting["comment"]["steps"] if "run" in step]
    template = (ROOT / "stackguard/adopt/templates/github.yml").read_text("utf-8")
    generated = yaml.safe_load(template.replace("<preparations>", ""))
    assert step == generated["jobs"]["comment"]["steps"][-1]


@pytest.mark.parametrize("text", [OURS, RELEASE, *EXAMPLES.values()], ids=["ours", "release", *EXAMPLES])
def test_zizmor_reports_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "workflow.yml").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [*lint_workflows.ZIZMOR, "--color=never", str(tmp_path / "workflow.yml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "No findings to report. Good job!\n"), done.stdout + done.stderr


def test_a_linter_that_is_missing_fails(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(sys, "executable", "/no/python")
    assert lint_workflows.main() == 2
    assert "actionlint cannot be installed" in capfd.readouterr().out


def test_a_page_that_shows_no_workflow_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ci.md").write_text("```yaml\nname: Stackguard\n```\n")
    monkeypatch.setattr(lint_workflows, "PAGE", tmp_path / "ci.md")
    assert lint_workflows.main() == 2
    assert "has no workflow" in capsys.readouterr().out
