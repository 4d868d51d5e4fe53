"""An identity that may list a bucket without a prefix can read the name of every object in it.

Names reveal customers, dates and deleted objects. With `s3:ListBucket` a reader of one folder also learns what to
request in all others. A condition on `s3:prefix` limits a workload to its own part of the bucket.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.examples import allow, bucket_policy, deny, example, granted, reported_at, role_policy
from policypack.core.policy import Policy, Severity, Undecided, Violation
from policypack.core.tags import Tag
from policypack.iam.actions import concerns, expand
from policypack.iam.condition_keys import narrows
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.document_readers import IDENTITY, RESOURCE, documents
from policypack.iam.globs import covers, everything

LISTS = ("s3:ListBucket", "s3:ListBucketVersions")


def check(document: PolicyDocument) -> Iterator[Violation | Undecided]:
    for statement in document.statements:
        listed = [name for name in LISTS if statement.allows and concerns(statement, name)]
        if not listed or _limited(statement) or _services_only(statement):
            continue
        (action,) = expand(listed[0])
        resources = ("*",) if statement.resources is None else statement.resources
        places = [resource for resource in resources if action.fits(resource)]
        if statement.resources is not None and not places:
            if "Resource" in statement.unknown:
                yield Undecided(statement.at("Resource"))
        elif "Condition" in statement.unknown:
            yield Undecided(statement.at("Condition"))
        elif not all(any(_denies_the_rest(other, place) for other in document.statements) for place in places):
            message = (
                f"allows `{listed[0]}` without a condition on `s3:prefix`, so every name in the bucket can be read"
            )
            yield Violation(statement.at("NotAction" if statement.actions is None else "Action"), message)


def _limited(statement: Statement) -> bool:
    """Whether a condition keeps the listing to part of the bucket. The empty prefix is all of it, or its top folders."""
    by_folder = any(condition.name == "s3:delimiter" and narrows(condition) for condition in statement.conditions)
    prefixes = (condition for condition in statement.conditions if condition.name == "s3:prefix" and narrows(condition))
    return any(by_folder or "" not in condition.values for condition in prefixes)


def _services_only(statement: Statement) -> bool:
    """Whether only AWS services are allowed, such as AWS Config, which lists its delivery bucket to find it."""
    principals = statement.principals or ()
    return bool(principals) and all(principal.type == "Service" for principal in principals)


def _denies_the_rest(statement: Statement, place: str) -> bool:
    """Whether this denies every other prefix, which has the same effect as a condition."""
    if statement.allows or not all(concerns(statement, name) for name in LISTS) or len(statement.conditions) != 1:
        return False
    (condition,) = statement.conditions
    prefixes = condition.negated and condition.name == "s3:prefix" and not condition.qualifier
    limits = prefixes and "" not in condition.values and not any(map(everything, condition.values))
    return limits and any(covers(resource, place) for resource in statement.resources or ())


BUCKET = "arn:aws:s3:::inbox"


POLICY = Policy(
    id="iam-unscoped-list",
    title="Policy document allows listing a whole bucket",
    why=__doc__,
    severity=Severity.MEDIUM,
    tags=[Tag.IAM, Tag.LEAST_PRIVILEGE],
    fix="Add a condition such as `StringLike` on `s3:prefix` with the prefixes that the workload lists, or remove the action.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/walkthrough1.html",
    ],
    bad=reported_at(
        "policy.Statement[0].Action",
        example(granted("s3:ListBucket", BUCKET)),
        example(granted("s3:List*", [BUCKET, f"{BUCKET}/*"]), note="by a wildcard"),
        example(
            granted("s3:ListBucket", BUCKET, Condition={"StringLike": {"s3:prefix": "*"}}),
            note="a prefix that matches everything",
        ),
        example(
            granted("s3:ListBucket", BUCKET, Condition={"StringEqualsIfExists": {"s3:prefix": "in/"}}),
            note="a condition that matches requests without a prefix",
        ),
        example(
            bucket_policy(allow("s3:ListBucketVersions", BUCKET, Principal={"AWS": "111122223333"})),
            note="object versions",
        ),
    ),
    good=[
        example(granted("s3:ListBucket", BUCKET, Condition={"StringLike": {"s3:prefix": "in/*"}})),
        example(
            granted(
                "s3:ListBucket", BUCKET, Condition={"StringEquals": {"s3:prefix": ["", "in/"], "s3:delimiter": "/"}}
            ),
            note="the top of the bucket, one level deep",
        ),
        example(
            role_policy(
                allow("s3:ListBucket", BUCKET),
                deny("s3:List*", "*", Condition={"StringNotLike": {"s3:prefix": "in/*"}}),
            ),
            note="a denial of every other prefix",
        ),
        example(granted("s3:ListAllMyBuckets", "*"), note="the list of buckets, which has no prefix"),
    ],
    requires=["iam-malformed-document"],
    reads=documents("Action", "NotAction", kinds=IDENTITY + RESOURCE, granting=True),
    check=check,
)
