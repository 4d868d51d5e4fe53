"""Every night a report is written."""

import asyncio

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions


async def main() -> None:
    identity = await aws.get_caller_identity_output().future()
    account = identity.account_id

    bucket = aws.s3.Bucket("reports", force_destroy=False)
    aws.s3.BucketPublicAccessBlock(
        "reports",
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=ResourceOptions(parent=bucket),
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        "reports",
        bucket=bucket.bucket,
        rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms"}}],
        opts=ResourceOptions(parent=bucket),
    )
    aws.s3.BucketPolicy(
        "reports",
        bucket=bucket.bucket,
        policy=Output.format(
            """{{
              "Version": "2012-10-17",
              "Statement": [{{
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": ["{0}", "{0}/*"],
                "Condition": {{"Bool": {{"aws:SecureTransport": "false"}}}}
              }}]
            }}""",
            bucket.arn,
        ),
        opts=ResourceOptions(parent=bucket),
    )

    logs = aws.cloudwatch.LogGroup("report", retention_in_days=14)
    role = aws.iam.Role("report", assume_role_policy=trust("lambda.amazonaws.com", account))
    rights = aws.iam.RolePolicy(
        "report",
        role=role.id,
        policy=Output.json_dumps(
            document(
                allow("s3:PutObject", Output.concat(bucket.arn, "/reports/*")),
                allow(["logs:CreateLogStream", "logs:PutLogEvents"], Output.concat(logs.arn, ":*")),
            )
        ),
    )
    function = aws.lambda_.Function(
        "report",
        runtime="python3.13",
        handler="main.run",
        role=role.arn,
        code=pulumi.FileArchive("report"),
        environment={"variables": {"BUCKET": bucket.bucket}},
        logging_config={"log_format": "Text", "log_group": logs.name},
        opts=ResourceOptions(depends_on=[rights]),
    )

    caller = aws.iam.Role("schedule", assume_role_policy=trust("scheduler.amazonaws.com", account))
    aws.iam.RolePolicy(
        "schedule",
        role=caller.id,
        policy=Output.json_dumps(document(allow("lambda:InvokeFunction", function.arn))),
    )
    aws.scheduler.Schedule(
        "report",
        schedule_expression="cron(15 2 * * ? *)",
        schedule_expression_timezone="Europe/Stockholm",
        flexible_time_window={"mode": "FLEXIBLE", "maximum_window_in_minutes": 15},
        target={"arn": function.arn, "role_arn": caller.arn, "retry_policy": {"maximum_retry_attempts": 3}},
    )


def trust(service: str, account: str) -> dict:
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        }
    )


def allow(action, resource) -> dict:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def document(*statements: dict) -> dict:
    return {"Version": "2012-10-17", "Statement": list(statements)}


asyncio.get_event_loop().create_task(main())
