"""A pack that is nothing of ours."""

import pulumi_policy


def tagged(args: pulumi_policy.ResourceValidationArgs, report: pulumi_policy.ReportViolation) -> None:
    if args.resource_type == "aws:s3/bucket:Bucket" and args.props.get("acl") == "public-read":
        report("public", None)


pulumi_policy.PolicyPack(
    name="tags", policies=[pulumi_policy.ResourceValidationPolicy("tagged", "Resources have tags.", tagged)]
)
