"""The first hops: what outsiders can read, write, invoke or assume, as the exposure room finds it, and through endpoints.

Sources for endpoints: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html and
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-to-api.html.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.access.exposure.exposed import Exposed, exposed
from policypack.access.exposure.exposure import Exposure
from policypack.access.exposure.public import exposure as public_by
from policypack.access.paths.fleet import Fleet
from policypack.access.paths.hops import OUTSIDE, Hold, Hop, Node
from policypack.access.paths.powers import POWERS, Power
from policypack.access.solver.verdict import Verdict
from policypack.core.policy import Resource, Unknown
from policypack.iam.actions import concerns
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import value_at
from policypack.iam.tables import canonical
from policypack.resources.references import Resolved, resolve
from policypack.resources.tokens import FUNCTION, PERMISSION, ROLE

FUNCTION_URL = "aws:lambda/functionUrl:FunctionUrl"
HTTP_API, ROUTE, INTEGRATION = (
    "aws:apigatewayv2/api:Api",
    "aws:apigatewayv2/route:Route",
    "aws:apigatewayv2/integration:Integration",
)
REST_API, METHOD, REST_INTEGRATION = (
    "aws:apigateway/restApi:RestApi",
    "aws:apigateway/method:Method",
    "aws:apigateway/integration:Integration",
)
GATEWAY = "apigateway.amazonaws.com"
OPEN = ("", "NONE", None)
"""Authorizations that let in everyone."""


def entrances(fleet: Fleet) -> Iterator[Hop]:
    """Every first hop."""
    closed: set[str] = set()
    for entry in exposed(fleet.stack):
        yield from _by_exposure(fleet, entry)
        if entry.resource.type == REST_API and entry.verdict is Verdict.NOT_PUBLIC and entry.exposure.path:
            closed.add(entry.resource.urn)
    yield from _function_urls(fleet)
    yield from _http_apis(fleet)
    yield from _rest_apis(fleet, closed)


def _by_exposure(fleet: Fleet, entry: Exposed) -> Iterator[Hop]:
    """What outsiders can do with an exposed resource."""
    resource = entry.resource
    for exposed_by in entry.exposures:
        answer = exposed_by.answer
        certain = answer.verdict is Verdict.PUBLIC and not exposed_by.guard
        if not certain and answer.verdict not in (Verdict.UNDECIDED, Verdict.PUBLIC):
            continue
        for power in _powers(fleet, resource, exposed_by):
            yield Hop(
                OUTSIDE,
                Node(power.hold, resource.urn),
                power.verb,
                certain,
                exposed_by.by,
                exposed_by.path,
                "" if certain else answer.why,
                str(answer.witness or ""),
            )


def _powers(fleet: Fleet, resource: Resource, exposed_by: Exposure) -> Iterator[Power]:
    """What an exposure gives: by its document, each action that the document leaves to outsiders; else its example."""
    kind = canonical(resource.type)
    powers = POWERS.get(kind, ())
    witness = exposed_by.answer.witness
    if kind == ROLE:
        yield powers[0]
        return
    documents = [
        attached.document
        for attached in fleet.documents.get(resource.urn, ())
        if attached.resource.urn == exposed_by.by.urn and exposed_by.path.startswith(attached.path)
    ]
    seen: set[Hold] = set()
    for power in powers:
        if power.hold in seen:
            continue
        by_document = any(
            public_by(_narrowed(document, power.action)).verdict is exposed_by.answer.verdict for document in documents
        )
        if by_document or (not documents and witness is not None and witness.action.lower() == power.action.lower()):
            seen.add(power.hold)
            yield power
    if not documents and not seen and exposed_by.by.type == PERMISSION:
        yield powers[0]


def _narrowed(document: PolicyDocument, action: str) -> PolicyDocument:
    """The document with Allow statements of one action only."""
    statements = tuple(
        msgspec.structs.replace(statement, actions=(action,), not_actions=None) if statement.allows else statement
        for statement in document.statements
        if not statement.allows or concerns(statement, action)
    )
    return msgspec.structs.replace(document, statements=statements)


def _function_urls(fleet: Fleet) -> Iterator[Hop]:
    """The provider adds the permission for everyone to a function URL without authorization."""
    for url in fleet.stack.of(FUNCTION_URL):
        authorization = url.inputs.get("authorizationType")
        if authorization == "NONE" or isinstance(authorization, Unknown):
            unknown = authorization.why if isinstance(authorization, Unknown) else ""
            yield from _invoking(url, "authorizationType", resolve(fleet.stack, url, "functionName", FUNCTION), unknown)


def _http_apis(fleet: Fleet) -> Iterator[Hop]:
    stack = fleet.stack
    for route in stack.of(ROUTE):
        if route.inputs.get("authorizationType") not in OPEN:
            continue
        target = route.inputs.get("target")
        for integration in stack.of(INTEGRATION):
            same = isinstance(target, str) and target.partition("/")[2] in (
                integration.id,
                integration.outputs.get("id"),
            )
            by_origin = integration.urn in route.property_dependencies.get("target", ())
            if same or by_origin:
                function = resolve(stack, integration, "integrationUri", FUNCTION)
                yield from _through_gateway(fleet, route, "authorizationType", function)
    for api in stack.of(HTTP_API):
        if api.inputs.get("target") is not None:  # quick create: one route, without authorization
            yield from _through_gateway(fleet, api, "target", resolve(stack, api, "target", FUNCTION))


def _rest_apis(fleet: Fleet, closed: set[str]) -> Iterator[Hop]:
    stack = fleet.stack
    places = ("restApi", "resourceId", "httpMethod")
    for method in stack.of(METHOD):
        api = resolve(stack, method, "restApi", REST_API).only
        open_ = method.inputs.get("authorization") in OPEN and not method.inputs.get("apiKeyRequired")
        if not open_ or api is None or api.urn in closed:
            continue
        if value_at(api.inputs, "endpointConfiguration.types") in ("PRIVATE", ["PRIVATE"]):
            continue
        for integration in stack.of(REST_INTEGRATION):
            if all(_same(method, integration, name) for name in places):
                function = resolve(stack, integration, "uri", FUNCTION)
                yield from _through_gateway(fleet, method, "authorization", function)


def _same(one: Resource, two: Resource, name: str) -> bool:
    """Whether two resources name the same: by a known value, or by the same origins."""
    values = one.inputs.get(name), two.inputs.get(name)
    if any(isinstance(value, Unknown) for value in values):
        origins = [set(resource.property_dependencies.get(name, ())) for resource in (one, two)]
        return bool(origins[0] & origins[1])
    return values[0] == values[1]


def _through_gateway(fleet: Fleet, by: Resource, path: str, function: Resolved) -> Iterator[Hop]:
    """API Gateway invokes a function only if a permission lets it."""
    for hop in _invoking(by, path, function):
        documents = fleet.documents.get(hop.end.of, ())
        if any(
            principal.type == "Service" and principal.value == GATEWAY
            for attached in documents
            for statement in attached.document.statements
            if statement.allows
            for principal in statement.principals or ()
        ):
            yield hop


def _invoking(by: Resource, path: str, function: Resolved, unknown: str = "") -> Iterator[Hop]:
    for referent in function.all:
        certain = bool(function.certain) and not unknown
        why = unknown or ("" if certain else "which function it is, is not known")
        verb = POWERS[FUNCTION][0].verb
        example = f"anyone on the internet sends a request to `{by.name}`"
        yield Hop(OUTSIDE, Node(Hold.RUN, referent.resource.urn), verb, certain, by, path, why, example)
