"""The decoder: turns a request of the solver into an example that a reader understands, with a real action and names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec

from policypack.access.solver.conditions import met
from policypack.access.solver.dimensions import resources
from policypack.access.solver.request import Request, includes_caller
from policypack.core.caches import bounded_cache
from policypack.core.witness import Witness
from policypack.iam.actions import Action, concerns, exists, expand, matches_some
from policypack.iam.condition_keys import SERVICE_KEYS
from policypack.iam.document import Statement
from policypack.iam.globs import everything, has_wildcard, matches, overlaps

FAVOURITES = ("Get", "Put", "List", "Delete", "Send", "Publish", "Invoke")
"""Beginnings of the names of well-known actions: an example uses one of these if it can."""
ON_DATA = frozenset(
    {"ecr:BatchGetImage", "sns:Publish", "elasticfilesystem:ClientMount", "codeartifact:GetPackageVersionAsset"}
)
"""Actions on the data itself, where a service's other names come before theirs."""
MOST_TRIED = 400
COMMON = ("s3", "iam", "ec2")
"""Services with well-known actions, for an example that may use any service."""
PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}")


class Home(NamedTuple):
    """The region and the account in the ARNs of examples, and what a document protects, unless a statement decides them."""

    region: str = "us-east-1"
    account: str = "111122223333"
    arn: str = ""


EXAMPLE = Home()


def improved(
    request: Request, required: Sequence[Statement], obstacles: Sequence[Statement], home: Home = EXAMPLE
) -> Request:
    """The same example with a real action, on a resource that it works on, if the statements allow it."""
    needed = [statement for statement in required if _matches_sender(statement, request)]
    blocking = [statement for statement in obstacles if _matches_sender(statement, request)]
    named = {name: _on(name, needed, blocking) for name in _names(request, required, home)}
    real: Request | None = None
    for action in islice(_actions(request, required), MOST_TRIED):
        first = None
        for example in _fitting(request, str(action), needed, named):
            if action.fits(example.resource) and not (everything(example.resource) and action.formats):
                return example
            first = first or example
        if first and action.formats:
            arn = home.arn if home.arn and action.fits(home.arn) else _example_arn(action, home)
            for example in _fitting(request, str(action), needed, {arn: _on(arn, needed, blocking)}):
                return example
        real = real or first
    written = (action for statement in required for action in statement.actions or ())
    as_written = next((text for text in written if text.lower() == request.action), request.action)
    return real or next(_fitting(request, as_written, needed, named), request)


def is_invented(action: str, required: Sequence[Statement]) -> bool:
    """Whether AWS has no such action, but others that the wildcards of all these statements match."""
    if not exists(action.partition(":")[0]) or expand(action):
        return False
    patterns = [
        [pattern for pattern in statement.actions or ("*",) if matches(pattern, action, ignore_case=True)]
        for statement in required
        if statement.not_actions is None
    ]
    return all(has_wildcard(pattern) and matches_some(pattern) for group in patterns for pattern in group)


def _on(resource: str, needed: Sequence[Statement], blocking: Sequence[Statement]) -> Sequence[Statement] | None:
    """The blocking statements that match a resource; None if not all needed statements match it."""
    if not all(resources(statement).matches(resource) for statement in needed):
        return None
    return [statement for statement in blocking if resources(statement).matches(resource)]


def _fitting(
    request: Request, action: str, needed: Sequence[Statement], named: Mapping[str, Sequence[Statement] | None]
) -> Iterator[Request]:
    """The request with this action on each of the resources on which no blocking statement matches the action."""
    if all(concerns(statement, action) for statement in needed):
        for resource, blocking in named.items():
            if blocking is not None and not any(concerns(statement, action) for statement in blocking):
                yield msgspec.structs.replace(request, action=action, resource=resource)


def rank(action: Action) -> tuple[bool, int, int, str]:
    """The order of actions by how well they serve as examples."""
    favoured = (index for index, start in enumerate(FAVOURITES) if action.name.startswith(start))
    return str(action) not in ON_DATA, next(favoured, len(FAVOURITES)), len(action.name), action.name


def _example_arn(action: Action, home: Home) -> str:
    """An ARN in the shortest format of those of the action."""
    shortest = min((arn_format.written for arn_format in action.formats), key=len)
    known = {"partition": "aws", **home._asdict()}
    return PLACEHOLDER.sub(lambda placeholder: known.get(placeholder[1].lower(), "example"), shortest)


def _matches_sender(statement: Statement, request: Request) -> bool:
    """Whether a statement matches a request in everything except perhaps its action and its resource."""
    return includes_caller(statement, request.caller) and all(
        met(condition, request.context.get(condition.name, ())) for condition in statement.conditions
    )


def _actions(request: Request, required: Sequence[Statement]) -> Iterator[Action]:
    """AWS's actions that could replace the one in the example, well-known ones first."""
    patterns = [request.action, *(pattern for statement in required for pattern in statement.actions or ())]
    resource = request.resource.split(":")
    services = dict.fromkeys([*resource[2:3], request.action.partition(":")[0], *COMMON])
    patterns += [f"{service}:*" for service in services if exists(service) and _unnamed(service, required)]
    seen: set[Action] = set()
    for pattern in patterns:
        for action in () if _of_any_service(pattern) else ranked(pattern):
            if action not in seen:
                seen.add(action)
                yield action


def _unnamed(service: str, required: Sequence[Statement]) -> bool:
    """Whether all of `required` may match actions of a service that none of their patterns names."""
    return all(
        any(
            _of_any_service(pattern) and overlaps(pattern, f"{service}:*", ignore_case=True)
            for pattern in statement.actions
        )
        for statement in required
        if statement.actions is not None
    )


def _of_any_service(pattern: str) -> bool:
    return pattern.startswith("*") or pattern.partition(":")[0].endswith("*")


def _located(pattern: str, home: Home) -> str:
    """The pattern of an ARN with a partition, a region and an account where it has a `*` for each."""
    parts = pattern.split(":", 5)
    if len(parts) == 6:
        for index, text in ((1, "aws"), (3, home.region), (4, home.account)):
            parts[index] = text if parts[index] == "*" else parts[index]
    return ":".join(parts)


@bounded_cache(2048)
def ranked(pattern: str) -> tuple[Action, ...]:
    """The actions that a pattern matches, those first that make good examples."""
    return tuple(sorted(expand(pattern), key=rank))


def _names(request: Request, required: Sequence[Statement], home: Home) -> Iterator[str]:
    """Names of the resource that read better than the shortest text that a wildcard matches."""
    for statement in required:
        for pattern in statement.resources or ():
            if has_wildcard(pattern):
                for start in dict.fromkeys((home, EXAMPLE)):
                    yield _located(pattern, start).replace("*", "example").replace("?", "x")
    if request.resource.endswith(("/", ":")):
        yield f"{request.resource}example"
    yield request.resource or "*"


def witness_of(request: Request, written: Mapping[str, str] | None = None) -> Witness:
    """The example for a report; `written` has condition keys as the document writes them."""
    return Witness(
        str(request.caller),
        next(iter(request.context.get("aws:sourceip", ())), None),
        request.action,
        request.resource,
        tuple(
            ((written or {}).get(key, key), ", ".join(values))
            for key, values in request.context.items()
            if values and key != "aws:sourceip" and not (key in SERVICE_KEYS and request.caller.name in values)
        ),
    )
