"""Least privilege of one function of a stack: its code's calls and its own settings against its execution role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from policypack.access.calls.permissions import listed, permissions
from policypack.access.calls.targets import Upload, Where, targets
from policypack.access.least_privilege.comparison import Comparison, Need, Over, Role, compare
from policypack.access.least_privilege.kms_requirements import key_needs
from policypack.access.least_privilege.platform import platform_needs
from policypack.core.policy import Asset, Resource, Stack, Unknown
from policypack.iam.arn import Arn
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import TRUST, documents_of
from policypack.iam.managed import FOR_FUNCTIONS
from policypack.lambda_code.archive import opened
from policypack.lambda_code.packaging import FIX, layers
from policypack.lambda_code.python_code import NoModule, python_code, read_program
from policypack.python.files import UnreadableError
from policypack.python.model import AwsCall, AwsCalls, Unresolved
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
    """What was found of one function."""

    function: Resource
    found: AwsCalls
    needs: tuple[Need, ...]
    role: Role
    comparison: Comparison


def privilege(stack: Stack, function: Resource, code: Asset | None = None) -> Privilege | Unknown | None:
    """Judge one function.

    Args:
        stack: where its role is.
        function: an `aws:lambda/function:Function`.
        code: its package, where it is not to be read from the stack.

    Returns:
        None for other runtimes, for container images, for code in a bucket where nothing of the stack is, and for
        code of which a state from another machine has only the hash. `Unknown` for what should be readable and is not.
    """
    key = ("privilege", function.urn, code.path if code else "")
    return stack.once(key, lambda: _privilege(stack, function, code))


def functions(stack: Stack) -> tuple[Resource, ...]:
    """The functions that the stack makes."""
    return tuple(each for each in stack.of(FUNCTION) if not each.external)


@dataclass(frozen=True, slots=True)
class _Own:
    """What one function needs by itself."""

    calls: tuple[AwsCall, ...]
    unresolved: tuple[Unresolved, ...]
    needs: tuple[Need, ...]
    where: Where


def _privilege(stack: Stack, function: Resource, code: Asset | None) -> Privilege | Unknown | None:
    own = _own(stack, function, code)
    if not isinstance(own, _Own):
        return own
    role = _role(role_documents(stack, function))
    others, open_ends = _shared(stack, function)
    unread = [
        f"what `{each.place}` {each.why}" for each in (*own.unresolved, *(one for o in others for one in o.unresolved))
    ]
    every = (*own.needs, *(need for other in others for need in other.needs))
    comparison = compare(own.needs, every, role, own.where, [*unread, *open_ends])
    over = tuple(_unless_elsewhere(stack, each) for each in comparison.over)
    comparison = msgspec.structs.replace(comparison, over=over)
    return Privilege(function, AwsCalls(own.calls, own.unresolved), own.needs, role, comparison)


def _own(stack: Stack, function: Resource, code: Asset | None = None) -> _Own | Unknown | None:
    def compute() -> _Own | Unknown | None:
        found = _calls(stack, function, code)
        if not isinstance(found, AwsCalls):
            return found
        where = _where(stack, function)
        needs, unresolved = _needs(found, where)
        needs += platform_needs(stack, function, where)
        needs += key_needs(stack, function, needs, where)
        return _Own(found.calls, unresolved, tuple(needs), where)

    return stack.once(("needs", function.urn, code.path if code else ""), compute)


def _shared(stack: Stack, function: Resource) -> tuple[list[_Own], list[str]]:
    """What the other functions with the same role need, and who else may have it whose needs are not known."""
    roles = {each.resource.urn for each in resolve(stack, function, "role", ROLE).all}
    found: list[_Own] = []
    unknown = [
        f"`{service}`, which may assume the role too" for urn in roles for service in _other_services(stack.by_urn[urn])
    ]
    sharing = _sharing(stack)
    keys = (*roles, *_managed(stack, function))
    others = {each.urn: each for key in keys for each in sharing.get(key, ()) if each.urn != function.urn}
    for other in others.values():
        own = _own(stack, other)
        if isinstance(own, _Own):
            found.append(own)
        else:
            unknown.append(
                f"`{other.name}`, which has the same role or managed policy, and whose code is not read here"
            )
    return found, unknown


def _managed(stack: Stack, function: Resource) -> frozenset[str]:
    """The URNs of the stack's own managed policies that the function has, or may have."""
    grants = role_documents(stack, function)
    carriers = (each.resource for each in (*grants.documents, *grants.possible))
    return frozenset(each.urn for each in carriers if each.type == MANAGED_POLICY)


def _sharing(stack: Stack) -> Mapping[str, list[Resource]]:
    """The functions by the URN of their role, and by those of the stack's own managed policies that they have."""

    def compute() -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for each in functions(stack):
            roles = {one.resource.urn for one in resolve(stack, each, "role", ROLE).all}
            for key in (*roles, *_managed(stack, each)):
                found.setdefault(key, []).append(each)
        return found

    return stack.once("functions by what they share", compute)


def _unless_elsewhere(stack: Stack, over: Over) -> Over:
    """Excess that is undecided where somebody has the same managed policy whose needs are not read."""
    holding = _holding(stack).get(over.held.resource.urn, ())
    others = [each.name for each in holding if each.urn not in _sharing(stack) or any(_other_services(each))]
    if not others or not over.sure:
        return over
    why = f"unless it is for `{others[0]}`, which has the same managed policy"
    return msgspec.structs.replace(over, message=f"{over.message}, {why}", sure=False)


def _holding(stack: Stack) -> Mapping[str, list[Resource]]:
    """The roles, users and groups that have or may have each of the stack's managed policies, by its URN."""

    def compute() -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for holder in holders(stack):
            for urn in {each.resource.urn for each in holder.carried if each.resource.type == MANAGED_POLICY}:
                found.setdefault(urn, []).append(holder.identity)
        return found

    return stack.once("holders of managed policies", compute)


def _other_services(role: Resource) -> Iterator[str]:
    """Services besides Lambda that a role's trust policy lets in."""
    for _, document in documents_of(role, TRUST):
        for statement in document.statements if isinstance(document, PolicyDocument) else ():
            services = (each.value for each in statement.principals or () if each.type == "Service")
            if statement.allows:
                yield from (each for each in services if each not in OWN_SERVICES)


def _calls(stack: Stack, function: Resource, code: Asset | None) -> AwsCalls | Unknown | None:
    if code is not None:
        return _calls_in(stack, function, code)
    found = python_code(stack, function)
    if found is None:
        return None
    _, reading = found
    return _told(reading)


def _calls_in(stack: Stack, function: Resource, code: Asset) -> AwsCalls | Unknown | None:
    """The calls in a package that takes the place of the function's own."""
    runtime, name = function.inputs.get("runtime"), function.inputs.get("handler")
    for value in (runtime, name):
        if isinstance(value, Unknown):
            return value
    if not isinstance(runtime, str) or not isinstance(name, str) or not runtime.startswith("python"):
        return None
    try:
        found = read_program(stack, opened(code), layers(stack, function), runtime, name)
    except UnreadableError as error:
        return Unknown(str(error), FIX)
    return _told(found)


def _told(found: ProgramReading | NoModule | Unknown) -> AwsCalls | Unknown:
    if isinstance(found, NoModule):
        return Unknown(f"holds no module `{found.name}`, which the handler is in{found.where}", FIX)
    return found if isinstance(found, Unknown) else found.calls


def _where(stack: Stack, function: Resource) -> Where:
    variables = function.inputs.get("environment")
    held = variables.get("variables") if isinstance(variables, Mapping) else None
    region, account = _home(stack, function)
    return Where(held if isinstance(held, Mapping) else {}, tuple(_uploads(stack, function)), region, account)


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
    """What S3 tells the function of."""
    for trigger in triggers(stack):
        if trigger.functions.includes(function):
            prefix = trigger.entry.prefix if isinstance(trigger.entry.prefix, str) else ""
            known = [name for each in trigger.buckets.all if (name := physical_name(each.resource))]
            given = trigger.notification.inputs.get("bucket")
            for name in known or ([given] if isinstance(given, str) else []):
                yield Upload(name, prefix)


def _needs(found: AwsCalls, where: Where) -> tuple[list[Need], tuple[Unresolved, ...]]:
    needs: dict[Need, None] = {}
    unresolved = list(found.unresolved)
    for call in found.calls:
        wanted = permissions(call)
        if wanted is None:
            why = (
                "an operation whose actions AWS does not list"
                if listed(call.service, call.operation)
                else "an operation that is not in the tables"
            )
            unresolved.append(Unresolved(call.place, f"calls `{call.operation}` of `{call.service}`, {why}"))
            continue
        for each in wanted:
            for target in targets(call, each, where):
                needs[Need(each.action, target, _shown(call), call.place, each.may)] = None
    return list(needs), tuple(dict.fromkeys(unresolved))


def _shown(call: AwsCall) -> str:
    return f"calls `{call.operation}` of `{call.service}`"


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
