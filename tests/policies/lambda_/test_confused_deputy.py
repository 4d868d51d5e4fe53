from __future__ import annotations

from typing import Any

from policypack.core.examples import permission
from policypack.core.policy import UNKNOWN
from policypack.policies.lambda_.confused_deputy import POLICY
from tests.policies.helpers import outcomes, reported_with, silent, undecided

API = "arn:aws:apigateway:eu-west-1::/restapis/a"


def of(service: str, **inputs: Any) -> Any:
    """A permission with no source but what is given."""
    return permission(**{"principal": service, "sourceArn": None, "sourceAccount": None, **inputs})


test_a_service_that_anybody_can_use = reported_with(
    POLICY,
    (of("s3.amazonaws.com", sourceArn="", sourceAccount=""), "", "`sourceArn` and `sourceAccount` are missing"),
    (of("s3.amazonaws.com", sourceArn=UNKNOWN), "", "`sourceAccount` is missing"),
    (of("events.amazonaws.com", sourceAccount="111122223333"), "", "`sourceArn` is missing"),
    (of("apigateway.amazonaws.com", sourceArn=API), "", "`sourceAccount` is missing"),
    (of("config.amazonaws.com"), "", "`sourceAccount` is missing"),
    (of("s3.amazonaws.com.cn"), "", "`sourceArn` and `sourceAccount` are missing"),
)
test_silent = silent(
    POLICY,
    permission(sourceArn=UNKNOWN),
    permission(sourceAccount=UNKNOWN),
    of("sns.amazonaws.com", sourceArn=UNKNOWN),
    of("alexa-appkit.amazon.com", eventSourceToken="amzn1.ask.skill.1"),
    of("arn:aws:iam::111122223333:role/caller"),
    of("*"),
    of("s3.amazonaws.com", sourceArn="acme-inbox", sourceAccount="111122223333"),
)


def test_a_principal_that_is_unknown_is_undecided_where_it_decides() -> None:
    assert undecided(POLICY, of("s3.amazonaws.com", principal=UNKNOWN)) == ["principal"]
    assert undecided(POLICY, permission(principal=UNKNOWN, sourceAccount=None)) == ["principal"]
    assert outcomes(POLICY, permission(principal=UNKNOWN)) == []
