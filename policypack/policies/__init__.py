"""Every policy, in reading order. A new policy is a module named after its id, and one line here."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from policypack.core.policy import Policy

IDS = (
    "pulumi-unknown-value",
    "pulumi-unseen-component",
    "pulumi-unseen-resource",
    "aws-unpinned-region",
    "aws-foreign-region",
    "aws-unused-provider",
    "aws-unknown-argument",
    "aws-contested-resource",
    "aws-public-share",
    "iam-malformed-document",
    "iam-linter-report",
    "iam-unknown-action",
    "iam-mismatched-resource",
    "iam-ineffective-condition",
    "iam-absent-key-allowed",
    "iam-administrator-access",
    "iam-wildcard-action",
    "iam-wildcard-resource",
    "iam-unscoped-list",
    "iam-pass-role-anywhere",
    "iam-privilege-escalation",
    "iam-open-trust",
    "iam-public-policy",
    "iam-confused-deputy",
    "iam-open-address",
    "iam-invalid-address",
    "iam-lockout-deny",
    "iam-untrusted-account",
    "iam-untrusted-address",
    "s3-missing-access-block",
    "s3-open-access-block",
    "s3-public-acl",
    "s3-plaintext-transport",
    "s3-missing-encryption",
    "s3-malformed-notification",
    "s3-overlapping-notification",
    "s3-missing-invoke-permission",
    "s3-early-notification",
    "s3-notification-loop",
    "lambda-malformed-source-arn",
    "lambda-foreign-bucket",
    "lambda-confused-deputy",
    "lambda-redundant-source-account",
    "lambda-public-invoke",
    "lambda-early-return",
    "lambda-missing-handler",
    "lambda-missing-module",
    "lambda-foreign-binary",
    "lambda-secret-in-archive",
    "lambda-oversized-archive",
    "lambda-missing-permission",
    "lambda-unused-permission",
    "sqs-missing-encryption",
    "sns-missing-encryption",
    "logs-missing-retention",
)

POLICIES: tuple[Policy[Any], ...] = tuple(
    import_module(f"{__name__}.{policy_id.replace('-', '_')}").POLICY for policy_id in IDS
)
