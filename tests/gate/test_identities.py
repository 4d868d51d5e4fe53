"""What identifies a violation over time: another one is new, and one that stays does not come back."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policypack.core.policy import Policy, Resource
from policypack.evaluation.places import extent, fingerprint
from policypack.policies import POLICIES
from stackguard.gate.baseline import Added, Baseline
from tests.gate.test_neighbours import DEV, judged, new

BY_ID = {policy.id: policy for policy in POLICIES}
SECRET = "pulumi-plaintext-secret"
QUEUE = "aws:sqs/queue:Queue"
PROVIDER = "pulumi:providers:aws"
MANAGED = "aws:iam/policy:Policy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
ROLE = "aws:iam/role:Role"


def resource(token: str, name: str, /, **inputs: Any) -> Resource:
    return Resource(token, name, inputs, f"urn:pulumi:dev::shop::{token}::{name}")


def blocking(policy: str, before: list[Resource], after: list[Resource]) -> list[str]:
    """The messages of what an edit newly reports."""
    old = judged(BY_ID[policy], before)
    assert old
    return [outcome.message for outcome in new(old, judged(BY_ID[policy], after))]


def in_region(region: str) -> list[Resource]:
    return [replace(resource(QUEUE, "jobs", region=region), outputs={"arn": f"arn:aws:sqs:{region}:111122223333:jobs"})]


def by_provider(region: str) -> list[Resource]:
    provider = resource(PROVIDER, "far", region=region)
    queue = resource(QUEUE, "jobs")
    arn = f"arn:aws:sqs:{region}:111122223333:jobs"
    return [provider, replace(queue, provider=f"{provider.urn}::id", outputs={"arn": arn})]


@pytest.mark.parametrize("placed_in", [in_region, by_provider])
def test_a_region_that_is_accepted_is_no_other_region(placed_in: Any) -> None:
    home = replace(resource(QUEUE, "home"), outputs={"arn": "arn:aws:sqs:eu-west-1:111122223333:home"})
    before = [home, *placed_in("us-west-2")]
    assert not blocking("aws-foreign-region", before, [home, *placed_in("us-west-2")])
    assert len(blocking("aws-foreign-region", before, [home, *placed_in("ca-central-1")])) == 1


def task(*containers: Mapping[str, Any]) -> list[Resource]:
    definitions = json.dumps([*containers])
    return [resource("aws:ecs/taskDefinition:TaskDefinition", "shop", family="shop", containerDefinitions=definitions)]


def container(name: str, image: str = "shop:41", **variables: str) -> dict[str, Any]:
    environment = [{"name": key, "value": value} for key, value in variables.items()]
    return {"name": name, "image": image, "environment": environment}


def machine(script: str) -> list[Resource]:
    return [resource("aws:ec2/instance:Instance", "host", ami="ami-1", userData=script)]


OLD = container("api", MAIL_PASSWORD="tr0mbone-garden")
SCRIPT = "#!/bin/sh\nexport MAIL_PASSWORD=tr0mbone-garden\n"
OTHER = "export LEDGER_PASSWORD=w1nter-anchor\n"
URL = "curl https://ops:tr0mbone-garden@hooks.acme.internal/a\n"


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        (task(OLD), task({**OLD, "image": "shop:42"}), 0),
        (task(OLD), task(container("log", LEVEL="info"), OLD), 0),
        (task(OLD), task(container("api", LEVEL="info", MAIL_PASSWORD="tr0mbone-garden")), 0),
        (task(OLD), task(container("api", MAIL_PASSWORD="an0ther-harbour")), 0),
        (task(OLD), task(OLD, container("worker", MAIL_PASSWORD="tr0mbone-garden")), 1),
        (task(OLD), task(container("worker", MAIL_PASSWORD="tr0mbone-garden")), 1),
        (task(OLD), task(container("api", MAIL_PASSWORD="tr0mbone-garden", LEDGER_PASSWORD="w1nter-anchor")), 1),
        (machine(SCRIPT), machine(SCRIPT.replace("export", "set -e\nexport")), 0),
        (machine(SCRIPT + OTHER), machine(SCRIPT), 0),
        (machine(SCRIPT), machine(SCRIPT + OTHER), 1),
        (machine(SCRIPT), machine(OTHER), 1),
        (machine(SCRIPT), machine(SCRIPT + "export MAIL_PASSWORD=second-0rchard\n"), 1),
        (machine(SCRIPT + "export MAIL_PASSWORD=second-0rchard\n"), machine(SCRIPT), 0),
        (machine(URL), machine("yum update\n" + URL), 0),
        (machine(URL), machine(URL + URL.replace("hooks", "mails")), 1),
        (machine(URL), machine(URL + SCRIPT), 1),
    ],
)
def test_a_credential_is_where_it_is_and_what_kind(before: list[Resource], after: list[Resource], count: int) -> None:
    assert len(blocking(SECRET, before, after)) == count


PASSWORDS = st.from_regex(r"[bcdfghjk]{6}[0-9]{3}[mnpqrstv]{4}", fullmatch=True)


def settings_with(value: str) -> Iterator[Resource]:
    function = "aws:lambda/function:Function"
    yield resource(function, "f", environment={"variables": {"MAIL_PASSWORD": value}})
    yield from task(container("api", MAIL_PASSWORD=value))
    yield from machine(f"export MAIL_PASSWORD={value}\n")
    yield resource("aws:ssm/parameter:Parameter", "p", name="/shop/mail/password", type="String", value=value)
    yield resource(QUEUE, "q", tags={"mail-password": value})
    yield resource("aws:rds/instance:Instance", "db", mastrPassword=value)
    variable = {"name": "MAIL_PASSWORD", "value": value, "tipe": "PLAINTEXT"}
    yield resource("aws:codebuild/project:Project", "b", environment={"environmentVariables": [variable, variable]})


@settings(max_examples=15, deadline=None)
@given(PASSWORDS, PASSWORDS)
def test_no_policy_makes_a_baseline_of_a_credential_s_value(one: str, other: str) -> None:
    for ours, theirs in zip(settings_with(one), settings_with(other), strict=True):
        for policy_id in (SECRET, "aws-unknown-argument", "aws-impossible-value"):
            files = []
            for each in (ours, theirs):
                outcomes = judged(BY_ID[policy_id], [each])
                baseline = Baseline().with_outcomes(DEV, outcomes, Added())
                files.append((sorted(map(str, baseline.entries)), sorted(map(extent, outcomes))))
            assert files[0] == files[1], (policy_id, ours.type)


def ingress(**more: Any) -> dict[str, Any]:
    return {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.2.0.0/16"], **more}


def group(*rules: dict[str, Any]) -> list[Resource]:
    return [resource("aws:ec2/securityGroup:SecurityGroup", "web", vpcId="vpc-1", ingress=[*rules])]


@pytest.mark.parametrize(
    ("after", "count"),
    [
        (group(ingress(prot=1, porto=2)), 1),
        (group(ingress(porto=2, prot=1)), 1),
        (group(ingress(prot=5)), 0),
        (group(ingress(porto=1)), 1),
        (group(ingress(prot=1), ingress(fromPort=80, toPort=80, prot=1)), 1),
        (group(ingress(fromPort=80, toPort=80, prot=1)), 1),
    ],
)
def test_each_wrong_key_is_a_violation_of_its_own(after: list[Resource], count: int) -> None:
    assert len(blocking("aws-unknown-argument", group(ingress(prot=1)), after)) == count


def merged(one: Any, other: Any) -> Any:
    """One value with what only the other has: keys of objects, and the first item's of lists; a document is as it is."""
    if isinstance(one, dict) and "Statement" not in one and isinstance(other, dict):
        return {**other, **one} | {key: merged(one[key], other[key]) for key in one.keys() & other.keys()}
    if isinstance(one, list) and isinstance(other, list) and one and other:
        return [merged(one[0], other[0]), *one[1:]]
    return one


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_a_second_problem_does_not_bring_the_first_back(policy: Policy[Any]) -> None:
    """Two bad examples of a type in one resource: where both are reported as they are alone, the first keeps its identity."""
    alone = [example.resources[0] for example in policy.bad if len(example.resources) == 1][:6]
    for one in alone:
        before = {(outcome.path, outcome.message): outcome for outcome in judged(policy, [one])}
        for other in (other for other in alone if other is not one and other.type == one.type):
            both = replace(one, inputs=merged(copy.deepcopy({**one.inputs}), {**other.inputs}))
            after = {(outcome.path, outcome.message): outcome for outcome in judged(policy, [both])}
            kept = before.keys() & after.keys()
            if len(after) > len(before) and kept == before.keys():
                assert all(fingerprint(after[key]) == fingerprint(before[key]) for key in kept), (one, other)


DOCUMENT = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:*:*:jobs"}]}
)


def attached(*roles: Any, **attachment: Any) -> list[Resource]:
    policy = replace(
        resource(MANAGED, "jobs", policy=DOCUMENT), outputs={"arn": "arn:aws:iam::111122223333:policy/jobs"}
    )
    arn = policy.outputs["arn"]
    attachments = [resource(ATTACHMENT, f"a{number}", role=role, policyArn=arn) for number, role in enumerate(roles)]
    return [policy, *attachments, *(resource(token, "more", **inputs) for token, inputs in attachment.items())]


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        (attached("shop"), attached("shop"), 0),
        (attached("shop"), attached("admin"), 1),
        (attached("shop"), attached("shop", "admin"), 1),
        (attached(), attached("shop"), 1),
        (attached("shop", "admin"), attached("shop"), 0),
        (attached("shop", "admin"), attached("admin", "shop"), 0),
        (attached("shop"), attached("shop", "shop"), 0),
        (
            attached("shop"),
            [*attached("shop"), resource(ATTACHMENT, "z", role="admin", policyArn="arn:aws:iam::aws:policy/X")],
            0,
        ),
        (
            attached("shop"),
            attached("shop", **{ROLE: {"managedPolicyArns": ["arn:aws:iam::111122223333:policy/jobs"]}}),
            1,
        ),
    ],
)
def test_a_managed_policy_is_for_what_it_is_attached_to(
    before: list[Resource], after: list[Resource], count: int
) -> None:
    assert len(blocking("iam-wildcard-action", before, after)) == count


def limited(operator: str, *values: str) -> list[Resource]:
    statement = json.loads(DOCUMENT)["Statement"][0] | {"Condition": {operator: {"aws:PrincipalTag/team": [*values]}}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return [resource("aws:iam/rolePolicy:RolePolicy", "p", role="shop", policy=document)]


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        (limited("StringEquals", "a", "b"), limited("StringEquals", "a"), 0),
        (limited("StringEquals", "a"), limited("StringEquals", "b", "a"), 1),
        (limited("StringEquals", "a", "b"), limited("StringEquals", "c"), 1),
        (limited("StringEquals", "a", "b"), limited("StringLike", "a"), 1),
        (limited("StringNotEquals", "a", "b"), limited("StringNotEquals", "a"), 1),
        (limited("StringNotEquals", "a"), limited("StringNotEquals", "a", "b"), 0),
    ],
)
def test_fewer_values_of_a_condition_fit_where_they_allow_less(
    before: list[Resource], after: list[Resource], count: int
) -> None:
    assert len(blocking("iam-wildcard-action", before, after)) == count


def test_a_private_range_beside_the_internet_opens_no_more() -> None:
    def of(*ranges: str) -> list[Resource]:
        return group(ingress(fromPort=22, toPort=22, cidrBlocks=[*ranges]))

    assert not blocking("ec2-open-ingress", of("0.0.0.0/0"), of("10.0.0.0/8", "0.0.0.0/0"))
    assert not blocking("ec2-open-ingress", of("10.0.0.0/8", "0.0.0.0/0"), of("0.0.0.0/0"))
    halves = ("0.0.0.0/1", "128.0.0.0/1")
    assert blocking("ec2-open-ingress", of(*halves), of(*halves, "198.51.100.0/24")) == []
