"""Images are pushed by the build role."""

import pulumi
import pulumi_aws as aws
from registry import Registry


def tagged(args):
    """Every resource that takes tags gets ours."""
    if args.type_ in {"aws:ecr/repository:Repository", "aws:iam/role:Role"}:
        return pulumi.ResourceTransformResult({**args.props, "tags": {"team": "platform"}}, args.opts)
    return None


pulumi.runtime.register_stack_transformation(
    lambda args: pulumi.ResourceTransformationResult(
        {**args.props, "force_delete": False}, args.opts
    )
    if args.type_ == "aws:ecr/repository:Repository"
    else None
)
pulumi.runtime.register_resource_transform(tagged)

account = aws.get_caller_identity().account_id
pusher = aws.iam.Role(
    "pusher",
    assume_role_policy={
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "codebuild.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        },
    },
)
registry = Registry("images", pulumi.Config().require_object("repositories"), pusher)
pulumi.export("urls", registry.urls)
