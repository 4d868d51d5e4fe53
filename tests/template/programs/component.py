"""Buckets by a component, with default tags of an explicit provider."""

import pulumi
import pulumi_aws as aws


class Vault(pulumi.ComponentResource):
    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("acme:storage:Vault", name, None, opts)
        inner = pulumi.ResourceOptions(parent=self)
        self.bucket = aws.s3.BucketV2(f"{name}-bucket", tags={"name": name}, opts=inner)
        under = pulumi.ResourceOptions(parent=self.bucket)
        aws.s3.BucketVersioningV2(
            f"{name}-versioning",
            bucket=self.bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=under,
        )
        aws.s3.BucketPublicAccessBlock(
            f"{name}-block",
            bucket=self.bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=under,
        )
        aws.s3.BucketServerSideEncryptionConfigurationV2(
            f"{name}-encryption",
            bucket=self.bucket.id,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms"}}],
            opts=under,
        )
        self.register_outputs({"bucket": self.bucket.id})


provider = aws.Provider(
    "home", region="eu-west-1", allowed_account_ids=["222233334444"], default_tags={"tags": {"owner": "acme"}}
)
key = aws.kms.Key(
    "key", enable_key_rotation=True, opts=pulumi.ResourceOptions(provider=provider, retain_on_delete=True)
)
alias = aws.kms.Alias("key", target_key_id=key.key_id, opts=pulumi.ResourceOptions(provider=provider))
first = Vault("first", pulumi.ResourceOptions(providers=[provider], depends_on=[alias]))
second = Vault("second", pulumi.ResourceOptions(providers=[provider], depends_on=[first]))
pulumi.export("arns", pulumi.Output.all(first.bucket.arn, second.bucket.arn))
pulumi.export("alias", alias.arn)
