"""A value that a property cannot take fails during the update, or names something else than intended.

An access block whose `bucket` is an ARN protects no bucket, and a document with `{name}` or `${AWS::AccountId}` in it
names a resource that never exists. A retention of 45 days, a subnet with `/30`, a misspelt mode or a minimum above its
maximum is refused by AWS, often in the middle of an update. A preview without the provider accepts each of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec

from policypack.access.solver.corrections import BY_CORRECTIONS
from policypack.core.examples import (
    ACCOUNT,
    allow,
    bucket,
    bucket_policy,
    construct,
    example,
    function,
    granted,
    permission,
    role,
)
from policypack.core.policy import Policy, Reading, Resource, Severity, Violation
from policypack.core.tags import Tag
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import documents_of
from policypack.resources.property_kinds.combinations import combination_problems
from policypack.resources.property_kinds.statements import impossible
from policypack.resources.property_kinds.table import values_of
from policypack.resources.property_kinds.values import problem


class Value(msgspec.Struct, frozen=True):
    """A known value, and the kind of values that its property takes."""

    kind: str
    text: str


def values(resource: Resource) -> Iterator[Reading[Value | str | PolicyDocument]]:
    """The known values of properties that take a certain kind, clauses about other values, and the documents.

    Other values are those that exclude one another, and the fields of JSON texts.

    An unknown value is judged when it is known.
    """
    for path, kind, value in values_of(resource):
        if isinstance(value, str | int) and not isinstance(value, bool):
            yield path, Value(_in_place(resource, kind), str(value))
        elif isinstance(value, float) and value.is_integer():
            yield path, Value(kind, str(int(value)))
    for path, clause in combination_problems(resource):
        yield path, clause
    for path, document in documents_of(resource):
        if isinstance(document, PolicyDocument):
            yield path, document


def _in_place(resource: Resource, kind: str) -> str:
    """The kind, which for a bucket depends on whether it is adopted and on its region."""
    if kind == "new-bucket" and resource.options.import_id:
        return "bucket"
    region = resource.inputs.get("region") or resource.outputs.get("region")
    elsewhere = kind == "bucket" and resource.type.startswith("aws:s3/") and isinstance(region, str)
    return "regional-bucket" if elsewhere and region != "us-east-1" else kind


def check(value: Value | str | PolicyDocument) -> Iterator[Violation]:
    if isinstance(value, str):
        yield Violation("", value)
    elif isinstance(value, PolicyDocument):
        for statement in value.statements:
            yield from (Violation(path, clause) for path, clause in dict.fromkeys(impossible(statement)))
    elif clause := problem(value.kind, value.text):
        yield Violation("", clause)


def _block(name: str) -> Resource:
    return construct("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "inbox", bucket=name)


def _policy(name: str) -> Resource:
    rights = f"arn:aws:iam::{ACCOUNT}:policy/read"
    return construct("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "reader", role=name, policyArn=rights)


def _nightly(schedule: str) -> Resource:
    return construct("aws:cloudwatch/eventRule:EventRule", "nightly", scheduleExpression=schedule)


def _kept(days: int) -> Resource:
    return construct("aws:cloudwatch/logGroup:LogGroup", "read", name="/aws/lambda/read", retentionInDays=days)


def _scaled(least: int, greatest: int) -> Resource:
    return construct("aws:autoscaling/group:Group", "web", minSize=least, maxSize=greatest)


def _archived(cold: int, deleted: int) -> Resource:
    lifecycle = {"coldStorageAfter": cold, "deleteAfter": deleted}
    rules = [{"ruleName": "daily", "targetVaultName": "daily", "lifecycle": lifecycle}]
    return construct("aws:backup/plan:Plan", "daily", name="daily", rules=rules)


def _sender(domain: str) -> Resource:
    return construct("aws:ses/domainIdentity:DomainIdentity", "mail", domain=domain)


def _on_upload(source: object) -> Resource:
    return construct("aws:cloudwatch/eventRule:EventRule", "uploads", eventPattern=json.dumps({"source": source}))


def _subscribed(values: object) -> Resource:
    topic, queue = (f"arn:aws:{service}:eu-west-1:{ACCOUNT}:orders" for service in ("sns", "sqs"))
    inputs = {"topic": topic, "protocol": "sqs", "endpoint": queue, "filterPolicy": json.dumps({"kind": values})}
    return construct("aws:sns/topicSubscription:TopicSubscription", "orders", **inputs)


def _served(target: str) -> Resource:
    behavior = {"targetOriginId": target, "viewerProtocolPolicy": "redirect-to-https"}
    origins = [{"originId": "site", "domainName": "site.acme.example"}]
    return construct(
        "aws:cloudfront/distribution:Distribution",
        "site",
        enabled=True,
        origins=origins,
        defaultCacheBehavior=behavior,
        restrictions={"geoRestriction": {"restrictionType": "none"}},
        viewerCertificate={"cloudfrontDefaultCertificate": True},
    )


def _placed(zone: str) -> Resource:
    inputs = {"vpcId": "vpc-0a1b2c3d", "cidrBlock": "10.0.1.0/24", "availabilityZone": zone, "region": "eu-west-1"}
    return construct("aws:ec2/subnet:Subnet", "web", **inputs)


ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"
SERVICE = allow("sts:AssumeRole", None, Principal={"Service": "s3.amazon.com"})

POLICY: Policy[Value | str | PolicyDocument] = Policy(
    id="aws-impossible-value",
    title="Value that its property cannot take",
    why=__doc__,
    severity=Severity.HIGH,
    generic=True,
    tags=[Tag.AWS, Tag.CORRECTNESS, Tag.DEPLOYMENT],
    fix="Pass the output that the property takes, such as `bucket.id` for a name and `role.arn` for an ARN, replace each placeholder, and pick a value that the message lists.",
    references=[
        "https://www.pulumi.com/docs/iac/concepts/inputs-outputs/",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html",
    ],
    bad=[
        example(bucket(), _block("arn:aws:s3:::acme-inbox"), path="bucket"),
        example(_policy(ROLE), path="role", note="a role's ARN for its name"),
        example(function(role="reader"), path="role", note="a role's name for its ARN"),
        example(
            granted(resource="arn:aws:s3:::{name}/*"),
            path="policy.Statement[0].Resource",
            note="an f-string without its `f`",
        ),
        example(
            granted(resource="arn:aws:sqs:eu-west-1:${AWS::AccountId}:jobs", action="sqs:SendMessage"),
            path="policy.Statement[0].Resource",
            note="a pseudo parameter outside of CloudFormation",
        ),
        example(role(SERVICE), path="assumeRolePolicy.Statement[0].Principal", note="a service that does not exist"),
        example(permission(action="lambda:InvokeFuntion"), path="action", note="an action that does not exist"),
        example(permission(sourceAccount="11112222333"), path="sourceAccount", note="an account id of eleven digits"),
        example(
            granted(Condition={"StringEquals": {"aws:RequestedRegion": "eu-central1"}}),
            path="policy.Statement[0].Condition.StringEquals.aws:RequestedRegion",
            note="a region that does not exist",
        ),
        example(_nightly("cron(0 3 * * *)"), path="scheduleExpression", note="a cron expression of five fields"),
        example(_kept(45), path="retentionInDays", note="a number that the property does not take"),
        example(_scaled(3, 2), path="minSize", note="a minimum above its maximum"),
        example(_archived(30, 90), path="rules[0].lifecycle.deleteAfter", note="a number too close to another one"),
        example(_sender("https://acme.example"), path="domain", note="a URL for a domain name"),
        example(_on_upload("aws.s3"), path="eventPattern", note="a field of an event pattern that is no list"),
        example(_subscribed("order"), path="filterPolicy", note="a field of a filter policy that is no list"),
        example(_served("web"), path="defaultCacheBehavior.targetOriginId", note="the id of no origin"),
        example(_placed("us-west-2a"), path="availabilityZone", note="a zone of another region"),
    ],
    good=[
        example(bucket(), _block("acme-inbox")),
        example(_policy("reader"), note="a role's name"),
        example(function(), note="a role's ARN"),
        example(_nightly("cron(0 3 * * ? *)"), note="six fields"),
        example(_kept(30), note="one of the numbers that the property takes"),
        example(_scaled(2, 3), note="a minimum below its maximum"),
        example(_archived(30, 120), note="90 days after the other one"),
        example(_sender("acme.example"), note="a domain name"),
        example(_on_upload(["aws.s3"]), note="a list of values"),
        example(_subscribed(["order"]), note="a list of values of a filter policy"),
        example(_served("site"), note="the id of an origin"),
        example(_placed("eu-west-1a"), note="a zone of the resource's region"),
        example(granted(resource="arn:aws:s3:::acme/${aws:username}/*"), note="a policy variable"),
        example(
            bucket_policy(allow(Principal={"Service": "logs.eu-west-1.amazonaws.com"})),
            note="a service's principal in one region",
        ),
        example(
            permission(function="arn:aws:lambda:eu-west-1:111122223333:function:read"),
            note="a property that takes both",
        ),
    ],
    subsumes=[
        "iam-linter-report",
        "s3-enabled-acls",
        "s3-missing-invoke-permission",
        *BY_CORRECTIONS,
    ],
    requires=["iam-malformed-document", "lambda-malformed-source-arn", "s3-malformed-notification"],
    reads=values,
    check=check,
)
