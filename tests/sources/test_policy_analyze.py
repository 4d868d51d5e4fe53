"""The gate and `pulumi policy analyze --file` say the same of the same export.

What the engine asks of a pack is recorded beside each export (`record.py` says how), and asked of our pack here; where
a CLI is on the PATH, it is run itself. `docs/decisions/0012-exports-against-policy-analyze.md` tells the differences.
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
from policypack.evaluation.unknown_values import one_per_value
from stackguard.gate.request import CheckRequest, judge
from stackguard.sources import RunOptions, load
from tests.analyzer import Pack, running
from tests.sources.record import NAMES, ROOT, Requests, analyze, export, parsed, recorded, requests

REDACTED = "[secret]"
ONLY_THE_GATE = {
    ("components", "aws-foreign-region"): "the CLI configures no stack, so that the pack is not told its region",
}

each_export = pytest.mark.parametrize("name", NAMES)
Outcome = tuple[str, str, str]


@pytest.fixture(scope="module")
def pack() -> Iterator[Pack]:
    with running() as client:
        yield client


def by_gate(name: str) -> list[Outcome]:
    """What the gate says: policy, URN and enforcement level. The pack answers for resources, and then for the stack."""
    found = judge(CheckRequest(str(export(name)))).outcomes
    outcomes = [
        each
        for over_stack in (False, True)
        for each in one_per_value(outcome for outcome in found if outcome.policy.over_stack is over_stack)
    ]
    return sorted(
        (each.policy.id, each.resource.urn, str(each.enforcement))
        for each in outcomes
        if (name, each.policy.id) not in ONLY_THE_GATE
    )


def managed(name: str, outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes without those on what the stack only reads, which the gate does not judge."""
    read = {each.urn for each in load(str(export(name)), RunOptions()).resources if each.external}
    return sorted(each for each in outcomes if each[1] not in read)


def asked(pack: Pack, told: Requests) -> list[Outcome]:
    """What our pack answers to the requests of the engine, attributed as the engine does."""
    found: list[Outcome] = []
    urns = [each["request"]["urn"] for each in told if each["method"] == "Analyze"]
    for each in told:
        if each["method"] not in {"Analyze", "AnalyzeStack"}:
            continue
        request = getattr(analyzer_pb2, f"{each['method']}Request")()
        answer = getattr(pack.stub, each["method"])(ParseDict(each["request"], request))
        found += [
            (one.policyName, one.urn if one.urn in urns else each["request"].get("urn", urns[0]), level(one))
            for one in answer.diagnostics
        ]
    return found


def level(diagnostic: Any) -> str:
    return str(analyzer_pb2.EnforcementLevel.Name(diagnostic.enforcementLevel)).lower()


@each_export
def test_our_pack_answers_the_engine_as_the_gate_judges(pack: Pack, name: str) -> None:
    assert managed(name, asked(pack, recorded(name))) == by_gate(name)


@each_export
def test_the_gate_reads_what_the_engine_hands_over(name: str) -> None:
    resources = load(str(export(name)), RunOptions()).resources
    told = [each["request"] for each in recorded(name) if each["method"] == "Analyze"]
    stack = [each["request"] for each in recorded(name) if each["method"] == "AnalyzeStack"]
    assert [seen(each, "inputs") for each in resources] == [handed(each) for each in told]
    whole = stack[0].get("resources", []) if stack else []
    assert [(seen(each, "outputs"), dependencies(each)) for each in resources] == [
        (handed(each), dependencies_handed(each)) for each in whole
    ]


def seen(resource: Resource, properties: str) -> dict[str, Any]:
    """What a policy may ask of one resource, by the gate."""
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


def handed(request: Mapping[str, Any]) -> dict[str, Any]:
    """The same, by the engine."""
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
            return {name: sent(each) for name, each in value.items()}
        case list():
            return [sent(each) for each in value]
        case Reference():
            return value.id
    return REDACTED if value == ENCRYPTED else value


def dependencies(resource: Resource) -> tuple[list[str], dict[str, list[str]]]:
    by_property = {name: list(urns) for name, urns in resource.property_dependencies.items() if urns}
    return list(resource.dependencies), by_property


def dependencies_handed(request: Mapping[str, Any]) -> tuple[list[str], dict[str, list[str]]]:
    by_property = {name: each["urns"] for name, each in request.get("propertyDependencies", {}).items() if each}
    return request.get("dependencies", []), by_property


@pytest.mark.cli
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="needs the `pulumi` CLI on PATH")
@pytest.mark.skipif(not (ROOT / ".venv").exists(), reason="the CLI starts the pack in `.venv`, which is not there")
class TestTheCli:
    @each_export
    def test_says_what_the_gate_says(self, name: str) -> None:
        events = [each["policyEvent"] for each in analyze(export(name), ROOT) if "policyEvent" in each]
        said = [(each["policyName"], each["resourceUrn"], each["enforcementLevel"]) for each in events]
        assert managed(name, said) == by_gate(name)

    @each_export
    def test_asks_what_is_recorded(self, name: str) -> None:
        assert parsed(requests(name)) == recorded(name)


def test_an_export_of_every_version_is_compared() -> None:
    assert {json.loads(export(name).read_text())["version"] for name in NAMES} == {1, 2, 3, 4}
