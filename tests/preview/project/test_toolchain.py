"""Which Python runs a program. The folders of Poetry's are named as Poetry 2.5 names them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from stackguard.errors import CannotJudge
from stackguard.preview.project.toolchain import Toolchain, toolchain


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [variable for variable in os.environ if variable.startswith(("POETRY_", "UV_", "CONDA_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.delenv("PULUMI_PYTHON_CMD", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "work" / "infra"
    folder.mkdir(parents=True)
    return folder


def environment(folder: Path) -> Path:
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch(mode=0o755)
    return folder


def chosen(project: Path, **options: Any) -> Toolchain:
    return toolchain(options, project / "Pulumi.yaml", project, os.environ)


def refusal(project: Path, **options: Any) -> str:
    with pytest.raises(CannotJudge) as caught:
        chosen(project, **options)
    assert "\n" not in caught.value.message
    return caught.value.message


def test_pip_takes_the_environment_that_is_named(project: Path) -> None:
    here, there = environment(project / "venv"), environment(project.parent / "other")
    assert chosen(project, virtualenv="venv") == Toolchain(here / "bin" / "python", here)
    assert chosen(project, virtualenv=str(there), toolchain="pip").virtualenv == there


def test_a_missing_environment_is_reported_with_the_command_that_creates_it(project: Path) -> None:
    assert "create it with `python3 -m venv " in refusal(project, virtualenv="venv")
    assert f"create it with `uv sync` in `{project}`" in refusal(project, toolchain="uv")
    named = refusal(project, toolchain="uv", virtualenv="venv")
    assert f"create it with `UV_PROJECT_ENVIRONMENT={project / 'venv'} uv sync`" in named
    (project / "pyproject.toml").touch()
    assert "create it with `poetry install` there" in refusal(project, toolchain="poetry")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"virtualenv": 1}, "`virtualenv` under `runtime.options` must be a text"),
        ({"toolchain": "conda"}, "`toolchain` under `runtime.options` must be pip or poetry or uv"),
        ({"typechecker": "ty"}, "`typechecker` under `runtime.options` must be mypy or pyright"),
        ({"toolchain": "poetry"}, "no `pyproject.toml` is in"),
    ],
)
def test_options_that_pulumi_refuses(project: Path, options: dict[str, Any], message: str) -> None:
    assert message in refusal(project, **options)


def test_a_type_checker_is_not_run_and_noted(project: Path) -> None:
    assert chosen(project, typechecker="mypy").notes == (
        f"{project / 'Pulumi.yaml'}: `mypy`, the type checker, is not run",
    )


@pytest.mark.parametrize("marker", ["uv.lock", "pyproject.toml"])
def test_uvs_environment_is_beside_the_lock_of_the_workspace(project: Path, marker: str) -> None:
    (project.parent / marker).touch()
    shared = environment(project.parent / ".venv")
    assert chosen(project, toolchain="uv").virtualenv == shared


def test_uvs_environment_can_be_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_PROJECT_ENVIRONMENT", "elsewhere")
    elsewhere, own = environment(project / "elsewhere"), environment(project / "own")
    assert chosen(project, toolchain="uv").virtualenv == elsewhere
    assert chosen(project, toolchain="uv", virtualenv="own").virtualenv == own


def test_a_lock_file_determines_the_toolchain(project: Path) -> None:
    (project / "pyproject.toml").touch()
    (project.parent / "poetry.lock").touch()
    assert "Poetry has no virtual environment" in refusal(project)
    (project.parent / "uv.lock").touch()
    assert "uv sync" in refusal(project)
    venv = environment(project / "venv")
    assert chosen(project, toolchain="pip", virtualenv="venv").virtualenv == venv


class TestPoetry:
    @pytest.fixture(autouse=True)
    def named(self, project: Path) -> None:
        (project / "pyproject.toml").write_text('[project]\nname = "My_App"\n')

    def base(self, project: Path) -> str:
        import base64
        import hashlib

        digest = hashlib.sha256(str(project.resolve()).encode()).digest()
        return f"my-app-{base64.urlsafe_b64encode(digest).decode()[:8]}"

    def test_its_own_folder_goes_first(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        cached = environment(project / "cache" / f"{self.base(project)}-py3.12")
        monkeypatch.setenv("POETRY_VIRTUALENVS_PATH", str(cached.parent))
        assert chosen(project, toolchain="poetry").virtualenv == cached
        own = environment(project / ".venv")
        assert chosen(project, toolchain="poetry").virtualenv == own
        (project / "poetry.toml").write_text("[virtualenvs]\nin-project = false\n")
        assert chosen(project, toolchain="poetry").virtualenv == cached
        monkeypatch.setenv("POETRY_VIRTUALENVS_IN_PROJECT", "true")
        assert chosen(project, toolchain="poetry").virtualenv == own

    @pytest.mark.parametrize("name", ["poetry.toml", "pyproject.toml"])
    def test_damaged_settings_are_an_error(self, project: Path, name: str) -> None:
        environment(project / ".venv")
        (project / name).write_text("[virtualenvs]\nin-project =\n\n")
        assert f"{name}:2: malformed TOML" in refusal(project, toolchain="poetry")

    def test_one_of_several_is_the_one_that_is_used(self, project: Path, tmp_path: Path) -> None:
        cache = tmp_path / "home" / ".cache" / "pypoetry" / "virtualenvs"
        older, _newer = (environment(cache / f"{self.base(project)}-py3.{minor}") for minor in (11, 13))
        assert "Poetry has no virtual environment" in refusal(project, toolchain="poetry")
        (cache / "envs.toml").write_text(f'[{self.base(project)}]\nminor = "3.11"\npatch = "3.11.9"\n')
        assert chosen(project, toolchain="poetry").virtualenv == older

    def test_the_cache_is_named_in_files(self, project: Path, tmp_path: Path) -> None:
        settings = tmp_path / "home" / ".config" / "pypoetry"
        settings.mkdir(parents=True)
        (settings / "config.toml").write_text(f'cache-dir = "{tmp_path}/c"\n[virtualenvs]\npath = "{{cache-dir}}/v"\n')
        configured = environment(tmp_path / "c" / "v" / f"{self.base(project)}-py3.11")
        assert chosen(project, toolchain="poetry").virtualenv == configured

    def test_an_active_environment_is_the_projects(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        environment(project / ".venv")
        active = environment(project / "active")
        monkeypatch.setenv("VIRTUAL_ENV", str(active))
        assert chosen(project, toolchain="poetry").virtualenv == active

    def test_poetry_runs_if_its_folders_do_not_have_the_answer(
        self, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        printed = environment(tmp_path / "printed")
        tool = tmp_path / "bin" / "poetry"
        tool.parent.mkdir()
        tool.write_text(f'#!/bin/sh\n[ "$*" = "env info --path" ] && echo {printed}\n')
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", str(tool.parent))
        assert chosen(project, toolchain="poetry").virtualenv == printed


class TestWithoutAnEnvironment:
    def python(self, folder: Path, *, pulumi: bool = True) -> Path:
        folder.mkdir()
        python = folder / "python3"
        python.write_text(f"#!/bin/sh\nexit {0 if pulumi else 1}\n")
        python.chmod(0o755)
        return python

    def test_our_own_python_where_there_is_no_other(self, project: Path) -> None:
        assert chosen(project) == Toolchain(Path(sys.executable))

    def test_our_own_python_if_it_has_pulumi_aws(
        self, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = self.python(tmp_path / "bin")
        monkeypatch.setenv("PATH", str(other.parent))
        assert chosen(project).interpreter == Path(sys.executable)
        monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
        assert chosen(project).interpreter == other
        self.python(tmp_path / "bare", pulumi=False)
        monkeypatch.setenv("PATH", str(tmp_path / "bare"))
        assert chosen(project).interpreter == Path(sys.executable)

    def test_an_activated_environment(self, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        other = self.python(tmp_path / "bin")
        monkeypatch.setenv("PATH", str(other.parent))
        monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path))
        assert chosen(project).interpreter == other

    def test_the_python_that_pulumi_python_cmd_names(
        self, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = self.python(tmp_path / "bin")
        monkeypatch.setenv("PULUMI_PYTHON_CMD", str(other))
        assert chosen(project).interpreter == other
        monkeypatch.setenv("PULUMI_PYTHON_CMD", "python9")
        assert "`python9`, which PULUMI_PYTHON_CMD names, is not on the PATH" in refusal(project)
