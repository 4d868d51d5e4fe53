"""`aws.iam.get_policy_document`, computed: its arguments to the JSON that the AWS provider writes.

Source: the data source `aws_iam_policy_document` of https://github.com/hashicorp/terraform-provider-aws, which
pulumi-aws calls. It calls no API. Sets are written in reverse order, a single value without a list, names sorted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stackguard.preview.go_json import dumps
from stackguard.preview.provider.documents import descending
from stackguard.preview.provider.templates import checksum

VERSIONS = ("2008-10-17", "2012-10-17")
ELEMENTS = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition")
"""In the order in which they are written."""

Document = dict[str, Any]


def get_policy_document(args: Mapping[str, Any]) -> dict[str, Any]:
    """The data source's result for `args`: `json`, `minifiedJson`, `id`, and the arguments themselves.

    Args:
        args: known values by their schema names (`statements`, `sourcePolicyDocuments`, ...).

    Raises:
        ValueError: the provider refuses these arguments; the message names them and the reason.
    """
    merged: Document = {"Version": "", "Id": "", "Statement": []}
    sids: set[str] = set()
    for label, text in _documents(args, "sourceJson", "sourcePolicyDocuments"):
        source = _parse(text, f"merging source document {label}")
        _claim(sids, source["Statement"], "in the source documents")
        _merge(merged, source)
    version = args.get("version") or VERSIONS[-1]
    if version not in VERSIONS:
        raise ValueError(f"version must be one of {', '.join(VERSIONS)}")
    statements = [_statement(statement or {}, version) for statement in args.get("statements") or ()]
    _claim(set(), statements, "in the statements")
    _merge(merged, {"Version": version, "Id": args.get("policyId") or "", "Statement": statements})
    for label, text in _documents(args, "overrideJson", "overridePolicyDocuments"):
        _merge(merged, _parse(text, f"merging override document {label}"))

    plain = {name: value for name, value in merged.items() if value}
    indented = dumps(plain, indent=2)
    return {
        **args,
        "statements": [{"effect": "Allow", **(statement or {})} for statement in args.get("statements") or ()],
        "version": version,
        "json": indented,
        "minifiedJson": dumps(plain),
        "id": checksum(indented),
    }


def _documents(args: Mapping[str, Any], one: str, many: str) -> Iterable[tuple[str, str]]:
    if args.get(one):
        yield one, args[one]
    for index, text in enumerate(args.get(many) or ()):
        if text is not None:
            yield str(index), text


def _claim(sids: set[str], statements: Iterable[Document], where: str) -> None:
    for statement in statements:
        sid = statement.get("Sid")
        if sid and sid in sids:
            raise ValueError(f"duplicate Sid `{sid}` {where}: remove it or make it unique")
        sids.add(sid or "")


def _merge(document: Document, new: Document) -> None:
    """Merge `new` into `document`: its id and a later version win, and a statement replaces the one with its Sid."""
    document["Id"] = new["Id"] or document["Id"]
    document["Version"] = max(new["Version"], document["Version"])
    statements = document["Statement"]
    for statement in new["Statement"]:
        sid = statement.get("Sid")
        same = next((index for index, old in enumerate(statements) if sid and old.get("Sid") == sid), None)
        if same is None:
            statements.append(statement)
        else:
            statements[same] = statement


def _statement(args: Mapping[str, Any], version: str) -> Document:
    sid = args.get("sid") or ""
    if not re.fullmatch(r"[a-zA-Z0-9]*", sid):
        raise ValueError(f"Sid `{sid}` must only include alphanumeric characters")
    effect = args.get("effect") or "Allow"
    if effect not in ("Allow", "Deny"):
        raise ValueError("effect must be `Allow` or `Deny`")
    statement: Document = {"Sid": sid, "Effect": effect}
    for argument, element in (("actions", "Action"), ("notActions", "NotAction")):
        statement[element] = _string_set(args.get(argument) or ())
    for argument, element in (("resources", "Resource"), ("notResources", "NotResource")):
        statement[element] = _variables(_string_set(args.get(argument) or ()), version)
    for argument, element in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        statement[element] = _principals(
            (principal["type"], _variables(_string_set(principal["identifiers"]), version))
            for principal in args.get(argument) or ()
        )
    statement["Condition"] = _conditions(
        (
            condition["test"],
            condition["variable"],
            _variables(["" if value is None else value for value in condition["values"]], version),
        )
        for condition in args.get("conditions") or ()
    )
    return _written(statement)


def _written(statement: Mapping[str, Any]) -> Document:
    """The statement with its elements in order, empty ones left out."""
    return {name: statement[name] for name in ELEMENTS if statement.get(name)}


def _string_set(values: Sequence[str]) -> str | list[str]:
    unique = descending(values)
    return unique[0] if len(unique) == 1 else unique


def _variables(values: str | list[str], version: str) -> Any:
    """IAM's `${aws:username}` for the `&{aws:username}` of the data source, because HCL interpolates `${}` itself."""
    if isinstance(values, list):
        return [_variables(value, version) for value in values]
    if "&{" in values and version == VERSIONS[0]:
        raise ValueError(f"`&{{` needs document version {VERSIONS[1]}")
    return values.replace("&{", "${")


def _parse(text: str, what: str) -> Document:
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{what}: not JSON: {error}") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("Statement", []), list):
        raise ValueError(f"{what}: expected an object with a list `Statement`")  # noqa: TRY004
    statements = []
    for statement in raw.get("Statement", []):
        if not isinstance(statement, dict):
            raise ValueError(f"{what}: a statement must be an object")  # noqa: TRY004
        parsed = {name: value for name, value in statement.items() if value is not None}
        for element, parse in (
            ("Principal", _parse_principals),
            ("NotPrincipal", _parse_principals),
            ("Condition", _parse_conditions),
        ):
            if element in parsed:
                parsed[element] = parse(parsed[element], what)
        statements.append(_written(parsed))
    return {"Version": str(raw.get("Version") or ""), "Id": str(raw.get("Id") or ""), "Statement": statements}


def _parse_principals(raw: Any, what: str) -> Any:
    if isinstance(raw, str):
        return "*"
    if isinstance(raw, dict) and all(_is_strings(value) for value in raw.values()):
        return _principals(raw.items())
    raise ValueError(f"{what}: a principal must map types to strings")


def _parse_conditions(raw: Any, what: str) -> Any:
    conditions: list[tuple[str, str, str | list[str]]] = []
    try:
        for test, variables in raw.items():
            for variable, values in variables.items():
                if isinstance(values, bool):
                    conditions.append((test, variable, "true" if values else "false"))
                elif _is_strings(values):
                    conditions.append((test, variable, values))
                elif isinstance(values, list):
                    raise ValueError(f"{what}: condition values must be strings")
                # the provider drops a bare number
    except AttributeError:
        raise ValueError(f"{what}: a condition must map operators to keys to values") from None
    return _conditions(conditions)


def _is_strings(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in value))


def _principals(principals: Iterable[tuple[str, str | list[str]]]) -> Any:
    """The element for these types and identifiers: `*` for anyone."""
    merged: dict[str, str | list[str]] = {}
    for kind, identifiers in principals:
        new = identifiers if isinstance(identifiers, str) else sorted(identifiers, reverse=True)
        merged[kind] = [*_listed(merged[kind]), *_listed(new)] if kind in merged else new
    return "*" if merged in ({"*": "*"}, {"*": ["*"]}) else dict(sorted(merged.items()))


def _conditions(conditions: Iterable[tuple[str, str, str | list[str]]]) -> dict[str, dict[str, str | list[str]]]:
    """The element for these operators, keys and values."""
    merged: dict[str, dict[str, list[str]]] = {}
    for test, variable, values in conditions:
        merged.setdefault(test, {}).setdefault(variable, []).extend(_listed(values))
    return {
        test: {variable: values[0] if len(values) == 1 else values for variable, values in sorted(variables.items())}
        for test, variables in sorted(merged.items())
    }


def _listed(values: str | list[str]) -> list[str]:
    return [values] if isinstance(values, str) else values
