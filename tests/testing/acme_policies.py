"""Policies as a company writes them: cards, and policies of the CrossGuard SDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pulumi_policy

from policypack.core.examples import bucket, example
from policypack.core.policy import Policy, Reading, Resource, Severity, Unknown, Violation


def owners(resource: Resource) -> Iterator[Reading[str]]:
    """The tag `owner` of a bucket."""
    if resource.type == "aws:s3/bucket:Bucket":
        tags = resource.inputs.get("tags") or {}
        yield "tags", tags if isinstance(tags, Unknown) else tags.get("owner", "")


def check(owner: str) -> Iterator[Violation]:
    if not owner:
        yield Violation("", "the bucket has no tag `owner`")


POLICY = Policy(
    id="acme-unowned-bucket",
    title="Bucket has no owner",
    why="An incident needs somebody to call. Without the tag nobody is.",
    severity=Severity.MEDIUM,
    tags=["acme"],
    fix="Add the tag `owner` with the name of a team.",
    references=["https://wiki.acme.example/tags"],
    bad=[example(bucket())],
    good=[example(bucket(tags={"owner": "web"}))],
    reads=owners,
    check=check,
)


def no_public_read(args: pulumi_policy.ResourceValidationArgs, report: pulumi_policy.ReportViolation) -> None:
    if args.resource_type == "aws:s3/bucket:Bucket" and args.props.get("acl") == "public-read":
        report(f"{args.name} is public", None)


def within_size(args: pulumi_policy.ResourceValidationArgs, report: pulumi_policy.ReportViolation) -> None:
    size: Any = args.props.get("size", 0)
    if size > args.get_config()["largest"]:
        report(f"{args.name} has {size} GB", None)


def one_bucket(args: pulumi_policy.StackValidationArgs, report: pulumi_policy.ReportViolation) -> None:
    buckets = [resource for resource in args.resources if resource.resource_type == "aws:s3/bucket:Bucket"]
    for extra in buckets[1:]:
        report(f"{extra.props['bucket']} is one too many", extra.urn)


def quotes_password(args: pulumi_policy.ResourceValidationArgs, report: pulumi_policy.ReportViolation) -> None:
    if args.props["password"].startswith("hunter"):
        report(f"weak password {args.props['password']}", None)


NO_PUBLIC_READ = pulumi_policy.ResourceValidationPolicy("no-public-read", "Buckets are private.", no_public_read)
WITHIN_SIZE = pulumi_policy.ResourceValidationPolicy(
    "within-size",
    "Volumes are small.",
    within_size,
    config_schema=pulumi_policy.PolicyConfigSchema({"largest": {"type": "number", "default": 100}}),
)
ONE_BUCKET = pulumi_policy.StackValidationPolicy("one-bucket", "There is one bucket.", one_bucket)
QUOTES_PASSWORD = pulumi_policy.ResourceValidationPolicy("weak-password", "Passwords are strong.", quotes_password)
