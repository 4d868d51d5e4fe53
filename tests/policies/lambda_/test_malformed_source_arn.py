from __future__ import annotations

import pytest

from policypack.core.examples import bucket, permission
from policypack.core.policy import UNKNOWN
from policypack.policies.lambda_.malformed_source_arn import POLICY
from tests.policies.helpers import messages, silent, undecided, violations

API = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5"
BALANCING = "arn:aws:elasticloadbalancing:eu-west-1:111122223333"
LOGS = "arn:aws:logs:eu-west-1:111122223333:log-group"


@pytest.mark.parametrize(
    ("principal", "source", "message"),
    [
        ("s3", "s3://acme-inbox", "it is written `arn:aws:s3:::`"),
        ("s3", "https://acme-inbox.s3.amazonaws.com", "is not an ARN"),
        ("s3", "arn:aws:s3:acme-inbox", "is not an ARN"),
        ("s3", "arn:aws:s3:::acme-inbox/in/", "names objects"),
        ("s3", "arn:aws:s3:::acme-*", "wildcard for its bucket"),
        ("s3", "*", "is not an ARN"),
        ("s3", " arn:aws:s3:::acme-inbox", "white space"),
        ("s3", "arn:aws:s3:::acme-inbox\n", "white space"),
        ("s3", "arn:aws:s3::111122223333:acme-inbox", "has a region or an account"),
        ("s3", "arn:*:s3:::acme-inbox", "wildcard before its last part"),
        ("s3", "arn:amazon:s3:::acme-inbox", "partition"),
        ("s3", "arn:aws:s3:::${bucket}", "does not name a bucket"),
        ("sns", "arn:aws:s3:::acme-inbox", "invokes for an `sns` ARN"),
        ("sns", "alarms", "is not an ARN"),
        ("sns", "arn:aws:sns:eu-west-1:111122223333:*", "name the one source"),
        ("events", "arn:aws:events:*:111122223333:rule/nightly", "name the service, the region and the account"),
        ("events", "arn:aws:events:eu-west-1:1111-2222:rule/a", "twelve digits"),
        ("apigateway", "arn:aws:execute-api:eu-west-1:111122223333:*/*/GET/x", "name the one source"),
        ("apigateway", "arn:aws:execute-api:eu-west-1:111122223333:1a2b3c4d5e*/*", "put a `/` before what may vary"),
        ("apigateway", "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5", "invokes for an `execute-api` ARN"),
        ("logs", f"{LOGS}:*", "name the one source"),
        ("events", "arn:aws:events:eu-west-1:111122223333:event-bus/orders", "its resource is `rule/*`"),
        ("cognito-idp", "arn:aws:cognito-idp:eu-west-1:111122223333:eu-west-1_Ab12", "its resource is `userpool/*`"),
        ("elasticloadbalancing", f"{BALANCING}:loadbalancer/app/web/0aa1", "its resource is `targetgroup/*`"),
        ("apigateway", API, "its resource is `*/*`"),
        ("logs", "arn:aws:logs:eu-west-1:111122223333:destination:orders", "its resource is `log-group:*`"),
    ],
)
def test_the_source_is_the_arn_of_one_source_of_the_service(principal: str, source: str, message: str) -> None:
    resource = permission(principal=f"{principal}.amazonaws.com", sourceArn=source)
    assert violations(POLICY, resource) == ["sourceArn"]
    assert message in messages(POLICY, resource)[0]


test_silent = silent(
    POLICY,
    ("s3.amazonaws.com", "arn:aws-us-gov:s3:::Acme.inbox_1"),
    ("apigateway.amazonaws.com", f"{API}/*/GET/orders"),
    ("apigateway.amazonaws.com", f"{API}/*/*/*"),
    ("logs.amazonaws.com", f"{LOGS}:/aws/lambda/read:*"),
    ("events.amazonaws.com", "arn:aws:events:eu-west-1:111122223333:rule/orders-bus/nightly"),
    ("elasticloadbalancing.amazonaws.com", f"{BALANCING}:targetgroup/web/0aa1"),
    ("scheduler.amazonaws.com", "arn:aws:events:eu-west-1:111122223333:anything"),
    ("sns.amazonaws.com", "arn:aws:sns:eu-west-1:111122223333:alarms"),
    ("cloudfront.amazonaws.com", "arn:aws:cloudfront::111122223333:distribution/E1"),
    ("newservice.amazonaws.com", "arn:aws:anything:eu-west-1:111122223333:thing/1"),
    ("s3.amazonaws.com", None),
    ("111122223333", None),
    of=lambda principal, source: permission(principal=principal, sourceArn=source),
)


def test_a_source_that_is_unknown_is_undecided() -> None:
    assert undecided(POLICY, permission(bucket(), at="sourceArn", sourceArn=UNKNOWN)) == ["sourceArn"]
    assert violations(POLICY, permission(principal=UNKNOWN, sourceArn="acme-inbox")) == ["sourceArn"]
