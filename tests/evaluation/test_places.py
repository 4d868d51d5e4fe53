"""Places: what changes the fingerprint of an outcome, and what does not."""

from __future__ import annotations

import contextlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

import pytest

from policypack.core.policy import (
    UNKNOWN,
    EnforcementLevel,
    Options,
    Outcome,
    PartialDocument,
    Policy,
    Resource,
    Severity,
    Stack,
    Unknown,
)
from policypack.core.wire import UNKNOWN_STRING
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.places import fingerprint, in_project, placed
from policypack.evaluation.placing.subjects import subject_properties
from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
BUCKET = "aws:s3/bucket:Bucket"
GROUP = "aws:ec2/securityGroup:SecurityGroup"


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def role_policy(*statements: dict[str, Any], stack: str = "dev", name: str = "reader", **more: Any) -> Resource:
    urn = f"urn:pulumi:{stack}::shop::{ROLE_POLICY}::{name}"
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return Resource(ROLE_POLICY, name, {"policy": json.dumps(document), "role": "r"}, urn, **more)


def bucket(name: str, stack: str = "dev", account: str = "111122223333") -> Resource:
    urn = f"urn:pulumi:{stack}::shop::{BUCKET}::uploads"
    topic = f"arn:aws:sns:eu-west-1:{account}:{name}"
    return Resource(BUCKET, "uploads", {"bucket": name}, urn, outputs={"arn": f"arn:aws:s3:::{name}", "id": topic})


def outcomes(*resources: Resource, policy: str, stack: str = "dev") -> tuple[Outcome, ...]:
    policies = [card for card in POLICIES if card.id == policy]
    return placed(evaluate(policies, Stack(resources, Settings())), resources, stack)


def prints(*resources: Resource, policy: str = "iam-wildcard-action", stack: str = "dev") -> list[str]:
    return [fingerprint(outcome) for outcome in outcomes(*resources, policy=policy, stack=stack)]


WIDE = allow("s3:*", "arn:aws:s3:::a")
OTHER = allow("iam:*", "arn:aws:iam::111122223333:role/x")


@pytest.mark.parametrize(
    "edited",
    [
        role_policy(OTHER, WIDE),
        role_policy(allow("s3:GetObject", "arn:aws:s3:::b/*"), WIDE, OTHER),
        role_policy({key: WIDE[key] for key in reversed(WIDE)}, OTHER),
    ],
    ids=["reordered", "one before", "keys reordered"],
)
def test_a_statement_without_a_sid_keeps_its_fingerprint(edited: Resource) -> None:
    before = prints(role_policy(WIDE, OTHER))
    assert len(set(before)) == 2
    assert sorted(prints(edited)) == sorted(before)


@pytest.mark.parametrize(
    "edited",
    [
        role_policy(allow("dynamodb:*", "arn:aws:s3:::a")),
        role_policy(allow("s3:*", "arn:aws:s3:::a*")),
        role_policy(allow("s3:*", ["arn:aws:s3:::a", "arn:aws:s3:::b"])),
        role_policy(WIDE, name="writer"),
    ],
    ids=["another action", "a wider resource", "one more resource", "another resource"],
)
def test_another_violation_has_another_fingerprint(edited: Resource) -> None:
    assert not {*prints(role_policy(WIDE))} & {*prints(edited)}


@pytest.mark.parametrize(
    "edited",
    [
        allow("s3:*", "arn:aws:s3:::a", Sid="A"),
        allow("S3:*", "arn:aws:s3:::a"),
        allow(["s3:*"], ["arn:aws:s3:::a"]),
        allow(["sqs:SendMessage", "s3:*"], "arn:aws:s3:::a"),
        allow(["s3:*", "iam:*"], "arn:aws:s3:::a"),
    ],
    ids=["Sid", "letter case", "lists of one", "one more action", "one more violation"],
)
def test_a_statement_keeps_the_fingerprint_of_an_action_while_what_it_allows_stays(edited: dict[str, Any]) -> None:
    assert {*prints(role_policy(WIDE))} <= {*prints(role_policy(edited))}


def test_a_partial_fix_brings_nothing_back() -> None:
    both = prints(role_policy(allow(["s3:*", "iam:*", "sqs:SendMessage"], "*", Sid="A")))
    assert len({*both}) == 2
    assert {*prints(role_policy(allow(["sqs:SendMessage", "iam:*"], "*", Sid="A")))} < {*both}


def test_a_condition_that_is_dropped_is_another_violation() -> None:
    limited = WIDE | {"Sid": "A", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    assert not {*prints(role_policy(limited))} & {*prints(role_policy(WIDE | {"Sid": "A"}))}


def test_two_equal_violations_have_equal_fingerprints() -> None:
    first, second = prints(role_policy(WIDE, WIDE))
    assert first == second


def test_a_violation_has_one_fingerprint_in_every_stack() -> None:
    def of(stack: str, name: str, account: str) -> list[str]:
        arn = f"arn:aws:sns:eu-west-1:{account}:jobs-{stack}"
        wide = role_policy(allow("s3:*", [f"arn:aws:s3:::{name}/*", arn]), stack=stack, name=f"reader-{stack}")
        return prints(bucket(name, stack, account), wide, stack=stack)

    dev = of("dev", "uploads-1a2b3c4", "111122223333")
    assert dev == of("prod", "uploads-9f8e7d6", "444455556666")
    elsewhere = role_policy(allow("s3:*", ["arn:aws:s3:::elsewhere/*"]), stack="prod", name="reader-prod")
    assert dev != prints(elsewhere, stack="prod")


def rule(port: int, cidr: str = "0.0.0.0/0") -> dict[str, Any]:
    return {"fromPort": port, "toPort": port, "protocol": "tcp", "cidrBlocks": [cidr]}


def group(*rules: dict[str, Any]) -> Resource:
    return Resource(GROUP, "web", {"ingress": list(rules)}, f"urn:pulumi:dev::shop::{GROUP}::web")


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        ([rule(5432, "10.0.0.0/8"), rule(22)], 1),
        ([rule(3389)], 0),
        ([rule(22), rule(3389)], 1),
        ([rule(22), rule(22)], 1),
    ],
    ids=["moved in the list", "another port", "one more", "the same twice"],
)
def test_items_of_lists_are_identified_by_their_content(rules: list[dict[str, Any]], kept: int) -> None:
    before = {*prints(group(rule(22)), policy="ec2-open-ingress")}
    after = {*prints(group(*rules), policy="ec2-open-ingress")}
    assert len(before) == 1
    assert len(before & after) == kept


def test_a_renamed_resource_keeps_the_place_that_an_alias_names() -> None:
    old = role_policy(WIDE, name="old")
    new = role_policy(WIDE, name="new", options=Options(aliases=(old.urn,)))
    (before,) = outcomes(old, policy="iam-wildcard-action")
    (after,) = outcomes(new, policy="iam-wildcard-action")
    assert after.place != before.place
    assert before.place in after.former_places
    assert fingerprint(after, before.place) == fingerprint(before)


def test_a_statement_keeps_its_place_when_a_resource_that_it_names_is_renamed() -> None:
    def stack(name: str, *aliases: str) -> tuple[Outcome, ...]:
        def urn(named: str) -> str:
            return f"urn:pulumi:dev::shop::{BUCKET}::{named}"

        inputs = {"bucket": "acme-uploads"}
        own = Resource(BUCKET, name, inputs, urn(name), options=Options(aliases=tuple(map(urn, aliases))))
        return outcomes(own, role_policy(allow("s3:*", "arn:aws:s3:::acme-uploads/*")), policy="iam-wildcard-action")

    (before,), (after,) = stack("uploads"), stack("files", "uploads")
    assert after.place != before.place
    assert before.place in after.former_places
    (again,) = stack("archive", "uploads", "files")
    assert {before.place, after.place} <= {*again.former_places}


@pytest.mark.parametrize(
    "change",
    [
        lambda outcome: replace(outcome, message="other words"),
        lambda outcome: replace(outcome, enforcement=EnforcementLevel.ADVISORY),
    ],
    ids=["message", "enforcement"],
)
def test_what_is_said_or_done_about_it_does_not_count(change: Callable[[Outcome], Outcome]) -> None:
    (outcome,) = outcomes(role_policy(WIDE), policy="iam-wildcard-action")
    assert fingerprint(change(outcome)) == fingerprint(outcome)


def test_no_secret_is_part_of_a_place() -> None:
    secret = role_policy(WIDE | {"Sid": "hush"}, secrets=frozenset({"policy"}))
    (outcome,) = outcomes(secret, policy="iam-wildcard-action")
    assert "hush" not in outcome.place
    assert (
        outcome.place
        == outcomes(role_policy(OTHER, secrets=frozenset({"policy"})), policy="iam-wildcard-action")[0].place
    )


def test_a_document_is_decoded_once_for_all_its_violations(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []
    loads = json.loads
    monkeypatch.setattr(json, "loads", lambda text, **options: decoded.append(text) or loads(text, **options))
    statements = [allow("s3:*", f"arn:aws:s3:::{number}") for number in range(50)]
    resource = role_policy(*statements)
    reported = outcomes(resource, policy="iam-wildcard-action")
    assert len({outcome.place for outcome in reported}) == 50
    assert decoded.count(resource.inputs["policy"]) <= 2


INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
SSH = {"securityGroupId": "sg-1", "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "cidrIpv4": "0.0.0.0/0"}


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"ipProtocol": "-1"}, False),
        ({"ipProtocol": "udp"}, False),
        ({"toPort": 23}, False),
        ({"fromPort": 0}, False),
        ({"description": "for the vendor"}, True),
        ({"tags": {"Name": "ssh"}}, True),
        ({"ipProtocol": "6"}, True),
    ],
    ids=str,
)
def test_a_rule_that_opens_more_is_another_violation(change: dict[str, Any], *, kept: bool) -> None:
    def of(**inputs: Any) -> set[str]:
        urn = f"urn:pulumi:dev::shop::{INGRESS_RULE}::ssh"
        return {*prints(Resource(INGRESS_RULE, "ssh", SSH | inputs, urn), policy="ec2-open-ingress")}

    assert (of() == of(**change)) is kept


@pytest.mark.parametrize(
    ("more", "same"),
    [
        ("; did you mean `s3:GetObject`?", True),
        (", for example on `arn:aws:s3:::example`", True),
        (" and 2 more", False),
        (" and `s3:PutObject`", False),
    ],
)
def test_advice_and_examples_in_a_message_are_no_facts(more: str, *, same: bool) -> None:
    (outcome,) = outcomes(role_policy(WIDE), policy="iam-wildcard-action")
    (other,) = placed([replace(outcome, message=f"{outcome.message}{more}")], [outcome.resource], "dev")
    assert (other.place == outcome.place) is same


def test_a_raised_severity_is_another_violation() -> None:
    (outcome,) = outcomes(group(rule(22)), policy="ec2-open-ingress")
    raised = placed([replace(outcome, severity=Severity.CRITICAL)], [outcome.resource], "dev")
    assert fingerprint(raised[0]) != fingerprint(outcome)


SAME_FACTS = {
    "iam-malformed-document": "how AWS refuses the document: it allows nothing",
    "iam-duplicate-grant": "where the two grants differ",
    "s3-undeliverable-notification": "whether the queue has another document: it allows nothing",
    "lambda-foreign-binary": "which other platform it is built for",
    "lambda-early-return": "how the loop ends: what is lost is the same",
}
"""Policies whose message can change while the violation stays, with what it says of it."""
NAMED = ("bucket", "key", "name", "imageId", "dbSnapshotIdentifier", "layerName", "function", "functionName")
"""Properties with names, which differ between stacks."""
VALUES = (None, "*", "-1", "0.0.0.0/0", True, 0, 65535)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_what_changes_a_message_or_a_severity_changes_the_fingerprint(policy: Policy[Any]) -> None:
    """Each input of each bad example takes other values, also those that other examples of the card have."""
    examples = [example.resources for example in (*policy.bad, *policy.good)]
    taken: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for resource in chain.from_iterable(examples):
        for name, value in resource.inputs.items():
            taken[resource.type, name].append(value)
    for resources in examples[: len(policy.bad)]:
        before = {fingerprint(outcome): words(outcome) for outcome in outcomes(*resources, policy=policy.id)}
        for place, resource in enumerate(resources):
            for (token, name), values in taken.items():
                for value in (*values[:6], *VALUES) if token == resource.type and name not in NAMED else ():
                    edited = replace(resource, inputs={**resource.inputs, name: value})
                    changed = (*resources[:place], edited, *resources[place + 1 :])
                    for outcome in (
                        outcomes(*changed, policy=policy.id) if before and policy.id not in SAME_FACTS else ()
                    ):
                        assert before.get(fingerprint(outcome), words(outcome)) == words(outcome), (name, value)


def words(outcome: Outcome) -> tuple[str, Severity]:
    """What an outcome says, without advice and indexes, and without how a switch is off: by a value, or by none."""
    off = re.sub(r"is not set, and off by default|is (?:missing|false)", "is off", outcome.message.partition(";")[0])
    return re.sub(r"\[\d+\]", "", off), outcome.policy.severity


def test_children_of_a_renamed_component_keep_their_names_in_documents() -> None:
    """Two resources that a statement names have former names, at different places among their aliases."""

    def stack(component: str, aliases: tuple[str, ...]) -> tuple[Outcome, ...]:
        def child(token: str, name: str, own: tuple[str, ...], /, **inputs: Any) -> Resource:
            def urn(parent: str, named: str) -> str:
                return f"urn:pulumi:dev::shop::acme:index:Store${token}::{parent}-{named}"

            names = tuple(urn(parent, named) for parent in (component, *aliases) for named in (name, *own))[1:]
            return Resource(
                token, name, inputs, urn(component, name), options=Options(aliases=names if aliases else ())
            )

        files = child(BUCKET, "files", (), bucket="acme-files")
        jobs = child("aws:sqs/queue:Queue", "jobs", ("old", "older"), name="jobs-1a2b3c4")
        wide = allow("s3:*", ["arn:aws:s3:::acme-files/*", "arn:aws:sqs:eu-west-1:111122223333:jobs-1a2b3c4"])
        return outcomes(files, jobs, role_policy(wide), policy="iam-wildcard-action")

    (before,), (after,) = stack("store", ()), stack("depot", ("shed", "store", "hut"))
    assert before.place in after.former_places


def test_an_account_that_becomes_known_keeps_the_place() -> None:
    wide = allow("s3:*", ["arn:aws:s3:::acme/*", "arn:aws:iam::222233334444:role/x"])
    (before,) = outcomes(bucket("acme"), role_policy(wide), policy="iam-wildcard-action")
    (after,) = outcomes(bucket("acme", account="222233334444"), role_policy(wide), policy="iam-wildcard-action")
    assert before.place in {after.place, *after.former_places}
    other = allow("s3:*", ["arn:aws:s3:::acme/*", "arn:aws:iam::999988887777:role/x"])
    (foreign,) = outcomes(bucket("acme"), role_policy(other), policy="iam-wildcard-action")
    assert not {foreign.place, *foreign.former_places} & {after.place, *after.former_places}


def test_an_alias_of_another_stack_carries_nothing() -> None:
    old = role_policy(WIDE, stack="prod", name="old")
    (before,) = outcomes(old, policy="iam-wildcard-action", stack="prod")
    alias = old.urn.replace(":prod::", ":dev::")
    (after,) = outcomes(
        role_policy(WIDE, stack="prod", name="new", options=Options(aliases=(alias,))),
        policy="iam-wildcard-action",
        stack="prod",
    )
    assert before.place not in {after.place, *after.former_places}


def test_a_word_of_documents_that_names_a_resource_stays() -> None:
    log_group = "aws:cloudwatch/logGroup:LogGroup"
    arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/s3:*"
    group = Resource(log_group, "s3", {"name": "/aws/lambda/s3"}, outputs={"arn": arn})
    wide = role_policy(allow("s3:*", "*"))
    alone = {outcome.place for outcome in outcomes(wide, policy="iam-wildcard-action")}
    assert alone == {outcome.place for outcome in outcomes(group, wide, policy="iam-wildcard-action")}


def test_another_policy_of_an_attachment_is_another_violation() -> None:
    """The id of an attachment ends in the policy's name, which names the policy only."""

    def of(name: str, *, known: bool) -> list[str]:
        arn = f"arn:aws:iam::aws:policy/{name}"
        attachment = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
        inputs = {"role": "r", "policyArn": arn}
        return prints(
            Resource(attachment, "a", inputs, id=f"r/{arn}" if known else ""), policy="iam-administrator-access"
        )

    assert of("AdministratorAccess", known=True) == of("AdministratorAccess", known=False)
    assert of("AdministratorAccess", known=True) != of("IAMFullAccess", known=True)


def test_a_resource_that_a_message_names_may_be_renamed() -> None:
    def stack(name: str, *aliases: str) -> tuple[Outcome, ...]:
        def urn(named: str) -> str:
            return f"urn:pulumi:dev::shop::{BUCKET}::{named}"

        own = Resource(BUCKET, name, {}, urn(name), options=Options(aliases=tuple(map(urn, aliases))))
        (outcome,) = outcomes(role_policy(WIDE), policy="iam-wildcard-action")
        return placed([replace(outcome, message=f"lets `{name}` be read")], [own, outcome.resource], "dev")

    (before,), (after,), (other,) = stack("files"), stack("uploads", "files"), stack("uploads")
    assert before.place in after.former_places
    assert before.place not in {other.place, *other.former_places}


def unknown_policy(*waits_for: str, stack: str = "dev", value: Unknown = UNKNOWN) -> Resource:
    urn = f"urn:pulumi:{stack}::shop::{ROLE_POLICY}::reader"
    urns = tuple(f"urn:pulumi:{stack}::shop::{token}" for token in waits_for)
    return Resource(ROLE_POLICY, "reader", {"policy": value, "role": "r"}, urn, property_dependencies={"policy": urns})


NETWORK = "pulumi:pulumi:StackReference::acme/network"
OF_NETWORK = Unknown("needs an output of the stack `acme/network/dev`")


@pytest.mark.parametrize(
    ("edited", "kept"),
    [
        (unknown_policy(NETWORK), True),
        (unknown_policy(NETWORK, stack="prod"), True),
        (unknown_policy("pulumi:pulumi:StackReference::acme/data"), False),
        (unknown_policy(NETWORK, f"{BUCKET}::uploads"), False),
        (unknown_policy(), False),
        (unknown_policy(NETWORK, value=OF_NETWORK), False),
        (unknown_policy(NETWORK, value=replace(UNKNOWN, origin="getVpc id=1")), False),
    ],
    ids=["the same", "in another stack", "another reference", "one more resource", "none", "a reason", "a call"],
)
def test_an_unknown_value_is_identified_by_where_it_comes_from(edited: Resource, *, kept: bool) -> None:
    before = prints(unknown_policy(NETWORK))
    stack = edited.urn.split(":")[2]
    assert (prints(edited, stack=stack) == before) is kept


def test_a_reason_that_names_the_stack_is_the_same_in_every_stack() -> None:
    of_prod = replace(OF_NETWORK, why=OF_NETWORK.why.replace("dev", "prod"))
    dev = prints(unknown_policy(NETWORK, value=OF_NETWORK))
    assert dev == prints(unknown_policy(NETWORK, stack="prod", value=of_prod), stack="prod")


def test_what_is_known_around_an_unknown_value_counts() -> None:
    def of(action: str) -> list[str]:
        text = json.dumps({"Statement": [allow(action, UNKNOWN_STRING)]})
        return prints(unknown_policy(NETWORK, value=PartialDocument(text)), policy="iam-wildcard-resource")  # type: ignore[arg-type]

    assert of("s3:GetObject") == of("s3:GetObject")
    assert not {*of("s3:GetObject")} & {*of("s3:PutObject")}


def test_the_expression_of_an_unknown_value_counts_and_of_a_known_one_does_not() -> None:
    def places(*resources: Resource, source: str) -> set[str]:
        policies = [card for card in POLICIES if card.id == "iam-wildcard-action"]
        found = evaluate(policies, Stack(resources, Settings()))
        return {outcome.place for outcome in placed(found, resources, "dev", lambda _resource, _path: source)}

    assert places(unknown_policy(NETWORK), source="a") != places(unknown_policy(NETWORK), source="b")
    assert places(role_policy(WIDE), source="a") == places(role_policy(WIDE), source="b")


TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
TOPIC = "aws:sns/topic:Topic"
TOPIC_ARN = "arn:aws:sns:eu-west-1:111122223333:jobs"
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}


def urn(token: str, name: str, stack: str = "dev") -> str:
    return f"urn:pulumi:{stack}::shop::{token}::{name}"


def topic_policy(arn: Any, *topics: str, stack: str = "dev") -> Resource:
    inputs = {"arn": arn, "policy": json.dumps({"Statement": [OPEN]})}
    origins = {"arn": tuple(urn(TOPIC, name, stack) for name in topics)}
    return Resource(TOPIC_POLICY, "p", inputs, urn(TOPIC_POLICY, "p", stack), property_dependencies=origins)


def topic(name: str, *aliases: str, stack: str = "dev", arn: str = "") -> Resource:
    options = Options(aliases=tuple(urn(TOPIC, alias, stack) for alias in aliases))
    return Resource(TOPIC, name, {}, urn(TOPIC, name, stack), outputs={"arn": arn} if arn else {}, options=options)


def test_what_a_document_is_attached_to_is_in_its_place() -> None:
    def of(*resources: Resource, stack: str = "dev") -> list[str]:
        return prints(*resources, policy="iam-public-policy", stack=stack)

    own = of(topic("jobs"), topic_policy(UNKNOWN, "jobs"))
    assert of(topic("jobs", arn=TOPIC_ARN), topic_policy(TOPIC_ARN)) == own
    assert of(topic("jobs", stack="prod"), topic_policy(UNKNOWN, "jobs", stack="prod"), stack="prod") == own
    for other in (
        topic_policy(UNKNOWN, "mails"),
        topic_policy(TOPIC_ARN),
        topic_policy(f"{TOPIC_ARN}2"),
        topic_policy(""),
    ):
        assert of(topic("jobs"), topic("mails"), other) != own
    assert of(topic_policy(TOPIC_ARN)) != of(topic_policy(f"{TOPIC_ARN}2"))
    assert of(topic_policy(f"{TOPIC_ARN}-dev")) == of(topic_policy(f"{TOPIC_ARN}-prod", stack="prod"), stack="prod")


def test_an_attachment_keeps_its_place_when_what_it_is_for_is_renamed() -> None:
    (before,) = outcomes(topic("jobs"), topic_policy(UNKNOWN, "jobs"), policy="iam-public-policy")
    (after,) = outcomes(topic("work", "jobs"), topic_policy(UNKNOWN, "work"), policy="iam-public-policy")
    (other,) = outcomes(topic("work"), topic_policy(UNKNOWN, "work"), policy="iam-public-policy")
    assert before.place in after.former_places
    assert before.place not in {other.place, *other.former_places}


@pytest.mark.parametrize(
    ("token", "properties"),
    [
        ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"role", "policyArn"}),
        ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", {"securityGroupId"}),
        ("aws:ec2/networkAclRule:NetworkAclRule", {"networkAclId"}),
        ("aws:secretsmanager/secretPolicy:SecretPolicy", {"secretArn"}),
        ("aws:s3/bucketAclV2:BucketAclV2", {"bucket"}),
        ("aws:lb/listenerRule:ListenerRule", {"listenerArn"}),
        ("aws:kms/grant:Grant", {"keyId"}),
        ("aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy", {"permissionSetArn"}),
        ("aws:vpclattice/authPolicy:AuthPolicy", {"resourceIdentifier"}),
        ("aws:codeartifact/repositoryPermissionsPolicy:RepositoryPermissionsPolicy", {"domain", "repository"}),
        ("aws:lambda/function:Function", set()),
        ("aws:ec2/launchConfiguration:LaunchConfiguration", set()),
        ("aws:ec2/instance:Instance", set()),
        ("aws:iam/role:Role", set()),
    ],
)
def test_the_properties_that_name_what_a_resource_is_for(token: str, properties: set[str]) -> None:
    assert {*subject_properties(token)} >= properties
    assert properties or not subject_properties(token)


ORDERED = {
    "iam-malformed-document": "a document that is written again has no key twice",
    "iam-lockout-deny": "of denials that leave nobody together, the last one is reported",
}
"""Policies whose lists have an order that means something, with what it is."""


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_the_order_of_lists_changes_no_fingerprint(policy: Policy[Any]) -> None:
    for example in policy.bad:
        before = Counter(map(fingerprint, outcomes(*example.resources, policy=policy.id)))
        turned = [replace(resource, inputs=reversed_lists(resource.inputs)) for resource in example.resources]
        after = Counter(map(fingerprint, outcomes(*turned, policy=policy.id)))
        assert policy.id in ORDERED or after == before, example.note


def reversed_lists(value: Any) -> Any:
    """A value with its lists in the other order, also those of documents."""
    if isinstance(value, Mapping):
        return {key: reversed_lists(item) for key, item in value.items()}
    if isinstance(value, list):
        return [reversed_lists(item) for item in reversed(value)]
    if type(value) is str and value.startswith("{"):
        with contextlib.suppress(ValueError):
            return json.dumps(reversed_lists(json.loads(value)))
    return value


def test_a_new_name_of_the_project_changes_the_beginning_of_a_place_only() -> None:
    """Also of a document that names a resource, and of what waits for one."""

    def of(project: str) -> list[Outcome]:
        moved = [
            replace(resource, urn=resource.urn.replace("::shop::", f"::{project}::"), property_dependencies=origins)
            for resource in (topic("jobs", arn=TOPIC_ARN), topic_policy(TOPIC_ARN), unknown_policy(f"{TOPIC}::jobs"))
            for origins in [
                {
                    name: tuple(origin.replace("::shop::", f"::{project}::") for origin in urns)
                    for name, urns in resource.property_dependencies.items()
                }
            ]
        ]
        document = {"Statement": [{**OPEN, "Resource": TOPIC_ARN}]}
        moved[1] = replace(moved[1], inputs={**moved[1].inputs, "policy": json.dumps(document)})
        return [*outcomes(*moved, policy="iam-public-policy"), *outcomes(*moved, policy="iam-wildcard-action")]

    before, after = of("shop"), of("store")
    assert len(before) == len(after) == 2
    for old, new in zip(before, after, strict=True):
        assert old.place != new.place
        assert old.place in in_project(new, "store", "shop")
