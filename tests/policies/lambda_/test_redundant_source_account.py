from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN
from policypack.policies.lambda_.redundant_source_account import POLICY
from tests.policies.helpers import messages, outcomes, undecided, violations
from tests.policies.invoking import permission

RULE = "arn:aws:events:eu-west-1:111122223333:rule/nightly"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:alarms"


def of(service: str, source: Any, **inputs: Any) -> Any:
    return permission(**{"principal": f"{service}.amazonaws.com", "sourceArn": source, **inputs})


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        (of("events", RULE), "is redundant"),
        (of("events", RULE, sourceAccount=UNKNOWN), "is redundant"),
        (of("events", UNKNOWN), "is redundant"),
        (of("sns", TOPIC), "is not told by SNS"),
        (of("events", RULE, sourceAccount="444455556666"), "nothing matches both"),
        (of("logs", "arn:aws:logs:eu-west-1:111122223333:log-group:a:*"), "is redundant"),
        (of("newservice", "arn:aws:new:eu-west-1:111122223333:thing/1"), "is redundant"),
    ],
)
def test_an_account_that_the_arn_carries(resource: Any, message: str) -> None:
    assert violations(POLICY, resource) == ["sourceAccount"]
    assert message in messages(POLICY, resource)[0]


@pytest.mark.parametrize(
    "resource",
    [
        permission(sourceArn=UNKNOWN),
        of("config", None),
        of("events", "nightly"),
    ],
)
def test_silent(resource: Any) -> None:
    assert outcomes(POLICY, resource) == []


def test_an_arn_that_is_unknown_may_carry_the_account() -> None:
    assert undecided(POLICY, of("newservice", UNKNOWN)) == ["sourceArn"]
    assert undecided(POLICY, permission(principal=UNKNOWN, sourceArn=UNKNOWN)) == ["sourceArn"]
