"""A static site: CloudFront reads a private bucket with origin access control, behind a web ACL of us-east-1."""

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
price_class = config.get("priceClass") or "PriceClass_100"

virginia = aws.Provider("virginia", region="us-east-1")

site = aws.s3.Bucket("site")

block = aws.s3.BucketPublicAccessBlock(
    "site",
    bucket=site.id,
    block_public_acls=True,
    block_public_policy=True,
    ignore_public_acls=True,
    restrict_public_buckets=True,
)

aws.s3.BucketServerSideEncryptionConfiguration(
    "site",
    bucket=site.id,
    rules=[
        aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
            apply_server_side_encryption_by_default=aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                sse_algorithm="AES256",
            ),
        )
    ],
)

acl = aws.wafv2.WebAcl(
    "site",
    scope="CLOUDFRONT",
    default_action={"allow": {}},
    rules=[
        {
            "name": "common",
            "priority": 0,
            "override_action": {"none": {}},
            "statement": {
                "managed_rule_group_statement": {"vendor_name": "AWS", "name": "AWSManagedRulesCommonRuleSet"}
            },
            "visibility_config": {
                "cloudwatch_metrics_enabled": True,
                "metric_name": "common",
                "sampled_requests_enabled": True,
            },
        }
    ],
    visibility_config={"cloudwatch_metrics_enabled": True, "metric_name": "site", "sampled_requests_enabled": True},
    opts=pulumi.ResourceOptions(provider=virginia),
)

control = aws.cloudfront.OriginAccessControl(
    "site",
    origin_access_control_origin_type="s3",
    signing_behavior="always",
    signing_protocol="sigv4",
)

cdn = aws.cloudfront.Distribution(
    "site",
    enabled=True,
    default_root_object="index.html",
    price_class=price_class,
    web_acl_id=acl.arn,
    origins=[
        aws.cloudfront.DistributionOriginArgs(
            origin_id="bucket",
            domain_name=site.bucket_regional_domain_name,
            origin_access_control_id=control.id,
        )
    ],
    default_cache_behavior=aws.cloudfront.DistributionDefaultCacheBehaviorArgs(
        target_origin_id="bucket",
        viewer_protocol_policy="redirect-to-https",
        allowed_methods=["GET", "HEAD"],
        cached_methods=["GET", "HEAD"],
        cache_policy_id="658327ea-f89d-4fab-a63d-7e88639e58f6",
    ),
    restrictions={"geo_restriction": {"restriction_type": "none"}},
    viewer_certificate={"cloudfront_default_certificate": True},
)

readers = aws.iam.get_policy_document_output(
    statements=[
        {
            "sid": "ReadByTheDistribution",
            "principals": [{"type": "Service", "identifiers": ["cloudfront.amazonaws.com"]}],
            "actions": ["s3:GetObject"],
            "resources": [pulumi.Output.concat(site.arn, "/*")],
            "conditions": [
                {"test": "StringEquals", "variable": "aws:SourceArn", "values": [cdn.arn]},
                {
                    "test": "StringEquals",
                    "variable": "aws:SourceAccount",
                    "values": [aws.get_caller_identity_output().account_id],
                },
            ],
        },
        {
            "sid": "TlsOnly",
            "effect": "Deny",
            "principals": [{"type": "*", "identifiers": ["*"]}],
            "actions": ["s3:*"],
            "resources": [site.arn, pulumi.Output.concat(site.arn, "/*")],
            "conditions": [{"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]}],
        },
    ]
)

aws.s3.BucketPolicy(
    "site",
    bucket=site.id,
    policy=readers.json,
    opts=pulumi.ResourceOptions(depends_on=[block]),
)

pulumi.export("url", pulumi.Output.concat("https://", cdn.domain_name))
