"""A grant that stays as it is, while what it is for leaves the stack: AWS has both still, so nothing is new."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.core.policy import Resource
from tests.access.stacks import gains, resource

BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/ledger/50dc6c495c0c9188"
PARTNER = "arn:aws:iam::444455556666:root"


def _service(**inputs: Any) -> Resource:
    token = "aws:ec2/vpcEndpointService:VpcEndpointService"
    return Resource(token, "ledger", {"networkLoadBalancerArns": [BALANCER], **inputs}, id="vpce-svc-0a1b")


def _allowed(principal: str = PARTNER, service: str = "vpce-svc-0a1b") -> Resource:
    token = "aws:ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple"
    return resource(token, "partner", vpcEndpointServiceId=service, principalArn=principal)


@pytest.mark.parametrize("accepts", [{}, {"acceptanceRequired": True}, {"acceptanceRequired": False}])
def test_an_endpoint_service_may_leave_its_allowed_principal(accepts: dict[str, Any]) -> None:
    assert gains((_allowed(),), (_service(**accepts), _allowed())) == []


@pytest.mark.parametrize(
    "changed", [_allowed("arn:aws:iam::777788889999:root"), _allowed("*"), _allowed(service="vpce-svc-9f8e")]
)
def test_a_principal_that_changes_meanwhile_is_new_access(changed: Resource) -> None:
    (gain,) = gains((changed,), (_service(), _allowed()))
    assert gain.answer.verdict is Verdict.NEW_ACCESS


def test_a_principal_that_comes_while_the_service_leaves_is_new_access() -> None:
    assert [gain.answer.verdict for gain in gains((_allowed(),), (_service(),))] == [Verdict.NEW_ACCESS]


def test_a_service_that_stays_and_accepts_by_itself_is_new_access() -> None:
    (gain,) = gains((_service(), _allowed()), (_service(acceptanceRequired=True), _allowed()))
    assert gain.answer.verdict is Verdict.NEW_ACCESS
