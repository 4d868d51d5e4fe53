"""Places: what changes the fingerprint of an outcome, and what does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from policypack.core.policy import EnforcementLevel, Options, Outcome, Resource, Stack
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.places import fingerprint, placed
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
        role_policy(allow("s3:*", "arn:aws:s3:::a", Sid="A")),
        role_policy(WIDE, name="writer"),
    ],
    ids=["another action", "another statement", "another resource"],
)
def test_another_violation_has_another_fingerprint(edited: Resource) -> None:
    assert not {*prints(role_policy(WIDE))} & {*prints(edited)}


def test_a_statement_with_a_sid_keeps_its_fingerprint_while_the_element_stays() -> None:
    before = prints(role_policy(WIDE | {"Sid": "A"}))
    assert prints(role_policy(OTHER, WIDE | {"Sid": "A", "Resource": "arn:aws:s3:::b"}))[1:] == before
    assert prints(role_policy(WIDE | {"Sid": "A", "Action": "iam:*"})) != before


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
