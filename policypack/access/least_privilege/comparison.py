"""What code needs, compared with what its role allows: missing permissions and excess permissions.

The conditions of Allow statements are assumed to hold and those of Deny statements not to hold, unless the arguments of
a call decide; both are listed.
The comparison is `policypack.access.solver.diff`: a need is missing if it allows a request that the role does not, and
a statement is excessive if it allows a request that no need does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from policypack.access.least_privilege.call_conditions import decidable, is_met, unmet, variants
from policypack.access.least_privilege.calls import CallTarget, RunContext
from policypack.access.solver.bounds import Bound, known
from policypack.access.solver.diff import NOTHING, Access, access, newly, within
from policypack.access.solver.partition import STACK_WORK, TooManyCellsError, Work
from policypack.core.policy import Resource
from policypack.iam.actions import Action, concerns, expand
from policypack.iam.document import Effect, PolicyDocument, Statement
from policypack.iam.globs import covers, overlaps
from policypack.iam.managed import FOR_SERVICES, whole_services
from policypack.python.files import CodePlace
from policypack.python.model import AwsCall
from policypack.resources.attachments import AttachedDocument

TOO_MANY = "its wildcards distinguish too many requests"
MOST_QUOTED = 4
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


class ExcessPermission(msgspec.Struct, frozen=True):
    """An element of a statement that allows more than is needed, or, if `sure` is False, may do so."""

    attached: AttachedDocument
    path: str
    """The element's path in the resource that carries the document."""
    sid: str | None
    message: str
    sure: bool = True

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
    needs: Sequence[Need], every: Sequence[Need], role: Role, context: RunContext, unread: Sequence[str] = ()
) -> Comparison:
    """Compare what is needed with what is allowed.

    A condition that the arguments of a call decide counts for that call.

    Args:
        needs: what one function needs.
        every: what all functions with this role need.
        role: what the role allows.
        context: where that function runs.
        unread: others with unknown needs, which make every excess undecided.
    """
    most, least = _access(role, Bound.MOST, context), _access(role, Bound.LEAST, context)
    statements = [statement for attached in role.documents for statement in attached.document.statements]
    statements += [statement for document in role.boundary or () for statement in document.statements]
    conditional = decidable(statements)
    work = Work(STACK_WORK)
    missing = dict.fromkeys(
        _unmet(need, role, context, work) if conditional and need.call else _missing(need, most, least, role, work)
        for need in needs
        if not need.may
    )
    excess = (*_excess(every, role, context, least.denials, work), *_managed_excess(every, role))
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
    return Comparison(tuple(filter(None, missing)), excess, conditions)


def _access(role: Role, bound: Bound, context: RunContext, call: AwsCall | None = None) -> Access:
    """What a role allows, without conditions that no call decides, and with ARNs as needs are written."""

    def read(document: PolicyDocument, statement: Statement, bound: Bound) -> Statement | None:
        if statement.conditions or "Condition" in statement.unknown:
            met = is_met(statement, call, context) if call else None
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


def loose(pattern: str, context: RunContext) -> str:
    """An ARN pattern in one partition, and in any region and account if the function's own are not known."""
    parts = pattern.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return pattern
    region = "*" if context.region == "*" and parts[3] else parts[3]
    account = "*" if context.account == "*" and parts[4] else parts[4]
    return ":".join(("arn", "aws", parts[2], region, account, parts[5]))


def _allowing(actions: tuple[str, ...], resource: str) -> Statement:
    return Statement("", Effect.ALLOW, actions=actions, resources=(resource,))


def _unmet(need: Need, role: Role, context: RunContext, work: Work) -> MissingPermission | None:
    """What is missing of a need by the arguments of its call, in the first way to call it that lacks something."""
    assert need.call is not None
    for call in variants(need.call):
        most, least = (_access(role, bound, context, call) for bound in (Bound.MOST, Bound.LEAST))
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
    question = Access.of([_allowing((need.action,), target.pattern)])
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
                if decidable([statement]):
                    met = [need for need in needs if not _fails(statement, need, context)]
                    actions = _granted(statement, needs)
                    if actions and not _granted(statement, met):
                        path = attached.at(statement.at("Condition"))
                        message = f"is met by no call of {_listed(actions)}"
                        yield ExcessPermission(attached, path, statement.sid, message)
                        continue
                    here = _used(met, context)
                for element, message in _of_statement(read, _unconditional(read, context), here, denials, work):
                    yield ExcessPermission(attached, attached.at(statement.at(element)), statement.sid, message)


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
        opened = _listed(services or list(allowed))
        every = f"every action of {_listed(whole)}" if whole and whole != ("*",) else f"{count} actions of {opened}"
        every = "every action of nearly every service" if "*" in whole else every
        which = f"only {_listed(called)} {'is' if len(called) == 1 else 'are'} called" if called else "none is called"
        yield ExcessPermission(
            attached, attached.path, None, f"attaches `{attached.managed}`: {every}, of which {which}"
        )


def _used(needs: Iterable[Need], context: RunContext) -> dict[str, list[Statement]]:
    used: dict[str, list[Statement]] = {}
    for need in needs:
        statement = _allowing((need.action,), loose(need.target.used, context))
        used.setdefault(need.action.lower(), []).append(statement)
    return used


def _granted(statement: Statement, needs: Iterable[Need]) -> list[str]:
    return list(dict.fromkeys(need.action for need in needs if concerns(statement, need.action)))


def _fails(statement: Statement, need: Need, context: RunContext) -> bool:
    """Whether no way to make a call meets the conditions of a statement."""
    calls = variants(need.call) if need.call else ()
    return need.call is not None and all(is_met(statement, call, context) is False for call in calls)


Excess = Iterator[tuple[str, str]]
"""Elements of a statement that allow more than is needed, each with a message."""


def _of_statement(
    written: Statement,
    plain: Statement,
    used: Mapping[str, list[Statement]],
    denials: tuple[Statement, ...],
    work: Work,
) -> Excess:
    if plain.actions is None or plain.resources is None:
        every = Access.of(statement for statements in used.values() for statement in statements)
        if witness := _newly(Access.of([plain, *denials]), every, work):
            element = "NotAction" if plain.actions is None else "NotResource"
            yield element, f"allows more than is called, for example {witness}"
        return
    called: dict[str, Action] = {}
    for pattern in plain.actions:
        expanded = sorted(expand(pattern), key=str)
        here = {str(action): action for action in expanded if str(action).lower() in used}
        called |= here
        if expanded and not here:
            yield "Action", f"allows `{pattern}`, which is never called"
        elif len(here) < len(expanded):
            verb = "is" if len(here) == 1 else "are"
            yield (
                "Action",
                f"allows {len(expanded)} actions by `{pattern}`, of which {_listed(list(here))} {verb} called",
            )
    for resource in zip(written.resources or (), plain.resources, strict=True):
        yield from (("Resource", message) for message in _of_resource(resource, called, used, denials, work))


def _of_resource(
    resource: tuple[str, str],
    called: Mapping[str, Action],
    used: Mapping[str, list[Statement]],
    denials: tuple[Statement, ...],
    work: Work,
) -> Iterator[str]:
    """Messages about a resource pattern, or a part of it, that no call uses."""
    written, pattern = resource
    fitting = [name for name, action in called.items() if action.fits(written)]
    examples: dict[str, str] = {}
    untouched = []
    for name in fitting:
        targets = [target for statement in used[name.lower()] for target in statement.resources or ()]
        if any(covers(target, pattern) for target in targets):
            continue
        if not denials and not any(overlaps(target, pattern) for target in targets):
            examples[name] = pattern
            untouched.append(name)
            continue
        granted, needed = Access.of([_allowing((name,), pattern), *denials]), Access.of(used[name.lower()])
        if witness := _newly(granted, needed, work):
            examples[name] = witness
            if not _newly(within(granted, needed), NOTHING, work):
                untouched.append(name)
    if called and len(untouched) == len(fitting):
        yield f"names `{written}`, on which {_listed(list(called))} {'is' if len(called) == 1 else 'are'} never called"
        return
    if untouched:
        yield f"allows {_listed(untouched)} on `{written}`, on which {_verb(untouched)} never called"
    if wider := [name for name in examples if name not in untouched]:
        example = examples[wider[0]]
        for_example = "" if example in resource else f", for example on `{example}`"
        yield f"allows {_listed(wider)} on more of `{written}` than {_verb(wider)} called on{for_example}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names[:MOST_QUOTED]) + (" …" if len(names) > MOST_QUOTED else "")


def _verb(names: Sequence[str]) -> str:
    return "it is" if len(names) == 1 else "they are"


def _newly(new: Access, old: Access, work: Work) -> str:
    """The resource of a newly allowed request; empty if there is none, or if this cannot be determined."""
    try:
        gain = newly(new, old, attached=True, work=work)
    except TooManyCellsError:
        return ""
    return gain[0].resource if gain else ""
