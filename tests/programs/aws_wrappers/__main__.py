"""A library's component around AWS resources, with a provider for each and options handed through."""

import pulumi
import pulumi_aws as aws
from pulumi import Alias, ResourceOptions


class Storage(pulumi.ComponentResource):
    """A bucket and what belongs to it."""

    def __init__(self, name, opts=None):
        super().__init__("acme:storage:Storage", name, {}, opts)
        child = ResourceOptions(parent=self)
        self.bucket = aws.s3.Bucket(f"{name}-bucket", opts=ResourceOptions(parent=self, aliases=[Alias(name="legacy")]))
        aws.s3.BucketVersioning(
            f"{name}-versioning",
            bucket=self.bucket.id,
            versioning_configuration={"status": "Enabled"},
            opts=child,
        )
        self.queue = aws.sqs.Queue(f"{name}-queue", sqs_managed_sse_enabled=False, opts=child)
        self.register_outputs({"bucket": self.bucket.bucket, "queue": self.queue.url})


west = aws.Provider("west", region="us-west-2")
Storage("home")
Storage("away", ResourceOptions(provider=west, protect=True))
aws.sns.Topic("alarms", opts=ResourceOptions(ignore_changes=["tags"]))
seen = aws.s3.Bucket.get("seen", "existing-bucket")
aws.s3.BucketOwnershipControls("seen", bucket=seen.bucket, rule={"object_ownership": "ObjectWriter"})
