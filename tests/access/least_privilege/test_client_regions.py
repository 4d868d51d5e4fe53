"""Permissions for calls of another region."""

from __future__ import annotations

import pytest

from policypack.core.examples import allow
from policypack.core.policy import Resource
from policypack.policies.lambda_.missing_permission import POLICY as MISSING
from policypack.policies.lambda_.unused_permission import POLICY as UNUSED
from tests.policies.helpers import messages, outcomes
from tests.policies.lambda_.test_missing_permission import stack

OTHER, OWN = "us-east-1", "eu-west-1"
GET = '.get_item(TableName="t", Key={})'
CLIENTS = (
    (f'boto3.client("dynamodb"){GET}', OWN),
    (f'boto3.client("dynamodb", region_name=os.environ["AWS_REGION"]){GET}', OWN),
    (f'boto3.client("dynamodb", region_name=os.environ.get("AWS_DEFAULT_REGION", "us-east-1")){GET}', OWN),
    (f'boto3.client("dynamodb", region_name=boto3.Session().region_name){GET}', OWN),
    (f'boto3.client("dynamodb", region_name="us-east-1"){GET}', OTHER),
    (f'boto3.client("dynamodb", region_name=os.environ["AT"]){GET}', OTHER),
    (f'boto3.client("dynamodb", config=Config(region_name="us-east-1")){GET}', OTHER),
    (f'boto3.Session(region_name="us-east-1").client("dynamodb"){GET}', OTHER),
    ('boto3.resource("dynamodb", region_name="us-east-1").Table("t").get_item(Key={})', OTHER),
)
UNKNOWN_REGIONS = (
    f'boto3.client("dynamodb", region_name=event["region"]){GET}',
    f'boto3.client("dynamodb", region_name=os.environ["UNSET"]){GET}',
    f'boto3.client("dynamodb", **event){GET}',
)
SENT = (
    (
        'boto3.client("secretsmanager", "us-east-1").get_secret_value(SecretId="db")',
        "secretsmanager:GetSecretValue",
        "secret:db-??????",
    ),
    ('boto3.client("sqs", region_name="us-east-1").send_message(QueueUrl=URL, MessageBody="")', "sqs:SendMessage", "q"),
    ('boto3.client("sqs").send_message(QueueUrl=URL, MessageBody="")', "sqs:SendMessage", "q"),
    ('boto3.client("events", region_name="us-east-1").put_events(Entries=[])', "events:PutEvents", "event-bus/default"),
)


def program(line: str, action: str, resource: str) -> list[Resource]:
    """A function with one call, whose role allows one action."""
    head = "import os\nimport boto3\nfrom botocore.config import Config\n"
    url = "URL = 'https://sqs.us-east-1.amazonaws.com/111122223333/q'\n"
    text = f"{head}{url}def handler(event, context):\n    {line}\n"
    return stack(allow(action, resource), text=text, region=OWN, environment={"variables": {"AT": "us-east-1"}})


def arn(action: str, region: str, name: str) -> str:
    return f"arn:aws:{action.partition(':')[0]}:{region}:111122223333:{name}"


EVERY = [
    *((line, "dynamodb:GetItem", "table/t", region) for line, region in CLIENTS),
    *((line, action, name, OTHER) for line, action, name in SENT),
]


@pytest.mark.parametrize(("line", "action", "name", "region"), EVERY)
def test_a_grant_in_the_region_of_the_client_is_what_the_call_needs(
    line: str, action: str, name: str, region: str
) -> None:
    resources = program(line, action, arn(action, region, name))
    assert [*outcomes(MISSING, *resources), *outcomes(UNUSED, *resources)] == []


@pytest.mark.parametrize(("line", "action", "name", "region"), EVERY)
def test_a_grant_in_another_region_is_reported(line: str, action: str, name: str, region: str) -> None:
    resources = program(line, action, arn(action, OWN if region == OTHER else OTHER, name))
    (missing,) = messages(MISSING, *resources)
    assert f"does not allow `{action}` on `{arn(action, region, '')[:-14]}" in missing
    assert len(messages(UNUSED, *resources)) == 1


@pytest.mark.parametrize("line", UNKNOWN_REGIONS)
@pytest.mark.parametrize("region", [OWN, OTHER, "*"])
def test_any_region_fits_one_that_is_unknown(line: str, region: str) -> None:
    resources = program(line, "dynamodb:GetItem", arn("dynamodb:", region, "table/t"))
    assert [*outcomes(MISSING, *resources), *outcomes(UNUSED, *resources)] == []


@pytest.mark.parametrize("line", UNKNOWN_REGIONS)
def test_another_table_fits_in_no_region(line: str) -> None:
    resources = program(line, "dynamodb:GetItem", arn("dynamodb:", OTHER, "table/other"))
    assert len(messages(MISSING, *resources)) == len(messages(UNUSED, *resources)) == 1
