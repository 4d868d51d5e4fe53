"""Whether an outsider's request can reach a resource at all, whatever its policy document allows.

An OpenSearch domain in a VPC has no public endpoint. A private REST API is reachable only through VPC endpoints, those of
other accounts included. Some kinds of bucket and access point always have Block Public Access on.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from policypack.access.exposure.exposure import Exposure
from policypack.access.exposure.public import exposure
from policypack.access.solver.verdict import Answer, Verdict
from policypack.core.policy import Resource, Unknown
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.document_readers import value_at
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
"""By type, the source that Block Public Access is always on for it."""
REFUSING: Mapping[str, str] = {
    "aws:dynamodb/resourcePolicy:ResourcePolicy": "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-bpa.html",
    "aws:efs/fileSystemPolicy:FileSystemPolicy": "https://docs.aws.amazon.com/efs/latest/ug/access-control-block-public-access.html",
}
"""By carrier, the source that AWS refuses a public document."""
ON_REQUEST = {
    "aws:secretsmanager/secret:Secret": "blockPublicPolicy",
    "aws:secretsmanager/secretPolicy:SecretPolicy": "blockPublicPolicy",
}
"""By carrier, the property that makes AWS refuse a public document."""
ALWAYS = Answer(Verdict.NOT_PUBLIC, "AWS blocks public access to it always, and refuses a public document")


def noting_refusal(exposure: Exposure) -> Exposure:
    """The exposure, with a note if AWS refuses the document, so that the update fails."""
    carrier, answer = exposure.by, exposure.answer
    switch = ON_REQUEST.get(carrier.type, "")
    refuses = str(carrier.inputs.get(switch)).lower() == "true"
    if answer.verdict is not Verdict.PUBLIC or not (refuses or carrier.type in REFUSING):
        return exposure
    noted = msgspec.structs.replace(answer, why=f"{answer.why}; AWS refuses this document, so the update fails")
    guard = f"`{switch}` of `{carrier.name}`" if refuses else "AWS"
    return msgspec.structs.replace(exposure, answer=noted, guard=guard)


def reached(document: PolicyDocument, resource: Resource) -> tuple[Answer, str]:
    """The verdict on a document for callers that reach the resource, and the property that decides if it is undecided."""
    answer = exposure(document)
    if answer.verdict is Verdict.NOT_PUBLIC:
        return answer, ""
    options = domain_network(resource)
    if isinstance(options, Unknown):
        return Answer(Verdict.UNDECIDED, f"whether the domain is in a VPC {options.why}, and decides"), "vpcOptions"
    if options:
        why = "the domain is in a VPC, so the internet does not reach its endpoint; its document allows everyone in the VPC"
        return Answer(Verdict.NOT_PUBLIC, why), ""
    return _private(answer, document, resource) if resource.type in APIS else (answer, "")


def domain_network(resource: Resource) -> Any:
    """The `vpcOptions` of an OpenSearch domain, known or not; None for a domain on the internet and any other resource.

    Security groups decide who reaches a domain in a VPC. Source:
    https://docs.aws.amazon.com/opensearch-service/latest/developerguide/vpc.html#vpc-security.
    """
    return (resource.inputs.get("vpcOptions") or None) if resource.type in DOMAINS else None


def _private(answer: Answer, document: PolicyDocument, api: Resource) -> tuple[Answer, str]:
    """Only requests through a VPC endpoint reach a private API, as if a Deny statement matched all others."""
    types = value_at(api.inputs, "endpointConfiguration.types")
    if not isinstance(types, Unknown) and "PRIVATE" not in (types if isinstance(types, list) else [types]):
        return answer, ""
    private = exposure(msgspec.structs.replace(document, statements=(*document.statements, _through_no_endpoint())))
    if not isinstance(types, Unknown):
        return private, ""
    if private.verdict is answer.verdict:
        return answer, ""
    why = "whether the API is private is not known yet, and decides"
    return Answer(Verdict.UNDECIDED, why), "endpointConfiguration"


@cache
def _through_no_endpoint() -> Statement:
    """The Deny statement that matches requests without a VPC endpoint."""
    denial = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "*",
        "Resource": "*",
        "Condition": {"Null": {"aws:SourceVpce": "true"}},
    }
    document = {"Version": "2012-10-17", "Statement": [denial]}
    return parse(document, DocumentKind.RESOURCE, APIS[0]).statements[0]
