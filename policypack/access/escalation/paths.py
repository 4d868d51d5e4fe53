"""The known ways to turn some actions into other identities' permissions, as data.

A way is a list of steps that must all be open; a step is one of several calls. A call on something says that the way
is open only where whose it is, is not fixed: any role, any function. A call on nothing acts on what the caller makes.
`own` marks those that also do harm to the caller's own identity, such as giving oneself a policy.
"""

from __future__ import annotations

import msgspec

RHINO = "https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/"
RHINO_2 = "https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation-part-2/"
BISHOP_FOX = "https://github.com/BishopFox/iam-vulnerable"
PMAPPER = "https://github.com/nccgroup/PMapper"
BOUNDARIES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"
PASSING_ROLES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"
INSTANCE_PROFILES = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html"

ADMINISTRATOR = ("arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/IAMFullAccess")


class Call(msgspec.Struct, frozen=True):
    """One action, on what, and the condition keys with which it does harm."""

    action: str
    on: str = ""
    """The service and the end of the ARN of what must not be fixed, as `iam role/*`; empty for whatever there is.

    What has a name here is AWS's own, in no account.
    """
    own: bool = False
    made: bool = False
    """Whether the caller makes what the action is on, so that a name that is fixed will do."""
    context: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Way(msgspec.Struct, frozen=True):
    """What some calls lead to."""

    id: str
    steps: tuple[tuple[Call, ...], ...]
    leads: str
    """What the caller does with them: a clause after the actions."""
    source: str


_MADE = {"ec2:RunInstances": Call("ec2:RunInstances", "ec2 instance/*", made=True)}
"""What a call must be on, where it is on several things at once."""


def _alone(id_: str, action: str, on: str, leads: str, source: str = RHINO, *, own: bool = False) -> Way:
    context = (("iam:policyarn", ADMINISTRATOR),) if action.startswith("iam:Attach") else ()
    return Way(id_, ((Call(action, on, own, context=context),),), leads, source)


def _passing(id_: str, service: str, leads: str, *steps: str | tuple[str, ...], source: str = RHINO) -> Way:
    """Pass any role to a service, and have the service act with it."""
    passing = Call("iam:PassRole", "iam role/*", context=(("iam:passedtoservice", (f"{service}.amazonaws.com",)),))
    calls = tuple(
        tuple(_MADE.get(name, Call(name)) for name in ([each] if isinstance(each, str) else each)) for each in steps
    )
    return Way(id_, ((passing,), *calls), leads, source)


def _together(id_: str, leads: str, source: str, *steps: Call) -> Way:
    return Way(id_, tuple((each,) for each in steps), leads, source)


WAYS: tuple[Way, ...] = (
    _alone("policy-version", "iam:CreatePolicyVersion", "iam policy/*", "rewrites any managed policy"),
    _alone("default-version", "iam:SetDefaultPolicyVersion", "iam policy/*", "brings back any policy's wider version"),
    _alone("attach-user", "iam:AttachUserPolicy", "iam user/*", "makes a user administrator", own=True),
    _alone("attach-group", "iam:AttachGroupPolicy", "iam group/*", "makes a group administrators", own=True),
    _alone("attach-role", "iam:AttachRolePolicy", "iam role/*", "makes a role administrator", own=True),
    _alone("put-user", "iam:PutUserPolicy", "iam user/*", "writes a user's permissions", own=True),
    _alone("put-group", "iam:PutGroupPolicy", "iam group/*", "writes a group's permissions", own=True),
    _alone("put-role", "iam:PutRolePolicy", "iam role/*", "writes a role's permissions", own=True),
    _alone("join-group", "iam:AddUserToGroup", "iam group/*", "joins any group"),
    _alone("trust", "iam:UpdateAssumeRolePolicy", "iam role/*", "lets the caller assume any role"),
    _alone("access-key", "iam:CreateAccessKey", "iam user/*", "makes keys of any user"),
    _alone("login", "iam:CreateLoginProfile", "iam user/*", "sets a password of any user without one"),
    _alone("password", "iam:UpdateLoginProfile", "iam user/*", "changes any user's password"),
    _alone(
        "service-credential",
        "iam:CreateServiceSpecificCredential",
        "iam user/*",
        "makes service credentials of any user",
        "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html",
    ),
    _alone(
        "role-boundary",
        "iam:DeleteRolePermissionsBoundary",
        "iam role/*",
        "frees a role of its boundary",
        BOUNDARIES,
        own=True,
    ),
    _alone(
        "role-boundary-put",
        "iam:PutRolePermissionsBoundary",
        "iam role/*",
        "widens a role's boundary",
        BOUNDARIES,
        own=True,
    ),
    _alone(
        "user-boundary",
        "iam:DeleteUserPermissionsBoundary",
        "iam user/*",
        "frees a user of its boundary",
        BOUNDARIES,
        own=True,
    ),
    _alone(
        "user-boundary-put",
        "iam:PutUserPermissionsBoundary",
        "iam user/*",
        "widens a user's boundary",
        BOUNDARIES,
        own=True,
    ),
    _alone("function-code", "lambda:UpdateFunctionCode", "lambda function:*", "runs code as any function's role"),
    _alone(
        "function-layer",
        "lambda:UpdateFunctionConfiguration",
        "lambda function:*",
        "adds a layer with its code to any function",
        RHINO_2,
    ),
    _alone(
        "dev-endpoint", "glue:UpdateDevEndpoint", "glue devEndpoint/*", "logs in as any development endpoint's role"
    ),
    _together(
        "run-command",
        "runs commands as any instance's role",
        PMAPPER,
        Call("ssm:SendCommand", "ec2 instance/*"),
        Call("ssm:SendCommand", "ssm document/AWS-RunShellScript"),
    ),
    _alone("session", "ssm:StartSession", "ec2 instance/*", "opens a shell as any instance's role", PMAPPER),
    _alone(
        "notebook-url",
        "sagemaker:CreatePresignedNotebookInstanceUrl",
        "sagemaker notebook-instance/*",
        "opens any notebook as its role",
        BISHOP_FOX,
    ),
    _together(
        "stack-update",
        "changes any stack with the role that the stack has",
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html",
        Call("cloudformation:UpdateStack", "cloudformation stack/*/*"),
    ),
    _together(
        "change-set",
        "changes any stack with the role that the stack has",
        BISHOP_FOX,
        Call("cloudformation:CreateChangeSet", "cloudformation stack/*/*"),
        Call("cloudformation:ExecuteChangeSet", "cloudformation stack/*/*"),
    ),
    _together(
        "build-project",
        "builds with any project's role",
        PMAPPER,
        Call("codebuild:UpdateProject", "codebuild project/*"),
        Call("codebuild:StartBuild", "codebuild project/*"),
    ),
    _together(
        "user-data",
        "runs a script as any instance's role",
        BISHOP_FOX,
        Call("ec2:ModifyInstanceAttribute", "ec2 instance/*"),
        Call("ec2:StopInstances", "ec2 instance/*"),
        Call("ec2:StartInstances", "ec2 instance/*"),
    ),
    _passing(
        "lambda",
        "lambda",
        "runs code as any role that Lambda may assume",
        "lambda:CreateFunction",
        ("lambda:InvokeFunction", "lambda:CreateEventSourceMapping", "lambda:AddPermission"),
    ),
    _passing("instance", "ec2", "starts an instance as any role that EC2 may assume", "ec2:RunInstances"),
    _passing(
        "instance-profile",
        "ec2",
        "gives an instance any role that EC2 may assume",
        ("ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation"),
        source=INSTANCE_PROFILES,
    ),
    _passing(
        "spot-instance",
        "ec2",
        "starts an instance as any role that EC2 may assume",
        "ec2:RequestSpotInstances",
        source=INSTANCE_PROFILES,
    ),
    _passing(
        "launch-template",
        "ec2",
        "starts instances as any role that EC2 may assume",
        ("autoscaling:CreateLaunchConfiguration", "ec2:CreateLaunchTemplate"),
        "autoscaling:CreateAutoScalingGroup",
        source=BISHOP_FOX,
    ),
    _passing("glue-endpoint", "glue", "logs in as any role that Glue may assume", "glue:CreateDevEndpoint"),
    _passing(
        "glue-job",
        "glue",
        "runs code as any role that Glue may assume",
        ("glue:CreateJob", "glue:UpdateJob"),
        ("glue:StartJobRun", "glue:CreateTrigger"),
        source=BISHOP_FOX,
    ),
    _passing(
        "glue-session",
        "glue",
        "runs code as any role that Glue may assume",
        "glue:CreateSession",
        "glue:RunStatement",
        source="https://docs.aws.amazon.com/glue/latest/dg/glue-is-security.html",
    ),
    _passing(
        "cloudformation",
        "cloudformation",
        "creates anything as any role that CloudFormation may assume",
        "cloudformation:CreateStack",
    ),
    _passing(
        "stack-set",
        "cloudformation",
        "creates anything as any role that CloudFormation may assume",
        "cloudformation:CreateStackSet",
        "cloudformation:CreateStackInstances",
        source=RHINO_2,
    ),
    _passing(
        "data-pipeline",
        "datapipeline",
        "runs commands as any role that Data Pipeline may assume",
        "datapipeline:CreatePipeline",
        "datapipeline:PutPipelineDefinition",
        "datapipeline:ActivatePipeline",
    ),
    _passing(
        "notebook",
        "sagemaker",
        "opens a notebook as any role that SageMaker may assume",
        "sagemaker:CreateNotebookInstance",
        "sagemaker:CreatePresignedNotebookInstanceUrl",
        source=RHINO_2,
    ),
    _passing(
        "sagemaker-job",
        "sagemaker",
        "runs code as any role that SageMaker may assume",
        ("sagemaker:CreateTrainingJob", "sagemaker:CreateProcessingJob"),
        source=BISHOP_FOX,
    ),
    _passing(
        "codebuild",
        "codebuild",
        "builds as any role that CodeBuild may assume",
        "codebuild:CreateProject",
        ("codebuild:StartBuild", "codebuild:StartBuildBatch"),
        source=BISHOP_FOX,
    ),
    _passing(
        "ecs",
        "ecs-tasks",
        "runs a container as any role that ECS may assume",
        "ecs:RegisterTaskDefinition",
        ("ecs:CreateService", "ecs:UpdateService"),
        source=BISHOP_FOX,
    ),
    _passing(
        "ecs-override",
        "ecs-tasks",
        "runs a container as any role that ECS may assume",
        ("ecs:RunTask", "ecs:StartTask"),
        source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html",
    ),
    _passing(
        "state-machine",
        "states",
        "calls any service as any role that Step Functions may assume",
        ("states:CreateStateMachine", "states:UpdateStateMachine"),
        "states:StartExecution",
        source=PASSING_ROLES,
    ),
    _passing(
        "schedule",
        "scheduler",
        "calls any service as any role that EventBridge Scheduler may assume",
        "scheduler:CreateSchedule",
        source="https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html",
    ),
    _passing(
        "automation",
        "ssm",
        "calls any service as any role that Systems Manager may assume",
        "ssm:StartAutomationExecution",
        source="https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup.html",
    ),
    _passing(
        "app-runner",
        "apprunner",
        "runs a container as any role that App Runner may assume",
        "apprunner:CreateService",
        source=PASSING_ROLES,
    ),
    _passing(
        "cluster",
        "elasticmapreduce",
        "runs code as any role that EMR may assume",
        "elasticmapreduce:RunJobFlow",
        source=PASSING_ROLES,
    ),
)
