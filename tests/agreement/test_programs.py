"""The offline preview of every program is that of Pulumi's own engine: recorded, and live with a CLI."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.agreement.engine import ROOT, engine_view
from tests.agreement.offline import offline_view
from tests.agreement.view import PROGRAMS, View, load

NAMES = sorted(file.parent.name for file in PROGRAMS.glob("*/Pulumi.yaml"))
UNSEEN = "pulumi-unseen-component"

each_program = pytest.mark.parametrize("name", NAMES)
offline = cache(lambda name: offline_view(PROGRAMS / name))


def differences(engine: View, ours: View) -> list[str]:
    """The differences, a line each, except those in docs/decisions/0013-meant-differences.md."""
    theirs: dict[str, Any] = _without_unseen(engine["resources"], ours["resources"])
    lines = [
        f"{urn}: `{fact}` is {theirs.get(urn, {}).get(fact)!r} for the engine, {ours['resources'].get(urn, {}).get(fact)!r} for us"
        for urn in sorted({*theirs, *ours["resources"]})
        for fact in sorted({*theirs.get(urn, {}), *ours["resources"].get(urn, {})} - {"remote"})
        if theirs.get(urn, {}).get(fact) != ours["resources"].get(urn, {}).get(fact)
    ]
    mine = [outcome for outcome in ours["outcomes"] if outcome[0] != UNSEEN]
    lines += [f"only the engine reports {outcome}" for outcome in engine["outcomes"] if outcome not in mine]
    lines += [f"only we report {outcome}" for outcome in mine if outcome not in engine["outcomes"]]
    return lines


def _without_unseen(theirs: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """The engine's resources without those that a plugin registers in a component."""
    remote = {urn for urn, facts in ours.items() if facts.get("remote")}
    return {urn: facts for urn, facts in theirs.items() if urn in ours or facts.get("parent") not in remote}


@each_program
def test_the_preview_is_the_one_that_was_recorded(name: str) -> None:
    assert differences(load(PROGRAMS / name), offline(name)) == []


@pytest.mark.cli
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="needs the `pulumi` CLI on PATH")
@pytest.mark.skipif(not (ROOT / ".venv").exists(), reason="the CLI starts the pack in `.venv`, which is not there")
@each_program
def test_the_preview_is_the_one_that_the_cli_gives(name: str, tmp_path: Path) -> None:
    assert differences(engine_view(PROGRAMS / name, tmp_path), offline(name)) == []


def test_a_component_of_a_plugin_is_undecided_and_not_silent() -> None:
    unseen = [(outcome[0], outcome[1]) for outcome in offline("remote_components")["outcomes"]]
    assert unseen == [
        (UNSEEN, "::my:parts:Group$test:index:Remote::inside"),
        (UNSEEN, "::test:index:Remote::plain"),
    ]


def test_a_difference_is_reported() -> None:
    engine, ours = load(PROGRAMS / "options"), offline("options")
    urn = "::test:index:Thing::protected"
    changed = {**engine, "resources": {**engine["resources"], urn: {**engine["resources"][urn], "protect": False}}}
    assert differences(changed, ours) == [f"{urn}: `protect` is False for the engine, True for us"]
    assert differences({**engine, "outcomes": [["x", urn, "y"]]}, ours) == [
        f"only the engine reports {['x', urn, 'y']}"
    ]
