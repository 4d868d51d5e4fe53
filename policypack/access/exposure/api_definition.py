"""The policy document that the OpenAPI definition of a REST API carries.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/openapi-extensions-policy.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from policypack.core.policy import Resource, Unknown
from policypack.iam.document import PolicyDocument
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind

REST_API = "aws:apigateway/restApi:RestApi"
EXTENSION = "x-amazon-apigateway-policy"
UNREAD = Unknown(
    f"is a definition with `{EXTENSION}` that cannot be read here", "Write the definition as JSON, or set `policy`."
)


def in_definition(resource: Resource) -> Iterator[tuple[str, PolicyDocument | Unknown]]:
    """The document in a REST API's `body`, if there is one; what is not JSON is unknown."""
    body = resource.inputs.get("body") if resource.type == REST_API else None
    if not isinstance(body, str) or EXTENSION not in body:
        return
    try:
        definition = json.loads(body)
    except (ValueError, RecursionError):
        yield "body", UNREAD
        return
    if isinstance(definition, dict) and EXTENSION in definition:
        yield f"body.{EXTENSION}", parse(definition[EXTENSION], DocumentKind.RESOURCE, REST_API)
