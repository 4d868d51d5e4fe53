"""Which known ways to other identities' permissions an identity's documents open, by what they exactly allow.

Each call of a way is put as a question to the access engine: is there a request for it, on something that no document
names, that the documents allow, no Deny statement matches, and the permissions boundary allows too? What a document
names (a role, a prefix, a tag) is taken for the identity's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache

import msgspec

from policypack.access.escalation.paths import WAYS, Call, Way
from policypack.access.solver.bounds import Bound
from policypack.access.solver.diff import NOTHING, Access, access, newly, within
from policypack.access.solver.substitution import VARIABLE
from policypack.iam.actions import every_action
from policypack.iam.condition_keys import SCOPING_KEYS
from policypack.iam.document import Condition, Effect, PolicyDocument, Statement
from policypack.iam.globs import everything, has_wildcard, matches

NAME = "zq7-of-somebody-else"
"""A name that nobody gives anything: a pattern that matches it matches what belongs to others."""
DEFAULTS = ("aws", "eu-west-1", "111122223333")
FREE = ("*:requesttag/*", "ec2:instancetype")
"""Keys among those that scope of which the caller chooses the value."""
DIRECT = (("aws:viaawsservice", "false"), ("aws:principalisawsservice", "false"))
MOST_PLACES = 8


class Opener(msgspec.Struct, frozen=True):
    """The statement that opens a step of a way: the number of its document, and its path in it."""

    action: str
    document: int
    path: str


class Opened(msgspec.Struct, frozen=True):
    """A way that is open, and what opens each of its steps."""

    way: Way
    openers: tuple[Opener, ...]


class Identity(msgspec.Struct, frozen=True):
    """Documents that are attached to one identity.

    `boundary` is None where there is none. `own` holds the end of the identity's own ARN, as `role/worker`, where it
    is known.
    """

    documents: tuple[PolicyDocument, ...]
    boundary: tuple[PolicyDocument, ...] | None = None
    own: str = ""


def opened(identity: Identity, bound: Bound) -> Iterator[Opened]:
    """The ways that are open, counting what is unknown at this bound.

    Raises:
        TooManyCellsError: the conditions and wildcards tell too many requests apart.
    """
    statements = [each for document in identity.documents for each in document.statements]
    if not any(_touched(each, bound) for each in statements) or _administers(identity, statements):
        return
    granted = _granted(identity, bound)
    asked: dict[Call, Opener | None] = {}
    for way in WAYS:
        openers = []
        for step in way.steps:
            found = next((by for call in step if (by := _asked(identity, granted, call, bound, asked))), None)
            if found is None:
                break
            openers.append(found)
        else:
            yield Opened(way, tuple(openers))


def _granted(identity: Identity, bound: Bound) -> Access:
    """What all documents allow together, with each document's number before the paths of its statements."""
    return Access.of(
        msgspec.structs.replace(statement, path=f"{index} {statement.path}")
        for index, document in enumerate(identity.documents)
        for statement in access((document,), bound).statements
    )


def _asked(
    identity: Identity, granted: Access, call: Call, bound: Bound, asked: dict[Call, Opener | None]
) -> Opener | None:
    if call not in asked:
        asked[call] = _opens(identity, granted, call, bound)
    return asked[call]


def _opens(identity: Identity, granted: Access, call: Call, bound: Bound) -> Opener | None:
    """The statement that allows a call; None where none does."""
    ((allows,),) = granted.alternatives
    about = tuple(each for each in allows if _concerned(each.actions, each.not_actions, call.action))
    if not about:
        return None
    limits = [] if identity.boundary is None else [access(identity.boundary, bound)]
    every = [*about, *granted.denials, *(each for limit in limits for each in limit.statements)]
    question = _question(call, identity, every)
    about = tuple(each for each in about if _reaches(each, question.resources or ()))
    if not about:
        return None
    asked = Access.of([question])
    for limit in limits:
        asked = within(asked, limit)
    found = newly(within(Access.of([*about, *granted.denials]), asked), NOTHING, attached=True, foreign=True)
    if found is None:
        return None
    index, _, path = found[1].path.partition(" ")
    return Opener(call.action, int(index), path)


def _reaches(statement: Statement, targets: Sequence[str]) -> bool:
    """Whether the statement may be about one of the targets; cheap, and never a wrong no."""
    if statement.resources is None or "*" in targets:
        return True
    return any(
        "${" in pattern or "${" in target or matches(pattern, target)
        for pattern in statement.resources
        for target in targets
    )


def _question(call: Call, identity: Identity, statements: Sequence[Statement]) -> Statement:
    """Every request of a call that would do harm, as a statement."""
    fixed = dict(call.context)
    names = {condition.name for statement in statements for condition in statement.conditions}
    conditions = [Condition("StringEquals", name, values) for name, values in call.context]
    conditions += [Condition("Null", name, ("true",)) for name in sorted(names - fixed.keys()) if _scopes(name)]
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
    """Whether a request for what belongs to somebody else lacks this key: no tag and no caller in between is right."""
    return any(matches(each, name) for each in SCOPING_KEYS) and not any(matches(each, name) for each in FREE)


def _targets(call: Call, identity: Identity, statements: Iterable[Statement]) -> Iterator[str]:
    """The ARNs that the call is tried on, in each partition, region and account that the statements speak of."""
    if not call.on:
        yield "*"
        return
    service, tail = call.on.split(" ")
    tails = [tail.replace("*", NAME)]
    if call.own:
        tails += [identity.own] if identity.own.partition("/")[0] == tail.partition("/")[0] else []
        tails += ["user/${aws:username}"] if tail == "user/*" else []
    places = dict.fromkeys(((*DEFAULTS, ""), *_places(service, statements)))
    if call.made:
        tails += dict.fromkeys(name for *_, name in places if matches(tail, name))
    owned = "*" in tail
    for partition, region, account in list(dict.fromkeys(each[:3] for each in places))[:MOST_PLACES]:
        for each in tails:
            yield f"arn:{partition}:{service}:{'' if service == 'iam' else region}:{account if owned else ''}:{each}"


def _places(service: str, statements: Iterable[Statement]) -> Iterator[tuple[str, str, str, str]]:
    """Partition, region, account and an example of the rest of each ARN of a service that the statements speak of."""
    for statement in statements:
        for resource in (*(statement.resources or ()), *(statement.not_resources or ())):
            parts = [each.replace("\0", ":") for each in _hidden(resource).split(":", 5)]
            if len(parts) == 6 and matches(parts[2], service):
                partition, region, account = (
                    default if not part or has_wildcard(part) else part
                    for part, default in zip((parts[1], parts[3], parts[4]), DEFAULTS, strict=True)
                )
                yield partition, region, account, parts[5].replace("*", "x").replace("?", "x")


def _hidden(resource: str) -> str:
    """The resource without the colons that are part of a policy variable."""
    return VARIABLE.sub(lambda found: found[0].replace(":", "\0"), resource)


def _administers(identity: Identity, statements: Iterable[Statement]) -> bool:
    """Whether nothing is left to gain: everything is allowed, which `iam-wildcard-action` reports."""
    if identity.boundary is not None:
        return False
    everywhere = False
    for each in statements:
        if not each.allows:
            return False
        everywhere |= any(map(every_action, each.actions or ())) and any(map(everything, each.resources or ()))
    return everywhere


def _touched(statement: Statement, bound: Bound) -> bool:
    """Whether the statement may open any step of any way; most statements are about nothing of the kind."""
    if not statement.allows:
        return False
    if bound is Bound.MOST and statement.unknown & {"Action", "NotAction"}:
        return True
    return _any_call(statement.actions, statement.not_actions)


@lru_cache(maxsize=8192)
def _any_call(patterns: tuple[str, ...] | None, excluded: tuple[str, ...] | None) -> bool:
    return any(_concerned(patterns, excluded, call.action) for way in WAYS for step in way.steps for call in step)


@lru_cache(maxsize=65536)
def _concerned(patterns: tuple[str, ...] | None, excluded: tuple[str, ...] | None, action: str) -> bool:
    if patterns is not None:
        return any(matches(each, action, ignore_case=True) for each in patterns)
    return not any(matches(each, action, ignore_case=True) for each in excluded or ())
