"""Whether an outsider's request can reach a thing at all, whatever its policy document says.

A domain of OpenSearch in a VPC has no endpoint outside. A private REST API has one only for VPC endpoints, anybody's
among them. Some kinds of bucket and access point have Block Public Access on for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from policypack.access.exposure.public import exposure
from policypack.access.solver.verdict import Answer, Verdict
from policypack.core.policy import Resource, Unknown
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind

DOMAINS = ("aws:opensearch/domain:Domain", "aws:elasticsearch/domain:Domain")
APIS = ("aws:apigateway/restApi:RestApi", "aws:apigateway/domainName:DomainName")

BLOCKED: Mapping[str, str] = {
    "aws:s3/directoryBucket:DirectoryBucket": "https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-overview.html",
    "aws:s3control/objectLambdaAccessPoint:ObjectLambdaAccessPoint": "https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-create.html",
    "aws:s3control/objectLambdaAccessPointPolicy:ObjectLambdaAccessPointPolicy": "https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-create.html",
    "aws:s3control/bucketPolicy:BucketPolicy": "https://docs.aws.amazon.com/AmazonS3/latest/s3-outposts/S3onOutposts.html",
    "aws:s3/vectorsVectorBucketPolicy:VectorsVectorBucketPolicy": "https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-access-management.html",
    "aws:fsx/s3AccessPointAttachment:S3AccessPointAttachment": "https://docs.aws.amazon.com/fsx/latest/OpenZFSGuide/s3-access-points.html",
}
"""By type, where AWS says that Block Public Access is always on for it."""
REFUSING: Mapping[str, str] = {
    "aws:dynamodb/resourcePolicy:ResourcePolicy": "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-bpa.html",
    "aws:efs/fileSystemPolicy:FileSystemPolicy": "https://docs.aws.amazon.com/efs/latest/ug/access-control-block-public-access.html",
}
"""By carrier, where AWS says that it refuses a public document."""
ON_REQUEST = {
    "aws:secretsmanager/secret:Secret": "blockPublicPolicy",
    "aws:secretsmanager/secretPolicy:SecretPolicy": "blockPublicPolicy",
}
"""By carrier, the property that has AWS refuse a public document."""
ALWAYS = Answer(Verdict.NOT_PUBLIC, "AWS blocks public access to it always, and refuses a public document")


def noting_refusal(answer: Answer, carrier: Resource) -> Answer:
    """The answer, with a word on it where AWS refuses the document: the update fails, so it is a breach all the same."""
    asked = str(carrier.inputs.get(ON_REQUEST.get(carrier.type, ""))).lower() == "true"
    if answer.verdict is not Verdict.PUBLIC or not (asked or carrier.type in REFUSING):
        return answer
    return msgspec.structs.replace(answer, why=f"{answer.why}; AWS refuses this document, so the update fails")


def reached(document: PolicyDocument, thing: Resource) -> tuple[Answer, str]:
    """Whom a document lets in of those who reach the thing, and the property that decides where it is undecided."""
    answer = exposure(document)
    if answer.verdict is Verdict.NOT_PUBLIC:
        return answer, ""
    if thing.type in DOMAINS:
        return _in_a_vpc(answer, thing.inputs.get("vpcOptions"))
    if thing.type in APIS:
        return _private(answer, document, thing)
    return answer, ""


def _in_a_vpc(answer: Answer, options: Any) -> tuple[Answer, str]:
    if isinstance(options, Unknown):
        return Answer(Verdict.UNDECIDED, f"whether the domain is in a VPC {options.why}, and decides"), "vpcOptions"
    if not options:
        return answer, ""
    why = "the domain is in a VPC, so its endpoint is not reached from the internet; its document lets in everybody who is in there"
    return Answer(Verdict.NOT_PUBLIC, why), ""


def _private(answer: Answer, document: PolicyDocument, api: Resource) -> tuple[Answer, str]:
    """Only requests through a VPC endpoint reach a private API: like a Deny of all others."""
    private = _is_private(api.inputs.get("endpointConfiguration"))
    if private is False:
        return answer, ""
    within = exposure(msgspec.structs.replace(document, statements=(*document.statements, _elsewhere())))
    if private:
        return within, ""
    if within.verdict is answer.verdict:
        return answer, ""
    return Answer(
        Verdict.UNDECIDED, "whether the API is private is not known yet, and decides"
    ), "endpointConfiguration"


def _is_private(configuration: Any) -> bool | None:
    if isinstance(configuration, Unknown):
        return None
    types = configuration.get("types") if isinstance(configuration, Mapping) else None
    if isinstance(types, Unknown):
        return None
    return "PRIVATE" in (types if isinstance(types, list) else [types])


@cache
def _elsewhere() -> Statement:
    """Denies what comes through no VPC endpoint."""
    denial = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "*",
        "Resource": "*",
        "Condition": {"Null": {"aws:SourceVpce": "true"}},
    }
    document = {"Version": "2012-10-17", "Statement": [denial]}
    return parse(document, DocumentKind.RESOURCE, APIS[0]).statements[0]
