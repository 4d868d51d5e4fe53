"""Lambda permissions as documents that are comparable however a permission names its function.

A name means the function in the region and the account of the permission, and so does the ARN of a function there.
"""

from __future__ import annotations

import re

import msgspec

from policypack.access.exposure.invoking import FUNCTION_ARN, permission_document
from policypack.access.policy_targets import target_of
from policypack.access.solver.witness import EXAMPLE
from policypack.core.policy import Resource, Stack
from policypack.iam.arn import Arn
from policypack.iam.document import PolicyDocument
from policypack.resources.naming import NAMINGS, physical_name
from policypack.resources.references import written
from policypack.resources.region import home
from policypack.resources.tokens import FUNCTION

_IN_ACCOUNT = re.compile(r"\d{12}:function:.+")
"""A partial ARN. Source: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html."""


def function_permission(stack: Stack, permission: Resource, *, before: bool) -> PolicyDocument:
    """The document of a permission on its function; in the old stack (`before`) on each form of it that a new one may use."""
    function = target_of(stack, permission)
    shown = function is not permission
    named = function.outputs.get("arn") if shown else written(permission, "function")
    name = physical_name(function) if shown else NAMINGS[FUNCTION].parse(str(named)).name
    document = permission_document(permission, name if shown else None, signed=before)
    if name is None or not (shown or isinstance(named, str)):
        return document
    places = _places(home(stack, permission), str(named), before=before)
    wide = before and (shown or not places)
    arns = (FUNCTION_ARN.format(name),) if wide else tuple(f"{place}:function:{name}" for place in places)
    statements = (msgspec.structs.replace(statement, resources=arns) for statement in document.statements)
    return _on_qualifier(permission, msgspec.structs.replace(document, statements=tuple(statements)))


def _places(own: tuple[str, str], text: str, *, before: bool) -> list[str]:
    """The beginnings of the ARNs, up to the account, of a function that a text names; none for a name of the old stack.

    `own` has the region and the account of the permission, `*` for what is not known: those of an example then count.
    """
    region, account = (known if known != "*" else other for known, other in zip(own, EXAMPLE[:2], strict=True))
    partial = f"arn:aws:lambda:{own[0] if before else region}:{text}"
    arn = Arn.parse(partial if _IN_ACCOUNT.fullmatch(text) else text)
    if arn is None:
        return [] if before else [f"arn:aws:lambda:{region}:{account}"]
    places = [f"arn:{arn.partition}:lambda:{arn.region}:{arn.account}"]
    if before and own[0] in ("*", arn.region) and own[1] in ("*", arn.account):
        places.append(f"arn:aws:lambda:{region}:{account}")
    return places


def _on_qualifier(permission: Resource, document: PolicyDocument) -> PolicyDocument:
    """The document of a permission on the alias that it names; all versions are the same, as each deployment makes one.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html#versioning-permissions-alias.
    """
    qualifier = written(permission, "qualifier")
    named = re.fullmatch(r"(?:.*:function:)?[^:]+:([^:]+)", str(written(permission, "function")))
    alias = qualifier or (named[1] if named else None)
    if alias is None:
        return document
    end = alias if isinstance(alias, str) and not alias.isdigit() else "version"
    statements = tuple(
        msgspec.structs.replace(
            statement,
            resources=tuple(f"{text.removesuffix(f':{alias}')}:{end}" for text in statement.resources or ()),
        )
        for statement in document.statements
    )
    return msgspec.structs.replace(document, statements=statements)
