"""Trust policies by which the service of a role's user may not assume it, though they name the service."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import allow, deny, document, function, lambda_role
from policypack.core.policy import Resource
from policypack.policies.iam.principals.missing_trust import POLICY
from tests.policies.helpers import messages, outcomes

OWN, OTHER = "222233334444", "444455556666"
SERVICE = {"Service": "lambda.amazonaws.com"}


def trusting(*statements: Any) -> list[Resource]:
    return [lambda_role("read", assumeRolePolicy=document(*statements)), function()]


def assumed(action: Any = "sts:AssumeRole", **more: Any) -> Any:
    return allow(action, None, Principal=SERVICE, **more)


@pytest.mark.parametrize(
    "statements",
    [
        [assumed("sts:TagSession")],
        [assumed(Condition={"StringEquals": {"aws:SourceAccount": OTHER}})],
        [assumed(Condition={"StringLike": {"aws:sourceaccount": [OTHER, "555566667777"]}})],
        [assumed(Condition={"ArnLike": {"aws:SourceArn": f"arn:aws:lambda:eu-west-1:{OTHER}:function:*"}})],
        [assumed(), deny("sts:AssumeRole", None, Principal="*")],
        [assumed(), deny("sts:*", None, Principal=SERVICE)],
    ],
)
def test_reported(statements: list[Any]) -> None:
    assert messages(POLICY, *trusting(*statements), account_id=OWN) != []


@pytest.mark.parametrize(
    "statements",
    [
        [assumed(["sts:AssumeRole", "sts:TagSession"])],
        [assumed("sts:*")],
        [assumed(Condition={"StringEquals": {"aws:SourceAccount": OWN}})],
        [assumed(Condition={"StringEquals": {"aws:SourceAccount": [OWN, OTHER]}})],
        [assumed(Condition={"StringEqualsIfExists": {"aws:SourceAccount": OTHER}})],
        [assumed(Condition={"ArnLike": {"aws:SourceArn": f"arn:aws:lambda:*:{OWN}:function:*"}})],
        [assumed(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:lambda:*:*:function:*"}})],
        [
            assumed(),
            deny("sts:AssumeRole", None, Principal="*", Condition={"StringNotEquals": {"aws:SourceAccount": OWN}}),
        ],
        [assumed(), deny("sts:AssumeRole", None, Principal={"Service": "ec2.amazonaws.com"})],
        [assumed(), deny("sts:TagSession", None, Principal="*")],
    ],
)
def test_silent(statements: list[Any]) -> None:
    assert outcomes(POLICY, *trusting(*statements), account_id=OWN) == []
