"""AWS refuses a policy document that breaks the grammar, during an update that has already changed other resources.

Worse is a document that AWS accepts and interprets differently: a repeated key of which JSON keeps only the last, an
`Output` that was formatted into the text, or the policy language of 2008 because `Version` is missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from policypack.access.solver.corrections import BY_CORRECTIONS
from policypack.core.examples import allow, bucket_policy, document, example, reported_at, role, role_policy
from policypack.core.policy import Policy, Resource, Severity, Violation
from policypack.core.tags import Tag
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import documents
from policypack.iam.grammar import STRINGIFIED_OUTPUT
from policypack.iam.tables import DocumentKind

IAM_QUOTAS = {
    "aws:iam/policy:Policy": 6144,
    "aws:iam/userPolicy:UserPolicy": 2048,
    "aws:iam/groupPolicy:GroupPolicy": 5120,
    "aws:iam/rolePolicy:RolePolicy": 10240,
    "aws:iam/role:Role": 10240,
}
"""Characters without white space that a managed policy, or all inline ones together, may have."""
TRUST_QUOTA = 2048
"""Characters of a trust policy, unless the account's quota is raised."""
RESOURCE_QUOTAS = {
    "aws:s3/bucket": 20 * 1024,
    "aws:kms/": 32 * 1024,
    "aws:secretsmanager/": 20 * 1024,
    "aws:ec2/vpcEndpoint": 20 * 1024,
}


def check(document: PolicyDocument) -> Iterator[Violation]:
    """Yields what AWS refuses or misreads, formatted `Output`s, and a size that AWS refuses."""
    formatted = [] if isinstance(document.source, str) else [*_stringified(document.source)]
    for path, message in document.problems:
        if path not in formatted:
            yield Violation(path, message, voids=True)
    for path, message in document.warnings:
        yield Violation(path, message)
    for path in formatted:
        yield Violation(path, "holds an `Output` that was formatted into the text, not its value", voids=True)
    quota = _quota(document)
    if quota is not None and document.exceeds(quota):
        yield Violation("", f"is {document.size} characters long without white space; AWS takes {quota}", excuses=False)


def _stringified(raw: Mapping[str, Any]) -> Iterator[str]:
    text = repr(raw)
    if not any(trace in text for trace in STRINGIFIED_OUTPUT):
        return
    waiting: list[tuple[str, Any]] = [(name, value) for name, value in reversed(list(raw.items()))]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            if any(trace in value for trace in STRINGIFIED_OUTPUT):
                yield path
        elif isinstance(value, Mapping):
            waiting += [(f"{path}.{name}", inner) for name, inner in reversed(list(value.items()))]
        elif isinstance(value, list):
            waiting += [(f"{path}[{index}]", inner) for index, inner in reversed(list(enumerate(value)))]


def _quota(document: PolicyDocument) -> int | None:
    if document.kind is DocumentKind.TRUST:
        return TRUST_QUOTA
    if document.type in IAM_QUOTAS:
        return IAM_QUOTAS[document.type]
    return next((quota for start, quota in RESOURCE_QUOTAS.items() if document.type.startswith(start)), None)


OUTPUT = "<pulumi.output.Output object at 0x7f3a1c0b2d90>"
PARTNER = {"AWS": "111122223333"}


def _bucket_policy(text: str) -> Resource:
    return Resource("aws:s3/bucketPolicy:BucketPolicy", "inbox", {"bucket": "inbox", "policy": text})


POLICY = Policy(
    id="iam-malformed-document",
    title="Policy document that AWS refuses or misreads",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.IAM, Tag.DEPLOYMENT, Tag.CORRECTNESS],
    fix="Correct what the message names. A document that is built as a mapping of known names and encoded once, with `json.dumps` or `pulumi.Output.json_dumps`, is valid JSON.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html",
        "https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html",
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html",
        "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html",
        "https://www.pulumi.com/docs/iac/concepts/inputs-outputs/",
    ],
    bad=reported_at(
        "policy",
        example(_bucket_policy(json.dumps(document(allow(resource=f"{OUTPUT}/*", Principal=PARTNER))))),
        example(
            bucket_policy(allow(resource=f"{OUTPUT}/*", Principal=PARTNER)),
            path="policy.Statement[0].Resource",
            note="the same in a mapping",
        ),
        example(_bucket_policy(json.dumps(json.dumps(document(allow(Principal=PARTNER))))), note="encoded twice"),
        example(
            _bucket_policy('{"Version": "2012-10-17", "Statement": [], "Statement": []}'),
            path=["policy", "policy.Statement"],
            note="a key that JSON keeps only once",
        ),
        example(
            role_policy({**allow(), "Effect": "allow"}),
            path="policy.Statement[0].Effect",
            note="names and effects are case-sensitive",
        ),
        example(
            role_policy({**allow(), "Principal": "*"}),
            path="policy.Statement[0].Principal",
            note="a principal in an identity-based document",
        ),
        example(
            bucket_policy(allow()), path="policy.Statement[0].Principal", note="a bucket policy without a principal"
        ),
        example(
            role_policy(allow("s3.GetObject")),
            path="policy.Statement[0].Action",
            note="a dot instead of the colon",
        ),
        example(
            role_policy(allow(resource="arn:aws:s3:eu-west-1::inbox/*")),
            path="policy.Statement[0].Resource",
            note="a region in the ARN of a bucket",
        ),
        example(
            role(allow("sts:AsumeRole", None, Principal={"Service": "lambda.amazonaws.com"})),
            path="assumeRolePolicy.Statement[0].Action",
            note="a trust policy with a misspelled action",
        ),
        example(
            bucket_policy(allow(Principal={"AWS": "arn:aws:iam::111122223333:role/*"})),
            path="policy.Statement[0].Principal.AWS",
            note="a wildcard in a principal",
        ),
    ),
    good=[
        example(_bucket_policy(json.dumps(document(allow(Principal=PARTNER))))),
        example(bucket_policy(allow(Principal=PARTNER)), note="a mapping"),
        example(
            Resource(
                "aws:s3/bucketPolicy:BucketPolicy",
                "inbox",
                {"bucket": "inbox", "policy": {"Version": "2012-10-17", "Statement": allow(Principal=PARTNER)}},
            ),
            note="one statement without a list",
        ),
        example(bucket_policy(allow(Principal=PARTNER, Sid="the Output of a job")), note="a harmless word"),
        example(
            role_policy(allow("S3:getObject", "arn:aws:s3:*:*:accesspoint/${aws:PrincipalTag/team}/*")),
            note="wildcards, policy variables and the case of an action",
        ),
    ],
    subsumes=BY_CORRECTIONS,
    reads=documents("Statement", "Effect"),
    check=check,
)
