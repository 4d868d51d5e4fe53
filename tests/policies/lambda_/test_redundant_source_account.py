from __future__ import annotations

from typing import Any

from policypack.core.examples import permission
from policypack.core.policy import UNKNOWN
from policypack.policies.lambda_.redundant_source_account import POLICY
from tests.policies.helpers import reported_with, silent, undecided

RULE = "arn:aws:events:eu-west-1:111122223333:rule/nightly"


def of(service: str, source: Any, **inputs: Any) -> Any:
    return permission(**{"principal": f"{service}.amazonaws.com", "sourceArn": source, **inputs})


test_an_account_that_the_arn_carries = reported_with(
    POLICY,
    (of("events", RULE, sourceAccount=UNKNOWN), "sourceAccount", "is redundant"),
    (of("events", UNKNOWN), "sourceAccount", "is redundant"),
    (of("apigateway", "arn:aws:execute-api:eu-west-1:111122223333:a1/*/GET/a"), "sourceAccount", "is redundant"),
    (of("logs", "arn:aws:logs:eu-west-1:444455556666:log-group:a:*"), "sourceAccount", "is not the account"),
    (of("newservice", "arn:aws:new:eu-west-1:111122223333:thing/1"), "sourceAccount", "is redundant"),
)
test_silent = silent(
    POLICY,
    permission(sourceArn=UNKNOWN),
    of("config", None),
    of("events", "nightly"),
    *(
        of(service, f"arn:aws:{service}:eu-west-1:111122223333:{resource}")
        for service, resource in (
            ("cognito-idp", "userpool/eu-west-1_a"),
            ("iot", "rule/a"),
            ("logs", "log-group:a:*"),
            ("secretsmanager", "secret:db-a1b2c3"),
            ("ses", "receipt-rule-set/a:receipt-rule/b"),
        )
    ),
    of("secretsmanager", UNKNOWN),
)


def test_an_arn_that_is_unknown_may_carry_the_account() -> None:
    assert undecided(POLICY, of("newservice", UNKNOWN)) == ["sourceArn"]
    assert undecided(POLICY, permission(principal=UNKNOWN, sourceArn=UNKNOWN)) == ["sourceArn"]
