"""A private bucket that CloudFront alone reads, through an origin access control."""

import json

import pulumi
import pulumi_aws as aws

content = aws.s3.Bucket("content")
aws.s3.BucketServerSideEncryptionConfiguration(
    "content",
    bucket=content.id,
    rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
)
aws.s3.BucketPublicAccessBlock(
    "content",
    bucket=content.id,
    block_public_acls=True,
    block_public_policy=True,
    ignore_public_acls=True,
    restrict_public_buckets=True,
)
control = aws.cloudfront.OriginAccessControl(
    "content", origin_access_control_origin_type="s3", signing_behavior="always", signing_protocol="sigv4"
)
behavior = {
    "allowed_methods": ["GET", "HEAD"],
    "cached_methods": ["GET", "HEAD"],
    "viewer_protocol_policy": "redirect-to-https",
    "compress": True,
}
site = aws.cloudfront.Distribution(
    "site",
    enabled=True,
    default_root_object="index.html",
    origins=[
        {
            "origin_id": "content",
            "domain_name": content.bucket_regional_domain_name,
            "origin_access_control_id": control.id,
        },
        {
            "origin_id": "api",
            "domain_name": "api.acme.example",
            "custom_origin_config": {
                "http_port": 80,
                "https_port": 443,
                "origin_protocol_policy": "https-only",
                "origin_ssl_protocols": ["TLSv1.2"],
            },
        },
    ],
    default_cache_behavior={
        **behavior,
        "target_origin_id": "content",
        "cache_policy_id": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    },
    ordered_cache_behaviors=[
        {
            **behavior,
            "path_pattern": "/api/*",
            "target_origin_id": "api",
            "forwarded_values": {"query_string": True, "cookies": {"forward": "none"}},
        }
    ],
    custom_error_responses=[{"error_code": 404, "response_code": 200, "response_page_path": "/index.html"}],
    restrictions={"geo_restriction": {"restriction_type": "none"}},
    viewer_certificate={"cloudfront_default_certificate": True},
)
aws.s3.BucketPolicy(
    "content",
    bucket=content.id,
    policy=pulumi.Output.all(content.arn, site.arn).apply(
        lambda arns: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "cloudfront.amazonaws.com"},
                        "Action": "s3:GetObject",
                        "Resource": f"{arns[0]}/*",
                        "Condition": {"StringEquals": {"aws:SourceArn": arns[1]}},
                    },
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:*",
                        "Resource": [arns[0], f"{arns[0]}/*"],
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    },
                ],
            }
        )
    ),
)
pulumi.export("address", site.domain_name)
