import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions


class LogBucket(ComponentResource):
    """Where a load balancer's access logs go."""

    def __init__(self, name, *, days, opts=None):
        super().__init__("acme:logs:LogBucket", name, None, opts)
        mine = ResourceOptions(parent=self)
        self.bucket = aws.s3.Bucket(f"{name}-logs", opts=mine)
        self.block = aws.s3.BucketPublicAccessBlock(
            f"{name}-logs",
            aws.s3.BucketPublicAccessBlockArgs(
                bucket=self.bucket.id,
                block_public_acls=True,
                block_public_policy=True,
                ignore_public_acls=True,
                restrict_public_buckets=True,
            ),
            opts=mine,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-logs",
            bucket=self.bucket.id,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=mine,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-logs",
            bucket=self.bucket.id,
            rules=[{"id": "expire", "status": "Enabled", "filter": {}, "expiration": {"days": days}}],
            opts=mine,
        )
        account = aws.get_caller_identity_output().account_id
        self.policy = aws.s3.BucketPolicy(
            f"{name}-logs",
            bucket=self.bucket.id,
            policy=Output.all(bucket=self.bucket.arn, account=account).apply(lambda known: self.document(**known)),
            opts=ResourceOptions.merge(mine, ResourceOptions(depends_on=self.block)),
        )
        self.register_outputs({"bucket": self.bucket.bucket})

    @staticmethod
    def document(bucket, account):
        return {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Delivery",
                    "Effect": "Allow",
                    "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
                    "Action": "s3:PutObject",
                    "Resource": f"{bucket}/AWSLogs/{account}/*",
                    "Condition": {
                        "ArnLike": {
                            "aws:SourceArn": f"arn:aws:elasticloadbalancing:eu-central-1:{account}:loadbalancer/*"
                        },
                        "StringEquals": {"aws:SourceAccount": account},
                    },
                },
                {
                    "Sid": "TlsOnly",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [bucket, f"{bucket}/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
            ],
        }
