"""Positions in reports: of a program whose statement comes to the constructor through two functions of another file."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from policypack.core.policy import Position
from stackguard import reports
from stackguard.gate.request import CheckRequest, run
from stackguard.reports import Run, Screen
from stackguard.sources.export import parse
from tests.sources.states import as_bytes, export, state

ROOT = Path(__file__).parents[2]
PROGRAM = "tests/failures/row12_every_action/failing"
MAIN, SHARED = f"{PROGRAM}/__main__.py", "tests/failures/protected.py"


@cache
def judged() -> Run:
    return run(CheckRequest(str(ROOT / PROGRAM), policies=("iam-wildcard-action", "s3-missing-versioning")))


def line(file: str, text: str) -> int:
    return next(number for number, line in enumerate((ROOT / file).read_text().splitlines(), 1) if text in line)


def statement() -> int:
    return line(MAIN, '"Action": "*"') - 2


def constructor() -> int:
    return line(SHARED, "policy=document(logs, *statements)")


def callers() -> list[tuple[str, int]]:
    return [(SHARED, line(SHARED, "role=execution_role(")), (MAIN, line(MAIN, "normalise = function("))]


def test_the_text_has_the_statement_the_constructor_and_its_callers() -> None:
    text = reports.render(judged(), "text", Screen())
    calls = ", ".join(f"{file}:{number}" for file, number in callers())
    assert f"normalise-role-policy  {SHARED}:{constructor()}\ncalled at {calls}\n" in text
    assert f"iam-wildcard-action  policy.Statement[1].Action  {MAIN}:{statement()}\n" in text


def test_the_json_has_the_constructor_with_the_statement_and_the_callers() -> None:
    outcomes = json.loads(reports.render(judged(), "json", Screen()))["outcomes"]
    (position,) = (outcome["position"] for outcome in outcomes if outcome["policy"] == "iam-wildcard-action")
    assert position == {
        "file": SHARED,
        "line": constructor(),
        "statement": {"file": MAIN, "line": statement()},
        "callers": [{"file": file, "line": number} for file, number in callers()],
    }


def physical(location: dict[str, Any]) -> tuple[str, int]:
    place = location["physicalLocation"]
    assert place["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
    return place["artifactLocation"]["uri"], place["region"]["startLine"]


def test_the_sarif_is_at_the_statement_and_relates_the_constructor_and_its_callers() -> None:
    (log,) = json.loads(reports.render(judged(), "sarif", Screen()))["runs"]
    (result,) = (result for result in log["results"] if result["ruleId"] == "iam-wildcard-action")
    assert [physical(location) for location in result["locations"]] == [(MAIN, statement())]
    related = [(physical(location), location["message"]["text"]) for location in result["relatedLocations"]]
    assert related == [
        ((SHARED, constructor()), "constructed here"),
        *((caller, "called here") for caller in callers()),
    ]
    bare = [result for result in log["results"] if result["ruleId"] == "s3-missing-versioning"]
    assert {physical(location) for result in bare for location in result["locations"]} == {
        (SHARED, line(SHARED, "bucket = aws.s3.Bucket("))
    }
    assert all(len(result["relatedLocations"]) == 1 for result in bare)


@pytest.mark.parametrize("first", [["project:///parts.py#7,2"], []], ids=["with the constructor", "without"])
def test_the_callers_in_a_state_are_the_projects_own_calls(first: list[str]) -> None:
    trace = [*first, None, "project:///.venv/lib/site-packages/x.py#3,1", "project:///__main__.py#4,2"]
    frames = [{"sourcePosition": call} if call else {} for call in trace]
    bucket = state("aws:s3/bucket:Bucket", "b", {}, sourcePosition="project:///parts.py#7,2", stackTrace=frames)
    (resource,) = parse(iter([as_bytes(export([bucket]))]), "`state.json`").resources
    assert (resource.position, resource.callers) == (Position("parts.py", 7), (Position("__main__.py", 4),))
