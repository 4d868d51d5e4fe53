from __future__ import annotations

from policypack.core.examples import open_permission, permission
from policypack.core.policy import UNKNOWN
from policypack.policies.lambda_.confused_deputy import POLICY
from tests.policies.helpers import outcomes, reported_with, silent, undecided

API = "arn:aws:apigateway:eu-west-1::/restapis/a"
RULE = "arn:aws:events:eu-west-1::rule/nightly"


test_a_service_that_anybody_can_use = reported_with(
    POLICY,
    (
        open_permission("s3.amazonaws.com", sourceArn="", sourceAccount=""),
        "",
        "`sourceArn` and `sourceAccount` are missing",
    ),
    (open_permission("s3.amazonaws.com", sourceArn=UNKNOWN), "", "`sourceAccount` is missing"),
    (open_permission("events.amazonaws.com", sourceAccount="111122223333"), "", "`sourceArn` is missing"),
    (open_permission("events.amazonaws.com", sourceArn=RULE), "", "`sourceAccount` is missing"),
    (open_permission("s3.amazonaws.com", sourceArn=API), "", "`sourceAccount` is missing"),
    (open_permission("lex.amazonaws.com", sourceArn=API), "", "`sourceAccount` is missing"),
    (open_permission("config.amazonaws.com"), "", "`sourceAccount` is missing"),
    (open_permission("s3.amazonaws.com.cn"), "", "`sourceArn` and `sourceAccount` are missing"),
)
test_silent = silent(
    POLICY,
    permission(sourceArn=UNKNOWN),
    permission(sourceAccount=UNKNOWN),
    open_permission("sns.amazonaws.com", sourceArn=UNKNOWN),
    open_permission("alexa-appkit.amazon.com", eventSourceToken="amzn1.ask.skill.1"),
    open_permission("arn:aws:iam::111122223333:role/caller"),
    open_permission("*"),
    open_permission("apigateway.amazonaws.com", sourceArn=API),
    open_permission("apigateway.amazonaws.com", sourceArn="arn:aws:apigateway:eu-west-1::/apis/q7w8e9/*/*"),
    open_permission("s3.amazonaws.com", sourceArn="acme-inbox", sourceAccount="111122223333"),
)


def test_a_principal_that_is_unknown_is_undecided_where_it_decides() -> None:
    assert undecided(POLICY, open_permission(UNKNOWN)) == ["principal"]
    assert undecided(POLICY, permission(principal=UNKNOWN, sourceAccount=None)) == ["principal"]
    assert outcomes(POLICY, permission(principal=UNKNOWN)) == []
