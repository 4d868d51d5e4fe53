"""Least privilege of one function: the calls of its code and its settings, compared with its execution role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from policypack.access.least_privilege.calls import RunContext, Upload, listed, permissions, targets
from policypack.access.least_privilege.comparison import Comparison, ExcessPermission, Need, Role, compare
from policypack.access.least_privilege.kms_requirements import key_needs
from policypack.access.least_privilege.platform import platform_needs
from policypack.access.role_sessions import session_of
from policypack.core.memo import memoized
from policypack.core.policy import UNKNOWN, Asset, Resource, Stack, Unknown
from policypack.iam.arn import Arn
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import TRUST, documents_of, value_at
from policypack.iam.tables import managed_policies
from policypack.lambda_code.archive import opened
from policypack.lambda_code.packaging import FIX, layers_of
from policypack.lambda_code.python_code import NoModule, python_code, read_program
from policypack.python.files import UnreadableError
from policypack.python.model import AwsCalls, Unresolved
from policypack.resources.attachments import identity_policies
from policypack.resources.execution_role import Grants, role_documents
from policypack.resources.naming import physical_name
from policypack.resources.notification import FUNCTIONS, triggers
from policypack.resources.references import resolve
from policypack.resources.tokens import FUNCTION, MANAGED_POLICY, ROLE

if TYPE_CHECKING:
    from policypack.python.interpret import ProgramReading

REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")
"""The variables that Lambda sets to the function's region.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html.
"""
OWN_SERVICES = ("lambda.amazonaws.com", "edgelambda.amazonaws.com")


@dataclass(frozen=True, slots=True)
class Privilege:
    """The calls, needs and role of one function, and how they compare."""

    function: Resource
    code: AwsCalls
    needs: tuple[Need, ...]
    role: Role
    comparison: Comparison


@memoized
def privilege(stack: Stack, function: Resource, code: Asset | None = None) -> Privilege | Unknown | None:
    """Judge one function.

    Args:
        stack: the stack with its role.
        function: an `aws:lambda/function:Function`.
        code: the package to read instead of the one in the stack.

    Returns:
        None for other runtimes, for container images, for code in a bucket outside the stack, and for code of which a
        state from another machine has only the hash. `Unknown` for code that should be readable and is not.
    """
    own = _own(stack, function, code)
    if not isinstance(own, _Own):
        return own
    role = _role(role_documents(stack, function))
    others, open_ends = _shared(stack, function)
    sharing = (own, *others)
    unread = [f"what `{call.place}` {call.why}" for user in sharing for call in user.code.unresolved]
    every = [need for user in sharing for need in user.needs]
    networked = any(user.context.session.networked for user in sharing) or bool(open_ends)
    comparison = compare(own.needs, every, role, own.context, [*unread, *open_ends], networked=networked)
    excess = tuple(_unless_elsewhere(stack, permission) for permission in comparison.excess)
    return Privilege(function, own.code, own.needs, role, msgspec.structs.replace(comparison, excess=excess))


def functions(stack: Stack) -> tuple[Resource, ...]:
    """The functions that the stack creates."""
    return tuple(function for function in stack.of(FUNCTION) if not function.external)


@dataclass(frozen=True, slots=True)
class _Own:
    """The needs of one function by itself."""

    code: AwsCalls
    needs: tuple[Need, ...]
    context: RunContext


@memoized
def _own(stack: Stack, function: Resource, code: Asset | None) -> _Own | Unknown | None:
    calls = _calls(stack, function, code)
    if not isinstance(calls, AwsCalls):
        return calls
    context = _run_context(stack, function)
    needs, unresolved = _needs(calls, context)
    needs += platform_needs(stack, function, context)
    needs += key_needs(stack, function, needs, context)
    return _Own(AwsCalls(calls.calls, unresolved), tuple(needs), context)


def _shared(stack: Stack, function: Resource) -> tuple[list[_Own], list[str]]:
    """The needs of the other functions with the same role, and clauses on others that may have it with unknown needs."""
    roles = _roles(stack, function)
    unknown = [
        f"`{service}`, which may assume the role too" for urn in roles for service in _other_services(stack.by_urn[urn])
    ]
    known: list[_Own] = []
    sharing = _sharing(stack)
    keys = (*roles, *_managed(stack, function))
    others = {other.urn: other for key in keys for other in sharing.get(key, ()) if other.urn != function.urn}
    for other in others.values():
        own = _own(stack, other, None)
        if isinstance(own, _Own):
            known.append(own)
        else:
            unknown.append(
                f"`{other.name}`, which has the same role or managed policy, and whose code is not read here"
            )
    return known, unknown


def _roles(stack: Stack, function: Resource) -> Sequence[str]:
    """The URNs of the roles that the function has, or may have, in the order of their declaration."""
    return tuple(dict.fromkeys(role.resource.urn for role in resolve(stack, function, "role", ROLE).all))


def _managed(stack: Stack, function: Resource) -> Sequence[str]:
    """The URNs of the stack's own managed policies that the function has, or may have."""
    grants = role_documents(stack, function)
    carriers = (attached.resource for attached in (*grants.documents, *grants.possible))
    return tuple(dict.fromkeys(carrier.urn for carrier in carriers if carrier.type == MANAGED_POLICY))


@memoized
def _sharing(stack: Stack) -> Mapping[str, list[Resource]]:
    """The functions by the URN of their role, and by those of the stack's own managed policies that they have."""
    sharing: dict[str, list[Resource]] = {}
    for function in functions(stack):
        for urn in (*_roles(stack, function), *_managed(stack, function)):
            sharing.setdefault(urn, []).append(function)
    return sharing


def _unless_elsewhere(stack: Stack, excess: ExcessPermission) -> ExcessPermission:
    """The excess, undecided if an identity whose needs are unknown has the same managed policy."""
    identities = _identities(stack).get(excess.resource.urn, ())
    for identity in identities if excess.sure else ():
        if identity.urn not in _sharing(stack) or any(_other_services(identity)):
            return excess.unless(f"for `{identity.name}`, which has the same managed policy")
    return excess


@memoized
def _identities(stack: Stack) -> Mapping[str, list[Resource]]:
    """The roles, users and groups that have or may have each of the stack's managed policies, by its URN."""
    identities: dict[str, list[Resource]] = {}
    for holder in identity_policies(stack):
        carriers = (attached.resource for attached in holder.carried)
        for urn in {carrier.urn for carrier in carriers if carrier.type == MANAGED_POLICY}:
            identities.setdefault(urn, []).append(holder.identity)
    return identities


def _other_services(role: Resource) -> Iterator[str]:
    """Services besides Lambda that a role's trust policy allows."""
    for _, document in documents_of(role, TRUST, granting=True):
        for statement in document.statements if isinstance(document, PolicyDocument) else ():
            services = (principal.value for principal in statement.principals or () if principal.type == "Service")
            if statement.allows:
                yield from (service for service in services if service not in OWN_SERVICES)


def _calls(stack: Stack, function: Resource, code: Asset | None) -> AwsCalls | Unknown | None:
    """The calls of the function's code, or of a package that replaces it."""
    if code is None:
        code_and_reading = python_code(stack, function)
        reading: ProgramReading | NoModule | Unknown | None = code_and_reading and code_and_reading[1]
    else:
        runtime, name = function.inputs.get("runtime"), function.inputs.get("handler")
        for value in (runtime, name):
            if isinstance(value, Unknown):
                return value
        if not isinstance(runtime, str) or not isinstance(name, str) or not runtime.startswith("python"):
            return None
        try:
            reading = read_program(stack, opened(code), layers_of(stack, function), runtime, name)
        except UnreadableError as error:
            return Unknown(str(error), FIX)
    if isinstance(reading, NoModule):
        return Unknown(f"holds no module `{reading.name}`, which the handler is in{reading.where}", FIX)
    return reading if reading is None or isinstance(reading, Unknown) else reading.calls


def _run_context(stack: Stack, function: Resource) -> RunContext:
    variables = value_at(function.inputs, "environment.variables")
    region, account = _home(stack, function)
    known = {**variables} if isinstance(variables, Mapping) else {}
    known |= dict.fromkeys(REGION_VARIABLES, UNKNOWN if region == "*" else region)
    role = resolve(stack, function, "role", ROLE).only
    session = session_of(stack, frozenset({"lambda"}), role)
    session = msgspec.structs.replace(session, networked=bool(function.inputs.get("vpcConfig")))
    return RunContext(known, tuple(_uploads(stack, function)), region, account, session)


def _home(stack: Stack, function: Resource) -> tuple[str, str]:
    """The region and account of a function, `*` if they are not known."""
    region, account = "*", "*"
    texts: list[Any] = [function.outputs.get("arn"), function.inputs.get("role"), function.outputs.get("role")]
    for value in texts:
        arn = Arn.parse(value) if isinstance(value, str) else None
        if arn:
            region = arn.region or region
            account = arn.account or account
    for known in (function.inputs.get("region"), function.outputs.get("region"), stack.settings.stack_region):
        if region == "*" and isinstance(known, str) and known:
            region = known
    return region, account if account.isdigit() else "*"


def _uploads(stack: Stack, function: Resource) -> Iterator[Upload]:
    """The objects whose events S3 sends to the function."""
    for trigger in triggers(stack, FUNCTIONS):
        if trigger.targets.includes(function):
            prefix = trigger.entry.prefix if isinstance(trigger.entry.prefix, str) else ""
            known = [name for bucket in trigger.buckets.all if (name := physical_name(bucket.resource))]
            bucket_name = trigger.notification.inputs.get("bucket")
            for name in known or ([bucket_name] if isinstance(bucket_name, str) else []):
                yield Upload(name, prefix)


def _needs(aws_calls: AwsCalls, context: RunContext) -> tuple[list[Need], tuple[Unresolved, ...]]:
    needs: dict[Need, None] = {}
    unresolved = list(aws_calls.unresolved)
    for call in aws_calls.calls:
        why = f"calls `{call.operation}` of `{call.service}`"
        required = permissions(call)
        if required is None:
            operation = (
                "an operation whose actions AWS does not list"
                if listed(call.service, call.operation)
                else "an operation that is not in the tables"
            )
            unresolved.append(Unresolved(call.place, f"{why}, {operation}"))
            continue
        for permission in required:
            for target in targets(call, permission, context):
                needs[Need(permission.action, target, why, call.place, permission.may, call)] = None
    return list(needs), tuple(dict.fromkeys(unresolved))


def _role(grants: Grants) -> Role:
    unread = [part.why for part in grants.unread]
    unread += [
        f"has a role with the AWS managed policy `{name}`, which is not in the table of {managed_policies().date}"
        for name in sorted(grants.unpublished)
    ]
    boundary: tuple[PolicyDocument, ...] | None = None
    if grants.boundary is not None:
        limits = (*grants.boundary.documents, *grants.boundary.possible, *grants.boundary.published)
        boundary = tuple(attached.document for attached in limits)
        if grants.boundary.unpublished or grants.boundary.unread:
            unread.append("has a role with a permissions boundary that is not read here")
            boundary = None
    documents = (*grants.documents, *grants.possible)
    return Role(documents, grants.published, boundary, tuple(dict.fromkeys(unread)))
