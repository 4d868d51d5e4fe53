"""What code needs, compared with what its role allows: missing permissions and excess permissions.

The conditions of Allow statements are assumed to hold and those of Deny statements not to hold, unless the arguments of
a call decide; both are listed.
The comparison is `policypack.access.solver.diff`: a need is missing if it allows a request that the role does not, and
a statement is excessive if it allows a request that no need does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

import msgspec

from policypack.access.least_privilege.call_conditions import decidable, is_met, unmet, variants
from policypack.access.least_privilege.calls import CallTarget, RunContext, loose, prefix
from policypack.access.least_privilege.excess import Excess, allowing, excess_of, listed
from policypack.access.least_privilege.near_misses import nearly_met
from policypack.access.solver.bounds import Bound, known
from policypack.access.solver.diff import NOTHING, Access, access, newly, within
from policypack.access.solver.partition import STACK_WORK, TooManyCellsError, Work
from policypack.core.policy import Resource
from policypack.iam.actions import concerns, expand
from policypack.iam.document import PolicyDocument, Statement
from policypack.iam.globs import covers, overlaps
from policypack.iam.managed import FOR_SERVICES, whole_services
from policypack.python.files import CodePlace
from policypack.python.model import AwsCall
from policypack.resources.attachments import AttachedDocument

TOO_MANY = "its wildcards distinguish too many requests"
TELEMETRY = frozenset({"logs", "xray", "cloudwatch"})
"""Services by which a function is observed, through agents and layers that its code does not show."""


class Need(msgspec.Struct, frozen=True):
    """One action on one target, and what needs it: a line of code, or a setting of the function."""

    action: str
    target: CallTarget
    why: str
    """The reason: a clause such as "calls `GetObject` of `s3`"."""
    place: CodePlace | None = None
    may: bool = False
    """Whether it may be allowed but is not required."""
    call: AwsCall | None = None
    """The call that needs it, whose arguments decide conditions."""

    @property
    def direct(self) -> bool:
        """Whether the code sends the request itself, rather than a service that it calls."""
        return self.call is not None and self.action.partition(":")[0] == prefix(self.call.service)


class Role(msgspec.Struct, frozen=True):
    """What a role allows, as far as it is known."""

    documents: tuple[AttachedDocument, ...] = ()
    managed: tuple[AttachedDocument, ...] = ()
    """AWS managed policies, which are judged as a whole."""
    boundary: tuple[PolicyDocument, ...] | None = None
    unread: tuple[str, ...] = ()
    """What is attached and cannot be read: clauses."""

    @property
    def refused(self) -> bool:
        """Whether AWS refuses one of the documents, so that what is missing follows from that."""
        documents = (*(attached.document for attached in self.documents), *(self.boundary or ()))
        return any(document.problems for document in documents)


class MissingPermission(msgspec.Struct, frozen=True):
    """A need that the role does not meet, or, if `sure` is False, may not meet."""

    need: Need
    resource: str
    why: str = ""
    sure: bool = True
    partly: bool = False
    """Whether the role allows it on some of the resource."""
    related: tuple[tuple[str, str], ...] = ()
    """The elements of one statement, by URN and path, of which one with its right value would allow it."""


class ExcessPermission(msgspec.Struct, frozen=True):
    """An element of a statement that allows more than is needed, or, if `sure` is False, may do so."""

    attached: AttachedDocument
    path: str
    """The element's path in the resource that carries the document."""
    sid: str | None
    message: str
    sure: bool = True
    excess: Excess = Excess("", "")
    """What identifies it."""

    @property
    def resource(self) -> Resource:
        """The resource that carries the document."""
        return self.attached.resource

    def unless(self, purpose: str) -> ExcessPermission:
        """The same, undecided because it may have this purpose."""
        return msgspec.structs.replace(self, message=f"{self.message}, unless it is {purpose}", sure=False)


class Comparison(msgspec.Struct, frozen=True):
    """The missing and the excess permissions of a role, with the conditions that this depends on."""

    missing: tuple[MissingPermission, ...] = ()
    excess: tuple[ExcessPermission, ...] = ()
    conditions: tuple[str, ...] = ()
    """The paths of the conditions that are assumed to hold, or for a Deny not to hold."""


def compare(
    needs: Sequence[Need],
    every: Sequence[Need],
    role: Role,
    context: RunContext,
    unread: Sequence[str] = (),
    *,
    networked: bool = True,
) -> Comparison:
    """Compare what is needed with what is allowed.

    A condition that the arguments of a call decide counts for that call.

    Args:
        needs: what one function needs.
        every: what all functions with this role need.
        role: what the role allows.
        context: where that function runs.
        unread: others with unknown needs, which make every excess undecided.
        networked: whether one of the functions with this role may call through a VPC.
    """
    most, least = _accesses(role, context, None)
    contexts = {
        direct: msgspec.structs.replace(context, session=session)
        for direct, session in ((False, context.session), (True, context.direct))
    }
    by_call = cache(lambda call, direct: _accesses(role, contexts[direct], call))
    statements = [statement for attached in role.documents for statement in attached.document.statements]
    statements += [statement for document in role.boundary or () for statement in document.statements]
    conditional = decidable(statements, context)
    work = Work(STACK_WORK)
    missing = dict.fromkeys(
        _unmet(need, role, contexts[need.direct], by_call, work)
        if conditional
        else _missing(need, most, least, role, work)
        for need in needs
        if not need.may
    )
    shared = msgspec.structs.replace(context, session=msgspec.structs.replace(context.session, networked=networked))
    excess = (*_excess(every, role, shared, least.denials, work), *_managed_excess(every, role))
    if unread:
        excess = tuple(permission.unless(f"for {unread[0]}") for permission in excess)
    conditions = tuple(
        dict.fromkeys(
            f"{attached.resource.name}.{attached.at(condition.path)}"
            for attached in role.documents
            for statement in attached.document.statements
            for condition in statement.conditions
        )
    )
    return Comparison(tuple(nearly_met(filter(None, missing), role, every)), excess, conditions)


def _accesses(role: Role, context: RunContext, call: AwsCall | None) -> tuple[Access, Access]:
    """The most and the least that a role allows."""
    return _access(role, Bound.MOST, context, call), _access(role, Bound.LEAST, context, call)


def _access(role: Role, bound: Bound, context: RunContext, call: AwsCall | None) -> Access:
    """What a role allows, without conditions that no call decides, and with ARNs as needs are written."""

    def read(document: PolicyDocument, statement: Statement, bound: Bound) -> Statement | None:
        if statement.conditions or "Condition" in statement.unknown:
            met = is_met(statement, call, context)
            if met is False or not (met or statement.allows):
                return None
        bounded = known(document, statement, bound)
        return bounded and _unconditional(bounded, context)

    every = (*role.documents, *role.managed)
    documents = [attached.document for attached in every if attached.certain or bound is Bound.MOST]
    granted = access(documents, bound, read)
    return granted if role.boundary is None else within(granted, access(role.boundary, bound, read))


def _unconditional(statement: Statement, context: RunContext) -> Statement:
    def normalized(patterns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return patterns and tuple(loose(pattern, context) for pattern in patterns)

    resources, not_resources = normalized(statement.resources), normalized(statement.not_resources)
    return msgspec.structs.replace(statement, conditions=(), resources=resources, not_resources=not_resources)


def _unmet(
    need: Need,
    role: Role,
    context: RunContext,
    accesses: Callable[[AwsCall | None, bool], tuple[Access, Access]],
    work: Work,
) -> MissingPermission | None:
    """What is missing of a need by the arguments of its call, in the first way to call it that lacks something."""
    for call in variants(need.call) if need.call else (None,):
        most, least = accesses(call, need.direct)
        if missing := _missing(need, most, least, role, work):
            conditions = [
                f"`{condition.written}` on `{condition.key}`"
                for attached in role.documents
                for statement in attached.document.statements
                if statement.allows and concerns(statement, need.action)
                for condition in unmet(statement, call, context)
            ]
            if missing.sure and conditions:
                return msgspec.structs.replace(missing, why=f"which does not meet {conditions[0]}")
            return missing
    return None


def _missing(need: Need, most: Access, least: Access, role: Role, work: Work) -> MissingPermission | None:
    most, least = _concerning(most, need.action), _concerning(least, need.action)
    if _plainly_allowed(need, least):
        return None
    target = need.target
    question = Access.of([allowing((need.action,), target.pattern)])
    try:
        if newly(question, most, attached=True, work=work) is None:
            if newly(question, least, attached=True, work=work) is None:
                return None
            return MissingPermission(
                need, target.pattern, "a value that is known only after the update decides", sure=False
            )
        if role.unread:
            return MissingPermission(need, target.pattern, f"the function {role.unread[0]}", sure=False)
        partly = newly(within(question, most), NOTHING, attached=True, work=work) is not None
    except TooManyCellsError:
        return MissingPermission(need, target.pattern, TOO_MANY, sure=False)
    if partly and target.part:
        return None
    if partly and not target.every:
        unknown_argument = f"`{target.argument}`" if target.argument else "what it is called on"
        return MissingPermission(
            need, target.pattern, f"{unknown_argument} cannot be determined from the code", sure=False
        )
    return MissingPermission(need, target.pattern, partly=partly)


def _concerning(access: Access, action: str) -> Access:
    """The same access for one action: the statements that match it, which are few of an AWS managed policy's."""
    groups = tuple(
        tuple(tuple(statement for statement in group if concerns(statement, action)) for group in choice)
        for choice in access.alternatives
    )
    return Access(groups, tuple(denial for denial in access.denials if concerns(denial, action)))


def _plainly_allowed(need: Need, allowed: Access) -> bool:
    """Whether one statement alone allows all of a need and nothing can deny it, which avoids a search."""
    if allowed.denials or len(allowed.alternatives) != 1 or len(allowed.alternatives[0]) != 1:
        return False
    fits = overlaps if need.target.part else covers
    return any(
        statement.actions is not None
        and statement.resources is not None
        and concerns(statement, need.action)
        and any(fits(pattern, need.target.pattern) for pattern in statement.resources)
        for statement in allowed.statements
    )


def _excess(
    needs: Sequence[Need], role: Role, context: RunContext, denials: tuple[Statement, ...], work: Work
) -> Iterator[ExcessPermission]:
    used = _used(needs, context)
    for attached in role.documents:
        for statement in attached.document.statements:
            if not statement.allows:
                continue
            if unknown := statement.unknown & {"Action", "NotAction", "Resource", "NotResource"}:
                path = attached.at(statement.at(min(unknown)))
                message = "contains a value that is known only after the update"
                yield ExcessPermission(attached, path, statement.sid, message, sure=False)
            read = known(attached.document, statement, Bound.LEAST)
            if read is not None:
                here = used
                if decidable([statement], context):
                    met = [need for need in needs if not _fails(statement, need, context)]
                    actions = _granted(statement, needs)
                    if actions and not _granted(statement, met):
                        path = attached.at(statement.at("Condition"))
                        message = f"is met by no call of {listed(actions)}"
                        yield ExcessPermission(attached, path, statement.sid, message)
                        continue
                    here = _used(met, context)
                for excess in excess_of(read, _unconditional(read, context), here, denials, work):
                    path = attached.at(statement.at(excess.element))
                    yield ExcessPermission(attached, path, statement.sid, excess.message, excess=excess)


def _managed_excess(needs: Sequence[Need], role: Role) -> Iterator[ExcessPermission]:
    """One report for each AWS managed policy that is wider than the needs and is not made for functions."""
    used = {need.action.lower() for need in needs}
    for attached in role.managed:
        allowed: dict[str, set[str]] = {}
        for statement in attached.document.statements:
            patterns = (statement.actions or ("*",)) if statement.allows else ()
            for action in (str(action) for pattern in patterns for action in expand(pattern)):
                allowed.setdefault(action.partition(":")[0], set()).add(action)
        services = [service for service in allowed if service not in TELEMETRY]
        whole = whole_services(attached.managed)
        if attached.managed.startswith(FOR_SERVICES) or not (services or whole):
            continue
        called = sorted(action for actions in allowed.values() for action in actions if action.lower() in used)
        count = sum(map(len, allowed.values()))
        if called and count == len(called):
            continue
        opened = listed(services or list(allowed))
        every = f"every action of {listed(whole)}" if whole and whole != ("*",) else f"{count} actions of {opened}"
        every = "every action of nearly every service" if "*" in whole else every
        which = f"only {listed(called)} {'is' if len(called) == 1 else 'are'} called" if called else "none is called"
        message = f"attaches `{attached.managed}`: {every}, of which {which}"
        excess = Excess("", message, (attached.managed,), used=(*called,))
        yield ExcessPermission(attached, attached.path, None, message, excess=excess)


def _used(needs: Iterable[Need], context: RunContext) -> dict[str, list[Statement]]:
    used: dict[str, list[Statement]] = {}
    for need in needs:
        statement = allowing((need.action,), loose(need.target.used, context))
        used.setdefault(need.action.lower(), []).append(statement)
    return used


def _granted(statement: Statement, needs: Iterable[Need]) -> list[str]:
    return list(dict.fromkeys(need.action for need in needs if concerns(statement, need.action)))


def _fails(statement: Statement, need: Need, context: RunContext) -> bool:
    """Whether no way to make a call meets the conditions of a statement."""
    session = context.direct if need.direct else context.session
    used = msgspec.structs.replace(context, session=session)
    calls = variants(need.call) if need.call else (None,)
    return all(is_met(statement, call, used) is False for call in calls)
