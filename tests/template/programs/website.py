"""A public website: nothing is blocked, and anyone may read."""

import json

import pulumi
import pulumi_aws as aws

site = aws.s3.Bucket("site")
controls = aws.s3.BucketOwnershipControls("site", bucket=site.id, rule={"object_ownership": "BucketOwnerPreferred"})
block = aws.s3.BucketPublicAccessBlock(
    "site",
    bucket=site.id,
    block_public_acls=False,
    block_public_policy=False,
    ignore_public_acls=False,
    restrict_public_buckets=False,
)
aws.s3.BucketAcl("site", bucket=site.id, acl="public-read", opts=pulumi.ResourceOptions(depends_on=[controls, block]))
website = aws.s3.BucketWebsiteConfiguration(
    "site",
    bucket=site.id,
    index_document={"suffix": "index.html"},
    error_document={"key": "error.html"},
    routing_rules=[
        {"condition": {"key_prefix_equals": "docs/"}, "redirect": {"replace_key_prefix_with": "documents/"}}
    ],
)
aws.s3.BucketCorsConfiguration(
    "site", bucket=site.id, cors_rules=[{"allowed_methods": ["GET"], "allowed_origins": ["*"], "max_age_seconds": 300}]
)
aws.s3.BucketPolicy(
    "site",
    bucket=site.id,
    policy=site.arn.apply(
        lambda arn: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": [f"{arn}/*"]}
                ],
            }
        )
    ),
    opts=pulumi.ResourceOptions(depends_on=[block]),
)
pulumi.export("endpoint", website.website_endpoint)
pulumi.export("domain", site.bucket_regional_domain_name)
