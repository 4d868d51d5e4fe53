"""The services that use each role of a stack, by the resources that run with it, and those that its trust policy allows.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html, and the service's
page on the role of each property in `role_services.json`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Placed, Resource, Stack, over_stack
from policypack.iam.actions import concerns
from policypack.iam.arn import Arn
from policypack.iam.condition_keys import ACCOUNT, requires_key
from policypack.iam.document import Condition, PolicyDocument
from policypack.iam.document_readers import TRUST, documents_of
from policypack.iam.tables import DocumentKind, document_properties
from policypack.resources.attachments import carriers, identity_policies
from policypack.resources.dependency_graph import is_component
from policypack.resources.property_kinds.relations.role_fields import role_fields, text_properties
from policypack.resources.property_kinds.service_principals import exists, intended_service
from policypack.resources.providers import STAND_IN, own_accounts
from policypack.resources.references import resolve, resolve_all
from policypack.resources.tokens import FUNCTION, ROLE

ASSUME = "sts:assumerole"
_REDSHIFT = ("redshift", "redshift-serverless", "scheduler.redshift", "sagemaker", "bedrock", "glue")
BESIDE: Mapping[str, tuple[str, ...]] = {
    "dms": ("redshift",),
    "ec2": ("ssm",),
    "eks": ("eks-auth",),
    "redshift": _REDSHIFT,
    "redshift-serverless": _REDSHIFT,
}
"""By service, others that use the same role without a resource that names it, such as Systems Manager's agent.

Sources for DMS and Redshift: https://docs.aws.amazon.com/dms/latest/userguide/security-iam.html#CHAP_Security.APIRole and
https://docs.aws.amazon.com/redshift/latest/dg/cluster-setup.html.
"""
RUN_OWN_CODE = frozenset(
    {"lambda", "edgelambda", "ec2", "ecs-tasks", "pods.eks", "eks-fargate-pods", "tasks.apprunner"}
)
"""Services that give the credentials of a role to code of the stack's owner, which can list less."""
OWN_CODE: Mapping[str, tuple[str, ...]] = {
    "aws:bedrock/agentcoreAgentRuntime:AgentcoreAgentRuntime": ("roleArn",),
    "aws:codebuild/project:Project": ("serviceRole",),
    "aws:emrcontainers/jobTemplate:JobTemplate": ("jobTemplateData",),
    "aws:glue/devEndpoint:DevEndpoint": ("roleArn",),
    "aws:glue/job:Job": ("roleArn",),
    "aws:kinesisanalyticsv2/application:Application": ("serviceExecutionRole",),
    "aws:mwaa/environment:Environment": ("executionRoleArn",),
    "aws:sagemaker/domain:Domain": ("defaultUserSettings", "defaultSpaceSettings"),
    "aws:sagemaker/hyperParameterTuningJob:HyperParameterTuningJob": (
        "trainingJobDefinition",
        "trainingJobDefinitions",
    ),
    "aws:sagemaker/model:Model": ("executionRoleArn",),
    "aws:sagemaker/notebookInstance:NotebookInstance": ("roleArn",),
    "aws:sagemaker/trainingJob:TrainingJob": ("roleArn",),
    "aws:sagemaker/userProfile:UserProfile": ("userSettings",),
}
"""By type, the properties with roles whose credentials code of the stack's owner gets, of services that use roles with code of AWS too.

Sources: https://docs.aws.amazon.com/glue/latest/dg/create-an-iam-role.html,
https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html,
https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html,
https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/iam-execution-role.html,
https://docs.aws.amazon.com/managed-flink/latest/java/permissions-iam.html,
https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-create-role.html and
https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-permissions.html.
"""
UNCLEAR = ""
PRINCIPAL = re.compile(r"([a-z0-9.-]+?)(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?:\.cn)?")


@cache
def role_services() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """By type and top-level property, the services that assume the role which the property has, as `lambda`."""
    table = Path(__file__).parent / "role_services.json"
    return msgspec.json.decode(table.read_bytes(), type=dict[str, dict[str, tuple[str, ...]]])


class RoleTrust(msgspec.Struct, frozen=True):
    """What a role's trust policy allows, and which services use the role."""

    services: Sequence[tuple[str, str]]
    """Each service that it trusts, with the path of the statement's principals."""
    assuming: frozenset[str]
    """The services of those that may assume it: no denial, other action or other account's condition stops them."""
    anyone: bool
    """Whether it trusts others too: every service, or principals that it does not name."""
    users: Mapping[str, tuple[str, ...]]
    """By property of a resource that runs with the role, as `function.role`, the services one of which assumes it."""
    complete: bool
    """Whether the stack shows every use of the role."""
    misspelt: Mapping[str, str] = msgspec.field(default_factory=dict)
    """The services that a principal which does not exist probably means, with the path of the statement's principals.

    `UNCLEAR` stands for the service of a principal that is like none: it may be meant for one.
    """


@over_stack
@memoized
def role_trusts(stack: Stack) -> Sequence[Placed[RoleTrust]]:
    """The trust policy of each role that a resource of the stack runs with."""
    trusts: list[Placed[RoleTrust]] = []
    users = _users(stack)
    for role in stack.of(ROLE):
        uses = users.get(role.urn, {})
        named = {name: services for name, services in uses.items() if services}
        for path, document in documents_of(role, TRUST, granting=True) if named and not role.external else ():
            if isinstance(document, PolicyDocument) and not document.unknowns and not document.problems:
                arn = role.outputs.get("arn")
                complete = len(named) == len(uses) and not (isinstance(arn, str) and arn in _exported(stack))
                trusts.append((role, path, _trust(document, named, own_accounts(stack), complete=complete)))
    return trusts


def _trust(
    document: PolicyDocument, users: Mapping[str, tuple[str, ...]], own: frozenset[str], *, complete: bool
) -> RoleTrust:
    services: dict[tuple[str, str], None] = {}
    assuming: set[str] = set()
    denied: set[str] = set()
    misspelt: dict[str, str] = {}
    anyone = False
    for statement in document.statements:
        assumes = concerns(statement, ASSUME)
        anyone |= statement.allows and statement.not_principals is not None
        for principal in statement.principals or ():
            name = PRINCIPAL.fullmatch(principal.value.lower()) if principal.type == "Service" else None
            if not statement.allows:
                if assumes and not statement.conditions and (name or principal.value == "*"):
                    denied.add(name[1] if name else "*")
                continue
            anyone |= principal.value == "*" or (principal.type == "Service" and name is None)
            if name:
                services[name[1], statement.at("Principal")] = None
                if not exists(principal.value):
                    misspelt.setdefault(intended_service(principal.value) or UNCLEAR, statement.at("Principal"))
                if assumes and not any(_foreign(condition, own) for condition in statement.conditions):
                    assuming.add(name[1])
    if "*" in denied:
        assuming, anyone = set(), False
    return RoleTrust(tuple(services), frozenset(assuming - denied), anyone, users, complete, misspelt)


def _account(text: str) -> str:
    arn = Arn.parse(text)
    return arn.account if arn else ""


def _foreign(condition: Condition, own: frozenset[str]) -> bool:
    """Whether a condition asks for the resources of other accounts only, for which no service uses this role."""
    known = own - {STAND_IN}
    if condition.name not in ("aws:sourceaccount", "aws:sourcearn") or not requires_key(condition) or not known:
        return False
    accounts = {value if condition.name == "aws:sourceaccount" else _account(value) for value in condition.values}
    return all(map(ACCOUNT.fullmatch, accounts)) and accounts.isdisjoint(own)


@memoized
def _users(stack: Stack) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """By URN of a role, the properties that refer to it with the services that assume it, none for an unknown use."""
    users: dict[str, dict[str, tuple[str, ...]]] = {}
    roles = {role.urn for role in stack.of(ROLE)}
    for resource in stack.resources if roles else ():
        services = role_services().get(resource.type, {})
        for name, urns in resource.property_dependencies.items():
            for urn in roles.intersection(urns):
                if name in services or not (_harmless(resource, name) or _only_fields(stack, resource, name, urn)):
                    users.setdefault(urn, {})[_use(resource, name)] = services.get(name, ())
        for name in text_properties(resource.type):
            for named, field, assuming in _in_text(stack, resource, name):
                users.setdefault(named.urn, {})[_use(resource, field)] = assuming
        for name, assuming in services.items():
            if role := _written(stack, resource, name):
                users.setdefault(role.urn, {})[_use(resource, name)] = assuming
    return users


def _written(stack: Stack, resource: Resource, name: str) -> Resource | None:
    """The role whose name or ARN a property has as a text of its own."""
    literal = isinstance(resource.inputs.get(name), str) and not resource.property_dependencies.get(name)
    return resolve(stack, resource, name, ROLE).only if literal else None


def _in_text(stack: Stack, resource: Resource, name: str) -> Iterator[tuple[Resource, str, tuple[str, ...]]]:
    """The roles that fields of a JSON text name, with the path of the field and the services that assume them."""
    for field in role_fields(resource.type, name, resource.inputs.get(name)):
        if role := resolve_all(stack, resource, name, [field.value], ROLE)[0].only:
            yield role, f"{name}.{field.name}", field.services


def _only_fields(stack: Stack, resource: Resource, name: str, urn: str) -> bool:
    """Whether a JSON text refers to a role in its fields for one and nowhere else, as in a variable of a container."""
    named = sum(role.urn == urn for role, _, _ in _in_text(stack, resource, name))
    arn = stack.by_urn[urn].outputs.get("arn")
    return bool(named) and isinstance(arn, str) and str(resource.inputs.get(name)).count(arn) == named


@memoized
def _own_code(stack: Stack) -> frozenset[str]:
    """The URNs of the roles with which a resource of `OWN_CODE` runs."""
    found: set[str] = set()
    for kind, names in OWN_CODE.items():
        for resource in stack.of(kind):
            for name in names:
                role = _written(stack, resource, name)
                found.update((role.urn,) if role else resource.property_dependencies.get(name, ()))
    return frozenset(found)


@memoized
def _exported(stack: Stack) -> str:
    """The outputs of the stack: a role in one may have users that no stack shows."""
    return "".join(str(root.outputs) for root in stack.of("pulumi:pulumi:Stack"))


def functions_of(stack: Stack, role: str) -> frozenset[str]:
    """The ARNs of the functions that run with a role, by its URN; none if anything else may use it."""
    uses = _users(stack).get(role, {})
    arn = stack.by_urn[role].outputs.get("arn")
    functions = [one for one in stack.of(FUNCTION) if _use(one, "role") in uses]
    arns = [one.outputs.get("arn") for one in functions]
    if len(functions) != len(uses) or not isinstance(arn, str) or arn in _exported(stack):
        return frozenset()
    known = frozenset(text for text in arns if isinstance(text, str))
    return known if len(known) == len(arns) else frozenset()


class Assuming(msgspec.Struct, frozen=True):
    """Who may assume the roles with the documents of one resource."""

    services: frozenset[str]
    """AWS services, by the first part of their principal."""
    others: bool
    """Whether others may: users, roles, or those who sign in with an identity provider."""
    roles: frozenset[str]
    """The URNs of the roles."""
    own_code: bool = False
    """Whether a resource of the stack runs code of its owner with one of them."""

    @property
    def only_code_of_aws(self) -> bool:
        """Whether only AWS services may, with code of AWS (decision 52)."""
        return not self.others and not self.own_code and self.services.isdisjoint(RUN_OWN_CODE)


@memoized
def assuming(stack: Stack) -> Mapping[str, Assuming]:
    """By URN of a resource with identity documents, who may assume the roles that have them, where that is known."""
    if ROLE not in stack.by_type:
        return {}
    known: dict[str, Assuming] = {}
    unknown = {
        attached.resource.urn for carrier, elsewhere in carriers(stack) if elsewhere for attached in carrier.carried
    }
    for policies in identity_policies(stack):
        carried = {attached.resource.urn for attached in policies.carried}
        trusted = _trusted(policies.identity, _own_code(stack))
        if trusted is None or not all(attached.certain for attached in policies.carried):
            unknown |= carried
            continue
        for urn in carried:
            before = known.get(urn, trusted)
            known[urn] = Assuming(
                before.services | trusted.services,
                before.others or trusted.others,
                before.roles | trusted.roles,
                before.own_code or trusted.own_code,
            )
    return {urn: assumed for urn, assumed in known.items() if urn not in unknown}


def _trusted(identity: Resource, own_code: frozenset[str]) -> Assuming | None:
    """Who may assume a role, which runs code of its owner if its URN is among those; None if that is not known, or if it is no role."""
    services: set[str] = set()
    others = False
    for _, document in documents_of(identity, TRUST, granting=True):
        if not isinstance(document, PolicyDocument) or document.unknowns:
            return None
        for statement in document.statements:
            if not statement.allows:
                continue
            if not statement.principals:
                return None
            for principal in statement.principals:
                name = PRINCIPAL.fullmatch(principal.value.lower()) if principal.type == "Service" else None
                if name:
                    services.add(name[1])
                elif principal.type == "Service" or principal.value == "*":
                    return None
                else:
                    others = True
    if not services and not others:
        return None
    return Assuming(frozenset(services), others, frozenset({identity.urn}), identity.urn in own_code)


def _use(resource: Resource, name: str) -> str:
    return f"{resource.type.rpartition(':')[2]} {resource.name}.{name}"


def _harmless(resource: Resource, name: str) -> bool:
    """Whether a property that refers to a role lets no service use it: an attachment, or a document that names callers."""
    kind = document_properties().get(resource.type, {}).get(name)
    attaches = resource.type.startswith("aws:iam/role") and name in ("role", "roleName")
    attaches |= resource.type == "aws:iam/policyAttachment:PolicyAttachment"
    return attaches or kind in (DocumentKind.RESOURCE, DocumentKind.TRUST) or is_component(resource)
