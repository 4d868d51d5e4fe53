"""`ForAllValues` and `IfExists` also match a request that has no value for the condition key, so an Allow statement allows it.

A caller who is in no organization has no organization path, so the condition that all of its paths are yours is true.
An access key never sends whether MFA was used, so `BoolIfExists` on `aws:MultiFactorAuthPresent` lets it in.
`ForAnyValue`, the operator without `IfExists`, or a second condition that requires the key to be present, expresses what was meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.core.examples import allow, bucket_policy, deny, example, granted, role_policy
from policypack.core.policy import Policy, Resource, Severity, Violation
from policypack.core.tags import Tag
from policypack.iam.condition_problems import matching_without_key
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import documents


def check(document: PolicyDocument) -> Iterator[Violation]:
    for condition in matching_without_key(document):
        operator = condition.qualifier or f"{condition.operator}IfExists"
        clause = f"`{operator}` on `{condition.key}` also matches requests without the key, so they are allowed"
        yield Violation(condition.path, clause)


PATHS = {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"}


def _bucket_policy(**condition: Any) -> Resource:
    return bucket_policy(allow(Principal="*", Condition=condition))


POLICY = Policy(
    id="iam-absent-key-allowed",
    title="Allow statement also matches requests without its condition key",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.IAM, Tag.CORRECTNESS, Tag.LEAST_PRIVILEGE],
    fix='Write `ForAnyValue`, or the operator without `IfExists`, or add `"Null": {KEY: "false"}` to the condition.',
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
    ],
    bad=[
        example(
            _bucket_policy(**{"ForAllValues:StringLike": PATHS}),
            path="policy.Statement[0].Condition.ForAllValues:StringLike.aws:PrincipalOrgPaths",
        ),
        example(
            granted("s3:GetObject", Condition={"forallvalues:stringequals": {"AWS:CalledVia": "athena.amazonaws.com"}}),
            path="policy.Statement[0].Condition.forallvalues:stringequals.AWS:CalledVia",
            note="upper and lower case make no difference",
        ),
        example(
            _bucket_policy(**{"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
            path="policy.Statement[0].Condition.ForAllValues:StringEquals.aws:PrincipalOrgID",
            note="a key with a single value",
        ),
        example(
            granted("s3:DeleteObject", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}),
            path="policy.Statement[0].Condition.BoolIfExists.aws:MultiFactorAuthPresent",
            note="an access key sends no such key",
        ),
    ],
    good=[
        example(_bucket_policy(**{"ForAnyValue:StringLike": PATHS})),
        example(
            _bucket_policy(**{"ForAllValues:StringLike": PATHS, "Null": {"aws:PrincipalOrgPaths": "false"}}),
            note="a second condition that requires the key",
        ),
        example(role_policy(deny("*", "*", Condition={"ForAllValues:StringLike": PATHS})), note="a Deny statement"),
        example(
            granted("ec2:CreateTags", "*", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}),
            note="a key whose absence grants nothing",
        ),
        example(
            granted("ec2:RunInstances", "*", Condition={"StringEqualsIfExists": {"ec2:InstanceType": "t4g.micro"}}),
            note="a key that only one of the resources has",
        ),
    ],
    requires=["iam-malformed-document"],
    reads=documents(),
    check=check,
)
