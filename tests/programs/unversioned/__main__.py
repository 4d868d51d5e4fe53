"""Registrations that name no version take that of the SDK that is installed."""

import pulumi
from pulumi import ResourceOptions


class Provider(pulumi.ProviderResource):
    """A provider of any package."""


own = Provider("aws", "own", {"region": "eu-west-1"})
Provider("aws", "elsewhere", {}, ResourceOptions(plugin_download_url="https://example.org"))
pulumi.CustomResource("aws:s3/bucket:Bucket", "default", {})
pulumi.CustomResource("aws:s3/bucket:Bucket", "own", {}, ResourceOptions(provider=own))
pulumi.CustomResource("aws:s3/bucket:Bucket", "versioned", {}, ResourceOptions(version="7.0.0"))
