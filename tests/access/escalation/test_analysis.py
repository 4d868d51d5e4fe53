"""Every known way is found in three spellings, and not if one of its steps is denied or missing."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest

from policypack.access.escalation import analysis
from policypack.access.escalation.analysis import IdentityDocuments, opened
from policypack.access.escalation.paths import WAYS, Way
from policypack.access.solver.bounds import Bound
from policypack.core.examples import allow, deny, document
from policypack.iam.actions import expand, widen
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind

each_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.id)


def identity(*statements: Any, boundary: Any = None, own: str = "") -> IdentityDocuments:
    def read(raw: Any) -> Any:
        return parse(raw, DocumentKind.IDENTITY, "aws:iam/rolePolicy:RolePolicy")

    limits = None if boundary is None else (read(boundary),)
    return IdentityDocuments((read(document(*statements)),), limits, own)


def ways(*statements: Any, **more: Any) -> set[str]:
    return {open_way.way.id for open_way in opened(identity(*statements, **more), Bound.LEAST)}


def is_open(way: Way, *statements: Any, **more: Any) -> bool:
    """Whether a way is open, without a look at the others."""
    with patch.object(analysis, "WAYS", (way,)):
        return way.id in ways(*statements, **more)


def named(way: Way) -> list[str]:
    return [step[0].action for step in way.steps]


@each_way
def test_a_way_by_plain_actions(way: Way) -> None:
    assert way.id in ways(allow(named(way), "*"))
    assert way.id in ways(*(allow(name, "*") for name in reversed(named(way))))


@each_way
def test_a_way_by_wildcards(way: Way) -> None:
    assert is_open(way, allow([f"{name[:-3].upper()}*" for name in named(way)], "arn:*"), allow(named(way)[1:], "*"))
    assert is_open(way, allow([f"{name.partition(':')[0]}:*" for name in named(way)], "*"))


@each_way
def test_a_way_by_not_action(way: Way) -> None:
    assert is_open(way, allow(None, "*", NotAction=["s3:*", "iam:Get*"]))
    assert is_open(way, allow(named(way), None, NotResource="arn:aws:s3:::inbox/*"))


@each_way
def test_each_other_call_of_a_step_will_do(way: Way) -> None:
    for index, step in enumerate(way.steps):
        for call in step:
            actions = [*named(way)[:index], call.action, *named(way)[index + 1 :]]
            assert is_open(way, allow(actions, "*")), call.action


@each_way
def test_a_step_that_is_denied_closes_a_way(way: Way) -> None:
    for step in way.steps:
        denied = [call.action for call in step]
        assert not is_open(way, allow(named(way), "*"), deny(denied, "*"))
        assert not is_open(way, allow(None, "*", NotAction="s3:*"), deny(denied, "*"))


@each_way
def test_a_boundary_without_a_step_closes_a_way(way: Way) -> None:
    for step in way.steps:
        limit = document(allow(None, "*", NotAction=[call.action for call in step]))
        assert not is_open(way, allow(named(way), "*"), boundary=limit)
    assert is_open(way, allow(named(way), "*"), boundary=document(allow("*", "*")))


@each_way
def test_a_step_that_is_missing_closes_a_way(way: Way) -> None:
    for index in range(len(way.steps)):
        calls = {call.action for other, step in enumerate(way.steps) for call in step if other != index}
        gone = {call.action for call in way.steps[index]}
        if not gone & calls:
            assert not is_open(way, allow(sorted(calls), "*"))


@each_way
def test_what_is_named_is_the_holders_own(way: Way) -> None:
    """A role, a prefix or a tag keeps to its own; what a step makes anew may have any name."""
    pinned = [step[0] for step in way.steps if step[0].resource and not step[0].creates]
    assert pinned
    for call in pinned:
        others = [name for name in named(way) if name != call.action]
        service, tail = call.resource.split(" ")
        place = f"arn:aws:{service}:*:*:" if service != "iam" else "arn:aws:iam::111122223333:"
        for written in ("app", "app-*"):
            resource = place + (tail.replace("*", written) if "*" in tail else f"document/{written}")
            statements = (
                [allow(others, "*"), allow(call.action, resource)] if others else [allow(call.action, resource)]
            )
            assert not is_open(way, *statements)
    tagged = {"Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}
    assert not is_open(way, allow(named(way), "*", **tagged))


@each_way
def test_the_table_is_about_what_aws_has(way: Way) -> None:
    assert way.source.startswith("https://")
    for step in way.steps:
        for call in step:
            (action,) = expand(call.action)
            assert str(action) == call.action
            if call.resource:
                service, tail = call.resource.split(" ")
                assert action.fits(widen(f"arn:aws:{service}:*:*:{tail}")), call


LAMBDA = ["lambda:CreateFunction", "lambda:InvokeFunction"]


@pytest.mark.parametrize(
    ("condition", "open_"),
    [
        ({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}, True),
        ({"StringLike": {"iam:PassedToService": "*.amazonaws.com"}}, True),
        ({"StringEqualsIfExists": {"iam:PassedToService": "lambda.amazonaws.com"}}, True),
        ({"StringNotEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}, True),
        ({"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}, False),
        ({"StringNotEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}, False),
        ({"StringLike": {"iam:AssociatedResourceArn": "arn:aws:ec2:*:*:instance/*"}}, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, True),
        ({"Bool": {"aws:ViaAWSService": "true"}}, False),
        ({"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}}, False),
        ({"StringEquals": {"iam:ResourceTag/team": "blue"}}, False),
    ],
)
def test_conditions_on_passing_a_role(condition: dict[str, Any], open_: bool) -> None:  # noqa: FBT001 (a table)
    assert ("lambda" in ways(allow("iam:PassRole", "*", Condition=condition), allow(LAMBDA, "*"))) is open_


@pytest.mark.parametrize(
    ("condition", "open_"),
    [
        ({"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}, False),
        ({"ArnLike": {"iam:PolicyARN": "arn:aws:iam::111122223333:policy/app-*"}}, False),
        ({"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/*"}}, True),
        ({"ArnNotEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}}, True),
        ({"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/limit"}}, False),
        ({"StringEquals": {"aws:RequestTag/team": "blue"}}, True),
    ],
)
def test_conditions_on_attaching_a_policy(condition: dict[str, Any], open_: bool) -> None:  # noqa: FBT001 (a table)
    assert ("attach-role" in ways(allow("iam:AttachRolePolicy", "*", Condition=condition))) is open_


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:iam::*:role/*",
        "arn:aws:iam::444455556666:role/*",
        "arn:aws-cn:iam::*:*",
        "arn:*:iam::*:role/*",
        "arn:aws:iam::${aws:PrincipalAccount}:role/*",
        "*:role/*",
    ],
)
def test_every_role_of_some_account_is_any_role(resource: str) -> None:
    assert ways(allow("iam:PutRolePolicy", resource)) == {"put-role"}


@pytest.mark.parametrize("resource", ["arn:aws:iam::*:user/*", "arn:aws:iam::*:role/a*", "arn:aws:iam::*:role/*/app"])
def test_other_resources_are_not(resource: str) -> None:
    assert ways(allow("iam:PutRolePolicy", resource)) == set()


def test_giving_oneself_permissions_needs_no_other_identity() -> None:
    me = "arn:aws:iam::111122223333:user/${aws:username}"
    assert ways(allow(["iam:PutUserPolicy", "iam:AttachUserPolicy"], me)) == {"put-user", "attach-user"}
    assert ways(allow(["iam:CreateAccessKey", "iam:UpdateLoginProfile", "iam:CreateLoginProfile"], me)) == set()
    worker = "arn:aws:iam::111122223333:role/worker"
    assert ways(allow("iam:PutRolePolicy", worker), own="role/worker") == {"put-role"}
    assert ways(allow("iam:PutRolePolicy", worker), own="role/other") == set()


def test_what_a_function_is_called_makes_no_difference_to_who_makes_it() -> None:
    mine = "arn:aws:lambda:eu-west-1:111122223333:function:app-*"
    assert ways(allow("iam:PassRole", "*"), allow(LAMBDA, mine)) == {"lambda"}


def test_an_instance_is_started_where_the_instance_itself_is_allowed() -> None:
    passing = allow("iam:PassRole", "*")
    for resource, expected in (("instance/*", {"instance"}), ("instance/app-*", {"instance"}), ("subnet/*", set())):
        assert ways(passing, allow("ec2:RunInstances", f"arn:aws:ec2:*:*:{resource}")) == expected, resource


def test_an_administrator_has_nothing_to_gain() -> None:
    """`iam-wildcard-action` reports it."""
    assert ways(allow("*", "*")) == set()
    assert ways(allow("*:*", "*"), allow("iam:PassRole", "*")) == set()
    assert "lambda" in ways(allow("*", "*"), deny("iam:Create*", "*"))


@pytest.mark.parametrize(
    "actions",
    [["s3:*"], ["iam:Get*", "iam:List*"], ["lambda:*Invoke*"], ["ec2:Describe*", "ssm:Get*"], ["sts:AssumeRole"]],
)
def test_reading_leads_nowhere(actions: list[str]) -> None:
    assert ways(allow(actions, "*")) == set()
