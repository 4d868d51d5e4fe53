"""The role's real document is enough for the function and its platform, and all of it is needed.

The handler runs under moto, which enforces the actions and, for S3, the resources of the role's document; for queues
and logs the resource of a call is determined here. It ignores conditions; the access engine checks those, at the end.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count
from moto.logs.responses import LogsResponse
from moto.sqs.responses import SQSResponse

from policypack.access.grants import allowed
from policypack.access.solver.diff import diff
from policypack.access.solver.verdict import Verdict
from policypack.iam.document import PolicyDocument
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind
from tests.lambda_fn.world import Context, as_csv, order
from tests.stack.test_documents import ACCOUNT, DOCUMENTS, NAMES

ROLE = json.loads(DOCUMENTS["role"])
REGION = "eu-central-1"

Document = dict[str, Any]


def without_one_part() -> Iterator[tuple[str, Document]]:
    """The role's document without one statement, action or resource, for each of them."""
    for index, statement in enumerate(ROLE["Statement"]):
        fewer = copy.deepcopy(ROLE)
        del fewer["Statement"][index]
        yield statement["Sid"], fewer
        for element in ("Action", "Resource"):
            if isinstance(statement[element], list):
                for value in statement[element]:
                    fewer = copy.deepcopy(ROLE)
                    fewer["Statement"][index][element].remove(value)
                    yield f"{statement['Sid']}, {value.rpartition('/')[0] or value}", fewer


LESS = dict(without_one_part())


class Deployed:
    """The reference's buckets, queue, log group and function role in a stand-in for AWS."""

    def __init__(self, document: Document) -> None:
        self.document = document
        # the setup may do anything; after it the role's document decides
        iam, s3 = boto3.client("iam", region_name=REGION), boto3.client("s3", region_name=REGION)
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
        iam.create_role(RoleName="ingest", AssumeRolePolicyDocument=json.dumps(trust))
        iam.put_role_policy(RoleName="ingest", PolicyName="ingest", PolicyDocument=json.dumps(document))
        for bucket in (NAMES.ingest_bucket, NAMES.results_bucket):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        body = as_csv([order()])
        self.version = s3.put_object(Bucket=NAMES.ingest_bucket, Key="incoming/a.csv", Body=body)["VersionId"]
        self.size = len(body)
        queue = NAMES.queue_arn.rpartition(":")[2]
        self.queue = boto3.client("sqs", region_name=REGION).create_queue(QueueName=queue)["QueueUrl"]
        self.group = NAMES.log_group_arn.rpartition("log-group:")[2]
        boto3.client("logs", region_name=REGION).create_log_group(logGroupName=self.group)
        assumed = boto3.client("sts", region_name=REGION).assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/ingest", RoleSessionName="ingest"
        )["Credentials"]
        self.credentials = {
            "aws_access_key_id": assumed["AccessKeyId"],
            "aws_secret_access_key": assumed["SecretAccessKey"],
            "aws_session_token": assumed["SessionToken"],
            "region_name": REGION,
        }

    def client(self, service: str) -> Any:
        return boto3.client(service, **self.credentials)

    def event(self) -> dict[str, Any]:
        stored = {
            "key": "incoming/a.csv",
            "size": self.size,
            "versionId": self.version,
            "sequencer": "0065A1B2C3D4E5F678",
        }
        record = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": REGION,
            "eventName": "ObjectCreated:Put",
            "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810"},
            "s3": {"bucket": {"name": NAMES.ingest_bucket}, "object": stored},
        }
        return {"Records": [record]}


def everything(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the function does for an upload, and what Lambda does around it with the same role."""
    from ingest import handler

    monkeypatch.setattr(handler, "s3_client", lambda: deployed.client("s3"))
    monkeypatch.setenv("INGEST_PREFIX", "incoming/")
    monkeypatch.setenv("RESULTS_BUCKET", NAMES.results_bucket)
    logs = deployed.client("logs")
    logs.create_log_stream(logGroupName=deployed.group, logStreamName="one")
    logs.put_log_events(logGroupName=deployed.group, logStreamName="one", logEvents=[{"timestamp": 1, "message": "m"}])
    handler.handler(
        deployed.event(), Context(invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:ingest")
    )
    deployed.client("sqs").send_message(QueueUrl=deployed.queue, MessageBody="{}")
    for action in ("xray:PutTraceSegments", "xray:PutTelemetryRecords"):  # moto has other names for these two
        if not allowed([parsed(deployed.document)], action, ["*"], exact=True):
            raise ClientError({"Error": {"Code": "AccessDenied"}}, action)


def queue_of(response: Any) -> str:
    """The resource of a call to SQS."""
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{json.loads(response.body)['QueueUrl'].rpartition('/')[2]}"


def log_group_of(response: Any) -> str:
    """The resource of a call to CloudWatch Logs."""
    asked = json.loads(response.body)
    return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{asked['logGroupName']}:log-stream:{asked['logStreamName']}"


def run(document: Document, monkeypatch: pytest.MonkeyPatch, act: Callable[..., None] = everything) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        deployed = Deployed(document)
        monkeypatch.setattr(SQSResponse, "_determine_resource", queue_of, raising=False)
        monkeypatch.setattr(LogsResponse, "_determine_resource", log_group_of, raising=False)
        set_initial_no_auth_action_count(0)(act)(deployed, monkeypatch)


def test_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    run(ROLE, monkeypatch)


@pytest.mark.parametrize("document", LESS.values(), ids=LESS)
def test_nothing_is_superfluous(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    from ingest.errors import RecordsFailedError

    with pytest.raises((ClientError, RecordsFailedError), match=r"AccessDenied|not authorized"):
        run(document, monkeypatch)


@pytest.mark.parametrize("statement", [entry["Sid"] for entry in ROLE["Statement"] if "Condition" in entry])
def test_each_condition_keeps_the_role_to_its_own_account(statement: str) -> None:
    wider = copy.deepcopy(ROLE)
    del next(entry for entry in wider["Statement"] if entry["Sid"] == statement)["Condition"]
    answer = diff([parsed(wider)], [parsed(ROLE)])
    assert answer.verdict is Verdict.NEW_ACCESS
    assert answer.witness is not None
    assert dict(answer.witness.context).get("s3:resourceaccount") != ACCOUNT


def parsed(document: Document) -> PolicyDocument:
    return parse(document, DocumentKind.IDENTITY, "aws:iam/rolePolicy:RolePolicy")
