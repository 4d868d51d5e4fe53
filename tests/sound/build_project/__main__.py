"""A CodeBuild project that keeps its artefacts in a bucket."""
import pulumi
import pulumi_aws as aws
from documents import Document, Statement
from pulumi import Config, Output, export

source = Config().get("source") or "https://github.com/acme/tool.git"
me = aws.get_caller_identity_output()

artefacts = aws.s3.Bucket("artefacts", tags={"purpose": "builds"})
aws.s3.BucketPublicAccessBlock(
    "artefacts",
    bucket=artefacts.id,
    block_public_acls=True,
    block_public_policy=True,
    ignore_public_acls=True,
    restrict_public_buckets=True,
)
aws.s3.BucketServerSideEncryptionConfiguration(
    "artefacts",
    bucket=artefacts.id,
    rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms"}, "bucket_key_enabled": True}],
)
aws.s3.BucketPolicy(
    "artefacts",
    bucket=artefacts.id,
    policy=Document(
        Statement.deny("s3:*", on=[artefacts.arn, Output.concat(artefacts.arn, "/*")], to="*").when(
            "Bool", "aws:SecureTransport", "false"
        )
    ).text,
)

logs = aws.cloudwatch.LogGroup("tool", name="/codebuild/tool", retention_in_days=60)

builder = aws.iam.Role(
    "builder",
    description="Builds the tool",
    assume_role_policy=Document(
        Statement.allow("sts:AssumeRole", to={"Service": "codebuild.amazonaws.com"}).when(
            "StringEquals", "aws:SourceAccount", me.account_id
        )
    ).text,
    inline_policies=[
        {
            "name": "build",
            "policy": Document(
                Statement.allow("s3:PutObject", "s3:GetObject", on=[Output.concat(artefacts.arn, "/tool/*")]),
                Statement.allow(
                    "logs:CreateLogStream", "logs:PutLogEvents", on=[Output.concat(logs.arn, ":*")]
                ),
            ).text,
        }
    ],
)

project = aws.codebuild.Project(
    "tool",
    service_role=builder.arn,
    source={"type": "GITHUB", "location": source, "git_clone_depth": 1},
    artifacts={"type": "S3", "location": artefacts.bucket, "path": "tool", "packaging": "ZIP"},
    environment={
        "compute_type": "BUILD_GENERAL1_SMALL",
        "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
        "type": "LINUX_CONTAINER",
    },
    logs_config={"cloudwatch_logs": {"group_name": logs.name}},
)
export("project", project.name)
