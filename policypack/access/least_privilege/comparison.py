"""What code needs against what its role allows: what is missing, and what is over.

Conditions are taken to hold, those of Allow statements, and not to hold, those of Deny statements; both are named. The
comparison itself is `policypack.access.solver.diff`: a need is missing where it allows a request that the role does not, and
a statement is over where it allows one that no need does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from policypack.access.calls.targets import Target, Where
from policypack.access.solver.bounds import Bound, known
from policypack.access.solver.diff import Access, newly, within
from policypack.access.solver.partition import TooManyCellsError
from policypack.core.policy import Resource
from policypack.iam.actions import Action, concerns, expand
from policypack.iam.document import Effect, PolicyDocument, Statement
from policypack.iam.globs import covers, overlaps
from policypack.python.files import CodePlace
from policypack.resources.attachments import AttachedDocument

NOTHING = Access(())
TOO_MANY = "its wildcards tell too many requests apart"
SHOWN = 4


class Need(msgspec.Struct, frozen=True):
    """One action on one target, and what needs it: a line of code, or what the function is set up with."""

    action: str
    target: Target
    why: str
    """What needs it: a clause without a subject's verb, such as "`GetObject` of `s3`"."""
    place: CodePlace | None = None
    may: bool = False
    """Whether it may be allowed and need not be."""


class Role(msgspec.Struct, frozen=True):
    """What a role may do, as far as it is known."""

    documents: tuple[AttachedDocument, ...] = ()
    managed: Mapping[str, tuple[str, ...]] = {}
    """The actions that AWS managed policies allow on everything, by their name. Nobody can narrow these."""
    boundary: tuple[PolicyDocument, ...] | None = None
    unread: tuple[str, ...] = ()
    """What is attached and cannot be read: clauses."""


class Missing(msgspec.Struct, frozen=True):
    """A need that is not met; where `sure` is False, one of which it cannot be told."""

    need: Need
    resource: str
    why: str = ""
    sure: bool = True
    partly: bool = False
    """Whether the role allows it on some of the resource."""


class Over(msgspec.Struct, frozen=True):
    """An element of a statement that allows more than is needed; where `sure` is False, one of which it cannot be told."""

    held: AttachedDocument
    path: str
    """Of the element, in the resource that carries the document."""
    sid: str | None
    message: str
    sure: bool = True

    @property
    def resource(self) -> Resource:
        """The resource that carries the document."""
        return self.held.resource


class Comparison(msgspec.Struct, frozen=True):
    """What is wrong with a role, and which conditions it hangs on."""

    missing: tuple[Missing, ...] = ()
    over: tuple[Over, ...] = ()
    conditions: tuple[str, ...] = ()
    """The paths of the conditions that are taken to hold, or for a Deny not to hold."""


def compare(
    needs: Sequence[Need], every: Sequence[Need], role: Role, where: Where, unread: Sequence[str] = ()
) -> Comparison:
    """Compare what is needed with what is allowed.

    Args:
        needs: what one function needs.
        every: what all functions with this role need.
        role: what they may do.
        where: where that function is.
        unread: what else may need something, as far as nobody can tell what: that makes all that is over undecided.
    """
    most, least = _access(role, Bound.MOST, where), _access(role, Bound.LEAST, where)
    missing = tuple(found for need in needs if not need.may and (found := _missing(need, most, least, role)))
    over = tuple(_over(every, role, where, least.denials))
    if unread:
        over = tuple(
            msgspec.structs.replace(each, message=f"{each.message}, unless it is for {unread[0]}", sure=False)
            for each in over
        )
    conditions = tuple(
        dict.fromkeys(
            f"{held.resource.name}.{held.at(condition.path)}"
            for held in role.documents
            for statement in held.document.statements
            for condition in statement.conditions
        )
    )
    return Comparison(tuple(dict.fromkeys(missing)), over, conditions)


def _access(role: Role, bound: Bound, where: Where) -> Access:
    """What a role allows, where conditions do not count."""
    held = [each.document for each in role.documents if each.certain or bound is Bound.MOST]
    found = _of(held, bound, where)
    aws = tuple(_statement(names, ("*",)) for names in role.managed.values())
    ((groups,),) = found.alternatives
    found = Access((((*groups, *aws),),), found.denials)
    return found if role.boundary is None else within(found, _of(role.boundary, bound, where))


def _of(documents: Iterable[PolicyDocument], bound: Bound, where: Where) -> Access:
    allowed: list[Statement] = []
    denied: list[Statement] = []
    for document in documents:
        for statement in document.statements:
            if statement.allows:
                if (read := known(document, statement, bound)) is not None:
                    allowed.append(_plain(read, where))
            elif (
                not statement.conditions
                and "Condition" not in statement.unknown
                and (read := known(document, statement, bound.other)) is not None
            ):
                denied.append(_plain(read, where))
    return Access(((tuple(allowed),),), tuple(denied))


def _plain(statement: Statement, where: Where) -> Statement:
    """A statement without conditions, with ARNs as needs are written."""
    return msgspec.structs.replace(
        statement,
        conditions=(),
        resources=_loose(statement.resources, where),
        not_resources=_loose(statement.not_resources, where),
    )


def _loose(patterns: tuple[str, ...] | None, where: Where) -> tuple[str, ...] | None:
    return None if patterns is None else tuple(loose(each, where) for each in patterns)


def loose(pattern: str, where: Where) -> str:
    """An ARN pattern in one partition, and in any region and account where the function's own are not known."""
    parts = pattern.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return pattern
    region = "*" if where.region == "*" and parts[3] else parts[3]
    account = "*" if where.account == "*" and parts[4] else parts[4]
    return ":".join(("arn", "aws", parts[2], region, account, parts[5]))


def _statement(actions: tuple[str, ...], resources: tuple[str, ...]) -> Statement:
    return Statement("", Effect.ALLOW, actions=actions, resources=resources)


def _alone(statement: Statement, denials: tuple[Statement, ...] = ()) -> Access:
    return Access((((statement,),),), denials)


def _missing(need: Need, most: Access, least: Access, role: Role) -> Missing | None:
    if _plainly(need, least):
        return None
    alone = _alone(_statement((need.action,), (need.target.pattern,)))
    try:
        found = newly(alone, most, attached=True)
        if found is None:
            unknown = newly(alone, least, attached=True)
            if unknown is None:
                return None
            return Missing(need, need.target.pattern, "a value that is known only after the update decides", sure=False)
        if role.unread:
            return Missing(need, need.target.pattern, f"the function {role.unread[0]}", sure=False)
        partly = newly(within(alone, most), NOTHING, attached=True) is not None
    except TooManyCellsError:
        return Missing(need, need.target.pattern, TOO_MANY, sure=False)
    if partly and need.target.part:
        return None
    if partly and not need.target.every:
        unknown_argument = f"`{need.target.argument}`" if need.target.argument else "what it is called on"
        return Missing(need, need.target.pattern, f"{unknown_argument} cannot be told from the code", sure=False)
    return Missing(need, need.target.pattern, partly=partly)


def _plainly(need: Need, allowed: Access) -> bool:
    """Whether one statement alone allows all of a need, and nothing can deny it, which is quickly seen."""
    if allowed.denials or len(allowed.alternatives) != 1 or len(allowed.alternatives[0]) != 1:
        return False
    fits = overlaps if need.target.part else covers
    return any(
        each.actions is not None
        and each.resources is not None
        and concerns(each, need.action)
        and any(fits(pattern, need.target.pattern) for pattern in each.resources)
        for each in allowed.alternatives[0][0]
    )


def _over(needs: Sequence[Need], role: Role, where: Where, denials: tuple[Statement, ...]) -> Iterator[Over]:
    used: dict[str, list[Statement]] = {}
    for need in needs:
        used.setdefault(need.action.lower(), []).append(_statement((need.action,), (need.target.used,)))
    for held in role.documents:
        for statement in held.document.statements:
            if not statement.allows:
                continue
            if statement.unknown & {"Action", "NotAction", "Resource", "NotResource"}:
                unknown = min(statement.unknown & {"Action", "NotAction", "Resource", "NotResource"})
                yield Over(
                    held,
                    held.at(statement.at(unknown)),
                    statement.sid,
                    "holds a value that is known only after the update",
                    sure=False,
                )
            read = known(held.document, statement, Bound.LEAST)
            if read is not None:
                yield from _of_statement(held, read, _plain(read, where), used, denials)


def _of_statement(
    held: AttachedDocument,
    written: Statement,
    plain: Statement,
    used: Mapping[str, list[Statement]],
    denials: tuple[Statement, ...],
) -> Iterator[Over]:
    if plain.actions is None or plain.resources is None:
        every = Access(((tuple(one for many in used.values() for one in many),),))
        element = "NotAction" if plain.actions is None else "NotResource"
        if witness := _newly(_alone(plain, denials), every):
            yield Over(
                held, held.at(written.at(element)), written.sid, f"allows more than is called, for example {witness}"
            )
        return
    called: dict[str, Action] = {}
    for pattern in plain.actions:
        expanded = sorted(expand(pattern), key=str)
        here = [each for each in expanded if str(each).lower() in used]
        called |= {str(each): each for each in here}
        if expanded and not here:
            yield Over(held, held.at(written.at("Action")), written.sid, f"allows `{pattern}`, which is never called")
        elif len(here) < len(expanded):
            names = _listed([str(each) for each in here])
            yield Over(
                held,
                held.at(written.at("Action")),
                written.sid,
                f"allows {len(expanded)} actions by `{pattern}`, of which {names} {'is' if len(here) == 1 else 'are'} called",
            )
    for shown, pattern in zip(written.resources or (), plain.resources, strict=True):
        yield from _of_resource(held, written, (shown, pattern), called, used, denials)


def _of_resource(
    held: AttachedDocument,
    written: Statement,
    resource: tuple[str, str],
    called: Mapping[str, Action],
    used: Mapping[str, list[Statement]],
    denials: tuple[Statement, ...],
) -> Iterator[Over]:
    """What of one resource, or pattern of resources, no call is about."""
    shown, pattern = resource
    fitting = [name for name, action in called.items() if action.fits(shown)]
    found: dict[str, str] = {}
    untouched = []
    for name in fitting:
        patterns = [each for statement in used[name.lower()] for each in statement.resources or ()]
        if any(covers(each, pattern) for each in patterns):
            continue
        if not denials and not any(overlaps(each, pattern) for each in patterns):
            found[name] = pattern
            untouched.append(name)
            continue
        mine = _alone(_statement((name,), (pattern,)), denials)
        needed = Access(((tuple(used[name.lower()]),),))
        if witness := _newly(mine, needed):
            found[name] = witness
            if not _newly(within(mine, needed), NOTHING):
                untouched.append(name)
    if called and len(untouched) == len(fitting):
        yield Over(
            held,
            held.at(written.at("Resource")),
            written.sid,
            f"names `{shown}`, on which {_listed(list(called))} {'is' if len(called) == 1 else 'are'} never called",
        )
        return
    wider = [name for name in found if name not in untouched]
    if untouched:
        yield Over(
            held,
            held.at(written.at("Resource")),
            written.sid,
            f"allows {_listed(untouched)} on `{shown}`, on which {_verb(untouched)} never called",
        )
    if wider:
        example = found[wider[0]]
        shown_example = "" if example in resource else f", for example on `{example}`"
        message = f"allows {_listed(wider)} on more of `{shown}` than {_verb(wider)} called on{shown_example}"
        yield Over(held, held.at(written.at("Resource")), written.sid, message)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{each}`" for each in names[:SHOWN]) + (" …" if len(names) > SHOWN else "")


def _verb(names: Sequence[str]) -> str:
    return "it is" if len(names) == 1 else "they are"


def _newly(new: Access, old: Access) -> str:
    """The resource of a request that is newly allowed; nothing where there is none, or where it cannot be told."""
    try:
        found = newly(new, old, attached=True)
    except TooManyCellsError:
        return ""
    return found[0].resource if found else ""
