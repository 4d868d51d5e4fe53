"""The function: its role, its log group, its code, and the notification that invokes it."""

from __future__ import annotations

from pathlib import Path

import documents
import pulumi
import pulumi_aws as aws
from names import INCOMING, Names, bucket_arn

from stackguard.bundle import Bundle, CannotBundle, build

SOURCE = Path("../lambda_fn")
"""The function's folder, from the program's: its `pyproject.toml` states the runtime and the architecture."""

SUFFIXES = ("csv", "jsonl")
MEMORY_MB = 1024
TIMEOUT_SECONDS = 300


def create_role(names: Names, opts: pulumi.ResourceOptions) -> aws.iam.Role:
    """The execution role, which may do nothing yet."""
    return aws.iam.Role("role", name=names.role, assume_role_policy=documents.trust(names), opts=opts)


def create(
    names: Names, role: aws.iam.Role, key: aws.kms.Key, dead_letters: aws.sqs.Queue, opts: pulumi.ResourceOptions
) -> aws.lambda_.Function:
    """The function, after its permissions and its log group: else Lambda creates a log group that never expires."""
    grants = aws.iam.RolePolicy("role-policy", name=names.role, role=role.name, policy=documents.role(names), opts=opts)
    log_group = aws.cloudwatch.LogGroup(
        "logs",
        name=names.log_group,
        kms_key_id=key.arn,
        retention_in_days=names.settings.log_retention_days,
        opts=opts,
    )
    code = bundled()
    return aws.lambda_.Function(
        "function",
        name=names.function,
        role=role.arn,
        runtime=code.target.runtime,
        architectures=[code.target.architecture],
        handler=code.handler,
        code=pulumi.FileArchive(str(code.archive)),
        memory_size=MEMORY_MB,
        timeout=TIMEOUT_SECONDS,
        reserved_concurrent_executions=names.settings.reserved_concurrency,
        dead_letter_config={"target_arn": dead_letters.arn},
        environment={"variables": environment(names)},
        kms_key_arn=key.arn,
        logging_config={"log_format": "JSON", "log_group": log_group.name},
        tracing_config={"mode": "Active"},
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[grants])),
    )


def environment(names: Names) -> dict[str, str]:
    """What the handler reads from its environment."""
    return {
        "INGEST_PREFIX": INCOMING,
        "RESULTS_BUCKET": names.results_bucket,
        "POWERTOOLS_SERVICE_NAME": names.function,
    }


def bundled() -> Bundle:
    """The function as its lock and its code are now: from the cache where its dependencies have been installed once."""
    try:
        return build(SOURCE)
    except CannotBundle as error:
        raise pulumi.RunError(str(error)) from None


def trigger(
    names: Names, bucket: aws.s3.Bucket, function: aws.lambda_.Function, opts: pulumi.ResourceOptions
) -> aws.s3.BucketNotification:
    """The permission and then the notification: S3 tests the permission when it saves the notification."""
    permission = aws.lambda_.Permission(
        "invoke-permission",
        action="lambda:InvokeFunction",
        function=function.name,
        principal="s3.amazonaws.com",
        source_arn=bucket_arn(names.ingest_bucket),
        source_account=names.settings.account_id,  # an S3 ARN names no account, and a freed bucket name can be retaken
        opts=opts,
    )
    return aws.s3.BucketNotification(
        "notification",
        bucket=bucket.bucket,
        lambda_functions=[
            {
                "id": suffix,
                "lambda_function_arn": function.arn,
                "events": ["s3:ObjectCreated:*"],
                "filter_prefix": INCOMING,
                "filter_suffix": f".{suffix}",
            }
            for suffix in SUFFIXES
        ],
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[permission])),
    )
