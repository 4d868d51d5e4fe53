"""Makes an example of a request one that a person understands: an action that AWS has, a name that looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import islice

import msgspec

from policypack.access.solver.conditions import met
from policypack.access.solver.request import Request, reaches, takes_in
from policypack.access.solver.verdict import Witness
from policypack.iam.actions import Action, concerns, exists, expand
from policypack.iam.condition_keys import SERVICE_KEYS
from policypack.iam.document import Statement
from policypack.iam.globs import everything, has_wildcard, overlaps

FAVOURITES = ("Get", "Put", "List", "Delete", "Send", "Publish", "Invoke")
"""How the actions begin that a reader understands at once: an example is one of these where there is one."""
MOST_TRIED = 400
COMMON = ("s3", "iam", "ec2")
"""Services whose actions every reader knows, for an example that may be of any."""
PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
EXAMPLES = {"partition": "aws", "region": "us-east-1", "account": "111122223333"}
"""What stands for the placeholders of AWS's ARN formats, by their names; anything else is an `example`."""


def improved(request: Request, required: Sequence[Statement], obstacles: Sequence[Statement]) -> Request:
    """The same example with a real action, on a resource that it works on, where the statements let it."""
    needed = [each for each in required if _met_but_for_action(each, request)]
    named = dict.fromkeys(_resources(request, required))

    @cache
    def against(resource: str) -> Sequence[Statement]:
        return _against(msgspec.structs.replace(request, resource=resource), obstacles)

    def fitting(action: str) -> Iterator[Request]:
        if all(concerns(each, action) for each in needed):
            for resource in named:
                if _reached(needed, resource) and not _concerned(against(resource), action):
                    yield msgspec.structs.replace(request, action=action, resource=resource)

    real: Request | None = None
    for action in islice(_actions(request, required), MOST_TRIED):
        name, first = str(action), None
        for each in fitting(name):
            if action.fits(each.resource) and not (everything(each.resource) and action.formats):
                return each
            first = first or each
        whole = _of_its_kind(action, first) if first else None
        if whole and _reached(needed, whole.resource) and not _concerned(_against(whole, obstacles), name):
            return whole
        real = real or first
    return real or next(fitting(request.action), request)


def rank(action: Action) -> tuple[int, int, str]:
    """The order in which actions make good examples."""
    favoured = (index for index, start in enumerate(FAVOURITES) if action.name.startswith(start))
    return next(favoured, len(FAVOURITES)), len(action.name), action.name


def _reached(statements: Sequence[Statement], resource: str) -> bool:
    return all(reaches(each, resource) for each in statements)


def _concerned(statements: Sequence[Statement], action: str) -> bool:
    return any(concerns(each, action) for each in statements)


def _of_its_kind(action: Action, request: Request) -> Request | None:
    """The request on a resource as AWS writes the ARNs of what the action works on; None where it works on none."""
    if not action.formats:
        return None
    shown = min((each.shown for each in action.formats), key=len)
    arn = PLACEHOLDER.sub(lambda found: EXAMPLES.get(found[1].lower(), "example"), shown)
    return msgspec.structs.replace(request, action=str(action), resource=arn)


def _met_but_for_action(statement: Statement, request: Request) -> bool:
    """Whether a statement matches a request in everything but perhaps its action and its resource."""
    return takes_in(statement, request.caller) and all(
        met(each, request.context.get(each.name, ())) for each in statement.conditions
    )


def _against(request: Request, obstacles: Sequence[Statement]) -> list[Statement]:
    """The obstacles that would match the request with another action."""
    return [each for each in obstacles if reaches(each, request.resource) and _met_but_for_action(each, request)]


def _actions(request: Request, required: Sequence[Statement]) -> Iterator[Action]:
    """AWS's actions that could stand for the one in the example, those first that a reader understands at once."""
    patterns = [request.action, *(each for statement in required for each in statement.actions or ())]
    resource = request.resource.split(":")
    services = dict.fromkeys([*resource[2:3], request.action.partition(":")[0], *COMMON])
    patterns += [f"{each}:*" for each in services if exists(each) and _unnamed(each, required)]
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
            _of_any_service(pattern) and overlaps(pattern, f"{service}:*", ignore_case=True) for pattern in each.actions
        )
        for each in required
        if each.actions is not None
    )


def _of_any_service(pattern: str) -> bool:
    return pattern.startswith("*") or pattern.partition(":")[0].endswith("*")


@lru_cache(maxsize=2048)
def ranked(pattern: str) -> tuple[Action, ...]:
    """The actions that a pattern matches, those first that make good examples."""
    return tuple(sorted(expand(pattern), key=rank))


def _resources(request: Request, required: Sequence[Statement]) -> Iterator[str]:
    """Names in place of the shortest text that a wildcard stands for."""
    for statement in required:
        for pattern in statement.resources or ():
            if has_wildcard(pattern):
                yield pattern.replace("*", "example").replace("?", "x")
    if request.resource.endswith(("/", ":")):
        yield f"{request.resource}example"
    yield request.resource or "*"


def witness_of(request: Request, written: Mapping[str, str] | None = None) -> Witness:
    """The example as it is reported."""
    context = {key: values for key, values in request.context.items() if key != "aws:sourceip"}
    address = next(iter(request.context.get("aws:sourceip", ())), None)
    return Witness(
        str(request.caller),
        address,
        request.action,
        request.resource,
        tuple(
            ((written or {}).get(key, key), ", ".join(values))
            for key, values in context.items()
            if values and not (key in SERVICE_KEYS and request.caller.name in values)
        ),
    )
