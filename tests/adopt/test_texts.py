"""The generated texts: what they install, by which commands, and that CI systems accept them."""

from __future__ import annotations

import json
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from stackguard.adopt import requirement, texts
from stackguard.adopt.repository import Project, Repository, find
from tools import lint_workflows

PINS = dict(re.findall(r"uses: (\S+)@(\S+ # \S+)", Path(".github/workflows/ci.yml").read_text("utf-8")))


def repository(root: Path, **options: str) -> Repository:
    (root / "infra" / "web").mkdir(parents=True, exist_ok=True)
    return Repository(root, (Project("infra/web", dict(options), ("dev",)),), (), None, None)


@pytest.mark.parametrize(
    ("options", "files", "command", "language"),
    [
        ({}, [], 'python -m pip install -q "pulumi>=3,<4" "pulumi-aws>=7,<8"', "system"),
        ({}, ["infra/web/requirements.txt"], "python -m pip install -q -r requirements.txt", "system"),
        (
            {"virtualenv": "venv"},
            ["infra/web/requirements.txt"],
            "python -m venv venv && venv/bin/pip install -q -r requirements.txt",
            "python",
        ),
        ({}, ["uv.lock"], "python -m pip install -q uv && uv sync --locked", "python"),
        ({"toolchain": "uv"}, [], "python -m pip install -q uv && uv sync", "python"),
        (
            {"toolchain": "uv", "virtualenv": "my venv"},
            [],
            "python -m pip install -q uv && UV_PROJECT_ENVIRONMENT='my venv' uv sync",
            "python",
        ),
        (
            {"toolchain": "poetry"},
            ["uv.lock"],
            "python -m pip install -q poetry && poetry install --no-interaction",
            "system",
        ),
    ],
)
def test_a_job_makes_the_environment_that_the_project_names(
    tmp_path: Path, options: dict[str, str], files: list[str], command: str, language: str
) -> None:
    ours = repository(tmp_path, **options)
    for name in files:
        (tmp_path / name).touch()
    (step,) = [
        step
        for step in yaml.safe_load(texts.github(ours))["jobs"]["check"]["steps"]
        if step.get("working-directory") == "infra/web"
    ]
    assert step["run"].strip() == command
    assert f"(cd infra/web && {command})" in yaml.safe_load(texts.gitlab(ours))["stackguard"]["script"][1]
    (hook,) = yaml.safe_load(texts.pre_commit(ours, "stackguard==1.0"))["repos"][0]["hooks"]
    assert hook["language"] == language
    assert hook.get("additional_dependencies") == (["stackguard==1.0"] if language == "python" else None)


def test_the_workflow_may_do_no_more_than_it_must(tmp_path: Path) -> None:
    text = texts.github(repository(tmp_path))
    document = yaml.safe_load(text)
    assert document["permissions"] == {}
    assert document["jobs"]["check"]["permissions"] == {"contents": "read"}
    comment = document["jobs"]["comment"]
    assert comment["permissions"] == {"pull-requests": "write"}
    assert [step["uses"].partition("@")[0] for step in comment["steps"] if "uses" in step] == [
        "actions/download-artifact"
    ]
    assert all(PINS[action] == pin for action, pin in re.findall(r"uses: (\S+)@(\S+ # \S+)", text))
    (tmp_path / "workflow.yml").write_text(text)
    zizmor = [*lint_workflows.ZIZMOR, "--color=never", str(tmp_path / "workflow.yml")]
    done = subprocess.run(zizmor, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "No findings to report. Good job!\n"), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("direct", "expected"),
    [
        (None, f"stackguard=={version('stackguard')}"),
        (
            {"url": "https://example.com/stackguard.git", "vcs_info": {"vcs": "git", "commit_id": "a" * 40}},
            f"stackguard @ git+https://example.com/stackguard.git@{'a' * 40}",
        ),
        (
            {"url": "https://example.com/s.whl", "archive_info": {"hashes": {"sha256": "beef"}}},
            "stackguard @ https://example.com/s.whl#sha256=beef",
        ),
        ({"url": "file:///home/me/my%20wheels/s.whl", "archive_info": {}}, f"stackguard=={version('stackguard')}"),
    ],
)
def test_others_install_what_runs_here(
    monkeypatch: pytest.MonkeyPatch, direct: dict[str, object] | None, expected: str
) -> None:
    class Installed:
        version = version("stackguard")

        def read_text(self, _name: str) -> str | None:
            return direct and json.dumps(direct)

    monkeypatch.setattr(requirement, "distribution", lambda _: Installed())
    needs, remark = requirement.of_this()
    assert needs == expected
    assert ("/home/me/my wheels/s.whl" in remark) == (direct is not None and "file" in str(direct["url"]))


@pytest.mark.parametrize(
    ("remote", "folder", "ci"),
    [
        ("git@github.com:acme/shop.git", None, "github"),
        ("https://gitlab.acme.example/shop.git", ".github", "gitlab"),
        ("", ".github", "github"),
        ("", ".gitlab-ci.yml", "gitlab"),
        ("ssh://git.acme.example/shop", None, None),
        ("", None, None),
    ],
)
def test_the_ci_system_is_recognized(tmp_path: Path, remote: str, folder: str | None, ci: str | None) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    if remote:
        subprocess.run(["git", "-C", str(tmp_path), "remote", "add", "origin", remote], check=True)
    if folder:
        (tmp_path / folder).mkdir() if folder == ".github" else (tmp_path / folder).touch()
    assert find(tmp_path).ci == ci
