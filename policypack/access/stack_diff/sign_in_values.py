"""The inputs of a resource that signs callers in, as `grant_tables.sign_in` compares them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policypack.access.stack_diff.counterparts import Places
from policypack.access.stack_diff.created_values import with_created
from policypack.access.stack_diff.grant_tables.open_settings import BEHAVIORS
from policypack.access.stack_diff.grant_tables.sign_in import LISTENERS, WITHOUT_SIGN_IN
from policypack.core.policy import Resource, Stack, Unknown
from policypack.iam.document_readers import values_at
from policypack.resources.references import resolve

AUTHORIZERS = ("aws:apigateway/authorizer:Authorizer", "aws:apigatewayv2/authorizer:Authorizer")
SIGNING_IN = frozenset({"authenticate-oidc", "authenticate-cognito", "jwt-validation"})
_ACCEPTED = (
    "authorizerType",
    "authorizerUri",
    "jwtConfiguration.audiences[*]",
    "jwtConfiguration.issuer",
    "providerArns[*]",
    "type",
)
_ENTITY = re.compile(r"""\bentityID\s*=\s*["']([^"']+)["']""")


def with_sign_in(stack: Stack, places: Places, resource: Resource, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The inputs with what decides who signs in: by the metadata of a provider, an authorizer, or a listener's actions."""
    before = (places.same or {}).get(resource.urn)
    known: dict[str, Any] = {**inputs, "resource": (before or resource).name}
    for name, value in resource.inputs.items() if before else ():
        origins = resource.property_dependencies.get(name, ())
        if before and origins and all(origin in (places.same or {}) for origin in origins):
            known[name] = _settled(value, before.inputs.get(name))
    if isinstance(metadata := known.get("samlMetadataDocument"), str):
        known["samlMetadataDocument"] = _ENTITY.findall(metadata)
    if isinstance(logins := known.get("supportedLoginProviders"), Mapping):
        known["supportedLoginProviders"] = [f"{name} {app}" for name, app in logins.items()]
    if "authorizerId" in known and (authorizer := resolve(stack, resource, "authorizerId", *AUTHORIZERS).only):
        known["authorizerId"] = _authorizers(stack, places, authorizer, known["authorizerId"])
    if (name := LISTENERS.get(resource.type, "")) in known:
        opened = before and _signs_in(before, name) and not _signs_in(resource, name) and _forwards(resource, name)
        known[name] = WITHOUT_SIGN_IN if opened else ""
    if before and resource.type in BEHAVIORS:
        known["defaultCacheBehavior"] = list(_unsigned(before, resource))
    return known


def _unsigned(before: Resource, resource: Resource) -> Iterator[str]:
    """The paths of a distribution that needed a signed URL or cookie before, and need none any more."""
    now = _behaviors(resource)
    for path, behavior in _behaviors(before).items():
        serving = now.get(path) or now.get("*", {})
        same = path in now or serving.get("targetOriginId") == behavior.get("targetOriginId")
        if same and _signed(behavior) and serving and not _signed(serving):
            yield path


def _behaviors(distribution: Resource) -> Mapping[str, Mapping[str, Any]]:
    """The behaviors of a distribution that is not off, by path; `*` is the default."""
    if distribution.inputs.get("enabled") is False:
        return {}
    by_path = {
        str(behavior.get("pathPattern")).lstrip("/"): behavior
        for _, behavior in values_at(distribution.inputs, f"{BEHAVIORS[distribution.type]}[*]")
        if isinstance(behavior, Mapping)
    }
    default = distribution.inputs.get("defaultCacheBehavior")
    return by_path | ({"*": default} if isinstance(default, Mapping) else {})


def _signed(behavior: Mapping[str, Any]) -> bool:
    """Whether requests must be signed; an unknown value is a key."""
    paths = ("trustedKeyGroups[*]", "trustedKeyGroups.items[*]", "trustedSigners[*]", "trustedSigners.items[*]")
    return any(value and not isinstance(value, Mapping) for path in paths for _, value in values_at(behavior, path))


def _settled(value: Any, before: Any) -> Any:
    """A value with that of the old stack for each unknown one, which the same resources decide."""
    if isinstance(value, Unknown):
        return value if before is None else before
    if isinstance(value, Mapping):
        earlier = before if isinstance(before, Mapping) else {}
        return {name: _settled(inner, earlier.get(name)) for name, inner in value.items()}
    if isinstance(value, list):
        items = before if isinstance(before, list) else []
        if any(isinstance(inner, Unknown) for inner in value):
            return [*(inner for inner in value if not isinstance(inner, Unknown)), *items]
        return [_settled(inner, items[at] if at < len(items) else None) for at, inner in enumerate(value)]
    return value


def _authorizers(stack: Stack, places: Places, authorizer: Resource, identity: Any) -> list[Any]:
    """The texts for an authorizer: a new one is the same as one before that accepts the same."""
    inputs = with_created(stack, places, authorizer)
    parts = (text for path in _ACCEPTED for _, text in values_at(inputs, path))
    same = " ".join(sorted(map(str, parts)))
    if places.same is None:
        return [authorizer.id or identity, authorizer.name, same]
    other = places.same.get(authorizer.urn)
    return [other.id or other.name] if other else [same]


def _signs_in(resource: Resource, name: str) -> bool:
    return any(str(value) in SIGNING_IN for _, value in values_at(resource.inputs, f"{name}[*].type"))


def _forwards(resource: Resource, name: str) -> bool:
    return any(value == "forward" for _, value in values_at(resource.inputs, f"{name}[*].type"))
