"""moto's CloudFormation creates the resources of the reference stack's template."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from stackguard.sources import RunOptions, load
from stackguard.template.translation import translate

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS.*not supported by moto:UserWarning")
UNSUPPORTED = {"AWS::SQS::QueuePolicy", "AWS::IAM::RolePolicy", "AWS::S3::BucketPolicy"}
"""The types that moto's CloudFormation does not create."""
UNNAMED = {"AWS::Lambda::Permission"}
"""The types that it creates without an id."""

STACK = Path(__file__).parents[2] / "stack"
REGION = "eu-central-1"
ARTIFACTS = "acme-artifacts"


@pytest.fixture(scope="module")
def document() -> Mapping[str, Any]:
    loaded = load(str(STACK), RunOptions())
    document = copy.deepcopy(dict(translate(loaded.resources, loaded.region, loaded.folder).document))
    del document["Resources"]["Key"]["Properties"]["Tags"]  # moto takes them for those of KMS's own API, and fails
    return document


@pytest.fixture(scope="module")
def created(document: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    """The stack in moto; by logical id, the physical ids of its resources."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket=ARTIFACTS, CreateBucketConfiguration={"LocationConstraint": REGION})
        key = document["Parameters"]["FunctionCodeKey"]["Default"]
        s3.put_object(Bucket=ARTIFACTS, Key=key, Body=_archive())
        cloudformation = boto3.client("cloudformation", region_name=REGION)
        cloudformation.create_stack(
            StackName="reference",
            TemplateBody=json.dumps(document),
            Parameters=[{"ParameterKey": "ArtifactBucket", "ParameterValue": ARTIFACTS}],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        (stack,) = cloudformation.describe_stacks(StackName="reference")["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        resources = cloudformation.describe_stack_resources(StackName="reference")["StackResources"]
        outputs = {f"Outputs.{output['OutputKey']}": output["OutputValue"] for output in stack["Outputs"]}
        yield outputs | {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for resource in resources
            if "PhysicalResourceId" in resource
        }


def _archive() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("ingest/handler.py", "def handler(event, context):\n    return {}\n")
    return archive.getvalue()


def test_moto_creates_all_but_some_types(document: Mapping[str, Any], created: Mapping[str, str]) -> None:
    left = {resource["Type"] for name, resource in document["Resources"].items() if name not in created}
    assert left == UNSUPPORTED | UNNAMED


def test_the_bucket_is_what_the_program_makes_of_it(created: Mapping[str, str]) -> None:
    s3 = boto3.client("s3", region_name=REGION)
    name = created["Ingest"]
    assert name == created["Outputs.IngestBucket"] == "stackguard-ingest-dev-ingest-111122223333-eu-central-1"
    (rule,) = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"].endswith(created["Key"])
    tags = {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=name)["TagSet"]}
    assert tags.items() >= {"project": "stackguard-ingest", "stack": "dev"}.items()


def test_the_function_has_its_role_and_its_permission(created: Mapping[str, str]) -> None:
    functions = boto3.client("lambda", region_name=REGION)
    function = functions.get_function_configuration(FunctionName=created["Function"])
    role = boto3.client("iam").get_role(RoleName=created["Role"])["Role"]
    assert function["Role"] == role["Arn"]
    assert (function["Runtime"], function["Handler"]) == ("python3.13", "ingest.handler.handler")
    assert function["Environment"]["Variables"]["RESULTS_BUCKET"] == created["Outputs.ResultsBucket"]
    (statement,) = json.loads(functions.get_policy(FunctionName=created["Function"])["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Condition"]["ArnLike"]["AWS:SourceArn"] == f"arn:aws:s3:::{created['Ingest']}"


def test_the_role_trusts_the_principals_of_the_program(created: Mapping[str, str]) -> None:
    role = boto3.client("iam").get_role(RoleName=created["Role"])["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}
    assert {tag["Key"] for tag in role["Tags"]} == {"project", "stack"}
