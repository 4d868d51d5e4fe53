"""Which known ways to other identities' permissions an identity's documents open, by exactly what they allow.

Each call of a way is a question to the solver: is there a request for it, on a resource that no document names, that the
documents allow, no Deny statement matches, and the permissions boundary allows too? A resource that a document names (by
a role, a prefix, a tag) is assumed to be the identity's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache

import msgspec

from policypack.access.escalation.paths import WAYS, RiskyCall, Way
from policypack.access.solver.bounds import Bound
from policypack.access.solver.diff import NOTHING, Access, access, newly, within
from policypack.access.solver.partition import LITTLE_WORK, TooManyCellsError, Work
from policypack.access.solver.substitution import VARIABLE
from policypack.core.caches import bounded_cache
from policypack.iam.actions import concerns, every_action, lowered
from policypack.iam.condition_keys import SCOPING_KEYS
from policypack.iam.document import Condition, Effect, PolicyDocument, Statement
from policypack.iam.globs import any_matches, everything, has_wildcard, matches

NAME = "zq7-of-somebody-else"
"""A name that no resource has: a pattern that matches it matches resources of others."""
DEFAULTS = ("aws", "eu-west-1", "111122223333")
FREE = ("*:requesttag/*", "ec2:instancetype")
"""Patterns of scoping keys whose value the caller chooses."""
DIRECT = (("aws:viaawsservice", "false"), ("aws:principalisawsservice", "false"))
MOST_PLACES = 8
_ACTIONS = frozenset(call.action.lower() for way in WAYS for step in way.steps for call in step)


class Opener(msgspec.Struct, frozen=True):
    """The statement that opens a step of a way: the index of its document, and its path in the document."""

    action: str
    document: int
    path: str


class Opened(msgspec.Struct, frozen=True):
    """An open way, and what opens each of its steps."""

    way: Way
    openers: tuple[Opener, ...]


class IdentityDocuments(msgspec.Struct, frozen=True):
    """The documents that are attached to one identity.

    `boundary` is None if there is none. `own` is the end of the identity's own ARN, such as `role/worker`, if known.
    """

    documents: tuple[PolicyDocument, ...]
    boundary: tuple[PolicyDocument, ...] | None = None
    own: str = ""


def opened(identity: IdentityDocuments, bound: Bound) -> Iterator[Opened]:
    """The open ways, once for each statement that opens the first step, with unknown values at this bound.

    Raises:
        TooManyCellsError: the conditions and wildcards distinguish too many requests.
    """
    statements = [statement for document in identity.documents for statement in document.statements]
    if not any(_may_open(statement, bound) for statement in statements) or administers(identity, statements):
        return
    granted = Access.of(
        msgspec.structs.replace(statement, path=f"{index} {statement.path}")
        for index, document in enumerate(identity.documents)
        for statement in access((document,), bound).statements
    )
    limits = [] if identity.boundary is None else [access(identity.boundary, bound)]
    work = Work()

    @cache
    def opener(call: RiskyCall) -> Opener | None:
        return _opener(identity, granted, limits, call, work)

    rest = Work(LITTLE_WORK)

    @cache
    def others(step: tuple[RiskyCall, ...], first: Opener) -> Sequence[Opener]:
        openers: list[Opener] = []
        with suppress(TooManyCellsError):
            for call in step:
                left = _without(granted, (first, *openers))
                while (other := _opener(identity, left, limits, call, rest)) is not None:
                    openers.append(other)
                    left = _without(left, (other,))
        return openers

    for way in WAYS:
        openers = []
        for step in way.steps:
            first = next(filter(None, map(opener, step)), None)
            if first is None:
                break
            openers.append(first)
        else:
            yield Opened(way, tuple(openers))
            for other in others(tuple(way.steps[0]), openers[0]):
                yield Opened(way, (other, *openers[1:]))


def _without(granted: Access, openers: Iterable[Opener]) -> Access:
    """The access without the statements that open a step."""
    paths = {f"{opener.document} {opener.path}" for opener in openers}
    return Access.of(statement for statement in granted.statements if statement.path not in paths)


def _opener(
    identity: IdentityDocuments, granted: Access, limits: Sequence[Access], call: RiskyCall, work: Work
) -> Opener | None:
    """The statement that allows a call; None if none does."""
    work.spend(len(granted.statements))
    allowing = [statement for statement in granted.statements if statement.allows and concerns(statement, call.action)]
    if not allowing:
        return None
    every = [*allowing, *granted.denials, *(statement for limit in limits for statement in limit.statements)]
    question = _question(call, identity, every)
    allowing = [statement for statement in allowing if _may_match(statement, question.resources or ())]
    if not allowing:
        return None
    requested = Access.of([question])
    for limit in limits:
        requested = within(requested, limit)
    asked = within(Access.of([*allowing, *granted.denials]), requested)
    gain = newly(asked, NOTHING, attached=True, foreign=True, work=work)
    if gain is None:
        return None
    index, _, path = gain[1].path.partition(" ")
    return Opener(call.action, int(index), path)


def _may_match(statement: Statement, targets: Sequence[str]) -> bool:
    """Whether the statement may match one of the targets; False is always right."""
    if statement.resources is None or "*" in targets:
        return True
    return any(
        "${" in pattern or "${" in target or matches(pattern, target)
        for pattern in statement.resources
        for target in targets
    )


def _question(call: RiskyCall, identity: IdentityDocuments, statements: Sequence[Statement]) -> Statement:
    """Every harmful request of a call, as a statement."""
    names = {condition.name for statement in statements for condition in statement.conditions}
    conditions = [Condition("StringEquals", name, values) for name, values in call.context]
    unset = sorted(names - dict(call.context).keys())
    conditions += [Condition("Null", name, ("true",)) for name in unset if _scopes(name)]
    conditions += [Condition("Bool", name, (value,), if_exists=True) for name, value in DIRECT if name in names]
    return Statement(
        "",
        Effect.ALLOW,
        actions=(call.action,),
        resources=tuple(_targets(call, identity, statements)),
        conditions=tuple(conditions),
    )


@cache
def _scopes(name: str) -> bool:
    """Whether a request for a resource of others lacks this key: it has no matching tag and no intermediate service."""
    return any(matches(key, name) for key in SCOPING_KEYS) and not any(matches(key, name) for key in FREE)


def _targets(call: RiskyCall, identity: IdentityDocuments, statements: Iterable[Statement]) -> Iterator[str]:
    """The ARNs to try the call on, in each partition, region and account that the statements name."""
    if not call.resource:
        yield "*"
        return
    service, tail = call.resource.split(" ")
    tails = [tail.replace("*", NAME)]
    if call.own:
        tails += [identity.own] if identity.own.partition("/")[0] == tail.partition("/")[0] else []
        tails += ["user/${aws:username}"] if tail == "user/*" else []
    places = dict.fromkeys(((*DEFAULTS, ""), *_places(service, statements)))
    if call.creates:
        tails += dict.fromkeys(name for *_, name in places if matches(tail, name))
    owned = "*" in tail
    for partition, region, account in list(dict.fromkeys(place[:3] for place in places))[:MOST_PLACES]:
        head = f"arn:{partition}:{service}:{'' if service == 'iam' else region}:{account if owned else ''}"
        yield from (f"{head}:{end}" for end in tails)


def _places(service: str, statements: Iterable[Statement]) -> Iterator[tuple[str, str, str, str]]:
    """Partition, region, account and an example of the rest of each ARN of a service that the statements name."""
    for statement in statements:
        for resource in (*(statement.resources or ()), *(statement.not_resources or ())):
            # Colons inside policy variables do not separate the parts of an ARN.
            hidden = VARIABLE.sub(lambda variable: variable[0].replace(":", "\0"), resource)
            parts = [part.replace("\0", ":") for part in hidden.split(":", 5)]
            if len(parts) == 6 and matches(parts[2], service):
                partition, region, account = (
                    default if not part or has_wildcard(part) else part
                    for part, default in zip((parts[1], parts[3], parts[4]), DEFAULTS, strict=True)
                )
                yield partition, region, account, parts[5].replace("*", "x").replace("?", "x")


def administers(identity: IdentityDocuments, statements: Sequence[Statement]) -> bool:
    """Whether everything is allowed: then nothing is left to gain, and `iam-wildcard-action` reports it."""
    return (
        identity.boundary is None
        and all(statement.allows for statement in statements)
        and any(
            any(map(every_action, statement.actions or ())) and any(map(everything, statement.resources or ()))
            for statement in statements
        )
    )


def _may_open(statement: Statement, bound: Bound) -> bool:
    """Whether the statement may open any step of any way; most statements do not."""
    if bound is Bound.MOST and statement.unknown & {"Action", "NotAction"}:
        return statement.allows
    return statement.allows and _opens_any(statement.actions, statement.not_actions)


@bounded_cache(8192)
def _opens_any(actions: tuple[str, ...] | None, not_actions: tuple[str, ...] | None) -> bool:
    named = lowered(not_actions or () if actions is None else actions)
    matched = {action for action in _ACTIONS if any_matches(named, action)}
    return bool(matched) if actions is not None else matched != _ACTIONS
