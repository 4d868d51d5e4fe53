"""The known ways to turn some actions into other identities' permissions, as data.

A way is a list of steps that must all be open; a step is one of several calls. A call on a resource is open only if the
resource is not fixed: any role, any function. A call without a resource acts on what the caller creates. `own` marks calls
that are also harmful on the caller's own identity, such as attaching a policy to it.
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
PRODUCTS = {
    "lambda": "Lambda",
    "ec2": "EC2",
    "glue": "Glue",
    "cloudformation": "CloudFormation",
    "datapipeline": "Data Pipeline",
    "sagemaker": "SageMaker",
    "codebuild": "CodeBuild",
    "ecs-tasks": "ECS",
    "states": "Step Functions",
    "scheduler": "EventBridge Scheduler",
    "ssm": "Systems Manager",
    "apprunner": "App Runner",
    "elasticmapreduce": "EMR",
}
"""By service that roles are passed to, its name."""


class RiskyCall(msgspec.Struct, frozen=True):
    """One action, its resource, and the condition keys with which it is harmful."""

    action: str
    resource: str = ""
    """The service and the end of the ARN of what must not be fixed, such as `iam role/*`; empty for any resource.

    A resource without a wildcard belongs to AWS, in no account.
    """
    own: bool = False
    creates: bool = False
    """Whether the caller creates the resource, so that a fixed name is enough."""
    context: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Way(msgspec.Struct, frozen=True):
    """Calls that together give the permissions of another identity."""

    id: str
    steps: tuple[tuple[RiskyCall, ...], ...]
    leads: str
    """What the caller does with the calls: a clause after the actions."""
    source: str


_CREATES = {"ec2:RunInstances": RiskyCall("ec2:RunInstances", "ec2 instance/*", creates=True)}
"""By action with several resources, the call on the one that decides."""


def _alone(id_: str, action: str, resource: str, leads: str, source: str = RHINO, *, own: bool = False) -> Way:
    if action.endswith("PermissionsBoundary"):
        source = BOUNDARIES
    context = (("iam:policyarn", ADMINISTRATOR),) if action.startswith("iam:Attach") else ()
    return Way(id_, ((RiskyCall(action, resource, own, context=context),),), leads, source)


def _passing(id_: str, service: str, does: str, *steps: str | tuple[str, ...], source: str = RHINO) -> Way:
    """The way that passes any role to a service and lets the service act by it."""
    passing = RiskyCall("iam:PassRole", "iam role/*", context=(("iam:passedtoservice", (f"{service}.amazonaws.com",)),))
    calls = tuple(
        tuple(_CREATES.get(name, RiskyCall(name)) for name in ([step] if isinstance(step, str) else step))
        for step in steps
    )
    return Way(id_, ((passing,), *calls), f"{does} any role that {PRODUCTS[service]} may assume", source)


def _together(id_: str, leads: str, source: str, *steps: RiskyCall) -> Way:
    return Way(id_, tuple((step,) for step in steps), leads, source)


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
        "role-boundary", "iam:DeleteRolePermissionsBoundary", "iam role/*", "frees a role of its boundary", own=True
    ),
    _alone("role-boundary-put", "iam:PutRolePermissionsBoundary", "iam role/*", "widens a role's boundary", own=True),
    _alone(
        "user-boundary", "iam:DeleteUserPermissionsBoundary", "iam user/*", "frees a user of its boundary", own=True
    ),
    _alone("user-boundary-put", "iam:PutUserPermissionsBoundary", "iam user/*", "widens a user's boundary", own=True),
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
        RiskyCall("ssm:SendCommand", "ec2 instance/*"),
        RiskyCall("ssm:SendCommand", "ssm document/AWS-RunShellScript"),
    ),
    _alone("session", "ssm:StartSession", "ec2 instance/*", "opens a shell as any instance's role", PMAPPER),
    _alone(
        "notebook-url",
        "sagemaker:CreatePresignedNotebookInstanceUrl",
        "sagemaker notebook-instance/*",
        "opens any notebook as its role",
        BISHOP_FOX,
    ),
    _alone(
        "stack-update",
        "cloudformation:UpdateStack",
        "cloudformation stack/*/*",
        "changes any stack with the role that the stack has",
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html",
    ),
    _together(
        "change-set",
        "changes any stack with the role that the stack has",
        BISHOP_FOX,
        RiskyCall("cloudformation:CreateChangeSet", "cloudformation stack/*/*"),
        RiskyCall("cloudformation:ExecuteChangeSet", "cloudformation stack/*/*"),
    ),
    _together(
        "build-project",
        "builds with any project's role",
        PMAPPER,
        RiskyCall("codebuild:UpdateProject", "codebuild project/*"),
        RiskyCall("codebuild:StartBuild", "codebuild project/*"),
    ),
    _together(
        "user-data",
        "runs a script as any instance's role",
        BISHOP_FOX,
        RiskyCall("ec2:ModifyInstanceAttribute", "ec2 instance/*"),
        RiskyCall("ec2:StopInstances", "ec2 instance/*"),
        RiskyCall("ec2:StartInstances", "ec2 instance/*"),
    ),
    _passing(
        "lambda",
        "lambda",
        "runs code as",
        "lambda:CreateFunction",
        ("lambda:InvokeFunction", "lambda:CreateEventSourceMapping", "lambda:AddPermission"),
    ),
    _passing("instance", "ec2", "starts an instance as", "ec2:RunInstances"),
    _passing(
        "instance-profile",
        "ec2",
        "gives an instance",
        ("ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation"),
        source=INSTANCE_PROFILES,
    ),
    _passing("spot-instance", "ec2", "starts an instance as", "ec2:RequestSpotInstances", source=INSTANCE_PROFILES),
    _passing(
        "launch-template",
        "ec2",
        "starts instances as",
        ("autoscaling:CreateLaunchConfiguration", "ec2:CreateLaunchTemplate"),
        "autoscaling:CreateAutoScalingGroup",
        source=BISHOP_FOX,
    ),
    _passing("glue-endpoint", "glue", "logs in as", "glue:CreateDevEndpoint"),
    _passing(
        "glue-job",
        "glue",
        "runs code as",
        ("glue:CreateJob", "glue:UpdateJob"),
        ("glue:StartJobRun", "glue:CreateTrigger"),
        source=BISHOP_FOX,
    ),
    _passing(
        "glue-session",
        "glue",
        "runs code as",
        "glue:CreateSession",
        "glue:RunStatement",
        source="https://docs.aws.amazon.com/glue/latest/dg/glue-is-security.html",
    ),
    _passing("cloudformation", "cloudformation", "creates anything as", "cloudformation:CreateStack"),
    _passing(
        "stack-set",
        "cloudformation",
        "creates anything as",
        "cloudformation:CreateStackSet",
        "cloudformation:CreateStackInstances",
        source=RHINO_2,
    ),
    _passing(
        "data-pipeline",
        "datapipeline",
        "runs commands as",
        "datapipeline:CreatePipeline",
        "datapipeline:PutPipelineDefinition",
        "datapipeline:ActivatePipeline",
    ),
    _passing(
        "notebook",
        "sagemaker",
        "opens a notebook as",
        "sagemaker:CreateNotebookInstance",
        "sagemaker:CreatePresignedNotebookInstanceUrl",
        source=RHINO_2,
    ),
    _passing(
        "sagemaker-job",
        "sagemaker",
        "runs code as",
        ("sagemaker:CreateTrainingJob", "sagemaker:CreateProcessingJob"),
        source=BISHOP_FOX,
    ),
    _passing(
        "codebuild",
        "codebuild",
        "builds as",
        "codebuild:CreateProject",
        ("codebuild:StartBuild", "codebuild:StartBuildBatch"),
        source=BISHOP_FOX,
    ),
    _passing(
        "ecs",
        "ecs-tasks",
        "runs a container as",
        "ecs:RegisterTaskDefinition",
        ("ecs:CreateService", "ecs:UpdateService"),
        source=BISHOP_FOX,
    ),
    _passing(
        "ecs-override",
        "ecs-tasks",
        "runs a container as",
        ("ecs:RunTask", "ecs:StartTask"),
        source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html",
    ),
    _passing(
        "state-machine",
        "states",
        "calls any service as",
        ("states:CreateStateMachine", "states:UpdateStateMachine"),
        "states:StartExecution",
        source=PASSING_ROLES,
    ),
    _passing(
        "schedule",
        "scheduler",
        "calls any service as",
        "scheduler:CreateSchedule",
        source="https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html",
    ),
    _passing(
        "automation",
        "ssm",
        "calls any service as",
        "ssm:StartAutomationExecution",
        source="https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup.html",
    ),
    _passing("app-runner", "apprunner", "runs a container as", "apprunner:CreateService", source=PASSING_ROLES),
    _passing("cluster", "elasticmapreduce", "runs code as", "elasticmapreduce:RunJobFlow", source=PASSING_ROLES),
)
