"""Forms of a trail's log group, of the name of an alias and of the returns from a sign-in."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.aws.impossible_value import POLICY
from tests.policies.helpers import violations

HOME = "eu-north-1:555566667777"
TRAIL = "aws:cloudtrail/trail:Trail"
GROUP = f"arn:aws:logs:{HOME}:log-group:trail"
CLIENT = "aws:cognito/userPoolClient:UserPoolClient"
RECORD = "aws:route53/record:Record"


def alias(name: object) -> dict[str, Any]:
    return {"type": "A", "aliases": [{"name": name, "zoneId": "Z2FDTNDATAQYW2", "evaluateTargetHealth": False}]}


@pytest.mark.parametrize(
    ("path", "token", "inputs"),
    [
        ("cloudWatchLogsGroupArn", TRAIL, {"cloudWatchLogsGroupArn": GROUP}),
        ("cloudWatchLogsGroupArn", TRAIL, {"cloudWatchLogsGroupArn": f"{GROUP}*"}),
        ("cloudWatchLogsGroupArn", TRAIL, {"cloudWatchLogsGroupArn": f"arn:aws:sns:{HOME}:trail"}),
        ("aliases[0].name", RECORD, alias("https://d111111abcdef8.cloudfront.net")),
        ("callbackUrls[0]", CLIENT, {"callbackUrls": ["http://shop.example/signed-in"]}),
        ("callbackUrls[0]", CLIENT, {"callbackUrls": ["HTTP://localhost.shop.example/signed-in"]}),
        ("logoutUrls[1]", CLIENT, {"logoutUrls": ["https://shop.example", "http://shop.example"]}),
        ("defaultRedirectUri", CLIENT, {"defaultRedirectUri": "http://10.0.0.7:8080/"}),
        ("defaultRedirectUri", CLIENT, {"defaultRedirectUri": "shop.example/signed-in"}),
    ],
)
def test_value_in_another_form_is_reported_once(path: str, token: str, inputs: dict[str, Any]) -> None:
    assert violations(POLICY, Resource(token, "x", inputs)) == [path]


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (TRAIL, {"cloudWatchLogsGroupArn": f"{GROUP}:*"}),
        (TRAIL, {"cloudWatchLogsGroupArn": UNKNOWN}),
        (TRAIL, {"cloudWatchLogsGroupArn": ""}),
        (RECORD, alias("dualstack.shop-1.eu-north-1.elb.amazonaws.com")),
        (RECORD, alias(r"\052.shop.example.")),
        (RECORD, alias(UNKNOWN)),
        (CLIENT, {"callbackUrls": ["https://shop.example/in", "shop://signed-in", "com.example.shop:/in"]}),
        (CLIENT, {"callbackUrls": ["http://localhost", "http://localhost:3000/in", "http://localhost/?next=a"]}),
        (CLIENT, {"logoutUrls": ["http://127.0.0.1:8080", "http://[::1]:8080/out"]}),
        (CLIENT, {"defaultRedirectUri": "httpshop://in"}),
    ],
)
def test_value_in_a_form_that_the_property_takes_is_silent(token: str, inputs: dict[str, Any]) -> None:
    assert violations(POLICY, Resource(token, "x", inputs)) == []
