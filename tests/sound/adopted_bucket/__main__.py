"""A bucket that was made by hand comes under Pulumi's care, and a topic reports its new objects."""

import json

import pulumi
import pulumi_aws as aws
from pulumi import Alias, ResourceOptions


def protect_what_holds_data(args: pulumi.ResourceTransformationArgs):
    if args.type_ == "aws:s3/bucket:Bucket":
        return pulumi.ResourceTransformationResult(
            props=args.props, opts=ResourceOptions.merge(args.opts, ResourceOptions(protect=True))
        )


pulumi.runtime.register_stack_transformation(protect_what_holds_data)

invoices = aws.s3.Bucket(
    "invoices", bucket="acme-invoices-111122223333", opts=ResourceOptions(import_="acme-invoices-111122223333")
)
aws.s3.BucketPublicAccessBlock(
    "invoices",
    bucket=invoices.id,
    block_public_acls=True,
    block_public_policy=True,
    ignore_public_acls=True,
    restrict_public_buckets=True,
)
aws.s3.BucketServerSideEncryptionConfiguration(
    "invoices",
    bucket=invoices.id,
    rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
    opts=ResourceOptions(delete_before_replace=True),
)
tls = {"Bool": {"aws:SecureTransport": "false"}}
aws.s3.BucketPolicy(
    "invoices",
    bucket=invoices.id,
    policy=pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [invoices.arn, invoices.arn.apply(lambda arn: arn + "/*")],
                "Condition": tls,
            },
        }
    ),
)

told = aws.sns.Topic(
    "new-invoices",
    kms_master_key_id="alias/invoices",
    opts=ResourceOptions(aliases=[Alias(name="invoice-topic"), "urn:pulumi:dev::old::aws:sns/topic:Topic::told"]),
)


def publishers(arns: "list[str]") -> str:
    topic, bucket = arns
    statement = dict(
        Sid="BucketPublishes",
        Effect="Allow",
        Principal=dict(Service="s3.amazonaws.com"),
        Action="sns:Publish",
        Resource=topic,
        Condition={
            "ArnLike": {"aws:SourceArn": bucket},
            "StringEquals": {"aws:SourceAccount": aws.get_caller_identity().account_id},
        },
    )
    return json.dumps(dict(Version="2012-10-17", Statement=[statement]))


policy = aws.sns.TopicPolicy("new-invoices", arn=told.arn, policy=pulumi.Output.all(told.arn, invoices.arn).apply(publishers))
aws.s3.BucketNotification(
    "invoices",
    bucket=invoices.id,
    topics=[{"topic_arn": told.arn, "events": ["s3:ObjectCreated:*"], "filter_suffix": ".pdf"}],
    opts=ResourceOptions(depends_on=[policy]),
)
