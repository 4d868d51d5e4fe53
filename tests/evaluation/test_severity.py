"""A violation's own severity takes the place of its card's everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policypack.core.examples import construct
from policypack.core.policy import Resource, Severity, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.settings import Settings
from policypack.policies.ec2.open_ingress import POLICY
from stackguard.reports import Report, Screen
from tests.reports.sample import render


def group(name: str, port: int) -> Resource:
    rule = {"protocol": "tcp", "fromPort": port, "toPort": port, "cidrBlocks": ["0.0.0.0/0"]}
    return construct("aws:ec2/securityGroup:SecurityGroup", name, ingress=[rule])


def report(fail_on: Severity, *groups: Resource) -> Report:
    outcomes = tuple(evaluate([POLICY], Stack(groups, Settings())))
    return Report(target="stack", folder=Path(), outcomes=outcomes, resources=len(groups), policies=1, fail_on=fail_on)


@pytest.mark.parametrize(("port", "exit_code"), [(9100, 0), (22, 1)])
def test_fail_on_reads_the_severity_of_the_violation(port: int, exit_code: int) -> None:
    assert report(Severity.HIGH, group("web", port)).exit_code == exit_code


def test_reports_show_the_severity_of_each_violation() -> None:
    both = report(Severity.LOW, group("metrics", 9100), group("ssh", 22))
    outcomes = json.loads(render(both, "json", Screen()))["outcomes"]
    assert {outcome["name"]: outcome["severity"] for outcome in outcomes} == {"metrics": "medium", "ssh": "high"}
    (run,) = json.loads(render(both, "sarif", Screen()))["runs"]
    assert [result["properties"]["severity"] for result in run["results"]] == ["medium", "high"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["defaultConfiguration"]["level"] == "error"
