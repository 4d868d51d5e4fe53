"""ARNs without the type of their resource, and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.policy import Resource
from policypack.policies.aws.impossible_value import POLICY
from policypack.resources.property_kinds.values import problem
from tests.policies.helpers import violations

HOME = "eu-north-1:555566667777"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"


@pytest.mark.parametrize(
    ("token", "path"),
    [
        (TARGET, "arn"),
        ("aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter", "destinationArn"),
        ("aws:lambda/eventSourceMapping:EventSourceMapping", "eventSourceArn"),
        ("aws:pipes/pipe:Pipe", "target"),
    ],
)
@pytest.mark.parametrize(
    "resource", ["kinesis:{}:views", "lambda:{}:resize", "states:{}:refunds", "dynamodb:{}:stock", "logs:{}:/shop/paid"]
)
def test_arn_without_the_type_of_its_resource_is_reported_once(token: str, path: str, resource: str) -> None:
    inputs = {path: f"arn:aws:{resource.format(HOME)}", "startingPosition": "LATEST"}
    assert violations(POLICY, Resource(token, "x", inputs)) == [path]


@pytest.mark.parametrize(
    "text",
    [
        f"arn:aws:kms:{HOME}:7b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d",
        f"arn:aws:firehose:{HOME}:archive",
        f"arn:aws:events:{HOME}:orders",
        f"arn:aws:ecs:{HOME}:shop",
        f"arn:aws:lambda:{HOME}:functions:resize",
        f"arn:aws:batch:{HOME}:nightly",
    ],
)
def test_every_service_whose_arns_have_types_is_judged(text: str) -> None:
    assert "without the type of its resource" in (problem("arn", text) or "")


@pytest.mark.parametrize(
    "text",
    [
        f"arn:aws:sqs:{HOME}:paid",
        f"arn:aws:sns:{HOME}:paid",
        f"arn:aws:codepipeline:{HOME}:release",
        f"arn:aws:codecommit:{HOME}:shop",
        "arn:aws:s3:::acme-archive",
        f"arn:aws:execute-api:{HOME}:a1b2c3/prod/POST/",
        "arn:aws:apigateway:eu-north-1::/restapis/a1b2c3",
        f"arn:aws:events:{HOME}:event-bus/default",
        "arn:aws:events:eu-north-1::event-source/aws.partner/shop.example/one",
        f"arn:aws:kinesis:{HOME}:stream/views/consumer/app:1700000000",
        f"arn:aws:lambda:{HOME}:layer:tools:3",
        f"arn:aws:lambda:{HOME}:*",
        f"arn:aws:batch:{HOME}:some-new-type/nightly",
        f"arn:aws:newservice:{HOME}:thing",
        "arn:aws-cn:lambda:cn-north-1:555566667777:resize",
        "arn:aws:states:::sns:publish",
        "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
        f"arn:aws:cognito-idp:{HOME}:userpool/eu-north-1_AbCdEf123",
        f"arn:aws:logs:{HOME}:destination:central",
        f"arn:aws:rds:{HOME}:db:shop",
        f"arn:aws:elasticloadbalancing:{HOME}:targetgroup/shop/0a1b2c3d",
        "arn:aws:organizations::555566667777:account/o-a1b2c3d4e5/111122223333",
    ],
)
def test_arns_in_the_form_of_their_service_are_silent(text: str) -> None:
    assert problem("arn", text) is None


@given(st.sampled_from(["table/", "table/a/stream/"]), st.from_regex(r"[a-t0-9_-]{3,20}", fullmatch=True))
def test_any_name_behind_a_type_is_silent(kind: str, name: str) -> None:
    assert problem("arn", f"arn:aws:dynamodb:{HOME}:{kind}{name}") is None
