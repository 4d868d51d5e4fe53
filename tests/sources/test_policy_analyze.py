"""The gate and `pulumi policy analyze --file` report the same about an export.

The engine's requests to a pack are recorded beside each export by `record.py`, and replayed to our pack here; if a CLI is
on the PATH, it runs too. `docs/decisions/0012-exports-against-policy-analyze.md` lists the differences.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from pulumi.runtime.proto import analyzer_pb2

from policypack.core.policy import Reference, Resource
from policypack.core.wire import ENCRYPTED, decode
from policypack.evaluation.grouping import one_per_value
from stackguard.gate.request import CheckRequest, judge
from stackguard.sources import RunOptions, load
from tests.analyzer import Pack, running
from tests.sources.record import NAMES, ROOT, Requests, analyze, export, parsed, recorded, requests

REDACTED = "[secret]"
ONLY_THE_GATE = {
    ("components", "aws-foreign-region"): "the CLI configures no stack, so the pack does not receive its region",
}

each_export = pytest.mark.parametrize("name", NAMES)
Outcome = tuple[str, str, str]


@pytest.fixture(scope="module")
def pack() -> Iterator[Pack]:
    with running() as client:
        yield client


def by_gate(name: str) -> list[Outcome]:
    """The gate's outcomes: policy, URN and enforcement level. The pack answers for resources, and then for the stack."""
    judged = judge(CheckRequest(str(export(name)))).outcomes
    outcomes = [
        outcome
        for over_stack in (False, True)
        for outcome in one_per_value(outcome for outcome in judged if outcome.policy.over_stack is over_stack)
    ]
    return sorted(
        (outcome.policy.id, outcome.resource.urn, str(outcome.enforcement))
        for outcome in outcomes
        if (name, outcome.policy.id) not in ONLY_THE_GATE
    )


def managed(name: str, outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes without those for resources that are only read, which the gate does not judge."""
    read = {resource.urn for resource in load(str(export(name)), RunOptions()).resources if resource.external}
    return sorted(outcome for outcome in outcomes if outcome[1] not in read)


def answers(pack: Pack, requests: Requests) -> list[Outcome]:
    """The answers of our pack to the engine's requests, attributed as the engine does."""
    outcomes: list[Outcome] = []
    urns = [call["request"]["urn"] for call in requests if call["method"] == "Analyze"]
    for call in requests:
        if call["method"] not in {"Analyze", "AnalyzeStack"}:
            continue
        request = getattr(analyzer_pb2, f"{call['method']}Request")()
        answer = getattr(pack.stub, call["method"])(ParseDict(call["request"], request))
        outcomes += [
            (item.policyName, item.urn if item.urn in urns else call["request"].get("urn", urns[0]), level(item))
            for item in answer.diagnostics
        ]
    return outcomes


def level(diagnostic: Any) -> str:
    return str(analyzer_pb2.EnforcementLevel.Name(diagnostic.enforcementLevel)).lower()


@each_export
def test_our_pack_answers_the_engine_as_the_gate_judges(pack: Pack, name: str) -> None:
    assert managed(name, answers(pack, recorded(name))) == by_gate(name)


@each_export
def test_the_gate_reads_what_the_engine_sends(name: str) -> None:
    resources = load(str(export(name)), RunOptions()).resources
    single = [call["request"] for call in recorded(name) if call["method"] == "Analyze"]
    stack = [call["request"] for call in recorded(name) if call["method"] == "AnalyzeStack"]
    assert [of_gate(resource, "inputs") for resource in resources] == [of_engine(request) for request in single]
    assert [(of_gate(resource, "outputs"), dependencies(resource)) for resource in resources] == [
        (of_engine(request), engine_dependencies(request))
        for request in (stack[0].get("resources", []) if stack else [])
    ]


def of_gate(resource: Resource, properties: str) -> dict[str, Any]:
    """The fields of a resource that a policy can read, in the gate."""
    options = resource.options
    return {
        "type": resource.type,
        "name": resource.name,
        "urn": resource.urn,
        "properties": sent(getattr(resource, properties)),
        "provider": resource.provider,
        "parent": resource.parent,
        "protect": options.protect,
        "ignoreChanges": list(options.ignore_changes),
        "additionalSecretOutputs": list(options.additional_secret_outputs),
        "aliases": list(options.aliases),
        "timeouts": dict(options.timeouts),
    }


def of_engine(request: Mapping[str, Any]) -> dict[str, Any]:
    """The same fields in a request of the engine."""
    options = request.get("options", {})
    return {
        "type": request["type"],
        "name": request["name"],
        "urn": request["urn"],
        "properties": decode(request.get("properties", {}))[0],
        "provider": request.get("provider", {}).get("urn", ""),
        "parent": options.get("parent", ""),
        "protect": options.get("protect", False),
        "ignoreChanges": options.get("ignoreChanges", []),
        "additionalSecretOutputs": options.get("additionalSecretOutputs", []),
        "aliases": options.get("aliases", []),
        "timeouts": options.get("customTimeouts", {}),
    }


def sent(value: Any) -> Any:
    """The value as the engine sends it: a secret that it cannot decrypt is a text, and a resource is its id."""
    match value:
        case Mapping():
            return {name: sent(item) for name, item in value.items()}
        case list():
            return [sent(item) for item in value]
        case Reference():
            return value.id
    return REDACTED if value == ENCRYPTED else value


def dependencies(resource: Resource) -> tuple[list[str], dict[str, list[str]]]:
    by_property = {name: list(urns) for name, urns in resource.property_dependencies.items() if urns}
    return list(resource.dependencies), by_property


def engine_dependencies(request: Mapping[str, Any]) -> tuple[list[str], dict[str, list[str]]]:
    by_property = {name: item["urns"] for name, item in request.get("propertyDependencies", {}).items() if item}
    return request.get("dependencies", []), by_property


@pytest.mark.cli
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="needs the `pulumi` CLI on PATH")
@pytest.mark.skipif(not (ROOT / ".venv").exists(), reason="the CLI starts the pack in `.venv`, which is not there")
class TestTheCli:
    @each_export
    def test_reports_what_the_gate_reports(self, name: str) -> None:
        events = [event["policyEvent"] for event in analyze(export(name), ROOT) if "policyEvent" in event]
        outcomes = [(event["policyName"], event["resourceUrn"], event["enforcementLevel"]) for event in events]
        assert managed(name, outcomes) == by_gate(name)

    @each_export
    def test_sends_what_is_recorded(self, name: str) -> None:
        assert parsed(requests(name)) == recorded(name)


def test_an_export_of_every_version_is_compared() -> None:
    assert {json.loads(export(name).read_text())["version"] for name in NAMES} == {1, 2, 3, 4}
