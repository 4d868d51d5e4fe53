"""Two buckets that replicate to each other: Pulumi does that, CloudFormation cannot."""

import json

import pulumi
import pulumi_aws as aws

role = aws.iam.Role(
    "replication",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    ),
)
left = aws.s3.Bucket("left", bucket="acme-left-4711")
right = aws.s3.Bucket("right", bucket="acme-right-4711")
for here, there in ((left, right), (right, left)):
    name = here._name
    versioning = aws.s3.BucketVersioning(name, bucket=here.id, versioning_configuration={"status": "Enabled"})
    aws.s3.BucketReplicationConfig(
        name,
        bucket=here.id,
        role=role.arn,
        rules=[{"id": "all", "status": "Enabled", "destination": {"bucket": there.arn}}],
        opts=pulumi.ResourceOptions(depends_on=[versioning]),
    )
