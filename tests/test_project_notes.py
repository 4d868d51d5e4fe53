"""The report has a note for each part of a project's files that was not used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackguard.cli import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: p\nruntime: {name: python, options: {typechecker: mypy}}\n")
    (tmp_path / "Pulumi.prod.yaml").write_text("config: {aws:region: eu-west-1}\nenvironment: [shared]\n")
    (tmp_path / "__main__.py").touch()
    return tmp_path


def test_a_misspelt_stack_is_a_note(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", ".", "--stack", "prdo"]) == 0
    assert "stack `prdo` has no file Pulumi.prdo.yaml" in " ".join(capsys.readouterr().out.split())


def test_notes_are_in_the_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", ".", "--format", "json"]) == 0
    notes = json.loads(capsys.readouterr().out)["notes"]
    assert [(note["note"], note["about"]) for note in notes] == [("project", "p")] * 2
    assert "`environment` is not read" in notes[0]["message"]
    assert "`mypy`, the type checker, is not run" in notes[1]["message"]
