"""Makes an example of a request one that a person understands: an action that AWS has, a name that looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from policypack.access.conditions import met
from policypack.access.outsiders import SERVICE_KEYS
from policypack.access.request import Request, reaches, takes_in
from policypack.access.targets import rank
from policypack.access.verdict import Witness
from policypack.aws.actions import Action, concerns, exists, expand
from policypack.aws.document import Statement
from policypack.aws.globs import everything, has_wildcard

MOST_TRIED = 400
COMMON = ("s3", "iam", "ec2")
"""Services whose actions every reader knows, for an example that may be of any."""
PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
EXAMPLES = {"partition": "aws", "region": "us-east-1", "account": "111122223333"}
"""What stands for the placeholders of AWS's ARN formats, by their names; anything else is an `example`."""


def improved(request: Request, required: Sequence[Statement], obstacles: Sequence[Statement]) -> Request:
    """The same example with a real action, on a resource that it works on, where the statements let it."""
    needed = [each for each in required if _met_but_for_action(each, request)]
    named = [
        (msgspec.structs.replace(request, resource=each), against)
        for each in _resources(request, required)
        if all(reaches(statement, each) for statement in needed)
        for against in [_against(msgspec.structs.replace(request, resource=each), obstacles)]
    ]

    def fits(action: str, against: Sequence[Statement]) -> bool:
        return all(concerns(each, action) for each in needed) and not any(concerns(each, action) for each in against)

    found = next((each for each, against in named if fits(request.action, against)), request)
    real: Request | None = None
    for count, action in enumerate(_actions(request, required)):
        if count >= MOST_TRIED:
            break
        name = str(action)
        tried = [each for each, against in named if fits(name, against)]
        suited = next((each for each in tried if action.fits(each.resource)), None)
        if suited and not (everything(suited.resource) and action.formats):
            return msgspec.structs.replace(suited, action=name)
        whole = _of_its_kind(action, tried[0]) if tried else None
        if whole and all(reaches(each, whole.resource) for each in needed) and fits(name, _against(whole, obstacles)):
            return whole
        if tried and real is None:
            real = msgspec.structs.replace(suited or tried[0], action=name)
    return real or found


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
    if len(resource) > 2 and exists(resource[2]):
        patterns.append(f"{resource[2]}:*")
    service = request.action.partition(":")[0]
    patterns += [f"{each}:*" for each in (service, *COMMON) if exists(each)]
    seen: set[Action] = set()
    for pattern in patterns:
        if pattern.startswith("*") or pattern.partition(":")[0].endswith("*"):
            continue
        for action in sorted(expand(pattern), key=rank):
            if action not in seen:
                seen.add(action)
                yield action


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
