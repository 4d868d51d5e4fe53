"""A registry: repositories that a role may push to, and nobody else."""

import json

import pulumi
import pulumi_aws as aws

PUSH = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
]


class Registry(pulumi.ComponentResource):
    def __init__(self, name, repositories, pusher, opts=None):
        super().__init__("acme:images:Registry", name, {"repositories": repositories}, opts)
        self.urls = {}
        arns = []
        for each in repositories:
            repository = aws.ecr.Repository(
                each,
                image_tag_mutability="IMMUTABLE",
                image_scanning_configuration={"scan_on_push": True},
                encryption_configurations=[{"encryption_type": "AES256"}],
                opts=pulumi.ResourceOptions(parent=self, aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)]),
            )
            aws.ecr.RepositoryPolicy(
                each,
                repository=repository.name,
                policy=pusher.arn.apply(self._policy),
                opts=pulumi.ResourceOptions(parent=repository),
            )
            aws.ecr.LifecyclePolicy(
                each,
                repository=repository.name,
                policy=json.dumps(self._lifecycle(keep=20)),
                opts=pulumi.ResourceOptions(parent=repository),
            )
            self.urls[each] = repository.repository_url
            arns.append(repository.arn)
        aws.iam.RolePolicy(
            f"{name}-push",
            role=pusher.name,
            policy=pulumi.Output.all(*arns).apply(self._rights),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"urls": self.urls})

    @staticmethod
    def _policy(pusher):
        return json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Sid": "Push", "Effect": "Allow", "Principal": {"AWS": pusher}, "Action": PUSH}
                ],
            }
        )

    @staticmethod
    def _rights(arns):
        return json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": PUSH, "Resource": arns},
                    {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
                ],
            }
        )

    @staticmethod
    def _lifecycle(keep):
        selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": keep}
        return {"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]}
