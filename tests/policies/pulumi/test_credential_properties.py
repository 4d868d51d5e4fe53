"""Properties that are a credential as a whole, by names that no setting has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policypack.core.examples import construct
from policypack.core.policy import UNKNOWN
from policypack.policies.pulumi.plaintext_secret import POLICY
from tests.policies.helpers import outcomes, silent, violations

GUID, KEY = "9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f", "q8Zt31LmXw07RbKc5Vny"
HOOK = "aws:codepipeline/webhook:Webhook"
INTEGRATION = "aws:apigatewayv2/integration:Integration"
USER = "aws:memorydb/user:User"
INNER = [
    (HOOK, "authenticationConfiguration.secretToken", {"authenticationConfiguration": {"secretToken": KEY}}),
    (USER, "authenticationMode.passwords[1]", {"authenticationMode": {"passwords": [UNKNOWN, KEY]}}),
    (
        "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
        "splunkConfiguration.hecToken",
        {"splunkConfiguration": {"hecToken": GUID}},
    ),
    (
        "aws:datasync/locationAzureBlob:LocationAzureBlob",
        "sasConfiguration.token",
        {"sasConfiguration": {"token": "sp=r&st=2026-01-20T12:00:14Z&sig=aBBKDWQvyuVcTPH9EBp"}},
    ),
    (
        "aws:amplify/app:App",
        "autoBranchCreationConfig.basicAuthCredentials",
        {"autoBranchCreationConfig": {"basicAuthCredentials": "YWRtaW46eDdLZDkybVEwcA=="}},
    ),
]


@pytest.mark.parametrize(("token", "path", "inputs"), INNER)
def test_properties_that_are_a_credential(token: str, path: str, inputs: dict[str, Any]) -> None:
    resource = construct(token, "x", **inputs)
    assert list(violations(POLICY, resource)) == [path]
    assert not violations(POLICY, replace(resource, secrets=frozenset({path})))


def test_key_material_of_the_source() -> None:
    material = "kJ3v9TqLw0Xz7RbNc2Vy5mPd8HfGs1AeUoIi4KtQ6rE="
    inputs = {"keyMaterialBase64": material}
    resource = construct("aws:kms/externalKey:ExternalKey", "x", **inputs)
    stated = replace(resource, secrets=frozenset(inputs), literals=frozenset({material}))
    assert list(violations(POLICY, stated)) == ["keyMaterialBase64"]
    assert not violations(POLICY, replace(stated, literals=frozenset()))


WITH_PASSWORD = "https://billing:Rk7vQ2xTn9Lw@api.ledger-corp.com/v1"
ADDRESSES = [
    ("aws:appsync/dataSource:DataSource", "httpConfig.endpoint", {"httpConfig": {"endpoint": WITH_PASSWORD}}),
    (INTEGRATION, "integrationUri", {"integrationUri": WITH_PASSWORD}),
    ("aws:apigateway/integration:Integration", "uri", {"uri": WITH_PASSWORD}),
    (
        "aws:cloudwatch/eventApiDestination:EventApiDestination",
        "invocationEndpoint",
        {"invocationEndpoint": WITH_PASSWORD},
    ),
    (
        "aws:cognito/userPoolClient:UserPoolClient",
        "callbackUrls[1]",
        {"callbackUrls": ["https://a.dev", WITH_PASSWORD]},
    ),
    ("aws:amplify/app:App", "repository", {"repository": WITH_PASSWORD}),
]


@pytest.mark.parametrize(("token", "path", "inputs"), ADDRESSES)
def test_a_password_in_any_url_is_reported_once(token: str, path: str, inputs: dict[str, Any]) -> None:
    resource = construct(token, "x", **inputs)
    assert list(violations(POLICY, resource)) == [path]
    assert not violations(POLICY, replace(resource, secrets=frozenset({path})))


@pytest.mark.parametrize(
    "url",
    [
        "https://api.ledger-corp.com/v1/{proxy}",
        "https://api.ledger-corp.com:8443/users/@me",
        "https://${stageVariables.host}/v1",
        "https://billing:{password}@api.ledger-corp.com",
        "https://billing:${stageVariables.password}@api.ledger-corp.com",
        "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/f/invocations",
        UNKNOWN,
    ],
)
def test_urls_without_a_password_are_silent(url: Any) -> None:
    assert outcomes(POLICY, construct(INTEGRATION, "x", integrationUri=url)) == []


TOKEN = "Hw3kP9zQx7Lm2Vt5Yb8R"


@pytest.mark.parametrize(
    ("token", "name", "value"),
    [
        (INTEGRATION, "overwrite:header.Authorization", f"Bearer {TOKEN}"),
        (INTEGRATION, "append:header.X-Upstream", f"Bearer {TOKEN}"),
        (INTEGRATION, "overwrite:header.Authorization", TOKEN),
        (INTEGRATION, "overwrite:header.x-api-key", TOKEN),
        ("aws:apigateway/integration:Integration", "integration.request.header.Authorization", f"'Bearer {TOKEN}'"),
        ("aws:apigateway/integration:Integration", "integration.request.header.X-Api-Key", f"'{TOKEN}'"),
    ],
)
def test_credentials_in_headers_of_an_integration_are_reported(token: str, name: str, value: str) -> None:
    resource = construct(token, "x", requestParameters={name: value})
    assert list(violations(POLICY, resource)) == [f"requestParameters.{name}"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("overwrite:header.Authorization", "$request.header.Authorization"),
        ("overwrite:header.Authorization", "Bearer ${stageVariables.token}"),
        ("overwrite:header.Authorization", "Bearer your-token-goes-in-here1"),
        ("overwrite:header.Authorization", "Bearer authentication-is-required"),
        ("overwrite:header.X-Api-Key", "$context.authorizer.apiKey"),
        ("integration.request.header.X-Api-Key", "method.request.header.X-Api-Key"),
        ("integration.request.header.X-Api-Key", "context.authorizer.key"),
        ("integration.request.header.X-Api-Key", "stageVariables.apiKey"),
        ("integration.request.header.Accept", "'application/json'"),
        ("QueueUrl", "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs"),
    ],
)
def test_headers_that_a_request_fills_in_are_silent(name: str, value: str) -> None:
    assert outcomes(POLICY, construct(INTEGRATION, "x", requestParameters={name: value})) == []


@pytest.mark.parametrize(
    ("name", "value", "reported"),
    [
        ("Authorization", f"Bearer {TOKEN}", True),
        ("X-Origin-Verify", TOKEN, True),
        ("X-Origin-Verify", "from-the-edge", False),
        ("X-Verify", "Hw3kP9zQx7Lm2Vt5", False),
        ("Authorization", "{{resolve:secretsmanager:edge}}", False),
    ],
)
def test_credentials_in_headers_for_an_origin(name: str, value: str, *, reported: bool) -> None:
    origins = [{"customHeaders": [{"name": name, "value": value}]}]
    site = construct("aws:cloudfront/distribution:Distribution", "site", origins=origins)
    assert list(violations(POLICY, site)) == ["origins[0].customHeaders[0].value"] * reported


test_properties_that_only_name_a_credential = silent(
    POLICY,
    construct(HOOK, "x", authenticationConfiguration={"secretToken": "{{resolve:secretsmanager:hook}}"}),
    construct(HOOK, "x", authenticationConfiguration={"allowedIpRange": "192.0.2.0/24"}),
    construct(USER, "x", authenticationMode={"type": "iam", "passwords": []}),
    construct("aws:s3/bucketReplicationConfig:BucketReplicationConfig", "x", token=KEY),
)
