"""A program with violations, as it is when the gate arrives."""

import pulumi
import pulumi_aws as aws

tags = {"owner": "web", "stage": pulumi.get_stack()}
aws.s3.Bucket("uploads", bucket="acme-uploads", acl="public-read", tags=tags)
