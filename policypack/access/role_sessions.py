"""What the requests of a role's sessions have for condition keys, where only AWS services assume the role.

A service signs in with no MFA device, no identity provider and no user name, so a condition that needs one of them never
holds for its role. Which keys a session sends is a table in `iam/condition_keys.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import msgspec

from policypack.access.role_users import RUN_OWN_CODE, Assuming, assuming, functions_of
from policypack.access.solver.conditions import VPC_SOURCE_IP, met
from policypack.access.unmet_conditions import unmet
from policypack.core.memo import memoized
from policypack.core.policy import Placed, Resource, Stack, Unknown, over_stack
from policypack.iam.arn import Arn
from policypack.iam.condition_keys import (
    DIRECT_CALL,
    NETWORK_KEYS,
    OF_ONE_SERVICE,
    SERVICE_KEYS,
    SERVICE_SESSION,
    of_a_certificate,
)
from policypack.iam.document import Condition, PolicyDocument, Statement
from policypack.iam.document_readers import documents
from policypack.iam.globs import covers, has_wildcard, matches, overlaps
from policypack.iam.tables import DocumentKind
from policypack.resources.bucket import buckets
from policypack.resources.naming import physical_name
from policypack.resources.providers import STAND_IN, own_accounts
from policypack.resources.region import home

OF_THE_RESOURCE = {"aws:requestedregion": "region", "aws:resourceaccount": "account", "s3:resourceaccount": "account"}
"""By key in lower case, the part of the resource's ARN that a request has for it."""
OTHER = "another"
"""A value that no document has."""


class SentValue(msgspec.Struct, frozen=True):
    """What a request has for a condition key: a text or, if it is not known, a pattern; or nothing."""

    text: str | None
    known: bool = True
    by_parts: bool = False
    """Whether what is not known has no colon, as in the ARN of a role."""


class Session(msgspec.Struct, frozen=True):
    """The sessions of one role, or of several, that only services assume."""

    services: frozenset[str]
    """The services, by the first part of their principal."""
    accounts: frozenset[str] = frozenset()
    """The account of the role, or several that it may be in; empty if it is unknown."""
    role: str = ""
    """The name of the role; empty if it is unknown."""
    functions: frozenset[str] = frozenset()
    """The ARNs of the functions that use the role, if nothing else does; empty if that is unknown."""
    direct: bool = False
    """Whether the service's own code sends the request, rather than a service that it calls."""
    networked: bool = True
    """Whether requests may come through a VPC."""


def session_of(stack: Stack, services: frozenset[str], role: Resource | None) -> Session:
    """The sessions of services in one role of a stack, or in several."""
    own = own_accounts(stack)
    if STAND_IN in own:
        return Session(services, role=(role and physical_name(role)) or "")
    functions = functions_of(stack, role.urn) if role and services == {"lambda"} else frozenset()
    return Session(services, own, (role and physical_name(role)) or "", functions)


def sent(name: str, session: Session) -> tuple[SentValue, ...]:
    """The values that the session may send for a key, in lower case; none if that is not known."""
    if texts := next((texts for pattern, texts in SERVICE_SESSION.items() if matches(pattern, name)), None):
        return () if of_a_certificate(name, session.services) else tuple(map(SentValue, texts))
    if users := OF_ONE_SERVICE.get(name):
        known = {"lambda:sourcefunctionarn": session.functions}.get(name, frozenset())
        return tuple(map(SentValue, sorted(known))) if users & session.services else (SentValue(None),)
    if name in SERVICE_KEYS:
        return (SentValue(None),) if session.services <= RUN_OWN_CODE and name != "aws:sourceowner" else ()
    if name == "aws:principalaccount":
        return tuple(map(SentValue, sorted(session.accounts)))
    if name == "aws:principalarn":
        accounts = sorted(session.accounts) or ["*"]
        return tuple(
            SentValue(f"arn:aws*:iam::{account}:role/*{session.role}", known=False, by_parts=True)
            for account in accounts
        )
    if name == "aws:userid":
        return (SentValue("AROA*:*", known=False),)
    if session.direct and (texts := next((texts for key, texts in DIRECT_CALL.items() if matches(key, name)), None)):
        return tuple(map(SentValue, texts))
    if session.direct and not session.networked and name in NETWORK_KEYS:
        return (SentValue(None), SentValue(OTHER))  # a service may use an endpoint of its own
    if session.direct and not session.networked and name == VPC_SOURCE_IP:
        return (SentValue(None),)
    return ()


def decided(condition: Condition, session: Session) -> bool | None:
    """Whether every request of the session meets a condition, or none; None if that is not known."""
    return agreed(condition, sent(condition.name, session))


class Conditional(msgspec.Struct, frozen=True):
    """A document with conditions, and the sessions that use it where only services do."""

    document: PolicyDocument
    session: Session | None = None
    buckets: Mapping[str, Arn] = {}
    """By name, the buckets of the stack as ARNs with the region and the account that they are in."""
    today: date = date.min
    """The day from which requests come."""


@over_stack
def conditional(stack: Stack) -> Iterator[Placed[Conditional | Unknown]]:
    """The documents of a stack that have conditions."""
    read = documents("Condition")
    for resource in stack.resources:
        for path, value in read(resource):
            if not isinstance(value, PolicyDocument):
                yield resource, path, value
            elif any(statement.conditions for statement in value.statements):
                users = assuming(stack).get(resource.urn) if value.kind is DocumentKind.IDENTITY else None
                yield resource, path, Conditional(value, _session(stack, users), _buckets(stack), stack.today)


@memoized
def _buckets(stack: Stack) -> Mapping[str, Arn]:
    places = {name: home(stack, bucket) for bucket in buckets(stack) if (name := physical_name(bucket))}
    return {name: Arn("aws", "s3", region, account, name) for name, (region, account) in places.items()}


def _session(stack: Stack, users: Assuming | None) -> Session | None:
    if users is None or users.others:
        return None
    (role, *others) = users.roles
    return session_of(stack, users.services, None if others else stack.by_urn[role])


def unmet_in(document: PolicyDocument, session: Session, buckets: Mapping[str, Arn]) -> Iterator[tuple[str, str, bool]]:
    """What keeps statements of a document from allowing anything in a session, where the document alone does not.

    Yields:
        The path of a condition, or of a statement that a denial includes; the condition's key; whether it is the denial's.
    """
    elsewhere = {statement.path for statement, _ in unmet(document)}
    for statement in document.statements:
        if not statement.allows or statement.path in elsewhere:
            continue
        failing = next((one for one in statement.conditions if _fails(one, session, statement, buckets)), None)
        if failing:
            yield failing.path, failing.key, False
        elif denial := _overriding(document, statement, session):
            yield statement.path, denial.conditions[0].key, True


def _fails(condition: Condition, session: Session, statement: Statement, buckets: Mapping[str, Arn]) -> bool:
    """Whether a condition holds for no request: by the session, or by the place of everything in a statement."""
    part = OF_THE_RESOURCE.get(condition.name)
    if part is None:
        return decided(condition, session) is False
    resources = () if "Resource" in statement.unknown else statement.resources or ()
    places = [_place(text, part, buckets) for text in resources]
    return bool(places) and all(place and agreed(condition, (SentValue(place),)) is False for place in places)


def _place(text: str, part: str, buckets: Mapping[str, Arn]) -> str:
    """The region or the account of a resource; empty if it is unknown."""
    arn = Arn.parse(text)
    if arn and arn.service == "s3" and not arn.account:
        arn = buckets.get(arn.resource.partition("/")[0])
    place = str(getattr(arn, part)) if arn else ""
    return "" if has_wildcard(place) or "${" in place or place == STAND_IN else place


def _overriding(document: PolicyDocument, statement: Statement, session: Session) -> Statement | None:
    """A denial that matches every request of the session that a statement allows."""
    for denial in document.statements:
        always = denial.conditions and all(decided(condition, session) is True for condition in denial.conditions)
        if always and not denial.allows and not denial.unknown and _includes(denial, statement):
            return denial
    return None


def _includes(denial: Statement, statement: Statement) -> bool:
    actions, resources = statement.actions, statement.resources
    if denial.actions is None or denial.resources is None or not actions or not resources:
        return False
    return all(any(covers(wide.lower(), action.lower()) for wide in denial.actions) for action in actions) and all(
        any(covers(wide, resource) for wide in denial.resources) for resource in resources
    )


def agreed(condition: Condition, values: tuple[SentValue, ...]) -> bool | None:
    """Whether all of the values meet a condition, or none does; None if that is not known."""
    if any("${" in value for value in condition.values):
        return None
    verdicts = {_compared(condition, value) for value in values}
    return verdicts.pop() if len(verdicts) == 1 else None


def _compared(condition: Condition, value: SentValue) -> bool | None:
    if value.text is None:
        return met(condition, ())
    if value.known or condition.operator == "Null":
        return met(condition, (value.text,))
    operator = condition.operator.replace("Not", "")
    if operator not in ("StringEquals", "StringLike", "ArnLike", "ArnEquals"):
        return None
    wild = operator != "StringEquals"
    if not wild and any(map(has_wildcard, condition.values)):
        return None
    if not any(_overlapping(written, value) for written in condition.values):
        return condition.negated
    certain = wild and any(covers(written, value.text) for written in condition.values)
    return not condition.negated if certain else None


def _overlapping(written: str, value: SentValue) -> bool:
    text = value.text or ""
    if value.by_parts and written.count(":") == text.count(":"):
        return all(map(overlaps, written.split(":"), text.split(":")))
    return overlaps(written, text)
