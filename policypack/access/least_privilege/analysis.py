"""Least privilege of one function: the calls of its code and its settings, compared with its execution role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from policypack.access.least_privilege.calls import RunContext, Upload, listed, permissions, targets
from policypack.access.least_privilege.comparison import Comparison, ExcessPermission, Need, Role, compare
from policypack.access.least_privilege.kms_requirements import key_needs
from policypack.access.least_privilege.platform import platform_needs
from policypack.core.memo import memoized
from policypack.core.policy import Asset, Resource, Stack, Unknown
from policypack.iam.arn import Arn
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import TRUST, documents_of, value_at
from policypack.iam.managed import FOR_FUNCTIONS
from policypack.lambda_code.archive import opened
from policypack.lambda_code.packaging import FIX, layers_of
from policypack.lambda_code.python_code import NoModule, python_code, read_program
from policypack.python.files import UnreadableError
from policypack.python.model import AwsCalls, Unresolved
from policypack.resources.attachments import holders
from policypack.resources.execution_role import Grants, role_documents
from policypack.resources.naming import physical_name
from policypack.resources.notification import triggers
from policypack.resources.references import resolve
from policypack.resources.tokens import FUNCTION, MANAGED_POLICY, ROLE

if TYPE_CHECKING:
    from policypack.python.interpret import ProgramReading

OWN_SERVICES = ("lambda.amazonaws.com", "edgelambda.amazonaws.com")


@dataclass(frozen=True, slots=True)
class Privilege:
    """The calls, needs and role of one function, and how they compare."""

    function: Resource
    found: AwsCalls
    needs: tuple[Need, ...]
    role: Role
    comparison: Comparison


@memoized
def privilege(stack: Stack, function: Resource, code: Asset | None = None) -> Privilege | Unknown | None:
    """Judge one function.

    Args:
        stack: the stack with its role.
        function: an `aws:lambda/function:Function`.
        code: the package to read in place of that in the stack.

    Returns:
        None for other runtimes, for container images, for code in a bucket outside the stack, and for code of which a
        state from another machine has only the hash. `Unknown` for what should be readable and is not.
    """
    own = _own(stack, function, code)
    if not isinstance(own, _Own):
        return own
    role = _role(role_documents(stack, function))
    others, open_ends = _shared(stack, function)
    everyone = (own, *others)
    unread = [f"what `{each.place}` {each.why}" for one in everyone for each in one.found.unresolved]
    every = [need for one in everyone for need in one.needs]
    comparison = compare(own.needs, every, role, own.context, [*unread, *open_ends])
    over = tuple(_unless_elsewhere(stack, excess) for excess in comparison.over)
    return Privilege(function, own.found, own.needs, role, msgspec.structs.replace(comparison, over=over))


def functions(stack: Stack) -> tuple[Resource, ...]:
    """The functions that the stack creates."""
    return tuple(each for each in stack.of(FUNCTION) if not each.external)


@dataclass(frozen=True, slots=True)
class _Own:
    """The needs of one function by itself."""

    found: AwsCalls
    needs: tuple[Need, ...]
    context: RunContext


@memoized
def _own(stack: Stack, function: Resource, code: Asset | None) -> _Own | Unknown | None:
    found = _calls(stack, function, code)
    if not isinstance(found, AwsCalls):
        return found
    context = _run_context(stack, function)
    needs, unresolved = _needs(found, context)
    needs += platform_needs(stack, function, context)
    needs += key_needs(stack, function, needs, context)
    return _Own(AwsCalls(found.calls, unresolved), tuple(needs), context)


def _shared(stack: Stack, function: Resource) -> tuple[list[_Own], list[str]]:
    """The needs of the other functions with the same role, and clauses about who else may have it with unknown needs."""
    roles = {each.resource.urn for each in resolve(stack, function, "role", ROLE).all}
    unknown = [
        f"`{service}`, which may assume the role too" for urn in roles for service in _other_services(stack.by_urn[urn])
    ]
    known: list[_Own] = []
    sharing = _sharing(stack)
    keys = (*roles, *_managed(stack, function))
    for other in {each.urn: each for key in keys for each in sharing.get(key, ()) if each.urn != function.urn}.values():
        own = _own(stack, other, None)
        if isinstance(own, _Own):
            known.append(own)
        else:
            unknown.append(
                f"`{other.name}`, which has the same role or managed policy, and whose code is not read here"
            )
    return known, unknown


def _managed(stack: Stack, function: Resource) -> frozenset[str]:
    """The URNs of the stack's own managed policies that the function has, or may have."""
    grants = role_documents(stack, function)
    carriers = (each.resource for each in (*grants.documents, *grants.possible))
    return frozenset(each.urn for each in carriers if each.type == MANAGED_POLICY)


@memoized
def _sharing(stack: Stack) -> Mapping[str, list[Resource]]:
    """The functions by the URN of their role, and by those of the stack's own managed policies that they have."""
    sharing: dict[str, list[Resource]] = {}
    for function in functions(stack):
        roles = {role.resource.urn for role in resolve(stack, function, "role", ROLE).all}
        for urn in (*roles, *_managed(stack, function)):
            sharing.setdefault(urn, []).append(function)
    return sharing


def _unless_elsewhere(stack: Stack, over: ExcessPermission) -> ExcessPermission:
    """The excess, undecided where an identity whose needs are unknown has the same managed policy."""
    holding = _holding(stack).get(over.held.resource.urn, ())
    others = [each.name for each in holding if each.urn not in _sharing(stack) or any(_other_services(each))]
    if not others or not over.sure:
        return over
    why = f"unless it is for `{others[0]}`, which has the same managed policy"
    return msgspec.structs.replace(over, message=f"{over.message}, {why}", sure=False)


@memoized
def _holding(stack: Stack) -> Mapping[str, list[Resource]]:
    """The roles, users and groups that have or may have each of the stack's managed policies, by its URN."""
    holding: dict[str, list[Resource]] = {}
    for holder in holders(stack):
        for urn in {held.resource.urn for held in holder.carried if held.resource.type == MANAGED_POLICY}:
            holding.setdefault(urn, []).append(holder.identity)
    return holding


def _other_services(role: Resource) -> Iterator[str]:
    """Services besides Lambda that a role's trust policy lets in."""
    for _, document in documents_of(role, TRUST):
        for statement in document.statements if isinstance(document, PolicyDocument) else ():
            services = (principal.value for principal in statement.principals or () if principal.type == "Service")
            if statement.allows:
                yield from (service for service in services if service not in OWN_SERVICES)


def _calls(stack: Stack, function: Resource, code: Asset | None) -> AwsCalls | Unknown | None:
    """The calls of the function's code, or of a package that takes its place."""
    if code is None:
        found = python_code(stack, function)
        reading: ProgramReading | NoModule | Unknown | None = found and found[1]
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
    known = variables if isinstance(variables, Mapping) else {}
    return RunContext(known, tuple(_uploads(stack, function)), region, account)


def _home(stack: Stack, function: Resource) -> tuple[str, str]:
    """The region and account that a function is in, `*` where they are not known."""
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
    for trigger in triggers(stack):
        if trigger.functions.includes(function):
            prefix = trigger.entry.prefix if isinstance(trigger.entry.prefix, str) else ""
            known = [name for each in trigger.buckets.all if (name := physical_name(each.resource))]
            bucket_name = trigger.notification.inputs.get("bucket")
            for name in known or ([bucket_name] if isinstance(bucket_name, str) else []):
                yield Upload(name, prefix)


def _needs(found: AwsCalls, context: RunContext) -> tuple[list[Need], tuple[Unresolved, ...]]:
    needs: dict[Need, None] = {}
    unresolved = list(found.unresolved)
    for call in found.calls:
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
                needs[Need(permission.action, target, why, call.place, permission.may)] = None
    return list(needs), tuple(dict.fromkeys(unresolved))


def _role(grants: Grants) -> Role:
    unread = [each.why for each in grants.unread]
    unread += [
        f"has a role with the AWS managed policy `{name}`, which is not read here"
        for name in sorted(grants.managed - set(FOR_FUNCTIONS))
    ]
    managed = {name: FOR_FUNCTIONS[name] for name in sorted(grants.managed) if name in FOR_FUNCTIONS}
    boundary: tuple[PolicyDocument, ...] | None = None
    if grants.boundary is not None:
        boundary = tuple(each.document for each in (*grants.boundary.documents, *grants.boundary.possible))
        if grants.boundary.managed or grants.boundary.unread:
            unread.append("has a role with a permissions boundary that is not read here")
            boundary = None
    return Role((*grants.documents, *grants.possible), managed, boundary, tuple(dict.fromkeys(unread)))
