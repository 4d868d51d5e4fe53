"""A default provider for each package, version and download URL, with the stack's configuration for it."""

from functools import partial

import pulumi
from pulumi import ResourceOptions

Thing = partial(pulumi.CustomResource, "test:index:Thing")

Thing("plain")
Thing("again")
Thing("versioned", opts=ResourceOptions(version="1.2.3"))
Thing("alpha", opts=ResourceOptions(version="2.0.0-alpha.1+build.5"))
Thing("same", opts=ResourceOptions(version="1.2.3"))
Thing("url", opts=ResourceOptions(version="1.2.3", plugin_download_url="https://example.org/get/"))
pulumi.CustomResource("more:index:Thing", "more", {})
pulumi.CustomResource("more:index:Thing", "newer", {}, ResourceOptions(version="3.0.0"))
