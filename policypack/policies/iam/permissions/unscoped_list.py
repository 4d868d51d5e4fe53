"""An identity that may list a bucket without a prefix can read the name of every object in it.

Names reveal customers, dates and deleted objects. With `s3:ListBucket` a reader of one folder also learns what to
request in all others. A condition on `s3:prefix` limits a workload to its own part of the bucket. A service that uses a
role with its own code, such as Firehose, needs all of the bucket that it delivers to, so a bucket that its role names is
not reported, unless a resource of the stack runs its owner's code with that role: a job of Glue, a build of CodeBuild,
a notebook or training job of SageMaker. Nor is a bucket to which a deployment synchronizes: its role, which no service assumes, may write every
object of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from policypack.access.bucket_listing import (
    LISTS,
    Listing,
    denies_the_rest,
    limited_to_a_part,
    listings,
    services_only,
    why_unlimited,
)
from policypack.core.examples import (
    allow,
    bucket_policy,
    construct,
    deny,
    document,
    example,
    granted,
    reported_at,
    role_policy,
)
from policypack.core.policy import Policy, Resource, Severity, Undecided, Violation
from policypack.core.tags import Tag
from policypack.iam.actions import concerns, expand
from policypack.resources.tokens import ROLE


def check(listing: Listing) -> Iterator[Violation | Undecided]:
    for statement in listing.document.statements:
        listed = [name for name in LISTS if statement.allows and concerns(statement, name)]
        if not listed or limited_to_a_part(statement) or services_only(statement):
            continue
        (action,) = expand(listed[0])
        resources = ("*",) if statement.resources is None else statement.resources
        places = [resource for resource in resources if action.fits(resource)]
        if statement.resources is not None and not places:
            if "Resource" in statement.unknown:
                yield Undecided(statement.at("Resource"))
        elif "Condition" in statement.unknown:
            yield Undecided(statement.at("Condition"))
        elif not all(
            listing.may_list_all_of(place)
            or any(denies_the_rest(other, place) for other in listing.document.statements)
            for place in places
        ):
            element = "NotAction" if statement.actions is None else "Action"
            written = {pattern.lower() for pattern in statement.actions or ()}
            named = [name for name in listed if name.lower() in written]
            facts = tuple(listed) if named and named != listed else None
            for name in named if named == listed else listed[:1]:
                message = f"allows `{name}` {why_unlimited(statement)}, so every name in the bucket can be read"
                yield Violation(statement.at(element), message, facts=facts)


BUCKET = "arn:aws:s3:::inbox"


def _used_by(service: str, action: str, resource: str) -> Resource:
    """A role that a service uses, with an inline policy."""
    return _role({"Service": f"{service}.amazonaws.com"}, allow(action, resource))


def _role(principal: Mapping[str, str], *statements: Mapping[str, Any]) -> Resource:
    trust = allow("sts:AssumeRole", None, Principal=principal)
    policies = [{"name": "list", "policy": json.dumps(document(*statements))}]
    return construct(ROLE, "deliver", name="deliver", assumeRolePolicy=document(trust), inlinePolicies=policies)


GLUE = _used_by("glue", "s3:ListBucket", BUCKET)

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
        "https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html",
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
            granted("s3:ListBucket", BUCKET, Condition={"StringLike": {"s3:prefix": ["", "in/*"]}}),
            note="the empty prefix, which lists everything",
        ),
        example(
            granted("s3:ListBucket", BUCKET, Condition={"StringEqualsIfExists": {"s3:prefix": "in/"}}),
            note="a condition that matches requests without a prefix",
        ),
        example(
            bucket_policy(allow("s3:ListBucketVersions", BUCKET, Principal={"AWS": "111122223333"})),
            note="object versions",
        ),
    )
    + reported_at(
        "inlinePolicies[0].policy.Statement[0].Action",
        example(_used_by("ec2", "s3:ListBucket", BUCKET), note="a role for the code of an instance"),
        example(_used_by("firehose", "s3:ListBucket", "*"), note="every bucket"),
        example(
            GLUE,
            construct(
                "aws:glue/job:Job",
                "nightly",
                roleArn="arn:aws:iam::111122223333:role/deliver",
                command={"scriptLocation": "s3://jobs/etl.py"},
            ),
            note="a role of Glue with which a job runs a script of the stack's owner",
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
        example(_used_by("firehose", "s3:ListBucket", BUCKET), note="the bucket that a service delivers to"),
        example(
            GLUE,
            construct("aws:glue/crawler:Crawler", "inbox", role="deliver", databaseName="inbox"),
            note="the bucket that a crawler, whose code is AWS's, goes through",
        ),
        example(
            _role(
                {"AWS": "arn:aws:iam::111122223333:role/ci"},
                allow("s3:ListBucket", BUCKET),
                allow("s3:PutObject", f"{BUCKET}/*"),
            ),
            note="the bucket to which a deployment synchronizes",
        ),
        example(granted("s3:ListAllMyBuckets", "*"), note="the list of buckets, which has no prefix"),
    ],
    requires=["iam-malformed-document"],
    reads=listings,
    check=check,
)
